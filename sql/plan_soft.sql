-- Identifiers where the model knows of no reference: in which order rows are
-- delivered for them, and what osmeta.map_id may be asked.
\getenv abs_srcdir PG_ABS_SRCDIR
\set ECHO none
\set fixture :abs_srcdir '/test/fixture/shop_all.sql'
\o /dev/null
\i :fixture
SET client_min_messages = warning;
SELECT osmeta.attach('src', remote_schema => 'source'), osmeta.attach('tgt', remote_schema => 'target');
SELECT osmeta.capture('src'), osmeta.capture('tgt');
\o
\set ECHO all
CREATE FUNCTION public.transform(entity text, attribute text, transform text) RETURNS void LANGUAGE sql AS $$
	UPDATE osmeta.plan_attribute a SET transform = $3 FROM osmeta.plan_entity e
	WHERE e.plan_id = a.plan_id AND e.entity_id = a.entity_id AND e.entity = $1 AND a.attribute = $2
$$;
CREATE VIEW public.later AS
SELECT e.entity, e.level, a.attribute FROM osmeta.plan_attribute a JOIN osmeta.plan_entity e USING (plan_id, entity_id)
WHERE a.is_deferred ORDER BY 1, 3;
UPDATE source.region SET "NAME" = CASE "ID" WHEN 1 THEN '4' WHEN 2 THEN ' 2' ELSE "NAME" END;
UPDATE source.customer SET "NOTE" = CASE "ID" WHEN 1 THEN '3' WHEN 2 THEN '999999' WHEN 3 THEN 'none' ELSE "NOTE" END;

-- To rows whose identifiers the target gives: of a lower level, of the entity
-- itself, and of one whose rows belong to such rows.
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']) > 0 AS planned;
TABLE public.later;
SELECT public.transform('Region', 'Name', 'remap:Shop.Customer'), public.transform('Customer', 'Note', 'remap:Shop.Customer'),
	public.transform('Customer', 'Name', 'remap:Shop.Detail');
TABLE public.later;
UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE entity = 'Customer';
TABLE public.later;
UPDATE source.customer SET "NAME" = (SELECT min("ID")::text FROM source.detail) WHERE "ID" = 1;
SELECT severity, code, object FROM osmeta.plan_problem WHERE severity = 'error';
CALL osmeta.run_plan('p');
CREATE VIEW public.pair AS
SELECT e.entity, k.source_id, k.target_id FROM osmeta.plan_key k JOIN osmeta.plan_entity e ON e.entity_key OPERATOR(osmeta.=) k.entity_key
WHERE e.entity IN ('Region', 'Customer', 'Detail');
SELECT s."ID" AS id, s."NAME" AS old, t."NAME" = c.target_id AS is_mapped
FROM source.region s JOIN public.pair p ON p.entity = 'Region' AND p.source_id = s."ID"::text JOIN target.region t ON t."ID"::text = p.target_id
LEFT JOIN public.pair c ON c.entity = 'Customer' AND c.source_id = btrim(s."NAME")
WHERE s."ID" IN (1, 2) ORDER BY 1;
SELECT s."ID" AS id, s."NOTE" AS old, CASE t."NOTE" WHEN c.target_id THEN 'the new one' ELSE quote_nullable(t."NOTE") END AS note,
	t."NAME" = d.target_id AS is_mapped
FROM source.customer s JOIN public.pair p ON p.entity = 'Customer' AND p.source_id = s."ID"::text JOIN target.customer t ON t."ID"::text = p.target_id
LEFT JOIN public.pair c ON c.entity = 'Customer' AND c.source_id = s."NOTE"
LEFT JOIN public.pair d ON d.entity = 'Detail' AND d.source_id = s."NAME"
WHERE s."ID" < 4 ORDER BY 1;
SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok';
CALL osmeta.undo_plan('p');
SELECT count(*) FROM target.region WHERE "NAME" NOT LIKE 'theirs%';
SELECT osmeta.drop_plan('p');

-- What calls osmeta.map_id, is found by the grammar.
SELECT text, osmeta.mapped_entities(text, 'p')
FROM (VALUES
	($$osmeta.map_id('p', 'Shop.Region', "Note")$$), ($$OSMETA . MAP_ID('p'::text, E'Shop.Region', '5')$$), ($$"Note" || 'osmeta.map_id(1)'$$),
	($$"map_id" + roadmap_id("Note") + map_id('p', 'a', 'b') + public.map_id('p', 'a', 'b')$$), ($$osmeta.map_id('q', 'Shop.Region', "Note")$$),
	($$(SELECT max(osmeta.map_id(value => v, entity => 'Region', plan => 'p')) FROM unnest(ARRAY['1']) v)$$),
	($$CASE WHEN true THEN osmeta.map_id('p', 'Shop.' || "Note", '1') END || osmeta.map_id('p', 'Base.Kind', '1')$$), ($$osmeta.map_id('p',$$), ('copy')) v (text);
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']) > 0 AS planned;
-- In no filter
UPDATE osmeta.plan_entity SET filter = $$osmeta.map_id('p', 'Shop.Region', "RegionId"::text) <> ''$$ WHERE entity = 'Customer';
SELECT severity, code, object, message, hint FROM osmeta.plan_problem WHERE code = 'invalid_filter';
UPDATE osmeta.plan_entity SET filter = NULL WHERE entity = 'Customer';
-- Masks are for what does not call it.
SELECT public.transform('Customer', 'Note', $$"Note" || ' map_id()'$$), public.transform('Detail', 'Text', $$OSMETA.MAP_ID('p', 'Shop.Region', "Text")$$);
UPDATE osmeta.plan_attribute a SET mask = 'text' WHERE a.transform ~* 'map_id';
SELECT severity, code, object, message FROM osmeta.plan_problem WHERE code = 'invalid_mask';
UPDATE osmeta.plan_attribute a SET mask = NULL WHERE mask IS NOT NULL;
-- For rows whose identifiers the target gives, only where these come before.
UPDATE osmeta.plan_entity SET key_strategy = 'assigned' WHERE entity IN ('Customer', 'Region');
SELECT public.transform('Region', 'Name', $$osmeta.map_id('p', 'Customer', "Name")$$), public.transform('Customer', 'Note', $$osmeta.map_id('p', "Name", "Note")$$),
	public.transform('Extra', 'Text', $$osmeta.map_id('p', 'Shop.Customer', "Text")$$);
SELECT severity, object, message, hint FROM osmeta.plan_problem WHERE code = 'invalid_transform' ORDER BY 2;
SELECT public.transform('Region', 'Name', 'copy'), public.transform('Customer', 'Note', 'copy');
UPDATE source.detail SET "TEXT" = '1' WHERE "ID" = (SELECT min("ID") FROM source.detail);
UPDATE source.extra SET "TEXT" = '2' WHERE "ID" = (SELECT min("ID") FROM source.extra);
CALL osmeta.run_plan('p');
SELECT (SELECT t."TEXT" = osmeta.map_id('p', 'Shop.Region', '1') FROM target.detail t WHERE t."ID"::text = osmeta.map_id('p', 'Shop.Detail', (SELECT min("ID")::text FROM source.detail))) AS detail,
	(SELECT t."TEXT" = osmeta.map_id('p', 'Shop.Customer', '2') FROM target.extra t WHERE t."ID"::text = osmeta.map_id('p', 'Shop.Extra', (SELECT min("ID")::text FROM source.extra))) AS extra;
SELECT osmeta.drop_plan('p');
CALL make.put_back();

-- In a whole number: the null value, which is 0, for what is no row.
\set ECHO none
SELECT make.table_of('source', 'Detail') AS source_detail, make.table_of('target', 'Detail') AS target_detail \gset
\set ECHO all
DELETE FROM source.extra; DELETE FROM source.detail;
DROP VIEW source.detail, target.detail CASCADE;
ALTER TABLE :source_detail ALTER "TEXT" TYPE integer USING NULL;
ALTER TABLE :target_detail ALTER "TEXT" TYPE integer USING NULL;
UPDATE source."OSSYS_ENTITY_ATTR" a SET "TYPE" = 'rtInteger', "LENGTH" = NULL FROM source."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Detail' AND a."NAME" = 'Text';
UPDATE target."OSSYS_ENTITY_ATTR" a SET "TYPE" = 'rtInteger', "LENGTH" = NULL FROM target."OSSYS_ENTITY" e WHERE e."ID" = a."ENTITY_ID" AND e."NAME" = 'Detail' AND a."NAME" = 'Text';
INSERT INTO :source_detail ("ID", "TEXT") VALUES (1, 0), (2, 777777), (3, 2), (4, NULL);
SELECT osmeta.capture('src') > 0 AS a, osmeta.capture('tgt') > 0 AS b;
SELECT osmeta.create_plan('p', 'src', 'tgt', ARRAY['espace:Shop']) > 0 AS planned;
SELECT public.transform('Detail', 'Text', 'remap:Shop.Region');
CALL osmeta.run_plan('p');
SELECT s."ID", s."TEXT" AS old, CASE t."TEXT"::text WHEN osmeta.map_id('p', 'Shop.Region', '2') THEN 'mapped' ELSE quote_nullable(t."TEXT") END AS new
FROM :source_detail s JOIN :target_detail t ON t."ID"::text = osmeta.map_id('p', 'Shop.Detail', s."ID"::text) ORDER BY 1;
SELECT entity, status, detail FROM osmeta.verify_plan('p') WHERE status <> 'ok';
