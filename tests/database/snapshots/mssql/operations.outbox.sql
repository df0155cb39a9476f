-- count
SELECT notifications.status, count(*) AS count_1
FROM notifications JOIN tenants ON tenants.id = notifications.tenant_id
WHERE notifications.tenant_id = tenants.id GROUP BY notifications.status;

-- listed
SELECT TOP (:param) tenants.subdomain, notifications.id, notifications.owner_id, notifications.kind,
    notifications.status, notifications.reason, notifications.error_code, notifications.to_phone, notifications.body,
    notifications.segments, notifications.price_micros, notifications.price_currency, notifications.attempts,
    notifications.ambiguities, notifications.provider_message_id, notifications.created_at, notifications.not_before,
    notifications.useful_until, notifications.sent_at, notifications.updated_at
FROM tenants, notifications
WHERE notifications.tenant_id = tenants.id AND notifications.status IN (:status, ...) AND tenants.subdomain IN
    (:subdomain, ...) AND notifications.id IN (:id, ...) ORDER BY notifications.created_at DESC, notifications.id;

-- replay
UPDATE notifications SET status=:status, reason=:reason, not_before=:not_before, attempts=:attempts,
    unclear_answers=:unclear_answers, updated_at=:updated_at OUTPUT inserted.id WHERE notifications.id IN (:id, ...) AND
    notifications.status IN (:status, ...) AND notifications.provider_message_id IS NULL AND notifications.useful_until
    > :useful_until AND (notifications.reason IS NULL OR notifications.reason != :reason);
