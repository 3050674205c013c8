/*-------------------------------------------------------------------------
 *
 * sink_table.c
 *	  The sink for tables of this database and insertable foreign tables.
 *
 * Everything is one statement of SQL.  A foreign table's wrapper commits at
 * the target when the local transaction is about to commit.
 *
 *-------------------------------------------------------------------------
 */
#include "sink.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "spi.h"

static bool
table_serves(const char *wrapper)
{
	const char *args[1];

	if (wrapper == NULL)
		return true;
	args[0] = wrapper;
	return osmeta_query_text("SELECT FROM osmeta.wrapper w"
							 " WHERE w.wrapper = $1 AND w.can_insert",
							 1, args) > 0;
}

static uint64
table_insert(const OsmetaSinkTable *table, const char *columns,
			 const char *query)
{
	/* In this database even GENERATED ALWAYS takes an identifier. */
	return osmeta_execf("INSERT INTO %s (%s)%s %s", table->relation, columns,
						table->is_local ? " OVERRIDING SYSTEM VALUE" : "",
						query);
}

/* A wrapper commits there before the ledger would have the identifiers. */
static OsmetaSinkAbility
table_ability(const char *wrapper)
{
	OsmetaSinkAbility ability;

	ability.explicit_ids = true;
	ability.assigned_ids = wrapper == NULL;
	ability.counters = wrapper == NULL;
	return ability;
}

/*
 * Rows are inserted in the order of their old identifiers, so the counter
 * gives the new ones in the same order.
 */
static uint64
table_insert_assigned(const OsmetaSinkTable *table, const char *columns,
					  const char *query, const char *pairs)
{
	return osmeta_execf("WITH v AS MATERIALIZED (%s),"
						" i AS (INSERT INTO %s%s SELECT %s FROM v ORDER BY v.source_id RETURNING %s AS id)"
						" INSERT INTO %s (source_id, target_id)"
						" SELECT o.source_id, n.id"
						" FROM (SELECT v.source_id, row_number() OVER (ORDER BY v.source_id) AS place FROM v) o"
						" JOIN (SELECT i.id, row_number() OVER (ORDER BY i.id) AS place FROM i) n"
						" ON n.place = o.place",
						query, table->relation,
	/* a list must not be empty, and without one a row can be */
						columns[0] == '\0' ? "" : psprintf(" (%s)", columns),
						columns, table->id_column, pairs);
}

/* Condition that bounds the ids with literals, for the wrapper to push. */
static char *
id_range(const OsmetaSinkTable *table, const char *lower, const char *upper)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (lower != NULL)
		appendStringInfo(&buf, " AND t.%s >= %s", table->id_column, lower);
	if (upper != NULL)
		appendStringInfo(&buf, " AND t.%s <= %s", table->id_column, upper);
	return buf.data;
}

/* Identifiers in one statement, where they must be named. */
#define DELETE_BATCH 1000

/*
 * Delete by lists of identifiers: a wrapper sends such a statement as it is,
 * where a join would send one statement for each row.  The identifiers come
 * through a cursor, since a piece of texts can be a whole table.
 */
static uint64
remove_listed(const OsmetaSinkTable *table, const char *query)
{
	SPIParseOpenOptions options = {.read_only = false};
	Portal		cursor = SPI_cursor_parse_open(NULL,
											   psprintf("SELECT quote_literal(v.id) FROM (%s) v ORDER BY v.id",
														query), &options);
	uint64		rows = 0;

	for (;;)
	{
		SPITupleTable *ids;
		StringInfoData list;

		SPI_cursor_fetch(cursor, true, DELETE_BATCH);
		if (SPI_processed == 0)
			break;
		ids = SPI_tuptable;
		initStringInfo(&list);
		for (uint64 i = 0; i < ids->numvals; i++)
		{
			char	   *id = SPI_getvalue(ids->vals[i], ids->tupdesc, 1);

			appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", id);
			pfree(id);
		}
		rows += osmeta_execf("DELETE FROM %s t WHERE t.%s IN (%s)",
							 table->relation, table->id_column, list.data);
		pfree(list.data);
		SPI_freetuptable(ids);
	}
	SPI_cursor_close(cursor);
	return rows;
}

static uint64
table_remove(const OsmetaSinkTable *table, const char *query,
			 const char *lower, const char *upper)
{
	char	   *range = id_range(table, lower, upper);
	uint64		present;
	uint64		rows;

	if (table->is_local)
		return osmeta_execf("DELETE FROM %s t USING (%s) v WHERE t.%s = v.id%s",
							table->relation, query, table->id_column, range);
	if (lower == NULL || upper == NULL)
		return remove_listed(table, query);

	/* If nobody else has rows between the bounds, they are all that it takes. */
	osmeta_execf("SELECT count(*), count(*) FILTER (WHERE v.id IS NULL)"
				 " FROM (SELECT t.%s AS id FROM %s t WHERE true%s) t LEFT JOIN (%s) v ON v.id = t.id",
				 table->id_column, table->relation, range, query);
	present = (uint64) osmeta_int64_at(0, 1, NULL);
	if (present == 0)
		return 0;
	if (osmeta_int64_at(0, 2, NULL) > 0)
		return remove_listed(table, query);
	rows = osmeta_execf("DELETE FROM %s t WHERE true%s", table->relation,
						range);
	if (rows > present)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("rows have come between those that were to be deleted")));
	return rows;
}

static uint64
table_update(const OsmetaSinkTable *table, int ncolumns, char **columns,
			 const char *query, const char *lower, const char *upper)
{
	StringInfoData set;
	StringInfoData names;

	initStringInfo(&set);
	initStringInfo(&names);
	for (int i = 0; i < ncolumns; i++)
	{
		appendStringInfo(&set, "%s%s = v.v%d", i > 0 ? ", " : "", columns[i],
						 i);
		appendStringInfo(&names, ", v%d", i);
	}
	return osmeta_execf("UPDATE %s t SET %s FROM (%s) v (id%s)"
						" WHERE t.%s = v.id%s",
						table->relation, set.data, query, names.data,
						table->id_column, id_range(table, lower, upper));
}

static int64
table_count_present(const OsmetaSinkTable *table, const char *query,
					const char *lower, const char *upper)
{
	osmeta_execf("SELECT count(*) FROM (%s) v JOIN %s t ON t.%s = v.id%s",
				 query, table->relation, table->id_column,
				 id_range(table, lower, upper));
	return osmeta_int64_at(0, 1, NULL);
}

/*
 * Only a sequence of this database can be moved from here, and only by who
 * may; never back, and never past what the sequence can count to.
 */
static bool
table_advance_counter(const OsmetaSinkTable *table, int64 value)
{
	const char *args[1];

	if (!table->is_local || table->counter == NULL)
		return false;
	args[0] = table->counter;
	osmeta_query_text("SELECT has_sequence_privilege($1, 'UPDATE')"
					  " AND has_sequence_privilege($1, 'SELECT')", 1, args);
	if (!osmeta_bool_at(0, 1))
		return false;
	osmeta_execf("SELECT setval(s.seqrelid, greatest(c.last_value,"
				 " least(" INT64_FORMAT ", s.seqmax))) FROM %s c, pg_sequence s"
				 " WHERE s.seqrelid = %s::regclass",
				 value, table->counter, quote_literal_cstr(table->counter));
	return true;
}

/*
 * A statement sees what had been committed when it began; what comes later
 * stays.
 */
static int64
table_empty(const OsmetaSinkTable *table, const char *columns,
			const char *query)
{
	osmeta_execf("WITH d AS (DELETE FROM %s RETURNING %s),"
				 " n AS (SELECT %s, row_number() OVER (PARTITION BY %s) FROM d),"
				 " w AS (SELECT %s, row_number() OVER (PARTITION BY %s) FROM (%s) q)"
				 " SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM (SELECT * FROM n EXCEPT SELECT * FROM w) o)",
				 table->relation, columns, columns, columns, columns, columns,
				 query);
	return osmeta_int64_at(0, 2, NULL) > 0 ? -1 : osmeta_int64_at(0, 1, NULL);
}

OsmetaSink	osmeta_table_sink = {
	.version = OSMETA_SINK_VERSION,
	.name = "table",
	.next = NULL,
	.serves = table_serves,
	.ability = table_ability,
	.insert = table_insert,
	.insert_assigned = table_insert_assigned,
	.hold = NULL,
	.commit = NULL,
	.begin_piece = NULL,
	.remove = table_remove,
	.update = table_update,
	.count_present = table_count_present,
	.advance_counter = table_advance_counter,
	.empty = table_empty,
};
