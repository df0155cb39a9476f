-- close_fees
UPDATE payments SET status=:status, failure_code=CASE WHEN (EXISTS (SELECT *
FROM reputation_events
WHERE reputation_events.subject_id = payments.id AND reputation_events.kind = :kind AND reputation_events.owner_id =
    payments.owner_id AND reputation_events.reversed_reason = :reversed_reason)) THEN :param ELSE payments.failure_code
    END, next_attempt_at=:next_attempt_at, claimed_until=:claimed_until, updated_at=:closed_at WHERE payments.id IN
    (SELECT reputation_events.subject_id
FROM reputation_events JOIN payments AS its_fee ON its_fee.id = reputation_events.subject_id AND its_fee.tenant_id =
    reputation_events.tenant_id
WHERE reputation_events.kind = :kind AND reputation_events.occurred_at > :since AND reputation_events.reversed_at IS NOT
    NULL AND reputation_events.tenant_id IN (SELECT value
FROM json_each(:tenant_ids))) AND payments.type = :type AND payments.status = :status RETURNING tenant_id;
UPDATE payments SET status=:status, failure_code=CASE WHEN (EXISTS (SELECT *
FROM reputation_events
WHERE reputation_events.subject_id = payments.id AND reputation_events.kind = :kind AND reputation_events.owner_id =
    payments.owner_id AND reputation_events.reversed_reason = :reversed_reason)) THEN :param ELSE payments.failure_code
    END, next_attempt_at=:next_attempt_at, claimed_until=CASE WHEN (payments.stripe_payment_intent_id IS NOT NULL) THEN
    :closed_at END, updated_at=:closed_at WHERE payments.id IN (SELECT reputation_events.subject_id
FROM reputation_events JOIN payments AS its_fee ON its_fee.id = reputation_events.subject_id AND its_fee.tenant_id =
    reputation_events.tenant_id
WHERE reputation_events.kind = :kind AND reputation_events.occurred_at > :since AND reputation_events.reversed_at IS NOT
    NULL AND reputation_events.tenant_id IN (SELECT value
FROM json_each(:tenant_ids))) AND payments.type = :type AND (payments.status IN (:status, ...) OR payments.status =
    :status AND payments.failure_code IN (:failure_code, ...)) RETURNING tenant_id;

-- standing_visits
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at, CASE WHEN (EXISTS
    (SELECT *
FROM decisions
WHERE decisions.subject_id = reputation_events.subject_id AND decisions.tenant_id = reputation_events.tenant_id AND
    decisions.kind = :kind)) THEN :param ELSE :param END AS is_ours, CASE WHEN (payments.status = :status AND
    (payments.failure_code IS NULL OR (payments.failure_code NOT IN (:failure_code, ...))) OR payments.failure_code =
    :failure_code) THEN :param ELSE :param END AS is_forgiven, payments.id AS fee_id, payments.status AS fee_status,
    payments.created_at AS fee_written_at
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id LEFT OUTER JOIN payments ON payments.id = reputation_events.subject_id AND
    payments.tenant_id = reputation_events.tenant_id
WHERE reputation_events.kind = :kind AND reputation_events.reversed_at IS NULL AND reputation_events.owner_id IN (SELECT
    value
FROM json_each(:owner_ids));

-- visits_in_doubt
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at, CASE WHEN (EXISTS
    (SELECT *
FROM decisions
WHERE decisions.subject_id = reputation_events.subject_id AND decisions.tenant_id = reputation_events.tenant_id AND
    decisions.kind = :kind)) THEN :param ELSE :param END AS is_ours, CASE WHEN (payments.status = :status AND
    (payments.failure_code IS NULL OR (payments.failure_code NOT IN (:failure_code, ...))) OR payments.failure_code =
    :failure_code) THEN :param ELSE :param END AS is_forgiven, payments.id AS fee_id, payments.status AS fee_status,
    payments.created_at AS fee_written_at
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id LEFT OUTER JOIN payments ON payments.id = reputation_events.subject_id AND
    payments.tenant_id = reputation_events.tenant_id
WHERE reputation_events.kind = :kind AND reputation_events.reversed_at IS NULL AND reputation_events.occurred_at >
    :since AND (payments.status = :status AND (payments.failure_code IS NULL OR (payments.failure_code NOT IN
    (:failure_code, ...))) OR payments.failure_code = :failure_code OR NOT (EXISTS (SELECT *
FROM appointments
WHERE appointments.owner_id = reputation_events.owner_id AND appointments.status = :status AND appointments.deleted_at
    IS NULL AND appointments.tenant_id = reputation_events.tenant_id AND (appointments.scheduled_start >=
    strftime('%Y-%m-%d %H:%M:%S', reputation_events.occurred_at) AND appointments.scheduled_start < strftime('%Y-%m-%d
    %H:%M:%S', reputation_events.occurred_at, '+1 second') AND strftime('%Y-%m-%d %H:%M:%f',
    appointments.scheduled_start) = strftime('%Y-%m-%d %H:%M:%f', reputation_events.occurred_at)))) OR (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = reputation_events.subject_id AND decisions.tenant_id = reputation_events.tenant_id AND
    decisions.kind = :kind)) AND ((EXISTS (SELECT *
FROM appointments
WHERE appointments.owner_id = reputation_events.owner_id AND appointments.tenant_id = reputation_events.tenant_id AND
    appointments.scheduled_start BETWEEN strftime('%Y-%m-%d %H:%M:%S', reputation_events.occurred_at, -93600 || '
    seconds') AND strftime('%Y-%m-%d %H:%M:%S', reputation_events.occurred_at, 93600 || ' seconds') AND
    (appointments.arrived_at IS NOT NULL OR appointments.actual_start IS NOT NULL OR appointments.status IN (:status,
    ...)) AND appointments.deleted_at IS NULL)) OR (EXISTS (SELECT *
FROM appointments
WHERE appointments.owner_id = reputation_events.owner_id AND appointments.tenant_id = reputation_events.tenant_id AND
    (appointments.scheduled_start >= strftime('%Y-%m-%d %H:%M:%S', reputation_events.occurred_at) AND
    appointments.scheduled_start < strftime('%Y-%m-%d %H:%M:%S', reputation_events.occurred_at, '+1 second') AND
    strftime('%Y-%m-%d %H:%M:%f', appointments.scheduled_start) = strftime('%Y-%m-%d %H:%M:%f',
    reputation_events.occurred_at)) AND (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL)) AND NOT (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL AND NOT (pets.is_deceased IS NOT NULL AND pets.is_deceased = 1))))))) AND reputation_events.tenant_id IN
    (SELECT value
FROM json_each(:tenant_ids)) ORDER BY reputation_events.occurred_at, reputation_events.id
LIMIT :param OFFSET :param;

-- visits_on
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at, CASE WHEN (EXISTS
    (SELECT *
FROM decisions
WHERE decisions.subject_id = reputation_events.subject_id AND decisions.tenant_id = reputation_events.tenant_id AND
    decisions.kind = :kind)) THEN :param ELSE :param END AS is_ours, CASE WHEN (payments.status = :status AND
    (payments.failure_code IS NULL OR (payments.failure_code NOT IN (:failure_code, ...))) OR payments.failure_code =
    :failure_code) THEN :param ELSE :param END AS is_forgiven, payments.id AS fee_id, payments.status AS fee_status,
    payments.created_at AS fee_written_at
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id LEFT OUTER JOIN payments ON payments.id = reputation_events.subject_id AND
    payments.tenant_id = reputation_events.tenant_id
WHERE reputation_events.kind = :kind AND reputation_events.reversed_at IS NULL AND reputation_events.occurred_at >=
    :occurred_at AND reputation_events.occurred_at < :occurred_at AND reputation_events.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND (reputation_events.occurred_at > :last OR reputation_events.occurred_at = :last AND
    reputation_events.id > :last) ORDER BY reputation_events.occurred_at, reputation_events.id
LIMIT :param OFFSET :param;
