/*-------------------------------------------------------------------------
 *
 * plan_pull.c
 *	  A piece of the pull: rows of the source come into the stage.
 *
 * Pieces of level 0 are ranges of the source (plan_cut.c).  Those above are
 * rows that references of the stage lead to: the identifiers stand in tables
 * nN of the plan's schema (plan_follow.c), a piece is a range of these.  A
 * source elsewhere gets them as lists of literals; where a good part of the
 * range is needed it is cheaper to read all of it and to choose here.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "spi.h"

/* One row in so many is needed: the range is read whole. */
#define WHOLE 3

/* Insert what a query gives, leaving out rows that the stage has. */
static uint64
pull_new(const Run *run, const PlanEntity *entity, const char *scan,
		 const char *local)
{
	return osmeta_execf("%s ON CONFLICT (c%d) DO NOTHING",
						osmeta_pull_sql(run->plan, entity, scan, local),
						entity->identifier->attribute_no);
}

/* What a row of the source is compared by with that of the stage. */
static char *
compared_columns(const PlanEntity *entity, const char *alias)
{
	PlanEntity	compared = *entity;

	compared.attributes = palloc(sizeof(PlanAttribute) * entity->nattributes);
	compared.nattributes = 0;
	for (int i = 0; i < entity->nattributes; i++)
	{
		/* in the stage it is ours */
		if (!entity->attributes[i].is_root)
			compared.attributes[compared.nattributes++] = entity->attributes[i];
	}
	return osmeta_stage_columns(&compared, alias);
}

/*
 * Later rounds that also look for changes read each row once: new ones go
 * into the stage, those that differ from the stage into uN.
 */
static uint64
pull_changed(const Run *run, const PlanEntity *entity, const char *scan,
			 const char *local)
{
	char	   *columns = osmeta_stage_columns(entity, NULL);
	char	   *stage = osmeta_stage_name(run->plan, 'e', entity->entity_id);
	int			id = entity->identifier->attribute_no;

	osmeta_execf("WITH p (%s, round) AS MATERIALIZED ("
				 "  SELECT %s, q.round FROM (%s) q (%s, round)),"
				 " a AS (INSERT INTO %s (%s, round) SELECT * FROM p"
				 "  WHERE NOT EXISTS (SELECT FROM %s s WHERE s.c%d = p.c%d)"
				 "  ON CONFLICT (c%d) DO NOTHING RETURNING 1),"
				 " b AS (INSERT INTO %s (%s, round) SELECT p.* FROM p JOIN %s s ON s.c%d = p.c%d"
				 "  WHERE s.round < p.round AND %s AND ROW(%s) IS DISTINCT FROM ROW(%s)"
				 "  ON CONFLICT (c%d) DO NOTHING RETURNING 1)"
				 " SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b)",
				 columns, osmeta_stage_values(entity, "q"),
				 osmeta_pull_query_sql(run->plan, entity, scan, local),
				 columns, stage, columns, stage, id, id, id,
				 osmeta_stage_name(run->plan, 'u', entity->entity_id),
				 columns, stage, id, id,
				 osmeta_delivered_sql(run->plan, entity, "s"),
				 compared_columns(entity, "p"), compared_columns(entity, "s"),
				 id);
	return (uint64) osmeta_int64_at(0, 1, NULL);
}

/* A range of the source. */
static uint64
pull_range(const Run *run, const Chunk *chunk)
{
	const PlanEntity *e = chunk->entity;
	char	   *scan = osmeta_stage_range(e, "s", chunk->lower, chunk->upper);
	char	   *local = NULL;

	if (run->plan->round == 1)
		return osmeta_stage_rows(run->plan, e,
								 osmeta_pull_query_sql(run->plan, e, scan,
													   NULL));
	osmeta_delta_conditions(run->plan, e, &scan, &local);
	if (strcmp(run->plan->updates, "false") == 0)
		return pull_new(run, e, scan, local);
	if (e->filter != NULL)
	{
		PlanEntity	wider = *e;

		wider.filter = osmeta_filter_or_ancestors(run->plan, e);
		return pull_changed(run, &wider, scan, local);
	}
	return pull_changed(run, e, scan, local);
}

/*
 * Rows that are needed, of those that scan leaves.  A filter holds for them
 * too, but for the ancestors of a tree; with option follow it is noted which
 * are there, since a row that cannot be without one left out is left out.
 */
static uint64
pull_needed_part(const Run *run, const PlanEntity *entity, const char *scan,
				 const char *wanted)
{
	char	   *needs = osmeta_stage_name(run->plan, 'n', entity->entity_id);
	int			id = entity->identifier->attribute_no;
	char	   *local = psprintf("EXISTS (SELECT FROM %s n WHERE n.id = s.c%d AND %s)",
								 needs, id, wanted);
	uint64		rows = pull_new(run, entity, scan, local);

	if (run->plan->follow && entity->filter != NULL)
	{
		PlanEntity	unfiltered = *entity;

		unfiltered.filter = NULL;
		rows += pull_new(run, &unfiltered, scan,
						 psprintf("EXISTS (SELECT FROM %s n WHERE n.id = s.c%d AND %s AND n.is_forced)",
								  needs, id, wanted));
		osmeta_execf("UPDATE %s n SET is_found = true FROM (SELECT s.c%d AS id FROM %s) f"
					 " WHERE f.id = n.id AND NOT n.is_found",
					 needs, id,
					 osmeta_source_sql(run->plan, entity, scan, local));
	}
	return rows;
}

/* Is it cheaper to read all rows of a range than to ask for each? */
static bool
reads_whole(const Run *run, const PlanEntity *entity, const char *lower,
			const char *upper, int64 wanted)
{
	double		rows = (double) entity->rows_expected;

	if (!entity->is_number)
		return strcmp(run->plan->source_wrapper, "postgres_fdw") != 0 ||
			(double) wanted * WHOLE >= rows;
	if (entity->has_upper && entity->upper_id > entity->lower_id)
	{
		double		first = (double) strtoll(lower, NULL, 10);
		double		last = (double) strtoll(upper, NULL, 10);

		rows *= (last - first + 1) /
			((double) entity->upper_id - (double) entity->lower_id + 1);
	}
	return (double) wanted * WHOLE >= rows;
}

uint64
osmeta_take_needed(const Run *run, const PlanEntity *entity,
				   const char *lower, const char *upper, int64 rows,
				   const char *wanted,
				   uint64 (*take) (const Run *run, const PlanEntity *entity,
								   const char *scan, const char *wanted))
{
	uint64		taken = 0;
	char	   *after = NULL;
	char	   *id = psprintf("s.c%d", entity->identifier->attribute_no);
	bool		is_sent_lists;

	if (run->plan->source_wrapper == NULL)
		return take(run, entity, "true", wanted);
	is_sent_lists = strcmp(run->plan->source_wrapper, "postgres_fdw") == 0;
	if (reads_whole(run, entity, lower, upper, rows))
		return take(run, entity, entity->is_number ?
					osmeta_stage_range(entity, "s", lower, upper) : "true",
					wanted);
	for (;;)
	{
		StringInfoData list;
		uint64		listed;

		listed = osmeta_execf("SELECT n.id::text FROM %s n WHERE %s%s ORDER BY n.id LIMIT %d",
							  osmeta_stage_name(run->plan, 'n', entity->entity_id),
							  wanted,
							  after ? psprintf(" AND n.id > %s", quote_literal_cstr(after)) : "",
							  NEED_BATCH);
		if (listed == 0)
			break;
		initStringInfo(&list);
		for (uint64 i = 0; i < listed; i++)
		{
			after = osmeta_text_at(i, 1);
			appendStringInfo(&list, "%s%s", i > 0 ? ", " : "",
							 entity->is_number ? after : quote_literal_cstr(after));
		}
		taken += take(run, entity,
					  is_sent_lists || !entity->is_number ?
					  psprintf("%s IN (%s)", id, list.data) :
					  osmeta_any_of_sql(id, list.data),
					  wanted);
		pfree(list.data);
		CHECK_FOR_INTERRUPTS();
	}
	return taken;
}

/* A range of the identifiers that are needed. */
static uint64
pull_needed(const Run *run, const Chunk *chunk)
{
	return osmeta_take_needed(run, chunk->entity, chunk->lower, chunk->upper,
							  chunk->rows_expected,
							  psprintf("n.step = %d AND n.id >= %s AND n.id <= %s",
									   chunk->level,
									   quote_literal_cstr(chunk->lower),
									   quote_literal_cstr(chunk->upper)),
							  pull_needed_part);
}

uint64
osmeta_pull_chunk(const Run *run, const Chunk *chunk)
{
	return chunk->level == 0 ? pull_range(run, chunk) :
		pull_needed(run, chunk);
}
