-- begin_attempts
INSERT INTO payment_attempts (payment_id, attempt, idempotency_key, parameters, started_at) VALUES (:payment_id,
    :attempt, :idempotency_key, :parameters, :started_at);

-- end_attempts
UPDATE payment_attempts SET outcome=:new_outcome, code=:new_code, stripe_charge_id=:new_stripe_charge_id,
    finished_at=:new_finished_at WHERE payment_attempts.payment_id = :its_payment_id AND payment_attempts.attempt =
    :its_attempt AND (payment_attempts.outcome IS NULL OR payment_attempts.outcome = :outcome);

-- past_attempts
SELECT payment_attempts.payment_id, payment_attempts.attempt, payment_attempts.idempotency_key,
    payment_attempts.parameters, payment_attempts.outcome, payment_attempts.code, payment_attempts.stripe_charge_id,
    payment_attempts.started_at, payment_attempts.finished_at
FROM payment_attempts
WHERE payment_attempts.payment_id IN (:payment_id, ...) ORDER BY payment_attempts.payment_id, payment_attempts.attempt;

-- ready_attempts
UPDATE payment_attempts SET parameters=:new_parameters WHERE payment_attempts.payment_id = :its_payment_id AND
    payment_attempts.attempt = :its_attempt;
