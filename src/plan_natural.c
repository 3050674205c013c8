/*-------------------------------------------------------------------------
 *
 * plan_natural.c
 *	  Rows that are one with rows of the target by what they hold.
 *
 * Strategy natural:A,B says by which attributes a row is told apart from all
 * others, keep that identifiers are the same on both sides.  Rows that are
 * not moved get their partners in osmeta.plan_map.  Of entities that are
 * moved some rows can be at the target already: by their natural key, by a
 * text identifier, or because the row they belong to (one-to-one) is one that
 * the target had.  Those pairs stand in the table mN of the plan's schema;
 * all other rows get their identifiers by rule.
 *
 * Values are compared as the source has them, not as the stage does: there
 * they may be masked.  Both sides are read whole and compared here.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_map.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "data_type.h"
#include "plan_identifier.h"
#include "spi.h"

#define NATURAL "natural:"

static bool
is_natural(const PlanEntity *entity)
{
	return strncmp(entity->strategy_name, NATURAL, strlen(NATURAL)) == 0;
}

static bool
is_numeric_type(const char *type)
{
	return strcmp(type, "smallint") == 0 || strcmp(type, "integer") == 0 ||
		strcmp(type, "bigint") == 0 || strncmp(type, "numeric", 7) == 0;
}

/* A value as text that is the same on both sides if the value is. */
static char *
comparable(const MigrationPlan *plan, const PlanAttribute *attribute,
		   const char *value)
{
	DataType	type = attribute->type == NULL ? TYPE_UNKNOWN :
	osmeta_type_parse(attribute->type, strlen(attribute->type));

	if (type == TYPE_BOOLEAN)
		return psprintf("(%s)::text IN ('1', 't', 'true')", value);
	if (is_numeric_type(attribute->source_type) &&
		is_numeric_type(attribute->target_type))
		return psprintf("trim_scale((%s)::numeric)", value);
	if (strncmp(attribute->source_type, "timestamp", 9) == 0 &&
		strncmp(attribute->target_type, "timestamp", 9) == 0)
		return psprintf("(%s)::timestamp(3)", value);
	return osmeta_map_folded(plan, value);
}

/* Has the plan's schema the relations of both sides? */
static bool
has_tables(const MigrationPlan *plan, const PlanEntity *entity)
{
	if (!entity->is_read || entity->identifier == NULL ||
		entity->identifier->source_type == NULL ||
		entity->identifier->target_type == NULL)
		return false;
	osmeta_execf("SELECT e.source_table_exists AND e.target_table_exists AND e.fixed_strategy IS NULL FROM osmeta.plan_entity e"
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT,
				 plan->plan_id, entity->entity_id);
	return osmeta_bool_at(0, 1);
}

/*
 * Does an expression that maps identifiers name the entity?  Which of its
 * rows it is going to ask for cannot be known.
 */
static bool
is_named(const MigrationPlan *plan, const PlanEntity *entity)
{
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nattributes; j++)
		{
			if (e->attributes[j].transform == TRANSFORM_LATE &&
				strstr(e->attributes[j].expression, entity->name) != NULL)
				return true;
		}
	}
	return false;
}

char *
osmeta_map_refers_sql(const PlanEntity *entity)
{
	return psprintf("a.include AND (a.transform = %s"
					" OR a.refers_to_entity_id = " INT64_FORMAT " AND a.transform IN ('remap', 'key', 'typed'))",
					quote_literal_cstr(psprintf("remap:%s", osmeta_entity_label(entity))),
					entity->entity_id);
}

/*
 * Nobody is created for a row that is not delivered.  Pairs of other entities
 * are needed of all rows: by a natural key that has one of them it is known
 * that the target has the row.
 */
char *
osmeta_needing_sql(const MigrationPlan *plan, const PlanEntity *entity,
				   const PlanEntity *matched)
{
	return matched->is_created ? osmeta_delivered_sql(plan, entity, "s") :
		pstrdup("true");
}

char *
osmeta_map_used_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	StringInfoData buf;
	bool		is_planned = strcmp(plan->phase, "planned") == 0;
	bool		is_large = osmeta_plan_is_large(plan);

	initStringInfo(&buf);
	if (is_planned || is_large)
	{
		appendStringInfo(&buf, "SELECT DISTINCT u.source_id AS id"
						 " FROM osmeta.plan_attribute a"
						 " JOIN osmeta.plan_reference_use u ON u.plan_id = a.plan_id"
						 "  AND u.entity_id = a.entity_id AND u.attribute_no = a.attribute_no"
						 " WHERE a.plan_id = " INT64_FORMAT
						 " AND %s",
						 plan->plan_id,
		/* the others have been read when the plan was made only */
						 is_planned ?
						 psprintf("a.refers_to_entity_id = " INT64_FORMAT, entity->entity_id) :
						 psprintf("%s AND EXISTS (SELECT FROM osmeta.plan_entity e WHERE e.plan_id = a.plan_id"
								  " AND e.entity_id = a.entity_id AND e.include AND e.is_data)",
								  osmeta_map_refers_sql(entity)));
		if (is_planned)
			return buf.data;
	}
	for (int i = 0; !is_large && i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nreferences; j++)
		{
			const PlanAttribute *a = &e->attributes[j];

			if (a->refers_to != entity || (a->transform != TRANSFORM_REMAP &&
										   a->transform != TRANSFORM_KEY))
				continue;
			for (const char *relation = osmeta_round_relations(plan, e);
				 *relation != '\0'; relation++)
				appendStringInfo(&buf, "%sSELECT DISTINCT (%s)::text AS id FROM %s s WHERE (%s) IS NOT NULL AND %s",
								 buf.len > 0 ? " UNION " : "",
								 osmeta_reference_value(a, "s"),
								 osmeta_stage_name(plan, *relation, e->entity_id),
								 osmeta_reference_value(a, "s"),
								 osmeta_needing_sql(plan, e, entity));
		}
	}
	if (is_named(plan, entity) && has_tables(plan, entity))
		appendStringInfo(&buf, "%sSELECT r.c%d::text AS id FROM %s r",
						 buf.len > 0 ? " UNION " : "",
						 entity->identifier->attribute_no,
						 osmeta_stage_name(plan, 's', entity->entity_id));
	if (buf.len == 0)
		appendStringInfoString(&buf, "SELECT NULL::text AS id WHERE false");
	return buf.data;
}

/*
 * Bounds that a wrapper can push, as a condition on column c<no>: the lowest
 * and the highest number of a query with a column id.  NULL: there is none.
 */
static char *
number_bounds(const char *ids, int no)
{
	osmeta_execf("SELECT min(v.id::numeric)::text, max(v.id::numeric)::text FROM (%s) v",
				 ids);
	if (osmeta_text_at(0, 1) == NULL)
		return NULL;
	return psprintf("c%d >= %s AND c%d <= %s", no, osmeta_text_at(0, 1), no,
					osmeta_text_at(0, 2));
}

/*
 * The attributes of the natural key, as numbers in plan_attribute; empty if
 * the strategy names one that cannot be compared (plan_problem tells).
 */
static int
natural_key(const MigrationPlan *plan, const PlanEntity *entity,
			const PlanAttribute ***key)
{
	uint64		rows;
	int			n = 0;

	osmeta_execf("SELECT n.attribute_no FROM osmeta.plan_natural(" INT64_FORMAT ", " INT64_FORMAT ") n"
				 " ORDER BY n.place",
				 plan->plan_id, entity->entity_id);
	rows = SPI_processed;
	*key = palloc(sizeof(PlanAttribute *) * (rows + 1));
	for (uint64 i = 0; i < rows; i++)
	{
		bool		isnull;
		int64		no = osmeta_int64_at(i, 1, &isnull);

		for (int j = 0; j < entity->nattributes; j++)
		{
			const PlanAttribute *a = &entity->attributes[j];

			if (!isnull && a->attribute_no == no && a->source_type != NULL)
				(*key)[n++] = a;
		}
		if (n != (int) i + 1)
			return 0;
	}
	/* Rows of two tenants are two, whatever they hold. */
	for (int j = 0; n > 0 && j < entity->nattributes; j++)
	{
		const PlanAttribute *a = &entity->attributes[j];
		bool		is_named = false;

		if (a->refers_to == NULL || a->source_type == NULL ||
			strcmp(a->refers_to->strategy_name, "tenant") != 0 ||
			strcmp(a->name, "Tenant_Id") != 0)
			continue;
		for (int k = 0; k < n; k++)
			is_named |= (*key)[k] == a;
		if (!is_named)
			(*key)[n++] = a;
	}
	return n;
}

/*
 * Queries with the columns id (text), key (an array that is NULL if one of
 * its values is) and label, over the source's and the target's table.
 * References in the key are compared by the partners of their rows.
 */
static void
key_sql(const MigrationPlan *plan, const PlanEntity *entity,
		const PlanAttribute **key, int n, const char *source_condition,
		char **source, char **target)
{
	StringInfoData s_key;
	StringInfoData t_key;
	StringInfoData joins;
	StringInfoData nulls;
	StringInfoData label;
	StringInfoData columns;
	int			id = entity->identifier->attribute_no;

	initStringInfo(&s_key);
	initStringInfo(&t_key);
	initStringInfo(&joins);
	initStringInfo(&nulls);
	initStringInfo(&label);
	initStringInfo(&columns);
	for (int i = 0; i < n; i++)
	{
		const PlanAttribute *a = key[i];
		const char *comma = i > 0 ? ", " : "";
		char	   *value = psprintf("r.c%d", a->attribute_no);
		char	   *s_value = value;
		char	   *s_text;

		if (a->refers_to != NULL)
		{
			appendStringInfo(&joins, " LEFT JOIN osmeta.plan_map m%d ON m%d.plan_id = " INT64_FORMAT
							 " AND m%d.entity_id = " INT64_FORMAT " AND m%d.source_id = %s::text",
							 i, i, plan->plan_id, i, a->refers_to->entity_id,
							 i, value);
			s_value = psprintf("m%d.target_id", i);
		}
		s_text = comparable(plan, a, s_value);
		appendStringInfo(&s_key, "%s(%s)::text", comma, s_text);
		appendStringInfo(&t_key, "%s(%s)::text", comma,
						 comparable(plan, a, value));
		appendStringInfo(&nulls, "%s%s IS NOT NULL", i > 0 ? " AND " : "",
						 value);
		/* what is masked is not shown either */
		appendStringInfo(&label, "%s%s", comma,
						 a->mask != NULL ? "'(masked)'" :
						 psprintf("%s::text", value));
		if (a != entity->identifier)
			appendStringInfo(&columns, ", c%d", a->attribute_no);
	}
	*source = psprintf("SELECT r.c%d::text AS id, CASE WHEN array_position(k.key, NULL) IS NULL THEN k.key END AS key,"
					   " concat_ws(', ', %s) AS label"
					   " FROM (SELECT c%d%s FROM %s%s%s OFFSET 0) r%s"
					   " CROSS JOIN LATERAL (VALUES (ARRAY[%s])) k (key)",
					   id, label.data, id, columns.data,
					   osmeta_stage_name(plan, 's', entity->entity_id),
					   source_condition ? " WHERE " : "",
					   source_condition ? source_condition : "",
					   joins.data, s_key.data);
	*target = psprintf("SELECT r.c%d::text AS id, ARRAY[%s] AS key"
					   " FROM (SELECT c%d%s FROM %s OFFSET 0) r WHERE %s",
					   id, t_key.data, id, columns.data,
					   osmeta_stage_name(plan, 't', entity->entity_id),
					   nulls.data);
}

/*
 * Pairs by natural key of the rows that ids (a query) names: source_id,
 * target_id, label, candidates.  They compete with the rows of rivals (a
 * query, too); rows of the target that own names are nobody's partner.
 */
static char *
natural_pairs_sql(const MigrationPlan *plan, const PlanEntity *entity,
				  const PlanAttribute **key, int n, const char *ids,
				  const char *rivals, const char *own)
{
	char	   *condition = NULL;
	char	   *source;
	char	   *target;

	if (entity->is_number)
	{
		condition = number_bounds(rivals, entity->identifier->attribute_no);
		if (condition == NULL)
			condition = "false";
	}
	key_sql(plan, entity, key, n, condition, &source, &target);
	return psprintf("WITH used AS MATERIALIZED (%s), rival AS MATERIALIZED (%s), s AS MATERIALIZED (%s), t AS MATERIALIZED (%s%s),"
					" concerned AS MATERIALIZED (SELECT s.id, s.key, s.label,"
					"  CASE WHEN s.key IS NOT NULL THEN count(*) OVER (PARTITION BY s.key) END AS number"
					"  FROM s WHERE s.id IN (SELECT r.id FROM rival r)),"
					" there AS (SELECT t.key, count(*) AS number, min(t.id) AS id,"
					"  array_to_string((array_agg(t.id ORDER BY t.id))[1:5], ', ') AS ids"
					"  FROM t WHERE t.key IN (SELECT c.key FROM concerned c) GROUP BY t.key),"
					" here AS (SELECT c.key, array_to_string((array_agg(c.id ORDER BY c.id))[1:5], ', ') AS ids"
					"  FROM concerned c WHERE c.number > 1 GROUP BY c.key)"
					" SELECT c.id AS source_id,"
					"  CASE WHEN c.number = 1 AND t.number = 1 THEN t.id END AS target_id, c.label,"
					"  NULLIF(concat_ws(', ',"
					"   CASE WHEN c.number > 1 THEN 'the source has it in ids ' || h.ids END,"
					"   CASE WHEN t.number > 1 THEN 'the target has it in ids ' || t.ids END), '') AS candidates"
					" FROM concerned c LEFT JOIN there t ON t.key = c.key"
					" LEFT JOIN here h ON h.key = c.key"
					" WHERE c.id IN (SELECT u.id FROM used u)",
					ids, rivals, source, target,
					own == NULL ? "" :
					psprintf(" AND r.c%d::text NOT IN (SELECT o.id::text FROM (%s) o WHERE o.id IS NOT NULL)",
							 entity->identifier->attribute_no, own));
}

/*
 * Pairs by identifier, of the rows of a query with a column id; the target's
 * identifier can be spelled otherwise.  Columns as above.
 */
static char *
same_pairs_sql(const MigrationPlan *plan, const PlanEntity *entity,
			   const char *ids)
{
	int			no = entity->identifier->attribute_no;
	char	   *condition = entity->is_number ? number_bounds(ids, no) : NULL;
	const char *s_id = "s.id";
	const char *t_id = "t.id";

	if (!entity->is_number)
	{
		s_id = osmeta_map_folded(plan, s_id);
		t_id = osmeta_map_folded(plan, t_id);
	}
	return psprintf("WITH s AS MATERIALIZED (%s),"
					" t AS MATERIALIZED (SELECT c%d::text AS id FROM %s%s%s)"
					" SELECT s.id AS source_id, t.id AS target_id, s.id AS label, NULL::text AS candidates"
					" FROM s LEFT JOIN t ON %s = %s",
					ids, no, osmeta_stage_name(plan, 't', entity->entity_id),
					condition ? " WHERE " : "", condition ? condition : "",
					t_id, s_id);
}

/* Rows of the source among the identifiers that are referred to. */
static char *
used_rows_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	int			no = entity->identifier->attribute_no;
	char	   *used = osmeta_map_used_sql(plan, entity);
	char	   *condition = entity->is_number ? number_bounds(used, no) : NULL;

	return psprintf("SELECT r.id FROM (SELECT c%d::text AS id FROM %s%s%s OFFSET 0) r"
					" WHERE r.id IN (SELECT u.id FROM (%s) u)",
					no, osmeta_stage_name(plan, 's', entity->entity_id),
					condition ? " WHERE " : "", condition ? condition : "",
					used);
}

/*
 * An external entity whose table cannot be read: with strategy keep it is the
 * user's word that both sides have the same identifiers.
 */
static bool
is_out_of_reach(const MigrationPlan *plan, const PlanEntity *entity)
{
	if (strcmp(entity->strategy_name, "keep") != 0)
		return false;
	osmeta_execf("SELECT EXISTS (SELECT FROM osmeta.external_entity x"
				 " WHERE x.plan_id = " INT64_FORMAT " AND x.entity_id = " INT64_FORMAT
				 " AND x.is_out_of_reach)", plan->plan_id, entity->entity_id);
	return osmeta_bool_at(0, 1);
}

void
osmeta_map_natural(const MigrationPlan *plan)
{
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];
		const PlanAttribute **key;
		char	   *pairs = NULL;
		int			n;

		if (e->is_data ||
			(!is_natural(e) && strcmp(e->strategy_name, "keep") != 0))
			continue;
		if (is_out_of_reach(plan, e))
			pairs = psprintf("SELECT u.id AS source_id, u.id AS target_id, u.id AS label, NULL::text AS candidates FROM (%s) u",
							 osmeta_map_used_sql(plan, e));
		else if (!has_tables(plan, e))
			continue;
		else if (is_natural(e) && (n = natural_key(plan, e, &key)) > 0)
		{
			char	   *used = osmeta_map_used_sql(plan, e);

			pairs = natural_pairs_sql(plan, e, key, n, used, used, NULL);
		}
		else if (strcmp(e->strategy_name, "keep") == 0)
			pairs = same_pairs_sql(plan, e, used_rows_sql(plan, e));
		if (pairs != NULL)
			osmeta_execf("INSERT INTO osmeta.plan_map"
						 " (plan_id, entity_id, source_id, target_id, label, candidates)"
						 " SELECT " INT64_FORMAT ", " INT64_FORMAT ", p.source_id, p.target_id,"
						 "  CASE WHEN p.target_id IS NULL THEN p.label END, p.candidates FROM (%s) p"
						 " ON CONFLICT DO NOTHING",
						 plan->plan_id, e->entity_id, pairs);
	}
}

/* ---------------------------------------------------------------------------
 * Moved rows that the target has already
 * ---------------------------------------------------------------------------
 */

/*
 * Put pairs (source_id, target_id as text) of rows that the target has into
 * mN, and tell it if is_told; gives how many of the stage's rows there are
 * now.
 */
static int64
add_existing(const MigrationPlan *plan, PlanEntity *entity,
			 const char *pairs, bool is_told)
{
	char	   *table = osmeta_stage_name(plan, 'm', entity->entity_id);
	int64		rows;

	if (!entity->has_map)
		osmeta_exec(osmeta_map_table_sql(plan, entity));
	else

		/*
		 * an interrupted attempt may have left some that are not true now;
		 * those of earlier rounds have been used, and stay
		 */
		osmeta_execf("DELETE FROM %s m USING %s s WHERE m.is_existing AND s.c%d = m.source_id AND s.round = %d AND m.round = %d",
					 table, osmeta_stage_name(plan, 'e', entity->entity_id),
					 entity->identifier->attribute_no, plan->round, plan->round);
	osmeta_execf("INSERT INTO %s (source_id, target_id, is_existing, round)"
				 " SELECT DISTINCT ON (p.source_id) p.source_id::%s, p.target_id::%s, true, %d FROM (%s) p"
				 " WHERE p.target_id IS NOT NULL"
				 " ORDER BY p.source_id, p.target_id = p.source_id DESC, p.target_id"
				 " ON CONFLICT DO NOTHING",
				 table, entity->identifier->source_type,
				 entity->identifier->target_type, plan->round, pairs);
	osmeta_execf("SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM %s s WHERE s.c%d = m.source_id))"
				 " FROM %s m WHERE m.is_existing",
				 osmeta_stage_name(plan, 'e', entity->entity_id),
				 entity->identifier->attribute_no, table);
	rows = osmeta_int64_at(0, 2, NULL);
	/* one that was there before is used by views, and may be empty */
	if (!entity->has_map && osmeta_int64_at(0, 1, NULL) == 0)
		osmeta_execf("DROP TABLE %s", table);
	else
		entity->has_map = true;
	osmeta_execf("UPDATE osmeta.plan_entity e SET has_map = %s, rows_existing = " INT64_FORMAT
				 " WHERE e.plan_id = " INT64_FORMAT " AND e.entity_id = " INT64_FORMAT,
				 entity->has_map ? "true" : "false", rows, plan->plan_id,
				 entity->entity_id);
	if (rows > 0 && is_told)
		ereport(NOTICE,
				(errmsg("plan \"%s\": rows of %s that are one with rows which environment \"%s\" has already: " INT64_FORMAT,
						plan->name, osmeta_entity_label(entity), plan->target,
						rows),
				 errdetail("They are not delivered; references lead to the rows there.")));
	return rows;
}

/* Rows that a run has pulled, as a query with a column id. */
static char *
staged_ids_sql(const MigrationPlan *plan, const PlanEntity *entity,
			   const char *round)
{
	return psprintf("SELECT s.c%d::text AS id FROM %s s WHERE s.round %s %d",
					entity->identifier->attribute_no,
					osmeta_stage_name(plan, 'e', entity->entity_id),
					round, plan->round);
}

/* Error 23505 if it is not certain which rows some are one with. */
static void
require_certain(const MigrationPlan *plan, const PlanEntity *entity,
				const char *pairs)
{
	uint64		rows;

	osmeta_execf("SELECT format('%%s (id %%s): %%s', p.label, p.source_id, p.candidates)"
				 " FROM (%s) p WHERE p.candidates IS NOT NULL ORDER BY 1",
				 pairs);
	rows = SPI_processed;
	if (rows > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("%s does not tell rows of %s apart: " UINT64_FORMAT,
						entity->strategy_name, osmeta_entity_label(entity),
						rows),
				 errdetail("%s", osmeta_list_lines(rows, rows)),
				 errhint("%s", osmeta_refusal_hint(plan, "Put these rows right, or make a plan with other attributes in key_strategy."))));
}

/* Identifiers of rows that earlier rounds have delivered; NULL: none. */
static char *
own_ids_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	if (plan->round == 1)
		return NULL;
	return osmeta_target_id_sql(plan, entity,
								psprintf("s.round < %d", plan->round));
}

void
osmeta_plan_fill_natural(const MigrationPlan *plan, PlanEntity *entity,
						 bool is_told)
{
	const PlanAttribute **key;
	int			n = natural_key(plan, entity, &key);
	char	   *pairs;

	if (n == 0)
		return;

	/*
	 * A row that comes later must not have the key of one that came before,
	 * and what the plan has delivered itself is no row of others.
	 */
	pairs = natural_pairs_sql(plan, entity, key, n,
							  staged_ids_sql(plan, entity, "="),
							  staged_ids_sql(plan, entity, "<="),
							  own_ids_sql(plan, entity));
	require_certain(plan, entity, pairs);
	(void) add_existing(plan, entity, pairs, is_told);
}

/*
 * Text identifiers keep their value: where the target has it, the two rows
 * are one.  A one-to-one row whose partner belongs to a row that the target
 * has may be there, too.
 */
void
osmeta_plan_fill_existing(const MigrationPlan *plan, PlanEntity *entity,
						  bool is_told)
{
	int			no = entity->identifier->attribute_no;

	if (strcmp(entity->strategy_name, "keep") == 0 && !entity->is_number)
		(void) add_existing(plan, entity,
							same_pairs_sql(plan, entity,
										   staged_ids_sql(plan, entity, "=")),
							is_told);
	else if (strcmp(entity->strategy_name, "parent") == 0)
	{
		int64		rows;

		rows = add_existing(plan, entity,
							psprintf("WITH s AS MATERIALIZED (%s), k (source_id, target_id) AS MATERIALIZED (%s),"
									 " t AS MATERIALIZED (SELECT c%d::text AS id FROM %s)"
									 " SELECT k.source_id, t.id AS target_id FROM s"
									 " JOIN k ON k.source_id = s.id JOIN t ON t.id = k.target_id",
									 staged_ids_sql(plan, entity, "="),
									 osmeta_key_pairs_sql(plan, entity), no,
									 osmeta_stage_name(plan, 't', entity->entity_id)),
							is_told);
		if (rows > 0 && strcmp(plan->existing_one_to_one, "fail") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNIQUE_VIOLATION),
					 errmsg("rows of %s that belong to rows which have one in environment \"%s\" already: " INT64_FORMAT,
							osmeta_entity_label(entity), plan->target, rows),
					 errhint("%s", osmeta_refusal_hint(plan, psprintf("SELECT osmeta.set_plan_option(%s, 'existing_one_to_one', '\"keep_target\"') leaves the rows there as they are; then call run_plan again.",
																	  quote_literal_cstr(plan->name))))));
	}
}

void
osmeta_plan_fill_entity_map(const MigrationPlan *plan, PlanEntity *entity,
							bool is_told)
{
	/* What stands there goes first: nothing is one with it. */
	if (!entity->is_data || entity->identifier == NULL ||
		plan->delete_existing)
		return;
	if (is_natural(entity))
		osmeta_plan_fill_natural(plan, entity, is_told);
	else
		osmeta_plan_fill_existing(plan, entity, is_told);
}

/*
 * References that lead to rows of the source which a filter leaves out: the
 * target may have the row, by natural key or text identifier.
 */
void
osmeta_plan_fill_outside(const MigrationPlan *plan, PlanEntity *entity)
{
	int			no;
	char	   *ids;
	char	   *pairs;

	if (!entity->is_data || !entity->is_parent || entity->filter == NULL ||
		entity->identifier == NULL || plan->delete_existing)
		return;
	no = entity->identifier->attribute_no;
	ids = psprintf("SELECT n.id::text AS id FROM %s n WHERE NOT EXISTS (SELECT FROM %s r WHERE r.c%d = n.id)",
				   osmeta_stage_name(plan, 'n', entity->entity_id),
				   osmeta_stage_name(plan, 'e', entity->entity_id), no);
	if (osmeta_execf("SELECT FROM (%s) o LIMIT 1", ids) == 0)
		return;
	if (is_natural(entity))
	{
		const PlanAttribute **key;
		int			n = natural_key(plan, entity, &key);

		if (n == 0)
			return;
		/* one that is left out and one that is moved may be one row there */
		pairs = natural_pairs_sql(plan, entity, key, n, ids,
								  psprintf("%s UNION %s",
										   staged_ids_sql(plan, entity, "<="), ids),
								  own_ids_sql(plan, entity));
		require_certain(plan, entity, pairs);
	}
	else if (strcmp(entity->strategy_name, "keep") == 0 && !entity->is_number)
		pairs = same_pairs_sql(plan, entity,
							   psprintf("SELECT o.id FROM (%s) o WHERE %s IN (SELECT %s FROM (SELECT c%d AS id FROM %s OFFSET 0) r)",
										ids, osmeta_compared_id(plan, "o.id"),
										osmeta_compared_id(plan, "r.id::text"),
										no,
										osmeta_stage_name(plan, 's', entity->entity_id)));
	else
		return;
	(void) add_existing(plan, entity, pairs, true);
}
