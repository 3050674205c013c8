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

/* The provider of the platform's own users, whom applications do not have. */
#define SERVICE_CENTER "478870b9-2d60-4f73-9eb3-7cd8b994a737"

/*
 * Data_Ids are texts in the metamodel.  Where the identifier is a number they
 * are compared as such: '01' is 1.
 */
static void
fill_records(const MigrationPlan *plan)
{
	osmeta_execf("INSERT INTO osmeta.plan_map (plan_id, entity_id, source_id, target_id, label)"
				 " SELECT DISTINCT ON (e.entity_id, i.source_id)"
				 "  e.plan_id, e.entity_id, i.source_id, i.target_id, s.record"
				 " FROM osmeta.plan_entity e"
				 " JOIN %s.static_record s ON s.entity_key OPERATOR(osmeta.=) e.entity_key AND s.is_active"
				 " LEFT JOIN %s.static_record t ON t.entity_key OPERATOR(osmeta.=) e.entity_key"
				 "  AND t.record_key = s.record_key AND t.is_active"
				 " LEFT JOIN osmeta.plan_attribute a ON a.plan_id = e.plan_id"
				 "  AND a.entity_id = e.entity_id AND a.is_identifier"
				 " CROSS JOIN LATERAL (SELECT"
				 "  CASE WHEN a.source_type ~ '^(smallint|integer|bigint|numeric)'"
				 "    AND s.data_id ~ '^ *[0-9]{1,38} *$' THEN s.data_id::numeric::text ELSE s.data_id END,"
				 "  CASE WHEN a.target_type ~ '^(smallint|integer|bigint|numeric)'"
				 "    AND t.data_id ~ '^ *[0-9]{1,38} *$' THEN t.data_id::numeric::text ELSE t.data_id END"
				 "  ) i (source_id, target_id)"
				 " WHERE e.plan_id = " INT64_FORMAT
				 "  AND e.key_strategy = 'record' AND i.source_id IS NOT NULL"
				 " ORDER BY e.entity_id, i.source_id, i.target_id",
				 plan->source_schema, plan->target_schema, plan->plan_id);
}

/*
 * The id of the user who stands in for those without partner, or NULL.  The
 * name can stand behind that of a tenant: fallback:Users\jdoe.
 */
static char *
fallback_user(const MigrationPlan *plan, const char *fold)
{
	const char *args[2];
	const char *name;
	const char *separator;
	uint64		rows;

	if (strncmp(plan->users, FALLBACK, strlen(FALLBACK)) != 0)
		return NULL;
	name = plan->users + strlen(FALLBACK);
	separator = strchr(name, '\\');
	args[0] = separator ? separator + 1 : name;
	args[1] = separator ? pnstrdup(name, separator - name) : NULL;
	rows = osmeta_query_text(psprintf("SELECT u.user_id::text FROM %s.end_user u"
									  " WHERE %s(u.username) = %s($1) AND u.is_active"
									  " AND CASE WHEN $2 IS NULL"
									  "  THEN u.provider_key IS DISTINCT FROM '" SERVICE_CENTER "'"
									  "  ELSE u.tenant = $2 END",
									  plan->target_schema, fold, fold),
							 2, args);
	if (rows != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 rows == 0 ?
				 errmsg("fallback user \"%s\" does not exist in environment \"%s\"",
						name, plan->target) :
				 errmsg("fallback user \"%s\" is ambiguous in environment \"%s\"",
						name, plan->target),
				 errhint("Give the username of exactly one active user there, if need be behind the name of the tenant: fallback:Tenant\\username.")));
	return osmeta_text_at(0, 1);
}

/*
 * Of users whose names differ by nothing that counts, the one spelled alike
 * is the partner, then an active one; if there are still two, there is none.
 */
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
	osmeta_execf("WITH pair AS ("
				 " SELECT e.plan_id, e.entity_id, s.user_id, s.username, t.user_id AS target_id,"
				 "  rank() OVER (PARTITION BY s.user_id"
				 "   ORDER BY t.username = s.username DESC, n.is_active DESC, t.is_active DESC) AS rank"
				 " FROM osmeta.plan_entity e"
				 " CROSS JOIN %s.end_user s"
				 " LEFT JOIN %s.end_user t ON %s(t.username) = %s(s.username)"
				 "  AND t.tenant = s.tenant AND t.provider_key = s.provider_key"
				 " LEFT JOIN %s.tenant n ON n.tenant_id = t.tenant_id"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.key_strategy = 'user')"
				 " INSERT INTO osmeta.plan_map (plan_id, entity_id, source_id, target_id, label)"
				 " SELECT p.plan_id, p.entity_id, p.user_id::text,"
				 "  CASE count(p.target_id) WHEN 0 THEN %s WHEN 1 THEN min(p.target_id)::text END,"
				 "  p.username || CASE WHEN count(p.target_id) > 1 THEN ', ambiguous there' ELSE '' END"
				 " FROM pair p WHERE p.rank = 1"
				 " GROUP BY p.plan_id, p.entity_id, p.user_id, p.username",
				 plan->source_schema, plan->target_schema, fold, fold,
				 plan->target_schema, plan->plan_id,
				 fallback ? quote_literal_cstr(fallback) : "NULL");
}

void
osmeta_plan_fill_map(const MigrationPlan *plan)
{
	osmeta_execf("DELETE FROM osmeta.plan_map WHERE plan_id = " INT64_FORMAT,
				 plan->plan_id);
	fill_records(plan);
	fill_users(plan);
}
