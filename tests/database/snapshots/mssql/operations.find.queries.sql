-- by_beginning
SELECT TOP (:param) appointments.id, appointments.tenant_id, appointments.owner_id, appointments.scheduled_start,
    appointments.status, appointments.deleted_at
FROM appointments
WHERE appointments.tenant_id IN (:tenant_id, ...) AND CAST(CAST(appointments.id AS UNIQUEIDENTIFIER) AS CHAR(36)) >=
    CAST(CAST(:param AS UNIQUEIDENTIFIER) AS CHAR(36)) AND CAST(CAST(appointments.id AS UNIQUEIDENTIFIER) AS CHAR(36))
    <= CAST(CAST(:param AS UNIQUEIDENTIFIER) AS CHAR(36));
SELECT TOP (:param) notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.status, notifications.not_before, notifications.sent_at
FROM notifications
WHERE notifications.tenant_id IN (:tenant_id, ...) AND CAST(CAST(notifications.id AS UNIQUEIDENTIFIER) AS CHAR(36)) >=
    CAST(CAST(:param AS UNIQUEIDENTIFIER) AS CHAR(36)) AND CAST(CAST(notifications.id AS UNIQUEIDENTIFIER) AS CHAR(36))
    <= CAST(CAST(:param AS UNIQUEIDENTIFIER) AS CHAR(36));
SELECT TOP (:param) owners.id, owners.tenant_id, owners.first_name, owners.last_name, owners.phone, owners.is_active,
    owners.created_at, owners.deleted_at
FROM owners
WHERE owners.tenant_id IN (:tenant_id, ...) AND CAST(CAST(owners.id AS UNIQUEIDENTIFIER) AS CHAR(36)) >=
    CAST(CAST(:param AS UNIQUEIDENTIFIER) AS CHAR(36)) AND CAST(CAST(owners.id AS UNIQUEIDENTIFIER) AS CHAR(36)) <=
    CAST(CAST(:param AS UNIQUEIDENTIFIER) AS CHAR(36));
SELECT TOP (:param) payments.id, payments.tenant_id, payments.owner_id, payments.visit_on, payments.amount,
    payments.currency, payments.status, payments.created_at
FROM payments
WHERE payments.type = :type AND payments.tenant_id IN (:tenant_id, ...) AND CAST(CAST(payments.id AS UNIQUEIDENTIFIER)
    AS CHAR(36)) >= CAST(CAST(:param AS UNIQUEIDENTIFIER) AS CHAR(36)) AND CAST(CAST(payments.id AS UNIQUEIDENTIFIER) AS
    CHAR(36)) <= CAST(CAST(:param AS UNIQUEIDENTIFIER) AS CHAR(36));
SELECT TOP (:param) pets.id, pets.tenant_id, pets.owner_id, pets.name, pets.species, pets.is_deceased, pets.created_at,
    pets.deleted_at
FROM pets
WHERE pets.tenant_id IN (:tenant_id, ...) AND CAST(CAST(pets.id AS UNIQUEIDENTIFIER) AS CHAR(36)) >= CAST(CAST(:param AS
    UNIQUEIDENTIFIER) AS CHAR(36)) AND CAST(CAST(pets.id AS UNIQUEIDENTIFIER) AS CHAR(36)) <= CAST(CAST(:param AS
    UNIQUEIDENTIFIER) AS CHAR(36));
SELECT TOP (:param) tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.timezone,
    tenants.status, tenants.is_active, tenants.created_at, tenants.deleted_at
FROM tenants
WHERE tenants.id IN (:id, ...) AND CAST(CAST(tenants.id AS UNIQUEIDENTIFIER) AS CHAR(36)) >= CAST(CAST(:param AS
    UNIQUEIDENTIFIER) AS CHAR(36)) AND CAST(CAST(tenants.id AS UNIQUEIDENTIFIER) AS CHAR(36)) <= CAST(CAST(:param AS
    UNIQUEIDENTIFIER) AS CHAR(36));
SELECT TOP (:param) vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id,
    vaccination_records.type, vaccination_records.name, vaccination_records.administered_date,
    vaccination_records.expiry_date, vaccination_records.created_at
FROM vaccination_records
WHERE vaccination_records.tenant_id IN (:tenant_id, ...) AND CAST(CAST(vaccination_records.id AS UNIQUEIDENTIFIER) AS
    CHAR(36)) >= CAST(CAST(:param AS UNIQUEIDENTIFIER) AS CHAR(36)) AND CAST(CAST(vaccination_records.id AS
    UNIQUEIDENTIFIER) AS CHAR(36)) <= CAST(CAST(:param AS UNIQUEIDENTIFIER) AS CHAR(36));

-- fees
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.visit_on, payments.amount, payments.currency,
    payments.status, payments.created_at
FROM payments
WHERE payments.type = :type AND payments.id IN (:id, ...);

-- owners_by_id
SELECT owners.id, owners.tenant_id, owners.first_name, owners.last_name, owners.phone, owners.is_active,
    owners.created_at, owners.deleted_at
FROM owners
WHERE owners.id IN (:id, ...);

-- owners_that_fit
SELECT TOP (:param) owners.id, owners.tenant_id, owners.first_name, owners.last_name, owners.phone, owners.is_active,
    owners.created_at, owners.deleted_at
FROM owners
WHERE ((' ' + replace(owners.first_name, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\' OR (' ' +
    replace(owners.last_name, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\' OR
    replace(replace(replace(replace(replace(replace(owners.phone, :replace, :replace), :replace, :replace), :replace,
    :replace), :replace, :replace), :replace, :replace), :replace, :replace) LIKE :replace) AND ((' ' +
    replace(owners.first_name, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\' OR (' ' +
    replace(owners.last_name, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\' OR owners.tenant_id IN
    (SELECT tenants.id
FROM tenants
WHERE (' ' + replace(tenants.business_name, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\' OR (' ' +
    replace(tenants.subdomain, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\')) AND
    (replace(replace(replace(replace(replace(replace(owners.phone, :replace, :replace), :replace, :replace), :replace,
    :replace), :replace, :replace), :replace, :replace), :replace, :replace) LIKE :replace OR owners.tenant_id IN
    (SELECT tenants.id
FROM tenants
WHERE 0 = 1)) AND owners.tenant_id IN (:tenant_id, ...) ORDER BY owners.created_at DESC, owners.id;

-- pets_at
SELECT pets.id, pets.tenant_id, pets.owner_id, pets.name, pets.species, pets.is_deceased, pets.created_at,
    pets.deleted_at, appointment_pets.appointment_id
FROM pets JOIN appointment_pets ON appointment_pets.pet_id = pets.id
WHERE appointment_pets.appointment_id IN (:appointment_id, ...) ORDER BY appointment_pets.appointment_id, pets.name,
    pets.id;

-- pets_by_id
SELECT pets.id, pets.tenant_id, pets.owner_id, pets.name, pets.species, pets.is_deceased, pets.created_at,
    pets.deleted_at
FROM pets
WHERE pets.id IN (:id, ...);

-- pets_of
SELECT TOP (:param) pets.id, pets.tenant_id, pets.owner_id, pets.name, pets.species, pets.is_deceased, pets.created_at,
    pets.deleted_at
FROM pets
WHERE pets.owner_id IN (:owner_id, ...) ORDER BY pets.id;

-- pets_that_fit
SELECT TOP (:param) pets.id, pets.tenant_id, pets.owner_id, pets.name, pets.species, pets.is_deceased, pets.created_at,
    pets.deleted_at
FROM pets JOIN owners ON owners.id = pets.owner_id
WHERE (' ' + replace(pets.name, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\' AND ((' ' +
    replace(pets.name, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\' OR (' ' +
    replace(owners.first_name, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\' OR (' ' +
    replace(owners.last_name, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\' OR pets.tenant_id IN
    (SELECT tenants.id
FROM tenants
WHERE (' ' + replace(tenants.business_name, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\' OR (' ' +
    replace(tenants.subdomain, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\')) AND
    (replace(replace(replace(replace(replace(replace(owners.phone, :replace, :replace), :replace, :replace), :replace,
    :replace), :replace, :replace), :replace, :replace), :replace, :replace) LIKE :replace OR pets.tenant_id IN (SELECT
    tenants.id
FROM tenants
WHERE 0 = 1)) AND pets.tenant_id IN (:tenant_id, ...) ORDER BY pets.created_at DESC, pets.id;

-- tenants_that_fit
SELECT TOP (:param) tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.timezone,
    tenants.status, tenants.is_active, tenants.created_at, tenants.deleted_at
FROM tenants
WHERE ((' ' + replace(tenants.business_name, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\' OR (' '
    + replace(tenants.subdomain, '-', ' ')) COLLATE Latin1_General_100_CI_AI LIKE :param ESCAPE '\') AND
    replace(replace(replace(replace(replace(replace(tenants.phone, :replace, :replace), :replace, :replace), :replace,
    :replace), :replace, :replace), :replace, :replace), :replace, :replace) LIKE :replace AND tenants.id IN (:id, ...)
    ORDER BY tenants.created_at DESC, tenants.id;

-- texts_about
SELECT TOP (:param) notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.status, notifications.not_before, notifications.sent_at
FROM notifications
WHERE notifications.id IN (SELECT decisions.notification_id
FROM decisions
WHERE decisions.subject_id IN (:subject_id, ...)) ORDER BY notifications.not_before DESC, notifications.id;

-- texts_to
SELECT TOP (:param) notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.status, notifications.not_before, notifications.sent_at
FROM notifications
WHERE notifications.tenant_id IN (:tenant_id, ...) AND notifications.to_phone IN (:to_phone, ...) ORDER BY
    notifications.not_before DESC, notifications.id;

-- vaccinations_of
SELECT TOP (:param) vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id,
    vaccination_records.type, vaccination_records.name, vaccination_records.administered_date,
    vaccination_records.expiry_date, vaccination_records.created_at
FROM vaccination_records
WHERE vaccination_records.pet_id IN (:pet_id, ...) ORDER BY vaccination_records.expiry_date DESC, vaccination_records.id;

-- visits_of
SELECT TOP (:param) appointments.id, appointments.tenant_id, appointments.owner_id, appointments.scheduled_start,
    appointments.status, appointments.deleted_at
FROM appointments
WHERE appointments.owner_id IN (:owner_id, ...) AND (appointments.owner_id IN (:owner_id, ...) OR appointments.owner_id
    IN (:owner_id, ...) AND (EXISTS (SELECT *
FROM appointment_pets
WHERE appointment_pets.appointment_id = appointments.id AND appointment_pets.pet_id IN (:pet_id, ...)))) ORDER BY
    appointments.scheduled_start DESC, appointments.id;
