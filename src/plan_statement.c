/*-------------------------------------------------------------------------
 *
 * plan_statement.c
 *	  The statements of a migration, as text.
 *
 * Nothing here is executed.  A plan's schema holds, for each entity with
 * the id N:
 *
 *	sN	the table at the source (foreign table or view)
 *	eN	the stage: rows as they were pulled, filtered, masked
 *	tN	the table at the target (foreign table or updatable view)
 *	mN	only of some: pairs of identifiers of rows that the target has
 *		already, or has given an identifier to
 *	rN	while the roots of processes are looked for (plan_process.c)
 *	nN	while rows are pulled: identifiers that references lead to and
 *		that were looked for (plan_follow.c)
 *	fN	the table at the target with all its columns (plan_baseline.c);
 *		f0: while they are made, which columns the tables have
 *	uN	while a later round is at work: rows that have changed at the
 *		source since they were delivered, like eN (plan_delta.c)
 *
 * In all three, attribute number K is column cK, so that no name of the
 * factory ever becomes a column name here.  The view under the logical name
 * shows the stage's rows as the target shall hold them: it is the delivery
 * query, and so are the statements that push and that verify.
 *
 * Identifiers are mapped inside the delivery query (plan_identifier.c).
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "data_type.h"
#include "identifier.h"
#include "plan_identifier.h"

char *
osmeta_stage_name(const MigrationPlan *plan, char kind, int64 entity_id)
{
	return psprintf("%s.%c" INT64_FORMAT, plan->schema, kind, entity_id);
}

/* Does the attribute have a column in the stage? */
static bool
is_staged(const PlanAttribute *attribute)
{
	return attribute->transform != TRANSFORM_NULL_VALUE &&
		(attribute->transform != TRANSFORM_LATE ||
		 attribute->source_column != NULL);
}

/*
 * A type without length, digits or decimals: a cast to it cuts and rounds
 * nothing.
 */
char *
osmeta_open_type(const char *type)
{
	const char *open = strchr(type, '(');
	const char *close = open ? strchr(open, ')') : NULL;

	if (strncmp(type, "character(", 10) == 0)
		return pstrdup("bpchar");
	if (strncmp(type, "bit(", 4) == 0)
		return pstrdup("bit varying");
	if (close == NULL)
		return pstrdup(type);
	return psprintf("%.*s%s", (int) (open - type), type, close + 1);
}

/*
 * The type of an attribute's column in the stage.  Values that are computed
 * are kept whole, so that those which do not fit are found; but a time, now()
 * say, may have more digits of a second than any column.
 */
char *
osmeta_staged_type(const PlanAttribute *attribute)
{
	/* what stands there in the end is an identifier */
	if (attribute->is_root && attribute->refers_to != NULL)
		return osmeta_staged_type(attribute->refers_to->identifier);
	if (attribute->transform != TRANSFORM_EXPRESSION)
		return pstrdup(attribute->source_type);
	if (attribute->is_converted)
		return osmeta_open_type(attribute->target_type);
	if (strncmp(attribute->target_type, "time", 4) == 0)
		return pstrdup(attribute->target_type);
	return osmeta_late_type(attribute);
}

/* The type of an expression that is computed when rows are delivered. */
char *
osmeta_late_type(const PlanAttribute *attribute)
{
	return osmeta_is_whole_number(attribute->target_type) ?
		pstrdup("numeric") : osmeta_open_type(attribute->target_type);
}

/*
 * CREATE TABLE of the stage.  gone: numbers of the attributes whose reference
 * leads nowhere although the stage has the row, see plan_gone.c.
 */
char *
osmeta_stage_table_sql(const MigrationPlan *plan, const PlanEntity *entity,
					   char kind)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE TABLE %s (",
					 osmeta_stage_name(plan, kind, entity->entity_id));
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (!is_staged(a))
			continue;
		appendStringInfo(&buf, "c%d %s%s, ", a->attribute_no,
						 osmeta_staged_type(a),
						 a == entity->identifier ? " NOT NULL" : "");
	}
	appendStringInfo(&buf, "round integer NOT NULL, gone integer[], PRIMARY KEY (c%d))",
					 entity->identifier->attribute_no);
	return buf.data;
}

/* What the stage shall hold for an attribute, over the logical names. */
static void
append_pulled_value(StringInfo buf, const PlanEntity *entity,
					const PlanAttribute *attribute)
{
	const char *value;
	const char *masked;

	if (attribute->transform == TRANSFORM_EXPRESSION)
		/* The line break ends a comment that the expression may end with. */
		value = psprintf("(%s\n)", attribute->expression);
	else
		value = osmeta_quote_name(attribute->name);
	if (attribute->mask == NULL)
		masked = value;
	else
		masked = osmeta_masked_value(attribute, value);
	/* an identifier is none of anybody's data, and must stay one */
	for (int i = 0; attribute->mask != NULL && i < entity->nattributes &&
		 attribute->transform == TRANSFORM_TYPED; i++)
	{
		if (strcmp(entity->attributes[i].name, "Ss_Type") == 0)
			masked = psprintf("CASE WHEN osmeta.is_bt_ref(%s) THEN %s ELSE %s END",
							  osmeta_quote_name("Ss_Type"), value, masked);
	}
	appendStringInfoString(buf, masked);
}

/*
 * Wrappers may give conditions to the source that mean something else there
 * (texts compared without case, numbers cut): all but postgres_fdw get no
 * more than bounds.
 */
static bool
is_fenced(const MigrationPlan *plan)
{
	return plan->source_wrapper != NULL &&
		strcmp(plan->source_wrapper, "postgres_fdw") != 0;
}

char *
osmeta_source_sql(const MigrationPlan *plan, const PlanEntity *entity,
				  const char *scan, const char *local)
{
	char	   *table = osmeta_stage_name(plan, 's', entity->entity_id);

	if (entity->instance_scan != NULL)
		scan = psprintf("(%s) AND %s", scan, entity->instance_scan);
	if (entity->instance_filter != NULL)
		local = local == NULL ? entity->instance_filter :
			psprintf("(%s) AND %s", local, entity->instance_filter);
	if (plan->source_wrapper == NULL || (local == NULL && !is_fenced(plan)))
		return psprintf("%s s WHERE %s%s%s%s", table, scan,
						local ? " AND (" : "", local ? local : "",
						local ? ")" : "");
	/* Nothing of what stands outside gets past OFFSET. */
	return psprintf("(SELECT s.* FROM %s s WHERE %s OFFSET 0) s WHERE %s",
					table, scan, local ? local : "true");
}

bool
osmeta_target_is_fenced(const MigrationPlan *plan)
{
	return plan->target_wrapper != NULL &&
		strcmp(plan->target_wrapper, "postgres_fdw") != 0;
}

/*
 * The table tN, or fN, of a target as a relation that statements join, group
 * and sort: t stands for it in range, a condition of literals.  A wrapper that
 * gives the engine there more than that gives it an order, too, which is not
 * ours: what a merge of two orders finds, or what groups of neighbours are,
 * would then be wrong.  Of such a target a fence lets nothing but range past.
 */
char *
osmeta_target_sql(const MigrationPlan *plan, const PlanEntity *entity,
				  char kind, const char *range)
{
	char	   *table = osmeta_stage_name(plan, kind, entity->entity_id);

	if (!osmeta_target_is_fenced(plan))
		return table;
	return psprintf("(SELECT t.* FROM %s t WHERE %s OFFSET 0)", table, range);
}

/*
 * Is a column one of these numbers (literals with a comma and a blank between
 * them)?  Not every wrapper gives IN to the engine there: without it all rows
 * would be fetched.
 */
char *
osmeta_any_of_sql(const char *column, const char *numbers)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "(%s = ", column);
	for (const char *p = numbers; *p != '\0'; p++)
	{
		if (*p != ',')
			appendStringInfoChar(&buf, *p);
		else
		{
			appendStringInfo(&buf, " OR %s = ", column);
			if (p[1] == ' ')
				p++;
		}
	}
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/*
 * The rows of the source as the stage shall hold them.  scan holds nothing
 * but literals (facts: a parameter can get lost on its way).  The user's
 * expressions see the attributes under their logical names.
 */
char *
osmeta_pull_query_sql(const MigrationPlan *plan, const PlanEntity *entity,
					  const char *scan, const char *local)
{
	StringInfoData buf;
	const char *separator = "";

	initStringInfo(&buf);
	appendStringInfoString(&buf, "SELECT ");
	for (int i = 0; i < entity->nattributes; i++)
	{
		if (!is_staged(&entity->attributes[i]))
			continue;
		appendStringInfoString(&buf, separator);
		append_pulled_value(&buf, entity, &entity->attributes[i]);
		separator = ", ";
	}
	appendStringInfo(&buf, ", %d FROM (SELECT ", plan->round);
	separator = "";
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (a->source_column == NULL)
			continue;
		appendStringInfo(&buf, "%ss.c%d AS %s", separator, a->attribute_no,
						 osmeta_quote_name(a->name));
		separator = ", ";
	}
	appendStringInfo(&buf, " FROM %s) AS %s",
					 osmeta_source_sql(plan, entity, scan, local),
					 osmeta_quote_name(entity->name));
	if (entity->filter != NULL)
		appendStringInfo(&buf, " WHERE (%s\n)", entity->filter);
	return buf.data;
}

/* Columns of the stage, in the order of the pull query, round aside. */
char *
osmeta_stage_columns(const PlanEntity *entity, const char *alias)
{
	StringInfoData columns;

	initStringInfo(&columns);
	for (int i = 0; i < entity->nattributes; i++)
	{
		if (is_staged(&entity->attributes[i]))
			appendStringInfo(&columns, "%s%s%sc%d",
							 columns.len > 0 ? ", " : "", alias ? alias : "",
							 alias ? "." : "",
							 entity->attributes[i].attribute_no);
	}
	return columns.data;
}

/* The same with the types of the stage, of what a pull query gave. */
char *
osmeta_stage_values(const PlanEntity *entity, const char *alias)
{
	StringInfoData values;

	initStringInfo(&values);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (is_staged(a))
			appendStringInfo(&values, "%s%s.c%d::%s",
							 values.len > 0 ? ", " : "", alias,
							 a->attribute_no,
							 osmeta_open_type(osmeta_staged_type(a)));
	}
	return values.data;
}

/* The type in which identifiers of an entity are compared here. */
char *
osmeta_id_type(const PlanEntity *entity)
{
	return entity->is_number ? pstrdup("bigint") :
		osmeta_open_type(entity->identifier->source_type);
}

char *
osmeta_insert_stage_sql(const MigrationPlan *plan, const PlanEntity *entity,
						const char *query)
{
	return psprintf("INSERT INTO %s (%s, round) %s",
					osmeta_stage_name(plan, 'e', entity->entity_id),
					osmeta_stage_columns(entity, NULL), query);
}

char *
osmeta_pull_sql(const MigrationPlan *plan, const PlanEntity *entity,
				const char *scan, const char *local)
{
	return osmeta_insert_stage_sql(plan, entity,
								   osmeta_pull_query_sql(plan, entity, scan,
														 local));
}

/*
 * Oracle stores a blank where others store an empty text; between engines
 * the one null value becomes the other.  All other null values are alike.
 * A truth value is a number on some engines.
 */
static char *
copied_value(const MigrationPlan *plan, const PlanAttribute *attribute,
			 char *staged)
{
	bool		from_oracle = strcmp(plan->source_dialect, "oracle") == 0;
	bool		to_oracle = strcmp(plan->target_dialect, "oracle") == 0;

	DataType	type = attribute->type == NULL ? TYPE_UNKNOWN :
	osmeta_type_parse(attribute->type, strlen(attribute->type));

	if (type == TYPE_BOOLEAN && attribute->target_type != NULL)
	{
		bool		is_truth = strcmp(attribute->source_type, "boolean") == 0;
		bool		to_truth = strcmp(attribute->target_type, "boolean") == 0;

		if (to_truth && !is_truth)
			return psprintf("(%s <> 0)", staged);
		if (is_truth && !to_truth)
			return psprintf("%s::integer::%s", staged, attribute->target_type);
	}
	if (from_oracle == to_oracle ||
		(type != TYPE_TEXT && type != TYPE_EMAIL && type != TYPE_PHONE_NUMBER))
		return staged;
	return psprintf("CASE %s WHEN %s THEN %s ELSE %s END", staged,
					from_oracle ? "' '" : "''", to_oracle ? "' '" : "''",
					staged);
}

/*
 * The user's expression over the stage's values, under the logical names of
 * the attributes.
 */
static char *
late_value(const PlanEntity *entity, const PlanAttribute *attribute)
{
	StringInfoData buf;
	const char *separator = "";

	initStringInfo(&buf);
	/* The line break ends a comment that the expression may end with. */
	appendStringInfo(&buf, "(SELECT (%s\n) FROM (SELECT ",
					 attribute->expression);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (!is_staged(a))
			continue;
		appendStringInfo(&buf, "%ss.c%d AS %s", separator, a->attribute_no,
						 osmeta_quote_name(a->name));
		separator = ", ";
	}
	appendStringInfo(&buf, ") AS %s)::%s", osmeta_quote_name(entity->name),
					 osmeta_late_type(attribute));
	return buf.data;
}

/*
 * A moment as the target's column will keep it, so that what was delivered is
 * not taken for changed.  What comes from such a column is one already.
 */
static char *
kept_moment(const MigrationPlan *plan, const PlanAttribute *attribute,
			char *value)
{
	if (!osmeta_target_is_fenced(plan) ||
		strcmp(plan->target_dialect, "sqlserver") != 0 ||
		attribute->target_type == NULL ||
		strncmp(attribute->target_type, "timestamp", strlen("timestamp")) != 0 ||
		(attribute->transform == TRANSFORM_COPY && is_fenced(plan) &&
		 strcmp(plan->source_dialect, "sqlserver") == 0))
		return value;
	return psprintf("osmeta.sqlserver_datetime((%s)::timestamp without time zone)",
					value);
}

/* What the target shall hold for an attribute. */
static char *
delivered_value(Mapping *mapping, const PlanEntity *entity,
				const PlanAttribute *attribute)
{
	char	   *staged = psprintf("s.c%d", attribute->attribute_no);

	switch (attribute->transform)
	{
		case TRANSFORM_KEY:
			return osmeta_map_own_identifier(mapping, entity);
		case TRANSFORM_REMAP:
			return osmeta_map_reference(mapping, attribute);
		case TRANSFORM_NULL_VALUE:
			return psprintf("%s::%s", attribute->null_value,
							attribute->target_type);
		case TRANSFORM_COPY:
			return kept_moment(mapping->plan, attribute,
							   copied_value(mapping->plan, attribute, staged));
		case TRANSFORM_TYPED:
			return copied_value(mapping->plan, attribute,
								osmeta_map_typed(mapping, entity, attribute));
		case TRANSFORM_LATE:
			return kept_moment(mapping->plan, attribute,
							   late_value(entity, attribute));
		default:
			return kept_moment(mapping->plan, attribute, staged);
	}
}

/* What a reference that is set in the second step is until then. */
const char *
osmeta_first_value(const PlanAttribute *attribute)
{
	return attribute->is_soft ? attribute->null_value : "NULL";
}

/* Columns of tN that a push fills, in the order of the delivery query. */
char *
osmeta_delivery_columns(const PlanEntity *entity)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < entity->nattributes; i++)
	{
		if (entity->strategy == STRATEGY_ASSIGNED &&
			&entity->attributes[i] == entity->identifier)
			continue;
		appendStringInfo(&buf, "%sc%d", buf.len > 0 ? ", " : "",
						 entity->attributes[i].attribute_no);
	}
	return buf.data;
}

/* CREATE TABLE of the pairs of identifiers of an entity. */
char *
osmeta_map_table_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	return psprintf("CREATE TABLE %s (source_id %s PRIMARY KEY, target_id %s,"
					" is_existing boolean NOT NULL DEFAULT false, round integer NOT NULL DEFAULT 0)",
					osmeta_stage_name(plan, 'm', entity->entity_id),
					entity->identifier->source_type,
					entity->identifier->target_type);
}

char *
osmeta_delivery_sql(const MigrationPlan *plan, const PlanEntity *entity,
					DeliveryKind kind, bool by_logical_name,
					const char *condition)
{
	return osmeta_delivery_from_sql(plan, entity, kind, by_logical_name, 'e',
									condition);
}

char *
osmeta_delivery_from_sql(const MigrationPlan *plan, const PlanEntity *entity,
						 DeliveryKind kind, bool by_logical_name,
						 char relation, const char *condition)
{
	StringInfoData buf;
	Mapping		mapping;
	const char *separator = "";

	initStringInfo(&buf);
	osmeta_mapping_begin(&mapping, plan);
	appendStringInfoString(&buf, "SELECT ");
	if (kind == DELIVERY_CHECKED || kind == DELIVERY_EXPORTED)
		appendStringInfo(&buf, "s.c%d AS source_id, ",
						 entity->identifier->attribute_no);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		char	   *value;

		if (kind == DELIVERY_SECOND && !a->is_deferred &&
			a != entity->identifier)
			continue;
		if (kind == DELIVERY_FIRST && a == entity->identifier &&
			entity->strategy == STRATEGY_ASSIGNED)
		{
			appendStringInfo(&buf, "%ss.c%d AS source_id", separator,
							 a->attribute_no);
			separator = ", ";
			continue;
		}
		if (kind == DELIVERY_FIRST && a->is_deferred)
			value = psprintf("%s::%s", osmeta_first_value(a), a->target_type);
		else
			value = delivered_value(&mapping, entity, a);
		appendStringInfo(&buf, "%s%s AS ", separator, value);
		if (by_logical_name)
			appendStringInfoString(&buf, osmeta_quote_name(a->name));
		else
			appendStringInfo(&buf, "c%d", a->attribute_no);
		separator = ", ";
		if (kind == DELIVERY_EXPORTED && osmeta_leads_to(a) != NULL)
			appendStringInfo(&buf, ", %s AS r%d",
							 osmeta_staged_reference(&mapping, a),
							 a->attribute_no);
		if (kind == DELIVERY_EXPORTED && a->transform == TRANSFORM_TYPED &&
			osmeta_typed_is_given(entity))
		{
			char	   *given;
			char	   *staged = osmeta_staged_typed(&mapping, entity, &given);

			appendStringInfo(&buf, ", %s AS r%d, %s AS g%d", staged,
							 a->attribute_no, given, a->attribute_no);
		}
	}
	appendStringInfo(&buf, " FROM %s s%s WHERE %s",
					 osmeta_stage_name(plan, relation, entity->entity_id),
					 mapping.joins.data,
					 osmeta_delivered_sql(plan, entity, "s"));
	if (condition != NULL)
		appendStringInfo(&buf, " AND (%s)", condition);
	return buf.data;
}

const char *
osmeta_round_relations(const MigrationPlan *plan, const PlanEntity *entity)
{
	return plan->round > 1 &&
		osmeta_relation_exists(plan, 'u', entity->entity_id) ? "eu" : "e";
}

/* Could an entity's name be taken for one of the names sN, eN, tN, mN ...? */
static bool
is_stage_name(const char *name)
{
	return name[0] >= 'a' && name[0] <= 'z' &&
		name[1] != '\0' && strspn(name + 1, "0123456789") == strlen(name + 1);
}

/*
 * CREATE VIEW under the logical name; with the espace's name before it where
 * two entities of the plan share theirs.
 */
char *
osmeta_stage_view_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	bool		is_shared = is_stage_name(entity->name);

	for (int i = 0; i < plan->nentities && !is_shared; i++)
	{
		const PlanEntity *other = &plan->entities[i];

		is_shared = other != entity && other->is_data &&
			strcmp(other->name, entity->name) == 0;
	}
	return psprintf("CREATE OR REPLACE VIEW %s.%s AS %s", plan->schema,
					osmeta_quote_name(is_shared ? osmeta_entity_label(entity) :
									  entity->name),
					osmeta_delivery_sql(plan, entity, DELIVERY_FINAL, true,
										NULL));
}

/* The new identifiers of a part of the stage, as column id. */
char *
osmeta_target_id_sql(const MigrationPlan *plan, const PlanEntity *entity,
					 const char *condition)
{
	Mapping		mapping;
	char	   *value;

	osmeta_mapping_begin(&mapping, plan);
	value = osmeta_map_own_identifier(&mapping, entity);
	return psprintf("SELECT %s AS id FROM %s s%s WHERE %s AND (%s)", value,
					osmeta_stage_name(plan, 'e', entity->entity_id),
					mapping.joins.data,
					osmeta_delivered_sql(plan, entity, "s"),
					condition ? condition : "true");
}

/* Old and new identifiers of an entity, as text. */
char *
osmeta_key_pairs_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	Mapping		mapping;
	char	   *value;

	if (entity->strategy == STRATEGY_MAP)
		return psprintf("SELECT source_id, target_id FROM osmeta.plan_map WHERE plan_id = "
						INT64_FORMAT " AND entity_id = " INT64_FORMAT
						" AND target_id IS NOT NULL",
						plan->plan_id, entity->entity_id);
	osmeta_mapping_begin(&mapping, plan);
	value = osmeta_map_identifier(&mapping, entity,
								  psprintf("s.c%d", entity->identifier->attribute_no),
								  entity->identifier->target_type, false);
	return psprintf("SELECT s.c%d::text, (%s)::text FROM %s s%s",
					entity->identifier->attribute_no, value,
					osmeta_stage_name(plan, 'e', entity->entity_id),
					mapping.joins.data);
}

char *
osmeta_stage_range(const PlanEntity *entity, const char *alias,
				   const char *lower, const char *upper)
{
	StringInfoData buf;
	bool		is_text = !entity->is_number;
	int			no = entity->identifier->attribute_no;

	if (lower == NULL && upper == NULL)
		return pstrdup("true");
	initStringInfo(&buf);
	/* The lowest number of all has no literal, and bounds nothing. */
	if (lower != NULL && !is_text && strcmp(lower, "-9223372036854775808") == 0)
		lower = NULL;
	if (lower == NULL && upper == NULL)
		return pstrdup("true");
	if (lower != NULL)
		appendStringInfo(&buf, "%s.c%d >= %s", alias, no,
						 is_text ? quote_literal_cstr(lower) : lower);
	if (upper != NULL)
		appendStringInfo(&buf, "%s%s.c%d <= %s", lower ? " AND " : "", alias,
						 no, is_text ? quote_literal_cstr(upper) : upper);
	return buf.data;
}
