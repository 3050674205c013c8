/*-------------------------------------------------------------------------
 *
 * html.h
 *	  Texts, numbers and tables as HTML.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_HTML_H
#define OSMETA_HTML_H

#include "osmeta.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

/*
 * Is a character one that nobody sees: a control, a mark that turns the
 * direction of writing, a separator of lines, no character at all?
 */
extern bool osmeta_is_invisible(pg_wchar c);

/*
 * Append a text as the content of an element or, in quotes of either kind,
 * of an attribute, of HTML and of XML: markup escaped, invisible characters
 * shown.  NULL appends nothing.
 */
extern void osmeta_html_text(StringInfo buf, const char *text);

/* 1234567 as 1,234,567 whatever the locale. */
extern void osmeta_html_number(StringInfo buf, int64 number);

/* Bytes as B, kB, MB, GB, TB with three digits; powers of 1,024. */
extern void osmeta_html_bytes(StringInfo buf, int64 bytes);

/* The singular or the plural behind a number: "1 table", "1,200 tables". */
extern void osmeta_html_count(StringInfo buf, int64 number,
							  const char *singular, const char *plural);

#endif							/* OSMETA_HTML_H */
