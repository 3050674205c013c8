/*
 * 68_picture: the model as a picture.
 */

CREATE FUNCTION osmeta.erd(environment text, scope text[] DEFAULT '{*}',
	format text DEFAULT 'mermaid')
RETURNS text
AS 'MODULE_PATHNAME', 'osmeta_erd'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION osmeta.erd(text, text[], text) IS
	'entities and their references as a diagram, in the language of Mermaid or of Graphviz';
