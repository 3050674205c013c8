/*-------------------------------------------------------------------------
 *
 * plan_create.c
 *	  Users and groups that moved rows refer to and the target does not have.
 *
 * With options users and groups set to create they are inserted into the
 * target's tables, in the tenant that is the partner of theirs, and found
 * again by name: the target gives the identifiers, and not every wrapper
 * returns them.  Rows that stand there are never changed.  Created users get
 * the role links and group memberships that they have at the source, created
 * groups their role links, as far as roles and groups have partners.
 * Passwords and other secrets are never read.
 *
 * pull_plan creates nobody: it writes down who is going to be, and keeps their
 * rows for a script (plan_create_kept.c), or for run_plan to go on.
 *
 * What is going to be created is committed to osmeta.plan_created first.  If
 * the session is lost, whoever stands there as was intended has been created
 * by this plan: a run does not create them again, and undo_plan takes
 * them out.  That they have been created is committed before the run goes on:
 * it may still be refused, and says then that they stand there.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "utils/builtins.h"

#include "environment.h"
#include "identifier.h"
#include "plan_create.h"
#include "plan_map.h"
#include "spi.h"

/* The name of a relation of the plan's schema that stands for a moment. */
#define RELATION "created_rows"

bool
osmeta_create_wanted(const MigrationPlan *plan, const char *strategy)
{
	return strcmp(strcmp(strategy, "user") == 0 ? plan->users : plan->groups,
				  "create") == 0 && osmeta_map_entity(plan, strategy) != NULL;
}

/* Those without partner who can be created and are needed: source_id, label. */
static char *
need_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	return psprintf("SELECT m.source_id, m.label FROM osmeta.plan_map m"
					" WHERE m.plan_id = " INT64_FORMAT " AND m.entity_id = " INT64_FORMAT
					"  AND m.target_id IS NULL AND m.can_create"
					"  AND m.source_id IN (SELECT u.id FROM (%s) u)",
					plan->plan_id, entity->entity_id,
					osmeta_map_used_sql(plan, entity));
}

bool
osmeta_plan_may_create(const MigrationPlan *plan)
{
	static const char *const strategies[] = {"user", "group"};
	bool		has_map = false;

	/* rows that an interrupted attempt took for such as are not delivered */
	for (int i = 0; i < plan->nentities; i++)
		has_map |= plan->entities[i].is_data && plan->entities[i].has_map;
	for (int i = 0; i < (int) lengthof(strategies); i++)
	{
		if (osmeta_create_wanted(plan, strategies[i]) &&
			(has_map ||
			 osmeta_execf("SELECT FROM (%s) n LIMIT 1",
						  need_sql(plan, osmeta_map_entity(plan, strategies[i]))) > 0))
			return true;
	}
	return false;
}

void
osmeta_create_intend(const MigrationPlan *plan, const char *strategy,
					 const char *view, bool is_kept)
{
	const PlanEntity *entity = osmeta_map_entity(plan, strategy);

	osmeta_execf("WITH need AS MATERIALIZED (%s),"
				 " u AS MATERIALIZED (SELECT u.%s_id::text AS id, u.tenant_id::text AS tenant_id FROM %s.%s u),"
				 " p AS MATERIALIZED (%s)"
				 " INSERT INTO osmeta.plan_created (plan_id, table_name, source_id, tenant_id, label, is_kept)"
				 " SELECT " INT64_FORMAT ", %s, n.source_id, p.target_id, n.label, %s"
				 " FROM need n JOIN u ON u.id = n.source_id"
				 " JOIN p ON p.source_id = u.tenant_id"
	/* who was created, and has gone or has another name there now */
				 " ON CONFLICT (plan_id, table_name, source_id) DO UPDATE"
				 "  SET target_id = NULL, tenant_id = EXCLUDED.tenant_id, label = EXCLUDED.label,"
				 "   is_kept = EXCLUDED.is_kept, checksum = NULL"
				 "  WHERE plan_created.target_id IS NOT NULL",
				 need_sql(plan, entity), strategy,
				 plan->source_schema, view,
				 osmeta_map_tenant_sql(plan), plan->plan_id,
				 quote_literal_cstr(strategy),
				 is_kept ? "true" : "false");
}

uint64
osmeta_create_columns(const MigrationPlan *plan, const char *table)
{
	osmeta_execf("SELECT t.physical_name, k.column_name, c.table_name, c.column_name, c.local_type,"
				 "  k.type = 'boolean', k.column_name IN ('tenant_id', 'user_id', 'group_id', 'role_id', 'created_by')"
				 " FROM osmeta.ossys_table t"
				 " JOIN osmeta.ossys_column k ON k.table_name = t.table_name AND NOT k.is_secret"
				 " JOIN %s.live_physical_column c ON osmeta.fold_name(c.table_name) = t.physical_name"
				 "  AND osmeta.fold_name(c.column_name) = k.column_name AND c.local_type IS NOT NULL"
				 " JOIN pg_attribute a ON a.attrelid = (%s || '.' || t.physical_name)::regclass"
				 "  AND a.attname = k.column_name AND NOT a.attisdropped"
				 " WHERE t.table_name = %s AND k.column_name <> 'id'"
				 " ORDER BY k.position",
				 plan->target_schema, quote_literal_cstr(plan->source_schema),
				 quote_literal_cstr(table));
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("environment \"%s\" has no table of kind \"%s\"",
						plan->target, table)));
	return SPI_processed;
}

/*
 * Insert rows of one of the platform's tables.  rows is a query that gives
 * the id at the source, as text, and under the names of columns of the
 * table the values that are not taken over; so it names all references.
 */
static uint64
insert_rows(const Run *run, const char *table, const char *rows)
{
	const MigrationPlan *plan = run->plan;
	OsmetaSinkTable sink_table = {0};
	StringInfoData columns;
	StringInfoData values;
	StringInfoData json;
	uint64		count;
	uint64		inserted;
	char	   *remote_table;
	int			nest_level;

	count = osmeta_create_columns(plan, table);
	initStringInfo(&columns);
	initStringInfo(&values);
	initStringInfo(&json);
	remote_table = osmeta_text_at(0, 3);
	for (uint64 i = 0; i < count; i++)
	{
		const char *name = quote_identifier(osmeta_text_at(i, 2));
		const char *comma = i > 0 ? ", " : "";

		appendStringInfo(&columns, "%s%s", comma, name);
		appendStringInfo(&values, "%s%s.%s%s::%s", comma,
						 osmeta_bool_at(i, 7) ? "x" : "r", name,
						 osmeta_bool_at(i, 6) ? "::int" : "",
						 osmeta_text_at(i, 5));
		appendStringInfo(&json, "%s('name', %s::text, 'remote_name', %s::text, 'type', %s::text)",
						 i > 0 ? ", jsonb_build_object" : "jsonb_build_object",
						 quote_literal_cstr(osmeta_text_at(i, 2)),
						 quote_literal_cstr(osmeta_text_at(i, 4)),
						 quote_literal_cstr(osmeta_text_at(i, 5)));
	}

	/*
	 * A relation without the identifier: a wrapper sends every column that it
	 * declares, and the target must give the identifier itself.
	 */
	osmeta_execf("SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment),"
				 " n.remote_schema, %s, %s, '" RELATION "', jsonb_build_array(%s), options => n.table_options)"
				 " FROM osmeta.environment n WHERE n.environment = %s",
				 quote_literal_cstr(remote_table),
				 quote_literal_cstr(plan->name), json.data,
				 quote_literal_cstr(plan->target));
	osmeta_exec(osmeta_text_at(0, 1));
	sink_table.relation = psprintf("%s." RELATION, plan->schema);
	sink_table.is_local = plan->target_wrapper == NULL;
	nest_level = osmeta_spi_expect_many();
	inserted = run->sink->insert(&sink_table, columns.data,
								 psprintf("WITH x AS MATERIALIZED (%s), r AS MATERIALIZED (SELECT * FROM %s.ossys_%s)"
										  " SELECT %s FROM x JOIN r ON r.id::text = x.source_id"
										  " ORDER BY r.id",
										  rows, plan->source_schema, table,
										  values.data));
	osmeta_spi_restore(nest_level);
	/* What stands there is read through another connection. */
	if (run->sink->commit != NULL)
		run->sink->commit();
	osmeta_execf("DROP %s %s." RELATION,
				 plan->target_wrapper ? "FOREIGN TABLE" : "VIEW", plan->schema);
	return inserted;
}

char *
osmeta_create_known_sql(const MigrationPlan *plan, const char *table)
{
	return psprintf("SELECT m.source_id, m.target_id FROM osmeta.plan_map m"
					" WHERE m.plan_id = " INT64_FORMAT " AND m.entity_id = " INT64_FORMAT
					" AND m.target_id IS NOT NULL",
					plan->plan_id, osmeta_map_entity(plan, table)->entity_id);
}

/* The same as both sides are now. */
static char *
present_pairs_sql(const MigrationPlan *plan, const char *table)
{
	return psprintf("SELECT m.source_id, m.target_id FROM (%s) m WHERE m.target_id IS NOT NULL",
					strcmp(table, "user") == 0 ? osmeta_map_user_sql(plan) :
					osmeta_map_group_sql(plan));
}

/*
 * Who was intended and stands there now was created by this plan, in a run
 * that was lost, if all that would have been written is as it would have
 * been, in the tenant that it would have been, and no other plan has created
 * it; else by somebody else, and is no concern of ours.
 */
static void
settle(const MigrationPlan *plan, const char *table, const char *partners)
{
	int			nest_level;
	bool		is_user = strcmp(table, "user") == 0;
	const char *view = is_user ? "end_user" : "end_user_group";
	const char *compared = is_user ?
	"ROW(v.username, v.name, v.email, v.external_id, v.creation_date, v.is_active)::text" :
	"ROW(v.end_user_group, v.description, v.created, v.has_custom_management)::text";

	nest_level = osmeta_spi_expect_many();
	osmeta_execf("WITH s AS MATERIALIZED (SELECT v.%s_id::text AS id, %s AS row FROM %s.%s v),"
				 " t AS MATERIALIZED (SELECT v.%s_id::text AS id, v.tenant_id::text AS tenant_id, %s AS row FROM %s.%s v),"
				 " m AS MATERIALIZED (%s)"
				 " DELETE FROM osmeta.plan_created c USING m, s, t"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s AND c.target_id IS NULL"
				 "  AND m.source_id = c.source_id"
				 "  AND s.id = c.source_id AND t.id = m.target_id"
				 "  AND (s.row <> t.row OR t.tenant_id IS DISTINCT FROM c.tenant_id OR EXISTS (SELECT FROM osmeta.plan p"
				 "   JOIN osmeta.plan o ON o.target_place = p.target_place AND o.plan_id <> p.plan_id"
				 "   JOIN osmeta.plan_created x ON x.plan_id = o.plan_id AND x.table_name = c.table_name"
				 "    AND x.target_id = m.target_id"
				 "   WHERE p.plan_id = c.plan_id))",
				 table, compared, plan->source_schema, view,
				 table, compared, plan->target_schema, view, partners,
				 plan->plan_id, quote_literal_cstr(table));
	osmeta_spi_restore(nest_level);
}

/*
 * After that: those whom an attempt that did not come so far has intended, and
 * nobody needs now, or by the options that hold now.
 */
static void
forget_unneeded(const MigrationPlan *plan, const char *table, bool is_wanted)
{
	osmeta_execf("DELETE FROM osmeta.plan_created c"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s AND c.target_id IS NULL"
				 "  AND c.source_id NOT IN (SELECT m.source_id FROM (%s) m)%s",
				 plan->plan_id, quote_literal_cstr(table),
				 osmeta_create_known_sql(plan, table),
				 !is_wanted ? "" :
				 psprintf(" AND c.source_id NOT IN (SELECT n.source_id FROM (%s) n)",
						  need_sql(plan, osmeta_map_entity(plan, table))));
}

void
osmeta_create_settle(const MigrationPlan *plan, bool users, bool groups)
{
	if (osmeta_map_entity(plan, "user") != NULL)
	{
		settle(plan, "user", osmeta_create_known_sql(plan, "user"));
		forget_unneeded(plan, "user", users);
	}
	if (osmeta_map_entity(plan, "group") != NULL)
	{
		settle(plan, "group", osmeta_create_known_sql(plan, "group"));
		forget_unneeded(plan, "group", groups);
	}
}

char *
osmeta_create_pending_sql(const MigrationPlan *plan, const char *table)
{
	return psprintf("SELECT c.source_id, c.tenant_id FROM osmeta.plan_created c"
					" JOIN osmeta.plan_map m ON m.plan_id = c.plan_id AND m.source_id = c.source_id"
					"  AND m.entity_id = " INT64_FORMAT " AND m.target_id IS NULL"
					" WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s AND c.target_id IS NULL",
					osmeta_map_entity(plan, table)->entity_id, plan->plan_id,
					quote_literal_cstr(table));
}

static void
create_users(const Run *run)
{
	if (insert_rows(run, "user",
					osmeta_create_pending_sql(run->plan, "user")) > 0)
		osmeta_plan_fill_map(run->plan);
}

/* Who created a group at the source is named if the target has that user. */
static void
create_groups(const Run *run)
{
	const MigrationPlan *plan = run->plan;

	if (insert_rows(run, "group",
					psprintf("WITH u AS MATERIALIZED (%s), g AS MATERIALIZED (SELECT g.id::text AS id,"
							 "  g.created_by::text AS created_by FROM %s.ossys_group g)"
							 " SELECT n.source_id, n.tenant_id, u.target_id AS created_by"
							 " FROM (%s) n JOIN g ON g.id = n.source_id"
							 " LEFT JOIN u ON u.source_id = g.created_by",
							 osmeta_map_user_sql(plan), plan->source_schema,
							 osmeta_create_pending_sql(plan, "group"))) > 0)
		osmeta_plan_fill_map(plan);
}

const LinkTable osmeta_create_links[3] = {
	{"user_role", "user", "role", osmeta_map_role_sql},
	{"group_user", "user", "group", osmeta_map_group_sql},
	{"group_role", "group", "role", osmeta_map_role_sql}
};

/*
 * The links that those get who are being created, and stand at the target; and
 * those of whom the plan has created before to groups that are being created.
 */
static char *
links_sql(const MigrationPlan *plan, const LinkTable *link,
		  const char *partners)
{
	return psprintf("WITH l AS MATERIALIZED (SELECT l.id::text AS id, l.%s_id::text AS own, l.%s_id::text AS other FROM %s.ossys_%s l),"
					" o AS MATERIALIZED (%s), m AS MATERIALIZED (%s),"
					" c AS MATERIALIZED (SELECT c.table_name, c.source_id, c.tenant_id, c.target_id IS NULL AS is_new"
					"  FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT ")"
					" SELECT l.id AS source_id, c.tenant_id, m.target_id AS %s_id, o.target_id AS %s_id"
					" FROM l JOIN c ON c.table_name = %s AND c.source_id = l.own"
					" JOIN m ON m.source_id = c.source_id"
					" JOIN o ON o.source_id = l.other AND o.target_id IS NOT NULL"
					" WHERE c.is_new OR EXISTS (SELECT FROM c n WHERE n.table_name = %s AND n.source_id = l.other AND n.is_new)",
					link->own, link->other, plan->source_schema, link->table,
					link->pairs(plan), partners, plan->plan_id, link->own,
					link->other, quote_literal_cstr(link->own),
					quote_literal_cstr(link->other));
}

/* Write down those that stand there; gives their number. */
static int64
record_links(const MigrationPlan *plan, const LinkTable *link,
			 const char *links)
{
	return (int64) osmeta_execf("WITH n AS MATERIALIZED (%s), t AS MATERIALIZED (SELECT t.id::text AS id, t.%s_id::text AS own, t.%s_id::text AS other FROM %s.ossys_%s t)"
								" INSERT INTO osmeta.plan_created (plan_id, table_name, source_id, target_id, tenant_id)"
								" SELECT DISTINCT ON (t.id) " INT64_FORMAT ", %s, n.source_id, t.id, n.tenant_id"
								" FROM n JOIN t ON t.own = n.%s_id AND t.other = n.%s_id"
								" ORDER BY t.id, n.source_id"
								" ON CONFLICT (plan_id, table_name, source_id) DO UPDATE SET target_id = EXCLUDED.target_id, tenant_id = EXCLUDED.tenant_id",
								links, link->own, link->other,
								plan->target_schema, link->table, plan->plan_id,
								quote_literal_cstr(link->table), link->own,
								link->other);
}

static int64
create_links(const Run *run, const LinkTable *link)
{
	const MigrationPlan *plan = run->plan;
	char	   *links = links_sql(plan, link,
								  osmeta_create_known_sql(plan, link->own));

	(void) insert_rows(run, link->table,
					   psprintf("WITH n AS MATERIALIZED (%s), t AS MATERIALIZED (SELECT t.%s_id::text AS own, t.%s_id::text AS other FROM %s.ossys_%s t)"
								" SELECT DISTINCT ON (n.%s_id, n.%s_id) n.* FROM n"
								" WHERE NOT EXISTS (SELECT FROM t WHERE t.own = n.%s_id AND t.other = n.%s_id)"
								" ORDER BY n.%s_id, n.%s_id, n.source_id",
								links, link->own, link->other,
								plan->target_schema, link->table,
								link->own, link->other, link->own, link->other,
								link->own, link->other));
	return record_links(plan, link, links);
}

/* They stand at the target under these identifiers; gives their number. */
static uint64
record_partners(const MigrationPlan *plan, const char *table,
				const char *partners)
{
	int			nest_level = osmeta_spi_expect_many();
	uint64		rows;

	rows = osmeta_execf("WITH m AS MATERIALIZED (%s)"
						" UPDATE osmeta.plan_created c SET target_id = m.target_id FROM m"
						" WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s AND c.target_id IS NULL"
						"  AND m.source_id = c.source_id",
						partners, plan->plan_id, quote_literal_cstr(table));
	osmeta_spi_restore(nest_level);
	return rows;
}

char *
osmeta_created_state_sql(const MigrationPlan *plan, const char *table)
{
	return psprintf("SELECT r.id::text AS id, md5((jsonb_strip_nulls(to_jsonb(r)) - 'id')::text) AS checksum"
					" FROM %s.ossys_%s r", plan->target_schema, table);
}

/* What they hold now, by which an undo sees whether somebody changes it. */
static void
record_state(const MigrationPlan *plan, const char *table)
{
	int			nest_level = osmeta_spi_expect_many();

	osmeta_execf("WITH t AS MATERIALIZED (%s)"
				 " UPDATE osmeta.plan_created c SET checksum = t.checksum FROM t"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s AND c.checksum IS NULL"
				 "  AND t.id = c.target_id",
				 osmeta_created_state_sql(plan, table), plan->plan_id,
				 quote_literal_cstr(table));
	osmeta_spi_restore(nest_level);
}

/* Has everybody arrived who was intended?  Then it is done. */
static int64
confirm(const MigrationPlan *plan, const char *table)
{
	uint64		rows;

	if (osmeta_map_entity(plan, table) == NULL)
		return 0;
	rows = record_partners(plan, table,
						   osmeta_create_known_sql(plan, table));
	osmeta_execf("SELECT format('%%s (id %%s)', c.label, c.source_id) FROM osmeta.plan_created c"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s AND c.target_id IS NULL ORDER BY 1",
				 plan->plan_id, quote_literal_cstr(table));
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("environment \"%s\" did not take " UINT64_FORMAT " rows of %s that were to be created",
						plan->target, SPI_processed, table),
				 errdetail("%s.", osmeta_list_values(SPI_processed)),
				 errhint("A trigger or a policy there may have left them out; put that right and call run_plan again.")));
	if (rows > 0)
		record_state(plan, table);
	return (int64) rows;
}

bool
osmeta_create_has_intended(const MigrationPlan *plan)
{
	return osmeta_execf("SELECT FROM osmeta.plan_created c"
						" WHERE c.plan_id = " INT64_FORMAT " AND c.target_id IS NULL LIMIT 1",
						plan->plan_id) > 0;
}

/*
 * Those whom pull_plan has written down.  Who stands there by now was created
 * by somebody else; the others are going to be created by this run.
 */
static void
begin_kept(const MigrationPlan *plan)
{
	if (osmeta_execf("SELECT FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
					 " AND c.is_kept LIMIT 1", plan->plan_id) == 0)
		return;
	osmeta_plan_fill_map(plan);
	osmeta_execf("DELETE FROM osmeta.plan_created c USING osmeta.plan_entity e, osmeta.plan_map m"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.is_kept"
				 "  AND e.plan_id = c.plan_id AND e.key_strategy = c.table_name AND NOT e.is_data"
				 "  AND m.plan_id = c.plan_id AND m.entity_id = e.entity_id"
				 "  AND m.source_id = c.source_id AND m.target_id IS NOT NULL",
				 plan->plan_id);
	osmeta_execf("UPDATE osmeta.plan_created SET is_kept = false WHERE plan_id = " INT64_FORMAT
				 " AND is_kept", plan->plan_id);
}

void
osmeta_plan_create_users(Run *run)
{
	const MigrationPlan *plan = run->plan;
	bool		users = osmeta_create_wanted(plan, "user");
	bool		groups = osmeta_create_wanted(plan, "group");
	int64		links = 0;
	int64		created_users;
	int64		created_groups;

	if (!users && !groups && !osmeta_create_has_intended(plan))
		return;
	begin_kept(plan);
	if (users)
		osmeta_create_intend(plan, "user", "end_user", false);
	if (groups)
		osmeta_create_intend(plan, "group", "end_user_group", false);
	if (!osmeta_create_has_intended(plan))
		return;
	osmeta_run_commit(run);
	osmeta_events_aside_platform(run);
	/* Two plans that need one user create it once. */
	osmeta_execf("SELECT hashtextextended(p.target_place, 0) FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT,
				 plan->plan_id);
	osmeta_plan_lock_target(osmeta_int64_at(0, 1, NULL));
	osmeta_plan_fill_map(plan);
	osmeta_create_settle(plan, users, groups);
	if (!osmeta_create_has_intended(plan))
	{
		osmeta_run_commit(run);
		return;
	}

	if (users)
		create_users(run);
	if (groups)
		create_groups(run);
	for (int i = 0; i < (int) lengthof(osmeta_create_links); i++)
	{
		if (osmeta_map_entity(plan, osmeta_create_links[i].own) != NULL)
			links += create_links(run, &osmeta_create_links[i]);
	}
	/* What a session has remembered meanwhile is out of date. */
	osmeta_execf("UPDATE osmeta.plan SET generation = generation + 1 WHERE plan_id = " INT64_FORMAT,
				 plan->plan_id);
	osmeta_plan_forget();
	created_users = confirm(plan, "user");
	created_groups = confirm(plan, "group");
	ereport(NOTICE,
			(errmsg("plan \"%s\": created in environment \"%s\": users: " INT64_FORMAT ", groups: " INT64_FORMAT ", links: " INT64_FORMAT,
					plan->name, plan->target, created_users, created_groups,
					links),
			 created_users > 0 ?
			 errdetail("Nobody can log in as one of these users until a password is set.") : 0));
	osmeta_run_commit(run);
}

/* Has a piece of this round been delivered, or may it have been? */
static bool
has_begun(const MigrationPlan *plan)
{
	return osmeta_execf("SELECT FROM osmeta.plan_chunk c WHERE c.plan_id = " INT64_FORMAT
						" AND c.round = %d AND c.phase <> 'pull' AND c.state IN ('prepared', 'done') LIMIT 1",
						plan->plan_id, plan->round) > 0;
}

/* An earlier attempt may have created them, and have been refused then. */
void
osmeta_plan_create_pulled(Run *run)
{
	if (!osmeta_create_has_intended(run->plan) &&
		(osmeta_count_created(run->plan) == 0 || has_begun(run->plan)))
		return;
	osmeta_plan_create_users(run);
	run->plan = osmeta_plan_load(run->name);
	/* with the identifiers that could not be looked at before */
	for (int i = 0; i < run->plan->nentities; i++)
	{
		if (run->plan->entities[i].is_data)
			osmeta_check_entity(run, &run->plan->entities[i]);
		osmeta_commit_now_and_then(run, i);
	}
	osmeta_check_fit(run);
	osmeta_check_unique(run);
}

/*
 * The pairs of the plan stay what they are: by these rows were delivered.
 */
void
osmeta_settle_created(Run *run)
{
	const MigrationPlan *plan = run->plan;
	static const char *const tables[] = {"user", "group"};

	osmeta_execf("DELETE FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
				 " AND c.is_kept", plan->plan_id);
	if (!osmeta_create_has_intended(plan))
		return;
	if (plan->source_schema == NULL || plan->elsewhere != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("it is not known whether plan \"%s\" has created users or groups",
						run->name),
				 errdetail("The run was interrupted while it did. Who stands at the target as at the source was created by the plan, and environment \"%s\" is not attached, or is another than it was.",
						   plan->source),
				 errhint("Attach the former one under this name, and call undo_plan again.")));
	(void) osmeta_environment_open(plan->source);
	for (int i = 0; i < (int) lengthof(tables); i++)
		settle(plan, tables[i], present_pairs_sql(plan, tables[i]));
	for (int i = 0; i < (int) lengthof(osmeta_create_links); i++)
		(void) record_links(plan, &osmeta_create_links[i],
							links_sql(plan, &osmeta_create_links[i],
									  present_pairs_sql(plan, osmeta_create_links[i].own)));
	for (int i = 0; i < (int) lengthof(tables); i++)
		(void) record_partners(plan, tables[i],
							   present_pairs_sql(plan, tables[i]));
	osmeta_execf("DELETE FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
				 " AND c.target_id IS NULL", plan->plan_id);
}
