-- The metamodel of the factory: its model, the same in all variants, then
-- what this variant decides by itself, then the rows of the OSSYS tables.

CREATE SCHEMA :"schema";

\ir ../../demo/factory/schema.sql
\ir work.sql
\ir system.sql
\if :traps
\ir trap.sql
\endif
\ir named.sql
\ir bulk.sql
\ir variant.sql
\ir metamodel.sql
\ir process.sql
\if :traps
\ir odd.sql
\endif
