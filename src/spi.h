/*-------------------------------------------------------------------------
 *
 * spi.h
 *	  Statements through SPI, with settings pinned and codes checked.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_SPI_H
#define OSMETA_SPI_H

#include "osmeta.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"

/*
 * osmeta_spi_begin connects to SPI and pins search_path to
 * "pg_catalog, pg_temp" (and the settings that change how values print).
 * Returns the GUC nest level for osmeta_spi_end, which restores everything.
 * nonatomic is true only in a procedure that will SPI_commit().
 */
extern int	osmeta_spi_begin(bool nonatomic);
extern void osmeta_spi_end(int nest_level);

/* Pin again: after SPI_commit() the settings are back at their own values. */
extern int	osmeta_spi_pin(void);

/*
 * Between these two the planner uses no nested loops: it would take tables
 * that have just been filled, and have no statistics, for almost empty.
 * Sorts and hashes get more memory than the default.
 */
extern int	osmeta_spi_expect_many(void);
extern void osmeta_spi_restore(int nest_level);

/* Commit (nonatomic only) and pin again; *nest_level is replaced. */
extern void osmeta_spi_commit(int *nest_level);

/*
 * Results of statements stay in memory until SPI is left.  Between these two
 * is work that is done over and over: what it returned is freed at the end,
 * and "upper executor context" below is the context that was current.
 */
extern void osmeta_spi_enter(void);
extern void osmeta_spi_leave(void);

/*
 * Run one statement that returns no rows we look at; gives the number of
 * rows processed.  Any code but success is an error.
 */
extern uint64 osmeta_exec(const char *sql);
extern uint64 osmeta_execf(const char *format,...) pg_attribute_printf(1, 2);

/*
 * Run a query (or DML RETURNING) with nargs parameters; result in
 * SPI_tuptable, number of rows returned.  nulls as for SPI_execute_with_args,
 * or NULL when no argument is null.
 */
extern uint64 osmeta_query(const char *sql, int nargs, Oid *types,
						   Datum *values, const char *nulls);

/* The same for statements whose parameters are all text; NULL pointer = NULL. */
extern uint64 osmeta_query_text(const char *sql, int nargs,
								const char *const *args);

/*
 * Column col (from 1) of row (from 0) of SPI_tuptable as text, in the memory
 * of the upper executor context (survives SPI_finish); NULL if null.
 */
extern char *osmeta_text_at(uint64 row, int col);

/* The same as bigint (the column must be of type bigint or int). */
extern int64 osmeta_int64_at(uint64 row, int col, bool *isnull);
extern bool osmeta_bool_at(uint64 row, int col);

/*
 * Whether an error says that something of the factory is not there, or may
 * not be seen by whoever reads, as opposed to a lost connection, a cancel or
 * a full disk.
 */
extern bool osmeta_is_access_error(int sqlerrcode);

#endif							/* OSMETA_SPI_H */
