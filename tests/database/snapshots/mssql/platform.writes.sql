-- change_counts
SELECT owners.id, owners.no_show_count
FROM owners
WHERE owners.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:ids));
UPDATE owners SET no_show_count=:value, updated_at=:now WHERE owners.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS
    value
FROM openjson(:ids));

-- mark_missed
SELECT appointments.id
FROM appointments
WHERE appointments.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:ids)) AND appointments.status = :status;
SELECT appointments.id
FROM appointments WITH (UPDLOCK, ROWLOCK)
WHERE appointments.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:ids)) AND appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL AND
    appointments.actual_start IS NULL AND appointments.deleted_at IS NULL ORDER BY appointments.id;
UPDATE appointments SET status=:status, updated_at=:now WHERE appointments.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER)
    AS value
FROM openjson(:ids)) AND CASE WHEN (appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL AND
    appointments.actual_start IS NULL AND appointments.deleted_at IS NULL AND (appointments.scheduled_end <= :now OR
    appointments.scheduled_end >= :ends AND appointments.scheduled_end >= dateadd(second, 43200,
    appointments.scheduled_start)) AND (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = appointments.id AND decisions.kind = :kind AND decisions.occurs_at =
    appointments.scheduled_start)) AND NOT (EXISTS (SELECT *
FROM appointments AS other
WHERE other.owner_id = appointments.owner_id AND other.tenant_id = appointments.tenant_id AND other.scheduled_start >=
    :begins AND other.scheduled_start < :ends AND (other.arrived_at IS NOT NULL OR other.actual_start IS NOT NULL OR
    other.status IN (:status, ...)) AND other.deleted_at IS NULL)) AND NOT ((EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL)) AND NOT (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL AND NOT (pets.is_deceased IS NOT NULL AND pets.is_deceased = 1))))) THEN :param ELSE :param END = :param;
UPDATE appointments SET status=:status, updated_at=:now WHERE appointments.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER)
    AS value
FROM openjson(:ids)) AND CASE WHEN (appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL AND
    appointments.actual_start IS NULL AND appointments.deleted_at IS NULL AND appointments.scheduled_end <= :now AND
    (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = appointments.id AND decisions.kind = :kind AND decisions.occurs_at =
    appointments.scheduled_start)) AND NOT (EXISTS (SELECT *
FROM appointments AS other
WHERE other.owner_id = appointments.owner_id AND other.tenant_id = appointments.tenant_id AND other.scheduled_start >=
    :begins AND other.scheduled_start < :ends AND (other.arrived_at IS NOT NULL OR other.actual_start IS NOT NULL OR
    other.status IN (:status, ...)) AND other.deleted_at IS NULL)) AND NOT ((EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL)) AND NOT (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL AND NOT (pets.is_deceased IS NOT NULL AND pets.is_deceased = 1))))) THEN :param ELSE :param END = :param;

-- note_collected
SELECT appointments.id, appointments.no_show_fee_charged
FROM appointments
WHERE appointments.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:ids));
UPDATE appointments SET no_show_fee_charged=:value, updated_at=:now WHERE appointments.id IN (SELECT CAST(value AS
    UNIQUEIDENTIFIER) AS value
FROM openjson(:ids)) AND CASE WHEN (appointments.tenant_id = :its_tenant_id) THEN :param ELSE :param END = :param;

-- opt_out
SELECT owners.id, owners.sms_opted_in
FROM owners
WHERE owners.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:ids));
UPDATE owners SET sms_opted_in=:value, updated_at=:now WHERE owners.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS
    value
FROM openjson(:ids)) AND owners.sms_opted_in = 1;

-- rescore
SELECT owners.id, owners.reputation_score
FROM owners
WHERE owners.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:ids));
UPDATE owners SET reputation_score=:value, last_reputation_update=:now, updated_at=:now WHERE owners.id IN (SELECT
    CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:ids));

-- set_pet_statuses
UPDATE pets SET vaccination_status=(SELECT CASE WHEN (min(vaccination_records.expiry_date) IS NULL OR
    min(vaccination_records.expiry_date) > :min) THEN :param WHEN (min(vaccination_records.expiry_date) < :today) THEN
    :param WHEN (min(vaccination_records.expiry_date) <= :until) THEN :param ELSE :param END AS anon_1
FROM vaccination_records
WHERE vaccination_records.pet_id = pets.id AND vaccination_records.tenant_id = pets.tenant_id AND
    vaccination_records.expiry_date <= :expiry_date AND vaccination_records.deleted_at IS NULL AND NOT (EXISTS (SELECT
    newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type OR lower(replace(coalesce(newer.name, :coalesce), :replace, :replace)) =
    lower(replace(coalesce(vaccination_records.name, :coalesce), :replace, :replace))) OR newer.type = :type AND
    vaccination_records.type IN (:type, ...)) AND (coalesce(newer.administered_date, :coalesce) >
    coalesce(vaccination_records.administered_date, :coalesce) OR coalesce(newer.administered_date, :coalesce) =
    coalesce(vaccination_records.administered_date, :coalesce) AND (newer.expiry_date > vaccination_records.expiry_date
    OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at > vaccination_records.created_at OR
    newer.created_at = vaccination_records.created_at AND newer.id > vaccination_records.id)))))),
    vaccination_expires_at=(SELECT min(vaccination_records.expiry_date) AS min_2
FROM vaccination_records
WHERE vaccination_records.pet_id = pets.id AND vaccination_records.tenant_id = pets.tenant_id AND
    vaccination_records.expiry_date <= :expiry_date AND vaccination_records.deleted_at IS NULL AND NOT (EXISTS (SELECT
    newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type OR lower(replace(coalesce(newer.name, :coalesce), :replace, :replace)) =
    lower(replace(coalesce(vaccination_records.name, :coalesce), :replace, :replace))) OR newer.type = :type AND
    vaccination_records.type IN (:type, ...)) AND (coalesce(newer.administered_date, :coalesce) >
    coalesce(vaccination_records.administered_date, :coalesce) OR coalesce(newer.administered_date, :coalesce) =
    coalesce(vaccination_records.administered_date, :coalesce) AND (newer.expiry_date > vaccination_records.expiry_date
    OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at > vaccination_records.created_at OR
    newer.created_at = vaccination_records.created_at AND newer.id > vaccination_records.id)))))), updated_at=:now WHERE
    pets.id IN (SELECT stored.id
FROM pets AS stored, (SELECT patient.id AS id, min(vaccination_records.expiry_date) AS expires_on
FROM pets AS patient LEFT OUTER JOIN vaccination_records ON vaccination_records.pet_id = patient.id AND
    vaccination_records.tenant_id = patient.tenant_id AND vaccination_records.expiry_date <= :expiry_date AND
    vaccination_records.deleted_at IS NULL AND NOT (EXISTS (SELECT newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type OR lower(replace(coalesce(newer.name, :coalesce), :replace, :replace)) =
    lower(replace(coalesce(vaccination_records.name, :coalesce), :replace, :replace))) OR newer.type = :type AND
    vaccination_records.type IN (:type, ...)) AND (coalesce(newer.administered_date, :coalesce) >
    coalesce(vaccination_records.administered_date, :coalesce) OR coalesce(newer.administered_date, :coalesce) =
    coalesce(vaccination_records.administered_date, :coalesce) AND (newer.expiry_date > vaccination_records.expiry_date
    OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at > vaccination_records.created_at OR
    newer.created_at = vaccination_records.created_at AND newer.id > vaccination_records.id)))))
WHERE patient.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND patient.deleted_at IS NULL GROUP BY patient.id) AS truth
WHERE stored.id = truth.id AND (NOT EXISTS (SELECT stored.vaccination_status INTERSECT SELECT CASE WHEN
    (truth.expires_on IS NULL OR truth.expires_on > :expires_on) THEN :param WHEN (truth.expires_on < :today) THEN
    :param WHEN (truth.expires_on <= :until) THEN :param ELSE :param END) OR NOT EXISTS (SELECT
    stored.vaccination_expires_at INTERSECT SELECT truth.expires_on)));

-- set_record_statuses
UPDATE vaccination_records SET status=CASE WHEN (vaccination_records.expiry_date IS NULL OR
    vaccination_records.expiry_date > :expiry_date) THEN :param WHEN (vaccination_records.expiry_date < :today) THEN
    :param WHEN (vaccination_records.expiry_date <= :until) THEN :param ELSE :param END, updated_at=:now WHERE
    vaccination_records.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND vaccination_records.deleted_at IS NULL AND NOT EXISTS (SELECT vaccination_records.status
    INTERSECT SELECT CASE WHEN (vaccination_records.expiry_date IS NULL OR vaccination_records.expiry_date >
    :expiry_date) THEN :param WHEN (vaccination_records.expiry_date < :today) THEN :param WHEN
    (vaccination_records.expiry_date <= :until) THEN :param ELSE :param END);
