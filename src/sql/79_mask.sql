/*
 * 79_mask: masks as functions.
 *
 * They read the secret, the setting osmeta.mask_secret, hence they are stable
 * and no more.
 */

CREATE FUNCTION osmeta.mask_text(value text)
RETURNS text
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_text_sql';
COMMENT ON FUNCTION osmeta.mask_text(text) IS 'Another text of the same length and characters of the same kinds; different texts stay different';

CREATE FUNCTION osmeta.mask_phone(value text)
RETURNS text
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_phone_sql';
COMMENT ON FUNCTION osmeta.mask_phone(text) IS 'Another telephone number of as many digits; different ones stay different';

CREATE FUNCTION osmeta.mask_name(value text)
RETURNS text
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_name_sql';
COMMENT ON FUNCTION osmeta.mask_name(text) IS 'Each word becomes an invented one of the same length; two names may become one';

CREATE FUNCTION osmeta.mask_email(value text, max_length integer DEFAULT 250)
RETURNS text
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_email_sql';
COMMENT ON FUNCTION osmeta.mask_email(text, integer) IS 'Another address, of a domain that never exists; different ones stay different';

CREATE FUNCTION osmeta.mask_number(value smallint)
RETURNS smallint
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_smallint';
COMMENT ON FUNCTION osmeta.mask_number(smallint) IS 'Another number of the same sign and as many digits; different ones stay different';

CREATE FUNCTION osmeta.mask_number(value integer)
RETURNS integer
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_integer';
COMMENT ON FUNCTION osmeta.mask_number(integer) IS 'Another number of the same sign and as many digits; different ones stay different';

CREATE FUNCTION osmeta.mask_number(value bigint)
RETURNS bigint
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_bigint';
COMMENT ON FUNCTION osmeta.mask_number(bigint) IS 'Another number of the same sign and as many digits; different ones stay different';

CREATE FUNCTION osmeta.mask_number(value numeric)
RETURNS numeric
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_numeric';
COMMENT ON FUNCTION osmeta.mask_number(numeric) IS 'Another number of the same sign, digits and decimals; different ones stay different';

CREATE FUNCTION osmeta.mask_date(value date)
RETURNS date
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_date';
COMMENT ON FUNCTION osmeta.mask_date(date) IS 'A day that is earlier by a number of days that the secret says; 1900-01-01 stays';

CREATE FUNCTION osmeta.mask_date(value timestamp)
RETURNS timestamp
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_timestamp';
COMMENT ON FUNCTION osmeta.mask_date(timestamp) IS 'The same time of a day that is earlier by a number of days that the secret says; 1900-01-01 stays';

CREATE FUNCTION osmeta.mask_date(value timestamptz)
RETURNS timestamptz
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_timestamp';
COMMENT ON FUNCTION osmeta.mask_date(timestamptz) IS 'The same time in UTC of a day that is earlier by a number of days that the secret says; 1900-01-01 stays';

CREATE FUNCTION osmeta.mask_has_secret()
RETURNS boolean
LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'osmeta_mask_has_secret_sql';
COMMENT ON FUNCTION osmeta.mask_has_secret() IS 'Internal: has this session a secret?';
