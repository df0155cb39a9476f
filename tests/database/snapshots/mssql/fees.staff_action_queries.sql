-- ask_refund
SELECT TOP (:param) payment_attempts.parameters
FROM payment_attempts
WHERE payment_attempts.payment_id = :payment_id ORDER BY payment_attempts.attempt DESC;
SELECT coalesce(sum(fee_actions.amount), :coalesce) AS coalesce_1
FROM fee_actions
WHERE fee_actions.payment_id = :payment_id AND fee_actions.action = :action AND fee_actions.outcome IN (:outcome, ...);
SELECT fee_actions.id, fee_actions.payment_id, fee_actions.action, fee_actions.who, fee_actions.why, fee_actions.amount,
    fee_actions.idempotency_key, fee_actions.outcome, fee_actions.code, fee_actions.stripe_refund_id,
    fee_actions.created_at, fee_actions.updated_at
FROM fee_actions
WHERE fee_actions.id = :id;
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.type, payments.method,
    payments.status, payments.amount, payments.currency, payments.offence_number, payments.visit_on,
    payments.description, payments.policy, payments.stripe_payment_intent_id, payments.failure_code,
    payments.failure_message, payments.attempts, payments.due_at, payments.next_attempt_at, payments.claimed_by,
    payments.claimed_until, payments.succeeded_at, payments.created_at, payments.updated_at
FROM payments
WHERE payments.id = :id AND payments.type = :type;
UPDATE fee_actions SET id=:id, payment_id=:payment_id, action=:action, who=:who, why=:why, amount=:amount,
    idempotency_key=:idempotency_key, outcome=:outcome, created_at=:created_at WHERE fee_actions.id = :id;
UPDATE payments SET updated_at=:updated_at WHERE payments.id = :id AND payments.type = :type;

-- end_refund
DELETE FROM fee_actions WHERE fee_actions.id = :id;
SELECT coalesce(sum(fee_actions.amount), :coalesce) AS coalesce_1
FROM fee_actions
WHERE fee_actions.payment_id = :payment_id AND fee_actions.action = :action AND fee_actions.outcome IN (:outcome, ...);
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.type, payments.method,
    payments.status, payments.amount, payments.currency, payments.offence_number, payments.visit_on,
    payments.description, payments.policy, payments.stripe_payment_intent_id, payments.failure_code,
    payments.failure_message, payments.attempts, payments.due_at, payments.next_attempt_at, payments.claimed_by,
    payments.claimed_until, payments.succeeded_at, payments.created_at, payments.updated_at
FROM payments
WHERE payments.id = :id;
UPDATE fee_actions SET outcome=:outcome, stripe_refund_id=:stripe_refund_id, updated_at=:updated_at WHERE fee_actions.id
    = :id AND fee_actions.outcome != :outcome;
UPDATE fee_actions SET outcome=:outcome, updated_at=:updated_at WHERE fee_actions.id = :id AND fee_actions.outcome !=
    :outcome;
UPDATE payments SET status=:status, updated_at=:updated_at WHERE payments.id = :id AND payments.status IN (:status, ...);
UPDATE payments SET updated_at=:updated_at WHERE payments.id = :id;

-- note
INSERT INTO fee_actions (id, payment_id, action, who, why, amount, idempotency_key, outcome, created_at) VALUES (:id,
    :payment_id, :action, :who, :why, :amount, :idempotency_key, :outcome, :created_at);
INSERT INTO fee_actions (id, payment_id, action, who, why, amount, outcome, code, stripe_refund_id, created_at) VALUES
    (:id, :payment_id, :action, :who, :why, :amount, :outcome, :code, :stripe_refund_id, :created_at);
INSERT INTO fee_actions (id, payment_id, action, who, why, created_at) VALUES (:id, :payment_id, :action, :who, :why,
    :created_at);

-- note_refunds
SELECT coalesce(sum(fee_actions.amount), :coalesce) AS coalesce_1
FROM fee_actions
WHERE fee_actions.payment_id = :payment_id AND fee_actions.action = :action AND fee_actions.outcome IN (:outcome, ...);
SELECT fee_actions.id
FROM fee_actions
WHERE fee_actions.payment_id = :payment_id;
SELECT fee_actions.id, fee_actions.payment_id, fee_actions.action, fee_actions.who, fee_actions.why, fee_actions.amount,
    fee_actions.idempotency_key, fee_actions.outcome, fee_actions.code, fee_actions.stripe_refund_id,
    fee_actions.created_at, fee_actions.updated_at
FROM fee_actions
WHERE fee_actions.id = :id;
UPDATE fee_actions SET amount=:amount, outcome=:outcome, code=:code, stripe_refund_id=:stripe_refund_id,
    updated_at=:updated_at WHERE fee_actions.id = :id AND fee_actions.outcome != :outcome;
UPDATE fee_actions SET amount=:amount, updated_at=:updated_at WHERE fee_actions.id = :id;
UPDATE fee_actions SET outcome=:outcome, code=:code, updated_at=:updated_at WHERE fee_actions.id = :id AND
    fee_actions.stripe_refund_id = :stripe_refund_id;
UPDATE payments SET updated_at=:updated_at WHERE payments.id = :id;
