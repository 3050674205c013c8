/*-------------------------------------------------------------------------
 *
 * plan_event_map.c
 *	  Subscriptions of the source, as the target is to hold them.
 *
 * A row names the espace and tenant, the process that starts, or the activity
 * that waits, and what it waits for: a row, or all that refer to some rows.
 * Each of these has its own map.  What is NULL, 0 or empty names nothing.
 *
 * A subscription of a definition comes if the target has that definition, and
 * it is active there; one of an activity if the activity is moved.  Only these
 * come into the event tables of what the plan does not write to.  Of all,
 * those stay where they are, and are counted, that name something else which
 * has no partner at the target: a condition must not become another one.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_event.h"
#include "plan_map.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "plan_identifier.h"
#include "spi.h"

/* A query in the making. */
typedef struct Bringing
{
	MigrationPlan *plan;
	const EventTable *table;
	Mapping		mapping;
	StringInfoData values;		/* columns of the target */
	StringInfoData lost;		/* conditions: something has no partner */
	char	   *activity;		/* the mapped values */
	char	   *definition;
	bool		has_activity;
	bool		is_script;		/* the target is yet to give identifiers */
	StringInfoData names;		/* of the columns rK, each behind a comma */
} Bringing;

static const EventColumn *
source_column(const EventTable *table, const char *folded)
{
	for (int i = 0; i < table->nsource; i++)
	{
		if (strcmp(table->source_columns[i].folded, folded) == 0)
			return &table->source_columns[i];
	}
	return NULL;
}

PlanEntity *
osmeta_event_activities(MigrationPlan *plan)
{
	PlanEntity *entity;

	if (osmeta_execf("SELECT e.entity_id FROM osmeta.plan_entity e WHERE e.plan_id = " INT64_FORMAT
					 " AND e.include AND e.is_data AND e.platform_table = 'bpm_activity' ORDER BY 1 LIMIT 1",
					 plan->plan_id) == 0)
		return NULL;
	entity = osmeta_plan_entity(plan, osmeta_int64_at(0, 1, NULL));
	return entity == NULL || entity->identifier == NULL ? NULL : entity;
}

/* Does the value name nothing? */
static char *
is_unset(const char *value)
{
	return psprintf("(%s IS NULL OR %s::text IN ('0', ''))", value, value);
}

/* Such a value, of the target's type. */
static char *
unset_value(const char *value, const char *type)
{
	if (strncmp(type, "character", strlen("character")) == 0 ||
		strcmp(type, "text") == 0)
		return psprintf("%s::text::%s", value, type);
	return psprintf("NULLIF(%s::text, '')::%s", value, type);
}

/* The partner of a value in one of the pairs that stand before the query. */
static char *
paired(Bringing *b, const char *pairs, const char *value)
{
	int			n = ++b->mapping.number;

	appendStringInfo(&b->mapping.joins, " LEFT JOIN %s AS p%d ON p%d.source_id = %s::text",
					 pairs, n, n, value);
	return psprintf("p%d.target_id", n);
}

/*
 * Does a column tell a subscription of the source from the target's own: who
 * waits, and for what?  How the event is queued, and what only the target's
 * table has, does not make another one of it.  The tenant does if both name
 * one.
 */
bool
osmeta_event_is_key(const EventColumn *column)
{
	static const char *const besides[] = {"_espace_id", "_tenant_id", "_is_light"};

	for (int i = 0; i < (int) lengthof(besides); i++)
	{
		if (strcmp(column->folded, besides[i]) == 0)
			return false;
	}
	return !column->is_target_only;
}

/*
 * The key of an alias, or all its values; to name nothing by NULL, 0 or no
 * text is the same.
 */
static char *
key_sql(const EventTable *table, const char *alias, bool is_whole)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < table->ncolumns; i++)
	{
		const EventColumn *column = &table->columns[i];
		char	   *value = psprintf("%s.%s::text", alias, column->name);

		if (is_whole || osmeta_event_is_key(column))
			appendStringInfo(&buf, "%sCASE WHEN %s NOT IN ('0', '', 'false') THEN %s END",
							 buf.len > 0 ? ", " : "", value, value);
	}
	return psprintf("ARRAY[%s]::text[]::text", buf.data);
}

bool
osmeta_event_is_tenant(const EventColumn *column)
{
	return strcmp(column->folded, "_tenant_id") == 0;
}

/* Are the tenants of two aliases one, or does one of them name none? */
static char *
same_tenant_sql(const EventTable *table, const char *a, const char *b)
{
	for (int i = 0; i < table->ncolumns; i++)
	{
		char	   *first = psprintf("%s.%s", a, table->columns[i].name);
		char	   *second = psprintf("%s.%s", b, table->columns[i].name);

		if (osmeta_event_is_tenant(&table->columns[i]))
			return psprintf("(%s OR %s OR %s = %s)", is_unset(first),
							is_unset(second), first, second);
	}
	return "true";
}

/* Truth values are numbers at some engines. */
static char *
copied(const EventColumn *from, const char *value, const char *type)
{
	bool		is_truth = strcmp(from->type, "boolean") == 0;
	bool		to_truth = strcmp(type, "boolean") == 0;

	if (is_truth && !to_truth)
		return psprintf("%s::integer::%s", value, type);
	if (to_truth && !is_truth)
		return psprintf("(%s <> 0)", value);
	return psprintf("%s::%s", value, type);
}

/* The entity that a column of the entity's rows refers to. */
static PlanEntity *
referred_entity(Bringing *b, const EventColumn *to, bool *is_attribute,
				bool *is_reference, char **source)
{
	*is_attribute = osmeta_execf("SELECT osmeta.fold_name(a.source_column), COALESCE(a.refers_to_entity_id, 0)::bigint,"
								 " a.refers_to IS NOT NULL OR osmeta.is_bt_ref(a.type)"
								 " FROM osmeta.plan_attribute a WHERE a.plan_id = " INT64_FORMAT
								 " AND a.entity_id = " INT64_FORMAT
								 " AND osmeta.fold_name(a.target_column) = %s AND a.source_column IS NOT NULL"
								 " ORDER BY a.status <> 'matched', a.attribute_no LIMIT 1",
								 b->plan->plan_id, b->table->entity_id,
								 quote_literal_cstr(to->folded)) > 0;
	*is_reference = false;
	*source = NULL;
	if (!*is_attribute)
		return NULL;
	*source = osmeta_text_at(0, 1);
	*is_reference = osmeta_bool_at(0, 3);
	return osmeta_plan_entity(b->plan, osmeta_int64_at(0, 2, NULL));
}

static char *
mapped_by(Bringing *b, PlanEntity *entity, const char *value,
		  const char *type)
{
	if (entity == NULL ||
		(entity->strategy != STRATEGY_MAP && entity->identifier == NULL))
		return NULL;
	return osmeta_map_identifier(&b->mapping, entity, value,
								 osmeta_is_whole_number(type) ? "bigint" :
								 osmeta_open_type(type), true);
}

/*
 * For a script: the identifier at the source, if the target is yet to give the
 * row its own.
 */
static char *
staged_by(Bringing *b, PlanEntity *entity, char *value)
{
	if (!b->is_script || osmeta_gives_to(entity) == NULL)
		return NULL;
	return osmeta_staged_identifier(&b->mapping, entity, value);
}

static void
add_value(Bringing *b, const EventColumn *to, const char *value,
		  const char *mapped, const char *staged)
{
	const char *type = osmeta_open_type(to->type);
	char	   *partner = mapped == NULL ? "NULL" :
	staged == NULL ? psprintf("(%s)", mapped) :
	psprintf("COALESCE((%s)::text, (%s)::text)", mapped, staged);

	appendStringInfo(&b->values, ", CASE WHEN %s THEN %s ELSE %s::%s END AS %s",
					 is_unset(value), unset_value(value, type),
					 mapped ? psprintf("(%s)::text", mapped) : "NULL", type,
					 to->name);
	appendStringInfo(&b->lost, " OR NOT %s AND %s", is_unset(value),
					 mapped ? psprintf("%s IS NULL", partner) : "true");
	if (staged == NULL)
		return;
	appendStringInfo(&b->values, ", CASE WHEN %s THEN NULL ELSE (%s)::bigint END AS r%s",
					 is_unset(value), staged, to->name + 1);
	appendStringInfo(&b->names, ", r%s", to->name + 1);
}

/* One column of the target; gives the one of the source that it is. */
static const EventColumn *
add_column(Bringing *b, const EventColumn *to)
{
	const EventColumn *from = source_column(b->table, to->folded);
	PlanEntity *entity = NULL;
	char	   *name = to->folded;
	char	   *value;
	char	   *mapped = NULL;
	char	   *staged = NULL;
	char	   *attribute;
	bool		is_attribute = false;
	bool		is_reference = false;
	bool		is_own = strcmp(name, "id") == 0;
	bool		is_platform = name[0] == '_' || is_own ||
	strcmp(name, "tenant_id") == 0;

	if (!is_platform)
	{
		entity = referred_entity(b, to, &is_attribute, &is_reference,
								 &attribute);
		if (is_attribute)
			from = source_column(b->table, attribute);
	}
	if (from == NULL)
	{
		appendStringInfo(&b->values, ", NULL::%s AS %s",
						 osmeta_open_type(to->type), to->name);
		return NULL;
	}
	value = psprintf("s.%s", from->name);
	if (strcmp(name, "_is_update") == 0 || strcmp(name, "_is_light") == 0 ||
		(is_attribute && !is_reference))
	{
		appendStringInfo(&b->values, ", %s AS %s",
						 copied(from, value, osmeta_open_type(to->type)),
						 to->name);
		return from;
	}
	if (strcmp(name, "_espace_id") == 0)
		mapped = paired(b, "espace", value);
	else if (strcmp(name, "_tenant_id") == 0 || strcmp(name, "tenant_id") == 0)
		mapped = paired(b, "tenant", value);
	else if (strcmp(name, "_process_def_id") == 0)
		b->definition = mapped = paired(b, "definition", value);
	else if (strcmp(name, "_activity_id") == 0)
	{
		b->has_activity = true;
		entity = osmeta_event_activities(b->plan);
		mapped = mapped_by(b, entity, value, to->type);
		staged = staged_by(b, entity, value);
		b->activity = psprintf("CASE WHEN %s THEN NULL ELSE %s END",
							   is_unset(value), mapped == NULL ? "NULL" :
							   staged == NULL ? mapped :
							   psprintf("COALESCE((%s)::text, (%s)::text)",
										mapped, staged));
		appendStringInfo(&b->values, ", NOT %s AS is_instance", is_unset(value));
	}
	else if (is_own || is_attribute)
	{
		if (is_own)
			entity = osmeta_plan_entity(b->plan, b->table->entity_id);
		mapped = mapped_by(b, entity, value, to->type);
		staged = staged_by(b, entity, value);
	}
	add_value(b, to, value, mapped, staged);
	return from;
}

/* What was created by the plan is in plan_map, too. */
static char *
pairs_sql(const MigrationPlan *plan)
{
	const PlanEntity *tenant = osmeta_map_entity(plan, "tenant");
	static const char *const espace =
	"SELECT DISTINCT ON (e.id) e.id::text AS id, osmeta.fold_name(btrim(e.ss_key)) AS key, COALESCE(e.is_active, false) AS is_active"
	" FROM %s.live_espace e WHERE e.ss_key IS NOT NULL ORDER BY e.id, e.is_active DESC";
	static const char *const definition =
	"SELECT d.process_definition_id::text AS id, d.key, d.is_effective FROM %s.process_definition d WHERE d.key IS NOT NULL";
	char	   *mapped = psprintf("SELECT m.source_id, m.target_id FROM osmeta.plan_map m"
								  " JOIN osmeta.plan_entity e ON e.plan_id = m.plan_id AND e.entity_id = m.entity_id"
								  " WHERE m.plan_id = " INT64_FORMAT
								  " AND e.platform_table = 'bpm_process_definition' AND e.include",
								  plan->plan_id);

	return psprintf("source_espace AS MATERIALIZED (%s), target_espace AS MATERIALIZED (%s),"
					" espace AS MATERIALIZED (SELECT DISTINCT ON (s.id) s.id AS source_id, t.id AS target_id"
					"  FROM source_espace s JOIN target_espace t ON t.key = s.key ORDER BY s.id, t.is_active DESC, t.id),"
					" tenant AS MATERIALIZED (%s),"
					" source_definition AS MATERIALIZED (%s), target_definition AS MATERIALIZED (%s),"
					" mapped_definition AS MATERIALIZED (%s),"
	/* of several with one key the one that counts; of two such ones none */
					" known_definition AS (SELECT s.id AS source_id,"
					"   CASE WHEN count(t.id) FILTER (WHERE t.is_effective) = 1 THEN min(t.id) FILTER (WHERE t.is_effective)"
					"    WHEN count(t.id) = 1 THEN min(t.id) END AS target_id"
					"  FROM source_definition s JOIN target_definition t ON t.key OPERATOR(osmeta.=) s.key"
					"  WHERE s.id NOT IN (SELECT m.source_id FROM mapped_definition m) GROUP BY s.id"
					"  UNION ALL SELECT m.source_id, m.target_id FROM mapped_definition m),"
					" definition AS MATERIALIZED (SELECT DISTINCT ON (k.source_id) k.source_id, k.target_id FROM known_definition k"
					"  WHERE k.target_id IS NOT NULL ORDER BY k.source_id),"
					" active AS MATERIALIZED (SELECT DISTINCT t.id FROM target_definition t WHERE t.is_effective)",
					psprintf(espace, plan->source_schema),
					psprintf(espace, plan->target_schema),
					tenant != NULL ?
					psprintf("SELECT m.source_id, m.target_id FROM osmeta.plan_map m WHERE m.plan_id = " INT64_FORMAT
							 " AND m.entity_id = " INT64_FORMAT,
							 plan->plan_id, tenant->entity_id) :
					psprintf("SELECT t.source_id, t.target_id FROM (%s) t",
							 osmeta_map_tenant_sql(plan)),
					psprintf(definition, plan->source_schema),
					psprintf(definition, plan->target_schema), mapped);
}

/* What only the source has must name nothing. */
static void
add_unmatched(Bringing *b, const bool *is_used)
{
	for (int i = 0; i < b->table->nsource; i++)
	{
		if (!is_used[i])
			appendStringInfo(&b->lost, " OR NOT %s",
							 is_unset(psprintf("s.%s", b->table->source_columns[i].name)));
	}
}

/* Does the source have an event table whose rows can come? */
static bool
has_source(const MigrationPlan *plan, const EventTable *table)
{
	return table->source_name != NULL && plan->source_schema != NULL &&
		(table->entity_id != 0 || !table->is_written);
}

/*
 * The rows of the source as common table expression w: columns as at the
 * target, is_wanted and is_lost.
 */
static char *
mapped_rows(Bringing *b)
{
	const EventTable *table = b->table;
	bool	   *is_used = palloc0(sizeof(bool) * Max(table->nsource, 1));

	osmeta_mapping_begin(&b->mapping, b->plan);
	initStringInfo(&b->values);
	initStringInfo(&b->lost);
	initStringInfo(&b->names);
	for (int i = 0; i < table->ncolumns; i++)
	{
		const EventColumn *from = add_column(b, &table->columns[i]);

		table->columns[i].is_target_only = from == NULL;
		if (from != NULL)
			is_used[from - table->source_columns] = true;
	}
	add_unmatched(b, is_used);
	return psprintf("%s, m AS MATERIALIZED (SELECT (%s) AS activity, (%s)::text AS definition%s%s, (false%s) AS is_lost"
					"  FROM (SELECT * FROM %s r OFFSET 0) s%s),"
					" w AS MATERIALIZED (SELECT m.*, CASE WHEN m.is_instance THEN m.activity IS NOT NULL"
					"   ELSE %s END AS is_wanted FROM m)",
					pairs_sql(b->plan), b->activity ? b->activity : "NULL::text",
					b->definition ? b->definition : "NULL", b->values.data,
					b->has_activity ? "" : ", false AS is_instance",
					b->lost.data,
					osmeta_event_name(b->plan, EVENT_SOURCE, table),
					b->mapping.joins.data,
					table->is_written ?
					"EXISTS (SELECT FROM active a WHERE a.id = m.definition)" :
					"false");
}

void
osmeta_event_bring(MigrationPlan *plan, const EventTable *table)
{
	Bringing	b = {0};
	char	   *columns = osmeta_event_columns(table);
	char	   *brought = osmeta_event_name(plan, EVENT_BROUGHT, table);
	char	   *mapped;
	int			nest_level;
	int64		rows = 0;
	int64		left = 0;

	b.plan = plan;
	b.table = table;
	osmeta_execf("DELETE FROM %s", brought);
	if (has_source(plan, table))
	{
		mapped = mapped_rows(&b);
		nest_level = osmeta_spi_expect_many();
		osmeta_execf("WITH %s,"
					 " i AS (INSERT INTO %s (%s) SELECT %s FROM (SELECT DISTINCT ON (%s) w.* FROM w WHERE w.is_wanted AND NOT w.is_lost) o"
					 "  WHERE NOT EXISTS (SELECT FROM %s k WHERE %s = %s AND %s)"
					 "  AND %s NOT IN (SELECT %s FROM %s g) RETURNING 1)"
					 " SELECT (SELECT count(*) FROM i), count(*) FILTER (WHERE w.is_wanted AND w.is_lost) FROM w",
					 mapped, brought, columns, columns,
					 key_sql(table, "w", true),
					 osmeta_event_name(plan, EVENT_OWN, table),
					 key_sql(table, "k", false), key_sql(table, "o", false),
					 same_tenant_sql(table, "k", "o"),
					 key_sql(table, "o", true), key_sql(table, "g", true),
					 osmeta_event_name(plan, EVENT_TAKEN, table));
		rows = osmeta_int64_at(0, 1, NULL);
		left = osmeta_int64_at(0, 2, NULL);
		osmeta_spi_restore(nest_level);
	}
	osmeta_execf("UPDATE osmeta.plan_event SET rows_brought = " INT64_FORMAT ", rows_not_brought = " INT64_FORMAT
				 " WHERE plan_id = " INT64_FORMAT " AND event_no = %d",
				 rows, left, plan->plan_id, table->event_no);
}

PlanEntity *
osmeta_event_root(MigrationPlan *plan, const EventTable *table,
				  const EventColumn *column)
{
	Bringing	b = {.plan = plan,.table = table};
	const char *name = column->folded;
	bool		is_attribute;
	bool		is_reference;
	char	   *attribute;
	PlanEntity *entity = NULL;

	if (!has_source(plan, table))
		return NULL;
	if (strcmp(name, "_activity_id") == 0)
		entity = osmeta_event_activities(plan);
	else if (strcmp(name, "id") == 0)
		entity = osmeta_plan_entity(plan, table->entity_id);
	else if (name[0] != '_' && strcmp(name, "tenant_id") != 0)
	{
		entity = referred_entity(&b, column, &is_attribute, &is_reference,
								 &attribute);
		if (!is_reference)
			entity = NULL;
	}
	return osmeta_gives_to(entity);
}

void
osmeta_event_stage(MigrationPlan *plan, const EventTable *table)
{
	Bringing	b = {0};
	char	   *columns = osmeta_event_columns(table);
	char	   *stage = osmeta_event_name(plan, EVENT_SCRIPT, table);
	StringInfoData defined;
	char	   *mapped;
	int			nest_level;
	int64		left;

	b.plan = plan;
	b.table = table;
	b.is_script = true;
	initStringInfo(&defined);
	appendStringInfoString(&defined, "seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
	for (int i = 0; i < table->ncolumns; i++)
	{
		const EventColumn *column = &table->columns[i];

		appendStringInfo(&defined, ", %s %s", column->name,
						 osmeta_open_type(column->type));
		if (osmeta_event_root(plan, table, column) != NULL)
			appendStringInfo(&defined, ", r%s bigint", column->name + 1);
	}
	osmeta_execf("CREATE TABLE %s (%s)", stage, defined.data);
	if (!has_source(plan, table))
		return;
	mapped = mapped_rows(&b);
	nest_level = osmeta_spi_expect_many();
	osmeta_execf("WITH %s,"
				 " i AS (INSERT INTO %s (%s%s) SELECT %s%s FROM w WHERE w.is_wanted AND NOT w.is_lost)"
				 " SELECT count(*) FILTER (WHERE w.is_wanted AND w.is_lost) FROM w",
				 mapped, stage, columns, b.names.data, columns, b.names.data);
	left = osmeta_int64_at(0, 1, NULL);
	osmeta_spi_restore(nest_level);
	osmeta_execf("UPDATE osmeta.plan_event SET rows_not_brought = " INT64_FORMAT
				 " WHERE plan_id = " INT64_FORMAT " AND event_no = %d",
				 left, plan->plan_id, table->event_no);
}
