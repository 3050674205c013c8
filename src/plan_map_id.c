/*-------------------------------------------------------------------------
 *
 * plan_map_id.c
 *	  map_id(plan, entity, value): the new identifier of any value.
 *
 * For identifiers that stand where the model knows no reference: in texts, in
 * JSON, in columns of other systems.  The expression is the one that the
 * deliveries use (plan_identifier.c), prepared once for each call site.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "plan_identifier.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_map_id);

/* The plan of which this session knows that all its rows have been pulled. */
int64		osmeta_map_id_known = 0;

/* What a call site keeps. */
typedef struct MapCall
{
	char	   *plan;
	char	   *entity;
	SPIPlanPtr	statement;
} MapCall;

static PlanEntity *
find_entity(MigrationPlan *plan, const char *name)
{
	PlanEntity *found = NULL;

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		if (strcmp(osmeta_entity_label(e), name) == 0)
			return e;
		if (strcmp(e->name, name) != 0)
			continue;
		if (found != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("plan \"%s\" has several entities \"%s\"",
							plan->name, name),
					 errhint("Give the name of the espace before it: %s.",
							 osmeta_entity_label(e))));
		found = e;
	}
	if (found == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("plan \"%s\" has no entity \"%s\"", plan->name, name),
				 errhint("SELECT espace, entity FROM osmeta.plan_entity lists those that it has; only what is included can be mapped.")));
	return found;
}

static SPIPlanPtr
prepare_statement(const char *plan_name, const char *entity_name)
{
	MigrationPlan *plan = osmeta_plan_load(plan_name);
	PlanEntity *entity = find_entity(plan, entity_name);
	Mapping		mapping;
	char	   *value = "v.value";
	char	   *new;
	Oid			type = TEXTOID;
	SPIPlanPtr	statement;

	if (entity->strategy != STRATEGY_MAP)
	{
		osmeta_require_stage(plan);
		if (strcmp(plan->phase, "planned") == 0 ||
			strcmp(plan->phase, "prepare") == 0 ||
			(strcmp(plan->phase, "pull") == 0 && plan->round == 1 &&
			 osmeta_map_id_known != plan->plan_id))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("identifiers of %s are not known yet",
							osmeta_entity_label(entity)),
					 errdetail("Plan \"%s\" has not pulled all rows.", plan_name)));
		osmeta_plan_require_sound(plan);
	}
	osmeta_mapping_begin(&mapping, plan);
	if (entity->identifier != NULL && entity->is_number)
		value = "CASE WHEN v.value ~ '^ *-?[0-9]{1,18} *$' THEN v.value::bigint END";
	else if (entity->identifier != NULL && entity->strategy != STRATEGY_MAP &&
			 strncmp(entity->identifier->source_type, "numeric", strlen("numeric")) == 0)
		value = "CASE WHEN v.value ~ '^ *-?[0-9]+([.][0-9]+)? *$' THEN v.value::numeric END";
	else if (entity->identifier != NULL && entity->strategy == STRATEGY_MAP &&
			 osmeta_is_whole_number(entity->identifier->target_type))
		value = "CASE WHEN v.value ~ '^ *-?[0-9]{1,18} *$' THEN v.value::bigint::text END";
	new = osmeta_map_identifier(&mapping, entity, value,
								entity->is_number ? "bigint" : "text", true);
	statement = SPI_prepare(psprintf("SELECT (%s)::text FROM (SELECT $1 AS value) v%s",
									 new, mapping.joins.data), 1, &type);
	if (statement == NULL || SPI_keepplan(statement) != 0)
		elog(ERROR, "statement cannot be prepared: %s",
			 SPI_result_code_string(SPI_result));
	return statement;
}

Datum
osmeta_map_id(PG_FUNCTION_ARGS)
{
	MapCall    *call = fcinfo->flinfo->fn_extra;
	char	   *plan = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *entity = text_to_cstring(PG_GETARG_TEXT_PP(1));
	int			nest_level = osmeta_spi_begin(false);
	Datum		argument = PG_GETARG_DATUM(2);
	char	   *result;

	if (call == NULL)
		call = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(MapCall));
	if (call->statement == NULL || strcmp(call->plan, plan) != 0 ||
		strcmp(call->entity, entity) != 0)
	{
		SPIPlanPtr	statement = prepare_statement(plan, entity);

		if (call->statement != NULL)
			SPI_freeplan(call->statement);
		call->statement = statement;
		call->plan = MemoryContextStrdup(fcinfo->flinfo->fn_mcxt, plan);
		call->entity = MemoryContextStrdup(fcinfo->flinfo->fn_mcxt, entity);
	}
	if (SPI_execute_plan(call->statement, &argument, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "identifier cannot be mapped");
	result = SPI_processed > 0 ? osmeta_text_at(0, 1) : NULL;
	osmeta_spi_end(nest_level);
	if (result == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(result));
}
