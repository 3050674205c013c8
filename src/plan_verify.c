/*-------------------------------------------------------------------------
 *
 * plan_verify.c
 *	  verify_plan: does the target hold what the plan should have put there?
 *
 * The expectation is computed from the stage by the delivery query; what is
 * there is read from the target, never from the ledger.  Both are compared
 * by a checksum that does not depend on the order of rows: the sum of the
 * rows' hashes, computed here on both sides, over binary values, so that no
 * setting changes it.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "access/xact.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/resowner.h"

#include "environment.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_verify_plan);
PG_FUNCTION_INFO_V1(osmeta_plan_key_rows);

#define VERIFY_COLUMNS 9

/* One row of the result. */
typedef struct Verdict
{
	int64		expected;
	int64		found;
	bool		checksum_equal;
	int64		dangling;
	int64		nulled;
	StringInfoData detail;
	bool		is_readable;
} Verdict;

static void
add_detail(Verdict *verdict, const char *text)
{
	if (verdict->detail.len > 0)
		appendStringInfoString(&verdict->detail, "; ");
	appendStringInfoString(&verdict->detail, text);
}

/* Literal bounds of the new identifiers as a condition on the target. */
static char *
target_range(const MigrationPlan *plan, const PlanEntity *entity)
{
	char	   *lower;
	char	   *upper;

	if (!entity->is_number)
		return "true";
	osmeta_execf("SELECT min(v.id)::text, max(v.id)::text FROM (%s) v",
				 osmeta_target_id_sql(plan, entity, NULL));
	lower = osmeta_text_at(0, 1);
	upper = osmeta_text_at(0, 2);
	if (lower == NULL)
		return "false";
	return psprintf("t.c%d >= %s AND t.c%d <= %s",
					entity->identifier->attribute_no, lower,
					entity->identifier->attribute_no, upper);
}

/*
 * The target's type of a column without length, digits or decimals: what
 * came across is compared with what stands there as it is, not cut to fit.
 */
static char *
unlimited_type(const char *type)
{
	const char *open = strchr(type, '(');
	const char *close = open ? strchr(open, ')') : NULL;

	if (strncmp(type, "character(", 10) == 0)
		return pstrdup("bpchar");
	if (strncmp(type, "bit(", 4) == 0)
		return pstrdup("bit varying");
	if (close == NULL)
		return pstrdup(type);
	return psprintf("%.*s%s", (int) (open - type), type, close + 1);
}

/*
 * Hash of a row of an alias, in the target's types.  hash_record_extended is
 * linear in the hashes of the columns, so sums of it would not see two rows
 * that exchange a value; it is hashed once more.
 */
static char *
row_hash(const PlanEntity *entity, const char *alias)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "hashint8extended(hash_record_extended(ROW(");
	for (int i = 0; i < entity->nattributes; i++)
		appendStringInfo(&buf, "%s%s.c%d::%s", i > 0 ? ", " : "", alias,
						 entity->attributes[i].attribute_no,
						 unlimited_type(entity->attributes[i].target_type));
	appendStringInfoString(&buf, "), 0), 1)::numeric");
	return buf.data;
}

static void
compare_rows(const MigrationPlan *plan, const PlanEntity *entity,
			 const char *range, Verdict *verdict)
{
	int			id = entity->identifier->attribute_no;
	int64		strange;

	osmeta_execf("WITH want AS MATERIALIZED ("
				 " SELECT d.c%d AS id, %s AS hash FROM (%s) d),"
				 " have AS MATERIALIZED ("
				 " SELECT t.c%d AS id, %s AS hash FROM %s t WHERE %s)"
				 " SELECT e.number, f.number, e.hash IS NOT DISTINCT FROM f.hash, f.strange"
				 " FROM (SELECT count(*) AS number, sum(w.hash) AS hash FROM want w) e,"
				 "  (SELECT count(*) FILTER (WHERE w.id IS NOT NULL) AS number,"
				 "   sum(h.hash) FILTER (WHERE w.id IS NOT NULL) AS hash,"
				 "   count(*) FILTER (WHERE w.id IS NULL) AS strange"
				 "   FROM have h LEFT JOIN want w ON w.id = h.id) f",
				 id, row_hash(entity, "d"),
				 osmeta_delivery_sql(plan, entity, DELIVERY_FINAL, false, NULL),
				 id, row_hash(entity, "t"),
				 osmeta_stage_name(plan, 't', entity->entity_id), range);
	verdict->expected = osmeta_int64_at(0, 1, NULL);
	verdict->found = osmeta_int64_at(0, 2, NULL);
	verdict->checksum_equal = osmeta_bool_at(0, 3);
	strange = osmeta_int64_at(0, 4, NULL);
	if (verdict->found < verdict->expected)
		add_detail(verdict, psprintf(INT64_FORMAT " rows are missing",
									 verdict->expected - verdict->found));
	else if (verdict->found > verdict->expected)
		add_detail(verdict, psprintf(INT64_FORMAT " rows stand there more than once",
									 verdict->found - verdict->expected));
	else if (!verdict->checksum_equal)
		add_detail(verdict, "contents differ");
	if (strange > 0 && entity->strategy == STRATEGY_OFFSET)
		add_detail(verdict, psprintf(INT64_FORMAT " rows in the plan's range of identifiers are not the plan's",
									 strange));
}

/* The identifiers that a reference may hold at the target, as a query. */
static char *
referred_ids_sql(const MigrationPlan *plan, const PlanEntity *entity)
{
	const char *relation;

	if (strcmp(entity->strategy_name, "user") == 0)
		return psprintf("SELECT u.id FROM %s.live_user u", plan->target_schema);
	if (entity->identifier == NULL)
		return NULL;
	relation = osmeta_stage_name(plan, 't', entity->entity_id);
	return psprintf("SELECT u.id FROM (SELECT c%d AS id FROM %s OFFSET 0) u",
					entity->identifier->attribute_no, relation);
}

/*
 * References of the plan's rows that point nowhere at the target, and those
 * that were left NULL because they pointed nowhere at the source.
 */
static void
check_references(const MigrationPlan *plan, const PlanEntity *entity,
				 const char *range, Verdict *verdict)
{
	int			id = entity->identifier->attribute_no;

	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		char	   *referred;

		if (a->refers_to == NULL || a->is_soft ||
			(a->transform != TRANSFORM_REMAP &&
									 a->transform != TRANSFORM_KEY))
			continue;
		osmeta_execf("SELECT count(*) FROM (%s) d WHERE d.c%d IS NULL",
					 osmeta_delivery_sql(plan, entity, DELIVERY_FINAL, false,
										 psprintf("s.c%d IS NOT NULL",
												  a->attribute_no)),
					 a->attribute_no);
		verdict->nulled += osmeta_int64_at(0, 1, NULL);

		referred = referred_ids_sql(plan, a->refers_to);
		if (referred == NULL)
			continue;
		osmeta_execf("SELECT count(*) FROM (%s) w JOIN %s t ON t.c%d = w.id AND %s"
					 " LEFT JOIN (%s) p ON p.id = t.c%d"
					 " WHERE t.c%d IS NOT NULL AND p.id IS NULL",
					 osmeta_target_id_sql(plan, entity, NULL),
					 osmeta_stage_name(plan, 't', entity->entity_id), id,
					 range, referred, a->attribute_no, a->attribute_no);
		verdict->dangling += osmeta_int64_at(0, 1, NULL);
	}
}

/* An identity counter behind the plan's rows would give their ids again. */
static bool
check_counter(const MigrationPlan *plan, const PlanEntity *entity,
			  Verdict *verdict)
{
	const char *args[2];
	int64		upper;
	int64		value;
	bool		isnull;

	if (entity->strategy == STRATEGY_PARENT || !entity->is_number ||
		entity->counter == NULL || verdict->expected == 0)
		return true;
	osmeta_execf("SELECT max(v.id)::bigint FROM (%s) v",
				 osmeta_target_id_sql(plan, entity, NULL));
	upper = osmeta_int64_at(0, 1, NULL);
	args[0] = entity->target_table;
	args[1] = entity->identifier->target_column;
	if (osmeta_query_text(psprintf("SELECT c.last_value::bigint FROM %s.live_physical_counter c"
								   " WHERE c.table_name = $1 AND c.column_name = $2",
								   plan->target_schema), 2, args) == 0)
		return true;
	value = osmeta_int64_at(0, 1, &isnull);
	if (!isnull && value >= upper)
		return true;
	/* A counter that was never used shows no more than a hidden one. */
	add_detail(verdict, psprintf("the identity counter %s: run at the target SELECT pg_catalog.setval(%s, " INT64_FORMAT ")",
								 isnull ? "has not been used, or needs a right to be read (SELECT on the sequence)" :
								 "is behind",
								 quote_literal_cstr(entity->counter),
								 upper > PG_INT64_MAX - plan->headroom ?
								 PG_INT64_MAX : upper + plan->headroom));
	return false;
}

/* Everything about one entity, in a subtransaction. */
static bool
verify_entity(const MigrationPlan *plan, const PlanEntity *entity,
			  Verdict *verdict)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool is_equal = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		char	   *range = target_range(plan, entity);

		compare_rows(plan, entity, range, verdict);
		check_references(plan, entity, range, verdict);
		is_equal = check_counter(plan, entity, verdict) &&
			verdict->found == verdict->expected && verdict->checksum_equal &&
			verdict->dangling == 0;
		verdict->is_readable = true;
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
			ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
			ReThrowError(error);
		verdict->is_readable = false;
		add_detail(verdict, error->message);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return is_equal;
}

Datum
osmeta_verify_plan(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	MigrationPlan *plan;
	int			nest_level;

	InitMaterializedSRF(fcinfo, 0);
	nest_level = osmeta_spi_begin(false);
	plan = osmeta_plan_load(name);
	if (strcmp(plan->phase, "planned") == 0 || strcmp(plan->phase, "pull") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" has not delivered anything yet", name),
				 errhint("CALL osmeta.run_plan(%s) first.",
						 quote_literal_cstr(name))));
	if (plan->target_schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("environment \"%s\" is not attached", plan->target)));
	(void) osmeta_environment_open(plan->target);
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];
		Verdict		verdict = {0};
		Datum		values[VERIFY_COLUMNS];
		bool		nulls[VERIFY_COLUMNS] = {false};
		bool		is_equal;

		if (!e->is_data)
			continue;
		initStringInfo(&verdict.detail);
		is_equal = verify_entity(plan, e, &verdict);

		nulls[0] = e->espace == NULL;
		values[0] = nulls[0] ? (Datum) 0 : CStringGetTextDatum(e->espace);
		values[1] = CStringGetTextDatum(e->name);
		values[2] = Int64GetDatum(verdict.expected);
		values[3] = Int64GetDatum(verdict.found);
		values[4] = BoolGetDatum(verdict.checksum_equal);
		values[5] = Int64GetDatum(verdict.dangling);
		values[6] = CStringGetTextDatum(!verdict.is_readable ? "unreadable" :
										is_equal ? "ok" : "different");
		values[7] = Int64GetDatum(verdict.nulled);
		nulls[8] = verdict.detail.len == 0;
		values[8] = nulls[8] ? (Datum) 0 :
			CStringGetTextDatum(verdict.detail.data);
		if (!verdict.is_readable)
			nulls[2] = nulls[3] = nulls[4] = nulls[5] = nulls[7] = true;
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	osmeta_spi_end(nest_level);
	return (Datum) 0;
}

/*
 * The pairs of identifiers of a plan.  Rows come through a cursor: a plan
 * can have more of them than memory.
 */
Datum
osmeta_plan_key_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			type = INT8OID;
	Datum		plan_id = PG_GETARG_DATUM(0);
	MigrationPlan *plan;
	int			nest_level;

	InitMaterializedSRF(fcinfo, 0);
	nest_level = osmeta_spi_begin(false);
	if (osmeta_query("SELECT plan FROM osmeta.plan WHERE plan_id = $1", 1,
					 &type, &plan_id, NULL) == 0)
	{
		osmeta_spi_end(nest_level);
		return (Datum) 0;
	}
	plan = osmeta_plan_load(osmeta_text_at(0, 1));
	if (strcmp(plan->phase, "planned") != 0)
		osmeta_plan_require_sound(plan);
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];
		SPIParseOpenOptions options = {.read_only = true};
		Portal		cursor;
		bool		is_staged = strcmp(plan->phase, "planned") != 0;

		if (e->is_data && !is_staged)
			continue;
		cursor = SPI_cursor_parse_open(NULL,
									   psprintf("SELECT %s::osmeta.oskey, k.* FROM (%s) k",
												quote_literal_cstr(e->key),
												osmeta_key_pairs_sql(plan, e)),
									   &options);
		for (;;)
		{
			SPI_cursor_fetch(cursor, true, 1000);
			if (SPI_processed == 0)
				break;
			for (uint64 row = 0; row < SPI_processed; row++)
			{
				Datum		values[3];
				bool		nulls[3];

				heap_deform_tuple(SPI_tuptable->vals[row],
								  SPI_tuptable->tupdesc, values, nulls);
				tuplestore_putvalues(result->setResult, result->setDesc,
									 values, nulls);
			}
			SPI_freetuptable(SPI_tuptable);
		}
		SPI_cursor_close(cursor);
	}
	osmeta_spi_end(nest_level);
	return (Datum) 0;
}
