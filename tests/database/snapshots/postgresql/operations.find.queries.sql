-- by_beginning
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.scheduled_start,
    appointments.status, appointments.deleted_at
FROM appointments
WHERE appointments.tenant_id IN (:tenant_id, ...) AND appointments.id >= :param::UUID AND appointments.id <=
    :param::UUID
LIMIT :param::INTEGER;
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind, notifications.status,
    notifications.not_before, notifications.sent_at
FROM notifications
WHERE notifications.tenant_id IN (:tenant_id, ...) AND notifications.id >= :param::UUID AND notifications.id <=
    :param::UUID
LIMIT :param::INTEGER;
SELECT owners.id, owners.tenant_id, owners.first_name, owners.last_name, owners.phone, owners.is_active,
    owners.created_at, owners.deleted_at
FROM owners
WHERE owners.tenant_id IN (:tenant_id, ...) AND owners.id >= :param::UUID AND owners.id <= :param::UUID
LIMIT :param::INTEGER;
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.visit_on, payments.amount, payments.currency,
    payments.status, payments.created_at
FROM payments
WHERE payments.type = :type::VARCHAR AND payments.tenant_id IN (:tenant_id, ...) AND payments.id >= :param::UUID AND
    payments.id <= :param::UUID
LIMIT :param::INTEGER;
SELECT pets.id, pets.tenant_id, pets.owner_id, pets.name, pets.species, pets.is_deceased, pets.created_at,
    pets.deleted_at
FROM pets
WHERE pets.tenant_id IN (:tenant_id, ...) AND pets.id >= :param::UUID AND pets.id <= :param::UUID
LIMIT :param::INTEGER;
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.timezone, tenants.status,
    tenants.is_active, tenants.created_at, tenants.deleted_at
FROM tenants
WHERE tenants.id IN (:id, ...) AND tenants.id >= :param::UUID AND tenants.id <= :param::UUID
LIMIT :param::INTEGER;
SELECT vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id, vaccination_records.type,
    vaccination_records.name, vaccination_records.administered_date, vaccination_records.expiry_date,
    vaccination_records.created_at
FROM vaccination_records
WHERE vaccination_records.tenant_id IN (:tenant_id, ...) AND vaccination_records.id >= :param::UUID AND
    vaccination_records.id <= :param::UUID
LIMIT :param::INTEGER;

-- fees
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.visit_on, payments.amount, payments.currency,
    payments.status, payments.created_at
FROM payments
WHERE payments.type = :type::VARCHAR AND payments.id IN (:id, ...);

-- owners_by_id
SELECT owners.id, owners.tenant_id, owners.first_name, owners.last_name, owners.phone, owners.is_active,
    owners.created_at, owners.deleted_at
FROM owners
WHERE owners.id IN (:id, ...);

-- owners_that_fit
SELECT owners.id, owners.tenant_id, owners.first_name, owners.last_name, owners.phone, owners.is_active,
    owners.created_at, owners.deleted_at
FROM owners
WHERE ((' ' || replace(lower(CASE WHEN (char_length(owners.first_name) < octet_length(owners.first_name)) THEN
    translate(owners.first_name,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE owners.first_name END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\' OR (' ' || replace(lower(CASE WHEN
    (char_length(owners.last_name) < octet_length(owners.last_name)) THEN translate(owners.last_name,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE owners.last_name END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\' OR
    replace(replace(replace(replace(replace(replace(owners.phone, :replace::VARCHAR, :replace::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR) LIKE :replace::VARCHAR) AND ((' ' ||
    replace(lower(CASE WHEN (char_length(owners.first_name) < octet_length(owners.first_name)) THEN
    translate(owners.first_name,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE owners.first_name END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\' OR (' ' || replace(lower(CASE WHEN
    (char_length(owners.last_name) < octet_length(owners.last_name)) THEN translate(owners.last_name,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE owners.last_name END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\' OR owners.tenant_id IN (SELECT tenants.id
FROM tenants
WHERE (' ' || replace(lower(CASE WHEN (char_length(tenants.business_name) < octet_length(tenants.business_name)) THEN
    translate(tenants.business_name,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE tenants.business_name END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\' OR (' ' || replace(lower(CASE WHEN
    (char_length(tenants.subdomain) < octet_length(tenants.subdomain)) THEN translate(tenants.subdomain,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE tenants.subdomain END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\')) AND
    (replace(replace(replace(replace(replace(replace(owners.phone, :replace::VARCHAR, :replace::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR) LIKE :replace::VARCHAR OR
    owners.tenant_id IN (SELECT tenants.id
FROM tenants
WHERE false)) AND owners.tenant_id IN (:tenant_id, ...) ORDER BY owners.created_at DESC, owners.id
LIMIT :param::INTEGER;

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
LIMIT :param::INTEGER;

-- pets_that_fit
SELECT pets.id, pets.tenant_id, pets.owner_id, pets.name, pets.species, pets.is_deceased, pets.created_at,
    pets.deleted_at
FROM pets JOIN owners ON owners.id = pets.owner_id
WHERE (' ' || replace(lower(CASE WHEN (char_length(pets.name) < octet_length(pets.name)) THEN translate(pets.name,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE pets.name END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\' AND ((' ' || replace(lower(CASE WHEN
    (char_length(pets.name) < octet_length(pets.name)) THEN translate(pets.name,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE pets.name END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\' OR (' ' || replace(lower(CASE WHEN
    (char_length(owners.first_name) < octet_length(owners.first_name)) THEN translate(owners.first_name,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE owners.first_name END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\' OR (' ' || replace(lower(CASE WHEN
    (char_length(owners.last_name) < octet_length(owners.last_name)) THEN translate(owners.last_name,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE owners.last_name END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\' OR pets.tenant_id IN (SELECT tenants.id
FROM tenants
WHERE (' ' || replace(lower(CASE WHEN (char_length(tenants.business_name) < octet_length(tenants.business_name)) THEN
    translate(tenants.business_name,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE tenants.business_name END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\' OR (' ' || replace(lower(CASE WHEN
    (char_length(tenants.subdomain) < octet_length(tenants.subdomain)) THEN translate(tenants.subdomain,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE tenants.subdomain END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\')) AND
    (replace(replace(replace(replace(replace(replace(owners.phone, :replace::VARCHAR, :replace::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR) LIKE :replace::VARCHAR OR
    pets.tenant_id IN (SELECT tenants.id
FROM tenants
WHERE false)) AND pets.tenant_id IN (:tenant_id, ...) ORDER BY pets.created_at DESC, pets.id
LIMIT :param::INTEGER;

-- tenants_that_fit
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.timezone, tenants.status,
    tenants.is_active, tenants.created_at, tenants.deleted_at
FROM tenants
WHERE ((' ' || replace(lower(CASE WHEN (char_length(tenants.business_name) < octet_length(tenants.business_name)) THEN
    translate(tenants.business_name,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE tenants.business_name END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\' OR (' ' || replace(lower(CASE WHEN
    (char_length(tenants.subdomain) < octet_length(tenants.subdomain)) THEN translate(tenants.subdomain,
    'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž',
    'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzz')
    ELSE tenants.subdomain END), '-', ' ')) LIKE :param::VARCHAR ESCAPE '\') AND
    replace(replace(replace(replace(replace(replace(tenants.phone, :replace::VARCHAR, :replace::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR), :replace::VARCHAR, :replace::VARCHAR) LIKE :replace::VARCHAR AND tenants.id
    IN (:id, ...) ORDER BY tenants.created_at DESC, tenants.id
LIMIT :param::INTEGER;

-- texts_about
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind, notifications.status,
    notifications.not_before, notifications.sent_at
FROM notifications
WHERE notifications.id IN (SELECT decisions.notification_id
FROM decisions
WHERE decisions.subject_id IN (:subject_id, ...)) ORDER BY notifications.not_before DESC, notifications.id
LIMIT :param::INTEGER;

-- texts_to
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind, notifications.status,
    notifications.not_before, notifications.sent_at
FROM notifications
WHERE notifications.tenant_id IN (:tenant_id, ...) AND notifications.to_phone IN (:to_phone, ...) ORDER BY
    notifications.not_before DESC, notifications.id
LIMIT :param::INTEGER;

-- vaccinations_of
SELECT vaccination_records.id, vaccination_records.tenant_id, vaccination_records.pet_id, vaccination_records.type,
    vaccination_records.name, vaccination_records.administered_date, vaccination_records.expiry_date,
    vaccination_records.created_at
FROM vaccination_records
WHERE vaccination_records.pet_id IN (:pet_id, ...) ORDER BY vaccination_records.expiry_date DESC, vaccination_records.id
LIMIT :param::INTEGER;

-- visits_of
SELECT appointments.id, appointments.tenant_id, appointments.owner_id, appointments.scheduled_start,
    appointments.status, appointments.deleted_at
FROM appointments
WHERE appointments.owner_id IN (:owner_id, ...) AND (appointments.owner_id IN (:owner_id, ...) OR appointments.owner_id
    IN (:owner_id, ...) AND (EXISTS (SELECT *
FROM appointment_pets
WHERE appointment_pets.appointment_id = appointments.id AND appointment_pets.pet_id IN (:pet_id, ...)))) ORDER BY
    appointments.scheduled_start DESC, appointments.id
LIMIT :param::INTEGER;
