/*-------------------------------------------------------------------------
 *
 * plan_target.c
 *	  What stands in the target's table of an entity, in one scan.
 *
 * Rows of the plan are told from those of others by their identifiers.
 * Where these are numbers that the plan gave (offset, dense) or kept, no
 * join is needed: the session's memory knows which ones the stage has.  For
 * the others the stage's new identifiers are joined.
 *
 * Contents are compared by sums of the rows' hashes (row_hash.c), which do
 * not depend on the order of the rows; they are computed here, so it does not
 * matter what engine the target is.  Nothing but sums is kept, so memory does
 * not grow with the rows.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_verify.h"

#include "utils/builtins.h"

#include "spi.h"

/* A function takes at most a hundred arguments. */
#define HASHED_AT_ONCE 90

char *
osmeta_row_hash_sql(const PlanEntity *entity, const char *alias,
					bool with_deferred, bool with_identifier)
{
	char	   *hash = pstrdup("0");
	StringInfoData values;
	int			count = 0;

	initStringInfo(&values);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if ((a->is_deferred && !with_deferred) ||
			(a == entity->identifier && !with_identifier))
			continue;
		appendStringInfo(&values, ", %s.c%d::%s", alias, a->attribute_no,
						 osmeta_open_type(a->target_type));
		if (++count % HASHED_AT_ONCE == 0)
		{
			hash = psprintf("osmeta.row_hash(%s%s)", hash, values.data);
			resetStringInfo(&values);
		}
	}
	if (values.len > 0)
		hash = psprintf("osmeta.row_hash(%s%s)", hash, values.data);
	return psprintf("(%s)::bigint", hash);
}

char *
osmeta_target_range_sql(const PlanEntity *entity, const PlanBounds *bounds)
{
	int			id = entity->identifier->attribute_no;

	if (bounds->is_empty)
		return pstrdup("false");
	if (bounds->lower == NULL)
		return pstrdup("true");
	return psprintf("t.c%d >= %s AND t.c%d <= %s", id, bounds->lower, id,
					bounds->upper);
}

char *
osmeta_is_delivered_sql(const MigrationPlan *plan, const PlanEntity *entity,
						const PlanBounds *bounds, char **join)
{
	int			id = entity->identifier->attribute_no;
	char	   *old = NULL;

	*join = pstrdup("");
	if (bounds->is_empty)
		return pstrdup("false");
	if (bounds->lower != NULL && !entity->has_map)
	{
		if (entity->strategy == STRATEGY_OFFSET ||
			entity->strategy == STRATEGY_NATURAL)
			old = psprintf("t.c%d::bigint - (" INT64_FORMAT ")", id,
						   entity->offset);
		else if (entity->strategy == STRATEGY_KEEP)
			old = psprintf("t.c%d::bigint", id);
		else if (entity->strategy == STRATEGY_DENSE && plan->round == 1)
			return psprintf("COALESCE(%s, false)",
							osmeta_target_range_sql(entity, bounds));
	}
	/* What is far outside the range might overflow. */
	if (old != NULL)
		return psprintf("CASE WHEN %s THEN osmeta.staged_id(" INT64_FORMAT ", " INT64_FORMAT ", %d, %s) IS NOT NULL ELSE false END",
						osmeta_target_range_sql(entity, bounds),
						plan->plan_id, entity->entity_id, plan->generation,
						old);
	*join = psprintf(" LEFT JOIN (%s) w ON w.id = t.c%d",
					 osmeta_target_id_sql(plan, entity, NULL), id);
	return pstrdup("(w.id IS NOT NULL)");
}

/*
 * Hash of a row t of fN, whose columns no attribute names come last; NULL
 * where fN has no others than tN.
 */
static char *
foreign_hash_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	StringInfoData values;
	char	   *hash = osmeta_row_hash_sql(entity, "t", true, true);
	uint64		rows;

	rows = osmeta_execf("SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = %s::regclass"
						" AND a.attnum > 0 AND NOT a.attisdropped AND a.attname ~ '^x[0-9]+$' ORDER BY a.attnum",
						quote_literal_cstr(osmeta_stage_name(plan, 'f', entity->entity_id)));
	initStringInfo(&values);
	for (uint64 i = 0; i < rows; i++)
	{
		appendStringInfo(&values, ", t.%s", osmeta_text_at(i, 1));
		if (i + 1 == rows || (i + 1) % HASHED_AT_ONCE == 0)
		{
			hash = psprintf("osmeta.row_hash(%s%s)", hash, values.data);
			resetStringInfo(&values);
		}
	}
	return hash;
}

void
osmeta_target_scan(const MigrationPlan *plan, const PlanEntity *entity,
				   const PlanBounds *bounds, const TargetQuestion *question,
				   TargetAnswer *answer)
{
	StringInfoData joins;
	StringInfoData columns;
	StringInfoData results;
	char	   *range = osmeta_target_range_sql(entity, bounds);
	bool		is_fenced = osmeta_target_is_fenced(plan);
	int			nest_level = 0;
	char	   *scanned = question->whole_table ? "true" : range;
	char	   *join = "";
	char	   *delivered = "false";
	char	   *hash = osmeta_row_hash_sql(entity, "t", true, true);
	int			id = entity->identifier->attribute_no;
	int		   *column = palloc0(sizeof(int) * entity->nreferences);
	int			columns_used = 8;
	char		relation = question->all_columns ? 'f' : 't';

	initStringInfo(&joins);
	initStringInfo(&columns);
	initStringInfo(&results);
	if (question->is_delivered)
		delivered = osmeta_is_delivered_sql(plan, entity, bounds, &join);
	if (!question->with_deferred)
		hash = osmeta_row_hash_sql(entity, "t", false, true);
	if (question->all_columns || !question->with_deferred)
		hash = psprintf("CASE WHEN %s THEN %s ELSE %s END", delivered, hash,
						question->all_columns ? foreign_hash_sql(plan, entity) :
						osmeta_row_hash_sql(entity, "t", true, true));
	for (int i = 0; question->with_references && i < entity->nreferences; i++)
	{
		char	   *dangling = osmeta_leads_nowhere_sql(plan,
														&entity->attributes[i],
														&joins);

		if (dangling == NULL)
			continue;
		appendStringInfo(&columns, ", %s AS d%d", dangling, i);
		appendStringInfo(&results, ", count(*) FILTER (WHERE v.is_ours AND v.d%d)",
						 i);
		column[i] = ++columns_used;
	}

	/* such a wrapper may take a million rows for one */
	if (is_fenced)
		nest_level = osmeta_spi_expect_many();
	osmeta_execf("SELECT count(*) FILTER (WHERE v.is_ours),"
				 " COALESCE(sum(v.hash) FILTER (WHERE v.is_ours), 0)::text,"
				 " count(*) FILTER (WHERE NOT v.is_ours AND v.is_inside),"
				 " count(*) FILTER (WHERE NOT v.is_ours AND NOT v.is_new),"
				 " COALESCE(sum(v.hash) FILTER (WHERE NOT v.is_ours AND NOT v.is_new), 0)::text,"
				 " %s, count(*) FILTER (WHERE NOT v.is_ours AND v.is_new),"
				 " COALESCE(sum(v.hash) FILTER (WHERE NOT v.is_ours), 0)::text%s"
				 " FROM (SELECT %s AS is_ours, %s AS hash, COALESCE(%s, false) AS is_inside,"
				 "  COALESCE(%s, false) AS is_new, t.c%d AS id%s"
				 "  FROM %s t%s%s WHERE %s) v",
				 entity->is_number ?
				 "max(v.id) FILTER (WHERE NOT v.is_ours)::text" : "NULL::text",
				 results.data, delivered, hash,
				 bounds->lower == NULL ? "false" : range,
				 question->others_upper == NULL ? "false" :
				 psprintf("t.c%d > %s", id, question->others_upper),
				 id, columns.data,
				 osmeta_target_sql(plan, entity, relation, scanned), join,
				 joins.data, scanned);
	if (is_fenced)
		osmeta_spi_restore(nest_level);
	answer->delivered = osmeta_int64_at(0, 1, NULL);
	answer->checksum = osmeta_text_at(0, 2);
	answer->strange = osmeta_int64_at(0, 3, NULL);
	answer->others = osmeta_int64_at(0, 4, NULL);
	answer->others_checksum = osmeta_text_at(0, 5);
	answer->others_highest = osmeta_text_at(0, 6);
	answer->newcomers = osmeta_int64_at(0, 7, NULL);
	answer->foreign_checksum = osmeta_text_at(0, 8);
	answer->dangling = palloc0(sizeof(int64) * entity->nreferences);
	for (int i = 0; i < entity->nreferences; i++)
	{
		if (column[i] > 0)
			answer->dangling[i] = osmeta_int64_at(0, column[i], NULL);
	}
}
