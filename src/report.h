/*-------------------------------------------------------------------------
 *
 * report.h
 *	  Pages about one capture, or about two.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_REPORT_H
#define OSMETA_REPORT_H

#include "osmeta.h"

#include "lib/stringinfo.h"

/* A capture that a page is about. */
typedef struct ReportSide
{
	char	   *environment;
	int64		capture_id;
	char	   *name;			/* environment@capture_id */
	char	   *label;			/* NULL if none */
	char	   *taken;
	char	   *dialect;
	bool		is_latest;		/* of its environment */
	bool		is_consistent;
	bool		has_entities;
	bool		has_catalog;	/* it knows the tables of the database */
	bool		is_readable;	/* all parts of the engine's catalogue were */
} ReportSide;

typedef struct Report
{
	StringInfo	buf;
	int			nsides;
	ReportSide	side[2];
	StringInfoData names;		/* a section that is written with another */
} Report;

typedef struct ReportSection
{
	const char *id;
	const char *title;
	void		(*write) (Report *report);
} ReportSection;

/* report_page.c */

extern const char osmeta_report_style[];

/* report_part.c: what sections are made of */

/* How a column of a table is shown. */
typedef enum ReportCell
{
	CELL_TEXT,
	CELL_LONG,					/* sentences */
	CELL_CODE,					/* a name of the database */
	CELL_NUMBER,
	CELL_BYTES,
	CELL_MARK					/* a word that has a colour of its own */
} ReportCell;

typedef struct ReportColumn
{
	const char *title;
	ReportCell	cell;
} ReportColumn;

/*
 * Run a query whose parameters are the ids of the captures.  The rows stay in
 * SPI_tuptable until the next one.
 */
extern uint64 osmeta_report_query(Report *report, const char *sql);

/*
 * Rows of SPI_tuptable as a table; the first of its columns is first (from
 * 1).  Long texts are cut.
 */
extern void osmeta_report_table(Report *report, const char *caption,
								const ReportColumn *columns, int ncolumns,
								int first, uint64 from, uint64 to);

/*
 * Begin the tag of a cell, up to its class: of the column with a title, or if
 * there is none of the heading of a row.
 */
extern void osmeta_report_cell_begin(StringInfo buf, const char *title);

/*
 * The statement for all rows: if total is more than shown, saying so, or in
 * any case.
 */
extern void osmeta_report_more(Report *report, int64 shown, int64 total,
							   const char *statement);
extern void osmeta_report_all(Report *report, const char *statement);
extern void osmeta_report_code(Report *report, const char *text,
							   const char *statement);

/*
 * A statement over a view for the capture of a side: "SELECT * FROM
 * osmeta.<view> WHERE environment = ...", and more text behind.
 */
extern char *osmeta_report_statement(const ReportSide *side,
									 const char *view, const char *more);
extern void osmeta_report_note(Report *report, const char *text);
extern void osmeta_report_heading(Report *report, const char *text);
extern void osmeta_report_fold_begin(Report *report, const char *summary);
extern void osmeta_report_fold_end(Report *report);

/* A text that is cut after so many characters. */
extern void osmeta_report_clip(StringInfo buf, const char *text, int chars);

/* A line of a bar: its parts in hundredths of a percent. */
extern void osmeta_report_bar(StringInfo buf, int nparts,
							  const int64 *parts, int64 whole);

/* report_one.c, report_leftover.c, report_graph.c, report_two.c */
extern void osmeta_report_inventory(Report *report);
extern void osmeta_report_problems(Report *report);
extern void osmeta_report_sizes(Report *report);
extern void osmeta_report_leftovers(Report *report);
extern void osmeta_report_names(Report *report);
extern void osmeta_report_dependencies(Report *report);
extern void osmeta_report_clones(Report *report);
extern void osmeta_report_matches(Report *report);
extern void osmeta_report_differences(Report *report);
extern void osmeta_report_table_names(Report *report);

#endif							/* OSMETA_REPORT_H */
