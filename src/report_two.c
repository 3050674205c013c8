/*-------------------------------------------------------------------------
 *
 * report_two.c
 *	  Sections of a page about two captures: what matches, what differs.
 *
 *-------------------------------------------------------------------------
 */
#include "report.h"

#include "utils/builtins.h"

#include "html.h"
#include "spi.h"

/* Rows that a list shows. */
#define TOP_CHANGES 50
#define TOP_NAMES 50

/* The two sides as the arguments of a function. */
static char *
two_arguments(const Report *report)
{
	return psprintf("%s, %s", quote_literal_cstr(report->side[0].name),
					quote_literal_cstr(report->side[1].name));
}

/*
 * One look at all pairs gives three parts: how many there are of each status,
 * and the first of those whose tables, or columns, have different names.  Of
 * the many pairs only the status is kept, and names where they differ.
 */
static const char *const matches_query =
"WITH entity AS MATERIALIZED ("
" SELECT m.status, CASE WHEN m.is_other THEN"
"   coalesce(m.source_espace, '(no name)') || '.'"
"   || coalesce(m.source_entity, '(no name)') END AS object,"
"  CASE WHEN m.is_other THEN m.source_table END AS source_name,"
"  CASE WHEN m.is_other THEN m.target_table END AS target_name"
" FROM (SELECT m.*, m.status = 'matched'"
"    AND osmeta.fold_name(m.source_table)"
"    <> osmeta.fold_name(m.target_table) AS is_other"
"   FROM osmeta.matched_entity($1, $2) AS m OFFSET 0) AS m"
"), attribute AS MATERIALIZED ("
" SELECT m.status, CASE WHEN m.is_other THEN"
"   coalesce(m.source_espace, '(no name)') || '.'"
"   || coalesce(m.source_entity, '(no name)') || '.'"
"   || coalesce(m.source_attribute, '(no name)') END AS object,"
"  CASE WHEN m.is_other THEN m.source_column END AS source_name,"
"  CASE WHEN m.is_other THEN m.target_column END AS target_name"
" FROM (SELECT m.*, m.status = 'matched'"
"    AND osmeta.fold_name(m.source_column)"
"    <> osmeta.fold_name(m.target_column) AS is_other"
"   FROM osmeta.matched_attribute($1, $2) AS m OFFSET 0) AS m"
"), pair AS ("
" SELECT 1 AS kind, e.status, count(*) AS n FROM entity AS e"
"  GROUP BY e.status"
" UNION ALL SELECT 2, a.status, count(*) FROM attribute AS a"
"  GROUP BY a.status"
" UNION ALL SELECT 3, r.status, count(*)"
"  FROM osmeta.matched_record($1, $2) AS r GROUP BY r.status"
"), other AS ("
" SELECT 2 AS part, e.object, e.source_name, e.target_name"
" FROM entity AS e WHERE e.object IS NOT NULL"
" UNION ALL SELECT 3, a.object, a.source_name, a.target_name"
" FROM attribute AS a WHERE a.object IS NOT NULL"
") SELECT 1 AS part, s.n, NULL::bigint AS counted, s.status,"
" coalesce(sum(p.n) FILTER (WHERE p.kind = 1), 0)::bigint,"
" coalesce(sum(p.n) FILTER (WHERE p.kind = 2), 0)::bigint,"
" coalesce(sum(p.n) FILTER (WHERE p.kind = 3), 0)::bigint,"
" NULL AS object, NULL AS source_name, NULL AS target_name"
" FROM unnest('{matched,source only,target only,inactive at source,"
"inactive at target,inactive at both,ambiguous}'::text[])"
"  WITH ORDINALITY AS s (status, n)"
"  JOIN pair AS p ON p.status = s.status GROUP BY s.status, s.n"
" UNION ALL SELECT o.part, o.n, o.counted, NULL, NULL, NULL, NULL,"
"  o.object, o.source_name, o.target_name"
" FROM (SELECT o.*, count(*) OVER (PARTITION BY o.part) AS counted,"
"   row_number() OVER (PARTITION BY o.part ORDER BY o.object,"
"    o.source_name) AS n"
"  FROM other AS o) AS o"
" WHERE o.n <= " CppAsString2(TOP_NAMES)
" ORDER BY 1, 2";

/* A list of names that differ: rows of the last query. */
static void
append_names(Report *report, const char *none, uint64 from, uint64 to,
			 const char *statement)
{
	const ReportColumn columns[] = {
		{"What", CELL_TEXT},
		{report->side[0].name, CELL_CODE},
		{report->side[1].name, CELL_CODE},
	};

	if (from == to)
	{
		osmeta_report_note(report, none);
		return;
	}
	osmeta_report_table(report, NULL, columns, lengthof(columns), 8, from, to);
	osmeta_report_more(report, to - from, osmeta_int64_at(from, 3, NULL),
					   statement);
}

/* The section of names, out of the rows behind those of the matches. */
static void
write_names(Report *report, uint64 from, uint64 rows)
{
	StringInfo	page = report->buf;
	char	   *arguments = two_arguments(report);
	uint64		next = from;

	initStringInfo(&report->names);
	report->buf = &report->names;
	while (next < rows && osmeta_int64_at(next, 1, NULL) == 2)
		next++;
	osmeta_report_note(report, "The same entity or attribute under different names in the two databases, compared without case: statements that name a table or a column do not work on both.");
	osmeta_report_heading(report, "Tables");
	append_names(report, "All tables of matched entities have the same names.",
				 from, next,
				 psprintf("SELECT * FROM osmeta.match_entity(%s) WHERE status = 'matched' AND osmeta.fold_name(source_table) <> osmeta.fold_name(target_table);",
						  arguments));
	osmeta_report_heading(report, "Columns");
	append_names(report, "All columns of matched attributes have the same names.",
				 next, rows,
				 psprintf("SELECT * FROM osmeta.match_attribute(%s) WHERE status = 'matched' AND osmeta.fold_name(source_column) <> osmeta.fold_name(target_column);",
						  arguments));
	report->buf = page;
}

void
osmeta_report_matches(Report *report)
{
	static const ReportColumn columns[] = {
		{"Status", CELL_MARK},
		{"Entities", CELL_NUMBER},
		{"Attributes", CELL_NUMBER},
		{"Records of static entities", CELL_NUMBER},
	};
	char	   *arguments = two_arguments(report);
	uint64		rows = osmeta_report_query(report, matches_query);
	uint64		nstatus = 0;

	while (nstatus < rows && osmeta_int64_at(nstatus, 1, NULL) == 1)
		nstatus++;
	osmeta_report_note(report, "By composite key, never by name. What stands on one side only, or is active on one side only, is among the differences below.");
	if (nstatus == 0)
		osmeta_report_note(report, "Neither side has an entity with a key.");
	else
	{
		osmeta_report_table(report, NULL, columns, lengthof(columns), 4, 0,
							nstatus);
		osmeta_report_all(report,
						  psprintf("SELECT * FROM osmeta.match_entity(%s) WHERE status <> 'matched';",
								   arguments));
	}
	write_names(report, nstatus, rows);
}

void
osmeta_report_differences(Report *report)
{
	const ReportColumn columns[] = {
		{"Change", CELL_MARK},
		{"What", CELL_TEXT},
		{report->side[0].name, CELL_TEXT},
		{report->side[1].name, CELL_TEXT},
	};
	static const ReportColumn sums[] = {
		{"Kind", CELL_TEXT},
		{"Changes", CELL_NUMBER},
		{"Of which", CELL_TEXT},
	};
	char	   *arguments = two_arguments(report);
	uint64		rows;
	uint64		nkinds = 0;
	uint64		from;

	/* what cannot differ, since a side has nothing to compare */
	rows = osmeta_report_query(report,
							   "SELECT format('Capture %s does not tell: %s.', u.capture_id, u.parts)"
							   " FROM osmeta.uncompared($1, $2) AS u");
	for (uint64 i = 0; i < rows; i++)
		osmeta_report_note(report, osmeta_text_at(i, 1));
	if (rows > 0)
		osmeta_report_note(report, "It lacks these, or there is nothing in them: they are not compared.");

	/* part 1 sums up, part 2 has the first rows of each kind */
	rows = osmeta_report_query(report,
							   psprintf("WITH change AS MATERIALIZED ("
										" SELECT c.object_kind, c.change, c.path, c.key, c.old_value, c.new_value"
										" FROM osmeta.compare(%s) AS c"
										" WHERE $1 + $2 IS NOT NULL"
										"), kind AS (SELECT k.object_kind, sum(k.n)::bigint AS n,"
										"  string_agg(format('%%s %%s', k.n, k.change), ', '"
										"   ORDER BY k.n DESC, k.change) AS changes,"
										"  min(array_position('{application,application module,espace,extension,"
										"entity,attribute,record,role,process,catalog,table,"
										"column}'::text[], k.object_kind)) AS place"
										" FROM (SELECT c.object_kind, c.change, count(*) AS n"
										"   FROM change AS c GROUP BY c.object_kind, c.change) AS k"
										" GROUP BY k.object_kind"
										") SELECT 1 AS part, k.object_kind, k.n, k.changes, NULL AS path,"
										" NULL AS old_value, NULL AS new_value, k.place, k.n AS row_no"
										" FROM kind AS k"
										" UNION ALL SELECT 2, c.object_kind, k.n, c.change,"
										" coalesce(c.path, c.key), c.old_value, c.new_value, k.place,"
										" c.row_no"
										" FROM (SELECT c.*, row_number() OVER"
										"   (PARTITION BY c.object_kind ORDER BY c.path, c.change,"
										"    c.key) AS row_no FROM change AS c) AS c"
										" JOIN kind AS k ON k.object_kind = c.object_kind"
										" WHERE c.row_no <= " CppAsString2(TOP_CHANGES)
										" ORDER BY 1, 8 NULLS LAST, 2, 9", arguments));
	if (rows == 0)
	{
		osmeta_report_note(report, "Nothing differs.");
		return;
	}
	while (nkinds < rows && osmeta_int64_at(nkinds, 1, NULL) == 1)
		nkinds++;
	osmeta_report_note(report, "Objects are found by key, so that a rename is one change.");
	osmeta_report_table(report, NULL, sums, lengthof(sums), 2, 0, nkinds);
	for (from = nkinds; from < rows;)
	{
		char	   *kind = osmeta_text_at(from, 2);
		int64		total = osmeta_int64_at(from, 3, NULL);
		uint64		to = from;
		StringInfoData summary;

		while (to < rows && strcmp(osmeta_text_at(to, 2), kind) == 0)
			to++;
		initStringInfo(&summary);
		appendStringInfo(&summary, "%s: ", kind);
		osmeta_html_count(&summary, total, "change", "changes");
		osmeta_report_fold_begin(report, summary.data);
		osmeta_report_table(report, NULL, columns, lengthof(columns), 4, from,
							to);
		osmeta_report_more(report, to - from, total,
						   psprintf("SELECT * FROM osmeta.compare(%s) WHERE object_kind = %s;",
									arguments, quote_literal_cstr(kind)));
		osmeta_report_fold_end(report);
		pfree(summary.data);
		from = to;
	}
}

/* Tables and columns of what matches: written with the section of matches. */
void
osmeta_report_table_names(Report *report)
{
	appendBinaryStringInfo(report->buf, report->names.data,
						   report->names.len);
	pfree(report->names.data);
}
