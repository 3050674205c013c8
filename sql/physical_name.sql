--
-- Physical names: computed, taken apart, explained
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
RESET client_min_messages;
SET search_path = pg_catalog;

CREATE FUNCTION pg_temp.raised(statement text, OUT raised text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	raised := 'nothing';
EXCEPTION WHEN OTHERS THEN
	raised := SQLSTATE || ' ' || SQLERRM;
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
END
$$;

-- Published names; "?" where the module is not known.
CREATE TEMP TABLE published (
	module text,
	entity text,
	physical_table_name text,
	dialect text,
	note text
);
INSERT INTO published VALUES
	('People', 'City', 'OSUSR_7i3_City', 'sqlserver', 'exact'),
	('People', 'Icon', 'OSUSR_7i3_Icon', 'sqlserver', 'exact'),
	('People', 'Person', 'OSUSR_7i3_Person', 'sqlserver', 'exact'),
	('Migration', 'WorldCity', 'OSUSR_w83_WorldCity', 'sqlserver', 'exact'),
	('ECT_Provider', 'Rule_User', 'OSUSR_s41_Rule_User', 'sqlserver', 'exact'),
	('ECT_Provider', 'FeedbackScreenshot', 'OSUSR_s41_FeedbackScreenshot', 'sqlserver', 'exact'),
	('ECT_Provider', 'AppConfig', 'OSUSR_s41_AppConfig', 'sqlserver', 'exact'),
	('Users', 'SamlMessage_Log', 'OSUSR_6wd_SamlMessage_Log', 'sqlserver', 'exact'),
	('Users', 'HelpIdMapping', 'OSUSR_6wd_HelpIdMapping1', 'sqlserver', 'name taken: number'),
	('Users', 'ConfigFileBinary', 'OSUSR_6wd_CfgFBin', 'sqlserver', 'entity renamed'),
	('RichWidgets', 'UploadCache', 'OSUSR_5z9_UploadCache', 'sqlserver', 'exact'),
	('RichWidgets', 'RecentItem', 'OSUSR_5z9_RecentItem1', 'sqlserver', 'name taken: number'),
	('OutSystemsUI', 'Color', 'OSUSR_0ha_Color', 'sqlserver', 'exact'),
	('OutSystemsUI', 'DEPRECATED_Color', 'OSUSR_jdz_Color', 'sqlserver', 'module was MobilePatterns; entity renamed'),
	('OutSystemsUI', 'StackedCardsPosition', 'OSUSR_jdz_StackedCardsPosition', 'sqlserver', 'module was MobilePatterns'),
	('OutSystemsChartsWeb', 'XAxisValuesType', 'OSUSR_bjy_XAxisValuesType', 'sqlserver', 'module was Charts'),
	('Customers', 'Contact', 'OSUSR_HFZ_CONTACT', 'sqlserver', 'exact but for case'),
	('Cases', 'CaseHistory', 'OSUSR_pjv_CaseHistory', 'sqlserver', 'exact'),
	('SocialLoginConfigurator(deleted0)', 'Provider', 'OSUSR_njs_Provider', 'sqlserver', 'deleted module'),
	('SocialLoginConfigurator(deleted1)', 'Provider', 'OSUSR_njs_Provider1', 'sqlserver', 'deleted module; name taken'),
	('CityManager', 'CitySize', 'OSUSR_5Z9_CITYSIZE', 'sqlserver', 'published example that the rule does not explain (it gives wlm; 5z9 is RichWidgets)'),
	('?', 'Application', 'osusr_nho_applicat', 'oracle', 'entity part cut to 8'),
	('?', 'DecisionRequest', 'osusr_nho_decision', 'oracle', 'entity part cut to 8'),
	('?', 'SubjectAudit', 'osusr_67w_subjecta', 'oracle', 'entity part cut to 8'),
	('?', 'Subject', 'osusr_67w_subject', 'oracle', 'entity part not cut'),
	('?', 'UnnecessarilyLongEntityName', 'OSUSR_abc_UnnecessarilyLongE', 'oracle', 'whole name cut to 28'),
	('?', 'UnnecessarilyLongEntityName', 'OSUSR_abc_UnnecessarilyLongEntityName', 'sqlserver', 'not cut');

-- Those that the rule explains are what it gives: bare, or as the next name
-- when the bare one is taken.
SELECT module, entity, physical_table_name,
	   osmeta.physical_table_name(module, entity) AS computed,
	   osmeta.physical_table_name(module, entity,
		taken => ARRAY[osmeta.physical_table_name(module, entity)]) AS next
FROM published
WHERE lower(physical_table_name) IN
	(lower(osmeta.physical_table_name(module, entity)),
	 lower(osmeta.physical_table_name(module, entity,
		taken => ARRAY[osmeta.physical_table_name(module, entity)])))
ORDER BY module COLLATE "C", entity COLLATE "C";
-- What each of them is.  Where the module is not known, only the entity part
-- can be judged, by both rules of Oracle.
SELECT module, entity, physical_table_name,
	   osmeta.explain_physical_name(module, entity, physical_table_name, dialect) AS verdict, note
FROM published
WHERE module <> '?';
SELECT entity, physical_table_name, dialect,
	   osmeta.explain_physical_name(module, entity, physical_table_name, dialect) AS verdict,
	   osmeta.explain_physical_name(module, entity, physical_table_name, 'oracle8') AS by_oracle8
FROM published
WHERE module = '?';
SELECT osmeta.explain_physical_name('MobilePatterns', 'Color', 'OSUSR_jdz_Color', 'sqlserver') AS under_its_old_name,
	   osmeta.explain_physical_name('RichWidgets', 'CitySize', 'OSUSR_5Z9_CITYSIZE', 'sqlserver') AS under_another_module;

--
-- physical_table_name
--
-- Taken names are compared without case, and only whole ones count.
SELECT taken, osmeta.physical_table_name('Countries', 'Country', taken => taken)
FROM (VALUES
	('{}'::text[]),
	('{osusr_i7m_country}'),
	('{OSUSR_I7M_COUNTRY,osusr_i7m_Country1}'),
	('{osusr_i7m_country,osusr_i7m_country2}'),
	('{osusr_i7m_country1}'),
	('{osusr_i7m_country01,osusr_i7m_country0,osusr_i7m_country_,osusr_xyz_country,country,OSEVT_i7m_Country}'),
	('{NULL,osusr_i7m_country,NULL}'),
	('{{osusr_i7m_country,osusr_i7m_country1},{osusr_i7m_country2,osusr_i7m_country4}}')) t(taken);
-- A name that ends in digits keeps them: the number comes behind.
SELECT entity, taken, osmeta.physical_table_name('Countries', entity, taken => taken)
FROM (VALUES
	('Item1', '{osusr_i7m_item1}'::text[]),
	('Item1', '{osusr_i7m_item1,osusr_i7m_item11}'),
	('Item1', '{osusr_i7m_item11}'),
	('Item', '{osusr_i7m_item,osusr_i7m_item1}'),
	('Item', '{osusr_i7m_item,osusr_i7m_item11}'),
	('Item1', '{osusr_i7m_item}'),
	('Item10', '{osusr_i7m_item10,osusr_i7m_item101,osusr_i7m_item1}'),
	('2024', '{osusr_i7m_2024}')) t(entity, taken);
-- Case goes beyond ASCII.
\pset format unaligned
SELECT entity, osmeta.physical_table_name('Countries', entity,
		taken => ARRAY['OSUSR_I7M_' || other]) AS name
FROM (VALUES ('Território', 'TERRITÓRIO'), ('Žižkov', 'žIŽKOV'), ('Σίσυφος', 'ΣΊΣΥΦΟΣ'), ('Город', 'ГОРОД'),
	('Đường', 'đƯỜNG'), ('Ÿ', 'ÿ'), ('人事', '人事'), ('Straße', 'STRASSE'), ('é', 'e'), ('😀', '😁')) t(entity, other);
-- Dialects: not cut, cut to 18, cut to 8, always by characters.
SELECT dialect, entity, osmeta.physical_table_name('Countries', entity, dialect) AS name,
	   osmeta.physical_table_name('Countries', entity, dialect,
		ARRAY[osmeta.physical_table_name('Countries', entity, dialect)]) AS next
FROM (VALUES ('sqlserver'), ('postgres'), ('oracle'), ('oracle8')) d(dialect),
	 (VALUES ('City'), ('Subjects'), ('SubjectAudit'), ('UnnecessarilyLongE'), ('UnnecessarilyLongEntityName'),
	  ('Ünïcödé_Nämé_Wíth_Ácc'), ('人事管理人事管理人事管理人事管理人事管理'), ('😀😀😀😀😀😀😀😀😀😀')) e(entity)
ORDER BY entity COLLATE "C", dialect COLLATE "C";
\pset format aligned
-- Part and number fit together, also when the number grows.
SELECT dialect, n, osmeta.physical_table_name('Countries', 'UnnecessarilyLongEntityName', dialect, taken) AS name,
	   length(osmeta.physical_table_name('Countries', 'UnnecessarilyLongEntityName', dialect, taken)) AS length
FROM (VALUES ('oracle', 18), ('oracle8', 8)) d(dialect, room),
	 (VALUES (9), (10), (99), (100), (1000)) x(n),
	 LATERAL (SELECT array_agg(CASE i WHEN 0 THEN left('osusr_i7m_unnecessarilylongentityname', 10 + room)
							   ELSE left('osusr_i7m_unnecessarilylongentityname', 10 + room - length(i::text)) || i END)
			  FROM generate_series(0, n - 1) i) t(taken)
ORDER BY dialect, n;
-- A cut name can be the numbered one of another: both are seen as taken.
SELECT osmeta.physical_table_name('Countries', 'Applic12', 'oracle8', '{osusr_i7m_applic12}') AS one_is_free,
	   osmeta.physical_table_name('Countries', 'Applic12', 'oracle8', '{osusr_i7m_applic12,osusr_i7m_applic11}') AS three_is_free,
	   osmeta.physical_table_name('Countries', 'Applicants', 'oracle8', '{osusr_i7m_applican,osusr_i7m_applica1,osusr_i7m_applica2}') AS next;
-- Applied again and again, it never gives a name that is taken.
DO $$
DECLARE
	taken text[];
	name text;
	dialect text;
	entity text;
BEGIN
	FOREACH dialect IN ARRAY '{sqlserver,oracle,oracle8}'::text[] LOOP
		FOREACH entity IN ARRAY '{Item,Item1,Item10,Applic12,UnnecessarilyLong2}'::text[] LOOP
			taken := '{}';
			FOR i IN 0 .. 250 LOOP
				name := osmeta.physical_table_name('Countries', entity, dialect, taken);
				IF lower(name) = ANY (taken) OR (dialect = 'oracle8' AND length(name) > 18)
					OR (dialect = 'oracle' AND length(name) > 28) THEN
					RAISE EXCEPTION 'name "%" for "%" (%)', name, entity, dialect;
				END IF;
				taken := taken || lower(name);
			END LOOP;
		END LOOP;
	END LOOP;
END
$$;
-- A hundred thousand taken names are no work.
SELECT osmeta.physical_table_name('Countries', 'Item', 'oracle', array_agg('osusr_i7m_item' || CASE i WHEN 0 THEN '' ELSE i::text END))
FROM generate_series(0, 100000) i;
-- A deleted module leaves names that a new one of its name meets.
SELECT osmeta.physical_table_name('SocialLoginConfigurator(deleted1)', 'Provider', taken => '{OSUSR_njs_Provider}');
-- Hostile names are data.
SELECT osmeta.physical_table_name('a"b[c];', E'x"; DROP TABLE y;\n--');
SELECT osmeta.physical_table_name(NULL, 'a') IS NULL AND osmeta.physical_table_name('a', NULL) IS NULL
	   AND osmeta.physical_table_name('a', 'b', NULL) IS NULL AND osmeta.physical_table_name('a', 'b', taken => NULL) IS NULL AS null_gives_null;
SELECT * FROM pg_temp.raised($$SELECT osmeta.physical_table_name('a', 'b', 'mysql')$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.physical_table_name('a', 'b', 'SQLServer')$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.physical_table_name('a', 'b', '')$$);

--
-- Columns, event tables, triggers, keys
--
\pset format unaligned
SELECT attribute, osmeta.physical_column_name(attribute), length(osmeta.physical_column_name(attribute))
FROM (VALUES ('Id'), ('CityId'), ('Order'), ('Ação_ñ_ÿ_ß_µ_÷'), ('Имя'), ('žluťoučký'),
	('ABCDEFGHIJKLMNOPQRSTUVWXYZ12'), ('AbcdefghijklmnopqrstuvwxyzAbcd'),
	('人事管理人事管理人事管理人事管理人事管理人事管理人事管理人事'), ('😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀'), ('')) t(attribute);
\pset format aligned
SELECT osmeta.event_table_name('OSUSR_w83_WorldCity'), osmeta.event_table_name('osusr_w83_worldcity'),
	   osmeta.event_table_name('OSSYS_USER'), osmeta.event_table_name('[DB].[dbo].[x]') AS external,
	   osmeta.event_table_name('OSEVT_w83_WorldCity') AS event_table_itself, osmeta.event_table_name('') AS nothing;
SELECT osmeta.trigger_name('OSUSR_w83_WorldCity'), osmeta.trigger_name('osusr_w83_ação');
SELECT osmeta.primary_key_name('OSUSR_7i3_City');
SELECT osmeta.foreign_key_name('OSUSR_pjv_CaseHistory', 'OSUSR_HFZ_CONTACT', 'CONTACTID');
-- Cut at 128 characters.
SELECT length(osmeta.event_table_name('OSUSR_abc_' || repeat('é', 200))),
	   length(osmeta.trigger_name('OSUSR_abc_' || repeat('é', 200))),
	   length(osmeta.primary_key_name('OSUSR_abc_' || repeat('é', 200))),
	   length(osmeta.foreign_key_name(repeat('é', 60), repeat('日', 60), repeat('😀', 60))),
	   right(osmeta.foreign_key_name(repeat('é', 60), repeat('日', 60), repeat('😀', 60)), 3);

--
-- parse_physical_name
--
SELECT n.name, p.*
FROM (VALUES ('OSUSR_7i3_City'), ('osusr_6wd_HelpIdMapping1'), ('OSUSR_HFZ_CONTACT'), ('OSUSR_abc_Item01'),
	('OSUSR_abc_Item10'), ('OSUSR_abc_Item010'), ('OSUSR_abc_A2B3'), ('OSUSR_abc_2024'), ('OSUSR_abc_X2147483647'),
	('OSUSR_abc_X2147483648'), ('OSUSR_abc_X99999999999999999999'), ('OSUSR_abc__MLCity'), ('OSUSR_abc_Rule_User2'),
	('OSUSR_abc_日本1'), ('OSEVT_w83_WorldCity'), ('OSEVT_ESPACE'), ('OSSYS_ENTITY'), ('OSSYS_BPM_PROCESS'),
	('OSUSR_abc_'), ('OSUSR_abcd_City'), ('OSUSR_ab_City'), ('OSUSR_a-c_City'), ('OSUSR_abc'), ('OSUSR_'), ('OSSYS_'),
	('OSUSR'), ('XOSUSR_abc_City'), ('[DB].[dbo].[OSUSR_abc_City]'), ('customers'), ('')) n(name),
	 LATERAL osmeta.parse_physical_name(n.name) p;

--
-- explain_physical_name
--
SELECT espace, entity, physical, dialect, osmeta.explain_physical_name(espace, entity, physical, dialect)
FROM (VALUES
	('Countries', 'Country', 'OSUSR_i7m_Country', 'sqlserver'),
	('Countries', 'Country', 'OSUSR_I7M_COUNTRY', 'postgres'),
	('Countries', 'Country', 'osusr_i7m_country12', 'sqlserver'),
	('Countries', 'Country', 'osusr_i7m_country01', 'sqlserver'),
	('Countries', 'Country', 'osusr_i7m_country0', 'sqlserver'),
	('Countries', 'Country1', 'osusr_i7m_country1', 'sqlserver'),
	('Countries', 'Country1', 'osusr_i7m_country11', 'sqlserver'),
	('Countries', 'Country', 'osusr_abc_country', 'sqlserver'),
	('Countries', 'Country', 'osusr_abc_country1', 'sqlserver'),
	('Countries', 'Country', 'osusr_i7m_nation', 'sqlserver'),
	('Countries', 'Country', 'osusr_abc_nation', 'sqlserver'),
	('Countries', 'Country', 'OSSYS_Country', 'sqlserver'),
	('Countries', 'Country', '[DB].[dbo].[country]', 'sqlserver'),
	('Countries', 'Country', '[D]].B].[dbo].[country]', 'sqlserver'),
	('Countries', 'Country', '[country]', 'sqlserver'),
	('Countries', 'Country', '[DB].[dbo].', 'sqlserver'),
	('Countries', 'Country', '[DB].[dbo].[country', 'sqlserver'),
	(NULL, 'Country', 'OSUSR_i7m_Country', 'sqlserver'),
	(NULL, 'Country', 'anything', 'oracle'),
	('Countries', 'Country', 'country', 'sqlserver'),
	('Countries', 'Country', 'OSEVT_i7m_Country', 'sqlserver'),
	('Countries', 'Country', 'OSUSR_i7m_', 'sqlserver'),
	('Countries', 'Country', '', 'sqlserver'),
	('Countries', 'UnnecessarilyLongEntityName', 'OSUSR_i7m_UnnecessarilyLongE', 'oracle'),
	('Countries', 'UnnecessarilyLongEntityName', 'OSUSR_i7m_UnnecessarilyLong2', 'oracle'),
	('Countries', 'UnnecessarilyLongEntityName', 'OSUSR_i7m_UnnecessarilyLon12', 'oracle'),
	('Countries', 'UnnecessarilyLongEntityName', 'OSUSR_i7m_UnnecessarilyLongEntityName', 'oracle'),
	('Countries', 'UnnecessarilyLongEntityName', 'OSUSR_i7m_UnnecessarilyLongE', 'sqlserver'),
	('Countries', 'UnnecessarilyLongEntityName', 'OSUSR_i7m_Unnecess', 'oracle8'),
	('Countries', 'UnnecessarilyLongEntityName', 'OSUSR_i7m_Unneces1', 'oracle8'),
	('Countries', 'UnnecessarilyLongEntityName', 'OSUSR_abc_Unneces1', 'oracle8'),
	('Countries', 'UnnecessarilyLongEntityName', 'OSUSR_i7m_Unnecess1', 'oracle8'),
	('Countries', NULL, 'OSUSR_i7m_Country', 'sqlserver'),
	('Countries', 'Country', NULL, 'sqlserver'),
	('Countries', 'Country', 'OSUSR_i7m_Country', NULL)) t(espace, entity, physical, dialect);
SELECT * FROM pg_temp.raised($$SELECT osmeta.explain_physical_name('a', 'b', 'c', 'db2')$$);
SELECT * FROM pg_temp.raised($$SELECT osmeta.explain_physical_name(NULL, 'b', 'c', 'db2')$$);

--
-- guess_table
--
-- The published names, found again by the tables and the modules alone.  Of
-- modules that were renamed the earlier name is found if it is among them, and
-- nothing else; a number is told from a name by the table beside it.
SELECT p.module, g.module AS found, p.entity, g.entity AS part, g.suffix, g.kind, g.has_bare_name, g.ambiguous_with, g.table_name = p.physical_table_name AS same, p.note
FROM (SELECT row_number() OVER () AS n, * FROM published WHERE module <> '?') p
	FULL JOIN (SELECT g.*, row_number() OVER () AS n
		FROM osmeta.guess_table((SELECT array_agg(physical_table_name) FROM published WHERE module <> '?'),
			(SELECT array_agg(DISTINCT module) FROM published WHERE module <> '?')) g) g USING (n)
ORDER BY n;
-- with the names that those modules had nothing is left over
SELECT p.module, g.module AS found, p.entity, g.entity AS part
FROM published p, osmeta.guess_table(ARRAY[p.physical_table_name], '{MobilePatterns,Charts}') g
WHERE p.note LIKE 'module was%';
SELECT count(*) AS modules_not_known, count(g.module) AS found, string_agg(g.entity, ', ') AS parts
FROM osmeta.guess_table((SELECT array_agg(physical_table_name) FROM published WHERE module = '?'), '{People,Users}') g;
-- every form, in any case; what is no name of the platform, NULLs and garbage
SELECT * FROM osmeta.guess_table('{OSUSR_7i3_City,osusr_7I3_CITY1,OSEVT_7i3_City1,OSEVT_7I3_LAKE2,OSUSR_7i3__MLCity,osusr_7i3__mlcity3,OSUSR_7i3__ML,OSUSR_7i3__ML2,
	OSUSR_7i3_2024,OSUSR_7i3_Item01,OSUSR_7i3_City12345678901,"  OSUSR_6wd_Other2 ",OSUSR_zzz_Nobody,OSUSR_7i3_,OSUSR_7i3,OSEVT_ESPACE,OSSYS_USER,ossys_espace1,City_bak,OSUSR_7i3_City_bak,
	[dbo].[OSUSR_7i3_City],NULL,"",OSUSR_7i3_City}', '{People,NULL,"",Users,People,Users(deleted1),"?"}');
-- modules with one key: the first is named, the others beside it, each once
SELECT module, entity, ambiguous_with FROM osmeta.guess_table('{OSUSR_mzt_Item}', '{BBBB,AaAa,BBBB,AaBB,AaBB(deleted2)}');
SELECT count(*) FROM osmeta.guess_table(NULL, '{People}');
SELECT count(*) FROM osmeta.guess_table('{}', '{People}');
SELECT table_name, module, entity FROM osmeta.guess_table('{{OSUSR_7i3_City},{NULL}}', NULL);
SELECT module, entity FROM osmeta.guess_table('{OSUSR_7i3_City}', '{{People,Users},{NULL,x}}');
\pset format unaligned
SELECT to_json(module) AS module, to_json(entity) AS entity, suffix, kind FROM osmeta.guess_table(ARRAY['OSUSR_' || osmeta.espace_hash(E'a"b''\n😀') || E'_x"\n''😀7', repeat('OSUSR_abc_', 1000) || '1', 'OSUSR_日本1_x', E'\\'], ARRAY[E'a"b''\n😀', E'\\']) WHERE kind IS NULL OR suffix = 7;
\pset format aligned
-- thirty thousand tables of ten thousand modules are one pass
CREATE TEMP TABLE many AS SELECT array_agg('OSUSR_' || osmeta.espace_hash('Module' || i % 10000) || '_Entity_' || i / 10000 || 'x' ORDER BY i) AS tables FROM generate_series(0, 29999) i;
SET statement_timeout = '10s';
SELECT count(*) AS tables, count(g.module) AS found, bool_and(('Module' || (g.n - 1) % 10000) = ANY (g.ambiguous_with || g.module)) AS right_module
FROM many, LATERAL (SELECT g.*, row_number() OVER () AS n FROM osmeta.guess_table(many.tables, (SELECT array_agg('Module' || i) FROM generate_series(0, 9999) i)) g) g;
RESET statement_timeout;

-- What the functions promise to the planner: not strict are only two.
SELECT proname, provolatile, proparallel, proisstrict
FROM pg_proc
WHERE pronamespace = 'osmeta'::regnamespace
  AND proname IN ('espace_hash', 'physical_table_name', 'physical_column_name', 'event_table_name', 'trigger_name',
	'primary_key_name', 'foreign_key_name', 'parse_physical_name', 'explain_physical_name', 'guess_table')
ORDER BY proname COLLATE "C";
