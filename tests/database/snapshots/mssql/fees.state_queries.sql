-- add
INSERT INTO payments (id, tenant_id, owner_id, appointment_id, type, method, status, failure_code, amount, currency,
    offence_number, visit_on, description, policy, due_at, next_attempt_at, created_at) OUTPUT inserted.id SELECT
    given_rows.id, given_rows.tenant_id, given_rows.owner_id, given_rows.appointment_id, given_rows.type,
    given_rows.method, given_rows.status, given_rows.failure_code, given_rows.amount, given_rows.currency,
    given_rows.offence_number, given_rows.visit_on, given_rows.description, given_rows.policy, given_rows.due_at,
    given_rows.next_attempt_at, given_rows.created_at
FROM (SELECT CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS id, CAST(json_value(anon_1.value,
    :json_value) AS UNIQUEIDENTIFIER) AS tenant_id, CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS
    owner_id, CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS appointment_id,
    CAST(json_value(anon_1.value, :json_value) AS VARCHAR(20)) AS type, CAST(json_value(anon_1.value, :json_value) AS
    VARCHAR(20)) AS method, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(20)) AS status,
    CAST(json_value(anon_1.value, :json_value) AS VARCHAR(100)) AS failure_code, CAST(json_value(anon_1.value,
    :json_value) AS INTEGER) AS amount, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(3)) AS currency,
    CAST(json_value(anon_1.value, :json_value) AS INTEGER) AS offence_number, CAST(json_value(anon_1.value, :json_value)
    AS DATE) AS visit_on, CAST(json_value(anon_1.value, :json_value) AS NVARCHAR(500)) AS description,
    CAST(json_value(anon_1.value, :json_value) AS NVARCHAR(max)) AS policy, CAST(json_value(anon_1.value, :json_value)
    AS DATETIMEOFFSET) AS due_at, CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS next_attempt_at,
    CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS created_at
FROM openjson(:given) AS anon_1) AS given_rows
WHERE NOT (EXISTS (SELECT present.id
FROM payments AS present WITH (UPDLOCK, HOLDLOCK)
WHERE present.id = given_rows.id));

-- keep_intents
UPDATE payments SET stripe_payment_intent_id=:stripe_payment_intent_id, claimed_until=:claimed_until OUTPUT inserted.id
    WHERE payments.id = :id AND payments.status = :status AND payments.claimed_by = :claimed_by AND
    (payments.stripe_payment_intent_id IS NULL OR payments.stripe_payment_intent_id IN (:stripe_payment_intent_id, ...));

-- leave_closed
UPDATE payments SET claimed_until=:claimed_until WHERE payments.type = :type AND payments.status IN (:status, ...) AND
    payments.id = :id AND payments.claimed_by = :claimed_by;

-- record
UPDATE payments SET attempts=:attempts OUTPUT inserted.id WHERE payments.id = :id AND payments.status = :status AND
    payments.claimed_by = :claimed_by;
UPDATE payments SET status=:status, failure_code=:failure_code, failure_message=:failure_message,
    next_attempt_at=:next_attempt_at, claimed_until=:claimed_until, succeeded_at=:succeeded_at, updated_at=:updated_at
    OUTPUT inserted.id WHERE payments.id = :id AND payments.status = :status AND payments.claimed_by = :claimed_by;
UPDATE payments SET status=:status, failure_code=:failure_code, failure_message=:failure_message,
    next_attempt_at=:next_attempt_at, claimed_until=:claimed_until, updated_at=:updated_at OUTPUT inserted.id WHERE
    payments.id = :id AND payments.status = :status AND payments.claimed_by = :claimed_by;

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
    OUTPUT inserted.status WHERE payments.id = :id AND payments.type = :type AND (payments.status NOT IN (:status, ...));

-- still_open
SELECT payments.id
FROM payments
WHERE payments.id IN (:id, ...) AND payments.type = :type AND payments.status IN (:status, ...) AND
    payments.claimed_until IS NOT NULL;

-- waive
UPDATE payments SET status=:status, description=:description, failure_code=:failure_code,
    next_attempt_at=:next_attempt_at, claimed_until=CASE WHEN (payments.stripe_payment_intent_id IS NOT NULL) THEN
    :param END, updated_at=:updated_at OUTPUT inserted.id WHERE payments.type = :type AND payments.status IN (:status,
    ...) AND payments.id = :id;
