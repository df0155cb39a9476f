-- reported_tenants
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.address_line1, tenants.timezone,
    tenants.currency, tenants.status, tenants.settings
FROM tenants
WHERE tenants.subdomain = :subdomain::VARCHAR ORDER BY tenants.business_name, tenants.subdomain;
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.address_line1, tenants.timezone,
    tenants.currency, tenants.status, tenants.settings
FROM tenants ORDER BY tenants.business_name, tenants.subdomain;

-- services_booked
SELECT chosen.tenant_id, chosen.name, chosen.status, chosen.period, count(*) AS count_1
FROM (SELECT appointments.tenant_id AS tenant_id, services.name AS name, appointments.status AS status, CASE WHEN
    (appointments.scheduled_start >= :middle::TIMESTAMP WITH TIME ZONE) THEN :param::INTEGER ELSE :param::INTEGER END AS
    period
FROM appointments LEFT OUTER JOIN services ON services.id = appointments.service_id AND services.tenant_id =
    appointments.tenant_id
WHERE appointments.tenant_id = ANY (:tenant_ids::UUID[]) AND appointments.scheduled_start >= :since::TIMESTAMP WITH TIME
    ZONE AND appointments.scheduled_start < :until::TIMESTAMP WITH TIME ZONE AND appointments.deleted_at IS NULL) AS
    chosen GROUP BY chosen.tenant_id, chosen.name, chosen.status, chosen.period;

-- texts
SELECT chosen.quarter, chosen.kind, chosen.status, chosen.price_currency, count(*) AS count_1,
    CAST(coalesce(sum(CAST(chosen.segments AS BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_1,
    CAST(coalesce(sum(CAST(chosen.price_micros AS BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_3,
    CAST(coalesce(sum(CAST(chosen.priced AS BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_5
FROM (SELECT CAST(floor(EXTRACT(epoch FROM notifications.not_before) / 900) AS BIGINT) AS quarter, notifications.kind AS
    kind, notifications.status AS status, notifications.price_currency AS price_currency, CASE WHEN
    (notifications.segments BETWEEN :param::BIGINT AND :param::BIGINT) THEN notifications.segments ELSE :param::INTEGER
    END AS segments, CASE WHEN (notifications.price_micros BETWEEN :param::BIGINT AND :param::BIGINT) THEN
    notifications.price_micros ELSE :param::INTEGER END AS price_micros, CASE WHEN (notifications.price_micros IS NOT
    NULL) THEN :param::INTEGER ELSE :param::INTEGER END AS priced
FROM notifications
WHERE notifications.status IN (:status, ...) AND notifications.useful_until >= :since::TIMESTAMP WITH TIME ZONE AND
    notifications.sent_at IS NULL AND notifications.not_before >= :since::TIMESTAMP WITH TIME ZONE AND
    notifications.not_before < :until::TIMESTAMP WITH TIME ZONE AND notifications.tenant_id = ANY (:tenant_ids::UUID[]))
    AS chosen GROUP BY chosen.quarter, chosen.kind, chosen.status, chosen.price_currency;
SELECT chosen.quarter, chosen.kind, chosen.status, chosen.price_currency, count(*) AS count_1,
    CAST(coalesce(sum(CAST(chosen.segments AS BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_1,
    CAST(coalesce(sum(CAST(chosen.price_micros AS BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_3,
    CAST(coalesce(sum(CAST(chosen.priced AS BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_5
FROM (SELECT CAST(floor(EXTRACT(epoch FROM notifications.sent_at) / 900) AS BIGINT) AS quarter, notifications.kind AS
    kind, notifications.status AS status, notifications.price_currency AS price_currency, CASE WHEN
    (notifications.segments BETWEEN :param::BIGINT AND :param::BIGINT) THEN notifications.segments ELSE :param::INTEGER
    END AS segments, CASE WHEN (notifications.price_micros BETWEEN :param::BIGINT AND :param::BIGINT) THEN
    notifications.price_micros ELSE :param::INTEGER END AS price_micros, CASE WHEN (notifications.price_micros IS NOT
    NULL) THEN :param::INTEGER ELSE :param::INTEGER END AS priced
FROM notifications
WHERE notifications.sent_at >= :since::TIMESTAMP WITH TIME ZONE AND notifications.sent_at < :until::TIMESTAMP WITH TIME
    ZONE AND notifications.tenant_id = ANY (:tenant_ids::UUID[])) AS chosen GROUP BY chosen.quarter, chosen.kind,
    chosen.status, chosen.price_currency;

-- texts_of_tenants
SELECT chosen.tenant_id, chosen.status, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.segments AS
    BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_1
FROM (SELECT notifications.tenant_id AS tenant_id, notifications.status AS status, CASE WHEN (notifications.not_before
    >= :middle::TIMESTAMP WITH TIME ZONE) THEN :param::INTEGER ELSE :param::INTEGER END AS period, CASE WHEN
    (notifications.segments BETWEEN :param::BIGINT AND :param::BIGINT) THEN notifications.segments ELSE :param::INTEGER
    END AS segments
FROM notifications
WHERE notifications.status IN (:status, ...) AND notifications.useful_until >= :since::TIMESTAMP WITH TIME ZONE AND
    notifications.sent_at IS NULL AND notifications.not_before >= :since::TIMESTAMP WITH TIME ZONE AND
    notifications.not_before < :until::TIMESTAMP WITH TIME ZONE AND notifications.tenant_id = ANY (:tenant_ids::UUID[]))
    AS chosen GROUP BY chosen.tenant_id, chosen.status, chosen.period;
SELECT chosen.tenant_id, chosen.status, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.segments AS
    BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_1
FROM (SELECT notifications.tenant_id AS tenant_id, notifications.status AS status, CASE WHEN (notifications.sent_at >=
    :middle::TIMESTAMP WITH TIME ZONE) THEN :param::INTEGER ELSE :param::INTEGER END AS period, CASE WHEN
    (notifications.segments BETWEEN :param::BIGINT AND :param::BIGINT) THEN notifications.segments ELSE :param::INTEGER
    END AS segments
FROM notifications
WHERE notifications.sent_at >= :since::TIMESTAMP WITH TIME ZONE AND notifications.sent_at < :until::TIMESTAMP WITH TIME
    ZONE AND notifications.tenant_id = ANY (:tenant_ids::UUID[])) AS chosen GROUP BY chosen.tenant_id, chosen.status,
    chosen.period;

-- visits
SELECT chosen.quarter, chosen.status, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.reminded AS BIGINT)),
    :coalesce::INTEGER) AS BIGINT) AS coalesce_1
FROM (SELECT CAST(floor(EXTRACT(epoch FROM appointments.scheduled_start) / 900) AS BIGINT) AS quarter,
    appointments.status AS status, CASE WHEN (EXISTS (SELECT *
FROM decisions, notifications
WHERE decisions.subject_id = appointments.id AND decisions.kind IN (:kind, ...) AND date_trunc('minute',
    decisions.occurs_at) = date_trunc('minute', appointments.scheduled_start) AND notifications.id =
    decisions.notification_id AND notifications.status = :status::VARCHAR)) THEN :param::INTEGER ELSE :param::INTEGER
    END AS reminded
FROM appointments
WHERE appointments.tenant_id = ANY (:tenant_ids::UUID[]) AND appointments.scheduled_start >= :since::TIMESTAMP WITH TIME
    ZONE AND appointments.scheduled_start < :until::TIMESTAMP WITH TIME ZONE AND appointments.status IN (:status, ...)
    AND appointments.deleted_at IS NULL) AS chosen GROUP BY chosen.quarter, chosen.status;
