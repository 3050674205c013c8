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
 *-------------------------------------------------------------------------
 */
#include "insert.h"

#include "executor/spi.h"

#include "connection.h"

void
osmeta_tds_match_names(TdsBulk *bulk, TupleDesc desc)
{
	const TdsNames *names = (const TdsNames *) bulk->arg;

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
	TdsNames	names = {target->ncolumns, given, 0};
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
	bulk.match = osmeta_tds_match_names;
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

void
osmeta_tds_append_columns(StringInfo names, StringInfo values, const TdsStage *stage)
{
	for (int i = 0; i < stage->ncolumns; i++)
	{
		const char *comma = i > 0 ? ", " : "";

		appendStringInfo(names, "%s%s", comma,
						 stage->target->columns[stage->columns[i]].quoted);
		appendStringInfo(values, "%s%s", comma,
						 osmeta_tds_stage_value(stage, "", i));
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
	TdsNames	match = {ncolumns, names, 1};
	TdsStage   *stage = osmeta_tds_stage(target, ncolumns, columns, NULL,
										 osmeta_tds_match_names, &match, NULL, query);
	StringInfoData list;
	StringInfoData values;
	StringInfoData sql;
	int64		rows;

	initStringInfo(&list);
	initStringInfo(&values);
	initStringInfo(&sql);
	osmeta_tds_append_columns(&list, &values, stage);
	appendStringInfoString(&sql, "DECLARE @rows bigint;");
	if (gives_identity)
		appendStringInfo(&sql, " SET IDENTITY_INSERT %s ON;", target->name);
	appendStringInfo(&sql,
					 " INSERT INTO %s (%s) SELECT %s FROM %s;"
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
