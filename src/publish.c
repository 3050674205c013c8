/*-------------------------------------------------------------------------
 *
 * publish.c
 *	  What publishing a model does to a database.
 *
 * What changes, and what the platform runs for it, is decided by SQL
 * (64_publish.sql) over two captures.  Here are the entry point, the names
 * that new tables get one after the other, and the counting of rows that are
 * in the way: the one thing for which the factory itself is read.
 *
 * A count runs in a subtransaction that is always rolled back, so that the
 * foreign tables that it reads leave nothing behind.
 *
 *-------------------------------------------------------------------------
 */
#include "osmeta.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "capture.h"
#include "compare.h"
#include "environment.h"
#include "spi.h"
#include "subtransaction.h"
#include "value.h"

PG_FUNCTION_INFO_V1(osmeta_publish_impact);
PG_FUNCTION_INFO_V1(osmeta_publish_count);
PG_FUNCTION_INFO_V1(osmeta_publish_table_names);

/* of name.c */
extern Datum name_table(PG_FUNCTION_ARGS);

/* Ordered as the documentation says; $5 is true where rows are counted. */
static const char *const impact_sql =
"SELECT r.* FROM osmeta.publish_result($1, $2, $3, $4, $5) AS r";

/*
 * SQL: publish_impact(old_model, new_model, dialect, count_offenders)
 */
Datum
osmeta_publish_impact(PG_FUNCTION_ARGS)
{
	int			nest_level = osmeta_spi_begin(false);
	Oid			types[] = {INT8OID, INT8OID, TEXTOID, TEXTOID, BOOLOID};
	Datum		values[5];
	char		nulls[6] = "     ";
	int64		captures[2];
	char	   *environment[2];
	bool		is_counted = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);

	if (PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("count_offenders must not be null")));
	if (!PG_ARGISNULL(2))
		(void) osmeta_dialect(PG_GETARG_TEXT_PP(2));
	for (int i = 0; i < 2; i++)
	{
		char	   *argument = NULL;

		if (!PG_ARGISNULL(i))
			argument = text_to_cstring(PG_GETARG_TEXT_PP(i));
		environment[i] = osmeta_capture_resolve(argument, &captures[i]);
		values[i] = Int64GetDatum(captures[i]);
	}
	if (is_counted)
	{
		const char *args[1];

		args[0] = environment[0];
		if (osmeta_query_text("SELECT 1 FROM osmeta.environment AS e"
							  " WHERE e.environment = $1", 1, args) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("environment \"%s\" is not attached any more",
							environment[0]),
					 errhint("Attach it again to count rows there, or leave count_offenders out.")));
		osmeta_share_environment(environment[0]);
		(void) osmeta_environment_open(environment[0]);
	}
	if (PG_ARGISNULL(2))
		nulls[2] = 'n';
	else
		values[2] = PG_GETARG_DATUM(2);
	values[3] = CStringGetTextDatum(environment[0]);
	values[4] = BoolGetDatum(is_counted);

	/*
	 * Whole models are joined by equality, and of a WITH, or of what has a
	 * key that the other side lacks, the planner expects next to nothing: it
	 * would compare all rows with all others.
	 */
	(void) set_config_option("enable_nestloop", "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	osmeta_show_captures(2, captures);
	osmeta_return_query(fcinfo, impact_sql, 5, types, values, nulls);
	osmeta_spi_end(nest_level);
	return (Datum) 0;
}

/* Statements of which the last one counts, as osmeta_try wants them. */
typedef struct Counting
{
	Datum	   *items;
	bool	   *item_nulls;
	int			n;
	bool		is_counted;
	int64		offenders;
} Counting;

static void
count_offenders(void *arg)
{
	Counting   *counting = arg;
	int			nest_level = osmeta_spi_begin(false);

	for (int i = 0; i < counting->n; i++)
	{
		const char *statement;

		if (counting->item_nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("statements must not be null")));
		statement = TextDatumGetCString(counting->items[i]);
		if (i < counting->n - 1)
			osmeta_exec(statement);
		else if (osmeta_query_text(statement, 0, NULL) == 1)
		{
			char	   *count = osmeta_text_at(0, 1);

			if (count != NULL)
			{
				counting->offenders = DatumGetInt64(DirectFunctionCall1(int8in,
																		CStringGetDatum(count)));
				counting->is_counted = true;
			}
		}
	}
	osmeta_spi_end(nest_level);
}

/*
 * SQL: publish_count(statements text[], OUT offenders, OUT failure)
 *
 * Runs all statements but the last, which counts.  What cannot be read, since
 * a table or column has gone or may not be seen, is a failure told in words.
 */
Datum
osmeta_publish_count(PG_FUNCTION_ARGS)
{
	Counting	counting = {0};
	TupleDesc	desc;
	Datum		values[2] = {0, 0};
	bool		nulls[2] = {true, true};
	ErrorData  *error;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false,
					  TYPALIGN_INT, &counting.items, &counting.item_nulls,
					  &counting.n);

	error = osmeta_try(count_offenders, &counting, false);
	if (error != NULL && (!osmeta_is_access_error(error->sqlerrcode) ||
						  error->sqlerrcode == ERRCODE_SYNTAX_ERROR))
		ReThrowError(error);
	if (counting.is_counted)
	{
		values[0] = Int64GetDatum(counting.offenders);
		nulls[0] = false;
	}
	if (error != NULL)
	{
		values[1] = CStringGetTextDatum(error->message);
		nulls[1] = false;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}

/*
 * SQL: publish_table_names(espaces, entities, dialect, taken)
 *
 * The names of several new tables that are made in this order: each is taken
 * for those that follow.
 */
Datum
osmeta_publish_table_names(PG_FUNCTION_ARGS)
{
	Datum	   *espaces;
	Datum	   *entities;
	Datum	   *taken;
	bool	   *espace_nulls;
	bool	   *entity_nulls;
	bool	   *taken_nulls;
	int			n;
	int			nentities;
	int			ntaken;
	Datum	   *names;
	int			nnames = 0;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false,
					  TYPALIGN_INT, &espaces, &espace_nulls, &n);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false,
					  TYPALIGN_INT, &entities, &entity_nulls, &nentities);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), TEXTOID, -1, false,
					  TYPALIGN_INT, &taken, &taken_nulls, &ntaken);
	if (n != nentities)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there must be as many espaces as entities")));

	/* first those that are taken, then those that are given */
	names = palloc(sizeof(Datum) * (ntaken + n + 1));
	for (int i = 0; i < ntaken; i++)
		if (!taken_nulls[i])
			names[nnames++] = taken[i];
	for (int i = 0; i < n; i++)
	{
		ArrayType  *array;

		CHECK_FOR_INTERRUPTS();
		if (espace_nulls[i] || entity_nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("names must not be null")));
		array = construct_array(names, nnames, TEXTOID, -1, false,
								TYPALIGN_INT);
		names[nnames++] = DirectFunctionCall4(name_table, espaces[i],
											  entities[i], PG_GETARG_DATUM(2),
											  PointerGetDatum(array));
		pfree(array);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(names + nnames - n, n, TEXTOID, -1,
										  false, TYPALIGN_INT));
}
