/*-------------------------------------------------------------------------
 *
 * target.c
 *	  What must be known of a table at a TDS server to write to it.
 *
 * The server is asked once in a transaction for each table, in one batch (and
 * in another if it has triggers), and for rights when they matter.
 * Who may not alter a table need not see its triggers in the catalogue, so
 * OBJECTPROPERTY is asked, too.  Babelfish checks no foreign keys in a bulk
 * copy, whatever it is told.
 *
 *-------------------------------------------------------------------------
 */
#include "target.h"

#include "access/table.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/varlena.h"

#include "connection.h"

/* Targets of this transaction, in a context that ends with it. */
static List *known = NIL;
static MemoryContext known_context = NULL;

char *
osmeta_tds_identifier(const char *name)
{
	char	   *quoted = palloc(OSMETA_TRANSACT_QUOTED(strlen(name)));

	(void) osmeta_transact_identifier(name, quoted);
	return quoted;
}

char *
osmeta_tds_literal(const char *string)
{
	char	   *quoted = palloc(OSMETA_TRANSACT_QUOTED(strlen(string)));

	(void) osmeta_transact_literal(string, quoted);
	return quoted;
}

static int
int_at(TdsLink *link, int column)
{
	char	   *value = osmeta_tds_text(link, column);

	return value == NULL ? 0 : pg_strtoint32(value);
}

static bool
next_row(TdsLink *link)
{
	int			code = tds_link_row(link);

	if (code < 0)
		osmeta_tds_raise(link);
	return code > 0;
}

static bool
next_result(TdsLink *link)
{
	int			code = tds_link_result(link);

	if (code < 0)
		osmeta_tds_raise(link);
	return code > 0;
}

/* Tells which statement an error of the server is about. */
static void
say_statement(void *arg)
{
	errcontext("statement at the server: %s", (const char *) arg);
}

/* Send a batch, in the encoding of the link. */
static void
query(TdsLink *link, const char *sql)
{
	if (!tds_link_query(link, pg_server_to_any(sql, strlen(sql), PG_UTF8)))
		osmeta_tds_raise(link);
}

void
osmeta_tds_send(TdsLink *link, const char *sql)
{
	ErrorContextCallback callback;

	callback.callback = say_statement;
	callback.arg = unconstify(char *, sql);
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	osmeta_tds_set_busy(link, true);
	if (!tds_link_query(link, pg_server_to_any(sql, strlen(sql), PG_UTF8)))
		osmeta_tds_raise(link);
	error_context_stack = callback.previous;
}

int64
osmeta_tds_receive(TdsLink *link, const char *sql, int nvalues, char **values)
{
	ErrorContextCallback callback;
	int64		number = 0;

	callback.callback = say_statement;
	callback.arg = unconstify(char *, sql);
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	while (next_result(link))
	{
		bool		is_ours = tds_link_columns(link) == 1 + nvalues &&
		strcmp(tds_link_column_name(link, 0), "osmeta") == 0;

		while (next_row(link))
		{
			char	   *string = is_ours ? osmeta_tds_text(link, 0) : NULL;

			if (string != NULL)
				number = strtoi64(string, NULL, 10);
			for (int i = 0; is_ours && i < nvalues; i++)
				values[i] = osmeta_tds_text(link, 1 + i);
		}
	}
	error_context_stack = callback.previous;
	osmeta_tds_set_busy(link, false);
	return number;
}

int64
osmeta_tds_number(TdsLink *link, const char *sql)
{
	osmeta_tds_send(link, sql);
	return osmeta_tds_receive(link, sql, 0, NULL);
}

List *
osmeta_tds_split(const char *columns)
{
	List	   *names;

	if (!SplitIdentifierString(pstrdup(columns), ',', &names))
		elog(ERROR, "\"%s\" is no list of columns", columns);
	return names;
}

int
osmeta_tds_column_named(const TdsTarget *target, const char *name)
{
	for (int i = 0; i < target->ncolumns; i++)
	{
		if (strcmp(target->columns[i].name, name) == 0)
			return i;
	}
	/* most databases do not care for case */
	for (int i = 0; i < target->ncolumns; i++)
	{
		const char *a = target->columns[i].name;
		const char *b = name;

		while (*a != '\0' && pg_ascii_tolower((unsigned char) *a) ==
			   pg_ascii_tolower((unsigned char) *b))
			a++, b++;
		if (*a == '\0' && *b == '\0')
			return i;
	}
	return -1;
}

int
osmeta_tds_column_of(const TdsTarget *target, const char *attribute)
{
	AttrNumber	number = get_attnum(target->relation, attribute);
	int			column = -1;

	if (number > 0 && number <= target->nattributes)
		column = target->column_of[number - 1];
	if (column < 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("the table %s has no column for \"%s\" of \"%s\"",
						target->name, attribute,
						get_rel_name(target->relation))));
	return column;
}

static const char *
option_of(List *options, const char *name)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = (DefElem *) lfirst(cell);

		if (strcmp(option->defname, name) == 0)
			return defGetString(option);
	}
	return NULL;
}

static Oid
relation_of(const char *relation)
{
	return DatumGetObjectId(DirectFunctionCall1(regclassin,
												CStringGetDatum(relation)));
}

Oid
osmeta_tds_server_of(const char *relation)
{
	return GetForeignTable(relation_of(relation))->serverid;
}

/* The name of the table behind a foreign table, as T-SQL reads it. */
static char *
remote_name(Oid relation)
{
	ForeignTable *table = GetForeignTable(relation);
	const char *schema = option_of(table->options, "schema_name");
	const char *name = option_of(table->options, "table_name");

	if (name == NULL)
		name = option_of(table->options, "table");
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("the foreign table \"%s\" stands for no table that could be written to",
						get_rel_name(relation))));
	/* without a schema tds_fdw takes the name as it is written */
	if (schema == NULL)
		return pstrdup(name);
	return psprintf("%s.%s", osmeta_tds_identifier(schema),
					osmeta_tds_identifier(name));
}

/*
 * The questions about a table, whose name is a literal.  Each asks one view or
 * none and is put together here: there are servers that parse a statement for
 * longer than they work on it.
 */
static char *
question_sql(const char *literal)
{
	char	   *id = psprintf("OBJECT_ID(%s)", literal);

	return psprintf("SELECT OBJECT_SCHEMA_NAME(%s), OBJECT_NAME(%s),"
					" OBJECTPROPERTY(%s, 'IsUserTable'),"
					" OBJECTPROPERTY(%s, 'IsView'),"
					" OBJECTPROPERTY(%s, 'TableHasCheckCnst'),"
					" OBJECTPROPERTY(%s, 'TableHasForeignKey'),"
					" OBJECTPROPERTY(%s, 'TableHasInsertTrigger'),"
					" CAST(IDENT_INCR(%s) AS int),"
					" CAST(SERVERPROPERTY('Babelfish') AS int);"
					" SELECT *, TYPE_NAME(system_type_id) AS osmeta"
					" FROM sys.columns WHERE object_id = %s"
					" ORDER BY column_id;"
					" SELECT is_disabled FROM sys.check_constraints"
					" WHERE parent_object_id = %s;"
					" SELECT is_disabled FROM sys.foreign_keys"
					" WHERE parent_object_id = %s;"
					" SELECT is_disabled FROM sys.triggers WHERE parent_id = %s",
					id, id, id, id, id, id, id, literal, id, id, id, id);
}

/* A column of the current row by its name; servers have not all of them. */
static int
place_of(TdsLink *link, const char *name)
{
	for (int i = 0; i < tds_link_columns(link); i++)
	{
		if (strcmp(tds_link_column_name(link, i), name) == 0)
			return i;
	}
	return -1;
}

static char *
text_named(TdsLink *link, const char *name)
{
	int			place = place_of(link, name);

	return place < 0 ? NULL : osmeta_tds_text(link, place);
}

static int
int_named(TdsLink *link, const char *name)
{
	int			place = place_of(link, name);

	return place < 0 ? 0 : int_at(link, place);
}

/* A row of sys.columns. */
static void
read_column(TdsTarget *target)
{
	TdsLink    *link = target->link;
	TdsColumn  *c;

	if (target->columns == NULL)
		target->columns = palloc(sizeof(TdsColumn) * 16);
	else if (target->ncolumns >= 16 &&
			 (target->ncolumns & (target->ncolumns - 1)) == 0)
		target->columns = repalloc(target->columns,
								   sizeof(TdsColumn) * 2 * target->ncolumns);
	c = &target->columns[target->ncolumns];
	c->name = text_named(link, "name");
	c->quoted = osmeta_tds_identifier(c->name);
	c->type_name = text_named(link, "osmeta");
	/* types of the common language runtime have none */
	if (c->type_name == NULL)
		c->type_name = "of a library";
	c->type = osmeta_transact_type(c->type_name);
	c->max_length = int_named(link, "max_length");
	c->precision = int_named(link, "precision");
	c->scale = int_named(link, "scale");
	c->collation = text_named(link, "collation_name");
	c->code_page = 0;
	c->is_nullable = int_named(link, "is_nullable") != 0;
	c->is_identity = int_named(link, "is_identity") != 0;
	c->is_generated = int_named(link, "is_computed") != 0 ||
		int_named(link, "generated_always_type") > 0 ||
		c->type == TSQL_ROWVERSION;
	c->has_default = int_named(link, "default_object_id") != 0;
	if (int_named(link, "is_hidden") != 0 ||
		int_named(link, "is_column_set") != 0)
		target->is_plain = false;
	if (c->is_identity)
		target->identity = target->ncolumns;
	target->ncolumns++;
}

/* Texts that are not Unicode have the code pages of their collations. */
static void
ask_code_pages(TdsTarget *target)
{
	for (int i = 0; i < target->ncolumns; i++)
	{
		TdsColumn  *c = &target->columns[i];
		int			same = 0;

		if (!osmeta_transact_is_narrow(c->type) || c->collation == NULL)
			continue;
		while (!osmeta_transact_is_narrow(target->columns[same].type) ||
			   target->columns[same].collation == NULL ||
			   strcmp(target->columns[same].collation, c->collation) != 0)
			same++;
		if (same < i)
			c->code_page = target->columns[same].code_page;
		else
			c->code_page = (int)
				osmeta_tds_number(target->link,
								  psprintf("SELECT CAST(COLLATIONPROPERTY(%s, 'CodePage') AS int) AS osmeta",
										   osmeta_tds_literal(c->collation)));
	}
}

/* What a table has: how many of them, and how many are enabled? */
static int
read_disabled(TdsLink *link, int *enabled)
{
	int			count = 0;

	if (next_result(link))
	{
		while (next_row(link))
		{
			count++;
			if (int_at(link, 0) == 0)
				(*enabled)++;
		}
	}
	return count;
}

/* Which of the triggers that are enabled does an INSERT fire? */
static void
ask_triggers(TdsTarget *target, const char *literal)
{
	TdsLink    *link = target->link;

	query(link,
		  psprintf("SELECT t.is_instead_of_trigger FROM sys.triggers AS t"
				   " JOIN sys.trigger_events AS e ON e.object_id = t.object_id"
				   " WHERE t.parent_id = OBJECT_ID(%s) AND t.is_disabled = 0"
				   " AND e.type_desc = 'INSERT'",
				   literal));
	if (next_result(link))
	{
		while (next_row(link))
		{
			target->has_trigger = true;
			target->has_instead |= int_at(link, 0) != 0;
		}
	}
	tds_link_discard(link);
}

static TdsTarget *
ask(Oid server, const char *name)
{
	TdsTarget  *target = palloc0(sizeof(TdsTarget));
	TdsLink    *link = osmeta_tds_link(server);
	const char *literal = osmeta_tds_literal(name);
	int			checks = 0;
	int			keys = 0;
	int			triggers = 0;
	bool		is_babelfish = false;

	target->server = server;
	target->link = link;
	target->identity = -1;
	query(link, question_sql(literal));
	if (next_result(link) && next_row(link))
	{
		bool		is_table = int_at(link, 2) == 1;

		target->schema = osmeta_tds_text(link, 0);
		target->table = osmeta_tds_text(link, 1);
		if (target->schema != NULL && target->table != NULL &&
			(is_table || int_at(link, 3) == 1))
			target->name = psprintf("%s.%s",
									osmeta_tds_identifier(target->schema),
									osmeta_tds_identifier(target->table));
		target->is_plain = is_table;
		target->has_check = int_at(link, 4) == 1 || int_at(link, 5) == 1;
		target->has_trigger = int_at(link, 6) == 1;
		target->step = int_at(link, 7);
		is_babelfish = int_at(link, 8) == 1;
		while (next_row(link))
			continue;
	}
	if (target->name == NULL)
	{
		tds_link_discard(link);
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("the server has no table %s", name),
				 errhint("It is not there, or its user may not see it.")));
	}
	if (next_result(link))
	{
		while (next_row(link))
			read_column(target);
	}
	(void) read_disabled(link, &checks);
	if (read_disabled(link, &keys) > 0 && is_babelfish)
		target->is_plain = false;
	(void) read_disabled(link, &triggers);
	tds_link_discard(link);
	target->has_check |= checks > 0 || keys > 0;
	if (triggers > 0)
		ask_triggers(target, literal);
	ask_code_pages(target);
	return target;
}

/* A question about a target, which is 1 for yes. */
static bool
is_so(const TdsTarget *target, const char *question)
{
	return osmeta_tds_number(target->link,
							 psprintf("SELECT %s AS osmeta", question)) == 1;
}

/* As QUOTENAME writes a name. */
static char *
bracketed(const char *name)
{
	char	   *quoted = palloc(2 * strlen(name) + 3);
	char	   *p = quoted;

	*p++ = '[';
	for (; *name != '\0'; name++)
	{
		if (*name == ']')
			*p++ = ']';
		*p++ = *name;
	}
	*p++ = ']';
	*p = '\0';
	return quoted;
}

bool
osmeta_tds_may_alter(const TdsTarget *target)
{
	char	   *name = psprintf("%s.%s", bracketed(target->schema),
								bracketed(target->table));

	return is_so(target, psprintf("HAS_PERMS_BY_NAME(%s, N'OBJECT', N'ALTER')",
								  osmeta_tds_literal(name)));
}

bool
osmeta_tds_may_reseed(const TdsTarget *target)
{
	return is_so(target,
				 psprintf("CASE WHEN IS_SRVROLEMEMBER(N'sysadmin') = 1"
						  " OR IS_MEMBER(N'db_owner') = 1"
						  " OR IS_MEMBER(N'db_ddladmin') = 1"
						  " OR EXISTS (SELECT 1 FROM sys.schemas AS s"
						  " WHERE s.schema_id = SCHEMA_ID(%s)"
						  " AND s.principal_id = USER_ID())"
						  " THEN 1 ELSE 0 END",
						  osmeta_tds_literal(target->schema)));
}

TdsTarget *
osmeta_tds_target_named(Oid server, const char *name)
{
	return ask(server, name);
}

/* Which column stands behind each attribute of the foreign table? */
static void
match_attributes(TdsTarget *target, Oid relation)
{
	Relation	rel = table_open(relation, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(rel);

	target->relation = relation;
	target->nattributes = desc->natts;
	target->column_of = palloc(sizeof(int) * Max(desc->natts, 1));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		const char *name;

		target->column_of[i] = -1;
		if (attribute->attisdropped)
			continue;
		name = option_of(GetForeignColumnOptions(relation, i + 1),
						 "column_name");
		target->column_of[i] =
			osmeta_tds_column_named(target, name != NULL ? name :
									NameStr(attribute->attname));
	}
	table_close(rel, AccessShareLock);
}

static void
forget(void *arg)
{
	known = NIL;
	known_context = NULL;
}

TdsTarget *
osmeta_tds_target(const char *relation)
{
	Oid			oid = relation_of(relation);
	Oid			server = GetForeignTable(oid)->serverid;
	TdsLink    *link = osmeta_tds_link(server);
	MemoryContext old;
	TdsTarget  *target;
	ListCell   *cell;

	foreach(cell, known)
	{
		target = (TdsTarget *) lfirst(cell);
		if (target->relation == oid && target->link == link)
			return target;
	}
	if (known_context == NULL)
	{
		MemoryContextCallback *callback;

		known_context = AllocSetContextCreate(TopTransactionContext,
											  "osmeta_tds targets",
											  ALLOCSET_DEFAULT_SIZES);
		callback = MemoryContextAlloc(known_context,
									  sizeof(MemoryContextCallback));
		callback->func = forget;
		callback->arg = NULL;
		MemoryContextRegisterResetCallback(known_context, callback);
	}
	old = MemoryContextSwitchTo(known_context);
	target = ask(server, remote_name(oid));
	match_attributes(target, oid);
	known = lappend(known, target);
	MemoryContextSwitchTo(old);
	return target;
}
