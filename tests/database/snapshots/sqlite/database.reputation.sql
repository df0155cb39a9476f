-- add_events
INSERT INTO reputation_events (id, tenant_id, owner_id, kind, points, subject_id, ledger_key, occurred_at, created_at)
    VALUES (:id, :tenant_id, :owner_id, :kind, :points, :subject_id, :ledger_key, :occurred_at, :created_at) ON CONFLICT
    DO NOTHING RETURNING ledger_key;

-- add_openings
INSERT INTO reputation_events (id, tenant_id, owner_id, kind, points, subject_id, ledger_key, occurred_at, created_at)
    VALUES (:id, :tenant_id, :owner_id, :kind, :points, :subject_id, :ledger_key, :occurred_at, :created_at) ON CONFLICT
    DO NOTHING RETURNING ledger_key;
SELECT owners.id, owners.tenant_id, owners.reputation_score, owners.last_reputation_update, owners.created_at
FROM owners
WHERE owners.id IN (SELECT value
FROM json_each(:owner_ids)) AND (owners.id NOT IN (SELECT reputation_events.owner_id
FROM reputation_events
WHERE reputation_events.kind = :kind AND reputation_events.owner_id IN (SELECT value
FROM json_each(:owner_ids))));

-- keys_on_record
SELECT reputation_events.ledger_key
FROM reputation_events
WHERE reputation_events.ledger_key IN (:ledger_key, ...);

-- lock_owners
SELECT owners.id
FROM owners
WHERE owners.id IN (SELECT value
FROM json_each(:owner_ids)) ORDER BY owners.id;

-- no_shows
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id
WHERE reputation_events.owner_id IN (SELECT value
FROM json_each(:owner_ids)) AND reputation_events.kind = :kind ORDER BY CASE WHEN (reputation_events.reversed_at IS
    NULL) THEN :param ELSE :param END, reputation_events.id;

-- reverse_events
SELECT reputation_events.owner_id
FROM reputation_events
WHERE reputation_events.id IN (:id, ...);
UPDATE reputation_events SET reversed_at=:reversed_at, reversed_reason=:reversed_reason WHERE
    reputation_events.reversed_at IS NULL AND reputation_events.id IN (:id, ...) RETURNING id;

-- scores
SELECT owners.id, owners.reputation_score
FROM owners
WHERE owners.id IN (SELECT value
FROM json_each(:owner_ids));
SELECT reputation_events.id, reputation_events.tenant_id, reputation_events.owner_id, reputation_events.kind,
    reputation_events.points, reputation_events.subject_id, reputation_events.ledger_key, reputation_events.occurred_at,
    reputation_events.reversed_at, reputation_events.reversed_reason, reputation_events.created_at
FROM reputation_events JOIN owners ON owners.id = reputation_events.owner_id AND owners.tenant_id =
    reputation_events.tenant_id
WHERE reputation_events.owner_id IN (SELECT value
FROM json_each(:owner_ids));

-- taken_back
SELECT reputation_events.subject_id
FROM reputation_events
WHERE reputation_events.ledger_key IN (SELECT value
FROM json_each(:ledger_keys)) AND reputation_events.reversed_at IS NOT NULL;
