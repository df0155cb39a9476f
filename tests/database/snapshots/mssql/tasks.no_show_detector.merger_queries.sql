-- heirs
SELECT reputation_events.id, appointments.owner_id, CASE WHEN (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = appointments.id AND decisions.kind = :kind AND decisions.outcome = :outcome)) THEN :param
    ELSE :param END AS is_ours
FROM reputation_events JOIN appointments ON appointments.tenant_id = reputation_events.tenant_id AND
    appointments.scheduled_start = reputation_events.occurred_at JOIN owners ON owners.id = appointments.owner_id AND
    owners.tenant_id = reputation_events.tenant_id LEFT OUTER JOIN payments ON payments.id =
    reputation_events.subject_id AND payments.tenant_id = reputation_events.tenant_id
WHERE reputation_events.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:event_ids)) AND appointments.owner_id != reputation_events.owner_id AND payments.id IS NULL AND
    appointments.status = :status AND appointments.deleted_at IS NULL AND NOT (EXISTS (SELECT *
FROM appointments AS own
WHERE own.owner_id = reputation_events.owner_id AND own.tenant_id = reputation_events.tenant_id AND own.scheduled_start
    = reputation_events.occurred_at)) ORDER BY appointments.id;
SELECT reputation_events.id, appointments.owner_id, CASE WHEN (appointments.status = :status AND appointments.deleted_at
    IS NULL) THEN :param ELSE :param END AS is_missed
FROM reputation_events JOIN payments ON payments.id = reputation_events.subject_id AND payments.tenant_id =
    reputation_events.tenant_id JOIN appointments ON appointments.id = payments.appointment_id JOIN owners ON owners.id
    = appointments.owner_id AND owners.tenant_id = reputation_events.tenant_id
WHERE reputation_events.id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:event_ids)) AND appointments.owner_id != reputation_events.owner_id;

-- pass_on
UPDATE notifications SET owner_id=:owner_id, updated_at=:updated_at WHERE notifications.id IN (SELECT
    decisions.notification_id
FROM decisions
WHERE decisions.subject_id = :subject_id AND decisions.kind IN (:kind, ...)) AND notifications.status = :status;
UPDATE payments SET owner_id=:owner_id, updated_at=:updated_at WHERE payments.id = :id AND payments.owner_id = :owner_id;
UPDATE reputation_events SET owner_id=:owner_id OUTPUT inserted.id WHERE reputation_events.id = :id AND
    reputation_events.owner_id = :owner_id AND reputation_events.reversed_at IS NULL;
