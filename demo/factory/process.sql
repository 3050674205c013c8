-- A process of ECT_Provider, as publishing writes it down: the review of a
-- screenshot that somebody has sent.  Included by prod.sql and qa.sql, which
-- give the numbers as psql variables.

INSERT INTO "OSSYS_BPM_PROCESS_DEFINITION" ("Id", "Name", "Label", "Description", "SS_Key", "Is_Active",
	"Espace_Id", "Is_Locked")
SELECT :process_def, 'ReviewFeedback', 'Review feedback', 'Somebody looks at each screenshot',
	md5('process ECT_Provider.ReviewFeedback')::uuid, true, "ID", false
FROM "OSSYS_ESPACE"
WHERE "NAME" = 'ECT_Provider';

-- The input is an identifier: its type says of what.
INSERT INTO "OSSYS_BPM_PROCESS_INPUT_DEF" ("Id", "SS_Key", "Process_Def_Id", "Name", "Description", "Is_Active",
	"Data_Type", "Is_Mandatory", "Default_Value", "SS_Type")
SELECT :input_def, md5('process ECT_Provider.ReviewFeedback')::uuid || '.#EventGeneratedInput', :process_def,
	'FeedbackScreenshotId', '', true, 'rtInteger', true, '', 'bt' || s."SS_KEY" || '*' || e."SS_KEY"
FROM "OSSYS_ENTITY" e
JOIN "OSSYS_ESPACE" s ON s."ID" = e."ESPACE_ID"
WHERE s."NAME" = 'ECT_Provider' AND e."NAME" = 'FeedbackScreenshot';

INSERT INTO "OSSYS_BPM_ACTIVITY_DEFINITION" ("Id", "SS_Key", "Name", "Label", "Description", "Kind",
	"Process_Def_Id", "Is_Active", "Display_X", "Display_Y", "Requires_Permission", "INBOX_INSTRUCTIONS", "SKIPPABLE")
SELECT :activity_def + position, md5('activity ECT_Provider.ReviewFeedback.' || name)::uuid, name, name, '', kind,
	:process_def, true, 100 * position, 100, kind = 'HumanActivity', '', false
FROM (VALUES (0, 'Start', 'Start'), (1, 'Review', 'HumanActivity'), (2, 'End', 'End')) AS a (position, name, kind);
