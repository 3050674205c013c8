/*-------------------------------------------------------------------------
 *
 * scope.c
 *	  Lists of what of a factory is meant, shared by plans and pictures.
 *
 *-------------------------------------------------------------------------
 */
#include "scope.h"

#include "catalog/pg_type.h"

#include "spi.h"

void
osmeta_scope_check(int64 capture_id, const char *environment, Datum scope)
{
	Oid			types[2] = {INT8OID, TEXTARRAYOID};
	Datum		values[2];
	uint64		rows;

	values[0] = Int64GetDatum(capture_id);
	values[1] = scope;

	rows = osmeta_query("SELECT i.item FROM unnest($2) i (item) WHERE i.item IS NULL"
						" OR i.item <> '*' AND i.item !~ '^(application|espace|entity):.'",
						2, types, values, NULL);
	if (rows > 0)
	{
		char	   *item = osmeta_text_at(0, 1);

		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid scope item \"%s\"", item ? item : "NULL"),
				 errhint("Items are application:Name, espace:Name, entity:Espace.Entity, or *.")));
	}
	rows = osmeta_query("SELECT i.item FROM unnest($2) i (item) WHERE NOT EXISTS"
						" (SELECT FROM osmeta.scope_entity($1, $2) s WHERE s.item = i.item)",
						2, types, values, NULL);
	if (rows > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("scope item \"%s\" names no active entity of environment \"%s\"",
						osmeta_text_at(0, 1), environment),
				 errhint("Names are compared with case; the views osmeta.application, osmeta.espace and osmeta.entity list them.")));
}
