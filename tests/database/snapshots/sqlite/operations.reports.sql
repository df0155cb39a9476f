-- appointments_waiting
SELECT decisions.subject_id
FROM decisions JOIN notifications ON notifications.id = decisions.notification_id
WHERE notifications.status = :status AND notifications.kind IN (:kind, ...) ORDER BY notifications.not_before,
    decisions.ledger_key
LIMIT :param OFFSET :param;

-- decisions_about
SELECT decisions.ledger_key, decisions.tenant_id, decisions.kind, decisions.subject_type, decisions.subject_id,
    decisions.occurrence, decisions.occurs_at, decisions.outcome, decisions.reason, decisions.notification_id,
    decisions.run_id, decisions.decided_at
FROM decisions
WHERE decisions.subject_id IN (:subject_id, ...) ORDER BY decisions.occurs_at, decisions.kind;

-- fees
SELECT payments.id, payments.tenant_id, payments.visit_on, payments.offence_number, payments.amount, payments.currency,
    payments.status, payments.failure_code, tenants.business_name
FROM payments JOIN tenants ON tenants.id = payments.tenant_id
WHERE payments.type = :type ORDER BY payments.visit_on, tenants.subdomain, payments.offence_number, payments.amount;

-- reasons_not_sent
SELECT decisions.reason, count(*) AS count_1
FROM decisions
WHERE decisions.outcome != :outcome GROUP BY decisions.reason ORDER BY count(*) DESC, decisions.reason;

-- sent_texts
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind, notifications.to_phone,
    notifications.body, notifications.segments, notifications.price_micros, notifications.price_currency,
    notifications.status, notifications.reason, notifications.not_before, notifications.useful_until,
    notifications.priority, notifications.attempts, notifications.ambiguities, notifications.unclear_answers,
    notifications.attempted_at, notifications.provider_message_id, notifications.error_code, notifications.claimed_by,
    notifications.claimed_until, notifications.run_id, notifications.created_at, notifications.sent_at,
    notifications.updated_at, tenants.business_name, tenants.timezone
FROM notifications JOIN tenants ON tenants.id = notifications.tenant_id
WHERE notifications.status = :status ORDER BY notifications.sent_at, tenants.subdomain, notifications.body;
