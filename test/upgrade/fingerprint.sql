-- Everything that an installation of osmeta put into the catalogue, one line
-- an object, so that two installations are compared by comparing lines.
--
-- Left out is what differs by nature: object identifiers, the numbers of
-- columns, names of system-made row types, and what belongs to environments
-- and plans.  The columns of a table count in their order.

\pset format unaligned
\pset tuples_only on
\pset null '(null)'
SET search_path = pg_catalog;

WITH member AS (
	SELECT d.classid, d.objid
	FROM pg_depend d
	JOIN pg_extension e ON e.oid = d.refobjid
	WHERE d.refclassid = 'pg_extension'::regclass
	  AND d.deptype = 'e'
	  AND e.extname = 'osmeta'),
relation AS (
	SELECT c.*
	FROM pg_class c
	JOIN member m ON m.objid = c.oid AND m.classid = 'pg_class'::regclass),
shipped AS (
	-- Tables with rows of ours: all their rows, or those that are marked.
	SELECT r.oid,
		   bool_or(a.attname = 'is_shipped') AS is_marked
	FROM relation r
	JOIN pg_attribute a ON a.attrelid = r.oid
	JOIN pg_extension e ON e.extname = 'osmeta'
	LEFT JOIN unnest(e.extconfig, e.extcondition) AS config (oid, condition)
		   ON config.oid = r.oid
	WHERE r.relkind = 'r'
	GROUP BY r.oid
	HAVING bool_or(a.attname = 'is_shipped')
		OR coalesce(bool_or(config.condition ~* 'where\s+false'), true)),
line (kind, object, detail) AS (
	SELECT 'extension', e.extname::text,
		   concat_ws(' ', e.extversion, e.extrelocatable, e.extnamespace::regnamespace)
	FROM pg_extension e
	WHERE e.extname = 'osmeta'

	UNION ALL
	SELECT 'dump', config.oid::regclass::text, config.condition
	FROM pg_extension e,
		 unnest(e.extconfig, e.extcondition) AS config (oid, condition)
	WHERE e.extname = 'osmeta'

	UNION ALL
	SELECT 'function', p.oid::regprocedure::text,
		   concat_ws(' ', pg_get_userbyid(p.proowner),
					 (SELECT string_agg(a::text, ',' ORDER BY a::text)
					  FROM unnest(coalesce(p.proacl, acldefault('f', p.proowner))) a),
					 p.proleakproof,
					 CASE p.prokind
						 WHEN 'a' THEN (SELECT concat_ws(' ', a.aggtransfn,
														 a.aggfinalfn,
														 a.aggcombinefn,
														 a.aggserialfn,
														 a.aggdeserialfn,
														 a.aggsortop::regoperator,
														 a.aggtranstype::regtype,
														 a.agginitval)
										FROM pg_aggregate a
										WHERE a.aggfnoid = p.oid)
						 ELSE pg_get_functiondef(p.oid)
					 END)
	FROM pg_proc p
	JOIN member m ON m.objid = p.oid AND m.classid = 'pg_proc'::regclass

	UNION ALL
	SELECT 'relation', r.oid::regclass::text,
		   concat_ws(' ', r.relkind, r.relpersistence, r.reloptions::text,
					 r.relrowsecurity, r.relreplident,
					 pg_get_userbyid(r.relowner),
					 (SELECT string_agg(a::text, ',' ORDER BY a::text)
					  FROM unnest(coalesce(r.relacl, acldefault(CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", r.relowner))) a))
	FROM relation r

	UNION ALL
	SELECT 'column', r.oid::regclass || '.' || quote_ident(a.attname),
		   concat_ws(' ',
					 row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum),
					 format_type(a.atttypid, a.atttypmod), a.attnotnull,
					 a.attidentity, a.attgenerated, a.attstorage,
					 a.attcollation::regcollation, a.attacl::text,
					 pg_get_expr(d.adbin, d.adrelid),
					 col_description(r.oid, a.attnum))
	FROM relation r
	JOIN pg_attribute a ON a.attrelid = r.oid
					   AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum

	UNION ALL
	SELECT 'view', r.oid::regclass::text, pg_get_viewdef(r.oid)
	FROM relation r
	WHERE r.relkind IN ('v', 'm')

	UNION ALL
	SELECT 'sequence', r.oid::regclass::text,
		   concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement,
					 s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
	FROM relation r
	JOIN pg_sequence s ON s.seqrelid = r.oid

	UNION ALL
	SELECT 'constraint', k.conname || ' on '
		   || coalesce(r.oid::regclass::text, k.contypid::regtype::text),
		   concat_ws(' ', k.convalidated, pg_get_constraintdef(k.oid),
					 obj_description(k.oid, 'pg_constraint'))
	FROM pg_constraint k
	LEFT JOIN relation r ON r.oid = k.conrelid
	WHERE r.oid IS NOT NULL
	   OR k.contypid IN (SELECT m.objid
						 FROM member m
						 WHERE m.classid = 'pg_type'::regclass)

	UNION ALL
	SELECT 'index', i.indexrelid::regclass::text,
		   concat_ws(' ', i.indisprimary, i.indisclustered,
					 pg_get_indexdef(i.indexrelid),
					 obj_description(i.indexrelid, 'pg_class'))
	FROM relation r
	JOIN pg_index i ON i.indrelid = r.oid

	UNION ALL
	SELECT 'trigger', t.tgname || ' on ' || r.oid::regclass,
		   concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))
	FROM relation r
	JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal

	UNION ALL
	SELECT 'rule', w.rulename || ' on ' || r.oid::regclass,
		   concat_ws(' ', w.ev_enabled, pg_get_ruledef(w.oid))
	FROM relation r
	JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'

	UNION ALL
	SELECT 'policy', p.polname || ' on ' || r.oid::regclass,
		   concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::text,
					 pg_get_expr(p.polqual, p.polrelid),
					 pg_get_expr(p.polwithcheck, p.polrelid))
	FROM relation r
	JOIN pg_policy p ON p.polrelid = r.oid

	UNION ALL
	SELECT 'statistics', s.stxname::text, pg_get_statisticsobjdef(s.oid)
	FROM relation r
	JOIN pg_statistic_ext s ON s.stxrelid = r.oid

	UNION ALL
	SELECT 'type', t.oid::regtype::text,
		   concat_ws(' ', pg_get_userbyid(t.typowner),
					 (SELECT string_agg(a::text, ',' ORDER BY a::text)
					  FROM unnest(coalesce(t.typacl, acldefault('T', t.typowner))) a),
					 t.typtype, t.typlen, t.typbyval, t.typcategory,
					 t.typispreferred, t.typdelim, t.typalign, t.typstorage,
					 t.typnotnull, nullif(t.typbasetype, 0)::regtype,
					 t.typdefault, t.typcollation::regcollation, t.typinput,
					 t.typoutput, t.typreceive, t.typsend, t.typmodin,
					 t.typmodout, t.typanalyze, t.typsubscript,
					 (SELECT string_agg(n.enumlabel, ',' ORDER BY n.enumsortorder)
					  FROM pg_enum n
					  WHERE n.enumtypid = t.oid))
	FROM pg_type t
	JOIN member m ON m.objid = t.oid AND m.classid = 'pg_type'::regclass

	UNION ALL
	SELECT 'operator', o.oid::regoperator::text,
		   concat_ws(' ', pg_get_userbyid(o.oprowner), o.oprresult::regtype,
					 o.oprcode, o.oprrest, o.oprjoin, o.oprcanmerge,
					 o.oprcanhash, nullif(o.oprcom, 0)::regoperator,
					 nullif(o.oprnegate, 0)::regoperator)
	FROM pg_operator o
	JOIN member m ON m.objid = o.oid AND m.classid = 'pg_operator'::regclass

	UNION ALL
	SELECT 'operator class', concat_ws(' ', am.amname, c.opcname),
		   concat_ws(' ', pg_get_userbyid(c.opcowner), c.opcdefault,
					 c.opcintype::regtype, nullif(c.opckeytype, 0)::regtype,
					 f.opfname)
	FROM pg_opclass c
	JOIN member m ON m.objid = c.oid AND m.classid = 'pg_opclass'::regclass
	JOIN pg_am am ON am.oid = c.opcmethod
	JOIN pg_opfamily f ON f.oid = c.opcfamily

	UNION ALL
	SELECT 'family', concat_ws(' ', am.amname, f.opfname),
		   concat_ws(' ', pg_get_userbyid(f.opfowner),
					 (SELECT string_agg(concat_ws(' ', o.amopstrategy,
												  o.amoppurpose,
												  o.amopopr::regoperator),
										', '
										ORDER BY o.amoplefttype::regtype::text,
												 o.amoprighttype::regtype::text,
												 o.amopstrategy)
					  FROM pg_amop o
					  WHERE o.amopfamily = f.oid),
					 (SELECT string_agg(concat_ws(' ', s.amprocnum, s.amproc),
										', '
										ORDER BY s.amproclefttype::regtype::text,
												 s.amprocrighttype::regtype::text,
												 s.amprocnum)
					  FROM pg_amproc s
					  WHERE s.amprocfamily = f.oid))
	FROM pg_opfamily f
	JOIN member m ON m.objid = f.oid AND m.classid = 'pg_opfamily'::regclass
	JOIN pg_am am ON am.oid = f.opfmethod

	UNION ALL
	SELECT 'cast', c.castsource::regtype || ' as ' || c.casttarget::regtype,
		   concat_ws(' ', c.castcontext, c.castmethod,
					 nullif(c.castfunc, 0)::regprocedure)
	FROM pg_cast c
	JOIN member m ON m.objid = c.oid AND m.classid = 'pg_cast'::regclass

	UNION ALL
	SELECT 'comment', pg_describe_object(m.classid, m.objid, 0),
		   obj_description(m.objid, m.classid::regclass::text::name)
	FROM member m

	UNION ALL
	SELECT 'default rights', concat_ws(' ', n.nspname, d.defaclobjtype),
		   d.defaclacl::text
	FROM pg_default_acl d
	JOIN pg_namespace n ON n.oid = d.defaclnamespace
	WHERE n.nspname = 'osmeta'

	UNION ALL
	SELECT 'schema', n.nspname::text,
		   concat_ws(' ', pg_get_userbyid(n.nspowner),
					 (SELECT string_agg(a::text, ',' ORDER BY a::text)
					  FROM unnest(coalesce(n.nspacl, acldefault('n', n.nspowner))) a),
					 obj_description(n.oid, 'pg_namespace'))
	FROM pg_namespace n
	WHERE n.nspname = 'osmeta'

	UNION ALL
	SELECT 'row', s.oid::regclass::text, x.line
	FROM shipped s,
		 XMLTABLE('/table/row' PASSING
				  query_to_xml(format('SELECT to_jsonb(t)::text AS line FROM %s t%s ORDER BY 1',
									  s.oid::regclass,
									  CASE WHEN s.is_marked THEN ' WHERE t.is_shipped' END),
							   true, false, '')
				  COLUMNS line text PATH 'line') x)
SELECT concat_ws(' | ', kind, object,
				 replace(coalesce(detail, '(null)'), E'\n', E'\\n'))
FROM line
ORDER BY 1;
