-- The model of the torture: cycles of two and of three entities, trees, a
-- chain of one-to-one entities, texts as identifiers, rows of several tenants
-- and users, groups and roles of theirs, binaries, identifiers in texts,
-- references whose rows may be gone, instances of processes and rows that refer
-- to them, subscriptions to events (process.sql).
--
--	\i test/fixture/make.sql		once
--	SET search_path = source;
--	\set first 100					numbers of the metamodel from here on
--	\set role source				or target
--	\i test/torture/model.sql
\ir ../../demo/factory/schema.sql
SELECT make.begin(:first);
SELECT make.espace('Town'), make.espace('Portal'), make.espace('TownCopy');
UPDATE "OSSYS_ESPACE" SET "IS_USER_PROVIDER" = true WHERE "NAME" = 'Portal';
SELECT make.entity('ServiceCenter.' || e, key => k, physical => 'ossys_' || t), make.attribute('ServiceCenter.' || e, 'Id', 'rtInteger', 'auto mandatory', column_name => c)
FROM (VALUES ('Role', 'e595ea36-5c1b-3ed8-93aa-bba752c7f892', 'Role', 'ID'), ('Group', 'd028b5ef-4477-4e37-9fa2-cddd7e0e7146', 'Group', 'ID'),
	('Tenant', 'd30c0359-17ba-4ea6-b76f-f5844a5f9ae5', 'Tenant', 'ID'), ('Process', '245a4dae-efd0-4272-93f7-51f180268eeb', 'BPM_Process', 'Id'),
	('Activity', 'd33a0e86-24e8-41d1-b331-14c594405339', 'BPM_Activity', 'Id')) v (e, k, t, c);
UPDATE "OSSYS_ENTITY" SET "IS_SYSTEM" = true WHERE "NAME" IN ('Role', 'Group', 'Tenant', 'Process', 'Activity');

SELECT make.entity('Town.Kind', 'staticEntity');
SELECT make.attribute('Town.Kind', 'Id', 'rtInteger', 'auto mandatory'),
	make.attribute('Town.Kind', 'Name', 'rtText(50)', 'mandatory');
SELECT make.record('Town.Kind', 'Small', CASE :'role' WHEN 'source' THEN '1' ELSE '2' END),
	make.record('Town.Kind', 'Medium', CASE :'role' WHEN 'source' THEN '2' ELSE '3' END),
	make.record('Town.Kind', 'Large', CASE :'role' WHEN 'source' THEN '3' ELSE '1' END);

SELECT make.entity('Town.' || e), make.attribute('Town.' || e, 'Id', t, 'auto mandatory')
FROM (VALUES ('Node', 'rtLongInteger'), ('Team', 'rtInteger'), ('Member', 'rtLongInteger'),
	('Alpha', 'rtInteger'), ('Beta', 'rtLongInteger'), ('Gamma', 'rtLongInteger'), ('Log', 'rtLongInteger'),
	('Ticket', 'rtLongInteger'), ('Remark', 'rtLongInteger'), ('Card', 'rtInteger')) v (e, t);
SELECT make.entity('Town.Tag'), make.attribute('Town.Tag', 'Id', 'rtText(40)', 'mandatory');
SELECT make.entity('Town.Detail'), make.attribute('Town.Detail', 'Id', 'Town.Member', 'mandatory Delete');
SELECT make.entity('Town.Extra'), make.attribute('Town.Extra', 'Id', 'Town.Detail', 'mandatory Delete');
SELECT make.entity('Town.Profile'), make.attribute('Town.Profile', 'Id', 'ServiceCenter.User', 'mandatory Delete');
SELECT make.attribute('Town.' || e, 'Name', 'rtText(80)')
FROM unnest(ARRAY['Node', 'Team', 'Member', 'Alpha', 'Beta', 'Gamma', 'Log', 'Tag', 'Detail', 'Extra', 'Profile', 'Ticket', 'Remark', 'Card']) e;

SELECT make.attribute('Town.Node', 'ParentId', 'Town.Node'),
	make.attribute('Town.Node', 'KindId', 'Town.Kind', 'Ignore'),
	make.attribute('Town.Team', 'LeaderId', 'Town.Member'),
	make.attribute('Town.Team', 'DeputyId', 'Town.Member', 'Ignore'),
	make.attribute('Town.Member', 'TeamId', 'Town.Team', 'mandatory'),
	make.attribute('Town.Member', 'AreaId', 'Town.Node', 'Ignore'),
	make.attribute('Town.Member', 'CreatedBy', 'ServiceCenter.User', 'Ignore'),
	make.attribute('Town.Member', 'Note', 'rtText(3000)'),
	make.attribute('Town.Member', 'Since', 'rtDateTime'),
	make.attribute('Town.Member', 'Photo', 'rtBinaryData'),
	make.attribute('Town.Member', 'Amount', 'rtDecimal(8,2)'),
	make.attribute('Town.Member', 'IsOpen', 'rtBoolean'),
	make.attribute('Town.Extra', 'OtherId', 'Town.Detail', 'Ignore'),
	make.attribute('Town.Alpha', 'BetaId', 'Town.Beta'),
	make.attribute('Town.Beta', 'GammaId', 'Town.Gamma'),
	make.attribute('Town.Gamma', 'AlphaId', 'Town.Alpha'),
	make.attribute('Town.Tag', 'ParentId', 'Town.Tag', 'Ignore'),
	make.attribute('Town.Tag', 'MemberId', 'Town.Member', 'Ignore'),
	make.attribute('Town.Log', 'MemberId', 'Town.Member', 'Ignore'),
	make.attribute('Town.Log', 'KindId', 'Town.Kind', 'Ignore'),
	make.attribute('Town.Log', 'Ref', 'rtText(50)'),
	make.attribute('Town.Log', 'ChangedOn', 'rtDateTime'),
	make.attribute('Town.Member', 'Code', 'rtText(30)'),
	make.attribute('Town.Member', 'Email', 'rtEmail'),
	make.attribute('Town.Member', 'Phone', 'rtPhoneNumber'),
	make.attribute('Town.Ticket', 'ParentId', 'Town.Ticket'),
	make.attribute('Town.Ticket', 'MemberId', 'Town.Member', 'Ignore'),
	make.attribute('Town.Ticket', 'OwnerId', 'ServiceCenter.User', 'Ignore'),
	make.attribute('Town.Ticket', 'GroupId', 'ServiceCenter.Group', 'Ignore'),
	make.attribute('Town.Ticket', 'RoleId', 'ServiceCenter.Role', 'Ignore'),
	make.attribute('Town.Ticket', 'ShopId', 'ServiceCenter.Tenant', 'Ignore'),
	make.attribute('Town.Remark', 'TicketId', 'Town.Ticket', 'mandatory Delete'),
	make.attribute('Town.Remark', 'AuthorId', 'ServiceCenter.User'),
	make.attribute('Town.Card', 'MemberId', 'Town.Member', 'Ignore'),
	make.attribute('Town.Card', 'ProcessId', 'ServiceCenter.Process'),
	make.attribute('Town.Card', 'ActivityId', 'ServiceCenter.Activity', 'Ignore'),
	make.attribute('Town.Card', 'GroupId', 'ServiceCenter.Group', 'Ignore');
SELECT make.tables();
UPDATE "OSSYS_ENTITY" SET "MULTITENANT" = true WHERE "NAME" IN ('Ticket', 'Remark');
SELECT format('ALTER TABLE %I ADD "TENANT_ID" integer', "PHYSICAL_TABLE_NAME") FROM "OSSYS_ENTITY" WHERE "NAME" IN ('Ticket', 'Remark')
\gexec

CREATE FUNCTION make.table_of(factory name, entity text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT format('%I.%I', n.nspname, c.relname)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = factory AND c.relkind = 'r'
		AND (c.relname LIKE 'OSUSR\____\_' || entity OR c.relname = 'OSSYS_BPM_' || upper(entity) AND entity ~ '^(Process|Activity)')
$$;
-- Its identity counter
CREATE FUNCTION make.move_counter(factory name, entity text, value bigint) RETURNS bigint LANGUAGE sql AS $$
	SELECT setval(pg_get_serial_sequence(make.table_of(factory, entity), CASE WHEN entity ~ '^(Process|Activity)' THEN 'Id' ELSE 'ID' END), value)
$$;
SELECT format('CREATE VIEW %I.%I AS TABLE %s', :'role', lower(e), make.table_of(:'role', e))
FROM unnest(ARRAY['Node', 'Team', 'Member', 'Alpha', 'Beta', 'Gamma', 'Log', 'Tag', 'Detail', 'Extra', 'Profile', 'Ticket', 'Remark', 'Card', 'Kind']) e
\gexec
SELECT format('CREATE UNIQUE INDEX ON %s ("CODE")', make.table_of(:'role', 'Member'))
\gexec

INSERT INTO kind ("ID", "NAME")
SELECT r."Data_Id"::integer, r."Name" FROM "OSSYS_ENTITY_RECORD" r;
-- Tenants of two providers, of which two have one name.  At the target their
-- identifiers are those of others here.  One is not there.
INSERT INTO "OSSYS_TENANT" ("ID", "NAME", "ESPACE_ID", "IS_ACTIVE")
SELECT CASE :'role' WHEN 'source' THEN v.here ELSE v.there END, v.tenant, e."ID", true
FROM (VALUES (11, 13, 'North', 'Users'), (12, 11, 'South', 'Users'), (13, 12, 'North', 'Portal'), (14, NULL, 'Lost', 'Users')) v (here, there, tenant, provider)
JOIN "OSSYS_ESPACE" e ON e."NAME" = v.provider WHERE :'role' = 'source' OR v.there IS NOT NULL;
CREATE VIEW tenant_label AS
SELECT t."ID" AS id, t."NAME" || '/' || e."NAME" AS name FROM "OSSYS_TENANT" t JOIN "OSSYS_ESPACE" e ON e."ID" = t."ESPACE_ID";

-- Every fourth user has no partner at the target.  The same names stand for
-- other people in other tenants, and somebody there has a number that means
-- nobody here.
SELECT make.users(CASE :'role' WHEN 'source' THEN i || ' user' || i ELSE 500 - i || ' user' || i END)
FROM generate_series(10, 60) i WHERE :'role' = 'source' OR i % 4 <> 0;
SELECT make.users('9 importer', '999 stranger') WHERE :'role' = 'target';
INSERT INTO "OSSYS_USER" ("ID", "TENANT_ID", "IS_ACTIVE", "NAME", "USERNAME", "EMAIL", "PASSWORD")
SELECT 1000 * CASE :'role' WHEN 'source' THEN v.k ELSE 4 - v.k END + CASE :'role' WHEN 'source' THEN i ELSE 60 - i END, t.id, true, 'User ' || i, 'user' || i,
	'user' || i || '@example.com', 'PLANTED-SECRET'
FROM (VALUES (1, 'North/Users'), (2, 'South/Users'), (3, 'North/Portal')) v (k, tenant)
JOIN tenant_label t ON t.name = v.tenant, generate_series(10, 25) i WHERE :'role' = 'source' OR i % 4 <> 0;
SELECT setval(pg_get_serial_sequence('"OSSYS_USER"', 'ID'), 9000);
INSERT INTO "OSSYS_GROUP" ("ID", "NAME", "DESCRIPTION", "TENANT_ID", "HAS_CUSTOM_MANAGEMENT")
SELECT CASE :'role' WHEN 'source' THEN v.here ELSE v.there END, v.name, 'of ' || v.tenant, t.id, false
FROM (VALUES (20, 21, 'Clerks', 'South/Users'), (21, 20, 'Clerks', 'North/Users'), (22, NULL, 'Agents', 'South/Users'), (23, NULL, 'Agents', 'North/Portal')) v (here, there, name, tenant)
JOIN tenant_label t ON t.name = v.tenant WHERE :'role' = 'source' OR v.there IS NOT NULL;
INSERT INTO "OSSYS_ROLE" ("ID", "ESPACE_ID", "SS_KEY", "NAME", "IS_ACTIVE")
SELECT CASE :'role' WHEN 'source' THEN v.here ELSE v.there END, e."ID", md5(v.name)::uuid::text, v.name, true
FROM (VALUES (30, 31, 'Reader'), (31, 30, 'Writer'), (32, NULL, 'Gone')) v (here, there, name)
JOIN "OSSYS_ESPACE" e ON e."NAME" = 'Town' WHERE :'role' = 'source' OR v.there IS NOT NULL;
INSERT INTO "OSSYS_USER_ROLE" ("USER_ID", "Role_Id", "TENANT_ID")
SELECT u."ID", 30 + u."ID" % 3, u."TENANT_ID" FROM "OSSYS_USER" u WHERE :'role' = 'source' AND u."ID" % 3 > 0;
INSERT INTO "OSSYS_GROUP_USER" ("USER_ID", "GROUP_ID", "TENANT_ID")
SELECT u."ID", g."ID", g."TENANT_ID" FROM "OSSYS_USER" u JOIN "OSSYS_GROUP" g ON g."TENANT_ID" = u."TENANT_ID" WHERE :'role' = 'source' AND u."ID" % 5 > 0;
INSERT INTO "OSSYS_GROUP_ROLE" ("GROUP_ID", "ROLE_ID", "TENANT_ID")
SELECT g."ID", r."ID", g."TENANT_ID" FROM "OSSYS_GROUP" g, "OSSYS_ROLE" r WHERE :'role' = 'source';

\ir process.sql

-- What the rows mean, without any identifier.  Setting make.users says whether
-- somebody stands in for users without partner, or they are created.
CREATE VIEW person AS
SELECT u."ID" AS id, CASE WHEN :'role' = 'source' AND u."ID" % 4 = 0 AND current_setting('make.users', true) IS DISTINCT FROM 'create'
	THEN 'importer@Users/Users' ELSE u."USERNAME" || '@' || t.name END AS name, u."ID" % 4 = 0 AS is_missing
FROM "OSSYS_USER" u JOIN tenant_label t ON t.id = u."TENANT_ID";
CREATE VIEW crew AS
SELECT g."ID" AS id, g."NAME" || '@' || t.name AS name, g."NAME" = 'Agents' AS is_missing FROM "OSSYS_GROUP" g JOIN tenant_label t ON t.id = g."TENANT_ID"
WHERE :'role' = 'target' OR g."NAME" = 'Clerks' OR current_setting('make.groups', true) = 'create';
CREATE VIEW duty AS SELECT r."ID" AS id, r."NAME" AS name FROM "OSSYS_ROLE" r WHERE :'role' = 'target' OR r."NAME" <> 'Gone';
CREATE VIEW shop AS SELECT t.* FROM tenant_label t WHERE :'role' = 'target' OR t.name NOT LIKE 'Lost%';
-- Whom a plan creates: those without partner that rows refer to.
CREATE VIEW created_person AS
SELECT p.id, p.name FROM person p WHERE current_setting('make.users', true) = 'create' AND (:'role' = 'target' OR p.is_missing AND p.id IN (
	SELECT "CREATEDBY" FROM member UNION SELECT "OWNERID" FROM ticket UNION SELECT "AUTHORID" FROM remark UNION SELECT "ID" FROM profile
	UNION SELECT id FROM process_person));
CREATE VIEW created_crew AS
SELECT c.id, c.name FROM crew c WHERE current_setting('make.groups', true) = 'create' AND (:'role' = 'target' OR c.is_missing AND c.id IN (SELECT "GROUPID" FROM ticket
	UNION SELECT "GROUPID" FROM card UNION SELECT id FROM process_crew));
\ir process_meaning.sql

CREATE VIEW meaning AS
SELECT 'node' AS entity, row(n."NAME", p."NAME", k."NAME")::text AS meaning
FROM node n LEFT JOIN node p ON p."ID" = n."PARENTID" LEFT JOIN kind k ON k."ID" = n."KINDID"
UNION ALL SELECT 'team', row(t."NAME", l."NAME", d."NAME")::text
FROM team t LEFT JOIN member l ON l."ID" = t."LEADERID" LEFT JOIN member d ON d."ID" = t."DEPUTYID"
UNION ALL SELECT 'member', row(m."NAME", t."NAME", n."NAME", u.name,
	CASE WHEN current_setting('make.is_masked', true) = 'yes' THEN row(length(m."NOTE"), m."SINCE"::time, sign(m."AMOUNT"), length(m."CODE"), m."EMAIL" <> '', length(m."PHONE"))::text
	ELSE row(m."NOTE", m."SINCE", m."AMOUNT", m."CODE", m."EMAIL", m."PHONE")::text END, m."PHOTO", m."ISOPEN")::text
FROM member m LEFT JOIN team t ON t."ID" = m."TEAMID" LEFT JOIN node n ON n."ID" = m."AREAID" LEFT JOIN person u ON u.id = m."CREATEDBY"
UNION ALL SELECT 'detail', row(d."NAME", m."NAME")::text FROM detail d LEFT JOIN member m ON m."ID" = d."ID"
UNION ALL SELECT 'extra', row(e."NAME", d."NAME", o."NAME")::text
FROM extra e LEFT JOIN detail d ON d."ID" = e."ID" LEFT JOIN detail o ON o."ID" = e."OTHERID"
UNION ALL SELECT 'profile', row(p."NAME", u.name)::text FROM profile p LEFT JOIN person u ON u.id = p."ID"
UNION ALL SELECT 'alpha', row(a."NAME", b."NAME")::text FROM alpha a LEFT JOIN beta b ON b."ID" = a."BETAID"
UNION ALL SELECT 'beta', row(b."NAME", g."NAME")::text FROM beta b LEFT JOIN gamma g ON g."ID" = b."GAMMAID"
UNION ALL SELECT 'gamma', row(g."NAME", a."NAME")::text FROM gamma g LEFT JOIN alpha a ON a."ID" = g."ALPHAID"
UNION ALL SELECT 'tag', row(t."ID", t."NAME", p."NAME", m."NAME")::text
FROM tag t LEFT JOIN tag p ON p."ID" = t."PARENTID" LEFT JOIN member m ON m."ID" = t."MEMBERID"
UNION ALL SELECT 'log', row(l."NAME", m."NAME", k."NAME", l."CHANGEDON", CASE WHEN l."REF" ~ '^[0-9]+$' THEN COALESCE(r."NAME", CASE :'role' WHEN 'source' THEN '' ELSE 'nobody' END) ELSE l."REF" END)::text
FROM log l LEFT JOIN member m ON m."ID" = l."MEMBERID" LEFT JOIN kind k ON k."ID" = l."KINDID" LEFT JOIN member r ON r."ID"::text = l."REF"
UNION ALL SELECT 'ticket', row(t."NAME", n.name, p."NAME", pn.name, m."NAME", u.name, c.name, d.name, s.name)::text
FROM ticket t LEFT JOIN tenant_label n ON n.id = t."TENANT_ID" LEFT JOIN ticket p ON p."ID" = t."PARENTID" LEFT JOIN tenant_label pn ON pn.id = p."TENANT_ID"
LEFT JOIN member m ON m."ID" = t."MEMBERID" LEFT JOIN person u ON u.id = t."OWNERID" LEFT JOIN crew c ON c.id = t."GROUPID" LEFT JOIN duty d ON d.id = t."ROLEID"
LEFT JOIN shop s ON s.id = t."SHOPID"
UNION ALL SELECT 'remark', row(r."NAME", n.name, t."NAME", tn.name, u.name)::text
FROM remark r LEFT JOIN tenant_label n ON n.id = r."TENANT_ID" LEFT JOIN ticket t ON t."ID" = r."TICKETID" LEFT JOIN tenant_label tn ON tn.id = t."TENANT_ID" LEFT JOIN person u ON u.id = r."AUTHORID"
UNION ALL SELECT 'card', row(c."NAME", m."NAME", p.label, a.name, g.name)::text
FROM card c LEFT JOIN member m ON m."ID" = c."MEMBERID" LEFT JOIN known_process p ON p.id = c."PROCESSID" LEFT JOIN known_activity a ON a.id = c."ACTIVITYID" LEFT JOIN crew g ON g.id = c."GROUPID"
UNION ALL TABLE instance_meaning
UNION ALL SELECT 'a person', row(c.name, u."NAME", u."EMAIL", u."IS_ACTIVE")::text FROM created_person c JOIN "OSSYS_USER" u ON u."ID" = c.id
UNION ALL SELECT 'a person''s role', row(c.name, d.name, t.name)::text
FROM created_person c JOIN "OSSYS_USER_ROLE" l ON l."USER_ID" = c.id JOIN duty d ON d.id = l."Role_Id" JOIN tenant_label t ON t.id = l."TENANT_ID"
UNION ALL SELECT 'a person''s group', row(c.name, g.name, t.name)::text
FROM created_person c JOIN "OSSYS_GROUP_USER" l ON l."USER_ID" = c.id JOIN crew g ON g.id = l."GROUP_ID" JOIN tenant_label t ON t.id = l."TENANT_ID"
WHERE NOT g.is_missing OR g.id IN (SELECT c.id FROM created_crew c)
UNION ALL SELECT 'a group', row(c.name, g."DESCRIPTION")::text FROM created_crew c JOIN "OSSYS_GROUP" g ON g."ID" = c.id
UNION ALL SELECT 'a group''s role', row(c.name, d.name, t.name)::text
FROM created_crew c JOIN "OSSYS_GROUP_ROLE" l ON l."GROUP_ID" = c.id JOIN duty d ON d.id = l."ROLE_ID" JOIN tenant_label t ON t.id = l."TENANT_ID";

-- Each row as it stands, and what each refers to.
SELECT format('CREATE VIEW line AS %s', string_agg(format('SELECT %1$L AS entity, t.%2$I::text AS id, t::text AS line FROM %1$I t', e, CASE WHEN e ~ '^(process|activity)' THEN 'Id' ELSE 'ID' END), ' UNION ALL '))
FROM unnest(ARRAY['process', 'activity', 'process_input', 'process_output', 'activity_output', 'node', 'team', 'member', 'alpha', 'beta', 'gamma', 'log', 'tag', 'detail', 'extra', 'profile', 'ticket', 'remark', 'card']) e
\gexec
SELECT format('CREATE VIEW edge AS %s', string_agg(format('SELECT %1$L AS entity, t.%4$I::text AS id, %3$L AS parent, t.%2$I::text AS parent_id FROM %1$I t WHERE t.%2$I IS NOT NULL',
	e.entity, e.column_name, e.parent, CASE WHEN e.entity ~ '^(process|activity)' THEN 'Id' ELSE 'ID' END), ' UNION ALL '))
FROM (SELECT lower(c."NAME"), a."DATABASE_NAME", lower(p."NAME")
	FROM "OSSYS_ENTITY_ATTR" a JOIN "OSSYS_ENTITY" c ON c."ID" = a."ENTITY_ID" JOIN "OSSYS_ENTITY" p ON a."TYPE" LIKE 'bt%*' || p."SS_KEY"
	WHERE (NOT p."IS_SYSTEM" OR p."NAME" IN ('Process', 'Activity')) AND p."NAME" <> 'Kind'
	UNION ALL VALUES ('process', 'PARENT_PROCESS_ID', 'process'), ('process', 'TOP_PROCESS_ID', 'process'), ('process', 'PARENT_ACTIVITY_ID', 'activity'),
		('activity', 'Process_Id', 'process'), ('activity', 'Precedent_Activity_Id', 'activity')) e (entity, column_name, parent)
\gexec

-- Rows of an entity get identifiers that are higher by a number, and so do
-- those that are one to one with them; references follow, but for those that
-- lead nowhere.  Constraints do not look.
CREATE FUNCTION make.shift(factory name, entity text, number bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	parent text := make.table_of(factory, entity);
	a record;
BEGIN
	IF entity ~ '^(Process|Activity)' THEN
		PERFORM make.shift_instances(entity, number);
		RETURN;
	END IF;
	FOR a IN EXECUTE format('SELECT c."NAME" AS child, a."DATABASE_NAME" AS column_name, a."SS_KEY" = c."PRIMARYKEY_SS_KEY" AS is_key
		FROM %1$I."OSSYS_ENTITY_ATTR" a JOIN %1$I."OSSYS_ENTITY" c ON c."ID" = a."ENTITY_ID" JOIN %1$I."OSSYS_ENTITY" p ON a."TYPE" LIKE ''bt%%*'' || p."SS_KEY"
		WHERE p."NAME" = %2$L', factory, entity)
	LOOP
		IF a.is_key THEN
			PERFORM make.shift(factory, a.child, number);
		ELSE
			EXECUTE format('UPDATE %s c SET %2$I = c.%2$I + %3$s WHERE c.%2$I IN (SELECT p."ID" FROM %4$s p)', make.table_of(factory, a.child), a.column_name, number, parent);
		END IF;
	END LOOP;
	EXECUTE format('UPDATE %s SET "ID" = "ID" + %s', parent, number);
	PERFORM make.shift_typed('Town.' || entity, number, format('SELECT "ID"::text FROM %s', parent));
	IF entity = 'Member' THEN
		EXECUTE format('UPDATE %s l SET "REF" = (l."REF"::bigint + %s)::text WHERE l."REF" IN (SELECT (p."ID" - %2$s)::text FROM %3$s p)', make.table_of(factory, 'Log'), number, parent);
	END IF;
END
$$;

-- Rows of some tables of the factory, each with its table
CREATE FUNCTION make.rows_of(factory text, tables text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	relation regclass;
BEGIN
	FOR relation IN
		SELECT c.oid FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = factory::regnamespace AND c.relname ~ tables ORDER BY c.relname
	LOOP
		RETURN QUERY EXECUTE format('SELECT %L || translate(t::text, E''\n\r'', '''') FROM %s t', relation || ' ', relation);
	END LOOP;
END
$$;

-- All tables of the factory, each with a digest of its rows, but for those that
-- users of the target make meanwhile: rows that are called so, and
-- subscriptions to rows with such a number.
CREATE FUNCTION make.digest(factory text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	relation regclass;
	digest text;
BEGIN
	FOR relation IN
		SELECT c.oid FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = factory::regnamespace ORDER BY c.relname
	LOOP
		EXECUTE format('SELECT count(*) || '' '' || COALESCE(md5(string_agg(t::text, E''\n'' ORDER BY t::text COLLATE "C")), '''') FROM %s t WHERE t::text NOT LIKE ALL (ARRAY[''%%theirs new%%'', ''%%,333000%%''])', relation) INTO digest;
		RETURN NEXT relation || ' ' || digest;
	END LOOP;
END
$$;
