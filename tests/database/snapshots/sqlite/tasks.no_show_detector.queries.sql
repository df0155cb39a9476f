-- attendance
SELECT past.tenant_id, count(*) AS past, sum(past.is_recorded) AS recorded
FROM (SELECT appointments.tenant_id AS tenant_id, CASE WHEN (appointments.status = :status AND decisions.outcome =
    :outcome) THEN :param ELSE :param END AS is_ours, CASE WHEN ((appointments.arrived_at IS NOT NULL OR
    appointments.actual_start IS NOT NULL OR appointments.status IN (:status, ...)) AND appointments.deleted_at IS NULL
    OR appointments.status = :status AND (decisions.outcome IS NULL OR decisions.outcome != :outcome)) THEN :param ELSE
    :param END AS is_recorded
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind AND (decisions.occurs_at >= strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start) AND
    decisions.occurs_at < strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start, '+1 second') AND
    strftime('%Y-%m-%d %H:%M:%f', decisions.occurs_at) = strftime('%Y-%m-%d %H:%M:%f', appointments.scheduled_start))
WHERE appointments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND appointments.scheduled_start >= :begins AND appointments.scheduled_start < :ends AND
    appointments.status != :status AND appointments.deleted_at IS NULL AND owners.tenant_id = appointments.tenant_id AND
    (services.tenant_id IS NULL OR services.tenant_id = appointments.tenant_id) AND NOT ((EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.tenant_id !=
    appointments.tenant_id)) OR (EXISTS (SELECT *
FROM appointment_pets, pets, owners AS pet_owners
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pet_owners.id =
    pets.owner_id AND pet_owners.tenant_id != appointments.tenant_id))) AND appointments.scheduled_start <= :until AND
    (appointments.scheduled_end <= :now OR appointments.scheduled_end >= strftime('%Y-%m-%d %H:%M:%S',
    appointments.scheduled_start, 43200 || ' seconds') AND appointments.scheduled_start < :today)) AS past GROUP BY
    past.tenant_id;

-- candidates
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.scheduled_end, appointments.created_at, appointments.total_amount,
    appointments.deposit_paid, owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone,
    owners.sms_opted_in, owners.language, owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at,
    owners.no_show_count, owners.reputation_score, owners.last_reputation_update, owners.created_at AS created_at_1,
    services.tenant_id AS service_tenant_id, services.price, decisions.outcome, decisions.reason, CASE WHEN ((EXISTS
    (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.tenant_id !=
    appointments.tenant_id)) OR (EXISTS (SELECT *
FROM appointment_pets, pets, owners AS pet_owners
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pet_owners.id =
    pets.owner_id AND pet_owners.tenant_id != appointments.tenant_id))) THEN :param ELSE :param END AS has_foreign_pet,
    CASE WHEN (EXISTS (SELECT *
FROM appointments AS other
WHERE other.owner_id = appointments.owner_id AND other.tenant_id = appointments.tenant_id AND other.scheduled_start >=
    :begins AND other.scheduled_start < :ends AND (other.arrived_at IS NOT NULL OR other.actual_start IS NOT NULL OR
    other.status IN (:status, ...)) AND other.deleted_at IS NULL)) THEN :param ELSE :param END AS came_that_day, CASE
    WHEN ((EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL)) AND NOT (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL AND NOT (pets.is_deceased IS NOT NULL AND pets.is_deceased = 1)))) THEN :param ELSE :param END AS
    have_pets_died
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind AND (decisions.occurs_at >= strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start) AND
    decisions.occurs_at < strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start, '+1 second') AND
    strftime('%Y-%m-%d %H:%M:%f', decisions.occurs_at) = strftime('%Y-%m-%d %H:%M:%f', appointments.scheduled_start))
WHERE appointments.scheduled_start >= :begins AND appointments.scheduled_start < :ends AND appointments.status IN
    (:status, ...) AND appointments.arrived_at IS NULL AND appointments.actual_start IS NULL AND appointments.deleted_at
    IS NULL AND appointments.scheduled_start <= :until AND (appointments.scheduled_end <= :now OR
    appointments.scheduled_end >= :ends) AND appointments.created_at < appointments.scheduled_start AND
    (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...)) AND appointments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) ORDER BY appointments.tenant_id, appointments.owner_id
LIMIT :param OFFSET :param;

-- day_counts
SELECT booked.tenant_id, count(*) AS booked, sum(booked.is_ours) AS marked
FROM (SELECT appointments.tenant_id AS tenant_id, CASE WHEN (appointments.status = :status AND decisions.outcome =
    :outcome) THEN :param ELSE :param END AS is_ours, CASE WHEN ((appointments.arrived_at IS NOT NULL OR
    appointments.actual_start IS NOT NULL OR appointments.status IN (:status, ...)) AND appointments.deleted_at IS NULL
    OR appointments.status = :status AND (decisions.outcome IS NULL OR decisions.outcome != :outcome)) THEN :param ELSE
    :param END AS is_recorded
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind AND (decisions.occurs_at >= strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start) AND
    decisions.occurs_at < strftime('%Y-%m-%d %H:%M:%S', appointments.scheduled_start, '+1 second') AND
    strftime('%Y-%m-%d %H:%M:%f', decisions.occurs_at) = strftime('%Y-%m-%d %H:%M:%f', appointments.scheduled_start))
WHERE appointments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND appointments.scheduled_start >= :begins AND appointments.scheduled_start < :ends AND
    appointments.status != :status AND appointments.deleted_at IS NULL AND owners.tenant_id = appointments.tenant_id AND
    (services.tenant_id IS NULL OR services.tenant_id = appointments.tenant_id) AND NOT ((EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.tenant_id !=
    appointments.tenant_id)) OR (EXISTS (SELECT *
FROM appointment_pets, pets, owners AS pet_owners
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pet_owners.id =
    pets.owner_id AND pet_owners.tenant_id != appointments.tenant_id)))) AS booked GROUP BY booked.tenant_id;
