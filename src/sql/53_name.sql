/*
 * 53_name: do the names of tables follow from those of modules and entities?
 *
 * What 50_view and 52_question say of joins and names holds here too.
 */

/*
 * Do the names of tables follow from those of modules and entities?  An
 * Oracle factory follows one of two rules; the one that explains more of its
 * names is taken.
 */
CREATE VIEW osmeta.name_audit AS
SELECT v.environment, v.capture_id, v.espace, v.entity,
	v.physical_table_name, v.computed_name, v.verdict,
	CASE WHEN v.verdict ^@ 'other key' THEN h.espaces END AS evidence,
	v.is_effective, v.extension, v.entity_id, v.dialect
FROM (SELECT o.environment, o.capture_id, o.store_id, o.espace, o.entity,
			btrim(o.physical_table_name) AS physical_table_name, r.dialect,
			osmeta.physical_table_name(o.espace, o.entity, r.dialect)
				AS computed_name,
			osmeta.explain_physical_name(o.espace, o.entity,
				btrim(o.physical_table_name), r.dialect) AS verdict,
			o.is_effective, o.extension, o.entity_id
		FROM osmeta.owned_entity AS o
			JOIN (SELECT c.store_id,
						CASE
							WHEN c.dialect <> 'oracle' THEN c.dialect
							WHEN count(*) FILTER (WHERE
								CASE WHEN c.dialect = 'oracle' THEN
									osmeta.explain_physical_name(e.espace,
										e.entity,
										btrim(e.physical_table_name),
										'oracle8') IN ('exact', 'numbered')
								END)
								> count(*) FILTER (WHERE
								CASE WHEN c.dialect = 'oracle' THEN
									osmeta.explain_physical_name(e.espace,
										e.entity,
										btrim(e.physical_table_name),
										'oracle') IN ('exact', 'numbered')
								END) THEN 'oracle8'
							ELSE 'oracle'
						END AS dialect
					FROM osmeta.shown_capture AS c
						JOIN osmeta.owned_entity AS e
							ON e.store_id = c.store_id
					GROUP BY c.store_id, c.dialect) AS r
				ON r.store_id = o.store_id
		WHERE btrim(o.physical_table_name) <> '') AS v
	-- whose key it is otherwise
	LEFT JOIN (SELECT e.capture_id AS store_id,
				osmeta.espace_hash(e.name) AS hash,
				string_agg(e.name, ', ' ORDER BY e.is_active DESC,
					e.name COLLATE "C") AS espaces
			FROM osmeta.shown_capture AS c
				JOIN osmeta.captured_espace AS e ON e.capture_id = c.store_id
			GROUP BY e.capture_id, osmeta.espace_hash(e.name)) AS h
		ON h.store_id = v.store_id
		AND h.hash = osmeta.fold_name(split_part(v.physical_table_name,
			'_', 2));
COMMENT ON VIEW osmeta.name_audit IS
	'do the names of tables follow from those of modules and entities?';

INSERT INTO osmeta.live_view (view_name, position)
VALUES
	('name_audit', 222);
