/*
 * 66_publish: what publishing the model of one capture does to the database
 * of another.
 *
 * publish_change puts the steps of all kinds together, publish_result gives
 * them their order and, if wanted, counts the rows that are in their way.
 */

CREATE FUNCTION osmeta.publish_change(old_id bigint, new_id bigint,
	dialect text)
RETURNS SETOF osmeta.publish_step
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT s.*
	FROM osmeta.publish_entity_step(publish_change.old_id,
		publish_change.new_id, publish_change.dialect) AS s
	UNION ALL
	SELECT s.*
	FROM osmeta.publish_attribute_step(publish_change.old_id,
		publish_change.new_id, publish_change.dialect) AS s
	UNION ALL
	SELECT s.*
	FROM osmeta.publish_event_step(publish_change.old_id,
		publish_change.new_id, publish_change.dialect) AS s
	UNION ALL
	SELECT s.*
	FROM osmeta.publish_key_step(publish_change.old_id,
		publish_change.new_id, publish_change.dialect) AS s
	UNION ALL
	SELECT s.*
	FROM osmeta.publish_record_step(publish_change.old_id,
		publish_change.new_id, publish_change.dialect) AS s;
END;
COMMENT ON FUNCTION osmeta.publish_change(bigint, bigint, text) IS
	'Internal: everything that publishing the model of one capture does to the database of another';

CREATE FUNCTION osmeta.publish_count(statements text[], OUT offenders bigint,
	OUT failure text)
AS 'MODULE_PATHNAME', 'osmeta_publish_count'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.publish_count(text[]) IS
	'Internal: runs the statements of a count and takes back what they made; says what could not be read';

/*
 * publish_impact() for two captures: by espace and entity, each in the order
 * in which things happen there; statement_no is the order of all statements.
 */
CREATE FUNCTION osmeta.publish_result(old_id bigint, new_id bigint,
	dialect text, environment text, is_counted boolean)
RETURNS TABLE (severity text, object text, change text, statement text,
	term text, row_count bigint, bytes bigint, offender_query text,
	offenders bigint, message text, hint text, entity_key osmeta.oskey,
	attribute_key text, statement_no bigint)
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	WITH spoken AS MATERIALIZED (
		-- table names by the older rule of Oracle are found by themselves
		SELECT CASE coalesce(publish_result.dialect, c.dialect)
			WHEN 'oracle8' THEN 'oracle'
			ELSE coalesce(publish_result.dialect, c.dialect) END AS dialect
		FROM osmeta.capture AS c
		WHERE c.capture_id = publish_result.old_id
	), step AS MATERIALIZED (
		SELECT s.*,
			CASE WHEN s.statement IS NOT NULL THEN
				row_number() OVER (PARTITION BY s.statement IS NULL
					ORDER BY s.step, s.espace COLLATE "C",
					s.entity COLLATE "C", s.key_text, s.position,
					s.attribute COLLATE "C", s.attribute_key, s.change,
					s.statement COLLATE "C")
				END AS statement_no
		FROM spoken AS d,
			LATERAL osmeta.publish_change(publish_result.old_id,
				publish_result.new_id, d.dialect) AS s
	), counted AS MATERIALIZED (
		SELECT s.*, c.offenders, c.failure
		FROM step AS s
			-- strict: nothing is run where the argument is NULL
			LEFT JOIN LATERAL osmeta.publish_count(
					CASE WHEN publish_result.is_counted
						THEN osmeta.publish_count_statement(
							publish_result.environment, s.count_tables,
							s.count_query) END) AS c
				ON true
	), judged AS MATERIALIZED (
		SELECT c.*,
			CASE
				WHEN c.offenders = 0
					THEN coalesce(c.none_severity, c.severity)
				WHEN c.offenders > 0
					THEN coalesce(c.some_severity, c.severity)
				ELSE c.severity
			END AS judged
		FROM counted AS c
	)
	SELECT j.judged,
		concat_ws('.', j.espace, j.entity, j.attribute), j.change,
		j.statement,
		CASE WHEN j.judged = 'error'
			THEN coalesce(j.term, 'Database Upgrade Error')
			ELSE j.term END,
		j.row_count, j.bytes, j.offender_query, j.offenders,
		j.message || CASE
			WHEN publish_result.is_counted AND j.offender_query IS NOT NULL
				AND j.offenders IS NULL
				THEN format('; not counted: %s', coalesce(j.failure,
					'the table or a column is not in the catalogue, or cannot be read here'))
			ELSE '' END,
		j.hint, j.key_text::osmeta.oskey, j.attribute_key, j.statement_no
	FROM judged AS j
	ORDER BY j.espace COLLATE "C", j.entity COLLATE "C" NULLS FIRST,
		j.key_text NULLS FIRST, j.position, j.attribute COLLATE "C" NULLS FIRST,
		j.attribute_key, j.step, j.change COLLATE "C", j.statement_no,
		j.message COLLATE "C";
END;
COMMENT ON FUNCTION osmeta.publish_result(bigint, bigint, text, text, boolean) IS
	'Internal: publish_impact() for two captures';

CREATE FUNCTION osmeta.publish_impact(old_model text, new_model text,
	dialect text DEFAULT NULL, count_offenders boolean DEFAULT false)
RETURNS TABLE (severity text, object text, change text, statement text,
	term text, row_count bigint, bytes bigint, offender_query text,
	offenders bigint, message text, hint text, entity_key osmeta.oskey,
	attribute_key text, statement_no bigint)
AS 'MODULE_PATHNAME', 'osmeta_publish_impact'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.publish_impact(text, text, text, boolean) IS
	'what publishing the model of one environment or capture does to the database of another: statements, severity, rows that are in the way';
