-- One factory of migrate_make.sql, in the first schema of search_path.
\ir ../../../demo/factory/schema.sql
SELECT make.begin(:first);
SELECT make.espace('Bench');
SELECT make.entity('Bench.Status', 'staticEntity');
SELECT make.attribute('Bench.Status', 'Id', 'rtInteger', 'auto mandatory'),
	make.attribute('Bench.Status', 'Label', 'rtText(50)', 'mandatory');
SELECT make.entity('Bench.Customer');
SELECT make.attribute('Bench.Customer', 'Id', 'rtLongInteger', 'auto mandatory'),
	make.attribute('Bench.Customer', 'Name', 'rtText(50)');
SELECT make.entity('Bench.Order');
SELECT make.attribute('Bench.Order', 'Id', 'rtLongInteger', 'auto mandatory'),
	make.attribute('Bench.Order', 'CustomerId', 'Bench.Customer'),
	make.attribute('Bench.Order', 'StatusId', 'Bench.Status'),
	make.attribute('Bench.Order', 'CreatedBy', 'ServiceCenter.User', 'Ignore'),
	make.attribute('Bench.Order', 'Name', 'rtText(50)'),
	make.attribute('Bench.Order', 'Amount', 'rtDecimal(10,2)'),
	make.attribute('Bench.Order', 'Since', 'rtDateTime');
SELECT make.tables();
SELECT make.record('Bench.Status', 'A', CASE :'role' WHEN 'source' THEN '1' ELSE '2' END),
	make.record('Bench.Status', 'B', CASE :'role' WHEN 'source' THEN '2' ELSE '3' END),
	make.record('Bench.Status', 'C', CASE :'role' WHEN 'source' THEN '3' ELSE '1' END);
SELECT make.users(VARIADIC ARRAY(SELECT CASE :'role' WHEN 'source' THEN i + 9 ELSE 2000 - i END || ' user' || i
	FROM generate_series(1, 1000) i));
