/*-------------------------------------------------------------------------
 *
 * plan_difference.c
 *	  Which rows of the target are not as they should be.
 *
 * Asked only when numbers or checksums have said that there are some: the
 * stage and the target are joined, and the first identifiers are listed.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_verify.h"

#include <stdarg.h>

#include "utils/builtins.h"

#include "spi.h"

/* Rows that are listed by their identifiers. */
#define LISTED 20

/* Kinds of differences, as a query gives them and as a user reads them. */
static const char *const kind_label[][2] = {
	{"missing", "rows missing"},
	{"doubled", "rows that stand there more than once"},
	{"differ", "rows that differ"}
};

void
osmeta_add_detail(StringInfo detail, const char *format,...)
{
	if (detail->len > 0)
		appendStringInfoString(detail, "; ");
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(detail, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(detail, needed);
	}
}

/* Identifiers that are texts can be empty, and have an order of their own. */
static char *
shown_id(const PlanEntity *entity, const char *id)
{
	return psprintf(entity->is_number ? "%s::text" : "quote_literal(%s)", id);
}

static char *
id_order(const PlanEntity *entity, const char *id)
{
	return psprintf(entity->is_number ? "%s" : "%s::text COLLATE \"C\"", id);
}

/*
 * The first rows that differ, each with the attributes that do.  ids are
 * literals of their identifiers.
 */
static char *
list_attributes(const MigrationPlan *plan, const PlanEntity *entity,
				const char *ids, bool with_deferred)
{
	StringInfoData names;
	StringInfoData list;
	int			id = entity->identifier->attribute_no;
	char	   *listed = entity->is_number ?
	osmeta_any_of_sql(psprintf("t.c%d", id), ids) :
	psprintf("t.c%d IN (%s)", id, ids);

	initStringInfo(&names);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		PlanEntity	one = *entity;

		if (a == entity->identifier || (a->is_deferred && !with_deferred))
			continue;
		one.attributes = (PlanAttribute *) a;
		one.nattributes = 1;
		one.identifier = NULL;
		appendStringInfo(&names, "%sCASE WHEN %s <> %s THEN %s END",
						 names.len > 0 ? ", " : "",
						 osmeta_row_hash_sql(&one, "d", true, true),
						 osmeta_row_hash_sql(&one, "t", true, true),
						 quote_literal_cstr(a->name));
	}
	if (names.len == 0)
		return NULL;
	osmeta_execf("SELECT format('%%s: %%s', %s, array_to_string(ARRAY[%s], ', '))"
				 " FROM (%s) d JOIN %s t ON t.c%d = d.c%d WHERE %s ORDER BY %s",
				 shown_id(entity, psprintf("d.c%d", id)), names.data,
				 osmeta_delivery_sql(plan, entity, DELIVERY_FINAL, false,
									 osmeta_pushed_rounds(plan)),
				 osmeta_target_sql(plan, entity, 't',
								   entity->is_number ? listed : "true"),
				 id, id, listed, id_order(entity, psprintf("d.c%d", id)));
	initStringInfo(&list);
	for (uint64 i = 0; i < SPI_processed; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? "; " : "",
						 osmeta_text_at(i, 1));
	return list.data;
}

/* Missing rows whose values stand under identifiers that the plan did not give. */
static void
find_moved_rows(const MigrationPlan *plan, const PlanEntity *entity,
				const PlanBounds *bounds, StringInfo detail)
{
	char	   *join;
	char	   *delivered = osmeta_is_delivered_sql(plan, entity, bounds, &join);
	int			id = entity->identifier->attribute_no;
	uint64		rows;
	StringInfoData list;

	if (entity->nattributes < 2)
		return;
	rows = osmeta_execf("SELECT DISTINCT ON (%s) format('%%s as %%s', %s, %s)"
						" FROM (SELECT d.c%d AS id, %s AS hash FROM (%s) d"
						"  WHERE NOT EXISTS (SELECT FROM %s x WHERE x.c%d = d.c%d)) m"
						" JOIN (SELECT t.c%d AS id, %s AS hash FROM %s t%s WHERE NOT %s) o ON o.hash = m.hash"
						" ORDER BY %s, %s",
						id_order(entity, "m.id"), shown_id(entity, "m.id"),
						shown_id(entity, "o.id"), id,
						osmeta_row_hash_sql(entity, "d", true, false),
						osmeta_delivery_sql(plan, entity, DELIVERY_FINAL,
											false,
											osmeta_pushed_rounds(plan)),
						osmeta_target_sql(plan, entity, 't', "true"), id, id,
						id, osmeta_row_hash_sql(entity, "t", true, false),
						osmeta_target_sql(plan, entity, 't', "true"), join,
						delivered, id_order(entity, "m.id"),
						id_order(entity, "o.id"));
	if (rows == 0)
		return;
	initStringInfo(&list);
	for (uint64 i = 0; i < rows && i < LISTED; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "",
						 osmeta_text_at(i, 1));
	osmeta_add_detail(detail, "of these stand there under other identifiers: " UINT64_FORMAT " (%s%s)",
					  rows, list.data, rows > LISTED ? ", ..." : "");
}

void
osmeta_describe_difference(const MigrationPlan *plan,
						   const PlanEntity *entity, const PlanBounds *bounds,
						   bool with_deferred, StringInfo detail)
{
	int			id = entity->identifier->attribute_no;
	uint64		rows;
	char	  **kind;
	int64	   *number;
	char	  **list;

	rows = osmeta_execf("SELECT n.kind, count(*),"
						" string_agg(%s, ', ' ORDER BY n.place) FILTER (WHERE n.place <= %d)"
						" FROM (SELECT f.kind, f.id, row_number() OVER (PARTITION BY f.kind ORDER BY %s) AS place"
						"  FROM (SELECT w.id, CASE WHEN h.number IS NULL THEN 'missing'"
						"    WHEN h.number > 1 THEN 'doubled' ELSE 'differ' END AS kind"
						"   FROM (SELECT d.c%d AS id, %s AS hash FROM (%s) d) w"
						"   LEFT JOIN (SELECT t.c%d AS id, count(*) AS number, min(%s) AS hash"
						"    FROM %s t WHERE %s GROUP BY t.c%d) h ON h.id = w.id"
						"   WHERE h.number IS DISTINCT FROM 1 OR h.hash <> w.hash) f) n"
						" GROUP BY n.kind ORDER BY n.kind DESC",
						shown_id(entity, "n.id"), LISTED,
						id_order(entity, "f.id"), id,
						osmeta_row_hash_sql(entity, "d", with_deferred, true),
						osmeta_delivery_sql(plan, entity, DELIVERY_FINAL,
											false,
											osmeta_pushed_rounds(plan)),
						id,
						osmeta_row_hash_sql(entity, "t", with_deferred, true),
						osmeta_target_sql(plan, entity, 't',
										  osmeta_target_range_sql(entity, bounds)),
						osmeta_target_range_sql(entity, bounds), id);
	kind = palloc(sizeof(char *) * Max(rows, 1));
	number = palloc(sizeof(int64) * Max(rows, 1));
	list = palloc(sizeof(char *) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		kind[i] = osmeta_text_at(i, 1);
		number[i] = osmeta_int64_at(i, 2, NULL);
		list[i] = osmeta_text_at(i, 3);
	}
	for (uint64 i = 0; i < rows; i++)
	{
		char	   *attributes = NULL;
		const char *label = kind[i];

		for (int k = 0; k < (int) lengthof(kind_label); k++)
		{
			if (strcmp(kind_label[k][0], kind[i]) == 0)
				label = kind_label[k][1];
		}
		if (strcmp(kind[i], "differ") == 0)
			attributes = list_attributes(plan, entity, list[i],
										 with_deferred);
		osmeta_add_detail(detail, "%s: " INT64_FORMAT " (%s%s)", label,
						  number[i], attributes ? attributes : list[i],
						  number[i] > LISTED ? ", ..." : "");
		if (strcmp(kind[i], "missing") == 0 && with_deferred)
			find_moved_rows(plan, entity, bounds, detail);
	}
}
