/*-------------------------------------------------------------------------
 *
 * report_one.c
 *	  Sections of a page about a capture: what there is, how large it is,
 *	  what is odd.
 *
 *-------------------------------------------------------------------------
 */
#include "report.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "html.h"
#include "spi.h"

/* Rows that a list shows. */
#define TOP_ESPACES 15
#define TOP_TABLES 25
#define TOP_NAMES 50
#define TOP_CLONES 50

/*
 * What is counted: name, active, not active, whether it is bytes, and whether
 * it has a card of its own.  Every count of one kind of object comes from one
 * look at it.
 */
static const char *const inventory_query =
"WITH attribute AS MATERIALIZED ("
" SELECT count(*) FILTER (WHERE a.is_effective) AS active,"
"  count(*) FILTER (WHERE NOT a.is_effective) AS gone,"
"  count(*) FILTER (WHERE a.is_effective AND a.is_reference) AS refers,"
"  count(*) FILTER (WHERE NOT a.is_effective AND a.is_reference)"
"   AS refers_gone"
" FROM osmeta.owned_attribute AS a WHERE a.capture_id = $1"
"), entity AS MATERIALIZED ("
" SELECT o.is_effective, o.is_external, o.is_multitenant,"
"  o.data_kind = 'staticEntity' AS is_static"
" FROM osmeta.owned_entity AS o WHERE o.capture_id = $1"
"), physical AS MATERIALIZED ("
" SELECT count(*) FILTER (WHERE t.kind IS DISTINCT FROM 'view') AS tables,"
"  sum(t.row_count)::bigint AS rows,"
"  sum(coalesce(t.data_bytes, 0) + coalesce(t.index_bytes, 0)"
"   + coalesce(t.lob_bytes, 0)) FILTER (WHERE coalesce(t.data_bytes,"
"   t.index_bytes, t.lob_bytes) IS NOT NULL)::bigint AS bytes"
" FROM osmeta.physical_table AS t WHERE t.capture_id = $1"
" HAVING count(*) > 0"
") SELECT v.name, v.active, v.gone, v.is_bytes, v.has_card"
" FROM (SELECT 1, 'Applications', count(*) FILTER (WHERE a.is_effective),"
"  count(*) FILTER (WHERE NOT a.is_effective), false, true"
" FROM osmeta.application AS a WHERE a.capture_id = $1"
" UNION ALL SELECT 2, 'Espaces', count(*) FILTER (WHERE e.is_effective),"
"  count(*) FILTER (WHERE NOT e.is_effective), false, true"
" FROM osmeta.espace AS e WHERE e.capture_id = $1"
" UNION ALL SELECT 3, 'Extensions', count(*) FILTER (WHERE x.is_effective),"
"  count(*) FILTER (WHERE NOT x.is_effective), false, false"
" FROM osmeta.extension AS x WHERE x.capture_id = $1"
" UNION ALL SELECT 4, 'Entities', count(*) FILTER (WHERE e.is_effective),"
"  count(*) FILTER (WHERE NOT e.is_effective), false, true FROM entity AS e"
" UNION ALL SELECT 5, 'of these static',"
"  count(*) FILTER (WHERE e.is_effective),"
"  count(*) FILTER (WHERE NOT e.is_effective), false, false"
" FROM entity AS e WHERE e.is_static"
" UNION ALL SELECT 6, 'of these multi-tenant',"
"  count(*) FILTER (WHERE e.is_effective),"
"  count(*) FILTER (WHERE NOT e.is_effective), false, false"
" FROM entity AS e WHERE e.is_multitenant"
" UNION ALL SELECT 7, 'of these external',"
"  count(*) FILTER (WHERE e.is_effective),"
"  count(*) FILTER (WHERE NOT e.is_effective), false, false"
" FROM entity AS e WHERE e.is_external"
" UNION ALL SELECT 8, 'Attributes', a.active, a.gone, false, true"
" FROM attribute AS a"
" UNION ALL SELECT 9, 'of these references', a.refers, a.refers_gone,"
"  false, false FROM attribute AS a"
" UNION ALL SELECT 10, 'Records of static entities',"
"  count(*) FILTER (WHERE r.is_effective),"
"  count(*) FILTER (WHERE NOT r.is_effective), false, false"
" FROM osmeta.owned_record AS r WHERE r.capture_id = $1"
" UNION ALL SELECT 11, 'Roles', count(*) FILTER (WHERE r.is_effective),"
"  count(*) FILTER (WHERE NOT r.is_effective), false, false"
" FROM osmeta.role AS r WHERE r.capture_id = $1"
" UNION ALL SELECT 12, 'Processes', count(*) FILTER (WHERE p.is_effective),"
"  count(*) FILTER (WHERE NOT p.is_effective), false, false"
" FROM osmeta.process_definition AS p WHERE p.capture_id = $1"
" UNION ALL SELECT 13, 'Users',"
"  count(*) FILTER (WHERE u.is_active IS NOT FALSE),"
"  count(*) FILTER (WHERE u.is_active IS FALSE), false, true"
" FROM osmeta.end_user AS u WHERE u.capture_id = $1"
" UNION ALL SELECT 14, 'Tables of the database', p.tables, NULL, false, false"
" FROM (VALUES (0)) AS one (n) LEFT JOIN physical AS p ON true"
" UNION ALL SELECT 15, 'Rows', p.rows, NULL, false, false"
" FROM (VALUES (0)) AS one (n) LEFT JOIN physical AS p ON true"
" UNION ALL SELECT 16, 'Size of the database', p.bytes, NULL, true, true"
" FROM (VALUES (0)) AS one (n) LEFT JOIN physical AS p ON true)"
" AS v (n, name, active, gone, is_bytes, has_card) ORDER BY v.n";

typedef struct InventoryLine
{
	char	   *name;
	int64		active;
	int64		gone;
	bool		is_known;
	bool		has_gone;
	bool		is_bytes;
	bool		has_card;
} InventoryLine;

static InventoryLine *
read_inventory(const ReportSide *side, int *nlines)
{
	Oid			types[1] = {INT8OID};
	Datum		values[1];
	InventoryLine *lines;

	values[0] = Int64GetDatum(side->capture_id);
	*nlines = (int) osmeta_query(inventory_query, 1, types, values, NULL);
	lines = SPI_palloc(sizeof(InventoryLine) * *nlines);
	for (int i = 0; i < *nlines; i++)
	{
		bool		isnull;

		lines[i].name = osmeta_text_at(i, 1);
		lines[i].active = osmeta_int64_at(i, 2, &isnull);
		lines[i].is_known = !isnull;
		lines[i].gone = osmeta_int64_at(i, 3, &isnull);
		lines[i].has_gone = !isnull;
		lines[i].is_bytes = osmeta_bool_at(i, 4);
		lines[i].has_card = osmeta_bool_at(i, 5);
	}
	return lines;
}

static void
append_amount(StringInfo buf, const InventoryLine *line)
{
	if (!line->is_known)
		appendStringInfoString(buf, "&#8211;");
	else if (line->is_bytes)
		osmeta_html_bytes(buf, line->active);
	else
		osmeta_html_number(buf, line->active);
}

static void
append_line_name(StringInfo buf, const InventoryLine *line,
				 const char *title)
{
	appendStringInfoString(buf, "<tr><th scope=\"row\">");
	if (strncmp(line->name, "of these ", 9) == 0)
		appendStringInfoString(buf, "&#8195;");
	osmeta_html_text(buf, line->name);
	appendStringInfoString(buf, "</th>");
	osmeta_report_cell_begin(buf, title);
	appendStringInfoString(buf, " class=\"n\">");
}

static void
inventory_of_one(Report *report)
{
	StringInfo	buf = report->buf;
	int			nlines;
	InventoryLine *lines = read_inventory(&report->side[0], &nlines);

	appendStringInfoString(buf, "<ul class=\"cards\">\n");
	for (int i = 0; i < nlines; i++)
	{
		if (!lines[i].has_card)
			continue;
		appendStringInfoString(buf, "<li><b>");
		append_amount(buf, &lines[i]);
		appendStringInfoString(buf, "</b> <span>");
		osmeta_html_text(buf, lines[i].name);
		appendStringInfoString(buf, "</span></li>\n");
	}
	appendStringInfoString(buf, "</ul>\n");
	if (!report->side[0].has_entities)
		osmeta_report_note(report, "This capture holds no entity: the metamodel that was copied is empty.");
	if (!report->side[0].has_catalog)
		osmeta_report_note(report, "This capture does not know the tables of the factory's database: whoever read it may not see them, or it is a copy of the metamodel alone. What depends on them is left out below.");
	osmeta_report_fold_begin(report, "All counts");
	appendStringInfoString(buf, "<div class=\"scroll\"><table><thead><tr>"
						   "<th scope=\"col\">What</th>"
						   "<th scope=\"col\" class=\"n\">Active</th>"
						   "<th scope=\"col\" class=\"n\">Removed or not active</th>"
						   "</tr></thead>\n<tbody>\n");
	for (int i = 0; i < nlines; i++)
	{
		append_line_name(buf, &lines[i], "Active");
		append_amount(buf, &lines[i]);
		appendStringInfoString(buf, "</td>");
		osmeta_report_cell_begin(buf, "Removed or not active");
		appendStringInfoString(buf, " class=\"n\">");
		if (lines[i].has_gone)
			osmeta_html_number(buf, lines[i].gone);
		appendStringInfoString(buf, "</td></tr>\n");
	}
	appendStringInfoString(buf, "</tbody></table></div>\n");
	osmeta_report_fold_end(report);
}

static void
inventory_of_two(Report *report)
{
	StringInfo	buf = report->buf;
	int			nlines;
	InventoryLine *source = read_inventory(&report->side[0], &nlines);
	InventoryLine *target = read_inventory(&report->side[1], &nlines);

	appendStringInfoString(buf, "<p>Active ones.</p>\n"
						   "<div class=\"scroll\"><table class=\"stack\"><thead><tr>"
						   "<th scope=\"col\">What</th>");
	for (int i = 0; i < 2; i++)
	{
		appendStringInfoString(buf, "<th scope=\"col\" class=\"n\">");
		osmeta_html_text(buf, report->side[i].name);
		appendStringInfoString(buf, "</th>");
	}
	appendStringInfoString(buf, "<th scope=\"col\" class=\"n\">Difference</th>"
						   "</tr></thead>\n<tbody>\n");
	for (int i = 0; i < nlines; i++)
	{
		int64		difference = target[i].active - source[i].active;

		append_line_name(buf, &source[i], report->side[0].name);
		append_amount(buf, &source[i]);
		appendStringInfoString(buf, "</td>");
		osmeta_report_cell_begin(buf, report->side[1].name);
		appendStringInfoString(buf, " class=\"n\">");
		append_amount(buf, &target[i]);
		appendStringInfoString(buf, "</td>");
		osmeta_report_cell_begin(buf, "Difference");
		appendStringInfoString(buf, " class=\"n\">");
		if (source[i].is_known && target[i].is_known && difference != 0)
		{
			appendStringInfoString(buf, difference > 0 ? "+" : "&#8722;");
			if (difference < 0)
				difference = -difference;
			if (source[i].is_bytes)
				osmeta_html_bytes(buf, difference);
			else
				osmeta_html_number(buf, difference);
		}
		appendStringInfoString(buf, "</td></tr>\n");
	}
	appendStringInfoString(buf, "</tbody></table></div>\n");
}

void
osmeta_report_inventory(Report *report)
{
	if (report->nsides == 1)
		inventory_of_one(report);
	else
		inventory_of_two(report);
}

/* How many problems of each severity the rows of the last query stand for. */
static void
append_severities(StringInfo buf, uint64 rows)
{
	static const char *const severities[][2] = {
		{"error", "errors"},
		{"warning", "warnings"},
		{"note", "notes"},
	};
	const char *separator = "<p>";

	for (int i = 0; i < (int) lengthof(severities); i++)
	{
		int64		number = 0;

		for (uint64 row = 0; row < rows; row++)
			if (strcmp(osmeta_text_at(row, 1), severities[i][0]) == 0)
				number += osmeta_int64_at(row, 3, NULL);
		if (number == 0)
			continue;
		appendStringInfo(buf, "%s<span class=\"mark %s\">", separator,
						 severities[i][0]);
		osmeta_html_count(buf, number, severities[i][0], severities[i][1]);
		appendStringInfoString(buf, "</span>");
		separator = ", ";
	}
	appendStringInfoString(buf, "</p>\n");
}

/* One line for each code, the worst first. */
void
osmeta_report_problems(Report *report)
{
	static const ReportColumn columns[] = {
		{"Severity", CELL_MARK},
		{"Code", CELL_CODE},
		{"Count", CELL_NUMBER},
		{"One of them", CELL_LONG},
		{"What to do", CELL_LONG},
	};
	uint64		rows = osmeta_report_query(report,
										   "SELECT p.severity, p.code, p.problems,"
										   " concat_ws(': ', p.object, p.message),"
										   " p.hint FROM (SELECT p.severity, p.code, p.object,"
										   "   p.message, p.hint,"
										   "   count(*) OVER w AS problems,"
										   "   row_number() OVER (w ORDER BY p.object COLLATE \"C\","
										   "    p.message COLLATE \"C\") AS n"
										   "  FROM osmeta.problem AS p WHERE p.capture_id = $1"
										   "  WINDOW w AS (PARTITION BY p.severity, p.code)) AS p"
										   " WHERE p.n = 1"
										   " ORDER BY CASE p.severity WHEN 'error' THEN 1"
										   "  WHEN 'warning' THEN 2 ELSE 3 END,"
										   " p.problems DESC, p.code COLLATE \"C\"");

	if (rows == 0)
	{
		osmeta_report_note(report, "Nothing odd was found.");
		return;
	}
	append_severities(report->buf, rows);
	osmeta_report_table(report, NULL, columns, lengthof(columns), 1, 0, rows);
	osmeta_report_all(report,
					  osmeta_report_statement(&report->side[0], "problem", ""));
}

/* A table of bars: rows of the last query, from one to another. */
static void
append_bars(Report *report, const char *const *titles, uint64 from,
			uint64 to)
{
	StringInfo	buf = report->buf;
	int64		largest = 0;

	for (uint64 i = from; i < to; i++)
		largest = Max(largest, osmeta_int64_at(i, 9, NULL));
	appendStringInfoString(buf, "<div class=\"scroll\"><table class=\"stack\"><thead><tr>");
	for (int i = 0; titles[i] != NULL; i++)
		appendStringInfo(buf, "<th scope=\"col\"%s>%s</th>",
						 strcmp(titles[i], "Rows") == 0 ||
						 strcmp(titles[i], "Size") == 0 ? " class=\"n\"" : "",
						 titles[i]);
	appendStringInfoString(buf, "<th scope=\"col\" class=\"b\">Of which</th></tr></thead>\n<tbody>\n");
	for (uint64 i = from; i < to; i++)
	{
		int64		parts[3];
		bool		isnull;
		int64		rows = osmeta_int64_at(i, 5, &isnull);
		char	   *owner = osmeta_text_at(i, 3);
		char	   *table = osmeta_text_at(i, 2);

		appendStringInfoString(buf, "<tr><th scope=\"row\" class=\"t\">");
		if (table != NULL)
		{
			appendStringInfoString(buf, "<code>");
			osmeta_report_clip(buf, table, 128);
			appendStringInfoString(buf, "</code></th><td class=\"t\">");
		}
		if (owner != NULL)
			osmeta_report_clip(buf, owner, 128);
		else
			appendStringInfoString(buf, "<span class=\"faint\">not in the metamodel</span>");
		appendStringInfo(buf, "</%s><td data-h=\"Rows\" class=\"n\">",
						 table != NULL ? "td" : "th");
		if (isnull)
			appendStringInfoString(buf, "&#8211;");
		else
			osmeta_html_number(buf, rows);
		appendStringInfoString(buf, "</td><td class=\"n\">");
		osmeta_html_bytes(buf, osmeta_int64_at(i, 9, NULL));
		appendStringInfoString(buf, "</td><td class=\"w\">");
		for (int j = 0; j < 3; j++)
			parts[j] = osmeta_int64_at(i, 6 + j, NULL);
		osmeta_report_bar(buf, 3, parts, largest);
		appendStringInfoString(buf, "</td></tr>\n");
	}
	appendStringInfoString(buf, "</tbody></table></div>\n");
}

void
osmeta_report_sizes(Report *report)
{
	static const char *const espace_titles[] = {"Espace or extension", "Rows", "Size", NULL};
	static const char *const table_titles[] = {"Table", "Entity", "Rows", "Size", NULL};
	StringInfo	buf = report->buf;
	uint64		rows;
	uint64		ntables = 0;
	int64		nespaces = 0;
	int64		alltables = 0;

	if (!report->side[0].has_catalog)
	{
		osmeta_report_note(report, "Not known: this capture is without the tables of the database.");
		return;
	}
	/* tables first, then espaces; the last column counts all of a kind */
	rows = osmeta_report_query(report,
							   "WITH size AS MATERIALIZED ("
							   " SELECT t.table_name, coalesce(t.espace, t.extension,"
							   "   CASE WHEN osmeta.fold_name(t.table_name) ^@ 'ossys_'"
							   "   THEN 'tables of the platform' END) AS owner,"
							   "  t.entity, t.row_count, coalesce(t.data_bytes, 0) AS data,"
							   "  coalesce(t.index_bytes, 0) AS index,"
							   "  coalesce(t.lob_bytes, 0) AS lob, t.bytes"
							   " FROM osmeta.table_size AS t"
							   " WHERE t.capture_id = $1 AND t.bytes IS NOT NULL"
							   ") SELECT s.kind, s.table_name, s.owner, s.n, s.row_count, s.data,"
							   " s.index, s.lob, s.bytes, s.all_of_them"
							   " FROM (SELECT 1 AS kind, t.table_name, CASE WHEN t.entity IS NOT NULL"
							   "   THEN coalesce(t.owner, '(no name)') || '.' || t.entity"
							   "   WHEN t.owner IS NOT NULL THEN 'table of the platform' END"
							   "   AS owner,"
							   "   row_number() OVER (ORDER BY t.bytes DESC,"
							   "    t.table_name COLLATE \"C\") AS n,"
							   "   t.row_count, t.data, t.index, t.lob, t.bytes,"
							   "   count(*) OVER () AS all_of_them FROM size AS t"
							   "  UNION ALL SELECT 2, NULL, o.owner,"
							   "   row_number() OVER (ORDER BY o.bytes DESC,"
							   "    o.owner COLLATE \"C\"),"
							   "   o.row_count, o.data, o.index, o.lob, o.bytes, count(*) OVER ()"
							   "  FROM (SELECT t.owner, sum(t.row_count)::bigint AS row_count,"
							   "     sum(t.data)::bigint AS data, sum(t.index)::bigint AS index,"
							   "     sum(t.lob)::bigint AS lob, sum(t.bytes)::bigint AS bytes"
							   "    FROM size AS t GROUP BY t.owner) AS o) AS s"
							   " WHERE s.n <= CASE s.kind WHEN 1 THEN "
							   CppAsString2(TOP_TABLES) " ELSE " CppAsString2(TOP_ESPACES) " END"
							   " ORDER BY s.kind, s.n");
	if (rows == 0)
	{
		osmeta_report_note(report, report->side[0].is_readable ?
						   "Not known: the factory's database has no statistics of its tables, from which sizes are taken. Run ANALYZE there (Oracle: DBMS_STATS.GATHER_SCHEMA_STATS), then capture again." :
						   "Not known: the user who read the engine's catalogue may not see all of it. The problem unreadable_catalog says what is missing.");
		return;
	}
	while (ntables < rows && osmeta_int64_at(ntables, 1, NULL) == 1)
		ntables++;
	alltables = osmeta_int64_at(0, 10, NULL);
	nespaces = osmeta_int64_at(rows - 1, 10, NULL);
	appendStringInfoString(buf, "<p class=\"key\"><span><i class=\"p0\"></i>data</span>"
						   "<span><i class=\"p1\"></i>indexes</span>"
						   "<span><i class=\"p2\"></i>large objects</span></p>\n");
	osmeta_report_heading(report, "Largest espaces");
	append_bars(report, espace_titles, ntables, rows);
	if (nespaces > (int64) (rows - ntables))
		osmeta_report_more(report, rows - ntables, nespaces,
						   osmeta_report_statement(&report->side[0], "espace_size",
												   " ORDER BY bytes DESC NULLS LAST"));
	osmeta_report_heading(report, "Largest tables");
	append_bars(report, table_titles, 0, ntables);
	osmeta_report_more(report, ntables, alltables,
					   osmeta_report_statement(&report->side[0], "table_size",
											   " ORDER BY bytes DESC NULLS LAST"));
}

void
osmeta_report_names(Report *report)
{
	static const ReportColumn verdicts[] = {
		{"Verdict", CELL_MARK},
		{"Entities", CELL_NUMBER},
		{"What it means", CELL_LONG},
	};
	static const ReportColumn odd[] = {
		{"Entity", CELL_TEXT},
		{"Table", CELL_CODE},
		{"Would be now", CELL_CODE},
		{"Verdict", CELL_MARK},
		{"What explains it", CELL_TEXT},
	};
	uint64		rows;
	uint64		nverdicts = 0;
	int64		total = 0;

	rows = osmeta_report_query(report,
							   "WITH name AS MATERIALIZED ("
							   " SELECT coalesce(n.espace, n.extension, '(no name)') || '.'"
							   "   || coalesce(n.entity, '(no name)') AS entity,"
							   "  n.physical_table_name, n.computed_name, n.verdict, n.evidence,"
							   "  n.verdict NOT IN ('exact', 'numbered', 'system', 'external')"
							   "   AS is_odd"
							   " FROM osmeta.name_audit AS n"
							   " WHERE n.capture_id = $1 AND n.is_effective"
							   ") SELECT 1 AS part, NULL::bigint AS counted, v.verdict, v.entities,"
							   " CASE v.verdict"
							   "  WHEN 'exact' THEN 'follows from the names of module and entity'"
							   "  WHEN 'numbered' THEN 'the same with a number: the name was taken'"
							   "  WHEN 'other key' THEN 'the key of another module: made under an earlier name of the module, or moved'"
							   "  WHEN 'renamed' THEN 'made under an earlier name of the entity'"
							   "  WHEN 'other key and renamed' THEN 'both'"
							   "  WHEN 'system' THEN 'a table of the platform'"
							   "  WHEN 'external' THEN 'a table of another database'"
							   "  WHEN 'foreign' THEN 'no name of the platform'"
							   "  ELSE 'the metamodel names no table' END,"
							   " NULL, NULL, NULL, NULL"
							   " FROM (SELECT n.verdict, count(*) AS entities FROM name AS n"
							   "  GROUP BY n.verdict) AS v"
							   " UNION ALL SELECT 2, o.odd, NULL, NULL, o.entity,"
							   "  o.physical_table_name, o.computed_name, o.verdict, o.evidence"
							   " FROM (SELECT n.*, count(*) OVER () AS odd, row_number() OVER"
							   "   (ORDER BY n.verdict COLLATE \"C\", n.entity COLLATE \"C\") AS n"
							   "  FROM name AS n WHERE n.is_odd) AS o"
							   " WHERE o.n <= " CppAsString2(TOP_NAMES)
							   " ORDER BY 1, 4 DESC, 8, 5, 6");
	if (rows == 0)
	{
		osmeta_report_note(report, "No entity names a table.");
		return;
	}
	while (nverdicts < rows && osmeta_int64_at(nverdicts, 1, NULL) == 1)
		nverdicts++;
	osmeta_report_note(report, "A table keeps the name that it got when its entity was made. What that would be today follows from the names of module and entity.");
	osmeta_report_table(report, NULL, verdicts, lengthof(verdicts), 3, 0,
						nverdicts);
	if (rows == nverdicts)
		return;
	total = osmeta_int64_at(nverdicts, 2, NULL);
	osmeta_report_fold_begin(report, "Names that do not follow");
	osmeta_report_table(report, NULL, odd, lengthof(odd), 5, nverdicts, rows);
	osmeta_report_more(report, rows - nverdicts, total,
					   osmeta_report_statement(&report->side[0], "name_audit",
											   " AND verdict NOT IN ('exact', 'numbered', 'system', 'external')"));
	osmeta_report_fold_end(report);
}

void
osmeta_report_clones(Report *report)
{
	static const ReportColumn columns[] = {
		{"Espace", CELL_TEXT},
		{"Other espace", CELL_TEXT},
		{"Entities with the same key", CELL_NUMBER},
		{"Kind", CELL_MARK},
	};
	uint64		rows;

	rows = osmeta_report_query(report,
							   "SELECT c.espace, c.other_espace, c.shared_entities, c.kind,"
							   " count(*) OVER () FROM osmeta.clone AS c WHERE c.capture_id = $1"
							   " ORDER BY c.kind, c.shared_entities DESC, c.espace COLLATE \"C\","
							   " c.other_espace COLLATE \"C\" LIMIT " CppAsString2(TOP_CLONES));
	if (rows == 0)
	{
		osmeta_report_note(report, "No two espaces have entities with the same key.");
		return;
	}
	osmeta_report_note(report, "A cloned espace keeps the keys of everything inside. Reinstalled: the other one was deleted.");
	osmeta_report_table(report, NULL, columns, lengthof(columns), 1, 0, rows);
	osmeta_report_more(report, rows, osmeta_int64_at(0, 5, NULL),
					   osmeta_report_statement(&report->side[0], "clone", ""));
}
