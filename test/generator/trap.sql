-- What goes wrong in real factories, planted: README.md lists the traps.

INSERT INTO named_module (module, key_path, kind, espace_kind, note, application, copies) VALUES
	('OldBilling(deleted0)', NULL, 'espace', 'WebResponsive', 'deleted', NULL, :copies),
	('Shipping(deleted0)', 'Shipping', 'espace', 'WebResponsive', 'deleted', NULL, :copies),
	('Shipping', NULL, 'espace', 'ReactiveLibrary', '', 'Odd Portal', :copies),
	('Catalog', NULL, 'espace', 'Service', '', 'Odd Portal', :copies),
	('Catalog_Clone', 'Catalog', 'espace', 'Service', '', 'Odd Portal', :copies),
	('Directory', NULL, 'espace', 'WebResponsive', '', 'Odd Portal', :copies),
	('Oddities', NULL, 'espace', 'Service', 'catalog', 'Odd Portal', :copies),
	('Ev"il''; DROP TABLE "x"; --[ü]{1} \n 🙂 %s', NULL, 'espace', 'Mobile', '', NULL, :copies),
	('LegacyConnector', NULL, 'extension', NULL, '', 'Odd Portal', :copies);

-- ---------------------------------------------------------------------------
-- Entities
-- ---------------------------------------------------------------------------

INSERT INTO named_entity (entity, note, trap, detail) VALUES
	('OldBilling(deleted0).Invoice', '', 'active_in_deleted_espace', 'active entity of a deleted espace'),
	('OldBilling(deleted0).InvoiceLine', '', 'active_in_deleted_espace', 'active entity of a deleted espace'),
	('Shipping.Parcel', '', 'reinstalled_espace', 'same key as the active entity in Shipping(deleted0)'),
	('Shipping.Carrier', '', 'reinstalled_espace', 'same key as the active entity in Shipping(deleted0)'),
	('Shipping(deleted0).Parcel', '', 'active_in_deleted_espace', 'active entity of a deleted espace'),
	('Shipping(deleted0).Carrier', '', 'active_in_deleted_espace', 'active entity of a deleted espace'),
	('Catalog.Article', '', NULL, NULL),
	('Catalog.ArticlePrice', '', NULL, NULL),
	('Catalog_Clone.Article', '', 'clone', 'same key as Article of the original'),
	('Catalog_Clone.ArticlePrice', '', 'clone', 'same key as ArticlePrice of the original'),
	('Directory.Person', '', NULL, NULL),
	('Directory.City', '', NULL, NULL),
	('Directory.Country', '', 'same_name', 'another espace has an entity of this name'),
	('Oddities.Country', '', 'same_name', 'another espace has an entity of this name'),
	('Oddities.LedgerDetail', '', 'one_to_one', 'its identifier refers to Ledger'),
	('Oddities.LedgerDetailNote', '', 'one_to_one', 'its identifier refers to LedgerDetail'),
	('Oddities.LedgerDetailAudit', '', 'identifier_chain', 'three references lead to the number of Ledger'),
	('Oddities.Currency_Code', '', NULL, NULL),
	('Oddities.CurrencyInfo', '', 'one_to_one', 'its identifier refers to Currency_Code'),
	('Oddities.CurrencyNote', '', 'text_identifier_chain', 'two references lead to a text'),
	('Oddities.RetiredHolder', '', NULL, NULL),
	('Oddities.MultiTenant', 'multitenant', 'multi_tenant', 'has tenant views'),
	('Oddities.Translated', 'multilingual', 'multilingual', 'has a table of translations'),
	('Oddities.Signal', 'events', 'event_table', 'exposes process events'),
	('Oddities.SignalSilent', '', 'event_table_unused', 'names an event table that does not exist'),
	('Oddities.Attachment', '', NULL, NULL),
	('Oddities.Dangling', '', NULL, NULL),
	('Oddities.LongColumns', '', NULL, NULL),
	('Oddities.Reserved', '', NULL, NULL),
	('Oddities.UnknownType', '', NULL, NULL),
	('Oddities.Renamed', '', NULL, NULL),
	('Oddities.Retired', 'deleted', 'soft_deleted_entity', 'its table holds rows and a foreign key to Ledger'),
	('Oddities.MovedHere', 'moved', 'other_key', 'its table has the key of a former name of the module'),
	('Oddities.NamedAnew', 'renamed', 'renamed_entity', 'its table has the former name of the entity'),
	('Oddities.CaseTwins', '', NULL, NULL),
	('Oddities.NullValues', '', NULL, NULL),
	('Oddities.FiftyCharactersAreAllThatTheNameOfAnEntityMayHaveX', '', 'hostile_name', '50 characters');

-- A cycle of identifiers has no type; its tables have whole numbers.
INSERT INTO named_entity (entity, rows, trap, detail) VALUES
	('Oddities.LoopFirst', 3, 'identifier_cycle', 'its identifier refers to LoopSecond'),
	('Oddities.LoopSecond', 3, 'identifier_cycle', 'its identifier refers to LoopFirst');

INSERT INTO named_entity (entity, first_number, rows, trap, detail) VALUES
	('Oddities.Ledger', 2147483647, 24, 'big_identifier', 'Long Integer numbers beyond 2^31');

INSERT INTO named_entity (entity, data_kind, trap, detail) VALUES
	('Oddities.Status', 'staticEntity', NULL, NULL),
	('Oddities.ClientBasket', 'clientEntity', 'client_entity', 'has no table in the database');

INSERT INTO named_entity (entity, ss_key, trap, detail) VALUES
	('Oddities.NonUuidKey', 'Entity%S', 'non_uuid_key', 'Entity and a UUID in upper case'),
	('Oddities.UpperCaseKey', '%S', 'upper_case_key', 'references have it in lower case'),
	('Oddities.BlankKey', ' %s  ', 'blank_key', 'blanks around; references have none');

-- Made by hand in each environment: one name and two keys
INSERT INTO named_entity (entity, ss_key, trap, detail) VALUES
	('Oddities.MadeTwice', md5(:'seed' || '/' || :'variant' || '/made twice')::uuid::text, 'made_separately', 'another environment has another key under this name');

INSERT INTO named_entity (entity, key_of, note, trap, detail) VALUES
	('Oddities.Recreated/old', 'Oddities.Recreated', 'deleted', NULL, NULL),
	('Oddities.Recreated', NULL, '', 'recreated_entity', 'two rows with one key, one of them active; its table has a number'),
	('Oddities.TwinKey', NULL, '', 'duplicate_entity_key', 'two active entities with one key'),
	('Oddities.TwinKeyOther', 'Oddities.TwinKey', '', 'duplicate_entity_key', 'two active entities with one key');

INSERT INTO named_entity (entity, physical, note, trap, detail) VALUES
	('Oddities.Shared', NULL, '', NULL, NULL),
	('Oddities.SharedAgain', '=Oddities.Shared', '', 'shared_physical_table', 'in the table of Shared'),
	('Oddities.NoIdentifier', NULL, 'noidentifier', 'entity_without_identifier', 'no attribute is the identifier');

INSERT INTO named_entity (entity, data_kind, physical, note, trap, detail) VALUES
	('LegacyConnector.Customer', NULL, '[LEGACY].[dbo].[Customer]', 'external', 'external_entity', '[DB].[schema].[table]'),
	('LegacyConnector.CustomerOrder', NULL, '[LEGACY].[dbo].[Order; DROP]', 'external', 'external_entity', '[DB].[schema].[table]'),
	('LegacyConnector.CustomerAgain', NULL, '[LEGACY].[dbo].[Customer]', 'external', 'shared_physical_table', 'external table that is imported twice');

INSERT INTO named_entity (entity, trap, detail)
SELECT module || '.' || name, 'hostile_name', 'name of an entity'
FROM named_module
CROSS JOIN unnest(ARRAY['Quo"te''s', 'Semi; DROP SCHEMA public CASCADE; --', 'Brack[et]s (and) {braces}',
	'Back\slash \'' E''\x41''', '$$dollar$tag$', 'Percent %I %s', '🙂 Łąka 示例', 'pg_catalog', 'line
break', 'SELECT']) AS name
WHERE module LIKE 'Ev"il%';

-- ---------------------------------------------------------------------------
-- Attributes
-- ---------------------------------------------------------------------------

INSERT INTO named_attribute (entity, attribute, type, note) VALUES
	('OldBilling(deleted0).Invoice', 'Id', 'rtLongInteger', 'auto mandatory'),
	('OldBilling(deleted0).Invoice', 'Number', 'rtText(20)', 'mandatory'),
	('OldBilling(deleted0).Invoice', 'Total', 'rtCurrency', ''),
	('OldBilling(deleted0).InvoiceLine', 'Id', 'rtLongInteger', 'auto mandatory'),
	('OldBilling(deleted0).InvoiceLine', 'InvoiceId', 'OldBilling(deleted0).Invoice', 'mandatory Delete'),
	('OldBilling(deleted0).InvoiceLine', 'Text', 'rtText(200)', ''),
	('Shipping.Parcel', 'Id', 'rtLongInteger', 'auto mandatory'),
	('Shipping.Parcel', 'Label', 'rtText(50)', 'mandatory'),
	('Shipping.Parcel', 'CarrierId', 'Shipping.Carrier', 'Protect'),
	('Shipping.Parcel', 'WeightInGrams', 'rtInteger', ''),
	('Shipping.Carrier', 'Id', 'rtInteger', 'auto mandatory'),
	('Shipping.Carrier', 'Name', 'rtText(50)', 'mandatory'),
	('Catalog.Article', 'Id', 'rtLongInteger', 'auto mandatory'),
	('Catalog.Article', 'Name', 'rtText(80)', 'mandatory'),
	('Catalog.Article', 'ReplacedBy', 'Catalog.Article', 'Ignore'),
	('Catalog.ArticlePrice', 'Id', 'rtLongInteger', 'auto mandatory'),
	('Catalog.ArticlePrice', 'ArticleId', 'Catalog.Article', 'mandatory Delete'),
	('Catalog.ArticlePrice', 'Price', 'rtDecimal(12,2)', ''),
	('Catalog.ArticlePrice', 'ValidFrom', 'rtDate', '');

-- The other half of each pair has the same attributes.
INSERT INTO named_attribute (entity, attribute, type, note)
SELECT replace(a.entity, p.module, p.other), a.attribute, replace(a.type, p.module || '.', p.other || '.'), a.note
FROM (VALUES ('Shipping', 'Shipping(deleted0)'), ('Catalog', 'Catalog_Clone')) AS p (module, other)
JOIN named_attribute a ON a.entity LIKE p.module || '.%'
ORDER BY a.position;

INSERT INTO named_attribute (entity, attribute, type, note, trap, detail) VALUES
	('Directory.Person', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Directory.Person', 'Name', 'rtText(70)', 'mandatory', NULL, NULL),
	('Directory.Person', 'CityId', '=bt%3$s*{Directory.City}', 'Protect', 'unknown_espace_hint', 'the espace key is unknown, the entity key that of Directory.City alone'),
	('Directory.Person', 'ManagerId', '=bt%3$s*{Directory.Person}', 'Ignore', 'unknown_espace_hint', 'the espace key is unknown, the entity key that of Directory.Person alone'),
	('Directory.City', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Directory.City', 'Name', 'rtText(50)', '', NULL, NULL),
	('Directory.Country', 'Id', 'rtInteger', 'auto mandatory', NULL, NULL),
	('Directory.Country', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.Country', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Country', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.Ledger', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Ledger', 'Name', 'rtText(60)', 'mandatory', NULL, NULL),
	('Oddities.Ledger', 'OpenedBy', 'ServiceCenter.User', 'Protect', NULL, NULL),
	('Oddities.Ledger', 'OldNote', 'rtText(200)', 'deleted', 'soft_deleted_attribute', 'its column is still there'),
	('Oddities.Ledger', 'OldStatusId', 'Oddities.Status', 'deleted Protect', 'soft_deleted_attribute', 'its column and foreign key are still there'),
	('Oddities.Ledger', 'Balance', 'rtCurrency', '', NULL, NULL),
	('Oddities.LedgerDetail', 'Id', 'Oddities.Ledger', 'mandatory Delete', NULL, NULL),
	('Oddities.LedgerDetail', 'Remark', 'rtText(4000)', '', NULL, NULL),
	('Oddities.LedgerDetailNote', 'Id', 'Oddities.LedgerDetail', 'mandatory Delete', NULL, NULL),
	('Oddities.LedgerDetailNote', 'Remark', 'rtText(500)', '', NULL, NULL),
	('Oddities.LedgerDetailAudit', 'Id', 'Oddities.LedgerDetailNote', 'mandatory Protect', NULL, NULL),
	('Oddities.LedgerDetailAudit', 'DetailId', 'Oddities.LedgerDetail', 'Protect', 'reference_to_one_to_one', 'its type is that of Ledger''s number'),
	('Oddities.LedgerDetailAudit', 'CheckedOn', 'rtDateTime', '', NULL, NULL),
	('Oddities.Currency_Code', 'Code', 'rtText(12)', 'mandatory', NULL, NULL),
	('Oddities.Currency_Code', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.CurrencyInfo', 'Id', 'Oddities.Currency_Code', 'mandatory Delete', NULL, NULL),
	('Oddities.CurrencyInfo', 'Digits', 'rtInteger', '', NULL, NULL),
	('Oddities.CurrencyNote', 'Id', 'Oddities.CurrencyInfo', 'mandatory Delete', NULL, NULL),
	('Oddities.CurrencyNote', 'Note', 'rtText(500)', '', NULL, NULL),
	('Oddities.LoopFirst', 'Id', 'Oddities.LoopSecond', 'mandatory Protect', NULL, NULL),
	('Oddities.LoopFirst', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.LoopSecond', 'Id', 'Oddities.LoopFirst', 'mandatory Protect', NULL, NULL),
	('Oddities.LoopSecond', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.LoopSecond', 'LoopFirstId', 'Oddities.LoopFirst', 'Ignore', NULL, NULL),
	('Oddities.Status', 'Id', 'rtInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Status', 'Label', 'rtText(50)', 'mandatory label', NULL, NULL),
	('Oddities.Status', 'Order', 'rtInteger', 'mandatory order', NULL, NULL),
	('Oddities.Status', 'Is_Active', 'rtBoolean', 'mandatory true', NULL, NULL),
	('Oddities.ClientBasket', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.ClientBasket', 'StatusId', 'Oddities.Status', 'Ignore', NULL, NULL),
	('Oddities.NonUuidKey', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.NonUuidKey', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.UpperCaseKey', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.UpperCaseKey', 'NonUuidKeyId', 'Oddities.NonUuidKey', 'Protect', 'non_uuid_reference', 'the entity part is no UUID'),
	('Oddities.BlankKey', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.BlankKey', 'UpperCaseKeyId', 'Oddities.UpperCaseKey', 'Protect', NULL, NULL),
	('Oddities.BlankKey', 'SelfId', '= bt%1$s*{Oddities.BlankKey}  ', 'Ignore', 'blank_reference', 'blanks around the type'),
	('Oddities.BlankKey', 'UpperCaseTypeId', '=BT%1$S*{Oddities.Country}', 'Ignore', 'upper_case_reference', 'type in upper case'),
	('Oddities.Recreated/old', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Recreated/old', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.Recreated', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Recreated', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.TwinKey', 'Id', 'rtInteger', 'auto mandatory', NULL, NULL),
	('Oddities.TwinKey', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.TwinKeyOther', 'Id', 'rtInteger', 'auto mandatory', NULL, NULL),
	('Oddities.TwinKeyOther', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.Shared', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Shared', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.SharedAgain', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.SharedAgain', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.NoIdentifier', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.NoIdentifier', 'Value', 'rtInteger', '', NULL, NULL),
	('Oddities.RetiredHolder', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.RetiredHolder', 'RetiredId', 'Oddities.Retired', 'Protect', 'inactive_reference', 'refers to an entity that was removed'),
	('Oddities.RetiredHolder', 'InvoiceId', 'OldBilling(deleted0).Invoice', 'Ignore', 'inactive_reference', 'refers to an active entity of a deleted espace'),
	('Oddities.Retired', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Retired', 'LedgerId', 'Oddities.Ledger', 'mandatory Protect', NULL, NULL),
	('Oddities.MultiTenant', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.MultiTenant', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.MultiTenant', 'OwnerId', 'ServiceCenter.User', 'Protect', NULL, NULL),
	('Oddities.Translated', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Translated', 'Title', 'rtText(50)', '', NULL, NULL),
	('Oddities.Translated', 'Body', 'rtText(4000)', '', NULL, NULL),
	('Oddities.Signal', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Signal', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.Signal', 'LedgerId', 'Oddities.Ledger', 'Protect', NULL, NULL),
	('Oddities.SignalSilent', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Attachment', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Attachment', 'FileName', 'rtText(100)', '', NULL, NULL),
	('Oddities.Attachment', 'Content', 'rtBinaryData', '', 'binary_attribute', 'NULL, empty, one zero byte, and more than a page'),
	('Oddities.Dangling', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Dangling', 'UnknownEspaceId', '=bt%3$s*%4$s', 'Ignore', 'unknown_espace', 'nobody has either key'),
	('Oddities.Dangling', 'UnknownEntityId', '=bt%1$s*%4$s', 'Ignore', 'unknown_entity', 'nobody in this espace has the entity key'),
	('Oddities.Dangling', 'ManyNamesakesId', '=bt%3$s*{Catalog.Article}', 'Ignore', 'unknown_espace', 'the entity key stands in two espaces: no hint'),
	('Oddities.Dangling', 'NothingId', '=bt', 'Ignore', 'malformed_reference', 'bt alone'),
	('Oddities.Dangling', 'LetterId', '=btx', 'Ignore', 'malformed_reference', 'no key at all'),
	('Oddities.Dangling', 'NoStarId', '=bt%1$s', 'Ignore', 'malformed_reference', 'no star'),
	('Oddities.Dangling', 'TwoStarsId', '=bt%1$s*%2$s*%2$s', 'Ignore', 'malformed_reference', 'two stars'),
	('Oddities.Dangling', 'StarOnlyId', '=bt*', 'Ignore', 'malformed_reference', 'a star alone'),
	('Oddities.Dangling', 'CustomerId', 'LegacyConnector.Customer', 'Ignore', 'reference_to_external', 'the owner is an extension'),
	('Oddities.LongColumns', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.LongColumns', 'NotificationRecipientAddressesAndTheirFormerNamesX', 'rtText(100)', '', 'hostile_name', 'attribute of 50 characters'),
	('Oddities.Reserved', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Reserved', 'Order', 'rtInteger', '', 'reserved_word', 'column ORDER'),
	('Oddities.Reserved', 'User', 'ServiceCenter.User', 'Ignore', 'reserved_word', 'column USER'),
	('Oddities.Reserved', 'Key', 'rtText(50)', '', 'reserved_word', 'column KEY'),
	('Oddities.Reserved', 'From', 'rtText(50)', '', 'reserved_word', 'column FROM'),
	('Oddities.Reserved', 'Date', 'rtDate', '', 'reserved_word', 'column DATE'),
	('Oddities.Reserved', 'Index', 'rtInteger', '', 'reserved_word', 'column INDEX'),
	('Oddities.UnknownType', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.UnknownType', 'Foo', 'rtFoo', '', 'unknown_type', 'rtFoo'),
	('Oddities.UnknownType', 'Nothing', '=', '', 'unknown_type', 'an empty type'),
	('Oddities.Renamed', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.Renamed', 'NewName', 'rtText(50)', '', NULL, NULL),
	('Oddities.MovedHere', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.NamedAnew', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.MadeTwice', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.CaseTwins', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.CaseTwins', 'Code', 'rtText(50)', 'mandatory', NULL, NULL),
	('Oddities.NullValues', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('Oddities.NullValues', 'Name', 'rtText(50)', '', NULL, NULL),
	('Oddities.NullValues', 'Amount', 'rtDecimal(18,4)', '', NULL, NULL),
	('Oddities.NullValues', 'Happened', 'rtDateTime', '', NULL, NULL),
	('Oddities.NullValues', 'Content', 'rtBinaryData', '', NULL, NULL),
	('Oddities.NullValues', 'CountryId', 'Oddities.Country', 'Ignore', NULL, NULL),
	('Oddities.NullValues', 'OwnerId', 'ServiceCenter.User', 'Ignore', NULL, NULL),
	('Oddities.FiftyCharactersAreAllThatTheNameOfAnEntityMayHaveX', 'Id', 'rtLongInteger', 'auto mandatory', NULL, NULL),
	('LegacyConnector.Customer', 'Id', 'rtInteger', 'mandatory', NULL, NULL),
	('LegacyConnector.Customer', 'Name', 'rtText(80)', '', NULL, NULL),
	('LegacyConnector.CustomerOrder', 'Id', 'rtInteger', 'mandatory', NULL, NULL),
	('LegacyConnector.CustomerOrder', 'CustomerId', 'LegacyConnector.Customer', 'Ignore', NULL, NULL),
	('LegacyConnector.CustomerAgain', 'Id', 'rtInteger', 'mandatory', NULL, NULL),
	('LegacyConnector.CustomerAgain', 'Name', 'rtText(80)', '', NULL, NULL);

-- The first 28 characters are the same: one column gets a number, and one
-- attribute has taken over the column of another.
INSERT INTO named_attribute (entity, attribute, type, column_name, trap, detail) VALUES
	('Oddities.LongColumns', 'NotificationRecipientAddressFirst', 'rtText(60)', 'NOTIFICATIONRECIPIENTADDRES1', 'column_clash', 'the first 28 characters are those of another attribute'),
	('Oddities.LongColumns', 'NotificationRecipientAddressOther', 'rtText(60)', 'NOTIFICATIONRECIPIENTADDRES1', 'shared_column', 'two active attributes name one column');

INSERT INTO named_attribute (entity, attribute, type, ss_key_of, trap, detail) VALUES
	('Oddities.LongColumns', 'TwinOne', 'rtText(60)', NULL, 'duplicate_attribute_key', 'two active attributes with one key'),
	('Oddities.LongColumns', 'TwinTwo', 'rtText(60)', 'TwinOne', 'duplicate_attribute_key', 'two active attributes with one key');

INSERT INTO named_attribute (entity, attribute, type, note, trap, detail)
SELECT e.entity, a.attribute, a.type, a.note, a.trap, 'name of an attribute'
FROM named_entity e
CROSS JOIN (VALUES
		(1, 'Id', 'rtLongInteger', 'auto mandatory', NULL),
		(2, 'Na"me''s; --', 'rtText(50)', '', 'hostile_name'),
		(3, '[x] \ %s 🙂', 'rtInteger', '', 'hostile_name'),
		(4, 'ÀÉß ıİ', 'rtText(20)', '', 'hostile_name'),
		(5, 'Parent', NULL, 'Protect', NULL)
	) AS a (position, attribute, type, note, trap)
WHERE e.entity LIKE 'Ev"il%'
ORDER BY e.position, a.position;

UPDATE named_attribute
SET type = entity
WHERE type IS NULL;

-- ---------------------------------------------------------------------------
-- Records
-- ---------------------------------------------------------------------------

INSERT INTO named_record (entity, record, note, trap, detail) VALUES
	('Oddities.Status', 'Open', '', NULL, NULL),
	('Oddities.Status', 'Held', '', NULL, NULL),
	('Oddities.Status', 'Closed', '', NULL, NULL),
	('Oddities.Status', 'Forgotten', 'deleted', 'deleted_record', 'its row is gone from the table'),
	('Oddities.Status', 'Open', 'deleted', 'recreated_record', 'removed, and made again under the same name with another key');
