-- outdated
SELECT pets.tenant_id, count(*) AS count_1
FROM pets, (SELECT patient.id AS id, min(vaccination_records.expiry_date) AS expires_on
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
WHERE patient.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND patient.deleted_at IS NULL GROUP BY patient.id) AS truth
WHERE pets.id = truth.id AND (pets.vaccination_status IS NOT CASE WHEN (truth.expires_on IS NULL OR truth.expires_on >
    :expires_on) THEN :param WHEN (truth.expires_on < :today) THEN :param WHEN (truth.expires_on <= :until) THEN :param
    ELSE :param END OR pets.vaccination_expires_at IS NOT truth.expires_on) GROUP BY pets.tenant_id;
SELECT vaccination_records.tenant_id, count(*) AS count_1
FROM vaccination_records
WHERE vaccination_records.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND vaccination_records.deleted_at IS NULL AND vaccination_records.status IS NOT CASE WHEN
    (vaccination_records.expiry_date IS NULL OR vaccination_records.expiry_date > :expiry_date) THEN :param WHEN
    (vaccination_records.expiry_date < :today) THEN :param WHEN (vaccination_records.expiry_date <= :until) THEN :param
    ELSE :param END GROUP BY vaccination_records.tenant_id;
