-- The ordinary modules, entities and attributes: as many as are still wanted.

SELECT greatest(2, :modules - (SELECT count(*) FROM work_module)) AS bulk_modules,
	greatest(20, :entities - (SELECT count(*) FROM work_entity)) AS bulk_entities,
	(SELECT max(n) FROM work_module) AS named_modules,
	(SELECT max(n) FROM work_entity) AS named_entities,
	(SELECT n FROM work_entity WHERE path = 'ServiceCenter.User') AS user_entity
\gset

-- Of twenty modules one is an extension and one is a clone of the one before.
-- A third of the espaces have screens only, and no entities.
INSERT INTO work_module (n, name, key_path, kind, espace_kind, is_active,
	is_system, is_provider, is_multitenant, catalog, application, clone_of, weight)
SELECT :named_modules + b,
	CASE WHEN is_clone THEN lag(name) OVER (ORDER BY b) || '_Clone' ELSE name END,
	'bulk/' || CASE WHEN is_clone THEN b - 1 ELSE b END,
	kind,
	CASE WHEN kind = 'espace' THEN
		(ARRAY['Service', 'WebResponsive', 'CrossDevice', 'Mobile', 'ReactiveLibrary'])[1 + h % 5] END,
	true, false, false, h / 100 % 25 = 0,
	CASE WHEN h / 10000 % 12 = 0 THEN 2 ELSE 1 END,
	CASE WHEN h / 1000000 % 10 > 0 THEN application END,
	CASE WHEN is_clone THEN :named_modules + b - 1 END,
	CASE WHEN b % 20 IN (5, 6) THEN 3 WHEN kind = 'extension' THEN 1
		WHEN b > 2 AND h / 10 % 10 < 3 THEN 0
		ELSE 1 + (h / 100000 % 4) ^ 2 END
FROM (
	SELECT b, pg_temp.draw('module/' || b) AS h,
		CASE WHEN b % 20 = 4 THEN 'extension' ELSE 'espace' END AS kind,
		b % 20 = 6 AS is_clone,
		-- two modules of an application have its name before theirs
		topic[1 + (b - 1) / 4 % 40] || CASE WHEN b > 4000 THEN ((b - 1) / 4000)::text ELSE '' END
			|| field[1 + (b - 1) / 160 % 25]
			|| CASE WHEN b % 20 = 4 THEN 'Connector' ELSE layer[1 + (b - 1) % 4] END AS name,
		topic[1 + (b - 1) / 4 % 40] || ' '
			|| CASE WHEN b > 4000 THEN ((b - 1) / 4000) || ' ' ELSE '' END
			|| field[1 + (b - 1) / 160 % 25] AS application
	FROM generate_series(1, :bulk_modules) AS b
	CROSS JOIN (SELECT
		'{Billing,Claims,Contracts,Crew,Delivery,Energy,Events,Fleet,Forms,Freight,Funding,Grants,Harvest,Health,Hiring,Incidents,Inventory,Leasing,Library,Loans,Logistics,Loyalty,Maintenance,Members,Orders,Parking,Payroll,Permits,Planning,Policies,Pricing,Procurement,Production,Projects,Quality,Research,Returns,Safety,Schools,Suppliers}'::text[] AS topic,
		'{Desk,North,South,Hub,Field,Portal,Office,Archive,Mobile,Partner,Center,Audit,Express,Plus,Base,Works,Bridge,Point,Link,Line,Gate,Yard,Dock,Lab,Forum}'::text[] AS field,
		'{_CS,_BL,"",_Lib}'::text[] AS layer) AS words
) AS m;

UPDATE work_module
SET ss_key = pg_temp.key('module/' || n - :named_modules)
WHERE ss_key IS NULL;

-- Entities in proportion to the weights; a clone gets as many as its original
-- has.
UPDATE work_module m
SET entities = s.entities, first_entity = s.first_entity
FROM (SELECT m.n, coalesce(o.entities, m.entities) AS entities,
		:named_entities + sum(coalesce(o.entities, m.entities)) OVER (ORDER BY m.n)
			- coalesce(o.entities, m.entities) AS first_entity
	FROM (SELECT n, clone_of,
			:bulk_entities * sum(weight) OVER (ORDER BY n) / sum(weight) OVER ()
				- :bulk_entities * (sum(weight) OVER (ORDER BY n) - weight) / sum(weight) OVER () AS entities
		FROM work_module
		WHERE weight IS NOT NULL) AS m
	LEFT JOIN (SELECT n,
			:bulk_entities * sum(weight) OVER (ORDER BY n) / sum(weight) OVER ()
				- :bulk_entities * (sum(weight) OVER (ORDER BY n) - weight) / sum(weight) OVER () AS entities
		FROM work_module
		WHERE weight IS NOT NULL) AS o ON o.n = m.clone_of) AS s
WHERE s.n = m.n;

-- A tenth is static, three of a hundred are removed from the model, two may be
-- missing in a variant, five extend the entity before them.
INSERT INTO work_entity (n, module, name, ss_key, data_kind, is_active,
	is_system, is_external, is_multitenant, is_multilingual, has_events,
	has_identifier, has_table, is_optional, is_plain, id_type, id_length,
	id_auto, id_target, attributes, clone_of)
SELECT e.n, e.module, e.name, pg_temp.key('entity/' || e.path || '/' || e.i),
	CASE WHEN NOT e.is_external THEN CASE WHEN e.is_static THEN 'staticEntity' ELSE 'entity' END END,
	e.is_active, false, e.is_external,
	e.h / 100000 % 50 = 0 AND NOT e.is_static AND NOT e.is_external,
	e.h / 10000000 % 40 = 0 AND NOT e.is_static AND NOT e.is_external,
	e.h / 1000000000 % 20 = 0 AND NOT e.is_static AND NOT e.is_external,
	true, NOT e.is_external, e.is_optional, e.is_plain,
	CASE WHEN e.is_child THEN NULL
		WHEN e.id_draw < CASE WHEN e.is_static THEN 5 ELSE 55 END THEN 'rtLongInteger'
		WHEN e.id_draw < CASE WHEN e.is_static THEN 90 ELSE 95 END OR e.is_external THEN 'rtInteger'
		ELSE 'rtText' END,
	CASE WHEN e.id_draw >= 90 THEN 20 ELSE 0 END,
	NOT e.is_external AND NOT e.is_child
		AND e.id_draw < CASE WHEN e.is_static THEN 90 ELSE 95 END,
	CASE WHEN e.is_child THEN e.n - 1 END,
	CASE WHEN e.is_static THEN 4 + (e.h % 2)::integer
		-- on average what was asked for, the small static ones included
		ELSE greatest(2, (e.average * (40 + e.h / 1000 % 121) / 100)::integer) END,
	CASE WHEN e.original IS NOT NULL THEN e.original + e.i END
FROM (
	SELECT e.*, e.is_ordinary AND e.child_draw < 5
			AND coalesce(lag(e.is_parent) OVER (PARTITION BY e.module ORDER BY e.i), false) AS is_child,
		e.is_ordinary AND e.child_draw >= 5 AS is_plain
	FROM (
		SELECT m.first_entity + i AS n, m.n AS module, m.key_path AS path, i, h,
			o.first_entity AS original,
			m.kind = 'extension' AS is_external,
			m.kind = 'espace' AND h % 10 = 0 AS is_static,
			h / 10 % 100 NOT IN (1, 2, 3) AS is_active,
			m.kind = 'espace' AND h % 10 > 0 AND h / 10 % 100 IN (4, 5) AS is_optional,
			m.kind = 'espace' AND h % 10 > 0 AND h / 10 % 100 > 5 AS is_ordinary,
			m.kind = 'espace' AND h % 10 > 0 AND h / 10 % 100 > 5
				AND h / 10000 % 100 >= 5 AS is_parent,
			h / 10000 % 100 AS child_draw,
			h / 1000000 % 100 AS id_draw,
			(:attributes - 0.45) / 0.9 AS average,
			CASE WHEN w > 1200 THEN 'N' || (w - 1) / 1200 ELSE '' END
				|| quality[1 + w % 30] || thing[1 + w / 30 % 40] AS name
		FROM work_module m
		LEFT JOIN work_module o ON o.n = m.clone_of
		CROSS JOIN generate_series(1, m.entities::integer) AS i
		CROSS JOIN LATERAL (SELECT pg_temp.draw('entity/' || m.key_path || '/' || i) AS h,
				-- 7 and 1200 have no common factor: every name comes once in 1200
				CASE WHEN i <= 1200 THEN (pg_temp.draw('names/' || m.key_path) % 1200 + i * 7) % 1200
					ELSE i END AS w) AS drawn
		CROSS JOIN (SELECT
			'{Active,Annual,Basic,Central,Common,Contract,Customer,Daily,Default,Document,Draft,External,Final,General,Global,Internal,Local,Main,Monthly,Order,Partner,Primary,Product,Project,Public,Regional,Service,Shared,Site,User}'::text[] AS quality,
			'{Account,Address,Agreement,Alert,Answer,Approval,Area,Asset,Batch,Booking,Branch,Budget,Case,Category,Channel,Comment,Condition,Contact,Cost,Course,Device,Discount,Entry,Event,File,Goal,Grade,Item,Job,Level,Limit,Log,Message,Note,Offer,Order,Payment,Question,Request,Task}'::text[] AS thing) AS words
		WHERE m.weight IS NOT NULL
	) AS e
) AS e
ORDER BY e.n;

-- A cloned entity is as its original, but in no doubt.
UPDATE work_entity c
SET is_optional = o.is_optional
FROM work_entity o
WHERE o.n = c.clone_of AND c.is_optional <> o.is_optional;

-- Who can be referred to: everything that is there in all variants.
CREATE TEMP TABLE target AS
SELECT e.module, row_number() OVER (PARTITION BY e.module ORDER BY e.n) AS k,
	row_number() OVER (ORDER BY e.n) AS overall, e.n AS entity, e.name, e.is_external
FROM work_entity e
JOIN work_module m ON m.n = e.module
WHERE e.is_active AND NOT e.is_optional AND m.weight IS NOT NULL AND m.clone_of IS NULL;

CREATE UNIQUE INDEX ON target (module, k);
CREATE UNIQUE INDEX ON target (overall);
CREATE UNIQUE INDEX ON target (entity);
ANALYZE target, work_entity, work_module;

CREATE TEMP TABLE target_count AS
SELECT module, count(*) AS entities
FROM target
GROUP BY module;

SELECT count(*) AS targets
FROM target
\gset

-- The first attribute identifies.  Of the others more than a third refer, one in
-- seven of these to users, half of the rest to the same module; some entities
-- are referred to by many.
CREATE TEMP TABLE drawn_attribute AS
SELECT e.n AS entity, p AS position, e.module, h, k.kind,
	CASE k.kind
		WHEN 'identifier' THEN e.id_target
		WHEN 'user' THEN :user_entity
		-- what a clone refers to inside is cloned as well
		WHEN 'near' THEN near.entity + coalesce(m.first_entity - o.first_entity, 0)
		WHEN 'far' THEN far.entity
	END AS target,
	CASE k.kind
		WHEN 'identifier' THEN CASE WHEN e.id_type = 'rtText' AND h % 2 = 0 THEN 'Code' ELSE 'Id' END
		WHEN 'label' THEN 'Label'
		WHEN 'order' THEN 'Order'
		WHEN 'true' THEN 'Is_Active'
		WHEN 'user' THEN (ARRAY['CreatedBy', 'UpdatedBy', 'OwnerId', 'AssignedTo', 'ApprovedBy', 'UserId'])[1 + h / 1000 % 6]
		WHEN 'near' THEN near.name || 'Id'
		WHEN 'far' THEN far.name || 'Id'
		WHEN 'rtText' THEN (ARRAY['Name', 'Description', 'Code', 'Title', 'Notes', 'Reference', 'Street', 'Reason',
			'ExternalId', 'Summary', 'Comment', 'Subject', 'Text', 'Number', 'Language', 'Path'])[1 + h / 1000 % 16]
		WHEN 'rtInteger' THEN (ARRAY['Quantity', 'Position', 'Attempts', 'Version', 'Year', 'Days', 'Score', 'Order'])[1 + h / 1000 % 8]
		WHEN 'rtLongInteger' THEN (ARRAY['Bytes', 'Sequence', 'LegacyNumber'])[1 + h / 1000 % 3]
		WHEN 'rtDecimal' THEN (ARRAY['Rate', 'Weight', 'Ratio', 'Latitude', 'Longitude', 'Factor'])[1 + h / 1000 % 6]
		WHEN 'rtCurrency' THEN (ARRAY['Amount', 'Price', 'Cost', 'Total', 'Balance'])[1 + h / 1000 % 5]
		WHEN 'rtBoolean' THEN (ARRAY['IsActive', 'IsDefault', 'IsPublic', 'IsLocked', 'HasErrors', 'IsPaid', 'IsTest'])[1 + h / 1000 % 7]
		WHEN 'rtDate' THEN (ARRAY['StartDate', 'EndDate', 'DueDate', 'ValidFrom', 'ValidTo', 'Date'])[1 + h / 1000 % 6]
		WHEN 'rtTime' THEN (ARRAY['OpensAt', 'ClosesAt'])[1 + h / 1000 % 2]
		WHEN 'rtDateTime' THEN (ARRAY['CreatedOn', 'UpdatedOn', 'SentOn', 'ClosedOn', 'LastSeen'])[1 + h / 1000 % 5]
		WHEN 'rtEmail' THEN 'Email'
		WHEN 'rtPhoneNumber' THEN 'Phone'
		ELSE 'Content'
	END AS name
FROM work_entity e
CROSS JOIN generate_series(1, e.attributes) AS p
CROSS JOIN LATERAL (SELECT pg_temp.draw('attribute/' || coalesce(e.clone_of, e.n) - :named_entities || '/' || p) AS h
	OFFSET 0) AS drawn
CROSS JOIN LATERAL (SELECT CASE
		WHEN p = 1 THEN 'identifier'
		WHEN e.data_kind = 'staticEntity' AND p = 2 THEN 'label'
		WHEN e.data_kind = 'staticEntity' AND p = 3 THEN 'order'
		WHEN e.data_kind = 'staticEntity' AND p = 4 THEN 'true'
		WHEN h % 100 < 5 THEN 'user'
		WHEN h % 100 < CASE WHEN e.is_external THEN 37 ELSE 22 END THEN 'near'
		WHEN h % 100 < 37 THEN 'far'
		WHEN h % 100 < 62 THEN 'rtText'
		WHEN h % 100 < 70 THEN 'rtInteger'
		WHEN h % 100 < 72 THEN 'rtLongInteger'
		WHEN h % 100 < 75 THEN 'rtDecimal'
		WHEN h % 100 < 78 THEN 'rtCurrency'
		WHEN h % 100 < 86 THEN 'rtBoolean'
		WHEN h % 100 < 90 THEN 'rtDate'
		WHEN h % 100 < 91 THEN 'rtTime'
		WHEN h % 100 < 97 THEN 'rtDateTime'
		WHEN h % 100 < 98 THEN 'rtEmail'
		WHEN h % 100 < 99 THEN 'rtPhoneNumber'
		ELSE 'rtBinaryData'
	END AS kind OFFSET 0) AS k
JOIN work_module m ON m.n = e.module
LEFT JOIN work_module o ON o.n = m.clone_of
LEFT JOIN target_count c ON c.module = coalesce(m.clone_of, m.n)
LEFT JOIN target AS near ON k.kind = 'near'
	AND near.module = coalesce(m.clone_of, m.n)
	AND near.k = 1 + h / 100000 % 100000 * (h / 100000 % 100000) * c.entities / 10000000000
LEFT JOIN target AS far ON k.kind = 'far'
	AND far.overall = 1 + h / 100000 % 100000 * (h / 100000 % 100000) * :targets / 10000000000
WHERE e.n > :named_entities;

INSERT INTO work_attribute (entity, position, name, ss_key, type, length,
	decimals, target, delete_rule, is_mandatory, is_autonumber, is_active,
	is_optional, column_name, rule)
SELECT a.entity, a.position, a.name,
	pg_temp.key('attribute/' || coalesce(e.clone_of, a.entity) - :named_entities || '/' || a.position),
	CASE WHEN a.target IS NULL THEN a.type END,
	CASE WHEN a.target IS NOT NULL THEN 0 ELSE
		CASE a.type
			WHEN 'rtText' THEN CASE WHEN a.position = 1 THEN e.id_length
				WHEN e.data_kind = 'staticEntity' THEN 50
				ELSE (ARRAY[20, 50, 50, 50, 100, 100, 200, 250, 500, 2000, 4000])[1 + h / 10000000000000000 % 11] END
			WHEN 'rtDecimal' THEN 18 WHEN 'rtCurrency' THEN 37
			WHEN 'rtEmail' THEN 250 WHEN 'rtPhoneNumber' THEN 20
			ELSE 0 END
		END,
	CASE WHEN a.target IS NOT NULL THEN 0 ELSE
		CASE a.type WHEN 'rtDecimal' THEN 2 * (1 + h / 10000000000000000 % 4) WHEN 'rtCurrency' THEN 8 ELSE 0 END
		END,
	a.target,
	CASE
		WHEN a.target IS NULL THEN 'Protect'
		WHEN e.is_external OR t.is_external THEN 'Ignore'
		WHEN a.position = 1 THEN CASE WHEN h % 2 = 0 THEN 'Delete' ELSE 'Protect' END
		WHEN h / 10000000000 % 100 < 10 THEN 'Delete'
		WHEN h / 10000000000 % 100 < 45 THEN 'Protect'
		ELSE 'Ignore'
	END,
	a.position = 1 OR a.rule IS NOT NULL OR h / 10000000000 % 4 = 0,
	a.position = 1 AND e.id_auto,
	a.is_fixed OR h / 1000000000000 % 100 >= 4,
	NOT a.is_fixed AND h / 100000000000000 % 100 < 2,
	pg_temp.column_name(a.name), a.rule
FROM (
	SELECT a.*,
		a.position = 1 OR a.kind IN ('label', 'order', 'true') AS is_fixed,
		CASE WHEN a.kind IN ('label', 'order', 'true') THEN a.kind END AS rule,
		CASE
			WHEN a.kind = 'identifier' THEN i.id_type
			WHEN a.kind IN ('label', 'near', 'far') THEN 'rtText'
			WHEN a.kind = 'order' THEN 'rtInteger'
			WHEN a.kind = 'true' THEN 'rtBoolean'
			-- one of them in an entity
			WHEN a.kind = 'rtBinaryData' AND a.namesake > 1 THEN 'rtText'
			ELSE a.kind
		END AS type,
		coalesce(a.base_name, 'Remark')
			|| CASE WHEN a.namesake > 1 OR a.base_name IS NULL THEN a.position::text ELSE '' END
			|| a.suffix AS name
	FROM (
		SELECT a.entity, a.position, a.h, a.kind, a.target, a.name AS base_name, s.suffix,
			row_number() OVER (PARTITION BY a.entity, a.name, s.suffix ORDER BY a.position) AS namesake
		FROM drawn_attribute a
		CROSS JOIN LATERAL (SELECT CASE WHEN a.kind LIKE 'rt%' AND a.kind <> 'rtBinaryData' AND a.h / 100000 % 60 = 0
			THEN 'OfTheWholeReportingPeriod' ELSE '' END AS suffix) AS s
	) AS a
	JOIN work_entity i ON i.n = a.entity
) AS a
JOIN work_entity e ON e.n = a.entity
LEFT JOIN work_entity t ON t.n = a.target;

UPDATE work_entity
SET id_length = 0
WHERE id_length IS NULL OR id_type <> 'rtText';

-- Records of static entities; the rows of those that were removed are gone.
INSERT INTO work_record (entity, position, name, ss_key, is_active, is_optional)
SELECT e.n, i, (ARRAY['New', 'Open', 'Waiting', 'Approved', 'Rejected', 'Closed', 'Cancelled', 'Low', 'Medium',
		'High', 'Urgent', 'Unknown'])[1 + (pg_temp.draw('labels/' || k.path) + i * 5) % 12],
	pg_temp.key('record/' || k.path || '/' || i),
	i = 1 OR r % 100 >= 5, i > 1 AND r / 100 % 100 < 3
FROM work_entity e
CROSS JOIN LATERAL (SELECT (coalesce(e.clone_of, e.n) - :named_entities)::text AS path) AS k
CROSS JOIN LATERAL generate_series(1, 3 + pg_temp.draw('records/' || k.path) % 10) AS i
CROSS JOIN LATERAL (SELECT pg_temp.draw('record/' || k.path || '/' || i) AS r) AS drawn
WHERE e.n > :named_entities AND e.data_kind = 'staticEntity';

-- Two or three roles in each espace
INSERT INTO work_role (module, position, name, ss_key)
SELECT n, i, (ARRAY['Administrator', 'Editor', 'Reader'])[i],
	pg_temp.key('role/' || key_path || '/' || i)
FROM work_module m
CROSS JOIN LATERAL generate_series(1, 2 + (pg_temp.draw('roles/' || key_path) % 2)::integer) AS i
WHERE kind = 'espace' AND NOT is_system;

ANALYZE work_module, work_entity, work_attribute, work_record, work_role;
