/*
 * 87_problem_check: constraints of the target's tables that the model knows
 * nothing of.
 *
 * Each view gives plan_id, severity, code, object, message and hint;
 * plan_problem puts them together.  Severities are those that hold unless
 * the plan's option severity says otherwise.  What is looked at before the
 * first row is delivered is looked at by plan_constraint.c, unless its
 * severity is note.
 */

-- Foreign keys of the target's tables that lead elsewhere than the model says.
CREATE VIEW osmeta.target_foreign_key AS
SELECT m.plan_id, m.entity_id, m.object, m.target, m.target_table, c.name, c.definition,
    c.details ->> 'target' AS referred_table, c.details ->> 'should_be' AS should_be,
    jsonb_array_length(c.details -> 'columns') AS columns, k.attribute, k.attribute_no, k.left_to_target
FROM osmeta.plan_catalogue AS c
CROSS JOIN LATERAL (SELECT * FROM osmeta.moved_entity AS e
    WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id OFFSET 0) AS m
CROSS JOIN LATERAL (
    -- a column that is NULL in all rows: there is nothing to look for
    SELECT COALESCE(bool_or(d.is_null OR d.target_column IS NULL AND f.name IS NULL), false) AS is_idle,
        COALESCE(bool_or(d.target_column IS NULL), false) AS left_to_target,
        COALESCE(bool_or(d.type ILIKE 'bt%'), false) AS is_reference,
        min(d.object) AS attribute, min(d.attribute_no) AS attribute_no
    FROM osmeta.catalogue_index_columns(c.details) AS i (name)
    LEFT JOIN LATERAL (SELECT * FROM osmeta.delivered_column AS v
        WHERE v.plan_id = c.plan_id AND v.entity_id = c.entity_id AND v.target_column = i.name OFFSET 0) AS d ON true
    LEFT JOIN osmeta.plan_catalogue AS f ON f.plan_id = c.plan_id AND f.side = 'target' AND f.kind = 'column'
        AND f.entity_id = c.entity_id AND f.name = i.name
        AND ((f.details ->> 'has_default')::boolean OR (f.details ->> 'is_identity')::boolean
            OR (f.details ->> 'is_generated')::boolean)
) AS k
WHERE c.side = 'target' AND c.kind = 'key' AND c.details ->> 'kind' = 'f' AND m.status = 'matched' AND NOT k.is_idle
    AND osmeta.fold_name(c.details ->> 'should_be') IS DISTINCT FROM osmeta.fold_name(c.details ->> 'target')
    -- a reference to what the plan does not have is another problem
    AND (c.details ->> 'should_be' IS NOT NULL OR NOT k.is_reference OR jsonb_array_length(c.details -> 'columns') > 1);
COMMENT ON VIEW osmeta.target_foreign_key IS 'Internal: foreign keys of the tables that a plan writes to which lead elsewhere than the model says';

-- Which constraints may refuse the rows?
CREATE VIEW osmeta.plan_problem_check (plan_id, severity, code, object, message, hint) AS
SELECT m.plan_id, 'warning', 'check_constraint', m.object,
    format('%stable "%s" in environment "%s" has the constraint "%s"%s: %s',
        CASE WHEN c.details ->> 'column' IS NULL THEN '' ELSE format('the type of column "%s" of ', c.details ->> 'column') END, m.target_table, m.target, c.details ->> 'name',
        CASE WHEN (c.details ->> 'is_known')::boolean THEN ', ' || c.definition ELSE ', which the user who reads there cannot see' END,
        CASE WHEN c.details ->> 'kind' <> 'exclusion' AND (c.details ->> 'is_known')::boolean AND COALESCE(n.dialect, 'postgres') = 'postgres'
            THEN 'rows that do not meet it stop the run before the first one is written'
            ELSE 'it is not looked at before rows are delivered' END),
    format('The platform makes no such constraints: have it dropped there if it is a left-over, and SELECT osmeta.refresh_plan(%L). Else see to it that the rows meet it. Lowered to note, rows are not looked at.', m.plan)
FROM osmeta.plan_catalogue AS c
CROSS JOIN LATERAL (SELECT * FROM osmeta.moved_entity AS e
    WHERE e.plan_id = c.plan_id AND e.entity_id = c.entity_id OFFSET 0) AS m
LEFT JOIN osmeta.environment AS n ON n.environment = m.target
WHERE c.side = 'target' AND c.kind = 'check' AND m.status = 'matched'
UNION ALL
SELECT k.plan_id, 'warning', 'foreign_key_outside', COALESCE(k.attribute, k.object),
    format('foreign key "%s" of table "%s" in environment "%s", %s, %s: %s', k.name, k.target_table, k.target, k.definition,
        CASE
            WHEN k.columns > 1 THEN 'is over several columns'
            WHEN k.left_to_target THEN 'is over a column that the target fills'
            WHEN k.should_be IS NULL THEN 'is over an attribute that is no reference'
            ELSE format('does not lead to "%s", which the attribute refers to', k.should_be)
        END,
        CASE WHEN k.columns = 1 AND NOT k.left_to_target AND COALESCE(n.dialect, 'postgres') = 'postgres'
            THEN 'rows whose value that table does not have stop the run before the first one is written'
            ELSE 'rows whose value that table does not have are refused when they are delivered' END),
    'A left-over of an earlier version: have it dropped there, or set include = false for the attribute. Lowered to note, rows are not looked at.'
FROM osmeta.target_foreign_key AS k
LEFT JOIN osmeta.environment AS n ON n.environment = k.target;
COMMENT ON VIEW osmeta.plan_problem_check IS 'Internal: which constraints of the target may refuse the rows';
