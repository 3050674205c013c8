/*-------------------------------------------------------------------------
 *
 * tds_sink.h
 *	  The sink for tables at servers of tds_fdw.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_SINK_H
#define OSMETA_TDS_SINK_H

/* Offer the sink to the engine; called once, when the module is loaded. */
extern void osmeta_tds_init_sink(void);

#endif							/* OSMETA_TDS_SINK_H */
