-- agreements
SELECT chosen.tenant_id, chosen.period, count(*) AS count_1
FROM (SELECT consent_events.tenant_id AS tenant_id, CASE WHEN (consent_events.happened_at >= :middle) THEN :param ELSE
    :param END AS period
FROM consent_events
WHERE consent_events.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND consent_events.happened_at >= :since AND consent_events.happened_at < :until AND
    consent_events.given = :given) AS chosen GROUP BY chosen.tenant_id, chosen.period;

-- blocked_numbers
SELECT chosen.tenant_id, chosen.period, count(*) AS count_1
FROM (SELECT phone_blocks.tenant_id AS tenant_id, CASE WHEN (phone_blocks.created_at >= :middle) THEN :param ELSE :param
    END AS period
FROM phone_blocks
WHERE phone_blocks.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND phone_blocks.created_at >= :since AND phone_blocks.created_at < :until) AS chosen GROUP
    BY chosen.tenant_id, chosen.period;

-- expiring
SELECT vaccination_records.expiry_date, vaccination_records.type, count(*) AS count_1
FROM vaccination_records JOIN pets ON pets.id = vaccination_records.pet_id AND pets.tenant_id =
    vaccination_records.tenant_id AND pets.deleted_at IS NULL AND (pets.is_active IS NULL OR pets.is_active = 1) AND NOT
    (pets.is_deceased IS NOT NULL AND pets.is_deceased = 1)
WHERE vaccination_records.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND vaccination_records.expiry_date BETWEEN :first AND :last AND
    vaccination_records.deleted_at IS NULL AND NOT (EXISTS (SELECT newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type OR lower(replace(coalesce(newer.name, :coalesce), :replace, :replace)) =
    lower(replace(coalesce(vaccination_records.name, :coalesce), :replace, :replace))) OR newer.type = :type AND
    vaccination_records.type IN (:type, ...)) AND (coalesce(newer.administered_date, :coalesce) >
    coalesce(vaccination_records.administered_date, :coalesce) OR coalesce(newer.administered_date, :coalesce) =
    coalesce(vaccination_records.administered_date, :coalesce) AND (newer.expiry_date > vaccination_records.expiry_date
    OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at > vaccination_records.created_at OR
    newer.created_at = vaccination_records.created_at AND newer.id > vaccination_records.id))))) GROUP BY
    vaccination_records.expiry_date, vaccination_records.type;

-- fees
SELECT chosen.tenant_id, chosen.currency, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.amount AS
    BIGINT)), :coalesce) AS BIGINT) AS coalesce_1, CAST(coalesce(sum(CAST(chosen.unreadable AS BIGINT)), :coalesce) AS
    BIGINT) AS coalesce_3
FROM (SELECT payments.tenant_id AS tenant_id, payments.currency AS currency, CASE WHEN (fee_actions.created_at >=
    :middle) THEN :param ELSE :param END AS period, CASE WHEN (coalesce(fee_actions.amount, payments.amount) BETWEEN
    :param AND :param) THEN coalesce(fee_actions.amount, payments.amount) ELSE :param END AS amount, CASE WHEN
    (coalesce(fee_actions.amount, payments.amount) BETWEEN :param AND :param) THEN :param ELSE :param END AS unreadable
FROM payments, fee_actions
WHERE fee_actions.created_at >= :since AND fee_actions.created_at < :until AND payments.type = :type AND
    payments.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND fee_actions.action = :action AND fee_actions.outcome = :outcome AND
    fee_actions.payment_id = payments.id) AS chosen GROUP BY chosen.tenant_id, chosen.currency, chosen.period;
SELECT chosen.tenant_id, chosen.currency, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.amount AS
    BIGINT)), :coalesce) AS BIGINT) AS coalesce_1, CAST(coalesce(sum(CAST(chosen.unreadable AS BIGINT)), :coalesce) AS
    BIGINT) AS coalesce_3
FROM (SELECT payments.tenant_id AS tenant_id, payments.currency AS currency, CASE WHEN (fee_actions.created_at >=
    :middle) THEN :param ELSE :param END AS period, CASE WHEN (payments.amount BETWEEN :param AND :param) THEN
    payments.amount ELSE :param END AS amount, CASE WHEN (payments.amount BETWEEN :param AND :param) THEN :param ELSE
    :param END AS unreadable
FROM payments, fee_actions
WHERE fee_actions.created_at >= :since AND fee_actions.created_at < :until AND payments.type = :type AND
    payments.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND fee_actions.action = :action AND payments.status = :status AND fee_actions.payment_id =
    payments.id) AS chosen GROUP BY chosen.tenant_id, chosen.currency, chosen.period;
SELECT chosen.tenant_id, chosen.currency, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.amount AS
    BIGINT)), :coalesce) AS BIGINT) AS coalesce_1, CAST(coalesce(sum(CAST(chosen.unreadable AS BIGINT)), :coalesce) AS
    BIGINT) AS coalesce_3
FROM (SELECT payments.tenant_id AS tenant_id, payments.currency AS currency, CASE WHEN (payments.created_at >= :middle)
    THEN :param ELSE :param END AS period, CASE WHEN (payments.amount BETWEEN :param AND :param) THEN payments.amount
    ELSE :param END AS amount, CASE WHEN (payments.amount BETWEEN :param AND :param) THEN :param ELSE :param END AS
    unreadable
FROM payments
WHERE payments.created_at >= :since AND payments.created_at < :until AND payments.type = :type AND payments.tenant_id IN
    (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND payments.status != :status AND (payments.failure_code IS NULL OR NOT (payments.status =
    :status AND payments.failure_code IN (:failure_code, ...)))) AS chosen GROUP BY chosen.tenant_id, chosen.currency,
    chosen.period;
SELECT chosen.tenant_id, chosen.currency, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.amount AS
    BIGINT)), :coalesce) AS BIGINT) AS coalesce_1, CAST(coalesce(sum(CAST(chosen.unreadable AS BIGINT)), :coalesce) AS
    BIGINT) AS coalesce_3
FROM (SELECT payments.tenant_id AS tenant_id, payments.currency AS currency, CASE WHEN (payments.succeeded_at >=
    :middle) THEN :param ELSE :param END AS period, CASE WHEN (payments.amount BETWEEN :param AND :param) THEN
    payments.amount ELSE :param END AS amount, CASE WHEN (payments.amount BETWEEN :param AND :param) THEN :param ELSE
    :param END AS unreadable
FROM payments
WHERE payments.succeeded_at >= :since AND payments.succeeded_at < :until AND payments.type = :type AND
    payments.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND payments.status IN (:status, ...)) AS chosen GROUP BY chosen.tenant_id, chosen.currency,
    chosen.period;

-- pets_by_status
SELECT coalesce(pets.vaccination_status, :coalesce) AS coalesce_1, count(*) AS count_1
FROM pets
WHERE pets.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND pets.deleted_at IS NULL AND (pets.is_active IS NULL OR pets.is_active = 1) AND NOT
    (pets.is_deceased IS NOT NULL AND pets.is_deceased = 1) GROUP BY coalesce(pets.vaccination_status, :coalesce);

-- scores
SELECT coalesce(owners.reputation_score, :coalesce) AS coalesce_1, count(*) AS count_1
FROM owners
WHERE owners.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND (owners.is_active IS NULL OR owners.is_active = 1) AND owners.deleted_at IS NULL GROUP
    BY coalesce(owners.reputation_score, :coalesce);

-- withdrawals
SELECT chosen.tenant_id, chosen.period, count(*) AS count_1
FROM (SELECT consent_events.tenant_id AS tenant_id, CASE WHEN (consent_events.happened_at >= :middle) THEN :param ELSE
    :param END AS period
FROM consent_events
WHERE consent_events.tenant_id IN (SELECT CAST(value AS UNIQUEIDENTIFIER) AS value
FROM openjson(:tenant_ids)) AND consent_events.happened_at >= :since AND consent_events.happened_at < :until AND
    consent_events.given = :given) AS chosen GROUP BY chosen.tenant_id, chosen.period;
