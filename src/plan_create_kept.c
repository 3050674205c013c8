/*-------------------------------------------------------------------------
 *
 * plan_create_kept.c
 *	  Rows of users, groups and links that a script is going to create.
 *
 * pull_plan writes down who is needed, as a run does (plan_create.c), and
 * keeps their rows as the target would hold them, in tables of the plan's
 * schema; export_created.c makes batches of these.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "utils/builtins.h"

#include "identifier.h"
#include "plan_create.h"
#include "plan_map.h"
#include "spi.h"

/* In the order in which they are created. */
const char *const osmeta_created_kinds[5] = {
	"user", "group", "user_role", "group_user", "group_role"
};

/* No entity has a blank in its name: none is taken for one of these. */
char *
osmeta_created_table(const MigrationPlan *plan, const char *kind)
{
	return psprintf("%s.%s", plan->schema,
					quote_identifier(psprintf("created %s", kind)));
}

bool
osmeta_has_created_table(const MigrationPlan *plan, const char *kind)
{
	return osmeta_execf("SELECT WHERE to_regclass(%s) IS NOT NULL",
						quote_literal_cstr(osmeta_created_table(plan, kind))) > 0;
}

/*
 * Keep rows of one of the platform's tables as the target's would hold them,
 * under the names of its columns.  The comment of the table is the name of
 * the target's; "i:<name>" is its identifier and holds that of the source,
 * "r:<name>" the source's identifier of somebody who is to be created, too.
 * rows is as for insert_rows in plan_create.c, with r_<name> besides for each of made.
 */
static void
keep_rows(const MigrationPlan *plan, const char *table, const char *rows,
		  const char *made)
{
	StringInfoData values;
	char	   *kept = osmeta_created_table(plan, table);
	char	   *remote_table;
	const char *id;
	uint64		count = osmeta_create_columns(plan, table);

	initStringInfo(&values);
	remote_table = osmeta_text_at(0, 3);
	for (uint64 i = 0; i < count; i++)
	{
		char	   *folded = osmeta_text_at(i, 2);
		const char *name = quote_identifier(folded);

		appendStringInfo(&values, ", %s.%s%s::%s AS %s",
						 osmeta_bool_at(i, 7) ? "x" : "r", name,
						 osmeta_bool_at(i, 6) ? "::int" : "",
						 osmeta_text_at(i, 5),
						 osmeta_quote_name(osmeta_text_at(i, 4)));
		if (strstr(made, psprintf(",%s,", folded)) != NULL)
			appendStringInfo(&values, ", x.r_%s::bigint AS %s", folded,
							 osmeta_quote_name(psprintf("r:%s", osmeta_text_at(i, 4))));
	}
	osmeta_execf("SELECT c.column_name FROM %s.live_physical_column c"
				 " WHERE c.table_name = %s AND osmeta.fold_name(c.column_name) = 'id'",
				 plan->target_schema, quote_literal_cstr(remote_table));
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table \"%s\" of environment \"%s\" has no identifier",
						remote_table, plan->target)));
	id = osmeta_quote_name(psprintf("i:%s", osmeta_text_at(0, 1)));
	osmeta_execf("CREATE TABLE %s AS WITH x AS MATERIALIZED (%s), r AS MATERIALIZED (SELECT * FROM %s.ossys_%s)"
				 " SELECT r.id::bigint AS %s%s FROM x JOIN r ON r.id::text = x.source_id",
				 kept, rows, plan->source_schema, table,
				 id,
				 values.data);
	osmeta_execf("COMMENT ON TABLE %s IS %s", kept,
				 quote_literal_cstr(remote_table));
}

static void
keep_users(const MigrationPlan *plan)
{
	keep_rows(plan, "user", osmeta_create_pending_sql(plan, "user"), "");
}

static void
keep_groups(const MigrationPlan *plan, bool with_users)
{
	keep_rows(plan, "group",
			  psprintf("WITH u AS MATERIALIZED (%s), w AS MATERIALIZED (%s),"
					   " g AS MATERIALIZED (SELECT g.id::text AS id,"
					   "  g.created_by::text AS created_by FROM %s.ossys_group g)"
					   " SELECT n.source_id, n.tenant_id, u.target_id AS created_by, w.source_id AS r_created_by"
					   " FROM (%s) n JOIN g ON g.id = n.source_id"
					   " LEFT JOIN u ON u.source_id = g.created_by"
					   " LEFT JOIN w ON w.source_id = g.created_by",
					   osmeta_map_user_sql(plan),
					   with_users ? osmeta_create_pending_sql(plan, "user") :
					   "SELECT NULL::text AS source_id, NULL::text AS tenant_id WHERE false",
					   plan->source_schema, osmeta_create_pending_sql(plan, "group")),
			  with_users ? ",created_by," : "");
}

/*
 * The links that links_sql has, as far as they do not stand there, with those
 * who are to be created in place of those who stand there, besides.
 */
static void
keep_links(const MigrationPlan *plan, const LinkTable *link, bool with_others)
{
	keep_rows(plan, link->table,
			  psprintf("WITH l AS MATERIALIZED (SELECT l.id::text AS id, l.%s_id::text AS own, l.%s_id::text AS other FROM %s.ossys_%s l),"
					   " t AS MATERIALIZED (SELECT t.%s_id::text AS own, t.%s_id::text AS other FROM %s.ossys_%s t),"
					   " o AS MATERIALIZED (%s), w AS MATERIALIZED (%s),"
					   " c AS MATERIALIZED (SELECT c.source_id, c.tenant_id, m.target_id, c.target_id IS NULL AS is_new"
					   "  FROM osmeta.plan_created c LEFT JOIN (%s) m USING (source_id)"
					   "  WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s"
					   "   AND (c.target_id IS NULL OR m.target_id IS NOT NULL))"
					   " SELECT DISTINCT ON (l.own, l.other) l.id AS source_id, c.tenant_id,"
					   "  c.target_id AS %s_id, CASE WHEN c.target_id IS NULL THEN l.own END AS r_%s_id,"
					   "  o.target_id AS %s_id, w.source_id AS r_%s_id"
					   " FROM l JOIN c ON c.source_id = l.own"
					   " LEFT JOIN o ON o.source_id = l.other"
					   " LEFT JOIN w ON w.source_id = l.other"
					   " WHERE (w.source_id IS NOT NULL OR (c.is_new AND o.target_id IS NOT NULL))"
					   "  AND NOT EXISTS (SELECT FROM t WHERE t.own = c.target_id AND t.other = o.target_id)"
					   " ORDER BY l.own, l.other, l.id",
					   link->own, link->other, plan->source_schema, link->table,
					   link->own, link->other, plan->target_schema, link->table,
					   link->pairs(plan),
					   with_others ? osmeta_create_pending_sql(plan, link->other) :
					   "SELECT NULL::text AS source_id WHERE false",
					   osmeta_create_known_sql(plan, link->own), plan->plan_id,
					   quote_literal_cstr(link->own), link->own, link->own,
					   link->other, link->other),
			  with_others ? psprintf(",%s_id,%s_id,", link->own, link->other) :
			  psprintf(",%s_id,", link->own));
}

/* What an earlier attempt has kept, maybe by other options. */
static void
forget_kept(const MigrationPlan *plan)
{
	osmeta_execf("DELETE FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
				 " AND c.is_kept", plan->plan_id);
	for (int i = 0; i < (int) lengthof(osmeta_created_kinds); i++)
	{
		if (osmeta_has_created_table(plan, osmeta_created_kinds[i]))
			osmeta_execf("DROP TABLE %s",
						 osmeta_created_table(plan, osmeta_created_kinds[i]));
	}
}

void
osmeta_plan_intend_users(Run *run)
{
	const MigrationPlan *plan = run->plan;
	bool		users = osmeta_create_wanted(plan, "user");
	bool		groups = osmeta_create_wanted(plan, "group");

	forget_kept(plan);
	if (osmeta_create_has_intended(plan))
		osmeta_create_settle(plan, users, groups);
	if (users)
		osmeta_create_intend(plan, "user", "end_user", true);
	if (groups)
		osmeta_create_intend(plan, "group", "end_user_group", true);
	if (osmeta_execf("SELECT FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT " LIMIT 1",
					 plan->plan_id) == 0)
		return;
	if (users)
		keep_users(plan);
	if (groups)
		keep_groups(plan, users);
	for (int i = 0; i < (int) lengthof(osmeta_create_links); i++)
	{
		const LinkTable *link = &osmeta_create_links[i];

		if (osmeta_map_entity(plan, link->own) != NULL)
			keep_links(plan, link, groups && strcmp(link->other, "group") == 0);
	}
}
