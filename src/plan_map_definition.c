/*-------------------------------------------------------------------------
 *
 * plan_map_definition.c
 *	  Which definitions of processes of both sides are one.
 *
 * By the key of the espace and that of the definition: a clone of an espace
 * has the same definitions under another key of its own, and its instances
 * stay with it.  Inputs and outputs have keys within their process or
 * activity, so that three keys tell them.
 *
 * Of several with one key the active one is meant; if there are still two,
 * there is no partner.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_map.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "spi.h"

/* A table of definitions, and how its rows are told by keys. */
typedef struct DefinitionTable
{
	const char *table;
	const char *owner;			/* what stands between it and the espace */
	const char *owner_column;
	bool		has_own_key;	/* unique in the espace, not in the owner */
} DefinitionTable;

static const DefinitionTable definition_tables[] = {
	{"bpm_process_definition", NULL, NULL, true},
	{"bpm_activity_definition", "bpm_process_definition", "process_def_id", true},
	{"bpm_process_input_def", "bpm_process_definition", "process_def_id", false},
	{"bpm_process_output_def", "bpm_process_definition", "process_def_id", false},
	{"bpm_activity_output_def", "bpm_activity_definition", "activity_def_id", false}
};

/*
 * The definitions of one table on one side: id, key, label, and how many have
 * this key and are as active; NULL if the side has no such tables.
 */
static char *
side_sql(const char *environment, const char *schema,
		 const DefinitionTable *table)
{
	StringInfoData joins;
	const char *process = "d";
	char	   *key;

	if (!osmeta_has_view(environment, psprintf("live_%s", table->table)) ||
		!osmeta_has_view(environment, "live_bpm_process_definition"))
		return NULL;
	initStringInfo(&joins);
	if (table->owner != NULL)
	{
		if (!osmeta_has_view(environment, psprintf("live_%s", table->owner)))
			return NULL;
		appendStringInfo(&joins, " JOIN %s.live_%s o ON o.id = d.%s", schema,
						 table->owner, table->owner_column);
		process = "o";
		if (strcmp(table->owner, "bpm_activity_definition") == 0)
		{
			appendStringInfo(&joins, " JOIN %s.live_bpm_process_definition p ON p.id = o.process_def_id",
							 schema);
			process = "p";
		}
	}
	appendStringInfo(&joins, " JOIN %s.live_espace e ON e.id = %s.espace_id",
					 schema, process);
	key = table->has_own_key ?
		pstrdup("osmeta.try_oskey(e.ss_key, d.ss_key)::text") :
		pstrdup("osmeta.try_oskey(e.ss_key, o.ss_key)::text || '/' || osmeta.fold_name(btrim(d.ss_key))");
	return psprintf("SELECT x.*, count(*) OVER w AS number, array_to_string((array_agg(x.id) OVER w)[1:5], ', ') AS ids,"
					"  rank() OVER (PARTITION BY x.key ORDER BY x.is_active DESC) AS rank"
					" FROM (SELECT d.id::text AS id, %s AS key, COALESCE(d.is_active, true) AS is_active,"
					"   concat_ws('.', e.name%s, d.name) AS label"
					"  FROM %s.live_%s d%s OFFSET 0) x WHERE x.key IS NOT NULL"
					" WINDOW w AS (PARTITION BY x.key, x.is_active)",
					key,
					table->owner == NULL ? "" :
					strcmp(process, "p") == 0 ? ", p.name, o.name" : ", o.name",
					schema, table->table, joins.data);
}

/* The plan's entity that stands for a table of the platform; NULL: none. */
static const PlanEntity *
platform_entity(const MigrationPlan *plan, const char *table)
{
	for (int i = 0; i < plan->nentities; i++)
	{
		const char *name = plan->entities[i].platform_table;

		if (name != NULL && strcmp(name, table) == 0)
			return &plan->entities[i];
	}
	return NULL;
}

void
osmeta_map_definitions(const MigrationPlan *plan)
{
	for (int i = 0; i < (int) lengthof(definition_tables); i++)
	{
		const DefinitionTable *table = &definition_tables[i];
		const PlanEntity *entity = platform_entity(plan, table->table);
		char	   *source;
		char	   *target;

		if (entity == NULL)
			continue;
		source = side_sql(plan->source, plan->source_schema, table);
		target = side_sql(plan->target, plan->target_schema, table);
		if (source == NULL)
			continue;
		if (target == NULL)
			target = "SELECT NULL::text AS id, NULL::text AS key, NULL::bigint AS number, NULL::text AS ids, NULL::bigint AS rank WHERE false";
		osmeta_execf("WITH s AS MATERIALIZED (%s), t AS MATERIALIZED (%s)"
					 " INSERT INTO osmeta.plan_map (plan_id, entity_id, source_id, target_id, label, candidates)"
					 " SELECT DISTINCT ON (s.id) " INT64_FORMAT ", " INT64_FORMAT ", s.id,"
					 "  CASE WHEN t.number = 1 THEN t.id END, s.label,"
					 "  CASE WHEN t.number > 1 THEN 'the target has it in ids ' || t.ids END"
					 " FROM s LEFT JOIN t ON t.key = s.key AND t.rank = 1"
					 " ORDER BY s.id, t.id"
					 " ON CONFLICT DO NOTHING",
					 source, target, plan->plan_id, entity->entity_id);
	}
}
