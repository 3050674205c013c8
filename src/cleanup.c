/*-------------------------------------------------------------------------
 *
 * cleanup.c
 *	  The script that would drop what is left over in a factory's database.
 *
 * What goes and what stays is decided by osmeta.cleanup_object, in SQL.  Here
 * the arguments are checked, and that the capture knows enough for anything
 * to be called a left-over: a table that is missing from the metamodel looks
 * just like one whose row could not be read.
 *
 *-------------------------------------------------------------------------
 */
#include "compare.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "capture.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_cleanup_sql);

#define KIND_NAMES	"entity, attribute, orphan_table, orphan_column, hand-made"

static const char *const valid_kinds[] = {
	"entity", "attribute", "orphan_table", "orphan_column", "hand-made"
};
static const char *const valid_dialects[] = {
	"sqlserver", "oracle", "postgres"
};

static bool
is_one_of(const char *word, const char *const *valid, int nvalid)
{
	for (int i = 0; i < nvalid; i++)
		if (strcmp(word, valid[i]) == 0)
			return true;
	return false;
}

/*
 * The kinds as a text array: those given, or all but copies made by hand,
 * which are dropped only when they are named.
 */
static Datum
checked_kinds(FunctionCallInfo fcinfo)
{
	Datum		all[lengthof(valid_kinds) - 1];
	ArrayType  *array;
	Datum	   *items;
	bool	   *nulls;
	int			nitems;

	if (PG_ARGISNULL(1))
	{
		for (int i = 0; i < (int) lengthof(all); i++)
			all[i] = CStringGetTextDatum(valid_kinds[i]);
		return PointerGetDatum(construct_array(all, lengthof(all), TEXTOID,
											   -1, false, TYPALIGN_INT));
	}

	array = PG_GETARG_ARRAYTYPE_P(1);
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls,
					  &nitems);
	for (int i = 0; i < nitems; i++)
	{
		char	   *kind;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("kind of left-over must not be null"),
					 errhint("Valid kinds are %s.", KIND_NAMES)));
		kind = TextDatumGetCString(items[i]);
		if (!is_one_of(kind, valid_kinds, lengthof(valid_kinds)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("kind of left-over \"%s\" does not exist", kind),
					 errhint("Valid kinds are %s.", KIND_NAMES)));
	}
	return PointerGetDatum(array);
}

/*
 * Error unless the capture is the latest of its environment and shows the
 * whole database and the whole metamodel as far as names go.  Gives the capture's dialect (palloc'd) and whether it
 * is consistent.
 */
static char *
check_capture(int64 capture_id, bool *is_consistent)
{
	Oid			types[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(capture_id)};
	char	   *gap;
	int64		latest_id;

	osmeta_query("SELECT c.dialect, c.is_consistent,"
				 " EXISTS (SELECT 1 FROM osmeta.captured_physical_table AS t"
				 "  WHERE t.capture_id = c.capture_id)"
				 " AND EXISTS (SELECT 1 FROM osmeta.captured_physical_column AS q"
				 "  WHERE q.capture_id = c.capture_id),"
				 " (SELECT string_agg(g.gap, ', ' ORDER BY g.gap COLLATE \"C\")"
				 "  FROM (SELECT l.entry ->> 'part' AS gap"
				 "   FROM jsonb_array_elements(c.unreadable) AS l (entry)"
				 "   WHERE l.entry ->> 'part' IN ('physical_table',"
				 "    'physical_relation', 'physical_column', 'physical_key',"
				 "    'physical_index')"
				 "    AND (l.entry ->> 'part' <> 'physical_table'"
				 "     OR NOT EXISTS (SELECT 1 FROM osmeta.captured_physical_table AS t"
				 "      WHERE t.capture_id = c.capture_id))"
				 "   UNION ALL"
				 "   SELECT 'OSSYS_' || upper((l.entry ->> 'table_name') COLLATE \"C\")"
				 "   FROM jsonb_array_elements(c.left_out) AS l (entry)"
				 "   WHERE l.entry ->> 'table_name' IN"
				 "    ('espace', 'entity', 'entity_attr', 'extension', 'dbcatalog',"
				 "     'espace_entity', 'bpm_process_definition')"
				 "   UNION ALL"
				 "   SELECT upper((l.entry ->> 'table_name') COLLATE \"C\") || '.'"
				 "    || upper((l.entry ->> 'column_name') COLLATE \"C\")"
				 "   FROM jsonb_array_elements(c.cleaned) AS l (entry)"
				 "   WHERE l.entry ->> 'table_name' ^@ 'physical_'"
				 "    OR (l.entry ->> 'table_name', l.entry ->> 'column_name') IN"
				 "     (('entity', 'physical_table_name'),"
				 "      ('entity', 'event_table_name'),"
				 "      ('entity', 'multilingual_table_name'),"
				 "      ('entity', 'base_view_name'), ('entity', 'ss_key'),"
				 "      ('entity_attr', 'name'), ('entity_attr', 'type'),"
				 "      ('entity_attr', 'database_name'))) AS g)"
				 ", (SELECT max(l.capture_id) FROM osmeta.capture AS l"
				 "  WHERE l.environment = c.environment)"
				 ", EXISTS (SELECT FROM osmeta.captured_entity AS t"
				 "  WHERE t.capture_id = c.capture_id)"
				 " AND EXISTS (SELECT FROM osmeta.captured_entity_attr AS a"
				 "  WHERE a.capture_id = c.capture_id)"
				 " FROM osmeta.capture AS c WHERE c.capture_id = $1",
				 1, types, values, NULL);
	latest_id = osmeta_int64_at(0, 5, NULL);
	if (latest_id > capture_id)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("capture " INT64_FORMAT " is not the latest of its environment",
						capture_id),
				 errdetail("The latest is capture " INT64_FORMAT ".",
						   latest_id),
				 errhint("What was left over in an earlier capture may be in use now. Name the environment without a capture, or capture it again.")));
	if (!osmeta_bool_at(0, 3))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("capture " INT64_FORMAT " has no physical catalogue",
						capture_id),
				 errhint("Without the tables and columns of the factory's database nothing can be told to be left over. Attach the environment with the schema that holds them, and capture again.")));
	gap = osmeta_text_at(0, 4);
	if (gap == NULL && !osmeta_bool_at(0, 6))
		gap = pstrdup("no rows of OSSYS_ENTITY or of OSSYS_ENTITY_ATTR");
	if (gap != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("capture " INT64_FORMAT " is not complete", capture_id),
				 errdetail("Missing or changed: %s.", gap),
				 errhint("What could not be read may be what needs a table or a column. See the view osmeta.problem, mend it, and capture again.")));
	*is_consistent = osmeta_bool_at(0, 2);
	return osmeta_text_at(0, 1);
}

/*
 * osmeta.cleanup_sql(environment, kinds, dialect): see doc/osmeta.md.
 */
Datum
osmeta_cleanup_sql(PG_FUNCTION_ARGS)
{
	Datum		kinds = checked_kinds(fcinfo);
	char	   *dialect = NULL;
	int			nest_level;
	int64		capture_id;
	bool		is_consistent;
	char	   *own_dialect;
	char	   *argument = NULL;
	Oid			types[4] = {INT8OID, TEXTARRAYOID, TEXTOID, BOOLOID};
	Datum		values[4];

	if (!PG_ARGISNULL(2))
	{
		dialect = text_to_cstring(PG_GETARG_TEXT_PP(2));
		if (!is_one_of(dialect, valid_dialects, lengthof(valid_dialects)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("dialect \"%s\" does not exist", dialect),
					 errhint("Valid dialects are sqlserver, oracle, postgres.")));
	}
	if (!PG_ARGISNULL(0))
		argument = text_to_cstring(PG_GETARG_TEXT_PP(0));

	nest_level = osmeta_spi_begin(false);
	osmeta_capture_resolve(argument, &capture_id);
	own_dialect = check_capture(capture_id, &is_consistent);
	if (!is_consistent)
		ereport(WARNING,
				(errmsg("capture " INT64_FORMAT " is not consistent, so nothing in it is named as a left-over",
						capture_id),
				 errhint("The factory changed while it was copied. Capture again when nobody publishes.")));

	osmeta_show_captures(1, &capture_id);

	/*
	 * Everything is joined by equality with what was computed before, of
	 * which the planner has no statistics.  Where it takes that for one row,
	 * a factory of 30,000 tables takes minutes instead of seconds.
	 */
	(void) set_config_option("enable_nestloop", "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	values[0] = Int64GetDatum(capture_id);
	values[1] = kinds;
	values[2] = CStringGetTextDatum(dialect != NULL ? dialect : own_dialect);
	values[3] = BoolGetDatum(is_consistent);
	osmeta_return_query(fcinfo,
						"SELECT l.line FROM osmeta.cleanup_line($1, $2, $3, $4) AS l (line)",
						4, types, values, NULL);
	osmeta_spi_end(nest_level);
	return (Datum) 0;
}
