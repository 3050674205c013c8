/*-------------------------------------------------------------------------
 *
 * plan_trigger.c
 *	  What may happen to the rows of a plan.
 *
 * Users edit plans by UPDATE.  The triggers see to it that only the plan's
 * owner does, only before the plan has started, and that the order of
 * delivery follows.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_plan_guard);
PG_FUNCTION_INFO_V1(osmeta_plan_reorder);
PG_FUNCTION_INFO_V1(osmeta_plan_owner);

static char *
old_value(const TriggerData *trigger, const char *column)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);

	return SPI_getvalue(trigger->tg_trigtuple, desc,
						SPI_fnumber(desc, column));
}

static char *
new_value(const TriggerData *trigger, const char *column)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);

	return SPI_getvalue(trigger->tg_newtuple, desc,
						SPI_fnumber(desc, column));
}

static bool
is_changed(const TriggerData *trigger, const char *column)
{
	char	   *before = old_value(trigger, column);
	char	   *after = new_value(trigger, column);

	return before == NULL || after == NULL ? before != after :
		strcmp(before, after) != 0;
}

static HeapTuple
with_text(const TriggerData *trigger, HeapTuple row, const char *column,
		  const char *value)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	int			number = SPI_fnumber(desc, column);
	Datum		datum = value ? CStringGetTextDatum(value) : (Datum) 0;
	bool		isnull = value == NULL;

	return heap_modify_tuple_by_cols(row, desc, 1, &number, &datum, &isnull);
}

/*
 * What follows from an edit of an entity: a pull rule that was set by hand is
 * kept, NULL asks for a new choice; nothing is known of another attribute.
 */
static HeapTuple
note_edit(const TriggerData *trigger)
{
	HeapTuple	row = trigger->tg_newtuple;

	if (SPI_fnumber(RelationGetDescr(trigger->tg_relation), "pull_rule") < 0)
		return row;
	if (is_changed(trigger, "pull_rule") && !is_changed(trigger, "pull_reason"))
		row = with_text(trigger, row, "pull_reason",
						new_value(trigger, "pull_rule") ? "set by hand" : NULL);
	if (is_changed(trigger, "delta_attribute"))
	{
		row = with_text(trigger, row, "delta_from", NULL);
		row = with_text(trigger, row, "delta_seen", NULL);
	}
	return row;
}

/*
 * A row of plan_entity whose key strategy is edited no longer has the reason
 * that create_plan gave.
 */
static HeapTuple
note_strategy(TriggerData *trigger)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	const char *edited[] = {"key_strategy", "key_reason"};
	int			column[2];
	bool		is_same[2];
	Datum		value = CStringGetTextDatum("set by hand");
	bool		isnull = false;

	for (int i = 0; i < 2; i++)
	{
		char	   *before;
		char	   *after;

		column[i] = SPI_fnumber(desc, edited[i]);
		if (column[i] < 0)
			return trigger->tg_newtuple;
		before = SPI_getvalue(trigger->tg_trigtuple, desc, column[i]);
		after = SPI_getvalue(trigger->tg_newtuple, desc, column[i]);
		is_same[i] = before && after ? strcmp(before, after) == 0 :
			before == after;
	}
	if (is_same[0] || !is_same[1])
		return trigger->tg_newtuple;
	return heap_modify_tuple_by_cols(trigger->tg_newtuple, desc, 1, &column[1],
									 &value, &isnull);
}

/*
 * Trigger on the columns that a user may edit: not after the plan has
 * started, since what has been pulled follows from them.
 */
Datum
osmeta_plan_guard(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	Oid			type = INT8OID;
	Datum		plan_id;
	bool		isnull;
	int			nest_level;
	int64	   *known = fcinfo->flinfo->fn_extra;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager",
						"plan_guard")));
	desc = RelationGetDescr(trigger->tg_relation);
	plan_id = heap_getattr(trigger->tg_trigtuple,
						   SPI_fnumber(desc, "plan_id"), desc, &isnull);
	/* Rows of one statement belong to one plan, which stays locked. */
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) && known != NULL &&
		*known == DatumGetInt64(plan_id))
	{
		trigger->tg_newtuple = note_strategy(trigger);
		return PointerGetDatum(note_edit(trigger));
	}
	nest_level = osmeta_spi_begin(false);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
	{
		/* When the plan itself goes, its row has gone before. */
		if (osmeta_query("SELECT p.plan FROM osmeta.plan p WHERE p.plan_id = $1",
						 1, &type, &plan_id, NULL) > 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("rows of plan \"%s\" cannot be deleted",
							osmeta_text_at(0, 1)),
					 errhint("Set include = false to leave something out, or drop the plan with osmeta.drop_plan().")));
		osmeta_spi_end(nest_level);
		return PointerGetDatum(trigger->tg_trigtuple);
	}
	/* A run that begins waits for this edit, or this edit for the run. */
	if (osmeta_query("SELECT p.plan, p.phase FROM osmeta.plan p"
					 " WHERE p.plan_id = $1 FOR SHARE",
					 1, &type, &plan_id, NULL) > 0 &&
		strcmp(osmeta_text_at(0, 2), "planned") != 0 &&
		!(trigger->tg_trigger->tgnargs > 0 &&
		  strcmp(osmeta_text_at(0, 2), trigger->tg_trigger->tgargs[0]) == 0))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" has started and cannot be edited any more",
						osmeta_text_at(0, 1)),
				 errhint("Make another plan.")));
	osmeta_spi_end(nest_level);
	if (known == NULL)
		known = fcinfo->flinfo->fn_extra =
			MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(int64));
	*known = DatumGetInt64(plan_id);
	trigger->tg_newtuple = note_strategy(trigger);
	return PointerGetDatum(note_edit(trigger));
}

/*
 * Trigger after edits that change what is delivered: the order follows, so
 * that plan_problem sees a cycle that has come or gone.
 */
Datum
osmeta_plan_reorder(PG_FUNCTION_ARGS)
{
	int			nest_level;
	uint64		rows;
	int64	   *plan_id;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager",
						"plan_reorder")));
	nest_level = osmeta_spi_begin(false);
	rows = osmeta_exec("SELECT p.plan_id FROM osmeta.plan p WHERE p.phase = 'planned' ORDER BY 1");
	plan_id = palloc(sizeof(int64) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
		plan_id[i] = osmeta_int64_at(i, 1, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		osmeta_plan_order(plan_id[i]);
		osmeta_plan_pull_rules(plan_id[i]);
	}
	osmeta_spi_end(nest_level);
	return PointerGetDatum(NULL);
}

/* What a trigger call has found out, for the next row of the statement. */
typedef struct OwnerCheck
{
	int64		plan_id;
	bool		is_known;
} OwnerCheck;

/*
 * Trigger on the tables whose texts a run executes: only the plan's owner
 * writes them, whatever rights on the tables somebody else was granted.
 */
Datum
osmeta_plan_owner(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	OwnerCheck *check = fcinfo->flinfo->fn_extra;
	TupleDesc	desc;
	HeapTuple	row[2];
	HeapTuple	result;
	int			owner_column;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager",
						"plan_owner")));
	if (check == NULL)
		check = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt,
								   sizeof(OwnerCheck));
	desc = RelationGetDescr(trigger->tg_relation);
	owner_column = SPI_fnumber(desc, "owner");
	row[0] = trigger->tg_trigtuple;
	row[1] = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ?
		trigger->tg_newtuple : NULL;
	result = row[1] ? row[1] : row[0];

	for (int i = 0; i < 2; i++)
	{
		Oid			type = INT8OID;
		bool		isnull;
		Datum		plan_id;
		char	   *owner = NULL;
		int			nest_level;
		Oid			role;

		if (row[i] == NULL)
			continue;
		plan_id = heap_getattr(row[i], SPI_fnumber(desc, "plan_id"), desc,
							   &isnull);
		if (isnull || (owner_column < 0 && check->is_known &&
					   check->plan_id == DatumGetInt64(plan_id)))
			continue;
		if (owner_column > 0)
			owner = SPI_getvalue(row[i], desc, owner_column);
		else
		{
			nest_level = osmeta_spi_begin(false);
			if (osmeta_query("SELECT p.owner FROM osmeta.plan p WHERE p.plan_id = $1",
							 1, &type, &plan_id, NULL) > 0)
				owner = osmeta_text_at(0, 1);
			osmeta_spi_end(nest_level);
		}

		/* No plan: it goes away, or comes with a restore later. */
		role = owner ? get_role_oid(owner, true) : GetUserId();
		if (OidIsValid(role) ? !has_privs_of_role(GetUserId(), role) :
			!superuser())
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("the plan belongs to role \"%s\"", owner),
					 errhint("Only that role and its members can change it.")));
		check->plan_id = DatumGetInt64(plan_id);
		check->is_known = true;
	}
	return PointerGetDatum(result);
}
