-- business
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.address_line1, tenants.timezone,
    tenants.currency, tenants.settings, tenants.status, tenants.is_active, tenants.deleted_at
FROM tenants
WHERE tenants.subdomain = :subdomain;

-- businesses
SELECT tenants.id, tenants.subdomain, tenants.business_name, tenants.phone, tenants.address_line1, tenants.timezone,
    tenants.currency, tenants.settings, tenants.status, tenants.is_active, tenants.deleted_at
FROM tenants ORDER BY tenants.subdomain;
