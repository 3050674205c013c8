/*-------------------------------------------------------------------------
 *
 * sink_call.c
 *	  Calls the sink of osmeta_tds without the engine, for tests.
 *
 * Compiled by the test that uses it; no part of the extension.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "sink.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(sink_call);

static char *
text_at(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL :
		text_to_cstring(DatumGetTextPP(PG_GETARG_DATUM(i)));
}

static const OsmetaSink *
find_sink(void)
{
	OsmetaSink **list;

	load_file("$libdir/osmeta_tds", false);
	list = (OsmetaSink **) find_rendezvous_variable(OSMETA_SINK_LIST);
	for (OsmetaSink *sink = *list; sink != NULL; sink = sink->next)
	{
		if (sink->version == OSMETA_SINK_VERSION && sink->serves("tds_fdw"))
			return sink;
	}
	elog(ERROR, "there is no sink for tds_fdw");
}

/*
 * sink_call(what, relation, id_column, columns, query, extra): extra is the
 * table of pairs, the name of a piece or a value of the counter.
 */
Datum
sink_call(PG_FUNCTION_ARGS)
{
	char	   *what = text_at(fcinfo, 0);
	OsmetaSinkTable table = {0};
	char	   *columns = text_at(fcinfo, 3);
	char	   *query = text_at(fcinfo, 4);
	char	   *extra = text_at(fcinfo, 5);
	const OsmetaSink *sink = find_sink();
	int64		result = 0;

	table.relation = text_at(fcinfo, 1);
	table.id_column = text_at(fcinfo, 2);
	if (SPI_connect_ext(0) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (strcmp(what, "insert") == 0)
		result = (int64) sink->insert(&table, columns, query);
	else if (strcmp(what, "insert_assigned") == 0)
		result = (int64) sink->insert_assigned(&table, columns, query, extra);
	else if (strcmp(what, "update") == 0)
	{
		/* the list is of as many columns as it has commas and one */
		char	   *list[16];
		int			count = 0;

		for (char *p = strtok(columns, ","); p != NULL; p = strtok(NULL, ","))
			list[count++] = p;
		result = (int64) sink->update(&table, count, list, query, NULL, NULL);
	}
	else if (strcmp(what, "remove") == 0)
		result = (int64) sink->remove(&table, query, NULL, NULL);
	else if (strcmp(what, "count_present") == 0)
		result = sink->count_present(&table, query, NULL, NULL);
	else if (strcmp(what, "advance_counter") == 0)
		result = sink->advance_counter(&table, strtoi64(extra, NULL, 10));
	else if (strcmp(what, "begin_piece") == 0)
		sink->begin_piece(&table, extra);
	else if (strcmp(what, "hold") == 0)
		sink->hold();
	else if (strcmp(what, "commit") == 0)
		sink->commit();
	else
		elog(ERROR, "what is %s?", what);
	SPI_finish();
	PG_RETURN_INT64(result);
}
