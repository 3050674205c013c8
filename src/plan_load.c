/*-------------------------------------------------------------------------
 *
 * plan_load.c
 *	  Read a plan from its tables.
 *
 * Only what can be delivered is read: entities that are included, of these
 * the attributes that the target has.  Those that are not included get the
 * null value there, as if they had just been added to the model.  Whatever is
 * wrong with the rest is a row of the view plan_problem, not an error here.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "identifier.h"
#include "data_type.h"
#include "spi.h"

/* A copy of a text column that outlives the next query; NULL stays NULL. */
#define TEXT(row, col) osmeta_text_at(row, col)

/* Stands for the value in an expression that the extension makes. */
#define VALUE_MARK "\001value\001"

/* A copy in the upper executor context, like what osmeta_text_at() gives. */
static char *
lasting(const char *text)
{
	Size		size = strlen(text) + 1;

	return memcpy(SPI_palloc(size), text, size);
}

bool
osmeta_is_whole_number(const char *type)
{
	int			precision;
	int			scale;

	return strcmp(type, "smallint") == 0 || strcmp(type, "integer") == 0 ||
		strcmp(type, "bigint") == 0 ||
		(sscanf(type, "numeric(%d,%d)", &precision, &scale) == 2 && scale == 0);
}

/*
 * Identifiers that are handled as numbers of 64 bits.  Oracle has Long
 * Integers in NUMBER(20); a Decimal of more than 18 digits can be greater.
 */
static bool
is_number(const PlanAttribute *identifier)
{
	int			precision;

	if (identifier->source_type == NULL ||
		!osmeta_is_whole_number(identifier->source_type))
		return false;
	if (identifier->type == NULL ||
		sscanf(identifier->source_type, "numeric(%d", &precision) != 1 ||
		precision <= 18)
		return true;
	switch (osmeta_type_parse(identifier->type, strlen(identifier->type)))
	{
		case TYPE_DECIMAL:
		case TYPE_CURRENCY:
			return false;
		default:
			return true;
	}
}

/*
 * An identifier that is a reference holds what the identifiers hold that it
 * refers to, at the end of such references.
 */
static void
inherit_number(MigrationPlan *plan, PlanEntity *entity)
{
	PlanEntity *end = entity;

	/* a model can hold a circle */
	for (int steps = 0; steps <= plan->nentities && end->identifier != NULL &&
		 end->identifier->refers_to != NULL; steps++)
		end = end->identifier->refers_to;
	if (end->identifier != NULL && !is_number(end->identifier))
		entity->is_number = false;
}

static PlanTransform
transform_of(const char *text)
{
	if (strcmp(text, "key") == 0)
		return TRANSFORM_KEY;
	if (strcmp(text, "copy") == 0)
		return TRANSFORM_COPY;
	if (strcmp(text, "remap") == 0)
		return TRANSFORM_REMAP;
	if (strcmp(text, "null value") == 0 || strcmp(text, "default") == 0)
		return TRANSFORM_NULL_VALUE;
	if (strncmp(text, SOFT_PREFIX, strlen(SOFT_PREFIX)) == 0)
		return TRANSFORM_REMAP;
	if (strcmp(text, "typed") == 0)
		return TRANSFORM_TYPED;
	/* identifiers are known when all rows have been pulled */
	return osmeta_calls_map_id(text) ? TRANSFORM_LATE : TRANSFORM_EXPRESSION;
}

/* Rows that are not moved are matched, by whatever strategy. */
static PlanStrategy
strategy_of(const char *text, bool is_data)
{
	if (!is_data)
		return STRATEGY_MAP;
	if (strcmp(text, "offset") == 0)
		return STRATEGY_OFFSET;
	if (strcmp(text, "keep") == 0)
		return STRATEGY_KEEP;
	if (strcmp(text, "dense") == 0)
		return STRATEGY_DENSE;
	if (strcmp(text, "assigned") == 0)
		return STRATEGY_ASSIGNED;
	if (strcmp(text, "parent") == 0)
		return STRATEGY_PARENT;
	if (strncmp(text, "natural:", 8) == 0)
		return STRATEGY_NATURAL;
	return STRATEGY_MAP;
}

static int
compare_id(const void *a, const void *b)
{
	int64		x = (*(PlanEntity *const *) a)->entity_id;
	int64		y = (*(PlanEntity *const *) b)->entity_id;

	return x < y ? -1 : x > y;
}

/* The entities stand in the order of delivery: this one is for look-ups. */
static void
index_entities(MigrationPlan *plan)
{
	plan->by_id = SPI_palloc(sizeof(PlanEntity *) * Max(plan->nentities, 1));
	for (int i = 0; i < plan->nentities; i++)
		plan->by_id[i] = &plan->entities[i];
	qsort(plan->by_id, plan->nentities, sizeof(PlanEntity *), compare_id);
}

PlanEntity *
osmeta_plan_entity(MigrationPlan *plan, int64 entity_id)
{
	PlanEntity	key = {.entity_id = entity_id};
	PlanEntity *wanted = &key;
	PlanEntity **found = bsearch(&wanted, plan->by_id, plan->nentities,
								 sizeof(PlanEntity *), compare_id);

	return found ? *found : NULL;
}

/* "Espace.Entity", for messages. */
char *
osmeta_entity_label(const PlanEntity *entity)
{
	if (entity->espace == NULL)
		return pstrdup(entity->name);
	return psprintf("%s.%s", entity->espace, entity->name);
}

static PlanEntity *
entity_by_label(MigrationPlan *plan, const char *label)
{
	for (int i = 0; i < plan->nentities; i++)
	{
		if (strcmp(osmeta_entity_label(&plan->entities[i]), label) == 0)
			return &plan->entities[i];
	}
	return NULL;
}

static void
load_entities(MigrationPlan *plan)
{
	uint64		rows;

	osmeta_execf("SELECT e.entity_id, e.espace, e.entity, e.entity_key::text, e.filter,"
				 " e.source_table, e.target_table, e.counter, e.key_strategy, e.is_data,"
				 " COALESCE(e.level, 0), e.lower_id, e.upper_id,"
				 " COALESCE(e.rows_expected, 0), COALESCE(e.id_offset, 0), e.has_map, e.is_read,"
				 " e.pull_rule, e.delta_from, e.pulled_upper_id, COALESCE(e.pulled_rows, 0),"
				 " COALESCE(e.pulled_sum, 0)::text, e.platform_table, e.instance_scan, e.instance_filter"
				 " FROM osmeta.plan_entity e"
				 " WHERE e.plan_id = " INT64_FORMAT
				 " AND e.include AND e.status = 'matched'"
				 " ORDER BY e.is_data DESC, e.level, e.espace, e.entity, e.entity_id",
				 plan->plan_id);
	rows = SPI_processed;
	plan->nentities = (int) rows;
	plan->entities = SPI_palloc(sizeof(PlanEntity) * Max(rows, 1));
	memset(plan->entities, 0, sizeof(PlanEntity) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		PlanEntity *e = &plan->entities[i];
		char	   *rule;
		bool		no_lower;
		bool		no_upper;

		e->entity_id = osmeta_int64_at(i, 1, NULL);
		e->espace = TEXT(i, 2);
		e->name = TEXT(i, 3);
		e->key = TEXT(i, 4);
		e->filter = TEXT(i, 5);
		e->source_table = TEXT(i, 6);
		e->target_table = TEXT(i, 7);
		e->counter = TEXT(i, 8);
		e->strategy_name = TEXT(i, 9);
		e->is_data = osmeta_bool_at(i, 10);
		e->strategy = strategy_of(e->strategy_name, e->is_data);
		e->level = (int) osmeta_int64_at(i, 11, NULL);
		e->lower_id = osmeta_int64_at(i, 12, &no_lower);
		e->upper_id = osmeta_int64_at(i, 13, &no_upper);
		e->has_upper = !no_lower && !no_upper;
		e->rows_expected = osmeta_int64_at(i, 14, NULL);
		e->offset = osmeta_int64_at(i, 15, NULL);
		e->has_map = osmeta_bool_at(i, 16);
		e->is_read = osmeta_bool_at(i, 17);
		/* the first new identifier is the same as by offset */
		if (e->strategy == STRATEGY_DENSE)
			e->offset += no_lower ? 1 : e->lower_id;
		rule = TEXT(i, 18);
		e->pull_rule = rule == NULL || strcmp(rule, "all") == 0 ? PULL_ALL :
			strcmp(rule, "filter") == 0 ? PULL_FILTER : PULL_NEEDED;
		e->delta_from = TEXT(i, 19);
		e->pulled_upper_id = osmeta_int64_at(i, 20, &no_lower);
		e->has_pulled = !no_lower;
		e->pulled_rows = osmeta_int64_at(i, 21, NULL);
		e->pulled_sum = TEXT(i, 22);
		e->platform_table = TEXT(i, 23);
		e->instance_scan = TEXT(i, 24);
		e->instance_filter = TEXT(i, 25);
	}
	index_entities(plan);
}

/*
 * Two attributes of an entity can bear one name, since those of both sides
 * are here and one side may have renamed its own: the later one gets its
 * number behind its name.
 */
static void
make_names_unique(PlanEntity *entity)
{
	for (int i = 1; i < entity->nattributes; i++)
	{
		PlanAttribute *a = &entity->attributes[i];

		for (int j = 0; j < i; j++)
		{
			if (strcmp(a->name, entity->attributes[j].name) != 0)
				continue;
			a->name = lasting(psprintf("%s (%d)", a->name,
									   a->attribute_no));
			j = -1;				/* this name may be another one's, too */
		}
	}
}

/*
 * What converts a value was made before it was known under which name the
 * value is seen.
 */
static char *
name_value(const PlanAttribute *attribute)
{
	StringInfoData buf;
	const char *rest = attribute->expression;
	const char *mark;

	initStringInfo(&buf);
	while ((mark = strstr(rest, VALUE_MARK)) != NULL)
	{
		appendBinaryStringInfo(&buf, rest, (int) (mark - rest));
		appendStringInfoString(&buf, osmeta_quote_name(attribute->name));
		rest = mark + strlen(VALUE_MARK);
	}
	appendStringInfoString(&buf, rest);
	return lasting(buf.data);
}

/* Is the value of an attribute mapped as another entity's identifier? */
bool
osmeta_is_mapped(const PlanAttribute *attribute)
{
	return attribute->refers_to != NULL &&
		(attribute->transform == TRANSFORM_REMAP ||
		 attribute->transform == TRANSFORM_KEY);
}

/* The attribute of an entity that has a name of the platform's. */
static const PlanAttribute *
find_attribute(const PlanEntity *entity, const char *name)
{
	for (int i = 0; i < entity->nattributes; i++)
	{
		if (strcmp(entity->attributes[i].name, name) == 0)
			return &entity->attributes[i];
	}
	return NULL;
}

/*
 * What the values of inputs and outputs may be identifiers of: an attribute
 * without a column for each, behind those that have one.
 */
static void
load_typed_of(const MigrationPlan *plan, PlanEntity *entity,
			  const PlanAttribute *value, const PlanAttribute *type,
			  const PlanAttribute *definition, uint64 first, uint64 count)
{
	static const char *const types = "SELECT osmeta.try_bt_ref(d.ss_type) FROM osmeta.captured_%s d WHERE d.capture_id = " INT64_FORMAT " AND d.id = ";
	const char *table = definition == NULL || definition->refers_to == NULL ?
	NULL : definition->refers_to->platform_table;
	PlanAttribute *all = SPI_palloc(sizeof(PlanAttribute) * (entity->nattributes + count));

	memcpy(all, entity->attributes,
		   sizeof(PlanAttribute) * entity->nattributes);
	memset(all + entity->nattributes, 0, sizeof(PlanAttribute) * count);
	for (uint64 i = 0; i < count; i++)
	{
		PlanAttribute *a = &all[entity->nattributes + i];

		a->attribute_no = (int) osmeta_int64_at(first + i, 2, NULL);
		a->name = TEXT(first + i, 3);
		a->type = TEXT(first + i, 4);
		a->refers_to_id = osmeta_int64_at(first + i, 5, NULL);
		a->typed_key = TEXT(first + i, 6);
		a->is_tested = true;
		a->is_soft = true;
		a->transform = TRANSFORM_REMAP;
		a->value_no = value->attribute_no;
		a->type_no = type == NULL ? 0 : type->attribute_no;
		if (table != NULL)
		{
			a->definition_no = definition->attribute_no;
			a->source_types = lasting(psprintf(types, table, plan->source_capture_id));
			a->target_types = lasting(psprintf(types, table, plan->target_capture_id));
		}
		a->source_type = value->source_type;
		a->target_type = value->target_type;
	}
	entity->identifier = all + (entity->identifier - entity->attributes);
	if (entity->delta != NULL)
		entity->delta = all + (entity->delta - entity->attributes);
	entity->attributes = all;
	entity->nreferences = entity->nattributes + (int) count;
}

/*
 * Which attribute of a process leads to the root of its tree, and which of
 * the other instances to what they belong to?
 */
static void
mark_tree(MigrationPlan *plan)
{
	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];
		const PlanAttribute *parent;
		bool		is_process;

		if (e->platform_table == NULL || !e->is_data)
			continue;
		is_process = strcmp(e->platform_table, "bpm_process") == 0;
		parent = find_attribute(e, "Parent_Process_Id");
		for (int j = 0; j < e->nattributes; j++)
		{
			PlanAttribute *a = &e->attributes[j];

			if (a->transform != TRANSFORM_REMAP)
				continue;
			a->is_root = is_process && strcmp(a->name, "Top_Process_Id") == 0;
			a->is_owner = !is_process && (strcmp(a->name, "Process_Id") == 0 ||
										  strcmp(a->name, "Activity_Id") == 0);
			if (a->is_root && parent != NULL &&
				parent->transform == TRANSFORM_REMAP)
				a->parent_no = parent->attribute_no;
		}
	}
}

static void
load_typed(MigrationPlan *plan)
{
	uint64		rows;
	uint64		next;

	for (int i = 0; i < plan->nentities; i++)
		plan->entities[i].nreferences = plan->entities[i].nattributes;
	mark_tree(plan);
	rows = osmeta_execf("SELECT a.entity_id, a.attribute_no, a.attribute, a.type, COALESCE(a.refers_to_entity_id, 0), a.refers_to::text"
						" FROM osmeta.plan_attribute a JOIN osmeta.plan_entity e ON e.plan_id = a.plan_id AND e.entity_id = a.entity_id"
						" WHERE a.plan_id = " INT64_FORMAT " AND e.platform_table IS NOT NULL"
						" AND a.status = 'typed' AND a.transform = 'typed' AND a.include AND a.refers_to IS NOT NULL"
						" ORDER BY a.entity_id, a.attribute_no", plan->plan_id);
	for (uint64 i = 0; i < rows; i = next)
	{
		int64		id = osmeta_int64_at(i, 1, NULL);
		PlanEntity *entity = osmeta_plan_entity(plan, id);
		const PlanAttribute *value = NULL;
		const PlanAttribute *definition;

		for (next = i; next < rows && osmeta_int64_at(next, 1, NULL) == id; next++)
			;
		if (entity == NULL || entity->identifier == NULL)
			continue;
		definition = find_attribute(entity, "Input_Def_Id");
		if (definition == NULL)
			definition = find_attribute(entity, "Output_Def_Id");
		for (int j = 0; j < entity->nattributes; j++)
		{
			if (entity->attributes[j].transform == TRANSFORM_TYPED)
				value = &entity->attributes[j];
		}
		if (value != NULL)
			load_typed_of(plan, entity, value, find_attribute(entity, "Ss_Type"),
						  definition, i, next - i);
	}
}

static void
load_attributes(MigrationPlan *plan)
{
	uint64		rows;
	PlanEntity *entity = NULL;
	int			room = 0;

	osmeta_execf("SELECT a.entity_id, a.attribute_no, a.attribute, a.type, a.source_column,"
				 " a.target_column, a.source_type, a.target_type, a.mask, t.transform,"
				 " a.is_identifier, a.is_deferred AND (t.transform = 'remap' OR t.transform LIKE '" SOFT_PREFIX "%%'),"
				 " COALESCE(a.refers_to_entity_id, 0),"
				 " CASE WHEN t.transform = 'default' THEN quote_nullable(a.target_default)"
				 "  WHEN (t.transform IN ('null value', 'convert') OR t.transform LIKE '" SOFT_PREFIX "%%')"
				 "   AND osmeta.is_data_type(n.type)"
				 "  THEN quote_nullable(osmeta.null_value(n.type, %s)) ELSE 'NULL' END,"
				 " a.dangling_rows IS DISTINCT FROM 0,"
				 " CASE WHEN t.transform = 'convert' THEN osmeta.plan_convert('" VALUE_MARK "', a.type,"
				 "  a.target_attribute_type, a.source_type,"
				 "  regexp_replace(a.target_type, '[(][^)]*[)]', ''), %s, %s) END,"
				 " a.is_mandatory,"
				 " a.attribute IS NOT DISTINCT FROM e.delta_attribute AND a.source_type IS NOT NULL,"
				 " CASE WHEN COALESCE(a.target_attribute_type, a.type) ILIKE 'bt%%' THEN"
				 "  (SELECT q.entity_id FROM osmeta.plan_entity q WHERE q.plan_id = a.plan_id"
				 "   AND q.entity_key OPERATOR(osmeta.=) osmeta.try_bt_ref(COALESCE(a.target_attribute_type, a.type))) END"
				 " FROM osmeta.plan_attribute a"
				 " JOIN osmeta.plan_entity e ON e.plan_id = a.plan_id AND e.entity_id = a.entity_id"
				 " CROSS JOIN LATERAL (SELECT CASE WHEN a.include THEN a.transform"
				 "  ELSE 'null value' END) t (transform)"
				 " CROSS JOIN LATERAL (SELECT CASE WHEN t.transform = 'convert' THEN a.type"
				 "  ELSE COALESCE(a.target_attribute_type, a.type) END) n (type)"
				 " WHERE a.plan_id = " INT64_FORMAT " AND e.include"
				 " AND (a.include OR NOT a.is_identifier)"
	/* the target fills it */
				 " AND t.transform <> 'column default'"
	/* a column is filled once, by whom it is for */
				 " AND (a.include OR NOT EXISTS (SELECT FROM osmeta.plan_attribute o"
				 "   WHERE o.plan_id = a.plan_id AND o.entity_id = a.entity_id"
				 "    AND o.attribute_no <> a.attribute_no AND o.target_column = a.target_column"
				 "    AND o.status IN ('matched', 'target only') AND o.target_type IS NOT NULL"
				 "    AND (o.include OR o.attribute_no < a.attribute_no)))"
				 " AND e.status = 'matched' AND a.status IN ('matched', 'target only')"
				 " AND a.target_type IS NOT NULL"
				 " AND (a.source_type IS NOT NULL OR a.status = 'target only')"
				 " ORDER BY a.entity_id, a.attribute_no",
				 quote_literal_cstr(plan->target_dialect),
				 quote_literal_cstr(plan->source_dialect),
				 quote_literal_cstr(plan->target_dialect),
				 plan->plan_id);
	rows = SPI_processed;
	for (uint64 i = 0; i < rows; i++)
	{
		int64		id = osmeta_int64_at(i, 1, NULL);
		PlanAttribute *a;
		char	   *transform;

		if (entity == NULL || entity->entity_id != id)
		{
			entity = osmeta_plan_entity(plan, id);
			room = 0;
			for (uint64 j = i;
				 j < rows && osmeta_int64_at(j, 1, NULL) == id; j++)
				room++;
			entity->attributes = SPI_palloc(sizeof(PlanAttribute) * room);
			memset(entity->attributes, 0, sizeof(PlanAttribute) * room);
		}
		a = &entity->attributes[entity->nattributes++];
		a->attribute_no = (int) osmeta_int64_at(i, 2, NULL);
		a->name = TEXT(i, 3);
		a->type = TEXT(i, 4);
		a->source_column = TEXT(i, 5);
		a->target_column = TEXT(i, 6);
		a->source_type = TEXT(i, 7);
		a->target_type = TEXT(i, 8);
		a->mask = TEXT(i, 9);
		transform = TEXT(i, 10);
		a->transform = transform_of(transform);
		a->expression = TEXT(i, 16);
		a->is_converted = a->expression != NULL;
		if (a->expression == NULL)
			a->expression = transform;
		a->is_soft = strncmp(transform, SOFT_PREFIX, strlen(SOFT_PREFIX)) == 0;
		if (a->is_soft)
			a->refers_to_name = transform + strlen(SOFT_PREFIX);
		a->is_identifier = osmeta_bool_at(i, 11);
		a->is_deferred = osmeta_bool_at(i, 12);
		a->refers_to_id = osmeta_int64_at(i, 13, NULL);
		a->null_value = TEXT(i, 14);
		a->is_tested = osmeta_bool_at(i, 15);
		a->is_mandatory = osmeta_bool_at(i, 17);
		if (osmeta_bool_at(i, 18))
			entity->delta = a;
		if (a->transform == TRANSFORM_EXPRESSION ||
			a->transform == TRANSFORM_LATE)
			a->given_to = osmeta_plan_entity(plan, osmeta_int64_at(i, 19, NULL));
		if (a->is_identifier)
		{
			entity->identifier = a;
			entity->is_number = is_number(a);
		}
	}

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		for (int j = 0; j < e->nattributes; j++)
			e->attributes[j].refers_to = osmeta_plan_entity(plan, e->attributes[j].refers_to_id);
	}
	load_typed(plan);
	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		for (int j = 0; j < e->nreferences; j++)
		{
			PlanAttribute *a = &e->attributes[j];

			if (a->is_soft && a->typed_key == NULL)
				a->refers_to = entity_by_label(plan, a->refers_to_name);
			else if (a->refers_to_id != 0)
				a->refers_to = osmeta_plan_entity(plan, a->refers_to_id);
			if (e->is_data && osmeta_is_mapped(a))
				a->refers_to->is_parent = true;
		}
		make_names_unique(e);
		for (int j = 0; j < e->nattributes; j++)
			e->attributes[j].expression = name_value(&e->attributes[j]);
	}
	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		inherit_number(plan, e);
		e->is_created = !e->is_data &&
			((strcmp(e->strategy_name, "user") == 0 &&
			  strcmp(plan->users, "create") == 0) ||
			 (strcmp(e->strategy_name, "group") == 0 &&
			  strcmp(plan->groups, "create") == 0));
	}
}

MigrationPlan *
osmeta_plan_load(const char *name)
{
	MigrationPlan *plan = SPI_palloc(sizeof(MigrationPlan));
	const char *args[1];
	Oid			owner;
	int			nest_level;

	memset(plan, 0, sizeof(MigrationPlan));
	args[0] = name;
	if (osmeta_query_text("SELECT p.plan_id, p.plan, p.source, p.target, p.phase, p.owner,"
						  " COALESCE(p.options ->> 'users', 'match'),"
						  " COALESCE((p.options ->> 'chunk_rows')::bigint, 50000),"
						  " COALESCE((p.options ->> 'headroom')::bigint, 10000),"
						  " p.source_capture_id, p.target_capture_id,"
						  " s.schema, t.schema, t.wrapper, COALESCE(t.dialect, 'postgres'), COALESCE(s.dialect, 'postgres'),"
						  " CASE WHEN osmeta.environment_place(p.source) <> p.source_place THEN p.source"
						  "  WHEN osmeta.environment_place(p.target) <> p.target_place THEN p.target END,"
						  " p.round, p.generation, COALESCE(p.options ->> 'groups', 'match'),"
						  " COALESCE(p.options ->> 'existing_one_to_one', 'keep_target'),"
						  " COALESCE(p.options ->> 'existing', 'append') = 'delete',"
						  " COALESCE(p.options ->> 'undo_changed', 'refuse'),"
						  " COALESCE(p.options ->> 'undo_referenced', 'refuse'), s.wrapper,"
						  " COALESCE((p.options -> 'follow')::boolean, false),"
						  " COALESCE(p.options ->> 'updates', 'false')"
						  " FROM osmeta.plan p"
						  " LEFT JOIN osmeta.environment s ON s.environment = p.source"
						  " LEFT JOIN osmeta.environment t ON t.environment = p.target"
						  " WHERE p.plan = $1", 1, args) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("plan \"%s\" does not exist", name),
				 errhint("SELECT plan FROM osmeta.plan lists the plans.")));

	plan->plan_id = osmeta_int64_at(0, 1, NULL);
	plan->name = TEXT(0, 2);
	plan->schema = lasting(quote_identifier(plan->name));
	plan->source = TEXT(0, 3);
	plan->target = TEXT(0, 4);
	plan->phase = TEXT(0, 5);
	plan->owner = TEXT(0, 6);
	plan->users = TEXT(0, 7);
	plan->chunk_rows = osmeta_int64_at(0, 8, NULL);
	plan->headroom = osmeta_int64_at(0, 9, NULL);
	plan->source_capture_id = osmeta_int64_at(0, 10, NULL);
	plan->target_capture_id = osmeta_int64_at(0, 11, NULL);
	plan->source_schema = TEXT(0, 12);
	plan->target_schema = TEXT(0, 13);
	plan->target_wrapper = TEXT(0, 14);
	plan->target_dialect = TEXT(0, 15);
	plan->source_dialect = TEXT(0, 16);
	plan->elsewhere = TEXT(0, 17);
	plan->round = (int32) osmeta_int64_at(0, 18, NULL);
	plan->generation = (int32) osmeta_int64_at(0, 19, NULL);
	plan->groups = TEXT(0, 20);
	plan->existing_one_to_one = TEXT(0, 21);
	plan->delete_existing = osmeta_bool_at(0, 22);
	plan->undo_changed = TEXT(0, 23);
	plan->undo_referenced = TEXT(0, 24);
	plan->source_wrapper = TEXT(0, 25);
	plan->follow = osmeta_bool_at(0, 26);
	plan->updates = TEXT(0, 27);
	if (plan->source_schema)
	{
		plan->source_schema = lasting(quote_identifier(plan->source_schema));
		plan->source_columns = lasting(psprintf("%s.live_physical_column",
												plan->source_schema));
	}
	if (plan->target_schema)
	{
		plan->target_schema = lasting(quote_identifier(plan->target_schema));
		plan->target_columns = lasting(psprintf("%s.live_physical_column",
												plan->target_schema));
	}

	owner = get_role_oid(plan->owner, true);
	if (!OidIsValid(owner) ? !superuser() :
		!has_privs_of_role(GetUserId(), owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("plan \"%s\" belongs to role \"%s\"", name,
						plan->owner),
				 errhint("Only that role and its members can run, verify or drop it.")));

	nest_level = osmeta_spi_expect_many();
	load_entities(plan);
	load_attributes(plan);
	osmeta_spi_restore(nest_level);
	return plan;
}

/*
 * The statements can only be built of a plan whose parts fit together.
 * plan_problem says what does not, to the user; this is for whoever gets
 * here in spite of it.
 */
void
osmeta_plan_require_sound(const MigrationPlan *plan)
{
	if (plan->elsewhere != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("environment \"%s\" is not the one that plan \"%s\" was made from",
						plan->elsewhere, plan->name),
				 errdetail("It has been attached again, to another server or schema."),
				 errhint("Attach the former one under this name.")));
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];
		bool		is_sound = !e->is_data || (e->identifier != NULL &&
											   e->strategy != STRATEGY_MAP);

		for (int j = 0; is_sound && e->is_data && j < e->nattributes; j++)
		{
			const PlanAttribute *a = &e->attributes[j];
			bool		is_mapped = a->transform == TRANSFORM_REMAP ||
			(a->transform == TRANSFORM_KEY &&
			 e->strategy == STRATEGY_PARENT);

			is_sound = !is_mapped || (a->refers_to != NULL &&
									  (a->refers_to->strategy == STRATEGY_MAP ||
									   a->refers_to->identifier != NULL));
		}
		if (!is_sound)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("plan \"%s\" does not say how to deliver %s",
							plan->name, osmeta_entity_label(e)),
					 errhint("SELECT * FROM osmeta.plan_problem WHERE plan = %s tells what is wrong.",
							 quote_literal_cstr(plan->name))));
	}
}
