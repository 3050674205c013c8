/*-------------------------------------------------------------------------
 *
 * plan_map.c
 *	  Pairs of identifiers of rows that are matched and never written.
 *
 * Static records are matched by key, users by username and tenant; a tenant
 * is known by its name and its user provider's key.  Both sides are read as
 * they are now, not as they were captured: users come and go every day.
 * SQL Server compares names without case, so where one side is a SQL Server
 * factory JDoe and jdoe are one user.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "utils/builtins.h"

#include "spi.h"

#define FALLBACK "fallback:"

static void
fill_records(const MigrationPlan *plan)
{
	osmeta_execf("INSERT INTO osmeta.plan_map (plan_id, entity_id, source_id, target_id, label)"
				 " SELECT DISTINCT ON (e.entity_id, s.data_id)"
				 "  e.plan_id, e.entity_id, s.data_id, t.data_id, s.record"
				 " FROM osmeta.plan_entity e"
				 " JOIN %s.static_record s ON s.entity_key OPERATOR(osmeta.=) e.entity_key AND s.is_active"
				 " LEFT JOIN %s.static_record t ON t.entity_key OPERATOR(osmeta.=) e.entity_key"
				 "  AND t.record_key = s.record_key AND t.is_active"
				 " WHERE e.plan_id = " INT64_FORMAT
				 "  AND e.key_strategy = 'record' AND s.data_id IS NOT NULL"
				 " ORDER BY e.entity_id, s.data_id, t.data_id",
				 plan->source_schema, plan->target_schema, plan->plan_id);
}

/* The id of the user who stands in for those without partner, or NULL. */
static char *
fallback_user(const MigrationPlan *plan, const char *fold)
{
	const char *args[1];
	uint64		rows;

	if (strncmp(plan->users, FALLBACK, strlen(FALLBACK)) != 0)
		return NULL;
	args[0] = plan->users + strlen(FALLBACK);
	rows = osmeta_query_text(psprintf("SELECT u.user_id::text FROM %s.end_user u"
									  " WHERE %s(u.username) = %s($1) AND u.is_active",
									  plan->target_schema, fold, fold),
							 1, args);
	if (rows != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 rows == 0 ?
				 errmsg("fallback user \"%s\" does not exist in environment \"%s\"",
						args[0], plan->target) :
				 errmsg("fallback user \"%s\" is ambiguous in environment \"%s\"",
						args[0], plan->target),
				 errhint("Give the username of exactly one active user there.")));
	return osmeta_text_at(0, 1);
}

static void
fill_users(const MigrationPlan *plan)
{
	const char *args[2];
	const char *fold;
	char	   *fallback;

	args[0] = plan->source;
	args[1] = plan->target;
	osmeta_query_text("SELECT bool_or(n.dialect = 'sqlserver') FROM osmeta.environment n"
					  " WHERE n.environment IN ($1, $2)", 2, args);
	fold = osmeta_bool_at(0, 1) ? "osmeta.fold_name" : "text";
	fallback = fallback_user(plan, fold);
	osmeta_execf("INSERT INTO osmeta.plan_map (plan_id, entity_id, source_id, target_id, label)"
				 " SELECT DISTINCT ON (s.user_id) e.plan_id, e.entity_id, s.user_id::text,"
				 "  COALESCE(t.user_id::text, %s), s.username"
				 " FROM osmeta.plan_entity e"
				 " CROSS JOIN %s.end_user s"
				 " LEFT JOIN %s.end_user t ON %s(t.username) = %s(s.username)"
				 "  AND t.tenant = s.tenant AND t.provider_key = s.provider_key"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.key_strategy = 'user'"
				 " ORDER BY s.user_id, t.is_active DESC NULLS LAST, t.user_id",
				 fallback ? quote_literal_cstr(fallback) : "NULL",
				 plan->source_schema, plan->target_schema, fold, fold,
				 plan->plan_id);
}

void
osmeta_plan_fill_map(const MigrationPlan *plan)
{
	osmeta_execf("DELETE FROM osmeta.plan_map WHERE plan_id = " INT64_FORMAT,
				 plan->plan_id);
	fill_records(plan);
	fill_users(plan);
}
