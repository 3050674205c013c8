/*-------------------------------------------------------------------------
 *
 * plan_column.c
 *	  The columns of both sides, while a plan is made.
 *
 * To ask a catalogue for all columns of a large factory takes seconds, and
 * several steps want to know: so each side is read once, into a table of the
 * plan's schema that goes before create_plan ends.  It holds the columns of
 * the plan's tables and of event tables.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "utils/builtins.h"

#include "spi.h"

char *
osmeta_columns_make(int64 plan_id, const char *schema, const char *environment,
					bool is_source)
{
	const char *side = is_source ? "source" : "target";
	char	   *table = psprintf("%s.%s_columns", schema, side);

	/* spellings: names in the table that differ by nothing that counts */
	osmeta_execf("CREATE UNLOGGED TABLE %s AS"
				 " WITH c AS MATERIALIZED ("
				 "  SELECT f.table_name, f.column_name, f.position, f.data_type, f.local_type, f.is_nullable, f.is_identity,"
				 "   f.identity_generation, f.is_generated, f.has_default, f.folded_table, osmeta.fold_name(f.column_name) AS folded"
				 "  FROM (SELECT c.*, osmeta.fold_name(c.table_name) AS folded_table FROM %s.live_physical_column c) f"
				 "  WHERE f.folded_table LIKE E'osevt\\\\_%%' OR f.folded_table IN (SELECT osmeta.fold_name(e.%s_table)"
				 "   FROM osmeta.plan_entity e WHERE e.plan_id = " INT64_FORMAT " AND e.%s_table IS NOT NULL))"
				 " SELECT c.*, w.spellings FROM c LEFT JOIN (SELECT w.table_name, w.folded, array_agg(w.column_name ORDER BY w.column_name) AS spellings"
				 "  FROM c w GROUP BY w.table_name, w.folded HAVING count(*) > 1) w"
				 "  ON w.table_name = c.table_name AND w.folded = c.folded",
				 table, environment, side, plan_id, side);
	osmeta_execf("ANALYZE %s", table);
	return table;
}

void
osmeta_columns_drop(const char *table)
{
	osmeta_execf("DROP TABLE %s", table);
}

/*
 * Condition that a row of the columns of a side is the column that has a name
 * in a table.  Of several that differ by case only it is the one that is
 * spelled alike, or else the first.
 */
static char *
is_column(const char *c, const char *table, const char *name)
{
	return psprintf("%s.table_name = %s AND %s.folded = osmeta.fold_name(%s)"
					" AND (%s.spellings IS NULL OR %s.column_name ="
					" CASE WHEN %s = ANY (%s.spellings) THEN %s ELSE %s.spellings[1] END)",
					c, table, c, name, c, c, name, c, name, c);
}

void
osmeta_columns_find_tables(int64 plan_id, const char *source,
						   const char *target)
{
	osmeta_execf("WITH s AS MATERIALIZED (SELECT DISTINCT c.table_name, c.folded_table FROM %s c),"
				 " t AS MATERIALIZED (SELECT DISTINCT c.table_name, c.folded_table FROM %s c)"
				 " UPDATE osmeta.plan_entity e SET"
				 "  source_table = COALESCE(f.source_table, e.source_table), source_table_exists = f.source_table IS NOT NULL,"
				 "  target_table = COALESCE(f.target_table, e.target_table), target_table_exists = f.target_table IS NOT NULL"
				 " FROM (SELECT DISTINCT ON (e.entity_id) e.entity_id, s.table_name AS source_table, t.table_name AS target_table"
				 "  FROM osmeta.plan_entity e"
				 "  LEFT JOIN s ON s.folded_table = osmeta.fold_name(e.source_table)"
				 "  LEFT JOIN t ON t.folded_table = osmeta.fold_name(e.target_table)"
				 "  WHERE e.plan_id = " INT64_FORMAT
				 "  ORDER BY e.entity_id, s.table_name = e.source_table DESC, s.table_name,"
				 "   t.table_name = e.target_table DESC, t.table_name) f"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = f.entity_id",
				 source, target, plan_id, plan_id);
}

void
osmeta_columns_add_attributes(int64 plan_id, int64 source_capture_id,
							  int64 target_capture_id, const char *source,
							  const char *target)
{
	osmeta_execf("INSERT INTO osmeta.plan_attribute (plan_id, entity_id, attribute_no, attribute,"
				 "  attribute_key, type, target_attribute, target_attribute_type, source_column,"
				 "  target_column, source_type, target_type, source_length, target_length, is_identifier,"
				 "  identifier_changed, is_mandatory, refers_to, refers_to_entity_id, status, include, target_default, transform)"
				 " SELECT " INT64_FORMAT ", d.entity_id, d.attribute_no, d.attribute, d.attribute_key, d.type,"
				 "  d.target_attribute, d.target_attribute_type, COALESCE(s.column_name, d.source_column),"
				 "  COALESCE(t.column_name, d.target_column), s.local_type, t.local_type, d.source_length, d.target_length,"
				 "  d.is_identifier, d.identifier_changed, d.is_mandatory, d.refers_to, d.refers_to_entity_id,"
				 "  d.status, true, d.target_default, d.transform"
				 " FROM osmeta.plan_draft_attribute(" INT64_FORMAT ", " INT64_FORMAT ", " INT64_FORMAT ") d"
				 " JOIN osmeta.plan_entity e ON e.plan_id = " INT64_FORMAT " AND e.entity_id = d.entity_id"
				 " LEFT JOIN %s s ON %s"
				 " LEFT JOIN %s t ON %s",
				 plan_id, plan_id, source_capture_id, target_capture_id,
				 plan_id, source, is_column("s", "e.source_table", "d.source_column"),
				 target, is_column("t", "e.target_table", "d.target_column"));
	osmeta_execf("INSERT INTO osmeta.plan_attribute (plan_id, entity_id, attribute_no, attribute, type,"
				 "  target_attribute, target_attribute_type, source_column, target_column, source_type, target_type,"
				 "  is_identifier, is_mandatory, refers_to, refers_to_entity_id, status, transform)"
				 " SELECT " INT64_FORMAT ", d.entity_id, d.attribute_no, d.attribute, d.type, d.attribute, d.type,"
				 "  COALESCE(s.column_name, d.column_name), COALESCE(t.column_name, d.column_name), s.local_type, t.local_type,"
				 "  d.is_identifier, d.is_mandatory, d.refers_to, d.refers_to_entity_id, 'matched', d.transform"
				 " FROM osmeta.plan_process_attribute(" INT64_FORMAT ") d"
				 " JOIN osmeta.plan_entity e ON e.plan_id = " INT64_FORMAT " AND e.entity_id = d.entity_id"
				 " LEFT JOIN %s s ON %s"
				 " LEFT JOIN %s t ON %s"
	/* an optional column that one side does not have is left out */
				 " WHERE d.is_mandatory OR s.column_name IS NOT NULL AND t.column_name IS NOT NULL"
				 "  OR NOT (e.source_table_exists AND e.target_table_exists)",
				 plan_id, plan_id, plan_id,
				 source, is_column("s", "e.source_table", "d.column_name"),
				 target, is_column("t", "e.target_table", "d.column_name"));
	osmeta_execf("SELECT osmeta.plan_finish_process(" INT64_FORMAT ", " INT64_FORMAT ")",
				 plan_id, source_capture_id);
	/* The column that tells tenants is no attribute of the model. */
	osmeta_execf("SELECT osmeta.plan_add_tenant(" INT64_FORMAT ")", plan_id);
	osmeta_execf("UPDATE osmeta.plan_attribute a SET"
				 "  source_column = COALESCE(f.source_column, a.source_column), source_type = f.source_type,"
				 "  target_column = COALESCE(f.target_column, a.target_column), target_type = f.target_type"
				 " FROM (SELECT a.entity_id, a.attribute_no, s.column_name AS source_column, s.local_type AS source_type,"
				 "   t.column_name AS target_column, t.local_type AS target_type"
				 "  FROM osmeta.plan_attribute a"
				 "  JOIN osmeta.plan_entity e ON e.plan_id = a.plan_id AND e.entity_id = a.entity_id"
				 "  LEFT JOIN %s s ON %s LEFT JOIN %s t ON %s"
				 "  WHERE a.plan_id = " INT64_FORMAT " AND a.attribute_key IS NULL AND a.source_column = 'TENANT_ID'"
				 "   AND a.attribute = 'Tenant_Id' AND a.source_type IS NULL) f"
				 " WHERE a.plan_id = " INT64_FORMAT " AND a.entity_id = f.entity_id AND a.attribute_no = f.attribute_no",
				 source, is_column("s", "e.source_table", "a.source_column"),
				 target, is_column("t", "e.target_table", "a.target_column"),
				 plan_id, plan_id);
}
