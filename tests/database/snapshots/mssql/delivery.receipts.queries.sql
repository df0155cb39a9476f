-- awaiting
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers,
    notifications.provider_message_id, notifications.to_phone, notifications.segments, CASE WHEN
    (notifications.attempted_at < notifications.sent_at) THEN notifications.attempted_at ELSE notifications.sent_at END
    AS anon_1, CASE WHEN (notifications.status = :status) THEN 1 ELSE 0 END AS anon_2, notifications.sent_at
FROM notifications
WHERE notifications.provider_message_id IN (SELECT CAST(value AS VARCHAR(64)) COLLATE Latin1_General_100_BIN2 AS value
FROM openjson(:message_ids)) AND (notifications.status = :status OR notifications.price_micros IS NULL) AND
    notifications.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:only)) AND NOT notifications.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:left_out));

-- first_awaiting
SELECT min(CASE WHEN (notifications.attempted_at < notifications.sent_at) THEN notifications.attempted_at ELSE
    notifications.sent_at END) AS min_1
FROM notifications
WHERE notifications.status = :status AND notifications.sent_at BETWEEN :since AND :until AND NOT notifications.tenant_id
    IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:left_out));

-- record_prices
UPDATE notifications SET price_micros=given_rows.price_micros, price_currency=given_rows.price_currency FROM
    notifications, (SELECT CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS id,
    CAST(json_value(anon_1.value, :json_value) AS INTEGER) AS price_micros, CAST(json_value(anon_1.value, :json_value)
    AS VARCHAR(3)) AS price_currency
FROM openjson(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.price_micros IS NULL) THEN :param ELSE :param END = :param;

-- record_receipts
UPDATE notifications SET status=given_rows.status, updated_at=given_rows.updated_at FROM notifications, (SELECT
    CAST(json_value(anon_1.value, :json_value) AS UNIQUEIDENTIFIER) AS id, CAST(json_value(anon_1.value, :json_value) AS
    VARCHAR(20)) AS status, CAST(json_value(anon_1.value, :json_value) AS DATETIMEOFFSET) AS updated_at
FROM openjson(:given) AS anon_1) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN
    (notifications.status = :status) THEN :param ELSE :param END = :param;
