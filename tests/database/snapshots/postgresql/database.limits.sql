-- lock
SELECT tenants.id
FROM tenants
WHERE tenants.id IN (:id, ...) ORDER BY tenants.id FOR NO KEY UPDATE OF tenants;

-- pause
INSERT INTO pauses (tenant_id, until, code, is_sender_trouble, created_at) VALUES (:tenant_id::UUID, :until::TIMESTAMP
    WITH TIME ZONE, :code::VARCHAR, :is_sender_trouble, :created_at::TIMESTAMP WITH TIME ZONE) ON CONFLICT DO NOTHING
    RETURNING pauses.tenant_id;
UPDATE pauses SET tenant_id=:tenant_id::UUID, until=:until::TIMESTAMP WITH TIME ZONE, code=:code::VARCHAR,
    is_sender_trouble=:is_sender_trouble, created_at=:created_at::TIMESTAMP WITH TIME ZONE WHERE pauses.tenant_id =
    :tenant_id::UUID AND NOT pauses.is_sender_trouble;
UPDATE pauses SET tenant_id=:tenant_id::UUID, until=:until::TIMESTAMP WITH TIME ZONE, code=:code::VARCHAR,
    is_sender_trouble=:is_sender_trouble, created_at=CASE WHEN pauses.is_sender_trouble THEN pauses.created_at ELSE
    :param::TIMESTAMP WITH TIME ZONE END WHERE pauses.tenant_id = :tenant_id::UUID;

-- paused
SELECT pauses.tenant_id, pauses.until, pauses.code, pauses.is_sender_trouble, pauses.created_at
FROM pauses
WHERE pauses.until > :until::TIMESTAMP WITH TIME ZONE ORDER BY pauses.tenant_id;

-- sent_lately
SELECT anon_1.tenant_id, count(*) AS sent
FROM (SELECT notifications.tenant_id AS tenant_id
FROM notifications
WHERE notifications.sent_at > :sent_after::TIMESTAMP WITH TIME ZONE AND notifications.tenant_id = ANY
    (:tenant_ids::UUID[]) UNION ALL SELECT notifications.tenant_id AS tenant_id
FROM notifications
WHERE notifications.status = :status::VARCHAR AND notifications.attempted_at > :attempted_after::TIMESTAMP WITH TIME
    ZONE AND notifications.claimed_until > :attempted_after::TIMESTAMP WITH TIME ZONE AND notifications.tenant_id = ANY
    (:tenant_ids::UUID[])) AS anon_1 GROUP BY anon_1.tenant_id;
