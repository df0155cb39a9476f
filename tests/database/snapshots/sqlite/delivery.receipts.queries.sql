-- awaiting
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers,
    notifications.provider_message_id, notifications.to_phone, notifications.segments, CASE WHEN
    (notifications.attempted_at < notifications.sent_at) THEN notifications.attempted_at ELSE notifications.sent_at END
    AS anon_1, CASE WHEN (notifications.status = :status) THEN 1 ELSE 0 END AS anon_2, notifications.sent_at
FROM notifications
WHERE notifications.provider_message_id IN (SELECT value
FROM json_each(:message_ids)) AND (notifications.status = :status OR notifications.price_micros IS NULL) AND
    notifications.tenant_id IN (SELECT value
FROM json_each(:only)) AND NOT notifications.tenant_id IN (SELECT value
FROM json_each(:left_out));

-- first_awaiting
SELECT min(CASE WHEN (notifications.attempted_at < notifications.sent_at) THEN notifications.attempted_at ELSE
    notifications.sent_at END) AS min_1
FROM notifications
WHERE notifications.status = :status AND notifications.sent_at BETWEEN :since AND :until AND NOT notifications.tenant_id
    IN (SELECT value
FROM json_each(:left_out));

-- record_prices
UPDATE notifications SET price_micros=given_rows.price_micros, price_currency=given_rows.price_currency FROM (SELECT
    json_extract(anon_1.value, :json_extract) AS id, json_extract(anon_1.value, :json_extract) AS price_micros,
    json_extract(anon_1.value, :json_extract) AS price_currency
FROM json_each(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.price_micros IS NULL) THEN :param ELSE :param END = :param;

-- record_receipts
UPDATE notifications SET status=given_rows.status, updated_at=given_rows.updated_at FROM (SELECT
    json_extract(anon_1.value, :json_extract) AS id, json_extract(anon_1.value, :json_extract) AS status,
    json_extract(anon_1.value, :json_extract) AS updated_at
FROM json_each(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.status = :status) THEN :param ELSE :param END = :param;
