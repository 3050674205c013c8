/*-------------------------------------------------------------------------
 *
 * scan.h
 *	  Scans of osmeta's own foreign tables of tds_fdw.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_SCAN_H
#define OSMETA_TDS_SCAN_H

#include "compat.h"

#include "nodes/extensible.h"

/* What EXPLAIN calls it. */
#define OSMETA_TDS_SCAN "osmeta_tds"

/*
 * The execution of a scan.  Its custom_private is the query (String), the
 * numbers of the columns that are wanted (IntList), and whether these are to be
 * found by name among those of the query (Integer).
 */
extern const CustomScanMethods osmeta_tds_scan_methods;

/* Called once, when the module is loaded. */
extern void osmeta_tds_init_scan(void);

#endif							/* OSMETA_TDS_SCAN_H */
