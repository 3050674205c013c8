/*
 * 70_report: pages about what there is and what differs.
 */

CREATE FUNCTION osmeta.report(environment text)
RETURNS text
AS 'MODULE_PATHNAME', 'osmeta_report'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.report(text) IS
	'a page about an environment: inventory, problems, sizes, left-overs, names, dependencies (HTML)';

CREATE FUNCTION osmeta.report(source text, target text)
RETURNS text
AS 'MODULE_PATHNAME', 'osmeta_report_compare'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.report(text, text) IS
	'a page about what two environments or captures have in common and what differs (HTML)';
