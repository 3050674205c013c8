/*
 * 85_problem_mask: what is wrong with a plan's masks, and what has none.
 */

-- Does the name of an attribute say that its values are about a person?  The
-- words are of Dutch, English, French, German, Italian, Portuguese, Spanish;
-- short ones count only where a word begins and ends.  A bare "Name" is one
-- if the entity's name says that it is about persons.  One expression, and
-- not strict, so that the planner puts it into the view.
CREATE FUNCTION osmeta.is_personal_name(attribute text, entity text)
RETURNS boolean
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN osmeta.fold_name($1) ~ ('e_?mail|correo|courriel|phone|mobile|telefo|telemovel|celular|movil'
            || '|(first|last|sur|middle|given|family|full|nick|maiden|user)_?name|vorname|nachname|familienname|benutzername'
            || '|apelido|apellido|sobrenome|prenom|nome_?completo|nombre_?completo|nom_?complet|cognome|voornaam|achternaam'
            || '|address|adres|anschrift|endereco|morada|direccion|indirizzo|street|strasse|straat'
            || '|post(al)?_?code|zip_?code|codigo_?postal|postleitzahl|code_?postal'
            || '|account_?n(umbe|)r|kontonummer|credit_?card|card_?number|kreditkarte'
            || '|social_?security|national_?id|passport|passaporte|pasaporte|passeport|reisepass|personalausweis'
            || '|tax_?(id|payer|number|code)|steuer_?(nummer|id)|contribuinte|codice_?fiscale|vat_?number'
            || '|birth|geburt|nascimento|nacimiento|naissance|nascita|geboorte'
            || '|driver_?licen[cs]e|insurance_?n(umbe|)r|signature|unterschrift')
        OR $1 ~ ('(^|[a-z0-9_])(Mail|MAIL|mail|Fax|FAX|fax|Handy|HANDY|handy|Rua|RUA|rua|Calle|CALLE|calle|Rue|RUE|rue'
            || '|Via|VIA|via|Iban|IBAN|iban|Bic|BIC|bic|Ssn|SSN|ssn|Nif|NIF|nif|Nie|NIE|nie'
            || '|Dni|DNI|dni|Cpf|CPF|cpf|Cnpj|CNPJ|cnpj|Bsn|BSN|bsn|Nin|NIN|nin|Plz|PLZ|plz'
            || '|Cep|CEP|cep|Cap|CAP|cap|Dob|DOB|dob|Login|LOGIN|login|Ip|IP|ip'
            || ')([A-Z0-9_]|$)')
        OR osmeta.fold_name($1) IN ('name', 'nome', 'nombre', 'nom', 'naam')
        AND osmeta.fold_name($2) ~ ('person|people|pessoa|human|customer|client|kunde|klant|contact|employee|mitarbeiter|colaborador'
            || '|funcionario|empleado|salarie|medewerker|user|utilizador|usuario|utente|benutzer|patient|student|aluno'
            || '|member|mitglied|citizen|applicant|candidat|guest|passenger|driver|prospect');
COMMENT ON FUNCTION osmeta.is_personal_name(text, text) IS 'Internal: does the name of an attribute say that its values are about a person?';

-- Which masks cannot be applied, and which attributes would need one?
CREATE VIEW osmeta.plan_problem_mask (plan_id, severity, code, object, message, hint) AS
WITH attribute AS (
    SELECT a.*, t.staged_type,
        COALESCE(osmeta.data_type(a.type), '') AS data_type,
        substring(t.staged_type FROM '^character.*[(]([0-9]+)[)]')::integer AS staged_length,
        substring(a.target_type FROM '^character.*[(]([0-9]+)[)]')::integer AS column_length,
        CASE WHEN a.mask LIKE 'constant:%' THEN 'constant' ELSE a.mask END AS kind,
        a.transform NOT IN ('key', 'remap', 'null value', 'default', 'column default')
            AND NOT starts_with(a.transform, 'remap:') AND osmeta.mapped_entities(a.transform, a.plan) IS NULL AS is_possible
    FROM osmeta.moved_attribute a
    CROSS JOIN LATERAL (VALUES (
        CASE WHEN a.transform = 'copy' THEN a.source_type ELSE a.target_type END)) t (staged_type)
    WHERE a.status IN ('matched', 'target only')
), masked AS (
    SELECT *,
        kind IN ('email', 'name', 'phone', 'text', 'number', 'date') AS is_keyed
    FROM attribute
    WHERE mask IS NOT NULL
)
SELECT plan_id, 'error', 'invalid_mask', object,
    format('there is no mask "%s"', mask),
    'Masks are email, name, phone, text, number, date, null and constant:<text>.'
FROM masked
WHERE NOT is_keyed AND kind NOT IN ('null', 'constant')
UNION ALL
SELECT plan_id, 'error', 'invalid_mask', object,
    format('a value with transform %s cannot be masked', transform),
    'Identifiers, references, defaults and null values have no masks.'
FROM masked
WHERE NOT is_possible AND (is_keyed OR kind IN ('null', 'constant'))
UNION ALL
SELECT plan_id, 'error', 'invalid_mask', object,
    format('mask %s cannot be applied to type %s', mask,
        CASE data_type WHEN 'Time' THEN 'Time' ELSE staged_type END),
    'email, name, phone and text are for texts, number for whole and decimal numbers, date for dates and times of a day; null and constant:<text> for all.'
FROM masked
WHERE is_possible AND CASE
        WHEN kind IN ('email', 'name', 'phone', 'text')
            THEN staged_type !~ '^(text|character|citext|name)'
        WHEN kind = 'number' THEN staged_type !~ '^(smallint|integer|bigint|numeric)'
        WHEN kind = 'date' THEN staged_type !~ '^(date|timestamp)' OR data_type = 'Time'
    END
UNION ALL
SELECT plan_id, 'error', 'invalid_mask', object,
    format('mask email needs room for 40 characters, the column has %s', least(staged_length, column_length)),
    'Take mask text, null, or a constant that fits.'
FROM masked
WHERE is_possible AND kind = 'email' AND least(staged_length, column_length) < 40
UNION ALL
SELECT plan_id, 'error', 'invalid_mask', object,
    format('the constant has %s characters, the column of the target has room for %s', char_length(mask) - 9, column_length),
    'Take a shorter constant.'
FROM masked
WHERE is_possible AND kind = 'constant' AND char_length(mask) - 9 > least(staged_length, column_length)
UNION ALL
SELECT a.plan_id, 'error', 'invalid_mask', a.object,
    format('column "%s" of table "%s" in environment "%s" takes no NULL', a.target_column, a.target_table, a.target),
    'Take constant:<text>, or a mask that keeps the values apart.'
FROM masked a
JOIN osmeta.plan p ON p.plan_id = a.plan_id
JOIN osmeta.captured_physical_column c ON c.capture_id = p.target_capture_id
    AND c.table_name = a.target_table AND c.column_name = a.target_column
WHERE a.is_possible AND a.kind = 'null' AND NOT c.is_nullable
UNION ALL
SELECT DISTINCT a.plan_id, 'error', 'mask_not_unique', a.object,
    format('mask %s makes equal values of different ones, and column "%s" of table "%s" is unique in environment "%s"',
        a.mask, a.target_column, a.target_table, a.target),
    'Take mask text, email, phone, number or date: these keep different values different.'
FROM masked a
JOIN osmeta.plan p ON p.plan_id = a.plan_id
JOIN (
    SELECT i.capture_id, i.table_name, i.columns FROM osmeta.captured_physical_index i WHERE i.is_unique
    UNION ALL
    SELECT k.capture_id, k.table_name, k.columns FROM osmeta.captured_physical_key k WHERE k.kind IN ('p', 'u')
) u ON u.capture_id = p.target_capture_id AND u.table_name = a.target_table AND u.columns = ARRAY[a.target_column]
WHERE a.is_possible AND a.kind IN ('null', 'constant', 'name')
UNION ALL
SELECT plan_id, 'warning', 'personal_data', object,
    format('values about persons, it seems (%s), and no mask',
        CASE WHEN data_type IN ('Email', 'Phone Number') THEN 'type ' || data_type ELSE 'by its name' END),
    format('Set mask = %L in osmeta.plan_attribute, or transform to an expression; or lower the severity.',
        CASE
            WHEN data_type LIKE 'Date%' THEN 'date'
            WHEN data_type = 'Email' OR osmeta.fold_name(attribute) ~ osmeta.fold_name('mail') THEN 'email'
            WHEN data_type = 'Phone Number' THEN 'phone'
            WHEN osmeta.fold_name(attribute) ~ osmeta.fold_name('name') THEN 'name'
            ELSE 'text'
        END)
FROM (SELECT a.*, e.entity FROM attribute a
      JOIN osmeta.plan p ON p.plan_id = a.plan_id AND p.phase = 'planned'
      JOIN osmeta.plan_entity e ON e.plan_id = a.plan_id AND e.entity_id = a.entity_id) a
WHERE mask IS NULL AND transform = 'copy' AND status = 'matched'
    AND (data_type IN ('Email', 'Phone Number')
        OR data_type IN ('Text', 'Date', 'Date Time') AND osmeta.is_personal_name(attribute, entity))
UNION ALL
SELECT DISTINCT a.plan_id, 'warning', 'mask_secret_missing', a.source,
    'the plan has masks that need a secret, and this session has none',
    'Connect with PGOPTIONS=''-c osmeta.mask_secret=...'' to run the plan.'
FROM masked a
JOIN osmeta.plan p ON p.plan_id = a.plan_id
WHERE a.is_keyed AND a.is_possible AND p.phase IN ('planned', 'pull') AND NOT osmeta.mask_has_secret();
COMMENT ON VIEW osmeta.plan_problem_mask IS 'Internal: which masks cannot be applied, and which attributes would need one';
