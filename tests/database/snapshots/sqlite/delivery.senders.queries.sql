-- clocks
SELECT provider_clocks.name, provider_clocks.skew_seconds, provider_clocks.seen_at
FROM provider_clocks ORDER BY provider_clocks.name;

-- end_trouble
DELETE FROM pauses WHERE pauses.tenant_id = :tenant_id AND pauses.is_sender_trouble = 1 AND pauses.until <= :until;

-- failing
SELECT notifications.tenant_id
FROM notifications
WHERE notifications.status IN (:status, ...) AND notifications.useful_until > :useful_until GROUP BY
    notifications.tenant_id
HAVING count(*) > :count;

-- in_trouble
SELECT pauses.tenant_id, tenants.subdomain, pauses.code, pauses.created_at, pauses.until, (SELECT
    min(notifications.sent_at) AS min_1
FROM notifications
WHERE notifications.tenant_id = pauses.tenant_id AND notifications.sent_at >= pauses.until) AS anon_1, CASE WHEN (EXISTS
    (SELECT *
FROM notifications
WHERE notifications.tenant_id = pauses.tenant_id AND notifications.status = :status AND notifications.not_before <=
    :not_before AND notifications.useful_until > :useful_until)) THEN 1 ELSE 0 END AS anon_2
FROM pauses JOIN tenants ON tenants.id = pauses.tenant_id
WHERE pauses.is_sender_trouble = 1 AND (tenants.is_active IS NULL OR tenants.is_active = 1) AND tenants.deleted_at IS
    NULL AND NOT (tenants.status IS NOT NULL AND tenants.status IN (:status, ...)) ORDER BY tenants.subdomain;

-- is_news
SELECT notifications.id
FROM notifications
WHERE notifications.tenant_id = :tenant_id AND notifications.sent_at > :sent_at AND notifications.status = :status
LIMIT :param OFFSET :param;
SELECT pauses.tenant_id
FROM pauses
WHERE pauses.tenant_id = :tenant_id AND pauses.is_sender_trouble = 1 AND pauses.until > :until;

-- note_clock
INSERT INTO provider_clocks (name, skew_seconds, seen_at) VALUES (:name, :skew_seconds, :seen_at) ON CONFLICT DO NOTHING
    RETURNING name;
UPDATE provider_clocks SET name=:name, skew_seconds=:skew_seconds, seen_at=:seen_at WHERE provider_clocks.name = :name;
