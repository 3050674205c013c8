/*-------------------------------------------------------------------------
 *
 * plan_undo_created.c
 *	  The users and groups that a plan created at the target, for its undo.
 *
 * Who stays is found out first.  It is those to whom something refers: a
 * foreign key of the target's catalogue, an attribute of its metamodel, a
 * column of the platform's own tables.  The plan's rows are gone by then, so
 * whatever refers belongs to somebody else, but for the links that the plan
 * made itself.  And it is those whose rows have been changed since, as by a
 * login: somebody works with them.  Whoever stays keeps his links, and the
 * groups that they lead to.  Then the others go: links, groups, users.
 *
 * Secrets are not read.  A password that was set shows by nothing else.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "utils/builtins.h"
#include "utils/guc.h"

#include "spi.h"

/* The name of a relation of the plan's schema that stands for a moment. */
#define RELATION "created_rows"

/* Each drops a relation; more of them are too many locks. */
#define COLUMNS_BETWEEN_COMMITS 50

static char *
relation_name(const MigrationPlan *plan)
{
	return psprintf("%s." RELATION, plan->schema);
}

/* Make the relation over one column of a table of the target. */
static void
make_relation(const MigrationPlan *plan, const HolderColumn *column)
{
	osmeta_execf("SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment),"
				 " n.remote_schema, %s, %s, '" RELATION "',"
				 " jsonb_build_array(jsonb_build_object('name', 'id', 'remote_name', %s::text, 'type', %s::text)),"
				 " options => n.table_options)"
				 " FROM osmeta.environment n WHERE n.environment = %s",
				 quote_literal_cstr(column->table_name),
				 quote_literal_cstr(plan->name),
				 quote_literal_cstr(column->column_name),
				 quote_literal_cstr(column->type),
				 quote_literal_cstr(plan->target));
	osmeta_exec(osmeta_text_at(0, 1));
}

static void
drop_relation(const MigrationPlan *plan)
{
	osmeta_execf("DROP %s %s",
				 plan->target_wrapper ? "FOREIGN TABLE" : "VIEW",
				 relation_name(plan));
}

/* The table of a kind, and its identifier. */
static HolderColumn
table_of_kind(const MigrationPlan *plan, const char *kind)
{
	HolderColumn column;

	if (osmeta_execf("SELECT c.table_name, c.column_name, c.local_type FROM osmeta.ossys_table t"
					 " JOIN %s.live_physical_column c ON osmeta.fold_name(c.table_name) = t.physical_name"
					 "  AND osmeta.fold_name(c.column_name) = 'id'"
					 " WHERE t.table_name = %s",
					 plan->target_schema, quote_literal_cstr(kind)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("environment \"%s\" has no table of kind \"%s\"",
						plan->target, kind)));
	column.table_name = osmeta_text_at(0, 1);
	column.column_name = osmeta_text_at(0, 2);
	column.type = osmeta_text_at(0, 3);
	return column;
}

HolderColumn *
osmeta_holder_columns(const MigrationPlan *plan, const char *kind, int *count)
{
	HolderColumn own = table_of_kind(plan, kind);
	HolderColumn *column;
	char	   *said;

	(void) set_config_option("osmeta.capture",
							 psprintf(INT64_FORMAT, plan->target_capture_id),
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	if (strcmp(kind, "user") == 0)
		said = "SELECT r.physical_table_name, r.column_name FROM osmeta.user_reference r";
	else
		said = "SELECT a.physical_table_name, a.column_name FROM osmeta.attribute a"
			" WHERE a.refers_to OPERATOR(osmeta.=) '478870b9-2d60-4f73-9eb3-7cd8b994a737*d028b5ef-4477-4e37-9fa2-cddd7e0e7146'::osmeta.oskey";
	*count = (int) osmeta_execf("WITH c AS MATERIALIZED (SELECT c.table_name, c.column_name, c.local_type"
								"  FROM %s.live_physical_column c WHERE c.is_table),"
								" said (table_name, column_name) AS MATERIALIZED (%s"
								"  UNION ALL SELECT t.physical_name, k.column_name FROM osmeta.ossys_table t"
								"  JOIN osmeta.ossys_column k ON k.table_name = t.table_name"
								"  WHERE k.column_name = ANY (%s)),"
								" keyed AS MATERIALIZED (SELECT k.table_name, k.columns[1] AS column_name"
								"  FROM %s.live_physical_key k WHERE k.kind = 'f' AND k.target_table = %s)"
								" SELECT c.table_name, c.column_name, c.local_type FROM c"
								" WHERE (osmeta.fold_name(c.table_name), osmeta.fold_name(c.column_name)) IN"
								"   (SELECT osmeta.fold_name(s.table_name), osmeta.fold_name(s.column_name) FROM said s)"
								"  OR (c.table_name, c.column_name) IN (SELECT k.table_name, k.column_name FROM keyed k)"
								" ORDER BY 1, 2",
								plan->target_schema, said,
								strcmp(kind, "user") == 0 ?
								"'{user_id,created_by,createdby,last_modified_by,suspended_by,locked_by}'" : "'{group_id}'",
								plan->target_schema,
								quote_literal_cstr(own.table_name));
	column = SPI_palloc(sizeof(HolderColumn) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		column[i].table_name = osmeta_text_at(i, 1);
		column[i].column_name = osmeta_text_at(i, 2);
		column[i].type = osmeta_text_at(i, 3);
	}
	return column;
}

/*
 * What a column of the target refers to, as a query with a column id; NULL
 * where it must be asked through a relation of its own.  Rows that the plan
 * created itself refer to nobody.
 */
static char *
holders_sql(const MigrationPlan *plan, const HolderColumn *column)
{
	const char *table;

	if (osmeta_execf("SELECT t.table_name, t.physical_name, k.column_name FROM osmeta.ossys_table t"
					 " JOIN osmeta.ossys_column k ON k.table_name = t.table_name AND NOT k.is_secret"
					 " JOIN pg_attribute a ON a.attrelid = to_regclass(%s || '.' || t.physical_name)"
					 "  AND a.attname = k.column_name AND NOT a.attisdropped"
					 " WHERE t.table_name IN ('user_role', 'group_user', 'group_role', 'group')"
					 "  AND t.physical_name = osmeta.fold_name(%s) AND k.column_name = osmeta.fold_name(%s)",
					 quote_literal_cstr(plan->target_schema),
					 quote_literal_cstr(column->table_name),
					 quote_literal_cstr(column->column_name)) == 0)
		return NULL;
	table = osmeta_text_at(0, 1);
	return psprintf("(SELECT h.%s AS id FROM %s.%s h WHERE h.id::text NOT IN"
					" (SELECT o.target_id FROM osmeta.plan_created o WHERE o.plan_id = " INT64_FORMAT
					"  AND o.table_name = %s AND o.target_id IS NOT NULL))",
					quote_identifier(osmeta_text_at(0, 3)),
					plan->target_schema,
					quote_identifier(osmeta_text_at(0, 2)), plan->plan_id,
					quote_literal_cstr(table));
}

/* Those of a kind to whom somebody refers stay. */
static void
note_referred(Run *run, const char *kind)
{
	MigrationPlan *plan = run->plan;
	int			count;
	HolderColumn *column = osmeta_holder_columns(plan, kind, &count);
	char	   *lower;
	char	   *upper;

	osmeta_execf("SELECT min(c.target_id::bigint)::text, max(c.target_id::bigint)::text FROM osmeta.plan_created c"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s",
				 plan->plan_id, quote_literal_cstr(kind));
	lower = osmeta_text_at(0, 1);
	upper = osmeta_text_at(0, 2);
	for (int i = 0; i < count; i++)
	{
		char	   *holders;

		if (!osmeta_is_whole_number(column[i].type))
			continue;
		holders = holders_sql(plan, &column[i]);
		if (holders == NULL)
			make_relation(plan, &column[i]);
		osmeta_execf("WITH r AS MATERIALIZED (SELECT DISTINCT r.id::text AS id FROM %s r WHERE r.id >= %s AND r.id <= %s)"
					 " UPDATE osmeta.plan_created c SET stays = 'referred' FROM r"
					 " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s AND c.target_id = r.id AND c.stays IS NULL",
					 holders ? holders : relation_name(plan), lower, upper,
					 plan->plan_id, quote_literal_cstr(kind));
		if (holders == NULL)
			drop_relation(plan);
		if (i % COLUMNS_BETWEEN_COMMITS == COLUMNS_BETWEEN_COMMITS - 1)
			osmeta_run_commit(run);
	}
}

/* Those of a kind that are not as they were when they had been created. */
static void
note_changed(const MigrationPlan *plan, const char *kind)
{
	if (strcmp(plan->undo_changed, "delete") == 0)
		return;
	osmeta_execf("WITH t AS MATERIALIZED (%s)"
				 " UPDATE osmeta.plan_created c SET stays = 'changed' FROM t"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s AND c.target_id = t.id"
				 "  AND c.checksum <> t.checksum AND c.stays IS NULL",
				 osmeta_created_state_sql(plan, kind), plan->plan_id,
				 quote_literal_cstr(kind));
}

/* Did the plan create rows of this kind? */
static bool
has_kind(const MigrationPlan *plan, const char *kind)
{
	return osmeta_execf("SELECT FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
						" AND c.table_name = %s AND c.target_id IS NOT NULL LIMIT 1",
						plan->plan_id, quote_literal_cstr(kind)) > 0;
}

/*
 * Who stays keeps the groups that the plan made him a member of; a group that
 * stays keeps the user who is said to have created it.
 */
static void
note_groups(const MigrationPlan *plan)
{
	if (!has_kind(plan, "group"))
		return;
	osmeta_execf("WITH RECURSIVE member AS MATERIALIZED (SELECT t.id::text AS id, t.user_id::text AS user_id,"
				 "   t.group_id::text AS group_id FROM %s.ossys_group_user t),"
				 " creator AS MATERIALIZED (SELECT g.group_id::text AS group_id, g.created_by_id::text AS user_id FROM %s.end_user_group g),"
				 " own AS MATERIALIZED (SELECT c.table_name, c.target_id, c.stays FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT "),"
				 " edge AS MATERIALIZED ("
				 "  SELECT 'user' AS kind, m.user_id AS id, 'group' AS other_kind, m.group_id AS other_id"
				 "  FROM member m JOIN own o ON o.table_name = 'group_user' AND o.target_id = m.id"
				 "  UNION ALL SELECT 'group', r.group_id, 'user', r.user_id"
				 "  FROM creator r JOIN own o ON o.table_name = 'group' AND o.target_id = r.group_id),"
				 " stays (kind, id) AS (SELECT o.table_name, o.target_id FROM own o WHERE o.stays IS NOT NULL"
				 "  UNION SELECT e.other_kind, e.other_id FROM stays s JOIN edge e ON e.kind = s.kind AND e.id = s.id)"
				 " UPDATE osmeta.plan_created c SET stays = 'referred' FROM stays s"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = s.kind AND c.target_id = s.id AND c.stays IS NULL",
				 plan->target_schema, plan->target_schema, plan->plan_id,
				 plan->plan_id);
}

/* The links that the plan gave to who stays. */
static void
note_links(const MigrationPlan *plan, const char *link, const char *own)
{
	if (!has_kind(plan, link))
		return;
	osmeta_execf("WITH t AS MATERIALIZED (SELECT t.id::text AS id, t.%s_id::text AS own FROM %s.ossys_%s t)"
				 " UPDATE osmeta.plan_created c SET stays = 'linked' FROM t"
				 " JOIN osmeta.plan_created o ON o.target_id = t.own AND o.table_name = %s AND o.stays IS NOT NULL"
				 " WHERE c.plan_id = " INT64_FORMAT " AND o.plan_id = c.plan_id AND c.table_name = %s AND c.target_id = t.id",
				 own, plan->target_schema, link, quote_literal_cstr(own),
				 plan->plan_id, quote_literal_cstr(link));
}

/* Delete what the plan created of a kind; gives the number of rows. */
static uint64
delete_kind(Run *run, const char *kind)
{
	MigrationPlan *plan = run->plan;
	HolderColumn own = table_of_kind(plan, kind);
	OsmetaSinkTable table = {0};
	uint64		rows;

	make_relation(plan, &own);
	table.relation = relation_name(plan);
	table.id_column = "id";
	table.id_type = own.type;
	table.is_local = plan->target_wrapper == NULL;
	rows = run->sink->remove(&table,
							 psprintf("SELECT c.target_id::%s AS id FROM osmeta.plan_created c"
									  " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s"
									  " AND c.target_id IS NOT NULL AND c.stays IS NULL",
									  own.type, plan->plan_id,
									  quote_literal_cstr(kind)),
							 NULL, NULL);
	drop_relation(plan);
	return rows;
}

/* Who stays for this reason, for a message; NULL: nobody. */
static char *
list_staying(const MigrationPlan *plan, const char *reason)
{
	uint64		rows = osmeta_execf("SELECT format('%%s %%s (id %%s)', c.table_name, c.label, c.target_id)"
									" FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
									" AND c.stays = %s ORDER BY c.table_name, c.label, c.target_id",
									plan->plan_id,
									quote_literal_cstr(reason));

	return rows > 0 ? osmeta_list_values(rows) : NULL;
}

/* Why some stay, as sentences; empty: nobody does. */
static char *
tell_staying(const MigrationPlan *plan)
{
	char	   *referred = list_staying(plan, "referred");
	char	   *changed = list_staying(plan, "changed");
	StringInfoData detail;

	initStringInfo(&detail);
	if (referred != NULL)
		appendStringInfo(&detail, "Others refer to: %s.", referred);
	if (changed != NULL)
		appendStringInfo(&detail, "%sChanged since they were created: %s.",
						 detail.len > 0 ? " " : "", changed);
	return detail.data;
}

void
osmeta_undo_created(Run *run)
{
	MigrationPlan *plan = run->plan;
	static const char *const kinds[] = {
		"user_role", "group_role", "group_user", "group", "user"
	};
	static const char *const owners[] = {"group", "user"};
	uint64		deleted = 0;
	uint64		created;
	char	   *detail;

	created = osmeta_execf("SELECT FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
						   " AND c.target_id IS NOT NULL", plan->plan_id);
	if (created == 0)
		return;
	/* of an interrupted attempt */
	osmeta_execf("UPDATE osmeta.plan_created SET stays = NULL WHERE plan_id = " INT64_FORMAT
				 " AND stays IS NOT NULL", plan->plan_id);
	for (int i = 0; i < (int) lengthof(owners); i++)
	{
		if (!has_kind(plan, owners[i]))
			continue;
		note_changed(plan, owners[i]);
		note_referred(run, owners[i]);
	}
	note_groups(plan);
	note_links(plan, "user_role", "user");
	note_links(plan, "group_user", "user");
	note_links(plan, "group_role", "group");
	osmeta_run_commit(run);
	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (!has_kind(plan, kinds[i]))
			continue;
		deleted += delete_kind(run, kinds[i]);
		osmeta_run_commit(run);
	}
	detail = tell_staying(plan);
	ereport(NOTICE,
			(errmsg("plan \"%s\": of the users, groups and links that it created: deleted: " UINT64_FORMAT
					", gone already or kept: " UINT64_FORMAT,
					run->name, deleted, created - deleted),
			 detail[0] != '\0' ? errdetail("%s", detail) : 0));
}
