-- heirs
SELECT reputation_events.id, appointments.owner_id, CASE WHEN (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = appointments.id AND decisions.kind = :kind::VARCHAR AND decisions.outcome =
    :outcome::VARCHAR)) THEN :param::INTEGER ELSE :param::INTEGER END AS is_ours
FROM reputation_events JOIN appointments ON appointments.tenant_id = reputation_events.tenant_id AND
    appointments.scheduled_start = reputation_events.occurred_at JOIN owners ON owners.id = appointments.owner_id AND
    owners.tenant_id = reputation_events.tenant_id LEFT OUTER JOIN payments ON payments.id =
    reputation_events.subject_id AND payments.tenant_id = reputation_events.tenant_id
WHERE reputation_events.id = ANY (:event_ids::UUID[]) AND appointments.owner_id != reputation_events.owner_id AND
    payments.id IS NULL AND appointments.status = :status::VARCHAR AND appointments.deleted_at IS NULL AND NOT (EXISTS
    (SELECT *
FROM appointments AS own
WHERE own.owner_id = reputation_events.owner_id AND own.tenant_id = reputation_events.tenant_id AND own.scheduled_start
    = reputation_events.occurred_at)) ORDER BY appointments.id;
SELECT reputation_events.id, appointments.owner_id, CASE WHEN (appointments.status = :status::VARCHAR AND
    appointments.deleted_at IS NULL) THEN :param::INTEGER ELSE :param::INTEGER END AS is_missed
FROM reputation_events JOIN payments ON payments.id = reputation_events.subject_id AND payments.tenant_id =
    reputation_events.tenant_id JOIN appointments ON appointments.id = payments.appointment_id JOIN owners ON owners.id
    = appointments.owner_id AND owners.tenant_id = reputation_events.tenant_id
WHERE reputation_events.id = ANY (:event_ids::UUID[]) AND appointments.owner_id != reputation_events.owner_id;

-- pass_on
UPDATE notifications SET owner_id=:owner_id::UUID, updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE
    notifications.id IN (SELECT decisions.notification_id
FROM decisions
WHERE decisions.subject_id = :subject_id::UUID AND decisions.kind IN (:kind, ...)) AND notifications.status =
    :status::VARCHAR;
UPDATE payments SET owner_id=:owner_id::UUID, updated_at=:updated_at::TIMESTAMP WITH TIME ZONE WHERE payments.id =
    :id::UUID AND payments.owner_id = :owner_id::UUID;
UPDATE reputation_events SET owner_id=:owner_id::UUID WHERE reputation_events.id = :id::UUID AND
    reputation_events.owner_id = :owner_id::UUID AND reputation_events.reversed_at IS NULL RETURNING
    reputation_events.id;
