-- change_counts
SELECT owners.id, owners.no_show_count
FROM owners
WHERE owners.id = ANY (:ids::UUID[]);
UPDATE owners SET no_show_count=:value::INTEGER, updated_at=:now::TIMESTAMP WITH TIME ZONE WHERE owners.id = ANY
    (:ids::UUID[]);

-- mark_missed
SELECT appointments.id
FROM appointments
WHERE appointments.id = ANY (:ids::UUID[]) AND appointments.status = :status::VARCHAR;
SELECT appointments.id
FROM appointments
WHERE appointments.id = ANY (:ids::UUID[]) AND appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL
    AND appointments.actual_start IS NULL AND appointments.deleted_at IS NULL ORDER BY appointments.id FOR NO KEY UPDATE
    OF appointments;
UPDATE appointments SET status=:status::VARCHAR, updated_at=:now::TIMESTAMP WITH TIME ZONE WHERE appointments.id = ANY
    (:ids::UUID[]) AND CASE WHEN (appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL AND
    appointments.actual_start IS NULL AND appointments.deleted_at IS NULL AND (appointments.scheduled_end <=
    :now::TIMESTAMP WITH TIME ZONE OR appointments.scheduled_end >= :ends::TIMESTAMP WITH TIME ZONE AND
    appointments.scheduled_end >= (appointments.scheduled_start + make_interval(secs => 43200))) AND (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = appointments.id AND decisions.kind = :kind::VARCHAR AND decisions.occurs_at =
    appointments.scheduled_start)) AND NOT (EXISTS (SELECT *
FROM appointments AS other
WHERE other.owner_id = appointments.owner_id AND other.tenant_id = appointments.tenant_id AND other.scheduled_start >=
    :begins::TIMESTAMP WITH TIME ZONE AND other.scheduled_start < :ends::TIMESTAMP WITH TIME ZONE AND (other.arrived_at
    IS NOT NULL OR other.actual_start IS NOT NULL OR other.status IN (:status, ...)) AND other.deleted_at IS NULL)) AND
    NOT ((EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL)) AND NOT (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL AND NOT (pets.is_deceased IS NOT NULL AND pets.is_deceased))))) THEN :param::INTEGER ELSE :param::INTEGER END =
    :param::INTEGER;
UPDATE appointments SET status=:status::VARCHAR, updated_at=:now::TIMESTAMP WITH TIME ZONE WHERE appointments.id = ANY
    (:ids::UUID[]) AND CASE WHEN (appointments.status IN (:status, ...) AND appointments.arrived_at IS NULL AND
    appointments.actual_start IS NULL AND appointments.deleted_at IS NULL AND appointments.scheduled_end <=
    :now::TIMESTAMP WITH TIME ZONE AND (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = appointments.id AND decisions.kind = :kind::VARCHAR AND decisions.occurs_at =
    appointments.scheduled_start)) AND NOT (EXISTS (SELECT *
FROM appointments AS other
WHERE other.owner_id = appointments.owner_id AND other.tenant_id = appointments.tenant_id AND other.scheduled_start >=
    :begins::TIMESTAMP WITH TIME ZONE AND other.scheduled_start < :ends::TIMESTAMP WITH TIME ZONE AND (other.arrived_at
    IS NOT NULL OR other.actual_start IS NOT NULL OR other.status IN (:status, ...)) AND other.deleted_at IS NULL)) AND
    NOT ((EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL)) AND NOT (EXISTS (SELECT *
FROM appointment_pets, pets
WHERE appointment_pets.appointment_id = appointments.id AND pets.id = appointment_pets.pet_id AND pets.deleted_at IS
    NULL AND NOT (pets.is_deceased IS NOT NULL AND pets.is_deceased))))) THEN :param::INTEGER ELSE :param::INTEGER END =
    :param::INTEGER;

-- note_collected
SELECT appointments.id, appointments.no_show_fee_charged
FROM appointments
WHERE appointments.id = ANY (:ids::UUID[]);
UPDATE appointments SET no_show_fee_charged=:value::INTEGER, updated_at=:now::TIMESTAMP WITH TIME ZONE WHERE
    appointments.id = ANY (:ids::UUID[]) AND CASE WHEN (appointments.tenant_id = :its_tenant_id::UUID) THEN
    :param::INTEGER ELSE :param::INTEGER END = :param::INTEGER;

-- opt_out
SELECT owners.id, owners.sms_opted_in
FROM owners
WHERE owners.id = ANY (:ids::UUID[]);
UPDATE owners SET sms_opted_in=:value, updated_at=:now::TIMESTAMP WITH TIME ZONE WHERE owners.id = ANY (:ids::UUID[])
    AND owners.sms_opted_in;

-- rescore
SELECT owners.id, owners.reputation_score
FROM owners
WHERE owners.id = ANY (:ids::UUID[]);
UPDATE owners SET reputation_score=:value::SMALLINT, last_reputation_update=:now::TIMESTAMP WITH TIME ZONE,
    updated_at=:now::TIMESTAMP WITH TIME ZONE WHERE owners.id = ANY (:ids::UUID[]);

-- set_pet_statuses
UPDATE pets SET vaccination_status=(SELECT CASE WHEN (min(vaccination_records.expiry_date) IS NULL OR
    min(vaccination_records.expiry_date) > :min::DATE) THEN :param::VARCHAR WHEN (min(vaccination_records.expiry_date) <
    :today::DATE) THEN :param::VARCHAR WHEN (min(vaccination_records.expiry_date) <= :until::DATE) THEN :param::VARCHAR
    ELSE :param::VARCHAR END AS anon_1
FROM vaccination_records
WHERE vaccination_records.pet_id = pets.id AND vaccination_records.tenant_id = pets.tenant_id AND
    vaccination_records.expiry_date <= :expiry_date::DATE AND vaccination_records.deleted_at IS NULL AND NOT (EXISTS
    (SELECT newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date::DATE AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type::VARCHAR OR lower(replace(coalesce(newer.name, :coalesce::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR)) = lower(replace(coalesce(vaccination_records.name, :coalesce::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR))) OR newer.type = :type::VARCHAR AND vaccination_records.type IN (:type, ...))
    AND (coalesce(newer.administered_date, :coalesce::DATE) > coalesce(vaccination_records.administered_date,
    :coalesce::DATE) OR coalesce(newer.administered_date, :coalesce::DATE) =
    coalesce(vaccination_records.administered_date, :coalesce::DATE) AND (newer.expiry_date >
    vaccination_records.expiry_date OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at >
    vaccination_records.created_at OR newer.created_at = vaccination_records.created_at AND newer.id >
    vaccination_records.id)))))), vaccination_expires_at=(SELECT min(vaccination_records.expiry_date) AS min_2
FROM vaccination_records
WHERE vaccination_records.pet_id = pets.id AND vaccination_records.tenant_id = pets.tenant_id AND
    vaccination_records.expiry_date <= :expiry_date::DATE AND vaccination_records.deleted_at IS NULL AND NOT (EXISTS
    (SELECT newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date::DATE AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type::VARCHAR OR lower(replace(coalesce(newer.name, :coalesce::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR)) = lower(replace(coalesce(vaccination_records.name, :coalesce::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR))) OR newer.type = :type::VARCHAR AND vaccination_records.type IN (:type, ...))
    AND (coalesce(newer.administered_date, :coalesce::DATE) > coalesce(vaccination_records.administered_date,
    :coalesce::DATE) OR coalesce(newer.administered_date, :coalesce::DATE) =
    coalesce(vaccination_records.administered_date, :coalesce::DATE) AND (newer.expiry_date >
    vaccination_records.expiry_date OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at >
    vaccination_records.created_at OR newer.created_at = vaccination_records.created_at AND newer.id >
    vaccination_records.id)))))), updated_at=:now::TIMESTAMP WITH TIME ZONE WHERE pets.id IN (SELECT stored.id
FROM pets AS stored, (SELECT patient.id AS id, min(vaccination_records.expiry_date) AS expires_on
FROM pets AS patient LEFT OUTER JOIN vaccination_records ON vaccination_records.pet_id = patient.id AND
    vaccination_records.tenant_id = patient.tenant_id AND vaccination_records.expiry_date <= :expiry_date::DATE AND
    vaccination_records.deleted_at IS NULL AND NOT (EXISTS (SELECT newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date::DATE AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type::VARCHAR OR lower(replace(coalesce(newer.name, :coalesce::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR)) = lower(replace(coalesce(vaccination_records.name, :coalesce::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR))) OR newer.type = :type::VARCHAR AND vaccination_records.type IN (:type, ...))
    AND (coalesce(newer.administered_date, :coalesce::DATE) > coalesce(vaccination_records.administered_date,
    :coalesce::DATE) OR coalesce(newer.administered_date, :coalesce::DATE) =
    coalesce(vaccination_records.administered_date, :coalesce::DATE) AND (newer.expiry_date >
    vaccination_records.expiry_date OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at >
    vaccination_records.created_at OR newer.created_at = vaccination_records.created_at AND newer.id >
    vaccination_records.id)))))
WHERE patient.tenant_id = ANY (:tenant_ids::UUID[]) AND patient.deleted_at IS NULL GROUP BY patient.id) AS truth
WHERE stored.id = truth.id AND (stored.vaccination_status IS DISTINCT FROM CASE WHEN (truth.expires_on IS NULL OR
    truth.expires_on > :expires_on::DATE) THEN :param::VARCHAR WHEN (truth.expires_on < :today::DATE) THEN
    :param::VARCHAR WHEN (truth.expires_on <= :until::DATE) THEN :param::VARCHAR ELSE :param::VARCHAR END OR
    stored.vaccination_expires_at IS DISTINCT FROM truth.expires_on));

-- set_record_statuses
UPDATE vaccination_records SET status=CASE WHEN (vaccination_records.expiry_date IS NULL OR
    vaccination_records.expiry_date > :expiry_date::DATE) THEN :param::VARCHAR WHEN (vaccination_records.expiry_date <
    :today::DATE) THEN :param::VARCHAR WHEN (vaccination_records.expiry_date <= :until::DATE) THEN :param::VARCHAR ELSE
    :param::VARCHAR END, updated_at=:now::TIMESTAMP WITH TIME ZONE WHERE vaccination_records.tenant_id = ANY
    (:tenant_ids::UUID[]) AND vaccination_records.deleted_at IS NULL AND vaccination_records.status IS DISTINCT FROM
    CASE WHEN (vaccination_records.expiry_date IS NULL OR vaccination_records.expiry_date > :expiry_date::DATE) THEN
    :param::VARCHAR WHEN (vaccination_records.expiry_date < :today::DATE) THEN :param::VARCHAR WHEN
    (vaccination_records.expiry_date <= :until::DATE) THEN :param::VARCHAR ELSE :param::VARCHAR END;
