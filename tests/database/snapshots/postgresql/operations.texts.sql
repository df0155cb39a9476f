-- found
SELECT tenants.subdomain, notifications.id, notifications.owner_id, notifications.kind, notifications.status,
    notifications.reason, notifications.error_code, notifications.to_phone, notifications.body, notifications.segments,
    notifications.price_micros, notifications.price_currency, notifications.attempts, notifications.ambiguities,
    notifications.provider_message_id, notifications.created_at, notifications.not_before, notifications.useful_until,
    notifications.sent_at, notifications.updated_at, tenants.business_name, tenants.timezone
FROM notifications JOIN tenants ON tenants.id = notifications.tenant_id
WHERE notifications.status = :status::VARCHAR AND notifications.priority = :priority::SMALLINT AND
    notifications.not_before >= :not_before::TIMESTAMP WITH TIME ZONE AND notifications.not_before <
    :not_before::TIMESTAMP WITH TIME ZONE AND tenants.subdomain = :subdomain::VARCHAR AND notifications.kind =
    :kind::VARCHAR AND (notifications.body ILIKE '%' || :body::VARCHAR || '%' ESCAPE '/') ORDER BY
    notifications.not_before DESC, notifications.id DESC
LIMIT :param::INTEGER;
