/*-------------------------------------------------------------------------
 *
 * plan_typed.c
 *	  Of which entities do inputs and outputs of processes hold identifiers?
 *
 * Their definitions say so (81_plan_process.sql), and each instance besides:
 * one that was started under an earlier version may say something else.  So
 * the source's rows are asked when the plan is made, that what they name can
 * be matched, and the stage when all rows have been pulled.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "spi.h"
#include "subtransaction.h"

/* A table of values, and what its rows are instances of. */
typedef struct TypedKind
{
	const char *table;
	const char *definition_column;
	const char *definitions;
} TypedKind;

static const TypedKind typed_kinds[] = {
	{"bpm_process_input", "input_def_id", "bpm_process_input_def"},
	{"bpm_process_output", "output_def_id", "bpm_process_output_def"},
	{"bpm_activity_output", "output_def_id", "bpm_activity_output_def"}
};

/* One of these tables, as osmeta_try wants it. */
typedef struct TypedTable
{
	int64		plan_id;
	const char *schema;
	const TypedKind *kind;
	const char *definitions;	/* those of the plan, as literals */
} TypedTable;

static void
read_types(void *arg)
{
	const TypedTable *t = arg;

	osmeta_execf("UPDATE osmeta.plan_entity e SET typed_keys ="
				 "  (SELECT array_agg(DISTINCT k.key) FROM (SELECT osmeta.try_bt_ref(r.ss_type)::text AS key"
				 "    FROM (SELECT i.ss_type FROM %s.live_%s i WHERE i.%s IN (%s) GROUP BY i.ss_type) r) k WHERE k.key IS NOT NULL)"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.platform_table = %s",
				 t->schema, t->kind->table, t->kind->definition_column,
				 t->definitions, t->plan_id,
				 quote_literal_cstr(t->kind->table));
}

void
osmeta_typed_read(int64 plan_id, int64 source_capture_id, const char *source,
				  const char *source_schema)
{
	for (int i = 0; i < (int) lengthof(typed_kinds); i++)
	{
		TypedTable	table = {plan_id, source_schema, &typed_kinds[i], NULL};

		if (osmeta_execf("SELECT string_agg(r.id::text, ', ') FROM osmeta.plan_entity e"
						 " JOIN osmeta.plan_definition_row(" INT64_FORMAT ", " INT64_FORMAT ") r ON r.platform_table = %s"
						 " WHERE e.plan_id = " INT64_FORMAT " AND e.platform_table = %s",
						 plan_id, source_capture_id,
						 quote_literal_cstr(typed_kinds[i].definitions), plan_id,
						 quote_literal_cstr(typed_kinds[i].table)) > 0)
			table.definitions = osmeta_text_at(0, 1);
		if (table.definitions == NULL ||
			!osmeta_has_view(source, psprintf("live_%s", typed_kinds[i].table)))
			continue;
		/* a table that cannot be read is told of when it is to be moved */
		(void) osmeta_answer(osmeta_try(read_types, &table, true));
	}
}

/* Attributes for what the stage's rows name and nobody has named yet. */
static uint64
note_types(const MigrationPlan *plan, const PlanEntity *entity, char relation)
{
	int			type_no = 0;
	int			value_no = 0;

	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (a->transform == TRANSFORM_TYPED)
			value_no = a->attribute_no;
		else if (strcmp(a->name, "Ss_Type") == 0)
			type_no = a->attribute_no;
	}
	if (type_no == 0 || value_no == 0)
		return 0;
	return osmeta_execf("INSERT INTO osmeta.plan_attribute (plan_id, entity_id, attribute_no, attribute, type,"
						"  is_identifier, is_mandatory, refers_to, refers_to_entity_id, status, transform)"
						" SELECT " INT64_FORMAT ", " INT64_FORMAT ", m.last + row_number() OVER (ORDER BY k.key),"
						"  format('%%s of %%s', b.attribute, COALESCE(o.espace || '.' || o.entity, k.key)), 'bt' || k.key,"
						"  false, false, k.key::osmeta.oskey, o.entity_id, 'typed', 'typed'"
						" FROM (SELECT DISTINCT osmeta.try_bt_ref(s.c%d)::text AS key FROM %s s) k"
						" JOIN osmeta.plan_attribute b ON b.plan_id = " INT64_FORMAT " AND b.entity_id = " INT64_FORMAT " AND b.attribute_no = %d"
						" CROSS JOIN (SELECT greatest(max(a.attribute_no), 1000) AS last FROM osmeta.plan_attribute a"
						"  WHERE a.plan_id = " INT64_FORMAT " AND a.entity_id = " INT64_FORMAT ") m"
						" LEFT JOIN osmeta.plan_entity o ON o.plan_id = " INT64_FORMAT " AND o.entity_key::text = k.key"
						" WHERE k.key IS NOT NULL AND NOT EXISTS (SELECT FROM osmeta.plan_attribute a WHERE a.plan_id = " INT64_FORMAT
						"  AND a.entity_id = " INT64_FORMAT " AND a.status = 'typed' AND a.refers_to::text = k.key)",
						plan->plan_id, entity->entity_id, type_no,
						osmeta_stage_name(plan, relation, entity->entity_id),
						plan->plan_id, entity->entity_id, value_no,
						plan->plan_id, entity->entity_id, plan->plan_id,
						plan->plan_id, entity->entity_id);
}

void
osmeta_typed_complete(Run *run)
{
	uint64		added = 0;

	for (int i = 0; i < run->plan->nentities; i++)
	{
		const PlanEntity *e = &run->plan->entities[i];

		if (!e->is_data || e->platform_table == NULL)
			continue;
		for (const char *r = osmeta_round_relations(run->plan, e); *r != '\0'; r++)
			added += note_types(run->plan, e, *r);
	}
	if (added == 0)
		return;
	run->plan = osmeta_plan_load(run->name);
	/* who is referred to only now has no table of missing rows yet */
	for (int i = 0; i < run->plan->nentities; i++)
	{
		const PlanEntity *e = &run->plan->entities[i];

		if (e->is_data && e->is_parent &&
			!osmeta_relation_exists(run->plan, 'n', e->entity_id))
			osmeta_make_needs(run->plan, e);
		osmeta_commit_now_and_then(run, i);
	}
}
