-- clocks
SELECT provider_clocks.name, provider_clocks.skew_seconds, provider_clocks.seen_at
FROM provider_clocks ORDER BY provider_clocks.name;

-- end_trouble
DELETE FROM pauses WHERE pauses.tenant_id = :tenant_id::UUID AND pauses.is_sender_trouble AND pauses.until <=
    :until::TIMESTAMP WITH TIME ZONE;

-- failing
SELECT notifications.tenant_id
FROM notifications
WHERE notifications.status IN (:status, ...) AND notifications.useful_until > :useful_until::TIMESTAMP WITH TIME ZONE
    GROUP BY notifications.tenant_id
HAVING count(*) > :count::INTEGER;

-- in_trouble
SELECT pauses.tenant_id, tenants.subdomain, pauses.code, pauses.created_at, pauses.until, (SELECT
    min(notifications.sent_at) AS min_1
FROM notifications
WHERE notifications.tenant_id = pauses.tenant_id AND notifications.sent_at >= pauses.until) AS anon_1, CASE WHEN (EXISTS
    (SELECT *
FROM notifications
WHERE notifications.tenant_id = pauses.tenant_id AND notifications.status = :status::VARCHAR AND
    notifications.not_before <= :not_before::TIMESTAMP WITH TIME ZONE AND notifications.useful_until >
    :useful_until::TIMESTAMP WITH TIME ZONE)) THEN true ELSE false END AS anon_2
FROM pauses JOIN tenants ON tenants.id = pauses.tenant_id
WHERE pauses.is_sender_trouble AND (tenants.is_active IS NULL OR tenants.is_active) AND tenants.deleted_at IS NULL AND
    NOT (tenants.status IS NOT NULL AND tenants.status IN (:status, ...)) ORDER BY tenants.subdomain;

-- is_news
SELECT notifications.id
FROM notifications
WHERE notifications.tenant_id = :tenant_id::UUID AND notifications.sent_at > :sent_at::TIMESTAMP WITH TIME ZONE AND
    notifications.status = :status::VARCHAR
LIMIT :param::INTEGER;
SELECT pauses.tenant_id
FROM pauses
WHERE pauses.tenant_id = :tenant_id::UUID AND pauses.is_sender_trouble AND pauses.until > :until::TIMESTAMP WITH TIME
    ZONE;

-- note_clock
INSERT INTO provider_clocks (name, skew_seconds, seen_at) VALUES (:name::VARCHAR, :skew_seconds::BIGINT,
    :seen_at::TIMESTAMP WITH TIME ZONE) ON CONFLICT DO NOTHING RETURNING provider_clocks.name;
UPDATE provider_clocks SET name=:name::VARCHAR, skew_seconds=:skew_seconds::BIGINT, seen_at=:seen_at::TIMESTAMP WITH
    TIME ZONE WHERE provider_clocks.name = :name::VARCHAR;
