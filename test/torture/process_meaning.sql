-- What instances and subscriptions mean, without any identifier; included by
-- model.sql behind the views of users and groups.

-- What an identifier in a text stands for.  Those that are texts stay.
CREATE VIEW typed_row AS
SELECT lower(v.ss_type) AS type, r.id, r.name
FROM (SELECT DISTINCT type, ss_type FROM make.variable WHERE ss_type LIKE 'bt%') v
JOIN (SELECT 'Town.Member' AS entity, "ID"::text AS id, "NAME" AS name FROM member
	UNION ALL SELECT 'Town.Node', "ID"::text, "NAME" FROM node
	UNION ALL SELECT 'Town.Team', "ID"::text, "NAME" FROM team
	UNION ALL SELECT 'Town.Alpha', "ID"::text, "NAME" FROM alpha
	UNION ALL SELECT 'Town.Log', "ID"::text, "NAME" FROM log
	UNION ALL SELECT 'Town.Card', "ID"::text, "NAME" FROM card
	UNION ALL SELECT 'Town.Kind', "ID"::text, "NAME" FROM kind
	UNION ALL SELECT 'Town.Ticket', t."ID"::text, t."NAME" || '@' || n.name FROM ticket t LEFT JOIN tenant_label n ON n.id = t."TENANT_ID"
	UNION ALL SELECT 'ServiceCenter.User', id::text, name FROM person
	UNION ALL SELECT 'ServiceCenter.Group', id::text, name FROM crew
	UNION ALL SELECT 'ServiceCenter.Process', id::text, label FROM moved_process) r ON r.entity = v.type;

-- What rows of entities can refer to
CREATE VIEW known_process AS
SELECT p."Id" AS id, p."LABEL" AS label FROM process p WHERE :'role' = 'target' OR p."Id" IN (SELECT m.id FROM moved_process m);
CREATE VIEW known_activity AS
SELECT a."Id" AS id, a."Name" AS name FROM activity a WHERE :'role' = 'target' OR a."Id" IN (SELECT m.id FROM moved_activity m);

CREATE VIEW instance_meaning AS
SELECT 'process' AS entity, row(m.label, d.name, t.name, p."CREATED", c.name, l.name, s.name, p."STATUS_ID", p."LAST_MODIFIED", p."SUSPENDED_DATE", m.parent, a.name, m.top)::text AS meaning
FROM process p JOIN moved_process m ON m.id = p."Id" LEFT JOIN definition d ON d.id = p."PROCESS_DEF_ID" LEFT JOIN tenant_label t ON t.id = p."Tenant_Id"
LEFT JOIN person c ON c.id = p."CREATED_BY" LEFT JOIN person l ON l.id = p."LAST_MODIFIED_BY" LEFT JOIN person s ON s.id = p."SUSPENDED_BY"
LEFT JOIN moved_activity a ON a.id = p."PARENT_ACTIVITY_ID"
UNION ALL SELECT 'activity', row(m.name, d.name, k."Name", p.label, t.name, u.name, g.name, a."Created", a."Opened", a."Closed", a."Status_Id", a."Next_Run", a."Due_Date",
	o.name, a."Precedent_Outcome", a."Error_Count", CASE :'role' WHEN 'source' THEN false ELSE a."Is_Running_At" = 'front 1' OR a."LAST_ERROR_ID" = 'error 1' OR a."Is_Running_Since" > '2000-01-01' END IS TRUE)::text
FROM activity a JOIN moved_activity m ON m.id = a."Id" LEFT JOIN "OSSYS_BPM_ACTIVITY_DEFINITION" k ON k."Id" = a."Activity_Def_Id" LEFT JOIN definition d ON d.id = k."Process_Def_Id"
LEFT JOIN moved_process p ON p.id = a."Process_Id" LEFT JOIN tenant_label t ON t.id = a."Tenant_Id" LEFT JOIN person u ON u.id = a."User_Id" LEFT JOIN crew g ON g.id = a."GROUP_ID"
LEFT JOIN moved_activity o ON o.id = a."Precedent_Activity_Id"
UNION ALL SELECT 'variable', row(v.kind, p."LABEL", v.activity, d.variable, d.process_id = p."PROCESS_DEF_ID", d.key = v.ss_key, t.name, v.ss_type,
	CASE WHEN r.name IS NOT NULL THEN r.name WHEN :'role' = 'source' AND v.type LIKE 'bt%' AND v.type <> lower(g.ss_type) AND btrim(v.value) ~ '^[0-9]+$' THEN '0' ELSE v.value END, r.name IS NOT NULL)::text
FROM moved_variable v LEFT JOIN process p ON p."Id" = v.process_id LEFT JOIN make.variable_of d ON d.id = v.definition_id AND d.is_input = (v.kind = 'input') AND (d.activity IS NULL) = (v.kind <> 'activity output')
LEFT JOIN tenant_label t ON t.id = v.tenant_id LEFT JOIN typed_row r ON r.type = v.type AND r.id = btrim(v.value)
CROSS JOIN (SELECT DISTINCT ss_type FROM make.variable WHERE type = 'Town.Tag') g;

-- Subscriptions; is_wanted: the target is to have them.  Whether nothing is
-- named by NULL or by 0 is all the same.
CREATE FUNCTION make.event_view() RETURNS text LANGUAGE sql STABLE AS $f$
	SELECT 'CREATE VIEW event AS ' || string_agg(format($$
SELECT %1$L AS entity, e::text AS line,
	row(s."NAME", t.name, d.name, COALESCE(a.name, NULLIF(e."_ACTIVITY_ID", 0)::text), COALESCE(e."_IS_UPDATE", false), COALESCE(e."_IS_LIGHT", false)%3$s)::text AS meaning,
	CASE WHEN COALESCE(e."_ACTIVITY_ID", 0) = 0 THEN d.is_active AND d.name NOT LIKE '%%.Gone' ELSE a.name IS NOT NULL END
		AND (COALESCE(e."_TENANT_ID", 0) = 0 OR t.name IS NOT NULL)%4$s AS is_wanted
FROM %2$I e LEFT JOIN "OSSYS_ESPACE" s ON s."ID" = e."_ESPACE_ID" LEFT JOIN shop t ON t.id = e."_TENANT_ID"
LEFT JOIN definition d ON d.id = e."_PROCESS_DEF_ID" LEFT JOIN moved_activity a ON a.id = e."_ACTIVITY_ID"%5$s$$,
		v.entity, 'events_of_' || v.entity, v.names, v.tests, v.joins), ' UNION ALL ' ORDER BY v.entity)
	FROM (SELECT c.entity, string_agg(format(', %s.name', c.alias), '' ORDER BY c.alias) AS names,
			string_agg(format(' AND (COALESCE(e.%I::text, '''') IN ('''', ''0'') OR %s.name IS NOT NULL)', c.column_name, c.alias), '' ORDER BY c.alias) AS tests,
			string_agg(format(E'\nLEFT JOIN %s %s ON %2$s.id = e.%I::text', c.parent, c.alias, c.column_name), '' ORDER BY c.alias) AS joins
		FROM (SELECT v.entity, v.column_name, 'x' || v.n AS alias,
				CASE v.parent WHEN 'person' THEN '(SELECT id::text AS id, name FROM known_person)' WHEN 'crew' THEN '(SELECT id::text AS id, name FROM known_crew)'
					WHEN 'shop' THEN '(SELECT id::text AS id, name FROM shop)'
					WHEN 'process' THEN '(SELECT id::text AS id, label AS name FROM moved_process)' WHEN 'activity' THEN '(SELECT id::text AS id, name FROM moved_activity)'
					WHEN 'tag' THEN '(SELECT "ID" AS id, "ID" AS name FROM tag)' ELSE format('(SELECT "ID"::text AS id, "NAME" AS name FROM %I)', v.parent) END AS parent
			FROM (VALUES ('member', 1, 'ID', 'member'), ('member', 2, 'TEAMID', 'team'), ('member', 3, 'AREAID', 'node'), ('member', 4, 'CREATEDBY', 'person'),
				('card', 1, 'ID', 'card'), ('card', 2, 'MEMBERID', 'member'), ('card', 3, 'PROCESSID', 'process'), ('card', 4, 'ACTIVITYID', 'activity'), ('card', 5, 'GROUPID', 'crew'),
				('ticket', 1, 'ID', 'ticket'), ('ticket', 2, 'TENANT_ID', 'shop'), ('ticket', 3, 'PARENTID', 'ticket'), ('ticket', 4, 'MEMBERID', 'member'),
				('ticket', 5, 'OWNERID', 'person'), ('ticket', 6, 'GROUPID', 'crew'),
				('tag', 1, 'ID', 'tag'), ('tag', 2, 'PARENTID', 'tag'), ('tag', 3, 'MEMBERID', 'member'),
				('user', 1, 'ID', 'person'), ('user', 2, 'TENANT_ID', 'shop')) v (entity, n, column_name, parent)) c
		GROUP BY c.entity) v
$f$;
-- Those that are at the target in the end
CREATE VIEW known_person AS
SELECT p.id, p.name FROM person p WHERE NOT p.is_missing OR :'role' = 'target' OR current_setting('make.users', true) IS DISTINCT FROM 'create' OR p.id IN (SELECT c.id FROM created_person c);
CREATE VIEW known_crew AS
SELECT c.id, c.name FROM crew c WHERE NOT c.is_missing OR :'role' = 'target' OR c.id IN (SELECT k.id FROM created_crew k);
SELECT make.event_view()
\gexec
