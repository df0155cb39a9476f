-- appointments_of_owners_to_remind
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name, decisions.outcome, decisions.reason, decisions.occurrence
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind::VARCHAR AND date_trunc('minute', decisions.occurs_at) = date_trunc('minute', appointments.scheduled_start)
WHERE appointments.scheduled_start > :starts_after::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <=
    :starts_until::TIMESTAMP WITH TIME ZONE AND appointments.status IN (:status, ...) AND appointments.deleted_at IS
    NULL AND (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...)) AND appointments.owner_id = ANY
    (:owner_ids::UUID[]);

-- appointments_to_remind
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name, decisions.outcome, decisions.reason, decisions.occurrence
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind::VARCHAR AND date_trunc('minute', decisions.occurs_at) = date_trunc('minute', appointments.scheduled_start)
WHERE appointments.scheduled_start > :starts_after::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <=
    :starts_until::TIMESTAMP WITH TIME ZONE AND appointments.status IN (:status, ...) AND appointments.deleted_at IS
    NULL AND (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...)) AND appointments.tenant_id = ANY
    (:tenant_ids::UUID[]) AND (appointments.tenant_id > :last::UUID OR appointments.tenant_id = :last::UUID AND
    appointments.scheduled_start > :last::TIMESTAMP WITH TIME ZONE OR appointments.tenant_id = :last::UUID AND
    appointments.scheduled_start = :last::TIMESTAMP WITH TIME ZONE AND appointments.id > :last::UUID) ORDER BY
    appointments.tenant_id, appointments.scheduled_start, appointments.id
LIMIT :param::INTEGER;
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name, decisions.outcome, decisions.reason, decisions.occurrence
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind::VARCHAR AND date_trunc('minute', decisions.occurs_at) = date_trunc('minute', appointments.scheduled_start)
WHERE appointments.scheduled_start > :starts_after::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <=
    :starts_until::TIMESTAMP WITH TIME ZONE AND appointments.status IN (:status, ...) AND appointments.deleted_at IS
    NULL AND (decisions.outcome IS NULL OR decisions.outcome IN (:outcome, ...)) AND appointments.tenant_id = ANY
    (:tenant_ids::UUID[]) ORDER BY appointments.tenant_id, appointments.scheduled_start, appointments.id
LIMIT :param::INTEGER;

-- appointments_without_decision
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name, decisions.outcome, decisions.reason, decisions.occurrence
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind::VARCHAR AND date_trunc('minute', decisions.occurs_at) = date_trunc('minute', appointments.scheduled_start)
WHERE appointments.scheduled_start > :starts_after::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <=
    :starts_until::TIMESTAMP WITH TIME ZONE AND appointments.tenant_id = ANY (:tenant_ids::UUID[]) AND
    appointments.status != :status::VARCHAR AND appointments.deleted_at IS NULL AND decisions.ledger_key IS NULL AND
    (appointments.tenant_id > :last::UUID OR appointments.tenant_id = :last::UUID AND appointments.scheduled_start >
    :last::TIMESTAMP WITH TIME ZONE OR appointments.tenant_id = :last::UUID AND appointments.scheduled_start =
    :last::TIMESTAMP WITH TIME ZONE AND appointments.id > :last::UUID) ORDER BY appointments.tenant_id,
    appointments.scheduled_start, appointments.id
LIMIT :param::INTEGER;
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.service_id,
    appointments.scheduled_start, appointments.status, appointments.created_at, appointments.deleted_at,
    owners.tenant_id AS owner_tenant_id, owners.first_name, owners.phone, owners.sms_opted_in, owners.language,
    owners.is_active AS owner_is_active, owners.deleted_at AS owner_deleted_at, services.tenant_id AS service_tenant_id,
    services.name AS service_name, decisions.outcome, decisions.reason, decisions.occurrence
FROM appointments JOIN owners ON owners.id = appointments.owner_id LEFT OUTER JOIN services ON services.id =
    appointments.service_id LEFT OUTER JOIN decisions ON decisions.subject_id = appointments.id AND decisions.kind =
    :kind::VARCHAR AND date_trunc('minute', decisions.occurs_at) = date_trunc('minute', appointments.scheduled_start)
WHERE appointments.scheduled_start > :starts_after::TIMESTAMP WITH TIME ZONE AND appointments.scheduled_start <=
    :starts_until::TIMESTAMP WITH TIME ZONE AND appointments.tenant_id = ANY (:tenant_ids::UUID[]) AND
    appointments.status != :status::VARCHAR AND appointments.deleted_at IS NULL AND decisions.ledger_key IS NULL ORDER
    BY appointments.tenant_id, appointments.scheduled_start, appointments.id
LIMIT :param::INTEGER;
