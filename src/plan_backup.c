/*-------------------------------------------------------------------------
 *
 * plan_backup.c
 *	  Option existing = delete: the target's rows go before the plan's come.
 *
 * Of each moved entity the whole table is meant, whatever filter the entity
 * has.  The plan's schema gets wN, the target's table with all its columns,
 * also those that no attribute names (id: the identifier; xP: the column at
 * position P), and bN, a copy.  The pieces of the phase delete:
 *
 *	copy	rows are copied, and the copy is committed;
 *	clear	references that keep the tables from being emptied children
 *			first (cycles, references to the table itself) become NULL;
 *	delete	what was copied is deleted, if it is still as it was copied.
 *
 * A row that somebody inserts meanwhile is in no copy and stays.  One that
 * was changed meanwhile stops its piece, and is copied anew by the next try.
 *
 * undo_plan puts the copies back, parents first.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "spi.h"

/* A column of wN and bN. */
typedef struct CopyColumn
{
	char	   *name;
	char	   *type;
	bool		is_cleared;
} CopyColumn;

/* Which tables can refer to the rows that will go?  The rows come later. */
void
osmeta_backup_read(const MigrationPlan *plan)
{
	/* A later round deletes nothing, and an undo reads them itself. */
	if (strcmp(plan->phase, "planned") != 0)
		return;
	osmeta_execf("DELETE FROM osmeta.plan_foreign_key WHERE plan_id = " INT64_FORMAT,
				 plan->plan_id);
	if (plan->delete_existing)
		osmeta_foreign_keys_read(plan);
}

/*
 * Is a key's column to be cleared?  Where the levels say that the child goes
 * first, it need not.
 */
static bool
is_cleared(const ForeignKey *key)
{
	return key->child != NULL && !key->is_meant &&
		key->child->level <= key->parent->level;
}

/* The columns of bN; the first is the identifier. */
static CopyColumn *
copy_columns(Run *run, const PlanEntity *entity, int *count)
{
	CopyColumn *column;
	int			nkeys;
	ForeignKey *keys = osmeta_foreign_keys_load(run->plan, &nkeys);

	*count = (int) osmeta_execf("SELECT a.attname::text, format_type(a.atttypid, a.atttypmod)"
								" FROM pg_attribute a WHERE a.attrelid = %s::regclass"
								" AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname <> 'id', a.attnum",
								quote_literal_cstr(osmeta_stage_name(run->plan, 'b',
																	 entity->entity_id)));
	column = SPI_palloc(sizeof(CopyColumn) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		column[i].name = osmeta_text_at(i, 1);
		column[i].type = osmeta_text_at(i, 2);
		column[i].is_cleared = false;
		for (int j = 0; j < nkeys; j++)
		{
			if (keys[j].child == entity && is_cleared(&keys[j]) &&
				strcmp(column[i].name, psprintf("x%d", keys[j].position)) == 0)
				column[i].is_cleared = true;
		}
	}
	return column;
}

static OsmetaSinkTable
whole_table(const Run *run, const PlanEntity *entity)
{
	OsmetaSinkTable table = osmeta_run_sink_table(run, entity);

	table.relation = osmeta_stage_name(run->plan, 'w', entity->entity_id);
	table.id_column = "id";
	return table;
}

/* Make wN and bN, anew if an interrupted attempt has left them. */
static void
make_copy(Run *run, const PlanEntity *entity)
{
	MigrationPlan *plan = run->plan;
	char	   *whole = osmeta_stage_name(plan, 'w', entity->entity_id);
	char	   *copy = osmeta_stage_name(plan, 'b', entity->entity_id);
	char	   *statement;

	osmeta_execf("SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment), n.remote_schema,"
				 "  %s, %s, 'w" INT64_FORMAT "',"
				 "  jsonb_agg(jsonb_build_object('name', CASE WHEN c.column_name = %s THEN 'id' ELSE 'x' || c.position END,"
				 "   'remote_name', c.column_name, 'type', c.local_type) ORDER BY c.position),"
				 "  options => n.table_options)"
				 " FROM osmeta.environment n, %s.live_physical_column c"
				 " WHERE n.environment = %s AND c.table_name = %s AND c.is_generated IS NOT TRUE"
				 " GROUP BY n.environment, n.wrapper, n.remote_schema, n.table_options",
				 quote_literal_cstr(entity->target_table),
				 quote_literal_cstr(plan->name), entity->entity_id,
				 quote_literal_cstr(entity->identifier->target_column),
				 plan->target_schema, quote_literal_cstr(plan->target),
				 quote_literal_cstr(entity->target_table));
	statement = osmeta_text_at(0, 1);
	if (osmeta_relation_exists(plan, 'b', entity->entity_id))
		osmeta_execf("DROP TABLE %s", copy);
	if (osmeta_relation_exists(plan, 'w', entity->entity_id))
		osmeta_execf("DROP %s %s", plan->target_wrapper ? "FOREIGN TABLE" : "VIEW", whole);
	osmeta_exec(statement);
	osmeta_execf("CREATE TABLE %s AS SELECT * FROM %s WITH NO DATA", copy,
				 whole);
	osmeta_execf("ALTER TABLE %s ADD PRIMARY KEY (id)", copy);
}

static void
add_chunk(Run *run, const PlanEntity *entity, int level, const char *lower,
		  const char *upper, int64 rows)
{
	osmeta_execf("INSERT INTO osmeta.plan_chunk (plan_id, entity_id, phase, round, level, lower_id, upper_id, rows_expected)"
				 " VALUES (" INT64_FORMAT ", " INT64_FORMAT ", 'delete', %d, %d, %s, %s, " INT64_FORMAT ")",
				 run->plan_id, entity->entity_id, run->plan->round, level,
				 lower ? quote_literal_cstr(lower) : "NULL",
				 upper ? quote_literal_cstr(upper) : "NULL", rows);
}

/* The same pieces are copied, cleared where needed, and deleted. */
static void
add_piece(Run *run, const PlanEntity *entity, bool has_cleared,
		  const char *lower, const char *upper, int64 rows)
{
	add_chunk(run, entity, LEVEL_COPY, lower, upper, rows);
	if (has_cleared)
		add_chunk(run, entity, LEVEL_CLEAR, lower, upper, rows);
	add_chunk(run, entity, osmeta_max_level(run->plan) - entity->level, lower,
			  upper, rows);
}

/* Cut the table of the target into ranges of identifiers. */
static void
add_pieces(Run *run, const PlanEntity *entity)
{
	MigrationPlan *plan = run->plan;
	int			columns;
	CopyColumn *column = copy_columns(run, entity, &columns);
	bool		has_cleared = false;
	int64		rows;
	int64		lower;
	int64		upper;
	int64		chunks;
	uint64		width;

	for (int i = 0; i < columns; i++)
		has_cleared |= column[i].is_cleared;
	osmeta_execf("SELECT count(t.c%d IS NULL), %s FROM %s t",
				 entity->identifier->attribute_no,
				 entity->is_number ?
				 psprintf("min(t.c%d)::bigint, max(t.c%d)::bigint",
						  entity->identifier->attribute_no,
						  entity->identifier->attribute_no) :
				 "0::bigint, 0::bigint",
				 osmeta_stage_name(plan, 't', entity->entity_id));
	rows = osmeta_int64_at(0, 1, NULL);
	lower = osmeta_int64_at(0, 2, NULL);
	upper = osmeta_int64_at(0, 3, NULL);
	if (rows == 0)
		return;
	if (!entity->is_number)
	{
		add_piece(run, entity, has_cleared, NULL, NULL, rows);
		return;
	}
	chunks = (rows + plan->chunk_rows - 1) / plan->chunk_rows;
	width = ((uint64) upper - (uint64) lower) / chunks + 1;
	for (int64 low = lower;; low += width)
	{
		bool		is_last = (uint64) upper - (uint64) low < width;
		int64		high = is_last ? upper :
		(int64) ((uint64) low + width - 1);

		add_piece(run, entity, has_cleared, psprintf(INT64_FORMAT, low),
				  psprintf(INT64_FORMAT, high),
				  is_last ? rows - (chunks - 1) * (rows / chunks) :
				  rows / chunks);
		if (is_last)
			break;
	}
}

/*
 * Rows of tables that the plan does not empty must not refer to what goes.
 */
static void
check_outside(Run *run)
{
	int			count;
	ForeignKey *keys = osmeta_foreign_keys_load(run->plan, &count);
	Findings	findings = {0};

	initStringInfo(&findings.list);
	for (int i = 0; i < count; i++)
	{
		const ForeignKey *k = &keys[i];
		char	   *ids;

		/* instances of processes stay */
		if (k->child != NULL || k->parent->platform_table != NULL)
			continue;
		ids = psprintf("(SELECT t.c%d AS id FROM %s t)",
					   k->parent->identifier->attribute_no,
					   osmeta_target_sql(run->plan, k->parent, 't', "true"));
		findings.referred +=
			osmeta_findings_add(&findings,
								osmeta_referring_sql(k, ids, "true", "true"));
		osmeta_commit_now_and_then(run, i);
	}
	if (findings.referred == 0)
		return;
	if (findings.referred > findings.listed)
		appendStringInfo(&findings.list, "\nand " INT64_FORMAT " more",
						 findings.referred - findings.listed);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("rows of tables that plan \"%s\" does not write refer to rows that it would delete: " INT64_FORMAT,
					run->name, findings.referred),
			 errdetail("%s", findings.list.data),
			 errhint("%s Take these rows out there and call run_plan again, or make a plan that has their entities in its scope.",
					 osmeta_unwritten(run->plan))));
}

/* After the map work, before the push. */
void
osmeta_prepare_delete(Run *run)
{
	MigrationPlan *plan = run->plan;

	osmeta_foreign_keys_make(run);
	check_outside(run);
	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		/* what the platform has of its own there stays */
		if (!e->is_data || e->platform_table != NULL)
			continue;
		make_copy(run, e);
		add_pieces(run, e);
		osmeta_commit_now_and_then(run, i);
	}
	osmeta_foreign_keys_notice(run, "delete");
}

/*
 * Condition that a row is not as its copy; a cleared reference may be NULL.
 */
static char *
stale_condition(const CopyColumn *column, int columns)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 1; i < columns; i++)
	{
		char	   *there = psprintf("w.%s", column[i].name);

		appendStringInfo(&buf, "%s(%s%s)", i > 1 ? " OR " : "",
						 column[i].is_cleared ?
						 psprintf("%s IS NOT NULL AND ", there) : "",
						 osmeta_differs(column[i].type, there,
										psprintf("b.%s", column[i].name)));
	}
	return buf.len > 0 ? buf.data : "false";
}

/* FROM and WHERE over rows (w) and copies (b) of a piece. */
static char *
piece_sql(Run *run, const Chunk *chunk)
{
	PlanEntity *e = chunk->entity;

	return psprintf("FROM %s w JOIN %s b ON b.id = w.id WHERE %s AND %s",
					osmeta_stage_name(run->plan, 'w', e->entity_id),
					osmeta_stage_name(run->plan, 'b', e->entity_id),
					osmeta_id_range(e, "b.id", chunk->lower, chunk->upper),
					osmeta_bound(e, chunk->lower) == NULL ? "true" :
					osmeta_id_range(e, "w.id", chunk->lower, chunk->upper));
}

static uint64
run_copy(Run *run, const Chunk *chunk)
{
	PlanEntity *e = chunk->entity;

	return osmeta_execf("INSERT INTO %s SELECT w.* FROM %s w WHERE %s",
						osmeta_stage_name(run->plan, 'b', e->entity_id),
						osmeta_stage_name(run->plan, 'w', e->entity_id),
						osmeta_id_range(e, "w.id", chunk->lower,
										chunk->upper));
}

/*
 * Copy anew what was changed since; a row that is not there any more keeps
 * its copy, for it may have been deleted by us.
 */
void
osmeta_refresh_copy(Run *run, const Chunk *chunk)
{
	PlanEntity *e = chunk->entity;
	int			columns;
	CopyColumn *column = copy_columns(run, e, &columns);
	StringInfoData set;

	if (columns < 2)
		return;
	initStringInfo(&set);
	for (int i = 1; i < columns; i++)
		appendStringInfo(&set, column[i].is_cleared ?
						 "%s%s = COALESCE(n.%s, c.%s)" : "%s%s = n.%s",
						 i > 1 ? ", " : "", column[i].name, column[i].name,
						 column[i].name);
	osmeta_execf("UPDATE %s c SET %s FROM (SELECT w.* %s AND (%s)) n WHERE n.id = c.id",
				 osmeta_stage_name(run->plan, 'b', e->entity_id), set.data,
				 piece_sql(run, chunk), stale_condition(column, columns));
}

/* Error unless the rows of a piece are still as they were copied. */
static void
check_copies(Run *run, const Chunk *chunk, const CopyColumn *column,
			 int columns)
{
	PlanEntity *e = chunk->entity;
	Findings	findings = {0};

	initStringInfo(&findings.list);
	if (run->plan->target_wrapper == NULL)
		osmeta_execf("SELECT count(*) FROM (SELECT %s FOR UPDATE OF w) l",
					 piece_sql(run, chunk));
	findings.changed =
		osmeta_findings_add(&findings,
							psprintf("SELECT %s::text, w.id::text, 'changed since it was copied'::text %s AND (%s)",
									 quote_literal_cstr(e->target_table),
									 piece_sql(run, chunk),
									 stale_condition(column, columns)));
	if (findings.changed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("rows of %s were changed after they had been copied: " INT64_FORMAT,
						osmeta_entity_label(e), findings.changed),
				 errdetail("%s", findings.list.data),
				 errhint("Call run_plan again: it copies them anew.")));
}

static uint64
run_clear(Run *run, const Chunk *chunk, const CopyColumn *column, int columns)
{
	PlanEntity *e = chunk->entity;
	OsmetaSinkTable table = whole_table(run, e);
	char	  **cleared = palloc(sizeof(char *) * Max(columns, 1));
	int			count = 0;
	StringInfoData values;
	StringInfoData is_set;

	initStringInfo(&values);
	initStringInfo(&is_set);
	for (int i = 0; i < columns; i++)
	{
		if (!column[i].is_cleared)
			continue;
		appendStringInfo(&values, ", NULL::%s", column[i].type);
		appendStringInfo(&is_set, "%sw.%s IS NOT NULL",
						 count > 0 ? " OR " : "", column[i].name);
		cleared[count++] = column[i].name;
	}
	if (count == 0)
		return 0;
	return run->sink->update(&table, count, cleared,
							 psprintf("SELECT b.id%s %s AND (%s)", values.data,
									  piece_sql(run, chunk), is_set.data),
							 osmeta_bound(e, chunk->lower),
							 osmeta_bound(e, chunk->upper));
}

/* A piece of the phase delete; SPI_processed is the number of rows. */
void
osmeta_run_delete(Run *run, const Chunk *chunk)
{
	int			columns;
	CopyColumn *column = copy_columns(run, chunk->entity, &columns);

	if (chunk->level == LEVEL_COPY)
	{
		SPI_processed = run_copy(run, chunk);
		return;
	}
	check_copies(run, chunk, column, columns);
	if (chunk->level == LEVEL_CLEAR)
		SPI_processed = run_clear(run, chunk, column, columns);
	else
		SPI_processed =
			osmeta_delete_piece(run, chunk,
								osmeta_stage_name(run->plan, 'b',
												  chunk->entity->entity_id),
								"true");
}

/* Pieces that put the copies back, for an undo. */
void
osmeta_add_put_back(Run *run)
{
	MigrationPlan *plan = run->plan;

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];
		char	   *copy = osmeta_stage_name(plan, 'b', e->entity_id);
		bool		has_cleared = false;
		CopyColumn *column;
		int			columns;

		osmeta_commit_now_and_then(run, i);
		if (!e->is_data ||
			!osmeta_relation_exists(plan, 'b', e->entity_id))
			continue;
		osmeta_execf("ANALYZE %s", copy);
		column = copy_columns(run, e, &columns);
		for (int j = 0; j < columns; j++)
			has_cleared |= column[j].is_cleared;
		osmeta_add_id_chunks(run, e, "undo", LEVEL_PUT_BACK + e->level, copy);
		if (has_cleared)
			osmeta_add_id_chunks(run, e, "undo", LEVEL_REFERENCE, copy);
	}
}

/* Set the references again that were cleared. */
static uint64
run_references(Run *run, const Chunk *chunk, const CopyColumn *column,
			   int columns)
{
	PlanEntity *e = chunk->entity;
	OsmetaSinkTable table = whole_table(run, e);
	char	  **cleared = palloc(sizeof(char *) * Max(columns, 1));
	int			count = 0;
	StringInfoData values;
	StringInfoData is_lost;

	initStringInfo(&values);
	initStringInfo(&is_lost);
	for (int i = 0; i < columns; i++)
	{
		if (!column[i].is_cleared)
			continue;
		appendStringInfo(&values, ", COALESCE(w.%s, b.%s)", column[i].name,
						 column[i].name);
		appendStringInfo(&is_lost, "%s(w.%s IS NULL AND b.%s IS NOT NULL)",
						 count > 0 ? " OR " : "", column[i].name,
						 column[i].name);
		cleared[count++] = column[i].name;
	}
	return run->sink->update(&table, count, cleared,
							 psprintf("SELECT b.id%s %s AND (%s)", values.data,
									  piece_sql(run, chunk), is_lost.data),
							 osmeta_bound(e, chunk->lower),
							 osmeta_bound(e, chunk->upper));
}

/*
 * Insert the copies that the target has no row of.  At another server a
 * session that is gone here may be about to delete there still: locking what
 * is there waits for it, if the sink has not done so.  As a rule none is there;
 * then the table is not read while it is written.
 */
static uint64
run_insert(Run *run, const Chunk *chunk, const CopyColumn *column, int columns)
{
	PlanEntity *e = chunk->entity;
	OsmetaSinkTable table = whole_table(run, e);
	char	   *there = osmeta_bound(e, chunk->lower) == NULL ? "true" :
	osmeta_id_range(e, "w.id", chunk->lower, chunk->upper);
	StringInfoData names;
	StringInfoData values;
	Findings	findings = {0};
	char	   *copies;
	bool		is_there;

	initStringInfo(&findings.list);
	initStringInfo(&names);
	initStringInfo(&values);
	for (int i = 0; i < columns; i++)
	{
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", column[i].name);
		/* named, since a sink may look for its columns by name */
		if (column[i].is_cleared)
			appendStringInfo(&values, ", NULL::%s AS %s", column[i].type,
							 column[i].name);
		else
			appendStringInfo(&values, "%sb.%s", i > 0 ? ", " : "",
							 column[i].name);
	}
	if (run->sink->begin_piece == NULL)
		osmeta_execf("SELECT count(*) FROM (SELECT w.id FROM %s w WHERE %s FOR UPDATE) l",
					 table.relation, there);
	findings.changed =
		osmeta_findings_add(&findings,
							psprintf("SELECT %s::text, w.id::text, 'not the row that was deleted'::text %s AND (%s)",
									 quote_literal_cstr(e->target_table),
									 piece_sql(run, chunk),
									 stale_condition(column, columns)));
	if (findings.changed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("identifiers of rows of %s that are to be put back are taken: " INT64_FORMAT,
						osmeta_entity_label(e), findings.changed),
				 errdetail("%s", findings.list.data)));
	copies = psprintf("%s b WHERE %s",
					  osmeta_stage_name(run->plan, 'b', e->entity_id),
					  osmeta_id_range(e, "b.id", chunk->lower, chunk->upper));
	is_there = run->sink->count_present(&table,
										psprintf("SELECT b.id FROM %s", copies),
										osmeta_bound(e, chunk->lower),
										osmeta_bound(e, chunk->upper)) > 0;
	return run->sink->insert(&table, names.data,
							 psprintf("SELECT %s FROM %s%s", values.data, copies,
									  !is_there ? "" :
									  psprintf(" AND NOT EXISTS (SELECT FROM %s w WHERE w.id = b.id AND %s)",
											   table.relation, there)));
}

void
osmeta_run_put_back(Run *run, const Chunk *chunk)
{
	int			columns;
	CopyColumn *column = copy_columns(run, chunk->entity, &columns);

	if (chunk->level == LEVEL_REFERENCE)
		SPI_processed = run_references(run, chunk, column, columns);
	else
		SPI_processed = run_insert(run, chunk, column, columns);
}
