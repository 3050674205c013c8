-- Rows that the target has of its own, under identifiers that the source has
-- given to others.
SET search_path = target, public;
INSERT INTO node ("ID", "NAME", "PARENTID") SELECT i, 'theirs ' || i, 1 FROM generate_series(1, 40) i;
INSERT INTO team ("ID", "NAME") SELECT i, 'theirs ' || i FROM generate_series(1, 40) i;
INSERT INTO member ("ID", "NAME", "TEAMID", "NOTE", "CODE", "EMAIL") SELECT i, 'theirs ' || i, i, '', 'theirs ' || i, 'theirs' || i || '@example.com' FROM generate_series(1, 40) i;
UPDATE team SET "LEADERID" = 41 - "ID";
INSERT INTO detail SELECT i, 'theirs ' || i FROM generate_series(1, 20) i;
INSERT INTO extra SELECT i, 'theirs ' || i, i + 1 FROM generate_series(1, 10) i;
INSERT INTO profile VALUES (9, 'theirs 9');
INSERT INTO alpha ("ID", "NAME") SELECT i, 'theirs ' || i FROM generate_series(1, 30) i;
INSERT INTO gamma ("ID", "NAME", "ALPHAID") SELECT i, 'theirs ' || i, i FROM generate_series(1, 30) i;
INSERT INTO beta ("ID", "NAME", "GAMMAID") SELECT i, 'theirs ' || i, i FROM generate_series(1, 30) i;
INSERT INTO tag SELECT 'theirs ' || i, 'theirs ' || i, NULL, i FROM generate_series(1, 30) i;
INSERT INTO log ("ID", "NAME", "MEMBERID") SELECT i, 'theirs ' || i, i FROM generate_series(1, 40) i;
INSERT INTO ticket ("ID", "NAME", "TENANT_ID", "PARENTID", "OWNERID", "GROUPID")
SELECT i, 'theirs ' || i / 2, 11 + i % 3, NULLIF(i - 1, 0), (ARRAY[999, 490, NULL])[1 + i % 3], 20 + i % 2 FROM generate_series(1, 40) i;
INSERT INTO remark ("ID", "NAME", "TENANT_ID", "TICKETID", "AUTHORID") SELECT i, 'theirs ' || i, 11 + i % 3, i, 490 FROM generate_series(1, 40) i;
\ir process_target.sql
SELECT make.move_counter('target', e, 41)
FROM unnest(ARRAY['Node', 'Team', 'Member', 'Alpha', 'Beta', 'Gamma', 'Log', 'Ticket', 'Remark']) e;

-- Rows of the tables that the plan writes, as they stand; theirs only.
CREATE VIEW theirs AS
SELECT 'node' AS entity, t::text AS line FROM node t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'team', t::text FROM team t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'member', t::text FROM member t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'detail', t::text FROM detail t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'extra', t::text FROM extra t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'profile', t::text FROM profile t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'alpha', t::text FROM alpha t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'gamma', t::text FROM gamma t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'beta', t::text FROM beta t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'tag', t::text FROM tag t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'log', t::text FROM log t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'ticket', t::text FROM ticket t WHERE "NAME" LIKE 'theirs%' AND "ID" <= 41
UNION ALL SELECT 'card', t::text FROM card t WHERE "NAME" LIKE 'theirs%'
UNION ALL SELECT 'remark', t::text FROM remark t WHERE "NAME" LIKE 'theirs%' AND "ID" <= 41;

-- Who gets in the way, by chance, of rows that come or are about to be
-- committed.  The triggers are always there, since a plan stops when the
-- target's have changed.
CREATE TABLE make.disturbance (moment text, what text, chance double precision);
CREATE FUNCTION make.disturb() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	what text;
BEGIN
	SELECT d.what INTO what FROM make.disturbance d WHERE d.moment = TG_ARGV[0] AND random() < d.chance;
	IF what = 'sleep' THEN
		PERFORM pg_sleep(0.3);
	ELSIF what = 'full' THEN
		RAISE disk_full USING MESSAGE = 'could not extend file: no space, says the trigger';
	ELSIF what = 'leave' THEN
		PERFORM pg_terminate_backend(pg_backend_pid());
	ELSIF what = 'error' THEN
		RAISE EXCEPTION 'the trigger does not want this row';
	END IF;
	RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
SELECT format('CREATE %s ON %s %s FOR EACH ROW EXECUTE FUNCTION make.disturb(%L)', v.trigger, c.oid::regclass, v.defer,
	v.moment || CASE WHEN c.relname LIKE 'OSEVT%' THEN ' event' ELSE '' END)
FROM pg_class c, (VALUES ('TRIGGER early BEFORE INSERT OR UPDATE OR DELETE', '', 'early'),
	('CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE OR DELETE', 'DEFERRABLE INITIALLY DEFERRED', 'late')) v (trigger, defer, moment)
WHERE c.relnamespace = 'target'::regnamespace AND c.relkind = 'r'
	AND (c.relname ~ '^OSUSR' AND c.relname NOT LIKE '%Kind' OR c.relname ~ '^OSEVT|^OSSYS_BPM_(PROCESS|ACTIVITY)(_(IN|OUT)PUT)?$')
\gexec
