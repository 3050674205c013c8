/*-------------------------------------------------------------------------
 *
 * script_tsql.h
 *	  Names, values and types as T-SQL writes them.
 *
 * Pure: no memory of its own, no error, nothing of the server.  Each function
 * writes a text with its closing NUL to where it is told, and gives the number
 * of bytes before that; the sizes below say how much room is enough.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_SCRIPT_H
#define OSMETA_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

/* A name in brackets. */
#define OSMETA_SCRIPT_NAME_SIZE(len) (2 * (len) + 3)
extern size_t osmeta_script_name(char *out, const char *name, size_t len);

/*
 * A text (UTF-8) as an expression of type nvarchar, on one line and without
 * anything that a client which sends scripts takes for its own: control
 * characters and backslashes stand there by number, and no variable of sqlcmd
 * begins.  T-SQL cuts such an expression after 4000 units of UTF-16, and takes
 * no more than some hundreds of parts: give no more than one piece at once.
 */
#define OSMETA_SCRIPT_PIECE 2000
#define OSMETA_SCRIPT_JOINTS 60
#define OSMETA_SCRIPT_TEXT_SIZE(len) (24 * (len) + 4)
extern size_t osmeta_script_text(char *out, const char *value, size_t len);

/*
 * Bytes of the first characters of a text, as many as one piece may have: so
 * many characters, of which so many are put together by number.
 */
extern size_t osmeta_script_piece(const char *value, size_t len);

/*
 * Can a statement stand in a script as it is?  Names can hold what only a
 * literal can hide.
 */
extern bool osmeta_script_is_plain(const char *value, size_t len);

/* A text as it may stand in a comment that ends with its line. */
#define OSMETA_SCRIPT_COMMENT_SIZE(len) (2 * (len) + 1)
extern size_t osmeta_script_comment(char *out, const char *value, size_t len);

/*
 * The type that a column has for which PostgreSQL's is a given one, as
 * format_type writes it; NULL if there is none.  Writes at most
 * OSMETA_SCRIPT_TYPE_SIZE bytes.
 */
#define OSMETA_SCRIPT_TYPE_SIZE 64
extern const char *osmeta_script_type(char *out, const char *type);

#endif							/* OSMETA_SCRIPT_H */
