-- Migration: rows with their own identifier and three references remapped
-- (one to a static entity, one to users, one plain) from the stage into the
-- target, against INSERT ... SELECT of the same rows as they are.
--
--	psql -v rows=500000 ...		for a smaller run
--
-- Every job starts from a checkpoint; the best of the rounds counts.  The
-- tables at the target have their primary key and no foreign keys, which
-- would make all jobs alike.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
\if :{?rows}
\else
\set rows 5000000
\endif
\if :{?rounds}
\else
\set rounds 2
\endif
\ir part/migrate_make.sql
SELECT c.oid::regclass AS orders FROM pg_class c
WHERE c.relnamespace = 'target'::regnamespace AND c.relname LIKE 'OSUSR\____\_Order' AND c.relkind = 'r' \gset
CREATE TABLE plain (LIKE :orders INCLUDING ALL);
CREATE TABLE joined (LIKE :orders INCLUDING ALL);
CREATE TABLE looped (LIKE :orders INCLUDING ALL);
CREATE TABLE lap (job text, seconds numeric, rows bigint);
CREATE VIEW stage AS
SELECT 'p.e' || e.entity_id AS relation, e.id_offset,
	string_agg('c' || a.attribute_no, ', ' ORDER BY a.attribute_no) AS columns,
	string_agg(quote_ident(a.target_column), ', ' ORDER BY a.attribute_no) AS names
FROM osmeta.plan_attribute a JOIN osmeta.plan_entity e USING (plan_id, entity_id) JOIN osmeta.plan p USING (plan_id)
WHERE e.entity = 'Order' AND p.plan = 'p' GROUP BY e.entity_id, e.id_offset;

-- How long the pieces of Order took that run_plan pushed.
CREATE PROCEDURE pushed(job text) LANGUAGE sql AS $$
	INSERT INTO lap
	SELECT job, extract(epoch FROM max(c.finished_at) - min(c.started_at)), sum(c.rows_done)::bigint
	FROM osmeta.plan_chunk c JOIN osmeta.plan_entity e USING (plan_id, entity_id)
	WHERE c.phase = 'push' AND e.entity = 'Order'
$$;
CREATE PROCEDURE timed(job text, statement text) LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz := clock_timestamp();
	n bigint;
BEGIN
	EXECUTE statement;
	GET DIAGNOSTICS n = ROW_COUNT;
	COMMIT;
	INSERT INTO lap VALUES (job, extract(epoch FROM clock_timestamp() - start), n);
END
$$;
CREATE PROCEDURE empty_target() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM osmeta.drop_plan(plan) FROM osmeta.plan;
	EXECUTE (SELECT format('TRUNCATE %s, plain, joined, looped', string_agg(oid::regclass::text, ', ')) FROM pg_class
		WHERE relnamespace = 'target'::regnamespace AND relkind = 'r' AND relname ~ '(Order|Customer)$');
END
$$;
CREATE PROCEDURE insert_plain() LANGUAGE plpgsql AS $$
DECLARE
	statement text := (SELECT format('INSERT INTO plain (%s) SELECT %s FROM %s', names, columns, relation) FROM stage);
BEGIN
	CALL timed('INSERT ... SELECT of the same rows as they are', statement);
END
$$;

-- Half of the pages of the stage, by one of two sessions
CREATE TABLE half (started timestamptz, finished timestamptz, rows bigint);
CREATE PROCEDURE insert_half(part int) LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz := clock_timestamp();
	n bigint;
BEGIN
	EXECUTE (SELECT format('INSERT INTO plain (%s) SELECT %s FROM %s WHERE ctid %s %L', names, columns, relation,
		CASE part WHEN 1 THEN '<' ELSE '>=' END,
		format('(%s,0)', pg_relation_size(relation) / current_setting('block_size')::int / 2)) FROM stage);
	GET DIAGNOSTICS n = ROW_COUNT;
	COMMIT;
	INSERT INTO half VALUES (start, clock_timestamp(), n);
END
$$;

-- What one writes by hand: tables of old and new identifiers, joined.
CREATE PROCEDURE make_maps() LANGUAGE plpgsql AS $$
DECLARE
	e text;
BEGIN
	FOREACH e IN ARRAY ARRAY['order', 'customer', 'status', 'user'] LOOP
		EXECUTE format('DROP TABLE IF EXISTS map_%1$s; CREATE TABLE map_%1$s (old bigint PRIMARY KEY, new bigint)', e);
		EXECUTE format('INSERT INTO map_%s SELECT k.source_id::bigint, k.target_id::bigint FROM osmeta.plan_key k
			JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key WHERE lower(e.entity) = %L', e, e);
		EXECUTE format('ANALYZE map_%s', e);
	END LOOP;
END
$$;
CREATE PROCEDURE insert_joined() LANGUAGE plpgsql AS $$
DECLARE
	statement text := (SELECT format('INSERT INTO joined (%s) SELECT o.new, c.new, t.new, u.new, s.c5, s.c6, s.c7 FROM %s s
			JOIN map_order o ON o.old = s.c1 LEFT JOIN map_customer c ON c.old = s.c2
			LEFT JOIN map_status t ON t.old = s.c3 LEFT JOIN map_user u ON u.old = s.c4', names, relation) FROM stage);
BEGIN
	CALL timed('four joins with tables of old and new identifiers', statement);
END
$$;
CREATE PROCEDURE insert_looped() LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz := clock_timestamp();
	r record;
	c bigint;
	t bigint;
	u bigint;
	n bigint := 0;
BEGIN
	FOR r IN EXECUTE (SELECT format('SELECT * FROM %s LIMIT (SELECT count(*) / 10 FROM %1$s)', relation) FROM stage) LOOP
		SELECT new INTO c FROM map_customer WHERE old = r.c2;
		SELECT new INTO t FROM map_status WHERE old = r.c3;
		SELECT new INTO u FROM map_user WHERE old = r.c4;
		INSERT INTO looped ("CUSTOMERID", "STATUSID", "CREATEDBY", "NAME", "AMOUNT", "SINCE")
		VALUES (c, t, u, r.c5, r.c6, r.c7);
		n := n + 1;
	END LOOP;
	COMMIT;
	INSERT INTO lap VALUES ('loop over rows (a tenth of them), time for all', 10 * extract(epoch FROM clock_timestamp() - start), n);
END
$$;
CREATE PROCEDURE insert_far() LANGUAGE plpgsql AS $$
DECLARE
	statement text := (SELECT format('INSERT INTO far_plain (%s) SELECT %s FROM %s', names, columns, relation) FROM stage);
BEGIN
	CALL timed('INSERT ... SELECT into the foreign table', statement);
END
$$;

-- As often as rounds says: the whole way, and the same rows as they are.
CREATE FUNCTION once(job text, target text, options text DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT unnest(ARRAY['CALL empty_target()',
		format($q$SELECT osmeta.create_plan('p', 'src', %L, ARRAY['espace:Bench'], %L)$q$, target, options),
		'CHECKPOINT', $q$CALL osmeta.run_plan('p')$q$, format('CALL pushed(%L)', job), 'CHECKPOINT'])
$$;
SELECT q.statement FROM generate_series(1, :rounds) r, LATERAL (
	SELECT once('osmeta, all references lead to a row', 'tgt') UNION ALL SELECT unnest(ARRAY['CALL insert_plain()', 'CHECKPOINT'])) q (statement)
\gexec
CALL make_maps();
CHECKPOINT;
CALL insert_joined();
CHECKPOINT;
CALL insert_looped();

-- Two sessions: what is measured is the push, so both pull first.
\setenv PGDATABASE :DBNAME
SELECT once('two sessions', 'tgt') LIMIT 3
\gexec
\! (psql -X -q -c "CALL osmeta.run_plan('p')" >/dev/null 2>&1 & psql -X -q -c "CALL osmeta.run_plan('p')" >/dev/null 2>&1; wait)
CALL pushed('osmeta, two sessions');
-- What two sessions gain where nothing is osmeta's
CHECKPOINT;
\! (psql -X -q -c "CALL insert_half(1)" & psql -X -q -c "CALL insert_half(2)"; wait)
INSERT INTO lap
SELECT 'INSERT ... SELECT by two sessions, half of the rows each', extract(epoch FROM max(finished) - min(started)), sum(rows) FROM half;

-- One in a hundred customers is gone.
UPDATE source.order SET "CUSTOMERID" = 2000000000 + "ID" WHERE "ID" % 100 = 0;
VACUUM ANALYZE;
SELECT once('osmeta, one reference in a hundred leads nowhere', 'tgt') FROM generate_series(1, :rounds)
\gexec

-- Through postgres_fdw, a tenth of the rows.
DELETE FROM source.order WHERE "ID" > :rows / 10;
VACUUM ANALYZE;
ALTER SERVER loop OPTIONS (ADD batch_size '1000', ADD fetch_size '10000');
SELECT format('CREATE FOREIGN TABLE far_plain (%s) SERVER loop OPTIONS (schema_name %L, table_name %L)',
	string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum), 'public', 'plain')
FROM pg_attribute WHERE attrelid = 'plain'::regclass AND attnum > 0 AND NOT attisdropped
\gexec
SELECT q.statement FROM generate_series(1, :rounds) r, LATERAL (
	SELECT once('osmeta, through postgres_fdw', 'far') UNION ALL SELECT unnest(ARRAY['CALL insert_far()', 'CHECKPOINT'])) q (statement)
\gexec
\o
WITH best AS (
	SELECT job, min(seconds) AS seconds, min(rows) AS rows FROM lap GROUP BY job
), base AS (
	SELECT b.*, (SELECT o.seconds FROM best o WHERE o.job = CASE WHEN b.job ~ 'postgres_fdw|foreign'
		THEN 'INSERT ... SELECT into the foreign table' ELSE 'INSERT ... SELECT of the same rows as they are' END) AS base
	FROM best b
)
SELECT job, rows, round(seconds, 2) AS seconds, round(seconds / base, 2) AS ratio
FROM base ORDER BY job ~ 'postgres_fdw|foreign', seconds;
