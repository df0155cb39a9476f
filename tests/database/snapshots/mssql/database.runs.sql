-- by_id
SELECT runs.id, runs.task, runs.now, runs.started_at, runs.finished_at, runs.status, runs.tenants, runs.is_complete,
    runs.result, runs.error, runs.host
FROM runs
WHERE runs.id IN (:id, ...);

-- finish
UPDATE runs SET finished_at=:finished_at, status=:status, is_complete=:is_complete, result=:result, error=:error WHERE
    runs.id = :its_id;

-- forget
DELETE FROM runs WHERE runs.id IN (:id, ...);

-- last_complete
SELECT max(runs.now) AS max_1
FROM runs
WHERE runs.task = :task AND runs.is_complete = 1 AND runs.tenants IS NULL AND runs.now <= :now;

-- latest
SELECT TOP (:param) runs.id, runs.task, runs.now, runs.started_at, runs.finished_at, runs.status, runs.tenants,
    runs.is_complete, runs.result, runs.error, runs.host
FROM runs
WHERE runs.status IN (:status, ...) AND (runs.tenants IS NULL OR (CAST(runs.tenants AS NVARCHAR(max)) LIKE '%' + :param
    + '%' ESCAPE '/')) AND runs.id = :id ORDER BY runs.started_at DESC, runs.id;
SELECT TOP (:param) runs.id, runs.task, runs.now, runs.started_at, runs.finished_at, runs.status, runs.tenants,
    runs.is_complete, runs.result, runs.error, runs.host
FROM runs
WHERE runs.status IN (:status, ...) AND runs.task = :task AND runs.started_at < :started_at ORDER BY runs.started_at
    DESC, runs.id;
SELECT TOP (:param) runs.id, runs.task, runs.now, runs.started_at, runs.finished_at, runs.status, runs.tenants,
    runs.is_complete, runs.result, runs.error, runs.host
FROM runs
WHERE runs.status IN (:status, ...) AND runs.task = :task AND runs.tenants IS NULL ORDER BY runs.started_at DESC,
    runs.id;
SELECT leases.name
FROM leases
WHERE leases.expires_at > :expires_at;

-- lock
UPDATE runs SET host=runs.host WHERE runs.id = :id;

-- start
INSERT INTO runs (id, task, now, started_at, status, tenants, host) VALUES (:id, :task, :now, :started_at, :status,
    :tenants, :host);

-- start_again
UPDATE runs SET now=:now, started_at=:started_at, status=:status, error=:error, host=:host WHERE runs.id = :id AND
    runs.status != :status;

-- start_once
INSERT INTO runs (id, task, now, started_at, status, host) OUTPUT inserted.id SELECT given_rows.id, given_rows.task,
    given_rows.now, given_rows.started_at, given_rows.status, given_rows.host
FROM (SELECT CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS id, CAST(json_value(anon_1.value,
    :json_value) AS VARCHAR(64)) AS task, CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS now,
    CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS started_at, CAST(json_value(anon_1.value,
    :json_value) AS VARCHAR(20)) AS status, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(200)) AS host
FROM openjson(:given) AS anon_1) AS given_rows
WHERE NOT (EXISTS (SELECT present.id
FROM runs AS present WITH (UPDLOCK, HOLDLOCK)
WHERE present.id = given_rows.id));

-- switch_on
SELECT TOP (:param) runs.now
FROM runs
WHERE runs.task = :its_task AND runs.status IN (:status, ...) AND runs.tenants IS NULL ORDER BY runs.started_at;
SELECT runs.now, runs.tenants
FROM runs
WHERE runs.task = :its_task AND runs.status IN (:status, ...) AND runs.tenants IS NOT NULL ORDER BY runs.started_at;
