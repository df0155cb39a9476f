-- count
SELECT payments.status, count(*) AS count_1
FROM payments
WHERE payments.type = :type::VARCHAR AND payments.status IN (:status, ...) GROUP BY payments.status;

-- latest
SELECT payments.id, payments.owner_id, payments.tenant_id, payments.appointment_id, payments.visit_on, payments.amount,
    payments.currency, payments.status, payments.offence_number, payments.attempts, payments.due_at,
    payments.next_attempt_at, payments.failure_code, payments.description, tenants.subdomain, tenants.business_name,
    tenants.timezone
FROM payments JOIN tenants ON tenants.id = payments.tenant_id
WHERE payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND tenants.subdomain = :subdomain::VARCHAR
    ORDER BY payments.visit_on DESC, payments.id
LIMIT :param::INTEGER OFFSET :param::INTEGER;

-- listed
SELECT payments.id, payments.owner_id, payments.tenant_id, payments.appointment_id, payments.visit_on, payments.amount,
    payments.currency, payments.status, payments.offence_number, payments.attempts, payments.due_at,
    payments.next_attempt_at, payments.failure_code, payments.description, tenants.subdomain, tenants.business_name,
    tenants.timezone
FROM payments JOIN tenants ON tenants.id = payments.tenant_id
WHERE payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND payments.id IN (:id, ...) AND
    payments.tenant_id IN (:tenant_id, ...) AND (EXISTS (SELECT *
FROM decisions
WHERE decisions.subject_id = payments.appointment_id AND decisions.kind = :kind::VARCHAR AND decisions.run_id =
    :run_id::UUID)) ORDER BY payments.visit_on, tenants.subdomain, payments.id;

-- owner_names
SELECT owners.id, owners.first_name, owners.last_name
FROM owners
WHERE owners.id IN (:id, ...);

-- pet_names
SELECT appointment_pets.appointment_id, pets.name
FROM appointment_pets JOIN pets ON pets.id = appointment_pets.pet_id
WHERE appointment_pets.appointment_id IN (:appointment_id, ...) ORDER BY pets.created_at, pets.name;

-- refunded
SELECT fee_actions.payment_id, sum(fee_actions.amount) AS sum_1
FROM fee_actions
WHERE fee_actions.payment_id IN (:payment_id, ...) AND fee_actions.action = :action::VARCHAR AND fee_actions.outcome =
    :outcome::VARCHAR GROUP BY fee_actions.payment_id;
