-- choose
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers
FROM notifications
WHERE notifications.status = :status::VARCHAR AND notifications.not_before <= :now::TIMESTAMP WITH TIME ZONE AND
    notifications.useful_until > :now::TIMESTAMP WITH TIME ZONE AND (notifications.tenant_id NOT IN (SELECT
    pauses.tenant_id
FROM pauses
WHERE pauses.until > :now::TIMESTAMP WITH TIME ZONE)) AND NOT notifications.tenant_id = ANY (:left_out::UUID[]) ORDER BY
    notifications.priority, notifications.not_before, notifications.id
LIMIT :param::INTEGER FOR UPDATE OF notifications SKIP LOCKED;
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers
FROM notifications
WHERE notifications.status = :status::VARCHAR AND notifications.not_before <= :now::TIMESTAMP WITH TIME ZONE AND
    notifications.useful_until > :now::TIMESTAMP WITH TIME ZONE AND (notifications.tenant_id NOT IN (SELECT
    pauses.tenant_id
FROM pauses
WHERE pauses.until > :now::TIMESTAMP WITH TIME ZONE)) AND notifications.tenant_id = ANY (:only::UUID[]) AND NOT
    notifications.tenant_id = ANY (:left_out::UUID[]) ORDER BY notifications.priority, notifications.not_before,
    notifications.id
LIMIT :param::INTEGER FOR UPDATE OF notifications SKIP LOCKED;

-- claim
UPDATE notifications SET body=given_rows.body, status=:status::VARCHAR, reason=:reason::VARCHAR,
    attempts=(notifications.attempts + :attempts::SMALLINT), attempted_at=:wall::TIMESTAMP WITH TIME ZONE,
    claimed_by=:worker::VARCHAR, claimed_until=:until::TIMESTAMP WITH TIME ZONE, updated_at=:now::TIMESTAMP WITH TIME
    ZONE FROM (SELECT anon_1.id AS id, anon_1.body AS body
FROM json_to_recordset(CAST(:given::VARCHAR AS JSON)) AS anon_1(id UUID, body VARCHAR(1600))) AS given_rows WHERE
    notifications.id = given_rows.id AND CASE WHEN (notifications.status = :status::VARCHAR) THEN :param::INTEGER ELSE
    :param::INTEGER END = :param::INTEGER RETURNING notifications.id;
UPDATE notifications SET to_phone=given_rows.to_phone, body=given_rows.body, segments=given_rows.segments,
    status=:status::VARCHAR, reason=:reason::VARCHAR, attempts=(notifications.attempts + :attempts::SMALLINT),
    attempted_at=:wall::TIMESTAMP WITH TIME ZONE, claimed_by=:worker::VARCHAR, claimed_until=:until::TIMESTAMP WITH TIME
    ZONE, updated_at=:now::TIMESTAMP WITH TIME ZONE FROM (SELECT anon_1.id AS id, anon_1.to_phone AS to_phone,
    anon_1.body AS body, anon_1.segments AS segments
FROM json_to_recordset(CAST(:given::VARCHAR AS JSON)) AS anon_1(id UUID, to_phone VARCHAR(20), body VARCHAR(1600),
    segments SMALLINT)) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN (notifications.status =
    :status::VARCHAR) THEN :param::INTEGER ELSE :param::INTEGER END = :param::INTEGER RETURNING notifications.id;

-- claim_lapsed
WITH chosen AS
(SELECT notifications.id AS id
FROM notifications
WHERE notifications.status = :status::VARCHAR AND notifications.claimed_until <= :wall::TIMESTAMP WITH TIME ZONE AND NOT
    notifications.tenant_id = ANY (:left_out::UUID[]) ORDER BY notifications.claimed_until
LIMIT :param::INTEGER FOR UPDATE OF notifications SKIP LOCKED)
UPDATE notifications SET claimed_by=:worker::VARCHAR, claimed_until=:until::TIMESTAMP WITH TIME ZONE WHERE
    notifications.id IN (SELECT chosen.id
FROM chosen) AND notifications.status = :status::VARCHAR AND notifications.claimed_until <= :wall::TIMESTAMP WITH TIME
    ZONE RETURNING notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers, notifications.to_phone,
    notifications.body, notifications.segments, notifications.attempted_at, notifications.ambiguities,
    notifications.reason, notifications.error_code;

-- count_sent_since
SELECT count(*) AS count_1
FROM notifications
WHERE notifications.sent_at >= :sent_at::TIMESTAMP WITH TIME ZONE;

-- due
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers
FROM notifications
WHERE notifications.status = :status::VARCHAR AND notifications.not_before <= :now::TIMESTAMP WITH TIME ZONE AND
    notifications.useful_until > :now::TIMESTAMP WITH TIME ZONE AND (notifications.tenant_id NOT IN (SELECT
    pauses.tenant_id
FROM pauses
WHERE pauses.until > :now::TIMESTAMP WITH TIME ZONE)) AND notifications.tenant_id = ANY (:only::UUID[]) AND NOT
    notifications.tenant_id = ANY (:left_out::UUID[]) ORDER BY notifications.priority, notifications.not_before,
    notifications.id
LIMIT :param::INTEGER;

-- expire_useless
UPDATE notifications SET status=:status::VARCHAR, reason=:reason::VARCHAR, updated_at=:now::TIMESTAMP WITH TIME ZONE
    WHERE notifications.status = :status::VARCHAR AND notifications.useful_until <= :now::TIMESTAMP WITH TIME ZONE AND
    NOT notifications.tenant_id = ANY (:left_out::UUID[]) RETURNING notifications.id, notifications.tenant_id,
    notifications.owner_id, notifications.kind, notifications.useful_until, notifications.attempts,
    notifications.unclear_answers;

-- message_ids_to
SELECT notifications.to_phone, notifications.provider_message_id
FROM notifications
WHERE notifications.to_phone IN (:to_phone, ...) AND notifications.provider_message_id IS NOT NULL;

-- plan
INSERT INTO notifications (id, tenant_id, owner_id, kind, status, not_before, useful_until, priority, run_id,
    created_at) VALUES (:id::UUID, :tenant_id::UUID, :owner_id::UUID, :kind::VARCHAR, :status::VARCHAR,
    :not_before::TIMESTAMP WITH TIME ZONE, :useful_until::TIMESTAMP WITH TIME ZONE, :priority::SMALLINT, :run_id::UUID,
    :created_at::TIMESTAMP WITH TIME ZONE);

-- record_outcomes
UPDATE notifications SET claimed_until=given_rows.claimed_until FROM (SELECT anon_1.id AS id, anon_1.claimed_until AS
    claimed_until
FROM json_to_recordset(CAST(:given::VARCHAR AS JSON)) AS anon_1(id UUID, claimed_until TIMESTAMP WITH TIME ZONE)) AS
    given_rows WHERE notifications.id = given_rows.id AND CASE WHEN (notifications.status = :status::VARCHAR AND
    notifications.claimed_by = :worker::VARCHAR) THEN :param::INTEGER ELSE :param::INTEGER END = :param::INTEGER;

-- record_sent
UPDATE notifications SET segments=given_rows.segments, status=given_rows.status, reason=given_rows.reason,
    attempts=given_rows.attempts, provider_message_id=given_rows.provider_message_id, error_code=given_rows.error_code,
    claimed_until=given_rows.claimed_until, sent_at=given_rows.sent_at, updated_at=given_rows.updated_at FROM (SELECT
    anon_1.id AS id, anon_1.status AS status, anon_1.reason AS reason, anon_1.error_code AS error_code,
    anon_1.provider_message_id AS provider_message_id, anon_1.segments AS segments, anon_1.claimed_until AS
    claimed_until, anon_1.sent_at AS sent_at, anon_1.updated_at AS updated_at, anon_1.attempts AS attempts
FROM json_to_recordset(CAST(:given::VARCHAR AS JSON)) AS anon_1(id UUID, status VARCHAR(20), reason VARCHAR(40),
    error_code VARCHAR(40), provider_message_id VARCHAR(64), segments SMALLINT, claimed_until TIMESTAMP WITH TIME ZONE,
    sent_at TIMESTAMP WITH TIME ZONE, updated_at TIMESTAMP WITH TIME ZONE, attempts SMALLINT)) AS given_rows WHERE
    notifications.id = given_rows.id AND CASE WHEN (notifications.provider_message_id IS NULL) THEN :param::INTEGER ELSE
    :param::INTEGER END = :param::INTEGER;

-- record_unsent
UPDATE notifications SET not_before=given_rows.not_before, updated_at=given_rows.updated_at FROM (SELECT anon_1.id AS
    id, anon_1.not_before AS not_before, anon_1.updated_at AS updated_at
FROM json_to_recordset(CAST(:given::VARCHAR AS JSON)) AS anon_1(id UUID, not_before TIMESTAMP WITH TIME ZONE, updated_at
    TIMESTAMP WITH TIME ZONE)) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN (notifications.status
    = :status::VARCHAR) THEN :param::INTEGER ELSE :param::INTEGER END = :param::INTEGER;

-- under_way
SELECT notifications.to_phone, notifications.body
FROM notifications
WHERE notifications.to_phone IN (:to_phone, ...) AND notifications.status = :status::VARCHAR AND
    notifications.claimed_by != :claimed_by::VARCHAR;
