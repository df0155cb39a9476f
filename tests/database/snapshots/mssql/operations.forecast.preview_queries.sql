-- price_of_a_segment
SELECT notifications.tenant_id, notifications.price_currency, sum(notifications.price_micros) AS sum_1,
    sum(notifications.segments) AS segments
FROM notifications
WHERE notifications.sent_at >= :sent_at AND notifications.price_micros IS NOT NULL AND notifications.segments >
    :segments GROUP BY notifications.tenant_id, notifications.price_currency ORDER BY segments;

-- stopped
SELECT DISTINCT notifications.tenant_id
FROM notifications
WHERE notifications.status IN (:status, ...);
