/*-------------------------------------------------------------------------
 *
 * name.c
 *	  Fuzz target: physical names and data types.
 *
 * The input is lines: the name of a module, that of an entity, then table
 * names that are taken.  The name that publishing would give is computed for
 * every dialect and held against what must be true of it.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include <string.h>

#include "data_type.h"
#include "physical_name.h"

#define LINES	32

typedef struct Line
{
	const char *str;
	size_t		len;
} Line;

static const Dialect dialects[] = {
	DIALECT_SQLSERVER, DIALECT_ORACLE, DIALECT_ORACLE8, DIALECT_POSTGRES
};

static int
split_lines(const char *str, size_t size, Line *lines)
{
	int			count = 0;

	while (count < LINES)
	{
		const char *end = size == 0 ? NULL : memchr(str, '\n', size);

		lines[count].str = str;
		lines[count].len = end == NULL ? size : (size_t) (end - str);
		count++;
		if (end == NULL)
			break;
		size -= (size_t) (end - str) + 1;
		str = end + 1;
	}
	return count;
}

/* The number that the first free name has. */
static uint32_t
first_free(const char *hash, Line entity, Dialect dialect, const Line *taken,
		   int count)
{
	bool		ruled_out[LINES * TAKEN_NUMBERS + 1] = {false};
	uint32_t	number = 0;

	for (int i = 0; i < count; i++)
	{
		uint32_t	numbers[TAKEN_NUMBERS];
		int			n = osmeta_taken_numbers(hash, entity.str, entity.len,
											 dialect, taken[i].str,
											 taken[i].len, numbers);

		CHECK(n >= 0 && n <= TAKEN_NUMBERS);
		while (--n >= 0)
			if (numbers[n] <= LINES * TAKEN_NUMBERS)
				ruled_out[numbers[n]] = true;
	}
	while (ruled_out[number])
		number++;
	return number;
}

/* Limits, whole characters, and the entity's own beginning. */
static void
check_table_name(const char *name, size_t len, const char *hash, Line entity,
				 Dialect dialect)
{
	size_t		limit = SIZE_MAX;
	size_t		entity_chars;
	size_t		chars;

	if (dialect == DIALECT_ORACLE)
		limit = 28;
	else if (dialect == DIALECT_ORACLE8)
		limit = 18;
	CHECK(len < TABLE_NAME_SIZE(entity.len));
	CHECK(memcmp(name, "OSUSR_", 6) == 0 && memcmp(name + 6, hash, 3) == 0 &&
		  name[9] == '_');
	CHECK(osmeta_utf8_clip(name, len, limit) == len);
	if (utf8_valid(entity.str, entity.len, &entity_chars))
	{
		CHECK(utf8_valid(name, len, &chars));
		CHECK(chars <= limit);
	}
}

static void
check_table(const char *hash, Line espace, Line entity, const Line *taken,
			int count, Dialect dialect)
{
	char	   *name = malloc(TABLE_NAME_SIZE(entity.len));
	uint32_t	number = first_free(hash, entity, dialect, taken, count);
	size_t		len;
	NameVerdict verdict;
	PhysicalName parsed;

	/* Every lower name is taken, this one is not. */
	for (uint32_t n = 0; n <= number; n++)
	{
		bool		is_taken = false;

		len = osmeta_table_name(hash, entity.str, entity.len, dialect, n,
								name);
		for (int i = 0; i < count; i++)
			is_taken |= osmeta_name_equal(name, len, taken[i].str,
										  taken[i].len);
		CHECK(is_taken == (n < number));
	}
	check_table_name(name, len, hash, entity, dialect);

	/* What was computed explains itself. */
	verdict = osmeta_physical_explain(espace.str, espace.len, entity.str,
									  entity.len, name, len, dialect);
	if (entity.len > 0)
		CHECK(verdict == NAME_EXACT || verdict == NAME_NUMBERED);
	if (entity.len > 0 && number == 0)
		CHECK(verdict == NAME_EXACT);
	if (entity.len > 0)
	{
		CHECK(osmeta_physical_parse(name, len, &parsed));
		CHECK(memcmp(parsed.hash, hash, ESPACE_HASH_LEN) == 0);
		CHECK(parsed.part + parsed.part_len == name + len);
		CHECK(parsed.base_len <= parsed.part_len);
	}
	free(name);
}

/* Any text as a table, column or type name. */
static void
check_text(Line line)
{
	char	   *out = malloc(CASED_NAME_SIZE(line.len));
	bool		is_valid;
	size_t		chars;
	size_t		out_chars;
	size_t		len;
	PhysicalName parsed;
	DataType	type;
	char		column[COLUMN_TYPE_SIZE];

	is_valid = utf8_valid(line.str, line.len, &chars);
	len = osmeta_column_name(line.str, line.len, out);
	CHECK(len <= CASED_NAME_SIZE(line.len));
	CHECK(osmeta_utf8_clip(out, len, COLUMN_NAME_CHARS) == len);
	if (is_valid)
	{
		CHECK(utf8_valid(out, len, &out_chars));
		CHECK(out_chars == (chars < COLUMN_NAME_CHARS ? chars :
							COLUMN_NAME_CHARS));
		CHECK(osmeta_name_equal(out, len, line.str,
								osmeta_utf8_clip(line.str, line.len,
												 COLUMN_NAME_CHARS)));
	}
	len = osmeta_trigger_name(line.str, line.len, out);
	CHECK(len <= CASED_NAME_SIZE(line.len));
	CHECK(osmeta_utf8_clip(out, len, OBJECT_NAME_CHARS) == len);
	if (is_valid)
		CHECK(utf8_valid(out, len, &out_chars) &&
			  out_chars <= OBJECT_NAME_CHARS);
	free(out);

	CHECK(osmeta_name_equal(line.str, line.len, line.str, line.len));
	if (osmeta_physical_parse(line.str, line.len, &parsed))
	{
		CHECK(parsed.prefix == line.str && parsed.part_len > 0);
		CHECK(parsed.part + parsed.part_len == line.str + line.len);
		CHECK((parsed.suffix < 0) == (parsed.base_len == parsed.part_len));
		CHECK(parsed.base_len > 0);
	}
	(void) osmeta_is_external_name(line.str, line.len);

	type = osmeta_type_parse(line.str, line.len);
	for (int i = 0; i < 4; i++)
	{
		int			number = (int) (line.len * 37) - 50;

		if (osmeta_column_type(type, number, number / 100, dialects[i],
							   column))
			CHECK(strlen(column) > 0 && strlen(column) < sizeof(column) - 1 &&
				  osmeta_type_label(type) != NULL);
		else
			CHECK(osmeta_null_value(type, dialects[i]) == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	Line		lines[LINES];
	int			count = split_lines((const char *) data, size, lines);
	Line		empty = {"", 0};
	Line		entity = count > 1 ? lines[1] : empty;
	int			taken = count > 2 ? count - 2 : 0;
	char		hash[ESPACE_HASH_LEN];

	osmeta_espace_hash(lines[0].str, lines[0].len, hash);
	for (int i = 0; i < ESPACE_HASH_LEN; i++)
		CHECK((hash[i] >= 'a' && hash[i] <= 'z') ||
			  (hash[i] >= '0' && hash[i] <= '9'));

	for (int d = 0; d < 4; d++)
	{
		check_table(hash, lines[0], entity, lines + 2, taken, dialects[d]);
		for (int i = 0; i < taken; i++)
		{
			Line		other = lines[i + 2];
			NameVerdict verdict;

			verdict = osmeta_physical_explain(lines[0].str, lines[0].len,
											  entity.str, entity.len,
											  other.str, other.len,
											  dialects[d]);
			CHECK(osmeta_verdict_text(verdict) != NULL);
		}
	}
	for (int i = 0; i < count; i++)
		check_text(lines[i]);
	return 0;
}
