/*-------------------------------------------------------------------------
 *
 * erd_mermaid.c
 *	  Entities and their references as an erDiagram of Mermaid.
 *
 * Mermaid has no clusters, colours or dashed ends that all its versions know,
 * so the owner stands before the name of an entity, and what it is behind it.
 * Its identifiers are numbers of ours; every name is a quoted label, in which
 * all but plain characters are entity codes (#34;).  That keeps out not only
 * quotes but also "%%{" and "#", which Mermaid looks for before it parses.
 * Names of attributes cannot be quoted: one that is no plain word is written
 * as one, with the real name behind it in quotes.
 *
 *-------------------------------------------------------------------------
 */
#include "erd.h"

#include "html.h"

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '_';
}

/* Inside double quotes. */
static void
append_label(StringInfo buf, const char *text)
{
	const char *end = text +strlen(text);
	int			len;

	for (; text <end; text +=len)
	{
		pg_wchar	c;

		len = pg_utf_mblen((const unsigned char *) text);
		if (len > end - text)
			break;
		c = utf8_to_unicode((const unsigned char *) text);
		if (c < 0x20)
			appendStringInfo(buf, "#%u;", 0x2400 + c);
		else if (osmeta_is_invisible(c))
			appendStringInfo(buf, "#92;u%04x", c);
		else if (c < 0x80 && !is_word_char(*text) &&
				 strchr(" .,()-+/:?!@", *text) == NULL)
			appendStringInfo(buf, "#%u;", c);
		else
			appendBinaryStringInfo(buf, text, len);
	}
}

/* As a word, with parentheses in a type; whether that changed it. */
static bool
append_word(StringInfo buf, const char *text, bool is_type)
{
	bool		changed = false;

	/* a word begins with a letter */
	if (!is_word_char(text[0]) || text[0] == '_' ||
		(text[0] >= '0' && text[0] <= '9'))
	{
		appendStringInfoChar(buf, 'x');
		changed = true;
	}
	for (; *text !='\0'; text ++)
	{
		if (is_word_char(*text) ||
			(is_type && (*text == '(' || *text == ')')))
		{
			appendStringInfoChar(buf, *text);
			continue;
		}
		changed = true;
		/* one for a character, however many bytes it has */
		if ((*text &0xc0) !=0x80)
			appendStringInfoChar(buf, '_');
	}
	return changed;
}

static void
append_attribute(StringInfo buf, const ErdPicture *picture,
				 const ErdAttribute *attribute)
{
	const char *name = osmeta_erd_name(attribute->name);
	const char *separator = " \"";
	bool		changed;

	appendStringInfoString(buf, "        ");
	(void) append_word(buf, osmeta_erd_name(attribute->type), true);
	if (attribute->target >= 0 &&
		picture->entities[attribute->target].place != ERD_UNKNOWN)
		appendStringInfoString(buf, "_Identifier");
	appendStringInfoChar(buf, ' ');
	changed = append_word(buf, name, false);
	if (attribute->is_identifier && attribute->is_reference)
		appendStringInfoString(buf, " PK, FK");
	else if (attribute->is_identifier)
		appendStringInfoString(buf, " PK");
	else if (attribute->is_reference)
		appendStringInfoString(buf, " FK");
	if (changed)
	{
		appendStringInfoString(buf, separator);
		append_label(buf, name);
		separator = ", ";
	}
	if (attribute->is_mandatory && !attribute->is_identifier)
	{
		appendStringInfo(buf, "%smandatory", separator);
		separator = ", ";
	}
	if (attribute->is_malformed)
	{
		appendStringInfo(buf, "%stype cannot be read", separator);
		separator = ", ";
	}
	if (separator[0] == ',')
		appendStringInfoChar(buf, '"');
	appendStringInfoChar(buf, '\n');
}

static void
append_entity(StringInfo buf, const ErdPicture *picture,
			  const ErdEntity *entity)
{
	char	   *name = osmeta_erd_full_name(entity);

	appendStringInfoString(buf, "    ");
	osmeta_erd_id(buf, 'e', entity->id);
	appendStringInfoString(buf, "[\"");
	append_label(buf, name);
	if (entity->place == ERD_OUTSIDE)
		appendStringInfoString(buf, " (outside)");
	if (entity->is_static)
		appendStringInfoString(buf, " (static)");
	if (entity->is_external)
		appendStringInfoString(buf, " (external)");
	appendStringInfoString(buf, "\"]");
	if (entity->nattributes > 0)
	{
		appendStringInfoString(buf, " {\n");
		for (int i = 0; i < entity->nattributes; i++)
			append_attribute(buf, picture, &picture->attributes[entity->first + i]);
		appendStringInfoString(buf, "    }\n");
	}
	else
		appendStringInfoChar(buf, '\n');
	pfree(name);
}

/*
 * A line: at the parent one or none, at the child any number, or one at most
 * where the identifier refers.  Solid where the database has a foreign key.
 */
static void
append_reference(StringInfo buf, const ErdPicture *picture,
				 const ErdEntity *child, const ErdAttribute *attribute)
{
	const ErdEntity *parent = &picture->entities[attribute->target];
	const char *rule = attribute->delete_rule ? attribute->delete_rule : "";

	if (parent->place == ERD_REMOVED || parent->place == ERD_UNKNOWN)
	{
		char	   *name = osmeta_erd_full_name(child);
		char	   *target = osmeta_erd_full_name(parent);

		appendStringInfoString(buf, "    %% left out: ");
		append_label(buf, name);
		appendStringInfoChar(buf, '.');
		append_label(buf, osmeta_erd_name(attribute->name));
		appendStringInfoString(buf, " refers to ");
		if (parent->place == ERD_REMOVED)
		{
			append_label(buf, target);
			appendStringInfoString(buf, ", which is not active\n");
		}
		else
			appendStringInfoString(buf, "an entity that is not known\n");
		return;
	}
	appendStringInfoString(buf, "    ");
	osmeta_erd_id(buf, 'e', parent->id);
	appendStringInfo(buf, " %s%s%s ",
					 attribute->is_mandatory || attribute->is_identifier ?
					 "||" : "|o",
					 strcmp(rule, "Ignore") == 0 ? ".." : "--",
					 attribute->is_identifier ? "o|" : "o{");
	osmeta_erd_id(buf, 'e', child->id);
	appendStringInfoString(buf, " : \"");
	append_label(buf, osmeta_erd_name(attribute->name));
	if (rule[0] != '\0')
	{
		appendStringInfoString(buf, " (");
		append_label(buf, rule);
		appendStringInfoChar(buf, ')');
	}
	appendStringInfoString(buf, "\"\n");
}

void
osmeta_erd_mermaid(StringInfo buf, const ErdPicture *picture)
{
	const char *owner = NULL;

	appendStringInfoString(buf, "erDiagram\n    %% ");
	append_label(buf, picture->title);
	appendStringInfoString(buf, "; solid: Protect or Delete, a foreign key in the database; dotted: Ignore, none\n");
	for (int i = 0; i < picture->nentities; i++)
	{
		const ErdEntity *entity = &picture->entities[i];

		if (entity->place == ERD_REMOVED || entity->place == ERD_UNKNOWN)
			continue;
		if (entity->place == ERD_INSIDE &&
			(owner == NULL ||
			 strcmp(owner, osmeta_erd_name(entity->owner)) != 0))
		{
			owner = osmeta_erd_name(entity->owner);
			appendStringInfoString(buf, "    %% espace ");
			append_label(buf, owner);
			appendStringInfoChar(buf, '\n');
		}
		append_entity(buf, picture, entity);
	}
	for (int i = 0; i < picture->ninside; i++)
	{
		const ErdEntity *child = &picture->entities[i];

		for (int j = 0; j < child->nattributes; j++)
			if (picture->attributes[child->first + j].target >= 0)
				append_reference(buf, picture, child,
								 &picture->attributes[child->first + j]);
	}
}
