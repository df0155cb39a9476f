-- appointments_to_settle
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.scheduled_start,
    appointments.status, appointments.arrived_at, appointments.cancelled_at, owners.reputation_score,
    owners.last_reputation_update, owners.created_at, CASE WHEN (owners.tenant_id != appointments.tenant_id) THEN :param
    ELSE :param END AS is_owner_foreign, CASE WHEN (services.tenant_id != appointments.tenant_id) THEN :param ELSE
    :param END AS is_service_foreign, CASE WHEN (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.tenant_id !=
    appointments.tenant_id)) THEN :param ELSE :param END AS is_pet_foreign, CASE WHEN (EXISTS (SELECT *
FROM appointment_pets, pets, owners AS pet_owners
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pet_owners.id =
    pets.owner_id AND pet_owners.tenant_id != appointments.tenant_id)) THEN :param ELSE :param END AS
    is_pet_owner_foreign
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id
WHERE appointments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND appointments.scheduled_start > :after AND appointments.scheduled_start <= :until AND
    appointments.deleted_at IS NULL AND owners.deleted_at IS NULL AND (appointments.status = :status OR
    appointments.status = :status AND appointments.cancelled_by = :cancelled_by OR appointments.status = :status AND NOT
    (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = appointments.id AND decisions.kind = :kind AND decisions.outcome = :outcome))) AND NOT
    (EXISTS (SELECT *
FROM reputation_events
WHERE reputation_events.owner_id = appointments.owner_id AND reputation_events.subject_id = appointments.id)) AND
    (appointments.tenant_id > :last OR appointments.tenant_id = :last AND appointments.scheduled_start > :last OR
    appointments.tenant_id = :last AND appointments.scheduled_start = :last AND appointments.id > :last) ORDER BY
    appointments.tenant_id, appointments.scheduled_start, appointments.id
LIMIT :param OFFSET :param;
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.scheduled_start,
    appointments.status, appointments.arrived_at, appointments.cancelled_at, owners.reputation_score,
    owners.last_reputation_update, owners.created_at, CASE WHEN (owners.tenant_id != appointments.tenant_id) THEN :param
    ELSE :param END AS is_owner_foreign, CASE WHEN (services.tenant_id != appointments.tenant_id) THEN :param ELSE
    :param END AS is_service_foreign, CASE WHEN (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.tenant_id !=
    appointments.tenant_id)) THEN :param ELSE :param END AS is_pet_foreign, CASE WHEN (EXISTS (SELECT *
FROM appointment_pets, pets, owners AS pet_owners
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pet_owners.id =
    pets.owner_id AND pet_owners.tenant_id != appointments.tenant_id)) THEN :param ELSE :param END AS
    is_pet_owner_foreign
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id
WHERE appointments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND appointments.scheduled_start > :after AND appointments.scheduled_start <= :until AND
    appointments.deleted_at IS NULL AND owners.deleted_at IS NULL AND (appointments.status = :status OR
    appointments.status = :status AND appointments.cancelled_by = :cancelled_by OR appointments.status = :status AND NOT
    (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = appointments.id AND decisions.kind = :kind AND decisions.outcome = :outcome))) AND NOT
    (EXISTS (SELECT *
FROM reputation_events
WHERE reputation_events.owner_id = appointments.owner_id AND reputation_events.subject_id = appointments.id)) ORDER BY
    appointments.tenant_id, appointments.scheduled_start, appointments.id
LIMIT :param OFFSET :param;

-- standings_of
SELECT owners.id, owners.tenant_id, owners.reputation_score, owners.last_reputation_update, owners.created_at
FROM owners
WHERE owners.reputation_score < :reputation_score AND owners.deleted_at IS NULL AND owners.id IN (SELECT value
FROM json_each(:owner_ids));
SELECT reputation_events.owner_id, max(CASE WHEN (reputation_events.kind IN (:kind, ...)) THEN
    reputation_events.occurred_at END) AS max_1, max(CASE WHEN (reputation_events.kind IN (:kind, ...)) THEN
    reputation_events.occurred_at END) AS max_2, max(CASE WHEN (reputation_events.kind IN (:kind, ...)) THEN
    reputation_events.occurred_at END) AS max_3
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id
WHERE reputation_events.reversed_at IS NULL AND reputation_events.owner_id IN (SELECT value
FROM json_each(:owner_ids)) GROUP BY reputation_events.owner_id;

-- standings_to_mend
SELECT owners.id, owners.tenant_id, owners.reputation_score, owners.last_reputation_update, owners.created_at
FROM owners
WHERE owners.reputation_score < :reputation_score AND owners.deleted_at IS NULL AND owners.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND owners.id > :last ORDER BY owners.id
LIMIT :param OFFSET :param;
SELECT owners.id, owners.tenant_id, owners.reputation_score, owners.last_reputation_update, owners.created_at
FROM owners
WHERE owners.reputation_score < :reputation_score AND owners.deleted_at IS NULL AND owners.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) ORDER BY owners.id
LIMIT :param OFFSET :param;
SELECT reputation_events.owner_id, max(CASE WHEN (reputation_events.kind IN (:kind, ...)) THEN
    reputation_events.occurred_at END) AS max_1, max(CASE WHEN (reputation_events.kind IN (:kind, ...)) THEN
    reputation_events.occurred_at END) AS max_2, max(CASE WHEN (reputation_events.kind IN (:kind, ...)) THEN
    reputation_events.occurred_at END) AS max_3
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id
WHERE reputation_events.reversed_at IS NULL AND reputation_events.owner_id IN (SELECT value
FROM json_each(:owner_ids)) GROUP BY reputation_events.owner_id;
