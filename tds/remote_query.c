/*-------------------------------------------------------------------------
 *
 * remote_query.c
 *	  The query that reads a foreign table of tds_fdw at its server.
 *
 * No condition is left to the server but those that mean the same there
 * whatever its settings are: comparisons of columns that are integers here
 * with constants, by AND and OR.  No parameters are sent and no order is asked
 * for.
 *
 *-------------------------------------------------------------------------
 */
#include "remote_query.h"

#include "access/stratnum.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "target.h"

/* Numbers that a list in a query may have. */
#define LONGEST_LIST 5000

/* A column compared with a constant. */
typedef struct Comparison
{
	AttrNumber	attno;
	int			strategy;		/* as btrees have them */
	int64		value;
} Comparison;

bool
osmeta_tds_read_table(Oid relation, TdsTable *table)
{
	ListCell   *cell;

	memset(table, 0, sizeof(TdsTable));
	table->relation = relation;
	foreach(cell, GetForeignTable(relation)->options)
	{
		DefElem    *option = (DefElem *) lfirst(cell);

		if (strcmp(option->defname, "query") == 0)
			table->query = defGetString(option);
		else if (strcmp(option->defname, "schema_name") == 0)
			table->schema = defGetString(option);
		else if (strcmp(option->defname, "table_name") == 0 ||
				 strcmp(option->defname, "table") == 0)
			table->name = defGetString(option);
	}
	return table->query != NULL ? table->name == NULL :
		table->schema != NULL && table->name != NULL;
}

char *
osmeta_tds_column_name(Oid relation, AttrNumber attno)
{
	ListCell   *cell;

	foreach(cell, GetForeignColumnOptions(relation, attno))
	{
		DefElem    *option = (DefElem *) lfirst(cell);

		if (strcmp(option->defname, "column_name") == 0)
			return defGetString(option);
	}
	return get_attname(relation, attno, false);
}

static bool
is_integer_type(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

static int64
integer_value(Datum value, Oid type)
{
	return type == INT8OID ? DatumGetInt64(value) :
		type == INT4OID ? DatumGetInt32(value) : DatumGetInt16(value);
}

/* A column of the table that is an integer here; 0 for all else. */
static AttrNumber
integer_column(Node *node, Index varno)
{
	Var		   *var = (Var *) node;

	if (!IsA(node, Var) || var->varno != (int) varno || var->varlevelsup > 0 ||
		var->varattno <= 0 || !is_integer_type(var->vartype))
		return 0;
	return var->varattno;
}

static bool
is_integer_constant(Node *node)
{
	return IsA(node, Const) && !((Const *) node)->constisnull &&
		is_integer_type(((Const *) node)->consttype);
}

static bool
read_comparison(Node *clause, Index varno, Comparison *comparison)
{
	OpExpr	   *expression = (OpExpr *) clause;
	Oid			operator;
	Node	   *left;
	Node	   *right;

	if (!IsA(clause, OpExpr) || list_length(expression->args) != 2)
		return false;
	operator = expression->opno;
	left = (Node *) linitial(expression->args);
	right = (Node *) lsecond(expression->args);
	if (IsA(left, Const))
	{
		Node	   *first = left;

		operator = get_commutator(operator);
		left = right;
		right = first;
	}
	comparison->attno = integer_column(left, varno);
	if (comparison->attno == 0 || !is_integer_constant(right) ||
		!OidIsValid(operator))
		return false;
	comparison->value = integer_value(((Const *) right)->constvalue,
									  ((Const *) right)->consttype);
	comparison->strategy = get_op_opfamily_strategy(operator,
													INTEGER_BTREE_FAM_OID);
	return comparison->strategy != InvalidStrategy;
}

static void
append_column(StringInfo buf, const TdsTable *table, AttrNumber attno)
{
	appendStringInfoString(buf,
						   osmeta_tds_identifier(osmeta_tds_column_name(table->relation,
																		attno)));
}

/* What is no int would be a numeric there, which takes no index of integers. */
static void
append_integer(StringInfo buf, int64 value)
{
	if (value < PG_INT32_MIN || value > PG_INT32_MAX)
		appendStringInfo(buf, "CAST(" INT64_FORMAT " AS bigint)", value);
	else
		appendStringInfo(buf, INT64_FORMAT, value);
}

static void
append_comparison(StringInfo buf, const TdsTable *table,
				  const Comparison *comparison)
{
	static const char *const signs[] = {NULL, "<", "<=", "=", ">=", ">"};

	append_column(buf, table, comparison->attno);
	appendStringInfo(buf, " %s ", signs[comparison->strategy]);
	append_integer(buf, comparison->value);
}

/* One column that is one of several numbers, said by OR. */
static bool
append_alternatives(StringInfo buf, const TdsTable *table, Index varno,
					List *clauses)
{
	AttrNumber	attno = 0;
	ListCell   *cell;
	Comparison	comparison;

	if (list_length(clauses) > LONGEST_LIST)
		return false;
	foreach(cell, clauses)
	{
		if (!read_comparison((Node *) lfirst(cell), varno, &comparison) ||
			comparison.strategy != BTEqualStrategyNumber ||
			(attno != 0 && comparison.attno != attno))
			return false;
		attno = comparison.attno;
	}
	append_column(buf, table, attno);
	foreach(cell, clauses)
	{
		read_comparison((Node *) lfirst(cell), varno, &comparison);
		appendStringInfoString(buf, cell == list_head(clauses) ? " IN (" : ", ");
		append_integer(buf, comparison.value);
	}
	appendStringInfoChar(buf, ')');
	return true;
}

/* The same said by an array. */
static bool
append_array(StringInfo buf, const TdsTable *table, Index varno,
			 ScalarArrayOpExpr *expression)
{
	AttrNumber	attno = integer_column((Node *) linitial(expression->args),
									   varno);
	Const	   *list = (Const *) lsecond(expression->args);
	ArrayType  *array;
	Oid			type;
	Datum	   *values;
	bool	   *nulls;
	int			count;
	int			found = 0;

	if (attno == 0 || !IsA(list, Const) || list->constisnull ||
		!expression->useOr ||
		get_op_opfamily_strategy(expression->opno, INTEGER_BTREE_FAM_OID) !=
		BTEqualStrategyNumber)
		return false;
	array = DatumGetArrayTypeP(list->constvalue);
	type = ARR_ELEMTYPE(array);
	if (!is_integer_type(type))
		return false;
	deconstruct_array(array, type, type == INT8OID ? 8 : type == INT4OID ? 4 : 2,
					  type == INT8OID ? FLOAT8PASSBYVAL : true,
					  type == INT8OID ? TYPALIGN_DOUBLE :
					  type == INT4OID ? TYPALIGN_INT : TYPALIGN_SHORT,
					  &values, &nulls, &count);
	if (count > LONGEST_LIST)
		return false;
	append_column(buf, table, attno);
	for (int i = 0; i < count; i++)
	{
		/* nothing is equal to NULL */
		if (nulls[i])
			continue;
		appendStringInfoString(buf, found++ == 0 ? " IN (" : ", ");
		append_integer(buf, integer_value(values[i], type));
	}
	appendStringInfoChar(buf, ')');
	return found > 0;
}

static bool
append_condition(StringInfo buf, const TdsTable *table, Index varno,
				 Node *clause)
{
	Comparison	comparison;
	BoolExpr   *expression = (BoolExpr *) clause;
	ListCell   *cell;
	int			length = buf->len;

	if (read_comparison(clause, varno, &comparison))
	{
		append_comparison(buf, table, &comparison);
		return true;
	}
	if (IsA(clause, ScalarArrayOpExpr))
		return append_array(buf, table, varno, (ScalarArrayOpExpr *) clause);
	if (!IsA(clause, BoolExpr) || expression->boolop == NOT_EXPR ||
		list_length(expression->args) > LONGEST_LIST)
		return false;
	if (expression->boolop == OR_EXPR &&
		append_alternatives(buf, table, varno, expression->args))
		return true;
	buf->len = length;
	appendStringInfoChar(buf, '(');
	foreach(cell, expression->args)
	{
		if (cell != list_head(expression->args))
			appendStringInfoString(buf, expression->boolop == AND_EXPR ?
								   " AND " : " OR ");
		if (!append_condition(buf, table, varno, (Node *) lfirst(cell)))
			return false;
	}
	appendStringInfoChar(buf, ')');
	return true;
}

char *
osmeta_tds_condition(const TdsTable *table, Index varno, Node *clause)
{
	StringInfoData buf;

	/* what the query of a table means by its names only it knows */
	if (table->query != NULL)
		return NULL;
	initStringInfo(&buf);
	return append_condition(&buf, table, varno, clause) ? buf.data : NULL;
}

char *
osmeta_tds_select(const TdsTable *table, List *attnos, List *conditions)
{
	StringInfoData buf;
	ListCell   *cell;

	if (table->query != NULL)
		return pstrdup(table->query);
	initStringInfo(&buf);
	appendStringInfoString(&buf, attnos == NIL ? "SELECT 1" : "SELECT ");
	foreach(cell, attnos)
	{
		if (cell != list_head(attnos))
			appendStringInfoString(&buf, ", ");
		append_column(&buf, table, (AttrNumber) lfirst_int(cell));
	}
	appendStringInfo(&buf, " FROM %s.%s", osmeta_tds_identifier(table->schema),
					 osmeta_tds_identifier(table->name));
	foreach(cell, conditions)
	{
		appendStringInfo(&buf, " %s %s",
						 cell == list_head(conditions) ? "WHERE" : "AND",
						 (char *) lfirst(cell));
	}
	return buf.data;
}
