/*-------------------------------------------------------------------------
 *
 * compare.h
 *	  Functions whose arguments name captures: shared by those that compare
 *	  two and those that report on one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_COMPARE_H
#define OSMETA_COMPARE_H

#include "osmeta.h"

/*
 * To be called between osmeta_spi_begin() and osmeta_spi_end().
 *
 * osmeta_show_captures lets the views show just these captures until
 * osmeta_spi_end().
 *
 * osmeta_return_query runs a query with nargs parameters and gives its rows
 * as the result of the calling set-returning function, whose columns they
 * must match.  nulls as for SPI_execute_with_args, or NULL.
 *
 * osmeta_return_of_captures does all of it (so it is called outside): the
 * first ncaptures (one or two) arguments of the calling function are texts
 * that name captures; the views show these and no others while the query
 * runs, whose parameters are their ids.
 */
extern void osmeta_show_captures(int ncaptures, const int64 *captures);
extern void osmeta_return_query(FunctionCallInfo fcinfo, const char *sql,
								int nargs, Oid *types, Datum *values,
								const char *nulls);
extern Datum osmeta_return_of_captures(FunctionCallInfo fcinfo,
									   int ncaptures, const char *sql);

#endif							/* OSMETA_COMPARE_H */
