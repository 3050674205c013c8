/*-------------------------------------------------------------------------
 *
 * plan_outside.c
 *	  Foreign keys of the target's tables, and the rows that refer by them.
 *
 * What the metamodel says of references is not enough: tables of entities
 * that have been removed, left-over columns and event tables hold foreign keys
 * too, and a key with ON DELETE CASCADE takes rows along that nobody asked
 * to delete.  So the keys are read from the catalogue of the target; for each
 * table that has one, the plan's schema gets a relation oN (column id: its
 * identifier or primary key, if that is one column; kM: the column of key M).
 *
 * The platform's own tables of processes need not have keys: what their columns
 * mean stands for keys there.
 *
 * Keys of the platform refer to the identifier.  The catalogue does not tell
 * which columns a key refers to; of one with several columns, or of another
 * type, each row counts as referring.
 *
 * In this database tables of other schemas can refer to the target's, too;
 * these keys are read from pg_constraint.
 *
 * To delete a row the target looks for rows that refer to it; without an index
 * that is the whole table each time, rows just deleted included.  The index is
 * not ours to make, but it is said before the first row goes.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "utils/builtins.h"

#include "spi.h"

/* So many rows deleted take a while where a key has no index. */
#define UNINDEXED_ROWS 1000

/*
 * Keys by which tables of other schemas of this database refer to those of the
 * target, as further rows of found.  One that is not over the identifier
 * counts as one of several columns: which row it means is not looked up.
 */
static char *
elsewhere_sql(const MigrationPlan *plan)
{
	return psprintf(" UNION ALL SELECT n.nspname::text, c.relname::text, k.conname::text,"
					"  CASE k.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default'"
					"   WHEN 'r' THEN 'restrict' ELSE 'no action' END,"
					"  CASE WHEN cardinality(k.conkey) > 1 OR r.attname <> parent.target_column THEN greatest(cardinality(k.conkey), 2) ELSE 1 END,"
					"  NULL, parent.entity_id, a.attname::text, a.attnum, format_type(a.atttypid, a.atttypmod),"
					"  i.attname::text, format_type(i.atttypid, i.atttypmod),"
					"  EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indkey[0] = k.conkey[1] AND x.indpred IS NULL)"
					" FROM osmeta.environment e"
					" JOIN pg_namespace pn ON pn.nspname = e.remote_schema"
					" JOIN pg_class p ON p.relnamespace = pn.oid"
					" JOIN moved parent ON parent.target_table = p.relname"
					" JOIN pg_constraint k ON k.confrelid = p.oid AND k.contype = 'f' AND k.conparentid = 0"
					" JOIN pg_attribute r ON r.attrelid = p.oid AND r.attnum = k.confkey[1]"
					" JOIN pg_class c ON c.oid = k.conrelid AND c.relnamespace <> pn.oid"
					" JOIN pg_namespace n ON n.oid = c.relnamespace"
					" JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]"
					" LEFT JOIN pg_index x ON x.indrelid = c.oid AND x.indisprimary AND x.indnkeyatts = 1"
					" LEFT JOIN pg_attribute i ON i.attrelid = c.oid AND i.attnum = x.indkey[0]"
					" WHERE e.environment = %s AND e.server IS NULL"
	/* a key that only refuses needs no look */
					"  AND (k.confdeltype NOT IN ('a', 'r') OR has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"
					"   AND COALESCE((SELECT has_table_privilege(w.oid, c.oid, 'SELECT') FROM pg_roles w WHERE w.rolname = %s), true))",
					quote_literal_cstr(plan->target),
					quote_literal_cstr(plan->owner));
}

/*
 * References among the instances of processes that no key says, as further
 * rows of found.
 */
static char *
meant_sql(const MigrationPlan *plan)
{
	return psprintf(" UNION ALL SELECT NULL, e.target_table, a.target_column, 'ignore', 1, child.entity_id, parent.entity_id,"
					"  c.column_name, c.position, c.local_type, i.column_name, i.local_type, NULL"
					" FROM osmeta.plan_attribute a"
					" JOIN osmeta.plan_entity e ON e.plan_id = a.plan_id AND e.entity_id = a.entity_id"
					"  AND e.is_data AND e.platform_table IS NOT NULL"
	/* instances of one that is not included are all the target's own */
					" LEFT JOIN moved child ON child.entity_id = e.entity_id"
					" JOIN moved parent ON parent.entity_id = a.refers_to_entity_id AND parent.is_instance"
					" JOIN cols c ON c.table_name = e.target_table AND c.column_name = a.target_column"
					" LEFT JOIN cols i ON i.table_name = e.target_table AND osmeta.fold_name(i.column_name) = 'id'"
					" WHERE a.plan_id = " INT64_FORMAT " AND NOT a.is_identifier"
					"  AND NOT EXISTS (SELECT FROM keys f WHERE f.kind = 'f' AND f.table_name = e.target_table"
					"   AND f.target_table = parent.target_table AND f.columns = ARRAY[a.target_column])",
					plan->plan_id);
}

/* What takes rows along must be readable, or nothing is known of them. */
static void
check_readable(const MigrationPlan *plan)
{
	uint64		rows;

	rows = osmeta_execf("SELECT DISTINCT format('%%I.%%I', n.nspname, c.relname)"
						" FROM osmeta.plan_foreign_key k"
						" JOIN pg_namespace n ON n.nspname = k.table_schema"
						" JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = k.table_name"
						" LEFT JOIN pg_roles r ON r.rolname = %s"
						" WHERE k.plan_id = " INT64_FORMAT
						"  AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"
						"   AND COALESCE(has_table_privilege(r.oid, c.oid, 'SELECT'), true)) ORDER BY 1",
						quote_literal_cstr(plan->owner), plan->plan_id);
	if (rows > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("tables of other schemas refer to those of environment \"%s\" and cannot be read",
						plan->target),
				 errdetail("%s.", osmeta_list_values(rows)),
				 errhint("Nothing has been deleted. Grant SELECT on them, and USAGE on their schemas, to role \"%s\": rows there could be deleted or changed along.",
						 plan->owner)));
}

/* Fill osmeta.plan_foreign_key from the target's catalogue. */
void
osmeta_foreign_keys_read(const MigrationPlan *plan)
{
	osmeta_execf("DELETE FROM osmeta.plan_foreign_key WHERE plan_id = " INT64_FORMAT,
				 plan->plan_id);
	osmeta_execf("WITH keys AS MATERIALIZED ("
				 " SELECT k.table_name, k.key_name, k.kind, k.columns, k.target_table, k.delete_action"
				 " FROM %s.live_physical_key k WHERE k.kind IN ('f', 'p')),"
				 " cols AS MATERIALIZED ("
				 " SELECT c.table_name, c.column_name, c.position, c.local_type FROM %s.live_physical_column c),"
				 " indexes AS MATERIALIZED ("
				 " SELECT i.table_name, i.columns[1] AS column_name FROM %s.live_physical_index i"
				 " WHERE NOT i.is_partial),"
				 " moved AS ("
				 " SELECT DISTINCT ON (e.target_table) e.entity_id, e.target_table, a.target_column,"
				 "  e.platform_table IS NOT NULL AS is_instance"
				 " FROM osmeta.plan_entity e"
				 " JOIN osmeta.plan_attribute a ON a.plan_id = e.plan_id AND a.entity_id = e.entity_id"
				 "  AND a.is_identifier AND a.include"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.is_data AND e.include AND e.status = 'matched'"
				 " ORDER BY e.target_table, e.entity_id),"
				 " prime AS ("
				 " SELECT k.table_name, min(k.columns[1]) AS column_name FROM keys k"
				 " WHERE k.kind = 'p' AND cardinality(k.columns) = 1 GROUP BY k.table_name),"
				 " found (table_schema, table_name, key_name, delete_action, columns, entity_id, refers_to_entity_id,"
				 "  column_name, position, column_type, id_column, id_type, is_indexed) AS ("
				 " SELECT NULL::text, f.table_name, f.key_name, f.delete_action, cardinality(f.columns), child.entity_id,"
				 "  parent.entity_id, c.column_name, c.position, c.local_type, i.column_name, i.local_type,"
	/* a catalogue without any index has not been readable */
				 "  CASE WHEN EXISTS (SELECT FROM indexes) THEN EXISTS (SELECT FROM indexes x"
				 "   WHERE x.table_name = f.table_name AND x.column_name = f.columns[1]) END"
				 " FROM keys f"
				 " JOIN moved parent ON parent.target_table = f.target_table"
				 " LEFT JOIN moved child ON child.target_table = f.table_name"
				 " LEFT JOIN prime ON prime.table_name = f.table_name"
				 " JOIN cols c ON c.table_name = f.table_name AND c.column_name = f.columns[1]"
				 " LEFT JOIN cols i ON i.table_name = f.table_name AND i.column_name = COALESCE(child.target_column, prime.column_name)"
				 " WHERE f.kind = 'f'%s%s)"
				 " INSERT INTO osmeta.plan_foreign_key (plan_id, relation_no, key_no, table_name, key_name,"
				 "  column_name, column_type, position, columns, delete_action, id_column, id_type,"
				 "  entity_id, refers_to_entity_id, is_indexed, table_schema)"
				 " SELECT " INT64_FORMAT ", dense_rank() OVER (ORDER BY f.table_schema COLLATE \"C\" NULLS FIRST, f.table_name COLLATE \"C\"),"
				 "  row_number() OVER (PARTITION BY f.table_schema, f.table_name ORDER BY f.key_name COLLATE \"C\", f.refers_to_entity_id),"
				 "  f.table_name, f.key_name, f.column_name, f.column_type, f.position, f.columns,"
				 "  f.delete_action, f.id_column, f.id_type, f.entity_id, f.refers_to_entity_id, f.is_indexed, f.table_schema"
				 " FROM found f",
				 plan->target_schema, plan->target_schema, plan->target_schema,
				 plan->plan_id, meant_sql(plan),
				 plan->target_wrapper == NULL ? elsewhere_sql(plan) : "",
				 plan->plan_id);
}

/*
 * Say which keys without an index make the pieces of a phase slow.
 */
void
osmeta_foreign_keys_notice(const Run *run, const char *phase)
{
	uint64		keys;
	StringInfoData list;

	keys = osmeta_execf("SELECT format('column %%I of table %%s%%I: %%s rows of %%I go', k.column_name, quote_ident(k.table_schema) || '.', k.table_name, sum(c.rows_expected), e.target_table)"
						" FROM osmeta.plan_foreign_key k"
						" JOIN osmeta.plan_entity e ON e.plan_id = k.plan_id AND e.entity_id = k.refers_to_entity_id"
						" JOIN osmeta.plan_chunk c ON c.plan_id = k.plan_id AND c.entity_id = k.refers_to_entity_id"
						"  AND c.phase = %s AND c.level BETWEEN 0 AND %d"
						" WHERE k.plan_id = " INT64_FORMAT " AND NOT k.is_indexed"
						" GROUP BY k.table_schema, k.table_name, k.key_no, k.column_name, e.target_table"
						" HAVING sum(c.rows_expected) >= %d ORDER BY sum(c.rows_expected) DESC, 1 LIMIT %d",
						quote_literal_cstr(phase), LEVEL_PUT_BACK - 1,
						run->plan_id, UNINDEXED_ROWS, LISTED_ROWS);
	if (keys == 0)
		return;
	initStringInfo(&list);
	for (uint64 i = 0; i < keys; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? "\n" : "",
						 osmeta_text_at(i, 1));
	ereport(NOTICE,
			(errmsg("plan \"%s\": foreign keys of the target have no index, so that each row deleted takes a scan of the table that refers",
					run->name),
			 errdetail("%s", list.data),
			 errhint("An index at the target that begins with the column makes this quick. It can be created there now; the call may be cancelled and repeated.")));
}

void
osmeta_foreign_keys_drop(const MigrationPlan *plan, int *nest_level)
{
	uint64		rows;
	char	  **statement;

	rows = osmeta_execf("SELECT DISTINCT format('DROP %%s %%I.%%I',"
						"  CASE c.relkind WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'VIEW' END, n.nspname, c.relname)"
						" FROM osmeta.plan_foreign_key k"
						" JOIN pg_class c ON c.relname = 'o' || k.relation_no AND c.relkind IN ('f', 'v')"
						" JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = %s"
						" WHERE k.plan_id = " INT64_FORMAT,
						quote_literal_cstr(plan->name), plan->plan_id);
	statement = palloc(sizeof(char *) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
		statement[i] = osmeta_text_at(i, 1);
	for (uint64 i = 0; i < rows; i++)
	{
		osmeta_exec(statement[i]);
		if (nest_level != NULL && osmeta_plan_is_large(plan) &&
			(i + 1) % osmeta_plan_batch() == 0)
			osmeta_spi_commit(nest_level);
	}
}

/* Read the keys anew, and make the relations. */
void
osmeta_foreign_keys_make(Run *run)
{
	const MigrationPlan *plan = run->plan;
	uint64		rows;
	char	  **statement;

	osmeta_foreign_keys_drop(plan, &run->nest_level);
	osmeta_foreign_keys_read(plan);
	check_readable(plan);
	rows = osmeta_execf("SELECT osmeta.plan_foreign_key_sql(k.plan_id, k.relation_no)"
						" FROM (SELECT DISTINCT f.plan_id, f.relation_no FROM osmeta.plan_foreign_key f"
						"  WHERE f.plan_id = " INT64_FORMAT ") k ORDER BY k.relation_no",
						plan->plan_id);
	statement = palloc(sizeof(char *) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
		statement[i] = osmeta_text_at(i, 1);
	for (uint64 i = 0; i < rows; i++)
	{
		osmeta_exec(statement[i]);
		osmeta_commit_now_and_then(run, (int) i);
	}
}

ForeignKey *
osmeta_foreign_keys_load(MigrationPlan *plan, int *count)
{
	ForeignKey *keys;
	uint64		rows;

	rows = osmeta_execf("SELECT COALESCE(k.table_schema || '.', '') || k.table_name, k.key_name, k.column_name, k.position, k.relation_no,"
						" CASE WHEN k.column_name = k.id_column THEN 'id'"
						"  ELSE 'k' || min(k.key_no) OVER (PARTITION BY k.relation_no, k.column_name) END,"
						" k.id_column IS NOT NULL, k.columns, k.column_type,"
						" k.delete_action NOT IN ('no action', 'restrict', 'ignore'),"
						" COALESCE(k.entity_id, 0), k.refers_to_entity_id, k.delete_action = 'ignore'"
						" FROM osmeta.plan_foreign_key k WHERE k.plan_id = " INT64_FORMAT
						" ORDER BY k.relation_no, k.key_no", plan->plan_id);
	*count = (int) rows;
	keys = SPI_palloc(sizeof(ForeignKey) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		ForeignKey *k = &keys[i];

		k->table_name = osmeta_text_at(i, 1);
		k->key_name = osmeta_text_at(i, 2);
		k->column_name = osmeta_text_at(i, 3);
		k->position = (int) osmeta_int64_at(i, 4, NULL);
		k->relation = osmeta_stage_name(plan, 'o',
										osmeta_int64_at(i, 5, NULL));
		k->is_fenced = osmeta_target_is_fenced(plan);
		k->column = osmeta_text_at(i, 6);
		k->has_id = osmeta_bool_at(i, 7);
		k->is_cascade = osmeta_bool_at(i, 10);
		k->child = osmeta_plan_entity(plan, osmeta_int64_at(i, 11, NULL));
		k->parent = osmeta_plan_entity(plan, osmeta_int64_at(i, 12, NULL));
		k->is_meant = osmeta_bool_at(i, 13);
		k->is_simple = osmeta_int64_at(i, 8, NULL) == 1 &&
			osmeta_is_whole_number(osmeta_text_at(i, 9)) ==
			osmeta_is_whole_number(k->parent->identifier->target_type);
	}
	return keys;
}

int64
osmeta_findings_add(Findings *findings, const char *query)
{
	int64		total;
	uint64		rows;

	rows = osmeta_execf("SELECT count(*) OVER (), f.table_name, f.id, f.what FROM (%s) f (table_name, id, what)"
						" ORDER BY f.table_name, length(f.id), f.id LIMIT %d",
						query, LISTED_ROWS);
	if (rows == 0)
		return 0;
	total = osmeta_int64_at(0, 1, NULL);
	for (uint64 i = 0; i < rows && findings->listed < LISTED_ROWS; i++)
	{
		char	   *id = osmeta_text_at(i, 3);

		appendStringInfo(&findings->list, "%s%s, id %s: %s",
						 findings->listed > 0 ? "\n" : "",
						 osmeta_text_at(i, 2), id ? id : "unknown",
						 osmeta_text_at(i, 4));
		findings->listed++;
	}
	return total;
}

/*
 * The table with the key as a relation that is joined, see osmeta_target_sql;
 * range is a condition on o.
 */
char *
osmeta_key_relation_sql(const ForeignKey *key, const char *range)
{
	if (!key->is_fenced)
		return key->relation;
	return psprintf("(SELECT o.* FROM %s o WHERE %s OFFSET 0)", key->relation,
					range);
}

char *
osmeta_referring_sql(const ForeignKey *key, const char *ids,
					 const char *condition, const char *range)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "SELECT %s::text, %s, format(%s, %s::text, %s::text, o.%s) FROM %s o",
					 quote_literal_cstr(key->table_name),
					 key->has_id ? "o.id::text" : "NULL::text",
					 key->is_simple ? "'refers to %1$s, id %3$s, by %2$s'" :
					 "'may refer to %1$s, by %2$s, which is not over the identifier alone'",
					 quote_literal_cstr(key->parent->target_table),
					 quote_literal_cstr(key->key_name), key->column,
					 osmeta_key_relation_sql(key, key->is_simple ? range : "true"));
	if (key->is_simple)
		appendStringInfo(&buf, " JOIN %s u ON u.id = o.%s WHERE %s AND %s",
						 ids, key->column, condition, range);
	else
		appendStringInfo(&buf, " WHERE o.%s IS NOT NULL", key->column);
	return buf.data;
}

/*
 * Called when children of the plan are gone already or refer no more: whatever
 * refers now belongs to somebody else.
 */
void
osmeta_check_cascade(Run *run, const PlanEntity *entity, const char *ids,
					 const char *condition, const Chunk *chunk)
{
	int			count;
	ForeignKey *keys = osmeta_foreign_keys_load(run->plan, &count);
	Findings	findings = {0};

	initStringInfo(&findings.list);
	for (int i = 0; i < count; i++)
	{
		const ForeignKey *k = &keys[i];
		char	   *column = psprintf("o.%s", k->column);

		if (k->parent != entity || !k->is_cascade)
			continue;
		findings.referred +=
			osmeta_findings_add(&findings,
								osmeta_referring_sql(k, ids,
													 psprintf("%s AND %s", condition,
															  osmeta_id_range(entity, "u.id", chunk->lower,
																			  chunk->upper)),
													 entity->is_number ?
													 osmeta_id_range(entity, column, chunk->lower,
																	 chunk->upper) : "true"));
	}
	if (findings.referred > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rows that are not the plan's would be deleted or changed along with rows of %s: " INT64_FORMAT,
						osmeta_entity_label(entity), findings.referred),
				 errdetail("%s", findings.list.data)));
}
