/*-------------------------------------------------------------------------
 *
 * page_writer.h
 *	  Rows written into a table by the page, as COPY does it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_PAGE_WRITER_H
#define OSMETA_PAGE_WRITER_H

#include "osmeta.h"

#include "executor/tuptable.h"
#include "utils/rel.h"

typedef struct PageWriter PageWriter;

/*
 * Whether rows may be put into the table directly: it is a plain table with
 * no triggers, rules or row security that a writer would pass by.
 */
extern bool osmeta_is_writable_by_page(Relation relation);

/*
 * Begin to write.  The relation is open, under a lock that INSERT takes too,
 * and the caller has checked the right to INSERT; the writer lives in the
 * current memory context.
 */
extern PageWriter *osmeta_page_begin(Relation relation);

/*
 * The slot for the next row: store tts_values and tts_isnull of all columns,
 * and then put it.  What values need beside what they point to may be taken
 * from osmeta_page_context, which is emptied when rows have been written.
 * A slot that was not put is given again.
 */
extern TupleTableSlot *osmeta_page_slot(PageWriter *writer);
extern MemoryContext osmeta_page_context(PageWriter *writer);

/*
 * Take the row of the slot.  Errors: 23502, 23514 for constraints; now and
 * then, when rows are written, 23505 for a unique index.
 */
extern void osmeta_page_put(PageWriter *writer);

/*
 * Write what is waiting, while the snapshot still stands under which its
 * values were read: large ones are fetched now.
 */
extern void osmeta_page_flush(PageWriter *writer);

/* The end, after osmeta_page_flush; gives the number of all rows. */
extern uint64 osmeta_page_end(PageWriter *writer);

#endif							/* OSMETA_PAGE_WRITER_H */
