/*-------------------------------------------------------------------------
 *
 * bulk_load.c
 *	  The rows of a query into a table of the store.
 *
 * Here is where each text of a factory is looked at once, before it is stored
 * by the page.
 *
 *-------------------------------------------------------------------------
 */
#include "bulk_load.h"

#include "access/detoast.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "tcop/dest.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "page_writer.h"
#include "spi.h"
#include "text_clean.h"

/* Column of the capture's id, and of the key where there is one; from 0. */
#define CAPTURE_COLUMN 0
#define KEY_COLUMN 1

/* A key of more bytes is none: it would not fit into the index. */
#define KEY_BYTES 1000

typedef struct BulkLoad
{
	DestReceiver receiver;		/* must be first */
	Relation	relation;
	Datum		capture_id;
	bool		has_key;
	bool		is_sorted;
	bool		has_previous;
	Datum		previous_key;
	BulkResult	result;
	MemoryContext context;		/* of everything that lasts */
	PageWriter *writer;
} BulkLoad;

/* The table, locked; error if rows cannot be put into it directly. */
static Relation
open_target(const char *table)
{
	Oid			namespace = get_namespace_oid(OSMETA_SCHEMA, false);
	Oid			oid = get_relname_relid(table, namespace);
	Relation	relation;
	AclResult	access;

	if (!OidIsValid(oid))
		elog(ERROR, "table osmeta.%s does not exist", table);
	relation = table_open(oid, RowExclusiveLock);
	access = pg_class_aclcheck(oid, GetUserId(), ACL_INSERT);
	if (access != ACLCHECK_OK)
		aclcheck_error(access, OBJECT_TABLE, table);
	if (!osmeta_is_writable_by_page(relation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"%s.%s\" has triggers, rules or row security",
						OSMETA_SCHEMA, table),
				 errhint("Take them off: a capture is written past them.")));
	return relation;
}

/*
 * A text or an array of texts, cleaned; the datum given, but for a header that
 * is compressed or stored elsewhere, if nothing is to be cleaned.
 */
static Datum
cleaned_value(Datum value, Oid type)
{
	ArrayType  *array;
	Datum	   *items;
	bool	   *nulls;
	int			nitems;
	bool		is_clean = true;

	if (type == TEXTOID)
	{
		text	   *given = DatumGetTextPP(value);
		text	   *clean = osmeta_clean(given);

		return clean == given ? value : PointerGetDatum(clean);
	}

	array = DatumGetArrayTypeP(value);
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls,
					  &nitems);
	for (int i = 0; i < nitems; i++)
	{
		text	   *clean;

		if (nulls[i])
			continue;
		clean = osmeta_clean(DatumGetTextPP(items[i]));
		is_clean = is_clean && PointerGetDatum(clean) == items[i];
		items[i] = PointerGetDatum(clean);
	}
	if (is_clean)
		return value;
	return PointerGetDatum(construct_md_array(items, nulls, ARR_NDIM(array),
											  ARR_DIMS(array),
											  ARR_LBOUND(array), TEXTOID, -1,
											  false, TYPALIGN_INT));
}

/* Remember that a text of this row and column was cleaned. */
static void
note_cleaned(BulkLoad *load, TupleTableSlot *row, int column)
{
	TupleDesc	desc = RelationGetDescr(load->relation);
	MemoryContext old = MemoryContextSwitchTo(load->context);
	const char *name = NameStr(TupleDescAttr(desc, column)->attname);
	CleanedColumn *found = NULL;
	ListCell   *cell;

	foreach(cell, load->result.cleaned)
	{
		CleanedColumn *item = (CleanedColumn *) lfirst(cell);

		if (strcmp(item->column_name, name) == 0)
			found = item;
	}
	if (found == NULL)
	{
		found = palloc0(sizeof(CleanedColumn));
		found->column_name = pstrdup(name);
		load->result.cleaned = lappend(load->result.cleaned, found);
	}
	found->rows++;
	if (list_length(found->ids) < CLEANED_IDS && !row->tts_isnull[KEY_COLUMN])
	{
		Oid			output;
		bool		is_varlena;

		getTypeOutputInfo(TupleDescAttr(desc, KEY_COLUMN)->atttypid,
						  &output, &is_varlena);
		found->ids = lappend(found->ids,
							 OidOutputFunctionCall(output,
												   row->tts_values[KEY_COLUMN]));
	}
	MemoryContextSwitchTo(old);
}

/* DestReceiver: the query is about to give rows. */
static void
bulk_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
	BulkLoad   *load = (BulkLoad *) self;
	TupleDesc	desc = RelationGetDescr(load->relation);

	if (typeinfo->natts + 1 != desc->natts)
		elog(ERROR, "%d columns for table %s", typeinfo->natts,
			 RelationGetRelationName(load->relation));
	for (int i = 0; i < typeinfo->natts; i++)
		if (TupleDescAttr(typeinfo, i)->atttypid !=
			TupleDescAttr(desc, i + 1)->atttypid)
			elog(ERROR, "column %s of table %s is given with another type",
				 NameStr(TupleDescAttr(desc, i + 1)->attname),
				 RelationGetRelationName(load->relation));
}

/*
 * Whether a row is left out for its key, and counted.  The key that was last
 * is kept, since sorted rows with one key follow each other.
 */
static bool
is_left_out(BulkLoad *load, TupleTableSlot *row)
{
	Form_pg_attribute key = TupleDescAttr(RelationGetDescr(load->relation),
										  KEY_COLUMN);
	MemoryContext old;

	if (row->tts_isnull[KEY_COLUMN] ||
		(key->attlen == -1 &&
		 toast_raw_datum_size(row->tts_values[KEY_COLUMN]) > KEY_BYTES))
	{
		load->result.without_key++;
		return true;
	}
	if (!load->is_sorted)
		return false;
	if (load->has_previous &&
		datum_image_eq(load->previous_key, row->tts_values[KEY_COLUMN],
					   key->attbyval, key->attlen))
	{
		load->result.duplicate_key++;
		return true;
	}
	if (load->has_previous && !key->attbyval)
		pfree(DatumGetPointer(load->previous_key));
	old = MemoryContextSwitchTo(load->context);
	load->previous_key = datumCopy(row->tts_values[KEY_COLUMN],
								   key->attbyval, key->attlen);
	MemoryContextSwitchTo(old);
	load->has_previous = true;
	return false;
}

/* DestReceiver: a row. */
static bool
bulk_receive(TupleTableSlot *row, DestReceiver *self)
{
	BulkLoad   *load = (BulkLoad *) self;
	TupleDesc	desc = RelationGetDescr(load->relation);
	TupleTableSlot *slot = osmeta_page_slot(load->writer);
	MemoryContext old;

	slot_getallattrs(row);
	slot->tts_values[CAPTURE_COLUMN] = load->capture_id;
	slot->tts_isnull[CAPTURE_COLUMN] = false;

	old = MemoryContextSwitchTo(osmeta_page_context(load->writer));
	for (int i = 1; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		slot->tts_values[i] = row->tts_values[i - 1];
		slot->tts_isnull[i] = row->tts_isnull[i - 1];
		if (slot->tts_isnull[i])
			continue;
		if (attribute->atttypid == TEXTOID ||
			attribute->atttypid == TEXTARRAYOID)
		{
			Datum		clean = cleaned_value(slot->tts_values[i],
											  attribute->atttypid);

			if (clean != slot->tts_values[i])
				note_cleaned(load, slot, i);
			slot->tts_values[i] = clean;
		}
	}
	MemoryContextSwitchTo(old);
	if (!load->has_key || !is_left_out(load, slot))
		osmeta_page_put(load->writer);
	return true;
}

/* DestReceiver: the end, while the query's snapshot still stands. */
static void
bulk_shutdown(DestReceiver *self)
{
	osmeta_page_flush(((BulkLoad *) self)->writer);
}

static void
bulk_destroy(DestReceiver *self)
{
}

BulkResult
osmeta_bulk_load(const char *table, int64 capture_id, bool has_key,
				 bool is_sorted, const char *query, Snapshot snapshot)
{
	BulkLoad   *load = palloc0(sizeof(BulkLoad));
	SPIExecuteOptions options = {0};
	SPIPlanPtr	plan;
	BulkResult	result;
	int			rc;

	load->receiver.receiveSlot = bulk_receive;
	load->receiver.rStartup = bulk_startup;
	load->receiver.rShutdown = bulk_shutdown;
	load->receiver.rDestroy = bulk_destroy;
	load->receiver.mydest = DestTransientRel;	/* DestNone is "discard" */
	load->context = CurrentMemoryContext;
	load->capture_id = Int64GetDatum(capture_id);
	load->has_key = has_key;
	load->is_sorted = is_sorted;
	load->relation = open_target(table);
	load->writer = osmeta_page_begin(load->relation);

	/* no cursor option: a parallel plan would forbid us to write meanwhile */
	plan = SPI_prepare_cursor(query, 0, NULL, 0);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed (%s): %s",
			 SPI_result_code_string(SPI_result), query);
	options.read_only = true;
	options.dest = &load->receiver;
	PushActiveSnapshot(snapshot);
	rc = SPI_execute_plan_extended(plan, &options);
	PopActiveSnapshot();
	if (rc != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_plan_extended failed (%s): %s",
			 SPI_result_code_string(rc), query);
	SPI_freeplan(plan);

	load->result.rows = osmeta_page_end(load->writer);
	table_close(load->relation, NoLock);
	result = load->result;
	pfree(load);
	return result;
}
