/*-------------------------------------------------------------------------
 *
 * plan_undo_created.c
 *	  The users and groups that a plan created at the target, for its undo.
 *
 * Their links go first, then groups and users to whom nothing refers: no
 * foreign key of the target's catalogue, no attribute of its metamodel, no
 * column of the platform's own tables.  The plan's rows are gone by then, so
 * whatever refers belongs to somebody else, and whoever it refers to stays.
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

/* Identifiers that something refers to, as a list of literals. */
static char *
referred_ids(Run *run, const char *kind)
{
	MigrationPlan *plan = run->plan;
	StringInfoData list;
	int			count;
	HolderColumn *column = osmeta_holder_columns(plan, kind, &count);

	initStringInfo(&list);
	for (int i = 0; i < count; i++)
	{
		uint64		rows;

		if (!osmeta_is_whole_number(column[i].type))
			continue;
		make_relation(plan, &column[i]);
		osmeta_execf("SELECT min(c.target_id::bigint)::text, max(c.target_id::bigint)::text FROM osmeta.plan_created c"
					 " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s",
					 plan->plan_id, quote_literal_cstr(kind));
		rows = osmeta_execf("SELECT DISTINCT r.id::text FROM %s r JOIN osmeta.plan_created c ON c.target_id = r.id::text"
							" WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s AND r.id >= %s AND r.id <= %s",
							relation_name(plan), plan->plan_id,
							quote_literal_cstr(kind), osmeta_text_at(0, 1),
							osmeta_text_at(0, 2));
		for (uint64 k = 0; k < rows; k++)
			appendStringInfo(&list, ", %s",
							 quote_literal_cstr(osmeta_text_at(k, 1)));
		drop_relation(plan);
		if (i % COLUMNS_BETWEEN_COMMITS == COLUMNS_BETWEEN_COMMITS - 1)
			osmeta_run_commit(run);
	}
	return list.data;
}

/* Delete what the plan created of a kind; gives the number of rows. */
static uint64
delete_kind(Run *run, const char *kind, const char *referred)
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
									  " AND c.target_id IS NOT NULL AND c.target_id NOT IN (''%s)",
									  own.type, plan->plan_id,
									  quote_literal_cstr(kind), referred),
							 NULL, NULL);
	drop_relation(plan);
	return rows;
}

/* Who of a kind stays, for a message. */
static void
list_kept(const MigrationPlan *plan, const char *kind, const char *referred,
		  StringInfo kept)
{
	uint64		rows = osmeta_execf("SELECT format('%%s %%s (id %%s)', c.table_name, c.label, c.target_id)"
									" FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
									" AND c.table_name = %s AND c.target_id IN (''%s) ORDER BY c.label, c.target_id",
									plan->plan_id, quote_literal_cstr(kind),
									referred);

	if (rows > 0)
		appendStringInfo(kept, "%s%s", kept->len > 0 ? ", " : "",
						 osmeta_list_values(rows));
}

void
osmeta_undo_created(Run *run)
{
	MigrationPlan *plan = run->plan;
	static const char *const kinds[] = {
		"user_role", "group_role", "group_user", "group", "user"
	};
	uint64		deleted = 0;
	uint64		created;
	StringInfoData kept;

	initStringInfo(&kept);
	created = osmeta_execf("SELECT FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
						   " AND c.target_id IS NOT NULL", plan->plan_id);
	if (created == 0)
		return;
	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		const char *referred = "";

		if (osmeta_execf("SELECT FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
						 " AND c.table_name = %s AND c.target_id IS NOT NULL LIMIT 1",
						 plan->plan_id, quote_literal_cstr(kinds[i])) == 0)
			continue;
		if (strchr(kinds[i], '_') == NULL)
		{
			referred = referred_ids(run, kinds[i]);
			list_kept(plan, kinds[i], referred, &kept);
		}
		deleted += delete_kind(run, kinds[i], referred);
		osmeta_run_commit(run);
	}
	ereport(NOTICE,
			(errmsg("plan \"%s\": of the users, groups and links that it created: deleted: " UINT64_FORMAT
					", gone already or referred to: " UINT64_FORMAT,
					run->name, deleted, created - deleted),
			 kept.len > 0 ? errdetail("Others refer to: %s.", kept.data) : 0));
}
