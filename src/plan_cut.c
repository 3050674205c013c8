/*-------------------------------------------------------------------------
 *
 * plan_cut.c
 *	  The pieces in which a source is read.
 *
 * The source gets no conditions but literal bounds of identifiers, so a piece
 * is a range of them.  Where identifiers are dense, ranges of equal width do:
 * a piece has at most DENSE times chunk_rows rows, and the source has to tell
 * no more than number, lowest and highest.  Elsewhere a range of equal width
 * may hold nothing or nearly all, so the identifiers are read once and cut by
 * number.  Ranges leave no gaps between them: what comes meanwhile is pulled
 * too, up to the highest identifier that was fixed.
 *
 * In a later round only what may be new or changed is cut (plan_delta.c).
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "utils/builtins.h"

#include "environment.h"
#include "sink.h"
#include "spi.h"

/*
 * A wrapper that opens connections for each query makes small pieces dear: of
 * a large table they are wider, up to so many times chunk_rows, but never
 * fewer than sessions could share.  An extension that reads in its place keeps
 * connections, and has no need of that.
 */
#define WIDEST 10
#define FEWEST 4

/* Identifiers for each row up to which ranges of equal width are cut. */
#define DENSE 4

typedef struct Bounds
{
	int64		rows;
	int64		lower;
	int64		upper;
	char	   *sum;			/* of the identifiers, NULL: no rows */
} Bounds;

/* Rows of a piece, of a source that has so many. */
static int64
piece_rows(const Run *run, int64 rows)
{
	const MigrationPlan *plan = run->plan;

	if (osmeta_environment_open(plan->source)->has_snapshot ||
		osmeta_sink_load(plan->source_wrapper))
		return plan->chunk_rows;
	return Max(plan->chunk_rows,
			   Min((rows + FEWEST - 1) / FEWEST, plan->chunk_rows * WIDEST));
}

static void
add_pull_chunk(const Run *run, const PlanEntity *entity, const char *lower,
			   const char *upper, int64 rows)
{
	osmeta_execf("INSERT INTO osmeta.plan_chunk (plan_id, entity_id, phase, round, level, lower_id, upper_id, rows_expected)"
				 " VALUES (" INT64_FORMAT ", " INT64_FORMAT ", 'pull', %d, 0, %s, %s, %s)",
				 run->plan_id, entity->entity_id, run->plan->round,
				 lower ? quote_literal_cstr(lower) : "NULL",
				 upper ? quote_literal_cstr(upper) : "NULL",
				 rows < 0 ? "NULL" : psprintf(INT64_FORMAT, rows));
}

/* Ranges of equal width. */
static void
cut_by_width(const Run *run, const PlanEntity *entity, const Bounds *bounds)
{
	int64		chunk_rows = piece_rows(run, bounds->rows);
	int64		chunks = (bounds->rows + chunk_rows - 1) / chunk_rows;
	uint64		span = (uint64) bounds->upper - (uint64) bounds->lower;
	uint64		width = span / chunks;
	int64		rows_left = bounds->rows;
	int64		low = bounds->lower;

	if (width < PG_UINT64_MAX)
		width++;
	for (;;)
	{
		uint64		left = (uint64) bounds->upper - (uint64) low;
		bool		is_last = left < width;
		int64		high = is_last ? bounds->upper :
		(int64) ((uint64) low + width - 1);
		int64		rows = is_last ? rows_left :
		Min(bounds->rows / chunks, rows_left);

		add_pull_chunk(run, entity, psprintf(INT64_FORMAT, low),
					   psprintf(INT64_FORMAT, high), rows);
		if (is_last)
			break;
		rows_left -= rows;
		low = high + 1;
	}
}

/* Ranges of equally many rows. */
static void
cut_by_number(const Run *run, const PlanEntity *entity, const char *ids,
			  const Bounds *bounds)
{
	osmeta_execf("INSERT INTO osmeta.plan_chunk (plan_id, entity_id, phase, round, level, lower_id, upper_id, rows_expected)"
				 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", 'pull', %d, 0, p.lower::text,"
				 "  COALESCE(lead(p.lower) OVER (ORDER BY p.lower) - 1, p.upper)::text, p.rows"
				 " FROM (SELECT min(n.id)::bigint AS lower, max(n.id)::bigint AS upper, count(*) AS rows"
				 "  FROM (SELECT v.id, (row_number() OVER (ORDER BY v.id) - 1) / " INT64_FORMAT " AS piece"
				 "   FROM (%s OFFSET 0) v) n GROUP BY n.piece) p ORDER BY p.lower",
				 run->plan_id, entity->entity_id, run->plan->round,
				 piece_rows(run, bounds->rows), ids);
}

static void
cut(const Run *run, const PlanEntity *entity, const char *ids,
	const Bounds *bounds)
{
	if (bounds->rows == 0)
		return;
	if (bounds->rows <= run->plan->chunk_rows ||
		((uint64) bounds->upper - (uint64) bounds->lower) / DENSE <
		(uint64) bounds->rows)
		cut_by_width(run, entity, bounds);
	else
		cut_by_number(run, entity, ids, bounds);
}

/* Identifiers at the source that meet the conditions. */
static char *
ids_sql(const Run *run, const PlanEntity *entity, const char *scan,
		const char *local)
{
	return psprintf("SELECT s.c%d AS id FROM %s",
					entity->identifier->attribute_no,
					osmeta_source_sql(run->plan, entity, scan, local));
}

static void
read_bounds(const char *ids, Bounds *bounds)
{
	osmeta_execf("SELECT count(*), min(v.id)::bigint, max(v.id)::bigint,"
				 " trim_scale(sum(v.id::numeric))::text FROM (%s) v",
				 ids);
	bounds->rows = osmeta_int64_at(0, 1, NULL);
	bounds->lower = osmeta_int64_at(0, 2, NULL);
	bounds->upper = osmeta_int64_at(0, 3, NULL);
	bounds->sum = osmeta_text_at(0, 4);
}

/*
 * What the source has now, for plan_problem and for the next round.  Where
 * the new identifiers of strategy dense begin is fixed by the lowest one that
 * was known when the plan was made.
 */
static void
record_bounds(const Run *run, const PlanEntity *entity, const Bounds *all)
{
	char	   *lower = all->rows == 0 ? "NULL" :
	psprintf("'" INT64_FORMAT "'", all->lower);
	char	   *upper = all->rows == 0 ? "NULL" :
	psprintf("'" INT64_FORMAT "'", all->upper);

	osmeta_execf("UPDATE osmeta.plan_entity e SET source_rows = " INT64_FORMAT ", source_upper_id = %s,"
				 " source_sum = %s, %s"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT,
				 all->rows, upper, all->sum ? all->sum : "0",
				 run->plan->round == 1 ?
				 psprintf("rows_expected = " INT64_FORMAT ", lower_id = %s, upper_id = %s",
						  all->rows,
						  entity->strategy == STRATEGY_DENSE ||
						  osmeta_is_reserved(entity) ? "lower_id" : lower,
						  osmeta_is_reserved(entity) ?
						  psprintf("greatest(e.upper_id, %s)", upper) : upper) :
				 psprintf("upper_id = greatest(e.upper_id, %s)", upper),
				 run->plan_id, entity->entity_id);
}

/* First round: all rows, but for those that come by need. */
static void
cut_first(const Run *run, const PlanEntity *entity)
{
	char	   *ids;
	Bounds		bounds;

	if (!entity->is_number)
	{
		if (entity->pull_rule != PULL_NEEDED)
			add_pull_chunk(run, entity, NULL, NULL, -1);
		return;
	}
	ids = ids_sql(run, entity, "true", NULL);
	read_bounds(ids, &bounds);
	record_bounds(run, entity, &bounds);
	if (entity->pull_rule != PULL_NEEDED)
		cut(run, entity, ids, &bounds);
}

/* Do new rows of the entity get identifiers beyond all former ones? */
static bool
ids_grow(const PlanEntity *entity)
{
	return entity->is_number && entity->strategy != STRATEGY_PARENT &&
		entity->has_pulled;
}

/*
 * Have rows been left out, by option follow or as instances of no process?
 * What they cannot be without may come now, so all are read again.
 */
static bool
has_left_out(const MigrationPlan *plan, const PlanEntity *entity)
{
	return (plan->follow || entity->platform_table != NULL) &&
		osmeta_execf("SELECT FROM osmeta.plan_entity e WHERE e.plan_id = " INT64_FORMAT
					 " AND e.entity_id = " INT64_FORMAT " AND e.rows_left_out > 0",
					 plan->plan_id, entity->entity_id) > 0;
}

static void
cut_later(const Run *run, const PlanEntity *entity)
{
	bool		compares = strcmp(run->plan->updates, "false") != 0;
	char	   *scan = "true";
	char	   *local = NULL;
	char	   *ids;
	Bounds		all;
	Bounds		some;

	if (entity->pull_rule == PULL_NEEDED && !compares)
		return;
	osmeta_delta_conditions(run->plan, entity, &scan, &local);
	if (!entity->is_number)
	{
		add_pull_chunk(run, entity, NULL, NULL, -1);
		return;
	}
	read_bounds(ids_sql(run, entity, "true", NULL), &all);
	if (entity->delta_from == NULL && !compares && ids_grow(entity) &&
		!has_left_out(run->plan, entity))
	{
		Bounds		former;

		/*
		 * Rows may have been committed late, with lower identifiers, and
		 * others have gone: are they the same as before?
		 */
		scan = osmeta_stage_range(entity, "s", NULL,
								  psprintf(INT64_FORMAT, entity->pulled_upper_id));
		read_bounds(ids_sql(run, entity, scan, NULL), &former);
		if (former.rows != entity->pulled_rows ||
			strcmp(former.sum ? former.sum : "0", entity->pulled_sum) != 0)
			scan = "true";
		else
			scan = psprintf("s.c%d > " INT64_FORMAT,
							entity->identifier->attribute_no,
							entity->pulled_upper_id);
	}
	ids = ids_sql(run, entity, scan, local);
	read_bounds(ids, &some);
	record_bounds(run, entity, &all);
	cut(run, entity, ids, &some);
}

/* From now on the round reads what has been cut. */
void
osmeta_cut_done(const Run *run)
{
	osmeta_execf("UPDATE osmeta.plan_entity SET pulled_upper_id = source_upper_id, pulled_rows = source_rows, pulled_sum = source_sum"
				 " WHERE plan_id = " INT64_FORMAT " AND source_rows IS NOT NULL",
				 run->plan_id);
}

void
osmeta_cut_source(const Run *run, const PlanEntity *entity)
{
	if (run->plan->round == 1)
		cut_first(run, entity);
	else
		cut_later(run, entity);
}
