/*-------------------------------------------------------------------------
 *
 * name.c
 *	  Physical names in SQL: the entry points over physical_name.c.
 *
 * The rules stand in physical_name.c; here are arguments, results and
 * errors, and the search for the smallest free number of a table name.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "key.h"
#include "physical_name.h"
#include "value.h"

PG_FUNCTION_INFO_V1(name_espace_hash);
PG_FUNCTION_INFO_V1(name_table);
PG_FUNCTION_INFO_V1(name_column);
PG_FUNCTION_INFO_V1(name_event_table);
PG_FUNCTION_INFO_V1(name_trigger);
PG_FUNCTION_INFO_V1(name_primary_key);
PG_FUNCTION_INFO_V1(name_foreign_key);
PG_FUNCTION_INFO_V1(name_parse);
PG_FUNCTION_INFO_V1(name_explain);
PG_FUNCTION_INFO_V1(name_fold);

Dialect
osmeta_dialect(const text *name)
{
	Dialect		dialect;

	if (!osmeta_dialect_parse(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name),
							  &dialect))
	{
		char		excerpt[EXCERPT_SIZE];

		osmeta_text_excerpt(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name),
							excerpt);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized dialect: \"%s\"", excerpt),
				 errhint("Valid dialects are: %s.", DIALECT_NAMES)));
	}
	return dialect;
}

/* A text with these bytes. */
static inline text *
make_text(const char *data, Size len)
{
	return cstring_to_text_with_len(data, (int) len);
}

/* A name in one case, whatever the locale of the database. */
Datum
name_fold(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	Size		len = VARSIZE_ANY_EXHDR(name);
	text	   *folded = (text *) palloc(VARHDRSZ + len);

	SET_VARSIZE(folded, VARHDRSZ + len);
	osmeta_name_fold(VARDATA_ANY(name), len, VARDATA(folded));
	PG_RETURN_TEXT_P(folded);
}

Datum
name_espace_hash(PG_FUNCTION_ARGS)
{
	text	   *espace = PG_GETARG_TEXT_PP(0);
	char		hash[ESPACE_HASH_LEN];

	osmeta_espace_hash(VARDATA_ANY(espace), VARSIZE_ANY_EXHDR(espace), hash);
	PG_RETURN_TEXT_P(make_text(hash, sizeof(hash)));
}

/*
 * The smallest clash number that no taken name rules out; 0 for the bare
 * name.  One pass over the names: each marks the numbers it stands for in a
 * bitmap, and n names cannot rule out more than TAKEN_NUMBERS * n numbers,
 * so higher ones need no mark.
 */
static uint32
free_number(const char *hash, const text *entity, Dialect dialect,
			ArrayType *taken)
{
	Datum	   *names;
	bool	   *nulls;
	int			count;
	uint64		limit;
	uint8	   *marks;
	uint32		result = 0;

	deconstruct_array(taken, TEXTOID, -1, false, TYPALIGN_INT,
					  &names, &nulls, &count);
	limit = (uint64) count * TAKEN_NUMBERS + 1;
	marks = palloc0(limit / 8 + 1);

	for (int i = 0; i < count; i++)
	{
		uint32_t	numbers[TAKEN_NUMBERS];
		text	   *name;
		int			n;

		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			continue;
		name = DatumGetTextPP(names[i]);
		n = osmeta_taken_numbers(hash, VARDATA_ANY(entity),
								 VARSIZE_ANY_EXHDR(entity), dialect,
								 VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name),
								 numbers);
		while (--n >= 0)
			if (numbers[n] < limit)
				marks[numbers[n] / 8] |= (uint8) (1 << (numbers[n] % 8));
	}
	while (result < limit && (marks[result / 8] & (1 << (result % 8))) != 0)
		result++;
	pfree(marks);
	pfree(names);
	pfree(nulls);
	return result;
}

Datum
name_table(PG_FUNCTION_ARGS)
{
	text	   *espace = PG_GETARG_TEXT_PP(0);
	text	   *entity = PG_GETARG_TEXT_PP(1);
	Dialect		dialect = osmeta_dialect(PG_GETARG_TEXT_PP(2));
	ArrayType  *taken = PG_GETARG_ARRAYTYPE_P(3);
	char		hash[ESPACE_HASH_LEN];
	uint32		number;
	char	   *name;
	Size		len;

	osmeta_espace_hash(VARDATA_ANY(espace), VARSIZE_ANY_EXHDR(espace), hash);
	number = free_number(hash, entity, dialect, taken);
	name = palloc(TABLE_NAME_SIZE(VARSIZE_ANY_EXHDR(entity)));
	len = osmeta_table_name(hash, VARDATA_ANY(entity),
							VARSIZE_ANY_EXHDR(entity), dialect, number, name);
	PG_RETURN_TEXT_P(make_text(name, len));
}

Datum
name_column(PG_FUNCTION_ARGS)
{
	text	   *attribute = PG_GETARG_TEXT_PP(0);
	char		name[CASED_NAME_SIZE(COLUMN_NAME_CHARS * 4)];
	Size		len;

	len = osmeta_column_name(VARDATA_ANY(attribute),
							 VARSIZE_ANY_EXHDR(attribute), name);
	PG_RETURN_TEXT_P(make_text(name, len));
}

Datum
name_trigger(PG_FUNCTION_ARGS)
{
	text	   *table = PG_GETARG_TEXT_PP(0);
	char		name[CASED_NAME_SIZE(OBJECT_NAME_CHARS * 4)];
	Size		len;

	len = osmeta_trigger_name(VARDATA_ANY(table), VARSIZE_ANY_EXHDR(table),
							  name);
	PG_RETURN_TEXT_P(make_text(name, len));
}

/* A prefix and parts with "_" between them, cut at the length of a name. */
static text *
join_name(const char *prefix, int count, const char *const *parts,
		  const Size *lens)
{
	StringInfoData name;

	initStringInfo(&name);
	appendStringInfoString(&name, prefix);
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(&name, '_');
		appendBinaryStringInfo(&name, parts[i], (int) lens[i]);
	}
	return make_text(name.data, osmeta_utf8_clip(name.data, (Size) name.len,
												 OBJECT_NAME_CHARS));
}

/*
 * The event table of a table; NULL for a table that has none because its
 * name is not the platform's.
 */
Datum
name_event_table(PG_FUNCTION_ARGS)
{
	text	   *table = PG_GETARG_TEXT_PP(0);
	const char *name = VARDATA_ANY(table);
	Size		len = VARSIZE_ANY_EXHDR(table);
	const char *rest = name + PHYSICAL_PREFIX_LEN + 1;
	Size		rest_len;

	if (len <= PHYSICAL_PREFIX_LEN + 1 ||
		!(osmeta_name_equal(name, PHYSICAL_PREFIX_LEN + 1, "OSUSR_", 6) ||
		  osmeta_name_equal(name, PHYSICAL_PREFIX_LEN + 1, "OSSYS_", 6)))
		PG_RETURN_NULL();
	rest_len = len - (PHYSICAL_PREFIX_LEN + 1);
	PG_RETURN_TEXT_P(join_name("OSEVT_", 1, &rest, &rest_len));
}

Datum
name_primary_key(PG_FUNCTION_ARGS)
{
	text	   *table = PG_GETARG_TEXT_PP(0);
	const char *part = VARDATA_ANY(table);
	Size		len = VARSIZE_ANY_EXHDR(table);

	PG_RETURN_TEXT_P(join_name("OSPRK_", 1, &part, &len));
}

Datum
name_foreign_key(PG_FUNCTION_ARGS)
{
	const char *parts[3];
	Size		lens[3];

	for (int i = 0; i < 3; i++)
	{
		text	   *part = PG_GETARG_TEXT_PP(i);

		parts[i] = VARDATA_ANY(part);
		lens[i] = VARSIZE_ANY_EXHDR(part);
	}
	PG_RETURN_TEXT_P(join_name("OSFRK_", 3, parts, lens));
}

/* All columns NULL for a name that is none of the platform's. */
Datum
name_parse(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	PhysicalName parsed;
	TupleDesc	tupdesc;
	Datum		values[4] = {0};
	bool		nulls[4] = {true, true, true, true};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	tupdesc = BlessTupleDesc(tupdesc);

	if (osmeta_physical_parse(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name),
							  &parsed))
	{
		values[0] = PointerGetDatum(make_text(parsed.prefix,
											  PHYSICAL_PREFIX_LEN));
		nulls[0] = false;
		if (parsed.hash != NULL)
		{
			values[1] = PointerGetDatum(make_text(parsed.hash,
												  ESPACE_HASH_LEN));
			nulls[1] = false;
		}
		values[2] = PointerGetDatum(make_text(parsed.part, parsed.base_len));
		nulls[2] = false;
		if (parsed.suffix >= 0)
		{
			values[3] = Int32GetDatum(parsed.suffix);
			nulls[3] = false;
		}
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values,
													  nulls)));
}

/*
 * Not strict: without an espace the table is external.  Any other argument
 * that is NULL makes the answer NULL.
 */
Datum
name_explain(PG_FUNCTION_ARGS)
{
	text	   *espace;
	text	   *entity;
	text	   *physical;
	Dialect		dialect;
	NameVerdict verdict;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	dialect = osmeta_dialect(PG_GETARG_TEXT_PP(3));
	if (PG_ARGISNULL(0))
		verdict = NAME_EXTERNAL;
	else
	{
		espace = PG_GETARG_TEXT_PP(0);
		entity = PG_GETARG_TEXT_PP(1);
		physical = PG_GETARG_TEXT_PP(2);
		verdict = osmeta_physical_explain(VARDATA_ANY(espace),
										  VARSIZE_ANY_EXHDR(espace),
										  VARDATA_ANY(entity),
										  VARSIZE_ANY_EXHDR(entity),
										  VARDATA_ANY(physical),
										  VARSIZE_ANY_EXHDR(physical),
										  dialect);
	}
	PG_RETURN_TEXT_P(cstring_to_text(osmeta_verdict_text(verdict)));
}
