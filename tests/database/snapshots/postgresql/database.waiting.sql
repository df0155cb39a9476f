-- dead_texts
SELECT count(*) AS count_1, min(notifications.updated_at) AS min_1
FROM notifications
WHERE notifications.status = :status::VARCHAR AND (notifications.useful_until > :useful_until::TIMESTAMP WITH TIME ZONE
    OR notifications.updated_at > :updated_at::TIMESTAMP WITH TIME ZONE);

-- fees_for_staff
SELECT payments.status, count(*) AS count_1, min(payments.updated_at) AS min_1
FROM payments
WHERE payments.type = :type::VARCHAR AND payments.status IN (:status, ...) GROUP BY payments.status ORDER BY
    payments.status;

-- first_planned
SELECT min(notifications.not_before) AS min_1
FROM notifications
WHERE notifications.status = :status::VARCHAR;

-- lapsed_fees
SELECT count(*) AS count_1, min(payments.claimed_until) AS min_1
FROM payments
WHERE payments.type = :type::VARCHAR AND payments.status = :status::VARCHAR AND payments.claimed_until <=
    :claimed_until::TIMESTAMP WITH TIME ZONE;

-- lapsed_texts
SELECT count(*) AS count_1, min(notifications.claimed_until) AS min_1
FROM notifications
WHERE notifications.status = :status::VARCHAR AND notifications.claimed_until <= :claimed_until::TIMESTAMP WITH TIME
    ZONE;

-- texts_of_run
SELECT count(*) AS count_1
FROM notifications
WHERE notifications.run_id = :run::UUID AND notifications.kind = :its_kind::VARCHAR AND notifications.status =
    :status::VARCHAR;

-- waiting_texts
SELECT count(*) AS count_1, min(notifications.not_before) AS min_1
FROM notifications
WHERE notifications.status = :status::VARCHAR AND notifications.not_before <= :not_before::TIMESTAMP WITH TIME ZONE AND
    notifications.useful_until > :useful_until::TIMESTAMP WITH TIME ZONE;
