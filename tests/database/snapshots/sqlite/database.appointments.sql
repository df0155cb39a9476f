-- appointments_by_id
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id
WHERE appointments.id IN (SELECT value
FROM json_each(:ids));

-- attendance_of
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.scheduled_start,
    appointments.scheduled_end, CASE WHEN ((appointments.arrived_at IS NOT NULL OR appointments.actual_start IS NOT NULL
    OR appointments.status IN (:status, ...)) AND appointments.deleted_at IS NULL) THEN :param ELSE :param END AS came,
    CASE WHEN ((EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL)) AND NOT (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL AND NOT (pets.is_deceased IS NOT NULL AND pets.is_deceased = 1)))) THEN :param ELSE :param END AS
    have_pets_died
FROM appointments
WHERE appointments.owner_id IN (SELECT value
FROM json_each(:owner_ids)) AND appointments.scheduled_start > :starts_after AND appointments.scheduled_start <=
    :starts_until AND (appointments.status = :status OR (appointments.arrived_at IS NOT NULL OR
    appointments.actual_start IS NOT NULL OR appointments.status IN (:status, ...)) AND appointments.deleted_at IS NULL)
    AND appointments.deleted_at IS NULL;

-- missed_appointments
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id
WHERE appointments.owner_id IN (SELECT value
FROM json_each(:owner_ids)) AND appointments.scheduled_start > :starts_after AND appointments.scheduled_start <=
    :starts_until AND appointments.status = :status AND appointments.deleted_at IS NULL;

-- with_pets
SELECT appointment_pets.appointment_id, pets.id, pets.tenant_id, pets.name, pets.is_deceased, pets.deleted_at,
    owners.tenant_id AS owner_tenant_id
FROM appointment_pets JOIN pets ON pets.id = appointment_pets.pet_id LEFT OUTER JOIN owners ON owners.id = pets.owner_id
WHERE appointment_pets.appointment_id IN (SELECT value
FROM json_each(:appointment_ids)) ORDER BY pets.created_at, pets.name, pets.id;
