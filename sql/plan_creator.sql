-- Rights on the tables of users and groups: what is missing is told before.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/process.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
CREATE ROLE plan_creator;
GRANT ALL ON SCHEMA osmeta TO plan_creator;
GRANT ALL ON ALL TABLES IN SCHEMA osmeta TO plan_creator;
GRANT ALL ON ALL SEQUENCES IN SCHEMA osmeta TO plan_creator;
GRANT USAGE ON SCHEMA factory_prod, factory_qa, make TO plan_creator;
GRANT SELECT ON ALL TABLES IN SCHEMA factory_prod TO plan_creator;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA factory_qa TO plan_creator;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA factory_qa TO plan_creator;
SELECT format('GRANT CREATE ON DATABASE %I TO plan_creator', current_database()) \gexec
REVOKE INSERT ON factory_qa."OSSYS_USER" FROM plan_creator;
REVOKE DELETE ON factory_qa."OSSYS_GROUP_ROLE" FROM plan_creator;
SET ROLE plan_creator;
SELECT osmeta.attach('prod', NULL, 'factory_prod'), osmeta.attach('qa', NULL, 'factory_qa');
SELECT osmeta.capture('prod'), osmeta.capture('qa');
SELECT osmeta.create_plan('p', 'prod', 'qa', ARRAY['espace:Orders'], '{"users": "create", "groups": "create", "producers": "referenced"}');
\o
\set ECHO all
SELECT severity, object, message, hint FROM osmeta.plan_problem WHERE code = 'privilege_missing' ORDER BY 1, 2, 3;
-- Nobody is created: none of it matters.
SELECT osmeta.set_plan_option('p', 'users', 'fallback:zoe'), osmeta.set_plan_option('p', 'groups', 'match');
SELECT severity, object, message FROM osmeta.plan_problem WHERE code = 'privilege_missing';
RESET ROLE;
GRANT INSERT ON factory_qa."OSSYS_USER" TO plan_creator;
SET ROLE plan_creator;
SELECT osmeta.set_plan_option('p', 'users', 'create'), osmeta.set_plan_option('p', 'groups', 'create');
SELECT osmeta.refresh_plan('p');
SELECT severity, object, message FROM osmeta.plan_problem WHERE code = 'privilege_missing';
CALL osmeta.run_plan('p');
SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok';
RESET ROLE;
\set ECHO none
\o /dev/null
SELECT osmeta.detach(e) FROM unnest(ARRAY['prod', 'qa']) e;
SELECT osmeta.drop_plan('p');
DROP OWNED BY plan_creator;
DROP ROLE plan_creator;
