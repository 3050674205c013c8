/*-------------------------------------------------------------------------
 *
 * subtransaction.h
 *	  Work that may fail, or leave nothing behind.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_SUBTRANSACTION_H
#define OSMETA_SUBTRANSACTION_H

#include "osmeta.h"

/*
 * Call work with arg in a subtransaction.  If that raises an error, it is
 * rolled back and the error returned, in the current memory context; else
 * the result is NULL, and what was done stays if keep says so, and is rolled
 * back if not.  Locks of what is rolled back are released, but for those that
 * the server takes for the whole transaction.
 */
extern ErrorData *osmeta_try(void (*work) (void *), void *arg, bool keep);

/* The same without keeping anything; an error is raised again. */
extern void osmeta_apart(void (*work) (void *), void *arg);

/*
 * The message of an error that is an answer, NULL for none.  A cancel, or an
 * administrator's order, is no answer and raised again.
 */
extern char *osmeta_answer(ErrorData *error);

#endif							/* OSMETA_SUBTRANSACTION_H */
