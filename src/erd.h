/*-------------------------------------------------------------------------
 *
 * erd.h
 *	  Entities and their references, to be drawn.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OSMETA_ERD_H
#define OSMETA_ERD_H

#include "osmeta.h"

#include "lib/stringinfo.h"

/* Up to so many entities all their attributes are shown. */
#define ERD_SMALL 12

typedef enum ErdPlace
{
	ERD_INSIDE,					/* of the scope */
	ERD_OUTSIDE,				/* not of the scope, but referred to */
	ERD_REMOVED,				/* referred to, and not active */
	ERD_UNKNOWN					/* referred to, and not there */
} ErdPlace;

typedef struct ErdEntity
{
	int64		id;				/* of the entity; of the attribute that refers
								 * to it where it is unknown */
	ErdPlace	place;
	const char *owner;			/* espace or extension */
	const char *name;
	bool		is_static;
	bool		is_external;
	int			first;			/* attributes */
	int			nattributes;
	int			referrers;		/* references of the scope to it */
} ErdEntity;

typedef struct ErdAttribute
{
	int64		id;
	const char *name;
	const char *type;			/* in words; of a reference its target */
	bool		is_identifier;
	bool		is_mandatory;
	bool		is_reference;
	bool		is_malformed;	/* a reference that cannot be read */
	const char *delete_rule;	/* Protect, Delete or Ignore */
	int			target;			/* entity, -1 if none */
} ErdAttribute;

typedef struct ErdPicture
{
	const char *title;
	int			nentities;		/* those inside by owner, then the others */
	int			ninside;
	ErdEntity  *entities;
	ErdAttribute *attributes;
} ErdPicture;

/* The picture in the language of a tool; text only. */
extern void osmeta_erd_mermaid(StringInfo buf, const ErdPicture *picture);
extern void osmeta_erd_dot(StringInfo buf, const ErdPicture *picture);

/* An identifier of the text: a letter and the number of an object. */
extern void osmeta_erd_id(StringInfo buf, char prefix, int64 id);

/* A name that is shown; of an entity with its owner. */
extern const char *osmeta_erd_name(const char *name);
extern char *osmeta_erd_full_name(const ErdEntity *entity);

#endif							/* OSMETA_ERD_H */
