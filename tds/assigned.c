/*-------------------------------------------------------------------------
 *
 * assigned.c
 *	  New rows for a table at a TDS server, which gives their identifiers.
 *
 * The rows are copied into a temporary table.  Identifiers come back by an
 * INSERT ... SELECT ... ORDER BY, which computes identities in that order, with
 * OUTPUT INTO another temporary table, which is allowed where there are
 * triggers: the n-th of the sorted identifiers belongs to the n-th row.
 *
 * This is done for a part of the rows after the other, half of what is left
 * each time: while the server works on one, the pairs of the one before are
 * inserted here, which takes half as long, and few are left at the end.
 *
 *-------------------------------------------------------------------------
 */
#include "insert.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "connection.h"

/* Pairs of identifiers that one statement inserts. */
#define PAIRS_AT_ONCE 100000

/* Rows that are not worth a part of their own. */
#define LEAST_PART 5000

/* All that the parts have in common. */
typedef struct Work
{
	const TdsTarget *target;
	const TdsStage *stage;
	const TdsColumn *id;
	const char *ids;			/* table of the identifiers of a part */
	const char *list;			/* columns of the INSERT */
	const char *values;			/* what the stage has for them */
	const char *pairs;			/* the local table */
	Oid			source_type;
	Oid			target_type;
	const Datum *sources;		/* the old identifiers of all rows */
} Work;

static void raise_ids(const TdsTarget *target, int64 rows, int64 ids) pg_attribute_noreturn();

/* What the server says of the identifiers that it gave cannot be. */
static void
raise_ids(const TdsTarget *target, int64 rows, int64 ids)
{
	ereport(ERROR,
			(errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
			 errmsg("%s gave " INT64_FORMAT " identifiers for " INT64_FORMAT " rows",
					target->name, ids, rows),
			 errdetail("A trigger there stands in for the INSERT, or deletes or changes what was inserted."),
			 errhint("Disable the trigger, or give the identifiers.")));
}

/*
 * Nobody else has inserted meanwhile, as a rule: then two bounds tell all
 * identifiers.  NULL if they do not.
 */
static Datum *
count_ids(const TdsTarget *target, int64 count, char *const *bounds, Oid type)
{
	bool		is_int = type == INT4OID;
	int64		first;
	int64		last;
	Datum	   *values;

	if (count == 0 || target->step == 0 || (!is_int && type != INT8OID))
		return NULL;
	first = pg_strtoint64(bounds[target->step > 0 ? 0 : 1]);
	last = pg_strtoint64(bounds[target->step > 0 ? 1 : 0]);
	if (last - first != (count - 1) * target->step)
		return NULL;
	if (is_int && (first != (int32) first || last != (int32) last))
		return NULL;
	values = palloc_extended(sizeof(Datum) * count, MCXT_ALLOC_HUGE);
	for (int64 i = 0; i < count; i++)
	{
		int64		value = first + i * target->step;

		values[i] = is_int ? Int32GetDatum((int32) value) :
			Int64GetDatum(value);
	}
	return values;
}

/* The identifiers one by one, in the order of the rows. */
typedef struct Ids
{
	const TdsTarget *target;
	FmgrInfo	input;
	Oid			parameter;
	Datum	   *values;
	int64		rows;
	int64		count;
	char	   *last;
} Ids;

static void
take_id(TdsLink *link, void *arg)
{
	Ids		   *ids = (Ids *) arg;
	char	   *value = osmeta_tds_text(link, 0);

	if (value == NULL || ids->count == ids->rows ||
		(ids->last != NULL && strcmp(ids->last, value) == 0))
		raise_ids(ids->target, ids->rows, ids->count);
	if (ids->last != NULL)
		pfree(ids->last);
	ids->last = value;
	ids->values[ids->count++] = InputFunctionCall(&ids->input, value,
												  ids->parameter, -1);
}

/* The new identifiers of a part, in the order of its rows; none twice. */
static Datum *
read_ids(const Work *work, int64 rows, char *const *bounds, int64 count)
{
	const TdsTarget *target = work->target;
	Ids			ids = {0};
	Oid			input;
	Datum	   *values;

	if (count != rows)
		raise_ids(target, rows, count);
	values = count_ids(target, count, bounds, work->target_type);
	if (values != NULL)
		return values;
	ids.target = target;
	ids.rows = rows;
	ids.values = palloc_extended(sizeof(Datum) * Max(rows, 1),
								 MCXT_ALLOC_HUGE);
	getTypeInputInfo(work->target_type, &input, &ids.parameter);
	fmgr_info(input, &ids.input);
	osmeta_tds_rows(target->link,
					psprintf("SELECT id FROM %s ORDER BY id%s", work->ids,
							 target->step < 0 ? " DESC" : ""),
					1, take_id, &ids);
	if (ids.count != rows)
		raise_ids(target, rows, ids.count);
	return ids.values;
}

static ArrayType *
array_of(const Datum *values, int count, Oid type)
{
	int16		length;
	bool		by_value;
	char		align;

	get_typlenbyvalalign(type, &length, &by_value, &align);
	return construct_array(unconstify(Datum *, values), count, type, length, by_value, align);
}

static void
insert_pairs(const Work *work, int64 first, Datum *targets, int64 count)
{
	char	   *sql = psprintf("INSERT INTO %s (source_id, target_id)"
							   " SELECT unnest($1), unnest($2)",
							   work->pairs);
	Oid			types[2];

	types[0] = get_array_type(work->source_type);
	types[1] = get_array_type(work->target_type);
	for (int64 i = 0; i < count; i += PAIRS_AT_ONCE)
	{
		int			part = (int) Min(count - i, PAIRS_AT_ONCE);
		ArrayType  *source = array_of(work->sources + first + i, part,
									  work->source_type);
		ArrayType  *target = array_of(targets + i, part, work->target_type);
		Datum		values[2];

		values[0] = PointerGetDatum(source);
		values[1] = PointerGetDatum(target);
		if (SPI_execute_with_args(sql, 2, types, values, NULL, false, 0) !=
			SPI_OK_INSERT || SPI_processed != (uint64) part)
			elog(ERROR, "the pairs of identifiers were not inserted");
		pfree(source);
		pfree(target);
	}
}

/* The INSERT of a part of the rows, and what is to be known of it. */
static char *
part_sql(const Work *work, int64 first, int64 rows)
{
	const char *insert;

	/* a table of nothing but identifiers */
	if (work->stage->ncolumns == 0)
		insert = psprintf("DECLARE @rows bigint; SET @rows = 0;"
						  " WHILE @rows < " INT64_FORMAT
						  " BEGIN INSERT INTO %s DEFAULT VALUES;"
						  " INSERT INTO %s (id) VALUES (SCOPE_IDENTITY());"
						  " SET @rows = @rows + 1; END",
						  rows, work->target->name, work->ids);
	else
		insert = psprintf("INSERT INTO %s (%s) OUTPUT inserted.%s INTO %s (id)"
						  " SELECT %s FROM %s WHERE n BETWEEN " INT64_FORMAT
						  " AND " INT64_FORMAT " ORDER BY n",
						  work->target->name, work->list, work->id->quoted,
						  work->ids, work->values, work->stage->name, first + 1,
						  first + rows);
	return psprintf("%s%s%s; SELECT %s AS osmeta, COUNT(*), MIN(id), MAX(id) FROM %s",
					first > 0 ? "TRUNCATE TABLE " : "",
					first > 0 ? psprintf("%s; ", work->ids) : "", insert,
					work->stage->ncolumns == 0 ? "@rows" : "@@ROWCOUNT",
					work->ids);
}

/* What came of a part: the identifiers of its rows. */
static Datum *
finish_part(const Work *work, const char *sql, int64 rows)
{
	const TdsTarget *target = work->target;
	char	   *values[3] = {NULL, NULL, NULL};
	int64		inserted = osmeta_tds_receive(target->link, sql, 3, values);
	Datum	   *ids;

	if (inserted != rows)
		raise_ids(target, rows, inserted);
	ids = read_ids(work, rows, values + 1,
				   values[0] == NULL ? 0 : strtoi64(values[0], NULL, 10));

	/*
	 * A trigger in place of the INSERT is told by identifiers that are all
	 * the same, but for a single row; one after it may have deleted rows.
	 */
	if ((rows == 1 || target->has_trigger || target->has_instead) &&
		osmeta_tds_number(target->link,
						  psprintf("SELECT COUNT(*) AS osmeta FROM %s AS i JOIN %s AS t ON t.%s = i.id",
								   work->ids, target->name,
								   work->id->quoted)) != rows)
		raise_ids(target, rows, 0);
	return ids;
}

/* Rows of the next part if so many are left. */
static int64
part_of(const Work *work, int64 left)
{
	if (work->stage->ncolumns == 0 || left < 2 * LEAST_PART)
		return left;
	return (left + 1) / 2;
}

/* Insert the rows of the stage, and their pairs. */
static void
insert_parts(const Work *work)
{
	int64		rows = work->stage->rows;
	Datum	   *ids = NULL;
	int64		done = 0;		/* rows whose identifiers are known */
	int64		paired = 0;		/* those whose pairs are inserted, too */

	while (paired < rows)
	{
		int64		count = part_of(work, rows - done);
		char	   *sql = NULL;

		if (count > 0)
		{
			sql = part_sql(work, done, count);
			osmeta_tds_send(work->target->link, sql);
		}
		if (ids != NULL)
		{
			insert_pairs(work, paired, ids, done - paired);
			pfree(ids);
			ids = NULL;
		}
		paired = done;
		if (count > 0)
			ids = finish_part(work, sql, count);
		done += count;
	}
}

int64
osmeta_tds_insert_assigned(const TdsTarget *target, int ncolumns,
						   const int *columns, char **names, int id,
						   const char *query, const char *pairs)
{
	TdsLink    *link = target->link;
	TdsNames	match = {ncolumns, names, 1};
	TdsKept		kept = {0};
	TdsStage   *stage;
	Work		work = {0};
	StringInfoData list;
	StringInfoData values;
	Oid			pairs_relation;

	work.target = target;
	work.id = &target->columns[id];
	work.pairs = pairs;
	if (!work.id->is_identity)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s gives no identifiers", target->name),
				 errdetail("Its column \"%s\" is no IDENTITY.",
						   work.id->name)));
	/* the order of the old identifiers is that of the new ones */
	work.stage = stage =
		osmeta_tds_stage(target, ncolumns, columns, NULL,
						 osmeta_tds_match_names, &match, &kept,
						 psprintf("SELECT * FROM (%s) v ORDER BY v.source_id",
								  query));
	work.ids = osmeta_tds_temporary();
	work.sources = kept.values;
	work.source_type = kept.type;
	pairs_relation = DatumGetObjectId(DirectFunctionCall1(regclassin,
														  CStringGetDatum(pairs)));
	work.target_type = getBaseType(get_atttype(pairs_relation,
											   get_attnum(pairs_relation, "target_id")));
	initStringInfo(&list);
	initStringInfo(&values);
	osmeta_tds_append_columns(&list, &values, stage);
	work.list = list.data;
	work.values = values.data;
	(void) osmeta_tds_execute(link, psprintf("CREATE TABLE %s (id %s NOT NULL)",
											 work.ids,
											 osmeta_tds_declaration(work.id)));
	insert_parts(&work);
	(void) osmeta_tds_execute(link, psprintf("DROP TABLE %s; DROP TABLE %s",
											 stage->name, work.ids));
	return stage->rows;
}
