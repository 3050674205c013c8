/*-------------------------------------------------------------------------
 *
 * export_model.c
 *	  The tables, columns and types of a script.
 *
 * Of a target that is SQL Server the catalogue that the capture holds says
 * which types its columns have; of a copy of one in PostgreSQL, the types here
 * do, and the script asks whether the columns there are of one that takes the
 * values.
 *
 * In a script s is a row of the stage, t one of the target, and mK a pair of
 * the map for attribute K.
 *
 *-------------------------------------------------------------------------
 */
#include "export.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "plan_identifier.h"
#include "spi.h"
#include "script_tsql.h"

/* Longer ones would leave no room for what comes behind. */
#define PREFIX_NAME 40

/* Of UTF-16, in a text that is not (max). */
#define MOST_UNITS 4000

char *
osmeta_export_name(const char *name)
{
	size_t		len = strlen(name);
	char	   *quoted = palloc(OSMETA_SCRIPT_NAME_SIZE(len));

	(void) osmeta_script_name(quoted, name, len);
	return quoted;
}

char *
osmeta_export_text(const char *text)
{
	size_t		len = strlen(text);
	char	   *quoted = palloc(OSMETA_SCRIPT_TEXT_SIZE(len));

	(void) osmeta_script_text(quoted, text, len);
	return quoted;
}

char *
osmeta_export_table(const Export *export, const char *name)
{
	return psprintf("%s.%s", osmeta_export_name(export->schema),
					osmeta_export_name(psprintf("%s%s", export->prefix,
												name)));
}

/* "osmeta_<plan>_", in letters that need no quotes anywhere. */
static char *
prefix_of(const Export *export)
{
	const MigrationPlan *plan = export->plan;
	char	   *clean = pstrdup(plan->name);
	bool		is_changed = strlen(clean) > PREFIX_NAME;

	if (is_changed)
		clean[PREFIX_NAME] = '\0';
	for (char *c = clean; *c != '\0'; c++)
	{
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_", *c) == NULL)
		{
			*c = '_';
			is_changed = true;
		}
	}
	if (!is_changed)
		return psprintf("osmeta_%s_", clean);
	osmeta_export_query(export, "SELECT left(md5(%s), 6)", quote_literal_cstr(plan->name));
	return psprintf("osmeta_%s_%s_", clean, osmeta_text_at(0, 1));
}

/* Types of the target that take the values of a type here, and what it must hold. */
static void
fill_allowed(ExportColumn *column, const char *type)
{
	int			size;
	int			scale = 0;

	column->size = column->scale = "NULL";
	switch (column->kind)
	{
		case EXPORT_NUMBER:
			column->allowed = strcmp(type, "bigint") == 0 ? ",bigint,decimal,numeric," :
				strcmp(type, "integer") == 0 ? ",int,bigint,decimal,numeric," :
				",smallint,tinyint,bit,int,bigint,";
			break;
		case EXPORT_FLOAT:
			column->allowed = ",float,real,";
			break;
		case EXPORT_BOOLEAN:
			column->allowed = ",bit,";
			break;
		case EXPORT_TIME:
			column->allowed = ",datetime,";
			break;
		case EXPORT_BINARY:
			column->allowed = ",varbinary,binary,image,";
			break;
		case EXPORT_TEXT:
			column->allowed = ",nvarchar,varchar,nchar,char,ntext,text,xml,";
			if (sscanf(type, "character varying(%d)", &size) == 1 ||
				sscanf(type, "character(%d)", &size) == 1)
				column->size = psprintf("%d", size);
			else
				column->size = "2147483647";
			break;
		default:
			if (sscanf(type, "numeric(%d,%d)", &size, &scale) >= 1)
			{
				column->allowed = ",decimal,numeric,money,smallmoney,int,bigint,";
				column->size = psprintf("%d", size);
				column->scale = psprintf("%d", scale);
			}
			else if (strcmp(type, "uuid") == 0)
				column->allowed = ",uniqueidentifier,";
			else
				column->allowed = ",date,time,datetime,";
	}
}

/* A column as SQL Server's catalogue has it. */
typedef struct KnownColumn
{
	char	   *name;
	char	   *type;
	char	   *length;
	char	   *precision;
	char	   *scale;
} KnownColumn;

/*
 * The columns of an entity's table in the capture; none, if it is of another
 * engine.  The name of a type goes into the script, so it must be one.
 */
static KnownColumn *
read_known(const Export *export, const ExportEntity *entity, int *count)
{
	KnownColumn *known;

	*count = (int) osmeta_export_query(export, "SELECT c.column_name, c.data_type, c.length::text, c.precision::text, COALESCE(c.scale, 0)::text"
									   " FROM osmeta.captured_physical_column c"
									   " JOIN osmeta.environment n ON n.environment = %s AND n.catalog_dialect = 'sqlserver'"
									   " WHERE c.capture_id = " INT64_FORMAT
									   " AND c.table_name = %s AND c.data_type ~ '^[a-z0-9_]+$'",
									   quote_literal_cstr(export->plan->target),
									   export->plan->target_capture_id,
									   quote_literal_cstr(entity->entity->target_table));
	known = palloc(sizeof(KnownColumn) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		known[i].name = osmeta_text_at(i, 1);
		known[i].type = osmeta_text_at(i, 2);
		known[i].length = osmeta_text_at(i, 3);
		known[i].precision = osmeta_text_at(i, 4);
		known[i].scale = osmeta_text_at(i, 5);
	}
	return known;
}

/*
 * A text is nvarchar in the stage whatever it is in the column: what the code
 * page of that lacks must not get lost before somebody looks.
 */
static char *
text_type(const KnownColumn *known)
{
	if (known->length == NULL || strtol(known->length, NULL, 10) > MOST_UNITS)
		return "nvarchar(max)";
	return psprintf("nvarchar(%s)", known->length);
}

static void
fill_known_type(ExportColumn *column, const KnownColumn *known)
{
	bool		is_text = strstr(known->type, "char") != NULL;

	if (strcmp(known->type, "ntext") == 0 || strcmp(known->type, "text") == 0)
		column->type = "nvarchar(max)";
	else if (strcmp(known->type, "image") == 0)
		column->type = "varbinary(max)";
	else if (is_text)
		column->type = text_type(known);
	else if (strstr(known->type, "binary") != NULL)
		column->type = psprintf("%s(%s)", known->type,
								known->length ? known->length : "max");
	else if (known->precision != NULL)
		column->type = psprintf("%s(%s,%s)", known->type, known->precision,
								known->scale);
	else
		column->type = known->type;
	column->is_padded = strcmp(known->type, "char") == 0 ||
		strcmp(known->type, "nchar") == 0;
	column->allowed = psprintf(",%s,", known->type);
	column->size = column->scale = "NULL";
	if (is_text)
		column->size = known->length ? known->length : "2147483647";
	else if (known->precision != NULL)
	{
		column->size = known->precision;
		column->scale = known->scale;
	}
}

/* The type of which the target's column must be. */
static void
fill_type(const ExportEntity *entity, ExportColumn *column,
		  const KnownColumn *known, int nknown)
{
	const PlanAttribute *attribute = column->attribute;
	char		type[OSMETA_SCRIPT_TYPE_SIZE];

	for (int i = 0; i < nknown; i++)
	{
		if (strcmp(known[i].name, attribute->target_column) == 0)
		{
			fill_known_type(column, &known[i]);
			return;
		}
	}
	fill_allowed(column, attribute->target_type);
	column->is_padded = strncmp(attribute->target_type, "character(", 10) == 0;
	if (osmeta_script_type(type, attribute->target_type) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s.%s: SQL Server has no type for %s",
						entity->label, attribute->name,
						attribute->target_type),
				 errhint("Set include = false for the attribute in a new plan.")));
	column->type = pstrdup(type);
}

void
osmeta_export_fill_type(const Export *export, ExportEntity *entity)
{
	int			nknown;
	KnownColumn *known = read_known(export, entity, &nknown);

	for (int i = 0; i < entity->ncolumns; i++)
		fill_type(entity, &entity->columns[i], known, nknown);
}

static void
fill_column(const Export *export, ExportEntity *entity, ExportColumn *column,
			const PlanAttribute *attribute)
{
	column->root = osmeta_leads_to(attribute);
	column->is_typed = attribute->transform == TRANSFORM_TYPED &&
		osmeta_typed_is_given(entity->entity);
	column->has_reference = column->root != NULL || column->is_typed;
	column->name = osmeta_export_name(attribute->target_column);
	column->kind = osmeta_export_kind(attribute->target_type);
	column->value_type = column->kind == EXPORT_TIME ? "timestamp(3)" :
		attribute->target_type;
	column->is_staged = true;
	if (attribute->is_identifier && entity->root != NULL &&
		entity->root->is_data)
	{
		/* the map has it */
		column->is_staged = false;
		column->root = entity->root;
	}
	column->first = "NULL";
	if (attribute->is_deferred && attribute->is_soft &&
		attribute->null_value != NULL)
	{
		osmeta_export_query(export, "SELECT (%s)::%s::text", attribute->null_value,
							column->value_type);
		column->first = osmeta_export_literal(column, osmeta_text_at(0, 1),
											  NULL, NULL);
	}
	if (attribute->is_deferred)
		entity->has_deferred = true;
}

/* An expression that is computed here can hold no identifier of theirs. */
static void
check_expressions(const Export *export)
{
	if (osmeta_export_query(export, "WITH g AS (SELECT g.plan_id, g.entity, g.object FROM osmeta.assigned_entity g"
							" UNION SELECT e.plan_id, e.entity, COALESCE(e.espace || '.', '') || e.entity FROM osmeta.plan_entity e"
							"  JOIN osmeta.plan_created c ON c.plan_id = e.plan_id AND c.table_name = e.key_strategy WHERE NOT e.is_data)"
							" SELECT DISTINCT a.object || ': ' || g.object FROM osmeta.moved_attribute a"
							" CROSS JOIN LATERAL unnest(osmeta.mapped_entities(a.transform, a.plan)) c (entity)"
							" JOIN g ON g.plan_id = a.plan_id"
							"  AND (c.entity IS NULL OR c.entity IN (g.object, g.entity))"
							" WHERE a.plan_id = " INT64_FORMAT " ORDER BY 1",
							export->plan->plan_id) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a script cannot compute values of transforms that hold identifiers which the target gives"),
				 errdetail("%s.", osmeta_list_values(SPI_processed)),
				 errhint("Make a new plan with key strategy offset for these entities, or with remap:<entity> where the whole value is an identifier.")));
}

static void
fill_entity(const Export *export, ExportEntity *entity)
{
	PlanEntity *e = entity->entity;
	bool		isnull;

	entity->root = osmeta_gives_to(e);
	entity->label = osmeta_entity_label(e);
	entity->table = psprintf("%s.%s", osmeta_export_name(export->schema),
							 osmeta_export_name(e->target_table));
	entity->stage = osmeta_export_table(export,
										psprintf("e" INT64_FORMAT,
												 e->entity_id));
	entity->listed = osmeta_export_table(export,
										 psprintf("x" INT64_FORMAT,
												  e->entity_id));
	entity->copy = osmeta_export_table(export,
									   psprintf("b" INT64_FORMAT,
												e->entity_id));
	entity->columns = palloc0(sizeof(ExportColumn) * Max(e->nattributes, 1));
	for (int i = 0; i < e->nattributes; i++)
	{
		ExportColumn *column = &entity->columns[entity->ncolumns];

		column->attribute = &e->attributes[i];
		fill_column(export, entity, column, &e->attributes[i]);
		if (&e->attributes[i] == e->identifier)
			entity->identifier = &entity->columns[entity->ncolumns];
		entity->ncolumns++;
	}
	osmeta_export_fill_type(export, entity);
	osmeta_export_query(export, "SELECT count(*) FROM %s s WHERE %s",
						osmeta_stage_name(export->plan, 'e', e->entity_id),
						osmeta_delivered_sql(export->plan, e, "s"));
	entity->rows = osmeta_int64_at(0, 1, NULL);
	if (!e->is_number || entity->root != NULL || e->strategy == STRATEGY_PARENT)
		return;
	osmeta_export_query(export, "SELECT max(v.id)::bigint FROM (%s) v",
						osmeta_target_id_sql(export->plan, e, NULL));
	if (osmeta_int64_at(0, 1, &isnull) != 0 && !isnull)
		entity->upper = psprintf(INT64_FORMAT, osmeta_int64_at(0, 1, NULL));
}

void
osmeta_export_model(Export *export)
{
	MigrationPlan *plan = export->plan;

	check_expressions(export);
	export->prefix = prefix_of(export);
	osmeta_export_query(export, "SELECT md5(concat_ws(' ', p.plan_id, extract(epoch FROM p.created_at), extract(epoch FROM p.started_at), p.round, COALESCE(p.exported_generation, p.generation)))"
						" FROM osmeta.plan p WHERE p.plan_id = " INT64_FORMAT,
						plan->plan_id);
	export->token = osmeta_text_at(0, 1);
	export->entities = palloc0(sizeof(ExportEntity) *
							   (plan->nentities + lengthof(osmeta_created_kinds)));
	osmeta_export_created_model(export);
	for (int i = 0; i < plan->nentities; i++)
	{
		if (!plan->entities[i].is_data)
			continue;
		export->entities[export->nentities].entity = &plan->entities[i];
		fill_entity(export, &export->entities[export->nentities]);
		export->nentities++;
	}
	osmeta_export_event_model(export);
}

int64
osmeta_export_piece(const Export *export)
{
	return export->plan->chunk_rows;
}

/* LEFT JOIN of the map for a reference, or an identifier, of s. */
static void
join_map(const Export *export, const ExportEntity *entity,
		 const ExportColumn *column, StringInfo joins)
{
	int			no = column->attribute->attribute_no;
	char	   *source = column == entity->identifier &&
	entity->entity == entity->root ? "s.source_id" :
	psprintf("s.r%d", no);

	appendStringInfo(joins, " LEFT JOIN %s m%d ON m%d.entity_id = " INT64_FORMAT " AND m%d.source_id = %s",
					 osmeta_export_table(export, "map"), no, no,
					 column->root->entity_id, no, source);
}

char *
osmeta_export_value(const Export *export, const ExportEntity *entity,
					const ExportColumn *column, StringInfo joins)
{
	int			no = column->attribute->attribute_no;
	char	   *given;

	if (column->is_typed)
	{
		appendStringInfo(joins, " LEFT JOIN %s m%d ON m%d.entity_id = s.g%d AND m%d.source_id = s.r%d",
						 osmeta_export_table(export, "map"), no, no, no, no, no);
		return psprintf("COALESCE(CAST(m%d.target_id AS nvarchar(20)), s.c%d)",
						no, no);
	}
	if (column->root == NULL)
		return psprintf("s.c%d", no);
	join_map(export, entity, column, joins);
	if (!column->is_staged)
		return psprintf("m%d.target_id", no);
	given = psprintf("CAST(m%d.target_id AS %s)", no, column->type);
	return psprintf("COALESCE(%s, s.c%d)", given, no);
}

char *
osmeta_export_is_same(const Export *export, const ExportEntity *entity,
					  StringInfo joins)
{
	const ExportColumn *id = entity->identifier;

	return psprintf("t.%s = %s%s", id->name,
					osmeta_export_value(export, entity, id, joins),
					id->kind == EXPORT_TEXT ? " COLLATE DATABASE_DEFAULT" : "");
}

/* A value as bytes, whatever the collation takes for the same. */
static char *
compared(const ExportColumn *column, const char *value)
{
	if (column->kind == EXPORT_TEXT)
		return psprintf(column->is_padded ?
						"CAST(RTRIM(CAST(%s AS nvarchar(max))) AS varbinary(max))" :
						"CAST(CAST(%s AS nvarchar(max)) AS varbinary(max))",
						value);
	if (column->kind == EXPORT_BINARY)
		return psprintf("CAST(%s AS varbinary(max))", value);
	return pstrdup(value);
}

char *
osmeta_export_differs(const Export *export, const ExportEntity *entity,
					  bool with_deferred, StringInfo joins)
{
	StringInfoData there;
	StringInfoData here;

	initStringInfo(&there);
	initStringInfo(&here);
	for (int i = 0; i < entity->ncolumns; i++)
	{
		const ExportColumn *column = &entity->columns[i];
		const char *comma = there.len > 0 ? ", " : "";

		if (column == entity->identifier ||
			(column->attribute->is_deferred && !with_deferred))
			continue;
		appendStringInfo(&there, "%s%s", comma,
						 compared(column, psprintf("t.%s", column->name)));
		appendStringInfo(&here, "%s%s", comma,
						 compared(column,
								  osmeta_export_value(export, entity, column,
													  joins)));
	}
	if (there.len == 0)
		return "1 = 0";
	return psprintf("EXISTS (SELECT %s EXCEPT SELECT %s)", there.data,
					here.data);
}
