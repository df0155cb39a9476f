BEGIN TRANSACTION;

CREATE TABLE petcare_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT petcare_version_pkc PRIMARY KEY (version_num)
);

GO

-- Running upgrade  -> 0001

CREATE TABLE tenants (
    id UNIQUEIDENTIFIER NOT NULL,
    business_name NVARCHAR(200) NOT NULL,
    subdomain VARCHAR(100) NOT NULL,
    email NVARCHAR(254) NULL,
    phone VARCHAR(40) NULL,
    address_line1 NVARCHAR(200) NULL,
    address_line2 NVARCHAR(200) NULL,
    city NVARCHAR(100) NULL,
    state NVARCHAR(100) NULL,
    zip_code VARCHAR(20) NULL,
    timezone VARCHAR(64) NULL DEFAULT 'America/New_York',
    currency VARCHAR(3) NOT NULL DEFAULT 'USD',
    status VARCHAR(20) NOT NULL DEFAULT 'trial',
    is_active BIT NOT NULL DEFAULT 1,
    settings NTEXT NULL,
    created_at DATETIMEOFFSET NOT NULL DEFAULT SYSDATETIMEOFFSET(),
    updated_at DATETIMEOFFSET NULL,
    deleted_at DATETIMEOFFSET NULL,
    CONSTRAINT pk_tenants PRIMARY KEY (id),
    CONSTRAINT ck_tenants_status CHECK (status IN ('trial', 'active', 'suspended', 'inactive')),
    CONSTRAINT uq_tenants_subdomain UNIQUE (subdomain)
);

GO

CREATE TABLE owners (
    id UNIQUEIDENTIFIER NOT NULL,
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    first_name NVARCHAR(100) NULL,
    last_name NVARCHAR(100) NULL,
    email NVARCHAR(254) NULL,
    phone VARCHAR(40) NULL,
    sms_opted_in BIT NOT NULL DEFAULT 1,
    language VARCHAR(10) NULL DEFAULT 'en',
    stripe_customer_id VARCHAR(255) NULL,
    has_payment_method BIT NOT NULL DEFAULT 0,
    is_active BIT NOT NULL DEFAULT 1,
    no_show_count INTEGER NOT NULL DEFAULT 0,
    late_cancellation_count INTEGER NOT NULL DEFAULT 0,
    completed_appointment_count INTEGER NOT NULL DEFAULT 0,
    reputation_score SMALLINT NOT NULL DEFAULT 100,
    last_reputation_update DATETIMEOFFSET NULL,
    created_at DATETIMEOFFSET NOT NULL DEFAULT SYSDATETIMEOFFSET(),
    updated_at DATETIMEOFFSET NULL,
    deleted_at DATETIMEOFFSET NULL,
    CONSTRAINT pk_owners PRIMARY KEY (id),
    CONSTRAINT ck_owners_reputation_score CHECK (reputation_score BETWEEN 0 AND 100),
    CONSTRAINT fk_owners_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

GO

CREATE TABLE pets (
    id UNIQUEIDENTIFIER NOT NULL,
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    owner_id UNIQUEIDENTIFIER NOT NULL,
    name NVARCHAR(100) NULL,
    species VARCHAR(40) NULL,
    breed NVARCHAR(100) NULL,
    date_of_birth DATE NULL,
    vaccination_status VARCHAR(20) NOT NULL DEFAULT 'unknown',
    vaccination_expires_at DATE NULL,
    is_active BIT NOT NULL DEFAULT 1,
    is_deceased BIT NOT NULL DEFAULT 0,
    created_at DATETIMEOFFSET NOT NULL DEFAULT SYSDATETIMEOFFSET(),
    updated_at DATETIMEOFFSET NULL,
    deleted_at DATETIMEOFFSET NULL,
    CONSTRAINT pk_pets PRIMARY KEY (id),
    CONSTRAINT ck_pets_vaccination_status CHECK (vaccination_status IN ('current', 'expiring_soon', 'expired', 'unknown')),
    CONSTRAINT fk_pets_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_pets_owner_id FOREIGN KEY(owner_id) REFERENCES owners (id)
);

GO

CREATE TABLE services (
    id UNIQUEIDENTIFIER NOT NULL,
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    name NVARCHAR(200) NOT NULL,
    price INTEGER NULL,
    duration_minutes INTEGER NULL,
    is_active BIT NOT NULL DEFAULT 1,
    created_at DATETIMEOFFSET NOT NULL DEFAULT SYSDATETIMEOFFSET(),
    updated_at DATETIMEOFFSET NULL,
    deleted_at DATETIMEOFFSET NULL,
    CONSTRAINT pk_services PRIMARY KEY (id),
    CONSTRAINT fk_services_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

GO

CREATE TABLE appointments (
    id UNIQUEIDENTIFIER NOT NULL,
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    owner_id UNIQUEIDENTIFIER NOT NULL,
    service_id UNIQUEIDENTIFIER NULL,
    scheduled_start DATETIMEOFFSET NOT NULL,
    scheduled_end DATETIMEOFFSET NOT NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'pending',
    arrived_at DATETIMEOFFSET NULL,
    actual_start DATETIMEOFFSET NULL,
    cancelled_at DATETIMEOFFSET NULL,
    cancelled_by VARCHAR(10) NULL,
    total_amount INTEGER NULL,
    deposit_paid INTEGER NULL,
    no_show_fee_charged INTEGER NULL,
    created_at DATETIMEOFFSET NOT NULL DEFAULT SYSDATETIMEOFFSET(),
    updated_at DATETIMEOFFSET NULL,
    deleted_at DATETIMEOFFSET NULL,
    CONSTRAINT pk_appointments PRIMARY KEY (id),
    CONSTRAINT ck_appointments_status CHECK (status IN ('pending', 'confirmed', 'in_progress', 'completed', 'cancelled', 'no_show')),
    CONSTRAINT ck_appointments_cancelled_by CHECK (cancelled_by IN ('owner', 'staff', 'system')),
    CONSTRAINT fk_appointments_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_appointments_owner_id FOREIGN KEY(owner_id) REFERENCES owners (id),
    CONSTRAINT fk_appointments_service_id FOREIGN KEY(service_id) REFERENCES services (id)
);

GO

CREATE TABLE appointment_pets (
    appointment_id UNIQUEIDENTIFIER NOT NULL,
    pet_id UNIQUEIDENTIFIER NOT NULL,
    CONSTRAINT pk_appointment_pets PRIMARY KEY (appointment_id, pet_id),
    CONSTRAINT fk_appointment_pets_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointments (id),
    CONSTRAINT fk_appointment_pets_pet_id FOREIGN KEY(pet_id) REFERENCES pets (id)
);

GO

CREATE TABLE vaccination_records (
    id UNIQUEIDENTIFIER NOT NULL,
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    pet_id UNIQUEIDENTIFIER NOT NULL,
    type VARCHAR(20) NOT NULL,
    name NVARCHAR(200) NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'unknown',
    administered_date DATE NULL,
    expiry_date DATE NULL,
    created_at DATETIMEOFFSET NOT NULL DEFAULT SYSDATETIMEOFFSET(),
    updated_at DATETIMEOFFSET NULL,
    deleted_at DATETIMEOFFSET NULL,
    CONSTRAINT pk_vaccination_records PRIMARY KEY (id),
    CONSTRAINT ck_vaccination_records_type CHECK (type IN ('rabies', 'distemper', 'parvo', 'bordetella', 'leukemia', 'lyme', 'dhpp', 'fvrcp', 'leptospirosis', 'influenza', 'other')),
    CONSTRAINT ck_vaccination_records_status CHECK (status IN ('current', 'expiring_soon', 'expired', 'unknown')),
    CONSTRAINT fk_vaccination_records_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
    CONSTRAINT fk_vaccination_records_pet_id FOREIGN KEY(pet_id) REFERENCES pets (id)
);

GO

CREATE TABLE payments (
    id UNIQUEIDENTIFIER NOT NULL,
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    owner_id UNIQUEIDENTIFIER NOT NULL,
    appointment_id UNIQUEIDENTIFIER NULL,
    type VARCHAR(20) NOT NULL,
    method VARCHAR(20) NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'pending',
    amount INTEGER NOT NULL,
    currency VARCHAR(3) NOT NULL,
    offence_number INTEGER NULL,
    visit_on DATE NULL,
    description NVARCHAR(500) NULL,
    policy NVARCHAR(max) NULL,
    stripe_payment_intent_id VARCHAR(255) NULL,
    failure_code VARCHAR(100) NULL,
    failure_message NVARCHAR(500) NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at DATETIMEOFFSET NULL,
    next_attempt_at DATETIMEOFFSET NULL,
    claimed_by VARCHAR(64) NULL,
    claimed_until DATETIMEOFFSET NULL,
    succeeded_at DATETIMEOFFSET NULL,
    created_at DATETIMEOFFSET NOT NULL DEFAULT SYSDATETIMEOFFSET(),
    updated_at DATETIMEOFFSET NULL,
    CONSTRAINT pk_payments PRIMARY KEY (id),
    CONSTRAINT ck_payments_type CHECK (type IN ('no_show_fee', 'deposit', 'full_payment', 'tip', 'refund', 'other')),
    CONSTRAINT ck_payments_status CHECK (status IN ('pending', 'processing', 'succeeded', 'failed', 'requires_action', 'needs_refund', 'cancelled', 'waived', 'refunded'))
);

GO

INSERT INTO petcare_version (version_num) OUTPUT inserted.version_num VALUES ('0001');

GO

COMMIT;

GO

BEGIN TRANSACTION;

-- Running upgrade 0001 -> 0002

SET LOCK_TIMEOUT 3000;

GO

IF OBJECT_ID('payments') IS NULL CREATE TABLE payments ( id UNIQUEIDENTIFIER NOT NULL, tenant_id UNIQUEIDENTIFIER NOT NULL, owner_id UNIQUEIDENTIFIER NOT NULL, appointment_id UNIQUEIDENTIFIER NULL, type VARCHAR(20) NOT NULL, method VARCHAR(20) NULL, status VARCHAR(20) NOT NULL DEFAULT 'pending', amount INTEGER NOT NULL, currency VARCHAR(3) NOT NULL, offence_number INTEGER NULL, visit_on DATE NULL, description NVARCHAR(500) NULL, policy NVARCHAR(max) NULL, stripe_payment_intent_id VARCHAR(255) NULL, failure_code VARCHAR(100) NULL, failure_message NVARCHAR(500) NULL, attempts INTEGER NOT NULL DEFAULT 0, due_at DATETIMEOFFSET NULL, next_attempt_at DATETIMEOFFSET NULL, claimed_by VARCHAR(64) NULL, claimed_until DATETIMEOFFSET NULL, succeeded_at DATETIMEOFFSET NULL, created_at DATETIMEOFFSET NOT NULL DEFAULT SYSDATETIMEOFFSET(), updated_at DATETIMEOFFSET NULL, CONSTRAINT pk_payments PRIMARY KEY (id), CONSTRAINT ck_payments_type CHECK (type IN ('no_show_fee', 'deposit', 'full_payment', 'tip', 'refund', 'other')), CONSTRAINT ck_payments_status CHECK (status IN ('pending', 'processing', 'succeeded', 'failed', 'requires_action', 'needs_refund', 'cancelled', 'waived', 'refunded')) );

GO

IF OBJECT_ID('owners', 'U') IS NOT NULL AND COL_LENGTH('owners', 'sms_opted_in') IS NULL ALTER TABLE owners ADD sms_opted_in BIT NOT NULL DEFAULT 1;

GO

IF OBJECT_ID('owners', 'U') IS NOT NULL AND COL_LENGTH('owners', 'no_show_count') IS NULL ALTER TABLE owners ADD no_show_count INTEGER NOT NULL DEFAULT 0;

GO

IF OBJECT_ID('owners', 'U') IS NOT NULL AND COL_LENGTH('owners', 'reputation_score') IS NULL BEGIN
ALTER TABLE owners ADD reputation_score SMALLINT NOT NULL DEFAULT 100;
EXEC('ALTER TABLE owners WITH NOCHECK ADD CONSTRAINT ck_owners_reputation_score CHECK (reputation_score BETWEEN 0 AND 100)');
END;

GO

IF OBJECT_ID('owners', 'U') IS NOT NULL AND COL_LENGTH('owners', 'last_reputation_update') IS NULL ALTER TABLE owners ADD last_reputation_update DATETIMEOFFSET NULL;

GO

IF OBJECT_ID('owners', 'U') IS NOT NULL AND COL_LENGTH('owners', 'updated_at') IS NULL ALTER TABLE owners ADD updated_at DATETIMEOFFSET NULL;

GO

IF OBJECT_ID('pets', 'U') IS NOT NULL AND COL_LENGTH('pets', 'vaccination_status') IS NULL BEGIN
ALTER TABLE pets ADD vaccination_status VARCHAR(20) NOT NULL DEFAULT 'unknown';
EXEC('ALTER TABLE pets WITH NOCHECK ADD CONSTRAINT ck_pets_vaccination_status CHECK (vaccination_status IN (''current'', ''expiring_soon'', ''expired'', ''unknown''))');
END;

GO

IF OBJECT_ID('pets', 'U') IS NOT NULL AND COL_LENGTH('pets', 'vaccination_expires_at') IS NULL ALTER TABLE pets ADD vaccination_expires_at DATE NULL;

GO

IF OBJECT_ID('pets', 'U') IS NOT NULL AND COL_LENGTH('pets', 'updated_at') IS NULL ALTER TABLE pets ADD updated_at DATETIMEOFFSET NULL;

GO

IF OBJECT_ID('appointments', 'U') IS NOT NULL AND COL_LENGTH('appointments', 'status') IS NULL BEGIN
ALTER TABLE appointments ADD status VARCHAR(20) NOT NULL DEFAULT 'pending';
EXEC('ALTER TABLE appointments WITH NOCHECK ADD CONSTRAINT ck_appointments_status CHECK (status IN (''pending'', ''confirmed'', ''in_progress'', ''completed'', ''cancelled'', ''no_show''))');
END;

GO

IF OBJECT_ID('appointments', 'U') IS NOT NULL AND COL_LENGTH('appointments', 'no_show_fee_charged') IS NULL ALTER TABLE appointments ADD no_show_fee_charged INTEGER NULL;

GO

IF OBJECT_ID('appointments', 'U') IS NOT NULL AND COL_LENGTH('appointments', 'updated_at') IS NULL ALTER TABLE appointments ADD updated_at DATETIMEOFFSET NULL;

GO

IF OBJECT_ID('vaccination_records', 'U') IS NOT NULL AND COL_LENGTH('vaccination_records', 'status') IS NULL BEGIN
ALTER TABLE vaccination_records ADD status VARCHAR(20) NOT NULL DEFAULT 'unknown';
EXEC('ALTER TABLE vaccination_records WITH NOCHECK ADD CONSTRAINT ck_vaccination_records_status CHECK (status IN (''current'', ''expiring_soon'', ''expired'', ''unknown''))');
END;

GO

IF OBJECT_ID('vaccination_records', 'U') IS NOT NULL AND COL_LENGTH('vaccination_records', 'updated_at') IS NULL ALTER TABLE vaccination_records ADD updated_at DATETIMEOFFSET NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'method') IS NULL ALTER TABLE payments ADD method VARCHAR(20) NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'status') IS NULL BEGIN
ALTER TABLE payments ADD status VARCHAR(20) NOT NULL DEFAULT 'pending';
EXEC('ALTER TABLE payments WITH NOCHECK ADD CONSTRAINT ck_payments_status CHECK (status IN (''pending'', ''processing'', ''succeeded'', ''failed'', ''requires_action'', ''needs_refund'', ''cancelled'', ''waived'', ''refunded''))');
END;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'offence_number') IS NULL ALTER TABLE payments ADD offence_number INTEGER NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'visit_on') IS NULL ALTER TABLE payments ADD visit_on DATE NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'description') IS NULL ALTER TABLE payments ADD description NVARCHAR(500) NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'policy') IS NULL ALTER TABLE payments ADD policy NVARCHAR(max) NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'stripe_payment_intent_id') IS NULL ALTER TABLE payments ADD stripe_payment_intent_id VARCHAR(255) NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'failure_code') IS NULL ALTER TABLE payments ADD failure_code VARCHAR(100) NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'failure_message') IS NULL ALTER TABLE payments ADD failure_message NVARCHAR(500) NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'attempts') IS NULL ALTER TABLE payments ADD attempts INTEGER NOT NULL DEFAULT 0;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'due_at') IS NULL ALTER TABLE payments ADD due_at DATETIMEOFFSET NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'next_attempt_at') IS NULL ALTER TABLE payments ADD next_attempt_at DATETIMEOFFSET NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'claimed_by') IS NULL ALTER TABLE payments ADD claimed_by VARCHAR(64) NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'claimed_until') IS NULL ALTER TABLE payments ADD claimed_until DATETIMEOFFSET NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'succeeded_at') IS NULL ALTER TABLE payments ADD succeeded_at DATETIMEOFFSET NULL;

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL AND COL_LENGTH('payments', 'updated_at') IS NULL ALTER TABLE payments ADD updated_at DATETIMEOFFSET NULL;

GO

COMMIT;

GO

SET LOCK_TIMEOUT -1;

GO

IF OBJECT_ID('appointments', 'U') IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = 'ix_appointments_tenant_id_scheduled_start' AND object_id = OBJECT_ID('appointments'))
IF CAST(SERVERPROPERTY('EngineEdition') AS INTEGER) IN (3, 5, 8) CREATE INDEX ix_appointments_tenant_id_scheduled_start ON appointments (tenant_id, scheduled_start) WITH (ONLINE = ON)
ELSE CREATE INDEX ix_appointments_tenant_id_scheduled_start ON appointments (tenant_id, scheduled_start);

GO

IF OBJECT_ID('appointments', 'U') IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = 'ix_appointments_owner_id_scheduled_start' AND object_id = OBJECT_ID('appointments'))
IF CAST(SERVERPROPERTY('EngineEdition') AS INTEGER) IN (3, 5, 8) CREATE INDEX ix_appointments_owner_id_scheduled_start ON appointments (owner_id, scheduled_start) WITH (ONLINE = ON)
ELSE CREATE INDEX ix_appointments_owner_id_scheduled_start ON appointments (owner_id, scheduled_start);

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = 'ix_payments_status_next_attempt_at' AND object_id = OBJECT_ID('payments'))
IF CAST(SERVERPROPERTY('EngineEdition') AS INTEGER) IN (3, 5, 8) CREATE INDEX ix_payments_status_next_attempt_at ON payments (status, next_attempt_at) WITH (ONLINE = ON)
ELSE CREATE INDEX ix_payments_status_next_attempt_at ON payments (status, next_attempt_at);

GO

IF OBJECT_ID('payments', 'U') IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = 'ix_payments_status_claimed_until' AND object_id = OBJECT_ID('payments'))
IF CAST(SERVERPROPERTY('EngineEdition') AS INTEGER) IN (3, 5, 8) CREATE INDEX ix_payments_status_claimed_until ON payments (status, claimed_until) WITH (ONLINE = ON)
ELSE CREATE INDEX ix_payments_status_claimed_until ON payments (status, claimed_until);

GO

IF OBJECT_ID('pets', 'U') IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = 'ix_pets_owner_id' AND object_id = OBJECT_ID('pets'))
IF CAST(SERVERPROPERTY('EngineEdition') AS INTEGER) IN (3, 5, 8) CREATE INDEX ix_pets_owner_id ON pets (owner_id) WITH (ONLINE = ON)
ELSE CREATE INDEX ix_pets_owner_id ON pets (owner_id);

GO

IF OBJECT_ID('vaccination_records', 'U') IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = 'ix_vaccination_records_tenant_id_expiry_date' AND object_id = OBJECT_ID('vaccination_records'))
IF CAST(SERVERPROPERTY('EngineEdition') AS INTEGER) IN (3, 5, 8) CREATE INDEX ix_vaccination_records_tenant_id_expiry_date ON vaccination_records (tenant_id, expiry_date) WITH (ONLINE = ON)
ELSE CREATE INDEX ix_vaccination_records_tenant_id_expiry_date ON vaccination_records (tenant_id, expiry_date);

GO

IF OBJECT_ID('vaccination_records', 'U') IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = 'ix_vaccination_records_pet_id' AND object_id = OBJECT_ID('vaccination_records'))
IF CAST(SERVERPROPERTY('EngineEdition') AS INTEGER) IN (3, 5, 8) CREATE INDEX ix_vaccination_records_pet_id ON vaccination_records (pet_id) WITH (ONLINE = ON)
ELSE CREATE INDEX ix_vaccination_records_pet_id ON vaccination_records (pet_id);

GO

BEGIN TRANSACTION;

SET LOCK_TIMEOUT 3000;

GO

CREATE TABLE decisions (
    ledger_key VARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    kind VARCHAR(40) NOT NULL,
    subject_type VARCHAR(40) NOT NULL,
    subject_id UNIQUEIDENTIFIER NOT NULL,
    occurrence VARCHAR(100) NOT NULL,
    occurs_at DATETIMEOFFSET NULL,
    outcome VARCHAR(20) NOT NULL,
    reason VARCHAR(40) NULL,
    notification_id UNIQUEIDENTIFIER NULL,
    run_id UNIQUEIDENTIFIER NOT NULL,
    decided_at DATETIMEOFFSET NOT NULL,
    CONSTRAINT pk_decisions PRIMARY KEY (ledger_key),
    CONSTRAINT ck_decisions_outcome CHECK (outcome IN ('notify', 'skipped', 'expired', 'cancelled')),
    CONSTRAINT ck_decisions_notification CHECK (notification_id IS NULL OR outcome = 'notify')
);

GO

CREATE INDEX ix_decisions_subject_id ON decisions (subject_id, kind);

GO

CREATE INDEX ix_decisions_notification_id ON decisions (notification_id);

GO

CREATE TABLE notifications (
    id UNIQUEIDENTIFIER NOT NULL,
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    owner_id UNIQUEIDENTIFIER NOT NULL,
    kind VARCHAR(40) NOT NULL,
    to_phone VARCHAR(20) NULL,
    body NVARCHAR(1600) NULL,
    segments SMALLINT NULL,
    price_micros INTEGER NULL,
    price_currency VARCHAR(3) NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'planned',
    reason VARCHAR(40) NULL,
    not_before DATETIMEOFFSET NOT NULL,
    useful_until DATETIMEOFFSET NOT NULL,
    priority SMALLINT NOT NULL,
    attempts SMALLINT NOT NULL DEFAULT 0,
    ambiguities SMALLINT NOT NULL DEFAULT 0,
    unclear_answers SMALLINT NOT NULL DEFAULT 0,
    attempted_at DATETIMEOFFSET NULL,
    provider_message_id VARCHAR(64) COLLATE Latin1_General_100_BIN2 NULL,
    error_code VARCHAR(40) NULL,
    claimed_by VARCHAR(64) NULL,
    claimed_until DATETIMEOFFSET NULL,
    run_id UNIQUEIDENTIFIER NOT NULL,
    created_at DATETIMEOFFSET NOT NULL,
    sent_at DATETIMEOFFSET NULL,
    updated_at DATETIMEOFFSET NULL,
    CONSTRAINT pk_notifications PRIMARY KEY (id),
    CONSTRAINT ck_notifications_status CHECK (status IN ('planned', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'dead', 'cancelled', 'expired'))
);

GO

CREATE INDEX ix_notifications_status_priority_not_before ON notifications (status, priority, not_before, id);

GO

CREATE INDEX ix_notifications_status_useful_until ON notifications (status, useful_until);

GO

CREATE INDEX ix_notifications_status_claimed_until ON notifications (status, claimed_until);

GO

CREATE INDEX ix_notifications_sent_at_tenant_id ON notifications (sent_at, tenant_id);

GO

CREATE INDEX ix_notifications_to_phone ON notifications (to_phone);

GO

CREATE INDEX ix_notifications_run_id ON notifications (run_id);

GO

CREATE UNIQUE INDEX uq_notifications_provider_message_id ON notifications (provider_message_id) WHERE provider_message_id IS NOT NULL;

GO

CREATE TABLE payment_attempts (
    payment_id UNIQUEIDENTIFIER NOT NULL,
    attempt INTEGER NOT NULL,
    idempotency_key VARCHAR(255) NOT NULL,
    parameters NVARCHAR(max) NULL,
    outcome VARCHAR(40) NULL,
    code VARCHAR(100) NULL,
    stripe_charge_id VARCHAR(255) NULL,
    started_at DATETIMEOFFSET NOT NULL,
    finished_at DATETIMEOFFSET NULL,
    CONSTRAINT pk_payment_attempts PRIMARY KEY (payment_id, attempt),
    CONSTRAINT fk_payment_attempts_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id)
);

GO

CREATE TABLE fee_actions (
    id UNIQUEIDENTIFIER NOT NULL,
    payment_id UNIQUEIDENTIFIER NOT NULL,
    action VARCHAR(20) NOT NULL,
    who NVARCHAR(200) NOT NULL,
    why NVARCHAR(500) NOT NULL,
    amount INTEGER NULL,
    idempotency_key VARCHAR(255) NULL,
    outcome VARCHAR(20) NULL,
    code VARCHAR(100) NULL,
    stripe_refund_id VARCHAR(255) NULL,
    created_at DATETIMEOFFSET NOT NULL,
    updated_at DATETIMEOFFSET NULL,
    CONSTRAINT pk_fee_actions PRIMARY KEY (id),
    CONSTRAINT ck_fee_actions_action CHECK (action IN ('charge', 'waive', 'refund')),
    CONSTRAINT ck_fee_actions_outcome CHECK (outcome IN ('asked', 'done', 'refused')),
    CONSTRAINT fk_fee_actions_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id)
);

GO

CREATE INDEX ix_fee_actions_payment_id ON fee_actions (payment_id);

GO

CREATE TABLE reputation_events (
    id UNIQUEIDENTIFIER NOT NULL,
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    owner_id UNIQUEIDENTIFIER NOT NULL,
    kind VARCHAR(20) NOT NULL,
    points SMALLINT NOT NULL,
    subject_id UNIQUEIDENTIFIER NOT NULL,
    ledger_key VARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    occurred_at DATETIMEOFFSET NOT NULL,
    reversed_at DATETIMEOFFSET NULL,
    reversed_reason VARCHAR(40) NULL,
    created_at DATETIMEOFFSET NOT NULL,
    CONSTRAINT pk_reputation_events PRIMARY KEY (id),
    CONSTRAINT ck_reputation_events_kind CHECK (kind IN ('opening', 'no_show', 'late_cancellation', 'completed', 'on_time', 'recovery')),
    CONSTRAINT uq_reputation_events_ledger_key UNIQUE (ledger_key)
);

GO

CREATE INDEX ix_reputation_events_kind_occurred_at ON reputation_events (kind, occurred_at);

GO

CREATE INDEX ix_reputation_events_owner_id_subject_id ON reputation_events (owner_id, subject_id);

GO

CREATE TABLE phone_blocks (
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    phone_hash VARCHAR(64) NOT NULL,
    reason VARCHAR(40) NOT NULL,
    created_at DATETIMEOFFSET NOT NULL,
    CONSTRAINT pk_phone_blocks PRIMARY KEY (tenant_id, phone_hash)
);

GO

CREATE TABLE runs (
    id UNIQUEIDENTIFIER NOT NULL,
    task VARCHAR(64) NOT NULL,
    now DATETIMEOFFSET NOT NULL,
    started_at DATETIMEOFFSET NOT NULL,
    finished_at DATETIMEOFFSET NULL,
    status VARCHAR(20) NOT NULL,
    tenants NVARCHAR(max) NULL,
    is_complete BIT NOT NULL DEFAULT 0,
    result NVARCHAR(max) NULL,
    error NTEXT NULL,
    host VARCHAR(200) NULL,
    CONSTRAINT pk_runs PRIMARY KEY (id),
    CONSTRAINT ck_runs_status CHECK (status IN ('running', 'succeeded', 'failed', 'held'))
);

GO

CREATE INDEX ix_runs_task_started_at ON runs (task, started_at);

GO

CREATE TABLE leases (
    name VARCHAR(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
    holder VARCHAR(64) NOT NULL,
    expires_at DATETIMEOFFSET NOT NULL,
    CONSTRAINT pk_leases PRIMARY KEY (name)
);

GO

CREATE TABLE breakers (
    name VARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    state VARCHAR(20) NOT NULL,
    holder VARCHAR(64) NULL,
    since DATETIMEOFFSET NULL,
    until DATETIMEOFFSET NULL,
    openings SMALLINT NOT NULL,
    code VARCHAR(40) NULL,
    CONSTRAINT pk_breakers PRIMARY KEY (name),
    CONSTRAINT ck_breakers_state CHECK (state IN ('closed', 'open', 'half_open'))
);

GO

CREATE TABLE pauses (
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    until DATETIMEOFFSET NOT NULL,
    code VARCHAR(40) NULL,
    created_at DATETIMEOFFSET NOT NULL,
    CONSTRAINT pk_pauses PRIMARY KEY (tenant_id)
);

GO

CREATE TABLE commits (
    id UNIQUEIDENTIFIER NOT NULL,
    at DATETIMEOFFSET NOT NULL DEFAULT SYSDATETIMEOFFSET(),
    CONSTRAINT pk_commits PRIMARY KEY (id)
);

GO

CREATE INDEX ix_commits_at ON commits (at);

GO

UPDATE petcare_version SET version_num='0002' WHERE petcare_version.version_num = '0001';

GO

COMMIT;

GO

BEGIN TRANSACTION;

-- Running upgrade 0002 -> 0003

CREATE TABLE consent_events (
    id UNIQUEIDENTIFIER NOT NULL,
    tenant_id UNIQUEIDENTIFIER NOT NULL,
    owner_id UNIQUEIDENTIFIER NOT NULL,
    phone_hash VARCHAR(64) NOT NULL,
    given BIT NOT NULL,
    happened_at DATETIMEOFFSET NOT NULL,
    source VARCHAR(20) NOT NULL,
    notification_id UNIQUEIDENTIFIER NULL,
    created_at DATETIMEOFFSET NOT NULL,
    CONSTRAINT pk_consent_events PRIMARY KEY (id),
    CONSTRAINT ck_consent_events_source CHECK (source IN ('reply', 'refusal', 'receipt', 'platform'))
);

GO

CREATE INDEX ix_consent_events_owner_id_happened_at ON consent_events (owner_id, happened_at);

GO

CREATE INDEX ix_consent_events_tenant_id_phone_hash ON consent_events (tenant_id, phone_hash);

GO

UPDATE petcare_version SET version_num='0003' WHERE petcare_version.version_num = '0002';

GO

COMMIT;

GO

BEGIN TRANSACTION;

-- Running upgrade 0003 -> 0004

ALTER TABLE pauses ADD is_sender_trouble BIT NOT NULL DEFAULT 0;

GO

CREATE TABLE provider_clocks (
    name VARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
    skew_seconds BIGINT NOT NULL,
    seen_at DATETIMEOFFSET NOT NULL,
    CONSTRAINT pk_provider_clocks PRIMARY KEY (name)
);

GO

UPDATE petcare_version SET version_num='0004' WHERE petcare_version.version_num = '0003';

GO

COMMIT;

GO

BEGIN TRANSACTION;

-- Running upgrade 0004 -> 0005

ALTER TABLE runs DROP CONSTRAINT ck_runs_status;

GO

ALTER TABLE runs ADD CONSTRAINT ck_runs_status CHECK (status IN ('running', 'succeeded', 'with_errors', 'failed', 'held'));

GO

UPDATE petcare_version SET version_num='0005' WHERE petcare_version.version_num = '0004';

GO

COMMIT;

GO

BEGIN TRANSACTION;

-- Running upgrade 0005 -> 0006

SET LOCK_TIMEOUT 3000;

GO

ALTER TABLE payments DROP CONSTRAINT IF EXISTS fk_payments_tenant_id;

GO

ALTER TABLE payments DROP CONSTRAINT IF EXISTS fk_payments_owner_id;

GO

ALTER TABLE payments DROP CONSTRAINT IF EXISTS fk_payments_appointment_id;

GO

ALTER TABLE decisions DROP CONSTRAINT IF EXISTS fk_decisions_tenant_id;

GO

ALTER TABLE notifications DROP CONSTRAINT IF EXISTS fk_notifications_tenant_id;

GO

ALTER TABLE notifications DROP CONSTRAINT IF EXISTS fk_notifications_owner_id;

GO

ALTER TABLE reputation_events DROP CONSTRAINT IF EXISTS fk_reputation_events_tenant_id;

GO

ALTER TABLE reputation_events DROP CONSTRAINT IF EXISTS fk_reputation_events_owner_id;

GO

ALTER TABLE phone_blocks DROP CONSTRAINT IF EXISTS fk_phone_blocks_tenant_id;

GO

ALTER TABLE pauses DROP CONSTRAINT IF EXISTS fk_pauses_tenant_id;

GO

UPDATE petcare_version SET version_num='0006' WHERE petcare_version.version_num = '0005';

GO

COMMIT;

GO

