/*-------------------------------------------------------------------------
 *
 * bulk.c
 *	  The rows of a local query, by bulk copy into a table at a TDS server.
 *
 * The executor hands each row to a receiver that turns its values into what
 * the server takes and sends them: nothing is collected, and values of the
 * usual types go there without becoming text in between.
 *
 * The library cuts what is too long for a column and is content with it, so
 * whatever has a length is measured here.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"
#include "bulk.h"

#include <float.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "connection.h"
#include "encode.h"

/* Longer values are not worth a buffer that is kept. */
#define KEPT_BUFFER 65536

/* Room for a moment of time as text. */
#define MOMENT_SIZE 64

struct Copy;
struct Source;

typedef void (*Put) (struct Copy *copy, struct Source *source, Datum value);

/* Where the values of a field come from, and how they are sent. */
typedef struct Source
{
	const TdsField *field;
	int			column;			/* at the server, from 0 */
	Oid			type;			/* of the values; no domain */
	Put			put;			/* NULL: the number of the row */
	FmgrInfo	output;			/* if they must become text first */
	char	   *buffer;
	size_t		size;
} Source;

typedef struct Copy
{
	DestReceiver receiver;		/* must be first */
	TdsBulk    *bulk;
	int			nsources;
	Source	   *sources;
	bool		is_begun;
	int64		sent;
	const Source *current;		/* for messages */
	MemoryContext context;		/* for the time of the copy */
	MemoryContext row_context;
	int64		nkept;
	int16		kept_length;
	bool		kept_by_value;
	uint64		kept_size;
} Copy;

static void raise_range(const Source *source, const char *value) pg_attribute_noreturn();
static void raise_moment(TsqlType type) pg_attribute_noreturn();

/* Code pages for which the server has a conversion. */
static const struct
{
	int			code_page;
	int			encoding;
}			encodings[] = {
	{65001, PG_UTF8}, {1250, PG_WIN1250}, {1251, PG_WIN1251},
	{1252, PG_WIN1252}, {1253, PG_WIN1253}, {1254, PG_WIN1254},
	{1255, PG_WIN1255}, {1256, PG_WIN1256}, {1257, PG_WIN1257},
	{1258, PG_WIN1258}, {874, PG_WIN874}, {932, PG_SJIS}, {936, PG_GBK},
	{949, PG_UHC}, {950, PG_BIG5}
};

static int
encoding_of(int code_page)
{
	for (int i = 0; i < (int) lengthof(encodings); i++)
	{
		if (encodings[i].code_page == code_page)
			return encodings[i].encoding;
	}
	return -1;
}

bool
osmeta_tds_can_copy(TsqlType type, int code_page)
{
	switch (type)
	{
		case TSQL_CHAR:
		case TSQL_VARCHAR:
			return encoding_of(code_page) >= 0;
		case TSQL_TEXT:
		case TSQL_NTEXT:
		case TSQL_IMAGE:
		case TSQL_DATE:
		case TSQL_TIME:
		case TSQL_DATETIME2:
		case TSQL_DATETIMEOFFSET:
		case TSQL_XML:
		case TSQL_ROWVERSION:
		case TSQL_OTHER:
			return false;
		default:
			return true;
	}
}

static TdsBulkKind
kind_of(TsqlType type)
{
	switch (type)
	{
		case TSQL_BIT:
		case TSQL_TINYINT:
		case TSQL_SMALLINT:
		case TSQL_INT:
		case TSQL_BIGINT:
			return TDS_BULK_INTEGER;
		case TSQL_REAL:
		case TSQL_FLOAT:
			return TDS_BULK_FLOAT;
		case TSQL_DATETIME:
		case TSQL_SMALLDATETIME:
			return TDS_BULK_DATETIME;
		case TSQL_DECIMAL:
		case TSQL_MONEY:
		case TSQL_SMALLMONEY:
			return TDS_BULK_TEXT;
		case TSQL_BINARY:
		case TSQL_VARBINARY:
		case TSQL_UNIQUEIDENTIFIER:
			return TDS_BULK_BINARY;
		default:
			return TDS_BULK_UNICODE;
	}
}

/* The type of a field as one knows it. */
static char *
declared(const TdsField *field)
{
	char	   *string = palloc(OSMETA_TRANSACT_DECLARATION);

	(void) osmeta_transact_declaration(field->type, field->max_length,
									   field->precision, field->scale, string);
	return string;
}

static void
raise_range(const Source *source, const char *value)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s is out of the range of %s", value,
					declared(source->field))));
}

/* Room for a value until its row is sent. */
static char *
room(Copy *copy, Source *source, size_t size)
{
	if (size > KEPT_BUFFER)
		return MemoryContextAllocHuge(copy->row_context, size);
	if (size > source->size)
	{
		if (source->buffer != NULL)
			pfree(source->buffer);
		source->size = size < 64 ? 64 : pg_nextpower2_32((uint32) size);
		source->buffer = MemoryContextAlloc(copy->context, source->size);
	}
	return source->buffer;
}

static bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
}

/* A value as text in the encoding of the database. */
static const char *
text_of(Source *source, Datum value, size_t *length)
{
	char	   *string;

	if (is_text(source->type))
	{
		struct varlena *t = PG_DETOAST_DATUM_PACKED(value);

		*length = VARSIZE_ANY_EXHDR(t);
		return VARDATA_ANY(t);
	}
	string = OutputFunctionCall(&source->output, value);
	*length = strlen(string);
	return string;
}

/* The same, ended by NUL. */
static char *
string_of(Source *source, Datum value)
{
	size_t		length;
	const char *string = text_of(source, value, &length);

	return pnstrdup(string, length);
}

static void
check_length(const Source *source, size_t length)
{
	const TdsField *f = source->field;

	/* what has no limit there has that of the library's lengths */
	if (length > (f->max_length >= 0 ? (size_t) f->max_length : PG_INT32_MAX))
		ereport(ERROR,
				(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
				 errmsg("value too long for \"%s\", which is %s", f->label,
						declared(f))));
}

static void
send_unicode(Copy *copy, Source *source, const char *string, size_t length)
{
	const char *utf8 = string;
	unsigned char *to;
	size_t		size;

	if (GetDatabaseEncoding() != PG_UTF8)
	{
		utf8 = pg_server_to_any(string, (int) length, PG_UTF8);
		if (utf8 != string)
			length = strlen(utf8);
	}
	to = (unsigned char *) room(copy, source, 2 * length + 1);
	size = osmeta_encode_utf16(utf8, length, to);
	if (size == OSMETA_UTF16_INVALID)
		ereport(ERROR,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("a text for \"%s\" is no UTF-8",
						source->field->label)));
	check_length(source, size);
	tds_bulk_bytes(copy->bulk->link, source->column, (char *) to, size);
}

static void
put_unicode(Copy *copy, Source *source, Datum value)
{
	size_t		length;
	const char *string = text_of(source, value, &length);

	send_unicode(copy, source, string, length);
}

/* Text in the code page of its column, or an error. */
static void
put_narrow(Copy *copy, Source *source, Datum value)
{
	size_t		length;
	const char *string = text_of(source, value, &length);
	size_t		i = 0;

	while (i < length && (unsigned char) string[i] < 0x80)
		i++;
	if (i < length)
	{
		const char *converted = (const char *)
		pg_do_encoding_conversion((unsigned char *) unconstify(char *, string),
								  (int) length, GetDatabaseEncoding(),
								  encoding_of(source->field->code_page));

		if (converted != string)
			length = strlen(converted);
		string = converted;
	}
	check_length(source, length);
	tds_bulk_bytes(copy->bulk->link, source->column, string, length);
}

static void
put_binary(Copy *copy, Source *source, Datum value)
{
	bytea	   *bytes = DatumGetByteaPP(value);
	size_t		length = VARSIZE_ANY_EXHDR(bytes);

	check_length(source, length);
	tds_bulk_bytes(copy->bulk->link, source->column, VARDATA_ANY(bytes),
				   length);
}

static void
put_uuid(Copy *copy, Source *source, Datum value)
{
	char	   *to = room(copy, source, UUID_LEN);

	if (source->type != UUIDOID)
		value = DirectFunctionCall1(uuid_in,
									CStringGetDatum(string_of(source, value)));
	osmeta_encode_uuid(DatumGetUUIDP(value)->data, (unsigned char *) to);
	tds_bulk_bytes(copy->bulk->link, source->column, to, UUID_LEN);
}

static int64
integer_of(Source *source, Datum value)
{
	switch (source->type)
	{
		case BOOLOID:
			return DatumGetBool(value) ? 1 : 0;
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return DatumGetInt64(value);
		case NUMERICOID:
			return DatumGetInt64(DirectFunctionCall1(numeric_int8, value));
		case FLOAT4OID:
			return DatumGetInt64(DirectFunctionCall1(ftoi8, value));
		case FLOAT8OID:
			return DatumGetInt64(DirectFunctionCall1(dtoi8, value));
		default:
			return DatumGetInt64(DirectFunctionCall1(int8in,
													 CStringGetDatum(string_of(source, value))));
	}
}

static void
put_integer(Copy *copy, Source *source, Datum value)
{
	int64		integer = integer_of(source, value);
	bool		fits;

	switch (source->field->type)
	{
		case TSQL_BIT:
			fits = integer == 0 || integer == 1;
			break;
		case TSQL_TINYINT:
			fits = integer >= 0 && integer <= 255;
			break;
		case TSQL_SMALLINT:
			fits = integer >= PG_INT16_MIN && integer <= PG_INT16_MAX;
			break;
		case TSQL_INT:
			fits = integer >= PG_INT32_MIN && integer <= PG_INT32_MAX;
			break;
		default:
			fits = true;
	}
	if (!fits)
		raise_range(source, psprintf(INT64_FORMAT, integer));
	tds_bulk_integer(copy->bulk->link, source->column, integer);
}

static double
double_of(Source *source, Datum value)
{
	switch (source->type)
	{
		case FLOAT4OID:
			return DatumGetFloat4(value);
		case FLOAT8OID:
			return DatumGetFloat8(value);
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return (double) integer_of(source, value);
		case NUMERICOID:
			return DatumGetFloat8(DirectFunctionCall1(numeric_float8, value));
		default:
			return DatumGetFloat8(DirectFunctionCall1(float8in,
													  CStringGetDatum(string_of(source, value))));
	}
}

static void
put_float(Copy *copy, Source *source, Datum value)
{
	double		number = double_of(source, value);

	/* rounded to the nearest, more than FLT_MAX can be FLT_MAX */
	if (!isfinite(number) ||
		(source->field->type == TSQL_REAL && !isfinite((float) number)))
		raise_range(source, psprintf("%g", number));
	tds_bulk_float(copy->bulk->link, source->column, number);
}

/* Money is a number of 64 or 32 bits. */
static bool
is_money(TsqlType type, const char *decimal)
{
	uint64		limit = type == TSQL_MONEY ? PG_INT64_MAX : PG_INT32_MAX;
	uint64		number = 0;
	const char *p = decimal;

	if (*p == '-')
	{
		limit++;
		p++;
	}
	for (; *p != '\0'; p++)
	{
		if (*p != '.')
			number = number * 10 + (uint64) (*p - '0');
	}
	return number <= limit;
}

static void
put_decimal(Copy *copy, Source *source, Datum value)
{
	const TdsField *f = source->field;
	char	   *to = room(copy, source, OSMETA_DECIMAL_SIZE);
	char	   *string;

	if (source->type == NUMERICOID)
		string = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	else if (source->type == INT2OID || source->type == INT4OID ||
			 source->type == INT8OID || source->type == BOOLOID)
		string = psprintf(INT64_FORMAT, integer_of(source, value));
	else
	{
		/* without an exponent */
		value = DirectFunctionCall3(numeric_in,
									CStringGetDatum(string_of(source, value)),
									ObjectIdGetDatum(InvalidOid),
									Int32GetDatum(-1));
		string = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	}
	if (!osmeta_encode_decimal(string, f->precision, f->scale, to) ||
		(f->type != TSQL_DECIMAL && !is_money(f->type, to)))
		raise_range(source, string);
	tds_bulk_bytes(copy->bulk->link, source->column, to, strlen(to));
}

static Timestamp
moment_of(Source *source, Datum value)
{
	switch (source->type)
	{
		case TIMESTAMPOID:
			return DatumGetTimestamp(value);
		case DATEOID:
			return DatumGetTimestamp(DirectFunctionCall1(date_timestamp,
														 value));
		case TIMESTAMPTZOID:
			return DatumGetTimestamp(DirectFunctionCall1(timestamptz_timestamp,
														 value));
		default:
			return DatumGetTimestamp(DirectFunctionCall3(timestamp_in,
														 CStringGetDatum(string_of(source, value)),
														 ObjectIdGetDatum(InvalidOid),
														 Int32GetDatum(-1)));
	}
}

static void
raise_moment(TsqlType type)
{
	char		string[OSMETA_TRANSACT_DECLARATION];

	(void) osmeta_transact_declaration(type, 0, 0, 7, string);
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("moment of time out of the range of %s", string)));
}

static void
put_datetime(Copy *copy, Source *source, Datum value)
{
	Timestamp	moment = moment_of(source, value);
	int32		days;
	int32		ticks;

	if (source->field->type == TSQL_DATETIME ?
		!osmeta_encode_datetime(moment, &days, &ticks) :
		!osmeta_encode_smalldatetime(moment, &days, &ticks))
		raise_moment(source->field->type);
	tds_bulk_datetime(copy->bulk->link, source->column, days, ticks);
}

/*
 * Types of time that are newer than bulk copy in the library: as text that
 * means the same in every language.
 */
static void
put_moment(Copy *copy, Source *source, Datum value)
{
	TsqlType	type = source->field->meaning;
	Timestamp	moment;
	struct pg_tm tm;
	fsec_t		fraction;
	char		string[MOMENT_SIZE];
	int			length;

	if (source->type != TIMESTAMPOID && source->type != TIMESTAMPTZOID &&
		source->type != DATEOID)
	{
		put_unicode(copy, source, value);
		return;
	}
	/* an offset is a matter of this session's time zone; the moment is not */
	moment = source->type == TIMESTAMPTZOID && type == TSQL_DATETIMEOFFSET ?
		(Timestamp) DatumGetTimestampTz(value) : moment_of(source, value);
	if (TIMESTAMP_NOT_FINITE(moment) ||
		timestamp2tm(moment, NULL, &tm, &fraction, NULL, NULL) != 0 ||
		tm.tm_year < 1 || tm.tm_year > 9999)
		raise_moment(type);
	if (type == TSQL_DATE)
	{
		if (tm.tm_hour != 0 || tm.tm_min != 0 || tm.tm_sec != 0 ||
			fraction != 0)
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("a date cannot keep the time of the day")));
		length = snprintf(string, sizeof(string), "%04d-%02d-%02d", tm.tm_year,
						  tm.tm_mon, tm.tm_mday);
	}
	else if (type == TSQL_TIME)
		length = snprintf(string, sizeof(string), "%02d:%02d:%02d.%06d",
						  tm.tm_hour, tm.tm_min, tm.tm_sec, (int) fraction);
	else
		length = snprintf(string, sizeof(string),
						  "%04d-%02d-%02dT%02d:%02d:%02d.%06d%s",
						  tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour,
						  tm.tm_min, tm.tm_sec, (int) fraction,
						  type == TSQL_DATETIMEOFFSET ? "+00:00" : "");
	send_unicode(copy, source, string, (size_t) length);
}

/* How values of a type are sent to a field; NULL if they cannot be. */
static Put
put_of(Oid type, const TdsField *field)
{
	switch (field->meaning)
	{
		case TSQL_DATE:
		case TSQL_TIME:
		case TSQL_DATETIME2:
		case TSQL_DATETIMEOFFSET:
			return type == BYTEAOID || type == BOOLOID ? NULL : put_moment;
		default:
			break;
	}
	if ((type == BYTEAOID) != osmeta_transact_is_binary(field->type))
		return NULL;
	switch (kind_of(field->type))
	{
		case TDS_BULK_INTEGER:
			return put_integer;
		case TDS_BULK_FLOAT:
			return type == BOOLOID ? NULL : put_float;
		case TDS_BULK_DATETIME:
			return put_datetime;
		case TDS_BULK_TEXT:
			return put_decimal;
		case TDS_BULK_BINARY:
			return osmeta_transact_is_binary(field->type) ? put_binary : put_uuid;
		default:
			return osmeta_transact_is_narrow(field->type) ? put_narrow :
				put_unicode;
	}
}

/* Before the first row: which value goes where, and how? */
static void
start(DestReceiver *receiver, int operation, TupleDesc desc)
{
	Copy	   *copy = (Copy *) receiver;
	TdsBulk    *bulk = copy->bulk;
	MemoryContext old = MemoryContextSwitchTo(copy->context);

	if (bulk->match != NULL)
		bulk->match(bulk, desc);
	copy->sources = palloc0(sizeof(Source) * Max(bulk->nfields, 1));
	for (int i = 0; i < bulk->nfields; i++)
	{
		const TdsField *f = &bulk->fields[i];
		Source	   *s = &copy->sources[copy->nsources];
		Oid			output;
		bool		is_varlena;

		if (f->source == TDS_FIELD_NONE)
			continue;
		s->field = f;
		s->column = i;
		copy->nsources++;
		if (f->source == TDS_FIELD_NUMBER)
			continue;
		if (f->source >= desc->natts)
			elog(ERROR, "the query has %d columns, and not %d", desc->natts,
				 f->source + 1);
		s->type = getBaseType(TupleDescAttr(desc, f->source)->atttypid);
		s->put = put_of(s->type, f);
		if (s->put == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of %s is of type %s, which takes no %s",
							f->label, bulk->label, declared(f),
							format_type_be(s->type))));
		getTypeOutputInfo(s->type, &output, &is_varlena);
		fmgr_info_cxt(output, &s->output, copy->context);
	}
	if (bulk->kept != NULL)
	{
		bulk->kept->type = TupleDescAttr(desc, bulk->kept->source)->atttypid;
		get_typlenbyval(bulk->kept->type, &copy->kept_length,
						&copy->kept_by_value);
	}
	MemoryContextSwitchTo(old);
}

/* Before the first row is sent: an empty copy is none. */
static void
begin(Copy *copy)
{
	TdsBulk    *bulk = copy->bulk;
	TdsBulkKind *kinds = palloc(sizeof(TdsBulkKind) * Max(bulk->nfields, 1));

	for (int i = 0; i < bulk->nfields; i++)
		kinds[i] = kind_of(bulk->fields[i].type);
	if (!tds_bulk_options(bulk->link, bulk->options))
		elog(ERROR, "more options of a bulk copy than can be given");
	if (!tds_bulk_begin(bulk->link, bulk->table, bulk->nfields, kinds))
		osmeta_tds_raise(bulk->link);
	copy->is_begun = true;
	osmeta_tds_set_busy(bulk->link, true);
	for (int i = 0; i < bulk->nfields; i++)
	{
		if (bulk->fields[i].source == TDS_FIELD_NONE)
			tds_bulk_null(bulk->link, i);
	}
}

static void
keep(Copy *copy, Datum value)
{
	TdsKept    *kept = copy->bulk->kept;
	MemoryContext old = MemoryContextSwitchTo(copy->context);

	if (copy->kept_size == 0)
	{
		copy->kept_size = 1024;
		kept->values = palloc(sizeof(Datum) * copy->kept_size);
	}
	else if ((uint64) copy->nkept == copy->kept_size)
	{
		copy->kept_size *= 2;
		kept->values = repalloc_huge(kept->values,
									 sizeof(Datum) * copy->kept_size);
	}
	kept->values[copy->nkept++] = datumCopy(value, copy->kept_by_value,
											copy->kept_length);
	MemoryContextSwitchTo(old);
}

static bool
receive(TupleTableSlot *slot, DestReceiver *receiver)
{
	Copy	   *copy = (Copy *) receiver;
	TdsLink    *link = copy->bulk->link;
	const TdsKept *kept = copy->bulk->kept;
	MemoryContext old = MemoryContextSwitchTo(copy->row_context);

	CHECK_FOR_INTERRUPTS();
	if (!copy->is_begun)
		begin(copy);
	slot_getallattrs(slot);
	for (int i = 0; i < copy->nsources; i++)
	{
		Source	   *s = &copy->sources[i];

		copy->current = s;
		if (s->put == NULL)
			tds_bulk_integer(link, s->column, copy->sent + 1);
		else if (!slot->tts_isnull[s->field->source])
			s->put(copy, s, slot->tts_values[s->field->source]);
		else if (s->field->is_nullable)
			tds_bulk_null(link, s->column);
		else
			/* the library knows no NULL for such a column, and aborts */
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("column \"%s\" of %s takes no null value",
							s->field->label, copy->bulk->label)));
	}
	copy->current = NULL;
	if (!tds_bulk_row(link))
		osmeta_tds_raise(link);
	copy->sent++;
	if (kept != NULL)
	{
		if (slot->tts_isnull[kept->source])
			elog(ERROR, "a row without an identifier");
		keep(copy, slot->tts_values[kept->source]);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(copy->row_context);
	return true;
}

static void
nothing(DestReceiver *receiver)
{
}

/* Says where it happened, if it happened here. */
static void
say_where(void *arg)
{
	Copy	   *copy = (Copy *) arg;

	if (copy->current != NULL)
		errcontext("row " INT64_FORMAT ", column \"%s\" of %s", copy->sent + 1,
				   copy->current->field->label, copy->bulk->label);
	else if (copy->is_begun)
		errcontext("bulk copy into %s", copy->bulk->label);
}

int64
osmeta_tds_copy(TdsBulk *bulk, const char *query, int64 *sent)
{
	Copy		copy = {0};
	SPIExecuteOptions options = {0};
	ErrorContextCallback callback;
	int64_t		rows = 0;

	copy.receiver.receiveSlot = receive;
	copy.receiver.rStartup = start;
	copy.receiver.rShutdown = nothing;
	copy.receiver.rDestroy = nothing;
	copy.receiver.mydest = DestNone;
	copy.bulk = bulk;
	/* what is kept outlives the copy, and so does its context */
	copy.context = bulk->kept != NULL ? CurrentMemoryContext :
		AllocSetContextCreate(CurrentMemoryContext, "osmeta_tds copy",
							  ALLOCSET_DEFAULT_SIZES);
	copy.row_context = AllocSetContextCreate(CurrentMemoryContext,
											 "osmeta_tds row",
											 ALLOCSET_DEFAULT_SIZES);
	callback.callback = say_where;
	callback.arg = &copy;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	options.dest = &copy.receiver;
	options.must_return_tuples = true;
	PG_TRY();
	{
		int			code = SPI_execute_extended(query, &options);

		if (code < 0)
			elog(ERROR, "SPI_execute_extended: %s",
				 SPI_result_code_string(code));
	}
	PG_CATCH();
	{
		/* nothing else can be said on a connection amid a copy */
		if (copy.is_begun)
			osmeta_tds_abandon(bulk->link);
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (copy.is_begun)
	{
		osmeta_tds_set_busy(bulk->link, false);
		if (!tds_bulk_end(bulk->link, &rows))
			osmeta_tds_raise(bulk->link);
	}
	error_context_stack = callback.previous;
	MemoryContextDelete(copy.row_context);
	if (bulk->kept == NULL)
		MemoryContextDelete(copy.context);
	*sent = copy.sent;
	return rows;
}
