-- cancel
UPDATE decisions SET outcome=given_rows.outcome, reason=given_rows.reason, notification_id=given_rows.notification_id,
    decided_at=given_rows.decided_at FROM decisions, (SELECT CAST(json_value(anon_1.value, :json_value) AS VARCHAR(200))
    COLLATE Latin1_General_100_BIN2 AS ledger_key, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(20)) AS
    outcome, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(40)) AS reason, CAST(json_value(anon_1.value,
    :json_value) AS UNIQUEIDENTIFIER) AS notification_id, CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET)
    AS decided_at
FROM openjson(:given) AS anon_1) AS given_rows WHERE decisions.ledger_key = given_rows.ledger_key AND CASE WHEN
    (decisions.outcome = :outcome) THEN :param ELSE :param END = :param;

-- expire
UPDATE decisions SET outcome=given_rows.outcome, reason=given_rows.reason, notification_id=given_rows.notification_id,
    decided_at=given_rows.decided_at FROM decisions, (SELECT CAST(json_value(anon_1.value, :json_value) AS VARCHAR(200))
    COLLATE Latin1_General_100_BIN2 AS ledger_key, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(20)) AS
    outcome, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(40)) AS reason, CAST(json_value(anon_1.value,
    :json_value) AS UNIQUEIDENTIFIER) AS notification_id, CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET)
    AS decided_at
FROM openjson(:given) AS anon_1) AS given_rows WHERE decisions.ledger_key = given_rows.ledger_key AND CASE WHEN
    (decisions.outcome = :outcome) THEN :param ELSE :param END = :param;

-- known
SELECT decisions.ledger_key
FROM decisions
WHERE decisions.ledger_key IN (:ledger_key, ...);

-- members
SELECT decisions.notification_id, decisions.ledger_key, decisions.subject_id, decisions.occurs_at
FROM decisions JOIN notifications ON notifications.id = decisions.notification_id AND notifications.tenant_id =
    decisions.tenant_id
WHERE decisions.notification_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:notification_ids));

-- record
INSERT INTO decisions (ledger_key, tenant_id, kind, subject_type, subject_id, occurrence, occurs_at, outcome, reason,
    notification_id, run_id, decided_at) OUTPUT inserted.ledger_key SELECT given_rows.ledger_key, given_rows.tenant_id,
    given_rows.kind, given_rows.subject_type, given_rows.subject_id, given_rows.occurrence, given_rows.occurs_at,
    given_rows.outcome, given_rows.reason, given_rows.notification_id, given_rows.run_id, given_rows.decided_at
FROM (SELECT CAST(json_value(anon_1.value, :json_value) AS VARCHAR(200)) COLLATE Latin1_General_100_BIN2 AS ledger_key,
    CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS tenant_id, CAST(json_value(anon_1.value,
    :json_value) AS VARCHAR(40)) AS kind, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(40)) AS subject_type,
    CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS subject_id, CAST(json_value(anon_1.value,
    :json_value) AS VARCHAR(100)) AS occurrence, CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS
    occurs_at, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(20)) AS outcome, CAST(json_value(anon_1.value,
    :json_value) AS VARCHAR(40)) AS reason, CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS
    notification_id, CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS run_id,
    CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS decided_at
FROM openjson(:given) AS anon_1) AS given_rows
WHERE NOT (EXISTS (SELECT present.ledger_key
FROM decisions AS present WITH (UPDLOCK, HOLDLOCK)
WHERE present.ledger_key = given_rows.ledger_key));
SELECT decisions.ledger_key, decisions.run_id, decisions.notification_id
FROM decisions
WHERE decisions.ledger_key IN (:ledger_key, ...);
UPDATE decisions SET outcome=:new_outcome, reason=:new_reason, notification_id=:new_notification_id, run_id=:new_run_id,
    decided_at=:new_decided_at WHERE decisions.ledger_key = :key AND (decisions.outcome = :outcome OR decisions.outcome
    = :outcome);

-- withdraw
DELETE FROM decisions WHERE decisions.ledger_key IN (:ledger_key, ...);
