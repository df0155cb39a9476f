-- by_beginning
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.scheduled_start,
    appointments.status, appointments.deleted_at
FROM appointments
WHERE appointments.tenant_id IN (:tenant_id, ...) AND appointments.id >= :param AND appointments.id <= :param
LIMIT :param OFFSET :param;
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind, notifications.status,
    notifications.not_before, notifications.sent_at
FROM notifications
WHERE notifications.tenant_id IN (:tenant_id, ...) AND notifications.id >= :param AND notifications.id <= :param
LIMIT :param OFFSET :param;
SELECT owners.id, owners.tenant_id, owners.first_name, owners.last_name, owners.phone, owners.is_active,
    owners.created_at, owners.deleted_at
FROM owners
WHERE owners.tenant_id IN (:tenant_id, ...) AND owners.id >= :param AND owners.id <= :param
LIMIT :param OFFSET :param;
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.visit_on, payments.amount, payments.currency,
    payments.status, payments.created_at
FROM payments
WHERE payments.type = :type AND payments.tenant_id IN (:tenant_id, ...) AND payments.id >= :param AND payments.id <=
    :param
LIMIT :param OFFSET :param;
SELECT pets.id, pets.tenant_id, pets.owner_id, pets.name, pets.species, pets.is_deceased, pets.created_at,
    pets.deleted_at
FROM pets
WHERE pets.tenant_id IN (:tenant_id, ...) AND pets.id >= :param AND pets.id <= :param
LIMIT :param OFFSET :param;
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.timezone, tenants.status,
    tenants.is_active, tenants.created_at, tenants.deleted_at
FROM tenants
WHERE tenants.id IN (:id, ...) AND tenants.id >= :param AND tenants.id <= :param
LIMIT :param OFFSET :param;
SELECT vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id, vaccination_records.type,
    vaccination_records.name, vaccination_records.administered_date, vaccination_records.expiry_date,
    vaccination_records.created_at
FROM vaccination_records
WHERE vaccination_records.tenant_id IN (:tenant_id, ...) AND vaccination_records.id >= :param AND vaccination_records.id
    <= :param
LIMIT :param OFFSET :param;

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
SELECT owners.id, owners.tenant_id, owners.first_name, owners.last_name, owners.phone, owners.is_active,
    owners.created_at, owners.deleted_at
FROM owners
WHERE ((' ' || replace(CASE WHEN (owners.first_name GLOB '*[^ -~]*') THEN fold_stored(CAST(owners.first_name AS BLOB))
    ELSE owners.first_name END, '-', ' ')) LIKE :param ESCAPE '\' OR (' ' || replace(CASE WHEN (owners.last_name GLOB
    '*[^ -~]*') THEN fold_stored(CAST(owners.last_name AS BLOB)) ELSE owners.last_name END, '-', ' ')) LIKE :param
    ESCAPE '\' OR replace(replace(replace(replace(replace(replace(owners.phone, :replace, :replace), :replace,
    :replace), :replace, :replace), :replace, :replace), :replace, :replace), :replace, :replace) LIKE :replace) AND (('
    ' || replace(CASE WHEN (owners.first_name GLOB '*[^ -~]*') THEN fold_stored(CAST(owners.first_name AS BLOB)) ELSE
    owners.first_name END, '-', ' ')) LIKE :param ESCAPE '\' OR (' ' || replace(CASE WHEN (owners.last_name GLOB '*[^
    -~]*') THEN fold_stored(CAST(owners.last_name AS BLOB)) ELSE owners.last_name END, '-', ' ')) LIKE :param ESCAPE '\'
    OR owners.tenant_id IN (SELECT tenants.id
FROM tenants
WHERE (' ' || replace(CASE WHEN (tenants.business_name GLOB '*[^ -~]*') THEN fold_stored(CAST(tenants.business_name AS
    BLOB)) ELSE tenants.business_name END, '-', ' ')) LIKE :param ESCAPE '\' OR (' ' || replace(CASE WHEN
    (tenants.subdomain GLOB '*[^ -~]*') THEN fold_stored(CAST(tenants.subdomain AS BLOB)) ELSE tenants.subdomain END,
    '-', ' ')) LIKE :param ESCAPE '\')) AND (replace(replace(replace(replace(replace(replace(owners.phone, :replace,
    :replace), :replace, :replace), :replace, :replace), :replace, :replace), :replace, :replace), :replace, :replace)
    LIKE :replace OR owners.tenant_id IN (SELECT tenants.id
FROM tenants
WHERE 0 = 1)) AND owners.tenant_id IN (:tenant_id, ...) ORDER BY owners.created_at DESC, owners.id
LIMIT :param OFFSET :param;

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
SELECT pets.id, pets.tenant_id, pets.owner_id, pets.name, pets.species, pets.is_deceased, pets.created_at,
    pets.deleted_at
FROM pets
WHERE pets.owner_id IN (:owner_id, ...) ORDER BY pets.id
LIMIT :param OFFSET :param;

-- pets_that_fit
SELECT pets.id, pets.tenant_id, pets.owner_id, pets.name, pets.species, pets.is_deceased, pets.created_at,
    pets.deleted_at
FROM pets JOIN owners ON owners.id = pets.owner_id
WHERE (' ' || replace(CASE WHEN (pets.name GLOB '*[^ -~]*') THEN fold_stored(CAST(pets.name AS BLOB)) ELSE pets.name
    END, '-', ' ')) LIKE :param ESCAPE '\' AND ((' ' || replace(CASE WHEN (pets.name GLOB '*[^ -~]*') THEN
    fold_stored(CAST(pets.name AS BLOB)) ELSE pets.name END, '-', ' ')) LIKE :param ESCAPE '\' OR (' ' || replace(CASE
    WHEN (owners.first_name GLOB '*[^ -~]*') THEN fold_stored(CAST(owners.first_name AS BLOB)) ELSE owners.first_name
    END, '-', ' ')) LIKE :param ESCAPE '\' OR (' ' || replace(CASE WHEN (owners.last_name GLOB '*[^ -~]*') THEN
    fold_stored(CAST(owners.last_name AS BLOB)) ELSE owners.last_name END, '-', ' ')) LIKE :param ESCAPE '\' OR
    pets.tenant_id IN (SELECT tenants.id
FROM tenants
WHERE (' ' || replace(CASE WHEN (tenants.business_name GLOB '*[^ -~]*') THEN fold_stored(CAST(tenants.business_name AS
    BLOB)) ELSE tenants.business_name END, '-', ' ')) LIKE :param ESCAPE '\' OR (' ' || replace(CASE WHEN
    (tenants.subdomain GLOB '*[^ -~]*') THEN fold_stored(CAST(tenants.subdomain AS BLOB)) ELSE tenants.subdomain END,
    '-', ' ')) LIKE :param ESCAPE '\')) AND (replace(replace(replace(replace(replace(replace(owners.phone, :replace,
    :replace), :replace, :replace), :replace, :replace), :replace, :replace), :replace, :replace), :replace, :replace)
    LIKE :replace OR pets.tenant_id IN (SELECT tenants.id
FROM tenants
WHERE 0 = 1)) AND pets.tenant_id IN (:tenant_id, ...) ORDER BY pets.created_at DESC, pets.id
LIMIT :param OFFSET :param;

-- tenants_that_fit
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.timezone, tenants.status,
    tenants.is_active, tenants.created_at, tenants.deleted_at
FROM tenants
WHERE ((' ' || replace(CASE WHEN (tenants.business_name GLOB '*[^ -~]*') THEN fold_stored(CAST(tenants.business_name AS
    BLOB)) ELSE tenants.business_name END, '-', ' ')) LIKE :param ESCAPE '\' OR (' ' || replace(CASE WHEN
    (tenants.subdomain GLOB '*[^ -~]*') THEN fold_stored(CAST(tenants.subdomain AS BLOB)) ELSE tenants.subdomain END,
    '-', ' ')) LIKE :param ESCAPE '\') AND replace(replace(replace(replace(replace(replace(tenants.phone, :replace,
    :replace), :replace, :replace), :replace, :replace), :replace, :replace), :replace, :replace), :replace, :replace)
    LIKE :replace AND tenants.id IN (:id, ...) ORDER BY tenants.created_at DESC, tenants.id
LIMIT :param OFFSET :param;

-- texts_about
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind, notifications.status,
    notifications.not_before, notifications.sent_at
FROM notifications
WHERE notifications.id IN (SELECT decisions.notification_id
FROM decisions
WHERE decisions.subject_id IN (:subject_id, ...)) ORDER BY notifications.not_before DESC, notifications.id
LIMIT :param OFFSET :param;

-- texts_to
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind, notifications.status,
    notifications.not_before, notifications.sent_at
FROM notifications
WHERE notifications.tenant_id IN (:tenant_id, ...) AND notifications.to_phone IN (:to_phone, ...) ORDER BY
    notifications.not_before DESC, notifications.id
LIMIT :param OFFSET :param;

-- vaccinations_of
SELECT vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id, vaccination_records.type,
    vaccination_records.name, vaccination_records.administered_date, vaccination_records.expiry_date,
    vaccination_records.created_at
FROM vaccination_records
WHERE vaccination_records.pet_id IN (:pet_id, ...) ORDER BY vaccination_records.expiry_date DESC, vaccination_records.id
LIMIT :param OFFSET :param;

-- visits_of
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.scheduled_start,
    appointments.status, appointments.deleted_at
FROM appointments
WHERE appointments.owner_id IN (:owner_id, ...) AND (appointments.owner_id IN (:owner_id, ...) OR appointments.owner_id
    IN (:owner_id, ...) AND (EXISTS (SELECT *
FROM appointment_pets
WHERE appointment_pets.appointment_id = appointments.id AND appointment_pets.pet_id IN (:pet_id, ...)))) ORDER BY
    appointments.scheduled_start DESC, appointments.id
LIMIT :param OFFSET :param;
