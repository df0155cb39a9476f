-- active_tenants
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.address_line1, tenants.timezone,
    tenants.currency, tenants.status, tenants.settings
FROM tenants
WHERE (tenants.is_active IS NULL OR tenants.is_active) AND tenants.deleted_at IS NULL AND NOT (tenants.status IS NOT
    NULL AND tenants.status IN (:status, ...)) ORDER BY tenants.subdomain;

-- all_tenants
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.address_line1, tenants.timezone,
    tenants.currency, tenants.status, tenants.settings
FROM tenants ORDER BY tenants.subdomain;

-- first_named
SELECT tenants.subdomain, tenants.business_name
FROM tenants
WHERE tenants.deleted_at IS NULL ORDER BY tenants.subdomain
LIMIT :param::INTEGER;

-- how_many_tenants
SELECT count(*) AS count_1
FROM tenants
WHERE tenants.deleted_at IS NULL;

-- ids_of
SELECT tenants.subdomain
FROM tenants;
SELECT tenants.subdomain, tenants.id
FROM tenants
WHERE tenants.subdomain IN (:subdomain, ...);

-- subdomain_of
SELECT tenants.subdomain, tenants.business_name
FROM tenants ORDER BY tenants.subdomain;

-- tenant_by_id
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.address_line1, tenants.timezone,
    tenants.currency, tenants.status, tenants.settings
FROM tenants
WHERE tenants.id = :id::UUID;
