-- The order of 25,000 to 100,000 entities with ten references each: the graph
-- alone, by a program of its own, and entity_order() over captures, which
-- reads the references too.
--
-- What the view osmeta.reference takes to give the same references stands
-- beside it.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
SET jit = off;

-- Over captures.  Of ten references three are optional, and lead anywhere
-- in a module of 20 entities; the others lead to entities with smaller numbers
CREATE PROCEDURE make_factory(factory text, entities int) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('search_path', factory, false);
	ALTER TABLE ossys_entity_attr ADD is_mandatory boolean;
	INSERT INTO ossys_espace (id, name, ss_key)
	SELECT i, 'Espace' || i, md5('espace' || i)::uuid FROM generate_series(0, entities / 20) AS i;
	INSERT INTO ossys_entity (id, name, espace_id, ss_key, physical_table_name, data_kind)
	SELECT i, 'Entity' || i, i / 20, md5('entity' || i)::uuid, 'OSUSR_abc_Entity' || i, 'entity'
	FROM generate_series(0, entities - 1) AS i;
	INSERT INTO ossys_entity_attr (id, entity_id, name, ss_key, type, is_mandatory)
	SELECT i, i / 10, 'Attribute' || i, md5('attribute' || i)::uuid, 'bt' || e.ss_key || '*' || t.ss_key, i % 10 > 2
	FROM generate_series(0, entities * 10 - 1) AS i
		JOIN ossys_entity AS t ON t.id = CASE WHEN i % 10 > 2 THEN i::bigint * 7919 % (i / 10 + 1)
			ELSE least(i / 200 * 20 + i::bigint * 7919 % 20, entities - 1) END
		JOIN ossys_espace AS e ON e.id = t.espace_id;
	PERFORM set_config('search_path', '"$user", public', false);
END
$$;
CREATE TABLE result (entities int, "references" bigint, deferred bigint, levels int, read numeric, "order" numeric);
CREATE PROCEDURE measure(name text, entities int) LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz;
	found record;
	read interval := '1 day';
	whole interval := '1 day';
	number bigint;
BEGIN
	FOR round IN 1..2 LOOP
		start := clock_timestamp();
		SELECT count(r.target_key) INTO number FROM osmeta.reference AS r WHERE r.environment = name;
		read := least(read, clock_timestamp() - start);
		start := clock_timestamp();
		SELECT sum(cardinality(o.deferred)) AS deferred, max(o.level) + 1 AS levels INTO found FROM osmeta.entity_order(name) AS o;
		whole := least(whole, clock_timestamp() - start);
	END LOOP;
	INSERT INTO result VALUES (entities, number, found.deferred, found.levels,
		round(extract(epoch FROM read)::numeric, 2), round(extract(epoch FROM whole)::numeric, 2));
END
$$;
CREATE SCHEMA f25;
CREATE SCHEMA f50;
CREATE SCHEMA f100;
SET search_path = f25;
\ir ../fixture/core.sql
SET search_path = f50;
\ir ../fixture/core.sql
SET search_path = f100;
\ir ../fixture/core.sql
RESET search_path;
CALL make_factory('f25', 25000);
CALL make_factory('f50', 50000);
CALL make_factory('f100', 100000);
ANALYZE;
SELECT osmeta.attach('e' || n, remote_schema => 'f' || n), osmeta.capture('e' || n) FROM unnest(ARRAY[25, 50, 100]) AS n \g /dev/null
VACUUM (FREEZE, ANALYZE);
CALL measure('e25', 25000);
CALL measure('e50', 50000);
CALL measure('e100', 100000);
SELECT entities, "references", deferred, levels, read AS "seconds of the view reference", "order" AS "seconds of entity_order"
FROM result ORDER BY entities;

-- The graph alone
\! cc -std=c11 -O2 -I../../src -o "$OSMETA_WORK/order" order.c ../../src/graph.c ../../src/graph_exact.c ../../src/graph_greedy.c && "$OSMETA_WORK/order"
