/*-------------------------------------------------------------------------
 *
 * spi.c
 *	  Statements through SPI, with settings pinned and codes checked.
 *
 * Every entry point that runs SQL does so between osmeta_spi_begin() and
 * osmeta_spi_end(): search_path holds nothing but pg_catalog, so that no
 * look-alike function or operator of a hostile schema is found, and the
 * settings that change how values print, how text is read or how a query is
 * carried out are at known values.  An error needs no clean-up here: abort
 * restores settings and SPI.
 *
 *-------------------------------------------------------------------------
 */
#include "spi.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

typedef struct PinnedSetting
{
	const char *name;
	const char *value;
} PinnedSetting;

static const PinnedSetting pinned_settings[] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"datestyle", "ISO, YMD"},
	{"intervalstyle", "postgres"},
	{"extra_float_digits", "3"},
	{"bytea_output", "hex"},
	{"standard_conforming_strings", "on"},
	{"quote_all_identifiers", "off"},
	{"transform_null_equals", "off"},
	{"row_security", "off"},	/* an error, not fewer rows */

	/*
	 * What foreign tables cost is a guess, so high that the planner compiles
	 * the queries over them, which takes far longer than the queries do.
	 */
	{"jit", "off"},
};

int
osmeta_spi_pin(void)
{
	int			nest_level = NewGUCNestLevel();

	for (int i = 0; i < (int) lengthof(pinned_settings); i++)
		(void) set_config_option(pinned_settings[i].name,
								 pinned_settings[i].value,
								 PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	return nest_level;
}

int
osmeta_spi_begin(bool nonatomic)
{
	int			rc;

	rc = SPI_connect_ext(nonatomic ? SPI_OPT_NONATOMIC : 0);
	if (rc != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed: %s", SPI_result_code_string(rc));
	return osmeta_spi_pin();
}

void
osmeta_spi_end(int nest_level)
{
	int			rc;

	AtEOXact_GUC(true, nest_level);
	rc = SPI_finish();
	if (rc != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed: %s", SPI_result_code_string(rc));
}

void
osmeta_spi_commit(int *nest_level)
{
	AtEOXact_GUC(true, *nest_level);
	/* What is committed elsewhere next relies on it, whatever is set here. */
	ForceSyncCommit();
	SPI_commit();
	*nest_level = osmeta_spi_pin();
}

static uint64
check_result(int rc, const char *sql)
{
	if (rc < 0)
		elog(ERROR, "statement failed (%s): %s",
			 SPI_result_code_string(rc), sql);
	return SPI_processed;
}

/* One connection inside another; settings stay as they are. */
void
osmeta_spi_enter(void)
{
	MemoryContext context = CurrentMemoryContext;
	int			rc = SPI_connect_ext(SPI_OPT_NONATOMIC);

	if (rc != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed: %s", SPI_result_code_string(rc));
	MemoryContextSwitchTo(context);
}

void
osmeta_spi_leave(void)
{
	int			rc = SPI_finish();

	if (rc != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed: %s", SPI_result_code_string(rc));
}

uint64
osmeta_exec(const char *sql)
{
	CHECK_FOR_INTERRUPTS();
	return check_result(SPI_execute(sql, false, 0), sql);
}

uint64
osmeta_execf(const char *format,...)
{
	StringInfoData buf;
	uint64		rows;

	initStringInfo(&buf);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&buf, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&buf, needed);
	}
	rows = osmeta_exec(buf.data);
	pfree(buf.data);
	return rows;
}

uint64
osmeta_query(const char *sql, int nargs, Oid *types, Datum *values,
			 const char *nulls)
{
	CHECK_FOR_INTERRUPTS();
	return check_result(SPI_execute_with_args(sql, nargs, types, values,
											  nulls, false, 0), sql);
}

uint64
osmeta_query_text(const char *sql, int nargs, const char *const *args)
{
	Oid			types[16];
	Datum		values[16];
	char		nulls[16];

	Assert(nargs <= (int) lengthof(types));
	for (int i = 0; i < nargs; i++)
	{
		types[i] = TEXTOID;
		nulls[i] = args[i] ? ' ' : 'n';
		values[i] = args[i] ? CStringGetTextDatum(args[i]) : (Datum) 0;
	}
	return osmeta_query(sql, nargs, types, values, nulls);
}

char *
osmeta_text_at(uint64 row, int col)
{
	char	   *value;
	char	   *copy;
	Size		size;

	Assert(row < SPI_tuptable->numvals);
	value = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, col);
	if (value == NULL)
		return NULL;
	size = strlen(value) + 1;
	copy = SPI_palloc(size);
	memcpy(copy, value, size);
	pfree(value);
	return copy;
}

int64
osmeta_int64_at(uint64 row, int col, bool *isnull)
{
	bool		null;
	Datum		value;

	Assert(row < SPI_tuptable->numvals);
	value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, col,
						  &null);
	if (isnull)
		*isnull = null;
	if (null)
		return 0;
	switch (SPI_gettypeid(SPI_tuptable->tupdesc, col))
	{
		case INT8OID:
			return DatumGetInt64(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			elog(ERROR, "column %d is no integer", col);
	}
	return 0;
}

bool
osmeta_bool_at(uint64 row, int col)
{
	bool		null;
	Datum		value;

	Assert(row < SPI_tuptable->numvals);
	value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, col,
						  &null);
	return !null && DatumGetBool(value);
}

bool
osmeta_is_access_error(int sqlerrcode)
{
	int			category = ERRCODE_TO_CATEGORY(sqlerrcode);

	if (sqlerrcode == ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION ||
		sqlerrcode == ERRCODE_FDW_OUT_OF_MEMORY)
		return false;
	/* the server there found bytes that it cannot send */
	if (sqlerrcode == ERRCODE_CHARACTER_NOT_IN_REPERTOIRE)
		return true;
	return category == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION ||
		category == ERRCODE_FDW_ERROR;
}

/*
 * From here to osmeta_spi_restore() the planner takes nothing for few rows:
 * tables that have just been filled have no statistics, or those of other
 * plans.
 */
#define MANY_WORK_MEM 65536		/* kB */

int
osmeta_spi_expect_many(void)
{
	int			nest_level = NewGUCNestLevel();

	(void) set_config_option("enable_nestloop", "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	/* hundreds of thousands of rows are sorted and hashed several times */
	if (work_mem < MANY_WORK_MEM)
		(void) set_config_option("work_mem", CppAsString2(MANY_WORK_MEM),
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
	return nest_level;
}

void
osmeta_spi_restore(int nest_level)
{
	AtEOXact_GUC(true, nest_level);
}
