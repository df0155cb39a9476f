-- add
INSERT INTO phone_blocks (tenant_id, phone_hash, reason, created_at) VALUES (:tenant_id::UUID, :phone_hash::VARCHAR,
    :reason::VARCHAR, :created_at::TIMESTAMP WITH TIME ZONE) ON CONFLICT DO NOTHING RETURNING phone_blocks.phone_hash;

-- blocked
SELECT phone_blocks.tenant_id, phone_blocks.phone_hash
FROM phone_blocks;

-- proofs
SELECT notifications.to_phone, notifications.status, notifications.reason
FROM notifications
WHERE notifications.to_phone IN (:to_phone, ...) AND notifications.tenant_id = :tenant_id::UUID ORDER BY
    coalesce(notifications.sent_at, notifications.updated_at), notifications.id;
