-- Two factories in the schemas source and target, with :rows orders (own
-- identifier and three references) and a tenth as many customers at the
-- source, attached as src, tgt and, through postgres_fdw, far.
--
-- The tables at the target have their primary key and no foreign keys.
\ir ../../fixture/loopback.sql
SET client_min_messages = warning;
CREATE EXTENSION osmeta;
SET jit = off;
\ir ../../fixture/make.sql

\o /dev/null
CREATE SCHEMA source;
CREATE SCHEMA target;
SET search_path = source;
\set first 100
\set role source
\ir migrate_model.sql
SET search_path = target;
\set first 900
\set role target
\ir migrate_model.sql
RESET search_path;
RESET check_function_bodies;

SELECT format('CREATE VIEW %I.%I AS TABLE %I.%I', n.nspname, lower(substring(c.relname FROM 11)), n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('source', 'target') AND c.relkind = 'r' AND c.relname ~ '^OSUSR_'
\gexec
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
FROM pg_constraint WHERE contype = 'f' AND connamespace IN ('source'::regnamespace, 'target'::regnamespace)
\gexec
INSERT INTO source.status ("ID", "LABEL") VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO target.status ("ID", "LABEL") VALUES (2, 'a'), (3, 'b'), (1, 'c');
INSERT INTO source.customer ("ID", "NAME") SELECT i, 'customer ' || i FROM generate_series(1, :rows / 10) i;
INSERT INTO source.order ("ID", "CUSTOMERID", "STATUSID", "CREATEDBY", "NAME", "AMOUNT", "SINCE")
SELECT i, 1 + i::bigint * 7919 % (:rows / 10), 1 + i % 3, 10 + i % 1000, 'order number ' || i, i % 10000 / 100.0,
	timestamp '2020-01-01' + i * interval '1 second'
FROM generate_series(1, :rows) i;
VACUUM (ANALYZE);
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target'),
	osmeta.attach('far', 'loop', 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt'), osmeta.capture('far');
