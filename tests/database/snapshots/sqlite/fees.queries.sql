-- add
INSERT INTO payments (id, tenant_id, owner_id, appointment_id, type, method, status, amount, currency, offence_number,
    visit_on, description, policy, failure_code, due_at, next_attempt_at, created_at) VALUES (:id, :tenant_id,
    :owner_id, :appointment_id, :type, :method, :status, :amount, :currency, :offence_number, :visit_on, :description,
    :policy, :failure_code, :due_at, :next_attempt_at, :created_at) ON CONFLICT DO NOTHING RETURNING id;

-- begin_attempts
INSERT INTO payment_attempts (payment_id, attempt, idempotency_key, parameters, started_at) VALUES (:payment_id,
    :attempt, :idempotency_key, :parameters, :started_at);

-- claim
WITH chosen AS
(SELECT payments.id AS id
FROM payments
WHERE payments.type = :type AND payments.status IN (:status, ...) AND payments.next_attempt_at <= :due AND
    payments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) ORDER BY payments.next_attempt_at, payments.id
LIMIT :param OFFSET :param)
UPDATE payments SET status=:status, claimed_by=:worker, claimed_until=:until WHERE payments.id IN (SELECT chosen.id
FROM chosen) AND payments.type = :type AND payments.status IN (:status, ...) AND payments.next_attempt_at <= :due
    RETURNING id, tenant_id, owner_id, appointment_id, status, amount, currency, visit_on, due_at,
    stripe_payment_intent_id, attempts, description, failure_code, claimed_until;

-- claim_closed
WITH chosen AS
(SELECT payments.id AS id
FROM payments
WHERE payments.type = :type AND payments.status IN (:status, ...) AND payments.claimed_until <= :wall AND
    payments.stripe_payment_intent_id IS NOT NULL AND payments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) ORDER BY payments.claimed_until, payments.id
LIMIT :param OFFSET :param)
UPDATE payments SET claimed_by=:worker, claimed_until=:until WHERE payments.id IN (SELECT chosen.id
FROM chosen) AND payments.type = :type AND payments.status IN (:status, ...) AND payments.claimed_until <= :wall AND
    payments.stripe_payment_intent_id IS NOT NULL RETURNING id, tenant_id, owner_id, appointment_id, status, amount,
    currency, visit_on, due_at, stripe_payment_intent_id, attempts, description, failure_code, claimed_until;

-- claim_lapsed
WITH chosen AS
(SELECT payments.id AS id
FROM payments
WHERE payments.type = :type AND payments.status IN (:status, ...) AND payments.claimed_until <= :wall AND
    payments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) ORDER BY payments.claimed_until, payments.id
LIMIT :param OFFSET :param)
UPDATE payments SET status=:status, claimed_by=:worker, claimed_until=:until WHERE payments.id IN (SELECT chosen.id
FROM chosen) AND payments.type = :type AND payments.status IN (:status, ...) AND payments.claimed_until <= :wall
    RETURNING id, tenant_id, owner_id, appointment_id, status, amount, currency, visit_on, due_at,
    stripe_payment_intent_id, attempts, description, failure_code, claimed_until;

-- claim_one
SELECT payments.tenant_id
FROM payments
WHERE payments.id = :id;
UPDATE payments SET status=:status, claimed_by=:worker, claimed_until=:until WHERE payments.type = :type AND
    payments.status IN (:status, ...) AND payments.id = :id RETURNING id, tenant_id, owner_id, appointment_id, status,
    amount, currency, visit_on, due_at, stripe_payment_intent_id, attempts, description, failure_code, claimed_until;

-- due
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.status, payments.amount,
    payments.currency, payments.visit_on, payments.due_at, payments.stripe_payment_intent_id, payments.attempts,
    payments.description, payments.failure_code, payments.claimed_until
FROM payments
WHERE payments.type = :type AND payments.status IN (:status, ...) AND payments.next_attempt_at <= :next_attempt_at AND
    payments.tenant_id IN (:tenant_id, ...) ORDER BY payments.next_attempt_at, payments.id
LIMIT :param OFFSET :param;

-- end_attempts
UPDATE payment_attempts SET outcome=:new_outcome, code=:new_code, stripe_charge_id=:new_stripe_charge_id,
    finished_at=:new_finished_at WHERE payment_attempts.payment_id = :its_payment_id AND payment_attempts.attempt =
    :its_attempt AND (payment_attempts.outcome IS NULL OR payment_attempts.outcome = :outcome);

-- keep_intents
UPDATE payments SET stripe_payment_intent_id=:stripe_payment_intent_id, claimed_until=:claimed_until WHERE payments.id =
    :id AND payments.status = :status AND payments.claimed_by = :claimed_by AND (payments.stripe_payment_intent_id IS
    NULL OR payments.stripe_payment_intent_id IN (:stripe_payment_intent_id, ...)) RETURNING id;

-- leave_closed
UPDATE payments SET claimed_until=:claimed_until WHERE payments.type = :type AND payments.status IN (:status, ...) AND
    payments.id = :id AND payments.claimed_by = :claimed_by;

-- note_charged
UPDATE appointments SET no_show_fee_charged=:amount, updated_at=:updated_at WHERE appointments.id = :its_id AND
    appointments.tenant_id = :its_tenant_id;

-- past_attempts
SELECT payment_attempts.payment_id, payment_attempts.attempt, payment_attempts.idempotency_key,
    payment_attempts.parameters, payment_attempts.outcome, payment_attempts.code, payment_attempts.stripe_charge_id,
    payment_attempts.started_at, payment_attempts.finished_at
FROM payment_attempts
WHERE payment_attempts.payment_id IN (:payment_id, ...) ORDER BY payment_attempts.payment_id, payment_attempts.attempt;

-- ready_attempts
UPDATE payment_attempts SET parameters=:new_parameters WHERE payment_attempts.payment_id = :its_payment_id AND
    payment_attempts.attempt = :its_attempt;

-- record
UPDATE payments SET attempts=:attempts WHERE payments.id = :id AND payments.status = :status AND payments.claimed_by =
    :claimed_by RETURNING id;
UPDATE payments SET status=:status, failure_code=:failure_code, failure_message=:failure_message,
    next_attempt_at=:next_attempt_at, claimed_until=:claimed_until, succeeded_at=:succeeded_at, updated_at=:updated_at
    WHERE payments.id = :id AND payments.status = :status AND payments.claimed_by = :claimed_by RETURNING id;
UPDATE payments SET status=:status, failure_code=:failure_code, failure_message=:failure_message,
    next_attempt_at=:next_attempt_at, claimed_until=:claimed_until, updated_at=:updated_at WHERE payments.id = :id AND
    payments.status = :status AND payments.claimed_by = :claimed_by RETURNING id;

-- record_late_payment
UPDATE payments SET status=CASE WHEN (payments.status IN (:status, ...) OR payments.status IN (:status, ...) AND (EXISTS
    (SELECT *
FROM decisions, notifications
WHERE decisions.subject_id = payments.id AND decisions.kind = :kind AND notifications.id = decisions.notification_id AND
    notifications.status IN (:status, ...)))) THEN :param ELSE :param END, failure_code=CASE WHEN (payments.status =
    :status) THEN :param WHEN (payments.status IN (:status, ...) OR payments.status IN (:status, ...) AND (EXISTS
    (SELECT *
FROM decisions, notifications
WHERE decisions.subject_id = payments.id AND decisions.kind = :kind AND notifications.id = decisions.notification_id AND
    notifications.status IN (:status, ...)))) THEN :param END, failure_message=:failure_message,
    next_attempt_at=:next_attempt_at, claimed_until=:claimed_until, succeeded_at=:succeeded_at, updated_at=:updated_at
    WHERE payments.id = :id AND payments.type = :type AND (payments.status NOT IN (:status, ...)) RETURNING status;

-- still_open
SELECT payments.id
FROM payments
WHERE payments.id IN (:id, ...) AND payments.type = :type AND payments.status IN (:status, ...) AND
    payments.claimed_until IS NOT NULL;

-- waive
UPDATE payments SET status=:status, description=:description, failure_code=:failure_code,
    next_attempt_at=:next_attempt_at, claimed_until=CASE WHEN (payments.stripe_payment_intent_id IS NOT NULL) THEN
    :param END, updated_at=:updated_at WHERE payments.type = :type AND payments.status IN (:status, ...) AND payments.id
    = :id RETURNING id;
