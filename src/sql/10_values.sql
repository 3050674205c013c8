
-- ---------------------------------------------------------------------------
-- Values: types and pure functions.  None of them looks at a catalogue or a
-- table, all are immutable and parallel safe.
-- ---------------------------------------------------------------------------

-- ----- type oskey ----------------------------------------------------------

CREATE TYPE osmeta.oskey;

CREATE FUNCTION osmeta.oskey_in(cstring) RETURNS osmeta.oskey
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_in';
COMMENT ON FUNCTION osmeta.oskey_in(cstring)
	IS 'Internal: reads a composite key';

CREATE FUNCTION osmeta.oskey_out(osmeta.oskey) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_out';
COMMENT ON FUNCTION osmeta.oskey_out(osmeta.oskey)
	IS 'Internal: prints a composite key';

CREATE FUNCTION osmeta.oskey_recv(internal) RETURNS osmeta.oskey
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_recv';
COMMENT ON FUNCTION osmeta.oskey_recv(internal)
	IS 'Internal: reads the binary form of a composite key';

CREATE FUNCTION osmeta.oskey_send(osmeta.oskey) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_send';
COMMENT ON FUNCTION osmeta.oskey_send(osmeta.oskey)
	IS 'Internal: gives the binary form of a composite key';

-- Stored "main": a key has at most 202 bytes and belongs into its row.
CREATE TYPE osmeta.oskey (
	INPUT = osmeta.oskey_in,
	OUTPUT = osmeta.oskey_out,
	RECEIVE = osmeta.oskey_recv,
	SEND = osmeta.oskey_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = main
);
COMMENT ON TYPE osmeta.oskey
	IS 'composite key: SS_Key of the owning espace or extension, and SS_Key of the object';

-- ----- operators of oskey --------------------------------------------------

CREATE FUNCTION osmeta.oskey_lt(osmeta.oskey, osmeta.oskey) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_lt';
COMMENT ON FUNCTION osmeta.oskey_lt(osmeta.oskey, osmeta.oskey)
	IS 'Internal: implements operator <';

CREATE FUNCTION osmeta.oskey_le(osmeta.oskey, osmeta.oskey) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_le';
COMMENT ON FUNCTION osmeta.oskey_le(osmeta.oskey, osmeta.oskey)
	IS 'Internal: implements operator <=';

CREATE FUNCTION osmeta.oskey_eq(osmeta.oskey, osmeta.oskey) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_eq';
COMMENT ON FUNCTION osmeta.oskey_eq(osmeta.oskey, osmeta.oskey)
	IS 'Internal: implements operator =';

CREATE FUNCTION osmeta.oskey_ge(osmeta.oskey, osmeta.oskey) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_ge';
COMMENT ON FUNCTION osmeta.oskey_ge(osmeta.oskey, osmeta.oskey)
	IS 'Internal: implements operator >=';

CREATE FUNCTION osmeta.oskey_gt(osmeta.oskey, osmeta.oskey) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_gt';
COMMENT ON FUNCTION osmeta.oskey_gt(osmeta.oskey, osmeta.oskey)
	IS 'Internal: implements operator >';

CREATE FUNCTION osmeta.oskey_ne(osmeta.oskey, osmeta.oskey) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_ne';
COMMENT ON FUNCTION osmeta.oskey_ne(osmeta.oskey, osmeta.oskey)
	IS 'Internal: implements operator <>';

CREATE OPERATOR osmeta.< (
	LEFTARG = osmeta.oskey,
	RIGHTARG = osmeta.oskey,
	FUNCTION = osmeta.oskey_lt,
	COMMUTATOR = OPERATOR(osmeta.>),
	NEGATOR = OPERATOR(osmeta.>=),
	RESTRICT = scalarltsel,
	JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR osmeta.< (osmeta.oskey, osmeta.oskey)
	IS 'less than';

CREATE OPERATOR osmeta.<= (
	LEFTARG = osmeta.oskey,
	RIGHTARG = osmeta.oskey,
	FUNCTION = osmeta.oskey_le,
	COMMUTATOR = OPERATOR(osmeta.>=),
	NEGATOR = OPERATOR(osmeta.>),
	RESTRICT = scalarlesel,
	JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR osmeta.<= (osmeta.oskey, osmeta.oskey)
	IS 'less than or equal';

CREATE OPERATOR osmeta.= (
	LEFTARG = osmeta.oskey,
	RIGHTARG = osmeta.oskey,
	FUNCTION = osmeta.oskey_eq,
	COMMUTATOR = OPERATOR(osmeta.=),
	NEGATOR = OPERATOR(osmeta.<>),
	RESTRICT = eqsel,
	JOIN = eqjoinsel,
	HASHES,
	MERGES
);
COMMENT ON OPERATOR osmeta.= (osmeta.oskey, osmeta.oskey)
	IS 'equal';

CREATE OPERATOR osmeta.>= (
	LEFTARG = osmeta.oskey,
	RIGHTARG = osmeta.oskey,
	FUNCTION = osmeta.oskey_ge,
	COMMUTATOR = OPERATOR(osmeta.<=),
	NEGATOR = OPERATOR(osmeta.<),
	RESTRICT = scalargesel,
	JOIN = scalargejoinsel
);
COMMENT ON OPERATOR osmeta.>= (osmeta.oskey, osmeta.oskey)
	IS 'greater than or equal';

CREATE OPERATOR osmeta.> (
	LEFTARG = osmeta.oskey,
	RIGHTARG = osmeta.oskey,
	FUNCTION = osmeta.oskey_gt,
	COMMUTATOR = OPERATOR(osmeta.<),
	NEGATOR = OPERATOR(osmeta.<=),
	RESTRICT = scalargtsel,
	JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR osmeta.> (osmeta.oskey, osmeta.oskey)
	IS 'greater than';

CREATE OPERATOR osmeta.<> (
	LEFTARG = osmeta.oskey,
	RIGHTARG = osmeta.oskey,
	FUNCTION = osmeta.oskey_ne,
	COMMUTATOR = OPERATOR(osmeta.<>),
	NEGATOR = OPERATOR(osmeta.=),
	RESTRICT = neqsel,
	JOIN = neqjoinsel
);
COMMENT ON OPERATOR osmeta.<> (osmeta.oskey, osmeta.oskey)
	IS 'not equal';

-- ----- operator classes of oskey -------------------------------------------

CREATE FUNCTION osmeta.oskey_cmp(osmeta.oskey, osmeta.oskey) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_cmp';
COMMENT ON FUNCTION osmeta.oskey_cmp(osmeta.oskey, osmeta.oskey)
	IS 'Internal: compares two composite keys for btree indexes';

CREATE FUNCTION osmeta.oskey_sortsupport(internal) RETURNS void
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_sortsupport';
COMMENT ON FUNCTION osmeta.oskey_sortsupport(internal)
	IS 'Internal: sorts composite keys by abbreviated keys';

CREATE FUNCTION osmeta.oskey_hash(osmeta.oskey) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_hash';
COMMENT ON FUNCTION osmeta.oskey_hash(osmeta.oskey)
	IS 'Internal: hashes a composite key';

CREATE FUNCTION osmeta.oskey_hash_extended(osmeta.oskey, bigint)
	RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_hash_extended';
COMMENT ON FUNCTION osmeta.oskey_hash_extended(osmeta.oskey, bigint)
	IS 'Internal: hashes a composite key with a seed';

CREATE OPERATOR FAMILY osmeta.oskey_ops USING btree;
COMMENT ON OPERATOR FAMILY osmeta.oskey_ops USING btree
	IS 'order of composite keys';

-- Equal keys are equal images, so an index on them may be deduplicated.
CREATE OPERATOR CLASS osmeta.oskey_ops
	DEFAULT FOR TYPE osmeta.oskey USING btree FAMILY osmeta.oskey_ops AS
	OPERATOR 1 osmeta.<,
	OPERATOR 2 osmeta.<=,
	OPERATOR 3 osmeta.=,
	OPERATOR 4 osmeta.>=,
	OPERATOR 5 osmeta.>,
	FUNCTION 1 osmeta.oskey_cmp(osmeta.oskey, osmeta.oskey),
	FUNCTION 2 osmeta.oskey_sortsupport(internal),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS osmeta.oskey_ops USING btree
	IS 'order of composite keys';

CREATE OPERATOR FAMILY osmeta.oskey_ops USING hash;
COMMENT ON OPERATOR FAMILY osmeta.oskey_ops USING hash
	IS 'equality of composite keys';

CREATE OPERATOR CLASS osmeta.oskey_ops
	DEFAULT FOR TYPE osmeta.oskey USING hash FAMILY osmeta.oskey_ops AS
	OPERATOR 1 osmeta.=,
	FUNCTION 1 osmeta.oskey_hash(osmeta.oskey),
	FUNCTION 2 osmeta.oskey_hash_extended(osmeta.oskey, bigint);
COMMENT ON OPERATOR CLASS osmeta.oskey_ops USING hash
	IS 'equality of composite keys';

-- ----- oskey: casts, build, take apart -------------------------------------

CREATE CAST (osmeta.oskey AS text) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (osmeta.oskey AS text)
	IS 'a composite key as <owner>*<object>';

CREATE CAST (text AS osmeta.oskey) WITH INOUT;
COMMENT ON CAST (text AS osmeta.oskey)
	IS 'a composite key from [bt]<owner>*<object>';

CREATE FUNCTION osmeta.oskey(owner text, object text) RETURNS osmeta.oskey
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_from_text';
COMMENT ON FUNCTION osmeta.oskey(text, text)
	IS 'composite key of two SS_Keys; an error if one is malformed';

CREATE FUNCTION osmeta.oskey(owner uuid, object uuid) RETURNS osmeta.oskey
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_from_uuid';
COMMENT ON FUNCTION osmeta.oskey(uuid, uuid)
	IS 'composite key of two SS_Keys that are UUIDs';

CREATE FUNCTION osmeta.try_oskey(owner text, object text)
	RETURNS osmeta.oskey
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_try';
COMMENT ON FUNCTION osmeta.try_oskey(text, text)
	IS 'composite key of two SS_Keys; NULL if one is malformed';

CREATE FUNCTION osmeta.owner_key(key osmeta.oskey) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_owner';
COMMENT ON FUNCTION osmeta.owner_key(osmeta.oskey)
	IS 'SS_Key of the espace or extension in a composite key';

CREATE FUNCTION osmeta.object_key(key osmeta.oskey) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_object';
COMMENT ON FUNCTION osmeta.object_key(osmeta.oskey)
	IS 'SS_Key of the object in a composite key';

-- ----- reference types -----------------------------------------------------

CREATE FUNCTION osmeta.bt(key osmeta.oskey) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_bt';
COMMENT ON FUNCTION osmeta.bt(osmeta.oskey)
	IS 'the TYPE of an attribute that refers to the entity with this key';

CREATE FUNCTION osmeta.bt_ref(type text) RETURNS osmeta.oskey
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_bt_ref';
COMMENT ON FUNCTION osmeta.bt_ref(text)
	IS 'key of the entity that a TYPE refers to; NULL if it is no reference, an error if it is a malformed one';

CREATE FUNCTION osmeta.try_bt_ref(type text) RETURNS osmeta.oskey
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_try_bt_ref';
COMMENT ON FUNCTION osmeta.try_bt_ref(text)
	IS 'key of the entity that a TYPE refers to; NULL if it is no well-formed reference';

CREATE FUNCTION osmeta.is_bt_ref(type text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'oskey_is_bt_ref';
COMMENT ON FUNCTION osmeta.is_bt_ref(text)
	IS 'whether a TYPE is a well-formed reference';

-- ----- physical names ------------------------------------------------------

CREATE FUNCTION osmeta.fold_name(name text)
	RETURNS text
	AS 'MODULE_PATHNAME', 'name_fold'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION osmeta.fold_name(text)
	IS 'Internal: a name in one case, for comparing without case; the same in every locale';

CREATE FUNCTION osmeta.espace_hash(espace text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'name_espace_hash';
COMMENT ON FUNCTION osmeta.espace_hash(text)
	IS 'the three characters that stand for a module in the names of its tables';

CREATE FUNCTION osmeta.physical_table_name(
	espace text,
	entity text,
	dialect text DEFAULT 'sqlserver',
	taken text[] DEFAULT '{}'
) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'name_table';
COMMENT ON FUNCTION osmeta.physical_table_name(text, text, text, text[])
	IS 'the name that publishing gives to the table of a new entity, where the taken names exist';

CREATE FUNCTION osmeta.physical_column_name(attribute text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'name_column';
COMMENT ON FUNCTION osmeta.physical_column_name(text)
	IS 'the name that publishing gives to the column of a new attribute';

CREATE FUNCTION osmeta.event_table_name(physical_table_name text)
	RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'name_event_table';
COMMENT ON FUNCTION osmeta.event_table_name(text)
	IS 'the table that holds the process events of a table; NULL for a table that is not the platform''s';

CREATE FUNCTION osmeta.trigger_name(physical_table_name text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'name_trigger';
COMMENT ON FUNCTION osmeta.trigger_name(text)
	IS 'the trigger that fills the event table of a table';

CREATE FUNCTION osmeta.primary_key_name(physical_table_name text)
	RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'name_primary_key';
COMMENT ON FUNCTION osmeta.primary_key_name(text)
	IS 'the primary key of a table';

CREATE FUNCTION osmeta.foreign_key_name(
	child_table text,
	parent_table text,
	column_name text
) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'name_foreign_key';
COMMENT ON FUNCTION osmeta.foreign_key_name(text, text, text)
	IS 'the foreign key of a column of one table that refers to another';

CREATE FUNCTION osmeta.parse_physical_name(
	physical_table_name text,
	OUT prefix text,
	OUT hash text,
	OUT name text,
	OUT suffix integer
)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'name_parse';
COMMENT ON FUNCTION osmeta.parse_physical_name(text)
	IS 'the parts of a table name as it reads; all NULL for a name that is not the platform''s';

CREATE FUNCTION osmeta.explain_physical_name(
	espace text,
	entity text,
	physical text,
	dialect text
) RETURNS text
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'name_explain';
COMMENT ON FUNCTION osmeta.explain_physical_name(text, text, text, text)
	IS 'how the name of a table relates to its module and entity, in one word or two';

-- ----- data types ----------------------------------------------------------

CREATE FUNCTION osmeta.is_data_type(type text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'type_is_known';
COMMENT ON FUNCTION osmeta.is_data_type(text)
	IS 'Internal: is this a type of the platform, a reference included?';

CREATE FUNCTION osmeta.data_type(type text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'type_label';
COMMENT ON FUNCTION osmeta.data_type(text)
	IS 'what developers call the TYPE of an attribute';

CREATE FUNCTION osmeta.column_type(
	type text,
	length integer,
	decimals integer,
	dialect text
) RETURNS text
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'type_column';
COMMENT ON FUNCTION osmeta.column_type(text, integer, integer, text)
	IS 'the type that publishing gives to the column of an attribute';

CREATE FUNCTION osmeta.null_value(type text, dialect text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'type_null_value';
COMMENT ON FUNCTION osmeta.null_value(text, text)
	IS 'what a column stores where an attribute has no value; NULL where that is NULL';
