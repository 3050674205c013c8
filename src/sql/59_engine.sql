/*
 * 59_engine: what statements for the engine of a factory are written with.
 */

CREATE FUNCTION osmeta.engine_name(name text, dialect text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE engine_name.dialect
	WHEN 'sqlserver' THEN '[' || replace(name, ']', ']]') || ']'
	ELSE '"' || replace(name, '"', '""') || '"'
END;
COMMENT ON FUNCTION osmeta.engine_name(text, text) IS
	'Internal: a name as an engine wants it quoted';
