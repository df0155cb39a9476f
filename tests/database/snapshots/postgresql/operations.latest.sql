-- latest_fees
SELECT payments.id, payments.tenant_id, payments.visit_on, payments.offence_number, payments.amount, payments.currency,
    payments.status, payments.failure_code, tenants.business_name
FROM payments JOIN tenants ON tenants.id = payments.tenant_id
WHERE payments.type = :type::VARCHAR ORDER BY payments.visit_on DESC, payments.id
LIMIT :param::INTEGER;

-- latest_texts
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind, notifications.to_phone,
    notifications.body, notifications.segments, notifications.price_micros, notifications.price_currency,
    notifications.status, notifications.reason, notifications.not_before, notifications.useful_until,
    notifications.priority, notifications.attempts, notifications.ambiguities, notifications.unclear_answers,
    notifications.attempted_at, notifications.provider_message_id, notifications.error_code, notifications.claimed_by,
    notifications.claimed_until, notifications.run_id, notifications.created_at, notifications.sent_at,
    notifications.updated_at, tenants.business_name, tenants.timezone
FROM notifications JOIN tenants ON tenants.id = notifications.tenant_id
WHERE notifications.status = :status::VARCHAR ORDER BY notifications.not_before DESC
LIMIT :param::INTEGER;
