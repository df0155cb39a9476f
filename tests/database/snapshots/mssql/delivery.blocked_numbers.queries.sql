-- add
INSERT INTO phone_blocks (tenant_id, phone_hash, reason, created_at) OUTPUT inserted.phone_hash SELECT
    given_rows.tenant_id, given_rows.phone_hash, given_rows.reason, given_rows.created_at
FROM (SELECT CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS tenant_id, CAST(json_value(anon_1.value,
    :json_value) AS VARCHAR(64)) AS phone_hash, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(40)) AS reason,
    CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS created_at
FROM openjson(:given) AS anon_1) AS given_rows
WHERE NOT (EXISTS (SELECT present.phone_hash
FROM phone_blocks AS present WITH (UPDLOCK, HOLDLOCK)
WHERE present.tenant_id = given_rows.tenant_id AND present.phone_hash = given_rows.phone_hash));

-- blocked
SELECT phone_blocks.tenant_id, phone_blocks.phone_hash
FROM phone_blocks;

-- proofs
SELECT notifications.to_phone, notifications.status, notifications.reason
FROM notifications
WHERE notifications.to_phone IN (:to_phone, ...) AND notifications.tenant_id = :tenant_id ORDER BY
    coalesce(notifications.sent_at, notifications.updated_at), notifications.id;
