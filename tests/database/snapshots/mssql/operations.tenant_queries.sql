-- inactive
SELECT tenants.id, tenants.status, tenants.is_active, tenants.deleted_at
FROM tenants
WHERE NOT (tenants.is_active = 1 AND tenants.deleted_at IS NULL AND tenants.status IN (:status, ...));

-- refused_lately
SELECT TOP (:param) runs.started_at, runs.result
FROM runs
WHERE runs.tenants IS NULL AND runs.status != :status ORDER BY runs.started_at DESC, runs.id;

-- sent_since
SELECT notifications.tenant_id, count(*) AS count_1
FROM notifications
WHERE notifications.sent_at >= :sent_at GROUP BY notifications.tenant_id;
