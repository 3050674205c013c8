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
	uint64		rows;

	osmeta_report_note(report, "By composite key, never by name. What stands on one side only, or is active on one side only, is among the differences below.");
	rows = osmeta_report_query(report,
							   "WITH entity AS (SELECT m.status, count(*) AS n"
							   "  FROM osmeta.matched_entity($1, $2) AS m GROUP BY m.status),"
							   " attribute AS (SELECT m.status, count(*) AS n"
							   "  FROM osmeta.matched_attribute($1, $2) AS m GROUP BY m.status),"
							   " record AS (SELECT m.status, count(*) AS n"
							   "  FROM osmeta.matched_record($1, $2) AS m GROUP BY m.status)"
							   " SELECT s.status, coalesce(e.n, 0), coalesce(a.n, 0),"
							   " coalesce(r.n, 0)"
							   " FROM unnest('{matched,source only,target only,"
							   "inactive at source,inactive at target,inactive at both,"
							   "ambiguous}'::text[]) WITH ORDINALITY AS s (status, n)"
							   " LEFT JOIN entity AS e ON e.status = s.status"
							   " LEFT JOIN attribute AS a ON a.status = s.status"
							   " LEFT JOIN record AS r ON r.status = s.status"
							   " WHERE coalesce(e.n, a.n, r.n) IS NOT NULL ORDER BY s.n");
	if (rows == 0)
	{
		osmeta_report_note(report, "Neither side has an entity with a key.");
		return;
	}
	osmeta_report_table(report, NULL, columns, lengthof(columns), 1, 0, rows);
	osmeta_report_all(report,
					  psprintf("SELECT * FROM osmeta.match_entity(%s) WHERE status <> 'matched';",
							   arguments));
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

/* Tables and columns of what matches. */
void
osmeta_report_table_names(Report *report)
{
	const ReportColumn columns[] = {
		{"What", CELL_TEXT},
		{report->side[0].name, CELL_CODE},
		{report->side[1].name, CELL_CODE},
	};
	char	   *arguments = two_arguments(report);
	uint64		rows;

	osmeta_report_note(report, "The same entity or attribute under different names in the two databases, compared without case: statements that name a table or a column do not work on both.");
	osmeta_report_heading(report, "Tables");
	rows = osmeta_report_query(report,
							   "SELECT coalesce(m.source_espace, '(no name)') || '.'"
							   "  || coalesce(m.source_entity, '(no name)'),"
							   " m.source_table, m.target_table, count(*) OVER ()"
							   " FROM osmeta.matched_entity($1, $2) AS m"
							   " WHERE m.status = 'matched' AND osmeta.fold_name(m.source_table)"
							   "  <> osmeta.fold_name(m.target_table)"
							   " ORDER BY 1, 2 LIMIT " CppAsString2(TOP_NAMES));
	if (rows == 0)
		osmeta_report_note(report, "All tables of matched entities have the same names.");
	else
	{
		osmeta_report_table(report, NULL, columns, lengthof(columns), 1, 0,
							rows);
		osmeta_report_more(report, rows, osmeta_int64_at(0, 4, NULL),
						   psprintf("SELECT * FROM osmeta.match_entity(%s) WHERE status = 'matched' AND osmeta.fold_name(source_table) <> osmeta.fold_name(target_table);",
									arguments));
	}
	osmeta_report_heading(report, "Columns");
	rows = osmeta_report_query(report,
							   "SELECT coalesce(m.source_espace, '(no name)') || '.'"
							   "  || coalesce(m.source_entity, '(no name)') || '.'"
							   "  || coalesce(m.source_attribute, '(no name)'),"
							   " m.source_column, m.target_column, count(*) OVER ()"
							   " FROM osmeta.matched_attribute($1, $2) AS m"
							   " WHERE m.status = 'matched' AND osmeta.fold_name(m.source_column)"
							   "  <> osmeta.fold_name(m.target_column)"
							   " ORDER BY 1, 2 LIMIT " CppAsString2(TOP_NAMES));
	if (rows == 0)
	{
		osmeta_report_note(report, "All columns of matched attributes have the same names.");
		return;
	}
	osmeta_report_table(report, NULL, columns, lengthof(columns), 1, 0, rows);
	osmeta_report_more(report, rows, osmeta_int64_at(0, 4, NULL),
					   psprintf("SELECT * FROM osmeta.match_attribute(%s) WHERE status = 'matched' AND osmeta.fold_name(source_column) <> osmeta.fold_name(target_column);",
								arguments));
}
