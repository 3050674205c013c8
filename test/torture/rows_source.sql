-- Rows of the source: psql variable seed says which, rows how many members.
SET search_path = source, public;
SELECT setseed(:seed);
CREATE FUNCTION make.pick(ids bigint[]) RETURNS bigint LANGUAGE sql VOLATILE AS
	$$SELECT ids[1 + floor(random() * array_length(ids, 1))]$$;
CREATE FUNCTION make.word(i bigint) RETURNS text LANGUAGE sql AS
	$f$SELECT (ARRAY['', ' ü', ' 漢字', ' 🎉', ' ''quoted" \', E'\t$$;--', ' ', ' e' || U&'\0301'])[1 + i % 8]$f$;

INSERT INTO node ("ID", "NAME", "KINDID")
SELECT 3 * i + floor(random() * 2), 'node ' || i || make.word(i), (ARRAY[1, 2, 3, 4, NULL])[1 + i % 5]
FROM generate_series(1, :rows / 4 + 1) i;
UPDATE node SET "PARENTID" = make.pick(a.ids) FROM (SELECT array_agg("ID") AS ids FROM node) a WHERE random() < 0.9;
INSERT INTO team ("ID", "NAME") SELECT 2 * i, 'team ' || i || make.word(i) FROM generate_series(1, :rows / 8 + 1) i;
INSERT INTO member ("ID", "NAME", "TEAMID", "AREAID", "CREATEDBY", "NOTE", "SINCE", "PHOTO", "AMOUNT", "ISOPEN", "CODE", "EMAIL", "PHONE")
SELECT 2 * i + floor(random() * 2), 'member ' || i || make.word(i), 2 * (1 + floor(random() * (:rows / 8 + 1))),
	-- one in four refers to a row that is gone, by a number that the target has
	CASE WHEN random() < 0.25 THEN 5 + 3 * floor(random() * 2) ELSE make.pick(a.ids) END,
	(ARRAY[10 + i % 51, 1000 * (1 + i % 3) + 10 + i % 16, 10 + i % 51, 999, 0, NULL])[1 + i % 6],
	(ARRAY[NULL, '', ' ', repeat('é𝄞', (i % 900)::integer), E'a\r\nb'])[1 + i % 5],
	(ARRAY[NULL, '1900-01-01', '2024-02-29 23:59:59.999', '3000-12-31'])[1 + i % 4]::timestamp(3),
	(ARRAY[NULL, '\x', '\x00ff275c', decode(repeat(md5(i::text), 1 + (i % 70)::integer), 'hex')])[1 + i % 4],
	(ARRAY[NULL, 0, -1.5, 999999.99])[1 + i % 4], (ARRAY[NULL, true, false])[1 + i % 3],
	CASE WHEN i % 6 > 0 THEN 'Kü-' || upper(left(md5(i::text), 12)) END, (ARRAY[NULL, '', 'anna.' || i % 20 || '@example.com', 'ü' || i || '@xn--example.org'])[1 + i % 4],
	(ARRAY[NULL, '', '+351 21' || 1000000 + i % 30, '0049-30/' || 555000 + i])[1 + i % 4]
FROM generate_series(1, :rows) i, (SELECT array_agg("ID") AS ids FROM node) a;
UPDATE team SET "LEADERID" = make.pick(a.ids), "DEPUTYID" = CASE WHEN random() < 0.3 THEN 100000000 WHEN random() < 0.1 THEN 5003 ELSE make.pick(a.ids) END
FROM (SELECT array_agg("ID") AS ids FROM member) a WHERE random() < 0.9;
INSERT INTO detail SELECT "ID", 'detail ' || "ID" FROM member WHERE random() < 0.5;
INSERT INTO extra SELECT "ID", 'extra ' || "ID", CASE WHEN random() < 0.2 THEN 0 ELSE make.pick(a.ids) END
FROM detail, (SELECT array_agg("ID") AS ids FROM detail) a WHERE random() < 0.5;
INSERT INTO profile SELECT i, 'profile ' || i FROM generate_series(10, 60) i WHERE i % 4 <> 0 AND random() < 0.7;
INSERT INTO alpha ("ID", "NAME") SELECT i, 'alpha ' || i FROM generate_series(1, :rows / 5 + 1) i;
INSERT INTO gamma ("ID", "NAME", "ALPHAID") SELECT i, 'gamma ' || i, 1 + floor(random() * (:rows / 5 + 1)) FROM generate_series(1, :rows / 6 + 1) i;
INSERT INTO beta ("ID", "NAME", "GAMMAID") SELECT i, 'beta ' || i, 1 + floor(random() * (:rows / 6 + 1)) FROM generate_series(1, :rows / 7 + 1) i;
UPDATE alpha SET "BETAID" = 1 + floor(random() * (:rows / 7 + 1)) WHERE random() < 0.8;
INSERT INTO tag SELECT 'tag ' || i || make.word(i), 'tag ' || i, CASE WHEN random() < 0.2 THEN 'gone' ELSE 'tag ' || 1 + i / 2 || make.word(1 + i / 2) END, make.pick(a.ids)
FROM generate_series(1, :rows / 3 + 1) i, (SELECT array_agg("ID") AS ids FROM member) a;
-- Some refer to a member who comes in a later round.
INSERT INTO log ("ID", "NAME", "MEMBERID", "KINDID", "REF", "CHANGEDON")
SELECT i, 'log ' || i, CASE WHEN random() < 0.1 THEN i WHEN random() < 0.05 THEN 5003 ELSE make.pick(a.ids) END, 1 + i % 4,
	(ARRAY[NULL, '', 'see ' || i, make.pick(a.ids)::text, make.pick(a.ids)::text, '987654321'])[1 + i % 6],
	CASE WHEN i % 20 > 0 THEN timestamp '2026-01-01' + i * interval '1 second' END
FROM generate_series(1, :rows * 2) i, (SELECT array_agg("ID") AS ids FROM member) a;
-- Names are unique within a tenant.  Some refer to those of another.
INSERT INTO ticket ("ID", "NAME", "TENANT_ID", "MEMBERID", "OWNERID", "GROUPID", "ROLEID", "SHOPID")
SELECT 2 * i, 'ticket ' || i / 2, (SELECT array_agg(t.id ORDER BY t.id) FROM tenant_label t WHERE t.name NOT LIKE 'Lost%')[1 + i % 4], make.pick(a.ids),
	(ARRAY[1000 * (1 + i % 3) + 10 + i % 16, 10 + i % 51, 999, NULL])[1 + i % 4], (ARRAY[20, 21, 22, 23, 50, NULL])[1 + i % 6], 29 + i % 5, 10 + i % 6
FROM generate_series(1, :rows / 2 + 1) i, (SELECT array_agg("ID") AS ids FROM member) a;
UPDATE ticket t SET "PARENTID" = p."ID" FROM ticket p WHERE p."ID" = 2 * (1 + t."ID" * 7 % (:rows / 2 + 1)) AND t."ID" % 3 > 0 AND (p."TENANT_ID" = t."TENANT_ID" OR t."ID" % 5 = 0);
INSERT INTO remark ("ID", "NAME", "TENANT_ID", "TICKETID", "AUTHORID")
SELECT i, 'remark ' || i, t."TENANT_ID", t."ID", CASE WHEN i % 3 > 0 THEN 1000 * (1 + i % 3) + 10 + i % 16 END
FROM generate_series(1, :rows) i JOIN ticket t ON t."ID" = 2 * (1 + i % (:rows / 2 + 1));
\ir process_source.sql
