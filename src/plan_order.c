/*-------------------------------------------------------------------------
 *
 * plan_order.c
 *	  The order of delivery of a plan's entities.
 *
 * What that is, order.c and graph.c decide.  Here entities and references are
 * read from the plan's tables, and levels and deferred references written
 * back: whenever
 * the plan's rows may have been edited, so that the order always follows
 * what will really be delivered.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "order.h"
#include "spi.h"

/* In order of name, which decides among equals. */
static const char *const entity_sql =
"SELECT e.entity_id, e.platform_table IN ('bpm_process_input', 'bpm_process_output', 'bpm_activity_output') IS TRUE"
" FROM osmeta.plan_entity e"
" WHERE e.plan_id = $1 AND e.is_data AND e.include"
" ORDER BY e.espace, e.entity, e.entity_id";

/*
 * References of the model, and those of the user's that lead to rows whose
 * identifiers the target gives: these are known only when the rows stand
 * there.  A value of the latter can always be set in the second step.
 */
static const char *const reference_sql =
"SELECT a.entity_id, r.entity_id, a.is_mandatory AND NOT r.is_soft,"
"  a.is_identifier, a.attribute_no"
" FROM osmeta.plan_attribute a"
" JOIN osmeta.plan_entity e ON e.plan_id = a.plan_id AND e.entity_id = a.entity_id"
" CROSS JOIN LATERAL (SELECT a.refers_to_entity_id, false"
"   WHERE a.transform IN ('remap', 'key') AND a.refers_to_entity_id IS NOT NULL"
"  UNION ALL SELECT g.entity_id, true FROM osmeta.assigned_entity g"
"   WHERE a.transform LIKE '" SOFT_PREFIX "%' AND NOT a.is_identifier AND g.plan_id = a.plan_id"
"    AND a.transform = '" SOFT_PREFIX "' || g.object) r (entity_id, is_soft)"
" WHERE a.plan_id = $1 AND a.include"
" ORDER BY e.espace, e.entity, e.entity_id, a.attribute_no";

/* Write an array of numbers back, matched by position. */
static void
update_from_arrays(const char *sql, int64 plan_id, int narrays, Oid *types,
				   Datum **arrays, int count)
{
	Oid			arg_types[5];
	Datum		args[5];

	arg_types[0] = INT8OID;
	args[0] = Int64GetDatum(plan_id);
	for (int i = 0; i < narrays; i++)
	{
		bool		is_bool = types[i] == BOOLOID;
		bool		is_long = types[i] == INT8OID;

		arg_types[i + 1] = is_bool ? BOOLARRAYOID :
			is_long ? INT8ARRAYOID : INT4ARRAYOID;
		args[i + 1] =
			PointerGetDatum(construct_array(arrays[i], count, types[i],
											is_bool ? 1 : is_long ? 8 : 4,
											is_long ? FLOAT8PASSBYVAL : true,
											is_bool ? TYPALIGN_CHAR :
											is_long ? TYPALIGN_DOUBLE :
											TYPALIGN_INT));
	}
	osmeta_query(sql, narrays + 1, arg_types, args, NULL);
}

void
osmeta_plan_order(int64 plan_id)
{
	Oid			type = INT8OID;
	Datum		arg = Int64GetDatum(plan_id);
	uint64		rows;
	EntityOrder *order;
	Datum	   *entity_id;
	bool	   *is_last;
	int			last = 0;
	Datum	   *entity_level;
	Datum	   *edge_entity;
	Datum	   *edge_attribute;
	Datum	   *edge_deferred;
	static Oid	entity_types[] = {INT8OID, INT4OID};
	static Oid	edge_types[] = {INT8OID, INT4OID, BOOLOID};
	Datum	   *entity_arrays[2];
	Datum	   *edge_arrays[3];
	int			nest_level = osmeta_spi_expect_many();

	rows = osmeta_query(entity_sql, 1, &type, &arg, NULL);
	order = osmeta_order_begin(rows);
	entity_id = palloc(sizeof(Datum) * Max(rows, 1));
	is_last = palloc(sizeof(bool) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		int64		id = osmeta_int64_at(i, 1, NULL);

		entity_id[i] = Int64GetDatum(id);
		is_last[i] = osmeta_bool_at(i, 2);
		osmeta_order_add_entity(order, id);
	}
	rows = osmeta_query(reference_sql, 1, &type, &arg, NULL);
	osmeta_order_begin_references(order, rows);
	for (uint64 i = 0; i < rows; i++)
		osmeta_order_add_reference(order, osmeta_int64_at(i, 1, NULL),
								   osmeta_int64_at(i, 2, NULL),
								   osmeta_bool_at(i, 3), osmeta_bool_at(i, 4),
								   osmeta_int64_at(i, 5, NULL));
	osmeta_order_finish(order);

	entity_level = palloc(sizeof(Datum) * Max(order->nodes, 1));
	/* Inputs and outputs of processes may hold any identifier. */
	for (int i = 0; i < order->nodes; i++)
		last = Max(last, order->level[i] + 1);
	for (int i = 0; i < order->nodes; i++)
		entity_level[i] = Int32GetDatum(is_last[i] && order->level[i] >= 0 ?
										last : order->level[i]);
	edge_entity = palloc(sizeof(Datum) * Max(order->edges, 1));
	edge_attribute = palloc(sizeof(Datum) * Max(order->edges, 1));
	edge_deferred = palloc(sizeof(Datum) * Max(order->edges, 1));
	for (int i = 0; i < order->edges; i++)
	{
		edge_entity[i] = entity_id[order->edge[i].child];
		edge_attribute[i] = Int32GetDatum((int32) order->edge_row[i]);
		edge_deferred[i] = BoolGetDatum(order->edge[i].is_deferred);
	}
	entity_arrays[0] = entity_id;
	entity_arrays[1] = entity_level;
	edge_arrays[0] = edge_entity;
	edge_arrays[1] = edge_attribute;
	edge_arrays[2] = edge_deferred;

	update_from_arrays("UPDATE osmeta.plan_entity e SET level = n.level"
					   " FROM unnest($2, $3) n (entity_id, level)"
					   " WHERE e.plan_id = $1 AND e.entity_id = n.entity_id"
					   " AND e.level IS DISTINCT FROM n.level",
					   plan_id, 2, entity_types, entity_arrays, order->nodes);
	osmeta_execf("UPDATE osmeta.plan_attribute a SET is_deferred = false"
				 " WHERE a.plan_id = " INT64_FORMAT " AND a.is_deferred"
				 " AND NOT (a.include AND (a.transform IN ('remap', 'key')"
				 "  OR EXISTS (SELECT FROM osmeta.assigned_entity g WHERE g.plan_id = a.plan_id"
				 "   AND a.transform = '" SOFT_PREFIX "' || g.object)))",
				 plan_id);
	update_from_arrays("UPDATE osmeta.plan_attribute a SET is_deferred = n.is_deferred"
					   " FROM unnest($2, $3, $4) n (entity_id, attribute_no, is_deferred)"
					   " WHERE a.plan_id = $1 AND a.entity_id = n.entity_id"
					   " AND a.attribute_no = n.attribute_no"
					   " AND a.is_deferred <> n.is_deferred",
					   plan_id, 3, edge_types, edge_arrays, order->edges);
	osmeta_spi_restore(nest_level);
}

void
osmeta_plan_pull_rules(int64 plan_id)
{
	Oid			type = INT8OID;
	Datum		arg = Int64GetDatum(plan_id);
	int			nest_level = osmeta_spi_expect_many();

	/* The UPDATE fires the trigger that calls this: only where it must. */
	if (osmeta_query("SELECT r.entity_id FROM osmeta.plan_pull_rule($1) r"
					 " JOIN osmeta.plan_entity e ON e.plan_id = $1 AND e.entity_id = r.entity_id"
					 " WHERE r.pull_rule IS DISTINCT FROM e.pull_rule"
					 "  OR r.pull_reason IS DISTINCT FROM e.pull_reason LIMIT 1",
					 1, &type, &arg, NULL) > 0)
		osmeta_query("UPDATE osmeta.plan_entity e"
					 " SET pull_rule = r.pull_rule, pull_reason = r.pull_reason"
					 " FROM osmeta.plan_pull_rule($1) r"
					 " WHERE e.plan_id = $1 AND e.entity_id = r.entity_id"
					 " AND (r.pull_rule IS DISTINCT FROM e.pull_rule"
					 "  OR r.pull_reason IS DISTINCT FROM e.pull_reason)",
					 1, &type, &arg, NULL);
	osmeta_spi_restore(nest_level);
}
