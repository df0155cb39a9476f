-- agreements
SELECT chosen.tenant_id, chosen.period, count(*) AS count_1
FROM (SELECT consent_events.tenant_id AS tenant_id, CASE WHEN (consent_events.happened_at >= :middle::TIMESTAMP WITH
    TIME ZONE) THEN :param::INTEGER ELSE :param::INTEGER END AS period
FROM consent_events
WHERE consent_events.tenant_id = ANY (:tenant_ids::UUID[]) AND consent_events.happened_at >= :since::TIMESTAMP WITH TIME
    ZONE AND consent_events.happened_at < :until::TIMESTAMP WITH TIME ZONE AND consent_events.given = :given) AS chosen
    GROUP BY chosen.tenant_id, chosen.period;

-- blocked_numbers
SELECT chosen.tenant_id, chosen.period, count(*) AS count_1
FROM (SELECT phone_blocks.tenant_id AS tenant_id, CASE WHEN (phone_blocks.created_at >= :middle::TIMESTAMP WITH TIME
    ZONE) THEN :param::INTEGER ELSE :param::INTEGER END AS period
FROM phone_blocks
WHERE phone_blocks.tenant_id = ANY (:tenant_ids::UUID[]) AND phone_blocks.created_at >= :since::TIMESTAMP WITH TIME ZONE
    AND phone_blocks.created_at < :until::TIMESTAMP WITH TIME ZONE) AS chosen GROUP BY chosen.tenant_id, chosen.period;

-- expiring
SELECT vaccination_records.expiry_date, vaccination_records.type, count(*) AS count_1
FROM vaccination_records JOIN pets ON pets.id = vaccination_records.pet_id AND pets.tenant_id =
    vaccination_records.tenant_id AND pets.deleted_at IS NULL AND (pets.is_active IS NULL OR pets.is_active) AND NOT
    (pets.is_deceased IS NOT NULL AND pets.is_deceased)
WHERE vaccination_records.tenant_id = ANY (:tenant_ids::UUID[]) AND vaccination_records.expiry_date BETWEEN :first::DATE
    AND :last::DATE AND vaccination_records.deleted_at IS NULL AND NOT (EXISTS (SELECT newer.id
FROM vaccination_records AS newer
WHERE newer.pet_id = vaccination_records.pet_id AND newer.tenant_id = vaccination_records.tenant_id AND newer.deleted_at
    IS NULL AND newer.expiry_date <= :expiry_date::DATE AND (newer.type = vaccination_records.type AND
    (vaccination_records.type != :type::VARCHAR OR lower(replace(coalesce(newer.name, :coalesce::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR)) = lower(replace(coalesce(vaccination_records.name, :coalesce::VARCHAR),
    :replace::VARCHAR, :replace::VARCHAR))) OR newer.type = :type::VARCHAR AND vaccination_records.type IN (:type, ...))
    AND (coalesce(newer.administered_date, :coalesce::DATE) > coalesce(vaccination_records.administered_date,
    :coalesce::DATE) OR coalesce(newer.administered_date, :coalesce::DATE) =
    coalesce(vaccination_records.administered_date, :coalesce::DATE) AND (newer.expiry_date >
    vaccination_records.expiry_date OR newer.expiry_date = vaccination_records.expiry_date AND (newer.created_at >
    vaccination_records.created_at OR newer.created_at = vaccination_records.created_at AND newer.id >
    vaccination_records.id))))) GROUP BY vaccination_records.expiry_date, vaccination_records.type;

-- fees
SELECT chosen.tenant_id, chosen.currency, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.amount AS
    BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_1, CAST(coalesce(sum(CAST(chosen.unreadable AS BIGINT)),
    :coalesce::INTEGER) AS BIGINT) AS coalesce_3
FROM (SELECT payments.tenant_id AS tenant_id, payments.currency AS currency, CASE WHEN (fee_actions.created_at >=
    :middle::TIMESTAMP WITH TIME ZONE) THEN :param::INTEGER ELSE :param::INTEGER END AS period, CASE WHEN
    (coalesce(fee_actions.amount, payments.amount) BETWEEN :param::BIGINT AND :param::BIGINT) THEN
    coalesce(fee_actions.amount, payments.amount) ELSE :param::INTEGER END AS amount, CASE WHEN
    (coalesce(fee_actions.amount, payments.amount) BETWEEN :param::BIGINT AND :param::BIGINT) THEN :param::INTEGER ELSE
    :param::INTEGER END AS unreadable
FROM payments, fee_actions
WHERE fee_actions.created_at >= :since::TIMESTAMP WITH TIME ZONE AND fee_actions.created_at < :until::TIMESTAMP WITH
    TIME ZONE AND payments.type = :type::VARCHAR AND payments.tenant_id = ANY (:tenant_ids::UUID[]) AND
    fee_actions.action = :action::VARCHAR AND fee_actions.outcome = :outcome::VARCHAR AND fee_actions.payment_id =
    payments.id) AS chosen GROUP BY chosen.tenant_id, chosen.currency, chosen.period;
SELECT chosen.tenant_id, chosen.currency, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.amount AS
    BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_1, CAST(coalesce(sum(CAST(chosen.unreadable AS BIGINT)),
    :coalesce::INTEGER) AS BIGINT) AS coalesce_3
FROM (SELECT payments.tenant_id AS tenant_id, payments.currency AS currency, CASE WHEN (fee_actions.created_at >=
    :middle::TIMESTAMP WITH TIME ZONE) THEN :param::INTEGER ELSE :param::INTEGER END AS period, CASE WHEN
    (payments.amount BETWEEN :param::BIGINT AND :param::BIGINT) THEN payments.amount ELSE :param::INTEGER END AS amount,
    CASE WHEN (payments.amount BETWEEN :param::BIGINT AND :param::BIGINT) THEN :param::INTEGER ELSE :param::INTEGER END
    AS unreadable
FROM payments, fee_actions
WHERE fee_actions.created_at >= :since::TIMESTAMP WITH TIME ZONE AND fee_actions.created_at < :until::TIMESTAMP WITH
    TIME ZONE AND payments.type = :type::VARCHAR AND payments.tenant_id = ANY (:tenant_ids::UUID[]) AND
    fee_actions.action = :action::VARCHAR AND payments.status = :status::VARCHAR AND fee_actions.payment_id =
    payments.id) AS chosen GROUP BY chosen.tenant_id, chosen.currency, chosen.period;
SELECT chosen.tenant_id, chosen.currency, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.amount AS
    BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_1, CAST(coalesce(sum(CAST(chosen.unreadable AS BIGINT)),
    :coalesce::INTEGER) AS BIGINT) AS coalesce_3
FROM (SELECT payments.tenant_id AS tenant_id, payments.currency AS currency, CASE WHEN (payments.created_at >=
    :middle::TIMESTAMP WITH TIME ZONE) THEN :param::INTEGER ELSE :param::INTEGER END AS period, CASE WHEN
    (payments.amount BETWEEN :param::BIGINT AND :param::BIGINT) THEN payments.amount ELSE :param::INTEGER END AS amount,
    CASE WHEN (payments.amount BETWEEN :param::BIGINT AND :param::BIGINT) THEN :param::INTEGER ELSE :param::INTEGER END
    AS unreadable
FROM payments
WHERE payments.created_at >= :since::TIMESTAMP WITH TIME ZONE AND payments.created_at < :until::TIMESTAMP WITH TIME ZONE
    AND payments.type = :type::VARCHAR AND payments.tenant_id = ANY (:tenant_ids::UUID[]) AND payments.status !=
    :status::VARCHAR AND (payments.failure_code IS NULL OR NOT (payments.status = :status::VARCHAR AND
    payments.failure_code IN (:failure_code, ...)))) AS chosen GROUP BY chosen.tenant_id, chosen.currency, chosen.period;
SELECT chosen.tenant_id, chosen.currency, chosen.period, count(*) AS count_1, CAST(coalesce(sum(CAST(chosen.amount AS
    BIGINT)), :coalesce::INTEGER) AS BIGINT) AS coalesce_1, CAST(coalesce(sum(CAST(chosen.unreadable AS BIGINT)),
    :coalesce::INTEGER) AS BIGINT) AS coalesce_3
FROM (SELECT payments.tenant_id AS tenant_id, payments.currency AS currency, CASE WHEN (payments.succeeded_at >=
    :middle::TIMESTAMP WITH TIME ZONE) THEN :param::INTEGER ELSE :param::INTEGER END AS period, CASE WHEN
    (payments.amount BETWEEN :param::BIGINT AND :param::BIGINT) THEN payments.amount ELSE :param::INTEGER END AS amount,
    CASE WHEN (payments.amount BETWEEN :param::BIGINT AND :param::BIGINT) THEN :param::INTEGER ELSE :param::INTEGER END
    AS unreadable
FROM payments
WHERE payments.succeeded_at >= :since::TIMESTAMP WITH TIME ZONE AND payments.succeeded_at < :until::TIMESTAMP WITH TIME
    ZONE AND payments.type = :type::VARCHAR AND payments.tenant_id = ANY (:tenant_ids::UUID[]) AND payments.status IN
    (:status, ...)) AS chosen GROUP BY chosen.tenant_id, chosen.currency, chosen.period;

-- pets_by_status
SELECT coalesce(pets.vaccination_status, :coalesce::VARCHAR) AS coalesce_1, count(*) AS count_1
FROM pets
WHERE pets.tenant_id = ANY (:tenant_ids::UUID[]) AND pets.deleted_at IS NULL AND (pets.is_active IS NULL OR
    pets.is_active) AND NOT (pets.is_deceased IS NOT NULL AND pets.is_deceased) GROUP BY
    coalesce(pets.vaccination_status, :coalesce::VARCHAR);

-- scores
SELECT coalesce(owners.reputation_score, :coalesce::INTEGER) AS coalesce_1, count(*) AS count_1
FROM owners
WHERE owners.tenant_id = ANY (:tenant_ids::UUID[]) AND (owners.is_active IS NULL OR owners.is_active) AND
    owners.deleted_at IS NULL GROUP BY coalesce(owners.reputation_score, :coalesce::INTEGER);

-- withdrawals
SELECT chosen.tenant_id, chosen.period, count(*) AS count_1
FROM (SELECT consent_events.tenant_id AS tenant_id, CASE WHEN (consent_events.happened_at >= :middle::TIMESTAMP WITH
    TIME ZONE) THEN :param::INTEGER ELSE :param::INTEGER END AS period
FROM consent_events
WHERE consent_events.tenant_id = ANY (:tenant_ids::UUID[]) AND consent_events.happened_at >= :since::TIMESTAMP WITH TIME
    ZONE AND consent_events.happened_at < :until::TIMESTAMP WITH TIME ZONE AND consent_events.given = :given) AS chosen
    GROUP BY chosen.tenant_id, chosen.period;
