-- resolved
SELECT TOP (:param) appointments.id
FROM appointments
WHERE CAST(CAST(appointments.id AS UNIQUEIDENTIFIER) AS CHAR(36)) >= CAST(CAST(:param AS UNIQUEIDENTIFIER) AS CHAR(36))
    AND CAST(CAST(appointments.id AS UNIQUEIDENTIFIER) AS CHAR(36)) <= CAST(CAST(:param AS UNIQUEIDENTIFIER) AS
    CHAR(36)) ORDER BY appointments.id;
