/*
 * 22_catalogue: how the physical catalogue of a factory's engine is read.
 *
 * catalog_column says what is declared of the engine's own catalogue,
 * catalog_view makes the views live_physical_* of it.  attach is driven by
 * these rows.
 */

/*
 * The factory's own catalogue: which of its tables are declared in the
 * schema of the environment (never a column of type sql_variant), and the
 * views over them.  Without a remote_schema remote_table is a query.  The
 * query of a view is a template:
 *	{catalog_x}		the table, fenced where the wrapper wants it
 *	{schema}		remote_schema of the environment, quoted as a literal
 *	{is_local}		true if the tables stand in this database
 *	{boolean_type}	of the wrapper, quoted as a literal
 */
CREATE TABLE osmeta.catalog_column
(
	dialect text NOT NULL
		CHECK (dialect IN ('sqlserver', 'oracle', 'postgres')),
	catalog_table text NOT NULL,
	position int NOT NULL,
	column_name text NOT NULL,
	type text NOT NULL,
	remote_schema text,
	remote_table text NOT NULL,
	remote_column text NOT NULL,
	PRIMARY KEY (dialect, catalog_table, position),
	UNIQUE (dialect, catalog_table, column_name)
);
COMMENT ON TABLE osmeta.catalog_column IS
	'what is declared of the catalogue of a factory''s engine';

CREATE TABLE osmeta.catalog_view
(
	dialect text NOT NULL
		CHECK (dialect IN ('sqlserver', 'oracle', 'postgres')),
	view_name text NOT NULL
		CHECK (view_name IN ('physical_relation', 'physical_size',
							 'physical_column', 'physical_key',
							 'physical_index', 'physical_counter',
							 'physical_trigger', 'physical_privilege',
							 'physical_default', 'physical_check')),
	query text NOT NULL,
	PRIMARY KEY (dialect, view_name)
);
COMMENT ON TABLE osmeta.catalog_view IS
	'how the views live_physical_* of an environment are made from the catalogue of a factory''s engine';

INSERT INTO osmeta.catalog_column
	(dialect, catalog_table, position, column_name, type, remote_schema,
	 remote_table, remote_column)
SELECT d.dialect, 'catalog_' || d.name, c.position, split_part(c.item, ' ', 1),
	substr(c.item, strpos(c.item, ' ') + 1), d.remote_schema,
	CASE d.dialect WHEN 'oracle' THEN upper(d.name COLLATE "C") ELSE d.name END,
	CASE d.dialect
		WHEN 'oracle' THEN upper(split_part(c.item, ' ', 1) COLLATE "C")
		ELSE split_part(c.item, ' ', 1)
	END
FROM (VALUES
	('postgres', 'pg_catalog', 'pg_namespace',
	 'oid oid,nspname name'),
	('postgres', 'pg_catalog', 'pg_class',
	 'oid oid,relname name,relnamespace oid,relkind "char",reltuples real,relpages integer,reltoastrelid oid,relowner oid,relacl text'),
	('postgres', 'pg_catalog', 'pg_type',
	 'oid oid,typname name'),
	('postgres', 'pg_catalog', 'pg_attribute',
	 'attrelid oid,attname name,attnum smallint,atttypid oid,atttypmod integer,attnotnull boolean,atthasdef boolean,attidentity "char",attgenerated "char",attisdropped boolean,attacl text'),
	('postgres', 'pg_catalog', 'pg_index',
	 'indexrelid oid,indrelid oid,indnkeyatts smallint,indisunique boolean,indisprimary boolean,indisvalid boolean,indkey int2vector,indexprs text,indpred text'),
	('postgres', 'pg_catalog', 'pg_constraint',
	 'oid oid,conname name,contype "char",conrelid oid,contypid oid,confrelid oid,confdeltype "char",conparentid oid,conkey smallint[]'),
	('postgres', 'pg_catalog', 'pg_depend',
	 'classid oid,objid oid,refclassid oid,refobjid oid,refobjsubid integer,deptype "char"'),
	('postgres', 'pg_catalog', 'pg_inherits',
	 'inhrelid oid,inhparent oid'),
	('postgres', 'pg_catalog', 'pg_sequences',
	 'schemaname name,sequencename name,last_value bigint'),
	('postgres', 'pg_catalog', 'pg_attrdef',
	 'oid oid,adrelid oid,adnum smallint'),
	('postgres', 'pg_catalog', 'pg_trigger',
	 'tgrelid oid,tgname name,tgtype smallint,tgenabled "char",tgisinternal boolean'),
	('postgres', 'pg_catalog', 'pg_roles',
	 'oid oid,rolname name'),
	('postgres', 'information_schema', 'enabled_roles',
	 'role_name text'),
	('postgres', 'information_schema', 'columns',
	 'table_schema text,table_name text,column_name text,column_default text'),
	('postgres', 'information_schema', 'check_constraints',
	 'constraint_schema text,constraint_name text,check_clause text'),
	('oracle', 'SYS', 'all_objects',
	 'owner text,object_name text,object_id numeric,object_type text'),
	('oracle', 'SYS', 'all_tables',
	 'owner text,table_name text,num_rows numeric'),
	('oracle', 'SYS', 'all_indexes',
	 'owner text,index_name text,table_owner text,table_name text,uniqueness text'),
	('oracle', 'SYS', 'all_ind_columns',
	 'index_owner text,index_name text,column_name text,column_position numeric'),
	('oracle', 'SYS', 'all_lobs',
	 'owner text,table_name text,segment_name text,index_name text'),
	('oracle', 'SYS', 'dba_segments',
	 'owner text,segment_name text,bytes numeric'),
	('oracle', 'SYS', 'all_tab_cols',
	 'owner text,table_name text,column_name text,column_id numeric,data_type text,char_length numeric,data_precision numeric,data_scale numeric,nullable text,identity_column text,virtual_column text,hidden_column text,default_length numeric'),
	('oracle', 'SYS', 'all_constraints',
	 'owner text,constraint_name text,constraint_type text,table_name text,r_owner text,r_constraint_name text,delete_rule text,index_name text'),
	('oracle', 'SYS', 'all_cons_columns',
	 'owner text,constraint_name text,table_name text,column_name text,position numeric'),
	('oracle', 'SYS', 'all_triggers',
	 'trigger_name text,table_owner text,table_name text,base_object_type text,triggering_event text,status text'),
	('oracle', 'SYS', 'all_tab_privs',
	 'table_schema text,table_name text,privilege text'),
	('oracle', 'SYS', 'user_users',
	 'username text'),
	('oracle', 'SYS', 'session_privs',
	 'privilege text')
	) AS d (dialect, remote_schema, name, columns),
	LATERAL unnest(string_to_array(d.columns, ','))
		WITH ORDINALITY AS c (item, position);

/*
 * SQL Server: each part of the catalogue is one query that runs there, since
 * each table that is read costs two logins.
 */
INSERT INTO osmeta.catalog_column
	(dialect, catalog_table, position, column_name, type, remote_schema,
	 remote_table, remote_column)
SELECT 'sqlserver', 'catalog_' || d.name, c.position,
	split_part(c.item, ' ', 1), split_part(c.item, ' ', 2), NULL, d.query,
	split_part(c.item, ' ', 1)
FROM (VALUES
	('relations',
	 'object_id integer,schema_name text,table_name text,type text',
	 $query$SELECT o.object_id AS object_id, s.name AS schema_name, o.name AS table_name,
	RTRIM(o.type) AS type
FROM sys.objects AS o
	JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V')$query$),
	('sizes',
	 'object_id integer,schema_name text,row_count bigint,data_pages bigint,index_pages bigint,lob_pages bigint',
	 $query$SELECT o.object_id AS object_id, s.name AS schema_name, r.row_count AS row_count,
	u.data_pages AS data_pages, u.index_pages AS index_pages, u.lob_pages AS lob_pages
FROM sys.objects AS o
	JOIN sys.schemas AS s ON s.schema_id = o.schema_id
	JOIN (SELECT p.object_id, CAST(SUM(p.rows) AS bigint) AS row_count
		FROM sys.partitions AS p
		WHERE p.index_id IN (0, 1)
		GROUP BY p.object_id) AS r ON r.object_id = o.object_id
	LEFT JOIN (SELECT p.object_id,
			CAST(SUM(CASE WHEN a.type <> 2 AND p.index_id IN (0, 1) THEN a.total_pages ELSE 0 END) AS bigint) AS data_pages,
			CAST(SUM(CASE WHEN a.type <> 2 AND p.index_id > 1 THEN a.total_pages ELSE 0 END) AS bigint) AS index_pages,
			CAST(SUM(CASE WHEN a.type = 2 THEN a.total_pages ELSE 0 END) AS bigint) AS lob_pages
		FROM sys.partitions AS p
			JOIN sys.allocation_units AS a ON a.container_id = p.partition_id
		GROUP BY p.object_id) AS u ON u.object_id = o.object_id
WHERE o.type = 'U'$query$),
	('columns',
	 'object_id integer,schema_name text,table_name text,type text,column_name text,column_id integer,type_name text,max_length integer,precision integer,scale integer,is_nullable integer,is_identity integer,is_computed integer,has_default integer',
	 $query$SELECT c.object_id AS object_id, s.name AS schema_name, o.name AS table_name,
	RTRIM(o.type) AS type, c.name AS column_name, c.column_id AS column_id,
	t.name AS type_name, CAST(c.max_length AS int) AS max_length,
	CAST(c.precision AS int) AS precision, CAST(c.scale AS int) AS scale,
	CAST(c.is_nullable AS int) AS is_nullable, CAST(c.is_identity AS int) AS is_identity,
	CAST(c.is_computed AS int) AS is_computed,
	CASE WHEN c.default_object_id <> 0 THEN 1 ELSE 0 END AS has_default
FROM sys.columns AS c
	JOIN sys.objects AS o ON o.object_id = c.object_id
	JOIN sys.schemas AS s ON s.schema_id = o.schema_id
	JOIN sys.types AS t ON t.user_type_id = c.system_type_id
WHERE o.type IN ('U', 'V')$query$),
	('indexes',
	 'object_id integer,schema_name text,table_name text,index_name text,is_unique integer,is_primary integer,is_partial integer,column_name text,ordinal integer',
	 $query$SELECT o.object_id AS object_id, s.name AS schema_name, o.name AS table_name,
	i.name AS index_name, CAST(i.is_unique AS int) AS is_unique,
	CAST(i.is_primary_key AS int) AS is_primary, CAST(i.has_filter AS int) AS is_partial,
	c.name AS column_name, CAST(x.key_ordinal AS int) AS ordinal
FROM sys.indexes AS i
	JOIN sys.objects AS o ON o.object_id = i.object_id
	JOIN sys.schemas AS s ON s.schema_id = o.schema_id
	JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id
	JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id
WHERE x.key_ordinal > 0 AND o.type = 'U'$query$),
	('foreign_keys',
	 'object_id integer,schema_name text,table_name text,key_name text,target_table text,delete_action integer,column_name text,ordinal integer',
	 $query$SELECT o.object_id AS object_id, s.name AS schema_name, o.name AS table_name,
	f.name AS key_name, r.name AS target_table,
	CAST(f.delete_referential_action AS int) AS delete_action,
	c.name AS column_name, CAST(x.constraint_column_id AS int) AS ordinal
FROM sys.foreign_keys AS f
	JOIN sys.objects AS o ON o.object_id = f.parent_object_id
	JOIN sys.schemas AS s ON s.schema_id = o.schema_id
	JOIN sys.objects AS r ON r.object_id = f.referenced_object_id
	JOIN sys.foreign_key_columns AS x ON x.constraint_object_id = f.object_id
	JOIN sys.columns AS c ON c.object_id = x.parent_object_id AND c.column_id = x.parent_column_id$query$),
	('triggers',
	 'object_id integer,schema_name text,table_name text,trigger_name text,is_disabled integer,is_insert integer,is_update integer,is_delete integer',
	 $query$SELECT o.object_id AS object_id, s.name AS schema_name, o.name AS table_name,
	t.name AS trigger_name, CAST(t.is_disabled AS int) AS is_disabled,
	COALESCE(e.is_insert, 0) AS is_insert, COALESCE(e.is_update, 0) AS is_update,
	COALESCE(e.is_delete, 0) AS is_delete
FROM sys.triggers AS t
	JOIN sys.objects AS o ON o.object_id = t.parent_id
	JOIN sys.schemas AS s ON s.schema_id = o.schema_id
	LEFT JOIN (SELECT v.object_id, MAX(CASE WHEN v.type = 1 THEN 1 ELSE 0 END) AS is_insert,
			MAX(CASE WHEN v.type = 2 THEN 1 ELSE 0 END) AS is_update,
			MAX(CASE WHEN v.type = 3 THEN 1 ELSE 0 END) AS is_delete
		FROM sys.trigger_events AS v
		GROUP BY v.object_id) AS e ON e.object_id = t.object_id$query$),
	('counters',
	 'object_id integer,schema_name text,table_name text,column_name text,last_value bigint',
	 $query$SELECT o.object_id AS object_id, s.name AS schema_name, o.name AS table_name,
	c.name AS column_name,
	CAST(IDENT_CURRENT(QUOTENAME(s.name) + '.' + QUOTENAME(o.name)) AS bigint) AS last_value
FROM sys.columns AS c
	JOIN sys.objects AS o ON o.object_id = c.object_id
	JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE c.is_identity = 1 AND o.type = 'U'$query$),
	('defaults',
	 'object_id integer,schema_name text,table_name text,column_name text,definition text',
	 $query$SELECT o.object_id AS object_id, s.name AS schema_name, o.name AS table_name,
	c.name AS column_name, d.definition AS definition
FROM sys.default_constraints AS d
	JOIN sys.objects AS o ON o.object_id = d.parent_object_id
	JOIN sys.schemas AS s ON s.schema_id = o.schema_id
	JOIN sys.columns AS c ON c.object_id = o.object_id AND c.column_id = d.parent_column_id
WHERE o.type = 'U'$query$),
	('checks',
	 'object_id integer,schema_name text,table_name text,constraint_name text,definition text',
	 $query$SELECT o.object_id AS object_id, s.name AS schema_name, o.name AS table_name,
	k.name AS constraint_name, k.definition AS definition
FROM sys.check_constraints AS k
	JOIN sys.objects AS o ON o.object_id = k.parent_object_id
	JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type = 'U' AND k.is_disabled = 0$query$),
	('permissions',
	 'object_id integer,schema_name text,table_name text,can_select integer,can_insert integer,can_update integer,can_delete integer,can_alter integer',
	 $query$SELECT o.object_id AS object_id, s.name AS schema_name, o.name AS table_name,
	HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', 'SELECT') AS can_select,
	HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', 'INSERT') AS can_insert,
	HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', 'UPDATE') AS can_update,
	HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', 'DELETE') AS can_delete,
	HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(o.name), 'OBJECT', 'ALTER') AS can_alter
FROM sys.objects AS o
	JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V')$query$)
	) AS d (name, columns, query),
	LATERAL unnest(string_to_array(d.columns, ','))
		WITH ORDINALITY AS c (item, position);

/*
 * PostgreSQL: a type that is built in has the same oid everywhere and is
 * declared as it is; any other is text in a foreign table.
 */
INSERT INTO osmeta.catalog_view (dialect, view_name, query)
VALUES
	-- a partition, or a child by inheritance, holds rows of its parent, whose
	-- columns are its own
	('postgres', 'physical_relation', $query$
SELECT c.oid::bigint AS table_id, c.relname::text AS table_name,
	CASE WHEN c.relkind IN ('v', 'm') THEN 'view'
		WHEN i.inhrelid IS NOT NULL THEN 'partition'
		WHEN c.relkind = 'f' THEN 'foreign table'
		WHEN p.inhparent IS NOT NULL THEN 'parent table'
		ELSE 'table' END AS kind,
	CASE WHEN c.relkind IN ('r', 'p', 'm') AND c.reltuples >= 0
		THEN c.reltuples::bigint END AS row_count
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
	LEFT JOIN (SELECT DISTINCT h.inhrelid
		FROM {catalog_pg_inherits} h) AS i ON i.inhrelid = c.oid
	LEFT JOIN (SELECT DISTINCT h.inhparent
		FROM {catalog_pg_inherits} h) AS p ON p.inhparent = c.oid
WHERE n.nspname = {schema}
	AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
$query$),
	-- pages as VACUUM and ANALYZE saw them last; of the usual 8 kB
	('postgres', 'physical_size', $query$
SELECT c.oid::bigint AS table_id, NULL::bigint AS row_count,
	c.relpages * 8192::bigint AS data_bytes,
	coalesce(i.pages, 0) * 8192::bigint AS index_bytes,
	coalesce(t.relpages, 0) * 8192::bigint AS lob_bytes
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
	LEFT JOIN (SELECT x.indrelid, pg_catalog.sum(r.relpages) AS pages
		FROM {catalog_pg_index} x
			JOIN {catalog_pg_class} r ON r.oid = x.indexrelid
		GROUP BY x.indrelid) AS i ON i.indrelid = c.oid
	LEFT JOIN {catalog_pg_class} t ON t.oid = c.reltoastrelid
WHERE n.nspname = {schema} AND c.relkind IN ('r', 'm')
	AND c.reltuples >= 0
$query$),
	('postgres', 'physical_column', $query$
SELECT x.table_id, x.table_name, x.column_name, x.position, x.data_type,
	CASE WHEN x.data_type IN ('varchar', 'bpchar') AND x.typmod > 4
		THEN x.typmod - 4 END::bigint AS length,
	CASE WHEN x.data_type = 'numeric' AND x.typmod > 4
		THEN ((x.typmod - 4) >> 16) & 65535 END AS precision,
	CASE WHEN x.data_type = 'numeric' AND x.typmod > 4
		-- eleven bits with a sign
		THEN (((x.typmod - 4) & 2047) # 1024) - 1024 END AS scale,
	CASE WHEN x.typid < 10000 OR {is_local}
		THEN pg_catalog.format_type(x.typid, x.typmod)
		ELSE 'text' END AS local_type,
	x.is_nullable, x.identity <> '' AS is_identity,
	CASE x.identity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT'
		END AS identity_generation,
	x.generated <> '' AS is_generated, x.has_default,
	osmeta.local_name(x.column_name) AS local_name, x.is_table
FROM (SELECT c.oid::bigint AS table_id, c.relname::text AS table_name,
		a.attname::text AS column_name, a.attnum::integer AS position,
		t.typname::text AS data_type,
		a.atttypid AS typid, a.atttypmod AS typmod,
		NOT a.attnotnull AS is_nullable, a.attidentity::text AS identity,
		a.attgenerated::text AS generated,
		a.atthasdef AND a.attgenerated::text = '' AS has_default,
		c.relkind IN ('r', 'p', 'f') AS is_table
	FROM {catalog_pg_namespace} n
		JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
		JOIN {catalog_pg_attribute} a ON a.attrelid = c.oid
		JOIN {catalog_pg_type} t ON t.oid = a.atttypid
	WHERE n.nspname = {schema}
		AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
		AND a.attnum > 0
		AND NOT a.attisdropped) AS x
$query$),
	('postgres', 'physical_key', $query$
SELECT k.table_oid::bigint AS table_id, k.table_name, k.key_name, k.kind,
	pg_catalog.array_agg(a.attname::text ORDER BY k.ordinal) AS columns,
	k.target_table, k.delete_action
FROM (SELECT c.oid AS table_oid, c.relname::text AS table_name,
		i.relname::text AS key_name,
		CASE WHEN x.indisprimary THEN 'p' ELSE 'u' END AS kind,
		NULL::text AS target_table, NULL::text AS delete_action,
		u.attnum, u.ordinal
	FROM {catalog_pg_namespace} n
		JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
		JOIN {catalog_pg_index} x ON x.indrelid = c.oid
		JOIN {catalog_pg_class} i ON i.oid = x.indexrelid,
		LATERAL pg_catalog.unnest(x.indkey::smallint[])
			WITH ORDINALITY AS u (attnum, ordinal)
	WHERE n.nspname = {schema}
		AND x.indisunique AND x.indisvalid
		AND x.indpred IS NULL AND x.indexprs IS NULL
		AND u.ordinal <= x.indnkeyatts
	UNION ALL
	SELECT c.oid, c.relname::text, f.conname::text, 'f', r.relname::text,
		CASE f.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null'
			WHEN 'd' THEN 'set default' WHEN 'r' THEN 'restrict'
			ELSE 'no action' END,
		u.attnum, u.ordinal
	FROM {catalog_pg_namespace} n
		JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
		JOIN {catalog_pg_constraint} f ON f.conrelid = c.oid
		JOIN {catalog_pg_class} r ON r.oid = f.confrelid,
		LATERAL pg_catalog.unnest(f.conkey)
			WITH ORDINALITY AS u (attnum, ordinal)
	-- those of single partitions go with that of the whole
	WHERE n.nspname = {schema}
		AND f.contype = 'f' AND f.conparentid::bigint = 0) AS k
	JOIN {catalog_pg_attribute} a
		ON a.attrelid = k.table_oid AND a.attnum = k.attnum
GROUP BY k.table_oid, k.table_name, k.key_name, k.kind, k.target_table,
	k.delete_action
$query$),
	('postgres', 'physical_index', $query$
SELECT c.oid::bigint AS table_id, c.relname::text AS table_name,
	i.relname::text AS index_name, x.indisunique AS is_unique,
	x.indisprimary AS is_primary, x.indpred IS NOT NULL AS is_partial,
	-- NULL where the index is over an expression
	pg_catalog.array_agg(a.attname::text ORDER BY u.ordinal) AS columns
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
	JOIN {catalog_pg_index} x ON x.indrelid = c.oid
	JOIN {catalog_pg_class} i ON i.oid = x.indexrelid
	JOIN LATERAL pg_catalog.unnest(x.indkey::smallint[])
		WITH ORDINALITY AS u (attnum, ordinal) ON u.ordinal <= x.indnkeyatts
	LEFT JOIN {catalog_pg_attribute} a
		ON a.attrelid = c.oid AND a.attnum = u.attnum AND u.attnum > 0
WHERE n.nspname = {schema}
GROUP BY c.oid, c.relname, i.relname, x.indisunique, x.indisprimary,
	x.indpred IS NOT NULL
$query$),
	/*
	 * Counters that a column owns, and those that its default draws on.  To
	 * scan pg_sequences is to lock every counter, here or there, until the
	 * transaction ends: whoever does not ask for last_value must not, so the
	 * planner must see that the join adds no rows and can go.
	 */
	('postgres', 'physical_counter', $query$
SELECT c.oid::bigint AS table_id, c.relname::text AS table_name, a.attname::text AS column_name,
	pg_catalog.quote_ident(sn.nspname::text) || '.'
		|| pg_catalog.quote_ident(s.relname::text) AS counter,
	q.last_value
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
	JOIN (SELECT d.refobjid AS relid, d.refobjsubid AS attnum, d.objid AS seqid
		FROM {catalog_pg_depend} d
		WHERE d.classid = 1259 AND d.refclassid = 1259
			AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
		UNION
		SELECT f.adrelid, f.adnum::integer, d.refobjid
		FROM {catalog_pg_attrdef} f
			JOIN {catalog_pg_depend} d ON d.objid = f.oid
		WHERE d.classid = 2604 AND d.refclassid = 1259
			AND d.deptype = 'n') AS o ON o.relid = c.oid
	JOIN {catalog_pg_attribute} a
		ON a.attrelid = c.oid AND a.attnum = o.attnum
	JOIN {catalog_pg_class} s ON s.oid = o.seqid
	JOIN {catalog_pg_namespace} sn ON sn.oid = s.relnamespace
	LEFT JOIN (SELECT v.schemaname, v.sequencename, max(v.last_value) AS last_value
		FROM {catalog_pg_sequences} v
		GROUP BY v.schemaname, v.sequencename) AS q
		ON q.schemaname = sn.nspname AND q.sequencename = s.relname
WHERE n.nspname = {schema} AND s.relkind = 'S'
$query$),
	('postgres', 'physical_trigger', $query$
SELECT c.oid::bigint AS table_id, c.relname::text AS table_name,
	t.tgname::text AS trigger_name,
	pg_catalog.concat_ws(', ',
		CASE WHEN t.tgtype::integer & 4 > 0 THEN 'INSERT' END,
		CASE WHEN t.tgtype::integer & 16 > 0 THEN 'UPDATE' END,
		CASE WHEN t.tgtype::integer & 8 > 0 THEN 'DELETE' END,
		CASE WHEN t.tgtype::integer & 32 > 0 THEN 'TRUNCATE' END) AS events,
	t.tgenabled IN ('O', 'A') AS is_enabled
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
	JOIN {catalog_pg_trigger} t ON t.tgrelid = c.oid
WHERE n.nspname = {schema} AND NOT t.tgisinternal
$query$),
	/*
	 * What a default says is a tree of nodes in the catalogue: here a
	 * function writes it, elsewhere a view tells it to the table's owner.
	 */
	('postgres', 'physical_default', $query$
SELECT c.oid::bigint AS table_id, c.relname::text AS table_name,
	a.attname::text AS column_name,
	CASE WHEN {is_local}
		THEN (SELECT pg_catalog.pg_get_expr(l.adbin, l.adrelid)
			FROM pg_catalog.pg_attrdef AS l
			WHERE l.oid = f.oid)
		ELSE i.column_default END AS definition
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
	JOIN {catalog_pg_attribute} a ON a.attrelid = c.oid
	JOIN {catalog_pg_attrdef} f ON f.adrelid = c.oid AND f.adnum = a.attnum
	LEFT JOIN {catalog_columns} i ON NOT {is_local}
		AND i.table_schema = n.nspname::text AND i.table_name = c.relname::text
		AND i.column_name = a.attname::text
WHERE n.nspname = {schema} AND a.attgenerated::text = ''
	AND NOT a.attisdropped
$query$),
	-- constraints of the table, then those of the types of its columns
	('postgres', 'physical_check', $query$
SELECT x.table_id, x.table_name, x.constraint_name, x.column_name, x.kind,
	CASE WHEN {is_local} THEN pg_catalog.pg_get_constraintdef(x.constraint_oid)
		WHEN x.kind = 'check' THEN 'CHECK (' || i.check_clause || ')'
		END AS definition
FROM (SELECT c.oid::bigint AS table_id, c.relname::text AS table_name,
		k.conname::text AS constraint_name, NULL::text AS column_name,
		CASE k.contype WHEN 'x' THEN 'exclusion' ELSE 'check' END AS kind,
		k.oid AS constraint_oid
	FROM {catalog_pg_namespace} n
		JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
		JOIN {catalog_pg_constraint} k ON k.conrelid = c.oid
	WHERE n.nspname = {schema} AND k.contype IN ('c', 'x')
	UNION ALL
	SELECT c.oid::bigint, c.relname::text, k.conname::text, a.attname::text,
		'domain', k.oid
	FROM {catalog_pg_namespace} n
		JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
		JOIN {catalog_pg_attribute} a ON a.attrelid = c.oid
		JOIN {catalog_pg_constraint} k ON k.contypid = a.atttypid
	WHERE n.nspname = {schema} AND k.contype = 'c' AND a.attnum > 0
		AND c.relkind IN ('r', 'p', 'f') AND NOT a.attisdropped) AS x
	-- names are those of one table only, and the view does not say of which
	LEFT JOIN (SELECT v.constraint_name, pg_catalog.max(v.check_clause)
			AS check_clause
		FROM {catalog_check_constraints} v
		WHERE NOT {is_local} AND v.constraint_schema = {schema}
		GROUP BY v.constraint_name
		HAVING pg_catalog.count(*) = 1) AS i
		ON i.constraint_name = x.constraint_name
$query$),
	/*
	 * Here the server is asked.  Elsewhere nothing tells a foreign table what
	 * its user may do but the roles that he has; there are few different
	 * lists of rights, so each is taken apart once: grantee=letters/grantor,
	 * a grantee without a name is PUBLIC, no list means that the owner has
	 * all rights.  NULL: on some columns, perhaps.
	 */
	('postgres', 'physical_privilege', $query$
SELECT c.oid::bigint AS table_id, c.relname::text AS table_name,
	r.can_select, r.can_insert, r.can_update, r.can_delete,
	pg_catalog.pg_has_role(c.relowner, 'USAGE') AS can_alter
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid,
	LATERAL (SELECT
			pg_catalog.has_table_privilege(c.oid, 'SELECT')
				OR NULLIF(pg_catalog.has_any_column_privilege(c.oid, 'SELECT'),
					true) AS can_select,
			pg_catalog.has_table_privilege(c.oid, 'INSERT')
				OR NULLIF(pg_catalog.has_any_column_privilege(c.oid, 'INSERT'),
					true) AS can_insert,
			pg_catalog.has_table_privilege(c.oid, 'UPDATE')
				OR NULLIF(pg_catalog.has_any_column_privilege(c.oid, 'UPDATE'),
					true) AS can_update,
			pg_catalog.has_table_privilege(c.oid, 'DELETE') AS can_delete
		) AS r
WHERE {is_local} AND n.nspname = {schema}
	AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
UNION ALL
SELECT c.oid::bigint, c.relname::text,
	coalesce(r.letters LIKE '%r%', false) OR e.reads_all
		OR CASE WHEN k.attrelid IS NULL THEN false END,
	coalesce(r.letters LIKE '%a%', false) OR e.writes_all
		OR CASE WHEN k.attrelid IS NULL THEN false END,
	coalesce(r.letters LIKE '%w%', false) OR e.writes_all
		OR CASE WHEN k.attrelid IS NULL THEN false END,
	coalesce(r.letters LIKE '%d%', false) OR e.writes_all,
	coalesce(w.is_mine, false)
FROM {catalog_pg_namespace} n
	JOIN {catalog_pg_class} c ON c.relnamespace = n.oid
	CROSS JOIN (SELECT coalesce(pg_catalog.bool_or(
				e.role_name = 'pg_read_all_data'), false) AS reads_all,
			coalesce(pg_catalog.bool_or(
				e.role_name = 'pg_write_all_data'), false) AS writes_all
		FROM {catalog_enabled_roles} e) AS e
	LEFT JOIN (SELECT l.relacl, l.relowner,
			pg_catalog.string_agg(g.letters, '') AS letters
		FROM (SELECT DISTINCT coalesce(c.relacl::text, '') AS relacl, c.relowner
				FROM {catalog_pg_class} c
				WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')) AS l
			LEFT JOIN {catalog_pg_roles} o ON o.oid = l.relowner,
			LATERAL (SELECT
					pg_catalog.replace(pg_catalog.regexp_replace(i.item,
						E'^"?(.*?)"?=[a-zA-Z*]*/.*$', E'\\1'), '""', '"')
						AS grantee,
					pg_catalog.substring(i.item, E'=([a-zA-Z*]*)/[^=]*$')
						AS letters
				FROM pg_catalog.unnest(NULLIF(l.relacl, '')::text[])
					AS i (item)
				UNION ALL
				SELECT o.rolname::text, 'rawd' WHERE l.relacl = '') AS g
		WHERE g.grantee = '' OR g.grantee IN
			(SELECT e.role_name FROM {catalog_enabled_roles} e)
		GROUP BY l.relacl, l.relowner) AS r
		ON r.relacl = coalesce(c.relacl::text, '') AND r.relowner = c.relowner
	LEFT JOIN (SELECT DISTINCT a.attrelid
		FROM {catalog_pg_attribute} a
		WHERE a.attacl IS NOT NULL) AS k ON k.attrelid = c.oid
	LEFT JOIN (SELECT o.oid, true AS is_mine
		FROM {catalog_pg_roles} o
			JOIN {catalog_enabled_roles} e ON e.role_name = o.rolname::text)
		AS w ON w.oid = c.relowner
WHERE NOT {is_local} AND n.nspname = {schema}
	AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
$query$),
	('sqlserver', 'physical_relation', $query$
SELECT o.object_id::bigint AS table_id, o.table_name,
	CASE o.type WHEN 'U' THEN 'table' ELSE 'view' END AS kind,
	NULL::bigint AS row_count
FROM {catalog_relations} o
WHERE osmeta.fold_name(o.schema_name) = osmeta.fold_name({schema})
$query$),
	-- index 0 is the heap, 1 the clustered index; units of type 2 hold LOBs
	('sqlserver', 'physical_size', $query$
SELECT o.object_id::bigint AS table_id, o.row_count,
	o.data_pages * 8192 AS data_bytes, o.index_pages * 8192 AS index_bytes,
	o.lob_pages * 8192 AS lob_bytes
FROM {catalog_sizes} o
WHERE osmeta.fold_name(o.schema_name) = osmeta.fold_name({schema})
$query$),
	('sqlserver', 'physical_index', $query$
SELECT o.object_id::bigint AS table_id, o.table_name, o.index_name,
	o.is_unique <> 0 AS is_unique, o.is_primary <> 0 AS is_primary,
	o.is_partial <> 0 AS is_partial,
	pg_catalog.array_agg(o.column_name ORDER BY o.ordinal) AS columns
FROM {catalog_indexes} o
WHERE osmeta.fold_name(o.schema_name) = osmeta.fold_name({schema})
GROUP BY o.object_id, o.table_name, o.index_name, o.is_unique, o.is_primary,
	o.is_partial
$query$),
	('sqlserver', 'physical_column', $query$
SELECT x.table_id, x.table_name, x.column_name, x.position, x.data_type, x.length,
	x.precision, x.scale,
	osmeta.type_with_modifier(d.local_type, d.modifier, x.length,
		x.precision, x.scale, {boolean_type}) AS local_type,
	x.is_nullable, x.is_identity,
	CASE WHEN x.is_identity THEN 'ALWAYS' END AS identity_generation,
	x.is_generated, x.has_default,
	osmeta.local_name(x.column_name) AS local_name, x.is_table
FROM (SELECT c.object_id::bigint AS table_id, c.table_name,
		c.column_name, c.column_id AS position,
		osmeta.fold_name(c.type_name) AS data_type,
		CASE WHEN osmeta.fold_name(c.type_name) IN ('nvarchar', 'nchar')
				AND c.max_length > 0 THEN c.max_length / 2
			WHEN osmeta.fold_name(c.type_name) IN ('varchar', 'char', 'binary',
				'varbinary') AND c.max_length > 0 THEN c.max_length
			END::bigint AS length,
		CASE WHEN osmeta.fold_name(c.type_name) IN ('decimal', 'numeric')
			THEN c.precision END AS precision,
		CASE WHEN osmeta.fold_name(c.type_name) IN ('decimal', 'numeric')
			THEN c.scale END AS scale,
		c.is_nullable <> 0 AS is_nullable, c.is_identity <> 0 AS is_identity,
		c.is_computed <> 0 AS is_generated,
		c.has_default <> 0 AS has_default, c.type = 'U' AS is_table
	FROM {catalog_columns} c
	WHERE osmeta.fold_name(c.schema_name) = osmeta.fold_name({schema})) AS x
	LEFT JOIN osmeta.dialect_type d
		ON d.dialect = 'sqlserver' AND d.remote_type = x.data_type
$query$),
	('sqlserver', 'physical_key', $query$
SELECT k.object_id::bigint AS table_id, k.table_name, k.key_name, k.kind,
	pg_catalog.array_agg(k.column_name ORDER BY k.ordinal) AS columns,
	k.target_table, k.delete_action
FROM (SELECT i.object_id, i.table_name, i.index_name AS key_name,
		CASE WHEN i.is_primary <> 0 THEN 'p' ELSE 'u' END AS kind,
		NULL::text AS target_table, NULL::text AS delete_action,
		i.column_name, i.ordinal
	FROM {catalog_indexes} i
	WHERE osmeta.fold_name(i.schema_name) = osmeta.fold_name({schema})
		AND i.is_unique <> 0 AND i.is_partial = 0
	UNION ALL
	SELECT f.object_id, f.table_name, f.key_name, 'f', f.target_table,
		CASE f.delete_action WHEN 1 THEN 'cascade'
			WHEN 2 THEN 'set null' WHEN 3 THEN 'set default'
			ELSE 'no action' END,
		f.column_name, f.ordinal
	FROM {catalog_foreign_keys} f
	WHERE osmeta.fold_name(f.schema_name) = osmeta.fold_name({schema})) AS k
GROUP BY k.object_id, k.table_name, k.key_name, k.kind, k.target_table,
	k.delete_action
$query$),
	('sqlserver', 'physical_trigger', $query$
SELECT t.object_id::bigint AS table_id, t.table_name, t.trigger_name,
	pg_catalog.concat_ws(', ',
		CASE WHEN t.is_insert <> 0 THEN 'INSERT' END,
		CASE WHEN t.is_update <> 0 THEN 'UPDATE' END,
		CASE WHEN t.is_delete <> 0 THEN 'DELETE' END) AS events,
	t.is_disabled = 0 AS is_enabled
FROM {catalog_triggers} t
WHERE osmeta.fold_name(t.schema_name) = osmeta.fold_name({schema})
$query$),
	('sqlserver', 'physical_counter', $query$
SELECT i.object_id::bigint AS table_id, i.table_name, i.column_name,
	'[' || replace(i.schema_name, ']', ']]') || '].[' || replace(i.table_name, ']', ']]') || ']' AS counter,
	i.last_value
FROM {catalog_counters} i
WHERE osmeta.fold_name(i.schema_name) = osmeta.fold_name({schema})
$query$),
	('sqlserver', 'physical_default', $query$
SELECT d.object_id::bigint AS table_id, d.table_name, d.column_name,
	d.definition
FROM {catalog_defaults} d
WHERE osmeta.fold_name(d.schema_name) = osmeta.fold_name({schema})
$query$),
	('sqlserver', 'physical_check', $query$
SELECT k.object_id::bigint AS table_id, k.table_name, k.constraint_name,
	NULL::text AS column_name, 'check' AS kind,
	'CHECK ' || k.definition AS definition
FROM {catalog_checks} k
WHERE osmeta.fold_name(k.schema_name) = osmeta.fold_name({schema})
$query$),
	('sqlserver', 'physical_privilege', $query$
SELECT p.object_id::bigint AS table_id, p.table_name,
	p.can_select <> 0 AS can_select, p.can_insert <> 0 AS can_insert,
	p.can_update <> 0 AS can_update, p.can_delete <> 0 AS can_delete,
	p.can_alter <> 0 AS can_alter
FROM {catalog_permissions} p
WHERE osmeta.fold_name(p.schema_name) = osmeta.fold_name({schema})
$query$),
	-- the number of rows is what the engine's statistics say
	('oracle', 'physical_relation', $query$
SELECT o.object_id::bigint AS table_id, o.object_name AS table_name,
	osmeta.fold_name(o.object_type) AS kind, t.num_rows::bigint AS row_count
FROM {catalog_all_objects} o
	LEFT JOIN {catalog_all_tables} t
		ON t.owner = o.owner AND t.table_name = o.object_name
		AND o.object_type = 'TABLE'
WHERE o.owner = {schema} AND o.object_type IN ('TABLE', 'VIEW')
$query$),
	-- segments can be seen by few: without that right sizes are NULL
	('oracle', 'physical_size', $query$
SELECT o.object_id::bigint AS table_id, NULL::bigint AS row_count,
	coalesce(d.bytes, 0)::bigint AS data_bytes,
	coalesce(i.bytes, 0)::bigint AS index_bytes,
	coalesce(l.bytes, 0)::bigint AS lob_bytes
FROM {catalog_all_objects} o
	LEFT JOIN (SELECT g.segment_name, pg_catalog.sum(g.bytes) AS bytes
		FROM {catalog_dba_segments} g
		WHERE g.owner = {schema}
		GROUP BY g.segment_name) AS d ON d.segment_name = o.object_name
	LEFT JOIN (SELECT x.table_name, pg_catalog.sum(g.bytes) AS bytes
		FROM {catalog_all_indexes} x
			JOIN {catalog_dba_segments} g
				ON g.owner = x.owner AND g.segment_name = x.index_name
		WHERE x.table_owner = {schema}
			AND NOT EXISTS (SELECT 1 FROM {catalog_all_lobs} b
				WHERE b.owner = x.owner AND b.index_name = x.index_name)
		GROUP BY x.table_name) AS i ON i.table_name = o.object_name
	LEFT JOIN (SELECT b.table_name, pg_catalog.sum(g.bytes) AS bytes
		FROM (SELECT a.owner, a.table_name, a.segment_name
				FROM {catalog_all_lobs} a
				UNION ALL
				SELECT a.owner, a.table_name, a.index_name
				FROM {catalog_all_lobs} a) AS b
			JOIN {catalog_dba_segments} g
				ON g.owner = b.owner AND g.segment_name = b.segment_name
		WHERE b.owner = {schema}
		GROUP BY b.table_name) AS l ON l.table_name = o.object_name
WHERE o.owner = {schema} AND o.object_type = 'TABLE'
$query$),
	('oracle', 'physical_index', $query$
SELECT o.object_id::bigint AS table_id, x.table_name, x.index_name,
	x.uniqueness = 'UNIQUE' AS is_unique,
	k.index_name IS NOT NULL AS is_primary, false AS is_partial,
	-- NULL where the index is over an expression
	pg_catalog.array_agg(CASE
		WHEN c.column_name !~ '^SYS_NC[0-9]+[$]$' THEN c.column_name END
		ORDER BY c.column_position) AS columns
FROM {catalog_all_indexes} x
	JOIN {catalog_all_objects} o ON o.owner = x.table_owner
		AND o.object_name = x.table_name AND o.object_type = 'TABLE'
	JOIN {catalog_all_ind_columns} c
		ON c.index_owner = x.owner AND c.index_name = x.index_name
	LEFT JOIN (SELECT DISTINCT p.owner, p.index_name
		FROM {catalog_all_constraints} p
		WHERE p.constraint_type = 'P' AND p.index_name IS NOT NULL) AS k
		ON k.owner = x.owner AND k.index_name = x.index_name
WHERE x.table_owner = {schema}
GROUP BY o.object_id, x.table_name, x.index_name, x.uniqueness, k.index_name
$query$),
	('oracle', 'physical_column', $query$
SELECT o.object_id::bigint AS table_id, x.table_name, x.column_name, x.position, x.data_type, x.length,
	x.precision, x.scale,
	osmeta.type_with_modifier(d.local_type, d.modifier, x.length,
		x.precision, x.scale, {boolean_type}) AS local_type,
	x.is_nullable, x.is_identity,
	CASE WHEN x.is_identity THEN 'ALWAYS' END AS identity_generation,
	x.is_generated, x.has_default,
	osmeta.local_name(x.column_name) AS local_name,
	o.object_type = 'TABLE' AS is_table
FROM (SELECT c.table_name, c.column_name, c.column_id::integer AS position,
		pg_catalog.btrim(osmeta.fold_name(
			pg_catalog.split_part(c.data_type, '(', 1))) AS data_type,
		NULLIF(c.char_length, 0)::bigint AS length,
		c.data_precision::integer AS precision,
		c.data_scale::integer AS scale,
		c.nullable = 'Y' AS is_nullable,
		COALESCE(c.identity_column = 'YES', false) AS is_identity,
		COALESCE(c.virtual_column = 'YES', false) AS is_generated,
		COALESCE(c.default_length > 0, false) AS has_default
	FROM {catalog_all_tab_cols} c
	WHERE c.owner = {schema}
		AND c.hidden_column = 'NO') AS x
	JOIN {catalog_all_objects} o ON o.owner = {schema}
		AND o.object_name = x.table_name AND o.object_type IN ('TABLE', 'VIEW')
	LEFT JOIN osmeta.dialect_type d
		ON d.dialect = 'oracle' AND d.remote_type = x.data_type
$query$),
	('oracle', 'physical_key', $query$
SELECT o.object_id::bigint AS table_id, k.table_name, k.constraint_name AS key_name,
	CASE k.constraint_type WHEN 'P' THEN 'p' WHEN 'U' THEN 'u' ELSE 'f'
		END AS kind,
	pg_catalog.array_agg(c.column_name ORDER BY c.position) AS columns,
	r.table_name AS target_table,
	osmeta.fold_name(k.delete_rule) AS delete_action
FROM {catalog_all_constraints} k
	JOIN {catalog_all_objects} o ON o.owner = k.owner
		AND o.object_name = k.table_name AND o.object_type IN ('TABLE', 'VIEW')
	JOIN {catalog_all_cons_columns} c
		ON c.owner = k.owner AND c.constraint_name = k.constraint_name
	LEFT JOIN {catalog_all_constraints} r
		ON r.owner = k.r_owner AND r.constraint_name = k.r_constraint_name
WHERE k.owner = {schema} AND k.constraint_type IN ('P', 'U', 'R')
GROUP BY o.object_id, k.table_name, k.constraint_name, k.constraint_type,
	r.table_name, k.delete_rule
$query$),
	('oracle', 'physical_trigger', $query$
SELECT o.object_id::bigint AS table_id, t.table_name, t.trigger_name,
	pg_catalog.replace(pg_catalog.btrim(t.triggering_event), ' OR ', ', ')
		AS events,
	t.status = 'ENABLED' AS is_enabled
FROM {catalog_all_triggers} t
	JOIN {catalog_all_objects} o ON o.owner = t.table_owner
		AND o.object_name = t.table_name AND o.object_type IN ('TABLE', 'VIEW')
WHERE t.table_owner = {schema}
$query$),
	-- what is not the user's own is his by a grant, to a role of his too, or
	-- by a right to any table
	('oracle', 'physical_privilege', $query$
SELECT o.object_id::bigint AS table_id, o.object_name AS table_name,
	u.is_owner OR s.selects_any OR coalesce(g.can_select, false) AS can_select,
	u.is_owner OR s.inserts_any OR coalesce(g.can_insert, false) AS can_insert,
	u.is_owner OR s.updates_any OR coalesce(g.can_update, false) AS can_update,
	u.is_owner OR s.deletes_any OR coalesce(g.can_delete, false) AS can_delete,
	u.is_owner OR s.alters_any OR coalesce(g.can_alter, false) AS can_alter
FROM {catalog_all_objects} o
	CROSS JOIN (SELECT coalesce(pg_catalog.bool_or(u.username = {schema}),
				false) AS is_owner
		FROM {catalog_user_users} u) AS u
	CROSS JOIN (SELECT
			coalesce(pg_catalog.bool_or(p.privilege IN
				('SELECT ANY TABLE', 'READ ANY TABLE')), false) AS selects_any,
			coalesce(pg_catalog.bool_or(p.privilege = 'INSERT ANY TABLE'),
				false) AS inserts_any,
			coalesce(pg_catalog.bool_or(p.privilege = 'UPDATE ANY TABLE'),
				false) AS updates_any,
			coalesce(pg_catalog.bool_or(p.privilege = 'DELETE ANY TABLE'),
				false) AS deletes_any,
			coalesce(pg_catalog.bool_or(p.privilege = 'ALTER ANY TABLE'),
				false) AS alters_any
		FROM {catalog_session_privs} p) AS s
	LEFT JOIN (SELECT p.table_name,
			pg_catalog.bool_or(p.privilege IN ('SELECT', 'READ')) AS can_select,
			pg_catalog.bool_or(p.privilege = 'INSERT') AS can_insert,
			pg_catalog.bool_or(p.privilege = 'UPDATE') AS can_update,
			pg_catalog.bool_or(p.privilege = 'DELETE') AS can_delete,
			pg_catalog.bool_or(p.privilege = 'ALTER') AS can_alter
		FROM {catalog_all_tab_privs} p
		WHERE p.table_schema = {schema}
		GROUP BY p.table_name) AS g ON g.table_name = o.object_name
WHERE o.owner = {schema} AND o.object_type IN ('TABLE', 'VIEW')
$query$);
