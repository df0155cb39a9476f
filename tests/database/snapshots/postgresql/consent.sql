-- phones_of_consenting
SELECT owners.id, owners.phone
FROM owners
WHERE owners.tenant_id = :tenant_id::UUID AND owners.sms_opted_in AND owners.phone IS NOT NULL;

-- withdraw
UPDATE owners SET sms_opted_in=:sms_opted_in, updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE owners.id IN (:id,
    ...);
