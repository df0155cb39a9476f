-- all_of_them
SELECT breakers.name, breakers.state, breakers.since, breakers.until, breakers.openings, breakers.code
FROM breakers ORDER BY breakers.name;

-- close
UPDATE breakers SET name=:name, state=:state, holder=:holder, since=:since, until=:until, openings=:openings, code=:code
    WHERE breakers.name = :name AND breakers.state = :state AND breakers.holder = :holder;

-- give_probe_back
UPDATE breakers SET name=:name, state=:state, holder=:holder, since=:since, until=:until, openings=:openings, code=:code
    WHERE breakers.name = :name AND breakers.state = :state AND breakers.holder = :holder;

-- open_
INSERT INTO breakers (name, state, holder, since, until, openings, code) OUTPUT inserted.name SELECT given_rows.name,
    given_rows.state, given_rows.holder, given_rows.since, given_rows.until, given_rows.openings, given_rows.code
FROM (SELECT CAST(json_value(anon_1.value, :json_value) AS VARCHAR(40)) COLLATE Latin1_General_100_BIN2 AS name,
    CAST(json_value(anon_1.value, :json_value) AS VARCHAR(20)) AS state, CAST(json_value(anon_1.value, :json_value) AS
    VARCHAR(64)) AS holder, CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS since,
    CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS until, CAST(json_value(anon_1.value, :json_value)
    AS SMALLINT) AS openings, CAST(json_value(anon_1.value, :json_value) AS VARCHAR(40)) AS code
FROM openjson(:given) AS anon_1) AS given_rows
WHERE NOT (EXISTS (SELECT present.name
FROM breakers AS present WITH (UPDLOCK, HOLDLOCK)
WHERE present.name = given_rows.name));

-- read
SELECT breakers.name, breakers.state, breakers.since, breakers.until, breakers.openings, breakers.code
FROM breakers
WHERE breakers.name = :its_name;

-- reopen
UPDATE breakers SET name=:name, state=:state, holder=:holder, since=:since, until=:until, openings=:openings, code=:code
    WHERE breakers.name = :name AND breakers.state = :state AND breakers.holder = :holder;

-- take_probe
UPDATE breakers SET name=:name, state=:state, holder=:holder, since=:since, until=:until, openings=:openings, code=:code
    WHERE breakers.name = :name AND breakers.state != :state AND breakers.until <= :until;
