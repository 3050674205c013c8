/*-------------------------------------------------------------------------
 *
 * plan_identifier.c
 *	  How an identifier of the source becomes one of the target, as SQL.
 *
 * Each key strategy is an expression over the old identifier.  Most need no
 * join: a number is added, or a function looks into the session's memory
 * (plan_memory.c).  Joins remain for what can be larger than memory: pairs
 * of rows that the target already had or gave an identifier to (tables mN of
 * the plan's schema), and texts.
 *
 * A reference whose row is not in the stage becomes NULL, never the old
 * number: by chance that may be another row's identifier at the target.
 * Where it is known that there is no such reference, nothing is tested.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_identifier.h"

#include "miscadmin.h"
#include "utils/builtins.h"

void
osmeta_mapping_begin(Mapping *mapping, const MigrationPlan *plan)
{
	mapping->plan = plan;
	mapping->number = 0;
	initStringInfo(&mapping->joins);
}

/*
 * A text identifier of the source as it is compared: SQL Server takes texts
 * that differ by case or trailing blanks only for the same.
 */
char *
osmeta_compared_id(const MigrationPlan *plan, const char *value)
{
	if (strcmp(plan->source_dialect, "sqlserver") != 0)
		return pstrdup(value);
	return psprintf("osmeta.fold_name(rtrim((%s)::text, ' '))", value);
}

/* The value if the stage has the row, else NULL. */
static char *
staged_value(Mapping *mapping, const PlanEntity *entity, const char *value)
{
	const MigrationPlan *plan = mapping->plan;
	int			n;
	int			id = entity->identifier->attribute_no;

	if (entity->is_number)
		return psprintf("osmeta.staged_id(" INT64_FORMAT ", " INT64_FORMAT ", %d, (%s)::bigint)",
						plan->plan_id, entity->entity_id, plan->generation,
						value);
	n = ++mapping->number;
	if (strcmp(plan->source_dialect, "sqlserver") == 0)
		appendStringInfo(&mapping->joins, " LEFT JOIN (SELECT DISTINCT ON (%s) %s AS f, i.c%d FROM %s i ORDER BY 1, 2) r%d ON r%d.f = %s",
						 osmeta_compared_id(plan, psprintf("i.c%d", id)),
						 osmeta_compared_id(plan, psprintf("i.c%d", id)), id,
						 osmeta_stage_name(plan, 'e', entity->entity_id), n, n,
						 osmeta_compared_id(plan, value));
	else
		appendStringInfo(&mapping->joins, " LEFT JOIN %s r%d ON r%d.c%d = %s",
						 osmeta_stage_name(plan, 'e', entity->entity_id), n, n,
						 id, value);
	return psprintf("r%d.c%d", n, id);
}

/* The partner of a value in the entity's table mN, NULL if it has none. */
static char *
paired_value(Mapping *mapping, const PlanEntity *entity, const char *value)
{
	int			n = ++mapping->number;

	appendStringInfo(&mapping->joins, " LEFT JOIN %s m%d ON m%d.source_id = %s",
					 osmeta_stage_name(mapping->plan, 'm', entity->entity_id),
					 n, n, value);
	return psprintf("m%d.target_id", n);
}

static char *
map_identifier(Mapping *mapping, const PlanEntity *entity,
			   const char *value, const char *type, bool is_tested,
			   bool is_own)
{
	const MigrationPlan *plan = mapping->plan;
	bool		is_number = osmeta_is_whole_number(type);
	char	   *staged;

	check_stack_depth();
	/* A cast to a length would cut, and what is cut may be another's. */
	type = osmeta_open_type(type);
	if (entity->strategy == STRATEGY_MAP)
		return psprintf("osmeta.mapped_id(" INT64_FORMAT ", " INT64_FORMAT ", %d, %s)::%s",
						plan->plan_id, entity->entity_id, plan->generation,
						is_number ? psprintf("(%s)::bigint", value) :
						psprintf("(%s)::text", osmeta_compared_id(plan, value)),
						type);
	/* The row's own spelling is what the target gets. */
	if (!entity->is_number && strcmp(plan->source_dialect, "sqlserver") == 0 &&
		entity->identifier != NULL && !is_own)
		is_tested = true;
	if (entity->strategy == STRATEGY_ASSIGNED)
		return entity->has_map ?
			psprintf("%s::%s", paired_value(mapping, entity, value), type) :
			psprintf("NULL::%s", type);
	if (entity->strategy == STRATEGY_DENSE)
		return psprintf("(osmeta.staged_rank(" INT64_FORMAT ", " INT64_FORMAT ", %d, (%s)::bigint) + (" INT64_FORMAT "))::%s",
						plan->plan_id, entity->entity_id, plan->generation,
						value, entity->offset, type);

	staged = is_tested ? staged_value(mapping, entity, value) :
		pstrdup(value);
	switch (entity->strategy)
	{
		case STRATEGY_OFFSET:
			return psprintf("(%s::bigint + (" INT64_FORMAT "))::%s", staged,
							entity->offset, type);
		case STRATEGY_NATURAL:
			if (!entity->has_map)
				return psprintf("(%s::bigint + (" INT64_FORMAT "))::%s", staged,
								entity->offset, type);
			return psprintf("COALESCE(%s::bigint, %s::bigint + (" INT64_FORMAT "))::%s",
							paired_value(mapping, entity, value), staged,
							entity->offset, type);
		case STRATEGY_PARENT:
			/* one-to-one: whatever the row gets that it belongs to */
			return map_identifier(mapping, entity->identifier->refers_to,
								  staged, type, entity->identifier->is_tested,
								  false);
		default:

			/*
			 * The target may spell a text otherwise that is the same there,
			 * and may have the row although the stage has it not.
			 */
			if (entity->has_map)
				return psprintf("COALESCE(%s::%s, %s::%s)",
								paired_value(mapping, entity,
											 strcmp(staged, value) == 0 ? value :
											 psprintf("COALESCE(%s, %s)", staged, value)),
								type, staged, type);
			return psprintf("%s::%s", staged, type);
	}
}

char *
osmeta_map_identifier(Mapping *mapping, const PlanEntity *entity,
					  const char *value, const char *type, bool is_tested)
{
	return map_identifier(mapping, entity, value, type, is_tested, false);
}

/*
 * The type in which a reference is delivered: wide enough for every
 * identifier of the entity, so that one which the column cannot hold is
 * found before anything is written.
 */
char *
osmeta_mapped_type(const PlanAttribute *attribute)
{
	const char *type = attribute->target_type;
	const PlanAttribute *id = attribute->refers_to->identifier;

	if ((strcmp(type, "integer") == 0 || strcmp(type, "smallint") == 0) &&
		(id == NULL || id->target_type == NULL ||
		 strcmp(id->target_type, type) != 0))
		return pstrdup("bigint");
	return osmeta_open_type(type);
}

/*
 * A text as a number of a type numeric(...), NULL if it is none or the type
 * cannot hold it.
 */
static char *
parsed_decimal(const char *value, const char *type)
{
	int			precision;
	int			scale = 0;
	const char *cast = type;
	char	   *decimals = "";

	/* 255 is what a regular expression can count to */
	if (sscanf(type, "numeric(%d,%d)", &precision, &scale) < 1 ||
		scale < 0 || precision - scale < 1 || precision > 255)
	{
		cast = "numeric";
		precision = 100;
		scale = 50;
	}
	if (scale > 0)
		decimals = psprintf("([.][0-9]{1,%d})?", scale);
	return psprintf("CASE WHEN %s::text ~ '^ *-?[0-9]{1,%d}%s *$' THEN %s::text::%s END",
					value, precision - scale, decimals, value, cast);
}

bool
osmeta_is_numeric(const char *type)
{
	return strncmp(type, "numeric", strlen("numeric")) == 0;
}

static bool
is_text(const char *type)
{
	return strncmp(type, "character", strlen("character")) == 0 ||
		strcmp(type, "text") == 0;
}

/*
 * What a column holds for a soft key to rows with identifiers of a type; 0
 * in a column of numbers is how it says that there is none.
 */
char *
osmeta_soft_decimal(const char *value, const char *column_type,
					const char *type)
{
	if (is_text(column_type))
		return parsed_decimal(value, type);
	return psprintf("NULLIF(%s, 0)",
					parsed_decimal(osmeta_is_numeric(column_type) ?
								   psprintf("trim_scale(%s)", value) : value,
								   type));
}

/*
 * Of what entity the text of a row is an identifier: the row says it, or else
 * its definition; alias t is the target's row, with the target's definition.
 */
static char *
typed_key_value(const PlanAttribute *attribute, const char *alias)
{
	const char *types = strcmp(alias, "t") == 0 ? attribute->target_types :
	attribute->source_types;
	char	   *defined = types == NULL ? "NULL::osmeta.oskey" :
	psprintf("(%s%s.c%d)", types, alias, attribute->definition_no);

	if (attribute->type_no == 0)
		return defined;
	return psprintf("CASE WHEN btrim(%s.c%d) <> '' THEN osmeta.try_bt_ref(%s.c%d) ELSE %s END",
					alias, attribute->type_no, alias, attribute->type_no,
					defined);
}

/*
 * What a text holds that is an identifier of the entity if the row says so; 0
 * and no text say that there is none, and what is no number is none.
 */
static char *
typed_reference_value(const PlanAttribute *attribute, const char *alias)
{
	const PlanEntity *entity = attribute->refers_to;
	const char *type = entity->identifier == NULL ? "text" :
	entity->identifier->source_type;
	char	   *value = psprintf("%s.c%d", alias, attribute->value_no);
	char	   *found;

	if (entity->identifier == NULL ? entity->strategy == STRATEGY_MAP : entity->is_number)
		found = psprintf("CASE WHEN %s ~ '^ *0*[1-9][0-9]{0,17} *$' THEN %s::bigint END",
						 value, value);
	else if (type != NULL && osmeta_is_numeric(type))
		found = osmeta_soft_decimal(psprintf("NULLIF(btrim(%s), '0')", value),
									"text", type);
	else
		found = psprintf("NULLIF(%s, '')", value);
	return psprintf("CASE WHEN (%s) OPERATOR(osmeta.=) %s::osmeta.oskey THEN %s END",
					typed_key_value(attribute, alias),
					quote_literal_cstr(attribute->typed_key), found);
}

/* What stands in the stage for a reference, as its entity's identifier. */
char *
osmeta_reference_value(const PlanAttribute *attribute, const char *alias)
{
	char	   *value = psprintf("%s.c%d", alias, attribute->attribute_no);
	const PlanEntity *entity = attribute->refers_to;

	if (attribute->typed_key != NULL && entity != NULL)
		return typed_reference_value(attribute, alias);

	if (!attribute->is_soft || entity == NULL || entity->identifier == NULL)
		return value;
	if (!entity->is_number)
	{
		const char *type = entity->identifier->source_type;

		if (type != NULL && osmeta_is_numeric(type))
			return osmeta_soft_decimal(value, attribute->source_type, type);
		return type != NULL && is_text(type) && !is_text(attribute->source_type) ?
			psprintf("%s::text", value) : value;
	}
	if (osmeta_is_whole_number(attribute->source_type))
		return psprintf("NULLIF(%s, 0)", value);
	return psprintf("CASE WHEN %s::text ~ '^ *[0-9]{1,18} *$' THEN %s::text::bigint END",
					value, value);
}

/*
 * Likewise, the new value: texts that are no number stay what they are, and a
 * number whose row is not there becomes the null value of the attribute.
 */
static char *
soft_value(Mapping *mapping, const PlanAttribute *attribute)
{
	const PlanEntity *entity = attribute->refers_to;
	const PlanAttribute *id = entity->identifier;
	char	   *old = psprintf("s.c%d", attribute->attribute_no);
	char	   *value = osmeta_reference_value(attribute, "s");
	bool		is_decimal = id != NULL && !entity->is_number &&
	id->source_type != NULL && osmeta_is_numeric(id->source_type);
	const char *type = "text";
	char	   *new;

	if (entity->is_number)
		type = "bigint";
	else if (is_decimal && osmeta_is_numeric(id->target_type))
		type = "numeric";
	new = osmeta_map_identifier(mapping, entity, value, type, true);
	if (strcmp(type, "numeric") == 0)
		new = psprintf("trim_scale(%s)", new);
	if (!entity->is_number && !is_decimal)
		return psprintf("(%s)::%s", new, osmeta_mapped_type(attribute));
	return psprintf("(CASE WHEN (%s) IS NULL THEN %s::text ELSE COALESCE((%s)::text, %s) END)::%s",
					value, old, new, attribute->null_value,
					osmeta_mapped_type(attribute));
}

/*
 * The value of an input or output: the new identifier where it holds one; 0
 * where there is no such row any more, or it is not known of what.
 */
char *
osmeta_map_typed(Mapping *mapping, const PlanEntity *entity,
				 const PlanAttribute *attribute)
{
	StringInfoData buf;
	char	   *old = psprintf("s.c%d", attribute->attribute_no);
	const PlanAttribute *type = NULL;

	initStringInfo(&buf);
	for (int i = entity->nattributes; i < entity->nreferences; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		char	   *value;
		const PlanAttribute *id;
		bool		is_decimal;
		char	   *new;

		if (a->refers_to == NULL)
			continue;
		type = a;
		id = a->refers_to->identifier;
		is_decimal = id != NULL && !a->refers_to->is_number &&
			id->source_type != NULL && osmeta_is_numeric(id->source_type);
		value = osmeta_reference_value(a, "s");
		new = osmeta_map_identifier(mapping, a->refers_to, value,
									a->refers_to->is_number ? "bigint" :
									is_decimal ? "numeric" : "text", true);
		/* a text that is no row's may be any text */
		appendStringInfo(&buf, " WHEN (%s) IS NOT NULL THEN COALESCE((%s)::text, %s)",
						 value, is_decimal ? psprintf("trim_scale(%s)", new) : new,
						 a->refers_to->is_number || is_decimal || id == NULL ?
						 "'0'" : old);
	}
	for (int i = 0; type == NULL && i < entity->nattributes; i++)
	{
		/* nothing is known, but that the value is an identifier */
		if (strcmp(entity->attributes[i].name, "Ss_Type") == 0)
			return psprintf("CASE WHEN osmeta.is_bt_ref(s.c%d) AND %s ~ '^ *[0-9]+ *$' THEN '0' ELSE %s END",
							entity->attributes[i].attribute_no, old, old);
	}
	if (type == NULL)
		return old;
	return psprintf("(CASE%s WHEN %s ~ '^ *[0-9]+ *$' AND (%s) IS NOT NULL THEN '0' ELSE %s END)::%s",
					buf.data, old, typed_key_value(type, "s"), old,
					osmeta_open_type(attribute->target_type));
}

char *
osmeta_map_reference(Mapping *mapping, const PlanAttribute *attribute)
{
	char	   *value;

	if (attribute->is_soft)
		value = soft_value(mapping, attribute);
	else
		value = osmeta_map_identifier(mapping, attribute->refers_to,
									  psprintf("s.c%d", attribute->attribute_no),
									  osmeta_mapped_type(attribute),
									  attribute->is_tested);
	/* The stage may have a row that the source has no more. */
	if (mapping->plan->round == 1 || !attribute->refers_to->is_data)
		return value;
	return psprintf("CASE WHEN %d = ANY (s.gone) THEN %s ELSE %s END",
					attribute->attribute_no,
					attribute->is_soft && attribute->null_value ?
					psprintf("%s::%s", attribute->null_value,
							 osmeta_mapped_type(attribute)) : "NULL", value);
}

/* Whose identifiers do an entity's rows have, if the target gives them? */
PlanEntity *
osmeta_gives_to(PlanEntity *entity)
{
	check_stack_depth();
	if (entity == NULL)
		return NULL;
	if (entity->is_created)
		return entity;
	if (!entity->is_data || entity->identifier == NULL)
		return NULL;
	if (entity->strategy == STRATEGY_ASSIGNED)
		return entity;
	if (entity->strategy == STRATEGY_PARENT)
		return osmeta_gives_to(entity->identifier->refers_to);
	return NULL;
}

PlanEntity *
osmeta_leads_to(const PlanAttribute *attribute)
{
	if (attribute->transform != TRANSFORM_REMAP &&
		attribute->transform != TRANSFORM_KEY)
		return NULL;
	return osmeta_gives_to(attribute->refers_to);
}

/* The value if it is one of a user or group who is to be created. */
static char *
created_value(Mapping *mapping, const PlanEntity *entity, const char *value)
{
	int			n = ++mapping->number;

	appendStringInfo(&mapping->joins, " LEFT JOIN (SELECT c.source_id, c.source_id::bigint AS id FROM osmeta.plan_created c"
					 " WHERE c.plan_id = " INT64_FORMAT " AND c.table_name = %s) p%d ON p%d.source_id = (%s)::text",
					 mapping->plan->plan_id,
					 quote_literal_cstr(entity->strategy_name), n, n, value);
	return psprintf("p%d.id", n);
}

char *
osmeta_staged_identifier(Mapping *mapping, const PlanEntity *entity,
						 char *value)
{
	for (;;)
	{
		if (entity->is_created)
			return created_value(mapping, entity, value);
		value = staged_value(mapping, entity, value);
		if (entity->strategy == STRATEGY_ASSIGNED)
			return value;
		entity = entity->identifier->refers_to;
	}
}

char *
osmeta_staged_reference(Mapping *mapping, const PlanAttribute *attribute)
{
	return osmeta_staged_identifier(mapping, attribute->refers_to,
									osmeta_reference_value(attribute, "s"));
}

bool
osmeta_typed_is_given(const PlanEntity *entity)
{
	for (int i = entity->nattributes; i < entity->nreferences; i++)
	{
		if (osmeta_gives_to(entity->attributes[i].refers_to) != NULL)
			return true;
	}
	return false;
}

char *
osmeta_staged_typed(Mapping *mapping, const PlanEntity *entity, char **given)
{
	StringInfoData source;
	StringInfoData number;

	initStringInfo(&source);
	initStringInfo(&number);
	for (int i = entity->nattributes; i < entity->nreferences; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		PlanEntity *root = osmeta_gives_to(a->refers_to);
		char	   *staged;

		if (root == NULL)
			continue;
		/* NULL for all but the one that the row says */
		staged = osmeta_staged_reference(mapping, a);
		appendStringInfo(&source, "%s(%s)::bigint",
						 source.len > 0 ? ", " : "", staged);
		appendStringInfo(&number, " WHEN (%s) IS NOT NULL THEN " INT64_FORMAT "::bigint",
						 staged, root->entity_id);
	}
	*given = psprintf("CASE%s END", number.data);
	return psprintf("COALESCE(%s)", source.data);
}

char *
osmeta_map_own_identifier(Mapping *mapping, const PlanEntity *entity)
{
	const PlanAttribute *id = entity->identifier;
	const char *type = id->target_type;

	/* One that is kept and does not fit is found before the push. */
	if (entity->strategy == STRATEGY_KEEP && entity->is_number &&
		strcmp(id->source_type, type) != 0)
		type = "bigint";
	return map_identifier(mapping, entity,
						  psprintf("s.c%d", id->attribute_no), type, false,
						  true);
}

char *
osmeta_delivered_sql(const MigrationPlan *plan, const PlanEntity *entity,
					 const char *alias)
{
	if (!entity->has_map || entity->strategy == STRATEGY_ASSIGNED)
		return pstrdup("true");
	return psprintf("NOT EXISTS (SELECT FROM %s x WHERE x.source_id = %s.c%d AND x.is_existing)",
					osmeta_stage_name(plan, 'm', entity->entity_id), alias,
					entity->identifier->attribute_no);
}
