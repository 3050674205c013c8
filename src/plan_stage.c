/*-------------------------------------------------------------------------
 *
 * plan_stage.c
 *	  What a pull query gives goes into the stage.
 *
 * By the page where the query gives just the types of the stage; else by an
 * INSERT, which converts as an assignment does.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "access/table.h"
#include "miscadmin.h"
#include "tcop/dest.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/plancache.h"
#include "utils/rel.h"

#include "compat.h"
#include "page_writer.h"
#include "spi.h"

typedef struct StageReceiver
{
	DestReceiver receiver;		/* must be first */
	PageWriter *writer;
	int			ncolumns;		/* of the query */
} StageReceiver;

static void
stage_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
}

static bool
stage_receive(TupleTableSlot *row, DestReceiver *self)
{
	StageReceiver *receiver = (StageReceiver *) self;
	TupleTableSlot *slot = osmeta_page_slot(receiver->writer);
	int			n = receiver->ncolumns;

	slot_getallattrs(row);
	memcpy(slot->tts_values, row->tts_values, n * sizeof(Datum));
	memcpy(slot->tts_isnull, row->tts_isnull, n * sizeof(bool));
	/* what the query does not give: gone */
	slot->tts_values[n] = (Datum) 0;
	slot->tts_isnull[n] = true;
	osmeta_page_put(receiver->writer);
	return true;
}

/* Values may point to what the query reads, which takes its snapshot. */
static void
stage_shutdown(DestReceiver *self)
{
	osmeta_page_flush(((StageReceiver *) self)->writer);
}

static void
stage_destroy(DestReceiver *self)
{
}

/*
 * Are the columns of the query those of the stage, but for the last, in order
 * and type?
 */
static bool
is_like(Relation stage, TupleDesc query)
{
	TupleDesc	desc = RelationGetDescr(stage);

	if (query == NULL || desc->natts != query->natts + 1 ||
		(desc->constr != NULL && desc->constr->has_generated_stored))
		return false;
	for (int i = 0; i < query->natts; i++)
	{
		Form_pg_attribute to = TupleDescAttr(desc, i);
		Form_pg_attribute from = TupleDescAttr(query, i);

		if (to->attisdropped || to->atttypid != from->atttypid ||
			(to->atttypmod != -1 && to->atttypmod != from->atttypmod))
			return false;
	}
	return true;
}

/* No option: a parallel plan would forbid us to write meanwhile. */
static SPIPlanPtr
prepare(const char *query)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(query, 0, NULL, 0);

	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed (%s): %s",
			 SPI_result_code_string(SPI_result), query);
	return plan;
}

uint64
osmeta_stage_rows(const MigrationPlan *plan, const PlanEntity *entity,
				  const char *query)
{
	const char *name = osmeta_stage_name(plan, 'e', entity->entity_id);
	Oid			oid = DatumGetObjectId(DirectFunctionCall1(regclassin,
														   CStringGetDatum(name)));
	StageReceiver *receiver = palloc0(sizeof(StageReceiver));
	SPIExecuteOptions options = {0};
	Relation	stage = table_open(oid, RowExclusiveLock);
	SPIPlanPtr	prepared = prepare(query);
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(prepared));
	uint64		rows;
	int			rc;

	if (!is_like(stage, source->resultDesc) ||
		!osmeta_is_writable_by_page(stage) ||
		pg_class_aclcheck(oid, GetUserId(), ACL_INSERT) != ACLCHECK_OK)
	{
		SPI_freeplan(prepared);
		table_close(stage, NoLock);
		return osmeta_exec(osmeta_insert_stage_sql(plan, entity, query));
	}
	receiver->receiver.receiveSlot = stage_receive;
	receiver->receiver.rStartup = stage_startup;
	receiver->receiver.rShutdown = stage_shutdown;
	receiver->receiver.rDestroy = stage_destroy;
	receiver->receiver.mydest = DestTransientRel;
	receiver->writer = osmeta_page_begin(stage);
	receiver->ncolumns = source->resultDesc->natts;
	options.dest = &receiver->receiver;
	rc = SPI_execute_plan_extended(prepared, &options);
	if (rc != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_plan_extended failed (%s): %s",
			 SPI_result_code_string(rc), query);
	rows = osmeta_page_end(receiver->writer);
	SPI_freeplan(prepared);
	table_close(stage, NoLock);
	CommandCounterIncrement();
	return rows;
}
