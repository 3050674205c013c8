/*-------------------------------------------------------------------------
 *
 * report_part.c
 *	  What the sections of a page are made of: tables, notes, bars.
 *
 *-------------------------------------------------------------------------
 */
#include "report.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "html.h"
#include "spi.h"

/* Characters of a cell that are shown. */
#define CELL_CHARS 240

uint64
osmeta_report_query(Report *report, const char *sql)
{
	Oid			types[2] = {INT8OID, INT8OID};
	Datum		values[2];

	/* what the query before left is not looked at any more */
	if (SPI_tuptable != NULL)
		SPI_freetuptable(SPI_tuptable);
	for (int i = 0; i < report->nsides; i++)
		values[i] = Int64GetDatum(report->side[i].capture_id);
	return osmeta_query(sql, report->nsides, types, values, NULL);
}

void
osmeta_report_clip(StringInfo buf, const char *text, int chars)
{
	int			len;
	int			clipped;

	if (text == NULL)
		return;
	len = (int) strlen(text);
	clipped = pg_mbcharcliplen(text, len, chars);
	if (clipped < len)
	{
		char	   *beginning = pnstrdup(text, clipped);

		osmeta_html_text(buf, beginning);
		appendStringInfoString(buf, "&#8230;");
		pfree(beginning);
	}
	else
		osmeta_html_text(buf, text);
}

/* The colour of a word: of a severity, else of how something ended. */
static const char *
mark_class(const char *word)
{
	if (strcmp(word, "error") == 0 || strcmp(word, "removed") == 0 ||
		strcmp(word, "ambiguous") == 0 || strcmp(word, "hand-made") == 0)
		return "error";
	if (strcmp(word, "warning") == 0 || strcmp(word, "deactivated") == 0 ||
		strncmp(word, "other key", 9) == 0 ||
		strcmp(word, "renamed") == 0 || strcmp(word, "retyped") == 0)
		return "warning";
	if (strcmp(word, "added") == 0 || strcmp(word, "activated") == 0 ||
		strcmp(word, "matched") == 0 || strcmp(word, "exact") == 0)
		return "good";
	return "note";
}

/*
 * The beginning of the tag of a cell.  Where the window has no room for a
 * table, the cells of a row stand below each other, and each says what it is.
 */
void
osmeta_report_cell_begin(StringInfo buf, const char *title)
{
	if (title == NULL)
	{
		appendStringInfoString(buf, "<th scope=\"row\"");
		return;
	}
	appendStringInfoString(buf, "<td data-h=\"");
	osmeta_html_text(buf, title);
	appendStringInfoChar(buf, '"');
}

static void
append_cell(StringInfo buf, uint64 row, int column,
			const ReportColumn *heading, bool is_first)
{
	ReportCell	cell = heading->cell;
	char	   *text = osmeta_text_at(row, column);

	osmeta_report_cell_begin(buf, is_first ? NULL : heading->title);
	if (cell == CELL_NUMBER || cell == CELL_BYTES)
	{
		bool		isnull;
		int64		number = osmeta_int64_at(row, column, &isnull);

		appendStringInfoString(buf, " class=\"n\">");
		if (isnull)
			appendStringInfoString(buf, "&#8211;");
		else if (cell == CELL_NUMBER)
			osmeta_html_number(buf, number);
		else
			osmeta_html_bytes(buf, number);
	}
	else if (text == NULL || text[0] == '\0')
		appendStringInfoString(buf, " class=\"faint\">&#8211;");
	else if (cell == CELL_CODE)
	{
		appendStringInfoString(buf, " class=\"t\"><code>");
		osmeta_report_clip(buf, text, CELL_CHARS);
		appendStringInfoString(buf, "</code>");
	}
	else if (cell == CELL_MARK)
	{
		appendStringInfo(buf, " class=\"mark %s\">", mark_class(text));
		osmeta_report_clip(buf, text, CELL_CHARS);
	}
	else
	{
		appendStringInfo(buf, " class=\"%c\">",
						 cell == CELL_LONG ? 'l' : 't');
		osmeta_report_clip(buf, text, CELL_CHARS);
	}
	appendStringInfoString(buf, is_first ? "</th>" : "</td>");
	if (text !=NULL)
		pfree(text);
}

void
osmeta_report_table(Report *report, const char *caption,
					const ReportColumn *columns, int ncolumns, int first,
					uint64 from, uint64 to)
{
	StringInfo	buf = report->buf;

	appendStringInfoString(buf, "<div class=\"scroll\" tabindex=\"0\" role=\"group\"");
	if (caption != NULL)
	{
		appendStringInfoString(buf, " aria-label=\"");
		osmeta_html_text(buf, caption);
		appendStringInfoChar(buf, '"');
	}
	appendStringInfoString(buf, "><table class=\"stack\">");
	if (caption != NULL)
	{
		appendStringInfoString(buf, "<caption>");
		osmeta_html_text(buf, caption);
		appendStringInfoString(buf, "</caption>");
	}
	appendStringInfoString(buf, "<thead><tr>");
	for (int i = 0; i < ncolumns; i++)
	{
		appendStringInfo(buf, "<th scope=\"col\"%s>",
						 columns[i].cell == CELL_NUMBER ||
						 columns[i].cell == CELL_BYTES ? " class=\"n\"" : "");
		osmeta_html_text(buf, columns[i].title);
		appendStringInfoString(buf, "</th>");
	}
	appendStringInfoString(buf, "</tr></thead>\n<tbody>\n");
	for (uint64 row = from; row < to; row++)
	{
		appendStringInfoString(buf, "<tr>");
		for (int i = 0; i < ncolumns; i++)
			append_cell(buf, row, first + i, &columns[i], i == 0);
		appendStringInfoString(buf, "</tr>\n");
	}
	appendStringInfoString(buf, "</tbody></table></div>\n");
}

void
osmeta_report_more(Report *report, int64 shown, int64 total,
				   const char *statement)
{
	StringInfo	buf = report->buf;

	if (total <= shown)
		return;
	appendStringInfoString(buf, "<p class=\"more\">and ");
	osmeta_html_number(buf, total - shown);
	appendStringInfoString(buf, " more; all of them: <code>");
	osmeta_html_text(buf, statement);
	appendStringInfoString(buf, "</code></p>\n");
}

void
osmeta_report_code(Report *report, const char *text, const char *statement)
{
	StringInfo	buf = report->buf;

	appendStringInfo(buf, "<p class=\"more\">%s: <code>", text);
	osmeta_html_text(buf, statement);
	appendStringInfoString(buf, "</code></p>\n");
}

void
osmeta_report_all(Report *report, const char *statement)
{
	osmeta_report_code(report, "All of them", statement);
}

char *
osmeta_report_statement(const ReportSide *side, const char *view,
						const char *more)
{
	return psprintf("SELECT * FROM osmeta.%s WHERE environment = %s%s;", view,
					quote_literal_cstr(side->environment), more);
}

void
osmeta_report_note(Report *report, const char *text)
{
	appendStringInfoString(report->buf, "<p>");
	osmeta_html_text(report->buf, text);
	appendStringInfoString(report->buf, "</p>\n");
}

void
osmeta_report_heading(Report *report, const char *text)
{
	appendStringInfoString(report->buf, "<h3>");
	osmeta_html_text(report->buf, text);
	appendStringInfoString(report->buf, "</h3>\n");
}

void
osmeta_report_fold_begin(Report *report, const char *summary)
{
	appendStringInfoString(report->buf, "<details><summary>");
	osmeta_html_text(report->buf, summary);
	appendStringInfoString(report->buf, "</summary>\n");
}

void
osmeta_report_fold_end(Report *report)
{
	appendStringInfoString(report->buf, "</details>\n");
}

void
osmeta_report_bar(StringInfo buf, int nparts, const int64 *parts, int64 whole)
{
	appendStringInfoString(buf, "<span class=\"bar\">");
	for (int i = 0; i < nparts; i++)
	{
		/* in hundredths of a percent, without a locale's point */
		int			width = whole > 0 ?
		(int) ((double) parts[i] * 10000 / whole) : 0;

		if (parts[i] > 0)
			appendStringInfo(buf, "<i class=\"p%d\" style=\"width:%d.%02d%%\"></i>",
							 i, width / 100, width % 100);
	}
	appendStringInfoString(buf, "</span>");
}
