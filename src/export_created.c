/*-------------------------------------------------------------------------
 *
 * export_created.c
 *	  Users and groups that a script creates.
 *
 * pull_plan has kept their rows and links (plan_create_kept.c).  In a script
 * each of the platform's tables is an entity of which the target gives the
 * identifiers, before all others; only that somebody of the name may stand in
 * the tenant by then.  Then nobody is created: found_id in the stage is who
 * stands there, so is the pair in the table map, and links are made for none
 * but who has been created.  An undo deletes those whose found_id is NULL, and
 * of them no user or group to whom something refers by then.
 *
 *-------------------------------------------------------------------------
 */
#include "export.h"

#include "utils/builtins.h"

#include "identifier.h"
#include "plan_map.h"
#include "spi.h"

/* Behind these letters stands the name of a column at the target. */
#define IDENTIFIER "i:"
#define REFERENCE "r:"

/* ---- The model ---- */

/* Where the pairs of a kind stand in the table map. */
static int64
map_number(const Export *export, int kind)
{
	const PlanEntity *entity;

	/* links have pairs only so that read_delivery gets to know them */
	if (kind > 1)
		return 1 - kind;
	entity = osmeta_map_entity(export->plan, osmeta_created_kinds[kind]);
	return entity->entity_id;
}

static bool
is_named(const char *name, const char *folded)
{
	return pg_strcasecmp(name, folded) == 0;
}

/* Who is to be created, if a column leads to one. */
static PlanEntity *
created_root(const Export *export, const char *column)
{
	const char *kind = is_named(column, "group_id") ? "group" : "user";
	const PlanEntity *found = osmeta_map_entity(export->plan, kind);

	return found == NULL ? NULL :
		osmeta_plan_entity(export->plan, found->entity_id);
}

static ExportColumn *
add_column(ExportEntity *entity, const char *name, const char *type)
{
	ExportColumn *column = &entity->columns[entity->ncolumns++];
	PlanAttribute *attribute = palloc0(sizeof(PlanAttribute));

	attribute->attribute_no = entity->ncolumns;
	attribute->name = attribute->target_column = pstrdup(name);
	attribute->target_type = pstrdup(type);
	attribute->transform = TRANSFORM_EXPRESSION;
	column->attribute = attribute;
	column->name = osmeta_export_name(name);
	column->kind = osmeta_export_kind(type);
	column->value_type = column->kind == EXPORT_TIME ? "timestamp(3)" :
		attribute->target_type;
	column->first = "NULL";
	return column;
}

/* Columns as the kept table has them, the identifier first. */
static void
read_kept_columns(const Export *export, ExportEntity *entity)
{
	uint64		rows;
	ExportColumn *column = NULL;

	rows = osmeta_export_query(export, "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a"
							   " WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
							   quote_literal_cstr(osmeta_created_table(export->plan, entity->kind)));
	entity->columns = palloc0(sizeof(ExportColumn) * rows);
	for (uint64 i = 0; i < rows; i++)
	{
		char	   *name = osmeta_text_at(i, 1);

		if (strncmp(name, REFERENCE, strlen(REFERENCE)) == 0)
		{
			column->root = created_root(export, name + strlen(REFERENCE));
			column->has_reference = true;
			continue;
		}
		if (strncmp(name, IDENTIFIER, strlen(IDENTIFIER)) == 0)
		{
			column = add_column(entity, name + strlen(IDENTIFIER), "integer");
			column->root = entity->root;
			entity->identifier = column;
			continue;
		}
		column = add_column(entity, name, osmeta_text_at(i, 2));
		column->is_staged = true;
	}
}

static ExportColumn *
find_column(const ExportEntity *entity, const char *folded)
{
	for (int i = 0; i < entity->ncolumns; i++)
	{
		if (is_named(entity->columns[i].attribute->target_column, folded))
			return &entity->columns[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("table \"%s\" has no column \"%s\" that both environments have",
					entity->entity->target_table, folded)));
}

/*
 * Two users, or groups, are one if the server takes their names for the same,
 * in one tenant.
 */
static void
fill_match(ExportEntity *entity, const char *name)
{
	ExportColumn *tenant = find_column(entity, "tenant_id");
	ExportColumn *named = find_column(entity, name);
	int			t = tenant->attribute->attribute_no;
	int			n = named->attribute->attribute_no;

	entity->match = psprintf("t.%s = s.c%d AND t.%s = s.c%d COLLATE DATABASE_DEFAULT",
							 tenant->name, t, named->name, n);
	entity->match_other = psprintf("o.c%d = s.c%d AND o.c%d = s.c%d", t, t, n,
								   n);
}

static void
add_kind(Export *export, int number)
{
	const char *kind = osmeta_created_kinds[number];
	ExportEntity *entity = &export->entities[export->nentities];
	PlanEntity *own;
	bool		has_rows;
	int64		rows;

	has_rows = osmeta_has_created_table(export->plan, kind);
	MemoryContextSwitchTo(export->work);
	if (!has_rows)
		return;
	osmeta_export_query(export, "SELECT count(*), (SELECT obj_description(%s::regclass, 'pg_class')) FROM %s",
						quote_literal_cstr(osmeta_created_table(export->plan, kind)),
						osmeta_created_table(export->plan, kind));
	rows = osmeta_int64_at(0, 1, NULL);
	if (rows == 0)
		return;
	own = palloc0(sizeof(PlanEntity));
	own->entity_id = map_number(export, number);
	own->name = psprintf("created %s", kind);
	own->target_table = osmeta_text_at(0, 2);
	own->is_number = true;
	entity->entity = entity->root = own;
	entity->kind = kind;
	entity->rows = rows;
	entity->label = own->name;
	entity->table = psprintf("%s.%s", osmeta_export_name(export->schema),
							 osmeta_export_name(own->target_table));
	entity->stage = osmeta_export_table(export, kind);
	entity->listed = osmeta_export_table(export, psprintf("x_%s", kind));
	read_kept_columns(export, entity);
	osmeta_export_fill_type(export, entity);
	if (number == 0)
		fill_match(entity, "username");
	else if (number == 1)
		fill_match(entity, "name");
	else
		entity->owner = find_column(entity, number == 4 ? "group_id" : "user_id");
	export->nentities++;
}

void
osmeta_export_created_model(Export *export)
{
	for (int i = 0; i < (int) lengthof(osmeta_created_kinds); i++)
		add_kind(export, i);
}

/* Rows that were kept, with the text of every value. */
char *
osmeta_export_created_rows(const Export *export, const ExportEntity *e)
{
	StringInfoData buf;
	const char *id = osmeta_quote_name(psprintf(IDENTIFIER "%s", e->identifier->attribute->target_column));

	initStringInfo(&buf);
	appendStringInfo(&buf, "SELECT d.%s::text", id);
	for (int i = 0; i < e->ncolumns; i++)
	{
		const ExportColumn *c = &e->columns[i];
		char	   *name = c->attribute->target_column;

		if (c->is_staged)
			appendStringInfo(&buf, ", d.%s::%s::text", osmeta_quote_name(name),
							 c->value_type);
		if (c->has_reference)
			appendStringInfo(&buf, ", d.%s::text",
							 osmeta_quote_name(psprintf(REFERENCE "%s", name)));
	}
	appendStringInfo(&buf, " FROM %s d ORDER BY d.%s",
					 osmeta_created_table(export->plan, e->kind), id);
	return buf.data;
}

/* ---- Delivery ---- */

/* NULL if the script creates none of that kind. */
static const ExportEntity *
entity_of_kind(const Export *export, const char *kind)
{
	for (int i = 0; i < export->nentities; i++)
	{
		if (export->entities[i].kind != NULL &&
			strcmp(export->entities[i].kind, kind) == 0)
			return &export->entities[i];
	}
	return NULL;
}

/*
 * A link whose owner the script has found, and not created, is not made; nor
 * is one to whom it has found if the owner was created before.
 */
static void
mark_links(Export *export, const ExportEntity *e, const ExportColumn *column,
		   const char *kind, const char *range)
{
	const ExportEntity *found = entity_of_kind(export, kind);

	if (found == NULL)
		return;
	osmeta_export_add(export, "UPDATE s SET found_id = 0 FROM %s s WHERE %s%s AND EXISTS (SELECT 1 FROM %s o WHERE o.source_id = s.r%d AND o.found_id IS NOT NULL);",
					  e->stage, range,
					  column == e->owner ? "" :
					  psprintf(" AND s.r%d IS NULL",
							   e->owner->attribute->attribute_no),
					  found->stage, column->attribute->attribute_no);
}

/* Who is not to be created: found_id. */
static void
mark_found(Export *export, const ExportEntity *e, const char *range)
{
	if (e->owner != NULL)
	{
		bool		is_group = strcmp(e->kind, "group_role") == 0;

		mark_links(export, e, e->owner, is_group ? "group" : "user", range);
		/* of whom the plan has created before */
		if (strcmp(e->kind, "group_user") == 0)
		{
			const ExportColumn *group = find_column(e, "group_id");

			if (group->has_reference)
				mark_links(export, e, group, "group", range);
		}
		return;
	}
	osmeta_export_add(export, "UPDATE s SET found_id = (SELECT MIN(t.%s) FROM %s t WHERE %s) FROM %s s WHERE %s;",
					  e->identifier->name, e->table, e->match, e->stage, range);
	/* of two with names that are one there, the first */
	osmeta_export_add(export, "UPDATE s SET found_id = 0 FROM %s s WHERE %s AND s.found_id IS NULL AND EXISTS (SELECT 1 FROM %s o WHERE o.seq < s.seq AND %s);",
					  e->stage, range, e->stage, e->match_other);
}

void
osmeta_export_create_rows(Export *export, const ExportEntity *e, int64 first,
						  int64 last)
{
	StringInfoData columns;
	StringInfoData values;
	StringInfoData joins;
	char	   *range = psprintf("s.seq BETWEEN " INT64_FORMAT " AND " INT64_FORMAT,
								 first, last);
	char	   *map = osmeta_export_table(export, "map");

	initStringInfo(&columns);
	initStringInfo(&values);
	initStringInfo(&joins);
	for (int i = 0; i < e->ncolumns; i++)
	{
		const ExportColumn *c = &e->columns[i];
		const char *comma = columns.len > 0 ? ", " : "";

		if (c == e->identifier)
			continue;
		appendStringInfo(&columns, "%s%s", comma, c->name);
		appendStringInfo(&values, "%s%s", comma,
						 osmeta_export_value(export, e, c, &joins));
	}
	osmeta_export_step_begin(export, "progress");
	osmeta_export_event_guard(export, e);
	osmeta_export_add(export, "DECLARE @rows bigint;");
	osmeta_export_add(export, "DECLARE @paired bigint;");
	osmeta_export_add(export, "DECLARE @wanted bigint;");
	osmeta_export_add(export, "DECLARE @given TABLE (id bigint NOT NULL PRIMARY KEY);");
	mark_found(export, e, range);
	osmeta_export_add(export, "INSERT INTO %s (%s)", e->table, columns.data);
	osmeta_export_add(export, "OUTPUT inserted.%s INTO @given (id)",
					  e->identifier->name);
	osmeta_export_add(export, "SELECT %s", values.data);
	osmeta_export_add(export, "FROM %s s%s WHERE %s AND s.found_id IS NULL ORDER BY s.seq;",
					  e->stage, joins.data, range);
	osmeta_export_add(export, "SET @rows = @@ROWCOUNT;");
	osmeta_export_add(export, "INSERT INTO %s (entity_id, source_id, target_id) SELECT " INT64_FORMAT ", o.source_id, n.id",
					  map, e->entity->entity_id);
	osmeta_export_add(export, "FROM (SELECT s.source_id, ROW_NUMBER() OVER (ORDER BY s.seq) AS place FROM %s s WHERE %s AND s.found_id IS NULL) o",
					  e->stage, range);
	osmeta_export_add(export, "JOIN (SELECT g.id, ROW_NUMBER() OVER (ORDER BY g.id) AS place FROM @given g) n ON n.place = o.place;");
	osmeta_export_add(export, "SET @paired = @@ROWCOUNT;");
	osmeta_export_add(export, "SET @wanted = (SELECT COUNT(*) FROM %s s WHERE %s AND s.found_id IS NULL);",
					  e->stage, range);
	osmeta_export_add(export, "DECLARE @message nvarchar(2000) = %s;",
					  osmeta_export_error_text("rows have been left out, by a trigger there",
											   e->table));
	osmeta_export_add(export, "IF @rows <> @wanted OR @paired <> @wanted THROW 50003, @message, 1;");
	if (e->owner == NULL)
	{
		osmeta_export_add(export, "UPDATE s SET found_id = (SELECT MIN(t.%s) FROM %s t WHERE %s) FROM %s s WHERE %s AND s.found_id = 0;",
						  e->identifier->name, e->table, e->match, e->stage,
						  range);
		osmeta_export_add(export, "INSERT INTO %s (entity_id, source_id, target_id) SELECT " INT64_FORMAT ", s.source_id, s.found_id FROM %s s WHERE %s AND s.found_id IS NOT NULL;",
						  map, e->entity->entity_id, e->stage, range);
	}
	osmeta_export_step_end(export, "progress", "create", e, first, last,
						   "@rows");
}

/* ---- Undo ---- */

void
osmeta_export_list_created(Export *export, const ExportEntity *e)
{
	osmeta_export_step_begin(export, "undo");
	osmeta_export_add(export, "INSERT INTO %s (seq, id) SELECT s.seq, m.target_id FROM %s s JOIN %s m ON m.entity_id = " INT64_FORMAT " AND m.source_id = s.source_id",
					  e->listed, e->stage, osmeta_export_table(export, "map"),
					  e->entity->entity_id);
	osmeta_export_add(export, "WHERE s.found_id IS NULL;");
	osmeta_export_step_end(export, "undo", "list", e, 0, 0, "@@ROWCOUNT");
}

/* Where the model, or the platform's tables, say that they refer to one. */
static void
keep_held(Export *export, const ExportEntity *e)
{
	int			count;
	HolderColumn *column = osmeta_holder_columns(export->plan, e->kind, &count);

	MemoryContextSwitchTo(export->work);
	for (int i = 0; i < count; i++)
	{
		char	   *table;
		char	   *statement;

		if (!osmeta_is_whole_number(column[i].type))
			continue;
		table = psprintf("%s.%s", osmeta_export_name(export->schema),
						 osmeta_export_name(column[i].table_name));
		statement = psprintf("DELETE u FROM %s u WHERE EXISTS (SELECT 1 FROM %s o WHERE o.%s = u.id)",
							 e->listed, table,
							 osmeta_export_name(column[i].column_name));
		/* a copy of the target may have what it has not */
		osmeta_export_add(export, "SET @find = %s;",
						  osmeta_export_text(statement));
		osmeta_export_add(export, "IF EXISTS (SELECT 1 FROM sys.columns c WHERE c.object_id = OBJECT_ID(%s) AND c.name = %s COLLATE DATABASE_DEFAULT) EXEC sys.sp_executesql @find;",
						  osmeta_export_text(table),
						  osmeta_export_text(column[i].column_name));
	}
}

/*
 * Whoever has come to be referred to stays.  The plan's own rows, and what was
 * created after them, have gone.
 */
void
osmeta_export_keep_referred(Export *export, const ExportEntity *e)
{
	if (e->owner != NULL)
		return;
	osmeta_export_step_begin(export, "undo");
	osmeta_export_add(export, "DECLARE @kept bigint = (SELECT COUNT(*) FROM %s);",
					  e->listed);
	osmeta_export_keys_begin(export, psprintf("OBJECT_ID(%s)",
											  osmeta_export_text(e->table)));
	osmeta_export_add(export, "SET @find = %s + @child + %s + @match + %s;",
					  osmeta_export_text(psprintf("DELETE u FROM %s u WHERE EXISTS (SELECT 1 FROM ",
												  e->listed)),
					  osmeta_export_text(psprintf(" o JOIN %s t ON ", e->table)),
					  osmeta_export_text(psprintf(" WHERE t.%s = u.id)",
												  e->identifier->name)));
	osmeta_export_keys_end(export);
	keep_held(export, e);
	osmeta_export_add(export, "SET @kept = @kept - (SELECT COUNT(*) FROM %s);",
					  e->listed);
	osmeta_export_step_end(export, "undo", "keep", e, 0, 0, "@kept");
}
