-- awaiting
SELECT notifications.id, notifications.tenant_id, notifications.owner_id, notifications.kind,
    notifications.useful_until, notifications.attempts, notifications.unclear_answers,
    notifications.provider_message_id, notifications.to_phone, notifications.segments, CASE WHEN
    (notifications.attempted_at < notifications.sent_at) THEN notifications.attempted_at ELSE notifications.sent_at END
    AS anon_1, CASE WHEN (notifications.status = :status::VARCHAR) THEN true ELSE false END AS anon_2,
    notifications.sent_at
FROM notifications
WHERE notifications.provider_message_id = ANY (:message_ids::VARCHAR(64)[]) AND (notifications.status = :status::VARCHAR
    OR notifications.price_micros IS NULL) AND notifications.tenant_id = ANY (:only::UUID[]) AND NOT
    notifications.tenant_id = ANY (:left_out::UUID[]);

-- first_awaiting
SELECT min(CASE WHEN (notifications.attempted_at < notifications.sent_at) THEN notifications.attempted_at ELSE
    notifications.sent_at END) AS min_1
FROM notifications
WHERE notifications.status = :status::VARCHAR AND notifications.sent_at BETWEEN :since::TIMESTAMP WITH TIME ZONE AND
    :until::TIMESTAMP WITH TIME ZONE AND NOT notifications.tenant_id = ANY (:left_out::UUID[]);

-- record_prices
UPDATE notifications SET price_micros=given_rows.price_micros, price_currency=given_rows.price_currency FROM (SELECT
    anon_1.id AS id, anon_1.price_micros AS price_micros, anon_1.price_currency AS price_currency
FROM json_to_recordset(CAST(:given::VARCHAR AS JSON)) AS anon_1(id UUID, price_micros INTEGER, price_currency
    VARCHAR(3))) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN (notifications.price_micros IS NULL)
    THEN :param::INTEGER ELSE :param::INTEGER END = :param::INTEGER;

-- record_receipts
UPDATE notifications SET status=given_rows.status, updated_at=given_rows.updated_at FROM (SELECT anon_1.id AS id,
    anon_1.status AS status, anon_1.updated_at AS updated_at
FROM json_to_recordset(CAST(:given::VARCHAR AS JSON)) AS anon_1(id UUID, status VARCHAR(20), updated_at TIMESTAMP WITH
    TIME ZONE)) AS given_rows WHERE notifications.id = given_rows.id AND CASE WHEN (notifications.status =
    :status::VARCHAR) THEN :param::INTEGER ELSE :param::INTEGER END = :param::INTEGER;
