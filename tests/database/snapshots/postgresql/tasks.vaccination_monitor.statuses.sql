-- outdated
SELECT pets.tenant_id, count(*) AS count_1
FROM pets, (SELECT patient.id AS id, min(vaccination_records.expiry_date) AS expires_on
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
WHERE pets.id = truth.id AND (pets.vaccination_status IS DISTINCT FROM CASE WHEN (truth.expires_on IS NULL OR
    truth.expires_on > :expires_on::DATE) THEN :param::VARCHAR WHEN (truth.expires_on < :today::DATE) THEN
    :param::VARCHAR WHEN (truth.expires_on <= :until::DATE) THEN :param::VARCHAR ELSE :param::VARCHAR END OR
    pets.vaccination_expires_at IS DISTINCT FROM truth.expires_on) GROUP BY pets.tenant_id;
SELECT vaccination_records.tenant_id, count(*) AS count_1
FROM vaccination_records
WHERE vaccination_records.tenant_id = ANY (:tenant_ids::UUID[]) AND vaccination_records.deleted_at IS NULL AND
    vaccination_records.status IS DISTINCT FROM CASE WHEN (vaccination_records.expiry_date IS NULL OR
    vaccination_records.expiry_date > :expiry_date::DATE) THEN :param::VARCHAR WHEN (vaccination_records.expiry_date <
    :today::DATE) THEN :param::VARCHAR WHEN (vaccination_records.expiry_date <= :until::DATE) THEN :param::VARCHAR ELSE
    :param::VARCHAR END GROUP BY vaccination_records.tenant_id;
