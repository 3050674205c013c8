/*-------------------------------------------------------------------------
 *
 * plan_undo_check.c
 *	  Which rows of a plan may go?
 *
 * What a plan put in are the rows of its pushed pieces, those of unknown
 * outcome included; their new identifiers are listed in tables xN of the
 * plan's schema (id, keep).  Before anything is deleted, each of these rows
 * is compared with what was delivered, and the foreign keys of the target, and
 * what stands for such (plan_outside.c), are searched for rows of others that
 * refer to them.
 *
 * While a plan is between its first and its second step, or an undo has
 * begun, a deferred reference may be NULL and the row is the plan's all the
 * same.  In the middle of a later round, so may every reference that led
 * nowhere when its row was delivered; and a row that is to be delivered again
 * may stand there as it was or as it shall be: whether its update was
 * committed at the target need not be known.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_delete.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "spi.h"
#include "subtransaction.h"

/* A piece of the push that stands at the target, or may stand there. */
typedef struct Delivered
{
	int64		chunk_id;
	char	   *range;			/* over the stage, alias s */
	char	   *condition;		/* the same, and the round */
	bool		is_prepared;
} Delivered;

static Delivered *
delivered_pieces(const Run *run, const PlanEntity *entity, int *count)
{
	Delivered  *piece;
	uint64		rows;

	rows = osmeta_execf("SELECT c.chunk_id, c.lower_id, c.upper_id, c.round, c.state = 'prepared'"
						" FROM osmeta.plan_chunk c WHERE c.plan_id = " INT64_FORMAT
						" AND c.entity_id = " INT64_FORMAT " AND c.phase = 'push'"
						" AND c.state IN ('done', 'prepared') ORDER BY c.chunk_id",
						run->plan_id, entity->entity_id);
	*count = (int) rows;
	piece = palloc(sizeof(Delivered) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		piece[i].chunk_id = osmeta_int64_at(i, 1, NULL);
		piece[i].range = osmeta_stage_range(entity, "s",
											osmeta_text_at(i, 2),
											osmeta_text_at(i, 3));
		piece[i].condition = psprintf("%s AND s.round = " INT64_FORMAT,
									  piece[i].range,
									  osmeta_int64_at(i, 4, NULL));
		piece[i].is_prepared = osmeta_bool_at(i, 5);
	}
	return piece;
}

/* A piece that is settled. */
typedef struct Repetition
{
	Run		   *run;
	PlanEntity *entity;
	const Delivered *piece;
} Repetition;

static void
push_again(void *arg)
{
	const Repetition *again = arg;
	OsmetaSinkTable table = osmeta_run_sink_table(again->run, again->entity);

	if (again->run->sink->begin_piece != NULL)
	{
		osmeta_begin_piece(again->run, again->entity, again->piece->chunk_id);
		return;
	}
	again->run->sink->insert(&table, osmeta_delivery_columns(again->entity),
							 osmeta_delivery_sql(again->run->plan, again->entity,
												 DELIVERY_FIRST, false,
												 again->piece->condition));
}

/*
 * The session that pushed a piece of unknown outcome may be gone here and
 * about to commit there.  Where the sink has no way to wait for it, inserting
 * the same rows does, by the primary key of the target; then it is known what
 * stands there, and what was inserted is rolled back.
 */
static void
settle_piece(Run *run, PlanEntity *entity, const Delivered *piece)
{
	Repetition	again = {run, entity, piece};
	ErrorData  *error = osmeta_try(push_again, &again, false);

	/* A key that is taken, or a row refused: nobody else is at it. */
	if (error != NULL &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_TRIGGERED_ACTION_EXCEPTION &&
		error->sqlerrcode != ERRCODE_RAISE_EXCEPTION)
		ReThrowError(error);
}

void
osmeta_undo_settle(Run *run)
{
	for (int i = 0; i < run->plan->nentities; i++)
	{
		PlanEntity *e = &run->plan->entities[i];
		Delivered  *piece;
		int			count;

		/* Those that this database gives stand in the ledger or nowhere. */
		if (!e->is_data || (e->strategy == STRATEGY_ASSIGNED &&
							run->sink->begin_piece == NULL))
			continue;
		piece = delivered_pieces(run, e, &count);
		for (int j = 0; j < count; j++)
		{
			if (piece[j].is_prepared)
				settle_piece(run, e, &piece[j]);
		}
	}
}

/*
 * List what the plan put in, in tables xN.  No identifier comes twice, or the
 * target would not have taken it; the key is made when all are there, which
 * takes a fraction of what looking each up would.
 */
void
osmeta_undo_list(Run *run)
{
	MigrationPlan *plan = run->plan;

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];
		char	   *listed = osmeta_stage_name(plan, 'x', e->entity_id);
		Delivered  *piece;
		int			count;

		if (!e->is_data)
			continue;
		if (osmeta_relation_exists(plan, 'x', e->entity_id))
			osmeta_execf("DROP TABLE %s", listed);
		osmeta_execf("CREATE TABLE %s (id %s, keep boolean NOT NULL DEFAULT false)",
					 listed, e->identifier->target_type);
		piece = delivered_pieces(run, e, &count);
		for (int j = 0; j < count; j++)
			osmeta_execf("INSERT INTO %s (id) SELECT v.id FROM (%s) v WHERE v.id IS NOT NULL",
						 listed,
						 osmeta_target_id_sql(plan, e, piece[j].condition));
		/* To sort in files is as quick; memory shall not grow with the rows. */
		osmeta_exec("SELECT set_config('maintenance_work_mem', '4MB', true)");
		osmeta_execf("ALTER TABLE %s ADD PRIMARY KEY (id)", listed);
		osmeta_execf("ANALYZE %s", listed);
		osmeta_commit_now_and_then(run, i);
	}
}

/* Condition that a row of the target, t, is not one that was delivered. */
static char *
changed_condition(const MigrationPlan *plan, const PlanEntity *entity,
				  const char *delivered, bool is_between_steps)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < entity->nattributes; i++)
	{
		const PlanAttribute *a = &entity->attributes[i];
		char	   *there = psprintf("t.c%d", a->attribute_no);
		const char *first = NULL;

		if (a == entity->identifier)
			continue;
		/* what it held while it led nowhere */
		if (is_between_steps && plan->round > 1 &&
			a->transform == TRANSFORM_TYPED)
			first = "'0'";
		else if (is_between_steps &&
				 (a->is_deferred ||
				  (plan->round > 1 && osmeta_is_mapped(a))))
			first = osmeta_first_value(a);
		appendStringInfo(&buf, "%s(%s%s)", buf.len > 0 ? " OR " : "",
						 first != NULL ?
						 psprintf("%s IS DISTINCT FROM %s AND ", there,
								  first) : "",
						 osmeta_differs(a->target_type,
										psprintf("%s.c%d::%s", delivered,
												 a->attribute_no,
												 a->target_type), there));
	}
	return buf.len > 0 ? buf.data : "false";
}

/* Condition that t is not what an update of this round makes of the row d. */
static char *
not_updated_sql(const Run *run, const PlanEntity *entity,
				const Delivered *piece)
{
	int			id = entity->identifier->attribute_no;

	if (run->plan->round == 1 ||
		!osmeta_relation_exists(run->plan, 'u', entity->entity_id))
		return "";
	return psprintf(" AND NOT EXISTS (SELECT FROM (%s) w WHERE w.c%d = d.c%d AND NOT (%s))",
					osmeta_delivery_from_sql(run->plan, entity,
											 DELIVERY_FINAL, false, 'u',
											 piece->range),
					id, id,
					changed_condition(run->plan, entity, "w", true));
}

/* Rows of a piece that somebody has changed, as a query over t and d. */
static char *
changed_sql(Run *run, PlanEntity *entity, const Delivered *piece,
			bool is_between_steps)
{
	MigrationPlan *plan = run->plan;
	int			id = entity->identifier->attribute_no;
	char	   *there = "true";
	char	   *listed = "true";

	if (entity->is_number)
	{
		char	   *lower;
		char	   *upper;

		osmeta_execf("SELECT min(v.id)::text, max(v.id)::text FROM (%s) v",
					 osmeta_target_id_sql(plan, entity, piece->condition));
		lower = osmeta_text_at(0, 1);
		if (lower == NULL)
			return NULL;
		upper = osmeta_text_at(0, 2);
		there = osmeta_id_range(entity, psprintf("t.c%d", id), lower, upper);
		/* else every piece might go through all that is listed */
		listed = osmeta_id_range(entity, "u.id", lower, upper);
	}
	return psprintf("FROM (%s) d JOIN %s u ON u.id = d.c%d AND NOT u.keep AND %s"
					" JOIN %s t ON t.c%d = d.c%d AND %s WHERE (%s)%s",
					osmeta_delivery_sql(plan, entity, DELIVERY_FINAL, false,
										piece->condition),
					osmeta_stage_name(plan, 'x', entity->entity_id), id, listed,
					osmeta_target_sql(plan, entity, 't', there), id, id,
					there,
					changed_condition(plan, entity, "d", is_between_steps),
					is_between_steps ?
					not_updated_sql(run, entity, piece) : "");
}

/* Keep, or note down, the rows of a piece that somebody has changed. */
static void
check_piece(Run *run, PlanEntity *entity, const Delivered *piece,
			bool is_between_steps, Findings *findings)
{
	int			id = entity->identifier->attribute_no;
	char	   *changed = changed_sql(run, entity, piece, is_between_steps);

	if (changed == NULL)
		return;
	if (strcmp(run->plan->undo_changed, "keep") == 0)
		osmeta_execf("UPDATE %s k SET keep = true FROM (SELECT u.id %s) c WHERE k.id = c.id",
					 osmeta_stage_name(run->plan, 'x', entity->entity_id),
					 changed);
	else
		findings->changed +=
			osmeta_findings_add(findings,
								psprintf("SELECT %s::text, d.c%d::text, 'changed since it was delivered'::text %s",
										 quote_literal_cstr(entity->target_table),
										 id, changed));
}

static void
check_changed(Run *run, PlanEntity *entity, bool is_between_steps,
			  Findings *findings)
{
	int			count;
	Delivered  *piece = delivered_pieces(run, entity, &count);
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext,
											  "osmeta piece",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);

	for (int i = 0; i < count; i++)
	{
		MemoryContextReset(own);
		osmeta_spi_enter();
		check_piece(run, entity, &piece[i], is_between_steps, findings);
		osmeta_spi_leave();
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(own);
}

/* Condition that limits a key's column to the ids of xN. */
static char *
listed_range(Run *run, const ForeignKey *key)
{
	char	   *lower;

	if (!key->parent->is_number || !key->is_simple)
		return "true";
	osmeta_execf("SELECT min(u.id)::text, max(u.id)::text FROM %s u WHERE NOT u.keep",
				 osmeta_stage_name(run->plan, 'x', key->parent->entity_id));
	lower = osmeta_text_at(0, 1);
	if (lower == NULL)
		return NULL;
	return osmeta_id_range(key->parent, psprintf("o.%s", key->column), lower,
						   osmeta_text_at(0, 2));
}

/*
 * Rows that refer to rows which are to go, and stay themselves: those of
 * others, and those of the plan that are kept.
 */
static char *
staying_sql(Run *run, const ForeignKey *key)
{
	MigrationPlan *plan = run->plan;
	char	   *range = listed_range(run, key);
	char	   *query;

	if (range == NULL)
		return NULL;
	query = osmeta_referring_sql(key,
								 osmeta_stage_name(plan, 'x',
												   key->parent->entity_id),
								 "NOT u.keep", range);
	if (key->child == NULL || !key->has_id)
		return query;
	return psprintf("%s AND NOT EXISTS (SELECT FROM %s x WHERE x.id = o.id AND NOT x.keep)",
					query,
					osmeta_stage_name(plan, 'x', key->child->entity_id));
}

/* Keep what rows that stay refer to by a foreign key. */
static uint64
keep_referred(Run *run, const ForeignKey *key)
{
	MigrationPlan *plan = run->plan;
	char	   *ids = osmeta_stage_name(plan, 'x', key->parent->entity_id);
	char	   *range = listed_range(run, key);

	if (range == NULL)
		return 0;
	return osmeta_execf("UPDATE %s k SET keep = true FROM (SELECT u.id FROM %s o JOIN %s u ON u.id = o.%s"
						" WHERE NOT u.keep AND %s AND %s) r WHERE k.id = r.id",
						ids, osmeta_key_relation_sql(key, range), ids,
						key->column, range,
						key->child == NULL || !key->has_id ? "true" :
						psprintf("NOT EXISTS (SELECT FROM %s x WHERE x.id = o.id AND NOT x.keep)",
								 osmeta_stage_name(plan, 'x',
												   key->child->entity_id)));
}

/*
 * Keep what kept rows refer to where no foreign key says so: a row that stays
 * is to stay whole.
 */
static uint64
keep_meant(Run *run)
{
	MigrationPlan *plan = run->plan;
	uint64		kept = 0;

	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nattributes; j++)
		{
			const PlanAttribute *a = &e->attributes[j];
			char	   *ids;

			if (a->refers_to == NULL || !a->refers_to->is_data || a->is_soft)
				continue;
			ids = osmeta_stage_name(plan, 'x', a->refers_to->entity_id);
			kept += osmeta_execf("UPDATE %s k SET keep = true FROM (SELECT DISTINCT u.id FROM %s x"
								 " JOIN %s t ON t.c%d = x.id JOIN %s u ON u.id = t.c%d"
								 " WHERE x.keep AND NOT u.keep) r WHERE k.id = r.id",
								 ids,
								 osmeta_stage_name(plan, 'x', e->entity_id),
								 osmeta_target_sql(plan, e, 't', "true"),
								 e->identifier->attribute_no, ids,
								 a->attribute_no);
		}
		osmeta_commit_now_and_then(run, i);
	}
	return kept;
}

static bool
has_kept(const MigrationPlan *plan)
{
	for (int i = 0; i < plan->nentities; i++)
	{
		if (plan->entities[i].is_data &&
			osmeta_value_apart(plan, psprintf("SELECT true FROM %s u WHERE u.keep LIMIT 1",
											  osmeta_stage_name(plan, 'x',
																plan->entities[i].entity_id))) != NULL)
			return true;
	}
	return false;
}

static void
check_referenced(Run *run, Findings *findings)
{
	int			count;
	ForeignKey *keys = osmeta_foreign_keys_load(run->plan, &count);
	bool		is_kept = strcmp(run->plan->undo_referenced, "keep") == 0;
	uint64		kept;

	/* What a kept row refers to is kept whatever the option says. */
	do
	{
		kept = 0;
		for (int i = 0; i < count; i++)
		{
			if (keys[i].is_simple && is_kept)
				kept += keep_referred(run, &keys[i]);
			osmeta_commit_now_and_then(run, i);
		}
		if (has_kept(run->plan))
			kept += keep_meant(run);
	} while (kept > 0);

	for (int i = 0; i < count; i++)
	{
		char	   *query = staying_sql(run, &keys[i]);

		if (query != NULL)
			findings->referred += osmeta_findings_add(findings, query);
		osmeta_commit_now_and_then(run, i);
	}
}

/*
 * Error, with the rows, if something stands in the way that the plan's
 * options do not settle; rows that stay are marked in xN.
 */
void
osmeta_undo_check(Run *run, bool is_resumed)
{
	MigrationPlan *plan = run->plan;
	Findings	findings = {0};
	bool		is_between_steps = is_resumed ||
	strcmp(plan->phase, "done") != 0;

	initStringInfo(&findings.list);
	for (int i = 0; i < plan->nentities; i++)
	{
		PlanEntity *e = &plan->entities[i];

		if (e->is_data && strcmp(plan->undo_changed, "delete") != 0)
			check_changed(run, e, is_between_steps, &findings);
		osmeta_commit_now_and_then(run, i);
	}
	check_referenced(run, &findings);
	if (findings.changed + findings.referred == 0)
		return;
	if (findings.changed + findings.referred > findings.listed)
		appendStringInfo(&findings.list, "\nand " INT64_FORMAT " more",
						 findings.changed + findings.referred - findings.listed);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("plan \"%s\" cannot be undone: rows changed since: " INT64_FORMAT
					", rows of others that refer to the plan's: " INT64_FORMAT,
					run->name, findings.changed, findings.referred),
			 errdetail("%s", findings.list.data),
			 is_resumed ?
			 errhint("Nothing more has been deleted. Put them right at the target, or set the plan's options undo_changed to delete or keep and undo_referenced to keep, and call undo_plan again.") :
			 errhint("Nothing has been deleted. Put them right at the target, or set the plan's options undo_changed to delete or keep and undo_referenced to keep, and call undo_plan again.")));
}
