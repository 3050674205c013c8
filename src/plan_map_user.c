/*-------------------------------------------------------------------------
 *
 * plan_map_user.c
 *	  Which tenants, roles, groups and users of both sides are one.
 *
 * By the platform's rules: a tenant by its name and its user provider's key,
 * a role by the keys of its espace and its own, groups and users by name
 * within the tenant that is the partner of theirs.  So each has a scope, in
 * which its name is to be found, and all four are one query over other rows.
 *
 * Of rows whose names differ by nothing that counts, the one spelled alike is
 * the partner, then an active one; if there are still two, there is none, and
 * neither if two of the source would have the same partner and are not
 * spelled as it is.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_map.h"

#include "utils/builtins.h"

#include "spi.h"

#define FALLBACK "fallback:"

/*
 * source and target are queries with the columns id, scope, name, label,
 * grade (the higher counts) and can_create (source only).
 */
static char *
pair_sql(const MigrationPlan *plan, const char *source, const char *target,
		 bool is_folded)
{
	const char *s_name = is_folded ? osmeta_map_folded(plan, "s.name") : "s.name";
	const char *t_name = is_folded ? osmeta_map_folded(plan, "t.name") : "t.name";

	return psprintf("WITH s AS MATERIALIZED (%s), t AS MATERIALIZED (%s),"
					" ranked AS ("
					" SELECT s.id, s.label, s.can_create, t.id AS target_id, t.label AS target_label,"
					"  COALESCE(t.name = s.name, false) AS is_alike,"
					"  rank() OVER (PARTITION BY s.id ORDER BY t.name = s.name DESC, t.grade DESC) AS rank"
					" FROM s LEFT JOIN t ON t.scope = s.scope AND %s = %s),"
					" best AS ("
					" SELECT r.id, r.label, r.can_create, count(r.target_id) AS number,"
					"  min(r.target_id) AS target_id, bool_or(r.is_alike) AS is_alike,"
					"  array_to_string((array_agg(format('%%s (id %%s)', r.target_label, r.target_id)"
					"   ORDER BY r.target_label, r.target_id))[1:5], ', ') AS labels"
					" FROM ranked r WHERE r.rank = 1 GROUP BY r.id, r.label, r.can_create),"
					" judged AS ("
					" SELECT b.*, b.number = 1 AND (b.is_alike OR"
					"   count(*) OVER (PARTITION BY b.target_id) = 1) AS is_certain"
					" FROM best b)"
					" SELECT j.id AS source_id, CASE WHEN j.is_certain THEN j.target_id END AS target_id,"
					"  j.label, CASE WHEN j.number > 0 AND NOT j.is_certain THEN j.labels END AS candidates,"
					"  j.can_create AND j.number = 0 AS can_create"
					" FROM judged j",
					source, target, t_name, s_name);
}

char *
osmeta_map_tenant_sql(const MigrationPlan *plan)
{
	const char *side = "SELECT n.tenant_id::text AS id, n.provider_key AS scope, n.tenant AS name,"
	" format('%%s of %%s', n.tenant, n.provider) AS label, n.is_active::int AS grade,"
	" false AS can_create FROM %s.tenant n";

	return pair_sql(plan, psprintf(side, plan->source_schema),
					psprintf(side, plan->target_schema), true);
}

char *
osmeta_map_role_sql(const MigrationPlan *plan)
{
	const char *side = "SELECT r.role_id::text AS id, r.espace_ss_key AS scope, r.role_ss_key AS name,"
	" format('%%s.%%s', r.espace, r.role) AS label, r.is_active::int AS grade,"
	" false AS can_create FROM %s.role r";

	return pair_sql(plan, psprintf(side, plan->source_schema),
					psprintf(side, plan->target_schema), false);
}

/* What belongs to a tenant: the columns of its own are given. */
static char *
tenant_pair_sql(const MigrationPlan *plan, const char *columns, const char *view)
{
	char	   *source;
	char	   *target;

	source = psprintf("SELECT %s, p.target_id AS scope,"
					  " p.target_id IS NOT NULL AND COALESCE(btrim(%s) <> '', false)"
					  "  AND u.provider_key IS DISTINCT FROM '" SERVICE_CENTER "' AS can_create"
					  " FROM %s.%s u LEFT JOIN (%s) p ON p.source_id = u.tenant_id::text",
					  psprintf(columns, "0"),
					  strcmp(view, "end_user") == 0 ? "u.username" : "u.end_user_group",
					  plan->source_schema, view,
					  osmeta_map_tenant_sql(plan));
	target = psprintf("SELECT %s, u.tenant_id::text AS scope, false AS can_create"
					  " FROM %s.%s u LEFT JOIN %s.tenant n ON n.tenant_id = u.tenant_id",
					  psprintf(columns, "COALESCE(n.is_active, false)::int"),
					  plan->target_schema, view, plan->target_schema);
	return pair_sql(plan, source, target, true);
}

char *
osmeta_map_group_sql(const MigrationPlan *plan)
{
	return tenant_pair_sql(plan, "u.group_id::text AS id, u.end_user_group AS name,"
						   " u.end_user_group AS label, %s AS grade",
						   "end_user_group");
}

char *
osmeta_map_user_sql(const MigrationPlan *plan)
{
	return tenant_pair_sql(plan, "u.user_id::text AS id, u.username AS name,"
						   " u.username AS label, 2 * %s + u.is_active::int AS grade",
						   "end_user");
}

/*
 * The id of the user who stands in for those without partner, or NULL.  The
 * name can stand behind that of a tenant: fallback:Users\jdoe.
 */
static char *
fallback_user(const MigrationPlan *plan)
{
	const char *name;
	const char *separator;
	char	   *tenant;
	uint64		rows;

	if (strncmp(plan->users, FALLBACK, strlen(FALLBACK)) != 0)
		return NULL;
	name = plan->users + strlen(FALLBACK);
	separator = strchr(name, '\\');
	tenant = separator == NULL ?
		psprintf("u.provider_key IS DISTINCT FROM '" SERVICE_CENTER "'") :
		psprintf("u.tenant = %s",
				 quote_literal_cstr(pnstrdup(name, separator - name)));
	rows = osmeta_exec(psprintf("WITH u AS MATERIALIZED (SELECT u.user_id, u.username,"
								"  u.provider_key, u.tenant, u.is_active FROM %s.end_user u)"
								" SELECT u.user_id::text FROM u WHERE %s = %s AND u.is_active AND %s",
								plan->target_schema,
								osmeta_map_folded(plan, "u.username"),
								osmeta_map_folded(plan, quote_literal_cstr(separator ? separator + 1 : name)),
								tenant));
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

static void
fill(const MigrationPlan *plan, const char *strategy,
	 char *(*pairs) (const MigrationPlan *plan), const char *fallback)
{
	const PlanEntity *entity = osmeta_map_entity(plan, strategy);

	if (entity == NULL)
		return;
	osmeta_execf("INSERT INTO osmeta.plan_map"
				 " (plan_id, entity_id, source_id, target_id, label, candidates, can_create)"
				 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", p.source_id,"
				 "  CASE WHEN p.candidates IS NULL THEN COALESCE(p.target_id, %s) END,"
				 "  %s, p.candidates, p.can_create"
				 " FROM (%s) p ON CONFLICT DO NOTHING",
				 plan->plan_id, entity->entity_id,
				 fallback ? quote_literal_cstr(fallback) : "NULL",
	/* names of persons who are found are not kept */
				 strcmp(strategy, "user") == 0 ?
				 "CASE WHEN p.candidates IS NOT NULL OR p.target_id IS NULL THEN p.label END" : "p.label",
				 pairs(plan));
}

void
osmeta_map_platform(const MigrationPlan *plan)
{
	char	   *fallback = fallback_user(plan);

	fill(plan, "tenant", osmeta_map_tenant_sql, NULL);
	fill(plan, "role", osmeta_map_role_sql, NULL);
	fill(plan, "group", osmeta_map_group_sql, NULL);
	fill(plan, "user", osmeta_map_user_sql, fallback);
}
