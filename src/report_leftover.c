/*-------------------------------------------------------------------------
 *
 * report_leftover.c
 *	  Section of a page about a capture: what the database has and the model
 *	  no longer has.
 *
 *-------------------------------------------------------------------------
 */
#include "report.h"

#include "utils/builtins.h"

#include "html.h"
#include "spi.h"

/* Rows that a list shows. */
#define TOP 20

/*
 * One look at each view gives its sums and the rows that weigh most: part 0
 * holds the sums, the others the rows of a list.  c1 to c4 are what a list
 * shows, n1 and n2 rows and bytes.
 */
static const char *const soft_deleted_query =
"WITH gone AS MATERIALIZED ("
" SELECT d.kind, concat_ws('.', coalesce(d.espace, d.extension, '(no name)'),"
"   d.entity, coalesce(d.attribute, d.record)) AS object,"
"  d.physical_table_name, d.column_name,"
"  d.in_database, d.used_by_active, d.row_count, d.bytes"
" FROM osmeta.soft_deleted AS d WHERE d.capture_id = $1"
") SELECT 0 AS part, CASE g.kind WHEN 'espace' THEN 'Removed espaces'"
"  WHEN 'entity' THEN 'Removed entities'"
"  WHEN 'attribute' THEN 'Removed attributes'"
"  ELSE 'Removed records' END AS c1,"
" count(*) AS counted, count(*) FILTER (WHERE g.in_database) AS standing,"
" count(*) FILTER (WHERE g.used_by_active) AS used,"
" CASE WHEN g.kind IN ('espace', 'entity')"
"  THEN sum(g.row_count)::bigint END AS n1,"
" sum(g.bytes)::bigint AS n2, NULL AS c2, NULL AS c3, g.kind"
" FROM gone AS g GROUP BY g.kind"
" UNION ALL SELECT CASE t.kind WHEN 'entity' THEN 1 ELSE 2 END, t.object,"
" t.counted, NULL, NULL, t.row_count, t.bytes,"
" CASE t.kind WHEN 'entity' THEN t.physical_table_name"
"  ELSE t.physical_table_name || '.' || t.column_name END,"
" CASE WHEN t.used_by_active THEN 'yes' ELSE 'no' END, t.kind"
" FROM (SELECT g.*, count(*) OVER (PARTITION BY g.kind) AS counted,"
"   row_number() OVER (PARTITION BY g.kind ORDER BY g.bytes DESC NULLS LAST,"
"    g.row_count DESC NULLS LAST, g.object COLLATE \"C\") AS n"
"  FROM gone AS g"
"  WHERE g.kind IN ('entity', 'attribute') AND g.in_database IS NOT FALSE)"
"  AS t"
" WHERE t.n <= " CppAsString2(TOP)
" ORDER BY part, n2 DESC NULLS LAST, n1 DESC NULLS LAST, c1";

static const char *const orphan_table_query =
"WITH orphan AS MATERIALIZED ("
" SELECT o.table_name, o.kind, o.espaces, o.row_count, o.bytes"
" FROM osmeta.orphan_table AS o WHERE o.capture_id = $1"
") SELECT 0 AS part, 'Tables without entity' AS c1, count(*) AS counted,"
" count(*) AS standing, NULL::bigint AS used,"
" sum(o.row_count)::bigint AS n1,"
" sum(o.bytes)::bigint AS n2, NULL AS c2, NULL AS c3"
" FROM orphan AS o"
" UNION ALL SELECT 1, t.table_name, t.counted, NULL, NULL, t.row_count,"
" t.bytes, t.kind, t.espaces"
" FROM (SELECT o.*, count(*) OVER () AS counted,"
"   row_number() OVER (ORDER BY o.bytes DESC NULLS LAST,"
"    o.row_count DESC NULLS LAST, o.table_name COLLATE \"C\") AS n"
"  FROM orphan AS o) AS t"
" WHERE t.n <= " CppAsString2(TOP)
" ORDER BY part, n2 DESC NULLS LAST, n1 DESC NULLS LAST, c1";

static const char *const orphan_column_query =
"WITH orphan AS MATERIALIZED ("
" SELECT o.table_name, o.column_name, o.column_type, o.explained_by,"
"  concat_ws('.', coalesce(o.espace, o.extension), o.entity) AS entity"
" FROM osmeta.orphan_column AS o WHERE o.capture_id = $1"
") SELECT 0 AS part, 'Columns without attribute' AS c1, count(*) AS counted,"
" count(*) AS standing, NULL::bigint AS used, NULL::bigint AS n1,"
" NULL::bigint AS n2, NULL AS c2, NULL AS c3, NULL AS c4"
" FROM orphan AS o"
" UNION ALL SELECT 1, t.entity, t.counted, NULL, NULL, NULL, NULL,"
" t.table_name || '.' || t.column_name, t.column_type, t.explained_by"
" FROM (SELECT o.*, count(*) OVER () AS counted,"
"   row_number() OVER (ORDER BY o.explained_by IS NULL,"
"    o.table_name COLLATE \"C\", o.column_name COLLATE \"C\") AS n"
"  FROM orphan AS o) AS t"
" WHERE t.n <= " CppAsString2(TOP)
" ORDER BY part, c4 NULLS LAST, c2";

static const char *const constraint_query =
"WITH obstacle AS MATERIALIZED ("
" SELECT o.blocks, o.table_name, o.column_name, o.key_name, o.message,"
"  concat_ws('.', coalesce(o.espace, o.extension), o.entity,"
"   o.attribute) AS object,"
"  array_position('{insert,auto number,delete,cascade}'::text[],"
"   o.blocks) AS place"
" FROM osmeta.leftover_constraint AS o WHERE o.capture_id = $1"
") SELECT 0 AS part, CASE o.blocks"
"  WHEN 'insert' THEN 'Left-overs that make inserts fail'"
"  WHEN 'auto number' THEN 'Left-overs that keep the auto number'"
"  WHEN 'delete' THEN 'Left-overs that refuse deletes'"
"  ELSE 'Left-overs that delete rows unasked' END AS c1,"
" count(*) AS counted, count(*) AS standing, NULL::bigint AS used,"
" NULL::bigint AS n1, NULL::bigint AS n2, NULL AS c2, NULL AS c3,"
" NULL AS c4, o.place AS n"
" FROM obstacle AS o GROUP BY o.blocks, o.place"
" UNION ALL SELECT 1, t.table_name || coalesce('.' || t.column_name, ''),"
" t.counted, NULL, NULL, NULL, NULL, t.blocks,"
" NULLIF(t.object, ''), t.message || coalesce(' (' || t.key_name || ')', ''),"
" t.n"
" FROM (SELECT o.*, count(*) OVER () AS counted,"
"   row_number() OVER (ORDER BY o.place, o.table_name COLLATE \"C\","
"    o.column_name COLLATE \"C\", o.key_name COLLATE \"C\") AS n"
"  FROM obstacle AS o) AS t"
" WHERE t.n <= " CppAsString2(TOP)
" ORDER BY part, n";

static const char *const sums_titles[] = {"What", "Count", "In the database", "Needed by something active", "Rows", "Size"};

/* A table of sums: the parts 0 of the last query. */
static uint64
append_sums(Report *report, uint64 rows)
{
	StringInfo	buf = report->buf;
	uint64		row = 0;

	for (; row < rows && osmeta_int64_at(row, 1, NULL) == 0; row++)
	{
		appendStringInfoString(buf, "<tr><th scope=\"row\">");
		osmeta_html_text(buf, osmeta_text_at(row, 2));
		appendStringInfoString(buf, "</th>");
		for (int column = 3; column <= 7; column++)
		{
			bool		isnull;
			int64		number = osmeta_int64_at(row, column, &isnull);

			osmeta_report_cell_begin(buf, sums_titles[column - 2]);
			appendStringInfo(buf, " class=\"n%s\">", isnull ? " u" : "");
			if (isnull)
				appendStringInfoString(buf, "&#8211;");
			else if (column == 7)
				osmeta_html_bytes(buf, number);
			else
				osmeta_html_number(buf, number);
			appendStringInfoString(buf, "</td>");
		}
		appendStringInfoString(buf, "</tr>\n");
	}
	return row;
}

/*
 * A list that is folded: the rows of a part of the last query, as a table of
 * its own order of columns.
 */
static void
append_list(Report *report, StringInfo lists, const char *summary,
			const char *const *titles, const int *numbers, uint64 from,
			uint64 to, const char *statement)
{
	StringInfo	page = report->buf;

	if (from >= to)
		return;
	report->buf = lists;
	osmeta_report_fold_begin(report, summary);
	appendStringInfoString(lists, "<div class=\"scroll\"><table class=\"stack fit\"><thead><tr>");
	for (int i = 0; titles[i] != NULL; i++)
		appendStringInfo(lists, "<th scope=\"col\"%s>%s</th>",
						 numbers[i] == 6 || numbers[i] == 7 ?
						 " class=\"n\"" : "", titles[i]);
	appendStringInfoString(lists, "</tr></thead>\n<tbody>\n");
	for (uint64 row = from; row < to; row++)
	{
		appendStringInfoString(lists, "<tr>");
		for (int i = 0; titles[i] != NULL; i++)
		{
			char	   *text = osmeta_text_at(row, numbers[i]);
			const char *tag = i == 0 ? "th" : "td";

			osmeta_report_cell_begin(lists, i == 0 ? NULL : titles[i]);
			appendStringInfoString(lists, numbers[i] == 6 || numbers[i] == 7 ?
								   " class=\"n\">" : " class=\"t\">");
			if (text == NULL)
				appendStringInfoString(lists, "&#8211;");
			else if (numbers[i] == 6)
				osmeta_html_number(lists, osmeta_int64_at(row, 6, NULL));
			else if (numbers[i] == 7)
				osmeta_html_bytes(lists, osmeta_int64_at(row, 7, NULL));
			else
				osmeta_report_clip(lists, text, 400);
			appendStringInfo(lists, "</%s>", tag);
		}
		appendStringInfoString(lists, "</tr>\n");
	}
	appendStringInfoString(lists, "</tbody></table></div>\n");
	osmeta_report_more(report, to - from, osmeta_int64_at(from, 3, NULL),
					   statement);
	osmeta_report_fold_end(report);
	report->buf = page;
}

void
osmeta_report_leftovers(Report *report)
{
	static const char *const entity_titles[] = {"Entity", "Table", "Needed by something active", "Rows", "Size", NULL};
	static const int entity_numbers[] = {2, 8, 9, 6, 7};
	static const char *const attribute_titles[] = {"Attribute", "Column", "Column in use by another attribute", "Rows of the table", NULL};
	static const int attribute_numbers[] = {2, 8, 9, 6};
	static const char *const table_titles[] = {"Table", "Kind", "Espaces with this key", "Rows", "Size", NULL};
	static const int table_numbers[] = {2, 8, 9, 6, 7};
	static const char *const column_titles[] = {"Column", "Type", "Entity", "Explained by", NULL};
	static const int column_numbers[] = {8, 9, 2, 10};
	static const char *const constraint_titles[] = {"Column", "In the way of", "Whose", "Why", NULL};
	static const int constraint_numbers[] = {2, 8, 9, 10};
	const ReportSide *side = &report->side[0];
	StringInfo	buf = report->buf;
	StringInfoData lists;
	uint64		rows;
	uint64		first;
	uint64		next;

	initStringInfo(&lists);
	osmeta_report_note(report, "Publishing drops nothing: what is removed from a model keeps its table, its column and its rows. A renamed attribute gets a new column and leaves the old one, unknown to the metamodel. Entities of removed espaces are among the removed entities.");
	appendStringInfoString(buf, "<div class=\"scroll\"><table class=\"stack\"><thead><tr>");
	for (int i = 0; i < (int) lengthof(sums_titles); i++)
		appendStringInfo(buf, "<th scope=\"col\"%s>%s</th>",
						 i > 0 ? " class=\"n\"" : "", sums_titles[i]);
	appendStringInfoString(buf, "</tr></thead>\n<tbody>\n");

	rows = osmeta_report_query(report, soft_deleted_query);
	first = append_sums(report, rows);
	for (next = first; next < rows && osmeta_int64_at(next, 1, NULL) == 1;)
		next++;
	append_list(report, &lists, "Removed entities that may still stand in the database",
				entity_titles, entity_numbers, first, next,
				osmeta_report_statement(side, "soft_deleted", " AND kind = 'entity'"));
	append_list(report, &lists, "Removed attributes that may still stand in the database",
				attribute_titles, attribute_numbers, next, rows,
				osmeta_report_statement(side, "soft_deleted", " AND kind = 'attribute'"));
	if (side->has_catalog)
	{
		rows = osmeta_report_query(report, orphan_table_query);
		first = append_sums(report, rows);
		append_list(report, &lists, "Tables without entity", table_titles,
					table_numbers, first, rows,
					osmeta_report_statement(side, "orphan_table", ""));
		rows = osmeta_report_query(report, orphan_column_query);
		first = append_sums(report, rows);
		append_list(report, &lists, "Columns without attribute",
					column_titles, column_numbers, first, rows,
					osmeta_report_statement(side, "orphan_column", ""));
		rows = osmeta_report_query(report, constraint_query);
		first = append_sums(report, rows);
		append_list(report, &lists, "What stands in the way of inserts, deletes and auto numbers",
					constraint_titles, constraint_numbers, first, rows,
					osmeta_report_statement(side, "leftover_constraint", ""));
	}
	appendStringInfoString(buf, "</tbody></table></div>\n");
	if (side->has_catalog && lists.len > 0)
		osmeta_report_code(report, "A script that drops what nothing needs any more, to be read and run by hand",
						   psprintf("SELECT osmeta.cleanup_sql(%s);",
									quote_literal_cstr(side->is_latest ?
													   side->environment :
													   side->name)));
	if (!side->has_catalog)
		osmeta_report_note(report, "Tables and columns that the metamodel does not know cannot be told: this capture is without the tables of the database.");
	appendBinaryStringInfo(buf, lists.data, lists.len);
	pfree(lists.data);
}
