-- forget
DELETE FROM commits WHERE commits.at < :at;

-- leave
INSERT INTO commits (id) OUTPUT inserted.id SELECT given_rows.id
FROM (SELECT CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS id
FROM openjson(:given) AS anon_1) AS given_rows
WHERE NOT (EXISTS (SELECT present.id
FROM commits AS present WITH (UPDLOCK, HOLDLOCK)
WHERE present.id = given_rows.id));
