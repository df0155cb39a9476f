-- close_fees
UPDATE payments SET status=:status::VARCHAR, failure_code=CASE WHEN (EXISTS (SELECT *
FROM reputation_events
WHERE reputation_events.subject_id = payments.id AND reputation_events.kind = :kind::VARCHAR AND
    reputation_events.owner_id = payments.owner_id AND reputation_events.reversed_reason = :reversed_reason::VARCHAR))
    THEN :param ELSE payments.failure_code END, next_attempt_at=:next_attempt_at::TIMESTAMP WITH TIME ZONE,
    claimed_until=:claimed_until::TIMESTAMP WITH TIME ZONE, updated_at=:closed_at::TIMESTAMP WITH TIME ZONE WHERE
    payments.id IN (SELECT reputation_events.subject_id
FROM reputation_events JOIN payments AS its_fee ON its_fee.id = reputation_events.subject_id AND its_fee.tenant_id =
    reputation_events.tenant_id
WHERE reputation_events.kind = :kind::VARCHAR AND reputation_events.occurred_at > :since::TIMESTAMP WITH TIME ZONE AND
    reputation_events.reversed_at IS NOT NULL AND reputation_events.tenant_id = ANY (:tenant_ids::UUID[])) AND
    payments.type = :type::VARCHAR AND payments.status = :status::VARCHAR RETURNING payments.tenant_id;
UPDATE payments SET status=:status::VARCHAR, failure_code=CASE WHEN (EXISTS (SELECT *
FROM reputation_events
WHERE reputation_events.subject_id = payments.id AND reputation_events.kind = :kind::VARCHAR AND
    reputation_events.owner_id = payments.owner_id AND reputation_events.reversed_reason = :reversed_reason::VARCHAR))
    THEN :param ELSE payments.failure_code END, next_attempt_at=:next_attempt_at::TIMESTAMP WITH TIME ZONE,
    claimed_until=CASE WHEN (payments.stripe_payment_intent_id IS NOT NULL) THEN :closed_at::TIMESTAMP WITH TIME ZONE
    END, updated_at=:closed_at::TIMESTAMP WITH TIME ZONE WHERE payments.id IN (SELECT reputation_events.subject_id
FROM reputation_events JOIN payments AS its_fee ON its_fee.id = reputation_events.subject_id AND its_fee.tenant_id =
    reputation_events.tenant_id
WHERE reputation_events.kind = :kind::VARCHAR AND reputation_events.occurred_at > :since::TIMESTAMP WITH TIME ZONE AND
    reputation_events.reversed_at IS NOT NULL AND reputation_events.tenant_id = ANY (:tenant_ids::UUID[])) AND
    payments.type = :type::VARCHAR AND (payments.status IN (:status, ...) OR payments.status = :status::VARCHAR AND
    payments.failure_code IN (:failure_code, ...)) RETURNING payments.tenant_id;

-- standing_visits
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at, CASE WHEN (EXISTS
    (SELECT *
FROM decisions
WHERE decisions.subject_id = reputation_events.subject_id AND decisions.tenant_id = reputation_events.tenant_id AND
    decisions.kind = :kind::VARCHAR)) THEN :param::INTEGER ELSE :param::INTEGER END AS is_ours, CASE WHEN
    (payments.status = :status::VARCHAR AND (payments.failure_code IS NULL OR (payments.failure_code NOT IN
    (:failure_code, ...))) OR payments.failure_code = :failure_code::VARCHAR) THEN :param::INTEGER ELSE :param::INTEGER
    END AS is_forgiven, payments.id AS fee_id, payments.status AS fee_status, payments.created_at AS fee_written_at
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id LEFT OUTER JOIN payments ON payments.id = reputation_events.subject_id AND
    payments.tenant_id = reputation_events.tenant_id
WHERE reputation_events.kind = :kind::VARCHAR AND reputation_events.reversed_at IS NULL AND reputation_events.owner_id =
    ANY (:owner_ids::UUID[]);

-- visits_in_doubt
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at, CASE WHEN (EXISTS
    (SELECT *
FROM decisions
WHERE decisions.subject_id = reputation_events.subject_id AND decisions.tenant_id = reputation_events.tenant_id AND
    decisions.kind = :kind::VARCHAR)) THEN :param::INTEGER ELSE :param::INTEGER END AS is_ours, CASE WHEN
    (payments.status = :status::VARCHAR AND (payments.failure_code IS NULL OR (payments.failure_code NOT IN
    (:failure_code, ...))) OR payments.failure_code = :failure_code::VARCHAR) THEN :param::INTEGER ELSE :param::INTEGER
    END AS is_forgiven, payments.id AS fee_id, payments.status AS fee_status, payments.created_at AS fee_written_at
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id LEFT OUTER JOIN payments ON payments.id = reputation_events.subject_id AND
    payments.tenant_id = reputation_events.tenant_id
WHERE reputation_events.kind = :kind::VARCHAR AND reputation_events.reversed_at IS NULL AND
    reputation_events.occurred_at > :since::TIMESTAMP WITH TIME ZONE AND (payments.status = :status::VARCHAR AND
    (payments.failure_code IS NULL OR (payments.failure_code NOT IN (:failure_code, ...))) OR payments.failure_code =
    :failure_code::VARCHAR OR NOT (EXISTS (SELECT *
FROM appointments
WHERE appointments.owner_id = reputation_events.owner_id AND appointments.status = :status::VARCHAR AND
    appointments.deleted_at IS NULL AND appointments.tenant_id = reputation_events.tenant_id AND
    appointments.scheduled_start = reputation_events.occurred_at)) OR (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = reputation_events.subject_id AND decisions.tenant_id = reputation_events.tenant_id AND
    decisions.kind = :kind::VARCHAR)) AND ((EXISTS (SELECT *
FROM appointments
WHERE appointments.owner_id = reputation_events.owner_id AND appointments.tenant_id = reputation_events.tenant_id AND
    appointments.scheduled_start BETWEEN (reputation_events.occurred_at + make_interval(secs => -93600)) AND
    (reputation_events.occurred_at + make_interval(secs => 93600)) AND (appointments.arrived_at IS NOT NULL OR
    appointments.actual_start IS NOT NULL OR appointments.status IN (:status, ...)) AND appointments.deleted_at IS
    NULL)) OR (EXISTS (SELECT *
FROM appointments
WHERE appointments.owner_id = reputation_events.owner_id AND appointments.tenant_id = reputation_events.tenant_id AND
    appointments.scheduled_start = reputation_events.occurred_at AND (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL)) AND NOT (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL AND NOT (pets.is_deceased IS NOT NULL AND pets.is_deceased))))))) AND reputation_events.tenant_id = ANY
    (:tenant_ids::UUID[]) ORDER BY reputation_events.occurred_at, reputation_events.id
LIMIT :param::INTEGER;

-- visits_on
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at, CASE WHEN (EXISTS
    (SELECT *
FROM decisions
WHERE decisions.subject_id = reputation_events.subject_id AND decisions.tenant_id = reputation_events.tenant_id AND
    decisions.kind = :kind::VARCHAR)) THEN :param::INTEGER ELSE :param::INTEGER END AS is_ours, CASE WHEN
    (payments.status = :status::VARCHAR AND (payments.failure_code IS NULL OR (payments.failure_code NOT IN
    (:failure_code, ...))) OR payments.failure_code = :failure_code::VARCHAR) THEN :param::INTEGER ELSE :param::INTEGER
    END AS is_forgiven, payments.id AS fee_id, payments.status AS fee_status, payments.created_at AS fee_written_at
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id LEFT OUTER JOIN payments ON payments.id = reputation_events.subject_id AND
    payments.tenant_id = reputation_events.tenant_id
WHERE reputation_events.kind = :kind::VARCHAR AND reputation_events.reversed_at IS NULL AND
    reputation_events.occurred_at >= :occurred_at::TIMESTAMP WITH TIME ZONE AND reputation_events.occurred_at <
    :occurred_at::TIMESTAMP WITH TIME ZONE AND reputation_events.tenant_id = ANY (:tenant_ids::UUID[]) AND
    (reputation_events.occurred_at > :last::TIMESTAMP WITH TIME ZONE OR reputation_events.occurred_at = :last::TIMESTAMP
    WITH TIME ZONE AND reputation_events.id > :last::UUID) ORDER BY reputation_events.occurred_at, reputation_events.id
LIMIT :param::INTEGER;
