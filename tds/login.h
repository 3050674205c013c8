/*-------------------------------------------------------------------------
 *
 * login.h
 *	  Where a foreign server is, and as whom to log in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_TDS_LOGIN_H
#define OSMETA_TDS_LOGIN_H

#include "postgres.h"

#include "foreign/foreign.h"

#include "dblib.h"

/*
 * The servers to try in turn (tds_fdw takes a list), and the login, but for
 * its server, by the user mapping of a user; all in the current memory
 * context.  Whether the user may use the server has been checked.
 */
extern List *osmeta_tds_login(const ForeignServer *server, Oid user,
							  TdsLogin *login);

/* Raise an error unless a user may use a server. */
extern void osmeta_tds_check_usage(const ForeignServer *server, Oid user);

#endif							/* OSMETA_TDS_LOGIN_H */
