/*-------------------------------------------------------------------------
 *
 * plan_order.c
 *	  The order of delivery of a plan's entities.
 *
 * The graph itself is graph.c's.  Here its nodes and edges are read from the
 * plan's tables, and levels and deferred references written back: whenever
 * the plan's rows may have been edited, so that the order always follows
 * what will really be delivered.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "graph.h"
#include "spi.h"

/* Nodes in order of name, numbered from 0; edges between them. */
static const char *const node_sql =
"SELECT e.entity_id FROM osmeta.plan_entity e"
" WHERE e.plan_id = $1 AND e.is_data AND e.include"
" ORDER BY e.espace, e.entity, e.entity_id";

static const char *const edge_sql =
"WITH node AS ("
" SELECT e.entity_id,"
"  (row_number() OVER (ORDER BY e.espace, e.entity, e.entity_id) - 1)::integer AS number"
" FROM osmeta.plan_entity e"
" WHERE e.plan_id = $1 AND e.is_data AND e.include)"
" SELECT c.number, p.number, NOT a.is_mandatory AND NOT a.is_identifier,"
"  a.entity_id, a.attribute_no"
" FROM osmeta.plan_attribute a"
" JOIN node c ON c.entity_id = a.entity_id"
" JOIN node p ON p.entity_id = a.refers_to_entity_id"
" WHERE a.plan_id = $1 AND a.include AND a.transform IN ('remap', 'key')"
" ORDER BY c.number, a.attribute_no";

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
	int			nodes;
	int			edges;
	Datum	   *entity_id;
	Datum	   *node_level;
	Datum	   *edge_entity;
	Datum	   *edge_attribute;
	Datum	   *edge_deferred;
	static Oid	node_types[] = {INT8OID, INT4OID};
	static Oid	edge_types[] = {INT8OID, INT4OID, BOOLOID};
	Datum	   *node_arrays[2];
	Datum	   *edge_arrays[3];
	GraphEdge  *edge;
	int		   *level;
	int		   *component;
	int		   *workspace;

	nodes = (int) osmeta_query(node_sql, 1, &type, &arg, NULL);
	entity_id = palloc(sizeof(Datum) * Max(nodes, 1));
	for (int i = 0; i < nodes; i++)
		entity_id[i] = Int64GetDatum(osmeta_int64_at(i, 1, NULL));

	edges = (int) osmeta_query(edge_sql, 1, &type, &arg, NULL);
	edge = palloc(sizeof(GraphEdge) * Max(edges, 1));
	edge_entity = palloc(sizeof(Datum) * Max(edges, 1));
	edge_attribute = palloc(sizeof(Datum) * Max(edges, 1));
	edge_deferred = palloc(sizeof(Datum) * Max(edges, 1));
	for (int i = 0; i < edges; i++)
	{
		edge[i].child = (int) osmeta_int64_at(i, 1, NULL);
		edge[i].parent = (int) osmeta_int64_at(i, 2, NULL);
		edge[i].is_optional = osmeta_bool_at(i, 3);
		edge_entity[i] = Int64GetDatum(osmeta_int64_at(i, 4, NULL));
		edge_attribute[i] =
			Int32GetDatum((int32) osmeta_int64_at(i, 5, NULL));
	}

	level = palloc(sizeof(int) * Max(nodes, 1));
	component = palloc(sizeof(int) * Max(nodes, 1));
	workspace = MemoryContextAllocHuge(CurrentMemoryContext,
									   sizeof(int) *
									   osmeta_graph_workspace(nodes, edges));
	(void) osmeta_graph_order(nodes, edges, edge, level, component,
							  workspace);

	node_level = palloc(sizeof(Datum) * Max(nodes, 1));
	for (int i = 0; i < nodes; i++)
		node_level[i] = Int32GetDatum(level[i]);
	for (int i = 0; i < edges; i++)
		edge_deferred[i] = BoolGetDatum(edge[i].is_deferred);
	node_arrays[0] = entity_id;
	node_arrays[1] = node_level;
	edge_arrays[0] = edge_entity;
	edge_arrays[1] = edge_attribute;
	edge_arrays[2] = edge_deferred;

	update_from_arrays("UPDATE osmeta.plan_entity e SET level = n.level"
					   " FROM unnest($2, $3) n (entity_id, level)"
					   " WHERE e.plan_id = $1 AND e.entity_id = n.entity_id"
					   " AND e.level IS DISTINCT FROM n.level",
					   plan_id, 2, node_types, node_arrays, nodes);
	osmeta_execf("UPDATE osmeta.plan_attribute a SET is_deferred = false"
				 " WHERE a.plan_id = " INT64_FORMAT " AND a.is_deferred"
				 " AND NOT (a.include AND a.transform IN ('remap', 'key'))",
				 plan_id);
	update_from_arrays("UPDATE osmeta.plan_attribute a SET is_deferred = n.is_deferred"
					   " FROM unnest($2, $3, $4) n (entity_id, attribute_no, is_deferred)"
					   " WHERE a.plan_id = $1 AND a.entity_id = n.entity_id"
					   " AND a.attribute_no = n.attribute_no"
					   " AND a.is_deferred <> n.is_deferred",
					   plan_id, 3, edge_types, edge_arrays, edges);
}
