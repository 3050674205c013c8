-- Moves every counter of the current schema to the highest identifier in its
-- table, unless it is further already: rows have been deleted there.  Tables
-- that are empty keep a counter that was never used.  Then statistics.

DO $$
DECLARE
	counted record;
	highest bigint;
	last bigint;
BEGIN
	FOR counted IN
		SELECT c.oid::regclass AS relation, a.attname,
			pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname) AS counter
		FROM pg_class c
		JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> '' AND NOT a.attisdropped
		WHERE n.nspname = current_schema() AND c.relkind = 'r'
		ORDER BY c.relname
	LOOP
		EXECUTE format('SELECT max(%I) FROM %s', counted.attname, counted.relation) INTO highest;
		EXECUTE format('SELECT CASE WHEN is_called THEN last_value END FROM %s', counted.counter) INTO last;
		IF greatest(highest, last) IS NOT NULL THEN
			PERFORM setval(counted.counter, greatest(highest, last));
		END IF;
	END LOOP;
END
$$;

SELECT format('ANALYZE %I', c.relname)
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'OS%'
ORDER BY c.relname
\gexec
