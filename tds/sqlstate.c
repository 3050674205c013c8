/*-------------------------------------------------------------------------
 *
 * sqlstate.c
 *	  SQLSTATEs for errors of T-SQL servers and of FreeTDS.
 *
 * Servers tell numbers, and so does db-lib; those that a caller may want to
 * tell apart have the SQLSTATE here that PostgreSQL gives in the like case.
 * All others are errors of a foreign server as such.
 *
 *-------------------------------------------------------------------------
 */
#include "sqlstate.h"

#include <string.h>

typedef struct NumberedState
{
	int			number;
	const char *state;
} NumberedState;

/* Messages of the server. */
static const NumberedState of_server[] = {
	{102, "42601"},				/* incorrect syntax near ... */
	{103, "42622"},				/* identifier is too long */
	{105, "42601"},				/* unclosed quotation mark */
	{109, "42601"},				/* more columns than values */
	{110, "42601"},				/* fewer columns than values */
	{137, "42601"},				/* variable is not declared */
	{156, "42601"},				/* incorrect syntax near keyword */
	{170, "42601"},
	{201, "42883"},				/* parameter was not supplied */
	{207, "42703"},				/* invalid column name */
	{208, "42P01"},				/* invalid object name */
	{213, "42601"},				/* number of values does not match */
	{220, "22003"},				/* arithmetic overflow for type */
	{229, "42501"},				/* permission denied on object */
	{230, "42501"},				/* permission denied on column */
	{232, "22003"},
	{241, "22007"},				/* conversion of a string to a date */
	{242, "22008"},				/* ... out of range */
	{244, "22003"},
	{245, "22P02"},				/* conversion failed for value */
	{248, "22003"},
	{262, "42501"},				/* permission denied in database */
	{297, "42501"},
	{300, "42501"},
	{334, "0A000"},				/* OUTPUT without INTO beside triggers */
	{515, "23502"},				/* column does not allow nulls */
	{544, "428C9"},				/* explicit value for identity column */
	{545, "428C9"},				/* identity column has no explicit value */
	{596, "57P01"},				/* session is in the kill state */
	{701, "53200"},				/* insufficient memory */
	{802, "53200"},
	{911, "3D000"},				/* database does not exist */
	{916, "42501"},				/* no access to database */
	{922, "57P03"},				/* database is being recovered */
	{942, "57P03"},				/* database is offline */
	{1088, "42P01"},			/* object does not exist, or no permission */
	{1105, "53100"},			/* no space in filegroup */
	{1204, "53200"},			/* no lock resources */
	{1205, "40P01"},			/* deadlock victim */
	{1222, "55P03"},			/* lock request time out */
	{1750, "42830"},			/* could not create constraint */
	{1934, "55000"},			/* wrong SET options */
	{1935, "55000"},
	{2601, "23505"},			/* duplicate row, unique index */
	{2627, "23505"},			/* duplicate row, constraint */
	{2628, "22001"},			/* data would be truncated, with details */
	{2714, "42P07"},			/* there is such an object already */
	{2812, "42883"},			/* no such procedure */
	{3701, "42P01"},			/* cannot drop what does not exist */
	{3902, "25P01"},			/* COMMIT without a transaction */
	{3903, "25P01"},			/* ROLLBACK without a transaction */
	{3930, "25P02"},			/* transaction cannot be committed */
	{3960, "40001"},			/* update conflict under snapshot */
	{4060, "3D000"},			/* cannot open database */
	{4902, "42P01"},			/* ALTER of what does not exist */
	{6005, "57P01"},			/* shutdown is in progress */
	{8101, "428C9"},			/* explicit value needs IDENTITY_INSERT */
	{8114, "22P02"},			/* error converting type */
	{8115, "22003"},			/* arithmetic overflow */
	{8134, "22012"},			/* divide by zero */
	{8152, "22001"},			/* data would be truncated */
	{8169, "22P02"},			/* conversion to uniqueidentifier */
	{9002, "53100"},			/* transaction log is full */
	{10928, "53300"},			/* limits of Azure SQL */
	{10929, "53300"},
	{15247, "42501"},			/* no permission to do this */
	{17809, "53300"},			/* too many connections */
	{18401, "57P03"},			/* server is starting */
	{18450, "28000"},			/* login failed ... */
	{18452, "28000"},
	{18456, "28P01"},			/* ... for user or password */
	{18470, "28000"},			/* account is disabled */
	{18486, "28000"},			/* account is locked */
	{18487, "28000"},			/* password has expired */
	{18488, "28000"},			/* password must be changed */
	{40197, "57P03"},			/* Azure SQL is not available */
	{40501, "57P03"},
	{40544, "53100"},			/* database has reached its size */
	{40613, "57P03"},
	{40615, "28000"}			/* firewall of Azure SQL */
};

/* Messages of the library. */
static const NumberedState of_library[] = {
	{20002, "08001"},			/* login failed, server did not answer */
	{20003, "08006"},			/* timed out */
	{20004, "08006"},			/* read failed */
	{20006, "08006"},			/* write failed */
	{20008, "08001"},			/* no socket */
	{20009, "08001"},			/* cannot connect */
	{20010, "53200"},			/* no memory */
	{20012, "08001"},			/* server is in no configuration file */
	{20013, "08001"},			/* host has no address */
	{20014, "28P01"},			/* login is incorrect */
	{20017, "08006"},			/* unexpected end of file */
	{20020, "08P01"},			/* bad token in the stream */
	{20047, "08003"},			/* connection is dead */
	{20049, "22003"},			/* overflow in a conversion */
	{20050, "22P02"},			/* syntax error in a conversion */
	{20064, "42P01"},			/* bulk copy into what does not exist */
	{20073, "23502"}			/* bulk copy of NULL into NOT NULL */
};

static const char *
find(const NumberedState *states, size_t count, int number)
{
	for (size_t i = 0; i < count; i++)
	{
		if (states[i].number == number)
			return states[i].state;
	}
	return NULL;
}

const char *
osmeta_tds_sqlstate(const TdsError *error)
{
	const char *state;

	if (error->is_interrupted)
		return "57014";
	if (error->is_client)
	{
		state = find(of_library, sizeof(of_library) / sizeof(of_library[0]),
					 error->number);
		if (state != NULL)
			return state;
		return error->is_lost ? "08006" : "HV000";
	}

	/* one number for foreign keys, check constraints and rules */
	if (error->number == 547)
		return strstr(error->message, "CHECK constraint") != NULL ||
			strstr(error->message, "check constraint") != NULL ?
			"23514" : "23503";
	/* raised by procedures and triggers */
	if (error->number >= 50000 && error->number < 1000000)
		return "P0001";
	state = find(of_server, sizeof(of_server) / sizeof(of_server[0]),
				 error->number);
	if (state != NULL)
		return state;
	return error->is_lost ? "08006" : "HV000";
}
