/*-------------------------------------------------------------------------
 *
 * plan_option.c
 *	  The options of a plan: which there are, and what values they take.
 *
 * Values are checked when they are given, so that a typing error is found
 * then and not when the plan is run.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "spi.h"

#define IS_BOOLEAN "jsonb_typeof(o.value) = 'boolean'"
#define IS_WHOLE_NUMBER(from, to) \
	"jsonb_typeof(o.value) = 'number'" \
	" AND (o.value #>> '{}')::numeric BETWEEN " from " AND " to \
	" AND (o.value #>> '{}')::numeric % 1 = 0"

typedef struct PlanOption
{
	const char *key;
	const char *words;			/* SQL list of JSON words that it takes, or */
	const char *condition;		/* SQL condition on the JSON o.value */
	const char *valid;			/* what it takes, for a hint */
} PlanOption;

static const PlanOption plan_options[] = {
	{"users", NULL,
		"jsonb_typeof(o.value) = 'string'"
		" AND (o.value #>> '{}' IN ('match', 'create', 'fail') OR o.value #>> '{}' LIKE 'fallback:_%')",
	"match (a user without partner is an error), create, fail (an error whose severity cannot be lowered), or fallback:<username> (that user of the target stands in)"},
	{"groups", "'\"match\"', '\"create\"', '\"fail\"'", NULL,
	"match (a group without partner is an error), create, or fail (an error whose severity cannot be lowered)"},
	{"tenants", "'\"match\"', '\"fail\"'", NULL,
	"match (a tenant without partner is an error), or fail (an error whose severity cannot be lowered)"},
	{"existing_one_to_one", "'\"keep_target\"', '\"fail\"'", NULL,
	"keep_target (rows that the target has stay as they are there), or fail"},
	{"producers", "'\"none\"', '\"referenced\"', '\"all\"'", NULL,
	"none, referenced (entities that the plan's rows refer to come along), or all (those of all espaces that the scope depends on)"},
	{"processes", "'\"active\"', '\"all\"', '\"none\"'", NULL,
	"active (instances of the active process definitions of the espaces that the scope names), all (of inactive ones too), or none"},
	{"process_status", NULL,
		"o.value IN ('\"all\"', '\"open\"') OR jsonb_typeof(o.value) = 'array' AND o.value <> '[]'"
		" AND NOT EXISTS (SELECT FROM jsonb_array_elements(CASE jsonb_typeof(o.value) WHEN 'array' THEN o.value ELSE '[]' END) v"
		"  WHERE NOT (jsonb_typeof(v.value) = 'number' AND v.value::text ~ '^[0-9]{1,9}$' OR jsonb_typeof(v.value) = 'string'))",
	"all, open (trees of processes whose root has not ended), or a list of statuses of the root, by number or name"},
	{"existing", "'\"append\"', '\"delete\"'", NULL,
	"append, or delete (the rows that the target has of the plan's entities go first)"},
	{"undo_changed", "'\"refuse\"', '\"delete\"', '\"keep\"'", NULL,
	"refuse (undo_plan stops if somebody has changed rows), delete, or keep"},
	{"undo_referenced", "'\"refuse\"', '\"keep\"'", NULL,
	"refuse (undo_plan stops if rows of others refer to the plan's), or keep"},
	{"follow", NULL, IS_BOOLEAN, "true or false"},
	{"updates", "'false', 'true', '\"force\"'", NULL,
	"true, false, or force (rows that were changed at the target are overwritten too)"},
	{"chunk_rows", NULL, IS_WHOLE_NUMBER("1", "10000000"),
	"a whole number from 1 to 10000000"},
	{"headroom", NULL, IS_WHOLE_NUMBER("0", "1000000000000"),
	"a whole number from 0 on"},
	{"baseline", NULL, IS_BOOLEAN,
	"true (checksums of the target's tables are taken before the push) or false"},
	{"events", "'\"aside\"', '\"disabled\"'", NULL,
	"aside (subscriptions of the target to events are set aside while the plan writes), or disabled (triggers OSTRG_EI... there are disabled)"},
	{"severity", NULL, NULL, NULL},
};

/* Problems whose severity somebody may change. */
static const char *const severity_codes[] = {
	"length_reduced", "type_changed", "unmatched_user", "unmatched_group",
	"unmatched_role", "unmatched_tenant", "unmatched_row", "ambiguous_match",
	"soft_key", "unmatched_static_record", "unmatched_definition",
	"definition_inactive", "typed_value_unknown", "instance_id_too_large",
	"counter_behind", "counter_exhausted",
	"external_not_checked",
	"undo_impossible", "mandatory_without_source",
	"reference_to_filtered", "rows_left_out", "target_trigger",
	"event_table_not_empty", "event_queue_not_empty", "leftover_not_null",
	"unique_index", "check_constraint", "foreign_key_outside", "privilege_missing",
	"personal_data", "mask_secret_missing"
};

/* The codes with something between them, each behind and before a mark. */
static char *
list_codes(const char *mark)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < (int) lengthof(severity_codes); i++)
		appendStringInfo(&buf, "%s%s%s%s", i > 0 ? ", " : "", mark,
						 severity_codes[i], mark);
	return buf.data;
}

/* The names of all options, for a hint. */
static char *
list_options(void)
{
	StringInfoData buf;
	int			count = (int) lengthof(plan_options);

	initStringInfo(&buf);
	for (int i = 0; i < count; i++)
		appendStringInfo(&buf, "%s%s", i == 0 ? "" :
						 i == count - 1 ? " and " : ", ", plan_options[i].key);
	return buf.data;
}

static const PlanOption *
find_option(const char *key)
{
	for (int i = 0; i < (int) lengthof(plan_options); i++)
	{
		if (strcmp(plan_options[i].key, key) == 0)
			return &plan_options[i];
	}
	return NULL;
}

/* The condition under which a value is one of the option's. */
static char *
condition_of(const PlanOption *option)
{
	if (option->words != NULL)
		return psprintf("o.value IN (%s)", option->words);
	if (option->condition != NULL)
		return pstrdup(option->condition);
	return psprintf("jsonb_typeof(o.value) = 'object' AND NOT EXISTS ("
					" SELECT FROM jsonb_each(CASE jsonb_typeof(o.value) WHEN 'object' THEN o.value ELSE '{}' END) s"
					" WHERE s.key NOT IN (%s) OR s.value NOT IN ('\"error\"', '\"warning\"', '\"note\"'))",
					list_codes("'"));
}

static char *
valid_of(const PlanOption *option)
{
	if (option->valid != NULL)
		return pstrdup(option->valid);
	return psprintf("an object whose keys are codes that may be changed (%s) and whose values are error, warning or note",
					list_codes(""));
}

void
osmeta_check_plan_options(const char *options_json)
{
	uint64		rows;
	const char *args[1];
	char	  **key;
	char	  **value;

	args[0] = options_json;
	osmeta_query_text("SELECT jsonb_typeof($1::jsonb)", 1, args);
	if (strcmp(osmeta_text_at(0, 1), "object") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("plan options must be a JSON object"),
				 errhint("For example '{\"users\": \"match\", \"chunk_rows\": 10000}'.")));
	rows = osmeta_query_text("SELECT o.key, o.value::text FROM jsonb_each($1::jsonb) o",
							 1, args);
	key = palloc(sizeof(char *) * Max(rows, 1));
	value = palloc(sizeof(char *) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		key[i] = osmeta_text_at(i, 1);
		value[i] = osmeta_text_at(i, 2);
	}
	for (uint64 i = 0; i < rows; i++)
	{
		const PlanOption *option = find_option(key[i]);

		if (option == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown plan option \"%s\"", key[i]),
					 errhint("Valid options are %s.", list_options())));
		args[0] = value[i];
		osmeta_query_text(psprintf("SELECT %s FROM (SELECT $1::jsonb) o (value)",
								   condition_of(option)), 1, args);
		if (!osmeta_bool_at(0, 1))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value %s for plan option \"%s\"",
							value[i], key[i]),
					 errhint("Valid values are: %s.", valid_of(option))));
	}
}
