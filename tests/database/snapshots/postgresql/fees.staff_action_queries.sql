-- ask_refund
SELECT coalesce(sum(fee_actions.amount), :coalesce::INTEGER) AS coalesce_1
FROM fee_actions
WHERE fee_actions.payment_id = :payment_id::UUID AND fee_actions.action = :action::VARCHAR AND fee_actions.outcome IN
    (:outcome, ...);
SELECT fee_actions.id, fee_actions.payment_id, fee_actions.action, fee_actions.who, fee_actions.why, fee_actions.amount,
    fee_actions.idempotency_key, fee_actions.outcome, fee_actions.code, fee_actions.stripe_refund_id,
    fee_actions.created_at, fee_actions.updated_at
FROM fee_actions
WHERE fee_actions.id = :id::UUID;
SELECT payment_attempts.parameters
FROM payment_attempts
WHERE payment_attempts.payment_id = :payment_id::UUID ORDER BY payment_attempts.attempt DESC
LIMIT :param::INTEGER;
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.type, payments.method,
    payments.status, payments.amount, payments.currency, payments.offence_number, payments.visit_on,
    payments.description, payments.policy, payments.stripe_payment_intent_id, payments.failure_code,
    payments.failure_message, payments.attempts, payments.due_at, payments.next_attempt_at, payments.claimed_by,
    payments.claimed_until, payments.succeeded_at, payments.created_at, payments.updated_at
FROM payments
WHERE payments.id = :id::UUID AND payments.type = :type::VARCHAR;
UPDATE fee_actions SET id=:id::UUID, payment_id=:payment_id::UUID, action=:action::VARCHAR, who=:who::VARCHAR,
    why=:why::VARCHAR, amount=:amount::INTEGER, idempotency_key=:idempotency_key::VARCHAR, outcome=:outcome::VARCHAR,
    created_at=:created_at::TIMESTAMP WITH TIME ZONE WHERE fee_actions.id = :id::UUID;
UPDATE payments SET updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE payments.id = :id::UUID AND payments.type =
    :type::VARCHAR;

-- end_refund
DELETE FROM fee_actions WHERE fee_actions.id = :id::UUID;
SELECT coalesce(sum(fee_actions.amount), :coalesce::INTEGER) AS coalesce_1
FROM fee_actions
WHERE fee_actions.payment_id = :payment_id::UUID AND fee_actions.action = :action::VARCHAR AND fee_actions.outcome IN
    (:outcome, ...);
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.type, payments.method,
    payments.status, payments.amount, payments.currency, payments.offence_number, payments.visit_on,
    payments.description, payments.policy, payments.stripe_payment_intent_id, payments.failure_code,
    payments.failure_message, payments.attempts, payments.due_at, payments.next_attempt_at, payments.claimed_by,
    payments.claimed_until, payments.succeeded_at, payments.created_at, payments.updated_at
FROM payments
WHERE payments.id = :id::UUID;
UPDATE fee_actions SET outcome=:outcome::VARCHAR, stripe_refund_id=:stripe_refund_id::VARCHAR,
    updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE fee_actions.id = :id::UUID AND fee_actions.outcome !=
    :outcome::VARCHAR;
UPDATE fee_actions SET outcome=:outcome::VARCHAR, updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE fee_actions.id
    = :id::UUID AND fee_actions.outcome != :outcome::VARCHAR;
UPDATE payments SET status=:status::VARCHAR, updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE payments.id =
    :id::UUID AND payments.status IN (:status, ...);
UPDATE payments SET updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE payments.id = :id::UUID;

-- note
INSERT INTO fee_actions (id, payment_id, action, who, why, amount, idempotency_key, outcome, created_at) VALUES
    (:id::UUID, :payment_id::UUID, :action::VARCHAR, :who::VARCHAR, :why::VARCHAR, :amount::INTEGER,
    :idempotency_key::VARCHAR, :outcome::VARCHAR, :created_at::TIMESTAMP WITH TIME ZONE);
INSERT INTO fee_actions (id, payment_id, action, who, why, amount, outcome, code, stripe_refund_id, created_at) VALUES
    (:id::UUID, :payment_id::UUID, :action::VARCHAR, :who::VARCHAR, :why::VARCHAR, :amount::INTEGER, :outcome::VARCHAR,
    :code::VARCHAR, :stripe_refund_id::VARCHAR, :created_at::TIMESTAMP WITH TIME ZONE);
INSERT INTO fee_actions (id, payment_id, action, who, why, created_at) VALUES (:id::UUID, :payment_id::UUID,
    :action::VARCHAR, :who::VARCHAR, :why::VARCHAR, :created_at::TIMESTAMP WITH TIME ZONE);

-- note_refunds
SELECT coalesce(sum(fee_actions.amount), :coalesce::INTEGER) AS coalesce_1
FROM fee_actions
WHERE fee_actions.payment_id = :payment_id::UUID AND fee_actions.action = :action::VARCHAR AND fee_actions.outcome IN
    (:outcome, ...);
SELECT fee_actions.id
FROM fee_actions
WHERE fee_actions.payment_id = :payment_id::UUID;
SELECT fee_actions.id, fee_actions.payment_id, fee_actions.action, fee_actions.who, fee_actions.why, fee_actions.amount,
    fee_actions.idempotency_key, fee_actions.outcome, fee_actions.code, fee_actions.stripe_refund_id,
    fee_actions.created_at, fee_actions.updated_at
FROM fee_actions
WHERE fee_actions.id = :id::UUID;
UPDATE fee_actions SET amount=:amount::INTEGER, outcome=:outcome::VARCHAR, code=:code::VARCHAR,
    stripe_refund_id=:stripe_refund_id::VARCHAR, updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE fee_actions.id =
    :id::UUID AND fee_actions.outcome != :outcome::VARCHAR;
UPDATE fee_actions SET amount=:amount::INTEGER, updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE fee_actions.id =
    :id::UUID;
UPDATE fee_actions SET outcome=:outcome::VARCHAR, code=:code::VARCHAR, updated_at=:updated_at::TIMESTAMP WITH TIME ZONE
    WHERE fee_actions.id = :id::UUID AND fee_actions.stripe_refund_id = :stripe_refund_id::VARCHAR;
UPDATE payments SET updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE payments.id = :id::UUID;
