-- unsent_texts
SELECT decisions.ledger_key, decisions.tenant_id, decisions.kind, decisions.subject_type, decisions.subject_id,
    decisions.occurrence, decisions.occurs_at, decisions.outcome, decisions.reason, decisions.notification_id,
    decisions.run_id, decisions.decided_at
FROM decisions JOIN reputation_events ON reputation_events.subject_id = decisions.subject_id AND reputation_events.kind
    = :kind
WHERE reputation_events.tenant_id = decisions.tenant_id AND reputation_events.occurred_at > :since AND
    decisions.tenant_id IN (SELECT value
FROM json_each(:tenant_ids)) AND decisions.kind IN (:kinds, ...) AND decisions.outcome IN (:outcome, ...) AND
    decisions.occurs_at > :about_after ORDER BY decisions.ledger_key;
