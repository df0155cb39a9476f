-- cancel
UPDATE decisions SET outcome=given_rows.outcome, reason=given_rows.reason, notification_id=given_rows.notification_id,
    decided_at=given_rows.decided_at FROM (SELECT json_extract(anon_1.value, :json_extract) AS ledger_key,
    json_extract(anon_1.value, :json_extract) AS outcome, json_extract(anon_1.value, :json_extract) AS reason,
    json_extract(anon_1.value, :json_extract) AS notification_id, json_extract(anon_1.value, :json_extract) AS
    decided_at
FROM json_each(:given) AS anon_1) AS given_rows WHERE decisions.ledger_key = given_rows.ledger_key AND CASE WHEN
    (decisions.outcome = :outcome) THEN :param ELSE :param END = :param;

-- expire
UPDATE decisions SET outcome=given_rows.outcome, reason=given_rows.reason, notification_id=given_rows.notification_id,
    decided_at=given_rows.decided_at FROM (SELECT json_extract(anon_1.value, :json_extract) AS ledger_key,
    json_extract(anon_1.value, :json_extract) AS outcome, json_extract(anon_1.value, :json_extract) AS reason,
    json_extract(anon_1.value, :json_extract) AS notification_id, json_extract(anon_1.value, :json_extract) AS
    decided_at
FROM json_each(:given) AS anon_1) AS given_rows WHERE decisions.ledger_key = given_rows.ledger_key AND CASE WHEN
    (decisions.outcome = :outcome) THEN :param ELSE :param END = :param;

-- known
SELECT decisions.ledger_key
FROM decisions
WHERE decisions.ledger_key IN (:ledger_key, ...);

-- members
SELECT decisions.notification_id, decisions.ledger_key, decisions.subject_id, decisions.occurs_at
FROM decisions JOIN notifications ON notifications.id = decisions.notification_id AND notifications.tenant_id =
    decisions.tenant_id
WHERE decisions.notification_id IN (SELECT value
FROM json_each(:notification_ids));

-- record
INSERT INTO decisions (ledger_key, tenant_id, kind, subject_type, subject_id, occurrence, occurs_at, outcome, reason,
    notification_id, run_id, decided_at) VALUES (:ledger_key, :tenant_id, :kind, :subject_type, :subject_id,
    :occurrence, :occurs_at, :outcome, :reason, :notification_id, :run_id, :decided_at) ON CONFLICT DO NOTHING RETURNING
    ledger_key;
SELECT decisions.ledger_key, decisions.run_id, decisions.notification_id
FROM decisions
WHERE decisions.ledger_key IN (:ledger_key, ...);
UPDATE decisions SET outcome=:new_outcome, reason=:new_reason, notification_id=:new_notification_id, run_id=:new_run_id,
    decided_at=:new_decided_at WHERE decisions.ledger_key = :key AND (decisions.outcome = :outcome OR decisions.outcome
    = :outcome);

-- withdraw
DELETE FROM decisions WHERE decisions.ledger_key IN (:ledger_key, ...);
