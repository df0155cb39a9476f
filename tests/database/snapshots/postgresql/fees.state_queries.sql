-- add
INSERT INTO payments (id, tenant_id, owner_id, appointment_id, type, method, status, amount, currency, offence_number,
    visit_on, description, policy, failure_code, due_at, next_attempt_at, created_at) VALUES (:id::UUID,
    :tenant_id::UUID, :owner_id::UUID, :appointment_id::UUID, :type::VARCHAR, :method::VARCHAR, :status::VARCHAR,
    :amount::INTEGER, :currency::VARCHAR, :offence_number::INTEGER, :visit_on::DATE, :description::VARCHAR,
    :policy::JSON, :failure_code::VARCHAR, :due_at::TIMESTAMP WITH TIME ZONE, :next_attempt_at::TIMESTAMP WITH TIME
    ZONE, :created_at::TIMESTAMP WITH TIME ZONE) ON CONFLICT DO NOTHING RETURNING payments.id;

-- keep_intents
UPDATE payments SET stripe_payment_intent_id=:stripe_payment_intent_id::VARCHAR, claimed_until=:claimed_until::TIMESTAMP
    WITH TIME ZONE WHERE payments.id = :id::UUID AND payments.status = :status::VARCHAR AND payments.claimed_by =
    :claimed_by::VARCHAR AND (payments.stripe_payment_intent_id IS NULL OR payments.stripe_payment_intent_id IN
    (:stripe_payment_intent_id, ...)) RETURNING payments.id;

-- leave_closed
UPDATE payments SET claimed_until=:claimed_until::TIMESTAMP WITH TIME ZONE WHERE payments.type = :type::VARCHAR AND
    payments.status IN (:status, ...) AND payments.id = :id::UUID AND payments.claimed_by = :claimed_by::VARCHAR;

-- record
UPDATE payments SET attempts=:attempts::INTEGER WHERE payments.id = :id::UUID AND payments.status = :status::VARCHAR AND
    payments.claimed_by = :claimed_by::VARCHAR RETURNING payments.id;
UPDATE payments SET status=:status::VARCHAR, failure_code=:failure_code::VARCHAR,
    failure_message=:failure_message::VARCHAR, next_attempt_at=:next_attempt_at::TIMESTAMP WITH TIME ZONE,
    claimed_until=:claimed_until::TIMESTAMP WITH TIME ZONE, succeeded_at=:succeeded_at::TIMESTAMP WITH TIME ZONE,
    updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE payments.id = :id::UUID AND payments.status =
    :status::VARCHAR AND payments.claimed_by = :claimed_by::VARCHAR RETURNING payments.id;
UPDATE payments SET status=:status::VARCHAR, failure_code=:failure_code::VARCHAR,
    failure_message=:failure_message::VARCHAR, next_attempt_at=:next_attempt_at::TIMESTAMP WITH TIME ZONE,
    claimed_until=:claimed_until::TIMESTAMP WITH TIME ZONE, updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE
    payments.id = :id::UUID AND payments.status = :status::VARCHAR AND payments.claimed_by = :claimed_by::VARCHAR
    RETURNING payments.id;

-- record_late_payment
UPDATE payments SET status=CASE WHEN (payments.status IN (:status, ...) OR payments.status IN (:status, ...) AND (EXISTS
    (SELECT *
FROM decisions, notifications
WHERE decisions.subject_id = payments.id AND decisions.kind = :kind::VARCHAR AND notifications.id =
    decisions.notification_id AND notifications.status IN (:status, ...)))) THEN :param::VARCHAR ELSE :param::VARCHAR
    END, failure_code=CASE WHEN (payments.status = :status::VARCHAR) THEN :param::VARCHAR WHEN (payments.status IN
    (:status, ...) OR payments.status IN (:status, ...) AND (EXISTS (SELECT *
FROM decisions, notifications
WHERE decisions.subject_id = payments.id AND decisions.kind = :kind::VARCHAR AND notifications.id =
    decisions.notification_id AND notifications.status IN (:status, ...)))) THEN :param::VARCHAR END,
    failure_message=:failure_message::VARCHAR, next_attempt_at=:next_attempt_at::TIMESTAMP WITH TIME ZONE,
    claimed_until=:claimed_until::TIMESTAMP WITH TIME ZONE, succeeded_at=:succeeded_at::TIMESTAMP WITH TIME ZONE,
    updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE payments.id = :id::UUID AND payments.type = :type::VARCHAR
    AND (payments.status NOT IN (:status, ...)) RETURNING payments.status;

-- still_open
SELECT payments.id
FROM payments
WHERE payments.id IN (:id, ...) AND payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND
    payments.claimed_until IS NOT NULL;

-- waive
UPDATE payments SET status=:status::VARCHAR, description=:description::VARCHAR, failure_code=:failure_code::VARCHAR,
    next_attempt_at=:next_attempt_at::TIMESTAMP WITH TIME ZONE, claimed_until=CASE WHEN
    (payments.stripe_payment_intent_id IS NOT NULL) THEN :param::TIMESTAMP WITH TIME ZONE END,
    updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE payments.type = :type::VARCHAR AND payments.status IN
    (:status, ...) AND payments.id = :id::UUID RETURNING payments.id;
