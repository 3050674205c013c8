-- Counters, statistics, and the end of the tables that were worked with.

\o /dev/null
SELECT format('SELECT setval(%L, max(%I)) FROM %I HAVING count(*) > 0', s.counter, s.attname, s.relname)
FROM (SELECT c.relname, a.attname,
		pg_get_serial_sequence(quote_ident(:'schema') || '.' || quote_ident(c.relname), a.attname) AS counter
	FROM pg_class c
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attidentity <> '' AND NOT a.attisdropped
	WHERE c.relnamespace = quote_ident(:'schema')::regnamespace AND c.relname LIKE 'OSSYS\_%') AS s
ORDER BY s.relname COLLATE "C"
\gexec
\o

SELECT format('%s espaces, %s extensions, %s entities, %s attributes, %s records in schema %s',
	(SELECT count(*) FROM "OSSYS_ESPACE"), (SELECT count(*) FROM "OSSYS_EXTENSION"),
	(SELECT count(*) FROM "OSSYS_ENTITY"), (SELECT count(*) FROM "OSSYS_ENTITY_ATTR"),
	(SELECT count(*) FROM "OSSYS_ENTITY_RECORD"), :'schema');
SELECT format('%s users, %s traps, %s physical tables with %s rows',
	(SELECT count(*) FROM "OSSYS_USER"), (SELECT count(*) FROM generator_trap),
	count(*), coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint)
FROM pg_class c
WHERE c.relnamespace = quote_ident(:'schema')::regnamespace
	AND c.relkind = 'r' AND c.relname ~* '^OSUSR_';

DROP TABLE work_module, work_entity, work_attribute, work_record, work_role, work_tenant, work_user;

SELECT format('ANALYZE %I', c.relname)
FROM pg_class c
WHERE c.relnamespace = quote_ident(:'schema')::regnamespace AND c.relkind = 'r'
	AND (c.relname LIKE 'OSSYS\_%' OR c.relname = 'generator_trap')
ORDER BY c.relname COLLATE "C"
\gexec
