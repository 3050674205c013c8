-- The production factory: about 5,000 persons and the numbers of the vendor's
-- example.  Run by psql after schema.sql; everything goes into the current
-- schema.  No value depends on a clock or on chance.

\set osmeta_quiet :QUIET
\set QUIET on
BEGIN;
SET LOCAL client_encoding = 'UTF8';

\ir model.sql

-- ---------------------------------------------------------------------------
-- The numbers and names that this factory has given
-- ---------------------------------------------------------------------------

INSERT INTO here_module (module, id, module_id, version_id) VALUES
	('ServiceCenter', 1, 101, 12),
	('Users', 5, 105, 480),
	('RichWidgets', 9, 109, 501),
	('SocialLoginConfigurator(deleted0)', 212, 301, 3120),
	('People', 240, 340, 4085),
	('CityManager', 241, 341, 4090),
	('CityManagerTraining', 243, 343, 4092),
	('ECT_Provider', 246, 346, 4210),
	('ERPConnector', 31, 331, 77);

INSERT INTO here_application (application, id) VALUES
	('Service Center', 1),
	('Users', 2),
	('System Components', 4),
	('Social Login', 18),
	('People Directory', 22),
	('App Feedback', 25);

INSERT INTO here_entity (entity, id, physical_table_name) VALUES
	('ServiceCenter.User', 11, 'ossys_User'),
	('ServiceCenter.Tenant', 12, 'ossys_Tenant'),
	('ServiceCenter.Role', 13, 'ossys_Role'),
	('ServiceCenter.Group', 14, 'ossys_Group'),
	('ServiceCenter.User_Role', 15, 'ossys_User_Role'),
	('ServiceCenter.Group_Role', 16, 'ossys_Group_Role'),
	('ServiceCenter.Group_User', 17, 'ossys_Group_User'),
	('ServiceCenter.Espace', 18, 'ossys_Espace'),
	('ServiceCenter.Entity', 19, 'ossys_Entity'),
	('ServiceCenter.Process', 20, 'ossys_BPM_Process'),
	('ServiceCenter.Activity', 21, 'ossys_BPM_Activity'),
	('Users.SamlMessage_Log', 44, 'OSUSR_6wd_SamlMessage_Log'),
	('RichWidgets.UploadCache', 52, 'OSUSR_5z9_UploadCache'),
	('RichWidgets.RecentItem/old', 53, 'OSUSR_5z9_RecentItem'),
	('RichWidgets.RecentItem', 61, 'OSUSR_5z9_RecentItem1'),
	('SocialLoginConfigurator(deleted0).Provider', 1288, 'OSUSR_njs_Provider'),
	('People.City', 1493, 'OSUSR_7i3_City'),
	('People.Icon', 1494, 'OSUSR_7i3_Icon'),
	('People.Person', 1495, 'OSUSR_7i3_Person'),
	('People.Badge', 1497, 'OSUSR_7i3_Badge'),
	('CityManager.CitySize', 1498, 'OSUSR_wlm_CitySize'),
	('People.PersonContact', 1499, 'OSUSR_7i3_PersonContact'),
	('ECT_Provider.Topic', 1510, 'OSUSR_s41_Topic'),
	('ECT_Provider.AppConfig', 1511, 'OSUSR_s41_AppConfig'),
	('ECT_Provider.Rule_User', 1512, 'OSUSR_s41_Rule_User'),
	('ECT_Provider.FeedbackScreenshot', 1513, 'OSUSR_s41_FeedbackScreenshot'),
	('ERPConnector.Customer', 1530, '[ERP].[dbo].[Customer]'),
	('CityManagerTraining.CitySize', 1531, 'OSUSR_eoc_CitySize');

-- Numbered as they were published: People from 11012 on, additions last.
INSERT INTO here_attribute (entity, attribute, id)
SELECT a.entity, a.attribute,
	CASE WHEN e.id < 1493 THEN 500 ELSE 11011 END
		+ row_number() OVER (PARTITION BY e.id < 1493 ORDER BY a.note LIKE '%later%', e.id, a.position)
FROM model_attribute a
JOIN here_entity e USING (entity);

INSERT INTO here_record (entity, record, id, data_id) VALUES
	('CityManager.CitySize', 'Small', 701, '1'),
	('CityManager.CitySize', 'Medium', 702, '2'),
	('CityManager.CitySize', 'Large', 703, '3'),
	('CityManager.CitySize', 'Village', 704, '4'),
	('CityManager.CitySize', 'Metropolis', 705, '5'),
	('CityManagerTraining.CitySize', 'Small', 721, '1'),
	('CityManagerTraining.CitySize', 'Medium', 722, '2'),
	('CityManagerTraining.CitySize', 'Large', 723, '3'),
	('CityManagerTraining.CitySize', 'Metropolis', 724, '4'),
	('ECT_Provider.Topic', 'Bug', 711, 'BUG'),
	('ECT_Provider.Topic', 'Idea', 712, 'IDEA'),
	('ECT_Provider.Topic', 'Praise', 713, 'PRAISE');

INSERT INTO here_role (role, id) VALUES
	('SocialLoginConfigurator(deleted0).SocialAdmin', 28),
	('People.PeopleEditor', 31),
	('People.PeopleReader', 32),
	('ECT_Provider.FeedbackAdmin', 36);

\ir build.sql

-- ---------------------------------------------------------------------------
-- Tenants, users, groups
-- ---------------------------------------------------------------------------

INSERT INTO "OSSYS_TENANT" ("ID", "NAME", "ESPACE_ID", "IS_ACTIVE") VALUES
	(1, 'ServiceCenter', 1, true),
	(6, 'Users', 5, true);

-- clerk.kinshasa is the one that qa has not got.
INSERT INTO "OSSYS_USER" ("ID", "TENANT_ID", "IS_ACTIVE", "CREATION_DATE", "LAST_LOGIN",
	"NAME", "MobilePhone", "EMAIL", "USERNAME", "PASSWORD", "EXTERNAL_ID")
SELECT id, tenant_id, is_active,
	timestamp '2019-01-07 08:00:00' + id * interval '11 days',
	CASE WHEN is_active THEN timestamp '2023-05-02 07:30:00' + id * interval '3 hours' ELSE timestamp '1900-01-01' END,
	name, '', email, username, 'PLANTED-SECRET-password-' || id, ''
FROM (VALUES
	(1, 1, true, 'Platform Administrator', 'admin@example.com', 'admin'),
	(2, 1, true, 'Deployment Service', '', 'deployer'),
	(14, 6, true, 'Directory Administrator', 'admin@example.com', 'admin'),
	(15, 6, true, 'Editor One', 'editor1@example.com', 'editor1'),
	(17, 6, true, 'Editor Two', 'editor2@example.com', 'editor2'),
	(18, 6, true, 'Clerk, Lisbon', 'clerk.lisbon@example.com', 'clerk.lisbon'),
	(21, 6, true, 'Clerk, Kinshasa', 'clerk.kinshasa@example.com', 'clerk.kinshasa'),
	(22, 6, true, 'Nightly Import', '', 'importer'),
	(25, 6, true, 'Auditor', 'auditor@example.com', 'auditor'),
	(27, 6, false, 'Former Clerk', '', 'former.clerk')
) AS u (id, tenant_id, is_active, name, email, username);

INSERT INTO "OSSYS_GROUP" ("ID", "NAME", "DESCRIPTION", "CREATED_BY", "CREATED", "HAS_CUSTOM_MANAGEMENT", "TENANT_ID") VALUES
	(3, 'Directory editors', '', 14, '2021-02-10 10:00:00', false, 6),
	(4, 'Directory readers', '', 14, '2021-02-10 10:05:00', false, 6);

INSERT INTO "OSSYS_USER_ROLE" ("ID", "USER_ID", "Role_Id", "TENANT_ID") VALUES
	(51, 14, 31, 6),
	(52, 22, 31, 6),
	(53, 25, 36, 6);

INSERT INTO "OSSYS_GROUP_ROLE" ("ID", "GROUP_ID", "ROLE_ID", "TENANT_ID") VALUES
	(7, 3, 31, 6),
	(8, 4, 32, 6);

INSERT INTO "OSSYS_GROUP_USER" ("ID", "USER_ID", "GROUP_ID", "TENANT_ID") VALUES
	(21, 15, 3, 6),
	(22, 17, 3, 6),
	(23, 18, 4, 6),
	(24, 21, 4, 6);

-- ---------------------------------------------------------------------------
-- People: 60 cities, the first three those of the vendor's example.  Every
-- seventh number is missing; some have no size; two share a name.
-- ---------------------------------------------------------------------------

INSERT INTO "OSUSR_7i3_City" ("ID", "NAME", "CITYSIZEID")
SELECT n + n / 7, name, (ARRAY[5, 1, 2, 3, NULL, 2, 5, 3, 1])[1 + (n - 1) % 9]
FROM unnest(ARRAY['Kinshasa', 'Reykjavik', 'Beja', 'Lisboa', 'São Paulo', 'München', 'Göteborg', 'Łódź', 'Kraków', 'Plzeň',
	'Győr', 'Timișoara', 'Tromsø', 'Århus', 'Tórshavn', 'Rīga', 'Kaunas', 'Αθήνα', 'Πάτρα', 'Київ',
	'Львів', 'Одеса', 'София', 'Београд', 'Ереван', 'თბილისი', 'القاهرة', 'الرباط', 'عمّان', 'תל אביב',
	'تهران', 'मुंबई', 'ঢাকা', 'சென்னை', 'กรุงเทพฯ', 'Đà Nẵng', '東京', '大阪', '北京', '上海',
	'서울', '부산', 'Ulaanbaatar', 'Córdoba', 'Santa Cruz', 'Santa Cruz', 'Bogotá', 'Montréal', 'Québec', 'Saint-Étienne',
	'L''Aquila', '''s-Hertogenbosch', 'Ñemby', 'Ouagadougou', 'N''Djamena', 'Antananarivo', 'Ålesund',
	'Llanfairpwllgwyngyllgogerychwyrndrobwllllantysilio', 'Y', '']) WITH ORDINALITY AS city (name, n);

-- Twelve icons of fifteen: 4, 9 and 13 were deleted.  Binary data is absent,
-- empty, one zero byte, and so on up to what no longer fits a page.
INSERT INTO "OSUSR_7i3_Icon" ("ID", "NAME", "BINARYINFO")
SELECT id, name,
	substring((SELECT string_agg(decode(md5(id || '/' || block), 'hex'), '' ORDER BY block)
		FROM generate_series(0, size / 16) AS block) FROM 1 FOR size)
FROM (VALUES
	(1, 'star', 67), (2, 'heart', 16), (3, 'leaf', 255), (5, 'wave', 256), (7, 'nothing', 0),
	(8, 'absent', NULL), (10, '⭐', 1000), (11, '', 2048), (12, 'panorama', 9000), (14, ' ', 300), (15, 'star', 32)
) AS icon (id, name, size)
UNION ALL
SELECT 6, 'zero', '\x00'
ORDER BY 1;

-- Names are made of words that mean "example", "sample", "draft" and given
-- names in use anywhere, eight scripts or languages, eight by ten by eight each.
CREATE TEMP TABLE word (
	culture integer PRIMARY KEY,
	pattern text,
	given text[],
	middle text[],
	family text[]
) ON COMMIT DROP;

INSERT INTO word (culture, pattern, given, middle, family) VALUES
	(0, '%1$s %2$s %3$s', '{José,Ana,João,Inês,Conceição,Tomás,Luísa,Nuno}', '{A.,B.,C.,D.,E.,F.,G.,H.,I.,J.}', '{Exemplo,Amostra,Modelo,Ensaio,Padrão,Ficção,Rascunho,Invenção}'),
	(1, '%1$s %2$s %3$s', '{Zoë,Jürgen,Søren,Åse,Björn,Grète,Käthe,Ömer}', '{Ä.,Ö.,Ü.,K.,L.,M.,N.,P.,Q.,R.}', '{Beispiel,Muster,Probe,Prøve,Övning,Entwürfe,Straße,Erfunden}'),
	(2, '%1$s %2$s %3$s', '{Łucja,Zdeněk,Żaneta,Šárka,Ágnes,Ștefan,Đorđe,Jānis}', '{Č.,Ď.,Ł.,Ń.,Ř.,Ś.,Ť.,Ů.,Ź.,Ž.}', '{Przykład,Wzór,Zkouška,Příklad,Példa,Exemplu,Šablona,Paraugs}'),
	(3, '%1$s %2$s %3$s', '{Αλέξης,Δανάη,Ελένη,Ηλίας,Θάλεια,Ιάσων,Ίρις,Ωρίων}', '{Α.,Β.,Γ.,Δ.,Ε.,Ζ.,Η.,Θ.,Ι.,Κ.}', '{Παράδειγμα,Δείγμα,Δοκιμή,Πρότυπο,Σχέδιο,Υπόθεση,Μορφή,Άσκηση}'),
	(4, '%1$s %2$s %3$s', '{Олег,Юлія,Йосип,Ганна,Світлана,Богдан,Ярина,Їжак}', '{А.,Б.,В.,Г.,Ґ.,Д.,Є.,Ж.,З.,Ї.}', '{Пример,Образец,Проба,Шаблон,Зразок,Приклад,Чернетка,Вымысел}'),
	(5, '%1$s %2$s %3$s', '{سارة,يوسف,ليلى,عمر,نور,هدى,كريم,مريم}', '{أ.,ب.,ت.,ث.,ج.,ح.,خ.,د.,ذ.,ر.}', '{مثال,نموذج,عينة,تجربة,اختبار,مسودة,قالب,خيال}'),
	(6, '%3$s%2$s%1$s', '{明,花,健,美,太郎,小雨,静,𠮷男}', '{一,二,三,四,五,六,七,八,九,十}', '{例示,見本,样本,示例,试验,雛形,模擬,架空}'),
	(7, '%3$s %2$s%1$s', '{민준,서연,하늘,바다,누리,가온,다솜,한별}', '{가,나,다,라,마,바,사,아,자,차}', '{예시,견본,모형,시험,가상,초안,표본,연습}');

-- Person n of 5,000 has the number n + n/12: every twelfth is missing.  Its
-- manager is person (n + 6)/8, so that the managers form a tree under person
-- 1; but person 7 manages itself, person 20 is managed by a much later one,
-- and every fiftieth has no manager.  Icons 9 and 13 are gone: a reference
-- that is ignored may dangle.
INSERT INTO "OSUSR_7i3_Person" ("ID", "NAME", "DATEOFBIRTH", "ISALIVE", "CITYID", "ICONID",
	"MANAGERID", "CREATEDBY", "CREATEDON", "NICKNAME")
SELECT n + n / 12,
	CASE n
		WHEN 3 THEN E'Ana "Zé" D''Amostra \\ <b>&amp;</b>; --'
		WHEN 5 THEN E'Rene\u0301 Exemplo'					-- accent of its own
		WHEN 9 THEN repeat('ŵ', 70)							-- as long as may be
		WHEN 13 THEN '  blanks around  '
		WHEN 17 THEN E'Família Exemplo \U0001F469\u200D\U0001F469\u200D\U0001F467'
		WHEN 33 THEN E'two\nlines'
		WHEN 49 THEN ''
		WHEN 53 THEN ' '
		WHEN 57 THEN NULL
		ELSE format(w.pattern, w.given[1 + k % 8], w.middle[1 + k / 64], w.family[1 + k / 8 % 8])
			|| CASE WHEN n % 100 = 0 THEN ' 🙂' ELSE '' END
	END,
	CASE
		WHEN n = 61 THEN timestamp '3000-12-31'
		WHEN n % 71 = 0 THEN NULL
		WHEN n % 31 = 0 THEN timestamp '1900-01-01'
		ELSE timestamp '1931-03-01' + (n * 7919 % 27000) * interval '1 day'
	END,
	n % 9 <> 0,
	CASE WHEN n % 13 <> 0 THEN c + c / 7 END,
	CASE
		WHEN n % 97 = 0 THEN (ARRAY[9, 13])[1 + n % 2]
		WHEN n % 5 <> 2 THEN (ARRAY[1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 14, 15])[1 + n / 3 % 12]
	END,
	m + m / 12,
	CASE WHEN n % 41 <> 0 THEN (ARRAY[15, 17, 18, 21, 15, 22, 22, 18, 14, 15, 17, 27, 21, 22, 1, 25])[1 + n / 7 % 16] END,
	CASE WHEN n % 67 = 0 THEN timestamp '1900-01-01'
		ELSE timestamp '2021-03-01 08:00:00' + n * interval '97 minutes 13.417 seconds' END,
	CASE n % 10 WHEN 0 THEN 'ñ' || n WHEN 1 THEN NULL ELSE '' END
FROM generate_series(1, 5000) AS n
CROSS JOIN LATERAL (SELECT
	n / 8 % 640 AS k,
	1 + n * 37 / 8 % 60 AS c,
	CASE WHEN n = 7 THEN 7 WHEN n = 20 THEN 4711 WHEN n > 1 AND n % 50 <> 0 THEN (n + 6) / 8 END AS m
) AS derived
JOIN word w ON w.culture = n % 8;

-- The last ones of all were deleted: the counter stands further than the rows.
SELECT setval(pg_get_serial_sequence(quote_ident('OSUSR_7i3_Person'), 'ID'), 5431) AS osmeta_unused
\gset
\unset osmeta_unused

-- Four of five have a contact.  An empty text, a blank and NULL differ.
INSERT INTO "OSUSR_7i3_PersonContact" ("ID", "EMAIL", "PHONE", "BALANCE")
SELECT n + n / 12,
	CASE WHEN n % 29 = 0 THEN NULL WHEN n % 23 = 0 THEN ' ' WHEN n % 11 = 0 THEN '' ELSE format('person%s@example.com', n) END,
	CASE WHEN n % 7 = 0 THEN '' ELSE format('+00 555 %s', lpad(n::text, 6, '0')) END,
	CASE
		WHEN n = 1 THEN 12345678901234567890123456789.12345678
		WHEN n = 2 THEN 0.00000001
		WHEN n % 19 = 0 THEN 0
		WHEN n % 17 = 0 THEN n * -1.25
		ELSE n * 3.00000007
	END
FROM generate_series(1, 5000) AS n
WHERE n % 5 <> 0;

-- Left over from an entity that was removed: its foreign key still holds.
INSERT INTO "OSUSR_7i3_Badge" ("ID", "CODE", "PERSONID")
SELECT n, 'B-' || n, p + p / 12
FROM generate_series(1, 20) AS n
CROSS JOIN LATERAL (SELECT n * 11 AS p) AS person;

-- Left over without a trace in the metamodel: the column that DateofBirth had
-- before it was renamed, and a copy made by hand.
ALTER TABLE "OSUSR_7i3_Person" ADD COLUMN "BIRTHDAY" timestamp(3);

CREATE TABLE "OSUSR_7i3_Person_bak_20231220" AS
SELECT "ID", "NAME" FROM "OSUSR_7i3_Person" WHERE "ID" <= 100;

-- ---------------------------------------------------------------------------
-- The other modules
-- ---------------------------------------------------------------------------

INSERT INTO "OSUSR_5z9_RecentItem" ("ID", "TITLE") VALUES (1, 'left over');

INSERT INTO "OSUSR_5z9_RecentItem1" ("ID", "TITLE")
SELECT n, 'Item ' || n FROM generate_series(1, 4) AS n;

INSERT INTO "OSUSR_5z9_UploadCache" ("ID", "FILENAME", "CONTENT", "RECENTITEMID")
SELECT n, format('file%s.bin', n), decode(md5(n::text), 'hex'), CASE WHEN n < 5 THEN n END
FROM generate_series(1, 6) AS n;

INSERT INTO "OSUSR_njs_Provider" ("ID", "NAME") VALUES (1, 'Example Login'), (2, 'Sample Login');

INSERT INTO "OSUSR_s41_AppConfig" ("ID", "KEY", "VALUE", "NOTIFICATIONRECIPIENTADDRESS", "CUSTOMERID") VALUES
	(1, 'enabled', 'yes', '', NULL),
	(2, 'limit', '25', '', NULL),
	(4, 'welcome', 'Olá! 你好!', 'admin@example.com', 9001),
	(5, 'empty', '', '', NULL);

INSERT INTO "OSUSR_s41_Rule_User" ("ID", "USERID", "APPCONFIGID") VALUES
	(1, 15, 1), (2, 17, 1), (3, 21, 2), (5, 25, 4), (6, 15, NULL);

INSERT INTO "OSUSR_s41_FeedbackScreenshot" ("ID", "FILENAME", "CONTENT", "COMMENT", "TOPICID", "RATING",
	"TAKENAT", "CREATEDBY", "CREATEDON")
SELECT n + n / 5, format('screen-%s.png', n),
	CASE WHEN n % 6 <> 0 THEN decode('89504e470d0a1a0a' || repeat(md5(n::text), n), 'hex') ELSE '' END,
	CASE WHEN n % 7 = 0 THEN repeat('Could be better. ', 180) ELSE 'Nice ✓' END,
	(ARRAY['BUG', 'IDEA', 'PRAISE', NULL])[1 + n % 4],
	n % 50 / 10.0,
	timestamp '1900-01-01 09:00:00' + n * interval '7 minutes',
	(ARRAY[15, 17, 18, 21])[1 + n % 4],
	timestamp '2022-06-01 12:00:00' + n * interval '1 day'
FROM generate_series(1, 40) AS n;

-- ---------------------------------------------------------------------------
-- Feedback is reviewed: a process for each screenshot that came in with a bug
-- ---------------------------------------------------------------------------

\set process_def 61
\set input_def 81
\set activity_def 141
\ir process.sql

INSERT INTO "OSSYS_BPM_PROCESS" ("Tenant_Id", "Id", "LABEL", "CREATED", "CREATED_BY", "PROCESS_DEF_ID",
	"PARENT_PROCESS_ID", "PARENT_ACTIVITY_ID", "TOP_PROCESS_ID", "STATUS_ID", "LAST_MODIFIED", "LAST_MODIFIED_BY") VALUES
	(6, 7001, 'Review of screenshot 4', '2022-06-05 12:00:00', 15, 61, NULL, NULL, 7001, 2, '2022-06-06 09:30:00', 25),
	(6, 7002, 'Review of screenshot 8', '2022-06-09 12:00:00', 15, 61, NULL, NULL, 7002, 1, '2022-06-09 12:00:01', NULL),
	(6, 7005, 'Review of screenshot 12', '2022-06-13 12:00:00', 21, 61, NULL, NULL, 7005, 1, '2022-06-14 10:00:00', 21);

INSERT INTO "OSSYS_BPM_PROCESS_INPUT" ("Tenant_Id", "Id", "Input_Def_Id", "Process_Id", "SS_Key", "Name",
	"Data_Type", "Input_Value", "SS_Type")
SELECT p."Tenant_Id", p."Id" + 1000, d."Id", p."Id", d."SS_Key", d."Name", d."Data_Type",
	split_part(p."LABEL", ' ', 4), d."SS_Type"
FROM "OSSYS_BPM_PROCESS" p
JOIN "OSSYS_BPM_PROCESS_INPUT_DEF" d ON d."Process_Def_Id" = p."PROCESS_DEF_ID";

INSERT INTO "OSSYS_BPM_ACTIVITY" ("Tenant_Id", "Id", "Activity_Def_Id", "Process_Id", "Name", "User_Id",
	"Created", "Opened", "Closed", "Status_Id", "Precedent_Activity_Id", "Due_Date", "Expired", "Skipped", "Error_Count") VALUES
	(6, 9001, 141, 7001, 'Start', NULL, '2022-06-05 12:00:00', NULL, '2022-06-05 12:00:00', 5, NULL, NULL, false, false, 0),
	(6, 9002, 142, 7001, 'Review', 25, '2022-06-05 12:00:00', '2022-06-06 09:00:00', '2022-06-06 09:30:00', 5, 9001, NULL, false, false, 0),
	(6, 9003, 143, 7001, 'End', NULL, '2022-06-06 09:30:00', NULL, '2022-06-06 09:30:00', 5, 9002, NULL, false, false, 0),
	(6, 9004, 141, 7002, 'Start', NULL, '2022-06-09 12:00:00', NULL, '2022-06-09 12:00:00', 5, NULL, NULL, false, false, 0),
	(6, 9005, 142, 7002, 'Review', NULL, '2022-06-09 12:00:01', NULL, NULL, 9, 9004, '2022-06-16 12:00:00', false, false, 0),
	(6, 9008, 141, 7005, 'Start', NULL, '2022-06-13 12:00:00', NULL, '2022-06-13 12:00:00', 5, NULL, NULL, false, false, 0),
	(6, 9009, 142, 7005, 'Review', 21, '2022-06-13 12:00:01', '2022-06-14 10:00:00', NULL, 4, 9008, '2022-06-20 12:00:00', false, false, 0);

\ir counters.sql
COMMIT;
\set QUIET :osmeta_quiet
\unset osmeta_quiet
