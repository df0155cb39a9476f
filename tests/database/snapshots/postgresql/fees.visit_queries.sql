-- customers_elsewhere
SELECT owners.stripe_customer_id, owners.id, tenants.id AS tenant_id, tenants.subdomain
FROM owners JOIN tenants ON tenants.id = owners.tenant_id
WHERE owners.stripe_customer_id IN (:stripe_customer_id, ...) AND owners.deleted_at IS NULL AND tenants.deleted_at IS
    NULL ORDER BY owners.id;

-- fees_by_id
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.status, payments.amount,
    payments.currency, payments.visit_on, payments.due_at, payments.stripe_payment_intent_id, payments.attempts,
    payments.description, payments.failure_code, payments.claimed_until
FROM payments
WHERE payments.id = ANY (:ids::UUID[]) AND payments.type = :type::VARCHAR;

-- missed_visits
SELECT reputation_events.subject_id, reputation_events.occurred_at, reputation_events.reversed_at,
    reputation_events.reversed_reason, reputation_events.tenant_id AS visit_tenant_id, owners.id AS owner_id,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, owners.has_payment_method,
    owners.stripe_customer_id
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id
WHERE reputation_events.ledger_key = ANY (:ledger_keys::VARCHAR(200)[]);

-- reminded_of
SELECT appointments.id
FROM appointments JOIN decisions ON decisions.subject_id = appointments.id JOIN notifications ON notifications.id =
    decisions.notification_id
WHERE appointments.id = ANY (:ids::UUID[]) AND decisions.kind IN (:kind, ...) AND date_trunc('minute',
    decisions.occurs_at) = date_trunc('minute', appointments.scheduled_start) AND notifications.status =
    :status::VARCHAR;

-- saved_cards
SELECT owners.id, owners.stripe_customer_id
FROM owners
WHERE owners.id = ANY (:ids::UUID[]) AND owners.has_payment_method AND owners.stripe_customer_id IS NOT NULL;
