/*-------------------------------------------------------------------------
 *
 * predict.c
 *	  The name that publishing a new entity would give its table.
 *
 * osmeta.predicted_table_name() decides, for one capture.  Here the arguments
 * are checked, and the capture is found, shown and kept.
 *
 *-------------------------------------------------------------------------
 */
#include "osmeta.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "capture.h"
#include "compare.h"
#include "key.h"
#include "spi.h"

/* Characters of an entity's name in the metamodel (V). */
#define ENTITY_NAME_CHARS	50

PG_FUNCTION_INFO_V1(osmeta_predict_table_name);

/* An argument that names something; what is for the message. */
static text *
name_argument(FunctionCallInfo fcinfo, int arg, const char *what)
{
	text	   *name;
	const char *str;
	Size		len;

	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s name must not be null", what)));
	name = PG_GETARG_TEXT_PP(arg);
	str = VARDATA_ANY(name);
	len = VARSIZE_ANY_EXHDR(name);
	while (len > 0 && (*str == ' ' || (*str >= '\t' && *str <= '\r')))
	{
		str++;
		len--;
	}
	if (len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s name must not be empty", what),
				 errhint("Give the name as it is, or will be, in the model.")));
	return name;
}

Datum
osmeta_predict_table_name(PG_FUNCTION_ARGS)
{
	text	   *espace = name_argument(fcinfo, 1, "espace");
	text	   *entity = name_argument(fcinfo, 2, "entity");
	int			chars = pg_mbstrlen_with_len(VARDATA_ANY(entity),
											 VARSIZE_ANY_EXHDR(entity));
	Oid			types[3] = {INT8OID, TEXTOID, TEXTOID};
	Datum		values[3];
	char	   *environment = NULL;
	char	   *name;
	int64		capture_id;
	int			nest_level;

	if (chars > ENTITY_NAME_CHARS)
	{
		char		excerpt[EXCERPT_SIZE];

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("entity name is too long: \"%s\"",
						osmeta_text_excerpt(VARDATA_ANY(entity),
											VARSIZE_ANY_EXHDR(entity),
											excerpt)),
				 errdetail("It has %d characters; the metamodel has room for %d.",
						   chars, ENTITY_NAME_CHARS),
				 errhint("Give a name that the platform would take.")));
	}
	if (!PG_ARGISNULL(0))
		environment = text_to_cstring(PG_GETARG_TEXT_PP(0));

	nest_level = osmeta_spi_begin(false);
	(void) osmeta_capture_resolve(environment, &capture_id);
	osmeta_show_captures(1, &capture_id);
	values[0] = Int64GetDatum(capture_id);
	values[1] = PointerGetDatum(espace);
	values[2] = PointerGetDatum(entity);
	(void) osmeta_query("SELECT osmeta.predicted_table_name($1, $2, $3)",
						3, types, values, NULL);
	name = osmeta_text_at(0, 1);
	osmeta_spi_end(nest_level);

	if (name == NULL)
		elog(ERROR, "no name for a table of capture " INT64_FORMAT,
			 capture_id);
	PG_RETURN_TEXT_P(cstring_to_text(name));
}
