/*-------------------------------------------------------------------------
 *
 * sink.c
 *	  Which sink delivers to the servers of a wrapper, and what it can do.
 *
 *-------------------------------------------------------------------------
 */
#include "sink.h"

#include "commands/extension.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "spi.h"

PG_FUNCTION_INFO_V1(osmeta_sink_can);

/*
 * The extension that delivers through a wrapper, if this database has it; its
 * library is loaded then, and its sink in the list.
 */
static char *
load_extension(const char *wrapper)
{
	const char *args[1];
	char	   *extension;

	args[0] = wrapper;
	if (osmeta_query_text("SELECT w.sink_extension FROM osmeta.wrapper w"
						  " WHERE w.wrapper = $1", 1, args) == 0)
		return NULL;
	extension = osmeta_text_at(0, 1);
	if (extension == NULL ||
		!OidIsValid(get_extension_oid(extension, true)))
		return NULL;
	load_file(psprintf("$libdir/%s", extension), false);
	return extension;
}

bool
osmeta_sink_load(const char *wrapper)
{
	return wrapper != NULL && load_extension(wrapper) != NULL;
}

int
osmeta_sink_read_without(const char *wrapper)
{
	int			nest_level = NewGUCNestLevel();
	char	   *extension = wrapper != NULL ? load_extension(wrapper) : NULL;
	char	   *setting = extension != NULL ? psprintf("%s.scan", extension) : NULL;

	/* one that only writes has none */
	if (setting != NULL && GetConfigOption(setting, true, false) != NULL)
		(void) set_config_option(setting, "off", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	return nest_level;
}

const OsmetaSink *
osmeta_sink_find(const char *wrapper)
{
	OsmetaSink **list;

	(void) osmeta_sink_load(wrapper);
	list = (OsmetaSink **) find_rendezvous_variable(OSMETA_SINK_LIST);
	for (OsmetaSink *sink = *list; sink != NULL; sink = sink->next)
	{
		if (sink->version == OSMETA_SINK_VERSION && sink->serves(wrapper))
			return sink;
	}
	return osmeta_table_sink.serves(wrapper) ? &osmeta_table_sink : NULL;
}

OsmetaSinkAbility
osmeta_sink_ability(const char *wrapper)
{
	const OsmetaSink *sink = osmeta_sink_find(wrapper);
	OsmetaSinkAbility none = {0};

	return sink == NULL ? none : sink->ability(wrapper);
}

/*
 * sink_can(wrapper text, ability text) -> boolean
 *
 * For the views: insert, assigned or counter; wrapper NULL is this database.
 */
Datum
osmeta_sink_can(PG_FUNCTION_ARGS)
{
	char	   *wrapper = PG_ARGISNULL(0) ? NULL :
	text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *wanted = PG_ARGISNULL(1) ? pstrdup("") :
	text_to_cstring(PG_GETARG_TEXT_PP(1));
	OsmetaSinkAbility ability;
	int			nest_level = osmeta_spi_begin(false);

	ability = osmeta_sink_ability(wrapper);
	osmeta_spi_end(nest_level);
	if (strcmp(wanted, "insert") == 0)
		PG_RETURN_BOOL(ability.explicit_ids || ability.assigned_ids);
	if (strcmp(wanted, "assigned") == 0)
		PG_RETURN_BOOL(ability.assigned_ids);
	if (strcmp(wanted, "counter") == 0)
		PG_RETURN_BOOL(ability.counters);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("no ability of a sink is called \"%s\"", wanted),
			 errhint("Abilities are insert, assigned and counter.")));
}
