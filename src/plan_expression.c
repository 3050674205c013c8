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

#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(osmeta_expression_error);

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
 * NULL if the text is one expression, else the reason, palloc'd.  The text
 * is tried inside parentheses, as it will be used, and alone, since a text
 * like "a) or (b" is one only inside.
 */
char *
osmeta_expression_check(const char *text)
{
	MemoryContext context = CurrentMemoryContext;
	char	   *reason = NULL;

	PG_TRY();
	{
		if (!is_one_expression(raw_parser(text, RAW_PARSE_PLPGSQL_EXPR)) ||
			!is_one_expression(raw_parser(psprintf("(%s\n)", text),
										  RAW_PARSE_PLPGSQL_EXPR)))
			reason = pstrdup("it is more than an expression");
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
		reason = pstrdup(error->message);
	}
	PG_END_TRY();
	return reason;
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
