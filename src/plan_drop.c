/*-------------------------------------------------------------------------
 *
 * plan_drop.c
 *	  drop_plan, and clear_plan before it where a plan is large.
 *
 * A relation that is dropped is locked until the transaction ends, so a plan
 * with many entities cannot be dropped in one: clear_plan, a procedure, drops
 * its relations some at a time.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "identifier.h"
#include "plan_delete.h"
#include "plan_event.h"
#include "plan_run.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_drop_plan);
PG_FUNCTION_INFO_V1(osmeta_clear_plan);

/* The relations of a plan are found by these. */
typedef struct PlanParts
{
	uint64		count;
	int64	   *id;
	char	  **entity;
	char	  **label;
} PlanParts;

/* Drop one relation of the plan's schema if it stands there. */
static void
drop_relation(const char *plan, const char *schema, const char *relation,
			  bool only_view)
{
	const char *args[2];
	char	   *kind;

	args[0] = plan;
	args[1] = relation;
	if (osmeta_query_text("SELECT CASE c.relkind WHEN 'f' THEN 'FOREIGN TABLE'"
						  " WHEN 'v' THEN 'VIEW' WHEN 'r' THEN 'TABLE' END"
						  " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
						  " WHERE n.nspname = $1 AND c.relname = $2"
						  " AND c.relkind IN ('f', 'v', 'r')", 2, args) == 0)
		return;					/* never made */
	kind = osmeta_text_at(0, 1);
	if (only_view && strcmp(kind, "VIEW") != 0)
		return;
	osmeta_execf("DROP %s %s.%s", kind, schema, quote_identifier(relation));
}

/* The plan itself first: its other rows can only be deleted without it. */
static const char *const plan_tables[] = {
	"plan", "plan_entity", "plan_attribute", "plan_map",
	"plan_reference_use", "plan_dangling", "plan_finding", "plan_created",
	"plan_baseline", "plan_catalogue", "plan_foreign_key", "plan_chunk",
	"plan_event"
};

static void
read_parts(const MigrationPlan *plan, PlanParts *parts)
{
	parts->count = osmeta_execf("SELECT e.entity_id, e.entity, COALESCE(e.espace || '.', '') || e.entity"
								" FROM osmeta.plan_entity e WHERE e.plan_id = " INT64_FORMAT,
								plan->plan_id);
	parts->id = SPI_palloc(sizeof(int64) * Max(parts->count, 1));
	parts->entity = SPI_palloc(sizeof(char *) * Max(parts->count, 1));
	parts->label = SPI_palloc(sizeof(char *) * Max(parts->count, 1));
	for (uint64 i = 0; i < parts->count; i++)
	{
		parts->id[i] = osmeta_int64_at(i, 1, NULL);
		parts->entity[i] = osmeta_text_at(i, 2);
		parts->label[i] = osmeta_text_at(i, 3);
	}
}

/* The views of one entity: they stand on the tables of several. */
static void
drop_views(const MigrationPlan *plan, const PlanParts *parts, uint64 i)
{
	drop_relation(plan->name, plan->schema,
				  osmeta_fit_name(parts->entity[i]), true);
	drop_relation(plan->name, plan->schema,
				  osmeta_fit_name(parts->label[i]), true);
}

static void
drop_tables(const MigrationPlan *plan, const PlanParts *parts, uint64 i)
{
	for (const char *kind = PLAN_RELATIONS; *kind != '\0'; kind++)
		drop_relation(plan->name, plan->schema,
					  psprintf("%c" INT64_FORMAT, *kind, parts->id[i]), false);
}

/* Rows of users and groups that a script creates. */
static void
drop_created(const MigrationPlan *plan)
{
	for (int i = 0; i < (int) lengthof(osmeta_created_kinds); i++)
		drop_relation(plan->name, plan->schema,
					  psprintf("created %s", osmeta_created_kinds[i]), false);
}

static void
refuse_running(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("plan \"%s\" is running", name),
			 errhint("Wait until it has ended, or cancel the sessions that run it.")));
}

void
osmeta_require_stage(const MigrationPlan *plan)
{
	if (strcmp(plan->phase, "cleared") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the stage of plan \"%s\" has been dropped", plan->name),
				 errhint("SELECT osmeta.drop_plan(%s) drops the rest.",
						 quote_literal_cstr(plan->name))));
}

Datum
osmeta_drop_plan(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int			nest_level = osmeta_spi_begin(false);
	MigrationPlan *plan = osmeta_plan_load(name);
	PlanParts	parts;
	int64		delivered = 0;
	int64		created = 0;

	/* Until commit, so that no run begins on what is going away. */
	if (!osmeta_plan_lock_transaction(PLAN_LOCK_RUN, plan->plan_id))
		refuse_running(name);
	osmeta_event_check_back(plan, "dropped");
	read_parts(plan, &parts);
	for (uint64 i = 0; i < parts.count; i++)
		drop_views(plan, &parts, i);
	if (strcmp(plan->phase, "cleared") != 0)
		delivered = osmeta_count_delivered(plan);
	if (strcmp(plan->phase, "undone") != 0)
		created = osmeta_count_created(plan);
	osmeta_foreign_keys_drop(plan, NULL);
	osmeta_event_drop(plan);
	for (uint64 i = 0; i < parts.count; i++)
		drop_tables(plan, &parts, i);
	/* an interrupted run may have left it (plan_baseline.c) */
	drop_relation(plan->name, plan->schema, "f0", false);
	drop_created(plan);
	osmeta_execf("DROP SCHEMA %s", plan->schema);

	for (int i = 0; i < (int) lengthof(plan_tables); i++)
		osmeta_execf("DELETE FROM osmeta.%s WHERE plan_id = " INT64_FORMAT,
					 plan_tables[i], plan->plan_id);
	if (delivered > 0)
		ereport(NOTICE,
				(errmsg("the " INT64_FORMAT " rows that plan \"%s\" delivered stay in environment \"%s\"",
						delivered, name, plan->target)));
	if (created > 0)
		ereport(NOTICE,
				(errmsg("the " INT64_FORMAT " users and groups that plan \"%s\" created stay in environment \"%s\"",
						created, name, plan->target)));
	osmeta_spi_end(nest_level);
	PG_RETURN_VOID();
}

/* Drop the relations, with commits in between; what is left is drop_plan's. */
static void
clear(const MigrationPlan *plan, int *nest_level)
{
	PlanParts	parts;

	osmeta_event_check_back(plan, "cleared");
	/* From now on nobody works with what is there in part. */
	osmeta_execf("UPDATE osmeta.plan SET phase = 'cleared' WHERE plan_id = " INT64_FORMAT,
				 plan->plan_id);
	osmeta_spi_commit(nest_level);
	osmeta_foreign_keys_drop(plan, nest_level);
	osmeta_event_drop(plan);
	drop_created(plan);
	read_parts(plan, &parts);
	for (int pass = 0; pass < 2; pass++)
	{
		for (uint64 i = 0; i < parts.count; i++)
		{
			if (pass == 0)
				drop_views(plan, &parts, i);
			else
				drop_tables(plan, &parts, i);
			if ((i + 1) % osmeta_plan_batch() == 0)
				osmeta_spi_commit(nest_level);
			CHECK_FOR_INTERRUPTS();
		}
		osmeta_spi_commit(nest_level);
	}
}

Datum
osmeta_clear_plan(PG_FUNCTION_ARGS)
{
	char	   *name;
	MigrationPlan *plan;
	int			nest_level;

	osmeta_require_procedure(fcinfo, "clear_plan");
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	nest_level = osmeta_spi_begin(true);
	plan = osmeta_plan_load(name);
	if (!osmeta_plan_lock(PLAN_LOCK_RUN, plan->plan_id, false, false))
		refuse_running(name);
	PG_TRY();
	{
		clear(plan, &nest_level);
	}
	PG_FINALLY();
	{
		osmeta_plan_unlock(PLAN_LOCK_RUN, plan->plan_id, false);
	}
	PG_END_TRY();
	osmeta_spi_end(nest_level);
	PG_RETURN_NULL();
}
