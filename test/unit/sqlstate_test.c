/*-------------------------------------------------------------------------
 *
 * sqlstate_test.c
 *	  SQLSTATEs of errors of T-SQL servers and of FreeTDS.
 *
 * Prints TAP.  Stands apart from the server: sqlstate.c is pure.
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <string.h>

#include "sqlstate.h"

static int	tests;
static int	failures;

/* An error: from where, its number, what it says, and what it shall be. */
typedef struct Case
{
	bool		is_client;
	bool		is_lost;
	bool		is_interrupted;
	int			number;
	const char *message;
	const char *state;
} Case;

static const Case cases[] = {
	{false, false, false, 2627, "Violation of PRIMARY KEY constraint", "23505"},
	{false, false, false, 2601, "Cannot insert duplicate key row", "23505"},
	{false, false, false, 547, "The INSERT statement conflicted with the FOREIGN KEY constraint", "23503"},
	{false, false, false, 547, "The DELETE statement conflicted with the REFERENCE constraint", "23503"},
	{false, false, false, 547, "The INSERT statement conflicted with the CHECK constraint", "23514"},
	{false, false, false, 515, "Cannot insert the value NULL", "23502"},
	{false, false, false, 1205, "deadlock victim", "40P01"},
	{false, false, false, 1222, "Lock request time out period exceeded.", "55P03"},
	{false, false, false, 208, "Invalid object name", "42P01"},
	{false, false, false, 207, "Invalid column name", "42703"},
	{false, false, false, 102, "Incorrect syntax near", "42601"},
	{false, false, false, 229, "The INSERT permission was denied", "42501"},
	{false, false, false, 8152, "String or binary data would be truncated.", "22001"},
	{false, false, false, 2628, "String or binary data would be truncated", "22001"},
	{false, false, false, 8115, "Arithmetic overflow error", "22003"},
	{false, false, false, 8134, "Divide by zero error encountered.", "22012"},
	{false, false, false, 544, "IDENTITY_INSERT is set to OFF", "428C9"},
	{false, false, false, 18456, "Login failed for user", "28P01"},
	{false, false, false, 4060, "Cannot open database", "3D000"},
	{false, false, false, 9002, "The transaction log is full", "53100"},
	{false, false, false, 50000, "raised by a trigger", "P0001"},
	{false, false, false, 51234, "thrown", "P0001"},
	{false, false, false, 33557097, "anything", "HV000"},
	{false, false, false, 4711, "anything", "HV000"},
	{false, true, false, 4711, "anything that closes the connection", "08006"},
	{true, false, false, 20009, "Unable to connect", "08001"},
	{true, false, false, 20002, "connection failed", "08001"},
	{true, true, false, 20017, "Unexpected EOF", "08006"},
	{true, true, false, 20006, "Write to the server failed", "08006"},
	{true, true, false, 20047, "DBPROCESS is dead", "08003"},
	{true, true, false, 0, "the connection is closed", "08006"},
	{true, false, false, 20050, "syntax error in source field", "22P02"},
	{true, false, false, 12345, "anything", "HV000"},
	{true, true, true, 20003, "timed out", "57014"},
	{false, false, true, 2627, "an interrupt comes first", "57014"}
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		const Case *c = &cases[i];
		TdsError	error;
		const char *state;
		bool		ok;

		memset(&error, 0, sizeof(error));
		error.is_set = true;
		error.is_client = c->is_client;
		error.is_lost = c->is_lost;
		error.is_interrupted = c->is_interrupted;
		error.number = c->number;
		snprintf(error.message, sizeof(error.message), "%s", c->message);
		state = osmeta_tds_sqlstate(&error);
		ok = strcmp(state, c->state) == 0;
		tests++;
		failures += !ok;
		printf("%sok %d - %s %d, %s: %s\n", ok ? "" : "not ", tests,
			   c->is_client ? "library" : "server", c->number, c->message,
			   c->state);
		if (!ok)
			printf("# it is %s\n", state);
	}
	printf("1..%d\n", tests);
	return failures > 0;
}
