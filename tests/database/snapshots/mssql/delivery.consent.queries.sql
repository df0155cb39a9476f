-- changed_by_others
SELECT DISTINCT owners.id, owners.tenant_id, owners.phone, owners.sms_opted_in, owners.updated_at, latest.created_at,
    latest.phone_hash
FROM consent_events AS latest JOIN owners ON owners.id = latest.owner_id AND owners.tenant_id = latest.tenant_id
WHERE latest.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND CASE WHEN latest.given THEN :param ELSE :param END != CASE WHEN (owners.sms_opted_in IS
    NOT NULL AND owners.sms_opted_in = 1) THEN :param ELSE :param END AND NOT (EXISTS (SELECT *
FROM consent_events AS later
WHERE later.owner_id = latest.owner_id AND (later.happened_at > latest.happened_at OR later.happened_at =
    latest.happened_at AND later.given < latest.given)));
SELECT owners.id, owners.tenant_id, owners.phone, owners.sms_opted_in, owners.updated_at, NULL AS anon_1, NULL AS
    anon__1
FROM owners
WHERE owners.id IN (SELECT notifications.owner_id
FROM notifications
WHERE notifications.sent_at BETWEEN :texted_after AND :now AND notifications.tenant_id IN (SELECT CAST(value AS
    UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND notifications.status = :status) AND NOT (owners.sms_opted_in IS NOT NULL AND
    owners.sms_opted_in = 1) AND NOT (EXISTS (SELECT *
FROM consent_events
WHERE consent_events.owner_id = owners.id));

-- given_at
SELECT consent_events.phone_hash, max(consent_events.happened_at) AS at
FROM consent_events
WHERE consent_events.tenant_id = :tenant_id AND consent_events.phone_hash IN (:phone_hash, ...) AND consent_events.given
    = 1 GROUP BY consent_events.phone_hash;

-- last_looked_at
SELECT max(runs.now) AS max_1
FROM runs
WHERE runs.status IN (:status, ...) AND runs.tenants IS NULL AND runs.now <= :now AND (runs.task NOT LIKE '%' + :task +
    '%');

-- phones_of
SELECT owners.id, owners.phone
FROM owners
WHERE owners.tenant_id = :tenant_id AND owners.phone IS NOT NULL;

-- record
INSERT INTO consent_events (id, tenant_id, owner_id, phone_hash, given, happened_at, source, notification_id,
    created_at) OUTPUT inserted.id SELECT given_rows.id, given_rows.tenant_id, given_rows.owner_id,
    given_rows.phone_hash, given_rows.given, given_rows.happened_at, given_rows.source, given_rows.notification_id,
    given_rows.created_at
FROM (SELECT CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS id, CAST(json_value(anon_1.value,
    :json_value) AS UNIQUEIDENTIFIER) AS tenant_id, CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS
    owner_id, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(64)) AS phone_hash, CAST(json_value(anon_1.value,
    :json_value) AS BIT) AS given, CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS happened_at,
    CAST(json_value(anon_1.value, :json_value) AS VARCHAR(20)) AS source, CAST(json_value(anon_1.value, :json_value) AS
    UNIQUEIDENTIFIER) AS notification_id, CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS created_at
FROM openjson(:given) AS anon_1) AS given_rows
WHERE NOT (EXISTS (SELECT present.id
FROM consent_events AS present WITH (UPDLOCK, HOLDLOCK)
WHERE present.id = given_rows.id));
