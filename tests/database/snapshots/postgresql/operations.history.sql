-- of_appointment
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.scheduled_end, appointments.status, appointments.arrived_at,
    appointments.actual_start, appointments.cancelled_at, appointments.cancelled_by, appointments.total_amount,
    appointments.deposit_paid, appointments.no_show_fee_charged, appointments.created_at, appointments.updated_at,
    appointments.deleted_at
FROM appointments
WHERE appointments.id = :id::UUID;
SELECT decisions.ledger_key, decisions.tenant_id, decisions.kind, decisions.subject_type, decisions.subject_id,
    decisions.occurrence, decisions.occurs_at, decisions.outcome, decisions.reason, decisions.notification_id,
    decisions.run_id, decisions.decided_at, notifications.status, notifications.reason AS text_reason,
    notifications.not_before, notifications.sent_at, notifications.to_phone, notifications.body, notifications.segments,
    notifications.error_code, notifications.provider_message_id, notifications.updated_at
FROM decisions LEFT OUTER JOIN notifications ON notifications.id = decisions.notification_id
WHERE decisions.subject_id IN (:subject_id, ...);
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.type, payments.method,
    payments.status, payments.amount, payments.currency, payments.offence_number, payments.visit_on,
    payments.description, payments.policy, payments.stripe_payment_intent_id, payments.failure_code,
    payments.failure_message, payments.attempts, payments.due_at, payments.next_attempt_at, payments.claimed_by,
    payments.claimed_until, payments.succeeded_at, payments.created_at, payments.updated_at
FROM payments
WHERE payments.appointment_id IN (:appointment_id, ...);
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at
FROM reputation_events
WHERE reputation_events.subject_id IN (:subject_id, ...);
SELECT tenants.id, tenants.business_name, tenants.subdomain, tenants.email, tenants.phone, tenants.address_line1,
    tenants.address_line2, tenants.city, tenants.state, tenants.zip_code, tenants.timezone, tenants.currency,
    tenants.status, tenants.is_active, tenants.settings, tenants.created_at, tenants.updated_at, tenants.deleted_at
FROM tenants
WHERE tenants.id = :id::UUID;

-- of_owner
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.scheduled_end, appointments.status, appointments.arrived_at,
    appointments.actual_start, appointments.cancelled_at, appointments.cancelled_by, appointments.total_amount,
    appointments.deposit_paid, appointments.no_show_fee_charged, appointments.created_at, appointments.updated_at,
    appointments.deleted_at
FROM appointments
WHERE appointments.owner_id IN (:owner_id, ...);
SELECT consent_events.id, consent_events.tenant_id, consent_events.owner_id, consent_events.phone_hash,
    consent_events.given, consent_events.happened_at, consent_events.source, consent_events.notification_id,
    consent_events.created_at
FROM consent_events
WHERE consent_events.owner_id IN (:owner_id, ...);
SELECT decisions.ledger_key, decisions.tenant_id, decisions.kind, decisions.subject_type, decisions.subject_id,
    decisions.occurrence, decisions.occurs_at, decisions.outcome, decisions.reason, decisions.notification_id,
    decisions.run_id, decisions.decided_at, notifications.status, notifications.reason AS text_reason,
    notifications.not_before, notifications.sent_at, notifications.to_phone, notifications.body, notifications.segments,
    notifications.error_code, notifications.provider_message_id, notifications.updated_at
FROM decisions LEFT OUTER JOIN notifications ON notifications.id = decisions.notification_id
WHERE decisions.subject_id IN (:subject_id, ...);
SELECT owners.id, owners.tenant_id, owners.first_name, owners.last_name, owners.email, owners.phone,
    owners.sms_opted_in, owners.language, owners.stripe_customer_id, owners.has_payment_method, owners.is_active,
    owners.no_show_count, owners.late_cancellation_count, owners.completed_appointment_count, owners.reputation_score,
    owners.last_reputation_update, owners.created_at, owners.updated_at, owners.deleted_at
FROM owners
WHERE owners.id = :id::UUID;
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.type, payments.method,
    payments.status, payments.amount, payments.currency, payments.offence_number, payments.visit_on,
    payments.description, payments.policy, payments.stripe_payment_intent_id, payments.failure_code,
    payments.failure_message, payments.attempts, payments.due_at, payments.next_attempt_at, payments.claimed_by,
    payments.claimed_until, payments.succeeded_at, payments.created_at, payments.updated_at
FROM payments
WHERE payments.owner_id IN (:owner_id, ...);
SELECT pets.id, pets.tenant_id, pets.owner_id, pets.name, pets.species, pets.breed, pets.date_of_birth,
    pets.vaccination_status, pets.vaccination_expires_at, pets.is_active, pets.is_deceased, pets.created_at,
    pets.updated_at, pets.deleted_at
FROM pets
WHERE pets.owner_id IN (:owner_id, ...);
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at
FROM reputation_events
WHERE reputation_events.owner_id IN (:owner_id, ...);
SELECT tenants.id, tenants.business_name, tenants.subdomain, tenants.email, tenants.phone, tenants.address_line1,
    tenants.address_line2, tenants.city, tenants.state, tenants.zip_code, tenants.timezone, tenants.currency,
    tenants.status, tenants.is_active, tenants.settings, tenants.created_at, tenants.updated_at, tenants.deleted_at
FROM tenants
WHERE tenants.id = :id::UUID;
SELECT vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id, vaccination_records.type,
    vaccination_records.name, vaccination_records.status, vaccination_records.administered_date,
    vaccination_records.expiry_date, vaccination_records.created_at, vaccination_records.updated_at,
    vaccination_records.deleted_at
FROM vaccination_records
WHERE vaccination_records.pet_id IN (:pet_id, ...);

-- of_payment
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.scheduled_end, appointments.status, appointments.arrived_at,
    appointments.actual_start, appointments.cancelled_at, appointments.cancelled_by, appointments.total_amount,
    appointments.deposit_paid, appointments.no_show_fee_charged, appointments.created_at, appointments.updated_at,
    appointments.deleted_at
FROM appointments
WHERE appointments.id = :id::UUID;
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.scheduled_end, appointments.status, appointments.arrived_at,
    appointments.actual_start, appointments.cancelled_at, appointments.cancelled_by, appointments.total_amount,
    appointments.deposit_paid, appointments.no_show_fee_charged, appointments.created_at, appointments.updated_at,
    appointments.deleted_at
FROM appointments
WHERE appointments.owner_id = :owner_id::UUID AND appointments.tenant_id = :tenant_id::UUID AND
    appointments.scheduled_start BETWEEN :scheduled_start::TIMESTAMP WITH TIME ZONE AND :scheduled_start::TIMESTAMP WITH
    TIME ZONE;
SELECT decisions.ledger_key, decisions.tenant_id, decisions.kind, decisions.subject_type, decisions.subject_id,
    decisions.occurrence, decisions.occurs_at, decisions.outcome, decisions.reason, decisions.notification_id,
    decisions.run_id, decisions.decided_at, notifications.status, notifications.reason AS text_reason,
    notifications.not_before, notifications.sent_at, notifications.to_phone, notifications.body, notifications.segments,
    notifications.error_code, notifications.provider_message_id, notifications.updated_at
FROM decisions LEFT OUTER JOIN notifications ON notifications.id = decisions.notification_id
WHERE decisions.subject_id IN (:subject_id, ...);
SELECT fee_actions.id, fee_actions.payment_id, fee_actions.action, fee_actions.who, fee_actions.why, fee_actions.amount,
    fee_actions.idempotency_key, fee_actions.outcome, fee_actions.code, fee_actions.stripe_refund_id,
    fee_actions.created_at, fee_actions.updated_at
FROM fee_actions
WHERE fee_actions.payment_id IN (:payment_id, ...);
SELECT payment_attempts.payment_id, payment_attempts.attempt, payment_attempts.idempotency_key,
    payment_attempts.parameters, payment_attempts.outcome, payment_attempts.code, payment_attempts.stripe_charge_id,
    payment_attempts.started_at, payment_attempts.finished_at
FROM payment_attempts
WHERE payment_attempts.payment_id IN (:payment_id, ...);
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.type, payments.method,
    payments.status, payments.amount, payments.currency, payments.offence_number, payments.visit_on,
    payments.description, payments.policy, payments.stripe_payment_intent_id, payments.failure_code,
    payments.failure_message, payments.attempts, payments.due_at, payments.next_attempt_at, payments.claimed_by,
    payments.claimed_until, payments.succeeded_at, payments.created_at, payments.updated_at
FROM payments
WHERE payments.id = :id::UUID;
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at
FROM reputation_events
WHERE reputation_events.subject_id IN (:subject_id, ...);
SELECT tenants.id, tenants.business_name, tenants.subdomain, tenants.email, tenants.phone, tenants.address_line1,
    tenants.address_line2, tenants.city, tenants.state, tenants.zip_code, tenants.timezone, tenants.currency,
    tenants.status, tenants.is_active, tenants.settings, tenants.created_at, tenants.updated_at, tenants.deleted_at
FROM tenants
WHERE tenants.id = :id::UUID;

-- of_text
SELECT decisions.subject_id
FROM decisions
WHERE decisions.notification_id = :notification_id::UUID;
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind, notifications.to_phone,
    notifications.body, notifications.segments, notifications.price_micros, notifications.price_currency,
    notifications.status, notifications.reason, notifications.not_before, notifications.useful_until,
    notifications.priority, notifications.attempts, notifications.ambiguities, notifications.unclear_answers,
    notifications.attempted_at, notifications.provider_message_id, notifications.error_code, notifications.claimed_by,
    notifications.claimed_until, notifications.run_id, notifications.created_at, notifications.sent_at,
    notifications.updated_at
FROM notifications
WHERE notifications.id = :id::UUID;
SELECT tenants.id, tenants.business_name, tenants.subdomain, tenants.email, tenants.phone, tenants.address_line1,
    tenants.address_line2, tenants.city, tenants.state, tenants.zip_code, tenants.timezone, tenants.currency,
    tenants.status, tenants.is_active, tenants.settings, tenants.created_at, tenants.updated_at, tenants.deleted_at
FROM tenants
WHERE tenants.id = :id::UUID;

-- of_vaccination
SELECT decisions.ledger_key, decisions.tenant_id, decisions.kind, decisions.subject_type, decisions.subject_id,
    decisions.occurrence, decisions.occurs_at, decisions.outcome, decisions.reason, decisions.notification_id,
    decisions.run_id, decisions.decided_at, notifications.status, notifications.reason AS text_reason,
    notifications.not_before, notifications.sent_at, notifications.to_phone, notifications.body, notifications.segments,
    notifications.error_code, notifications.provider_message_id, notifications.updated_at
FROM decisions LEFT OUTER JOIN notifications ON notifications.id = decisions.notification_id
WHERE decisions.subject_id IN (:subject_id, ...);
SELECT tenants.id, tenants.business_name, tenants.subdomain, tenants.email, tenants.phone, tenants.address_line1,
    tenants.address_line2, tenants.city, tenants.state, tenants.zip_code, tenants.timezone, tenants.currency,
    tenants.status, tenants.is_active, tenants.settings, tenants.created_at, tenants.updated_at, tenants.deleted_at
FROM tenants
WHERE tenants.id = :id::UUID;
SELECT vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id, vaccination_records.type,
    vaccination_records.name, vaccination_records.status, vaccination_records.administered_date,
    vaccination_records.expiry_date, vaccination_records.created_at, vaccination_records.updated_at,
    vaccination_records.deleted_at
FROM vaccination_records
WHERE vaccination_records.id = :id::UUID;

-- service_of
SELECT services.name
FROM services
WHERE services.id = :id::UUID;
