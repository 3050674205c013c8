/*-------------------------------------------------------------------------
 *
 * erd.c
 *	  Entities and their references, to be drawn.
 *
 * Here is decided what a picture shows: the entities of a scope, what else
 * they refer to, and of attributes those that make the structure, the
 * identifier and the references; all of them where the picture is small.  How
 * that is written for a tool is the business of erd_mermaid.c and erd_dot.c.
 *
 *-------------------------------------------------------------------------
 */
#include "erd.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

#include "capture.h"
#include "compare.h"
#include "scope.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_erd);

typedef struct ErdFormat
{
	const char *name;
	void		(*write) (StringInfo buf, const ErdPicture *picture);
} ErdFormat;

static const ErdFormat formats[] = {
	{"mermaid", osmeta_erd_mermaid},
	{"dot", osmeta_erd_dot},
};

/* Where an entity stands in the picture. */
typedef struct EntityPlace
{
	int64		id;				/* key */
	int			number;
} EntityPlace;

/* A picture in the making. */
typedef struct Drawing
{
	ErdPicture	picture;
	int			capacity;		/* of entities */
	HTAB	   *places;
} Drawing;

void
osmeta_erd_id(StringInfo buf, char prefix, int64 id)
{
	/* no tool reads a sign there */
	appendStringInfo(buf, "%c%s" UINT64_FORMAT, prefix, id < 0 ? "_" : "",
					 id < 0 ? (uint64) 0 - (uint64) id : (uint64) id);
}

const char *
osmeta_erd_name(const char *name)
{
	return name != NULL && name[0] != '\0' ? name : "(no name)";
}

char *
osmeta_erd_full_name(const ErdEntity *entity)
{
	if (entity->place == ERD_UNKNOWN)
		return pstrdup("unknown entity");
	return psprintf("%s.%s", osmeta_erd_name(entity->owner),
					osmeta_erd_name(entity->name));
}

static const ErdFormat *
find_format(const char *name)
{
	for (int i = 0; name != NULL && i < (int) lengthof(formats); i++)
		if (strcmp(name, formats[i].name) == 0)
			return &formats[i];
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown format \"%s\"", name ? name : "NULL"),
			 errhint("Formats are mermaid and dot.")));
	return NULL;				/* not reached */
}

/* A new entity at the end; its number. */
static int
add_entity(Drawing *drawing, int64 id, ErdPlace place, const char *owner,
		   const char *name, const char *data_kind)
{
	ErdPicture *picture = &drawing->picture;
	ErdEntity  *entity;

	if (picture->nentities == drawing->capacity)
	{
		drawing->capacity = drawing->capacity * 2;
		picture->entities = repalloc_huge(picture->entities,
										  sizeof(ErdEntity) * drawing->capacity);
	}
	entity = &picture->entities[picture->nentities];
	memset(entity, 0, sizeof(ErdEntity));
	entity->id = id;
	entity->place = place;
	entity->owner = owner;
	entity->name = name;
	entity->is_static = data_kind != NULL &&
		strcmp(data_kind, "staticEntity") == 0;
	if (place != ERD_UNKNOWN)
	{
		EntityPlace *found = hash_search(drawing->places, &id, HASH_ENTER,
										 NULL);

		found->number = picture->nentities;
	}
	return picture->nentities++;
}

/* The entities of the scope, those of an owner together. */
static void
read_entities(Drawing *drawing, Datum *args)
{
	Oid			types[2] = {INT8OID, TEXTARRAYOID};
	uint64		rows;

	rows = osmeta_query("SELECT o.entity_id, coalesce(o.espace, o.extension),"
						" o.entity, o.data_kind, o.is_external"
						" FROM osmeta.owned_entity AS o"
						" WHERE o.capture_id = $1 AND o.entity_id IN"
						"  (SELECT s.entity_id"
						"   FROM osmeta.scope_entity($1, $2) AS s)"
						" ORDER BY coalesce(o.espace, o.extension) COLLATE \"C\","
						"  o.espace_id, o.entity COLLATE \"C\", o.entity_id",
						2, types, args, NULL);
	drawing->capacity = (int) rows + 16;
	drawing->picture.entities =
		MemoryContextAllocHuge(CurrentMemoryContext,
							   sizeof(ErdEntity) * drawing->capacity);
	for (uint64 i = 0; i < rows; i++)
	{
		int			number = add_entity(drawing, osmeta_int64_at(i, 1, NULL),
										ERD_INSIDE, osmeta_text_at(i, 2),
										osmeta_text_at(i, 3),
										osmeta_text_at(i, 4));

		drawing->picture.entities[number].is_external = osmeta_bool_at(i, 5);
	}
	drawing->picture.ninside = drawing->picture.nentities;
}

/* The entity that row i of read_attributes() refers to. */
static int
find_target(Drawing *drawing, uint64 i)
{
	bool		is_unknown;
	int64		id = osmeta_int64_at(i, 11, &is_unknown);
	EntityPlace *found;

	if (is_unknown)
		return add_entity(drawing, osmeta_int64_at(i, 2, NULL), ERD_UNKNOWN,
						  NULL, NULL, NULL);
	found = hash_search(drawing->places, &id, HASH_FIND, NULL);
	if (found != NULL)
		return found->number;
	return add_entity(drawing, id,
					  osmeta_bool_at(i, 12) ? ERD_OUTSIDE : ERD_REMOVED,
					  osmeta_text_at(i, 13), osmeta_text_at(i, 14),
					  osmeta_text_at(i, 15));
}

/*
 * Their attributes: the identifier first, then as the developer ordered them.
 */
static void
read_attributes(Drawing *drawing, Datum capture_id)
{
	ErdPicture *picture = &drawing->picture;
	Oid			types[3] = {INT8OID, TEXTARRAYOID, BOOLOID};
	Datum		args[3];
	uint64		rows;
	StringInfoData ids;

	initStringInfo(&ids);
	for (int i = 0; i < picture->ninside; i++)
		appendStringInfo(&ids, "%c" INT64_FORMAT, i > 0 ? ',' : '{',
						 picture->entities[i].id);
	appendStringInfoString(&ids, picture->ninside > 0 ? "}" : "{}");
	args[0] = capture_id;
	args[1] = CStringGetTextDatum(ids.data);
	args[2] = BoolGetDatum(picture->ninside <= ERD_SMALL);
	types[1] = TEXTOID;
	rows = osmeta_query("SELECT a.entity_id, a.attribute_id, a.attribute,"
						" CASE WHEN a.is_reference AND t.entity_id IS NULL"
						"   THEN 'Identifier'"
						"  WHEN a.is_reference THEN t.entity"
						"  WHEN a.data_type = 'Text' AND a.length > 0"
						"   THEN format('Text(%s)', a.length)"
						"  WHEN a.data_type = 'Decimal'"
						"   THEN format('Decimal(%s,%s)', a.length, a.decimals)"
						"  ELSE a.data_type END,"
						" a.is_identifier, a.is_mandatory, a.is_reference,"
						" a.delete_rule, a.refers_to IS NULL,"
						" a.is_reference AND a.refers_to IS NOT NULL,"
						" t.entity_id, t.is_effective,"
						" coalesce(t.espace, t.extension), t.entity,"
						" t.data_kind"
						" FROM osmeta.owned_attribute AS a"
						" LEFT JOIN osmeta.key_entity AS t"
						"  ON t.store_key"
						"   = osmeta.store_key(a.store_id, a.refers_to)"
						" WHERE a.capture_id = $1 AND a.is_effective"
						"  AND a.entity_id IN"
						"   (SELECT i.id FROM unnest($2::bigint[]) AS i (id))"
						"  AND (a.is_identifier OR a.is_reference OR $3)"
						" ORDER BY a.entity_id, a.is_identifier DESC,"
						"  a.position, a.attribute_id",
						3, types, args, NULL);
	picture->attributes =
		MemoryContextAllocHuge(CurrentMemoryContext,
							   sizeof(ErdAttribute) * (rows + 1));
	for (uint64 i = 0; i < rows; i++)
	{
		ErdAttribute *attribute = &picture->attributes[i];
		int64		entity_id = osmeta_int64_at(i, 1, NULL);
		EntityPlace *owner = hash_search(drawing->places, &entity_id,
										 HASH_FIND, NULL);

		CHECK_FOR_INTERRUPTS();
		attribute->id = osmeta_int64_at(i, 2, NULL);
		attribute->name = osmeta_text_at(i, 3);
		attribute->type = osmeta_text_at(i, 4);
		attribute->is_identifier = osmeta_bool_at(i, 5);
		attribute->is_mandatory = osmeta_bool_at(i, 6);
		attribute->is_reference = osmeta_bool_at(i, 7);
		attribute->delete_rule = osmeta_text_at(i, 8);
		attribute->is_malformed = attribute->is_reference &&
			osmeta_bool_at(i, 9);
		attribute->target = osmeta_bool_at(i, 10) ?
			find_target(drawing, i) : -1;
		if (attribute->target >= 0)
			picture->entities[attribute->target].referrers++;
		/* the array of entities may have moved, their numbers have not */
		if (picture->entities[owner->number].nattributes++ == 0)
			picture->entities[owner->number].first = (int) i;
	}
}

Datum
osmeta_erd(PG_FUNCTION_ARGS)
{
	char	   *argument = NULL;
	char	   *environment;
	const ErdFormat *format;
	Drawing		drawing;
	HASHCTL		control;
	StringInfoData result;
	Datum		args[2];
	int64		capture_id;
	int			nest_level;

	if (!PG_ARGISNULL(0))
		argument = text_to_cstring(PG_GETARG_TEXT_PP(0));
	format = find_format(PG_ARGISNULL(2) ? NULL :
						 text_to_cstring(PG_GETARG_TEXT_PP(2)));
	if (PG_ARGISNULL(1) || ARR_NDIM(PG_GETARG_ARRAYTYPE_P(1)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the scope of a picture must not be empty"),
				 errhint("Items are application:Name, espace:Name, entity:Espace.Entity, or *.")));
	initStringInfo(&result);

	nest_level = osmeta_spi_begin(false);
	environment = osmeta_capture_resolve(argument, &capture_id);
	osmeta_show_captures(1, &capture_id);
	args[0] = Int64GetDatum(capture_id);
	args[1] = PG_GETARG_DATUM(1);
	osmeta_scope_check(capture_id, environment, args[1]);

	memset(&drawing, 0, sizeof(drawing));
	memset(&control, 0, sizeof(control));
	control.keysize = sizeof(int64);
	control.entrysize = sizeof(EntityPlace);
	control.hcxt = CurrentMemoryContext;
	drawing.places = hash_create("entities of a picture", 256, &control,
								 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	drawing.picture.title = psprintf("%s@" INT64_FORMAT, environment,
									 capture_id);
	read_entities(&drawing, args);
	read_attributes(&drawing, args[0]);
	format->write(&result, &drawing.picture);
	osmeta_spi_end(nest_level);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(result.data, result.len));
}
