/*-------------------------------------------------------------------------
 *
 * plan_soft.c
 *	  Texts that look like identifiers of rows or like keys.
 *
 * An identifier that stands in a Text attribute is no reference to the model
 * and is delivered as it is, where it means another row or none.  A few rows
 * of each entity are looked at when a plan is made: an attribute whose every
 * value is a whole number, or has the form of a key, is suspect.  Then its
 * name says which entity may be meant, and the rows there whether it is.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include <ctype.h>

#include "utils/builtins.h"

#include "data_type.h"
#include "spi.h"

/* Rows that are looked at, values that are kept, values that it takes. */
#define SAMPLE_ROWS 200
#define SAMPLE_VALUES 20
#define SAMPLE_LEAST 3

/* In a hundred of the values kept, so many must be there. */
#define SAMPLE_SHARE 80

#define NUMBER_PATTERN "'^ *[1-9][0-9]{0,17} *$'"
#define KEY_PATTERN "'^ *(bt)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}([*].+)? *$'"

static bool
is_suspect(const PlanAttribute *attribute)
{
	return attribute->transform == TRANSFORM_COPY &&
		attribute->source_column != NULL && attribute->type != NULL &&
		osmeta_type_parse(attribute->type, strlen(attribute->type)) == TYPE_TEXT;
}

/*
 * Write down the attributes whose values are all numbers or all keys.  The
 * newest rows are looked at, bounded by a literal that a wrapper can push.
 */
void
osmeta_plan_sample(const MigrationPlan *plan, const PlanEntity *entity)
{
	StringInfoData columns;
	StringInfoData values;
	char	   *bound = "";

	initStringInfo(&columns);
	initStringInfo(&values);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (!is_suspect(a))
			continue;
		appendStringInfo(&columns, "%sc%d", columns.len > 0 ? ", " : "",
						 a->attribute_no);
		appendStringInfo(&values, "%s(%d, s.c%d::text)",
						 values.len > 0 ? ", " : "", a->attribute_no,
						 a->attribute_no);
	}
	/* which texts of the platform's are identifiers is known */
	if (columns.len == 0 || entity->platform_table != NULL)
		return;
	if (entity->is_number)
	{
		osmeta_execf("SELECT e.upper_id - %d FROM osmeta.plan_entity e"
					 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT
					 " AND e.upper_id::numeric - e.lower_id > %d",
					 10 * SAMPLE_ROWS, plan->plan_id, entity->entity_id,
					 10 * SAMPLE_ROWS);
		if (SPI_processed > 0)
			bound = psprintf(" WHERE c%d >= " INT64_FORMAT,
							 entity->identifier->attribute_no,
							 osmeta_int64_at(0, 1, NULL));
	}
	osmeta_execf("WITH s AS MATERIALIZED (SELECT %s FROM %s%s LIMIT %d),"
				 " v AS (SELECT v.no, btrim(v.value) AS value FROM s CROSS JOIN LATERAL (VALUES %s) v (no, value)"
				 "  WHERE btrim(v.value) <> '')"
				 " INSERT INTO osmeta.plan_finding (plan_id, entity_id, attribute_no, severity, code, message, hint, sample)"
				 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", v.no, 'note', 'soft_key', '', '',"
				 "  (array_agg(DISTINCT v.value ORDER BY v.value))[1:%d]"
				 " FROM v GROUP BY v.no HAVING count(*) >= %d"
				 "  AND (bool_and(v.value ~ " NUMBER_PATTERN ") OR bool_and(v.value ~ " KEY_PATTERN "))",
				 columns.data,
				 osmeta_stage_name(plan, 's', entity->entity_id), bound,
				 SAMPLE_ROWS, values.data, plan->plan_id, entity->entity_id,
				 SAMPLE_VALUES, SAMPLE_LEAST);
}

static bool
ends_with(const char *text, size_t length, const char *end)
{
	size_t		n = strlen(end);

	return length >= n && pg_strncasecmp(text +length - n, end, n) == 0;
}

/*
 * The entity whose name an attribute's ends with, Id or Key left aside: for
 * AssignedUserId it is User.  Of several the longest, then one of the same
 * espace.  *is_named: the name says that this is an identifier.
 */
static const PlanEntity *
entity_by_attribute(const MigrationPlan *plan, const PlanEntity *owner,
					const char *name, bool *is_named)
{
	size_t		length = strlen(name);
	const PlanEntity *best = NULL;

	*is_named = length > 2 && ends_with(name, length, "Id") &&
		(isupper((unsigned char) name[length - 2]) || name[length - 3] == '_');
	if (ends_with(name, length, "Id"))
		length -= 2;
	else if (ends_with(name, length, "Key"))
		length -= 3;
	if (length > 0 && name[length - 1] == '_')
		length--;
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		if (!ends_with(name, length, e->name) || e->identifier == NULL)
			continue;
		if (best == NULL || strlen(e->name) > strlen(best->name) ||
			(strlen(e->name) == strlen(best->name) && e->espace != NULL &&
			 owner->espace != NULL && strcmp(e->espace, owner->espace) == 0))
			best = e;
	}
	return best;
}

/* How many of the sample's values are identifiers of an entity? */
static int64
count_identifiers(const MigrationPlan *plan, const PlanEntity *entity,
				  const char *values)
{
	if (entity->is_data)
		return strtoll(osmeta_value_apart(plan, psprintf("SELECT count(DISTINCT r.id) FROM (SELECT c%d::text AS id FROM %s WHERE %s) r",
														 entity->identifier->attribute_no,
														 osmeta_stage_name(plan, 's', entity->entity_id),
														 entity->is_number ?
														 osmeta_any_of_sql(psprintf("c%d", entity->identifier->attribute_no), values) :
														 psprintf("c%d IN (%s)", entity->identifier->attribute_no, values))),
					   NULL, 10);
	osmeta_execf("SELECT count(*) FROM osmeta.plan_map m WHERE m.plan_id = " INT64_FORMAT
				 " AND m.entity_id = " INT64_FORMAT " AND m.source_id = ANY (ARRAY[%s]::text[])",
				 plan->plan_id, entity->entity_id, values);
	return osmeta_int64_at(0, 1, NULL);
}

/* Keep what is worth to be known, with its evidence; forget the rest. */
static void
judge_number(const MigrationPlan *plan, const PlanEntity *owner,
			 const PlanAttribute *attribute, const char *values, int64 count)
{
	bool		is_named;
	const PlanEntity *entity;
	int64		found = 0;

	entity = entity_by_attribute(plan, owner, attribute->name, &is_named);
	if (entity != NULL && entity->is_number)
		found = count_identifiers(plan, entity, values);
	if (found * 100 >= count * SAMPLE_SHARE)
		osmeta_execf("UPDATE osmeta.plan_finding SET severity = 'warning', message = %s, hint = %s"
					 " WHERE plan_id = " INT64_FORMAT " AND entity_id = " INT64_FORMAT
					 " AND attribute_no = %d AND code = 'soft_key'",
					 quote_literal_cstr(psprintf(INT64_FORMAT " of " INT64_FORMAT
												 " sampled values are identifiers of %s: %s",
												 found, count,
												 osmeta_entity_label(entity),
												 values)),
					 quote_literal_cstr(psprintf("Set transform = '" SOFT_PREFIX "%s' in osmeta.plan_attribute if they are meant as such; as they are, they would mean other rows at the target.",
												 osmeta_entity_label(entity))),
					 plan->plan_id, owner->entity_id, attribute->attribute_no);
	else
		osmeta_execf("UPDATE osmeta.plan_finding SET message = %s, hint = %s"
					 " WHERE plan_id = " INT64_FORMAT " AND entity_id = " INT64_FORMAT
					 " AND attribute_no = %d AND code = 'soft_key' AND %s",
					 quote_literal_cstr(psprintf("it is called like an identifier, and all sampled values are whole numbers: %s",
												 values)),
					 quote_literal_cstr("If they are identifiers of rows, set transform = '" SOFT_PREFIX "Espace.Entity' in osmeta.plan_attribute."),
					 plan->plan_id, owner->entity_id, attribute->attribute_no,
					 is_named ? "true" : "false");
}

void
osmeta_plan_judge_samples(MigrationPlan *plan)
{
	uint64		rows;
	int64	   *entity_id;
	int64	   *attribute_no;
	char	  **values;
	int64	   *count;

	osmeta_execf("SELECT f.entity_id, f.attribute_no, array_to_string(f.sample, ', '), cardinality(f.sample)"
				 " FROM osmeta.plan_finding f"
				 " WHERE f.plan_id = " INT64_FORMAT " AND f.code = 'soft_key'"
				 " AND f.sample[1] ~ " NUMBER_PATTERN " ORDER BY 1, 2",
				 plan->plan_id);
	rows = SPI_processed;
	entity_id = palloc(sizeof(int64) * Max(rows, 1));
	attribute_no = palloc(sizeof(int64) * Max(rows, 1));
	values = palloc(sizeof(char *) * Max(rows, 1));
	count = palloc(sizeof(int64) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		entity_id[i] = osmeta_int64_at(i, 1, NULL);
		attribute_no[i] = osmeta_int64_at(i, 2, NULL);
		values[i] = osmeta_text_at(i, 3);
		count[i] = osmeta_int64_at(i, 4, NULL);
	}
	for (uint64 i = 0; i < rows; i++)
	{
		const PlanEntity *owner = osmeta_plan_entity(plan, entity_id[i]);

		for (int j = 0; owner != NULL && j < owner->nattributes; j++)
		{
			if (owner->attributes[j].attribute_no == attribute_no[i])
				judge_number(plan, owner, &owner->attributes[j], values[i],
							 count[i]);
		}
	}

	/* Keys are those of the source's model, all at once. */
	osmeta_execf("WITH v AS MATERIALIZED ("
				 " SELECT f.entity_id, f.attribute_no, cardinality(f.sample) AS number, x.value,"
				 "  COALESCE(osmeta.object_key(osmeta.try_bt_ref(x.value)),"
				 "   osmeta.object_key(osmeta.try_bt_ref('bt' || x.value)), osmeta.folded_key(x.value)) AS key"
				 " FROM osmeta.plan_finding f CROSS JOIN unnest(f.sample) x (value)"
				 " WHERE f.plan_id = " INT64_FORMAT " AND f.code = 'soft_key' AND f.message = ''"
				 "  AND f.sample[1] ~ " KEY_PATTERN "),"
				 " known AS MATERIALIZED ("
				 " SELECT osmeta.folded_key(c.ss_key) AS key FROM osmeta.captured_entity c WHERE c.capture_id = " INT64_FORMAT
				 " UNION SELECT osmeta.folded_key(c.ss_key) FROM osmeta.captured_espace c WHERE c.capture_id = " INT64_FORMAT
				 " UNION SELECT osmeta.folded_key(c.ss_key) FROM osmeta.captured_entity_record c WHERE c.capture_id = " INT64_FORMAT "),"
				 " found AS ("
				 " SELECT v.entity_id, v.attribute_no, v.number, count(k.key) AS hits"
				 " FROM v LEFT JOIN known k ON k.key = v.key GROUP BY v.entity_id, v.attribute_no, v.number)"
				 " UPDATE osmeta.plan_finding f"
				 " SET message = format('%%s of %%s sampled values are keys of espaces, entities or static records: %%s',"
				 "   d.hits, d.number, array_to_string(f.sample[1:3], ', ')),"
				 "  hint = 'Keys are the same in all environments: they can stay as they are, if the target''s model has what they name.'"
				 " FROM found d WHERE f.plan_id = " INT64_FORMAT " AND f.code = 'soft_key'"
				 "  AND d.entity_id = f.entity_id AND d.attribute_no = f.attribute_no"
				 "  AND d.hits * 100 >= d.number * %d",
				 plan->plan_id, plan->source_capture_id,
				 plan->source_capture_id, plan->source_capture_id,
				 plan->plan_id, SAMPLE_SHARE);
	osmeta_execf("DELETE FROM osmeta.plan_finding WHERE plan_id = " INT64_FORMAT
				 " AND code = 'soft_key' AND message = ''", plan->plan_id);
}
