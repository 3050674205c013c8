/*-------------------------------------------------------------------------
 *
 * watch.c
 *	  Looks after calls of db-lib that do not return.
 *
 * The library asks whether it shall go on only while it waits.  A server that
 * keeps on sending can so hold it in one call for any time, in which a cancel
 * is not noticed.  While a call is under way a timeout of the server's fires a
 * few times a second and looks after it.  It is armed by the first call that
 * finds it disarmed, and not armed anew when it fires between calls, so that
 * calls for single rows cost nothing, and an idle session is left alone.
 * An error of ours may disarm all timeouts; the next call arms it again.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"

#include "utils/timeout.h"

#include "dblib.h"
#include "watch.h"

/* Milliseconds between two looks. */
#define PERIOD 250

static TimeoutId timeout = MAX_TIMEOUTS;

/* Runs in the handler of a signal. */
static void
look(void)
{
	if (tds_link_look())
		enable_timeout_after(timeout, PERIOD);
}

void
osmeta_tds_watch(void)
{
	if (!get_timeout_active(timeout))
		enable_timeout_after(timeout, PERIOD);
}

void
osmeta_tds_init_watch(void)
{
	/* all of them may be taken, which ends the session: not amid a call */
	if (timeout == MAX_TIMEOUTS)
		timeout = RegisterTimeout(USER_TIMEOUT, look);
}
