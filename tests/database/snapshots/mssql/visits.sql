-- customers_elsewhere
SELECT owners.stripe_customer_id, owners.id, tenants.id AS tenant_id, tenants.subdomain
FROM owners JOIN tenants ON tenants.id = owners.tenant_id
WHERE owners.stripe_customer_id IN (:stripe_customer_id, ...) AND owners.deleted_at IS NULL AND tenants.deleted_at IS
    NULL ORDER BY owners.id;

-- fees_by_id
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.status, payments.amount,
    payments.currency, payments.visit_on, payments.due_at, payments.stripe_payment_intent_id, payments.attempts,
    payments.description, payments.failure_code
FROM payments
WHERE payments.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:ids)) AND payments.type = :type;

-- missed_visits
SELECT reputation_events.subject_id, reputation_events.occurred_at, reputation_events.reversed_at,
    reputation_events.reversed_reason, owners.id, owners.tenant_id, owners.first_name, owners.last_name, owners.email,
    owners.phone, owners.sms_opted_in, owners.language, owners.stripe_customer_id, owners.has_payment_method,
    owners.is_active, owners.no_show_count, owners.late_cancellation_count, owners.completed_appointment_count,
    owners.reputation_score, owners.last_reputation_update, owners.created_at, owners.updated_at, owners.deleted_at,
    owners.id AS owner_id, reputation_events.tenant_id AS visit_tenant_id
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id
WHERE reputation_events.ledger_key IN (SELECT CAST(value AS VARCHAR(200)) COLLATE Latin1_General_100_BIN2 AS value
FROM openjson(:ledger_keys));

-- reminded_of
SELECT appointments.id
FROM appointments JOIN decisions ON decisions.subject_id = appointments.id JOIN notifications ON notifications.id =
    decisions.notification_id
WHERE appointments.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:ids)) AND decisions.kind IN (:kind, ...) AND datediff_big(minute, decisions.occurs_at,
    appointments.scheduled_start) = 0 AND notifications.status = :status;

-- saved_cards
SELECT owners.id, owners.stripe_customer_id
FROM owners
WHERE owners.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:ids)) AND owners.has_payment_method = 1 AND owners.stripe_customer_id IS NOT NULL;
