-- reported_tenants
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.address_line1, tenants.timezone,
    tenants.currency, tenants.status, tenants.settings
FROM tenants
WHERE tenants.subdomain = :subdomain ORDER BY tenants.business_name, tenants.subdomain;
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.address_line1, tenants.timezone,
    tenants.currency, tenants.status, tenants.settings
FROM tenants ORDER BY tenants.business_name, tenants.subdomain;

-- services_booked
SELECT chosen.tenant_id, chosen.name, chosen.status, chosen.period, count(*) AS count_1
FROM (SELECT appointments.tenant_id AS tenant_id, services.name AS name, appointments.status AS status, CASE WHEN
    (appointments.scheduled_start >= :middle) THEN :param ELSE :param END AS period
FROM appointments LEFT OUTER JOIN services ON services.id = appointments.service_id AND services.tenant_id =
    appointments.tenant_id
WHERE appointments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND appointments.scheduled_start >= :since AND appointments.scheduled_start < :until AND
    appointments.deleted_at IS NULL) AS chosen GROUP BY chosen.tenant_id, chosen.name, chosen.status, chosen.period;

-- texts
SELECT chosen.quarter, chosen.kind, chosen.status, chosen.price_currency, count(*) AS count_1,
    CAST(coalesce(sum(CAST(chosen.segments AS BIGINT)), :coalesce) AS BIGINT) AS coalesce_1,
    CAST(coalesce(sum(CAST(chosen.price_micros AS BIGINT)), :coalesce) AS BIGINT) AS coalesce_3,
    CAST(coalesce(sum(CAST(chosen.priced AS BIGINT)), :coalesce) AS BIGINT) AS coalesce_5
FROM (SELECT (CAST(strftime('%s', notifications.not_before) AS INTEGER) / 900) AS quarter, notifications.kind AS kind,
    notifications.status AS status, notifications.price_currency AS price_currency, CASE WHEN (notifications.segments
    BETWEEN :param AND :param) THEN notifications.segments ELSE :param END AS segments, CASE WHEN
    (notifications.price_micros BETWEEN :param AND :param) THEN notifications.price_micros ELSE :param END AS
    price_micros, CASE WHEN (notifications.price_micros IS NOT NULL) THEN :param ELSE :param END AS priced
FROM notifications
WHERE notifications.status IN (:status, ...) AND notifications.useful_until >= :since AND notifications.sent_at IS NULL
    AND notifications.not_before >= :since AND notifications.not_before < :until AND notifications.tenant_id IN (SELECT
    value
FROM json_each(:tenant_ids))) AS chosen GROUP BY chosen.quarter, chosen.kind, chosen.status, chosen.price_currency;
SELECT chosen.quarter, chosen.kind, chosen.status, chosen.price_currency, count(*) AS count_1,
    CAST(coalesce(sum(CAST(chosen.segments AS BIGINT)), :coalesce) AS BIGINT) AS coalesce_1,
    CAST(coalesce(sum(CAST(chosen.price_micros AS BIGINT)), :coalesce) AS BIGINT) AS coalesce_3,
    CAST(coalesce(sum(CAST(chosen.priced AS BIGINT)), :coalesce) AS BIGINT) AS coalesce_5
FROM (SELECT (CAST(strftime('%s', notifications.sent_at) AS INTEGER) / 900) AS quarter, notifications.kind AS kind,
    notifications.status AS status, notifications.price_currency AS price_currency, CASE WHEN (notifications.segments
    BETWEEN :param AND :param) THEN notifications.segments ELSE :param END AS segments, CASE WHEN
    (notifications.price_micros BETWEEN :param AND :param) THEN notifications.price_micros ELSE :param END AS
    price_micros, CASE WHEN (notifications.price_micros IS NOT NULL) THEN :param ELSE :param END AS priced
FROM notifications
WHERE notifications.sent_at >= :since AND notifications.sent_at < :until AND notifications.tenant_id IN (SELECT value
FROM json_each(:tenant_ids))) AS chosen GROUP BY chosen.quarter, chosen.kind, chosen.status, chosen.price_currency;

-- texts_of_tenants
SELECT chosen.tenant_id, chosen.status, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.segments AS
    BIGINT)), :coalesce) AS BIGINT) AS coalesce_1
FROM (SELECT notifications.tenant_id AS tenant_id, notifications.status AS status, CASE WHEN (notifications.not_before
    >= :middle) THEN :param ELSE :param END AS period, CASE WHEN (notifications.segments BETWEEN :param AND :param) THEN
    notifications.segments ELSE :param END AS segments
FROM notifications
WHERE notifications.status IN (:status, ...) AND notifications.useful_until >= :since AND notifications.sent_at IS NULL
    AND notifications.not_before >= :since AND notifications.not_before < :until AND notifications.tenant_id IN (SELECT
    value
FROM json_each(:tenant_ids))) AS chosen GROUP BY chosen.tenant_id, chosen.status, chosen.period;
SELECT chosen.tenant_id, chosen.status, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.segments AS
    BIGINT)), :coalesce) AS BIGINT) AS coalesce_1
FROM (SELECT notifications.tenant_id AS tenant_id, notifications.status AS status, CASE WHEN (notifications.sent_at >=
    :middle) THEN :param ELSE :param END AS period, CASE WHEN (notifications.segments BETWEEN :param AND :param) THEN
    notifications.segments ELSE :param END AS segments
FROM notifications
WHERE notifications.sent_at >= :since AND notifications.sent_at < :until AND notifications.tenant_id IN (SELECT value
FROM json_each(:tenant_ids))) AS chosen GROUP BY chosen.tenant_id, chosen.status, chosen.period;

-- visits
SELECT chosen.quarter, chosen.status, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.reminded AS BIGINT)),
    :coalesce) AS BIGINT) AS coalesce_1
FROM (SELECT (CAST(strftime('%s', appointments.scheduled_start) AS INTEGER) / 900) AS quarter, appointments.status AS
    status, CASE WHEN (EXISTS (SELECT *
FROM decisions, notifications
WHERE decisions.subject_id = appointments.id AND decisions.kind IN (:kind, ...) AND strftime('%Y-%m-%d %H:%M',
    decisions.occurs_at) = strftime('%Y-%m-%d %H:%M', appointments.scheduled_start) AND notifications.id =
    decisions.notification_id AND notifications.status = :status)) THEN :param ELSE :param END AS reminded
FROM appointments
WHERE appointments.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND appointments.scheduled_start >= :since AND appointments.scheduled_start < :until AND
    appointments.status IN (:status, ...) AND appointments.deleted_at IS NULL) AS chosen GROUP BY chosen.quarter,
    chosen.status;
