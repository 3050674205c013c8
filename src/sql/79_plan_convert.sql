/*
 * 79_plan_convert: values whose data type is another one at the target.
 *
 * Publishing a changed type converts the column if every row can be converted
 * (facts of the platform); transform convert does the same on the way, and
 * one type's null value becomes the other's.
 */

-- Does publishing convert a column of one data type into the other?
CREATE FUNCTION osmeta.is_convertible(from_label text, to_label text)
RETURNS boolean
LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT f.kind = t.kind
        OR f.kind = 'text' AND t.kind IN ('number', 'time')
        OR t.kind = 'text' AND f.kind IN ('number', 'time')
    FROM (VALUES (from_label, to_label)) l (source, target)
    CROSS JOIN LATERAL (VALUES (
        CASE
            WHEN l.source IN ('Text', 'Email', 'Phone Number') THEN 'text'
            WHEN l.source IN ('Integer', 'Long Integer', 'Decimal', 'Currency', 'Boolean') THEN 'number'
            WHEN l.source IN ('Date', 'Time', 'Date Time') THEN 'time'
        END)) f (kind)
    CROSS JOIN LATERAL (VALUES (
        CASE
            WHEN l.target IN ('Text', 'Email', 'Phone Number') THEN 'text'
            WHEN l.target IN ('Integer', 'Long Integer', 'Decimal', 'Currency', 'Boolean') THEN 'number'
            WHEN l.target IN ('Date', 'Time', 'Date Time') THEN 'time'
        END)) t (kind)
    WHERE f.kind IS NOT NULL AND t.kind IS NOT NULL;
END;
COMMENT ON FUNCTION osmeta.is_convertible(text, text) IS 'Internal: does publishing convert a column of one data type into the other, if every row can be?';

-- The expression that converts a value; types are the vendor's, column types
-- as declared here.
CREATE FUNCTION osmeta.plan_convert(value text, from_type text, to_type text,
    from_column_type text, to_column_type text, from_dialect text, to_dialect text)
RETURNS text
LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
RETURN format('CASE %1$s WHEN %2$L::%3$s THEN %4$L::%5$s ELSE %6$s END', value,
    osmeta.null_value(from_type, from_dialect), from_column_type,
    osmeta.null_value(to_type, to_dialect), to_column_type,
    osmeta.publish_cast(value, osmeta.data_type(from_type), osmeta.data_type(to_type), to_column_type));
COMMENT ON FUNCTION osmeta.plan_convert(text, text, text, text, text, text, text) IS 'Internal: the expression that converts a value to another data type; null values become null values';

-- What can be done at the target of a wrapper?
CREATE FUNCTION osmeta.sink_can(wrapper text, ability text)
RETURNS boolean
LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'osmeta_sink_can';
COMMENT ON FUNCTION osmeta.sink_can(text, text) IS 'Internal: whether rows can be delivered to servers of a wrapper (NULL: into this database): insert; assigned, identifiers that the target gives come back; counter, identity counters can be moved';

CREATE FUNCTION osmeta.sqlserver_datetime(moment timestamp)
RETURNS timestamp
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_sqlserver_datetime';
COMMENT ON FUNCTION osmeta.sqlserver_datetime(timestamp) IS 'Internal: a moment as datetime of SQL Server keeps it, in three hundredths of a second';
