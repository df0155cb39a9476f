-- appointments_of_owners_to_remind
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name, decisions.outcome, decisions.reason, decisions.occurrence
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind AND datediff_big(minute, decisions.occurs_at, appointments.scheduled_start) = 0
WHERE appointments.scheduled_start > :starts_after AND appointments.scheduled_start <= :starts_until AND
    appointments.status IN (:status, ...) AND appointments.deleted_at IS NULL AND (decisions.outcome IS NULL OR
    decisions.outcome IN (:outcome, ...)) AND appointments.owner_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:owner_ids));

-- appointments_to_remind
SELECT TOP (:param) appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name, decisions.outcome, decisions.reason, decisions.occurrence
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind AND datediff_big(minute, decisions.occurs_at, appointments.scheduled_start) = 0
WHERE appointments.scheduled_start > :starts_after AND appointments.scheduled_start <= :starts_until AND
    appointments.status IN (:status, ...) AND appointments.deleted_at IS NULL AND (decisions.outcome IS NULL OR
    decisions.outcome IN (:outcome, ...)) AND appointments.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND (appointments.tenant_id > :last OR appointments.tenant_id = :last AND
    appointments.scheduled_start > :last OR appointments.tenant_id = :last AND appointments.scheduled_start = :last AND
    appointments.id > :last) ORDER BY appointments.tenant_id, appointments.scheduled_start, appointments.id;
SELECT TOP (:param) appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name, decisions.outcome, decisions.reason, decisions.occurrence
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind AND datediff_big(minute, decisions.occurs_at, appointments.scheduled_start) = 0
WHERE appointments.scheduled_start > :starts_after AND appointments.scheduled_start <= :starts_until AND
    appointments.status IN (:status, ...) AND appointments.deleted_at IS NULL AND (decisions.outcome IS NULL OR
    decisions.outcome IN (:outcome, ...)) AND appointments.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) ORDER BY appointments.tenant_id, appointments.scheduled_start, appointments.id;

-- appointments_without_decision
SELECT TOP (:param) appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name, decisions.outcome, decisions.reason, decisions.occurrence
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind AND datediff_big(minute, decisions.occurs_at, appointments.scheduled_start) = 0
WHERE appointments.scheduled_start > :starts_after AND appointments.scheduled_start <= :starts_until AND
    appointments.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND appointments.status != :status AND appointments.deleted_at IS NULL AND
    decisions.ledger_key IS NULL AND (appointments.tenant_id > :last OR appointments.tenant_id = :last AND
    appointments.scheduled_start > :last OR appointments.tenant_id = :last AND appointments.scheduled_start = :last AND
    appointments.id > :last) ORDER BY appointments.tenant_id, appointments.scheduled_start, appointments.id;
SELECT TOP (:param) appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name, decisions.outcome, decisions.reason, decisions.occurrence
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind AND datediff_big(minute, decisions.occurs_at, appointments.scheduled_start) = 0
WHERE appointments.scheduled_start > :starts_after AND appointments.scheduled_start <= :starts_until AND
    appointments.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND appointments.status != :status AND appointments.deleted_at IS NULL AND
    decisions.ledger_key IS NULL ORDER BY appointments.tenant_id, appointments.scheduled_start, appointments.id;
