-- Numbers for what is written out, and as many copies of it as were asked for.

CREATE TEMP TABLE copied_module AS
SELECT row_number() OVER (ORDER BY c.copy, m.position)::integer AS n, c.copy, m.*
FROM named_module m
CROSS JOIN LATERAL generate_series(1, m.copies) AS c (copy);

INSERT INTO work_module (n, copy, name, key_path, ss_key, kind, espace_kind,
	is_active, is_system, is_provider, is_multitenant, catalog, application)
SELECT n, copy, pg_temp.copy_name(module, copy),
	coalesce(key_path, module) || '/' || copy,
	coalesce(ss_key, pg_temp.key('module/' || module || '/' || copy)),
	kind, espace_kind, note NOT LIKE '%deleted%', note LIKE '%system%',
	note LIKE '%provider%', note LIKE '%multitenant%',
	CASE WHEN note LIKE '%catalog%' THEN 2 ELSE 1 END, application
FROM copied_module;

-- The name of an entity may hold dots, that of a module not.
CREATE TEMP TABLE copied_entity AS
SELECT row_number() OVER (ORDER BY m.n, e.position)::integer AS n,
	m.n AS module_n, m.copy, m.module, e.*,
	regexp_replace(substr(e.entity, length(m.module) + 2), '/old$', '') AS name,
	pg_temp.key('entity/' || coalesce(m.key_path, m.module) || '/'
		|| coalesce(e.key_of, substr(e.entity, length(m.module) + 2)) || '/' || m.copy) AS drawn_key
FROM named_entity e
JOIN copied_module m ON left(e.entity, length(m.module) + 1) = m.module || '.';

-- What key_of names is an entity of the same module.
UPDATE copied_entity e
SET drawn_key = o.drawn_key
FROM copied_entity o
WHERE o.entity = e.key_of AND o.copy = e.copy;

INSERT INTO work_entity (n, module, copy, path, name, ss_key, data_kind,
	is_active, is_system, is_external, is_multitenant, is_multilingual,
	has_events, has_identifier, has_table, is_optional, is_plain,
	fixed_name, former_name, rows_asked, first_number)
SELECT n, module_n, copy, entity, name,
	CASE WHEN ss_key IS NULL THEN drawn_key
		ELSE replace(replace(ss_key, '%S', upper(drawn_key)), '%s', drawn_key) END,
	data_kind, note NOT LIKE '%deleted%', note LIKE '%system%',
	note LIKE '%external%', note LIKE '%multitenant%',
	note LIKE '%multilingual%', note LIKE '%events%',
	note NOT LIKE '%noidentifier%',
	note NOT LIKE '%external%' AND note NOT LIKE '%system%'
		AND data_kind IS DISTINCT FROM 'clientEntity'
		AND coalesce(left(physical, 1), '') <> '=',
	false, false, physical, substring(note FROM 'moved|renamed'), rows, first_number
FROM copied_entity;

INSERT INTO work_attribute (entity, position, path, name, ss_key, type,
	raw_type, length, decimals, target, delete_rule, is_mandatory,
	is_autonumber, is_active, is_optional, column_name, rule)
SELECT e.n, row_number() OVER (PARTITION BY e.n ORDER BY a.position),
	a.entity || '.' || a.attribute, a.attribute,
	pg_temp.key('attribute/' || coalesce(m.key_path, m.module) || '/' || e.name || '/'
		|| coalesce(a.ss_key_of, a.attribute) || '/' || e.copy),
	CASE WHEN a.type LIKE 'rt%' THEN regexp_replace(a.type, '\(.*', '')
		WHEN a.type LIKE '=%' THEN 'raw' END,
	CASE WHEN a.type LIKE '=%' THEN substr(a.type, 2) END,
	coalesce(substring(a.type FROM '^rt\w+\((\d+)')::integer,
		CASE a.type WHEN 'rtEmail' THEN 250 WHEN 'rtPhoneNumber' THEN 20 WHEN 'rtCurrency' THEN 37 ELSE 0 END),
	coalesce(substring(a.type FROM '^rt\w+\(\d+,(\d+)')::integer,
		CASE a.type WHEN 'rtCurrency' THEN 8 ELSE 0 END),
	t.n, coalesce(substring(a.note FROM 'Delete|Ignore'), 'Protect'),
	a.note LIKE '%mandatory%', a.note LIKE '%auto%',
	a.note NOT LIKE '%deleted%', false,
	coalesce(a.column_name, pg_temp.column_name(a.attribute)),
	substring(a.note FROM 'label|order|true')
FROM named_attribute a
JOIN copied_entity e ON e.entity = a.entity
JOIN copied_module m ON m.n = e.module_n
LEFT JOIN LATERAL (SELECT t.n
	FROM copied_entity t
	WHERE t.entity = a.type AND t.copy IN (e.copy, 1)
	ORDER BY t.copy DESC
	LIMIT 1) AS t ON true;

-- Types as they are: keys of the own module and entity, two that nobody has,
-- and keys of entities by name.
UPDATE work_attribute a
SET raw_type = s.raw_type
FROM (SELECT a.entity, a.position,
		replace(replace(replace(replace(replace(
			CASE WHEN t.drawn_key IS NULL THEN a.raw_type
				ELSE regexp_replace(a.raw_type, '\{.*\}', t.drawn_key) END,
			'%1$s', m.ss_key), '%1$S', upper(m.ss_key)), '%2$s', e.ss_key),
			'%3$s', pg_temp.key('nobody/' || m.n)),
			'%4$s', pg_temp.key('nothing/' || m.n)) AS raw_type
	FROM work_attribute a
	JOIN work_entity e ON e.n = a.entity
	JOIN work_module m ON m.n = e.module
	LEFT JOIN copied_entity t
		ON t.entity = substring(a.raw_type FROM '\{(.*)\}') AND t.copy = e.copy
	WHERE a.raw_type IS NOT NULL) AS s
WHERE s.entity = a.entity AND s.position = a.position;

UPDATE work_entity e
SET id_type = a.type, id_length = a.length, id_auto = a.is_autonumber,
	id_target = a.target
FROM work_attribute a
WHERE a.entity = e.n AND a.position = 1 AND e.has_identifier;

INSERT INTO work_record (entity, position, name, ss_key, is_active, is_optional)
SELECT e.n, row_number() OVER (PARTITION BY e.n ORDER BY r.note COLLATE "C" DESC, r.record COLLATE "C"), r.record,
	pg_temp.key('record/' || e.entity || '/' || r.record || r.note || '/' || e.copy),
	r.note NOT LIKE '%deleted%', false
FROM named_record r
JOIN copied_entity e ON e.entity = r.entity;

INSERT INTO generator_trap (trap, object, detail)
SELECT trap, object, detail
FROM (
	SELECT e.n, 0 AS position, e.trap, m.name || '.' || e.name AS object, e.detail
	FROM copied_entity e
	JOIN work_module m ON m.n = e.module_n
	WHERE e.trap IS NOT NULL
	UNION ALL
	SELECT e.n, a.position, a.trap, m.name || '.' || e.name || '.' || a.attribute, a.detail
	FROM named_attribute a
	JOIN copied_entity e ON e.entity = a.entity
	JOIN work_module m ON m.n = e.module_n
	WHERE a.trap IS NOT NULL
	UNION ALL
	SELECT e.n, 1000, r.trap, m.name || '.' || e.name || '.' || r.record, r.detail
	FROM named_record r
	JOIN copied_entity e ON e.entity = r.entity
	JOIN work_module m ON m.n = e.module_n
	WHERE r.trap IS NOT NULL
) AS planted
ORDER BY n, position;

ANALYZE work_module, work_entity, work_attribute;
