-- cancel
UPDATE decisions SET outcome=given_rows.outcome, reason=given_rows.reason, notification_id=given_rows.notification_id,
    decided_at=given_rows.decided_at FROM (SELECT anon_1.ledger_key AS ledger_key, anon_1.outcome AS outcome,
    anon_1.reason AS reason, anon_1.notification_id AS notification_id, anon_1.decided_at AS decided_at
FROM json_to_recordset(CAST(:given::VARCHAR AS JSON)) AS anon_1(ledger_key VARCHAR(200), outcome VARCHAR(20), reason
    VARCHAR(40), notification_id UUID, decided_at TIMESTAMP WITH TIME ZONE)) AS given_rows WHERE decisions.ledger_key =
    given_rows.ledger_key AND CASE WHEN (decisions.outcome = :outcome::VARCHAR) THEN :param::INTEGER ELSE
    :param::INTEGER END = :param::INTEGER;

-- expire
UPDATE decisions SET outcome=given_rows.outcome, reason=given_rows.reason, notification_id=given_rows.notification_id,
    decided_at=given_rows.decided_at FROM (SELECT anon_1.ledger_key AS ledger_key, anon_1.outcome AS outcome,
    anon_1.reason AS reason, anon_1.notification_id AS notification_id, anon_1.decided_at AS decided_at
FROM json_to_recordset(CAST(:given::VARCHAR AS JSON)) AS anon_1(ledger_key VARCHAR(200), outcome VARCHAR(20), reason
    VARCHAR(40), notification_id UUID, decided_at TIMESTAMP WITH TIME ZONE)) AS given_rows WHERE decisions.ledger_key =
    given_rows.ledger_key AND CASE WHEN (decisions.outcome = :outcome::VARCHAR) THEN :param::INTEGER ELSE
    :param::INTEGER END = :param::INTEGER;

-- known
SELECT decisions.ledger_key
FROM decisions
WHERE decisions.ledger_key IN (:ledger_key, ...);

-- members
SELECT decisions.notification_id, decisions.ledger_key, decisions.subject_id, decisions.occurs_at
FROM decisions JOIN notifications ON notifications.id = decisions.notification_id AND notifications.tenant_id =
    decisions.tenant_id
WHERE decisions.notification_id = ANY (:notification_ids::UUID[]);

-- record
INSERT INTO decisions (ledger_key, tenant_id, kind, subject_type, subject_id, occurrence, occurs_at, outcome, reason,
    notification_id, run_id, decided_at) VALUES (:ledger_key::VARCHAR, :tenant_id::UUID, :kind::VARCHAR,
    :subject_type::VARCHAR, :subject_id::UUID, :occurrence::VARCHAR, :occurs_at::TIMESTAMP WITH TIME ZONE,
    :outcome::VARCHAR, :reason::VARCHAR, :notification_id::UUID, :run_id::UUID, :decided_at::TIMESTAMP WITH TIME ZONE)
    ON CONFLICT DO NOTHING RETURNING decisions.ledger_key;
SELECT decisions.ledger_key, decisions.run_id, decisions.notification_id
FROM decisions
WHERE decisions.ledger_key IN (:ledger_key, ...);
UPDATE decisions SET outcome=:new_outcome::VARCHAR, reason=:new_reason::VARCHAR,
    notification_id=:new_notification_id::UUID, run_id=:new_run_id::UUID, decided_at=:new_decided_at::TIMESTAMP WITH
    TIME ZONE WHERE decisions.ledger_key = :key::VARCHAR AND (decisions.outcome = :outcome::VARCHAR OR decisions.outcome
    = :outcome::VARCHAR);

-- withdraw
DELETE FROM decisions WHERE decisions.ledger_key IN (:ledger_key, ...);
