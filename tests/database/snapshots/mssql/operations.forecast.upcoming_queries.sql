-- fee
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.type, payments.method,
    payments.status, payments.amount, payments.currency, payments.offence_number, payments.visit_on,
    payments.description, payments.policy, payments.stripe_payment_intent_id, payments.failure_code,
    payments.failure_message, payments.attempts, payments.due_at, payments.next_attempt_at, payments.claimed_by,
    payments.claimed_until, payments.succeeded_at, payments.created_at, payments.updated_at
FROM payments
WHERE payments.id = :id;

-- last_waiting
SELECT max(notifications.not_before) AS max_1
FROM notifications JOIN decisions ON decisions.notification_id = notifications.id
WHERE decisions.subject_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:them)) AND notifications.status IN (:status, ...);

-- pending_fees_of
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.type, payments.method,
    payments.status, payments.amount, payments.currency, payments.offence_number, payments.visit_on,
    payments.description, payments.policy, payments.stripe_payment_intent_id, payments.failure_code,
    payments.failure_message, payments.attempts, payments.due_at, payments.next_attempt_at, payments.claimed_by,
    payments.claimed_until, payments.succeeded_at, payments.created_at, payments.updated_at
FROM payments
WHERE payments.status = :status AND payments.owner_id = :owner_id ORDER BY payments.id;

-- subject
SELECT owners.id, owners.tenant_id, owners.first_name, owners.last_name, owners.email, owners.phone,
    owners.sms_opted_in, owners.language, owners.stripe_customer_id, owners.has_payment_method, owners.is_active,
    owners.no_show_count, owners.late_cancellation_count, owners.completed_appointment_count, owners.reputation_score,
    owners.last_reputation_update, owners.created_at, owners.updated_at, owners.deleted_at
FROM owners
WHERE owners.id = :id;

-- subjects_of_text
SELECT decisions.subject_id
FROM decisions
WHERE decisions.notification_id = :notification_id;

-- vaccinations_of
SELECT vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id, vaccination_records.type,
    vaccination_records.name, vaccination_records.status, vaccination_records.administered_date,
    vaccination_records.expiry_date, vaccination_records.created_at, vaccination_records.updated_at,
    vaccination_records.deleted_at
FROM vaccination_records JOIN pets ON pets.id = vaccination_records.pet_id
WHERE pets.owner_id = :owner_id ORDER BY vaccination_records.id;

-- visits_between
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.scheduled_end, appointments.status, appointments.arrived_at,
    appointments.actual_start, appointments.cancelled_at, appointments.cancelled_by, appointments.total_amount,
    appointments.deposit_paid, appointments.no_show_fee_charged, appointments.created_at, appointments.updated_at,
    appointments.deleted_at
FROM appointments
WHERE appointments.owner_id = :owner_id AND appointments.scheduled_start BETWEEN :scheduled_start AND :scheduled_start
    ORDER BY appointments.scheduled_start;
