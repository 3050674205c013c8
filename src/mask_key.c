/*-------------------------------------------------------------------------
 *
 * mask_key.c
 *	  The secret of the masks, and the keys that are made of it.
 *
 * The secret is the setting osmeta.mask_secret.  It is taken from the session
 * only: where it would be stored (ALTER ROLE, ALTER DATABASE, a file) it is
 * refused, it is never shown, and no message holds it.
 *
 * Keys are HMAC-SHA-256 of a master key, which is PBKDF2 of the secret: the
 * check value that a plan stores could else be used to try out secrets at
 * the speed of a hash function.  They are made when they are first asked for
 * after the setting has changed, which takes some hundredths of a second.
 *
 *-------------------------------------------------------------------------
 */
#include "mask_key.h"

#include "common/hmac.h"
#include "common/sha2.h"
#include "utils/guc.h"

#define ITERATIONS 16384
#define SALT "osmeta mask 1"
#define SHOWN "********"

static char *mask_secret = NULL;

/* What the setting was when the keys were made; false: make them. */
static bool has_keys = false;
static uint8 master_key[PG_SHA256_DIGEST_LENGTH];
static SipKey keys[MASK_KINDS];

/* Names under which the keys are made: never to be changed. */
static const char *const kind_names[MASK_KINDS] = {
	"text", "email", "name", "phone", "number", "date"
};

static bool
check_secret(char **newval, void **extra, GucSource source)
{
	if (*newval == NULL || **newval == '\0')
		return true;
	/* The usual message would hold the value. */
	if (source != PGC_S_CLIENT && source != PGC_S_SESSION &&
		source != PGC_S_INTERACTIVE && source != PGC_S_OVERRIDE)
	{
		GUC_check_errmsg("setting osmeta.mask_secret cannot be stored");
		GUC_check_errdetail("It is for the session only.");
		GUC_check_errhint("Give it with the connection: PGOPTIONS='-c osmeta.mask_secret=...'");
		return false;
	}
	return true;
}

static void
assign_secret(const char *newval, void *extra)
{
	has_keys = false;
	explicit_bzero(master_key, sizeof(master_key));
	explicit_bzero(keys, sizeof(keys));
}

static const char *
show_secret(void)
{
	return osmeta_mask_has_secret() ? SHOWN : "";
}

void
osmeta_mask_define_setting(void)
{
	DefineCustomStringVariable("osmeta.mask_secret",
							   "The secret of the masks of osmeta.",
							   "For the session only; never shown, stored or logged by osmeta.",
							   &mask_secret,
							   "",
							   PGC_USERSET,
							   GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE |
							   GUC_DISALLOW_IN_FILE,
							   check_secret,
							   assign_secret,
							   show_secret);
}

bool
osmeta_mask_has_secret(void)
{
	return mask_secret != NULL && mask_secret[0] != '\0';
}

/* HMAC-SHA-256 of two pieces of data. */
static void
hmac(const uint8 *key, size_t key_len, const void *a, size_t a_len,
	 const void *b, size_t b_len, uint8 *result)
{
	pg_hmac_ctx *ctx = pg_hmac_create(PG_SHA256);

	if (ctx == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	if (pg_hmac_init(ctx, key, key_len) < 0 ||
		pg_hmac_update(ctx, (const uint8 *) a, a_len) < 0 ||
		pg_hmac_update(ctx, (const uint8 *) b, b_len) < 0 ||
		pg_hmac_final(ctx, result, PG_SHA256_DIGEST_LENGTH) < 0)
	{
		pg_hmac_free(ctx);
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("HMAC-SHA-256 cannot be computed")));
	}
	pg_hmac_free(ctx);
}

/* The first and only block of PBKDF2 (RFC 8018). */
static void
stretch(const char *secret, uint8 *result)
{
	static const uint8 block[4] = {0, 0, 0, 1};
	uint8		u[PG_SHA256_DIGEST_LENGTH];
	const uint8 *key = (const uint8 *) secret;
	size_t		len = strlen(secret);

	hmac(key, len, SALT, sizeof(SALT) - 1, block, sizeof(block), u);
	memcpy(result, u, sizeof(u));
	for (int i = 1; i < ITERATIONS; i++)
	{
		hmac(key, len, u, sizeof(u), "", 0, u);
		for (int j = 0; j < PG_SHA256_DIGEST_LENGTH; j++)
			result[j] ^= u[j];
	}
	explicit_bzero(u, sizeof(u));
}

static void
make_keys(void)
{
	if (has_keys)
		return;
	if (!osmeta_mask_has_secret())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("masks need a secret, and this session has none"),
				 errhint("Connect with PGOPTIONS='-c osmeta.mask_secret=...', so that it stands in no statement.")));
	stretch(mask_secret, master_key);
	for (int kind = 0; kind < MASK_KINDS; kind++)
	{
		uint8		digest[PG_SHA256_DIGEST_LENGTH];
		uint64		word[2] = {0, 0};

		hmac(master_key, sizeof(master_key), "key ", 4, kind_names[kind],
			 strlen(kind_names[kind]), digest);
		/* the same on machines of either byte order */
		for (int i = 0; i < 16; i++)
			word[i / 8] |= (uint64) digest[i] << (i % 8 * 8);
		keys[kind].k0 = word[0];
		keys[kind].k1 = word[1];
		explicit_bzero(digest, sizeof(digest));
	}
	has_keys = true;
}

const SipKey *
osmeta_mask_key(MaskKind kind)
{
	make_keys();
	return &keys[kind];
}

char *
osmeta_mask_check_value(const char *salt)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *result = palloc(33);

	make_keys();
	hmac(master_key, sizeof(master_key), "check ", 6, salt, strlen(salt),
		 digest);
	for (int i = 0; i < 16; i++)
		snprintf(result + i * 2, 3, "%02x", digest[i]);
	return result;
}
