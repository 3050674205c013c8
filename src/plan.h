/*-------------------------------------------------------------------------
 *
 * plan.h
 *	  A plan in memory, and the statements that follow from it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_PLAN_H
#define OSMETA_PLAN_H

#include "osmeta.h"

#include "sink.h"

/* What happens to the value of an attribute on its way. */
typedef enum PlanTransform
{
	TRANSFORM_KEY,				/* the identifier, by the key strategy */
	TRANSFORM_COPY,
	TRANSFORM_REMAP,			/* a reference, by its entity's strategy */
	TRANSFORM_NULL_VALUE,		/* or the default: one value for all rows */
	TRANSFORM_EXPRESSION,		/* the user's own, when rows are pulled */
	TRANSFORM_LATE,				/* the same, when they are delivered */
	TRANSFORM_TYPED				/* a text that may hold an identifier: the row
								 * says of what */
} PlanTransform;

typedef enum PlanStrategy
{
	STRATEGY_OFFSET,
	STRATEGY_KEEP,
	STRATEGY_DENSE,
	STRATEGY_NATURAL,			/* moved rows: offset unless matched */
	STRATEGY_ASSIGNED,
	STRATEGY_PARENT,
	STRATEGY_MAP				/* rows are not moved: pairs in
								 * osmeta.plan_map */
} PlanStrategy;

/* Which rows of the source are moved. */
typedef enum PullRule
{
	PULL_ALL,
	PULL_FILTER,				/* those that meet the filter */
	PULL_NEEDED					/* those that moved rows refer to */
} PullRule;

struct PlanEntity;

typedef struct PlanAttribute
{
	int			attribute_no;
	char	   *name;			/* logical */
	char	   *type;			/* the vendor's: rt..., bt... */
	char	   *source_column;	/* NULL: only the target has the attribute */
	char	   *target_column;
	char	   *source_type;	/* types here, as the catalogues say */
	char	   *target_type;
	char	   *mask;
	char	   *expression;		/* for TRANSFORM_EXPRESSION, TRANSFORM_LATE */
	char	   *null_value;		/* SQL literal; of the target, or its default */
	PlanTransform transform;
	bool		is_identifier;
	bool		is_mandatory;
	bool		is_deferred;
	bool		is_converted;	/* the expression is ours: convert */
	bool		is_soft;		/* remap:<entity>: a reference to the user
								 * only */
	bool		is_tested;		/* some values refer to no row, or may */
	int64		refers_to_id;	/* entity_id, 0 if none */
	char	   *refers_to_name; /* is_soft: as the user wrote it */
	char	   *typed_key;		/* not NULL: no column, but what the typed one
								 * holds in rows of this type */
	int			value_no;		/* the same: numbers of the typed column ... */
	int			type_no;		/* and of that which says the type; 0: none */
	int			definition_no;	/* and of the definition, which says it, too */
	char	   *source_types;	/* where to read that, up to the number */
	char	   *target_types;
	bool		is_root;		/* leads to the root of the row's tree ... */
	int			parent_no;		/* in which this attribute leads upwards; 0:
								 * it is not moved, and all rows are roots */
	bool		is_owner;		/* an instance of a process belongs to it */
	struct PlanEntity *refers_to;	/* NULL if not in the plan */
	struct PlanEntity *given_to;	/* an expression gives identifiers of it */
} PlanAttribute;

typedef struct PlanEntity
{
	int64		entity_id;
	char	   *espace;
	char	   *name;
	char	   *key;			/* composite, as text */
	char	   *filter;
	char	   *source_table;	/* physical, as spelled there */
	char	   *target_table;
	char	   *counter;
	char	   *strategy_name;
	PlanStrategy strategy;
	char	   *platform_table; /* instances of processes; NULL: no */
	char	   *instance_scan;	/* which instances are moved, over the table s */
	char	   *instance_filter;	/* the same, what only is evaluated here */
	bool		is_data;		/* rows are moved */
	bool		is_number;		/* the identifier is one */
	bool		is_read;		/* relations stand, tables have been read */
	bool		has_map;		/* table m<entity_id> stands */
	bool		is_parent;		/* moved rows refer to it */
	bool		is_created;		/* users or groups whom the target has not are
								 * created there */
	int			level;
	PullRule	pull_rule;
	PlanAttribute *delta;		/* rows of a later round by it, or NULL */
	char	   *delta_from;		/* its value from which this round reads */
	bool		has_pulled;
	int64		pulled_upper_id;	/* all rows up to there have been read */
	int64		pulled_rows;	/* so many stood at the source then */
	char	   *pulled_sum;		/* the sum of their identifiers */
	bool		has_upper;
	int64		lower_id;
	int64		upper_id;
	int64		rows_expected;
	int64		offset;
	int			nattributes;	/* included ones that can be delivered */
	int			nreferences;	/* these, and behind them what a typed column
								 * may refer to */
	PlanAttribute *attributes;
	PlanAttribute *identifier;	/* one of them */
} PlanEntity;

typedef struct MigrationPlan
{
	int64		plan_id;
	char	   *name;
	char	   *schema;			/* = name, quoted */
	char	   *source;			/* environments */
	char	   *target;
	char	   *source_schema;	/* their schemas, quoted; NULL: detached */
	char	   *target_schema;
	char	   *source_columns; /* where to read the columns of all tables */
	char	   *target_columns;
	char	   *target_wrapper; /* NULL: local */
	char	   *source_wrapper;
	char	   *target_dialect;
	char	   *source_dialect;
	char	   *elsewhere;		/* an environment that has moved, or NULL */
	char	   *phase;
	int32		round;			/* 1 for the first run */
	int32		generation;		/* of stage and plan_map */
	char	   *owner;
	char	   *users;			/* option */
	char	   *groups;			/* option */
	char	   *existing_one_to_one;	/* option */
	bool		delete_existing;	/* option existing */
	char	   *undo_changed;	/* option */
	char	   *undo_referenced;	/* option */
	bool		follow;			/* option */
	char	   *updates;		/* option: false, true, force */
	int64		chunk_rows;		/* option */
	int64		headroom;		/* option */
	int64		source_capture_id;
	int64		target_capture_id;
	int			nentities;		/* included ones */
	PlanEntity *entities;		/* by level */
	PlanEntity **by_id;			/* the same, by entity_id */
} MigrationPlan;

/* plan_load.c */

/*
 * Read a plan inside SPI; the result lives in the upper executor context.
 * Errors: 42704 if there is no such plan; 42501 if the caller is no member
 * of its owner.
 */
extern MigrationPlan *osmeta_plan_load(const char *name);

/* "remap:Espace.Entity": a transform for values that the model does not know
 * to be references. */
#define SOFT_PREFIX "remap:"
extern PlanEntity *osmeta_plan_entity(MigrationPlan *plan, int64 entity_id);
extern bool osmeta_is_mapped(const PlanAttribute *attribute);
extern char *osmeta_entity_label(const PlanEntity *entity);

/* Error 55000 unless every row that the plan moves can be mapped. */
extern void osmeta_plan_require_sound(const MigrationPlan *plan);


/* plan_option.c */

/* The first key of options that is unknown or has a bad value is an error. */
extern void osmeta_check_plan_options(const char *options_json);

/* plan_statement.c: text only, nothing is executed */

/* The letters that the names of a plan's relations begin with. */
#define PLAN_RELATIONS "setmxwbnuf"

/* Names of relations in the plan's schema, quoted and qualified. */
extern char *osmeta_stage_name(const MigrationPlan *plan, char kind, int64 entity_id);

extern char *osmeta_stage_table_sql(const MigrationPlan *plan,
									const PlanEntity *entity, char kind);
extern char *osmeta_stage_view_sql(const MigrationPlan *plan, const PlanEntity *entity);
extern char *osmeta_map_table_sql(const MigrationPlan *plan, const PlanEntity *entity);

/*
 * Rows of the source.  scan is a condition over the table, whose alias is s,
 * that goes to the source and holds nothing but literal numbers; local (NULL:
 * none) is one that is evaluated here.
 */
extern bool osmeta_target_is_fenced(const MigrationPlan *plan);
extern char *osmeta_target_sql(const MigrationPlan *plan,
							   const PlanEntity *entity, char kind,
							   const char *range);
extern char *osmeta_any_of_sql(const char *column, const char *numbers);
extern char *osmeta_source_sql(const MigrationPlan *plan,
							   const PlanEntity *entity,
							   const char *scan, const char *local);
extern char *osmeta_pull_query_sql(const MigrationPlan *plan,
								   const PlanEntity *entity,
								   const char *scan, const char *local);
extern char *osmeta_stage_columns(const PlanEntity *entity, const char *alias);
extern char *osmeta_stage_values(const PlanEntity *entity, const char *alias);
extern char *osmeta_id_type(const PlanEntity *entity);
extern char *osmeta_insert_stage_sql(const MigrationPlan *plan,
									 const PlanEntity *entity,
									 const char *query);
extern char *osmeta_pull_sql(const MigrationPlan *plan, const PlanEntity *entity,
							 const char *scan, const char *local);

/* Which rows and columns of a delivery are asked for. */
typedef enum DeliveryKind
{
	DELIVERY_FINAL,				/* every column as it shall stand at the end */
	DELIVERY_FIRST,				/* deferred references not yet */
	DELIVERY_SECOND,			/* the id and the deferred references */
	DELIVERY_CHECKED,			/* DELIVERY_FINAL, and before it source_id */
	DELIVERY_EXPORTED			/* the same, and behind each reference cK that
								 * leads to rows whose identifiers the target
								 * is yet to give, rK: the identifier at the
								 * source */
} DeliveryKind;

/*
 * The query that gives rows as the target shall hold them, columns under
 * their physical names (by_logical_name: under the logical ones); condition
 * is over the stage, whose alias is s.
 */
extern char *osmeta_delivery_sql(const MigrationPlan *plan, const PlanEntity *entity,
								 DeliveryKind kind, bool by_logical_name,
								 const char *condition);

/* The same of rows that stand in another relation like the stage. */
extern char *osmeta_delivery_from_sql(const MigrationPlan *plan,
									  const PlanEntity *entity,
									  DeliveryKind kind, bool by_logical_name,
									  char relation, const char *condition);
extern char *osmeta_delivery_columns(const PlanEntity *entity);

/*
 * The letters of the relations that hold an entity's rows: the stage, and in
 * a later round those that are delivered again.
 */
extern const char *osmeta_round_relations(const MigrationPlan *plan,
										  const PlanEntity *entity);

/* What a deferred reference is until the second step, as SQL. */
extern const char *osmeta_first_value(const PlanAttribute *attribute);

/* A type without length, digits or decimals. */
extern char *osmeta_open_type(const char *type);

/* The type of an attribute's column in the stage. */
extern char *osmeta_staged_type(const PlanAttribute *attribute);

/* The type of an expression that is computed when rows are delivered. */
extern char *osmeta_late_type(const PlanAttribute *attribute);

/* Can a column of this type hold nothing but whole numbers? */
extern bool osmeta_is_whole_number(const char *type);
extern char *osmeta_target_id_sql(const MigrationPlan *plan, const PlanEntity *entity,
								  const char *condition);
extern char *osmeta_key_pairs_sql(const MigrationPlan *plan, const PlanEntity *entity);

/* Condition that limits the stage to a range of source ids; NULLs: none. */
extern char *osmeta_stage_range(const PlanEntity *entity, const char *alias,
								const char *lower, const char *upper);

/*
 * Condition on the stage that leaves out rows which are one with a row that
 * the target has already: they are mapped, and not delivered.
 */
extern char *osmeta_delivered_sql(const MigrationPlan *plan,
								  const PlanEntity *entity, const char *alias);

/* plan_map_id.c */

/*
 * The plan of which this session knows that all rows have been pulled,
 * although its phase does not say so yet; 0: none.
 */
extern int64 osmeta_map_id_known;

/* plan_memory.c */

/* Drop what this session remembers of a plan's identifiers. */
extern void osmeta_plan_forget(void);

/* plan_mask.c */

/*
 * The masked value of an attribute that has a mask; value is an expression.
 */
extern char *osmeta_masked_value(const PlanAttribute *attribute,
								 const char *value);

/*
 * To be called before anything is pulled.  Error 55000 if the plan has masks
 * that need the secret and this session has none, or another one than the
 * sessions that have pulled before.  The first call in a phase later than
 * "planned" writes the plan's check value.
 */
extern void osmeta_check_mask_secret(const MigrationPlan *plan);

/* plan_map.c */

/* Fill osmeta.plan_map from the live environments. */
extern void osmeta_plan_fill_map(const MigrationPlan *plan);

/* plan_creatable.c */

/*
 * Write down why users and groups whom the plan is going to create cannot be
 * created at the target.  To be called when it is known who is referred to.
 */
extern void osmeta_plan_check_creatable(const MigrationPlan *plan);

/* plan_natural.c */

/*
 * Find the staged rows of a moved entity that are one with a row of the
 * target, and put their identifiers into its table mN: by natural key; by
 * text identifier; because they belong to one that is (one-to-one, whose
 * parents must have been done before).  The first of these calls the others.
 * Sets has_map and rows_existing in osmeta.plan_entity; says how many there
 * are if is_told.
 */
extern void osmeta_plan_fill_entity_map(const MigrationPlan *plan,
										PlanEntity *entity, bool is_told);
extern void osmeta_plan_fill_natural(const MigrationPlan *plan,
									 PlanEntity *entity, bool is_told);
extern void osmeta_plan_fill_existing(const MigrationPlan *plan,
									  PlanEntity *entity, bool is_told);

/*
 * The same for rows that a filter leaves out and that references lead to:
 * they have pairs in mN, but no row in the stage.
 */
extern void osmeta_plan_fill_outside(const MigrationPlan *plan,
									 PlanEntity *entity);

/*
 * Condition on a row s of the stage: rows of an entity that it refers to are
 * needed.
 */
extern char *osmeta_needing_sql(const MigrationPlan *plan,
								const PlanEntity *entity,
								const PlanEntity *matched);

/* plan_tenant.c */

/* References of the stage's rows that lead to rows of another tenant. */
extern int64 osmeta_plan_tenant_crossings(const MigrationPlan *plan,
										  const PlanEntity *entity);

/* plan_soft.c */

/* Look at some rows of an entity for texts that may be identifiers. */
extern void osmeta_plan_sample(const MigrationPlan *plan,
							   const PlanEntity *entity);

/* What the looks at all entities mean, when plan_map has been filled. */
extern void osmeta_plan_judge_samples(MigrationPlan *plan);

/* plan.c */

/*
 * Read again what may have changed in the environments: pairs of matched
 * rows, identity counters.
 */
extern void osmeta_plan_refresh(const MigrationPlan *plan);

/* plan_large.c */

/* Are there too many entities to touch their tables in one transaction? */
extern bool osmeta_plan_is_large(const MigrationPlan *plan);

/* How many may be touched between two commits? */
extern int	osmeta_plan_batch(void);

/*
 * The first value that a query gives, as text; of a large plan nothing that
 * the query reads stays locked.
 */
extern char *osmeta_value_apart(const MigrationPlan *plan, const char *sql);

/* plan_column.c: what create_plan needs to know of columns */

/*
 * Read the columns of one side (environment: its schema) into a table of the
 * plan's schema, which osmeta_columns_drop drops; gives its name.  The plan
 * must have its entities.
 */
extern char *osmeta_columns_make(int64 plan_id, const char *schema,
								 const char *environment, bool is_source);
extern void osmeta_columns_drop(const char *table);

/* How the tables of the plan's entities are spelled, and whether they exist. */
extern void osmeta_columns_find_tables(int64 plan_id, const char *source,
									   const char *target);

/* The attributes of the plan's entities, with their columns and types here. */
extern void osmeta_columns_add_attributes(int64 plan_id,
										  int64 source_capture_id,
										  int64 target_capture_id,
										  const char *source,
										  const char *target);

/* plan_counter.c */

/* Write down which counter of the target gives each entity's identifiers. */
extern void osmeta_counters_find(const MigrationPlan *plan);

/*
 * Write down what the counters of some of the plan's entities stand at.
 * Each is locked until the transaction ends.
 */
extern void osmeta_counters_read(const MigrationPlan *plan, int first,
								 int count);

/*
 * What the counter of an entity stands at now; *isnull: not used yet, or not
 * to be seen.  false: there is none.  Of a large plan it stays locked only
 * where there is no right to SELECT from it.
 */
extern bool osmeta_counter_value(const MigrationPlan *plan,
								 const PlanEntity *entity,
								 int64 *value, bool *isnull);

/* plan_read.c */

/*
 * Make the relations of some of the plan's entities and read their tables:
 * those that have not been read, or all again.  A table that cannot be read
 * is a problem of the plan, not an error.
 */
extern void osmeta_plan_read(const MigrationPlan *plan, int first, int count,
							 bool again);

/* Free ranges of identifiers for entities that have been read and have none. */
extern void osmeta_plan_choose_offsets(const MigrationPlan *plan);

/* plan_typed.c */

/* Of which entities do the plan's inputs and outputs hold identifiers? */
extern void osmeta_typed_read(int64 plan_id, int64 source_capture_id,
							  const char *source, const char *source_schema);

/* plan_default.c */

/*
 * Find the defaults of the attributes that only the target has, and choose
 * their transforms.
 */
extern void osmeta_plan_fill_defaults(int64 plan_id, const char *environment,
									  const char *schema);

/* plan_catalogue.c */

typedef enum CatalogueKinds
{
	CATALOGUE_ALL,
	CATALOGUE_TRIGGERS,			/* and rights and events */
	CATALOGUE_RIGHTS			/* and events */
} CatalogueKinds;

/*
 * Has the schema of an environment this view?  One that was attached by an
 * earlier version may lack some.
 */
extern bool osmeta_has_view(const char *environment, const char *view);

/* Write down what the catalogues of both sides say now. */
extern void osmeta_plan_read_catalogue(const MigrationPlan *plan,
									   CatalogueKinds kinds);

/* plan_order.c */

/* Compute level and is_deferred and write them into the plan's tables. */
extern void osmeta_plan_order(int64 plan_id);

/* Compute which rows are pulled of each entity, and write that likewise. */
extern void osmeta_plan_pull_rules(int64 plan_id);

/* plan_check.c */

/*
 * The first column of the result that was read last, for a message: a row in
 * each line, and how many of total are not shown.
 */
extern char *osmeta_list_lines(uint64 rows, uint64 total);

/* plan_delta.c */

/* How many users and groups has a plan created? */
extern int64 osmeta_count_created(const MigrationPlan *plan);

/* What the target has got of this round before its first row: a sentence. */
extern char *osmeta_unwritten(const MigrationPlan *plan);

/* What to do about rows that were refused before any was written. */
extern char *osmeta_refusal_hint(const MigrationPlan *plan,
								 const char *first_round);

/* plan_model.c */

/* Assignments to columns of osmeta.plan_entity e: where its relations lead. */
extern char *osmeta_binding_assignment(const MigrationPlan *plan);

/* 55000 if tables have been put in the place of those of the plan. */
extern void osmeta_check_bindings(const MigrationPlan *plan);

/* Make the relations that lead to such tables anew. */
extern void osmeta_rebind(const MigrationPlan *plan);

/* 55000 if the metamodel means other tables or columns by now. */
extern void osmeta_check_model(const MigrationPlan *plan, bool is_source);

/* plan_expression.c */

/* NULL if the text is one SQL expression, else the reason. */
extern char *osmeta_expression_check(const char *text);

/* Is the text an expression with a call of osmeta.map_id? */
extern bool osmeta_calls_map_id(const char *text);

/* Locks of a session, which survive commits. */
typedef enum PlanLock
{
	PLAN_LOCK_RUN,				/* shared by runs, exclusive for drop */
	PLAN_LOCK_PHASE,			/* who prepares the next phase */
	PLAN_LOCK_CHUNK,
	PLAN_LOCK_TARGET			/* until the transaction ends */
} PlanLock;

extern bool osmeta_plan_lock(PlanLock kind, int64 id, bool shared, bool wait);
extern bool osmeta_plan_lock_transaction(PlanLock kind, int64 id);
extern void osmeta_plan_lock_target(int64 id);
extern void osmeta_plan_unlock(PlanLock kind, int64 id, bool shared);

/* plan_drop.c */

/* Error 55000 if clear_plan has dropped the plan's relations. */
extern void osmeta_require_stage(const MigrationPlan *plan);

#endif							/* OSMETA_PLAN_H */
