/*
 * 45_physical: the factory's database as its engine describes it.
 *
 * Numbers of rows and bytes are what the engine's own statistics say; they
 * are NULL where it has none, or where the user who read them may not.
 */

-- Which tables and views does the factory's database have, and how large?
CREATE VIEW osmeta.physical_table AS
SELECT c.environment, c.capture_id, t.table_name, t.kind, t.row_count,
	t.data_bytes, t.index_bytes, t.lob_bytes, t.table_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_physical_table AS t ON t.capture_id = c.store_id;
COMMENT ON VIEW osmeta.physical_table IS
	'which tables and views does the factory''s database have, and how large are they?';

-- Which columns do they have?
CREATE VIEW osmeta.physical_column AS
SELECT c.environment, c.capture_id, p.table_name, p.column_name, p.position,
	p.data_type, p.length, p.precision, p.scale, p.is_nullable, p.is_identity,
	p.identity_generation, p.is_generated, p.has_default, p.local_type,
	p.local_name, p.is_table, p.table_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_physical_column AS p ON p.capture_id = c.store_id;
COMMENT ON VIEW osmeta.physical_column IS
	'which columns do the tables and views of the factory''s database have?';

-- Which primary, unique and foreign keys?
CREATE VIEW osmeta.physical_key AS
SELECT c.environment, c.capture_id, k.table_name, k.key_name, k.kind,
	k.columns, k.target_table, k.delete_action, k.table_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_physical_key AS k ON k.capture_id = c.store_id;
COMMENT ON VIEW osmeta.physical_key IS
	'which primary (p), unique (u) and foreign (f) keys do the tables have?';

-- Which indexes?
CREATE VIEW osmeta.physical_index AS
SELECT c.environment, c.capture_id, i.table_name, i.index_name, i.columns,
	i.is_unique, i.is_primary, i.is_partial, i.table_id
FROM osmeta.shown_capture AS c
	JOIN osmeta.captured_physical_index AS i ON i.capture_id = c.store_id;
COMMENT ON VIEW osmeta.physical_index IS
	'which indexes do the tables have? (NULL in columns: an expression)';

INSERT INTO osmeta.live_view (view_name, position)
VALUES
	('physical_table', 11),
	('physical_column', 12),
	('physical_key', 13),
	('physical_index', 14);
