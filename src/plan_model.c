/*-------------------------------------------------------------------------
 *
 * plan_model.c
 *	  Does a plan still read and write what the two factories mean?
 *
 * plan_catalogue.c looks at the tables, by the names that the plan knows.
 * That is not enough.  A publish gives a renamed attribute a new column and
 * leaves the old one, so the old name is still there and holds nothing that
 * anybody reads.  And in this database the relations of a plan are views,
 * which follow a table that is renamed and put in the place of another.  So
 * here the metamodel is asked which table and which columns are meant, and
 * the views which ones they lead to.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "utils/builtins.h"

#include "spi.h"

/* Statements that let one relation lead to another table. */
#define REBIND_STATEMENTS 5

/*
 * What the view of an entity on one side leads to, as an expression: NULL if
 * that is no view.  Columns in the order of the table, which stays when they
 * are renamed; the text of the view would say it, too, but to ask for that is
 * to lock the table.
 */
static char *
binding_sql(const MigrationPlan *plan, const char *alias, bool is_source)
{
	return psprintf("(SELECT md5(string_agg(format('%%I.%%I.%%I', n.nspname, t.relname, a.attname), ',' ORDER BY a.attnum))"
					" FROM pg_class v JOIN pg_rewrite r ON r.ev_class = v.oid"
					" JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid"
					"  AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0"
					" JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace n ON n.oid = t.relnamespace"
					" JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid"
					" WHERE v.relnamespace = %s::regnamespace AND v.relname = '%c' || %s.entity_id AND v.relkind = 'v')",
					quote_literal_cstr(plan->schema), is_source ? 's' : 't',
					alias);
}

/* SET list that writes down where the relations of an entity e lead. */
char *
osmeta_binding_assignment(const MigrationPlan *plan)
{
	return psprintf("source_binding = %s, target_binding = %s",
					binding_sql(plan, "e", true),
					binding_sql(plan, "e", false));
}

/* Entities one of whose relations leads elsewhere by now. */
static char *
moved_sql(const MigrationPlan *plan)
{
	return psprintf("SELECT e.entity_id, v.side, v.environment, v.table_name FROM osmeta.plan_entity e"
					" CROSS JOIN LATERAL (VALUES ('s', %s, e.source_table, e.source_binding, %s),"
					"  ('t', %s, e.target_table, e.target_binding, %s)) v (side, environment, table_name, was, is_now)"
					" WHERE e.plan_id = " INT64_FORMAT " AND v.was IS NOT NULL AND v.is_now IS DISTINCT FROM v.was",
					quote_literal_cstr(plan->source),
					binding_sql(plan, "e", true),
					quote_literal_cstr(plan->target),
					binding_sql(plan, "e", false), plan->plan_id);
}

void
osmeta_check_bindings(const MigrationPlan *plan)
{
	uint64		rows;

	rows = osmeta_execf("SELECT format('table %%I of environment \"%%s\"', m.table_name, m.environment)"
						" FROM (%s) m ORDER BY 1", moved_sql(plan));
	if (rows == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("tables have been replaced or renamed since plan \"%s\" was made",
					plan->name),
			 errdetail("These, or columns of theirs:\n%s", osmeta_list_lines(rows, rows)),
			 errhint("SELECT osmeta.refresh_plan(%s) takes those that have the names now; what has gone must be put back.",
					 quote_literal_cstr(plan->name))));
}

/*
 * Let the plan's relations lead to what has the names now, if all of it is
 * there.  What was known of the rows of others at the target is not known of
 * those that stand there now.
 */
void
osmeta_rebind(const MigrationPlan *plan)
{
	uint64		rows;
	char	  **statement;

	rows = osmeta_execf("SELECT format('DROP VIEW IF EXISTS %%I.%%I', %s, m.side || m.entity_id),"
						" osmeta.plan_relation_sql(" INT64_FORMAT ", m.entity_id, m.side = 's'),"
						" format('UPDATE osmeta.plan_entity e SET %%s WHERE e.plan_id = %%s AND e.entity_id = %%s', %s, " INT64_FORMAT ", m.entity_id)"
						", CASE m.side WHEN 't' THEN format('DROP VIEW IF EXISTS %%I.%%I', %s, 'f' || m.entity_id) END,"
						" CASE m.side WHEN 't' THEN format('DELETE FROM osmeta.plan_baseline b WHERE b.plan_id = %%s AND b.entity_id = %%s', " INT64_FORMAT ", m.entity_id) END"
						" FROM (%s) m JOIN osmeta.environment n ON n.environment = m.environment"
						" WHERE NOT EXISTS (SELECT FROM osmeta.plan_attribute a"
						"  CROSS JOIN LATERAL (VALUES (CASE m.side WHEN 's' THEN a.source_column ELSE a.target_column END,"
						"   CASE m.side WHEN 's' THEN a.source_type ELSE a.target_type END)) c (name, type)"
						"  WHERE a.plan_id = " INT64_FORMAT " AND a.entity_id = m.entity_id AND c.type IS NOT NULL"
						"  AND NOT EXISTS (SELECT FROM pg_attribute k"
						"   WHERE k.attrelid = to_regclass(format('%%I.%%I', n.remote_schema, m.table_name))"
						"   AND k.attname = c.name AND NOT k.attisdropped))",
						quote_literal_cstr(plan->name), plan->plan_id,
						quote_literal_cstr(osmeta_binding_assignment(plan)),
						plan->plan_id, quote_literal_cstr(plan->name),
						plan->plan_id, moved_sql(plan), plan->plan_id);
	statement = palloc(sizeof(char *) * Max(rows, 1) * REBIND_STATEMENTS);
	for (uint64 i = 0; i < rows; i++)
	{
		for (int j = 0; j < REBIND_STATEMENTS; j++)
			statement[i * REBIND_STATEMENTS + j] = osmeta_text_at(i, j + 1);
	}
	for (uint64 i = 0; i < rows * REBIND_STATEMENTS; i++)
	{
		if (statement[i] != NULL)
			osmeta_exec(statement[i]);
	}
}

/*
 * What the metamodel of one side says of the plan's entities and attributes,
 * against what the plan was made from.
 */
static char *
differences_sql(const MigrationPlan *plan, bool is_source)
{
	const char *side = is_source ? "source" : "target";
	const char *schema = is_source ? plan->source_schema : plan->target_schema;

	return psprintf("WITH entity AS MATERIALIZED (SELECT e.entity_id, e.physical_table_name, e.is_effective FROM %s.entity e),"
					" attribute AS MATERIALIZED (SELECT DISTINCT ON (a.entity_id, a.attribute_key)"
					"   a.entity_id, a.attribute, a.attribute_key, a.column_name, a.type, a.is_effective"
					"  FROM %s.attribute a ORDER BY a.entity_id, a.attribute_key, a.is_effective DESC, a.attribute_id DESC),"
					" planned AS MATERIALIZED (SELECT e.entity_id, e.%s AS id, e.is_data,"
					"   COALESCE(e.espace || '.', '') || e.entity AS label, e.%s_table AS table_name"
					"  FROM osmeta.plan_entity e WHERE e.plan_id = " INT64_FORMAT
					"  AND e.include AND e.status = 'matched' AND e.%s_table_exists AND e.platform_table IS NULL"
					"  AND (e.is_data OR starts_with(e.key_strategy, 'natural:'))),"
					" used AS MATERIALIZED (SELECT p.*, a.attribute, a.attribute_key, a.%s_column AS column_name, a.%s AS type"
					"  FROM planned p JOIN osmeta.plan_attribute a ON a.plan_id = " INT64_FORMAT " AND a.entity_id = p.entity_id"
					"  WHERE a.include AND a.%s_type IS NOT NULL AND a.attribute_key IS NOT NULL AND a.status = 'matched'"
					"  AND (p.is_data OR a.is_identifier OR a.attribute_no IN"
					"   (SELECT n.attribute_no FROM osmeta.plan_natural(" INT64_FORMAT ", p.entity_id) n)))"
					" SELECT CASE WHEN e.is_effective THEN format('table of %%s: %%s, was %%s', p.label, e.physical_table_name, p.table_name)"
					"   ELSE format('entity %%s is not active any more', p.label) END"
					" FROM planned p LEFT JOIN entity e ON e.entity_id = p.id"
					" WHERE e.is_effective IS NOT TRUE"
					"  OR osmeta.fold_name(e.physical_table_name) IS DISTINCT FROM osmeta.fold_name(p.table_name)"
					" UNION ALL "
					"SELECT CASE WHEN a.is_effective IS NOT TRUE THEN format('attribute %%s.%%s is not active any more', u.label, u.attribute)"
					"   WHEN a.type <> u.type THEN format('type of attribute %%s.%%s: %%s, was %%s', u.label, u.attribute, a.type, u.type)"
					"   ELSE format('column of attribute %%s.%%s: %%s, was %%s', u.label, u.attribute, a.column_name, u.column_name) END"
					" FROM used u JOIN entity e ON e.entity_id = u.id AND e.is_effective"
					" LEFT JOIN attribute a ON a.entity_id = u.id AND a.attribute_key = u.attribute_key"
					" WHERE a.is_effective IS NOT TRUE OR a.type IS DISTINCT FROM u.type"
					"  OR osmeta.fold_name(a.column_name) IS DISTINCT FROM osmeta.fold_name(u.column_name)"
					" UNION ALL "
	/* the values of such a one would stay behind, or be NULL */
					"SELECT format('attribute %%s.%%s is new', p.label, a.attribute)"
					" FROM planned p JOIN attribute a ON a.entity_id = p.id AND a.is_effective AND a.attribute_key IS NOT NULL"
					" WHERE p.is_data AND NOT EXISTS (SELECT FROM osmeta.plan_attribute k"
					"  WHERE k.plan_id = " INT64_FORMAT " AND k.entity_id = p.entity_id"
					"  AND (k.attribute_key = a.attribute_key OR k.attribute_key IS NULL"
					"   AND osmeta.fold_name(k.%s_column) = osmeta.fold_name(a.column_name)))"
					" ORDER BY 1",
					schema, schema, is_source ? "entity_id" : "target_entity_id",
					side, plan->plan_id, side, side,
					is_source ? "type" : "target_attribute_type",
					plan->plan_id, side, plan->plan_id, plan->plan_id, side);
}

void
osmeta_check_model(const MigrationPlan *plan, bool is_source)
{
	int			nest_level = osmeta_spi_expect_many();
	uint64		rows = osmeta_exec(differences_sql(plan, is_source));

	osmeta_spi_restore(nest_level);
	if (rows == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the model of environment \"%s\" has changed since plan \"%s\" was made",
					is_source ? plan->source : plan->target, plan->name),
			 errdetail("%s", osmeta_list_lines(rows, rows)),
			 strcmp(plan->phase, "planned") == 0 ?
			 errhint("Somebody has published there. Capture it and make a new plan.") :
			 errhint("Somebody has published there. Undo what was delivered, capture it and make a new plan; or publish the version that the plan was made from, and call run_plan again.")));
}
