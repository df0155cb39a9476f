-- add
INSERT INTO phone_blocks (tenant_id, phone_hash, reason, created_at) VALUES (:tenant_id, :phone_hash, :reason,
    :created_at) ON CONFLICT DO NOTHING RETURNING phone_hash;

-- blocked
SELECT phone_blocks.tenant_id, phone_blocks.phone_hash
FROM phone_blocks;

-- proofs
SELECT notifications.to_phone, notifications.status, notifications.reason
FROM notifications
WHERE notifications.to_phone IN (:to_phone, ...) AND notifications.tenant_id = :tenant_id ORDER BY
    coalesce(notifications.sent_at, notifications.updated_at), notifications.id;
