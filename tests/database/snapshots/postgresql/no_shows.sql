-- candidates
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.scheduled_end, appointments.created_at, appointments.total_amount,
    appointments.deposit_paid, owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone,
    owners.sms_opted_in, owners.language, owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at,
    owners.no_show_count, owners.reputation_score, owners.last_reputation_update, owners.created_at AS created_at_1,
    services.tenant_id AS service_tenant_id, services.price, decisions.outcome, decisions.reason, foreign_pets.id AS
    foreign_pet
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind::VARCHAR AND decisions.occurs_at = appointments.scheduled_start LEFT OUTER JOIN (SELECT DISTINCT
    appointments.id AS id
FROM appointments JOIN appointment_pets ON appointment_pets.appointment_id = appointments.id JOIN pets ON pets.id =
    appointment_pets.pet_id LEFT OUTER JOIN owners AS pet_owners ON pet_owners.id = pets.owner_id
WHERE appointments.scheduled_start >= :begins::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <
    :ends::TIMESTAMP WITH TIME ZONE AND (pets.tenant_id != appointments.tenant_id OR pet_owners.tenant_id !=
    appointments.tenant_id)) AS foreign_pets ON foreign_pets.id = appointments.id
WHERE appointments.scheduled_start >= :begins::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <
    :ends::TIMESTAMP WITH TIME ZONE AND appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL AND
    appointments.actual_start IS NULL AND appointments.deleted_at IS NULL AND appointments.scheduled_start >
    :since::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <= :until::TIMESTAMP WITH TIME ZONE AND
    appointments.scheduled_end <= :over_by::TIMESTAMP WITH TIME ZONE AND appointments.created_at <
    appointments.scheduled_start AND (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...)) AND
    appointments.tenant_id = ANY (:tenant_ids::UUID[]) AND (appointments.tenant_id > :last::UUID OR
    appointments.tenant_id = :last::UUID AND appointments.owner_id > :last::UUID) ORDER BY appointments.tenant_id,
    appointments.owner_id
LIMIT :param::INTEGER;
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.scheduled_end, appointments.created_at, appointments.total_amount,
    appointments.deposit_paid, owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone,
    owners.sms_opted_in, owners.language, owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at,
    owners.no_show_count, owners.reputation_score, owners.last_reputation_update, owners.created_at AS created_at_1,
    services.tenant_id AS service_tenant_id, services.price, decisions.outcome, decisions.reason, foreign_pets.id AS
    foreign_pet
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind::VARCHAR AND decisions.occurs_at = appointments.scheduled_start LEFT OUTER JOIN (SELECT DISTINCT
    appointments.id AS id
FROM appointments JOIN appointment_pets ON appointment_pets.appointment_id = appointments.id JOIN pets ON pets.id =
    appointment_pets.pet_id LEFT OUTER JOIN owners AS pet_owners ON pet_owners.id = pets.owner_id
WHERE appointments.scheduled_start >= :begins::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <
    :ends::TIMESTAMP WITH TIME ZONE AND (pets.tenant_id != appointments.tenant_id OR pet_owners.tenant_id !=
    appointments.tenant_id)) AS foreign_pets ON foreign_pets.id = appointments.id
WHERE appointments.scheduled_start >= :begins::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <
    :ends::TIMESTAMP WITH TIME ZONE AND appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL AND
    appointments.actual_start IS NULL AND appointments.deleted_at IS NULL AND appointments.scheduled_start >
    :since::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <= :until::TIMESTAMP WITH TIME ZONE AND
    appointments.scheduled_end <= :over_by::TIMESTAMP WITH TIME ZONE AND appointments.created_at <
    appointments.scheduled_start AND (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...)) AND
    appointments.tenant_id = ANY (:tenant_ids::UUID[]) ORDER BY appointments.tenant_id, appointments.owner_id
LIMIT :param::INTEGER;

-- day_counts
SELECT appointments.tenant_id, sum(CASE WHEN (owners.tenant_id = appointments.tenant_id AND (services.tenant_id IS NULL
    OR services.tenant_id = appointments.tenant_id) AND foreign_pets.id IS NULL) THEN :param::INTEGER ELSE
    :param::INTEGER END) AS sum_1, sum(CASE WHEN (owners.tenant_id = appointments.tenant_id AND (services.tenant_id IS
    NULL OR services.tenant_id = appointments.tenant_id) AND foreign_pets.id IS NULL AND appointments.status IN
    (:status, ...) AND appointments.arrived_at IS NULL AND appointments.actual_start IS NULL AND appointments.deleted_at
    IS NULL AND appointments.scheduled_start > :since::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <=
    :until::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_end <= :over_by::TIMESTAMP WITH TIME ZONE AND
    appointments.created_at < appointments.scheduled_start AND (decisions.outcome IS NULL OR decisions.outcome IN
    (:outcome, ...))) THEN :param::INTEGER ELSE :param::INTEGER END) AS sum_2, sum(CASE WHEN (owners.tenant_id =
    appointments.tenant_id AND (services.tenant_id IS NULL OR services.tenant_id = appointments.tenant_id) AND
    foreign_pets.id IS NULL AND appointments.status = :status::VARCHAR AND decisions.outcome = :outcome::VARCHAR) THEN
    :param::INTEGER ELSE :param::INTEGER END) AS sum_3
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind::VARCHAR AND decisions.occurs_at = appointments.scheduled_start LEFT OUTER JOIN (SELECT DISTINCT
    appointments.id AS id
FROM appointments JOIN appointment_pets ON appointment_pets.appointment_id = appointments.id JOIN pets ON pets.id =
    appointment_pets.pet_id LEFT OUTER JOIN owners AS pet_owners ON pet_owners.id = pets.owner_id
WHERE appointments.scheduled_start >= :begins::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <
    :ends::TIMESTAMP WITH TIME ZONE AND (pets.tenant_id != appointments.tenant_id OR pet_owners.tenant_id !=
    appointments.tenant_id)) AS foreign_pets ON foreign_pets.id = appointments.id
WHERE appointments.tenant_id = ANY (:tenant_ids::UUID[]) AND appointments.scheduled_start >= :begins::TIMESTAMP WITH
    TIME ZONE AND appointments.scheduled_start < :ends::TIMESTAMP WITH TIME ZONE AND appointments.status !=
    :status::VARCHAR AND appointments.deleted_at IS NULL GROUP BY appointments.tenant_id
HAVING sum(CASE WHEN (appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL AND
    appointments.actual_start IS NULL AND appointments.deleted_at IS NULL AND appointments.scheduled_start >
    :since::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <= :until::TIMESTAMP WITH TIME ZONE AND
    appointments.scheduled_end <= :over_by::TIMESTAMP WITH TIME ZONE AND appointments.created_at <
    appointments.scheduled_start AND (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...))) THEN
    :param::INTEGER ELSE :param::INTEGER END) > :sum::INTEGER;

-- mark
UPDATE appointments SET status=:status::VARCHAR, updated_at=:now::TIMESTAMP WITH TIME ZONE WHERE appointments.id = ANY
    (:ids::UUID[]) AND appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL AND
    appointments.actual_start IS NULL AND appointments.deleted_at IS NULL AND appointments.scheduled_end <=
    :over_by::TIMESTAMP WITH TIME ZONE AND (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = appointments.id AND decisions.kind = :kind::VARCHAR AND decisions.occurs_at =
    appointments.scheduled_start)) RETURNING appointments.id;

-- raise_counts
UPDATE owners SET no_show_count=(coalesce(owners.no_show_count, :coalesce::INTEGER) + :coalesce::INTEGER),
    updated_at=:now::TIMESTAMP WITH TIME ZONE WHERE owners.id = ANY (:owner_ids::UUID[]) RETURNING owners.id,
    owners.no_show_count;
