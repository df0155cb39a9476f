-- listed
SELECT payments.id, payments.tenant_id, payments.owner_id, payments.appointment_id, payments.type, payments.method,
    payments.status, payments.amount, payments.currency, payments.offence_number, payments.visit_on,
    payments.description, payments.policy, payments.stripe_payment_intent_id, payments.failure_code,
    payments.failure_message, payments.attempts, payments.due_at, payments.next_attempt_at, payments.claimed_by,
    payments.claimed_until, payments.succeeded_at, payments.created_at, payments.updated_at, tenants.subdomain
FROM payments JOIN tenants ON tenants.id = payments.tenant_id
WHERE payments.type = :type::VARCHAR AND payments.status IN (:status, ...) AND payments.id IN (:id, ...) AND (EXISTS
    (SELECT *
FROM decisions
WHERE decisions.subject_id = payments.appointment_id AND decisions.kind = :kind::VARCHAR AND decisions.run_id =
    :run_id::UUID)) ORDER BY payments.visit_on, tenants.subdomain, payments.id;
