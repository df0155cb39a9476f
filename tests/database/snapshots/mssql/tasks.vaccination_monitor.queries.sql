-- vaccinations_by_id
SELECT vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id, vaccination_records.type,
    vaccination_records.name, vaccination_records.expiry_date, vaccination_records.created_at,
    vaccination_records.deleted_at, pets.tenant_id AS pet_tenant_id, pets.name AS pet_name, pets.is_deceased,
    pets.is_active AS pet_is_active, pets.deleted_at AS pet_deleted_at, owners.id AS owner_id, owners.tenant_id AS
    owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language, owners.is_active AS
    owner_is_active, owners.deleted_at AS owner_deleted_at, CASE WHEN (EXISTS (SELECT newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type OR lower(replace(coalesce(newer.name, :coalesce), :replace, :replace)) =
    lower(replace(coalesce(vaccination_records.name, :coalesce), :replace, :replace))) OR newer.type = :type AND
    vaccination_records.type IN (:type, ...)) AND (coalesce(newer.administered_date, :coalesce) >
    coalesce(vaccination_records.administered_date, :coalesce) OR coalesce(newer.administered_date, :coalesce) =
    coalesce(vaccination_records.administered_date, :coalesce) AND (newer.expiry_date > vaccination_records.expiry_date
    OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at > vaccination_records.created_at OR
    newer.created_at = vaccination_records.created_at AND newer.id > vaccination_records.id))))) THEN :param ELSE :param
    END AS is_superseded
FROM vaccination_records JOIN pets ON pets.id = vaccination_records.pet_id JOIN owners ON owners.id = pets.owner_id
WHERE vaccination_records.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:ids));

-- vaccinations_of_owners_to_alert
SELECT vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id, vaccination_records.type,
    vaccination_records.name, vaccination_records.expiry_date, vaccination_records.created_at,
    vaccination_records.deleted_at, pets.tenant_id AS pet_tenant_id, pets.name AS pet_name, pets.is_deceased,
    pets.is_active AS pet_is_active, pets.deleted_at AS pet_deleted_at, owners.id AS owner_id, owners.tenant_id AS
    owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language, owners.is_active AS
    owner_is_active, owners.deleted_at AS owner_deleted_at, CASE WHEN (EXISTS (SELECT newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type OR lower(replace(coalesce(newer.name, :coalesce), :replace, :replace)) =
    lower(replace(coalesce(vaccination_records.name, :coalesce), :replace, :replace))) OR newer.type = :type AND
    vaccination_records.type IN (:type, ...)) AND (coalesce(newer.administered_date, :coalesce) >
    coalesce(vaccination_records.administered_date, :coalesce) OR coalesce(newer.administered_date, :coalesce) =
    coalesce(vaccination_records.administered_date, :coalesce) AND (newer.expiry_date > vaccination_records.expiry_date
    OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at > vaccination_records.created_at OR
    newer.created_at = vaccination_records.created_at AND newer.id > vaccination_records.id))))) THEN :param ELSE :param
    END AS is_superseded, decisions.outcome, decisions.reason
FROM vaccination_records JOIN pets ON pets.id = vaccination_records.pet_id JOIN owners ON owners.id = pets.owner_id LEFT
    OUTER JOIN decisions ON decisions.subject_id = vaccination_records.id AND decisions.kind = :kind AND
    decisions.occurrence = (CAST(vaccination_records.expiry_date AS VARCHAR(10)) + :its_tier)
WHERE vaccination_records.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND vaccination_records.expiry_date BETWEEN :first AND :last AND
    vaccination_records.deleted_at IS NULL AND (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...)) AND
    pets.owner_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:owner_ids));

-- vaccinations_to_alert
SELECT TOP (:param) vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id,
    vaccination_records.type, vaccination_records.name, vaccination_records.expiry_date, vaccination_records.created_at,
    vaccination_records.deleted_at, pets.tenant_id AS pet_tenant_id, pets.name AS pet_name, pets.is_deceased,
    pets.is_active AS pet_is_active, pets.deleted_at AS pet_deleted_at, owners.id AS owner_id, owners.tenant_id AS
    owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language, owners.is_active AS
    owner_is_active, owners.deleted_at AS owner_deleted_at, CASE WHEN (EXISTS (SELECT newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type OR lower(replace(coalesce(newer.name, :coalesce), :replace, :replace)) =
    lower(replace(coalesce(vaccination_records.name, :coalesce), :replace, :replace))) OR newer.type = :type AND
    vaccination_records.type IN (:type, ...)) AND (coalesce(newer.administered_date, :coalesce) >
    coalesce(vaccination_records.administered_date, :coalesce) OR coalesce(newer.administered_date, :coalesce) =
    coalesce(vaccination_records.administered_date, :coalesce) AND (newer.expiry_date > vaccination_records.expiry_date
    OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at > vaccination_records.created_at OR
    newer.created_at = vaccination_records.created_at AND newer.id > vaccination_records.id))))) THEN :param ELSE :param
    END AS is_superseded, decisions.outcome, decisions.reason
FROM vaccination_records JOIN pets ON pets.id = vaccination_records.pet_id JOIN owners ON owners.id = pets.owner_id LEFT
    OUTER JOIN decisions ON decisions.subject_id = vaccination_records.id AND decisions.kind = :kind AND
    decisions.occurrence = (CAST(vaccination_records.expiry_date AS VARCHAR(10)) + :its_tier)
WHERE vaccination_records.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND vaccination_records.expiry_date BETWEEN :first AND :last AND
    vaccination_records.deleted_at IS NULL AND (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...)) AND
    (vaccination_records.tenant_id > :last OR vaccination_records.tenant_id = :last AND vaccination_records.expiry_date
    > :last OR vaccination_records.tenant_id = :last AND vaccination_records.expiry_date = :last AND
    vaccination_records.id > :last) ORDER BY vaccination_records.tenant_id, vaccination_records.expiry_date,
    vaccination_records.id;
SELECT TOP (:param) vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id,
    vaccination_records.type, vaccination_records.name, vaccination_records.expiry_date, vaccination_records.created_at,
    vaccination_records.deleted_at, pets.tenant_id AS pet_tenant_id, pets.name AS pet_name, pets.is_deceased,
    pets.is_active AS pet_is_active, pets.deleted_at AS pet_deleted_at, owners.id AS owner_id, owners.tenant_id AS
    owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language, owners.is_active AS
    owner_is_active, owners.deleted_at AS owner_deleted_at, CASE WHEN (EXISTS (SELECT newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type OR lower(replace(coalesce(newer.name, :coalesce), :replace, :replace)) =
    lower(replace(coalesce(vaccination_records.name, :coalesce), :replace, :replace))) OR newer.type = :type AND
    vaccination_records.type IN (:type, ...)) AND (coalesce(newer.administered_date, :coalesce) >
    coalesce(vaccination_records.administered_date, :coalesce) OR coalesce(newer.administered_date, :coalesce) =
    coalesce(vaccination_records.administered_date, :coalesce) AND (newer.expiry_date > vaccination_records.expiry_date
    OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at > vaccination_records.created_at OR
    newer.created_at = vaccination_records.created_at AND newer.id > vaccination_records.id))))) THEN :param ELSE :param
    END AS is_superseded, decisions.outcome, decisions.reason
FROM vaccination_records JOIN pets ON pets.id = vaccination_records.pet_id JOIN owners ON owners.id = pets.owner_id LEFT
    OUTER JOIN decisions ON decisions.subject_id = vaccination_records.id AND decisions.kind = :kind AND
    decisions.occurrence = (CAST(vaccination_records.expiry_date AS VARCHAR(10)) + :its_tier)
WHERE vaccination_records.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND vaccination_records.expiry_date BETWEEN :first AND :last AND
    vaccination_records.deleted_at IS NULL AND (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...)) ORDER
    BY vaccination_records.tenant_id, vaccination_records.expiry_date, vaccination_records.id;

-- vaccinations_without_decision
SELECT TOP (:param) vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id,
    vaccination_records.type, vaccination_records.name, vaccination_records.expiry_date, vaccination_records.created_at,
    vaccination_records.deleted_at, pets.tenant_id AS pet_tenant_id, pets.name AS pet_name, pets.is_deceased,
    pets.is_active AS pet_is_active, pets.deleted_at AS pet_deleted_at, owners.id AS owner_id, owners.tenant_id AS
    owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language, owners.is_active AS
    owner_is_active, owners.deleted_at AS owner_deleted_at, CASE WHEN (EXISTS (SELECT newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type OR lower(replace(coalesce(newer.name, :coalesce), :replace, :replace)) =
    lower(replace(coalesce(vaccination_records.name, :coalesce), :replace, :replace))) OR newer.type = :type AND
    vaccination_records.type IN (:type, ...)) AND (coalesce(newer.administered_date, :coalesce) >
    coalesce(vaccination_records.administered_date, :coalesce) OR coalesce(newer.administered_date, :coalesce) =
    coalesce(vaccination_records.administered_date, :coalesce) AND (newer.expiry_date > vaccination_records.expiry_date
    OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at > vaccination_records.created_at OR
    newer.created_at = vaccination_records.created_at AND newer.id > vaccination_records.id))))) THEN :param ELSE :param
    END AS is_superseded, decisions.outcome, decisions.reason
FROM vaccination_records JOIN pets ON pets.id = vaccination_records.pet_id JOIN owners ON owners.id = pets.owner_id LEFT
    OUTER JOIN decisions ON decisions.subject_id = vaccination_records.id AND decisions.kind = :kind AND
    decisions.occurrence = (CAST(vaccination_records.expiry_date AS VARCHAR(10)) + :its_tier)
WHERE vaccination_records.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND vaccination_records.expiry_date BETWEEN :first AND :last AND
    vaccination_records.deleted_at IS NULL AND decisions.ledger_key IS NULL ORDER BY vaccination_records.tenant_id,
    vaccination_records.expiry_date, vaccination_records.id;
