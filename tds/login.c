/*-------------------------------------------------------------------------
 *
 * login.c
 *	  Where a foreign server is, and as whom to log in.
 *
 * Servers and user mappings are those of tds_fdw, with its options, so that
 * who can read from a server needs nothing more to write to it than the right
 * to.  Options that concern reading, or the estimates of the planner, mean
 * nothing here.
 *
 *-------------------------------------------------------------------------
 */
#include "login.h"

#include "commands/defrem.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "compat.h"

#define WRAPPER "tds_fdw"

void
osmeta_tds_check_usage(const ForeignServer *server, Oid user)
{
	AclResult	result = osmeta_server_aclcheck(server->serverid, user,
												ACL_USAGE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FOREIGN_SERVER, server->servername);
}

/* Names of servers, separated by commas. */
static List *
split_servers(const char *value)
{
	List	   *servers = NIL;

	while (*value != '\0')
	{
		size_t		length;

		value += strspn(value, " ,");
		length = strcspn(value, ",");
		if (length > 0)
			servers = lappend(servers, pnstrdup(value, length));
		value += length;
	}
	return servers;
}

List *
osmeta_tds_login(const ForeignServer *server, Oid user, TdsLogin *login)
{
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(server->fdwid);
	UserMapping *mapping;
	List	   *servers = NIL;
	ListCell   *cell;

	if (strcmp(wrapper->fdwname, WRAPPER) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" is not one of %s", server->servername,
						WRAPPER),
				 errdetail("Its foreign-data wrapper is \"%s\".",
						   wrapper->fdwname)));
	/* raises its own error if there is none */
	mapping = GetUserMapping(user, server->serverid);

	memset(login, 0, sizeof(*login));
	foreach(cell, server->options)
	{
		DefElem    *option = (DefElem *) lfirst(cell);

		if (strcmp(option->defname, "servername") == 0)
			servers = split_servers(defGetString(option));
		else if (strcmp(option->defname, "port") == 0)
			login->port = defGetString(option);
		else if (strcmp(option->defname, "database") == 0)
			login->database = defGetString(option);
		else if (strcmp(option->defname, "tds_version") == 0)
			login->version = defGetString(option);
	}
	foreach(cell, mapping->options)
	{
		DefElem    *option = (DefElem *) lfirst(cell);

		if (strcmp(option->defname, "username") == 0)
			login->user = defGetString(option);
		else if (strcmp(option->defname, "password") == 0)
			login->password = defGetString(option);
	}
	if (servers == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("server \"%s\" does not say where it is",
						server->servername),
				 errhint("Set its option: ALTER SERVER %s OPTIONS (ADD servername 'host').",
						 quote_identifier(server->servername))));
	return servers;
}
