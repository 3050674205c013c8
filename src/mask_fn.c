/*-------------------------------------------------------------------------
 *
 * mask_fn.c
 *	  Masks as SQL functions.
 *
 *-------------------------------------------------------------------------
 */
#include "osmeta.h"

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "mask.h"
#include "mask_key.h"

PG_FUNCTION_INFO_V1(osmeta_mask_text_sql);
PG_FUNCTION_INFO_V1(osmeta_mask_phone_sql);
PG_FUNCTION_INFO_V1(osmeta_mask_name_sql);
PG_FUNCTION_INFO_V1(osmeta_mask_email_sql);
PG_FUNCTION_INFO_V1(osmeta_mask_smallint);
PG_FUNCTION_INFO_V1(osmeta_mask_integer);
PG_FUNCTION_INFO_V1(osmeta_mask_bigint);
PG_FUNCTION_INFO_V1(osmeta_mask_numeric);
PG_FUNCTION_INFO_V1(osmeta_mask_date);
PG_FUNCTION_INFO_V1(osmeta_mask_timestamp);
PG_FUNCTION_INFO_V1(osmeta_mask_has_secret_sql);

/* Days from 1900-01-01 to PostgreSQL's first day, 2000-01-01. */
#define DAYS_1900_TO_2000 36524

/* Room for the symbols of a text, which can be large. */
static MaskSymbol *
make_symbols(size_t len)
{
	return MemoryContextAllocHuge(CurrentMemoryContext,
								  Max(len, 1) * sizeof(MaskSymbol));
}

typedef void (*TextMask) (const SipKey *key, char *str, size_t len,
						  MaskSymbol *symbols);

/* A mask that keeps the length. */
static Datum
mask_in_place(FunctionCallInfo fcinfo, MaskKind kind, TextMask mask)
{
	text	   *value = PG_GETARG_TEXT_P_COPY(0);
	size_t		len = VARSIZE(value) - VARHDRSZ;
	const SipKey *key = osmeta_mask_key(kind);
	MaskSymbol *symbols = make_symbols(len);

	mask(key, VARDATA(value), len, symbols);
	pfree(symbols);
	PG_RETURN_TEXT_P(value);
}

Datum
osmeta_mask_text_sql(PG_FUNCTION_ARGS)
{
	return mask_in_place(fcinfo, MASK_TEXT, osmeta_mask_text);
}

Datum
osmeta_mask_phone_sql(PG_FUNCTION_ARGS)
{
	return mask_in_place(fcinfo, MASK_PHONE, osmeta_mask_phone);
}

Datum
osmeta_mask_name_sql(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_P_COPY(0);
	size_t		len = osmeta_mask_name(osmeta_mask_key(MASK_NAME),
									   VARDATA(value), VARSIZE(value) - VARHDRSZ);

	SET_VARSIZE(value, len + VARHDRSZ);
	PG_RETURN_TEXT_P(value);
}

Datum
osmeta_mask_email_sql(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_P_COPY(0);
	int32		max = PG_GETARG_INT32(1);
	size_t		len = VARSIZE(value) - VARHDRSZ;
	const SipKey *key = osmeta_mask_key(MASK_EMAIL);
	size_t		room = osmeta_mask_email_room(VARDATA(value), len);
	MaskSymbol *symbols = make_symbols(len);
	text	   *result;

	if (max < MASK_EMAIL_MIN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_length of a masked e-mail address must be at least %d",
						MASK_EMAIL_MIN)));
	result = palloc(room + VARHDRSZ);
	SET_VARSIZE(result, osmeta_mask_email(key, VARDATA(value), len, max,
										  symbols, VARDATA(result)) + VARHDRSZ);
	pfree(symbols);
	PG_RETURN_TEXT_P(result);
}

/* A number as text, masked; palloc'd or str itself. */
static char *
mask_digits(char *str)
{
	size_t		len = strlen(str);
	MaskSymbol *symbols = make_symbols(len);

	osmeta_mask_number(osmeta_mask_key(MASK_NUMBER), str, len, symbols);
	pfree(symbols);
	return str;
}

static int64
mask_whole(int64 value)
{
	char		str[32];

	snprintf(str, sizeof(str), INT64_FORMAT, value);
	return DatumGetInt64(DirectFunctionCall1(int8in, CStringGetDatum(mask_digits(str))));
}

Datum
osmeta_mask_smallint(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16((int16) mask_whole(PG_GETARG_INT16(0)));
}

Datum
osmeta_mask_integer(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) mask_whole(PG_GETARG_INT32(0)));
}

Datum
osmeta_mask_bigint(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(mask_whole(PG_GETARG_INT64(0)));
}

Datum
osmeta_mask_numeric(PG_FUNCTION_ARGS)
{
	char	   *str = DatumGetCString(DirectFunctionCall1(numeric_out,
														  PG_GETARG_DATUM(0)));

	PG_RETURN_DATUM(DirectFunctionCall3(numeric_in,
										CStringGetDatum(mask_digits(str)),
										ObjectIdGetDatum(InvalidOid),
										Int32GetDatum(-1)));
}

/* A day in PostgreSQL's count; far away ones stay as they are. */
static int32
mask_day(int32 day)
{
	const SipKey *key = osmeta_mask_key(MASK_DATE);

	if (day < MASK_DAY_FIRST - DAYS_1900_TO_2000 ||
		day > MASK_DAY_LAST - DAYS_1900_TO_2000)
		return day;
	return osmeta_mask_day(key, day + DAYS_1900_TO_2000) - DAYS_1900_TO_2000;
}

Datum
osmeta_mask_date(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(mask_day(PG_GETARG_DATEADT(0)));
}

/* With and without time zone: the time of day is left as it is. */
Datum
osmeta_mask_timestamp(PG_FUNCTION_ARGS)
{
	Timestamp	value = PG_GETARG_TIMESTAMP(0);
	int64		day = value / USECS_PER_DAY;
	int64		shift;

	if (value % USECS_PER_DAY < 0)
		day--;					/* days begin at midnight before 2000, too */
	if (TIMESTAMP_NOT_FINITE(value))
		PG_RETURN_TIMESTAMP(value);
	shift = mask_day((int32) day) - day;
	PG_RETURN_TIMESTAMP(value + shift * USECS_PER_DAY);
}

Datum
osmeta_mask_has_secret_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(osmeta_mask_has_secret());
}
