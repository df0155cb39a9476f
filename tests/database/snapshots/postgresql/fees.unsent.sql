-- unsent_texts
SELECT decisions.ledger_key, decisions.tenant_id, decisions.kind, decisions.subject_type, decisions.subject_id,
    decisions.occurrence, decisions.occurs_at, decisions.outcome, decisions.reason, decisions.notification_id,
    decisions.run_id, decisions.decided_at
FROM decisions JOIN reputation_events ON reputation_events.subject_id = decisions.subject_id AND reputation_events.kind
    = :kind::VARCHAR
WHERE reputation_events.tenant_id = decisions.tenant_id AND reputation_events.occurred_at > :since::TIMESTAMP WITH TIME
    ZONE AND decisions.tenant_id = ANY (:tenant_ids::UUID[]) AND decisions.kind IN (:kinds, ...) AND decisions.outcome
    IN (:outcome, ...) AND decisions.occurs_at > :about_after::TIMESTAMP WITH TIME ZONE ORDER BY decisions.ledger_key;
