-- resolved
SELECT appointments.id
FROM appointments
WHERE appointments.id >= :param AND appointments.id <= :param ORDER BY appointments.id
LIMIT :param OFFSET :param;
