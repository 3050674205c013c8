/*-------------------------------------------------------------------------
 *
 * plan_unique.c
 *	  Which rows would collide at the target?
 *
 * A unique index there beside that of the identifier: two rows of the stage
 * with equal values, or one and a row that stands there, would stop the push
 * in the middle.  They are looked for before it, by one statement for each
 * index, and compared as the target's engine does: SQL Server ignores case
 * and blanks at the end and takes two NULLs for equal, Oracle takes an empty
 * text for NULL and only keys that are NULL as a whole for different,
 * PostgreSQL goes by the column's type and collation.
 *
 * References of the second step are not there yet when a row comes: where the
 * engine takes two such rows for equal, they collide before it.
 *
 * Rows of a later round that have changed count with what they shall have;
 * what they have is taken until then, since new rows come first, and an engine
 * may compare row by row while it updates: two rows that exchange their values
 * are refused.
 *
 * Nothing is cut or left out: who knows which of the two rows is the right
 * one decides.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "utils/builtins.h"

#include "spi.h"

/* Values that an error lists. */
#define LISTED 20

typedef struct UniqueIndex
{
	PlanEntity *entity;
	char	   *name;
	char	   *definition;
	char	   *attributes;		/* numbers, as an array's text */
	bool		is_complete;	/* the plan fills all its columns */
	bool		nulls_are_equal;
	bool		is_shared_at_first; /* rows may collide before the second step */
} UniqueIndex;

/* How a value of a row is compared. */
static char *
comparable(const MigrationPlan *plan, const char *value, int row)
{
	bool		is_text = osmeta_bool_at(row, 5);
	char	   *collation = osmeta_text_at(row, 4);

	if (is_text && strcmp(plan->target_dialect, "sqlserver") == 0)
		return psprintf("osmeta.fold_name(rtrim(%s::text))", value);
	if (is_text && strcmp(plan->target_dialect, "oracle") == 0)
		return psprintf("NULLIF(%s::text, '')", value);
	if (is_text)
		/* without a length: nothing is cut before it is compared */
		return psprintf("%s::%s%s%s", value, osmeta_text_at(row, 2),
						collation ? " COLLATE " : "",
						collation ? collation : "");
	return psprintf("%s::%s", value, osmeta_text_at(row, 3));
}

/* The value of a column, as the first step delivers it or as it shall be. */
static char *
delivered_value(const PlanEntity *entity, int row, bool at_first)
{
	char	   *column = osmeta_text_at(row, 1);

	for (int i = 0; at_first && i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];

		if (a->is_deferred && strcmp(psprintf("c%d", a->attribute_no), column) == 0)
			return psprintf("(%s)", osmeta_first_value(a));
	}
	return psprintf("d.%s", column);
}

/* Rows whose key cannot collide, as a condition that the others meet. */
static char *
null_condition(const MigrationPlan *plan, const UniqueIndex *index, int nkeys)
{
	StringInfoData buf;
	bool		is_oracle = strcmp(plan->target_dialect, "oracle") == 0;

	if (index->nulls_are_equal)
		return pstrdup("true");
	initStringInfo(&buf);
	for (int i = 0; i < nkeys; i++)
		appendStringInfo(&buf, "%su.k%d IS NOT NULL",
						 i == 0 ? "" : is_oracle ? " OR " : " AND ", i);
	return buf.data;
}

/* The statement that finds the collisions of an index. */
static char *
collision_sql(const Run *run, const UniqueIndex *index, bool with_target,
			  bool at_first)
{
	const MigrationPlan *plan = run->plan;
	const PlanEntity *entity = index->entity;
	StringInfoData own;
	StringInfoData theirs;
	StringInfoData keys;
	StringInfoData values;
	int			nkeys;
	char	   *target = osmeta_stage_name(plan, 't', entity->entity_id);
	char	   *id = psprintf("c%d%s", entity->identifier->attribute_no,
							  entity->is_number ? "" : "::text");

	/* types and collations of the columns, as this database declares them */
	osmeta_execf("SELECT a.attname::text, format_type(a.atttypid, NULL), format_type(a.atttypid, a.atttypmod),"
				 " CASE WHEN a.attcollation <> 0 AND l.collname <> 'default' THEN format('%%I.%%I', n.nspname, l.collname) END,"
				 " t.typcategory = 'S'"
				 " FROM unnest(%s::integer[]) v (no)"
				 " JOIN pg_attribute a ON a.attrelid = %s::regclass AND a.attname = 'c' || v.no"
				 " JOIN pg_type t ON t.oid = a.atttypid"
				 " LEFT JOIN pg_collation l ON l.oid = a.attcollation"
				 " LEFT JOIN pg_namespace n ON n.oid = l.collnamespace",
				 quote_literal_cstr(index->attributes),
				 quote_literal_cstr(target));
	nkeys = (int) SPI_processed;
	initStringInfo(&own);
	initStringInfo(&theirs);
	initStringInfo(&keys);
	initStringInfo(&values);
	for (int i = 0; i < nkeys; i++)
	{
		appendStringInfo(&own, "%s AS k%d, ", comparable(plan, delivered_value(entity, i, at_first), i), i);
		appendStringInfo(&theirs, "%s, ", comparable(plan, psprintf("t.%s", osmeta_text_at(i, 1)), i));
		appendStringInfo(&keys, "%su.k%d", i > 0 ? ", " : "", i);
		appendStringInfo(&values, "%squote_nullable(left(u.k%d::text, 100))",
						 i > 0 ? ", " : "", i);
	}
	return psprintf("SELECT format('(%%s): %%s%%s', g.key,"
					"  CASE WHEN g.own = 1 THEN format('row %%s of the source', g.first)"
					"   ELSE format('rows %%s and %%s of the source', g.first, g.last)"
					"    || CASE WHEN g.own > 2 THEN format(', %%s in all', g.own) ELSE '' END END,"
					"  ' and row ' || g.theirs || ' of the target'), count(*) OVER ()"
					" FROM (SELECT concat_ws(', ', %s) AS key, count(*) FILTER (WHERE u.own) AS own,"
					"   min(u.source_id) AS first, max(u.source_id) AS last, min(u.id) FILTER (WHERE NOT u.own) AS theirs"
					"  FROM (SELECT %sd.source_id::text AS source_id, d.%s AS id, true AS own FROM (%s) d%s) u"
					"  WHERE %s GROUP BY %s"
	/* a row that stands there and is delivered once more is one */
					"  HAVING bool_or(u.own) AND (count(*) FILTER (WHERE u.own) > 1 OR min(u.id) <> max(u.id)"
					"   OR count(*) > 1 AND bool_or(u.id IS NULL))) g"
					" ORDER BY g.first, g.key LIMIT %d",
					values.data, own.data, id,
					at_first ? osmeta_delivery_sql(plan, entity, DELIVERY_CHECKED, false,
												   psprintf("s.round = %d", plan->round)) :
					osmeta_round_sql(plan, entity),
					with_target ?
					psprintf(" UNION ALL SELECT %sNULL, t.%s, false FROM %s t",
							 theirs.data, id,
							 osmeta_target_sql(plan, entity, 't', "true")) : "",
					null_condition(plan, index, nkeys), keys.data, LISTED);
}

/*
 * Has the index an attribute that leads to rows whose identifiers the target
 * gives?  Then its values are not known yet.
 */
static bool
is_unknown_yet(const Run *run, const UniqueIndex *index)
{
	const char *next = index->attributes + strcspn(index->attributes, "0123456789");

	while (*next != '\0')
	{
		char	   *end;
		long		no = strtol(next, &end, 10);

		for (int i = 0; i < index->entity->nattributes; i++)
		{
			const PlanAttribute *a = &index->entity->attributes[i];
			const PlanEntity *parent = osmeta_is_mapped(a) ? a->refers_to : NULL;

			if (a->attribute_no != no)
				continue;
			while (parent != NULL && parent->strategy == STRATEGY_PARENT)
				parent = parent->identifier->refers_to;
			if (parent != NULL && (parent->strategy == STRATEGY_ASSIGNED ||
								   (run->is_pull && parent->is_created)))
				return true;
		}
		next = end + strcspn(end, "0123456789");
	}
	return false;
}

static void
check_index(const Run *run, const UniqueIndex *index, bool with_target,
			bool at_first)
{
	uint64		rows;
	int64		total;

	rows = osmeta_exec(collision_sql(run, index, with_target, at_first));
	if (rows == 0)
		return;
	total = osmeta_int64_at(0, 2, NULL);
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("values of %s collide in unique index \"%s\" of environment \"%s\": " INT64_FORMAT,
					osmeta_entity_label(index->entity), index->name,
					run->plan->target, total),
			 errdetail("%s\n%s", index->definition, osmeta_list_lines(rows, total)),
			 at_first ?
			 errhint("%s", osmeta_refusal_hint(run->plan, "These rows would collide before the references of the second step are set: have the index dropped there while the plan runs, or make a new plan without another reference of the cycle.")) :
			 errhint("%s", osmeta_refusal_hint(run->plan, "Change or remove these rows on one of the sides and make a new plan, or make one with a filter that leaves them out or a transform that gives other values."))));
}

static void
report_alike(const Run *run, const PlanEntity *entity)
{
	uint64		rows = SPI_processed;
	int64		total;

	if (rows == 0)
		return;
	total = osmeta_int64_at(0, 2, NULL);
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("identifiers of %s are the same to environment \"%s\": " INT64_FORMAT,
					osmeta_entity_label(entity), run->plan->target, total),
			 errdetail("%s", osmeta_list_lines(rows, total)),
			 errhint("%s", osmeta_refusal_hint(run->plan, "Change or remove these rows on one of the sides and make a new plan, or make one with a filter that leaves them out."))));
}

/*
 * Texts that are identifiers of two rows at the source can be one to the
 * target: two rows of the stage, or two that are one with the same row there.
 */
static void
check_text_identifiers(const Run *run, PlanEntity *entity, bool with_target)
{
	const MigrationPlan *plan = run->plan;
	UniqueIndex index = {0};

	index.entity = entity;
	index.attributes = psprintf("{%d}", entity->identifier->attribute_no);
	osmeta_exec(collision_sql(run, &index, with_target, false));
	report_alike(run, entity);
	if (!entity->has_map)
		return;
	osmeta_execf("SELECT format('(%%L): rows %%s of the source', g.target_id, g.ids), count(*) OVER ()"
				 " FROM (SELECT m.target_id::text, string_agg(quote_literal(m.source_id), ', ' ORDER BY m.source_id) AS ids"
				 "  FROM %s m JOIN %s s ON s.c%d = m.source_id WHERE m.is_existing GROUP BY m.target_id"
				 "  HAVING count(*) > 1 AND bool_or(s.round = %d)) g ORDER BY 1 LIMIT %d",
				 osmeta_stage_name(plan, 'm', entity->entity_id),
				 osmeta_stage_name(plan, 'e', entity->entity_id),
				 entity->identifier->attribute_no, plan->round, LISTED);
	report_alike(run, entity);
}

/* What is compared is what stands there when the push begins. */
static bool
is_emptied_before(const Run *run)
{
	osmeta_execf("SELECT COALESCE(p.options ->> 'existing' = 'delete', false)"
				 " FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT,
				 run->plan_id);
	return osmeta_bool_at(0, 1) && run->plan->round == 1;
}

void
osmeta_check_unique(Run *run)
{
	bool		with_target = !is_emptied_before(run);
	UniqueIndex *index;
	uint64		rows;

	for (int i = 0; i < run->plan->nentities; i++)
	{
		PlanEntity *e = &run->plan->entities[i];

		if (e->is_data && !e->is_number && e->strategy == STRATEGY_KEEP)
			check_text_identifiers(run, e, with_target);
	}
	osmeta_execf("SELECT i.entity_id, i.name, i.definition, i.attributes::text, i.delivered = i.columns,"
				 " COALESCE(i.nulls_are_equal, false), COALESCE(i.is_shared_at_first, false)"
				 " FROM osmeta.target_unique_index i LEFT JOIN osmeta.environment n ON n.environment = i.target"
				 " WHERE i.plan_id = " INT64_FORMAT " AND NOT i.is_beyond AND i.unknown = 0 AND i.delivered > 0"
	/* a column that is NULL in all rows: nothing can be equal */
				 "  AND (i.nulls = 0 OR n.dialect <> 'postgres' OR i.nulls_are_equal)"
				 " ORDER BY i.object, i.name", run->plan_id);
	rows = SPI_processed;
	index = palloc0(sizeof(UniqueIndex) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		index[i].entity = osmeta_plan_entity(run->plan,
											 osmeta_int64_at(i, 1, NULL));
		index[i].name = osmeta_text_at(i, 2);
		index[i].definition = osmeta_text_at(i, 3);
		index[i].attributes = osmeta_text_at(i, 4);
		index[i].is_complete = osmeta_bool_at(i, 5);
		index[i].nulls_are_equal = osmeta_bool_at(i, 6);
		index[i].is_shared_at_first = osmeta_bool_at(i, 7);
	}
	for (uint64 i = 0; i < rows; i++)
	{
		if (index[i].entity == NULL || !index[i].entity->is_data)
			continue;
		/* of columns that are not delivered the target's rows are not read */
		if (index[i].is_shared_at_first)
			check_index(run, &index[i], with_target && index[i].is_complete,
						true);
		if (!is_unknown_yet(run, &index[i]))
			check_index(run, &index[i], with_target && index[i].is_complete,
						false);
		osmeta_commit_now_and_then(run, (int) i);
	}
}
