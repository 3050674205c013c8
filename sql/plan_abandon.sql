-- A later round that is refused: rows that are new and rows that have changed
-- are looked at before anything of it is written; it can be thrown away.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/trade_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
-- Client.Remark, shorter at the target
SELECT format('INSERT INTO %1$I."OSSYS_ENTITY_ATTR" ("ENTITY_ID", "NAME", "SS_KEY", "TYPE", "LENGTH", "DECIMALS", "IS_MANDATORY", "IS_AUTONUMBER",
	"DELETE_RULE", "DEFAULT_LABEL", "IS_ACTIVE", "ORDER_NUM", "DATABASE_NAME")
	SELECT e."ID", ''Remark'', md5(''Remark'')::uuid, ''rtText'', %2$s, 0, false, false, ''Protect'', '''', true, 50, ''REMARK''
	FROM %1$I."OSSYS_ENTITY" e WHERE e."NAME" = ''Client''', v.f, v.length),
	format('ALTER TABLE %I.%I ADD "REMARK" varchar(%s)', v.f, c.relname, v.length)
FROM (VALUES ('source', 50), ('target', 5)) v (f, length)
JOIN pg_class c ON c.relnamespace = v.f::regnamespace AND c.relkind = 'r' AND c.relname LIKE '%Client'
\gexec
SELECT format('%I.%I', relnamespace::regnamespace, relname) AS source_client FROM pg_class WHERE relnamespace = 'source'::regnamespace AND relkind = 'r' AND relname LIKE '%Client' \gset
SELECT format('%I.%I', relnamespace::regnamespace, relname) AS target_client FROM pg_class WHERE relnamespace = 'target'::regnamespace AND relkind = 'r' AND relname LIKE '%Client' \gset
SELECT format('%I.%I', relnamespace::regnamespace, relname) AS target_contract FROM pg_class WHERE relnamespace = 'target'::regnamespace AND relkind = 'r' AND relname LIKE '%Contract' \gset
UPDATE :source_client SET "REMARK" = 'r' || "ID";
UPDATE :target_client SET "REMARK" = 't' || "ID";
CREATE UNIQUE INDEX remarks ON :target_client ("REMARK");
SELECT osmeta.capture('src'), osmeta.capture('tgt');
-- What the target holds, and what the plan knows of it
CREATE FUNCTION public.content() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	total text := '';
	part text;
	t regclass;
BEGIN
	FOR t IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'OSUSR%' ORDER BY c.relname LOOP
		EXECUTE format('SELECT md5(COALESCE(string_agg(r::text, '' '' ORDER BY r::text), '''')) FROM %s r', t) INTO part;
		total := md5(total || part);
	END LOOP;
	RETURN total;
END $$;
CREATE VIEW public.stage AS
SELECT (SELECT jsonb_agg(to_jsonb(d) - 'round' ORDER BY d.entity_id, d.attribute_no, d.source_id) FROM osmeta.plan_dangling d) AS dangling,
	(SELECT jsonb_agg(jsonb_build_array(k.entity_key::text, k.source_id, k.target_id) ORDER BY k.entity_key::text, k.source_id, k.target_id) FROM osmeta.plan_key k) AS keys,
	(SELECT jsonb_agg(jsonb_build_array(a.entity_id, a.attribute_no, a.dangling_rows) ORDER BY a.entity_id, a.attribute_no) FROM osmeta.plan_attribute a) AS counted,
	(SELECT jsonb_agg(jsonb_build_array(e.entity_id, e.rows_expected, e.upper_id, e.delta_seen, e.rows_existing) ORDER BY e.entity_id) FROM osmeta.plan_entity e) AS entities,
	(SELECT jsonb_agg(c.chunk_id ORDER BY c.chunk_id) FROM osmeta.plan_chunk c) AS chunks,
	(SELECT jsonb_agg(r.relname ORDER BY r.relname) FROM pg_class r WHERE r.relnamespace = to_regnamespace('p')) AS relations,
	(SELECT jsonb_build_array(p.phase, p.round) FROM osmeta.plan p) AS plan;
CREATE VIEW public.verified AS
SELECT sum(rows_expected) AS expected, sum(rows_found) AS found, sum(nulled) AS nulled,
	string_agg(entity || ': ' || COALESCE(detail, status), ', ' ORDER BY entity) FILTER (WHERE status <> 'ok') AS wrong
FROM osmeta.verify_plan('p');
\o
\set ECHO all
CREATE TABLE public.empty AS SELECT public.content();
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['*'], '{"chunk_rows": 3, "updates": true, "severity": {"length_reduced": "warning"}}') > 0 AS planned;
CALL osmeta.abandon_round('p');
CALL osmeta.run_plan('p');
SELECT * FROM public.verified;
CALL osmeta.abandon_round('p');
CREATE TABLE public.first AS SELECT public.content(), s.* FROM public.stage s;

-- A value that is too long in a row that has changed; new rows of other
-- entities, of which one is what a memo referred to in vain.
INSERT INTO source.city ("ID", "NAME", "COUNTRYID") VALUES (9, 'city 9', 1);
INSERT INTO :source_client ("ID", "NAME", "CITYID", "REFERRERID", "REMARK") VALUES (55, 'client 55', 9, 1, 'r55');
INSERT INTO source.contract ("ID", "TEXT") VALUES (55, 'contract 55');
UPDATE :source_client SET "REMARK" = 'much too long' WHERE "ID" = 3;
CALL osmeta.run_plan('p');
SELECT phase, round, public.content() = f.content AS nothing_written FROM osmeta.plan, public.first f;
-- It is refused again, since its rows are in the stage ...
UPDATE :source_client SET "REMARK" = 'short' WHERE "ID" = 3;
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
-- ... unless it is thrown away: then all is as it was.
BEGIN;
CALL osmeta.abandon_round('p');
ROLLBACK;
SET client_min_messages = notice;
CALL osmeta.abandon_round('p');
SET client_min_messages = warning;
SELECT s.dangling = f.dangling AS dangling, s.keys = f.keys AS keys, s.counted = f.counted AS counted, s.entities = f.entities AS entities,
	s.chunks = f.chunks AS chunks, s.relations = f.relations AS relations, s.plan = f.plan AS plan, public.content() = f.content AS content
FROM public.stage s, public.first f;
SELECT * FROM public.verified;
-- The next round has it all.
CALL osmeta.run_plan('p');
SELECT phase, round FROM osmeta.plan;
SELECT * FROM public.verified;
SELECT "NAME", "REMARK" FROM :target_client WHERE "NAME" IN ('client 3', 'client 55') ORDER BY 1;
SELECT count(*) FROM ((TABLE source.held EXCEPT ALL TABLE target.held) UNION ALL (TABLE target.held EXCEPT ALL TABLE source.held)) d;

-- Values of a unique index: of a changed row and a new one, of a row of
-- somebody else; two rows that exchange theirs.
UPDATE :source_client SET "REMARK" = 'same' WHERE "ID" = 4;
INSERT INTO :source_client ("ID", "NAME", "CITYID", "REMARK") VALUES (60, 'client 60', 1, 'same');
UPDATE :source_client SET "REMARK" = 't7' WHERE "ID" = 5;
UPDATE :source_client SET "REMARK" = CASE "ID" WHEN 6 THEN 'r7' ELSE 'r6' END WHERE "ID" IN (6, 7);
CALL osmeta.run_plan('p');
SELECT phase, round FROM osmeta.plan;
CALL osmeta.abandon_round('p');
UPDATE :source_client SET "REMARK" = 'r' || "ID" WHERE "ID" IN (4, 5, 6, 7);

-- Identifiers that somebody has used at the target
INSERT INTO :target_client ("ID", "NAME") SELECT max("ID") + 5, 'intruder' FROM :target_client WHERE "NAME" LIKE 'client%';
INSERT INTO :source_client ("ID", "NAME", "CITYID", "REMARK") SELECT i, 'client ' || i, 2, 'r' || i FROM generate_series(61, 70) i;
SELECT osmeta.map_id('p', 'Trade.Client', '55')::bigint - 55 AS client_offset, max("ID") FILTER (WHERE "NAME" = 'intruder') AS intruder FROM :target_client \gset
CALL osmeta.run_plan('p');
SELECT :intruder - :client_offset AS row_of_the_source;
CALL osmeta.abandon_round('p');
SELECT phase, round FROM osmeta.plan;
DELETE FROM :target_client WHERE "NAME" = 'intruder';

-- Pieces that have failed have left nothing; what has been delivered has.
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON :target_client FOR EACH ROW EXECUTE FUNCTION public.refuse();
SELECT osmeta.refresh_plan('p');
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
SELECT phase, round FROM osmeta.plan;
CALL osmeta.abandon_round('p');
DROP TRIGGER refuse ON :target_client;
CREATE TRIGGER refuse BEFORE INSERT ON :target_contract FOR EACH ROW EXECUTE FUNCTION public.refuse();
SELECT osmeta.refresh_plan('p');
INSERT INTO source.contract ("ID", "TEXT") VALUES (61, 'contract 61');
\set VERBOSITY terse
CALL osmeta.run_plan('p');
\set VERBOSITY default
CALL osmeta.abandon_round('p');
DROP TRIGGER refuse ON :target_contract;
CALL osmeta.run_plan('p');
SELECT * FROM public.verified;
SELECT count(*) FROM ((TABLE source.held EXCEPT ALL TABLE target.held) UNION ALL (TABLE target.held EXCEPT ALL TABLE source.held)) d;
-- Rows that were changed there stop the phase update; that is no reason to
-- overwrite them.
UPDATE :source_client SET "NAME" = 'client eight' WHERE "ID" = 8;
UPDATE :target_client SET "NAME" = 'by hand' WHERE "NAME" = 'client 8';
\set VERBOSITY terse
CALL osmeta.run_plan('p');
CALL osmeta.abandon_round('p');
\set VERBOSITY default
UPDATE :target_client SET "NAME" = 'client 8' WHERE "NAME" = 'by hand';
SELECT * FROM public.verified;

-- By an attribute that the user names the next round reads from where this
-- one has.
UPDATE osmeta.plan_entity SET delta_attribute = 'ChangedOn' WHERE entity = 'Client';
CALL osmeta.run_plan('p');
SELECT delta_from, delta_seen FROM osmeta.plan_entity WHERE entity = 'Client';
UPDATE :source_client SET "CHANGEDON" = '2030-01-01', "REMARK" = 'too long again' WHERE "ID" = 1;
\set VERBOSITY terse
CALL osmeta.run_plan('p');
CALL osmeta.abandon_round('p');
\set VERBOSITY default
SELECT delta_seen FROM osmeta.plan_entity WHERE entity = 'Client';
UPDATE :source_client SET "REMARK" = 'fits' WHERE "ID" = 1;
CALL osmeta.run_plan('p');
SELECT "REMARK" FROM :target_client WHERE "NAME" = 'client 1';
SELECT * FROM public.verified;

-- Others may not, and undo takes out everything.
CREATE ROLE regress_stranger;
GRANT USAGE ON SCHEMA osmeta TO regress_stranger;
GRANT SELECT ON ALL TABLES IN SCHEMA osmeta TO regress_stranger;
SET ROLE regress_stranger;
CALL osmeta.abandon_round('p');
RESET ROLE;
CALL osmeta.abandon_round(NULL);
CALL osmeta.abandon_round('nothing');
CALL osmeta.undo_plan('p');
SELECT public.content() = e.content AS as_before FROM public.empty e;
CALL osmeta.abandon_round('p');
SELECT osmeta.drop_plan('p');

DROP OWNED BY regress_stranger;
DROP ROLE regress_stranger;

-- The round had found the first row that the target has already; the next one
-- finds none.
CREATE FUNCTION public.boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW."NAME" = 'bad' THEN RAISE EXCEPTION 'boom'; END IF; RETURN NEW; END $$;
SELECT format('%I.%I', relnamespace::regnamespace, relname) AS target_country FROM pg_class WHERE relnamespace = 'target'::regnamespace AND relkind = 'r' AND relname LIKE '%Country' \gset
SELECT osmeta.create_plan('q', 'src', 'tgt', ARRAY['entity:Trade.Country', 'entity:Trade.Memo'], '{"producers": "none", "severity": {"length_reduced": "warning"}}') > 0 AS planned;
UPDATE osmeta.plan_attribute SET include = false WHERE attribute IN ('ClientId', 'CategoryId') AND plan_id = (SELECT plan_id FROM osmeta.plan WHERE plan = 'q');
SELECT code, object FROM osmeta.plan_problem WHERE plan = 'q' AND severity = 'error';
CALL osmeta.run_plan('q');
CREATE TRIGGER boom BEFORE INSERT ON :target_country FOR EACH ROW EXECUTE FUNCTION public.boom();
SELECT osmeta.refresh_plan('q');
INSERT INTO source.memo ("ID") VALUES ('both');
INSERT INTO target.memo ("ID") VALUES ('both');
INSERT INTO source.country ("ID", "NAME") VALUES (9901, 'bad');
CALL osmeta.run_plan('q');
CALL osmeta.abandon_round('q');
UPDATE source.country SET "NAME" = 'good' WHERE "ID" = 9901;
DELETE FROM source.memo WHERE "ID" = 'both';
CALL osmeta.run_plan('q');
SELECT entity, status FROM osmeta.verify_plan('q') ORDER BY 1;
CALL osmeta.undo_plan('q');
SELECT osmeta.drop_plan('q');
