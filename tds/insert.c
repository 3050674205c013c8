/*-------------------------------------------------------------------------
 *
 * insert.c
 *	  New rows for a table at a TDS server.
 *
 * Rows are copied in bulk straight into the table where that does all that
 * an INSERT does.  db-lib sends all columns of a table but the identity, and
 * can give one hint only:
 *
 *	CHECK_CONSTRAINTS	else constraints are passed by,
 *	FIRE_TRIGGERS	else triggers are,
 *	KEEP_NULLS	else a NULL becomes the default of its column.
 *
 * So where two of them are needed, or a column that is not given must get
 * what an INSERT would put there, the rows go into a temporary table first,
 * and from there by an INSERT.
 *
 * Identifiers that the table gives come back by an INSERT ... SELECT ... ORDER
 * BY, which computes identities in that order, with OUTPUT INTO a temporary
 * table, which is allowed where there are triggers: the n-th of the sorted
 * identifiers belongs to the n-th row.
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

#include "bulk.h"
#include "connection.h"
#include "stage.h"

/* Pairs of identifiers that one statement inserts. */
#define PAIRS_AT_ONCE 100000

/* What is given to match_names: in the order of the fields. */
typedef struct Names
{
	int			count;
	char	  **names;			/* NULL for a field without a column */
	int			first;			/* the field of the first name */
} Names;

static void raise_ids(const TdsTarget *target, int64 rows, int64 ids) pg_attribute_noreturn();

/* Find the columns of the query by their names. */
static void
match_names(TdsBulk *bulk, TupleDesc desc)
{
	const Names *names = (const Names *) bulk->arg;

	for (int i = 0; i < names->count; i++)
	{
		TdsField   *f = &bulk->fields[names->first + i];
		int			number;

		if (names->names[i] == NULL)
			continue;
		number = SPI_fnumber(desc, names->names[i]);
		if (number <= 0)
			elog(ERROR, "the query has no column \"%s\"", names->names[i]);
		f->source = number - 1;
	}
}

/* Must have the right to give identifiers. */
static void
check_may_alter(const TdsTarget *target)
{
	if (!osmeta_tds_may_alter(target))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("identifiers of %s cannot be given", target->name),
				 errdetail("The user at the server may not alter the table, which IDENTITY_INSERT takes."),
				 errhint("Grant ALTER on the table there, or let it give the identifiers.")));
}

/* Would a bulk copy into the table do what an INSERT does? */
static bool
is_straight(const TdsTarget *target, char *const *given, int *options)
{
	bool		keep_nulls = false;
	bool		wants_default = false;

	*options = 0;
	if (!target->is_plain || target->has_instead)
		return false;
	for (int i = 0; i < target->ncolumns; i++)
	{
		const TdsColumn *c = &target->columns[i];

		if (c->is_identity && given[i] == NULL)
			continue;			/* the library leaves it out */
		if (c->is_generated || !osmeta_tds_can_copy(c->type, c->code_page))
			return false;
		if (given[i] != NULL)
			keep_nulls |= c->is_nullable && c->has_default;
		else if (!c->is_nullable)
			return false;
		else
			wants_default |= c->has_default;
	}
	if (keep_nulls && wants_default)
		return false;
	if (target->has_check + target->has_trigger + keep_nulls > 1)
		return false;
	if (target->has_check)
		*options |= TDS_BULK_CHECK_CONSTRAINTS;
	if (target->has_trigger)
		*options |= TDS_BULK_FIRE_TRIGGERS;
	if (keep_nulls)
		*options |= TDS_BULK_KEEP_NULLS;
	return true;
}

static int64
insert_straight(const TdsTarget *target, char **given, int options,
				const char *query)
{
	TdsBulk		bulk = {0};
	Names		names = {target->ncolumns, given, 0};
	bool		gives_identity = target->identity >= 0 &&
	given[target->identity] != NULL;
	int64		sent;
	int64		taken;

	bulk.link = target->link;
	bulk.table = bulk.label = target->name;
	bulk.options = options |
		(gives_identity ? TDS_BULK_KEEP_IDENTITY : 0);
	bulk.nfields = target->ncolumns;
	bulk.fields = palloc0(sizeof(TdsField) * bulk.nfields);
	bulk.match = match_names;
	bulk.arg = &names;
	for (int i = 0; i < bulk.nfields; i++)
	{
		const TdsColumn *c = &target->columns[i];
		TdsField   *f = &bulk.fields[i];

		f->label = c->name;
		f->type = f->meaning = c->type;
		f->max_length = c->max_length;
		f->precision = c->precision;
		f->scale = c->scale;
		f->code_page = c->code_page;
		f->is_nullable = c->is_nullable;
		f->source = TDS_FIELD_NONE;
	}
	if (gives_identity)
		(void) osmeta_tds_execute(target->link,
								  psprintf("SET IDENTITY_INSERT %s ON", target->name));
	taken = osmeta_tds_copy(&bulk, query, &sent);
	if (gives_identity)
		(void) osmeta_tds_execute(target->link,
								  psprintf("SET IDENTITY_INSERT %s OFF", target->name));
	return taken;
}

/* The columns of an INSERT, and what a stage has for them. */
static void
append_columns(StringInfo names, StringInfo values, const TdsStage *stage)
{
	for (int i = 0; i < stage->ncolumns; i++)
	{
		const char *comma = i > 0 ? ", " : "";

		appendStringInfo(names, "%s%s", comma,
						 stage->target->columns[stage->columns[i]].quoted);
		appendStringInfo(values, "%s%s", comma,
						 osmeta_tds_stage_value(stage, i));
	}
}

/*
 * A trigger that stands in for the INSERT can leave out what it likes, and
 * the statement counts all rows: count what is there.
 */
static int64
count_staged(const TdsStage *stage, int id)
{
	for (int i = 0; i < stage->ncolumns; i++)
	{
		if (stage->columns[i] == id)
			return osmeta_tds_number(stage->target->link,
									 psprintf("SELECT COUNT(*) AS osmeta FROM %s AS s JOIN %s AS t ON t.%s = s.c%d",
											  stage->name, stage->target->name,
											  stage->target->columns[id].quoted, i));
	}
	return stage->rows;
}

static int64
insert_staged(const TdsTarget *target, int ncolumns, const int *columns,
			  char **names, bool gives_identity, int id, const char *query)
{
	Names		match = {ncolumns, names, 1};
	TdsStage   *stage = osmeta_tds_stage(target, ncolumns, columns, NULL,
										 match_names, &match, NULL, query);
	StringInfoData list;
	StringInfoData values;
	StringInfoData sql;
	int64		rows;

	initStringInfo(&list);
	initStringInfo(&values);
	initStringInfo(&sql);
	append_columns(&list, &values, stage);
	appendStringInfoString(&sql, "DECLARE @rows bigint;");
	if (gives_identity)
		appendStringInfo(&sql, " SET IDENTITY_INSERT %s ON;", target->name);
	appendStringInfo(&sql,
					 " INSERT INTO %s (%s) SELECT %s FROM %s AS s;"
					 " SET @rows = @@ROWCOUNT;",
					 target->name, list.data, values.data, stage->name);
	if (gives_identity)
		appendStringInfo(&sql, " SET IDENTITY_INSERT %s OFF;", target->name);
	appendStringInfoString(&sql, " SELECT @rows AS osmeta");
	rows = osmeta_tds_number(target->link, sql.data);
	if (target->has_instead && id >= 0)
		rows = count_staged(stage, id);
	(void) osmeta_tds_execute(target->link, psprintf("DROP TABLE %s", stage->name));
	return rows;
}

int64
osmeta_tds_insert(const TdsTarget *target, int ncolumns, const int *columns,
				  char **names, int id, const char *query)
{
	char	  **given = palloc0(sizeof(char *) * Max(target->ncolumns, 1));
	bool		gives_identity;
	int			options;
	volatile int64 rows = 0;

	for (int i = 0; i < ncolumns; i++)
	{
		osmeta_tds_check_writable(target, columns[i]);
		given[columns[i]] = names[i];
	}
	gives_identity = target->identity >= 0 &&
		given[target->identity] != NULL;
	if (gives_identity)
		check_may_alter(target);
	PG_TRY();
	{
		if (is_straight(target, given, &options))
			rows = insert_straight(target, given, options, query);
		else
			rows = insert_staged(target, ncolumns, columns, names,
								 gives_identity, id, query);
	}
	PG_CATCH();
	{
		/* IDENTITY_INSERT is a state of the session, for one table only */
		if (gives_identity)
			osmeta_tds_abandon(target->link);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return rows;
}

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

/* How many identifiers there are, and between which bounds they lie. */
typedef struct Bounds
{
	int64		count;
	char	   *lower;
	char	   *upper;
} Bounds;

static void
take_bounds(TdsLink *link, void *arg)
{
	Bounds	   *bounds = (Bounds *) arg;

	bounds->count = strtoi64(osmeta_tds_text(link, 0), NULL, 10);
	bounds->lower = osmeta_tds_text(link, 1);
	bounds->upper = osmeta_tds_text(link, 2);
}

/*
 * Nobody else has inserted meanwhile, as a rule: then two bounds tell all
 * identifiers.  NULL if they do not.
 */
static Datum *
count_ids(const TdsTarget *target, const Bounds *bounds, Oid type)
{
	bool		is_int = type == INT4OID;
	int64		first;
	int64		last;
	Datum	   *values;

	if (bounds->count == 0 || target->step == 0 ||
		(!is_int && type != INT8OID))
		return NULL;
	first = pg_strtoint64(target->step > 0 ? bounds->lower : bounds->upper);
	last = pg_strtoint64(target->step > 0 ? bounds->upper : bounds->lower);
	if (last - first != (bounds->count - 1) * target->step)
		return NULL;
	if (is_int && (first != (int32) first || last != (int32) last))
		return NULL;
	values = palloc_extended(sizeof(Datum) * bounds->count, MCXT_ALLOC_HUGE);
	for (int64 i = 0; i < bounds->count; i++)
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

/* The new identifiers, in the order of the rows; none twice. */
static Datum *
read_ids(const TdsTarget *target, const char *table, int64 rows, Oid type)
{
	TdsLink    *link = target->link;
	Bounds		bounds = {0};
	Ids			ids = {0};
	Oid			input;
	Datum	   *values;

	osmeta_tds_rows(link, psprintf("SELECT COUNT(*), MIN(id), MAX(id) FROM %s",
								   table), 3, take_bounds, &bounds);
	if (bounds.count != rows)
		raise_ids(target, rows, bounds.count);
	values = count_ids(target, &bounds, type);
	if (values != NULL)
		return values;
	ids.target = target;
	ids.rows = rows;
	ids.values = palloc_extended(sizeof(Datum) * Max(rows, 1),
								 MCXT_ALLOC_HUGE);
	getTypeInputInfo(type, &input, &ids.parameter);
	fmgr_info(input, &ids.input);
	osmeta_tds_rows(link, psprintf("SELECT id FROM %s ORDER BY id%s", table,
								   target->step < 0 ? " DESC" : ""),
					1, take_id, &ids);
	if (ids.count != rows)
		raise_ids(target, rows, ids.count);
	return ids.values;
}

static ArrayType *
array_of(Datum *values, int count, Oid type)
{
	int16		length;
	bool		by_value;
	char		align;

	get_typlenbyvalalign(type, &length, &by_value, &align);
	return construct_array(values, count, type, length, by_value, align);
}

static void
insert_pairs(const char *pairs, Oid source_type, Datum *sources,
			 Oid target_type, Datum *targets, int64 count)
{
	char	   *sql = psprintf("INSERT INTO %s (source_id, target_id)"
							   " SELECT unnest($1), unnest($2)",
							   pairs);
	Oid			types[2];

	types[0] = get_array_type(source_type);
	types[1] = get_array_type(target_type);
	for (int64 i = 0; i < count; i += PAIRS_AT_ONCE)
	{
		int			part = (int) Min(count - i, PAIRS_AT_ONCE);
		ArrayType  *source = array_of(sources + i, part, source_type);
		ArrayType  *target = array_of(targets + i, part, target_type);
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

/* The INSERT whose identities come in the order of the stage. */
static char *
assigned_sql(const TdsTarget *target, const TdsStage *stage, int id,
			 const char *ids)
{
	const char *quoted = target->columns[id].quoted;
	StringInfoData list;
	StringInfoData values;

	/* a table of nothing but identifiers */
	if (stage->ncolumns == 0)
		return psprintf("DECLARE @rows bigint; SET @rows = 0;"
						" WHILE @rows < " INT64_FORMAT
						" BEGIN INSERT INTO %s DEFAULT VALUES;"
						" INSERT INTO %s (id) VALUES (SCOPE_IDENTITY());"
						" SET @rows = @rows + 1; END;"
						" SELECT @rows AS osmeta",
						stage->rows, target->name, ids);
	initStringInfo(&list);
	initStringInfo(&values);
	append_columns(&list, &values, stage);
	return psprintf("DECLARE @rows bigint;"
					" INSERT INTO %s (%s) OUTPUT inserted.%s INTO %s (id)"
					" SELECT %s FROM %s AS s ORDER BY s.n;"
					" SET @rows = @@ROWCOUNT;"
					" SELECT @rows AS osmeta",
					target->name, list.data, quoted, ids, values.data,
					stage->name);
}

int64
osmeta_tds_insert_assigned(const TdsTarget *target, int ncolumns,
						   const int *columns, char **names, int id,
						   const char *query, const char *pairs)
{
	TdsLink    *link = target->link;
	Names		match = {ncolumns, names, 1};
	TdsKept		kept = {0};
	TdsStage   *stage;
	char	   *ids = osmeta_tds_temporary();
	const TdsColumn *c = &target->columns[id];
	Datum	   *new_ids;
	Oid			pairs_relation;
	Oid			type;
	int64		rows;

	if (!c->is_identity)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s gives no identifiers", target->name),
				 errdetail("Its column \"%s\" is no IDENTITY.", c->name)));
	/* the order of the old identifiers is that of the new ones */
	stage = osmeta_tds_stage(target, ncolumns, columns, NULL, match_names,
							 &match, &kept,
							 psprintf("SELECT * FROM (%s) v ORDER BY v.source_id",
									  query));
	(void) osmeta_tds_execute(link, psprintf("CREATE TABLE %s (id %s NOT NULL)", ids,
											 osmeta_tds_declaration(c)));
	rows = osmeta_tds_number(link, assigned_sql(target, stage, id, ids));
	if (rows != stage->rows)
		raise_ids(target, stage->rows, rows);
	pairs_relation = DatumGetObjectId(DirectFunctionCall1(regclassin,
														  CStringGetDatum(pairs)));
	type = getBaseType(get_atttype(pairs_relation,
								   get_attnum(pairs_relation, "target_id")));
	new_ids = read_ids(target, ids, rows, type);

	/*
	 * A trigger in place of the INSERT is told by identifiers that are all
	 * the same, but for a single row; one after it may have deleted rows.
	 */
	if ((rows == 1 || target->has_trigger || target->has_instead) &&
		osmeta_tds_number(link,
						  psprintf("SELECT COUNT(*) AS osmeta FROM %s AS i JOIN %s AS t ON t.%s = i.id",
								   ids, target->name, c->quoted)) != rows)
		raise_ids(target, rows, 0);
	(void) osmeta_tds_execute(link, psprintf("DROP TABLE %s; DROP TABLE %s", stage->name,
											 ids));
	if (rows > 0)
		insert_pairs(pairs, kept.type, kept.values, type, new_ids, rows);
	return rows;
}
