-- claim_closed
WITH chosen AS
(SELECT TOP (:param) payments.id AS id
FROM payments WITH (UPDLOCK, READPAST, ROWLOCK)
WHERE payments.type = :type AND payments.status IN (:status, ...) AND payments.claimed_until <= :wall AND
    payments.stripe_payment_intent_id IS NOT NULL AND payments.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS
    value
FROM openjson(:tenant_ids)) ORDER BY payments.claimed_until, payments.id)
UPDATE payments SET claimed_by=:worker, claimed_until=:until OUTPUT inserted.id, inserted.tenant_id, inserted.owner_id,
    inserted.appointment_id, inserted.status, inserted.amount, inserted.currency, inserted.visit_on, inserted.due_at,
    inserted.stripe_payment_intent_id, inserted.attempts, inserted.description, inserted.failure_code,
    inserted.claimed_until WHERE payments.id IN (SELECT chosen.id
FROM chosen) AND payments.type = :type AND payments.status IN (:status, ...) AND payments.claimed_until <= :wall AND
    payments.stripe_payment_intent_id IS NOT NULL;

-- claim_due
WITH chosen AS
(SELECT TOP (:param) payments.id AS id
FROM payments WITH (UPDLOCK, READPAST, ROWLOCK)
WHERE payments.type = :type AND payments.status IN (:status, ...) AND payments.next_attempt_at <= :due AND
    payments.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) ORDER BY payments.next_attempt_at, payments.id)
UPDATE payments SET status=:status, claimed_by=:worker, claimed_until=:until OUTPUT inserted.id, inserted.tenant_id,
    inserted.owner_id, inserted.appointment_id, inserted.status, inserted.amount, inserted.currency, inserted.visit_on,
    inserted.due_at, inserted.stripe_payment_intent_id, inserted.attempts, inserted.description, inserted.failure_code,
    inserted.claimed_until WHERE payments.id IN (SELECT chosen.id
FROM chosen) AND payments.type = :type AND payments.status IN (:status, ...) AND payments.next_attempt_at <= :due;

-- claim_lapsed
WITH chosen AS
(SELECT TOP (:param) payments.id AS id
FROM payments WITH (UPDLOCK, READPAST, ROWLOCK)
WHERE payments.type = :type AND payments.status IN (:status, ...) AND payments.claimed_until <= :wall AND
    payments.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) ORDER BY payments.claimed_until, payments.id)
UPDATE payments SET status=:status, claimed_by=:worker, claimed_until=:until OUTPUT inserted.id, inserted.tenant_id,
    inserted.owner_id, inserted.appointment_id, inserted.status, inserted.amount, inserted.currency, inserted.visit_on,
    inserted.due_at, inserted.stripe_payment_intent_id, inserted.attempts, inserted.description, inserted.failure_code,
    inserted.claimed_until WHERE payments.id IN (SELECT chosen.id
FROM chosen) AND payments.type = :type AND payments.status IN (:status, ...) AND payments.claimed_until <= :wall;

-- claim_one
SELECT payments.tenant_id
FROM payments
WHERE payments.id = :id;
UPDATE payments SET status=:status, claimed_by=:worker, claimed_until=:until OUTPUT inserted.id, inserted.tenant_id,
    inserted.owner_id, inserted.appointment_id, inserted.status, inserted.amount, inserted.currency, inserted.visit_on,
    inserted.due_at, inserted.stripe_payment_intent_id, inserted.attempts, inserted.description, inserted.failure_code,
    inserted.claimed_until WHERE payments.type = :type AND payments.status IN (:status, ...) AND payments.id = :id;

-- due
SELECT TOP (:param) payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.status,
    payments.amount, payments.currency, payments.visit_on, payments.due_at, payments.stripe_payment_intent_id,
    payments.attempts, payments.description, payments.failure_code, payments.claimed_until
FROM payments
WHERE payments.type = :type AND payments.status IN (:status, ...) AND payments.next_attempt_at <= :next_attempt_at AND
    payments.tenant_id IN (:tenant_id, ...) ORDER BY payments.next_attempt_at, payments.id;
