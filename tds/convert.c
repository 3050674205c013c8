/*-------------------------------------------------------------------------
 *
 * convert.c
 *	  Values of a T-SQL server as values of this one.
 *
 * What both sides have in like form is taken over as it is.  All else goes
 * through text and the input function of the local type, which says what is
 * wrong with a value that does not fit.
 *
 *-------------------------------------------------------------------------
 */
#include "convert.h"

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "datatype/timestamp.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "encode.h"

/* Days from 1900-01-01 to 2000-01-01. */
#define DAYS_TO_2000 INT64CONST(36524)

/* Digits of a second that a datetime has. */
#define DATETIME_DIGITS 3

static TdsWay
way_of(TdsKind kind, Oid type)
{
	switch (kind)
	{
		case TDS_INTEGER:
			switch (type)
			{
				case INT2OID:
					return WAY_SMALLINT;
				case INT4OID:
					return WAY_INTEGER;
				case INT8OID:
					return WAY_BIGINT;
				case BOOLOID:
					return WAY_BOOLEAN;
				case NUMERICOID:
					return WAY_NUMERIC;
				default:
					return WAY_INPUT;
			}
		case TDS_FLOAT:
			return type == FLOAT8OID ? WAY_DOUBLE :
				type == FLOAT4OID ? WAY_REAL : WAY_INPUT;
		case TDS_CHARACTERS:
			return type == TEXTOID || type == VARCHAROID ? WAY_TEXT : WAY_INPUT;
		case TDS_BYTES:
			return type == BYTEAOID ? WAY_BYTEA : WAY_INPUT;
		case TDS_DATETIME:
			return type == TIMESTAMPOID || type == TIMESTAMPTZOID ?
				WAY_TIMESTAMP : WAY_INPUT;
		case TDS_DECIMAL:
			return type == NUMERICOID ? WAY_NUMERIC : WAY_INPUT;
		case TDS_UNIQUE:
			return type == UUIDOID ? WAY_UUID : WAY_INPUT;
		default:
			return WAY_INPUT;
	}
}

void
osmeta_tds_prepare_column(TdsColumn *column, TdsLink *link,
						  Form_pg_attribute attribute)
{
	Oid			function;

	column->kind = tds_link_kind(link, column->remote);
	column->type = attribute->atttypid;
	column->typmod = attribute->atttypmod;
	column->way = way_of(column->kind, column->type);
	getTypeInputInfo(column->type, &function, &column->parameter);
	fmgr_info(function, &column->input);
}

static void
raise_range(const TdsColumn *column, const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("value %s is out of range for type %s", value,
					format_type_be(column->type))));
}

static void
check_range(const TdsColumn *column, int64 value, int64 lowest, int64 highest)
{
	if (value < lowest || value > highest)
		raise_range(column, psprintf(INT64_FORMAT, value));
}

static void
check_length(size_t length)
{
	if (length > MaxAllocSize - VARHDRSZ - 3)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a value of %zu bytes is too long", length)));
}

/* By way of text; as few digits as give the same number. */
static Datum
convert_number(TdsColumn *column, const TdsValue *value)
{
	char text[	DOUBLE_SHORTEST_DECIMAL_LEN];

	if (value->length == sizeof(float4))
		float_to_shortest_decimal_buf((float4) value->number, text);
	else
		double_to_shortest_decimal_buf(value->number, text);
	return InputFunctionCall(&column->input, text, column->parameter,
							 column->typmod);
}

/* By way of text. */
static Datum
convert_input(TdsColumn *column, TdsReading *reading)
{
	const char *value;
	size_t		length;
	bool		is_binary = column->kind == TDS_BYTES;
	char	   *text;
	char	   *to;

	if (!tds_link_value(reading->link, column->remote, &value, &length))
		osmeta_tds_raise_reading(reading);
	check_length(length);
	text = to = palloc(length + 3);

	if (is_binary)
	{
		*to++ = '\\';
		*to++ = 'x';
	}
	memcpy(to, value, length);
	to[length] = '\0';
	if (column->kind == TDS_CHARACTERS || column->kind == TDS_OTHER)
		/* refuses a NUL among it, too */
		(void) pg_verify_mbstr(PG_UTF8, to, (int) length, false);
	else if (column->kind == TDS_UNIQUE)
	{
		/* as the server prints it */
		for (; *to != '\0'; to++)
			*to = pg_toupper((unsigned char) *to);
	}
	return InputFunctionCall(&column->input, text, column->parameter,
							 column->typmod);
}

static Datum
convert_text(TdsColumn *column, TdsReading *reading, const TdsValue *value)
{
	text	   *result;

	/* a value of so few bytes has no more characters */
	if (column->typmod >= (int32) VARHDRSZ &&
		value->length > (size_t) (column->typmod - VARHDRSZ))
		return convert_input(column, reading);
	check_length(value->length);
	(void) pg_verify_mbstr(PG_UTF8, value->bytes, (int) value->length, false);
	result = palloc(value->length + VARHDRSZ);
	SET_VARSIZE(result, value->length + VARHDRSZ);
	memcpy(VARDATA(result), value->bytes, value->length);
	return PointerGetDatum(result);
}

static Datum
convert_bytea(const TdsValue *value)
{
	bytea	   *result;

	check_length(value->length);
	result = palloc(value->length + VARHDRSZ);
	SET_VARSIZE(result, value->length + VARHDRSZ);
	memcpy(VARDATA(result), value->bytes, value->length);
	return PointerGetDatum(result);
}

/* Three hundredths of a second are milliseconds, rounded, as the server has
 * them; with a time zone they are those of UTC. */
static Datum
convert_timestamp(const TdsColumn *column, const TdsValue *value)
{
	Timestamp	result = (value->days - DAYS_TO_2000) * USECS_PER_DAY +
	((int64) value->ticks * 10 + 1) / 3 * 1000;

	if (column->typmod >= 0 && column->typmod < DATETIME_DIGITS)
		return DirectFunctionCall2(column->type == TIMESTAMPOID ?
								   timestamp_scale : timestamptz_scale,
								   TimestampGetDatum(result),
								   Int32GetDatum(column->typmod));
	return TimestampGetDatum(result);
}

static Datum
convert_numeric(TdsColumn *column, TdsReading *reading, const TdsValue *value)
{
	Datum		result;

	if (column->kind == TDS_INTEGER)
		result = NumericGetDatum(int64_to_numeric(value->integer));
	else if (value->is_wide)
		return convert_input(column, reading);
	else
		result = NumericGetDatum(int64_div_fast_to_numeric(value->integer,
														   value->scale));
	if (column->typmod >= (int32) VARHDRSZ)
		result = DirectFunctionCall2(numeric, result,
									 Int32GetDatum(column->typmod));
	return result;
}

static Datum
convert_uuid(const TdsValue *value)
{
	pg_uuid_t  *result = palloc(sizeof(pg_uuid_t));

	/* the order is the same in both directions */
	osmeta_encode_uuid((const unsigned char *) value->bytes, result->data);
	return UUIDPGetDatum(result);
}

Datum
osmeta_tds_convert(TdsColumn *column, TdsReading *reading, bool *is_null)
{
	TdsValue	value;

	*is_null = !tds_link_get(reading->link, column->remote, column->kind,
							 &value);
	if (*is_null)
		return column->way != WAY_INPUT ? (Datum) 0 :
		/* domains may have something against it */
			InputFunctionCall(&column->input, NULL, column->parameter,
							  column->typmod);
	switch (column->way)
	{
		case WAY_SMALLINT:
			check_range(column, value.integer, PG_INT16_MIN, PG_INT16_MAX);
			return Int16GetDatum((int16) value.integer);
		case WAY_INTEGER:
			check_range(column, value.integer, PG_INT32_MIN, PG_INT32_MAX);
			return Int32GetDatum((int32) value.integer);
		case WAY_BIGINT:
			return Int64GetDatum(value.integer);
		case WAY_BOOLEAN:
			check_range(column, value.integer, 0, 1);
			return BoolGetDatum(value.integer != 0);
		case WAY_REAL:
			if (isinf((float4) value.number))
				raise_range(column, psprintf("%.17g", value.number));
			return Float4GetDatum((float4) value.number);
		case WAY_DOUBLE:
			return Float8GetDatum(value.number);
		case WAY_NUMERIC:
			return convert_numeric(column, reading, &value);
		case WAY_TEXT:
			return convert_text(column, reading, &value);
		case WAY_BYTEA:
			return convert_bytea(&value);
		case WAY_TIMESTAMP:
			return convert_timestamp(column, &value);
		case WAY_UUID:
			return convert_uuid(&value);
		default:
			return column->kind == TDS_FLOAT ?
				convert_number(column, &value) :
				convert_input(column, reading);
	}
}
