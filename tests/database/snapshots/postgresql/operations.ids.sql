-- resolved
SELECT appointments.id
FROM appointments
WHERE appointments.id >= :param::UUID AND appointments.id <= :param::UUID ORDER BY appointments.id
LIMIT :param::INTEGER;
