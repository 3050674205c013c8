/*-------------------------------------------------------------------------
 *
 * name_check.h
 *	  Names that become schemas here: of environments and of plans.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_NAME_CHECK_H
#define OSMETA_NAME_CHECK_H

#include "osmeta.h"

/*
 * Error 42602 (or 42939 for a reserved one) unless name can be the name of an
 * environment, a plan or a schema of one; kind says which, for the message.
 * name may be NULL.
 */
extern void osmeta_check_name(const char *kind, const char *name);

#endif							/* OSMETA_NAME_CHECK_H */
