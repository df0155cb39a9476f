-- add_events
INSERT INTO reputation_events (id, tenant_id, owner_id, kind, points, subject_id, ledger_key, occurred_at, created_at)
    VALUES (:id::UUID, :tenant_id::UUID, :owner_id::UUID, :kind::VARCHAR, :points::SMALLINT, :subject_id::UUID,
    :ledger_key::VARCHAR, :occurred_at::TIMESTAMP WITH TIME ZONE, :created_at::TIMESTAMP WITH TIME ZONE) ON CONFLICT DO
    NOTHING RETURNING reputation_events.ledger_key;

-- add_openings
INSERT INTO reputation_events (id, tenant_id, owner_id, kind, points, subject_id, ledger_key, occurred_at, created_at)
    VALUES (:id::UUID, :tenant_id::UUID, :owner_id::UUID, :kind::VARCHAR, :points::SMALLINT, :subject_id::UUID,
    :ledger_key::VARCHAR, :occurred_at::TIMESTAMP WITH TIME ZONE, :created_at::TIMESTAMP WITH TIME ZONE) ON CONFLICT DO
    NOTHING RETURNING reputation_events.ledger_key;
SELECT owners.id, owners.tenant_id, owners.reputation_score, owners.last_reputation_update, owners.created_at
FROM owners
WHERE owners.id = ANY (:owner_ids::UUID[]) AND (owners.id NOT IN (SELECT reputation_events.owner_id
FROM reputation_events
WHERE reputation_events.kind = :kind::VARCHAR AND reputation_events.owner_id = ANY (:owner_ids::UUID[])));

-- keys_on_record
SELECT reputation_events.ledger_key
FROM reputation_events
WHERE reputation_events.ledger_key IN (:ledger_key, ...);

-- lock_owners
SELECT owners.id
FROM owners
WHERE owners.id = ANY (:owner_ids::UUID[]) ORDER BY owners.id FOR NO KEY UPDATE OF owners;

-- no_shows
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id
WHERE reputation_events.owner_id = ANY (:owner_ids::UUID[]) AND reputation_events.kind = :kind::VARCHAR ORDER BY CASE
    WHEN (reputation_events.reversed_at IS NULL) THEN :param::INTEGER ELSE :param::INTEGER END, reputation_events.id;

-- reverse_events
SELECT reputation_events.owner_id
FROM reputation_events
WHERE reputation_events.id IN (:id, ...);
UPDATE reputation_events SET reversed_at=:reversed_at::TIMESTAMP WITH TIME ZONE,
    reversed_reason=:reversed_reason::VARCHAR WHERE reputation_events.reversed_at IS NULL AND reputation_events.id IN
    (:id, ...) RETURNING reputation_events.id;

-- scores
SELECT owners.id, owners.reputation_score
FROM owners
WHERE owners.id = ANY (:owner_ids::UUID[]);
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id
WHERE reputation_events.owner_id = ANY (:owner_ids::UUID[]);

-- taken_back
SELECT reputation_events.subject_id
FROM reputation_events
WHERE reputation_events.ledger_key = ANY (:ledger_keys::VARCHAR(200)[]) AND reputation_events.reversed_at IS NOT NULL;
