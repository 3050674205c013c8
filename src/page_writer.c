/*-------------------------------------------------------------------------
 *
 * page_writer.c
 *	  Rows written into a table by the page, as COPY does it.
 *
 * INSERT ... SELECT writes each row by itself.  Here rows are collected and
 * written together, which is what lets a capture of half a million rows keep
 * up with CREATE TABLE AS although it fills an index.
 *
 *-------------------------------------------------------------------------
 */
#include "page_writer.h"

#include "access/heapam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/rls.h"

#include "compat.h"

/* Rows are written when there are this many, or this many bytes of them. */
#define BATCH_ROWS 1000
#define BATCH_BYTES 65536

struct PageWriter
{
	Relation	relation;
	EState	   *estate;
	ResultRelInfo *target;
	BulkInsertState bulk;
	CommandId	command;
	MemoryContext context;		/* of everything that lasts */
	MemoryContext batch_context;	/* of what one batch needs */
	TupleTableSlot *slots[BATCH_ROWS];
	int			nslots;			/* filled */
	Size		bytes;			/* about, in filled slots */
	uint64		rows;
};

bool
osmeta_is_writable_by_page(Relation relation)
{
	return relation->rd_rel->relkind == RELKIND_RELATION &&
		relation->trigdesc == NULL && relation->rd_rules == NULL &&
		check_enable_rls(RelationGetRelid(relation), InvalidOid,
						 true) != RLS_ENABLED;
}

PageWriter *
osmeta_page_begin(Relation relation)
{
	PageWriter *writer = palloc0(sizeof(PageWriter));

	writer->context = CurrentMemoryContext;
	writer->batch_context = AllocSetContextCreate(CurrentMemoryContext,
												  "osmeta page writer",
												  ALLOCSET_DEFAULT_SIZES);
	writer->relation = relation;
	writer->estate = CreateExecutorState();
	writer->target = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->target, relation, 1, NULL, 0);
	ExecOpenIndices(writer->target, false);
	writer->bulk = GetBulkInsertState();
	writer->command = GetCurrentCommandId(true);
	return writer;
}

/* The rows, and their index entries. */
void
osmeta_page_flush(PageWriter *writer)
{
	MemoryContext old;

	if (writer->nslots == 0)
		return;
	CHECK_FOR_INTERRUPTS();

	old = MemoryContextSwitchTo(writer->batch_context);
	table_multi_insert(writer->relation, writer->slots, writer->nslots,
					   writer->command, 0, writer->bulk);
	MemoryContextSwitchTo(old);
	for (int i = 0; i < writer->nslots; i++)
	{
		if (writer->target->ri_NumIndices > 0)
			list_free(osmeta_insert_index_tuples(writer->target,
												 writer->slots[i],
												 writer->estate));
		ExecClearTuple(writer->slots[i]);
		ResetPerTupleExprContext(writer->estate);
	}
	MemoryContextReset(writer->batch_context);
	writer->nslots = 0;
	writer->bytes = 0;
}

TupleTableSlot *
osmeta_page_slot(PageWriter *writer)
{
	if (writer->slots[writer->nslots] == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(writer->context);

		writer->slots[writer->nslots] = table_slot_create(writer->relation,
														  NULL);
		MemoryContextSwitchTo(old);
	}
	return writer->slots[writer->nslots];
}

MemoryContext
osmeta_page_context(PageWriter *writer)
{
	return writer->batch_context;
}

void
osmeta_page_put(PageWriter *writer)
{
	TupleTableSlot *slot = writer->slots[writer->nslots];
	TupleDesc	desc = RelationGetDescr(writer->relation);
	MemoryContext old = MemoryContextSwitchTo(writer->batch_context);

	for (int i = 0; i < desc->natts; i++)
	{
		if (TupleDescAttr(desc, i)->attlen == -1 && !slot->tts_isnull[i])
			writer->bytes += VARSIZE_ANY(DatumGetPointer(slot->tts_values[i]));
	}
	ExecStoreVirtualTuple(slot);
	if (desc->constr != NULL)
		ExecConstraints(writer->target, slot, writer->estate);
	ExecMaterializeSlot(slot);
	MemoryContextSwitchTo(old);

	writer->nslots++;
	writer->rows++;
	if (writer->nslots == BATCH_ROWS || writer->bytes >= BATCH_BYTES)
		osmeta_page_flush(writer);
}

uint64
osmeta_page_end(PageWriter *writer)
{
	uint64		rows = writer->rows;

	Assert(writer->nslots == 0);
	FreeBulkInsertState(writer->bulk);
	table_finish_bulk_insert(writer->relation, 0);
	for (int i = 0; i < BATCH_ROWS && writer->slots[i] != NULL; i++)
		ExecDropSingleTupleTableSlot(writer->slots[i]);
	ExecCloseIndices(writer->target);
	FreeExecutorState(writer->estate);
	MemoryContextDelete(writer->batch_context);
	pfree(writer);
	return rows;
}
