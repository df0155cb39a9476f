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
    :kind AND (decisions.occurs_at >= strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start) AND
    decisions.occurs_at < strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start, '+1 second') AND
    strftime('%Y-%m-%d %H:%M:%f', decisions.occurs_at) = strftime('%Y-%m-%d %H:%M:%f', appointments.scheduled_start))
    LEFT OUTER JOIN (SELECT DISTINCT appointments.id AS id
FROM appointments JOIN appointment_pets ON appointment_pets.appointment_id = appointments.id JOIN pets ON pets.id =
    appointment_pets.pet_id LEFT OUTER JOIN owners AS pet_owners ON pet_owners.id = pets.owner_id
WHERE appointments.scheduled_start >= :begins AND appointments.scheduled_start < :ends AND (pets.tenant_id !=
    appointments.tenant_id OR pet_owners.tenant_id != appointments.tenant_id)) AS foreign_pets ON foreign_pets.id =
    appointments.id
WHERE appointments.scheduled_start >= :begins AND appointments.scheduled_start < :ends AND appointments.status IN
    (:status, ...) AND appointments.arrived_at IS NULL AND appointments.actual_start IS NULL AND appointments.deleted_at
    IS NULL AND appointments.scheduled_start > :since AND appointments.scheduled_start <= :until AND
    appointments.scheduled_end <= :over_by AND appointments.created_at < appointments.scheduled_start AND
    (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...)) AND appointments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND (appointments.tenant_id > :last OR appointments.tenant_id = :last AND
    appointments.owner_id > :last) ORDER BY appointments.tenant_id, appointments.owner_id
LIMIT :param OFFSET :param;
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.scheduled_end, appointments.created_at, appointments.total_amount,
    appointments.deposit_paid, owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone,
    owners.sms_opted_in, owners.language, owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at,
    owners.no_show_count, owners.reputation_score, owners.last_reputation_update, owners.created_at AS created_at_1,
    services.tenant_id AS service_tenant_id, services.price, decisions.outcome, decisions.reason, foreign_pets.id AS
    foreign_pet
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind AND (decisions.occurs_at >= strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start) AND
    decisions.occurs_at < strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start, '+1 second') AND
    strftime('%Y-%m-%d %H:%M:%f', decisions.occurs_at) = strftime('%Y-%m-%d %H:%M:%f', appointments.scheduled_start))
    LEFT OUTER JOIN (SELECT DISTINCT appointments.id AS id
FROM appointments JOIN appointment_pets ON appointment_pets.appointment_id = appointments.id JOIN pets ON pets.id =
    appointment_pets.pet_id LEFT OUTER JOIN owners AS pet_owners ON pet_owners.id = pets.owner_id
WHERE appointments.scheduled_start >= :begins AND appointments.scheduled_start < :ends AND (pets.tenant_id !=
    appointments.tenant_id OR pet_owners.tenant_id != appointments.tenant_id)) AS foreign_pets ON foreign_pets.id =
    appointments.id
WHERE appointments.scheduled_start >= :begins AND appointments.scheduled_start < :ends AND appointments.status IN
    (:status, ...) AND appointments.arrived_at IS NULL AND appointments.actual_start IS NULL AND appointments.deleted_at
    IS NULL AND appointments.scheduled_start > :since AND appointments.scheduled_start <= :until AND
    appointments.scheduled_end <= :over_by AND appointments.created_at < appointments.scheduled_start AND
    (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...)) AND appointments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) ORDER BY appointments.tenant_id, appointments.owner_id
LIMIT :param OFFSET :param;

-- day_counts
SELECT appointments.tenant_id, sum(CASE WHEN (owners.tenant_id = appointments.tenant_id AND (services.tenant_id IS NULL
    OR services.tenant_id = appointments.tenant_id) AND foreign_pets.id IS NULL) THEN :param ELSE :param END) AS sum_1,
    sum(CASE WHEN (owners.tenant_id = appointments.tenant_id AND (services.tenant_id IS NULL OR services.tenant_id =
    appointments.tenant_id) AND foreign_pets.id IS NULL AND appointments.status IN (:status, ...) AND
    appointments.arrived_at IS NULL AND appointments.actual_start IS NULL AND appointments.deleted_at IS NULL AND
    appointments.scheduled_start > :since AND appointments.scheduled_start <= :until AND appointments.scheduled_end <=
    :over_by AND appointments.created_at < appointments.scheduled_start AND (decisions.outcome IS NULL OR
    decisions.outcome IN (:outcome, ...))) THEN :param ELSE :param END) AS sum_2, sum(CASE WHEN (owners.tenant_id =
    appointments.tenant_id AND (services.tenant_id IS NULL OR services.tenant_id = appointments.tenant_id) AND
    foreign_pets.id IS NULL AND appointments.status = :status AND decisions.outcome = :outcome) THEN :param ELSE :param
    END) AS sum_3
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind AND (decisions.occurs_at >= strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start) AND
    decisions.occurs_at < strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start, '+1 second') AND
    strftime('%Y-%m-%d %H:%M:%f', decisions.occurs_at) = strftime('%Y-%m-%d %H:%M:%f', appointments.scheduled_start))
    LEFT OUTER JOIN (SELECT DISTINCT appointments.id AS id
FROM appointments JOIN appointment_pets ON appointment_pets.appointment_id = appointments.id JOIN pets ON pets.id =
    appointment_pets.pet_id LEFT OUTER JOIN owners AS pet_owners ON pet_owners.id = pets.owner_id
WHERE appointments.scheduled_start >= :begins AND appointments.scheduled_start < :ends AND (pets.tenant_id !=
    appointments.tenant_id OR pet_owners.tenant_id != appointments.tenant_id)) AS foreign_pets ON foreign_pets.id =
    appointments.id
WHERE appointments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND appointments.scheduled_start >= :begins AND appointments.scheduled_start < :ends AND
    appointments.status != :status AND appointments.deleted_at IS NULL GROUP BY appointments.tenant_id
HAVING sum(CASE WHEN (appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL AND
    appointments.actual_start IS NULL AND appointments.deleted_at IS NULL AND appointments.scheduled_start > :since AND
    appointments.scheduled_start <= :until AND appointments.scheduled_end <= :over_by AND appointments.created_at <
    appointments.scheduled_start AND (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...))) THEN :param
    ELSE :param END) > :sum;

-- mark
UPDATE appointments SET status=:status, updated_at=:now WHERE appointments.id IN (SELECT value
FROM json_each(:ids)) AND appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL AND
    appointments.actual_start IS NULL AND appointments.deleted_at IS NULL AND appointments.scheduled_end <= :over_by AND
    (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = appointments.id AND decisions.kind = :kind AND (decisions.occurs_at >= strftime('%Y-%m-%d
    %H:%M:%S', appointments.scheduled_start) AND decisions.occurs_at < strftime('%Y-%m-%d %H:%M:%S',
    appointments.scheduled_start, '+1 second') AND strftime('%Y-%m-%d %H:%M:%f', decisions.occurs_at) =
    strftime('%Y-%m-%d %H:%M:%f', appointments.scheduled_start)))) RETURNING id;

-- raise_counts
UPDATE owners SET no_show_count=(coalesce(owners.no_show_count, :coalesce) + :coalesce), updated_at=:now WHERE owners.id
    IN (SELECT value
FROM json_each(:owner_ids)) RETURNING id, no_show_count;
