/*-------------------------------------------------------------------------
 *
 * plan_offender.c
 *	  How many rows of the source have values that the target cannot hold?
 *
 * plan_problem goes by types and lengths, for which no table is read.  Here
 * the tables are: whoever wants to know what a warning means asks for it, and
 * a run asks before it converts anything, since a value that cannot be
 * converted would end the pull in the middle.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "environment.h"
#include "spi.h"
#include "subtransaction.h"

PG_FUNCTION_INFO_V1(osmeta_plan_offender);

#define OFFENDER_COLUMNS 6

/* What is wrong with a value, as a condition on the source's row d. */
typedef struct Offence
{
	PlanEntity *entity;
	const PlanAttribute *attribute;
	const char *code;
	char	   *condition;
} Offence;

static const PlanAttribute *
find_attribute(const PlanEntity *entity, int attribute_no)
{
	for (int i = 0; i < entity->nattributes; i++)
	{
		if (entity->attributes[i].attribute_no == attribute_no)
			return &entity->attributes[i];
	}
	return NULL;
}

/* Values that are converted and may not be convertible. */
static List *
conversions(MigrationPlan *plan)
{
	List	   *offences = NIL;
	uint64		rows;

	rows = osmeta_execf("SELECT c.entity_id, c.attribute_no, c.condition FROM ("
						" SELECT a.entity_id, a.attribute_no, osmeta.publish_condition('d.c' || a.attribute_no,"
						"   osmeta.data_type(a.type), a.target_attribute_type, a.target_length, NULL, 'postgres')"
						"   AS condition"
						" FROM osmeta.plan_attribute a"
						" JOIN osmeta.plan_entity e ON e.plan_id = a.plan_id AND e.entity_id = a.entity_id"
						" WHERE a.plan_id = " INT64_FORMAT " AND e.is_data AND e.include AND a.include"
						"  AND a.transform = 'convert' AND a.status = 'matched') c"
						" WHERE c.condition IS NOT NULL ORDER BY 1, 2", plan->plan_id);
	for (uint64 i = 0; i < rows; i++)
	{
		Offence    *offence = palloc(sizeof(Offence));
		const PlanAttribute *a;

		offence->entity = osmeta_plan_entity(plan, osmeta_int64_at(i, 1, NULL));
		if (offence->entity == NULL)
			continue;
		a = find_attribute(offence->entity,
						   (int) osmeta_int64_at(i, 2, NULL));
		if (a == NULL || a->null_value == NULL)
			continue;
		offence->attribute = a;
		offence->code = "type_converted";
		/* the null value becomes the other type's, whatever it is */
		offence->condition =
			psprintf("d.c%d::text IS DISTINCT FROM (%s::%s)::text AND (%s)",
					 a->attribute_no, a->null_value, a->source_type,
					 osmeta_text_at(i, 3));
		offences = lappend(offences, offence);
	}
	return offences;
}

/* Values that are copied into columns that may be too small for them. */
static List *
copies(MigrationPlan *plan)
{
	List	   *offences = NIL;

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nattributes; j++)
		{
			const PlanAttribute *a = &e->attributes[j];
			char	   *reason;

			if (a->transform != TRANSFORM_COPY || a->source_column == NULL)
				continue;
			reason = osmeta_fit_reason(plan, e, a, false, false);
			if (reason != NULL)
			{
				Offence    *offence = palloc(sizeof(Offence));

				offence->entity = e;
				offence->attribute = a;
				offence->code = "length_reduced";
				offence->condition = psprintf("%s IS NOT NULL", reason);
				offences = lappend(offences, offence);
			}
		}
	}
	return offences;
}

/* Those of one entity in one scan: number of attribute, rows, an identifier. */
static uint64
count_entity(const MigrationPlan *plan, List *offences,
			 const PlanEntity *entity)
{
	StringInfoData values;
	ListCell   *cell;
	int			n = 0;

	initStringInfo(&values);
	foreach(cell, offences)
	{
		const Offence *offence = lfirst(cell);

		if (offence->entity == entity)
			appendStringInfo(&values, "%s(%d, (%s))",
							 values.len > 0 ? ", " : "", n,
							 offence->condition);
		n++;
	}
	if (values.len == 0)
		return 0;
	return osmeta_execf("SELECT v.number, count(*), min(d.c%d)::text"
						" FROM (SELECT * FROM %s OFFSET 0) d"
						" CROSS JOIN LATERAL (VALUES %s) v (number, is_wrong)"
						" WHERE v.is_wrong GROUP BY v.number ORDER BY v.number",
						entity->identifier->attribute_no,
						osmeta_stage_name(plan, 's', entity->entity_id),
						values.data);
}

/* One count, as osmeta_apart wants it; lines are appended to list. */
typedef struct Counting
{
	const MigrationPlan *plan;
	List	   *offences;
	const PlanEntity *entity;
	uint64		rows;
	int		   *number;			/* of the offence */
	int64	   *count;
	char	  **example;
} Counting;

static void
count_rows(void *arg)
{
	Counting   *c = arg;

	c->rows = count_entity(c->plan, c->offences, c->entity);
	c->number = SPI_palloc(sizeof(int) * Max(c->rows, 1));
	c->count = SPI_palloc(sizeof(int64) * Max(c->rows, 1));
	c->example = SPI_palloc(sizeof(char *) * Max(c->rows, 1));
	for (uint64 i = 0; i < c->rows; i++)
	{
		c->number[i] = (int) osmeta_int64_at(i, 1, NULL);
		c->count[i] = osmeta_int64_at(i, 2, NULL);
		c->example[i] = osmeta_text_at(i, 3);
	}
}

static void
count_entity_apart(Counting *counting)
{
	counting->rows = 0;
	if (osmeta_plan_is_large(counting->plan))
		osmeta_apart(count_rows, counting);
	else
		count_rows(counting);
}

/* Before anything is pulled: what is to be converted can be. */
void
osmeta_check_conversions(Run *run)
{
	List	   *offences = conversions(run->plan);
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < run->plan->nentities; i++)
	{
		const PlanEntity *e = &run->plan->entities[i];
		Counting	counting = {.plan = run->plan,.offences = offences,.entity = e};

		if (!e->is_data || !e->is_read || e->identifier == NULL)
			continue;
		count_entity_apart(&counting);
		for (uint64 row = 0; row < counting.rows; row++)
		{
			Offence    *offence = list_nth(offences, counting.number[row]);

			appendStringInfo(&list, "%s%s.%s: " INT64_FORMAT " rows, such as %s",
							 list.len > 0 ? "\n" : "", osmeta_entity_label(e),
							 offence->attribute->name,
							 counting.count[row], counting.example[row]);
		}
	}
	if (list.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("plan \"%s\" has values that cannot be converted to the type of the target",
						run->name),
				 errdetail("%s", list.data),
				 errhint("Nothing has been pulled. Set transform in osmeta.plan_attribute to an SQL expression, or leave these rows or attributes out.")));
}

Datum
osmeta_plan_offender(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	MigrationPlan *plan;
	List	   *offences;
	int			nest_level;

	InitMaterializedSRF(fcinfo, 0);
	nest_level = osmeta_spi_begin(false);
	plan = osmeta_plan_load(name);
	if (plan->source_schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("environment \"%s\" is not attached", plan->source)));
	(void) osmeta_environment_open(plan->source);
	offences = list_concat(conversions(plan), copies(plan));
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];
		Counting	counting = {.plan = plan,.offences = offences,.entity = e};

		if (!e->is_data || e->identifier == NULL)
			continue;
		if (!e->is_read)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("the tables of plan \"%s\" have not been read yet",
							name),
					 errhint("The plan has many entities: run_plan reads their tables. Make a plan of a smaller scope to ask before.")));
		count_entity_apart(&counting);
		for (uint64 row = 0; row < counting.rows; row++)
		{
			Offence    *offence = list_nth(offences, counting.number[row]);
			Datum		values[OFFENDER_COLUMNS];
			bool		nulls[OFFENDER_COLUMNS] = {false};

			nulls[0] = e->espace == NULL;
			values[0] = nulls[0] ? (Datum) 0 : CStringGetTextDatum(e->espace);
			values[1] = CStringGetTextDatum(e->name);
			values[2] = CStringGetTextDatum(offence->attribute->name);
			values[3] = CStringGetTextDatum(offence->code);
			values[4] = Int64GetDatum(counting.count[row]);
			values[5] = CStringGetTextDatum(counting.example[row]);
			tuplestore_putvalues(result->setResult, result->setDesc, values,
								 nulls);
		}
		CHECK_FOR_INTERRUPTS();
	}
	osmeta_spi_end(nest_level);
	return (Datum) 0;
}
