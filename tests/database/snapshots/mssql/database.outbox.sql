-- choose
SELECT TOP (:param) notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers
FROM notifications WITH (UPDLOCK, READPAST, ROWLOCK)
WHERE notifications.status = :status AND notifications.not_before <= :now AND notifications.useful_until > :now AND
    (notifications.tenant_id NOT IN (SELECT pauses.tenant_id
FROM pauses
WHERE pauses.until > :now)) AND NOT notifications.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:left_out)) ORDER BY notifications.priority, notifications.not_before, notifications.id;
SELECT TOP (:param) notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers
FROM notifications WITH (UPDLOCK, READPAST, ROWLOCK)
WHERE notifications.status = :status AND notifications.not_before <= :now AND notifications.useful_until > :now AND
    (notifications.tenant_id NOT IN (SELECT pauses.tenant_id
FROM pauses
WHERE pauses.until > :now)) AND notifications.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:only)) AND NOT notifications.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:left_out)) ORDER BY notifications.priority, notifications.not_before, notifications.id;

-- claim
UPDATE notifications SET body=given_rows.body, status=:status, reason=:reason, attempts=(notifications.attempts +
    :attempts), attempted_at=:wall, claimed_by=:worker, claimed_until=:until, updated_at=:now OUTPUT inserted.id FROM
    notifications, (SELECT CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS id,
    CAST(json_value(anon_1.value, :json_value) AS NVARCHAR(1600)) AS body
FROM openjson(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.status = :status) THEN :param ELSE :param END = :param;
UPDATE notifications SET to_phone=given_rows.to_phone, body=given_rows.body, segments=given_rows.segments,
    status=:status, reason=:reason, attempts=(notifications.attempts + :attempts), attempted_at=:wall,
    claimed_by=:worker, claimed_until=:until, updated_at=:now OUTPUT inserted.id FROM notifications, (SELECT
    CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS id, CAST(json_value(anon_1.value, :json_value) AS
    VARCHAR(20)) AS to_phone, CAST(json_value(anon_1.value, :json_value) AS NVARCHAR(1600)) AS body,
    CAST(json_value(anon_1.value, :json_value) AS SMALLINT) AS segments
FROM openjson(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.status = :status) THEN :param ELSE :param END = :param;

-- claim_lapsed
WITH chosen AS
(SELECT TOP (:param) notifications.id AS id
FROM notifications WITH (UPDLOCK, READPAST, ROWLOCK)
WHERE notifications.status = :status AND notifications.claimed_until <= :wall AND NOT notifications.tenant_id IN (SELECT
    CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:left_out)) ORDER BY notifications.claimed_until)
UPDATE notifications SET claimed_by=:worker, claimed_until=:until OUTPUT inserted.id, inserted.tenant_id,
    inserted.owner_id, inserted.kind, inserted.useful_until, inserted.attempts, inserted.unclear_answers,
    inserted.to_phone, inserted.body, inserted.segments, inserted.attempted_at, inserted.ambiguities, inserted.reason,
    inserted.error_code WHERE notifications.id IN (SELECT chosen.id
FROM chosen) AND notifications.status = :status AND notifications.claimed_until <= :wall;

-- count_sent_since
SELECT count(*) AS count_1
FROM notifications
WHERE notifications.sent_at >= :sent_at;

-- due
SELECT TOP (:param) notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers
FROM notifications
WHERE notifications.status = :status AND notifications.not_before <= :now AND notifications.useful_until > :now AND
    (notifications.tenant_id NOT IN (SELECT pauses.tenant_id
FROM pauses
WHERE pauses.until > :now)) AND notifications.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:only)) AND NOT notifications.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:left_out)) ORDER BY notifications.priority, notifications.not_before, notifications.id;

-- expire_useless
UPDATE notifications SET status=:status, reason=:reason, updated_at=:now OUTPUT inserted.id, inserted.tenant_id,
    inserted.owner_id, inserted.kind, inserted.useful_until, inserted.attempts, inserted.unclear_answers WHERE
    notifications.status = :status AND notifications.useful_until <= :now AND NOT notifications.tenant_id IN (SELECT
    CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:left_out));

-- message_ids_to
SELECT notifications.to_phone, notifications.provider_message_id
FROM notifications
WHERE notifications.to_phone IN (:to_phone, ...) AND notifications.provider_message_id IS NOT NULL;

-- plan
INSERT INTO notifications (id, tenant_id, owner_id, kind, status, not_before, useful_until, priority, run_id,
    created_at) VALUES (:id, :tenant_id, :owner_id, :kind, :status, :not_before, :useful_until, :priority, :run_id,
    :created_at);

-- record_outcomes
UPDATE notifications SET claimed_until=given_rows.claimed_until FROM notifications, (SELECT
    CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS id, CAST(json_value(anon_1.value, :json_value) AS
    DATETIMEOFFSET) AS claimed_until
FROM openjson(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.status = :status AND notifications.claimed_by = :worker) THEN :param ELSE :param END = :param;

-- record_sent
UPDATE notifications SET segments=given_rows.segments, status=given_rows.status, reason=given_rows.reason,
    attempts=given_rows.attempts, provider_message_id=given_rows.provider_message_id, error_code=given_rows.error_code,
    claimed_until=given_rows.claimed_until, sent_at=given_rows.sent_at, updated_at=given_rows.updated_at FROM
    notifications, (SELECT CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS id,
    CAST(json_value(anon_1.value, :json_value) AS VARCHAR(20)) AS status, CAST(json_value(anon_1.value, :json_value) AS
    VARCHAR(40)) AS reason, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(40)) AS error_code,
    CAST(json_value(anon_1.value, :json_value) AS VARCHAR(64)) COLLATE Latin1_General_100_BIN2 AS provider_message_id,
    CAST(json_value(anon_1.value, :json_value) AS SMALLINT) AS segments, CAST(json_value(anon_1.value, :json_value) AS
    DATETIMEOFFSET) AS claimed_until, CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS sent_at,
    CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS updated_at, CAST(json_value(anon_1.value,
    :json_value) AS SMALLINT) AS attempts
FROM openjson(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.provider_message_id IS NULL) THEN :param ELSE :param END = :param;

-- record_unsent
UPDATE notifications SET not_before=given_rows.not_before, updated_at=given_rows.updated_at FROM notifications, (SELECT
    CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS id, CAST(json_value(anon_1.value, :json_value) AS
    DATETIMEOFFSET) AS not_before, CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS updated_at
FROM openjson(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.status = :status) THEN :param ELSE :param END = :param;

-- under_way
SELECT notifications.to_phone, notifications.body
FROM notifications
WHERE notifications.to_phone IN (:to_phone, ...) AND notifications.status = :status AND notifications.claimed_by !=
    :claimed_by;
