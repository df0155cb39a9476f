-- inactive
SELECT tenants.id, tenants.status, tenants.is_active, tenants.deleted_at
FROM tenants
WHERE NOT ((tenants.is_active IS NULL OR tenants.is_active = 1) AND tenants.deleted_at IS NULL AND NOT (tenants.status
    IS NOT NULL AND tenants.status IN (:status, ...)));

-- sent_since
SELECT notifications.tenant_id, count(*) AS count_1
FROM notifications
WHERE notifications.sent_at >= :sent_at GROUP BY notifications.tenant_id;
