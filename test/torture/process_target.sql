-- Instances and subscriptions that the target has of its own, and events that
-- wait there; included by rows_target.sql.
INSERT INTO process ("Id", "Tenant_Id", "LABEL", "CREATED", "CREATED_BY", "PROCESS_DEF_ID", "PARENT_PROCESS_ID", "PARENT_ACTIVITY_ID", "TOP_PROCESS_ID", "STATUS_ID", "LAST_MODIFIED", "SUSPENDED_DATE")
SELECT i, 11 + i % 3, 'theirs ' || i, '2024-01-01', 490, d.id, CASE WHEN i % 3 > 0 THEN i - 1 END, CASE WHEN i % 3 > 0 THEN 2 * i - 1 END, i - i % 3, 1, '2024-01-01', '1900-01-01'
FROM generate_series(3, 20) i JOIN definition d ON d.name = (ARRAY['Town.Move', 'Town.Step', 'Town.Step', 'Town.Old', 'TownCopy.Move', 'Town.Theirs'])[1 + i % 6];
INSERT INTO activity ("Id", "Tenant_Id", "Activity_Def_Id", "Process_Id", "Name", "User_Id", "GROUP_ID", "Created", "Status_Id", "Precedent_Activity_Id")
SELECT i, p."Tenant_Id", a."Id", p."Id", 'theirs ' || i, 488, 20, '2024-01-01', 9, CASE WHEN i % 2 > 0 THEN i - 1 END
FROM generate_series(3, 41) i JOIN process p ON p."Id" = i / 2 JOIN "OSSYS_BPM_ACTIVITY_DEFINITION" a ON a."Process_Def_Id" = p."PROCESS_DEF_ID" AND a."Name" = (ARRAY['Start', 'Wait'])[1 + i % 2];
INSERT INTO process_input ("Id", "Tenant_Id", "Input_Def_Id", "Process_Id", "SS_Key", "Name", "Data_Type", "Input_Value", "SS_Type")
SELECT row_number() OVER (ORDER BY p."Id", v.id), p."Tenant_Id", v.id, p."Id", v.key, v.variable, v.data_type, '3', v.ss_type
FROM process p JOIN make.variable_of v ON v.process_id = p."PROCESS_DEF_ID" AND v.is_input AND v.activity IS NULL;
INSERT INTO process_output ("Id", "Tenant_Id", "Output_Def_Id", "Process_Id", "SS_Key", "Name", "Data_Type", "Output_Value", "SS_Type")
SELECT row_number() OVER (ORDER BY p."Id", v.id), p."Tenant_Id", v.id, p."Id", v.key, v.variable, v.data_type, '4', v.ss_type
FROM process p JOIN make.variable_of v ON v.process_id = p."PROCESS_DEF_ID" AND NOT v.is_input AND v.activity IS NULL;
INSERT INTO activity_output ("Id", "Tenant_Id", "Output_Def_Id", "Activity_Id", "SS_Key", "Name", "Data_Type", "Output_Value", "SS_Type")
SELECT row_number() OVER (ORDER BY a."Id", v.id), a."Tenant_Id", v.id, a."Id", v.key, v.variable, v.data_type, '5', v.ss_type
FROM activity a JOIN make.variable_of v ON v.activity_id = a."Activity_Def_Id";
INSERT INTO card ("ID", "NAME", "MEMBERID", "PROCESSID", "ACTIVITYID", "GROUPID") SELECT i, 'theirs ' || i, i, 3 + i % 18, 3 + i % 30, 20 + i % 2 FROM generate_series(1, 40) i;
SELECT make.move_counter('target', e, 41) FROM unnest(ARRAY['Card', 'Process', 'Activity']) e;
SELECT make.move_counter('target', e, 200) FROM unnest(ARRAY['Process_Input', 'Process_Output', 'Activity_Output']) e;

-- One of a definition that both have; two alike; of instances.
INSERT INTO "OSSYS_USER_ROLE" ("ID", "USER_ID", "Role_Id", "TENANT_ID") VALUES (1, 490, 30, 13), (2, 489, 31, 13);
INSERT INTO "OSSYS_GROUP_USER" ("ID", "USER_ID", "GROUP_ID", "TENANT_ID") VALUES (1, 490, 20, 13), (2, 489, 21, 11);
INSERT INTO "OSSYS_GROUP_ROLE" ("ID", "GROUP_ID", "ROLE_ID", "TENANT_ID") VALUES (1, 20, 30, 13);
CREATE FUNCTION make.subscribe(entity text, definition text, activity integer, is_update boolean, is_light boolean, more text DEFAULT '', value text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('INSERT INTO %I ("_ESPACE_ID", "_TENANT_ID", "_ACTIVITY_ID", "_PROCESS_DEF_ID", "_IS_UPDATE", "_IS_LIGHT"%s)
		SELECT s."ID", NULL, $1, d.id, $2, $3%s FROM definition d JOIN "OSSYS_ESPACE" s ON s."NAME" = d.espace WHERE d.name = $4', 'events_of_' || entity, more, value)
	USING activity, is_update, is_light, definition;
END
$$;
SELECT make.subscribe(e, 'Town.Move', 0, false, false, ', "ID"', ', 0'), make.subscribe(e, 'Town.Theirs', NULL, false, true), make.subscribe(e, 'Town.Theirs', NULL, false, true),
	make.subscribe(e, 'Town.Old', 0, true, false), make.subscribe(e, 'Town.Theirs', 5, false, false, ', "ID"', ', 3'), make.subscribe(e, 'Town.Step', 7, true, true, ', "ID"', ', 4')
FROM unnest(ARRAY['member', 'card', 'ticket', 'tag', 'user']) e;
SELECT make.subscribe('member', 'Town.Step', 9, false, true, ', "TEAMID"', ', 42'), make.subscribe('ticket', 'Town.Step', 9, true, false, ', "TENANT_ID"', ', 12');
INSERT INTO "OSSYS_BPM_EVENT" ("Process_Def_Id", "Data_Id") VALUES (1, '1'), (2, '2');
INSERT INTO "OSSYS_BPM_EVENT_QUEUE" ("Process_Def_Id", "Data_Id") VALUES (1, '1'), (2, '2'), (2, '2');
