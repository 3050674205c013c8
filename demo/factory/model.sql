-- The model that both demo factories share: espaces, entities, attributes,
-- static records, applications, with the keys that are the same everywhere.
--
-- Included by prod.sql and qa.sql inside their transaction.  It only fills
-- temporary tables; what a factory decides by itself (every number, every
-- physical name) goes into the here_ tables, and build.sql makes OSSYS rows
-- and physical tables of both.
--
-- An entity is called Espace.Entity here; what follows a slash tells apart two
-- rows of one name, of which only one is active.  Keys that are published are
-- written out; any other key is the MD5 of the object's name, as a UUID.

CREATE TEMP TABLE model_espace (
	espace text PRIMARY KEY,
	ss_key text,
	kind text,
	note text NOT NULL DEFAULT ''		-- system, provider, multitenant, deleted
) ON COMMIT DROP;

INSERT INTO model_espace (espace, ss_key, kind, note) VALUES
	('ServiceCenter', '478870b9-2d60-4f73-9eb3-7cd8b994a737', 'WebResponsive', 'system provider multitenant'),
	('Users', '65106059-0439-4be5-b011-2f01fba4afa6', 'WebResponsive', 'system provider multitenant'),
	('RichWidgets', NULL, 'WebResponsive', 'system'),
	('People', '02632668-1434-43c2-82b1-e59ea75a0388', 'WebResponsive', ''),
	('CityManager', NULL, 'Service', ''),
	('CityManagerTraining', NULL, 'Service', ''),
	('ECT_Provider', NULL, 'Service', ''),
	('SocialLoginConfigurator(deleted0)', NULL, 'WebResponsive', 'deleted');

CREATE TEMP TABLE model_extension (
	extension text PRIMARY KEY,
	ss_key text
) ON COMMIT DROP;

INSERT INTO model_extension (extension) VALUES ('ERPConnector');

-- label, order_by and is_active name attributes.
CREATE TEMP TABLE model_entity (
	entity text PRIMARY KEY,
	ss_key text,
	data_kind text DEFAULT 'entity',
	note text NOT NULL DEFAULT '',		-- system, multitenant, external, events, deleted
	label text,
	order_by text,
	is_active text,
	description text NOT NULL DEFAULT ''
) ON COMMIT DROP;

INSERT INTO model_entity (entity, ss_key, note, label) VALUES
	('ServiceCenter.User', 'a416822d-845f-46cb-a270-70f5e383544c', 'system multitenant', 'Name'),
	('ServiceCenter.Tenant', 'd30c0359-17ba-4ea6-b76f-f5844a5f9ae5', 'system', 'Name'),
	('ServiceCenter.Role', 'e595ea36-5c1b-3ed8-93aa-bba752c7f892', 'system', 'Name'),
	('ServiceCenter.Group', 'd028b5ef-4477-4e37-9fa2-cddd7e0e7146', 'system multitenant', 'Name'),
	('ServiceCenter.User_Role', '575ba673-d418-fb08-6109-971acb3e3baa', 'system multitenant', NULL),
	('ServiceCenter.Group_Role', '9d1a8f4a-141a-49a2-9384-207e54584f7b', 'system multitenant', NULL),
	('ServiceCenter.Group_User', 'fc435926-adde-4294-9daa-eb1470d27399', 'system multitenant', NULL),
	('ServiceCenter.Espace', NULL, 'system', 'Name'),
	('ServiceCenter.Entity', NULL, 'system', 'Name'),
	('ServiceCenter.Process', '245a4dae-efd0-4272-93f7-51f180268eeb', 'system multitenant', 'Label'),
	('ServiceCenter.Activity', 'd33a0e86-24e8-41d1-b331-14c594405339', 'system multitenant', 'Name'),
	('Users.SamlMessage_Log', NULL, '', NULL);

-- A key that is no UUID exists in real factories; the entity was deleted and
-- created again, so that its key stands on two rows.
INSERT INTO model_entity (entity, ss_key, note, label) VALUES
	('RichWidgets.UploadCache', NULL, '', 'FileName'),
	('RichWidgets.RecentItem', 'Entity5B57028B-F636-4BA3-93F9-C81CACBC5638', '', 'Title'),
	('RichWidgets.RecentItem/old', 'Entity5B57028B-F636-4BA3-93F9-C81CACBC5638', 'deleted', 'Title');

INSERT INTO model_entity (entity, ss_key, note, label, order_by, is_active, description) VALUES
	('People.City', '0f3b6288-e5b3-4804-97e2-9b1ea18fc12e', '', NULL, NULL, NULL, 'Where people live'),
	('People.Icon', 'a280d501-0a34-4fe0-9626-0f825f10c999', '', NULL, NULL, NULL, 'Small pictures'),
	('People.Person', 'ceaae4ec-0c65-4e1c-964a-52edd72bb7c1', '', 'Name', 'Id', 'IsAlive', 'The directory itself'),
	('People.PersonContact', NULL, '', 'Email', NULL, NULL, 'How to reach a person: one row for one person'),
	('People.Badge', NULL, 'deleted', 'Code', NULL, NULL, 'Removed from the model; its table is still there');

INSERT INTO model_entity (entity, data_kind, label, order_by, is_active, description) VALUES
	('CityManager.CitySize', 'staticEntity', 'Label', 'Order', 'Is_Active', 'From small to metropolis'),
	('ECT_Provider.Topic', 'staticEntity', 'Label', 'Order', 'Is_Active', 'What a piece of feedback is about');

INSERT INTO model_entity (entity, note, label) VALUES
	('ECT_Provider.Rule_User', '', NULL),
	('ECT_Provider.FeedbackScreenshot', 'events', 'FileName'),
	('ECT_Provider.AppConfig', '', 'Key'),
	('SocialLoginConfigurator(deleted0).Provider', '', 'Name');

INSERT INTO model_entity (entity, data_kind, note, label) VALUES
	('ERPConnector.Customer', NULL, 'external', 'Name');

-- A clone has a key of its own; what is in it keeps the keys of the original.
INSERT INTO model_entity (entity, ss_key, data_kind, label, order_by, is_active, description)
SELECT 'CityManagerTraining.CitySize', md5(entity)::uuid, data_kind, label, order_by, is_active, description
FROM model_entity
WHERE entity = 'CityManager.CitySize';

-- In the order of the model; the first attribute of an entity identifies it.
-- A type that is no basic type is an entity: the attribute refers to it.
CREATE TEMP TABLE model_attribute (
	position integer GENERATED ALWAYS AS IDENTITY,
	entity text REFERENCES model_entity,
	attribute text,
	type text,							-- rtText(50), or People.City
	note text NOT NULL DEFAULT '',		-- auto, mandatory, Delete, Ignore, deleted, later
	ss_key text,
	database_name text,
	PRIMARY KEY (entity, attribute)
) ON COMMIT DROP;

INSERT INTO model_attribute (entity, attribute, type, note) VALUES
	('ServiceCenter.User', 'Id', 'rtInteger', 'auto mandatory'),
	('ServiceCenter.User', 'Tenant_Id', 'ServiceCenter.Tenant', 'Ignore'),
	('ServiceCenter.User', 'Name', 'rtText(256)', ''),
	('ServiceCenter.User', 'Username', 'rtText(250)', 'mandatory'),
	('ServiceCenter.User', 'Password', 'rtText(256)', ''),
	('ServiceCenter.User', 'Email', 'rtEmail', ''),
	('ServiceCenter.User', 'MobilePhone', 'rtPhoneNumber', ''),
	('ServiceCenter.User', 'External_Id', 'rtText(36)', ''),
	('ServiceCenter.User', 'Creation_Date', 'rtDateTime', ''),
	('ServiceCenter.User', 'Last_Login', 'rtDateTime', ''),
	('ServiceCenter.User', 'Is_Active', 'rtBoolean', ''),
	('ServiceCenter.Tenant', 'Id', 'rtInteger', 'auto mandatory'),
	('ServiceCenter.Tenant', 'Name', 'rtText(35)', ''),
	('ServiceCenter.Tenant', 'Espace_Id', 'ServiceCenter.Espace', 'Ignore'),
	('ServiceCenter.Tenant', 'Is_Active', 'rtBoolean', ''),
	('ServiceCenter.Role', 'Id', 'rtInteger', 'auto mandatory'),
	('ServiceCenter.Role', 'Espace_Id', 'ServiceCenter.Espace', 'Ignore'),
	('ServiceCenter.Role', 'SS_Key', 'rtText(100)', ''),
	('ServiceCenter.Role', 'Name', 'rtText(50)', ''),
	('ServiceCenter.Role', 'Description', 'rtText(2000)', ''),
	('ServiceCenter.Role', 'Persistent', 'rtBoolean', ''),
	('ServiceCenter.Role', 'Is_Active', 'rtBoolean', ''),
	('ServiceCenter.Group', 'Id', 'rtInteger', 'auto mandatory'),
	('ServiceCenter.Group', 'Name', 'rtText(100)', ''),
	('ServiceCenter.Group', 'Description', 'rtText(2000)', ''),
	('ServiceCenter.Group', 'Created_By', 'ServiceCenter.User', 'Ignore'),
	('ServiceCenter.Group', 'Created', 'rtDateTime', ''),
	('ServiceCenter.Group', 'Has_Custom_Management', 'rtBoolean', ''),
	('ServiceCenter.Group', 'Tenant_Id', 'ServiceCenter.Tenant', 'Ignore'),
	('ServiceCenter.User_Role', 'Id', 'rtInteger', 'auto mandatory'),
	('ServiceCenter.User_Role', 'User_Id', 'ServiceCenter.User', 'Ignore'),
	('ServiceCenter.User_Role', 'Role_Id', 'ServiceCenter.Role', 'Ignore'),
	('ServiceCenter.User_Role', 'Tenant_Id', 'ServiceCenter.Tenant', 'Ignore'),
	('ServiceCenter.Group_Role', 'Id', 'rtInteger', 'auto mandatory'),
	('ServiceCenter.Group_Role', 'Group_Id', 'ServiceCenter.Group', 'Ignore'),
	('ServiceCenter.Group_Role', 'Role_Id', 'ServiceCenter.Role', 'Ignore'),
	('ServiceCenter.Group_Role', 'Tenant_Id', 'ServiceCenter.Tenant', 'Ignore'),
	('ServiceCenter.Group_User', 'Id', 'rtInteger', 'auto mandatory'),
	('ServiceCenter.Group_User', 'User_Id', 'ServiceCenter.User', 'Ignore'),
	('ServiceCenter.Group_User', 'Group_Id', 'ServiceCenter.Group', 'Ignore'),
	('ServiceCenter.Group_User', 'Tenant_Id', 'ServiceCenter.Tenant', 'Ignore'),
	('ServiceCenter.Espace', 'Id', 'rtInteger', 'auto mandatory'),
	('ServiceCenter.Espace', 'Name', 'rtText(50)', ''),
	('ServiceCenter.Espace', 'Is_Active', 'rtBoolean', ''),
	('ServiceCenter.Entity', 'Id', 'rtInteger', 'auto mandatory'),
	('ServiceCenter.Entity', 'Name', 'rtText(50)', 'mandatory'),
	('ServiceCenter.Entity', 'Espace_Id', 'ServiceCenter.Espace', 'Ignore'),
	('ServiceCenter.Entity', 'Is_Active', 'rtBoolean', ''),
	('ServiceCenter.Process', 'Id', 'rtInteger', 'auto mandatory'),
	('ServiceCenter.Process', 'Label', 'rtText(200)', ''),
	('ServiceCenter.Process', 'Created', 'rtDateTime', ''),
	('ServiceCenter.Process', 'Created_By', 'ServiceCenter.User', 'Ignore'),
	('ServiceCenter.Process', 'Parent_Process_Id', 'ServiceCenter.Process', 'Ignore'),
	('ServiceCenter.Process', 'Parent_Activity_Id', 'ServiceCenter.Activity', 'Ignore'),
	('ServiceCenter.Process', 'Top_Process_Id', 'ServiceCenter.Process', 'Ignore'),
	('ServiceCenter.Activity', 'Id', 'rtInteger', 'auto mandatory'),
	('ServiceCenter.Activity', 'Process_Id', 'ServiceCenter.Process', 'Ignore'),
	('ServiceCenter.Activity', 'Name', 'rtText(200)', ''),
	('ServiceCenter.Activity', 'User_Id', 'ServiceCenter.User', 'Ignore'),
	('ServiceCenter.Activity', 'Created', 'rtDateTime', ''),
	('Users.SamlMessage_Log', 'Id', 'rtInteger', 'auto mandatory'),
	('Users.SamlMessage_Log', 'Message', 'rtText(4000)', ''),
	('Users.SamlMessage_Log', 'Created_On', 'rtDateTime', ''),
	('RichWidgets.UploadCache', 'Id', 'rtInteger', 'auto mandatory'),
	('RichWidgets.UploadCache', 'FileName', 'rtText(100)', ''),
	('RichWidgets.UploadCache', 'Content', 'rtBinaryData', ''),
	('RichWidgets.UploadCache', 'RecentItemId', 'RichWidgets.RecentItem', 'Delete'),
	('RichWidgets.RecentItem', 'Id', 'rtInteger', 'auto mandatory'),
	('RichWidgets.RecentItem', 'Title', 'rtText(50)', ''),
	('RichWidgets.RecentItem/old', 'Id', 'rtInteger', 'auto mandatory'),
	('RichWidgets.RecentItem/old', 'Title', 'rtText(50)', '');

-- "later": added after the first publication, and numbered accordingly.
INSERT INTO model_attribute (entity, attribute, type, note, ss_key) VALUES
	('People.City', 'Id', 'rtLongInteger', 'auto mandatory', 'ab9b9108-55a5-42a6-bdf0-85238d963c58'),
	('People.City', 'Name', 'rtText(50)', '', NULL),
	('People.City', 'CitySizeId', 'CityManager.CitySize', 'Protect later', NULL),
	('People.Icon', 'Id', 'rtLongInteger', 'auto mandatory', '7ebc6cae-dc3c-44b0-a8e9-f3f54a111edd'),
	('People.Icon', 'Name', 'rtText(50)', '', NULL),
	('People.Icon', 'BinaryInfo', 'rtBinaryData', '', NULL),
	('People.Person', 'Id', 'rtLongInteger', 'auto mandatory', '953a931a-57e6-48b8-90f1-db7b0b2db387'),
	('People.Person', 'Name', 'rtText(70)', 'mandatory', 'b2db87d9-093f-41b5-b881-972f5229809c'),
	('People.Person', 'DateofBirth', 'rtDate', '', NULL),
	('People.Person', 'IsAlive', 'rtBoolean', 'mandatory', 'e7e604c0-2b2d-454a-b84d-9309fa8316df'),
	('People.Person', 'CityId', 'People.City', 'Protect', NULL),
	('People.Person', 'IconId', 'People.Icon', 'Ignore', NULL),
	('People.Person', 'ManagerId', 'People.Person', 'Protect later', NULL),
	('People.Person', 'CreatedBy', 'ServiceCenter.User', 'Ignore later', NULL),
	('People.Person', 'CreatedOn', 'rtDateTime', 'later', NULL),
	('People.Person', 'Nickname', 'rtText(30)', 'later deleted', NULL),
	('People.PersonContact', 'Id', 'People.Person', 'mandatory Delete later', NULL),
	('People.PersonContact', 'Email', 'rtEmail', 'later', NULL),
	('People.PersonContact', 'Phone', 'rtPhoneNumber', 'later', NULL),
	('People.PersonContact', 'Balance', 'rtCurrency', 'later', NULL),
	('People.Badge', 'Id', 'rtLongInteger', 'auto mandatory later', NULL),
	('People.Badge', 'Code', 'rtText(20)', 'later', NULL),
	('People.Badge', 'PersonId', 'People.Person', 'Protect later', NULL);

INSERT INTO model_attribute (entity, attribute, type, note) VALUES
	('CityManager.CitySize', 'Id', 'rtInteger', 'auto mandatory'),
	('CityManager.CitySize', 'Label', 'rtText(50)', 'mandatory'),
	('CityManager.CitySize', 'Order', 'rtInteger', 'mandatory'),
	('CityManager.CitySize', 'Is_Active', 'rtBoolean', 'mandatory'),
	('ECT_Provider.Topic', 'Id', 'rtText(10)', 'mandatory'),
	('ECT_Provider.Topic', 'Label', 'rtText(50)', 'mandatory'),
	('ECT_Provider.Topic', 'Order', 'rtInteger', 'mandatory'),
	('ECT_Provider.Topic', 'Is_Active', 'rtBoolean', 'mandatory'),
	('ECT_Provider.Rule_User', 'Id', 'rtInteger', 'auto mandatory'),
	('ECT_Provider.Rule_User', 'UserId', 'ServiceCenter.User', 'mandatory Protect'),
	('ECT_Provider.Rule_User', 'AppConfigId', 'ECT_Provider.AppConfig', 'Delete'),
	('ECT_Provider.FeedbackScreenshot', 'Id', 'rtInteger', 'auto mandatory'),
	('ECT_Provider.FeedbackScreenshot', 'FileName', 'rtText(100)', ''),
	('ECT_Provider.FeedbackScreenshot', 'Content', 'rtBinaryData', ''),
	('ECT_Provider.FeedbackScreenshot', 'Comment', 'rtText(4000)', ''),
	('ECT_Provider.FeedbackScreenshot', 'TopicId', 'ECT_Provider.Topic', 'Protect'),
	('ECT_Provider.FeedbackScreenshot', 'Rating', 'rtDecimal(4,1)', ''),
	('ECT_Provider.FeedbackScreenshot', 'TakenAt', 'rtTime', ''),
	('ECT_Provider.FeedbackScreenshot', 'CreatedBy', 'ServiceCenter.User', 'Ignore'),
	('ECT_Provider.FeedbackScreenshot', 'CreatedOn', 'rtDateTime', ''),
	('ECT_Provider.AppConfig', 'Id', 'rtInteger', 'auto mandatory'),
	('ECT_Provider.AppConfig', 'Key', 'rtText(50)', 'mandatory'),
	('ECT_Provider.AppConfig', 'Value', 'rtText(500)', ''),
	('ECT_Provider.AppConfig', 'NotificationRecipientAddresses', 'rtText(250)', ''),
	('ECT_Provider.AppConfig', 'CustomerId', 'ERPConnector.Customer', 'Ignore'),
	('ECT_Provider.AppConfig', 'ProviderId', 'SocialLoginConfigurator(deleted0).Provider', 'Ignore'),
	('SocialLoginConfigurator(deleted0).Provider', 'Id', 'rtInteger', 'auto mandatory'),
	('SocialLoginConfigurator(deleted0).Provider', 'Name', 'rtText(50)', '');

INSERT INTO model_attribute (entity, attribute, type, note, ss_key)
SELECT 'CityManagerTraining.CitySize', attribute, type, note || ' later', md5(entity || '.' || attribute)::uuid
FROM model_attribute
WHERE entity = 'CityManager.CitySize'
ORDER BY position;

-- An external table keeps its own names.
INSERT INTO model_attribute (entity, attribute, type, note, database_name) VALUES
	('ERPConnector.Customer', 'Id', 'rtInteger', 'mandatory', 'CUST_NO'),
	('ERPConnector.Customer', 'Name', 'rtText(80)', '', 'CUST_NAME');

-- The record of a text identifier carries its identifier in the model; a
-- number is given by each factory.
CREATE TEMP TABLE model_record (
	entity text REFERENCES model_entity,
	record text,
	label text,
	position integer,
	note text NOT NULL DEFAULT '',		-- deleted
	ss_key text,
	PRIMARY KEY (entity, record)
) ON COMMIT DROP;

INSERT INTO model_record (entity, record, label, position, note) VALUES
	('CityManager.CitySize', 'Small', 'Small', 1, ''),
	('CityManager.CitySize', 'Medium', 'Medium', 2, ''),
	('CityManager.CitySize', 'Large', 'Large', 3, ''),
	('CityManager.CitySize', 'Metropolis', 'Metropolis', 4, ''),
	('CityManager.CitySize', 'Village', 'Village', 0, 'deleted'),
	('ECT_Provider.Topic', 'Bug', 'Something is wrong', 1, ''),
	('ECT_Provider.Topic', 'Idea', 'Something is missing', 2, ''),
	('ECT_Provider.Topic', 'Praise', 'Something is good', 3, '');

INSERT INTO model_record (entity, record, label, position, note, ss_key)
SELECT 'CityManagerTraining.CitySize', record, label, position, note, md5(entity || '.' || record)::uuid
FROM model_record
WHERE entity = 'CityManager.CitySize' AND record <> 'Village';

-- A deleted application has kept its name and lost its modules.
CREATE TEMP TABLE model_application (
	application text PRIMARY KEY,
	description text,
	note text NOT NULL DEFAULT ''		-- deleted
) ON COMMIT DROP;

INSERT INTO model_application (application, description, note) VALUES
	('Service Center', 'System: management console', ''),
	('Users', 'System: management of end users', ''),
	('System Components', 'System: widgets', ''),
	('People Directory', 'Who lives where', ''),
	('App Feedback', 'Feedback with screenshots', ''),
	('Social Login', 'Removed', 'deleted');

CREATE TEMP TABLE model_application_module (
	application text REFERENCES model_application,
	module text
) ON COMMIT DROP;

INSERT INTO model_application_module (application, module) VALUES
	('Service Center', 'ServiceCenter'),
	('Users', 'Users'),
	('System Components', 'RichWidgets'),
	('People Directory', 'People'),
	('People Directory', 'CityManager'),
	('App Feedback', 'ECT_Provider'),
	('App Feedback', 'ERPConnector');

CREATE TEMP TABLE model_role (
	role text PRIMARY KEY,				-- Espace.Role
	description text
) ON COMMIT DROP;

INSERT INTO model_role (role, description) VALUES
	('People.PeopleEditor', 'May change the directory'),
	('People.PeopleReader', 'May read the directory'),
	('ECT_Provider.FeedbackAdmin', 'May read all feedback'),
	('SocialLoginConfigurator(deleted0).SocialAdmin', 'Left over');

-- Keys that are not published
UPDATE model_espace SET ss_key = md5(espace)::uuid WHERE ss_key IS NULL;
UPDATE model_extension SET ss_key = md5(extension)::uuid WHERE ss_key IS NULL;
UPDATE model_entity SET ss_key = md5(entity)::uuid WHERE ss_key IS NULL;
UPDATE model_attribute SET ss_key = md5(replace(entity, '/old', '') || '.' || attribute)::uuid WHERE ss_key IS NULL;
UPDATE model_record SET ss_key = md5(entity || '.' || record)::uuid WHERE ss_key IS NULL;

-- ---------------------------------------------------------------------------
-- What a factory decides, filled by prod.sql and qa.sql
-- ---------------------------------------------------------------------------

CREATE TEMP TABLE here_module (
	module text PRIMARY KEY,			-- espace or extension
	id integer,
	module_id integer,
	version_id integer
) ON COMMIT DROP;

CREATE TEMP TABLE here_application (
	application text PRIMARY KEY REFERENCES model_application,
	id integer
) ON COMMIT DROP;

-- table_name: how the database spells the name, where that differs from what
-- the metamodel says by case.
CREATE TEMP TABLE here_entity (
	entity text PRIMARY KEY REFERENCES model_entity,
	id integer,
	physical_table_name text,
	table_name text
) ON COMMIT DROP;

CREATE TEMP TABLE here_attribute (
	entity text,
	attribute text,
	id integer,
	PRIMARY KEY (entity, attribute),
	FOREIGN KEY (entity, attribute) REFERENCES model_attribute
) ON COMMIT DROP;

CREATE TEMP TABLE here_record (
	entity text,
	record text,
	id integer,
	data_id text,
	PRIMARY KEY (entity, record),
	FOREIGN KEY (entity, record) REFERENCES model_record
) ON COMMIT DROP;

CREATE TEMP TABLE here_role (
	role text PRIMARY KEY REFERENCES model_role,
	id integer
) ON COMMIT DROP;
