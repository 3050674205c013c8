-- What a migration takes as its rows become more: seconds, and memory of the
-- session, of each step in a session of its own.  Both should grow with the
-- rows, or not at all.
--
--	psql -v sizes='100000 1000000' ...	for a smaller run
--
-- The plan moves as many orders as the size says, with their own identifier
-- and three references, and a tenth as many customers, all of it in one
-- session.  With existing = delete as many rows of the target go first, and
-- come back with the undo.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
\if :{?sizes}
\else
\set sizes '1000000 2500000 5000000 10000000'
\endif
\setenv SIZES :sizes
\set rows 10
\ir part/migrate_make.sql
\setenv PGDATABASE :DBNAME
CREATE TABLE step (size bigint, existing text, step text, pid int, started timestamptz, finished timestamptz, peak_kb bigint);

-- So many rows at the source and, with existing = delete, at the target
CREATE PROCEDURE make_rows(size bigint, existing text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM osmeta.drop_plan(plan) FROM osmeta.plan;
	EXECUTE (SELECT format('TRUNCATE %s', string_agg(oid::regclass::text, ', ')) FROM pg_class
		WHERE relnamespace IN ('source'::regnamespace, 'target'::regnamespace) AND relkind = 'r'
			AND relname ~ '^OSUSR.*(Order|Customer)$');
	INSERT INTO source.customer ("ID", "NAME") SELECT i, 'customer ' || i FROM generate_series(1, size / 10) i;
	INSERT INTO source.order ("ID", "CUSTOMERID", "STATUSID", "CREATEDBY", "NAME", "AMOUNT", "SINCE")
	SELECT i, 1 + i * 7919 % (size / 10), 1 + i % 3, 10 + i % 1000, 'order number ' || i, i % 10000 / 100.0,
		timestamp '2020-01-01' + i * interval '1 second'
	FROM generate_series(1, size) i;
	IF existing = 'delete' THEN
		INSERT INTO target.customer TABLE source.customer;
		INSERT INTO target.order TABLE source.order;
	END IF;
END
$$;
\! part/sizes $SIZES
\o
SELECT CASE existing WHEN 'append' THEN step ELSE step || ', existing = delete' END AS job, size AS rows,
	round(extract(epoch FROM finished - started), 1) AS seconds,
	round(extract(epoch FROM finished - started) * 1000000 / size, 2) AS "seconds per million",
	round(peak_kb / 1024.0) AS "peak MB"
FROM step
ORDER BY existing, min(started) OVER (PARTITION BY existing, step), size;
