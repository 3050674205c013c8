-- Subscriptions to events: while a plan writes they are set aside, so that no
-- trigger queues anything; then the target's own stand there again, and those
-- of the source.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/event.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
SELECT make.table_of('target', 'Order') AS target_order, make.table_of('target', 'Customer') AS target_customer,
	make.table_of('target', 'Plain') AS target_plain, make.table_of('source', 'Order') AS source_order \gset
SELECT format('target.%I', c.relname) AS order_events FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relname LIKE 'OSEVT%Order1' \gset
SELECT format('target.%I', c.relname) AS customer_events FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relname LIKE 'OSEVT%Customer' \gset
-- What stands in the event tables and queues of the target
CREATE VIEW public.events AS
SELECT 'Order' AS entity, e."_ESPACE_ID" - 900 AS espace, e."_TENANT_ID" - 900 AS tenant, d."Name" AS process, e."_ACTIVITY_ID" AS activity,
	e."_IS_UPDATE" AS is_update, e."_IS_LIGHT" AS is_light, e."ID" AS id, e."CLIENTID" AS customer, e."CREATEDBY" AS created_by, e."PARENTID" AS parent
FROM target.events_of_order e LEFT JOIN target."OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = e."_PROCESS_DEF_ID"
UNION ALL
SELECT 'Customer', e."_ESPACE_ID" - 900, e."_TENANT_ID" - 900, d."Name", e."_ACTIVITY_ID", e."_IS_UPDATE", e."_IS_LIGHT", e."ID", NULL, NULL, NULL
FROM target.events_of_customer e LEFT JOIN target."OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = e."_PROCESS_DEF_ID"
UNION ALL
SELECT 'User', e."_ESPACE_ID" - 900, e."_TENANT_ID" - 900, d."Name", e."_ACTIVITY_ID", e."_IS_UPDATE", e."_IS_LIGHT", e."ID", NULL, NULL, e."TENANT_ID"
FROM target.events_of_user e LEFT JOIN target."OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = e."_PROCESS_DEF_ID"
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11;
CREATE VIEW public.queued AS
SELECT (SELECT count(*) FROM target."OSSYS_BPM_EVENT") AS light, (SELECT count(*) FROM target."OSSYS_BPM_EVENT_QUEUE") AS queue;
CREATE VIEW public.ledger AS
SELECT table_name AS event_table, state, rows_own, rows_brought, rows_not_brought
FROM osmeta.plan_event WHERE kind = 'table' ORDER BY 1;
CREATE VIEW public.verified AS
SELECT espace, entity, rows_expected, rows_found, status, foreign_rows, detail
FROM osmeta.verify_plan('p') WHERE entity LIKE 'OS%';
CREATE VIEW public.problems AS
SELECT severity, code, object, message
FROM osmeta.plan_problem WHERE code NOT IN ('personal_data', 'row_created');
-- All rows of a side, as one text: what an undo has to give back
CREATE FUNCTION public.content() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	total text := '';
	part text;
	t regclass;
BEGIN
	FOR t IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r' ORDER BY c.relname LOOP
		EXECUTE format('SELECT md5(COALESCE(string_agg(r::text, '' '' ORDER BY r::text), '''')) FROM %s r', t) INTO part;
		total := md5(total || part);
	END LOOP;
	RETURN total;
END $$;
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
CREATE FUNCTION public.make_plan(plan text, options jsonb DEFAULT '{}') RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM osmeta.create_plan(plan, 'src', 'tgt', ARRAY['espace:Orders'], options || '{"users": "create", "processes": "none"}');
	UPDATE osmeta.plan_entity SET platform_table = 'bpm_activity' WHERE entity = 'Act';
	RETURN true;
END $$;
\o
\set VERBOSITY default
\set ECHO all

-- The target's own spelling of the one that both have is another
UPDATE target.events_of_order SET "_ACTIVITY_ID" = 0, "ID" = 0 WHERE "_PROCESS_DEF_ID" = 502 AND "_ACTIVITY_ID" IS NULL;

-- The triggers do what they do as long as nobody prevents it.
BEGIN;
INSERT INTO :target_order ("ID", "CLIENTID") VALUES (100, 1), (101, 2);
SELECT * FROM public.queued;
ROLLBACK;
CREATE TABLE public.before AS SELECT public.content();

-- A run
SELECT public.make_plan('p');
SELECT * FROM public.problems;
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
SELECT * FROM public.events;
SELECT * FROM public.queued;
SELECT * FROM public.ledger;
SELECT * FROM public.verified;
SELECT * FROM public.problems;
-- what others do meanwhile is theirs; what has gone or is there twice is told
BEGIN;
INSERT INTO :order_events SELECT * FROM :order_events WHERE "_PROCESS_DEF_ID" = 503;
INSERT INTO :order_events ("_PROCESS_DEF_ID") VALUES (506);
DELETE FROM :order_events WHERE "_PROCESS_DEF_ID" = 504;
INSERT INTO target."OSSYS_BPM_EVENT" DEFAULT VALUES;
SELECT * FROM public.verified WHERE status <> 'ok';
ROLLBACK;
SET client_min_messages = notice;
CALL osmeta.undo_plan('p');
SET client_min_messages = warning;
SELECT content = public.content() AS is_as_before FROM public.before;
SELECT * FROM public.verified;
SELECT osmeta.drop_plan('p');
SELECT count(*) FROM osmeta.plan_event;

-- Nothing is set aside by a pull
SELECT public.make_plan('p');
CALL osmeta.pull_plan('p');
SELECT * FROM public.ledger;
CALL osmeta.run_plan('p');
SELECT state, count(*) FROM public.ledger GROUP BY state ORDER BY state;
SELECT * FROM public.queued;
CALL osmeta.undo_plan('p');
SELECT content = public.content() AS is_as_before FROM public.before;
SELECT osmeta.drop_plan('p');

-- A push that fails leaves them aside, and says so
CREATE TRIGGER refuse BEFORE INSERT ON :target_plain FOR EACH ROW EXECUTE FUNCTION public.refuse();
SELECT public.make_plan('p', '{"severity": {"target_trigger": "note"}}');
CALL osmeta.run_plan('p');
SELECT count(*) FROM public.events;
SELECT * FROM public.problems WHERE code LIKE 'event%';
SELECT status, detail FROM public.verified WHERE entity LIKE '%Order1';
SELECT phase, espace, entity, chunks_done, chunks, rows_done, rows_expected FROM osmeta.plan_progress WHERE phase NOT IN ('pull', 'second step');
SELECT osmeta.drop_plan('p');
CALL osmeta.clear_plan('p');
-- and no other plan takes them for gone
SELECT osmeta.create_plan('other', 'src', 'tgt', ARRAY['entity:Orders.Order', 'entity:Orders.Customer'], '{"users": "fallback:ann"}') > 0 AS planned;
CALL osmeta.run_plan('other');
CALL osmeta.undo_plan('p');
SELECT content = public.content() AS is_as_before FROM public.before;
SELECT osmeta.drop_plan('p'), osmeta.drop_plan('other');
DROP TRIGGER refuse ON :target_plain;

-- One that cannot be emptied: nothing is written, nothing is lost
CREATE TRIGGER refuse BEFORE DELETE ON :order_events FOR EACH ROW EXECUTE FUNCTION public.refuse();
SELECT public.make_plan('p');
CALL osmeta.run_plan('p');
SELECT count(*) FROM target.events_of_order;
SELECT count(*) FROM target.order_rows;
DROP TRIGGER refuse ON :order_events;
-- or not all of it
CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN OLD."ID" IS NULL THEN OLD END; END $$;
CREATE TRIGGER keep BEFORE DELETE ON :order_events FOR EACH ROW EXECUTE FUNCTION public.keep();
CALL osmeta.run_plan('p');
SELECT count(*) FROM target.events_of_order;
DROP TRIGGER keep ON :order_events;
-- They do not come back: what stands there meanwhile is kept as well
CREATE TRIGGER refuse BEFORE INSERT ON :order_events FOR EACH ROW WHEN (NEW."_PROCESS_DEF_ID" = 503) EXECUTE FUNCTION public.refuse();
CALL osmeta.run_plan('p');
SELECT * FROM public.events;
SELECT * FROM public.queued;
SELECT * FROM public.problems WHERE code LIKE 'events%';
INSERT INTO :order_events ("_ESPACE_ID", "_TENANT_ID", "_PROCESS_DEF_ID", "_IS_UPDATE") VALUES (903, 900, 506, false);
DROP TRIGGER refuse ON :order_events;
CALL osmeta.run_plan('p');
SELECT * FROM public.events;
SELECT * FROM public.ledger;
SELECT * FROM public.queued;
SELECT status, count(*) FROM public.verified GROUP BY status;
-- The outcome of the last transaction is unknown: nothing is doubled
SET session_replication_role = replica;
UPDATE osmeta.plan SET phase = 'second step';
UPDATE osmeta.plan_event SET state = 'aside' WHERE kind = 'table';
RESET session_replication_role;
CREATE TABLE public.after AS SELECT * FROM public.events;
CALL osmeta.run_plan('p');
SELECT count(*) FROM (TABLE public.after EXCEPT ALL TABLE public.events) a;
SELECT count(*) FROM (TABLE public.events EXCEPT ALL TABLE public.after) a;
SELECT * FROM public.ledger;
-- of the first one, likewise: nothing was deleted
CREATE TRIGGER refuse BEFORE DELETE ON :order_events FOR EACH ROW EXECUTE FUNCTION public.refuse();
CALL osmeta.undo_plan('p');
DROP TRIGGER refuse ON :order_events;
CALL osmeta.undo_plan('p');
SELECT * FROM public.events;
DELETE FROM :order_events WHERE "_PROCESS_DEF_ID" = 506;
SELECT content = public.content() AS is_as_before FROM public.before;
SELECT osmeta.drop_plan('p');

-- A publish has given the event table another column while it is empty
CREATE TRIGGER refuse BEFORE INSERT ON :order_events FOR EACH ROW WHEN (NEW."_PROCESS_DEF_ID" = 503) EXECUTE FUNCTION public.refuse();
SELECT public.make_plan('p');
CALL osmeta.run_plan('p');
DROP TRIGGER refuse ON :order_events;
BEGIN;
ALTER TABLE :order_events ADD "NEWID" bigint;
INSERT INTO :order_events ("_PROCESS_DEF_ID", "NEWID") VALUES (506, 7);
COMMIT;
CALL osmeta.run_plan('p');
SELECT * FROM public.ledger;
SELECT "_PROCESS_DEF_ID", "NEWID" FROM :order_events WHERE "NEWID" IS NOT NULL;
DELETE FROM :order_events WHERE "NEWID" IS NOT NULL;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
ALTER TABLE :order_events DROP "NEWID";
SELECT content = public.content() AS is_as_before FROM public.before;

-- Later rounds: what the source has no more goes, and what is the target's stays
SELECT public.make_plan('p', '{"updates": true}');
CALL osmeta.run_plan('p');
BEGIN;
DELETE FROM source.events_of_order WHERE "_PROCESS_DEF_ID" = 12;
UPDATE source.events_of_order SET "_IS_LIGHT" = true WHERE "_PROCESS_DEF_ID" = 15;
INSERT INTO source.events_of_customer ("_ESPACE_ID", "_TENANT_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT")
SELECT "_ESPACE_ID", "_TENANT_ID", 15, true, true FROM source.events_of_customer;
INSERT INTO source.order_rows ("ID", "CUSTOMERID") VALUES (4, 1);
UPDATE source.order_rows SET "CUSTOMERID" = 2 WHERE "ID" = 1;
TRUNCATE source."OSSYS_BPM_EVENT", source."OSSYS_BPM_EVENT_QUEUE";
INSERT INTO :order_events ("_ESPACE_ID", "_TENANT_ID", "_PROCESS_DEF_ID", "_IS_UPDATE") VALUES (903, 900, 504, true);
COMMIT;
CALL osmeta.run_plan('p');
SELECT * FROM public.events;
SELECT * FROM public.queued;
SELECT * FROM public.verified;
-- a round that brings no row changes none
DELETE FROM source.events_of_customer;
CALL osmeta.run_plan('p');
SELECT count(*) FROM target.events_of_customer;
-- a round of which something was delivered cannot be thrown away
CREATE TRIGGER refuse BEFORE INSERT ON :target_order FOR EACH ROW EXECUTE FUNCTION public.refuse();
INSERT INTO source.order_rows ("ID", "CUSTOMERID") VALUES (5, 1);
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
CALL osmeta.abandon_round('p');
CALL osmeta.undo_plan('p');
DROP TRIGGER refuse ON :target_order;
SELECT * FROM public.events;
DELETE FROM :order_events WHERE "_PROCESS_DEF_ID" = 504 AND "_IS_UPDATE";
SELECT content = public.content() AS is_as_before FROM public.before;
SELECT osmeta.drop_plan('p');
DELETE FROM source.order_rows WHERE "ID" > 3;

-- Rows of the target that are deleted first, and put back
SELECT public.make_plan('p', '{"existing": "delete"}');
CALL osmeta.run_plan('p');
SELECT * FROM public.queued;
SELECT status, count(*) FROM public.verified GROUP BY status;
CALL osmeta.undo_plan('p');
SELECT * FROM public.queued;
SELECT content = public.content() AS is_as_before FROM public.before;
SELECT osmeta.drop_plan('p');

-- Where the triggers are disabled
SELECT public.make_plan('p', '{"events": "asleep"}');
SELECT public.make_plan('p', '{"events": "disabled"}');
SELECT * FROM public.problems;
SELECT hint FROM osmeta.plan_problem WHERE object = 'Orders.Order';
CALL osmeta.run_plan('p');
\set ECHO none
SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname) FROM pg_trigger
WHERE tgname LIKE 'OSTRG%' AND tgrelid IN (:'target_order'::regclass, :'target_customer'::regclass) \gexec
\set ECHO all
SELECT osmeta.refresh_plan('p');
SELECT * FROM public.problems;
CALL osmeta.run_plan('p');
SELECT * FROM public.queued;
SELECT * FROM public.ledger;
SELECT status, count(*) FROM public.verified GROUP BY status;
INSERT INTO source.order_rows ("ID", "CUSTOMERID") VALUES (6, 1);
DELETE FROM source.events_of_order WHERE "_PROCESS_DEF_ID" = 15;
CALL osmeta.run_plan('p');
SELECT * FROM public.ledger;
-- somebody has had them enabled
ALTER TABLE :target_order ENABLE TRIGGER "OSTRG_EI__OSUSR_FEB_ORDER";
INSERT INTO source.order_rows ("ID", "CUSTOMERID") VALUES (7, 1);
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT phase, round FROM osmeta.plan;
SELECT osmeta.set_plan_option('p', 'events', 'aside');
CALL osmeta.run_plan('p');
SELECT * FROM public.ledger;
SELECT * FROM public.queued;
SELECT status, count(*) FROM public.verified GROUP BY status;
CALL osmeta.undo_plan('p');
SELECT content = public.content() AS is_as_before FROM public.before;
SELECT osmeta.drop_plan('p');
-- What the target subscribes to itself takes the place of what was brought,
INSERT INTO source.events_of_order ("_ESPACE_ID", "_TENANT_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT")
SELECT DISTINCT "_ESPACE_ID", "_TENANT_ID", 12, false, false FROM source.events_of_order WHERE "_PROCESS_DEF_ID" = 11;
ALTER TABLE :target_order DISABLE TRIGGER "OSTRG_EI__OSUSR_FEB_ORDER";
SELECT public.make_plan('p', '{"events": "disabled", "severity": {"target_trigger": "note"}}');
CALL osmeta.run_plan('p');
CREATE TABLE public.first_round AS SELECT * FROM public.events;
CREATE TABLE public.published AS SELECT e.* FROM :order_events e JOIN target."OSSYS_BPM_PROCESS_DEFINITION" d ON d."Id" = e."_PROCESS_DEF_ID" WHERE d."Name" = 'Approve';
UPDATE public.published SET "_IS_LIGHT" = NOT "_IS_LIGHT";
INSERT INTO :order_events TABLE public.published;
INSERT INTO source.order_rows ("ID", "CUSTOMERID") VALUES (8, 1);
CALL osmeta.run_plan('p');
SELECT entity, process, is_light FROM (TABLE public.events EXCEPT ALL TABLE public.first_round) a;
SELECT entity, process, is_light FROM (TABLE public.first_round EXCEPT ALL TABLE public.events) a;
-- and what another plan has set aside is not gone.
CREATE TRIGGER refuse BEFORE INSERT ON :target_plain FOR EACH ROW EXECUTE FUNCTION public.refuse();
SELECT public.make_plan('other', '{"severity": {"target_trigger": "note"}}');
CALL osmeta.run_plan('other');
INSERT INTO source.order_rows ("ID", "CUSTOMERID") VALUES (9, 1);
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
CALL osmeta.undo_plan('p');
CALL osmeta.undo_plan('other');
CALL osmeta.run_plan('p');
CALL osmeta.undo_plan('p');
SELECT entity, process, is_light FROM public.events WHERE process = 'Approve';
SELECT osmeta.drop_plan('p'), osmeta.drop_plan('other');
DROP TRIGGER refuse ON :target_plain;
DELETE FROM :order_events e USING public.published p WHERE e."_PROCESS_DEF_ID" = p."_PROCESS_DEF_ID" AND e."_IS_LIGHT" = p."_IS_LIGHT";
DROP TABLE public.first_round, public.published;
DELETE FROM source.events_of_order WHERE "_PROCESS_DEF_ID" = 12;
DELETE FROM source.order_rows WHERE "ID" > 7;
SELECT content = public.content() AS is_as_before FROM public.before;
\set ECHO none
SELECT format('ALTER TABLE %s ENABLE TRIGGER %I', tgrelid::regclass, tgname) FROM pg_trigger
WHERE tgname LIKE 'OSTRG%' AND tgrelid IN (:'target_order'::regclass, :'target_customer'::regclass) \gexec
\set ECHO all

-- Rights, and a trigger whose event table is not there
CREATE ROLE regress_osmeta_eventful;
\set ECHO none
SELECT format('GRANT CREATE ON DATABASE %I TO regress_osmeta_eventful', current_database()) \gexec
\set ECHO all
GRANT USAGE ON SCHEMA osmeta, src, tgt, source, target TO regress_osmeta_eventful;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA osmeta, src TO regress_osmeta_eventful;
GRANT SELECT ON ALL TABLES IN SCHEMA tgt, source, target TO regress_osmeta_eventful;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA osmeta TO regress_osmeta_eventful;
GRANT INSERT, UPDATE, DELETE ON :target_order, :target_customer TO regress_osmeta_eventful;
SET ROLE regress_osmeta_eventful;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Orders.Order', 'entity:Orders.Customer'], '{"users": "fallback:ann"}') > 0 AS planned;
SELECT severity, code, object, message, hint
FROM osmeta.plan_problem WHERE code = 'privilege_missing';
RESET ROLE;
GRANT INSERT, DELETE ON :order_events, :customer_events TO regress_osmeta_eventful;
GRANT SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA target TO regress_osmeta_eventful;
SET ROLE regress_osmeta_eventful;
SELECT osmeta.refresh_plan('p');
SELECT * FROM osmeta.plan_problem WHERE severity = 'error';
CALL osmeta.run_plan('p');
SELECT entity, status FROM osmeta.verify_plan('p');
CALL osmeta.undo_plan('p');
SELECT entity, status FROM osmeta.verify_plan('p');
SELECT osmeta.drop_plan('p');
-- those of the source cannot be read: nothing is written
RESET ROLE;
SELECT relname AS source_events FROM pg_class WHERE relnamespace = 'source'::regnamespace AND relname LIKE 'OSEVT%Order' \gset
REVOKE SELECT ON source.:"source_events" FROM regress_osmeta_eventful;
SET ROLE regress_osmeta_eventful;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Orders.Order', 'entity:Orders.Customer'], '{"users": "fallback:ann"}') > 0 AS planned;
CALL osmeta.run_plan('p');
RESET ROLE;
SELECT content = public.content() AS is_as_before FROM public.before;
GRANT SELECT ON source.:"source_events" TO regress_osmeta_eventful;
SET ROLE regress_osmeta_eventful;
CALL osmeta.run_plan('p');
SELECT state, count(*) FROM osmeta.plan_event WHERE kind = 'table' GROUP BY state;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
RESET ROLE;
SELECT content = public.content() AS is_as_before FROM public.before;
DROP OWNED BY regress_osmeta_eventful;
DROP ROLE regress_osmeta_eventful;
BEGIN;
CREATE TRIGGER "OSTRG_EI__PLAIN" AFTER INSERT ON :target_plain FOR EACH ROW EXECUTE FUNCTION make.raise_event('x');
INSERT INTO target."OSSYS_BPM_EVENT" DEFAULT VALUES;
SELECT public.make_plan('p');
SELECT * FROM public.problems;
ROLLBACK;

-- A round that is thrown away after it was refused: subscriptions come back
ALTER TABLE :target_plain ADD CONSTRAINT plain_name UNIQUE ("NAME");
SELECT public.make_plan('p');
CALL osmeta.run_plan('p');
CREATE TABLE public.first_round AS SELECT * FROM public.events;
INSERT INTO target.plain_rows ("ID", "NAME") VALUES (777, 'taken');
INSERT INTO source."OSSYS_USER" ("ID", "TENANT_ID", "NAME", "USERNAME", "IS_ACTIVE")
SELECT 15, "TENANT_ID", 'dora', 'dora', true FROM source."OSSYS_USER" WHERE "ID" = 10;
INSERT INTO source.order_rows ("ID", "CUSTOMERID", "CREATEDBY") VALUES (50, 1, 15);
INSERT INTO source.plain_rows ("ID", "NAME") VALUES (60, 'taken');
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT state, count(*) FROM public.ledger GROUP BY state ORDER BY state;
-- they do not come back, and then they do
SELECT format('target.%I', c.relname) AS user_events FROM pg_class c WHERE c.relnamespace = 'target'::regnamespace AND c.relname LIKE 'OSEVT%ser' \gset
CREATE TRIGGER refuse BEFORE INSERT ON :user_events FOR EACH ROW EXECUTE FUNCTION public.refuse();
CALL osmeta.abandon_round('p');
SELECT phase, round FROM osmeta.plan WHERE plan = 'p';
SELECT * FROM public.problems WHERE code = 'events_aside';
CALL osmeta.abandon_round('p');
DROP TRIGGER refuse ON :user_events;
SET client_min_messages = notice;
CALL osmeta.abandon_round('p');
SET client_min_messages = warning;
SELECT phase, round FROM osmeta.plan WHERE plan = 'p';
CALL osmeta.abandon_round('p');
SELECT state, count(*) FROM public.ledger GROUP BY state ORDER BY state;
SELECT count(*) FROM (TABLE public.first_round EXCEPT ALL TABLE public.events) a;
SELECT count(*) FROM (TABLE public.events EXCEPT ALL TABLE public.first_round) a;
DELETE FROM target.plain_rows WHERE "ID" = 777;
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT status, count(*) FROM public.verified GROUP BY status;
SELECT * FROM public.queued;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
DROP TABLE public.first_round;
-- the user that was created has gone, too
SELECT "USERNAME" FROM target."OSSYS_USER" WHERE "USERNAME" = 'dora';
DELETE FROM source."OSSYS_USER" WHERE "ID" = 15;
DELETE FROM source.order_rows WHERE "ID" > 3;
DELETE FROM source.plain_rows WHERE "ID" = 60;
ALTER TABLE :target_plain DROP CONSTRAINT plain_name;
SELECT content = public.content() AS is_as_before FROM public.before;

-- What was brought and has been taken away there since, as when an activity
-- woke, does not come again; what stands there does.
SELECT public.make_plan('p');
CALL osmeta.run_plan('p');
CREATE TABLE public.first_round AS SELECT * FROM public.events;
DELETE FROM :order_events WHERE "_ACTIVITY_ID" = (SELECT max(activity) FROM public.first_round WHERE entity = 'Order');
INSERT INTO source.order_rows ("ID", "CUSTOMERID") VALUES (50, 1);
CALL osmeta.run_plan('p');
SELECT entity, process, activity > 0 AS is_activity FROM (TABLE public.first_round EXCEPT ALL TABLE public.events) a;
SELECT count(*) FROM (TABLE public.events EXCEPT ALL TABLE public.first_round) a;
SELECT * FROM public.ledger;
SELECT status, count(*) FROM public.verified GROUP BY status;
-- nor in the round after that
INSERT INTO source.order_rows ("ID", "CUSTOMERID") VALUES (51, 1);
CALL osmeta.run_plan('p');
SELECT entity, process, activity > 0 AS is_activity FROM (TABLE public.first_round EXCEPT ALL TABLE public.events) a;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
DROP TABLE public.first_round;
DELETE FROM source.order_rows WHERE "ID" > 3;
SELECT content = public.content() AS is_as_before FROM public.before;

-- Those of the source that differ in queue or tenant are two, alike ones are
-- one; what the target has stays as it has it.
CREATE TABLE public.saved AS TABLE source.events_of_order;
INSERT INTO source.events_of_order ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "ID")
SELECT e."_ESPACE_ID", v.tenant, v.activity, v.definition, false, v.is_light, v.row
FROM (SELECT DISTINCT "_ESPACE_ID", "_TENANT_ID" FROM source.events_of_order WHERE "_PROCESS_DEF_ID" = 11) e CROSS JOIN LATERAL
	(VALUES (e."_TENANT_ID", NULL::integer, 12, false, 0), (e."_TENANT_ID", 0, 12, true, NULL), (0, 0, 12, true, NULL),
		(e."_TENANT_ID", 0, 11, false, NULL), (NULL, NULL, 11, true, 0)) v (tenant, activity, definition, is_light, row);
SELECT count(*) FROM source.events_of_order;
SELECT public.make_plan('p');
CALL osmeta.run_plan('p');
SELECT * FROM public.events WHERE COALESCE(activity, 0) = 0;
SELECT status, count(*) FROM public.verified GROUP BY status;
CALL osmeta.undo_plan('p');
SELECT osmeta.drop_plan('p');
DELETE FROM source.events_of_order;
INSERT INTO source.events_of_order TABLE public.saved;
SELECT content = public.content() AS is_as_before FROM public.before;

-- Activities that are moved wait for entities that the plan does not write to,
-- or does not know: only their subscriptions come, at the end.
CREATE FUNCTION public.make_narrow_plan(options jsonb DEFAULT '{}') RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM osmeta.create_plan('p', 'src', 'tgt', ARRAY['entity:Orders.Act'], options || '{"users": "fallback:ann", "processes": "none"}');
	UPDATE osmeta.plan_entity SET platform_table = 'bpm_activity' WHERE entity = 'Act';
	RETURN true;
END $$;
CREATE FUNCTION public.wait_for(entity text, activity integer, row_id bigint, definition integer DEFAULT 11) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('INSERT INTO source.events_of_%s ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "ID") VALUES ($1, $2, $3, $4, true, true, $5)', entity)
	USING make.espace_id('source', 'Orders'), make.tenant_id('source'), activity, definition, row_id;
END $$;
\set ECHO none
\o /dev/null
SELECT public.wait_for('order', 1, NULL), public.wait_for('order', 2, 2), public.wait_for('customer', 2, NULL), public.wait_for('user', 3, 10), public.wait_for('user', 99, NULL);
SET search_path = source;
SET client_min_messages = warning;
SELECT make.event_table('Orders.Plain', '"_ESPACE_ID" integer, "_TENANT_ID" integer, "_ACTIVITY_ID" integer, "_PROCESS_DEF_ID" integer, "_IS_UPDATE" boolean, "_IS_LIGHT" boolean, "ID" bigint');
RESET search_path;
SELECT public.wait_for('plain', 3, NULL);
SELECT osmeta.capture('src');
\o
\set ECHO all
SELECT public.make_narrow_plan();
SET client_min_messages = notice;
CALL osmeta.run_plan('p');
SET client_min_messages = warning;
SELECT * FROM public.events WHERE activity > 3;
SELECT * FROM public.ledger;
SELECT * FROM public.problems WHERE code LIKE 'event%';
SELECT * FROM public.verified;
-- a later round adds, and takes away, without touching what stands there
INSERT INTO source.act_rows ("ID", "NAME") VALUES (4, 'waits for any customer');
SELECT public.wait_for('customer', 4, NULL);
CALL osmeta.run_plan('p');
SELECT * FROM public.ledger;
INSERT INTO source.act_rows ("ID", "NAME") VALUES (5, 'waits for nothing');
DELETE FROM source.events_of_customer WHERE "_ACTIVITY_ID" = 2;
CALL osmeta.run_plan('p');
SELECT * FROM public.events WHERE activity > 3;
SELECT * FROM public.queued;
SELECT status, count(*) FROM public.verified GROUP BY status;
-- the session is lost while they are taken away
SET session_replication_role = replica;
UPDATE osmeta.plan SET phase = 'update';
UPDATE osmeta.plan_event SET state = 'aside' WHERE kind = 'table';
RESET session_replication_role;
CALL osmeta.run_plan('p');
SELECT * FROM public.events WHERE activity > 3;
CALL osmeta.undo_plan('p');
SELECT * FROM public.ledger;
SELECT content = public.content() AS is_as_before FROM public.before;
SELECT osmeta.drop_plan('p');
DELETE FROM source.act_rows WHERE "ID" > 3;
DELETE FROM source.events_of_order WHERE "_IS_UPDATE" AND "_IS_LIGHT" AND "_ACTIVITY_ID" IN (1, 2) AND COALESCE("ID", 2) = 2;
DELETE FROM source.events_of_customer WHERE "_ACTIVITY_ID" = 4;
DELETE FROM source.events_of_user WHERE "_ACTIVITY_ID" > 0;

-- Behind a wrapper
\set ECHO none
\o /dev/null
\set fixture :abs_srcdir '/test/fixture/loopback.sql'
\i :fixture
SELECT osmeta.detach('src'), osmeta.detach('tgt');
SELECT osmeta.attach('src', 'loop', 'source'), osmeta.attach('tgt', 'loop', 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
\o
\set ECHO all
CREATE TRIGGER refuse BEFORE INSERT ON :order_events FOR EACH ROW WHEN (NEW."_PROCESS_DEF_ID" = 503) EXECUTE FUNCTION public.refuse();
INSERT INTO source.events_of_order ("_PROCESS_DEF_ID", "_IS_UPDATE") VALUES (12, false);
SELECT public.make_plan('p');
SELECT osmeta.set_plan_option('p', 'severity', '{"counter_behind": "warning"}');
CALL osmeta.run_plan('p');
SELECT count(*) FROM public.events;
DROP TRIGGER refuse ON :order_events;
CALL osmeta.run_plan('p');
SELECT * FROM public.events;
SELECT * FROM public.queued;
SELECT status, count(*) FROM public.verified GROUP BY status;
CALL osmeta.undo_plan('p');
SELECT content = public.content() AS is_as_before FROM public.before;
SELECT osmeta.drop_plan('p');

-- An event table that has gone since is no concern any more.
SELECT public.make_plan('p');
SELECT osmeta.set_plan_option('p', 'severity', '{"counter_behind": "warning"}');
CALL osmeta.run_plan('p');
SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t WHERE t.tgrelid = :'target_order'::regclass AND NOT t.tgisinternal \gexec
DROP TABLE :order_events CASCADE;
INSERT INTO source.order_rows ("ID", "CUSTOMERID") VALUES (70, 1);
SELECT osmeta.refresh_plan('p');
CALL osmeta.run_plan('p');
SELECT entity, status FROM osmeta.verify_plan('p') WHERE entity LIKE 'O%' ORDER BY entity COLLATE "C";
CALL osmeta.undo_plan('p');
SELECT entity, status FROM osmeta.verify_plan('p') WHERE entity LIKE 'O%' ORDER BY entity COLLATE "C";
