/*-------------------------------------------------------------------------
 *
 * oskey.c
 *	  Type oskey, the composite key, and reference types in SQL.
 *
 * What a key is and how it is read and printed is decided in key.c; this
 * file wraps it as a type: a varlena that holds the canonical bytes of key.c
 * and nothing else.  Since a key has one form only, order, equality and hash
 * are those of these bytes, and equal keys are equal images (btree
 * deduplication may use either).
 *
 * Values are built with the one-byte header that storage would give them, so
 * a pair of UUIDs is 34 bytes everywhere and is not copied again when a
 * tuple is formed.  Every argument may therefore have either header.
 *
 *-------------------------------------------------------------------------
 */
#include "compat.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "lib/hyperloglog.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/sortsupport.h"
#include "utils/uuid.h"

#include "key.h"

#define HINT_KEY \
	errhint("A key has the form <owner>*<object>, or bt<owner>*<object>: each part a UUID or another key of 1 to 100 bytes.")
#define HINT_REFERENCE \
	errhint("A reference type has the form bt<owner>*<object>: each part a UUID or another key of 1 to 100 bytes.")
#define HINT_PART \
	errhint("Each part of a key is a UUID or another key of 1 to 100 bytes, without \"*\" and control characters.")

/* State of one sort: how well the abbreviated keys tell values apart. */
typedef struct KeySortState
{
	int64		input_count;	/* keys abbreviated so far */
	bool		estimating;		/* is the cardinality still of interest? */
	hyperLogLogState abbr_card; /* cardinality of the abbreviated keys */
} KeySortState;

PG_FUNCTION_INFO_V1(oskey_in);
PG_FUNCTION_INFO_V1(oskey_out);
PG_FUNCTION_INFO_V1(oskey_recv);
PG_FUNCTION_INFO_V1(oskey_send);
PG_FUNCTION_INFO_V1(oskey_lt);
PG_FUNCTION_INFO_V1(oskey_le);
PG_FUNCTION_INFO_V1(oskey_eq);
PG_FUNCTION_INFO_V1(oskey_ge);
PG_FUNCTION_INFO_V1(oskey_gt);
PG_FUNCTION_INFO_V1(oskey_ne);
PG_FUNCTION_INFO_V1(oskey_cmp);
PG_FUNCTION_INFO_V1(oskey_sortsupport);
PG_FUNCTION_INFO_V1(oskey_hash);
PG_FUNCTION_INFO_V1(oskey_hash_extended);
PG_FUNCTION_INFO_V1(oskey_from_text);
PG_FUNCTION_INFO_V1(oskey_from_uuid);
PG_FUNCTION_INFO_V1(oskey_try);
PG_FUNCTION_INFO_V1(oskey_owner);
PG_FUNCTION_INFO_V1(oskey_object);
PG_FUNCTION_INFO_V1(oskey_bt);
PG_FUNCTION_INFO_V1(oskey_bt_ref);
PG_FUNCTION_INFO_V1(oskey_try_bt_ref);
PG_FUNCTION_INFO_V1(oskey_is_bt_ref);

static int	compare_keys(const struct varlena *a, const struct varlena *b);
static bool equal_keys(const struct varlena *a, const struct varlena *b);
static int	compare_for_sort(Datum x, Datum y, SortSupport ssup);
static Datum abbreviate_key(Datum original, SortSupport ssup);
static bool stop_abbreviating(int memtupcount, SortSupport ssup);

/* A palloc'd value with these canonical bytes. */
static inline Datum
make_key(const unsigned char *key, Size key_len)
{
	struct varlena *result;

	if (key_len + VARHDRSZ_SHORT <= VARATT_SHORT_MAX)
	{
		result = palloc(key_len + VARHDRSZ_SHORT);
		SET_VARSIZE_SHORT(result, key_len + VARHDRSZ_SHORT);
	}
	else
	{
		result = palloc(key_len + VARHDRSZ);
		SET_VARSIZE(result, key_len + VARHDRSZ);
	}
	memcpy(VARDATA_ANY(result), key, key_len);
	return PointerGetDatum(result);
}

/*
 * A reference type of the common form as a value; NULL if it has not that
 * form.  Decoding into the value itself, and not into a buffer that is then
 * copied, is a third of the time that a reference takes.
 */
static inline struct varlena *
make_plain_reference(const text *type)
{
	struct varlena *result;

	if (VARSIZE_ANY_EXHDR(type) != PLAIN_REFERENCE_LEN)
		return NULL;
	result = palloc(VARHDRSZ_SHORT + KEY_UUIDS_LEN);
	SET_VARSIZE_SHORT(result, VARHDRSZ_SHORT + KEY_UUIDS_LEN);
	if (osmeta_key_parse_plain(VARDATA_ANY(type),
							   (unsigned char *) VARDATA_SHORT(result)))
		return result;
	pfree(result);
	return NULL;
}

static inline const unsigned char *
key_bytes(const struct varlena *value)
{
	return (const unsigned char *) VARDATA_ANY(value);
}

/*
 * The error for one part given to oskey(text, text): which part it is, and
 * its text.
 */
static void
report_part(KeyStatus status, const text *owner, const text *object)
{
	char		excerpt[EXCERPT_SIZE];
	bool		is_owner = osmeta_key_blames_owner(status);
	const text *part = is_owner ? owner : object;

	osmeta_text_excerpt(VARDATA_ANY(part), VARSIZE_ANY_EXHDR(part), excerpt);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 is_owner ?
			 errmsg("invalid owner of a composite key: \"%s\"", excerpt) :
			 errmsg("invalid object of a composite key: \"%s\"", excerpt),
			 errdetail_internal("%s", osmeta_key_explain(status)),
			 HINT_PART));
}

/*
 * Input and output, text and binary.
 */

Datum
oskey_in(PG_FUNCTION_ARGS)
{
	char	   *string = PG_GETARG_CSTRING(0);
	Size		len = strlen(string);
	unsigned char key[KEY_MAX];
	size_t		key_len;
	KeyStatus	status;

	status = osmeta_key_parse(string, len, key, &key_len);
	if (status != KEY_OK)
	{
		char		excerpt[EXCERPT_SIZE];

		osmeta_text_excerpt(string, len, excerpt);
		osmeta_ereturn(fcinfo->context, (Datum) 0,
					   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
						errmsg("invalid input syntax for type %s: \"%s\"",
							   "oskey", excerpt),
						errdetail_internal("%s", osmeta_key_explain(status)),
						HINT_KEY));
	}
	PG_RETURN_DATUM(make_key(key, key_len));
}

Datum
oskey_out(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	char	   *result = palloc(KEY_TEXT_MAX + 1);
	Size		len;

	len = osmeta_key_print(key_bytes(value), VARSIZE_ANY_EXHDR(value), false,
						   result);
	result[len] = '\0';
	PG_RETURN_CSTRING(result);
}

/*
 * Are the text parts valid UTF-8, the encoding of every database that has
 * this extension?  (Neither '*' nor an end can stand inside a character.)
 */
static bool
valid_encoding(const unsigned char *key, int key_len)
{
	const unsigned char *owner;
	const unsigned char *object;
	size_t		owner_len;
	size_t		object_len;

	osmeta_key_parts(key, (size_t) key_len, &owner, &owner_len,
					 &object, &object_len);
	return (owner == NULL ||
			pg_verify_mbstr(PG_UTF8, (const char *) owner, (int) owner_len,
							true)) &&
		(object == NULL ||
		 pg_verify_mbstr(PG_UTF8, (const char *) object, (int) object_len,
						 true));
}

/*
 * The binary form is the canonical bytes.  Text parts in them are UTF-8,
 * whatever the client's encoding: these bytes are not a text.
 */
Datum
oskey_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			len = buf->len - buf->cursor;
	const unsigned char *key;

	key = (const unsigned char *) pq_getmsgbytes(buf, len);
	if (!osmeta_key_valid(key, (size_t) len) || !valid_encoding(key, len))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary representation of type %s", "oskey"),
				 errhint("The binary form is what oskey_send gives: one byte that says which parts are text, the owner, the object.")));
	PG_RETURN_DATUM(make_key(key, (Size) len));
}

Datum
oskey_send(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbytes(&buf, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*
 * Comparison.  None of these reports anything about its arguments, so they
 * are leakproof.
 */

static int
compare_keys(const struct varlena *a, const struct varlena *b)
{
	Size		a_len = VARSIZE_ANY_EXHDR(a);
	Size		b_len = VARSIZE_ANY_EXHDR(b);
	int			result;

	result = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), Min(a_len, b_len));
	if (result == 0 && a_len != b_len)
		result = a_len < b_len ? -1 : 1;
	return result;
}

static bool
equal_keys(const struct varlena *a, const struct varlena *b)
{
	Size		len = VARSIZE_ANY_EXHDR(a);

	return len == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), len) == 0;
}

/* Define the SQL function of one operator. */
#define COMPARE_FUNCTION(name, expression) \
Datum \
name(PG_FUNCTION_ARGS) \
{ \
	struct varlena *a = PG_GETARG_VARLENA_PP(0); \
	struct varlena *b = PG_GETARG_VARLENA_PP(1); \
	bool		result = (expression); \
\
	PG_FREE_IF_COPY(a, 0); \
	PG_FREE_IF_COPY(b, 1); \
	PG_RETURN_BOOL(result); \
}

COMPARE_FUNCTION(oskey_lt, compare_keys(a, b) < 0)
COMPARE_FUNCTION(oskey_le, compare_keys(a, b) <= 0)
COMPARE_FUNCTION(oskey_eq, equal_keys(a, b))
COMPARE_FUNCTION(oskey_ge, compare_keys(a, b) >= 0)
COMPARE_FUNCTION(oskey_gt, compare_keys(a, b) > 0)
COMPARE_FUNCTION(oskey_ne, !equal_keys(a, b))

Datum
oskey_cmp(PG_FUNCTION_ARGS)
{
	struct varlena *a = PG_GETARG_VARLENA_PP(0);
	struct varlena *b = PG_GETARG_VARLENA_PP(1);
	int			result = compare_keys(a, b);

	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	PG_RETURN_INT32(result);
}

Datum
oskey_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Datum		result;

	result = hash_any(key_bytes(value), (int) VARSIZE_ANY_EXHDR(value));
	PG_FREE_IF_COPY(value, 0);
	return result;
}

Datum
oskey_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Datum		result;

	result = hash_any_extended(key_bytes(value),
							   (int) VARSIZE_ANY_EXHDR(value),
							   PG_GETARG_INT64(1));
	PG_FREE_IF_COPY(value, 0);
	return result;
}

/*
 * Sort support.  The abbreviated key is the two bits of the tag and as many
 * of the bytes behind it as fit a Datum: the beginning of the owner.
 */

Datum
oskey_sortsupport(PG_FUNCTION_ARGS)
{
	SortSupport ssup = (SortSupport) PG_GETARG_POINTER(0);

	ssup->comparator = compare_for_sort;
	ssup->ssup_extra = NULL;
	if (ssup->abbreviate)
	{
		MemoryContext old = MemoryContextSwitchTo(ssup->ssup_cxt);
		KeySortState *state = palloc(sizeof(KeySortState));

		state->input_count = 0;
		state->estimating = true;
		initHyperLogLog(&state->abbr_card, 10);
		ssup->ssup_extra = state;
		ssup->comparator = ssup_datum_unsigned_cmp;
		ssup->abbrev_converter = abbreviate_key;
		ssup->abbrev_abort = stop_abbreviating;
		ssup->abbrev_full_comparator = compare_for_sort;
		MemoryContextSwitchTo(old);
	}
	PG_RETURN_VOID();
}

static int
compare_for_sort(Datum x, Datum y, SortSupport ssup)
{
	struct varlena *a = PG_DETOAST_DATUM_PACKED(x);
	struct varlena *b = PG_DETOAST_DATUM_PACKED(y);
	int			result = compare_keys(a, b);

	if (PointerGetDatum(a) != x)
		pfree(a);
	if (PointerGetDatum(b) != y)
		pfree(b);
	return result;
}

static Datum
abbreviate_key(Datum original, SortSupport ssup)
{
	KeySortState *state = ssup->ssup_extra;
	struct varlena *value = PG_DETOAST_DATUM_PACKED(original);
	const unsigned char *key = key_bytes(value);
	Datum		result = 0;

	/*
	 * A text shorter than the Datum is padded with zeros, which no key holds,
	 * so that the order stays that of the bytes.
	 */
	memcpy(&result, key + 1,
		   Min(sizeof(Datum), VARSIZE_ANY_EXHDR(value) - 1));
	result = DatumBigEndianToNative(result);
	result = (result >> 2) | ((Datum) key[0] << (sizeof(Datum) * 8 - 2));

	state->input_count++;
	if (state->estimating)
	{
		uint32		folded = (uint32) result;

#if SIZEOF_DATUM == 8
		folded ^= (uint32) ((uint64) result >> 32);
#endif
		addHyperLogLog(&state->abbr_card,
					   DatumGetUInt32(hash_uint32(folded)));
	}
	if (PointerGetDatum(value) != original)
		pfree(value);
	return result;
}

/*
 * Should the sort go on without abbreviated keys?  They tell owners apart,
 * of which there may be few; the bounds are those of core's uuid.
 */
static bool
stop_abbreviating(int memtupcount, SortSupport ssup)
{
	KeySortState *state = ssup->ssup_extra;
	double		cardinality;

	if (memtupcount < 10000 || state->input_count < 10000 ||
		!state->estimating)
		return false;
	cardinality = estimateHyperLogLog(&state->abbr_card);

	/* With so many, going on pays whatever is still to come. */
	if (cardinality > 100000.0)
	{
		state->estimating = false;
		return false;
	}
	return cardinality < state->input_count / 2000.0 + 0.5;
}

/*
 * Build and take apart.
 */

Datum
oskey_from_text(PG_FUNCTION_ARGS)
{
	text	   *owner = PG_GETARG_TEXT_PP(0);
	text	   *object = PG_GETARG_TEXT_PP(1);
	unsigned char key[KEY_MAX];
	size_t		key_len;
	KeyStatus	status;

	status = osmeta_key_build(VARDATA_ANY(owner), VARSIZE_ANY_EXHDR(owner),
							  VARDATA_ANY(object), VARSIZE_ANY_EXHDR(object),
							  key, &key_len);
	if (status != KEY_OK)
		report_part(status, owner, object);
	PG_RETURN_DATUM(make_key(key, key_len));
}

Datum
oskey_from_uuid(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *owner = PG_GETARG_UUID_P(0);
	pg_uuid_t  *object = PG_GETARG_UUID_P(1);
	unsigned char key[KEY_UUIDS_LEN];

	StaticAssertStmt(UUID_LEN == KEY_UUID_LEN, "a UUID has 16 bytes");
	key[0] = 0;
	memcpy(key + 1, owner->data, KEY_UUID_LEN);
	memcpy(key + 1 + KEY_UUID_LEN, object->data, KEY_UUID_LEN);
	PG_RETURN_DATUM(make_key(key, sizeof(key)));
}

Datum
oskey_try(PG_FUNCTION_ARGS)
{
	text	   *owner = PG_GETARG_TEXT_PP(0);
	text	   *object = PG_GETARG_TEXT_PP(1);
	unsigned char key[KEY_MAX];
	size_t		key_len;

	if (osmeta_key_build(VARDATA_ANY(owner), VARSIZE_ANY_EXHDR(owner),
						 VARDATA_ANY(object), VARSIZE_ANY_EXHDR(object),
						 key, &key_len) != KEY_OK)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(make_key(key, key_len));
}

Datum
oskey_owner(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	char		part[KEY_PART_MAX];
	Size		len;

	len = osmeta_key_print_owner(key_bytes(value), VARSIZE_ANY_EXHDR(value),
								 part);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(part, (int) len));
}

Datum
oskey_object(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	char		part[KEY_PART_MAX];
	Size		len;

	len = osmeta_key_print_object(key_bytes(value), VARSIZE_ANY_EXHDR(value),
								  part);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(part, (int) len));
}

/*
 * Reference types.
 */

Datum
oskey_bt(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	char		type[KEY_TEXT_MAX];
	Size		len;

	len = osmeta_key_print(key_bytes(value), VARSIZE_ANY_EXHDR(value), true,
						   type);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(type, (int) len));
}

Datum
oskey_bt_ref(PG_FUNCTION_ARGS)
{
	text	   *type = PG_GETARG_TEXT_PP(0);
	unsigned char key[KEY_MAX];
	size_t		key_len;
	struct varlena *plain;
	KeyStatus	status;

	plain = make_plain_reference(type);
	if (plain != NULL)
		PG_RETURN_POINTER(plain);
	status = osmeta_key_parse_reference(VARDATA_ANY(type),
										VARSIZE_ANY_EXHDR(type),
										key, &key_len);
	if (status == KEY_NO_REFERENCE)
		PG_RETURN_NULL();
	if (status != KEY_OK)
	{
		char		excerpt[EXCERPT_SIZE];

		osmeta_text_excerpt(VARDATA_ANY(type), VARSIZE_ANY_EXHDR(type),
							excerpt);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid reference type: \"%s\"", excerpt),
				 errdetail_internal("%s", osmeta_key_explain(status)),
				 HINT_REFERENCE));
	}
	PG_RETURN_DATUM(make_key(key, key_len));
}

Datum
oskey_try_bt_ref(PG_FUNCTION_ARGS)
{
	text	   *type = PG_GETARG_TEXT_PP(0);
	unsigned char key[KEY_MAX];
	size_t		key_len;
	struct varlena *plain;

	plain = make_plain_reference(type);
	if (plain != NULL)
		PG_RETURN_POINTER(plain);
	if (osmeta_key_parse_reference(VARDATA_ANY(type), VARSIZE_ANY_EXHDR(type),
								   key, &key_len) != KEY_OK)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(make_key(key, key_len));
}

Datum
oskey_is_bt_ref(PG_FUNCTION_ARGS)
{
	text	   *type = PG_GETARG_TEXT_PP(0);
	unsigned char key[KEY_MAX];
	size_t		key_len;

	PG_RETURN_BOOL(osmeta_key_parse_reference(VARDATA_ANY(type),
											  VARSIZE_ANY_EXHDR(type),
											  key, &key_len) == KEY_OK);
}
