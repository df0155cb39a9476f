-- release
DELETE FROM leases WHERE leases.name = :name AND leases.holder = :holder;

-- take
INSERT INTO leases (name, holder, expires_at) OUTPUT inserted.name SELECT given_rows.name, given_rows.holder,
    given_rows.expires_at
FROM (SELECT CAST(json_value(anon_1.value, :json_value) AS VARCHAR(100)) COLLATE Latin1_General_100_BIN2 AS name,
    CAST(json_value(anon_1.value, :json_value) AS VARCHAR(64)) AS holder, CAST(json_value(anon_1.value, :json_value) AS
    DATETIMEOFFSET) AS expires_at
FROM openjson(:given) AS anon_1) AS given_rows
WHERE NOT (EXISTS (SELECT present.name
FROM leases AS present WITH (UPDLOCK, HOLDLOCK)
WHERE present.name = given_rows.name));
UPDATE leases SET holder=:holder, expires_at=:expires_at WHERE leases.name = :name AND (leases.expires_at <= :expires_at
    OR leases.holder = :holder);
