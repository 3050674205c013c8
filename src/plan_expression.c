/*-------------------------------------------------------------------------
 *
 * plan_expression.c
 *	  Is a text that a user wrote into a plan one SQL expression?
 *
 * Filters and transforms are pasted into the statements of a run, between
 * parentheses.  The grammar decides whether they fit there: an expression
 * that closes the parenthesis early, or goes on with another clause, is none.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(osmeta_expression_error);
PG_FUNCTION_INFO_V1(osmeta_mapped_entities);

/* Is the parse tree SELECT <one value>, and nothing besides? */
static bool
is_one_expression(List *tree)
{
	SelectStmt *select;
	ResTarget  *target;

	if (list_length(tree) != 1)
		return false;
	select = (SelectStmt *) linitial_node(RawStmt, tree)->stmt;
	if (!IsA(select, SelectStmt) || select->op != SETOP_NONE ||
		list_length(select->targetList) != 1 ||
		select->distinctClause || select->intoClause || select->fromClause ||
		select->whereClause || select->groupClause || select->havingClause ||
		select->windowClause || select->valuesLists || select->sortClause ||
		select->limitOffset || select->limitCount || select->lockingClause ||
		select->withClause)
		return false;
	target = linitial_node(ResTarget, select->targetList);
	return target->name == NULL && target->val != NULL &&
		!(IsA(target->val, ColumnRef) &&
		  IsA(llast(((ColumnRef *) target->val)->fields), A_Star));
}

/*
 * The parse tree of a text that is one expression; else NULL and the reason,
 * palloc'd.  The text is tried inside parentheses, as it will be used, and
 * alone, since a text like "a) or (b" is one only inside.
 */
static List *
parse_expression(const char *text, char **reason)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *volatile tree = NIL;

	*reason = NULL;
	PG_TRY();
	{
		tree = raw_parser(text, RAW_PARSE_PLPGSQL_EXPR);
		if (!is_one_expression(tree) ||
			!is_one_expression(raw_parser(psprintf("(%s\n)", text),
										  RAW_PARSE_PLPGSQL_EXPR)))
		{
			tree = NIL;
			*reason = pstrdup("it is more than an expression");
		}
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		/* The parser reports syntax errors only; let all else go on. */
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) !=
			ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION &&
			ERRCODE_TO_CATEGORY(error->sqlerrcode) !=
			ERRCODE_DATA_EXCEPTION &&
			ERRCODE_TO_CATEGORY(error->sqlerrcode) !=
			ERRCODE_FEATURE_NOT_SUPPORTED)
			PG_RE_THROW();
		FlushErrorState();
		tree = NIL;
		*reason = pstrdup(error->message);
	}
	PG_END_TRY();
	return tree;
}

char *
osmeta_expression_check(const char *text)
{
	char	   *reason;

	(void) parse_expression(text, &reason);
	return reason;
}

/* ---------------------------------------------------------------------------
 * Calls of osmeta.map_id
 * ---------------------------------------------------------------------------
 */

typedef struct MapCalls
{
	List	   *calls;			/* FuncCall */
} MapCalls;

static bool
find_calls(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncCall))
	{
		List	   *name = ((FuncCall *) node)->funcname;

		/* Without the schema it is none: search_path is pinned. */
		if (list_length(name) > 1 && strcmp(strVal(llast(name)), "map_id") == 0 &&
			strcmp(strVal(list_nth(name, list_length(name) - 2)), "osmeta") == 0)
		{
			MapCalls   *found = context;

			found->calls = lappend(found->calls, node);
		}
	}
	return raw_expression_tree_walker(node, find_calls, context);
}

static List *
calls_of(const char *text)
{
	MapCalls	found = {NIL};
	char	   *reason;
	List	   *tree;

	/* most transforms are a word */
	if (strchr(text, '(') == NULL)
		return NIL;
	tree = parse_expression(text, &reason);
	if (tree != NIL)
		(void) find_calls(linitial_node(RawStmt, tree)->stmt, &found);
	return found.calls;
}

bool
osmeta_calls_map_id(const char *text)
{
	return calls_of(text) != NIL;
}

/* The text that an argument of a call is, NULL if that is not plain. */
static char *
text_argument(const FuncCall *call, int position, const char *name)
{
	ListCell   *cell;

	foreach(cell, call->args)
	{
		Node	   *arg = lfirst(cell);

		if (IsA(arg, NamedArgExpr))
		{
			if (strcmp(((NamedArgExpr *) arg)->name, name) != 0)
				continue;
			arg = (Node *) ((NamedArgExpr *) arg)->arg;
		}
		else if (foreach_current_index(cell) != position)
			continue;
		while (IsA(arg, TypeCast))
			arg = ((TypeCast *) arg)->arg;
		if (!IsA(arg, A_Const) || !IsA(&((A_Const *) arg)->val, String))
			return NULL;
		return strVal(&((A_Const *) arg)->val);
	}
	return NULL;
}

/*
 * The entities of a plan whose identifiers an expression maps by
 * osmeta.map_id, NULL among them for one that it computes; NULL if it maps
 * none.
 */
Datum
osmeta_mapped_entities(PG_FUNCTION_ARGS)
{
	List	   *calls = calls_of(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	char	   *plan = text_to_cstring(PG_GETARG_TEXT_PP(1));
	ArrayBuildState *names = NULL;
	ListCell   *cell;

	if (calls == NIL)
		PG_RETURN_NULL();
	names = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	foreach(cell, calls)
	{
		const FuncCall *call = lfirst(cell);
		char	   *of_plan = text_argument(call, 0, "plan");
		char	   *entity = text_argument(call, 1, "entity");

		if (of_plan != NULL && strcmp(of_plan, plan) != 0)
			continue;
		names = accumArrayResult(names, entity == NULL ? (Datum) 0 :
								 CStringGetTextDatum(entity), entity == NULL,
								 TEXTOID, CurrentMemoryContext);
	}
	PG_RETURN_DATUM(makeArrayResult(names, CurrentMemoryContext));
}

Datum
osmeta_expression_error(PG_FUNCTION_ARGS)
{
	char	   *reason;

	reason = osmeta_expression_check(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (reason == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}
