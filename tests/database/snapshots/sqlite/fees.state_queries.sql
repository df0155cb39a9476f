-- add
INSERT INTO payments (id, tenant_id, owner_id, appointment_id, type, method, status, amount, currency, offence_number,
    visit_on, description, policy, failure_code, due_at, next_attempt_at, created_at) VALUES (:id, :tenant_id,
    :owner_id, :appointment_id, :type, :method, :status, :amount, :currency, :offence_number, :visit_on, :description,
    :policy, :failure_code, :due_at, :next_attempt_at, :created_at) ON CONFLICT DO NOTHING RETURNING id;

-- keep_intents
UPDATE payments SET stripe_payment_intent_id=:stripe_payment_intent_id, claimed_until=:claimed_until WHERE payments.id =
    :id AND payments.status = :status AND payments.claimed_by = :claimed_by AND (payments.stripe_payment_intent_id IS
    NULL OR payments.stripe_payment_intent_id IN (:stripe_payment_intent_id, ...)) RETURNING id;

-- leave_closed
UPDATE payments SET claimed_until=:claimed_until WHERE payments.type = :type AND payments.status IN (:status, ...) AND
    payments.id = :id AND payments.claimed_by = :claimed_by;

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
