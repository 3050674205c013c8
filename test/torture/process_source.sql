-- Instances and subscriptions of the source; included by rows_source.sql.
CREATE FUNCTION make.process_no(i bigint) RETURNS integer LANGUAGE sql IMMUTABLE AS
	-- in every other family parents have the higher numbers
	$$SELECT (2 * (i - (i - 1) % 4 + CASE WHEN (i - 1) / 4 % 2 = 0 THEN (i - 1) % 4 ELSE 3 - (i - 1) % 4 END))::integer$$;
CREATE FUNCTION make.activity_no(i bigint, j bigint) RETURNS integer LANGUAGE sql IMMUTABLE AS
	-- some come before their precedents
	$$SELECT (5 * i + CASE WHEN i % 5 = 0 THEN 5 - j ELSE j END)::integer$$;
CREATE FUNCTION make.value_of(type text, cards integer) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	r double precision := random();
	id text;
BEGIN
	IF type LIKE 'rt%' THEN
		RETURN (ARRAY['0', '', 'plain text', '12', '5', ' ', NULL])[1 + floor(random() * 7)];
	ELSIF r < 0.3 THEN
		-- by some of these the target calls rows of its own; some come in a later round
		RETURN CASE WHEN r < 0.08 THEN '0' WHEN r < 0.13 THEN '' WHEN r < 0.16 THEN NULL WHEN r < 0.24 THEN floor(1 + random() * 40)::text
			WHEN r < 0.27 THEN '5003' ELSE 'plain 7' END;
	ELSIF type = 'Town.Card' THEN
		RETURN (2 * (1 + floor(random() * cards)))::text;
	ELSIF type = 'ServiceCenter.User' THEN
		RETURN (ARRAY[10 + floor(random() * 51), 1000 * (1 + floor(random() * 3)) + 10 + floor(random() * 16)])[1 + floor(random() * 2)]::text;
	ELSIF type = 'ServiceCenter.Group' THEN
		RETURN (20 + floor(random() * 4))::text;
	ELSIF type = 'ServiceCenter.Process' THEN
		RETURN make.process_no((1 + floor(random() * cards))::bigint)::text;
	END IF;
	EXECUTE format('SELECT "ID"::text FROM %I ORDER BY random() LIMIT 1', lower(split_part(type, '.', 2))) INTO id;
	RETURN CASE WHEN random() < 0.1 AND type <> 'Town.Tag' THEN format(' %s ', id) ELSE id END;
END
$$;

-- Families of four, each process in the one before; some roots are of an
-- inactive definition, or of the clone, which has begun some of Town, or stands
-- in the middle.
CREATE FUNCTION make.instances(first bigint, last bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMPORARY TABLE instance ON COMMIT DROP AS
	SELECT v.i, make.process_no(v.i) AS id, (v.i - 1) / 4 AS family, (v.i - 1) % 4 AS depth, make.process_no(v.i - (v.i - 1) % 4) AS root, d.id AS definition, d.name AS process,
		(SELECT array_agg(t.id ORDER BY t.id) FROM tenant_label t WHERE t.name NOT LIKE 'Lost%')[1 + (v.i - 1) / 4 % 4] AS tenant
	FROM generate_series(first, last) v (i)
	JOIN definition d ON d.name = CASE WHEN (v.i - 1) / 4 % 5 = 4 AND ((v.i - 1) % 4 < 2 OR (v.i - 1) / 4 % 10 < 5) OR (v.i - 1) / 4 % 7 = 1 AND (v.i - 1) % 4 = 1 THEN 'TownCopy' ELSE 'Town' END
		|| CASE WHEN (v.i - 1) % 4 > 0 THEN '.Step' WHEN (v.i - 1) / 4 % 6 = 3 AND (v.i - 1) / 4 % 5 < 4 THEN '.Old' ELSE '.Move' END;
	INSERT INTO process ("Id", "Tenant_Id", "LABEL", "CREATED", "CREATED_BY", "PROCESS_DEF_ID", "PARENT_PROCESS_ID", "PARENT_ACTIVITY_ID", "TOP_PROCESS_ID",
		"STATUS_ID", "LAST_MODIFIED", "LAST_MODIFIED_BY", "SUSPENDED_DATE", "SUSPENDED_BY")
	SELECT i.id, i.tenant, 'process ' || i.i || make.word(i.i), timestamp '2024-03-01' + i.i * interval '1 hour', 10 + i.i % 51, i.definition,
		-- one has lost its parent
		CASE WHEN i.depth > 0 THEN make.process_no(i.i - 1) WHEN i.family % 9 = 8 THEN 99999 END, CASE WHEN i.depth > 0 THEN make.activity_no(i.i - 1, 3) END,
		CASE WHEN i.i % 13 = 5 THEN make.process_no(3) WHEN i.depth > 0 OR i.family % 7 < 5 THEN i.root WHEN i.family % 7 = 5 THEN 0 END,
		CASE WHEN i.depth = 0 THEN 1 + i.family % 4 ELSE 1 + i.i % 4 END, timestamp '2024-04-01' + i.i * interval '1 hour', (ARRAY[1000 * (1 + i.i % 3) + 10 + i.i % 16, 999, 0, NULL])[1 + i.i % 4],
		CASE WHEN i.i % 3 = 0 THEN timestamp '2024-05-01' ELSE '1900-01-01' END, CASE WHEN i.i % 3 = 0 THEN 10 + (i.i * 7) % 51 END
	FROM instance i;
	INSERT INTO activity ("Id", "Tenant_Id", "Activity_Def_Id", "Process_Id", "Name", "User_Id", "GROUP_ID", "Created", "Opened", "Closed", "Status_Id", "Is_Running_Since",
		"Is_Running_At", "Next_Run", "Precedent_Activity_Id", "Precedent_Outcome", "Due_Date", "Expired", "Skipped", "Error_Count", "Inbox_Detail", "LAST_ERROR_ID", "LAST_MODIFIED")
	SELECT make.activity_no(i.i, v.j), i.tenant, a."Id", i.id, 'activity ' || i.i || ' ' || v.j, CASE WHEN v.j = 2 THEN 10 + (i.i * 5) % 51 END,
		CASE WHEN v.j = 2 AND i.i % 2 = 0 THEN 20 + i.i % 5 END, timestamp '2024-03-01' + i.i * interval '1 minute', '1900-01-01', '1900-01-01', CASE v.j WHEN 1 THEN 5 WHEN 2 THEN 9 WHEN 3 THEN 10 ELSE 8 END,
		CASE WHEN v.j = 3 THEN timestamp '2024-03-02' ELSE '1900-01-01' END, CASE WHEN v.j = 3 THEN 'front 1' ELSE '' END, '1900-01-01',
		CASE WHEN v.j > 1 THEN make.activity_no(i.i, v.j - 1) WHEN i.depth > 0 THEN make.activity_no(i.i - 1, 3) WHEN i.i % 3 = 0 THEN 5 END, CASE WHEN v.j > 1 THEN 'next' ELSE '' END,
		'1900-01-01', false, false, i.i % 3, '', CASE WHEN v.j = 3 THEN 'error 1' END, timestamp '2024-04-01'
	FROM instance i CROSS JOIN generate_series(1, 4) v (j) JOIN "OSSYS_BPM_ACTIVITY_DEFINITION" a ON a."Process_Def_Id" = i.definition AND a."Name" = (ARRAY['Start', 'Ask', 'Run', 'Wait'])[v.j]
	WHERE v.j < 4 OR i.i % 3 = 0;
	-- and what has been left of processes that were purged
	INSERT INTO activity ("Id", "Tenant_Id", "Activity_Def_Id", "Process_Id", "Name", "User_Id", "GROUP_ID", "Status_Id")
	SELECT make.activity_no(i.i, 5), i.tenant, a."Id", CASE WHEN i.i % 2 = 0 THEN 99999 END, 'activity ' || i.i || ' of nothing', 10 + i.i % 51, 20 + i.i % 5, 9
	FROM instance i JOIN "OSSYS_BPM_ACTIVITY_DEFINITION" a ON a."Process_Def_Id" = i.definition AND a."Name" = 'Ask'
	WHERE i.i % 5 = 2;
	CREATE TEMPORARY TABLE variable ON COMMIT DROP AS
	SELECT i.tenant, v.id AS definition, i.id AS process, a."Id" AS activity, v.is_input, v.key, v.variable, v.data_type, make.value_of(v.type, last::integer) AS value,
		CASE WHEN i.i % 10 = 7 THEN upper(v.ss_type) WHEN i.i % 10 = 3 THEN format(' %s ', v.ss_type) ELSE v.ss_type END AS ss_type
	FROM instance i JOIN make.variable_of v ON v.process_id = i.definition
	LEFT JOIN activity a ON (a."Process_Id" = i.id OR a."Id" = make.activity_no(i.i, 5)) AND a."Activity_Def_Id" = v.activity_id
	WHERE v.activity IS NULL OR a."Id" IS NOT NULL;
	INSERT INTO process_input ("Tenant_Id", "Input_Def_Id", "Process_Id", "SS_Key", "Name", "Data_Type", "Input_Value", "SS_Type")
	SELECT tenant, definition, CASE WHEN n = 1 THEN process ELSE 99999 END, key, variable, data_type, value, ss_type
	FROM variable CROSS JOIN generate_series(1, 2) n WHERE is_input AND (n = 1 OR process % 7 = 3) ORDER BY random();
	INSERT INTO process_output ("Tenant_Id", "Output_Def_Id", "Process_Id", "SS_Key", "Name", "Data_Type", "Output_Value", "SS_Type")
	SELECT tenant, definition, process, key, variable, data_type, value, ss_type FROM variable WHERE NOT is_input AND activity IS NULL ORDER BY process, definition;
	INSERT INTO activity_output ("Tenant_Id", "Output_Def_Id", "Activity_Id", "SS_Key", "Name", "Data_Type", "Output_Value", "SS_Type")
	SELECT tenant, definition, activity, key, variable, data_type, value, ss_type FROM variable WHERE activity IS NOT NULL ORDER BY activity, definition;
	DROP TABLE variable;
	-- application rows that refer to them
	INSERT INTO card ("ID", "NAME", "MEMBERID", "PROCESSID", "ACTIVITYID", "GROUPID")
	SELECT 2 * i.i, 'card ' || i.i, CASE WHEN random() < 0.2 THEN 5 ELSE (SELECT m."ID" FROM member m ORDER BY md5(m."NAME" || i.i) LIMIT 1) END,
		CASE WHEN random() < 0.8 THEN make.process_no((first + floor(random() * (last - first + 1)))::bigint) END,
		CASE WHEN random() < 0.2 THEN 5 ELSE make.activity_no((first + floor(random() * (last - first + 1)))::bigint, 1 + floor(random() * 3)::bigint) END, 20 + i.i % 5
	FROM instance i;
	-- who waits for a row
	INSERT INTO events_of_member ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "ID", "TEAMID", "AREAID", "CREATEDBY")
	SELECT s."ID", i.tenant, make.activity_no(i.i, 4), i.definition, i.i % 2 = 0, i.i % 6 = 0,
		CASE WHEN i.i % 4 = 0 THEN (SELECT m."ID" FROM member m ORDER BY md5(m."NAME" || i.i) LIMIT 1) WHEN i.i % 4 = 1 THEN 5 + i.i % 2 * 4998 ELSE 0 END,
		CASE WHEN i.i % 4 = 2 THEN (SELECT m."ID" FROM team m ORDER BY md5(m."NAME" || i.i) LIMIT 1) END, NULL, CASE WHEN i.i % 4 = 3 THEN 10 + i.i % 51 END
	FROM instance i JOIN definition d ON d.id = i.definition JOIN "OSSYS_ESPACE" s ON s."NAME" = d.espace WHERE i.i % 3 = 0;
	INSERT INTO events_of_card ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "ID", "MEMBERID", "PROCESSID", "ACTIVITYID", "GROUPID")
	SELECT s."ID", CASE WHEN i.i % 18 = 0 THEN 14 ELSE i.tenant END, make.activity_no(i.i, 4), i.definition, i.i % 2 = 0, i.i % 4 = 0, CASE WHEN i.i % 5 = 0 THEN 2 * i.i END,
		CASE WHEN i.i % 5 = 1 THEN (SELECT m."ID" FROM member m ORDER BY md5(m."NAME" || i.i) LIMIT 1) END, CASE WHEN i.i % 5 = 2 THEN i.id END,
		CASE WHEN i.i % 5 = 3 THEN make.activity_no(i.i, 2) ELSE 0 END, CASE WHEN i.i % 5 = 4 THEN 20 + i.i % 4 END
	FROM instance i JOIN definition d ON d.id = i.definition JOIN "OSSYS_ESPACE" s ON s."NAME" = d.espace WHERE i.i % 3 = 0 AND i.i % 2 = 0;
	INSERT INTO events_of_ticket ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "ID", "TENANT_ID", "OWNERID")
	SELECT s."ID", i.tenant, make.activity_no(i.i, 4), i.definition, false, true, CASE WHEN i.i % 2 = 0 THEN (SELECT m."ID" FROM ticket m ORDER BY md5(m."NAME" || i.i || m."TENANT_ID") LIMIT 1) ELSE 0 END, i.tenant,
		CASE WHEN i.i % 2 = 1 THEN 10 + (i.i * 3) % 51 END
	FROM instance i JOIN definition d ON d.id = i.definition JOIN "OSSYS_ESPACE" s ON s."NAME" = d.espace WHERE i.i % 3 = 0 AND i.i % 4 < 2;
	INSERT INTO events_of_tag ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "ID", "PARENTID")
	SELECT s."ID", i.tenant, make.activity_no(i.i, 4), i.definition, true, false, CASE WHEN i.i % 2 = 0 THEN (SELECT t."ID" FROM tag t ORDER BY md5(t."NAME" || i.i) LIMIT 1) ELSE '' END,
		CASE WHEN i.i % 2 = 1 THEN 'gone' END
	FROM instance i JOIN definition d ON d.id = i.definition JOIN "OSSYS_ESPACE" s ON s."NAME" = d.espace WHERE i.i % 9 = 0;
	INSERT INTO events_of_user ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT", "ID")
	SELECT s."ID", i.tenant, make.activity_no(i.i, 4), i.definition, true, false, 10 + i.i % 51
	FROM instance i JOIN definition d ON d.id = i.definition JOIN "OSSYS_ESPACE" s ON s."NAME" = d.espace WHERE i.i % 6 = 0 AND i.i % 4 = 0;
	DROP TABLE instance;
END
$$;
-- A process starts with each row, of its espace or of another.
CREATE FUNCTION make.subscribe(entity text, definition text, activity integer, is_update boolean, is_light boolean, more text DEFAULT '', value text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('INSERT INTO %I ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT"%s)
		SELECT s."ID", NULL, $1, d.id, $2, $3%s FROM definition d JOIN "OSSYS_ESPACE" s ON s."NAME" = d.espace WHERE d.name = $4', 'events_of_' || entity, more, value)
	USING activity, is_update, is_light, definition;
END
$$;
SELECT make.subscribe(e, 'Town.Move', NULL, false, false), make.subscribe(e, 'Town.Step', 0, false, true), make.subscribe(e, 'Town.Step', 0, false, true, ', "ID"', ', 0'),
	make.subscribe(e, 'Town.Old', NULL, false, true), make.subscribe(e, 'TownCopy.Move', 0, true, true), make.subscribe(e, 'TownCopy.Gone', NULL, false, false)
FROM unnest(ARRAY['member', 'card', 'ticket', 'tag', 'user']) e WHERE e <> 'tag';
SELECT make.subscribe('tag', 'Town.Step', 0, false, true);
SELECT make.instances(1, :rows / 8 * 4 + 12);
