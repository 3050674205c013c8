/*-------------------------------------------------------------------------
 *
 * row_hash.c
 *	  A hash of the values of a row, for checksums.
 *
 * What counts as the same value:
 *
 *	text, varchar, bytea, json, xml		the same bytes; no collation
 *	character(n)		the same bytes but for the blanks at the end, which
 *						are not stored by whoever wrote the value
 *	numeric				the same number: 1.0 is 1.00, since how many decimals
 *						a column shows is the column's property
 *	real, double		the same bits, so 0 is not -0; NaN is NaN
 *	others of a fixed length		the same bytes
 *	all others			the same text, as the pinned settings print it
 *
 * NULL differs from every value.  The hash of a row is not linear in those
 * of its values, so a sum over rows changes when two rows exchange a value.
 *
 *-------------------------------------------------------------------------
 */
#include "osmeta.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(osmeta_row_hash);

/* How the values of an argument are hashed. */
typedef enum HashKind
{
	HASH_BY_VALUE,
	HASH_BY_REFERENCE,			/* of a fixed length */
	HASH_BYTES,
	HASH_BLANK_PADDED,
	HASH_NUMERIC,
	HASH_REAL,
	HASH_DOUBLE,
	HASH_TEXT					/* by the output function */
} HashKind;

typedef struct HashArgument
{
	HashKind	kind;
	int16		length;
	FmgrInfo	output;
} HashArgument;

static void
choose_kind(HashArgument *argument, Oid type, MemoryContext context)
{
	bool		by_value;
	Oid			output;
	bool		is_varlena;

	type = getBaseType(type);
	get_typlenbyval(type, &argument->length, &by_value);
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
		case BYTEAOID:
		case JSONOID:
		case XMLOID:
			argument->kind = HASH_BYTES;
			return;
		case BPCHAROID:
			argument->kind = HASH_BLANK_PADDED;
			return;
		case NUMERICOID:
			argument->kind = HASH_NUMERIC;
			return;
		case FLOAT4OID:
			argument->kind = HASH_REAL;
			return;
		case FLOAT8OID:
			argument->kind = HASH_DOUBLE;
			return;
		default:
			break;
	}
	if (argument->length > 0)
	{
		argument->kind = by_value ? HASH_BY_VALUE : HASH_BY_REFERENCE;
		return;
	}
	argument->kind = HASH_TEXT;
	getTypeOutputInfo(type, &output, &is_varlena);
	fmgr_info_cxt(output, &argument->output, context);
}

static uint64
hash_of_bytes(const void *bytes, Size length, uint64 seed)
{
	return hash_bytes_extended(bytes, (int) length, seed);
}

static uint64
hash_of_varlena(Datum value, bool is_padded, uint64 seed)
{
	struct varlena *bytes = PG_DETOAST_DATUM_PACKED(value);
	const char *data = VARDATA_ANY(bytes);
	Size		length = VARSIZE_ANY_EXHDR(bytes);
	uint64		hash;

	while (is_padded && length > 0 && data[length - 1] == ' ')
		length--;
	hash = hash_of_bytes(data, length, seed);
	if ((Pointer) bytes != DatumGetPointer(value))
		pfree(bytes);
	return hash;
}

/* Bytes above a type's length are not always the same. */
static uint64
hash_of_value(Datum value, int16 length, uint64 seed)
{
	uint64		bits = (uint64) value;

	if (length < (int16) sizeof(uint64))
		bits &= (UINT64CONST(1) << (8 * length)) - 1;
	return hash_of_bytes(&bits, sizeof(bits), seed);
}

static uint64
hash_of_argument(HashArgument *argument, Datum value, uint64 seed)
{
	char	   *text;
	uint64		hash;

	switch (argument->kind)
	{
		case HASH_BY_VALUE:
			return hash_of_value(value, argument->length, seed);
		case HASH_BY_REFERENCE:
			return hash_of_bytes(DatumGetPointer(value), argument->length,
								 seed);
		case HASH_BYTES:
			return hash_of_varlena(value, false, seed);
		case HASH_BLANK_PADDED:
			return hash_of_varlena(value, true, seed);
		case HASH_NUMERIC:
			/* PostgreSQL's own hash of a number leaves out its sign. */
			value = DirectFunctionCall1(numeric_trim_scale, value);
			hash = hash_of_varlena(value, false, seed);
			pfree(DatumGetPointer(value));
			return hash;
		case HASH_REAL:
			if (isnan(DatumGetFloat4(value)))
				return hash_of_bytes("NaN", 3, seed);
			return hash_of_value(value, sizeof(float4), seed);
		case HASH_DOUBLE:
			{
				float8		number = DatumGetFloat8(value);

				if (isnan(number))
					return hash_of_bytes("NaN", 3, seed);
				return hash_of_bytes(&number, sizeof(number), seed);
			}
		case HASH_TEXT:
			text = OutputFunctionCall(&argument->output, value);

			hash = hash_of_bytes(text, strlen(text), seed);
			pfree(text);
			return hash;
	}
	return 0;					/* not reached */
}

/*
 * row_hash(seed, value, ...): rows with more columns than a function can
 * take give the hash of the first ones as the seed for the others.
 */
Datum
osmeta_row_hash(PG_FUNCTION_ARGS)
{
	HashArgument *argument = fcinfo->flinfo->fn_extra;
	uint64		hash = (uint64) PG_GETARG_INT64(0);
	int			nargs = PG_NARGS();

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (argument == NULL)
	{
		argument = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt,
										  sizeof(HashArgument) * nargs);
		for (int i = 1; i < nargs; i++)
		{
			Oid			type = get_fn_expr_argtype(fcinfo->flinfo, i);

			if (!OidIsValid(type) || get_fn_expr_variadic(fcinfo->flinfo))
				ereport(ERROR,
						(errcode(ERRCODE_INDETERMINATE_DATATYPE),
						 errmsg("could not determine the type of a value to hash")));
			choose_kind(&argument[i], type, fcinfo->flinfo->fn_mcxt);
		}
		fcinfo->flinfo->fn_extra = argument;
	}
	for (int i = 1; i < nargs; i++)
	{
		if (PG_ARGISNULL(i))
			hash = hash_of_bytes("", 0, ~hash);
		else
			hash = hash_of_argument(&argument[i], PG_GETARG_DATUM(i), hash);
		/* The place of a value counts: next to a NULL, too. */
		hash = hash_of_bytes(&hash, sizeof(hash), (uint64) i);
	}
	PG_RETURN_INT64((int64) hash);
}
