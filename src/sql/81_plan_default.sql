/*
 * 81_plan_default: what attributes get that only the target has.
 *
 * Their default, where it is known and a literal of their type: the one of
 * the model first, then the DEFAULT of the column; plan_default.c looks for
 * them when a plan is made.
 */

/*
 * The value that a definition stands for, as text; NULL unless it is a
 * literal of the data type that the column can hold.  Texts stand in double
 * quotes in the model and in single ones in SQL, dates between #; engines put
 * parentheses around a literal, or its type behind it.
 *
 * Each WHEN leaves to the next what it need not fail on.
 */
CREATE FUNCTION osmeta.default_literal(definition text, type text, column_type text)
RETURNS text
LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
        WHEN l.kind = 'text' THEN
            CASE WHEN NOT l.is_quoted OR l.column_type !~ '^(character varying|character|text)' THEN NULL
                WHEN l.limit_text IS NULL THEN l.value
                WHEN char_length(l.value) <= l.limit_text::integer THEN l.value
            END
        WHEN l.kind = 'truth' THEN
            CASE WHEN l.column_type = 'boolean' THEN
                    CASE WHEN l.word IN ('true', 't', '1') THEN 'true' WHEN l.word IN ('false', 'f', '0') THEN 'false' END
                WHEN l.column_type ~ '^(smallint|integer|bigint|numeric)' THEN
                    CASE WHEN l.word IN ('true', 't', '1') THEN '1' WHEN l.word IN ('false', 'f', '0') THEN '0' END
            END
        WHEN l.kind = 'number' AND l.value ~ '^[+-]?[0-9]{1,37}([.][0-9]{1,37})?$' THEN
            CASE
                WHEN l.whole IS NOT NULL THEN
                    CASE WHEN l.value::numeric = trunc(l.value::numeric)
                        AND l.value::numeric BETWEEN - l.whole - 1 AND l.whole
                        THEN trunc(l.value::numeric)::text END
                WHEN l.column_type = 'numeric' OR l.column_type ~ '^double precision' THEN l.value::numeric::text
                WHEN l.digits IS NOT NULL THEN
                    CASE WHEN l.value::numeric = round(l.value::numeric, l.decimals::integer)
                        AND abs(l.value::numeric) < 10::numeric ^ (l.digits::integer - l.decimals::integer)
                        THEN l.value::numeric::text END
            END
        WHEN l.kind = 'time' AND l.column_type ~ '^timestamp' THEN
            CASE
                WHEN l.value ~ '^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$' THEN '1900-01-01 ' || l.value
                WHEN l.value ~ '^[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]([ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,3})?)?$' THEN
                    CASE WHEN substr(l.value, 1, 4)::integer < 1753 THEN NULL
                        WHEN substr(l.value, 9, 2)::integer BETWEEN 1 AND EXTRACT(day FROM
                            make_date(substr(l.value, 1, 4)::integer, substr(l.value, 6, 2)::integer, 1) + interval '1 month' - interval '1 day')
                        THEN substr(l.value, 1, 10) || ' ' || COALESCE(NULLIF(substr(l.value, 12), ''), '00:00:00')
                    END
            END
    END
    FROM (
        SELECT q.kind, q.column_type, q.token ~ '^N?[''"]' AS is_quoted,
            CASE
                WHEN q.token ~ '^N?''' THEN replace(regexp_replace(q.token, '^N?''|''$', '', 'g'), '''''', '''')
                WHEN starts_with(q.token, '"') THEN replace(substr(q.token, 2, char_length(q.token) - 2), '""', '"')
                ELSE btrim(q.token, '#')
            END AS value,
            osmeta.fold_name(btrim(q.token, '''')) AS word,
            substring(q.column_type FROM '^character[^(]*[(]([0-9]+)[)]') AS limit_text,
            CASE q.column_type WHEN 'smallint' THEN 32767 WHEN 'integer' THEN 2147483647
                WHEN 'bigint' THEN 9223372036854775807 END::numeric AS whole,
            substring(q.column_type FROM '^numeric[(]([0-9]+)') AS digits,
            COALESCE(substring(q.column_type FROM '^numeric[(][0-9]+,([0-9]+)'), '0') AS decimals
        FROM (
            SELECT $3 AS column_type,
                substring(btrim($1) FROM '^[( ]*(N?''(?:[^'']|'''')*''|"(?:[^"]|"")*"|#[^#]*#|[+-]?[0-9]+(?:[.][0-9]+)?|[A-Za-z]+)[) ]*'
                    || '(?:::"?[a-z][a-z_ ]*"?(?:[(][0-9,]+[)])?[a-z ]*)?[) ]*$') AS token,
                CASE
                    WHEN osmeta.data_type($2) IN ('Text', 'Email', 'Phone Number') THEN 'text'
                    WHEN osmeta.data_type($2) IN ('Integer', 'Long Integer', 'Decimal', 'Currency') THEN 'number'
                    WHEN osmeta.data_type($2) = 'Boolean' THEN 'truth'
                    WHEN osmeta.data_type($2) IN ('Date', 'Time', 'Date Time') THEN 'time'
                END AS kind
        ) q
    ) l;
END;
COMMENT ON FUNCTION osmeta.default_literal(text, text, text) IS 'Internal: the value that a default stands for, NULL unless it is a literal of the type';

/*
 * What the attributes of a plan get that only the target has.  catalogue
 * holds what the target says of its columns' own defaults: entity_id,
 * attribute_no, definition (NULL: not to be seen).
 */
CREATE FUNCTION osmeta.plan_choose_default(plan_id bigint, catalogue jsonb)
RETURNS void
LANGUAGE SQL
BEGIN ATOMIC
    UPDATE osmeta.plan_attribute a
    SET transform = CASE
            WHEN v.literal IS NOT NULL AND NOT v.is_null_value THEN 'default'
            WHEN v.is_left_to_target THEN 'column default'
            ELSE a.transform END,
        target_default = CASE WHEN NOT v.is_null_value THEN v.literal END,
        transform_reason = CASE
            WHEN v.model_literal IS NOT NULL THEN format('default of the attribute in environment "%s": %s', v.target, v.model)
            WHEN v.column_literal IS NOT NULL THEN format('DEFAULT of column "%s" in environment "%s": %s', a.target_column, v.target, v.definition)
            WHEN v.is_left_to_target THEN format('DEFAULT of column "%s" in environment "%s", which computes it: %s', a.target_column, v.target, v.definition)
            WHEN v.model IS NOT NULL THEN format('the default in environment "%s" is no literal that the column can hold: %s', v.target, v.model)
            WHEN v.definition IS NOT NULL THEN format('the DEFAULT of column "%s" in environment "%s" is no literal that the column can hold: %s', a.target_column, v.target, v.definition)
            WHEN v.has_default THEN format('what the DEFAULT of column "%s" in environment "%s" says cannot be seen', a.target_column, v.target)
            ELSE format('no default in environment "%s"', v.target) END
    FROM (
        SELECT d.*, COALESCE(d.model_literal, d.column_literal) AS literal,
            COALESCE(COALESCE(d.model_literal, d.column_literal) IN (
                osmeta.null_value(d.target_attribute_type, d.dialect),
                CASE WHEN osmeta.data_type(d.target_attribute_type) = 'Boolean' THEN 'false' END,
                CASE WHEN osmeta.data_type(d.target_attribute_type) IN ('Text', 'Email', 'Phone Number') THEN '' END), false)
                AS is_null_value,
            -- elsewhere the column is part of each INSERT
            d.model_literal IS NULL AND d.column_literal IS NULL AND d.definition IS NOT NULL AND d.is_here
                -- a number that the model does not know to be an identifier is none of a row
                AND osmeta.data_type(d.target_attribute_type) <> 'Identifier' AS is_left_to_target
        FROM (
            SELECT p.target, n.server IS NULL AS is_here, COALESCE(n.dialect, 'postgres') AS dialect,
                t.entity_id, t.attribute_no, t.target_attribute_type,
                t.target_default AS model, c.definition, c.entity_id IS NOT NULL AND c.is_value AS has_default,
                osmeta.default_literal(t.target_default, t.target_attribute_type, t.target_type) AS model_literal,
                osmeta.default_literal(c.definition, t.target_attribute_type, t.target_type) AS column_literal
            FROM osmeta.plan p
            JOIN osmeta.environment n ON n.environment = p.target
            JOIN osmeta.plan_attribute t ON t.plan_id = p.plan_id
            LEFT JOIN (
                SELECT r.entity_id, r.attribute_no, v.is_value, CASE WHEN v.is_value THEN r.definition END AS definition
                FROM jsonb_to_recordset($2) r (entity_id bigint, attribute_no integer, definition text)
                CROSS JOIN LATERAL (VALUES (COALESCE(r.definition !~* '^[( ]*NULL([^a-z0-9_]|$)', true))) v (is_value)
            ) c ON c.entity_id = t.entity_id AND c.attribute_no = t.attribute_no
            WHERE p.plan_id = $1 AND t.status = 'target only' AND NOT t.is_identifier
        ) d
    ) v
    WHERE a.plan_id = $1 AND a.entity_id = v.entity_id AND a.attribute_no = v.attribute_no;
END;
COMMENT ON FUNCTION osmeta.plan_choose_default(bigint, jsonb) IS 'Internal: choose what the attributes of a plan get that only the target has';
