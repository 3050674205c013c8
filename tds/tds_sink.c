/*-------------------------------------------------------------------------
 *
 * tds_sink.c
 *	  The sink for tables at servers of tds_fdw, which cannot write itself.
 *
 * All work is done in sets at the server: identifiers and values are copied
 * into a temporary table, and one statement does the rest.  It takes no more
 * rights than the statement itself, and counts the rows of that statement,
 * whatever triggers do besides.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"

#include "connection.h"
#include "insert.h"
#include "sink.h"
#include "stage.h"
#include "target.h"
#include "tds_sink.h"

/* Milliseconds that a piece of work waits for a session that was lost. */
#define PIECE_TIMEOUT 60000

/* Names of locks at the server have up to 255 characters. */
#define LONGEST_LOCK 200

static bool
tds_serves(const char *wrapper)
{
	return wrapper != NULL && strcmp(wrapper, "tds_fdw") == 0;
}

static OsmetaSinkAbility
tds_ability(const char *wrapper)
{
	OsmetaSinkAbility ability;

	ability.explicit_ids = true;
	ability.assigned_ids = true;
	ability.counters = true;
	return ability;
}

/* The name in a list of one. */
static char *
unquoted(const char *name)
{
	return (char *) linitial(osmeta_tds_split(name));
}

/* The column of the identifier, or -1 if the sink is told none. */
static int
id_of(const TdsTarget *target, const OsmetaSinkTable *table)
{
	if (table->id_column == NULL)
		return -1;
	return osmeta_tds_column_of(target, unquoted(table->id_column));
}

/* The columns of the target behind a quoted list, and their names here. */
static int
columns_of(const TdsTarget *target, const char *list, int **columns,
		   char ***names)
{
	List	   *split = osmeta_tds_split(list);
	ListCell   *cell;
	int			count = 0;

	*columns = palloc(sizeof(int) * Max(list_length(split), 1));
	*names = palloc(sizeof(char *) * Max(list_length(split), 1));
	foreach(cell, split)
	{
		(*names)[count] = (char *) lfirst(cell);
		(*columns)[count] = osmeta_tds_column_of(target, (*names)[count]);
		count++;
	}
	return count;
}

static uint64
tds_insert(const OsmetaSinkTable *table, const char *columns,
		   const char *query)
{
	TdsTarget  *target = osmeta_tds_target(table->relation);
	int		   *numbers;
	char	  **names;
	int			count = columns_of(target, columns, &numbers, &names);

	return (uint64) osmeta_tds_insert(target, count, numbers, names,
									  id_of(target, table), query);
}

static uint64
tds_insert_assigned(const OsmetaSinkTable *table, const char *columns,
					const char *query, const char *pairs)
{
	TdsTarget  *target = osmeta_tds_target(table->relation);
	int		   *numbers;
	char	  **names;
	int			count = columns_of(target, columns, &numbers, &names);

	return (uint64) osmeta_tds_insert_assigned(target, count, numbers, names,
											   id_of(target, table), query,
											   pairs);
}

/* A stage of the columns of a query by their places, the id first. */
static TdsStage *
stage_ids(const TdsTarget *target, int ncolumns, int *columns,
		  const char *query)
{
	int		   *sources = palloc(sizeof(int) * ncolumns);

	for (int i = 0; i < ncolumns; i++)
		sources[i] = i;
	return osmeta_tds_stage(target, ncolumns, columns, sources, NULL, NULL,
							NULL, query);
}

/* Run a statement over a stage, drop that and give the number of rows. */
static int64
finish(const TdsStage *stage, const char *statement)
{
	return osmeta_tds_number(stage->target->link,
							 psprintf("DECLARE @rows bigint; %s;"
									  " SET @rows = @@ROWCOUNT;"
									  " DROP TABLE %s;"
									  " SELECT @rows AS osmeta",
									  statement, stage->name));
}

static uint64
tds_remove(const OsmetaSinkTable *table, const char *query, const char *lower,
		   const char *upper)
{
	TdsTarget  *target = osmeta_tds_target(table->relation);
	int			id = id_of(target, table);
	TdsStage   *stage = stage_ids(target, 1, &id, query);

	return (uint64) finish(stage,
						   psprintf("DELETE t FROM %s AS t JOIN %s AS s ON s.c0 = t.%s",
									target->name, stage->name,
									target->columns[id].quoted));
}

static uint64
tds_update(const OsmetaSinkTable *table, int ncolumns, char **columns,
		   const char *query, const char *lower, const char *upper)
{
	TdsTarget  *target = osmeta_tds_target(table->relation);
	int			id = id_of(target, table);
	int		   *numbers = palloc(sizeof(int) * (1 + ncolumns));
	TdsStage   *stage;
	StringInfoData set;

	numbers[0] = id;
	for (int i = 0; i < ncolumns; i++)
		numbers[1 + i] = osmeta_tds_column_of(target, unquoted(columns[i]));
	stage = stage_ids(target, 1 + ncolumns, numbers, query);
	initStringInfo(&set);
	for (int i = 1; i <= ncolumns; i++)
		appendStringInfo(&set, "%s%s = %s", i > 1 ? ", " : "",
						 target->columns[numbers[i]].quoted,
						 osmeta_tds_stage_value(stage, "s.", i));
	return (uint64) finish(stage,
						   psprintf("UPDATE t SET %s FROM %s AS t JOIN %s AS s ON s.c0 = t.%s",
									set.data, target->name, stage->name,
									target->columns[id].quoted));
}

/*
 * Rows that another session is about to commit or roll back are waited for,
 * also in a database whose readers see the state before.
 */
static int64
tds_count_present(const OsmetaSinkTable *table, const char *query,
				  const char *lower, const char *upper)
{
	TdsTarget  *target = osmeta_tds_target(table->relation);
	int			id = id_of(target, table);
	TdsStage   *stage = stage_ids(target, 1, &id, query);

	return osmeta_tds_number(target->link,
							 psprintf("DECLARE @rows bigint;"
									  " SELECT @rows = COUNT(*) FROM %s AS s"
									  " JOIN %s AS t WITH (READCOMMITTEDLOCK) ON t.%s = s.c0;"
									  " DROP TABLE %s;"
									  " SELECT @rows AS osmeta",
									  stage->name, target->name,
									  target->columns[id].quoted,
									  stage->name));
}

static void
tds_begin_piece(const OsmetaSinkTable *table, const char *piece)
{
	TdsLink    *link = osmeta_tds_link(osmeta_tds_server_of(table->relation));
	int64		result;

	if (strlen(piece) > LONGEST_LOCK)
		piece = psprintf("osmeta %016llx",
						 (unsigned long long) hash_bytes_extended((const unsigned char *) piece,
																  (int) strlen(piece), 0));
	result = osmeta_tds_number(link,
							   psprintf("DECLARE @result int;"
										" EXEC @result = sp_getapplock @Resource = %s,"
										" @LockMode = N'Exclusive', @LockOwner = N'Transaction',"
										" @LockTimeout = %d;"
										" SELECT @result AS osmeta",
										osmeta_tds_literal(piece),
										PIECE_TIMEOUT));
	if (result < 0)
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("the server still works on this piece for a session that was lost"),
				 errdetail("sp_getapplock gave %d.", (int) result),
				 errhint("Wait until it has ended there, or end it, then try again.")));
}

/* The largest identifier that a column can have. */
static int64
largest(TsqlType type)
{
	switch (type)
	{
		case TSQL_TINYINT:
			return 255;
		case TSQL_SMALLINT:
			return PG_INT16_MAX;
		case TSQL_INT:
			return PG_INT32_MAX;
		default:
			return PG_INT64_MAX;
	}
}

/*
 * Never back.  In a table that never had a row the counter gives the value
 * that is set, in others the next one: one identifier may be left out.  Nor
 * does a counter that stands where it began tell whether that was given.
 */
static bool
tds_advance_counter(const OsmetaSinkTable *table, int64 value)
{
	TdsTarget  *target = osmeta_tds_target(table->relation);
	char	   *literal = osmeta_tds_literal(target->name);
	bool		is_ascii = true;
	int64		next;

	if (target->identity < 0 || target->step <= 0 ||
		!osmeta_tds_may_reseed(target))
		return false;
	next = value < largest(target->columns[target->identity].type) ?
		value + 1 : value;
	/* where it need not be one of nvarchar not every server takes one */
	for (const char *p = literal; *p != '\0'; p++)
		is_ascii &= (unsigned char) *p < 0x80;
	(void) osmeta_tds_execute(target->link,
							  psprintf("IF IDENT_CURRENT(%s) < " INT64_FORMAT
									   " OR IDENT_CURRENT(%s) = " INT64_FORMAT
									   " AND IDENT_SEED(%s) = " INT64_FORMAT
									   " DBCC CHECKIDENT (%s, RESEED, " INT64_FORMAT ") WITH NO_INFOMSGS",
									   literal, value, literal, value,
									   literal, value,
									   is_ascii ? literal + 1 : literal,
									   next));
	return true;
}

/*
 * Who writes to the table meanwhile waits until this transaction ends.  Texts
 * are compared as the table's collation does, which is enough to see that
 * rows have come or gone.
 */
static int64
tds_empty(const OsmetaSinkTable *table, const char *columns,
		  const char *query)
{
	TdsTarget  *target = osmeta_tds_target(table->relation);
	int		   *numbers;
	char	  **names;
	int			count = columns_of(target, columns, &numbers, &names);
	TdsStage   *stage = stage_ids(target, count, numbers, query);
	StringInfoData there;
	StringInfoData staged;

	initStringInfo(&there);
	initStringInfo(&staged);
	for (int i = 0; i < count; i++)
	{
		appendStringInfo(&there, "%s%s", i > 0 ? ", " : "",
						 target->columns[numbers[i]].quoted);
		appendStringInfo(&staged, "%sc%d", i > 0 ? ", " : "", i);
	}
	return osmeta_tds_number(target->link,
							 psprintf("DECLARE @rows bigint, @others bigint;"
									  " SELECT @others = COUNT(*) FROM"
									  " (SELECT %s, COUNT(*) AS n FROM %s WITH (TABLOCKX, HOLDLOCK) GROUP BY %s"
									  " EXCEPT SELECT %s, COUNT(*) AS n FROM %s GROUP BY %s) AS o;"
									  " SET @rows = -1;"
									  " IF @others = 0 BEGIN DELETE FROM %s; SET @rows = @@ROWCOUNT; END;"
									  " DROP TABLE %s;"
									  " SELECT @rows AS osmeta",
									  there.data, target->name, there.data,
									  staged.data, stage->name, staged.data,
									  target->name, stage->name));
}

static OsmetaSink tds_sink = {
	.version = OSMETA_SINK_VERSION,
	.name = "tds",
	.next = NULL,
	.serves = tds_serves,
	.ability = tds_ability,
	.insert = tds_insert,
	.insert_assigned = tds_insert_assigned,
	.hold = osmeta_tds_hold,
	.commit = osmeta_tds_commit,
	.begin_piece = tds_begin_piece,
	.remove = tds_remove,
	.update = tds_update,
	.count_present = tds_count_present,
	.advance_counter = tds_advance_counter,
	.empty = tds_empty,
};

void
osmeta_tds_init_sink(void)
{
	OsmetaSink **list =
	(OsmetaSink **) find_rendezvous_variable(OSMETA_SINK_LIST);

	tds_sink.next = *list;
	*list = &tds_sink;
}
