-- lock
SELECT tenants.id
FROM tenants WITH (UPDLOCK, ROWLOCK)
WHERE tenants.id IN (:id, ...) ORDER BY tenants.id;

-- pause
INSERT INTO pauses (tenant_id, until, code, is_sender_trouble, created_at) OUTPUT inserted.tenant_id SELECT
    given_rows.tenant_id, given_rows.until, given_rows.code, given_rows.is_sender_trouble, given_rows.created_at
FROM (SELECT CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS tenant_id, CAST(json_value(anon_1.value,
    :json_value) AS DATETIMEOFFSET) AS until, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(40)) AS code,
    CAST(json_value(anon_1.value, :json_value) AS BIT) AS is_sender_trouble, CAST(json_value(anon_1.value, :json_value)
    AS DATETIMEOFFSET) AS created_at
FROM openjson(:given) AS anon_1) AS given_rows
WHERE NOT (EXISTS (SELECT present.tenant_id
FROM pauses AS present WITH (UPDLOCK, HOLDLOCK)
WHERE present.tenant_id = given_rows.tenant_id));
UPDATE pauses SET tenant_id=:tenant_id, until=:until, code=:code, is_sender_trouble=:is_sender_trouble,
    created_at=:created_at WHERE pauses.tenant_id = :tenant_id AND pauses.is_sender_trouble = 0;
UPDATE pauses SET tenant_id=:tenant_id, until=:until, code=:code, is_sender_trouble=:is_sender_trouble, created_at=CASE
    WHEN pauses.is_sender_trouble THEN pauses.created_at ELSE :param END WHERE pauses.tenant_id = :tenant_id;

-- paused
SELECT pauses.tenant_id, pauses.until, pauses.code, pauses.is_sender_trouble, pauses.created_at
FROM pauses
WHERE pauses.until > :until ORDER BY pauses.tenant_id;

-- sent_lately
SELECT anon_1.tenant_id, count(*) AS sent
FROM (SELECT notifications.tenant_id AS tenant_id
FROM notifications
WHERE notifications.sent_at > :sent_after AND notifications.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS
    value
FROM openjson(:tenant_ids)) UNION ALL SELECT notifications.tenant_id AS tenant_id
FROM notifications
WHERE notifications.status = :status AND notifications.attempted_at > :attempted_after AND notifications.claimed_until >
    :attempted_after AND notifications.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids))) AS anon_1 GROUP BY anon_1.tenant_id;
