/*-------------------------------------------------------------------------
 *
 * plan_fit.c
 *	  Which values do not fit into the target's columns?
 *
 * Where the types on both sides do not say that every value fits, the stage
 * is read once for each entity before the push, and what does not fit is
 * listed: nothing is cut or rounded unasked, and no push stops in the middle
 * for it.  So are rows of a later round that have changed.  SQL Server counts
 * the length of a text in units of UTF-16, of which some characters take two,
 * and has no day before 1753.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "utils/builtins.h"

#include "plan_identifier.h"
#include "spi.h"

/* Values that an error lists. */
#define LISTED 20

/* A type as far as it says what fits. */
typedef struct ValueType
{
	enum
	{
		KIND_OTHER,
		KIND_TEXT,
		KIND_NUMBER,
		KIND_FLOAT,
		KIND_TIME
	}			kind;
	bool		has_limit;
	int			length;			/* KIND_TEXT, with has_limit */
	int			digits;			/* KIND_NUMBER: before the decimal point */
	int			decimals;		/* KIND_NUMBER; of seconds for KIND_TIME */
	const char *lower;			/* KIND_NUMBER: bounds, if it is binary */
	const char *upper;
} ValueType;

static bool
begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static ValueType
parse_type(const char *type)
{
	ValueType	t = {.kind = KIND_OTHER};
	const char *modifier = strchr(type, '(');
	int			a = 0;
	int			b = 0;
	int			n = modifier ? sscanf(modifier, "(%d,%d)", &a, &b) : 0;

	if (begins(type, "character") || begins(type, "varchar") ||
		begins(type, "text") || begins(type, "bpchar"))
	{
		t.kind = KIND_TEXT;
		t.has_limit = n >= 1;
		t.length = a;
	}
	else if (strcmp(type, "smallint") == 0 || strcmp(type, "integer") == 0 ||
			 strcmp(type, "bigint") == 0)
	{
		t.kind = KIND_NUMBER;
		t.has_limit = true;
		t.digits = type[0] == 's' ? 5 : type[0] == 'i' ? 10 : 19;
		t.lower = type[0] == 's' ? "-32768" : type[0] == 'i' ?
			"-2147483648" : "-9223372036854775808";
		t.upper = type[0] == 's' ? "32767" : type[0] == 'i' ?
			"2147483647" : "9223372036854775807";
	}
	else if (begins(type, "numeric"))
	{
		t.kind = KIND_NUMBER;
		t.has_limit = n >= 1;
		t.digits = a - b;
		t.decimals = b;
	}
	else if (begins(type, "double precision") || begins(type, "real"))
		t.kind = KIND_FLOAT;
	else if (begins(type, "timestamp") || strcmp(type, "date") == 0)
	{
		t.kind = KIND_TIME;
		t.decimals = begins(type, "date") ? -1 : n >= 1 ? a : 6;
	}
	return t;
}

/* A condition on a value that does not fit, and the text that says why. */
static void
add_reason(StringInfo reasons, const char *condition, const char *text)
{
	appendStringInfo(reasons, " WHEN %s THEN %s", condition, text);
}

static void
add_text_reason(StringInfo reasons, const MigrationPlan *plan,
				const ValueType *source, const ValueType *target,
				const char *value)
{
	bool		to_utf16 = strcmp(plan->target_dialect, "sqlserver") == 0;

	/* a copy in PostgreSQL has the dialect, and counts characters */
	bool		from_utf16 = strcmp(plan->source_dialect, "sqlserver") == 0 &&
	plan->source_wrapper != NULL &&
	strcmp(plan->source_wrapper, "postgres_fdw") != 0;
	char	   *length = psprintf("char_length(%s)", value);

	if (!target->has_limit ||
		(source->has_limit && source->length <= target->length &&
		 (from_utf16 || !to_utf16)))
		return;
	if (!to_utf16)
	{
		add_reason(reasons, psprintf("%s > %d", length, target->length),
				   psprintf("format('%%s characters, %d fit', %s)",
							target->length, length));
		return;
	}
	length = psprintf("(%s + char_length(regexp_replace(%s, '[^\\U00010000-\\U0010FFFF]', '', 'g')))",
					  length, value);
	add_reason(reasons,
			   psprintf("octet_length(%s) > %d AND %s > %d", value,
						target->length, length, target->length),
			   psprintf("format('%%s characters (in UTF-16), %d fit', %s)",
						target->length, length));
}

static void
add_number_reason(StringInfo reasons, const ValueType *source,
				  const ValueType *target, const char *type, bool may_round,
				  const char *value)
{
	char	   *number = psprintf("%s::numeric", value);
	bool		fits = source->kind == KIND_NUMBER && source->has_limit &&
	(target->lower != NULL && source->lower == NULL ?
	 source->digits < target->digits : source->digits <= target->digits);

	if (!target->has_limit)
		return;
	if (!fits)
	{
		char	   *condition;

		if (target->lower != NULL)
			condition = psprintf("round(%s) NOT BETWEEN %s AND %s", number,
								 target->lower, target->upper);
		else
			condition = psprintf("abs(round(%s, %d)) >= 10::numeric ^ %d",
								 number, target->decimals, target->digits);
		add_reason(reasons, condition,
				   psprintf("format('%%s is out of the range of %s', %s)",
							type, value));
	}
	if (!may_round && !(source->kind == KIND_NUMBER && source->has_limit &&
						source->decimals <= target->decimals))
		add_reason(reasons,
				   psprintf("%s <> round(%s, %d)", number, number,
							target->decimals),
				   psprintf("format('%%s has more decimals than %s', %s)",
							type, value));
}

static void
add_time_reason(StringInfo reasons, const MigrationPlan *plan,
				const ValueType *source, const ValueType *target,
				const char *type, bool may_round, const char *value)
{
	if (strcmp(plan->target_dialect, "sqlserver") == 0 &&
		strcmp(plan->source_dialect, "sqlserver") != 0)
		add_reason(reasons,
				   psprintf("%s < '1753-01-01' OR %s >= '10000-01-01'", value,
							value),
				   psprintf("format('%%s is out of the range of datetime', %s)",
							value));
	if (!may_round && source->decimals > target->decimals)
		add_reason(reasons, psprintf("%s::%s <> %s", value, type, value),
				   psprintf("format('%%s has more digits of time than %s', %s)",
							type, value));
}

/*
 * The type of what is delivered for an attribute, before the column takes
 * it; NULL if that cannot but fit.
 */
static char *
delivered_type(const PlanEntity *entity, const PlanAttribute *attribute)
{
	switch (attribute->transform)
	{
		case TRANSFORM_COPY:
		case TRANSFORM_TYPED:
		case TRANSFORM_EXPRESSION:
			return attribute->source_column == NULL &&
				attribute->transform == TRANSFORM_COPY ? NULL :
				osmeta_staged_type(attribute);
		case TRANSFORM_LATE:
			return osmeta_late_type(attribute);
		case TRANSFORM_REMAP:
			return attribute->refers_to == NULL ? NULL :
				osmeta_mapped_type(attribute);
		case TRANSFORM_KEY:
			return entity->strategy == STRATEGY_KEEP ?
				osmeta_staged_type(attribute) : NULL;
		default:
			return NULL;
	}
}

/*
 * Condition that a reference is going to be NULL.  One to a row whose
 * identifier the target gives is not known yet: it is not if the stage has the
 * row.
 */
static char *
is_null_sql(const MigrationPlan *plan, const PlanEntity *entity,
			const PlanAttribute *attribute)
{
	const PlanEntity *parent = attribute->refers_to;
	const PlanEntity *root = osmeta_leads_to(attribute);
	char	   *value = psprintf("d.c%d IS NULL", attribute->attribute_no);

	if (root == NULL || root->is_created)
		return value;
	return psprintf("%s AND NOT EXISTS (SELECT FROM %s s JOIN %s p ON p.c%d = s.c%d WHERE s.c%d = d.source_id)",
					value,
					osmeta_stage_name(plan, 'e', entity->entity_id),
					osmeta_stage_name(plan, 'e', parent->entity_id),
					parent->identifier->attribute_no,
					attribute->attribute_no,
					entity->identifier->attribute_no);
}

/*
 * CASE that says why the delivered value of an attribute does not fit, NULL
 * if it does; no text if every value does.
 */
char *
osmeta_fit_reason(const MigrationPlan *plan, const PlanEntity *entity,
				  const PlanAttribute *attribute, bool may_round,
				  bool not_null)
{
	StringInfoData reasons;
	char	   *value = psprintf("d.c%d", attribute->attribute_no);
	char	   *type = delivered_type(entity, attribute);

	initStringInfo(&reasons);
	if (not_null)
		add_reason(&reasons, is_null_sql(plan, entity, attribute),
				   "'is NULL, and the column is NOT NULL'");
	if (type != NULL)
	{
		ValueType	source = parse_type(type);
		ValueType	target = parse_type(attribute->target_type);

		if (source.kind == KIND_TEXT && target.kind == KIND_TEXT)
			add_text_reason(&reasons, plan, &source, &target, value);
		else if (target.kind == KIND_NUMBER &&
				 (source.kind == KIND_NUMBER || source.kind == KIND_FLOAT))
			add_number_reason(&reasons, &source, &target,
							  attribute->target_type, may_round, value);
		else if (source.kind == KIND_TIME && target.kind == KIND_TIME)
			add_time_reason(&reasons, plan, &source, &target,
							attribute->target_type, may_round, value);
	}
	return reasons.len > 0 ? psprintf("CASE%s END", reasons.data) : NULL;
}

static void
refuse(const Run *run, const PlanEntity *entity, uint64 rows)
{
	StringInfoData list;
	int64		total = osmeta_int64_at(0, 4, NULL);

	initStringInfo(&list);
	for (uint64 i = 0; i < rows; i++)
		appendStringInfo(&list, "%srow %s, %s: %s", i > 0 ? "\n" : "",
						 osmeta_text_at(i, 1), osmeta_text_at(i, 2),
						 osmeta_text_at(i, 3));
	if (total > (int64) rows)
		appendStringInfo(&list, "\nand " INT64_FORMAT " more", total - rows);
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("values of %s do not fit into table \"%s\" of environment \"%s\": " INT64_FORMAT,
					osmeta_entity_label(entity), entity->target_table,
					run->plan->target, total),
			 errdetail("%s", list.data),
			 errhint("%s", osmeta_refusal_hint(run->plan, "Make a new plan with a transform that gives values that fit, or with a filter that leaves these rows out."))));
}

static void
check_entity_fit(const Run *run, const PlanEntity *entity, bool may_round,
				 const bool *not_null)
{
	StringInfoData values;
	StringInfoData condition;
	uint64		rows;

	initStringInfo(&values);
	initStringInfo(&condition);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		char	   *reason = osmeta_fit_reason(run->plan, entity, a, may_round,
											   not_null[i]);

		if (reason == NULL)
			continue;
		appendStringInfo(&condition, "%s%s IS NOT NULL",
						 condition.len > 0 ? " OR " : "", reason);
		appendStringInfo(&values, "%s(%s, %s)", values.len > 0 ? ", " : "",
						 quote_literal_cstr(a->name), reason);
	}
	if (values.len == 0)
		return;
	rows = osmeta_execf("SELECT d.source_id::text, v.attribute, v.reason, count(*) OVER ()"
						" FROM (SELECT * FROM (%s) d WHERE %s OFFSET 0) d"
						" CROSS JOIN LATERAL (VALUES %s) v (attribute, reason)"
						" WHERE v.reason IS NOT NULL ORDER BY d.source_id, v.attribute LIMIT %d",
						osmeta_round_sql(run->plan, entity), condition.data, values.data, LISTED);
	if (rows > 0)
		refuse(run, entity, rows);
}

void
osmeta_check_fit(Run *run)
{
	const MigrationPlan *plan = run->plan;
	bool		may_round;
	bool	  **not_null = palloc0(sizeof(bool *) * Max(plan->nentities, 1));

	osmeta_execf("SELECT COALESCE(p.options -> 'severity' ->> 'length_reduced' <> 'error', false)"
				 " FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT,
				 run->plan_id);
	may_round = osmeta_bool_at(0, 1);
	for (int i = 0; i < plan->nentities; i++)
		not_null[i] = palloc0(sizeof(bool) * Max(plan->entities[i].nattributes, 1));

	/* the identifier never is NULL, or the target gives it */
	osmeta_execf("SELECT c.entity_id, d.attribute_no FROM osmeta.plan_catalogue c"
				 " CROSS JOIN LATERAL (SELECT d.attribute_no FROM osmeta.delivered_column d"
				 "  WHERE d.plan_id = c.plan_id AND d.entity_id = c.entity_id AND d.target_column = c.name OFFSET 0) d"
				 " WHERE c.plan_id = " INT64_FORMAT " AND c.side = 'target' AND c.kind = 'column'"
				 "  AND (c.details ->> 'not_null')::boolean AND NOT (c.details ->> 'is_identifier')::boolean",
				 run->plan_id);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		PlanEntity *e = osmeta_plan_entity(run->plan,
										   osmeta_int64_at(i, 1, NULL));
		int			no = (int) osmeta_int64_at(i, 2, NULL);

		for (int j = 0; e != NULL && j < e->nattributes; j++)
		{
			const PlanAttribute *a = &e->attributes[j];
			const PlanEntity *root = osmeta_leads_to(a);

			/* a script knows the identifier only when it has created the row */
			if (a->attribute_no == no &&
				!(run->is_pull && root != NULL && root->is_created))
				not_null[e - plan->entities][j] = true;
		}
	}
	for (int i = 0; i < plan->nentities; i++)
	{
		if (plan->entities[i].is_data)
			check_entity_fit(run, &plan->entities[i], may_round,
							 not_null[i]);
		osmeta_commit_now_and_then(run, i);
	}
}
