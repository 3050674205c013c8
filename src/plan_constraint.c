/*-------------------------------------------------------------------------
 *
 * plan_constraint.c
 *	  Which rows do not meet constraints that only the target has?
 *
 * The platform makes no CHECK constraints, and no foreign keys but those of
 * references.  Where somebody has made one at the target, or an earlier
 * version of the model has left one behind, a row that does not meet it would
 * stop the push in the middle: on PostgreSQL they are looked for before it.
 *
 * The condition of a CHECK is evaluated here, over the rows as they shall
 * stand there.  One that comes from a server is somebody else's text: it must
 * be a single expression, and call nothing but functions that PostgreSQL
 * brings along and that depend on nothing but their arguments.  What cannot
 * be evaluated is left to the target, and said.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "access/transam.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/plancache.h"

#include "identifier.h"
#include "spi.h"
#include "subtransaction.h"

/* Rows that an error lists. */
#define LISTED 20

/* What the rows are looked at by, and what came of it. */
typedef struct Look
{
	char	   *guard;			/* a statement that is analysed first, or NULL */
	char	   *relation;		/* one that makes a relation, or NULL */
	char	   *query;			/* gives number and list of rows */
	int64		total;
	char	   *list;
} Look;

/* Is a function not one that every PostgreSQL has? */
static bool
is_foreign_function(Oid function, void *context)
{
	return function >= FirstGenbkiObjectId;
}

static bool
calls_foreign_function(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_foreign_function, context))
		return true;
	return expression_tree_walker(node, calls_foreign_function, context);
}

/* Error 42501 if an expression of somebody else's might do something. */
static void
require_harmless(const char *statement)
{
	SPIPlanPtr	prepared = SPI_prepare(statement, 0, NULL);
	Query	   *query;

	if (prepared == NULL)
		elog(ERROR, "statement cannot be prepared: %s",
			 SPI_result_code_string(SPI_result));
	query = linitial_node(Query,
						  ((CachedPlanSource *) linitial(SPI_plan_get_plan_sources(prepared)))->query_list);
	if (query->hasSubLinks || query->hasAggs || query->hasWindowFuncs ||
		query->hasTargetSRFs ||
		contain_mutable_functions((Node *) query->targetList) ||
		calls_foreign_function((Node *) query->targetList, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("it calls more than PostgreSQL's own immutable functions")));
	SPI_freeplan(prepared);
}

static void
look_at_rows(void *arg)
{
	Look	   *look = arg;

	if (look->guard != NULL)
		require_harmless(look->guard);
	if (look->relation != NULL)
		osmeta_exec(look->relation);
	osmeta_exec(look->query);
	look->total = osmeta_int64_at(0, 1, NULL);
	look->list = osmeta_text_at(0, 2);
}

/* Look, and leave nothing behind; NULL, or why it cannot be done. */
static char *
try_look(Look *look)
{
	ErrorData  *error = osmeta_try(look_at_rows, look, false);

	if (error == NULL)
		return NULL;
	/* Names and rights; an error in a value the target would raise as well. */
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) !=
		ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION)
		ReThrowError(error);
	return error->message;
}

/* Number and list of the rows of a query: source_id, and text (or NULL). */
static char *
listing_sql(const char *rows)
{
	return psprintf("SELECT count(*), string_agg('row ' || x.source_id::text || COALESCE(': ' || x.text, ''), E'\\n' ORDER BY x.place)"
					"  FILTER (WHERE x.place <= %d)"
					" FROM (SELECT r.source_id, r.text, row_number() OVER (ORDER BY r.source_id) AS place FROM (%s) r (source_id, text)) x",
					LISTED, rows);
}

static char *
shown_list(const Look *look)
{
	if (look->total <= LISTED)
		return look->list;
	return psprintf("%s\nand " INT64_FORMAT " more", look->list,
					look->total - LISTED);
}

/* ---------------------------------------------------------------------------
 * CHECK constraints
 * ---------------------------------------------------------------------------
 */

typedef struct Check
{
	PlanEntity *entity;
	char	   *name;
	char	   *definition;
	char	   *condition;
	char	   *column;			/* whose type has the constraint, or NULL */
} Check;

/*
 * The values that a condition sees, under the columns' own names: those that
 * are delivered, and NULL for those that nobody fills.  alias NULL: only the
 * types matter.
 */
static char *
columns_sql(const Run *run, const Check *check, const char *alias,
			bool at_first)
{
	const PlanEntity *entity = check->entity;
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		const char *value = alias == NULL ? "NULL" :
		at_first && a->is_deferred ? osmeta_first_value(a) :
		psprintf("%s.c%d", alias, a->attribute_no);

		if (check->column != NULL)
		{
			/* a constraint of a type calls the value VALUE */
			if (strcmp(check->column, a->target_column) == 0)
				appendStringInfo(&buf, ", %s AS value", value);
			continue;
		}
		appendStringInfo(&buf, ", %s::%s AS %s", value, a->target_type,
						 osmeta_quote_name(a->target_column));
	}
	if (check->column == NULL)
	{
		osmeta_execf("SELECT format(', NULL::%%s AS %%I', c.local_type, c.column_name) FROM %s.live_physical_column c"
					 " WHERE c.table_name = %s AND c.local_type IS NOT NULL"
					 "  AND NOT COALESCE(c.has_default OR c.is_identity OR c.is_generated, false)"
					 "  AND NOT EXISTS (SELECT FROM osmeta.plan_attribute a WHERE a.plan_id = " INT64_FORMAT
					 "   AND a.entity_id = " INT64_FORMAT " AND a.target_column = c.column_name)",
					 run->plan->target_schema,
					 quote_literal_cstr(entity->target_table),
					 run->plan_id, entity->entity_id);
		for (uint64 i = 0; i < SPI_processed; i++)
			appendStringInfoString(&buf, osmeta_text_at(i, 1));
	}
	return buf.data;
}

static char *
violations_sql(const Run *run, const Check *check, const char *rows,
			   bool at_first)
{
	return psprintf("SELECT v.\"osmeta source_id\", NULL FROM ("
					"SELECT %s.\"osmeta source_id\" FROM (SELECT d.source_id AS \"osmeta source_id\"%s FROM (%s) d) %s"
					" WHERE NOT (%s\n)) v",
					osmeta_quote_name(check->entity->target_table),
					columns_sql(run, check, "d", at_first), rows,
					osmeta_quote_name(check->entity->target_table),
					check->condition);
}

static void
check_one(const Run *run, const Check *check)
{
	const MigrationPlan *plan = run->plan;
	const PlanEntity *entity = check->entity;
	Look		look = {0};
	char	   *rows = violations_sql(run, check, osmeta_round_sql(plan, entity),
									  false);
	char	   *reason;
	bool		has_deferred = false;

	for (int i = 0; i < entity->nattributes; i++)
		has_deferred |= entity->attributes[i].is_deferred;
	/* A row first comes without the references of the second step. */
	if (has_deferred)
		rows = psprintf("%s UNION %s", rows,
						violations_sql(run, check,
									   osmeta_delivery_sql(plan, entity,
														   DELIVERY_CHECKED, false,
														   psprintf("s.round = %d", plan->round)),
									   true));
	if (plan->target_wrapper != NULL)
	{
		char	   *columns = columns_sql(run, check, NULL, false);

		look.guard = psprintf("SELECT (%s\n) FROM (SELECT NULL%s) %s",
							  check->condition, columns,
							  osmeta_quote_name(entity->target_table));
	}
	look.query = listing_sql(rows);
	reason = osmeta_expression_check(check->condition);
	if (reason == NULL)
		reason = try_look(&look);
	if (reason != NULL)
		ereport(WARNING,
				(errmsg("constraint \"%s\" of table \"%s\" of environment \"%s\" cannot be evaluated here",
						check->name, entity->target_table, plan->target),
				 errdetail("%s: %s.", check->definition, reason),
				 errhint("Rows that do not meet it would stop the plan while they are delivered; call run_plan again when that has been put right.")));
	else if (look.total > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("rows of %s do not meet constraint \"%s\" of table \"%s\" of environment \"%s\": " INT64_FORMAT,
						osmeta_entity_label(entity), check->name,
						entity->target_table, plan->target, look.total),
				 errdetail("%s\n%s", check->definition, shown_list(&look)),
				 errhint("%s", osmeta_refusal_hint(run->plan, psprintf("Have the constraint dropped there if it is a left-over, SELECT osmeta.refresh_plan(%s), and call run_plan again; or make a new plan with a filter that leaves these rows out, or a transform that gives other values.",
																	   quote_literal_cstr(run->name))))));
}

static void
check_conditions(const Run *run)
{
	Check	   *check;
	uint64		rows;

	/* those of types first: a value is cast to its type for the others */
	rows = osmeta_execf("SELECT c.entity_id, c.details ->> 'name', c.definition,"
						" substring(c.definition FROM '^CHECK [(](.*)[)]( NO INHERIT)?( NOT VALID)?$'), c.details ->> 'column'"
						" FROM osmeta.plan_catalogue c"
						" JOIN osmeta.plan p ON p.plan_id = c.plan_id"
						" WHERE c.plan_id = " INT64_FORMAT " AND c.side = 'target' AND c.kind = 'check'"
						"  AND c.details ->> 'kind' <> 'exclusion' AND (c.details ->> 'is_known')::boolean"
						"  AND osmeta.plan_severity(p.options, 'check_constraint', 'warning') <> 'note'"
						" ORDER BY c.entity_id, c.details ->> 'kind' <> 'domain', c.name", run->plan_id);
	check = palloc0(sizeof(Check) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		check[i].entity = osmeta_plan_entity(run->plan,
											 osmeta_int64_at(i, 1, NULL));
		check[i].name = osmeta_text_at(i, 2);
		check[i].definition = osmeta_text_at(i, 3);
		check[i].condition = osmeta_text_at(i, 4);
		check[i].column = osmeta_text_at(i, 5);
	}
	for (uint64 i = 0; i < rows; i++)
	{
		/* NOT ENFORCED has another form */
		if (check[i].entity != NULL && check[i].entity->is_data &&
			check[i].condition != NULL)
			check_one(run, &check[i]);
	}
}

/* ---------------------------------------------------------------------------
 * Foreign keys that lead elsewhere than the model says
 * ---------------------------------------------------------------------------
 */

typedef struct ForeignKey
{
	PlanEntity *entity;
	int			attribute_no;
	char	   *name;
	char	   *table;
	PlanEntity *parent;			/* that fills the table, or NULL */
} ForeignKey;

/* The statement that makes a relation over the key of a table, or NULL. */
static char *
referred_sql(const Run *run, const ForeignKey *key)
{
	const MigrationPlan *plan = run->plan;

	if (osmeta_execf("SELECT osmeta.relation_sql(n.wrapper, osmeta.environment_server(n.environment), n.remote_schema, k.table_name, p.plan, 'referred',"
					 "  jsonb_build_array(jsonb_build_object('name', 'id', 'remote_name', c.column_name, 'type', c.local_type)), options => n.table_options)"
					 " FROM osmeta.plan p JOIN osmeta.environment n ON n.environment = p.target,"
					 "  %s.live_physical_key k JOIN %s.live_physical_column c ON c.table_name = k.table_name AND c.column_name = k.columns[1]"
					 " WHERE p.plan_id = " INT64_FORMAT " AND k.kind = 'p' AND cardinality(k.columns) = 1"
					 "  AND k.table_name = %s AND c.local_type IS NOT NULL",
					 plan->target_schema, plan->target_schema, plan->plan_id,
					 quote_literal_cstr(key->table)) != 1)
		return NULL;
	return osmeta_text_at(0, 1);
}

static void
check_foreign_key(const Run *run, const ForeignKey *key)
{
	const MigrationPlan *plan = run->plan;
	Look		look = {0};
	char	   *value = psprintf("d.c%d", key->attribute_no);
	char	   *reason;

	look.relation = referred_sql(run, key);
	if (look.relation == NULL)
		return;
	look.query = listing_sql(psprintf("SELECT d.source_id, quote_literal(left(%s::text, 100)) FROM (%s) d"
									  " WHERE %s IS NOT NULL AND NOT EXISTS (SELECT FROM %s.referred f WHERE f.id = %s)%s",
									  value, osmeta_round_sql(plan, key->entity),
									  value, plan->schema, value,
	/* what the plan itself puts there */
									  key->parent == NULL ? "" :
									  psprintf(" AND NOT EXISTS (SELECT FROM (%s) o WHERE o.id = %s)",
											   osmeta_target_id_sql(plan, key->parent, NULL), value)));
	reason = try_look(&look);
	if (reason == NULL && look.total > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("rows of %s refer to rows that table \"%s\" of environment \"%s\" does not have: " INT64_FORMAT,
						osmeta_entity_label(key->entity), key->table,
						plan->target, look.total),
				 errdetail("Foreign key \"%s\" of table \"%s\" demands them.\n%s",
						   key->name, key->entity->target_table,
						   shown_list(&look)),
				 errhint("%s", osmeta_refusal_hint(run->plan, "Have the foreign key dropped there if it is a left-over, and call run_plan again; or make a new plan that leaves the attribute, or these rows, out."))));
}

static void
check_foreign_keys(const Run *run)
{
	ForeignKey *key;
	uint64		rows;

	rows = osmeta_execf("SELECT k.entity_id, k.attribute_no, k.name, k.referred_table,"
						" COALESCE((SELECT min(e.entity_id) FROM osmeta.plan_entity e WHERE e.plan_id = k.plan_id"
						"  AND e.is_data AND e.include AND e.target_table = k.referred_table), 0)"
						" FROM osmeta.target_foreign_key k JOIN osmeta.plan p ON p.plan_id = k.plan_id"
						" WHERE k.plan_id = " INT64_FORMAT " AND k.columns = 1 AND NOT k.left_to_target"
						"  AND osmeta.plan_severity(p.options, 'foreign_key_outside', 'warning') <> 'note'"
						" ORDER BY k.entity_id, k.name", run->plan_id);
	key = palloc0(sizeof(ForeignKey) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		key[i].entity = osmeta_plan_entity(run->plan,
										   osmeta_int64_at(i, 1, NULL));
		key[i].attribute_no = (int) osmeta_int64_at(i, 2, NULL);
		key[i].name = osmeta_text_at(i, 3);
		key[i].table = osmeta_text_at(i, 4);
		key[i].parent = osmeta_plan_entity(run->plan,
										   osmeta_int64_at(i, 5, NULL));
	}
	for (uint64 i = 0; i < rows; i++)
	{
		/* identifiers that the target gives are not known yet */
		if (key[i].entity != NULL && key[i].entity->is_data &&
			(key[i].parent == NULL ||
			 key[i].parent->strategy != STRATEGY_ASSIGNED))
			check_foreign_key(run, &key[i]);
	}
}

void
osmeta_check_constraints(const Run *run)
{
	/* A constraint there may be switched off, or mean another thing here. */
	if (strcmp(run->plan->target_dialect, "postgres") != 0)
		return;
	check_conditions(run);
	check_foreign_keys(run);
}
