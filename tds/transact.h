/*-------------------------------------------------------------------------
 *
 * transact.h
 *	  Names, literals and types as T-SQL writes them.
 *
 * Pure: takes no memory and raises no errors.  A function that writes text
 * is given a buffer that its macro says is large enough, ends what it wrote
 * with NUL and gives its length.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TRANSACT_H
#define OSMETA_TRANSACT_H

#include <stdbool.h>
#include <stddef.h>

/* Room for a name or a text of so many bytes when it is quoted. */
#define OSMETA_TRANSACT_QUOTED(length) (2 * (length) + 4)

/* A name as an identifier; it needs SET QUOTED_IDENTIFIER ON. */
extern size_t osmeta_transact_identifier(const char *name, char *to);

/* A text as a literal of type nvarchar. */
extern size_t osmeta_transact_literal(const char *string, char *to);

/* The types that columns have. */
typedef enum TsqlType
{
	TSQL_BIT,
	TSQL_TINYINT,
	TSQL_SMALLINT,
	TSQL_INT,
	TSQL_BIGINT,
	TSQL_DECIMAL,
	TSQL_MONEY,
	TSQL_SMALLMONEY,
	TSQL_REAL,
	TSQL_FLOAT,
	TSQL_DATETIME,
	TSQL_SMALLDATETIME,
	TSQL_DATE,
	TSQL_TIME,
	TSQL_DATETIME2,
	TSQL_DATETIMEOFFSET,
	TSQL_CHAR,
	TSQL_VARCHAR,
	TSQL_TEXT,
	TSQL_NCHAR,
	TSQL_NVARCHAR,
	TSQL_NTEXT,
	TSQL_BINARY,
	TSQL_VARBINARY,
	TSQL_IMAGE,
	TSQL_UNIQUEIDENTIFIER,
	TSQL_XML,
	TSQL_ROWVERSION,
	TSQL_OTHER
} TsqlType;

/* The type with a name of sys.types; TSQL_OTHER if it is none of the above. */
extern TsqlType osmeta_transact_type(const char *name);

/* Room for what osmeta_transact_declaration writes. */
#define OSMETA_TRANSACT_DECLARATION 64

/*
 * A type as a column is declared; max_length in bytes (-1: max), precision
 * and scale are those of sys.columns.
 */
extern size_t osmeta_transact_declaration(TsqlType type, int max_length,
										  int precision, int scale, char *to);

/* Text of UTF-16, and text in a code page. */
extern bool osmeta_transact_is_unicode(TsqlType type);
extern bool osmeta_transact_is_narrow(TsqlType type);
extern bool osmeta_transact_is_binary(TsqlType type);

#endif							/* OSMETA_TRANSACT_H */
