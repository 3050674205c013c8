-- The tables that the generator works with.  They stand in the schema of the
-- factory, since several sessions need them, and go at the end.

-- What was planted: object is Module, Module.Entity, Module.Entity.Attribute,
-- or the name of a table, of a role and so on, as the trap says.
CREATE TABLE generator_trap (
	trap text,
	object text,
	detail text
);

CREATE UNLOGGED TABLE work_module (
	n integer PRIMARY KEY,				-- in the model, the same in all variants
	name text,
	key_path text,						-- what the keys of its objects are drawn from
	ss_key text,
	kind text,							-- espace, extension
	espace_kind text,
	is_active boolean,
	is_system boolean,
	is_provider boolean,
	is_multitenant boolean,
	catalog integer,
	application text,
	clone_of integer,					-- n of the original
	copy integer,						-- of planted modules
	weight integer,						-- share of the entities
	entities integer,
	first_entity integer,
	hash text,							-- the key of its tables here
	id integer,
	module_id integer
);

CREATE UNLOGGED TABLE work_entity (
	n integer PRIMARY KEY,
	module integer,
	path text,							-- of planted ones: Module.Entity, /old behind namesakes
	name text,
	ss_key text,
	data_kind text,
	is_active boolean,
	is_system boolean,
	is_external boolean,
	is_multitenant boolean,
	is_multilingual boolean,
	has_events boolean,
	has_identifier boolean,
	has_table boolean,
	is_optional boolean,				-- may be missing in a variant
	is_plain boolean,					-- numbered, always there: may be a parent
	id_type text,						-- of the identifier, through all chains
	id_length integer,
	id_auto boolean,
	id_target integer,					-- what a one-to-one entity extends
	root integer,						-- where its identifiers come from
	depth integer,
	attributes integer,
	clone_of integer,
	copy integer,
	fixed_name text,					-- the physical name, if it is given
	former_name text,					-- moved, renamed: what was another when the table was made
	rows_asked integer,
	first_number bigint,
	physical text,
	table_name text,
	row_count integer,
	id_expression text,					-- the %J-th identifier
	id integer
);

CREATE UNLOGGED TABLE work_attribute (
	entity integer,
	position integer,
	path text,
	name text,
	ss_key text,
	type text,							-- rt...; NULL for references
	raw_type text,						-- instead of what the target says
	length integer,
	decimals integer,
	target integer,
	delete_rule text,
	is_mandatory boolean,
	is_autonumber boolean,
	is_active boolean,
	is_optional boolean,
	column_name text,
	rule text,							-- of values: label, order, true
	id integer,
	PRIMARY KEY (entity, position)
);

CREATE UNLOGGED TABLE work_record (
	entity integer,
	position integer,
	name text,
	ss_key text,
	is_active boolean,
	is_optional boolean,
	data_id text,
	id integer,
	PRIMARY KEY (entity, position)
);

CREATE UNLOGGED TABLE work_role (
	module integer,
	position integer,
	name text,
	ss_key text,
	id integer,
	PRIMARY KEY (module, position)
);

CREATE UNLOGGED TABLE work_tenant (
	name text PRIMARY KEY,
	module integer,
	id integer
);

-- One row: how users are numbered.
CREATE UNLOGGED TABLE work_user (
	base bigint,
	users bigint
);

-- ---------------------------------------------------------------------------
-- Modules that are written out: the platform's own, and those with traps, of
-- which large factories have several copies.  named.sql makes numbers of them.
-- ---------------------------------------------------------------------------

SELECT 1 + :entities / 5000 AS copies
\gset

CREATE TEMP TABLE named_module (
	position integer GENERATED ALWAYS AS IDENTITY,
	module text PRIMARY KEY,
	key_path text,						-- another module, whose objects have the same keys
	ss_key text,
	kind text NOT NULL DEFAULT 'espace',
	espace_kind text,
	note text NOT NULL DEFAULT '',		-- system, provider, multitenant, deleted, catalog
	application text,
	copies integer NOT NULL DEFAULT 1
);

-- An entity is called Module.Entity; what follows a slash tells apart several
-- rows of one name.
CREATE TEMP TABLE named_entity (
	position integer GENERATED ALWAYS AS IDENTITY,
	entity text PRIMARY KEY,
	ss_key text,						-- as it is; with %s: a drawn UUID there
	key_of text,						-- entity with the same key
	data_kind text DEFAULT 'entity',
	note text NOT NULL DEFAULT '',		-- system, multitenant, multilingual, external, events, deleted, noidentifier, moved, renamed
	physical text,						-- the physical name, or =Module.Entity
	rows integer,
	first_number bigint,
	trap text,
	detail text
);

-- type: rtText(50), or the entity that it refers to, or = and the text as it
-- is, with %1$s for the key of the module and %2$s for that of the entity.
CREATE TEMP TABLE named_attribute (
	position integer GENERATED ALWAYS AS IDENTITY,
	entity text,
	attribute text,
	type text,
	note text NOT NULL DEFAULT '',		-- auto, mandatory, Delete, Ignore, deleted, label, order, true
	column_name text,
	ss_key_of text,						-- attribute of the same entity with the same key
	trap text,
	detail text,
	PRIMARY KEY (entity, attribute)
);

CREATE TEMP TABLE named_record (
	entity text,
	record text,
	note text NOT NULL DEFAULT '',		-- deleted
	trap text,
	detail text
);
