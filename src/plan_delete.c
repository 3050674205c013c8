/*-------------------------------------------------------------------------
 *
 * plan_delete.c
 *	  Take rows out of the target, a piece at a time.
 *
 * A piece is deleted by its identifiers, which stand in a relation of the
 * plan's schema.  Doing it again does no harm, so a piece of unknown outcome
 * is simply done again.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "utils/builtins.h"

#include "spi.h"

const char *
osmeta_bound(const PlanEntity *entity, const char *bound)
{
	return entity->is_number ? bound : NULL;
}

char *
osmeta_id_range(const PlanEntity *entity, const char *value,
				const char *lower, const char *upper)
{
	if (lower == NULL || upper == NULL)
		return pstrdup("true");
	return psprintf("%s >= %s AND %s <= %s", value,
					entity->is_number ? lower : quote_literal_cstr(lower),
					value,
					entity->is_number ? upper : quote_literal_cstr(upper));
}

/*
 * Texts are compared by their bytes, whatever their collation takes for
 * equal; types that may have no operator, as texts.
 */
char *
osmeta_differs(const char *type, const char *a, const char *b)
{
	static const char *const plain[] = {
		"smallint", "integer", "bigint", "numeric", "boolean", "timestamp",
		"date", "time", "bytea", "uuid", "real", "double", "interval"
	};

	for (int i = 0; i < (int) lengthof(plain); i++)
	{
		if (strncmp(type, plain[i], strlen(plain[i])) == 0)
			return psprintf("%s IS DISTINCT FROM %s", a, b);
	}
	return psprintf("%s::text COLLATE \"C\" IS DISTINCT FROM %s::text COLLATE \"C\"",
					a, b);
}

int
osmeta_max_level(const MigrationPlan *plan)
{
	int			level = 0;

	for (int i = 0; i < plan->nentities; i++)
	{
		if (plan->entities[i].is_data)
			level = Max(level, plan->entities[i].level);
	}
	return level;
}

bool
osmeta_relation_exists(const MigrationPlan *plan, char kind, int64 entity_id)
{
	osmeta_execf("SELECT to_regclass(%s) IS NOT NULL",
				 quote_literal_cstr(osmeta_stage_name(plan, kind, entity_id)));
	return osmeta_bool_at(0, 1);
}

void
osmeta_add_id_chunks(const Run *run, const PlanEntity *entity,
					 const char *phase, int level, const char *relation)
{
	osmeta_execf("INSERT INTO osmeta.plan_chunk (plan_id, entity_id, phase, round, level, lower_id, upper_id, rows_expected)"
				 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", %s, %d, %d, min(n.id)::text, max(n.id)::text, count(*)"
				 " FROM (SELECT u.id, (row_number() OVER (ORDER BY u.id) - 1) / " INT64_FORMAT " AS piece"
				 "  FROM %s u) n GROUP BY n.piece ORDER BY n.piece",
				 run->plan_id, entity->entity_id, quote_literal_cstr(phase),
				 run->plan->round, level, run->plan->chunk_rows, relation);
}

/*
 * Where a key cascades: nobody in this database can refer to a row that is
 * locked; at another server the transaction sees one state of it, and a row
 * that has come since makes the delete fail there.
 */
static void
lock_piece(Run *run, const PlanEntity *entity, const OsmetaSinkTable *table,
		   const char *ids, const char *condition)
{
	int			count;
	ForeignKey *keys = osmeta_foreign_keys_load(run->plan, &count);
	bool		cascades = false;

	for (int i = 0; i < count; i++)
		cascades |= keys[i].parent == entity && keys[i].is_cascade;
	if (cascades && table->is_local)
		osmeta_execf("SELECT count(*) FROM (SELECT FROM %s t JOIN %s u ON u.id = t.%s WHERE %s FOR UPDATE OF t) l",
					 table->relation, ids, table->id_column, condition);
}

uint64
osmeta_delete_piece(Run *run, const Chunk *chunk, const char *ids,
					const char *condition)
{
	PlanEntity *e = chunk->entity;
	OsmetaSinkTable table = osmeta_run_sink_table(run, e);
	const char *lower = osmeta_bound(e, chunk->lower);
	const char *upper = osmeta_bound(e, chunk->upper);
	char	   *part = psprintf("%s AND %s", condition,
								osmeta_id_range(e, "u.id", chunk->lower,
												chunk->upper));
	char	   *query = psprintf("SELECT u.id FROM %s u WHERE %s", ids, part);
	uint64		rows;
	int64		left;

	lock_piece(run, e, &table, ids, part);
	osmeta_check_cascade(run, e, ids, condition, chunk);
	rows = run->sink->remove(&table, query, lower, upper);
	left = run->sink->count_present(&table, query, lower, upper);
	if (left > 0)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
				 errmsg("the target kept " INT64_FORMAT " rows of %s that were deleted",
						left, osmeta_entity_label(e)),
				 errdetail("A trigger, a rule or a policy there has left them out. The piece is rolled back.")));
	return rows;
}
