/*-------------------------------------------------------------------------
 *
 * data_type.h
 *	  The data types of the platform: what they are called, the columns they
 *	  become, and the value that stands for nothing in such a column.
 *
 * Needs no backend: plain C11, no allocation, no error raised.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_DATA_TYPE_H
#define OSMETA_DATA_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "dialect.h"

typedef enum DataType
{
	TYPE_TEXT,
	TYPE_EMAIL,
	TYPE_PHONE_NUMBER,
	TYPE_INTEGER,
	TYPE_LONG_INTEGER,
	TYPE_DECIMAL,
	TYPE_CURRENCY,
	TYPE_BOOLEAN,
	TYPE_DATE,
	TYPE_TIME,
	TYPE_DATE_TIME,
	TYPE_BINARY_DATA,
	TYPE_IDENTIFIER,			/* "bt..." and rtEntityReference */
	TYPE_UNKNOWN
} DataType;

/* A length or number of decimals that the metamodel does not give. */
#define MODIFIER_MISSING	(-1)

/* Room for the name of a column type, with the terminating zero. */
#define COLUMN_TYPE_SIZE	40

/*
 * Which type a TYPE is.  Blanks around it are dropped, case is ignored, and
 * whatever begins with "bt" is an identifier, well formed or not.
 */
extern DataType osmeta_type_parse(const char *type, size_t len);

/* What users call a type; NULL for TYPE_UNKNOWN. */
extern const char *osmeta_type_label(DataType type);

/*
 * The column that a type becomes, into out (COLUMN_TYPE_SIZE).  False, and
 * nothing written, for TYPE_IDENTIFIER and TYPE_UNKNOWN, which do not say.
 */
extern bool osmeta_column_type(DataType type, int length, int decimals,
							   Dialect dialect, char *out);

/*
 * What is stored for the null value of a type; NULL where SQL's NULL is (or
 * for TYPE_UNKNOWN).
 */
extern const char *osmeta_null_value(DataType type, Dialect dialect);

#endif							/* OSMETA_DATA_TYPE_H */
