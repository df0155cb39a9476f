-- by_id
SELECT runs.id, runs.task, runs.now, runs.started_at, runs.finished_at, runs.status, runs.tenants, runs.is_complete,
    runs.result, runs.error, runs.host
FROM runs
WHERE runs.id IN (:id, ...);

-- finish
UPDATE runs SET finished_at=:finished_at::TIMESTAMP WITH TIME ZONE, status=:status::VARCHAR, is_complete=:is_complete,
    result=:result::JSON, error=:error::VARCHAR WHERE runs.id = :its_id::UUID;

-- forget
DELETE FROM runs WHERE runs.id IN (:id, ...);

-- last_complete
SELECT max(runs.now) AS max_1
FROM runs
WHERE runs.task = :task::VARCHAR AND runs.is_complete AND runs.tenants IS NULL AND runs.now <= :now::TIMESTAMP WITH TIME
    ZONE;

-- latest
SELECT leases.name
FROM leases
WHERE leases.expires_at > :expires_at::TIMESTAMP WITH TIME ZONE;
SELECT runs.id, runs.task, runs.now, runs.started_at, runs.finished_at, runs.status, runs.tenants, runs.is_complete,
    runs.result, runs.error, runs.host
FROM runs
WHERE runs.status IN (:status, ...) AND (runs.tenants IS NULL OR (CAST(runs.tenants AS TEXT) LIKE '%' || :param::VARCHAR
    || '%' ESCAPE '/')) AND runs.id = :id::UUID ORDER BY runs.started_at DESC, runs.id
LIMIT :param::INTEGER;
SELECT runs.id, runs.task, runs.now, runs.started_at, runs.finished_at, runs.status, runs.tenants, runs.is_complete,
    runs.result, runs.error, runs.host
FROM runs
WHERE runs.status IN (:status, ...) AND runs.task = :task::VARCHAR AND runs.started_at < :started_at::TIMESTAMP WITH
    TIME ZONE ORDER BY runs.started_at DESC, runs.id
LIMIT :param::INTEGER;
SELECT runs.id, runs.task, runs.now, runs.started_at, runs.finished_at, runs.status, runs.tenants, runs.is_complete,
    runs.result, runs.error, runs.host
FROM runs
WHERE runs.status IN (:status, ...) AND runs.task = :task::VARCHAR AND runs.tenants IS NULL ORDER BY runs.started_at
    DESC, runs.id
LIMIT :param::INTEGER;

-- lock
UPDATE runs SET host=runs.host WHERE runs.id = :id::UUID;

-- start
INSERT INTO runs (id, task, now, started_at, status, tenants, host) VALUES (:id::UUID, :task::VARCHAR, :now::TIMESTAMP
    WITH TIME ZONE, :started_at::TIMESTAMP WITH TIME ZONE, :status::VARCHAR, :tenants::JSON, :host::VARCHAR);

-- start_again
UPDATE runs SET now=:now::TIMESTAMP WITH TIME ZONE, started_at=:started_at::TIMESTAMP WITH TIME ZONE,
    status=:status::VARCHAR, error=:error::VARCHAR, host=:host::VARCHAR WHERE runs.id = :id::UUID AND runs.status !=
    :status::VARCHAR;

-- start_once
INSERT INTO runs (id, task, now, started_at, status, host) VALUES (:id::UUID, :task::VARCHAR, :now::TIMESTAMP WITH TIME
    ZONE, :started_at::TIMESTAMP WITH TIME ZONE, :status::VARCHAR, :host::VARCHAR) ON CONFLICT DO NOTHING RETURNING
    runs.id;

-- switch_on
SELECT runs.now
FROM runs
WHERE runs.task = :its_task::VARCHAR AND runs.status IN (:status, ...) AND runs.tenants IS NULL ORDER BY runs.started_at
LIMIT :param::INTEGER;
SELECT runs.now, runs.tenants
FROM runs
WHERE runs.task = :its_task::VARCHAR AND runs.status IN (:status, ...) AND runs.tenants IS NOT NULL ORDER BY
    runs.started_at;
