/*-------------------------------------------------------------------------
 *
 * mask.c
 *	  Masks: values become other values of the same shape, under a key.
 *
 * See mask.h for what they keep and why they are injective.
 *
 *-------------------------------------------------------------------------
 */
#include "mask.h"

#include <string.h>

#include "mask_alphabet.h"

/* What a word that goes into the keyed function is about. */
#define TAG_SHAPE	(UINT64_C(1) << 56)
#define TAG_HALF	(UINT64_C(2) << 56)
#define TAG_STREAM	(UINT64_C(3) << 56)
#define TAG_MIRROR	(UINT64_C(4) << 56)
#define TAG_SWAP	(UINT64_C(5) << 56)
#define TAG_WORD	(UINT64_C(6) << 56)
#define TAG_NAME	(UINT64_C(7) << 56)
#define TAG_LONG	(UINT64_C(8) << 56)
#define TAG_DAY		(UINT64_C(9) << 56)

#define FEISTEL_ROUNDS 12

/* Up to here values are shuffled as one number. */
#define SMALL_DOMAIN (UINT64_C(1) << 20)

/* ---------------------------------------------------------------------------
 * Characters
 * ---------------------------------------------------------------------------
 */

/* Length of the character of valid UTF-8 at p, and its code; 0 if none is. */
static size_t
decode(const unsigned char *p, size_t left, uint32_t *code)
{
	size_t		size;
	uint32_t	c;

	if (p[0] < 0x80)
	{
		*code = p[0];
		return 1;
	}
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
	{
		size = 2;
		c = p[0] & 0x1F;
	}
	else if (p[0] >= 0xE0 && p[0] <= 0xEF)
	{
		size = 3;
		c = p[0] & 0x0F;
	}
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
	{
		size = 4;
		c = p[0] & 0x07;
	}
	else
		return 0;
	if (left < size)
		return 0;
	for (size_t i = 1; i < size; i++)
	{
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = (c << 6) | (p[i] & 0x3F);
	}
	if ((size == 3 && (c < 0x800 || (c >= 0xD800 && c <= 0xDFFF))) ||
		(size == 4 && (c < 0x10000 || c > 0x10FFFF)))
		return 0;
	*code = c;
	return size;
}

/* Letters of alphabets are of the Basic Multilingual Plane. */
static void
encode(uint32_t code, char *p)
{
	if (code < 0x80)
		p[0] = (char) code;
	else if (code < 0x800)
	{
		p[0] = (char) (0xC0 | (code >> 6));
		p[1] = (char) (0x80 | (code & 0x3F));
	}
	else
	{
		p[0] = (char) (0xE0 | (code >> 12));
		p[1] = (char) (0x80 | ((code >> 6) & 0x3F));
		p[2] = (char) (0x80 | (code & 0x3F));
	}
}

/* Find the alphabet of a character; false if it has none. */
static bool
find_letter(uint32_t code, MaskSymbol *symbol)
{
	int			low = 0;
	int			high = (int) (sizeof(alphabet_order) / sizeof(alphabet_order[0]));

	if (code < 0x80)
	{
		symbol->alphabet = ALPHABET_LETTER;
		if (code >= 'a' && code <= 'z')
		{
			symbol->index = (uint16_t) (code - 'a');
			symbol->form = 0;
			return true;
		}
		if (code >= 'A' && code <= 'Z')
		{
			symbol->index = (uint16_t) (code - 'A');
			symbol->form = 1;
			return true;
		}
		symbol->alphabet = ALPHABET_DIGIT;
		symbol->index = (uint16_t) (code - '0');
		symbol->form = 0;
		return code >= '0' && code <= '9';
	}

	/* the last run that does not begin behind the character, or one before */
	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (alphabet_runs[alphabet_order[middle]].first <= code)
			low = middle + 1;
		else
			high = middle;
	}
	for (int i = low - 1; i >= 0 && i >= low - 1 - ALPHABET_LOOK_BACK; i--)
	{
		const AlphabetRun *run = &alphabet_runs[alphabet_order[i]];
		uint32_t	distance = code - run->first;

		if (distance % run->step == 0 && distance / run->step < run->count)
		{
			symbol->alphabet = run->alphabet;
			symbol->form = run->form;
			symbol->index = (uint16_t) (run->base + distance / run->step);
			return true;
		}
	}
	return false;
}

/* The character that a symbol is now. */
static uint32_t
letter_code(const MaskSymbol *symbol)
{
	const Alphabet *alphabet = &alphabets[symbol->alphabet];
	unsigned	index = (unsigned) symbol->index + symbol->lowest;
	int			i = alphabet->run[symbol->form];

	while (index >= (unsigned) alphabet_runs[i].base + alphabet_runs[i].count)
		i++;
	return alphabet_runs[i].first +
		(index - alphabet_runs[i].base) * alphabet_runs[i].step;
}

/* All letters and digits of a text. */
static size_t
read_symbols(const char *str, size_t len, MaskSymbol *symbols)
{
	const unsigned char *p = (const unsigned char *) str;
	size_t		n = 0;
	size_t		size;

	for (size_t at = 0; at < len; at += size)
	{
		MaskSymbol *s = &symbols[n];
		uint32_t	code;

		size = decode(p + at, len - at, &code);
		if (size == 0)
		{
			size = 1;			/* no character: stays */
			continue;
		}
		if (!find_letter(code, s))
			continue;
		s->at = (uint32_t) at;
		s->radix = alphabets[s->alphabet].size;
		s->lowest = 0;
		n++;
	}
	return n;
}

static void
write_symbols(char *str, const MaskSymbol *symbols, size_t n)
{
	for (size_t i = 0; i < n; i++)
		encode(letter_code(&symbols[i]), str + symbols[i].at);
}

/* From now on the symbol is never the first letter of its alphabet. */
static void
exclude_first(MaskSymbol *symbol)
{
	symbol->lowest = 1;
	symbol->radix--;
	symbol->index--;
}

/* ---------------------------------------------------------------------------
 * Permutations
 * ---------------------------------------------------------------------------
 */

/* Four symbols to a word. */
static void
add_indexes(SipState *state, const MaskSymbol *symbols, size_t n)
{
	uint64_t	word = 0;

	for (size_t i = 0; i < n; i++)
	{
		word = (word << 16) | symbols[i].index;
		if (i % 4 == 3 || i + 1 == n)
		{
			sip_word(state, word);
			word = 0;
		}
	}
}

/* What all values that are permuted among each other have in common. */
static uint64_t
hash_shape(const SipKey *key, const MaskSymbol *symbols, size_t n,
		   uint64_t tweak)
{
	SipState	state;
	uint64_t	word = 0;

	sip_begin(&state, key);
	sip_word(&state, TAG_SHAPE | n);
	sip_word(&state, tweak);
	for (size_t i = 0; i < n; i++)
	{
		word = (word << 16) | (uint64_t) (symbols[i].alphabet << 1) |
			symbols[i].lowest;
		if (i % 4 == 3 || i + 1 == n)
		{
			sip_word(&state, word);
			word = 0;
		}
	}
	return sip_end(&state);
}

static uint64_t
hash_words(const SipKey *key, uint64_t a, uint64_t b, uint64_t c)
{
	SipState	state;

	sip_begin(&state, key);
	sip_word(&state, a);
	sip_word(&state, b);
	sip_word(&state, c);
	return sip_end(&state);
}

/*
 * Swap-or-not: in each round an element and its mirror image, at a place that
 * the key says, change places, or do not, by a bit that both give.
 */
static void
permute_small(const SipKey *key, uint64_t shape, MaskSymbol *symbols, size_t n,
			  uint64_t count)
{
	uint64_t	x = 0;
	unsigned	rounds = 8;

	for (size_t i = 0; i < n; i++)
		x = x * symbols[i].radix + symbols[i].index;
	for (uint64_t rest = count; rest > 0; rest >>= 1)
		rounds += 6;
	for (unsigned round = 0; round < rounds; round++)
	{
		uint64_t	place = hash_words(key, TAG_MIRROR | round, shape, 0) % count;
		uint64_t	mirror = (place + count - x) % count;
		uint64_t	greater = x > mirror ? x : mirror;

		if (hash_words(key, TAG_SWAP | round, shape, greater) & 1)
			x = mirror;
	}
	for (size_t i = n; i-- > 0;)
	{
		symbols[i].index = (uint16_t) (x % symbols[i].radix);
		x /= symbols[i].radix;
	}
}

/* Add to one half of the symbols what the other half says. */
static void
feistel_round(const SipKey *key, uint64_t shape, unsigned round,
			  MaskSymbol *half, size_t n, const MaskSymbol *other,
			  size_t nother)
{
	SipState	state;
	uint64_t	seed;
	uint64_t	word = 0;

	sip_begin(&state, key);
	sip_word(&state, TAG_HALF | round);
	sip_word(&state, shape);
	add_indexes(&state, other, nother);
	seed = sip_end(&state);
	for (size_t i = 0; i < n; i++)
	{
		uint32_t	bits;

		if (i % 2 == 0)
			word = hash_words(key, TAG_STREAM | i, seed, round);
		bits = i % 2 == 0 ? (uint32_t) word : (uint32_t) (word >> 32);
		half[i].index = (uint16_t)
			((half[i].index + (((uint64_t) bits * half[i].radix) >> 32)) %
			 half[i].radix);
	}
}

/* Number of bits that a symbol is worth, rounded up. */
static unsigned
bits_of(const MaskSymbol *symbol)
{
	unsigned	bits = 0;

	for (unsigned rest = symbol->radix - 1; rest > 0; rest >>= 1)
		bits++;
	return bits;
}

static void
permute(const SipKey *key, MaskSymbol *symbols, size_t n, uint64_t tweak)
{
	uint64_t	shape;
	uint64_t	count = 1;
	uint64_t	total = 0;
	uint64_t	bits;
	size_t		cut;

	if (n == 0)
		return;
	shape = hash_shape(key, symbols, n, tweak);
	for (size_t i = 0; i < n && count <= SMALL_DOMAIN; i++)
		count *= symbols[i].radix;
	if (count <= SMALL_DOMAIN)
	{
		permute_small(key, shape, symbols, n, count);
		return;
	}

	/* halves that are worth about the same */
	for (size_t i = 0; i < n; i++)
		total += bits_of(&symbols[i]);
	bits = bits_of(&symbols[0]);
	for (cut = 1; cut < n - 1 && bits * 2 < total; cut++)
		bits += bits_of(&symbols[cut]);
	for (unsigned round = 0; round < FEISTEL_ROUNDS; round++)
	{
		if (round % 2 == 0)
			feistel_round(key, shape, round, symbols, cut,
						  symbols + cut, n - cut);
		else
			feistel_round(key, shape, round, symbols + cut, n - cut,
						  symbols, cut);
	}
}

/* ---------------------------------------------------------------------------
 * Texts, telephone numbers, numbers
 * ---------------------------------------------------------------------------
 */

void
osmeta_mask_text(const SipKey *key, char *str, size_t len,
				 MaskSymbol *symbols)
{
	size_t		n = read_symbols(str, len, symbols);

	permute(key, symbols, n, 0);
	write_symbols(str, symbols, n);
}

void
osmeta_mask_phone(const SipKey *key, char *str, size_t len,
				  MaskSymbol *symbols)
{
	size_t		n = read_symbols(str, len, symbols);
	size_t		first = 0;

	while (first < n && symbols[first].alphabet == ALPHABET_DIGIT &&
		   symbols[first].index == 0)
		first++;
	if (first < n && symbols[first].alphabet == ALPHABET_DIGIT)
		exclude_first(&symbols[first]);
	permute(key, symbols + first, n - first, 0);
	write_symbols(str, symbols, n);
}

/*
 * Which of the types smallint, integer and bigint can hold a whole number of
 * these digits?  0: all, 3: none.
 */
static int
number_size(const MaskSymbol *digits, size_t n, bool is_negative)
{
	static const char *const limits[] = {"32767", "2147483647", "9223372036854775807"};

	for (int i = 0; i < 3; i++)
	{
		size_t		len = strlen(limits[i]);
		int			order = 0;

		if (n < len)
			return i;
		if (n > len)
			continue;
		for (size_t j = 0; j < n && order == 0; j++)
			order = digits[j].index + digits[j].lowest - (limits[i][j] - '0');
		/* the lowest number is one further from zero; limits end in 7 */
		if (order > 0 && is_negative)
		{
			order = 0;
			for (size_t j = 0; j < n && order == 0; j++)
				order = digits[j].index + digits[j].lowest -
					(limits[i][j] - '0') - (j + 1 == n);
		}
		if (order <= 0)
			return i;
	}
	return 3;
}

void
osmeta_mask_number(const SipKey *key, char *str, size_t len,
				   MaskSymbol *symbols)
{
	bool		is_negative = len > 0 && str[0] == '-';
	size_t		n = 0;
	size_t		whole = 0;		/* digits before the point */
	bool		has_point = false;

	for (size_t at = is_negative; at < len; at++)
	{
		MaskSymbol *s = &symbols[n];

		if (str[at] == '.' && !has_point)
		{
			has_point = true;
			whole = n;
			continue;
		}
		if (str[at] < '0' || str[at] > '9')
			return;				/* NaN, or no number at all */
		s->at = (uint32_t) at;
		s->alphabet = ALPHABET_DIGIT;
		s->form = 0;
		s->lowest = 0;
		s->index = (uint16_t) (str[at] - '0');
		s->radix = 10;
		n++;
	}
	if (!has_point)
		whole = n;

	/* zeros before the first and behind the last digit of the value stay */
	while (n > whole && symbols[n - 1].index == 0)
		n--;
	while (n > 0 && symbols[0].index == 0)
	{
		symbols++;
		n--;
		if (whole > 0)
			whole--;
	}
	if (n == 0)
		return;
	exclude_first(&symbols[0]);
	if (n > whole)
	{
		if (n > 1)
			exclude_first(&symbols[n - 1]);
		permute(key, symbols, n, n - whole);
	}
	else
	{
		int			size = number_size(symbols, n, is_negative);

		do
			permute(key, symbols, n, 0);
		while (number_size(symbols, n, is_negative) != size);
	}
	write_symbols(str, symbols, n);
}

/* ---------------------------------------------------------------------------
 * Addresses of e-mail
 * ---------------------------------------------------------------------------
 */
static const char mail_end[] = ".invalid";

/* Length of the character at p if it can belong to a domain, else 0. */
static size_t
domain_char(const unsigned char *p, size_t left)
{
	uint32_t	code;
	size_t		size = decode(p, left, &code);

	if (size == 0)
		return 1;				/* no character: part of something odd */
	if (code < 0x80)
		return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
			(code >= '0' && code <= '9') ||
			(code != 0 && strchr("-._[]:", (int) code) != NULL);
	/* blanks and punctuation; but not the full stops that domains can have */
	if (code < 0xC0 || code == 0xD7 || code == 0xF7 ||
		(code >= 0x2000 && code <= 0x206F) || code == 0x3000 ||
		code == 0x3001)
		return 0;
	return size;
}

size_t
osmeta_mask_email_room(const char *str, size_t len)
{
	size_t		room = len;

	for (size_t i = 0; i < len; i++)
	{
		if (str[i] == '@')
			room += sizeof(mail_end) - 1;
	}
	return room < MASK_EMAIL_MIN ? MASK_EMAIL_MIN : room;
}

/* Bytes of the text, and what they are about, as 64 bits. */
static uint64_t
hash_bytes(const SipKey *key, uint64_t tag, const char *str, size_t len)
{
	SipState	state;
	uint64_t	word = 0;

	sip_begin(&state, key);
	sip_word(&state, tag);
	sip_word(&state, len);
	for (size_t i = 0; i < len; i++)
	{
		word = (word << 8) | (unsigned char) str[i];
		if (i % 8 == 7 || i + 1 == len)
		{
			sip_word(&state, word);
			word = 0;
		}
	}
	return sip_end(&state);
}

size_t
osmeta_mask_email(const SipKey *key, char *str, size_t len, size_t max,
				  MaskSymbol *symbols, char *out)
{
	uint64_t	hash[2];
	size_t		n = 0;
	size_t		at = 0;

	hash[0] = hash_bytes(key, TAG_LONG, str, len);
	hash[1] = hash_bytes(key, TAG_LONG | 1, str, len);
	osmeta_mask_text(key, str, len, symbols);
	while (at < len)
	{
		size_t		end;
		size_t		size;

		out[n++] = str[at];
		if (str[at++] != '@')
			continue;
		for (end = at; end < len; end += size)
		{
			size = domain_char((unsigned char *) str + end, len - end);
			if (size == 0)
				break;
		}
		while (end > at && str[end - 1] == '.')
			end--;
		if (end == at)
			continue;
		memcpy(out + n, str + at, end - at);
		n += end - at;
		memcpy(out + n, mail_end, sizeof(mail_end) - 1);
		n += sizeof(mail_end) - 1;
		at = end;
	}
	if (n <= max || n == len)
		return n;

	for (int i = 0; i < 32; i++)
		out[i] = "0123456789abcdef"[(hash[i / 16] >> (i % 16 * 4)) & 15];
	memcpy(out + 32, "@invalid", 8);
	return MASK_EMAIL_MIN;
}

/* ---------------------------------------------------------------------------
 * Names
 * ---------------------------------------------------------------------------
 */

/*
 * Is the character part of a word?  *folded is the same for small and
 * capital letters.
 */
static bool
word_char(uint32_t code, uint64_t *folded, bool *is_digit, bool *is_capital)
{
	MaskSymbol	s;

	*is_digit = false;
	*is_capital = false;
	if (find_letter(code, &s))
	{
		*folded = ((uint64_t) s.alphabet << 32) | s.index;
		*is_digit = s.alphabet == ALPHABET_DIGIT;
		*is_capital = s.alphabet < ALPHABET_CASELESS &&
			!*is_digit && s.form % 2 == 1;
		return true;
	}
	*is_capital = code == 0x3A3;	/* sigma, which has three forms */
	*folded = (UINT64_C(1) << 40) |
		(code == 0x3A3 || code == 0x3C2 ? 0x3C3 : code);

	/* letters without alphabet, rather too many than too few */
	return code >= 0xC0 && code != 0xD7 && code != 0xF7 &&
		!(code >= 0x2000 && code <= 0x2BFF) &&
		!(code >= 0x3000 && code <= 0x3020) &&
		!(code >= 0xFE00 && code <= 0xFE0F) && code != 0xFEFF;
}

size_t
osmeta_mask_name(const SipKey *key, char *str, size_t len)
{
	static const char consonants[] = "bdfgklmnprstvz";
	static const char vowels[] = "aeiou";
	size_t		at = 0;
	size_t		n = 0;

	while (at < len)
	{
		SipState	state;
		uint64_t	word;
		uint64_t	folded;
		uint64_t	letter = 0;
		uint32_t	code;
		size_t		end;
		size_t		size;
		bool		is_digit;
		bool		is_capital;

		/* the word that begins here */
		sip_begin(&state, key);
		sip_word(&state, TAG_WORD);
		for (end = at; end < len; end += size)
		{
			size = decode((unsigned char *) str + end, len - end, &code);
			if (size == 0 ||
				!word_char(code, &folded, &is_digit, &is_capital))
				break;
			sip_word(&state, folded);
		}
		if (end == at)
		{
			str[n++] = str[at++];
			continue;
		}
		word = sip_end(&state);
		for (; at < end; at += size)
		{
			uint64_t	hash = hash_words(key, TAG_NAME, word, letter);
			const char *set = (word + letter) % 2 ? consonants : vowels;
			size_t		count = (word + letter) % 2 ?
			sizeof(consonants) - 1 : sizeof(vowels) - 1;

			size = decode((unsigned char *) str + at, end - at, &code);
			(void) word_char(code, &folded, &is_digit, &is_capital);
			if (is_digit)
				str[n++] = (char) ('0' + hash % 10);
			else if (is_capital)
				str[n++] = (char) (set[hash % count] - 'a' + 'A');
			else
				str[n++] = set[hash % count];
			letter++;
		}
	}
	return n;
}

/* ---------------------------------------------------------------------------
 * Days
 * ---------------------------------------------------------------------------
 */
int32_t
osmeta_mask_day(const SipKey *key, int32_t day)
{
	int32_t		days = 180 + (int32_t) (hash_words(key, TAG_DAY, 0, 0) % 1646);

	if (day < MASK_DAY_FIRST || day > MASK_DAY_LAST)
		return day;
	day -= days;
	if (day < MASK_DAY_FIRST)
		day += MASK_DAY_LAST - MASK_DAY_FIRST + 1;
	return day;
}
