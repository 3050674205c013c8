-- Foreign keys of one slice of the entities, and what else belongs to some:
-- event tables, tables of translations, views of tenants.  Then statistics.

SELECT coalesce(k.statement, '') || coalesce(v.statement, '') || coalesce(m.statement, '')
	|| coalesce(t.statement, '') || format('ANALYZE %I', e.table_name)
FROM work_entity e
JOIN work_module w ON w.n = e.module
LEFT JOIN LATERAL (
	SELECT format('ALTER TABLE %I %s;', e.table_name,
		string_agg(format('ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES %I%s',
			pg_temp.fit('OSFRK_' || e.table_name || '_' || p.table_name || '_' || a.column_name),
			a.column_name, p.table_name,
			CASE a.delete_rule WHEN 'Delete' THEN ' ON DELETE CASCADE' ELSE '' END), ', ' ORDER BY a.position)) AS statement
	FROM work_attribute a
	JOIN work_entity p ON p.n = a.target
	WHERE a.entity = e.n AND a.delete_rule <> 'Ignore' AND p.table_name IS NOT NULL
	HAVING count(*) > 0
) AS k ON true
LEFT JOIN LATERAL (
	SELECT format('CREATE TABLE %I (%s);',
		pg_temp.cut(regexp_replace(e.table_name, '^OSUSR_', 'OSEVT_'), 63),
		concat_ws(', ',
			'"_ESPACE_ID" integer', '"_TENANT_ID" integer', '"_ACTIVITY_ID" integer',
			'"_PROCESS_DEF_ID" integer', '"_IS_UPDATE" boolean', '"_IS_LIGHT" boolean',
			CASE WHEN e.is_multitenant THEN '"TENANT_ID" integer' END,
			string_agg(format('%I %s', a.column_name,
				pg_temp.column_type(coalesce(p.id_type, a.type), coalesce(p.id_length, a.length), a.decimals)), ', ' ORDER BY a.position))) AS statement
	FROM work_attribute a
	LEFT JOIN work_entity p ON p.n = a.target
	WHERE a.entity = e.n AND e.has_events
		AND (a.position = 1 OR a.target IS NOT NULL AND a.is_active)
	HAVING count(*) > 0
) AS v ON true
-- A translation of each text, for a locale
LEFT JOIN LATERAL (
	SELECT format('CREATE TABLE %1$I ("ID" %2$s, "LOCALE" varchar(20)%3$s, CONSTRAINT %4$I PRIMARY KEY ("ID", "LOCALE"));',
		pg_temp.cut('OSUSR_' || w.hash || '__ML' || e.name, 63),
		pg_temp.column_type(e.id_type, e.id_length, 0),
		string_agg(format(', %I %s', a.column_name, pg_temp.column_type(a.type, a.length, a.decimals)), '' ORDER BY a.position)
			FILTER (WHERE a.type = 'rtText' AND a.position > 1 AND a.column_name NOT IN ('ID', 'LOCALE')),
		pg_temp.fit('OSPRK_' || 'OSUSR_' || w.hash || '__ML' || e.name)) AS statement
	FROM work_attribute a
	WHERE a.entity = e.n AND e.is_multilingual
	HAVING count(*) > 0
) AS m ON true
LEFT JOIN LATERAL (
	SELECT string_agg(format('CREATE VIEW %I AS SELECT %s FROM %I WHERE "TENANT_ID" = %s;',
		pg_temp.cut(e.table_name, 58) || '_T' || n.id, s.columns, e.table_name, n.id), '' ORDER BY n.id) AS statement
	FROM work_tenant n
	CROSS JOIN (SELECT string_agg(quote_ident(a.column_name), ', ' ORDER BY a.position) AS columns
		FROM work_attribute a
		WHERE a.entity = e.n AND a.is_active) AS s
	WHERE e.is_multitenant AND n.id <> 1
) AS t ON true
WHERE e.has_table AND e.n % :slices = :slice
ORDER BY e.n
\gexec
