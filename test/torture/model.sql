-- The model of the torture: cycles of two and of three entities, a tree, a
-- chain of one-to-one entities, texts as identifiers, users, binaries,
-- references whose rows may be gone.
--
--	\i test/fixture/make.sql		once
--	SET search_path = source;
--	\set first 100					numbers of the metamodel from here on
--	\set role source				or target
--	\i test/torture/model.sql
\ir ../../demo/factory/schema.sql
SELECT make.begin(:first);
SELECT make.espace('Town');

SELECT make.entity('Town.Kind', 'staticEntity');
SELECT make.attribute('Town.Kind', 'Id', 'rtInteger', 'auto mandatory'),
	make.attribute('Town.Kind', 'Name', 'rtText(50)', 'mandatory');
SELECT make.record('Town.Kind', 'Small', CASE :'role' WHEN 'source' THEN '1' ELSE '2' END),
	make.record('Town.Kind', 'Medium', CASE :'role' WHEN 'source' THEN '2' ELSE '3' END),
	make.record('Town.Kind', 'Large', CASE :'role' WHEN 'source' THEN '3' ELSE '1' END);

SELECT make.entity('Town.' || e), make.attribute('Town.' || e, 'Id', t, 'auto mandatory')
FROM (VALUES ('Node', 'rtLongInteger'), ('Team', 'rtInteger'), ('Member', 'rtLongInteger'),
	('Alpha', 'rtInteger'), ('Beta', 'rtLongInteger'), ('Gamma', 'rtLongInteger'), ('Log', 'rtLongInteger')) v (e, t);
SELECT make.entity('Town.Tag'), make.attribute('Town.Tag', 'Id', 'rtText(40)', 'mandatory');
SELECT make.entity('Town.Detail'), make.attribute('Town.Detail', 'Id', 'Town.Member', 'mandatory Delete');
SELECT make.entity('Town.Extra'), make.attribute('Town.Extra', 'Id', 'Town.Detail', 'mandatory Delete');
SELECT make.entity('Town.Profile'), make.attribute('Town.Profile', 'Id', 'ServiceCenter.User', 'mandatory Delete');
SELECT make.attribute('Town.' || e, 'Name', 'rtText(80)')
FROM unnest(ARRAY['Node', 'Team', 'Member', 'Alpha', 'Beta', 'Gamma', 'Log', 'Tag', 'Detail', 'Extra', 'Profile']) e;

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
	make.attribute('Town.Log', 'KindId', 'Town.Kind', 'Ignore');
SELECT make.tables();

CREATE FUNCTION make.table_of(factory name, entity text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT format('%I.%I', n.nspname, c.relname)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = factory AND c.relkind = 'r' AND c.relname LIKE 'OSUSR\____\_' || entity
$$;
SELECT format('CREATE VIEW %I.%I AS TABLE %s', :'role', lower(e), make.table_of(:'role', e))
FROM unnest(ARRAY['Node', 'Team', 'Member', 'Alpha', 'Beta', 'Gamma', 'Log', 'Tag', 'Detail', 'Extra', 'Profile', 'Kind']) e
\gexec

INSERT INTO kind ("ID", "NAME")
SELECT r."Data_Id"::integer, r."Name" FROM "OSSYS_ENTITY_RECORD" r;
-- Every fourth user has no partner at the target.
SELECT make.users(CASE :'role' WHEN 'source' THEN i || ' user' || i ELSE 500 - i || ' user' || i END)
FROM generate_series(10, 60) i WHERE :'role' = 'source' OR i % 4 <> 0;
SELECT make.users('9 importer') WHERE :'role' = 'target';

-- What the rows mean, without any identifier.  Names are unique.
SELECT format('CREATE VIEW person AS SELECT u."ID" AS id, %s AS name FROM "OSSYS_USER" u',
	CASE :'role' WHEN 'source' THEN 'CASE WHEN u."ID" % 4 = 0 THEN ''importer'' ELSE u."USERNAME" END' ELSE 'u."USERNAME"' END)
\gexec
CREATE VIEW meaning AS
SELECT 'node' AS entity, row(n."NAME", p."NAME", k."NAME")::text AS meaning
FROM node n LEFT JOIN node p ON p."ID" = n."PARENTID" LEFT JOIN kind k ON k."ID" = n."KINDID"
UNION ALL SELECT 'team', row(t."NAME", l."NAME", d."NAME")::text
FROM team t LEFT JOIN member l ON l."ID" = t."LEADERID" LEFT JOIN member d ON d."ID" = t."DEPUTYID"
UNION ALL SELECT 'member', row(m."NAME", t."NAME", n."NAME", u.name,
	CASE WHEN current_setting('make.is_masked', true) = 'yes' THEN length(m."NOTE")::text ELSE m."NOTE" END, m."SINCE", m."PHOTO", m."AMOUNT", m."ISOPEN")::text
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
UNION ALL SELECT 'log', row(l."NAME", m."NAME", k."NAME")::text
FROM log l LEFT JOIN member m ON m."ID" = l."MEMBERID" LEFT JOIN kind k ON k."ID" = l."KINDID";

-- All tables of the factory, each with a digest of its rows, but for those that
-- users of the target make meanwhile.
CREATE FUNCTION make.digest(factory text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	relation regclass;
	digest text;
BEGIN
	FOR relation IN
		SELECT c.oid FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = factory::regnamespace ORDER BY c.relname
	LOOP
		EXECUTE format('SELECT count(*) || '' '' || COALESCE(md5(string_agg(t::text, E''\n'' ORDER BY t::text COLLATE "C")), '''') FROM %s t WHERE t::text NOT LIKE ''%%theirs new%%''', relation) INTO digest;
		RETURN NEXT relation || ' ' || digest;
	END LOOP;
END
$$;
