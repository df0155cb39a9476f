-- events_of
SELECT decisions.ledger_key, decisions.tenant_id, decisions.kind, decisions.subject_type, decisions.subject_id,
    decisions.occurrence, decisions.occurs_at, decisions.outcome, decisions.reason, decisions.notification_id,
    decisions.run_id, decisions.decided_at
FROM decisions
WHERE decisions.run_id = :run_id::UUID OR decisions.decided_at = :decided_at::TIMESTAMP WITH TIME ZONE ORDER BY
    decisions.ledger_key;
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind, notifications.to_phone,
    notifications.body, notifications.segments, notifications.price_micros, notifications.price_currency,
    notifications.status, notifications.reason, notifications.not_before, notifications.useful_until,
    notifications.priority, notifications.attempts, notifications.ambiguities, notifications.unclear_answers,
    notifications.attempted_at, notifications.provider_message_id, notifications.error_code, notifications.claimed_by,
    notifications.claimed_until, notifications.run_id, notifications.created_at, notifications.sent_at,
    notifications.updated_at
FROM notifications
WHERE notifications.sent_at = :sent_at::TIMESTAMP WITH TIME ZONE AND notifications.status IN (:status, ...) ORDER BY
    notifications.id;
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind, notifications.to_phone,
    notifications.body, notifications.segments, notifications.price_micros, notifications.price_currency,
    notifications.status, notifications.reason, notifications.not_before, notifications.useful_until,
    notifications.priority, notifications.attempts, notifications.ambiguities, notifications.unclear_answers,
    notifications.attempted_at, notifications.provider_message_id, notifications.error_code, notifications.claimed_by,
    notifications.claimed_until, notifications.run_id, notifications.created_at, notifications.sent_at,
    notifications.updated_at
FROM notifications
WHERE notifications.updated_at = :updated_at::TIMESTAMP WITH TIME ZONE AND notifications.status IN (:status, ...) ORDER
    BY notifications.id;
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.type, payments.method,
    payments.status, payments.amount, payments.currency, payments.offence_number, payments.visit_on,
    payments.description, payments.policy, payments.stripe_payment_intent_id, payments.failure_code,
    payments.failure_message, payments.attempts, payments.due_at, payments.next_attempt_at, payments.claimed_by,
    payments.claimed_until, payments.succeeded_at, payments.created_at, payments.updated_at
FROM payments
WHERE payments.type = :type::VARCHAR AND (payments.updated_at = :updated_at::TIMESTAMP WITH TIME ZONE OR
    payments.created_at = :created_at::TIMESTAMP WITH TIME ZONE) ORDER BY payments.id;
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at,
    owners.reputation_score
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id
WHERE reputation_events.created_at = :created_at::TIMESTAMP WITH TIME ZONE AND reputation_events.kind != :kind::VARCHAR
    ORDER BY reputation_events.id;

-- fee_statuses
SELECT payments.id, payments.status
FROM payments
WHERE payments.type = :type::VARCHAR;

-- held_days
SELECT tenants.subdomain, tenants.id
FROM tenants;

-- subjects_of
SELECT appointment_pets.appointment_id, pets.name
FROM appointment_pets JOIN pets ON pets.id = appointment_pets.pet_id
WHERE appointment_pets.appointment_id = ANY (:them::UUID[]) ORDER BY pets.created_at, pets.name;
SELECT appointments.id, owners.id AS owner_id, owners.first_name, owners.phone
FROM appointments JOIN owners ON owners.id = appointments.owner_id
WHERE appointments.id = ANY (:them::UUID[]);
SELECT owners.id, owners.id AS owner_id, owners.first_name, owners.phone
FROM owners
WHERE owners.id = ANY (:them::UUID[]);
SELECT payments.id, owners.id AS owner_id, owners.first_name, owners.phone
FROM payments JOIN owners ON owners.id = payments.owner_id
WHERE payments.id = ANY (:them::UUID[]);
SELECT reputation_events.subject_id, owners.id AS owner_id, owners.first_name, owners.phone
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id
WHERE reputation_events.subject_id = ANY (:them::UUID[]);
SELECT vaccination_records.id, owners.id AS owner_id, owners.first_name, owners.phone
FROM vaccination_records JOIN pets ON pets.id = vaccination_records.pet_id JOIN owners ON owners.id = pets.owner_id
WHERE vaccination_records.id = ANY (:them::UUID[]);
SELECT vaccination_records.id, pets.name
FROM vaccination_records JOIN pets ON pets.id = vaccination_records.pet_id
WHERE vaccination_records.id = ANY (:them::UUID[]);

-- texts_subjects
SELECT decisions.notification_id, decisions.subject_id
FROM decisions
WHERE decisions.notification_id = ANY (:them::UUID[]) ORDER BY decisions.ledger_key;
