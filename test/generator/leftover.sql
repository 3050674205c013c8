-- Traps in the physical tables: values that mean something of their own, and
-- what is left of tables and columns that the metamodel does not know.

CREATE TEMP TABLE odd AS
SELECT e.n, e.copy, m.hash, m.key_path, e.name AS entity, e.table_name
FROM work_entity e
JOIN work_module m ON m.n = e.module
WHERE e.copy IS NOT NULL AND e.table_name IS NOT NULL AND e.path ~ '^(Oddities|Directory)\.';

-- ---------------------------------------------------------------------------
-- Values
-- ---------------------------------------------------------------------------

SELECT statement
FROM odd
CROSS JOIN LATERAL (VALUES
		('CaseTwins', format('UPDATE %I SET "CODE" = (ARRAY[''Alpha'', ''ALPHA'', ''alpha'', ''Straße'', ''STRASSE'', ''é'', ''É'', ''alpha ''])[1 + k %% 8]
			FROM (SELECT "ID" AS i, row_number() OVER (ORDER BY "ID") - 1 AS k FROM %1$I) AS r WHERE i = "ID"', table_name)),
		('NullValues', format('UPDATE %1$I SET
			"NAME" = (ARRAY[NULL, '''', '' '', ''  '', ''x''])[1 + k %% 5],
			"AMOUNT" = (ARRAY[NULL, 0, -0.0001, 12345678901234.1234])[1 + k %% 4],
			"HAPPENED" = (ARRAY[NULL, timestamp ''1900-01-01'', ''1900-01-01 00:00:01'', ''3000-12-31'', ''2020-02-29 23:59:59.997''])[1 + k %% 5],
			"CONTENT" = (ARRAY[NULL, '''', ''\x00'', ''\x20'']::bytea[])[1 + k %% 4],
			"COUNTRYID" = (ARRAY[NULL, 0, 9999999, (SELECT min("ID") FROM %2$s)])[1 + k %% 4],
			"OWNERID" = (ARRAY[NULL, 0, 9999999])[1 + k %% 3]
			FROM (SELECT "ID" AS i, row_number() OVER (ORDER BY "ID") - 1 AS k FROM %1$I) AS r WHERE i = "ID"',
			table_name, (SELECT quote_ident(o.table_name) FROM odd o WHERE o.entity = 'Country' AND o.key_path = odd.key_path))),
		('Attachment', format('UPDATE %I SET "CONTENT" = CASE k %% 5 WHEN 0 THEN NULL WHEN 1 THEN '''' WHEN 2 THEN ''\x00''
			WHEN 3 THEN decode(repeat(''00ff'', 6000), ''hex'') ELSE "CONTENT" END
			FROM (SELECT "ID" AS i, row_number() OVER (ORDER BY "ID") - 1 AS k FROM %1$I) AS r WHERE i = "ID"', table_name)),
		('BlankKey', format('UPDATE %I SET "SELFID" = "ID"', table_name)),
		('Person', format('UPDATE %I SET "CITYID" = (SELECT max("ID") FROM %s)', table_name,
			(SELECT quote_ident(o.table_name) FROM odd o WHERE o.entity = 'City' AND o.key_path = odd.key_path))),
		('Renamed', format('ALTER TABLE %1$I ADD COLUMN "OLDNAME" varchar(50); UPDATE %1$I SET "OLDNAME" = ''before ''|| "ID"', table_name)),
		('Signal', format('INSERT INTO %1$I ("ID", "_IS_UPDATE") SELECT max("ID"), false FROM %2$I HAVING max("ID") IS NOT NULL',
			regexp_replace(table_name, '^OSUSR_', 'OSEVT_'), table_name)),
		('Translated', format('INSERT INTO %1$I ("ID", "LOCALE", "TITLE", "BODY")
			SELECT "ID", l, l || '': '' || "TITLE", '''' FROM %2$I CROSS JOIN unnest(ARRAY[''pt-PT'', ''de-DE'']) AS l ORDER BY "ID", l LIMIT 6',
			'OSUSR_' || hash || '__MLTranslated', table_name))
	) AS s (entity, statement)
WHERE s.entity = odd.entity
ORDER BY odd.n
\gexec

-- ---------------------------------------------------------------------------
-- Tables without an entity
-- ---------------------------------------------------------------------------

SELECT statement
FROM odd
CROSS JOIN LATERAL (VALUES
		(format('CREATE TABLE %I ("ID" bigint PRIMARY KEY, "NAME" varchar(50)); INSERT INTO %1$I SELECT i, ''left '' || i FROM generate_series(1, 7) AS i', 'OSUSR_' || hash || '_Forgotten')),
		(format('CREATE TABLE %I ("_ESPACE_ID" integer, "_TENANT_ID" integer, "_ACTIVITY_ID" integer, "_PROCESS_DEF_ID" integer, "_IS_UPDATE" boolean, "_IS_LIGHT" boolean, "ID" bigint)', 'OSEVT_' || hash || '_Forgotten')),
		(format('CREATE TABLE %I ("ID" bigint, "LOCALE" varchar(20), "NAME" varchar(50))', 'OSUSR_' || hash || '__MLForgotten')),
		(format('CREATE TABLE %I AS SELECT "ID", "NAME" FROM %I ORDER BY "ID"', 'OSUSR_' || hash || '_Ledger_bak_20231220', table_name)),
		(format('ANALYZE %I, %I, %I, %I', 'OSUSR_' || hash || '_Forgotten', 'OSEVT_' || hash || '_Forgotten', 'OSUSR_' || hash || '__MLForgotten', 'OSUSR_' || hash || '_Ledger_bak_20231220'))
	) AS s (statement)
WHERE entity = 'Ledger'
\gexec

-- In each copy of Oddities the same
INSERT INTO generator_trap (trap, object, detail)
SELECT t.trap, t.object, t.detail
FROM odd
CROSS JOIN LATERAL (VALUES
		('CaseTwins', 'case_twins', table_name || '.CODE', 'texts that differ by case only'),
		('NullValues', 'null_values', table_name || '.NAME', 'NULL, empty, one blank, two blanks'),
		('NullValues', 'null_values', table_name || '.AMOUNT', 'NULL and 0'),
		('NullValues', 'null_values', table_name || '.HAPPENED', 'NULL and 1900-01-01'),
		('NullValues', 'null_values', table_name || '.CONTENT', 'NULL, empty, one zero byte'),
		('NullValues', 'zero_reference', table_name || '.COUNTRYID', '0 where NULL is meant'),
		('NullValues', 'zero_reference', table_name || '.OWNERID', '0 where NULL is meant'),
		('NullValues', 'missing_row', table_name || '.COUNTRYID', 'refers to a row that is not there'),
		('NullValues', 'missing_row', table_name || '.OWNERID', 'refers to a user that is not there'),
		('Renamed', 'orphan_column', table_name || '.OLDNAME', 'left over when the attribute was renamed'),
		('Ledger', 'orphan_table', 'OSUSR_' || hash || '_Forgotten', 'data'),
		('Ledger', 'orphan_table', 'OSEVT_' || hash || '_Forgotten', 'event'),
		('Ledger', 'orphan_table', 'OSUSR_' || hash || '__MLForgotten', 'multilingual'),
		('Ledger', 'orphan_table', 'OSUSR_' || hash || '_Ledger_bak_20231220', 'hand-made')
	) AS t (entity, trap, object, detail)
WHERE t.entity = odd.entity
ORDER BY odd.n, t.trap, t.object;
