/*-------------------------------------------------------------------------
 *
 * plan_check.c
 *	  What stops a run of a plan.
 *
 * Some of it can be known before the first row is pulled; what rows refer to,
 * and which identifiers they get, only when they stand in the stage.  Nothing
 * has been written to the target when one of these raises its error.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "utils/builtins.h"

#include "plan_identifier.h"
#include "spi.h"

/* Rows that an error lists by name, in a line and in lines of their own. */
#define LISTED 10
#define LISTED_LINES 20

/* No run while plan_problem has an error. */
void
osmeta_check_problems(const Run *run)
{
	const char *args[2];
	uint64		rows;
	StringInfoData list;

	args[0] = run->name;
	args[1] = run->is_pull ? "true" : "false";
	rows = osmeta_query_text("SELECT p.code, p.object, p.message FROM osmeta.plan_problem p"
							 " WHERE p.plan = $1 AND p.severity = 'error'"
							 "  AND NOT ($2::boolean AND osmeta.concerns_writing(p.code, p.message))",
							 2, args);
	if (rows == 0)
		return;
	initStringInfo(&list);
	for (uint64 i = 0; i < rows && i < LISTED; i++)
		appendStringInfo(&list, "%s%s: %s: %s", i > 0 ? "\n" : "",
						 osmeta_text_at(i, 1), osmeta_text_at(i, 2),
						 osmeta_text_at(i, 3));
	if (rows > LISTED)
		appendStringInfo(&list, "\nand " UINT64_FORMAT " more",
						 rows - LISTED);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("plan \"%s\" has problems that stop it: " UINT64_FORMAT,
					run->name, rows),
			 errdetail("%s", list.data),
			 errhint("SELECT * FROM osmeta.plan_problem WHERE plan = %s tells what to do.",
					 quote_literal_cstr(run->name))));
}

/* List values of the first column of the last query, for a message. */
char *
osmeta_list_values(uint64 rows)
{
	StringInfoData list;

	initStringInfo(&list);
	for (uint64 i = 0; i < rows && i < LISTED; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "",
						 osmeta_text_at(i, 1));
	if (rows > LISTED)
		appendStringInfoString(&list, ", ...");
	return list.data;
}

/*
 * Condition that an identifier of the source is one of a user or group whom a
 * script is going to create.
 */
static char *
intended_condition(const Run *run, const PlanEntity *entity, const char *id)
{
	if (!run->is_pull || !entity->is_created)
		return "false";
	return psprintf("EXISTS (SELECT FROM osmeta.plan_created c WHERE c.plan_id = " INT64_FORMAT
					" AND c.table_name = %s AND c.source_id = %s)",
					run->plan_id, quote_literal_cstr(entity->strategy_name),
					id);
}

/*
 * Rows that are delivered refer to rows that are not moved and have no
 * partner, or none that is certain; unless the user has said that this is no
 * error.
 */
void
osmeta_check_matches(const Run *run, const PlanEntity *entity,
					 const PlanAttribute *attribute)
{
	StringInfoData used;
	uint64		rows;

	initStringInfo(&used);
	for (const char *relation = osmeta_round_relations(run->plan, entity);
		 *relation != '\0'; relation++)
		appendStringInfo(&used, "%sSELECT (%s)::text FROM %s s WHERE %s",
						 used.len > 0 ? " UNION ALL " : "",
						 osmeta_reference_value(attribute, "s"),
						 osmeta_stage_name(run->plan, *relation,
										   entity->entity_id),
						 osmeta_delivered_sql(run->plan, entity, "s"));
	osmeta_execf("SELECT DISTINCT format('%%s (id %%s%%s)', m.label, m.source_id, '; ' || m.candidates)"
				 " FROM osmeta.plan_map m"
				 " JOIN osmeta.plan p ON p.plan_id = m.plan_id"
				 " WHERE m.plan_id = " INT64_FORMAT " AND m.entity_id = " INT64_FORMAT
				 " AND m.target_id IS NULL AND NOT (%s)"
				 " AND osmeta.plan_severity(p.options, CASE WHEN m.candidates IS NULL"
				 "   THEN osmeta.unmatched_code(%s) ELSE %s END, 'error') = 'error'"
				 " AND m.source_id IN (%s)"
				 " ORDER BY 1",
				 run->plan_id, attribute->refers_to->entity_id,
				 intended_condition(run, attribute->refers_to, "m.source_id"),
				 attribute->refers_to->platform_table != NULL ? "'definition'" :
				 quote_literal_cstr(attribute->refers_to->strategy_name),
				 strncmp(attribute->refers_to->strategy_name, "natural", 7) == 0 ?
				 "'natural_ambiguous'" : "'ambiguous_match'",
				 used.data);
	rows = SPI_processed;
	if (rows > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s.%s refers to rows of %s that have no partner in environment \"%s\"",
						osmeta_entity_label(entity), attribute->name,
						osmeta_entity_label(attribute->refers_to),
						run->plan->target),
				 errdetail("Without partner: %s.", osmeta_list_values(rows)),
				 errhint("%s", osmeta_refusal_hint(run->plan, "Create the partners there, or set option users to a fallback, and call run_plan again."))));
}

/*
 * A query gives the rows whose identifier is a reference and whose parent is
 * not moved; there must be none.
 */
static void
refuse_parentless(const Run *run, const PlanEntity *entity, const char *query)
{
	uint64		rows = osmeta_execf("%s ORDER BY 1", query);

	if (rows > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg(UINT64_FORMAT " rows of %s belong to rows of %s that are not moved",
						rows, osmeta_entity_label(entity),
						osmeta_entity_label(entity->identifier->refers_to)),
				 errdetail("Identifiers at the source: %s.", osmeta_list_values(rows)),
				 errhint("%s", osmeta_refusal_hint(run->plan, psprintf("Give %s a filter that leaves these rows out, and make a new plan.",
																	   osmeta_entity_label(entity))))));
}

void
osmeta_check_parents_moved(const Run *run)
{
	for (int i = 0; i < run->plan->nentities; i++)
	{
		const PlanEntity *e = &run->plan->entities[i];

		if (e->is_data && e->strategy == STRATEGY_PARENT)
			refuse_parentless(run, e,
							  psprintf("SELECT d.source_id FROM osmeta.plan_dangling d WHERE d.plan_id = " INT64_FORMAT
									   " AND d.entity_id = " INT64_FORMAT " AND d.attribute_no = %d",
									   run->plan_id, e->entity_id,
									   e->identifier->attribute_no));
	}
}

/* Rows whose identifier is a reference need a parent with a partner. */
static void
check_parents(const Run *run, const PlanEntity *entity)
{
	const PlanAttribute *id = entity->identifier;

	if (entity->strategy == STRATEGY_PARENT &&
		id->refers_to->strategy == STRATEGY_MAP)
		refuse_parentless(run, entity,
						  psprintf("SELECT DISTINCT p.source_id FROM (%s) p (source_id, target_id)"
								   " WHERE p.target_id IS NULL AND NOT (%s)",
								   osmeta_key_pairs_sql(run->plan, entity),
								   intended_condition(run, id->refers_to, "p.source_id")));
}

/* Does the target give the identifiers, of the rows or of their parents? */
static bool
is_assigned(const PlanEntity *entity)
{
	while (entity->strategy == STRATEGY_PARENT)
		entity = entity->identifier->refers_to;
	return entity->strategy == STRATEGY_ASSIGNED;
}

char *
osmeta_list_lines(uint64 rows, uint64 total)
{
	StringInfoData list;
	uint64		listed = Min(rows, LISTED_LINES);

	initStringInfo(&list);
	for (uint64 i = 0; i < listed; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? "\n" : "",
						 osmeta_text_at(i, 1));
	if (total > listed)
		appendStringInfo(&list, "\nand " UINT64_FORMAT " more",
						 total - listed);
	return list.data;
}

/*
 * Rows of a query (text, how many there are), for a message: each in a line
 * behind what is said first.
 */
static char *
list_rows(const char *first, const char *query)
{
	uint64		rows = osmeta_execf("%s LIMIT %d", query, LISTED_LINES);

	if (rows == 0)
		return pstrdup(first);
	return psprintf("%s\n%s", first,
					osmeta_list_lines(rows, osmeta_int64_at(0, 2, NULL)));
}

/* Rows of this round whose identifiers the target has. */
static char *
list_taken(const Run *run, const PlanEntity *entity, const char *lower,
		   const char *upper)
{
	const MigrationPlan *plan = run->plan;
	int			id = entity->identifier->attribute_no;
	char	   *type = entity->is_number ? "bigint" : "text";
	char	   *range = lower == NULL ? "true" :
	psprintf("t.c%d >= %s AND t.c%d <= %s", id, lower, id, upper);

	return list_rows(psprintf("The plan would put rows there with identifiers from %s to %s.",
							  lower ? lower : "a text", upper ? upper : "a text"),
					 psprintf("SELECT format('row %%s of the source: identifier %%s', d.source_id, d.c%d), count(*) OVER ()"
							  " FROM (%s) d JOIN (SELECT DISTINCT t.c%d::%s AS id FROM %s t WHERE %s) t ON t.id = d.c%d::%s"
							  " ORDER BY d.source_id",
							  id, osmeta_delivery_sql(plan, entity, DELIVERY_CHECKED, false,
													  psprintf("s.round = %d", plan->round)),
							  id, type,
							  osmeta_target_sql(plan, entity, 't', range),
							  range, id, type));
}

/* Rows of this round that would get the same identifier. */
static char *
list_shared(const Run *run, const PlanEntity *entity)
{
	const MigrationPlan *plan = run->plan;
	int			id = entity->identifier->attribute_no;

	return list_rows("Rows of the source that would share one:",
					 psprintf("SELECT format('identifier %%s: rows %%s', d.c%d, string_agg(d.source_id::text, ', ' ORDER BY d.source_id)), count(*) OVER ()"
							  " FROM (%s) d GROUP BY d.c%d HAVING count(*) > 1 ORDER BY min(d.source_id)",
							  id, osmeta_delivery_sql(plan, entity, DELIVERY_CHECKED, false,
													  psprintf("s.round = %d", plan->round)), id));
}

/*
 * What is left to the target's own rows, if the highest identifier of the
 * round is upper: error if the counter could give no further one, NOTICE if
 * fewer than the headroom.
 */
static void
check_counter(const Run *run, const PlanEntity *entity, const char *upper)
{
	const MigrationPlan *plan = run->plan;
	int64		left;

	if (entity->strategy == STRATEGY_PARENT || entity->counter == NULL)
		return;
	if (osmeta_execf("SELECT (l.value - greatest(%s, e.counter_value))::bigint,"
					 "  %s = l.value AND osmeta.plan_severity(p.options, 'counter_exhausted', 'error') = 'error', l.value"
					 " FROM osmeta.plan_entity e JOIN osmeta.plan p ON p.plan_id = e.plan_id"
					 " CROSS JOIN LATERAL (VALUES (osmeta.counter_limit(%s, %s))) l (value)"
					 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT
					 "  AND COALESCE(e.counter_value, 0) < l.value AND %s <= l.value"
					 "  AND (%s = l.value OR %s::numeric + " INT64_FORMAT " > l.value)",
					 upper, upper,
					 plan->target_wrapper == NULL ?
					 quote_literal_cstr(entity->counter) : "NULL",
					 quote_literal_cstr(entity->identifier->target_type),
					 plan->plan_id, entity->entity_id, upper, upper, upper,
					 plan->headroom) == 0)
		return;
	left = osmeta_int64_at(0, 1, NULL);
	if (osmeta_bool_at(0, 2))
		ereport(ERROR,
				(errcode(ERRCODE_SEQUENCE_GENERATOR_LIMIT_EXCEEDED),
				 errmsg("rows of %s would get identifiers up to %s, the last one that the identity counter in environment \"%s\" can give",
						osmeta_entity_label(entity), upper, plan->target),
				 errdetail("No row could be inserted there any more without an identifier of its own."),
				 errhint("%s", osmeta_refusal_hint(plan, "Make a new plan with a lower id_offset, another key_strategy, or a lower severity of counter_exhausted."))));
	ereport(NOTICE,
			(errmsg("plan \"%s\": identifiers that are left to the identity counter of %s in environment \"%s\": " INT64_FORMAT,
					plan->name, osmeta_entity_label(entity), plan->target,
					left),
			 errdetail("The plan's go up to %s, the counter ends at %s.",
					   upper, osmeta_text_at(0, 3))));
}

/* The new identifiers of this round; of a number none is too large for bigint. */
static char *
wide_ids_sql(const Run *run, const PlanEntity *entity)
{
	PlanEntity	wide = *entity;
	PlanAttribute id = *entity->identifier;

	if (entity->is_number && entity->strategy != STRATEGY_PARENT)
	{
		id.target_type = pstrdup("bigint");
		wide.identifier = &id;
	}
	return osmeta_target_id_sql(run->plan, &wide,
								psprintf("s.round = %d", run->plan->round));
}

/* What the type holds, and what the platform has of its own rows. */
static void
check_highest(const Run *run, const PlanEntity *entity, const char *upper)
{
	const char *limit;

	osmeta_execf("SELECT l.value::text, %s > l.value FROM (VALUES (least(osmeta.counter_limit(NULL, %s)%s))) l (value)",
				 upper, quote_literal_cstr(entity->identifier->target_type),
				 entity->platform_table != NULL ?
				 psprintf(", %d", PG_INT32_MAX) : "");
	limit = osmeta_text_at(0, 1);
	if (osmeta_bool_at(0, 2))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("rows of %s would get identifiers up to %s",
						osmeta_entity_label(entity), upper),
				 entity->platform_table != NULL ?
				 errdetail("Those of the platform's processes and activities end at %s.",
						   limit) :
				 errdetail("Their type, %s, ends at %s.",
						   entity->identifier->target_type, limit),
				 errhint("%s", osmeta_refusal_hint(run->plan, entity->strategy == STRATEGY_DENSE ?
												   "Make a new plan, with a lower id_offset for this entity." :
												   "Make a new plan, with key_strategy = 'dense' for this entity."))));
}

/* The target will give those behind its own. */
static void
check_assigned(const Run *run, const PlanEntity *entity)
{
	const MigrationPlan *plan = run->plan;

	if (osmeta_execf("SELECT greatest(h.upper, e.counter_value, 0) + s.rows FROM osmeta.plan_entity e"
					 " CROSS JOIN (SELECT max(t.c%d)::numeric AS upper FROM %s t) h"
					 " CROSS JOIN (SELECT count(*) AS rows FROM %s s WHERE s.round = %d) s"
					 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT " AND s.rows > 0",
					 entity->identifier->attribute_no,
					 osmeta_stage_name(plan, 't', entity->entity_id),
					 osmeta_stage_name(plan, 'e', entity->entity_id),
					 plan->round, plan->plan_id, entity->entity_id) > 0)
		check_highest(run, entity, osmeta_text_at(0, 1));
}

/*
 * Every row must get an identifier, each another one, and none that is taken
 * at the target.
 */
void
osmeta_check_identifiers(const Run *run, const PlanEntity *entity)
{
	OsmetaSinkTable table = osmeta_run_sink_table(run, entity);
	char	   *ids = osmeta_target_id_sql(run->plan, entity,
										   psprintf("s.round = %d", run->plan->round));
	char	   *lower = NULL;
	char	   *upper = NULL;
	int64		staged;
	int64		distinct;

	check_parents(run, entity);
	if (is_assigned(entity))
	{
		if (entity->platform_table != NULL && entity->is_number)
			check_assigned(run, entity);
		return;
	}

	/* Only rows that share a parent at the target can share an identifier. */
	osmeta_execf("SELECT %s, %s, min(v.id)::text, max(v.id)::text FROM (%s) v",
	/* whose parent a script creates has none yet */
				 run->is_pull ? "count(v.id)" : "count(*)",
				 entity->strategy == STRATEGY_PARENT ? "count(DISTINCT v.id)" :
				 run->is_pull ? "count(v.id)" : "count(*)",
				 wide_ids_sql(run, entity));
	staged = osmeta_int64_at(0, 1, NULL);
	distinct = osmeta_int64_at(0, 2, NULL);
	if (staged == 0)
		return;
	if (distinct < staged)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg(INT64_FORMAT " rows of %s would get only " INT64_FORMAT " identifiers",
						staged, osmeta_entity_label(entity), distinct),
				 errdetail("%s", list_shared(run, entity)),
				 errhint("%s", osmeta_refusal_hint(run->plan, "Rows that belong to one user at the target must be filtered at the source."))));
	if (entity->is_number)
	{
		lower = osmeta_text_at(0, 3);
		upper = osmeta_text_at(0, 4);
	}
	/* kept ones are listed with all that does not fit (plan_fit.c) */
	if (upper != NULL && entity->strategy != STRATEGY_PARENT &&
		(entity->strategy != STRATEGY_KEEP || entity->platform_table != NULL))
		check_highest(run, entity, upper);
	if (upper != NULL)
		check_counter(run, entity, upper);
	/* What the target has goes before the push. */
	if (run->plan->delete_existing && run->plan->round == 1 &&
		entity->platform_table == NULL)
		return;
	if (run->sink->count_present(&table, ids, lower, upper) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("identifiers for %s are taken in environment \"%s\"",
						osmeta_entity_label(entity), run->plan->target),
				 errdetail("%s", list_taken(run, entity, lower, upper)),
				 run->plan->round > 1 ?
				 errhint("%s Somebody there, or another plan, has used identifiers behind the plan's: have these rows moved there and call run_plan again; or CALL osmeta.abandon_round(%s), and take another plan for the new ones.",
						 osmeta_unwritten(run->plan), quote_literal_cstr(run->name)) :
				 entity->strategy == STRATEGY_OFFSET ?
				 errhint("%s Drop the plan and make a new one, which chooses a free range.", osmeta_unwritten(run->plan)) :
				 errhint("%s Drop the plan and make a new one with a filter that leaves out the rows that are there already.", osmeta_unwritten(run->plan))));
}
