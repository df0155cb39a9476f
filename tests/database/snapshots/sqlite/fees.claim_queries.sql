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

-- claim_due
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
