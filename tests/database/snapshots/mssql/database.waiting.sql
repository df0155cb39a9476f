-- dead_texts
SELECT count(*) AS count_1, min(notifications.updated_at) AS min_1
FROM notifications
WHERE notifications.status = :status AND (notifications.useful_until > :useful_until OR notifications.updated_at >
    :updated_at);

-- fees_for_staff
SELECT payments.status, count(*) AS count_1, min(payments.updated_at) AS min_1
FROM payments
WHERE payments.type = :type AND payments.status IN (:status, ...) GROUP BY payments.status ORDER BY payments.status;

-- first_planned
SELECT min(notifications.not_before) AS min_1
FROM notifications
WHERE notifications.status = :status;

-- lapsed_fees
SELECT count(*) AS count_1, min(payments.claimed_until) AS min_1
FROM payments
WHERE payments.type = :type AND payments.status = :status AND payments.claimed_until <= :claimed_until;

-- lapsed_texts
SELECT count(*) AS count_1, min(notifications.claimed_until) AS min_1
FROM notifications
WHERE notifications.status = :status AND notifications.claimed_until <= :claimed_until;

-- texts_of_run
SELECT count(*) AS count_1
FROM notifications
WHERE notifications.run_id = :run AND notifications.kind = :its_kind AND notifications.status = :status;

-- waiting_texts
SELECT count(*) AS count_1, min(notifications.not_before) AS min_1
FROM notifications
WHERE notifications.status = :status AND notifications.not_before <= :not_before AND notifications.useful_until >
    :useful_until;
