-- choose
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers
FROM notifications
WHERE notifications.status = :status AND notifications.not_before <= :now AND notifications.useful_until > :now AND
    (notifications.tenant_id NOT IN (SELECT pauses.tenant_id
FROM pauses
WHERE pauses.until > :now)) AND NOT notifications.tenant_id IN (SELECT value
FROM json_each(:left_out)) ORDER BY notifications.priority, notifications.not_before, notifications.id
LIMIT :param OFFSET :param;
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers
FROM notifications
WHERE notifications.status = :status AND notifications.not_before <= :now AND notifications.useful_until > :now AND
    (notifications.tenant_id NOT IN (SELECT pauses.tenant_id
FROM pauses
WHERE pauses.until > :now)) AND notifications.tenant_id IN (SELECT value
FROM json_each(:only)) AND NOT notifications.tenant_id IN (SELECT value
FROM json_each(:left_out)) ORDER BY notifications.priority, notifications.not_before, notifications.id
LIMIT :param OFFSET :param;

-- claim
UPDATE notifications SET body=given_rows.body, status=:status, reason=:reason, attempts=(notifications.attempts +
    :attempts), attempted_at=:wall, claimed_by=:worker, claimed_until=:until, updated_at=:now FROM (SELECT
    json_extract(anon_1.value, :json_extract) AS id, json_extract(anon_1.value, :json_extract) AS body
FROM json_each(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.status = :status) THEN :param ELSE :param END = :param RETURNING id;
UPDATE notifications SET to_phone=given_rows.to_phone, body=given_rows.body, segments=given_rows.segments,
    status=:status, reason=:reason, attempts=(notifications.attempts + :attempts), attempted_at=:wall,
    claimed_by=:worker, claimed_until=:until, updated_at=:now FROM (SELECT json_extract(anon_1.value, :json_extract) AS
    id, json_extract(anon_1.value, :json_extract) AS to_phone, json_extract(anon_1.value, :json_extract) AS body,
    json_extract(anon_1.value, :json_extract) AS segments
FROM json_each(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.status = :status) THEN :param ELSE :param END = :param RETURNING id;

-- claim_lapsed
WITH chosen AS
(SELECT notifications.id AS id
FROM notifications
WHERE notifications.status = :status AND notifications.claimed_until <= :wall AND NOT notifications.tenant_id IN (SELECT
    value
FROM json_each(:left_out)) ORDER BY notifications.claimed_until
LIMIT :param OFFSET :param)
UPDATE notifications SET claimed_by=:worker, claimed_until=:until WHERE notifications.id IN (SELECT chosen.id
FROM chosen) AND notifications.status = :status AND notifications.claimed_until <= :wall RETURNING id, tenant_id,
    owner_id, kind, useful_until, attempts, unclear_answers, to_phone, body, segments, attempted_at, ambiguities,
    reason, error_code;

-- count_sent_since
SELECT count(*) AS count_1
FROM notifications
WHERE notifications.sent_at >= :sent_at;

-- due
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers
FROM notifications
WHERE notifications.status = :status AND notifications.not_before <= :now AND notifications.useful_until > :now AND
    (notifications.tenant_id NOT IN (SELECT pauses.tenant_id
FROM pauses
WHERE pauses.until > :now)) AND notifications.tenant_id IN (SELECT value
FROM json_each(:only)) AND NOT notifications.tenant_id IN (SELECT value
FROM json_each(:left_out)) ORDER BY notifications.priority, notifications.not_before, notifications.id
LIMIT :param OFFSET :param;

-- expire_useless
UPDATE notifications SET status=:status, reason=:reason, updated_at=:now WHERE notifications.status = :status AND
    notifications.useful_until <= :now AND NOT notifications.tenant_id IN (SELECT value
FROM json_each(:left_out)) RETURNING id, tenant_id, owner_id, kind, useful_until, attempts, unclear_answers;

-- message_ids_to
SELECT notifications.to_phone, notifications.provider_message_id
FROM notifications
WHERE notifications.to_phone IN (:to_phone, ...) AND notifications.provider_message_id IS NOT NULL;

-- plan
INSERT INTO notifications (id, tenant_id, owner_id, kind, status, not_before, useful_until, priority, run_id,
    created_at) VALUES (:id, :tenant_id, :owner_id, :kind, :status, :not_before, :useful_until, :priority, :run_id,
    :created_at);

-- record_outcomes
UPDATE notifications SET claimed_until=given_rows.claimed_until FROM (SELECT json_extract(anon_1.value, :json_extract)
    AS id, json_extract(anon_1.value, :json_extract) AS claimed_until
FROM json_each(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.status = :status AND notifications.claimed_by = :worker) THEN :param ELSE :param END = :param;

-- record_sent
UPDATE notifications SET segments=given_rows.segments, status=given_rows.status, reason=given_rows.reason,
    attempts=given_rows.attempts, provider_message_id=given_rows.provider_message_id, error_code=given_rows.error_code,
    claimed_until=given_rows.claimed_until, sent_at=given_rows.sent_at, updated_at=given_rows.updated_at FROM (SELECT
    json_extract(anon_1.value, :json_extract) AS id, json_extract(anon_1.value, :json_extract) AS status,
    json_extract(anon_1.value, :json_extract) AS reason, json_extract(anon_1.value, :json_extract) AS error_code,
    json_extract(anon_1.value, :json_extract) AS provider_message_id, json_extract(anon_1.value, :json_extract) AS
    segments, json_extract(anon_1.value, :json_extract) AS claimed_until, json_extract(anon_1.value, :json_extract) AS
    sent_at, json_extract(anon_1.value, :json_extract) AS updated_at, json_extract(anon_1.value, :json_extract) AS
    attempts
FROM json_each(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.provider_message_id IS NULL) THEN :param ELSE :param END = :param;

-- record_unsent
UPDATE notifications SET not_before=given_rows.not_before, updated_at=given_rows.updated_at FROM (SELECT
    json_extract(anon_1.value, :json_extract) AS id, json_extract(anon_1.value, :json_extract) AS not_before,
    json_extract(anon_1.value, :json_extract) AS updated_at
FROM json_each(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.status = :status) THEN :param ELSE :param END = :param;

-- under_way
SELECT notifications.to_phone, notifications.body
FROM notifications
WHERE notifications.to_phone IN (:to_phone, ...) AND notifications.status = :status AND notifications.claimed_by !=
    :claimed_by;
