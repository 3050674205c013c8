/*-------------------------------------------------------------------------
 *
 * subtransaction.c
 *	  Work that may fail, or leave nothing behind.
 *
 *-------------------------------------------------------------------------
 */
#include "subtransaction.h"

#include "access/xact.h"
#include "utils/resowner.h"

ErrorData *
osmeta_try(void (*work) (void *), void *arg, bool keep)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(arg);
		if (keep)
			ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	if (error != NULL || !keep)
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

void
osmeta_apart(void (*work) (void *), void *arg)
{
	ErrorData  *error = osmeta_try(work, arg, false);

	if (error != NULL)
		ReThrowError(error);
}

char *
osmeta_answer(ErrorData *error)
{
	if (error == NULL)
		return NULL;
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	return error->message;
}
