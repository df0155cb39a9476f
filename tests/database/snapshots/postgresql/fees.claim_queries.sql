-- claim_closed
WITH chosen AS
(SELECT payments.id AS id
FROM payments
WHERE payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND payments.claimed_until <=
    :wall::TIMESTAMP WITH TIME ZONE AND payments.stripe_payment_intent_id IS NOT NULL AND payments.tenant_id = ANY
    (:tenant_ids::UUID[]) ORDER BY payments.claimed_until, payments.id
LIMIT :param::INTEGER FOR UPDATE OF payments SKIP LOCKED)
UPDATE payments SET claimed_by=:worker::VARCHAR, claimed_until=:until::TIMESTAMP WITH TIME ZONE WHERE payments.id IN
    (SELECT chosen.id
FROM chosen) AND payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND payments.claimed_until <=
    :wall::TIMESTAMP WITH TIME ZONE AND payments.stripe_payment_intent_id IS NOT NULL RETURNING payments.id,
    payments.tenant_id, payments.owner_id, payments.appointment_id, payments.status, payments.amount, payments.currency,
    payments.visit_on, payments.due_at, payments.stripe_payment_intent_id, payments.attempts, payments.description,
    payments.failure_code, payments.claimed_until;

-- claim_due
WITH chosen AS
(SELECT payments.id AS id
FROM payments
WHERE payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND payments.next_attempt_at <=
    :due::TIMESTAMP WITH TIME ZONE AND payments.tenant_id = ANY (:tenant_ids::UUID[]) ORDER BY payments.next_attempt_at,
    payments.id
LIMIT :param::INTEGER FOR UPDATE OF payments SKIP LOCKED)
UPDATE payments SET status=:status::VARCHAR, claimed_by=:worker::VARCHAR, claimed_until=:until::TIMESTAMP WITH TIME ZONE
    WHERE payments.id IN (SELECT chosen.id
FROM chosen) AND payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND payments.next_attempt_at <=
    :due::TIMESTAMP WITH TIME ZONE RETURNING payments.id, payments.tenant_id, payments.owner_id,
    payments.appointment_id, payments.status, payments.amount, payments.currency, payments.visit_on, payments.due_at,
    payments.stripe_payment_intent_id, payments.attempts, payments.description, payments.failure_code,
    payments.claimed_until;

-- claim_lapsed
WITH chosen AS
(SELECT payments.id AS id
FROM payments
WHERE payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND payments.claimed_until <=
    :wall::TIMESTAMP WITH TIME ZONE AND payments.tenant_id = ANY (:tenant_ids::UUID[]) ORDER BY payments.claimed_until,
    payments.id
LIMIT :param::INTEGER FOR UPDATE OF payments SKIP LOCKED)
UPDATE payments SET status=:status::VARCHAR, claimed_by=:worker::VARCHAR, claimed_until=:until::TIMESTAMP WITH TIME ZONE
    WHERE payments.id IN (SELECT chosen.id
FROM chosen) AND payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND payments.claimed_until <=
    :wall::TIMESTAMP WITH TIME ZONE RETURNING payments.id, payments.tenant_id, payments.owner_id,
    payments.appointment_id, payments.status, payments.amount, payments.currency, payments.visit_on, payments.due_at,
    payments.stripe_payment_intent_id, payments.attempts, payments.description, payments.failure_code,
    payments.claimed_until;

-- claim_one
SELECT payments.tenant_id
FROM payments
WHERE payments.id = :id::UUID;
UPDATE payments SET status=:status::VARCHAR, claimed_by=:worker::VARCHAR, claimed_until=:until::TIMESTAMP WITH TIME ZONE
    WHERE payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND payments.id = :id::UUID RETURNING
    payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.status, payments.amount,
    payments.currency, payments.visit_on, payments.due_at, payments.stripe_payment_intent_id, payments.attempts,
    payments.description, payments.failure_code, payments.claimed_until;

-- due
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.status, payments.amount,
    payments.currency, payments.visit_on, payments.due_at, payments.stripe_payment_intent_id, payments.attempts,
    payments.description, payments.failure_code, payments.claimed_until
FROM payments
WHERE payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND payments.next_attempt_at <=
    :next_attempt_at::TIMESTAMP WITH TIME ZONE AND payments.tenant_id IN (:tenant_id, ...) ORDER BY
    payments.next_attempt_at, payments.id
LIMIT :param::INTEGER;
