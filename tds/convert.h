/*-------------------------------------------------------------------------
 *
 * convert.h
 *	  Values of a T-SQL server as values of this one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_CONVERT_H
#define OSMETA_TDS_CONVERT_H

#include "compat.h"

#include "access/tupdesc.h"
#include "fmgr.h"

#include "reader.h"

/* How a value comes to be one of the column's type. */
typedef enum TdsWay
{
	WAY_SMALLINT,
	WAY_INTEGER,
	WAY_BIGINT,
	WAY_BOOLEAN,
	WAY_REAL,
	WAY_DOUBLE,
	WAY_NUMERIC,				/* from an integer or a decimal */
	WAY_TEXT,
	WAY_BYTEA,
	WAY_TIMESTAMP,				/* with time zone, too */
	WAY_UUID,
	WAY_INPUT					/* text, by the input function of the type */
} TdsWay;

/* A column of the rows that are read, and the local one that it fills. */
typedef struct TdsColumn
{
	int			remote;			/* counted from 0 */
	TdsKind		kind;
	TdsWay		way;
	Oid			type;
	int32		typmod;
	FmgrInfo	input;
	Oid			parameter;		/* of the input function */
} TdsColumn;

/* Fill in all but remote, which is set. */
extern void osmeta_tds_prepare_column(TdsColumn *column, TdsLink *link,
									  Form_pg_attribute attribute);

/* The value in the current row, in the current memory context. */
extern Datum osmeta_tds_convert(TdsColumn *column, TdsReading *reading,
								bool *is_null);

#endif							/* OSMETA_TDS_CONVERT_H */
