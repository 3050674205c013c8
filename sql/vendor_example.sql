--
-- The vendor's own example, uncorrected: the references of People name an
-- espace that nobody has.  They dangle, and the hint names whom they mean.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS osmeta;
\getenv abs_srcdir PG_ABS_SRCDIR
\set schema :abs_srcdir '/demo/factory/schema.sql'
\set example :abs_srcdir '/demo/factory/vendor_example.sql'
CREATE SCHEMA factory;
SET search_path = factory;
\set ECHO none
\i :schema
\i :example
\set ECHO all
RESET search_path;
SELECT osmeta.attach('vendor', remote_schema => 'factory');
SELECT osmeta.capture('vendor');
SELECT espace, entity, attribute, status, target_key, target_entity, hint FROM osmeta.reference ORDER BY attribute;
SELECT severity, code, object, message, hint FROM osmeta.problem ORDER BY code, object;
SELECT severity, code, object, message, hint FROM vendor.problem ORDER BY code, object;
