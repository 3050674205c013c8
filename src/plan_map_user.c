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
 * the partner, then an active one; if there are still two, there is none.  The
 * same holds the other way: of several rows of the source that would have one
 * partner, or would be created under one name, one has it if it is spelled
 * alike, or else active, and the others are not; if there are still two, none.
 * A name that is empty is nobody's.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_map.h"

#include "utils/builtins.h"

#include "plan_run.h"
#include "spi.h"

#define FALLBACK "fallback:"

/*
 * source and target are queries with the columns id, scope, name, label,
 * grade (the higher counts) and can_create (source only).  Rows that are told
 * by keys (no names) may be several: all of them are one.
 */
static char *
pair_sql(const MigrationPlan *plan, const char *source, const char *target,
		 bool has_names, bool is_created)
{
	const char *s_name = has_names ? osmeta_map_folded(plan, "s.name") : "s.name";
	const char *t_name = has_names ? osmeta_map_folded(plan, "t.name") : "t.name";

	return psprintf("WITH s AS MATERIALIZED (%s), t AS MATERIALIZED (%s),"
					" ranked AS ("
					" SELECT s.id, s.label, s.can_create, s.grade, s.scope, %s AS name,"
					"  t.id AS target_id, t.label AS target_label,"
					"  COALESCE(t.name = s.name, false) AS is_alike,"
					"  rank() OVER (PARTITION BY s.id ORDER BY t.name = s.name DESC, t.grade DESC) AS rank"
					" FROM s LEFT JOIN t ON t.scope = s.scope AND %s = %s),"
					" best AS ("
					" SELECT r.id, r.label, r.can_create, r.grade, count(r.target_id) AS number,"
					"  min(r.target_id) AS target_id, bool_or(r.is_alike) AS is_alike,"
					"  array_to_string((array_agg(format('%%s (id %%s)', r.target_label, r.target_id)"
					"   ORDER BY r.target_label, r.target_id) FILTER (WHERE r.target_id IS NOT NULL))[1:5], ', ') AS labels,"
	/* rivals are those with the same */
					"  COALESCE(CASE WHEN %s THEN NULL"
					"   WHEN count(r.target_id) = 1 THEN 'one ' || min(r.target_id)"
					"   WHEN count(r.target_id) = 0 AND r.can_create THEN 'new ' || r.scope || ' ' || r.name END,"
					"   'own ' || r.id) AS wanted"
					" FROM ranked r WHERE r.rank = 1 GROUP BY r.id, r.label, r.can_create, r.grade, r.scope, r.name),"
					" judged AS ("
					" SELECT b.*, b.number <= 1"
					"   AND rank() OVER (PARTITION BY b.wanted ORDER BY b.is_alike DESC, b.grade DESC) = 1"
					"   AND count(*) OVER (PARTITION BY b.wanted, b.is_alike, b.grade) = 1 AS is_certain,"
					"  CASE WHEN count(*) OVER w > 1 THEN 'the source has it in ids '"
					"   || array_to_string((array_agg(b.id) OVER w)[1:5], ', ') END AS rivals"
					" FROM best b"
					" WINDOW w AS (PARTITION BY b.wanted ORDER BY length(b.id), b.id"
					"  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))"
					" SELECT j.id AS source_id, CASE WHEN j.is_certain THEN j.target_id END AS target_id,"
					"  j.label, CASE WHEN NOT j.is_certain AND (j.number > 0 OR %s)"
					"   THEN concat_ws('; ', j.labels, j.rivals) END AS candidates,"
					"  j.can_create AND j.number = 0 AND j.is_certain AS can_create"
					" FROM judged j",
					source, target, s_name, t_name, s_name,
					has_names ? "false" : "true",
					is_created ? "true" : "false");
}

char *
osmeta_map_tenant_sql(const MigrationPlan *plan)
{
	const char *side = "SELECT n.tenant_id::text AS id, n.provider_key AS scope,"
	" CASE WHEN btrim(n.tenant) <> '' THEN n.tenant END AS name,"
	" format('%%s of %%s', COALESCE(NULLIF(btrim(n.tenant), ''), 'without name'),"
	"  COALESCE(NULLIF(btrim(n.provider), ''), 'a provider that is not there')) AS label, n.is_active::int AS grade,"
	" false AS can_create FROM %s.tenant n";

	return pair_sql(plan, psprintf(side, plan->source_schema),
					psprintf(side, plan->target_schema), true, false);
}

char *
osmeta_map_role_sql(const MigrationPlan *plan)
{
	const char *side = "SELECT r.role_id::text AS id, r.espace_ss_key AS scope, r.role_ss_key AS name,"
	" format('%%s.%%s', COALESCE(NULLIF(btrim(r.espace), ''), 'an espace that is not there'),"
	"  COALESCE(NULLIF(btrim(r.role), ''), 'without name')) AS label, r.is_active::int AS grade,"
	" false AS can_create FROM %s.role r";

	return pair_sql(plan, psprintf(side, plan->source_schema),
					psprintf(side, plan->target_schema), false, false);
}

/*
 * What belongs to a tenant: view, with the columns strategy_id and name, each
 * grade an expression over u and, at the target, the tenant n.
 */
static char *
tenant_pair_sql(const MigrationPlan *plan, const char *strategy,
				const char *view, const char *name, const char *grade,
				const char *option)
{
	char	   *columns;
	char	   *source;
	char	   *target;

	columns = psprintf("u.%s_id::text AS id, CASE WHEN btrim(u.%s) <> '' THEN u.%s END AS name,"
					   " CASE WHEN btrim(u.%s) <> '' THEN u.%s ELSE 'without name' END AS label",
					   strategy, name, name, name, name);
	source = psprintf("SELECT %s, %s AS grade, p.target_id AS scope,"
					  " p.target_id IS NOT NULL AND COALESCE(btrim(u.%s) <> '', false)"
					  "  AND u.provider_key IS DISTINCT FROM '" SERVICE_CENTER "' AS can_create"
					  " FROM %s.%s u LEFT JOIN (%s) p ON p.source_id = u.tenant_id::text",
					  columns, psprintf(grade, "0"), name,
					  plan->source_schema, view,
					  osmeta_map_tenant_sql(plan));
	target = psprintf("SELECT %s, %s AS grade, u.tenant_id::text AS scope, false AS can_create"
					  " FROM %s.%s u LEFT JOIN %s.tenant n ON n.tenant_id = u.tenant_id",
					  columns, psprintf(grade, "COALESCE(n.is_active, false)::int"),
					  plan->target_schema, view, plan->target_schema);
	return pair_sql(plan, source, target, true, strcmp(option, "create") == 0);
}

char *
osmeta_map_group_sql(const MigrationPlan *plan)
{
	return tenant_pair_sql(plan, "group", "end_user_group", "end_user_group",
						   "%s", plan->groups);
}

char *
osmeta_map_user_sql(const MigrationPlan *plan)
{
	return tenant_pair_sql(plan, "user", "end_user", "username",
						   "2 * %s + u.is_active::int", plan->users);
}

/*
 * The id of the user who stands in for those without partner, or NULL.  The
 * name can stand behind that of a tenant: fallback:Users\jdoe.  Nobody can
 * log in as a user of a tenant that is not active, either.
 */
static char *
fallback_user(const MigrationPlan *plan)
{
	const char *name;
	const char *separator;
	char	   *tenant;
	uint64		rows;
	uint64		active = 0;

	if (strncmp(plan->users, FALLBACK, strlen(FALLBACK)) != 0)
		return NULL;
	name = plan->users + strlen(FALLBACK);
	separator = strchr(name, '\\');
	tenant = separator == NULL ?
		psprintf("u.provider_key IS DISTINCT FROM '" SERVICE_CENTER "'") :
		psprintf("u.tenant = %s",
				 quote_literal_cstr(pnstrdup(name, separator - name)));
	rows = osmeta_exec(psprintf("WITH u AS MATERIALIZED (SELECT u.user_id, u.username,"
								"  u.provider_key, u.tenant, u.tenant_id, u.is_active FROM %s.end_user u),"
								" n AS MATERIALIZED (SELECT n.tenant_id, n.is_active, n.provider FROM %s.tenant n)"
								" SELECT format('%%s of tenant %%s of %%s (id %%s)%%s', u.username, u.tenant, n.provider, u.user_id,"
								"   CASE WHEN NOT u.is_active THEN ', who is not active'"
								"    WHEN n.is_active IS NOT TRUE THEN ', whose tenant is not active' END),"
								"  u.user_id::text, u.is_active AND n.is_active IS TRUE"
								" FROM u LEFT JOIN n ON n.tenant_id = u.tenant_id"
								" WHERE %s = %s AND %s"
								" ORDER BY 3 DESC, u.user_id",
								plan->target_schema, plan->target_schema,
								osmeta_map_folded(plan, "u.username"),
								osmeta_map_folded(plan, quote_literal_cstr(separator ? separator + 1 : name)),
								tenant));
	while (active < rows && osmeta_bool_at(active, 3))
		active++;
	if (active != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 active > 1 ?
				 errmsg("fallback user \"%s\" is ambiguous in environment \"%s\"",
						name, plan->target) :
				 rows > 0 ?
				 errmsg("fallback user \"%s\" is not active in environment \"%s\"",
						name, plan->target) :
				 errmsg("fallback user \"%s\" does not exist in environment \"%s\"",
						name, plan->target),
				 rows > 0 ? errdetail("%s.", osmeta_list_values(active > 1 ? active : rows)) : 0,
				 errhint("Give the username of exactly one active user there, if need be behind the name of the tenant: fallback:Tenant\\username.")));
	return osmeta_text_at(0, 2);
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
