/*-------------------------------------------------------------------------
 *
 * watch.h
 *	  Looks after calls of db-lib that do not return.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_WATCH_H
#define OSMETA_TDS_WATCH_H

/* Called once in a backend, before a link is opened. */
extern void osmeta_tds_init_watch(void);

/* A call is under way: see that tds_link_look is called until it is not. */
extern void osmeta_tds_watch(void);

#endif							/* OSMETA_TDS_WATCH_H */
