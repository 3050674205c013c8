-- The whole job of osmeta, once: attach, capture, ask, plan, run, verify, and
-- what the next release will do.
-- demo/run made two factories (databases factory_prod and factory_qa) and the
-- staging database in which we are, with a foreign server for each factory.
\set QUIET on
\pset linestyle ascii
\pset border 1
\pset null ''
\pset footer off
\pset pager off
\set ON_ERROR_STOP on

\echo
\echo '== 1. Attach both factories and take a copy of their metamodels =='
\echo
\set ECHO queries
CREATE EXTENSION osmeta;
SET search_path = public, osmeta;       -- where the operators of type oskey are

SELECT osmeta.attach('prod', 'factory_prod');
SELECT osmeta.attach('qa', 'factory_qa');

SELECT osmeta.capture('prod');
SELECT osmeta.capture('qa');

\set ECHO none
\echo
\echo '== 2. Questions =='
\echo
\echo 'Where is the data of an application?'
\set ECHO queries
SELECT espace, entity, data_kind, physical_table_name
FROM osmeta.application_entity
WHERE environment = 'prod' AND application = 'People Directory'
ORDER BY espace, entity;

\set ECHO none
\echo
\echo 'The same entities have other tables at qa.  Why?'
\set ECHO queries
SELECT p.entity, q.entity_id AS qa_id, q.physical_table_name AS table_at_qa,
    osmeta.explain_physical_name(q.espace, q.entity, q.physical_table_name, 'postgres') AS verdict
FROM osmeta.entity p
JOIN osmeta.entity q ON q.environment = 'qa' AND q.key = p.key AND q.is_effective
WHERE p.environment = 'prod' AND p.espace IN ('People', 'CityManager') AND p.is_effective
ORDER BY p.espace, p.entity;

\set ECHO none
\echo
\echo 'What does a person refer to?  (the vendor hides it in texts like bt<espace key>*<entity key>)'
\set ECHO queries
SELECT attribute, target_espace, target_entity, target_table, delete_rule, status
FROM osmeta.reference
WHERE environment = 'prod' AND espace = 'People' AND entity = 'Person'
ORDER BY attribute;

\set ECHO none
\echo
\echo 'Where are users stored?'
\set ECHO queries
SELECT espace, entity, attribute, physical_table_name
FROM osmeta.reference
WHERE environment = 'prod' AND status = 'resolved'
    AND target_espace = 'ServiceCenter' AND target_entity = 'User'
ORDER BY espace, entity, attribute;

\set ECHO none
\echo
\echo 'Which identifiers do the records of a static entity have here and there?'
\set ECHO queries
SELECT p.entity, p.record, p.data_id AS prod_id, q.data_id AS qa_id
FROM osmeta.static_record p
JOIN osmeta.static_record q
    ON q.environment = 'qa' AND q.entity_key = p.entity_key AND q.record_key = p.record_key
WHERE p.environment = 'prod' AND p.espace = 'CityManager' AND p.is_active
ORDER BY p.data_id;

\set ECHO none
\echo
\echo 'Which attributes are heavy?'
\set ECHO queries
SELECT espace, entity, attribute, physical_table_name, column_name
FROM osmeta.attribute
WHERE environment = 'prod' AND data_type = 'Binary Data' AND is_effective
ORDER BY espace, entity, attribute;

\set ECHO none
\echo
\echo 'What is odd in a factory?'
\set ECHO queries
SELECT severity, code, object, message, hint FROM osmeta.problem WHERE environment = 'prod' \gx

\set ECHO none
\echo
\echo '== 3. Plan: the data of People from prod to qa =='
\echo
\set ECHO queries
SELECT osmeta.create_plan('people', 'prod', 'qa', ARRAY['espace:People']);

SELECT level, entity, is_data AS moved, target_table, key_strategy, rows_expected AS rows, id_offset
FROM osmeta.plan_entity
ORDER BY level, entity;

SELECT severity, code, object FROM osmeta.plan_problem WHERE plan = 'people';

SELECT message, hint FROM osmeta.plan_problem WHERE plan = 'people' AND severity = 'error' \gx

\set ECHO none
\echo
\echo 'An error stops the plan.  Let another user stand in for the one who is missing at qa:'
\set ECHO queries
SELECT osmeta.set_plan_option('people', 'users', 'fallback:importer');

\set ECHO none
\echo
\echo 'Personal data shall not leave production as it is.  Masks are applied before a row rests anywhere:'
\set ECHO queries
SET osmeta.mask_secret = 'of the demo';

UPDATE osmeta.plan_attribute SET mask = lower(attribute)
WHERE attribute IN ('Email', 'Phone') AND plan_id = (SELECT plan_id FROM osmeta.plan WHERE plan = 'people');

\set ECHO none
\echo
\echo 'The counters at qa must be moved by somebody who may: here are the statements, run there.'
SELECT string_agg(substring(hint FROM 'SELECT .*'), '; ' ORDER BY object) AS counters
FROM osmeta.plan_problem
WHERE plan = 'people' AND code = 'counter_behind' \gset
SELECT substring(hint FROM 'SELECT .*') AS statement
FROM osmeta.plan_problem
WHERE plan = 'people' AND code = 'counter_behind'
ORDER BY object;
\connect factory_qa
\o /dev/null
:counters;
\o
\echo
\echo 'Before: the persons of qa.'
\set ECHO queries
SELECT count(*) AS persons, max("ID") AS highest_id,
    count(*) FILTER (WHERE "NAME" = 'Zoë Ö. Entwürfe') AS named_zoe
FROM "OSUSR_7i3_Human";
\set ECHO none
\connect staging
SET search_path = public, osmeta;

\echo
\echo '== 4. Run, be killed in the middle, go on, and verify =='
\echo
\set ECHO none
\! ./interrupt
\connect staging
SET search_path = public, osmeta;
SET osmeta.mask_secret = 'of the demo';
\echo
\echo 'What is done is known; of the piece that was under way it will be asked at qa.'
\set ECHO queries
SELECT e.entity, c.phase, c.state, c.rows_done, c.rows_expected
FROM osmeta.plan_chunk c
JOIN osmeta.plan_entity e USING (plan_id, entity_id)
WHERE c.phase <> 'pull'
ORDER BY c.phase, c.level, e.entity;

CALL osmeta.run_plan('people');

SELECT phase, entity, chunks_done, chunks, rows_done, rows_expected
FROM osmeta.plan_progress
WHERE plan = 'people';

SELECT entity, rows_expected, rows_found, checksum_equal, dangling, nulled, status
FROM osmeta.verify_plan('people');

\set ECHO none
SELECT count(*) FILTER (WHERE entity !~ '^OS') AS moved,
    sum(rows_found) FILTER (WHERE entity !~ '^OS') AS rows_moved, sum(nulled) AS nulled,
    bool_and(status = 'ok') AS verified
FROM osmeta.verify_plan('people') \gset
\echo
\echo '== 5. One person, followed through all its references =='
\echo
\set ECHO queries
SELECT source_id, target_id
FROM osmeta.plan_key
WHERE plan = 'people' AND source_id = '902'
    AND entity_key = (SELECT key FROM osmeta.entity
                      WHERE environment = 'prod' AND espace = 'People' AND entity = 'Person');
\set ECHO none
SELECT target_id AS person
FROM osmeta.plan_key
WHERE plan = 'people' AND source_id = '902'
    AND entity_key = (SELECT key FROM osmeta.entity
                      WHERE environment = 'prod' AND espace = 'People' AND entity = 'Person') \gset
\connect factory_prod
\echo
\echo 'At prod:'
\set ECHO queries
SELECT p."ID", p."NAME",
    format('%s: %s', p."CITYID", c."NAME") AS city,
    format('%s: %s', c."CITYSIZEID", z."LABEL") AS size_of_city,
    format('%s: %s', p."ICONID", i."NAME") AS icon,
    format('%s: %s', p."MANAGERID", m."NAME") AS manager,
    format('%s: %s', p."CREATEDBY", u."USERNAME") AS created_by,
    k."EMAIL" AS email
FROM "OSUSR_7i3_Person" p
LEFT JOIN "OSUSR_7i3_City" c ON c."ID" = p."CITYID"
LEFT JOIN "OSUSR_wlm_CitySize" z ON z."ID" = c."CITYSIZEID"
LEFT JOIN "OSUSR_7i3_Icon" i ON i."ID" = p."ICONID"
LEFT JOIN "OSUSR_7i3_Person" m ON m."ID" = p."MANAGERID"
LEFT JOIN "OSSYS_USER" u ON u."ID" = p."CREATEDBY"
LEFT JOIN "OSUSR_7i3_PersonContact" k ON k."ID" = p."ID"
WHERE p."ID" = 902 \gx
\set ECHO none
\connect factory_qa
\echo
\echo 'At qa, other identifiers, other tables, the same person:'
\set ECHO queries
SELECT p."ID", p."NAME",
    format('%s: %s', p."CITYID", c."NAME") AS city,
    format('%s: %s', c."CITYSIZEID", z."LABEL") AS size_of_city,
    format('%s: %s', p."ICONID", i."NAME") AS icon,
    format('%s: %s', p."MANAGERID", m."NAME") AS manager,
    format('%s: %s', p."CREATEDBY", u."USERNAME") AS created_by,
    k."EMAIL" AS email
FROM "OSUSR_7i3_Human" p
LEFT JOIN "OSUSR_4i8_City" c ON c."ID" = p."CITYID"
LEFT JOIN "OSUSR_5Z9_CITYSIZE" z ON z."ID" = c."CITYSIZEID"
LEFT JOIN "OSUSR_7i3_Icon" i ON i."ID" = p."ICONID"
LEFT JOIN "OSUSR_7i3_Human" m ON m."ID" = p."MANAGERID"
LEFT JOIN "OSSYS_USER" u ON u."ID" = p."CREATEDBY"
LEFT JOIN "OSUSR_7i3_PersonContact1" k ON k."ID" = p."ID"
WHERE p."ID" = :person \gx
\set ECHO none
\connect staging
SET search_path = public, osmeta;

\echo
\echo 'At prod a process was started when this person came; it has started another one:'
\set ECHO queries
SELECT t.depth, t.process_id, t.definition, t.label, t.status, r.name AS input, r.row_id
FROM prod.process_tree t
LEFT JOIN prod.process_row r USING (process_id)
WHERE t.top_process_id = 7101
ORDER BY t.path;
\set ECHO none
\echo
\echo 'Both have come along.  Their inputs are texts, and hold the new identifiers of person and city:'
\set ECHO queries
SELECT t.depth, t.process_id, t.definition, t.label, t.status, r.name AS input, r.row_id
FROM qa.process_tree t
LEFT JOIN qa.process_row r USING (process_id)
WHERE t.top_process_id IN (SELECT process_id FROM qa.process_row
                           WHERE entity = 'Person' AND row_id = :'person')
ORDER BY t.path;

SELECT process_id, label, wait, waits_for
FROM qa.activity_wait
WHERE espace = 'People'
ORDER BY activity_id;
\set ECHO none
\echo
\echo 'Who waits for an event at qa?  For each new person the process starts; the one that is'
\echo 'qa''s own still waits for its row, and the one that has come for that of the new person:'
\set ECHO queries
SELECT entity, process_definition, activity_id, is_update, row_id
FROM osmeta.event_subscription('qa')
ORDER BY activity_id NULLS FIRST;
\set ECHO none
\connect factory_qa
\echo
\echo '5,000 new persons, and a trigger that starts a process for each: how many were started?'
\set ECHO queries
SELECT count(*) AS events_queued FROM "OSSYS_BPM_EVENT_QUEUE";
\set ECHO none
\connect staging
SET search_path = public, osmeta;

\echo
\echo 'It was only a try: what the plan has put in is taken out again, and nothing else.'
\set ECHO queries
CALL osmeta.undo_plan('people');
\set ECHO none
SELECT bool_and(status = 'ok') AS undone FROM osmeta.verify_plan('people') \gset
\connect factory_qa
\set ECHO queries
SELECT count(*) AS persons, max("ID") AS highest_id,
    count(*) FILTER (WHERE "NAME" = 'Zoë Ö. Entwürfe') AS named_zoe
FROM "OSUSR_7i3_Human";
\set ECHO none
\connect staging
SET search_path = public, osmeta;

\echo
\echo '== 6. The next release is published at qa: what has changed, what is left over, what will it do to prod? =='
\echo
\connect factory_qa
\ir factory/release.sql
\connect staging
SET search_path = public, osmeta;
\echo 'Two captures of qa, compared by key.  A rename is one row, whatever happens in the database:'
-- numbers of captures have a gap since the server was killed
SET client_min_messages = warning;
\set ECHO queries
SELECT osmeta.capture('qa', 'next release') > 2 AS captured;

SELECT object_kind, path, change, old_value, new_value
FROM osmeta.compare('qa@2', 'qa')
WHERE object_kind IN ('entity', 'attribute');

\set ECHO none
\echo
\echo 'The rename made a new column; the old one keeps its data, and nothing names it any more:'
\set ECHO queries
SELECT table_name, column_name, column_type, explained_by
FROM osmeta.orphan_column
WHERE environment = 'qa';

\set ECHO none
\echo
\echo 'What will publishing the same at prod do there?  (offenders: rows that are in its way, counted at prod)'
\set ECHO queries
SELECT severity, object, change, term, row_count AS rows, offenders
FROM osmeta.publish_impact('prod', 'qa', count_offenders => true);

\set ECHO none
\echo
\echo 'The statements that the platform will run for the renamed attribute, and what that means:'
\set ECHO queries
SELECT statement, message, hint
FROM osmeta.publish_impact('prod', 'qa')
WHERE object = 'People.Person.BirthDate' \gx

\set ECHO none
\echo
\echo 'Once the data has been copied, the old column can go.  osmeta writes the script; you run it:'
\pset tuples_only on
\pset format unaligned
\set ECHO queries
SELECT statement
FROM osmeta.cleanup_sql('qa', ARRAY['orphan_column']) AS statement
WHERE statement NOT LIKE '-- Left-overs of%';      -- that line has the time in it
\set ECHO none
\pset tuples_only off
\pset format aligned

\if :{?output}
-- Pictures, for those who would rather look: make demo draws them.
\pset tuples_only on
\pset format unaligned
\cd :output
\o people.dot
SELECT osmeta.erd('prod', ARRAY['application:People Directory'], 'dot');
\o people.mmd
SELECT osmeta.erd('prod', ARRAY['application:People Directory'], 'mermaid');
\o prod.html
SELECT osmeta.report('prod');
\o prod-qa.html
SELECT osmeta.report('prod', 'qa');
\o
\pset tuples_only off
\pset format aligned
\endif

\echo
\echo '== Summary =='
\echo
SELECT (SELECT count(*) FROM osmeta.environment) AS environments,
    (SELECT sum(row_count) FROM osmeta.capture) AS rows_captured,
    :moved AS entities_moved, :rows_moved AS rows_moved,
    :nulled AS dangling_left_empty, :'verified'::boolean AS verified,
    :'undone'::boolean AS undone;
