/*-------------------------------------------------------------------------
 *
 * report_page.c
 *	  Pages about one capture, or about two.
 *
 * A page is one HTML document that needs nothing else: no script, and styles
 * inside.  It is made of sections, each of which asks the views what it shows;
 * none asks a heavy view twice, and sections that need the same rows share them.  What a section cuts off it counts, and gives
 * the statement that shows all.
 *
 *-------------------------------------------------------------------------
 */
#include "report.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "capture.h"
#include "compare.h"
#include "html.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_report);
PG_FUNCTION_INFO_V1(osmeta_report_compare);

static const ReportSection sections_of_one[] = {
	{"inventory", "Inventory", osmeta_report_inventory},
	{"problems", "Problems", osmeta_report_problems},
	{"sizes", "Sizes", osmeta_report_sizes},
	{"leftovers", "Left-overs", osmeta_report_leftovers},
	{"names", "Names of tables", osmeta_report_names},
	{"dependencies", "Dependencies", osmeta_report_dependencies},
	{"clones", "Clones", osmeta_report_clones},
};

static const ReportSection sections_of_two[] = {
	{"inventory", "Inventory", osmeta_report_inventory},
	{"matches", "What matches", osmeta_report_matches},
	{"differences", "What differs", osmeta_report_differences},
	{"names", "Names that differ", osmeta_report_table_names},
};

static void
read_side(ReportSide *side)
{
	Oid			types[1] = {INT8OID};
	Datum		values[1];

	values[0] = Int64GetDatum(side->capture_id);
	osmeta_query("SELECT c.label,"
				 " to_char(c.taken_at AT TIME ZONE 'UTC',"
				 "  'YYYY-MM-DD HH24:MI') || ' UTC',"
				 " c.dialect, c.is_consistent,"
				 " NOT EXISTS (SELECT FROM osmeta.capture AS n"
				 "  WHERE n.environment = c.environment"
				 "   AND n.capture_id > c.capture_id),"
				 " EXISTS (SELECT FROM osmeta.captured_entity AS t"
				 "  WHERE t.capture_id = c.capture_id),"
				 " EXISTS (SELECT FROM osmeta.captured_physical_table AS t"
				 "  WHERE t.capture_id = c.capture_id),"
				 " c.unreadable = '[]'"
				 " FROM osmeta.capture AS c WHERE c.capture_id = $1",
				 1, types, values, NULL);
	side->label = osmeta_text_at(0, 1);
	side->taken = osmeta_text_at(0, 2);
	side->dialect = osmeta_text_at(0, 3);
	side->is_consistent = osmeta_bool_at(0, 4);
	side->is_latest = osmeta_bool_at(0, 5);
	side->has_entities = osmeta_bool_at(0, 6);
	side->has_catalog = osmeta_bool_at(0, 7);
	side->is_readable = osmeta_bool_at(0, 8);
	side->name = psprintf("%s@" INT64_FORMAT, side->environment,
						  side->capture_id);
}

/* What a capture is: a line below the title. */
static void
append_facts(StringInfo buf, const ReportSide *side)
{
	static const char *const engines[][2] = {
		{"sqlserver", "SQL Server"},
		{"oracle", "Oracle"},
		{"postgres", "PostgreSQL"},
	};
	const char *engine = side->dialect;

	for (int i = 0; i < (int) lengthof(engines); i++)
		if (strcmp(engines[i][0], side->dialect) == 0)
			engine = engines[i][1];
	appendStringInfoString(buf, "<p class=\"facts\"><b>");
	osmeta_html_text(buf, side->environment);
	appendStringInfo(buf, "</b>: capture " INT64_FORMAT, side->capture_id);
	if (side->label != NULL)
	{
		appendStringInfoString(buf, " &#8220;");
		osmeta_html_text(buf, side->label);
		appendStringInfoString(buf, "&#8221;");
	}
	appendStringInfo(buf, " of %s, %s", side->taken, engine);
	if (!side->is_latest)
		appendStringInfoString(buf, "; not the latest of this environment");
	if (!side->is_consistent)
		appendStringInfoString(buf, "; the factory changed while it was copied");
	if (!side->has_entities)
		appendStringInfoString(buf, "; it holds no entity");
	if (!side->has_catalog)
		appendStringInfoString(buf, "; without the tables of the database");
	appendStringInfoString(buf, "</p>\n");
}

static void
append_head(Report *report, const char *title)
{
	StringInfo	buf = report->buf;

	appendStringInfoString(buf, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
						   "<meta charset=\"utf-8\">\n"
						   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
						   "<meta name=\"generator\" content=\"osmeta " OSMETA_VERSION "\">\n"
						   "<title>");
	osmeta_html_text(buf, title);
	appendStringInfo(buf, "</title>\n<style>\n%s</style>\n</head>\n"
					 "<body>\n<header>\n<h1>", osmeta_report_style);
	osmeta_html_text(buf, title);
	appendStringInfoString(buf, "</h1>\n");
	for (int i = 0; i < report->nsides; i++)
		append_facts(buf, &report->side[i]);
	appendStringInfoString(buf, "</header>\n");
}

static void
append_foot(Report *report)
{
	StringInfo	buf = report->buf;

	appendStringInfoString(buf, "</main>\n<footer>\n<p>Made by osmeta "
						   OSMETA_VERSION " from ");
	for (int i = 0; i < report->nsides; i++)
	{
		appendStringInfoString(buf, i > 0 ? " and " : "");
		osmeta_html_text(buf, report->side[i].name);
	}
	appendStringInfo(buf, ". Statements on this page ask for the latest "
					 "capture; for %s: <code>SET osmeta.capture = '",
					 report->nsides > 1 ? "these two" : "this one");
	for (int i = 0; i < report->nsides; i++)
		appendStringInfo(buf, "%s" INT64_FORMAT, i > 0 ? "," : "",
						 report->side[i].capture_id);
	appendStringInfoString(buf, "';</code></p>\n</footer>\n</body>\n</html>\n");
}

static Datum
make_report(FunctionCallInfo fcinfo, int nsides,
			const ReportSection *sections, int nsections)
{
	Report		report;
	StringInfoData buf;
	int64		captures[2];
	char	   *title;
	int			nest_level;

	initStringInfo(&buf);
	memset(&report, 0, sizeof(report));
	report.buf = &buf;
	report.nsides = nsides;

	nest_level = osmeta_spi_begin(false);
	for (int i = 0; i < nsides; i++)
	{
		char	   *argument = NULL;

		if (!PG_ARGISNULL(i))
			argument = text_to_cstring(PG_GETARG_TEXT_PP(i));
		report.side[i].environment =
			osmeta_capture_resolve(argument, &captures[i]);
		report.side[i].capture_id = captures[i];
		read_side(&report.side[i]);
	}
	osmeta_show_captures(nsides, captures);

	if (nsides == 1)
		title = psprintf("Environment %s", report.side[0].environment);
	else if (strcmp(report.side[0].environment,
					report.side[1].environment) == 0)
		title = psprintf("%s compared with %s", report.side[0].name,
						 report.side[1].name);
	else
		title = psprintf("%s compared with %s", report.side[0].environment,
						 report.side[1].environment);
	append_head(&report, title);
	appendStringInfoString(&buf, "<nav aria-label=\"Contents\"><ul>\n");
	for (int i = 0; i < nsections; i++)
		appendStringInfo(&buf, "<li><a href=\"#%s\">%s</a></li>\n",
						 sections[i].id, sections[i].title);
	appendStringInfoString(&buf, "</ul></nav>\n<main>\n");
	for (int i = 0; i < nsections; i++)
	{
		appendStringInfo(&buf, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n"
						 "<h2 id=\"%s-title\">%s</h2>\n",
						 sections[i].id, sections[i].id, sections[i].id,
						 sections[i].title);
		sections[i].write(&report);
		appendStringInfoString(&buf, "</section>\n");
	}
	append_foot(&report);
	osmeta_spi_end(nest_level);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(buf.data, buf.len));
}

Datum
osmeta_report(PG_FUNCTION_ARGS)
{
	return make_report(fcinfo, 1, sections_of_one,
					   lengthof(sections_of_one));
}

Datum
osmeta_report_compare(PG_FUNCTION_ARGS)
{
	return make_report(fcinfo, 2, sections_of_two,
					   lengthof(sections_of_two));
}
