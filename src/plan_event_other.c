/*-------------------------------------------------------------------------
 *
 * plan_event_other.c
 *	  Event tables of what a plan does not write to.
 *
 * An activity that is moved may wait for rows of any entity: of one whose rows
 * are matched, or of one that the plan does not know.  Its subscription has to
 * come, too, or it would wait for ever.  Which event tables that concerns only
 * the source's rows tell.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_event.h"

#include "utils/builtins.h"

#include "spi.h"
#include "subtransaction.h"

/* An event table of the source that is looked at, as osmeta_try wants it. */
typedef struct Look
{
	MigrationPlan *plan;
	const char *name;
	const char *columns;
	int64		rows;
} Look;

bool
osmeta_event_has_activities(const MigrationPlan *plan)
{
	return osmeta_execf("SELECT FROM osmeta.plan_entity e WHERE e.plan_id = " INT64_FORMAT
						" AND e.include AND e.is_data AND e.platform_table = 'bpm_activity' LIMIT 1",
						plan->plan_id) > 0;
}

static void
count_waiting(void *arg)
{
	Look	   *look = arg;
	PlanEntity *activity = osmeta_event_activities(look->plan);
	char	   *columns = quote_literal_cstr(look->columns);
	char	   *statement;
	char	   *column;

	if (activity == NULL ||
		osmeta_execf("SELECT quote_ident(c.name) FROM jsonb_to_recordset(%s) c (name text, remote_name text)"
					 " WHERE osmeta.fold_name(c.remote_name) = '_activity_id'",
					 columns) == 0)
		return;
	column = osmeta_text_at(0, 1);
	osmeta_execf("SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment), n.remote_schema, %s, p.plan, 'waiting', %s, options => n.table_options)"
				 " FROM osmeta.plan p JOIN osmeta.environment n ON n.environment = p.source WHERE p.plan_id = " INT64_FORMAT,
				 quote_literal_cstr(look->name), columns,
				 look->plan->plan_id);
	statement = osmeta_text_at(0, 1);
	osmeta_exec(statement);
	osmeta_execf("SELECT count(*) FROM (SELECT r.%s::text AS id FROM %s.waiting r OFFSET 0) w"
				 " WHERE EXISTS (SELECT FROM %s s WHERE s.c%d::text = w.id)",
				 column, look->plan->schema,
				 osmeta_stage_name(look->plan, 'e', activity->entity_id),
				 activity->identifier->attribute_no);
	look->rows = osmeta_int64_at(0, 1, NULL);
}

int64
osmeta_event_waiting(MigrationPlan *plan, const char *source_name,
					 const char *source_columns, char **error)
{
	Look		look = {plan, source_name, source_columns, 0};

	/* its relation is gone again afterwards */
	*error = osmeta_answer(osmeta_try(count_waiting, &look, false));
	return *error != NULL ? -1 : look.rows;
}
