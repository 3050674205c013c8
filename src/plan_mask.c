/*-------------------------------------------------------------------------
 *
 * plan_mask.c
 *	  Masks of a plan: how they are applied, and that all sessions that run
 *	  it have the same secret.
 *
 *-------------------------------------------------------------------------
 */
#include "plan.h"

#include "utils/builtins.h"

#include "mask.h"
#include "mask_key.h"
#include "spi.h"

/* Longest address of e-mail that a mask makes where the column has room. */
#define EMAIL_MAX 250

static bool
is_word(const char *mask, const char *word)
{
	return strcmp(mask, word) == 0;
}

/* Does the mask depend on the secret? */
static bool
is_keyed(const char *mask)
{
	static const char *const words[] = {
		"email", "name", "phone", "text", "number", "date"
	};

	for (int i = 0; mask != NULL && i < (int) lengthof(words); i++)
	{
		if (is_word(mask, words[i]))
			return true;
	}
	return false;
}

/* Length of a type such as character varying(50), INT_MAX if it has none. */
static int
length_of(const char *type)
{
	int			length;

	if (type != NULL &&
		(sscanf(type, "character varying(%d)", &length) == 1 ||
		 sscanf(type, "character(%d)", &length) == 1))
		return length;
	return INT_MAX;
}

/*
 * The masked value of an attribute that has a mask.  value is an expression
 * over the logical names: what stands there without the mask.
 */
char *
osmeta_masked_value(const PlanAttribute *attribute, const char *value)
{
	const char *mask = attribute->mask;
	const char *type = attribute->transform == TRANSFORM_EXPRESSION ?
	attribute->target_type : attribute->source_type;

	if (attribute->transform != TRANSFORM_COPY &&
		attribute->transform != TRANSFORM_TYPED &&
		attribute->transform != TRANSFORM_EXPRESSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("attribute \"%s\" cannot have a mask",
						attribute->name)));
	if (is_word(mask, "null"))
		return pstrdup("NULL");
	if (strncmp(mask, "constant:", 9) == 0)
		return pstrdup(quote_literal_cstr(mask + 9));
	/* To text, not to the column's type, which would cut it silently. */
	if (is_word(mask, "text") || is_word(mask, "name") ||
		is_word(mask, "phone"))
		return psprintf("osmeta.mask_%s((%s)::text)", mask, value);
	if (is_word(mask, "email"))
		return psprintf("osmeta.mask_email((%s)::text, %d)", value,
						Max(Min(EMAIL_MAX, Min(length_of(attribute->source_type),
											   length_of(attribute->target_type))),
							MASK_EMAIL_MIN));
	if (is_word(mask, "number") || is_word(mask, "date"))
		return psprintf("osmeta.mask_%s((%s)::%s)", mask, value, type);

	/* Never deliver what somebody wanted masked. */
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("attribute \"%s\" has an unknown mask", attribute->name),
			 errhint("Masks are email, name, phone, text, number, date, null and constant:<text>.")));
	return NULL;				/* not reached */
}

/* Does a run of the plan need the secret? */
static bool
needs_secret(const MigrationPlan *plan)
{
	for (int i = 0; i < plan->nentities; i++)
	{
		const PlanEntity *e = &plan->entities[i];

		for (int j = 0; e->is_data && j < e->nattributes; j++)
		{
			const PlanAttribute *a = &e->attributes[j];

			if (is_keyed(a->mask) &&
				(a->transform == TRANSFORM_COPY ||
				 a->transform == TRANSFORM_TYPED ||
				 a->transform == TRANSFORM_EXPRESSION))
				return true;
		}
	}
	return false;
}

/*
 * The check value is made of the secret and of a salt that stands before it,
 * with a dot between.  It is written in the transaction that pulls first, so
 * that a run which pulls nothing fixes nothing; two sessions that come at
 * once wait for each other at the row of the plan.
 */
void
osmeta_check_mask_secret(const MigrationPlan *plan)
{
	char	   *stored;
	char	   *dot;

	if (!needs_secret(plan))
		return;
	if (!osmeta_mask_has_secret())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("plan \"%s\" has masks, which need a secret, and this session has none",
						plan->name),
				 errhint("Connect with PGOPTIONS='-c osmeta.mask_secret=...', so that it stands in no statement.")));

	osmeta_execf("SELECT mask_check FROM osmeta.plan WHERE plan_id = " INT64_FORMAT,
				 plan->plan_id);
	stored = SPI_processed > 0 ? osmeta_text_at(0, 1) : NULL;
	if (stored == NULL && strcmp(plan->phase, "planned") != 0)
	{
		char	   *salt;

		osmeta_execf("SELECT gen_random_uuid()::text");
		salt = osmeta_text_at(0, 1);
		osmeta_execf("UPDATE osmeta.plan SET mask_check = COALESCE(mask_check, %s)"
					 " WHERE plan_id = " INT64_FORMAT " RETURNING mask_check",
					 quote_literal_cstr(psprintf("%s.%s", salt,
												 osmeta_mask_check_value(salt))),
					 plan->plan_id);
		stored = SPI_processed > 0 ? osmeta_text_at(0, 1) : NULL;
	}
	if (stored == NULL)
		return;					/* nothing has been pulled yet */
	dot = strchr(stored, '.');
	if (dot == NULL ||
		strcmp(dot + 1, osmeta_mask_check_value(pnstrdup(stored, dot - stored))) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the secret of this session is not the one that plan \"%s\" has masked with",
						plan->name),
				 errdetail("Equal values would be masked as different ones."),
				 errhint("Connect with the same osmeta.mask_secret, or drop the plan and make it anew.")));
}
