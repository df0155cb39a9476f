-- changed_by_others
SELECT DISTINCT owners.id, owners.tenant_id, owners.phone, owners.sms_opted_in, owners.updated_at, latest.created_at,
    latest.phone_hash
FROM consent_events AS latest JOIN owners ON owners.id = latest.owner_id AND owners.tenant_id = latest.tenant_id
WHERE latest.tenant_id = ANY (:tenant_ids::UUID[]) AND CASE WHEN latest.given THEN :param::INTEGER ELSE :param::INTEGER
    END != CASE WHEN (owners.sms_opted_in IS NOT NULL AND owners.sms_opted_in) THEN :param::INTEGER ELSE :param::INTEGER
    END AND NOT (EXISTS (SELECT *
FROM consent_events AS later
WHERE later.owner_id = latest.owner_id AND (later.happened_at > latest.happened_at OR later.happened_at =
    latest.happened_at AND later.given < latest.given)));
SELECT owners.id, owners.tenant_id, owners.phone, owners.sms_opted_in, owners.updated_at, NULL AS anon_1, NULL AS
    anon__1
FROM owners
WHERE owners.id IN (SELECT notifications.owner_id
FROM notifications
WHERE notifications.sent_at BETWEEN :texted_after::TIMESTAMP WITH TIME ZONE AND :now::TIMESTAMP WITH TIME ZONE AND
    notifications.tenant_id = ANY (:tenant_ids::UUID[]) AND notifications.status = :status::VARCHAR) AND NOT
    (owners.sms_opted_in IS NOT NULL AND owners.sms_opted_in) AND NOT (EXISTS (SELECT *
FROM consent_events
WHERE consent_events.owner_id = owners.id));

-- given_at
SELECT consent_events.phone_hash, max(consent_events.happened_at) AS at
FROM consent_events
WHERE consent_events.tenant_id = :tenant_id::UUID AND consent_events.phone_hash IN (:phone_hash, ...) AND
    consent_events.given GROUP BY consent_events.phone_hash;

-- last_looked_at
SELECT max(runs.now) AS max_1
FROM runs
WHERE runs.status IN (:status, ...) AND runs.tenants IS NULL AND runs.now <= :now::TIMESTAMP WITH TIME ZONE AND
    (runs.task NOT LIKE '%' || :task::VARCHAR || '%');

-- phones_of
SELECT owners.id, owners.phone
FROM owners
WHERE owners.tenant_id = :tenant_id::UUID AND owners.phone IS NOT NULL;

-- record
INSERT INTO consent_events (id, tenant_id, owner_id, phone_hash, given, happened_at, source, notification_id,
    created_at) VALUES (:id::UUID, :tenant_id::UUID, :owner_id::UUID, :phone_hash::VARCHAR, :given,
    :happened_at::TIMESTAMP WITH TIME ZONE, :source::VARCHAR, :notification_id::UUID, :created_at::TIMESTAMP WITH TIME
    ZONE) ON CONFLICT DO NOTHING RETURNING consent_events.id;
