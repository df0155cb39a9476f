CREATE TABLE tenants (
	id CHAR(32) NOT NULL,
	business_name VARCHAR(200) NOT NULL,
	subdomain VARCHAR(100) NOT NULL,
	email VARCHAR(254),
	phone VARCHAR(40),
	address_line1 VARCHAR(200),
	address_line2 VARCHAR(200),
	city VARCHAR(100),
	state VARCHAR(100),
	zip_code VARCHAR(20),
	timezone VARCHAR(64) DEFAULT 'America/New_York',
	currency VARCHAR(3) DEFAULT 'USD' NOT NULL,
	status VARCHAR(20) DEFAULT 'trial' NOT NULL,
	is_active BOOLEAN DEFAULT 1 NOT NULL,
	settings TEXT,
	created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at DATETIME,
	deleted_at DATETIME,
	CONSTRAINT pk_tenants PRIMARY KEY (id),
	CONSTRAINT ck_tenants_status CHECK (status IN ('trial', 'active', 'suspended', 'inactive')),
	CONSTRAINT uq_tenants_subdomain UNIQUE (subdomain)
);

CREATE TABLE consent_events (
	id CHAR(32) NOT NULL,
	tenant_id CHAR(32) NOT NULL,
	owner_id CHAR(32) NOT NULL,
	phone_hash VARCHAR(64) NOT NULL,
	given BOOLEAN NOT NULL,
	happened_at DATETIME NOT NULL,
	source VARCHAR(20) NOT NULL,
	notification_id CHAR(32),
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_consent_events PRIMARY KEY (id),
	CONSTRAINT ck_consent_events_source CHECK (source IN ('reply', 'refusal', 'receipt', 'platform'))
);

CREATE INDEX ix_consent_events_owner_id_happened_at ON consent_events (owner_id, happened_at);

CREATE INDEX ix_consent_events_tenant_id_phone_hash ON consent_events (tenant_id, phone_hash);

CREATE TABLE runs (
	id CHAR(32) NOT NULL,
	task VARCHAR(64) NOT NULL,
	now DATETIME NOT NULL,
	started_at DATETIME NOT NULL,
	finished_at DATETIME,
	status VARCHAR(20) NOT NULL,
	tenants JSON,
	is_complete BOOLEAN DEFAULT 0 NOT NULL,
	result JSON,
	error TEXT,
	host VARCHAR(200),
	CONSTRAINT pk_runs PRIMARY KEY (id),
	CONSTRAINT ck_runs_status CHECK (status IN ('running', 'succeeded', 'with_errors', 'failed', 'held'))
);

CREATE INDEX ix_runs_task_started_at ON runs (task, started_at);

CREATE TABLE leases (
	name VARCHAR(100) NOT NULL,
	holder VARCHAR(64) NOT NULL,
	expires_at DATETIME NOT NULL,
	CONSTRAINT pk_leases PRIMARY KEY (name)
);

CREATE TABLE breakers (
	name VARCHAR(40) NOT NULL,
	state VARCHAR(20) NOT NULL,
	holder VARCHAR(64),
	since DATETIME,
	until DATETIME,
	openings SMALLINT NOT NULL,
	code VARCHAR(40),
	CONSTRAINT pk_breakers PRIMARY KEY (name),
	CONSTRAINT ck_breakers_state CHECK (state IN ('closed', 'open', 'half_open'))
);

CREATE TABLE provider_clocks (
	name VARCHAR(40) NOT NULL,
	skew_seconds BIGINT NOT NULL,
	seen_at DATETIME NOT NULL,
	CONSTRAINT pk_provider_clocks PRIMARY KEY (name)
);

CREATE TABLE commits (
	id CHAR(32) NOT NULL,
	at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL,
	CONSTRAINT pk_commits PRIMARY KEY (id)
);

CREATE INDEX ix_commits_at ON commits (at);

CREATE TABLE owners (
	id CHAR(32) NOT NULL,
	tenant_id CHAR(32) NOT NULL,
	first_name VARCHAR(100),
	last_name VARCHAR(100),
	email VARCHAR(254),
	phone VARCHAR(40),
	sms_opted_in BOOLEAN DEFAULT 1 NOT NULL,
	language VARCHAR(10) DEFAULT 'en',
	stripe_customer_id VARCHAR(255),
	has_payment_method BOOLEAN DEFAULT 0 NOT NULL,
	is_active BOOLEAN DEFAULT 1 NOT NULL,
	no_show_count INTEGER DEFAULT 0 NOT NULL,
	late_cancellation_count INTEGER DEFAULT 0 NOT NULL,
	completed_appointment_count INTEGER DEFAULT 0 NOT NULL,
	reputation_score SMALLINT DEFAULT 100 NOT NULL,
	last_reputation_update DATETIME,
	created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at DATETIME,
	deleted_at DATETIME,
	CONSTRAINT pk_owners PRIMARY KEY (id),
	CONSTRAINT ck_owners_reputation_score CHECK (reputation_score BETWEEN 0 AND 100),
	CONSTRAINT fk_owners_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE TABLE services (
	id CHAR(32) NOT NULL,
	tenant_id CHAR(32) NOT NULL,
	name VARCHAR(200) NOT NULL,
	price INTEGER,
	duration_minutes INTEGER,
	is_active BOOLEAN DEFAULT 1 NOT NULL,
	created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at DATETIME,
	deleted_at DATETIME,
	CONSTRAINT pk_services PRIMARY KEY (id),
	CONSTRAINT fk_services_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE TABLE decisions (
	ledger_key VARCHAR(200) NOT NULL,
	tenant_id CHAR(32) NOT NULL,
	kind VARCHAR(40) NOT NULL,
	subject_type VARCHAR(40) NOT NULL,
	subject_id CHAR(32) NOT NULL,
	occurrence VARCHAR(100) NOT NULL,
	occurs_at DATETIME,
	outcome VARCHAR(20) NOT NULL,
	reason VARCHAR(40),
	notification_id CHAR(32),
	run_id CHAR(32) NOT NULL,
	decided_at DATETIME NOT NULL,
	CONSTRAINT pk_decisions PRIMARY KEY (ledger_key),
	CONSTRAINT ck_decisions_outcome CHECK (outcome IN ('notify', 'skipped', 'expired', 'cancelled')),
	CONSTRAINT ck_decisions_notification CHECK (notification_id IS NULL OR outcome = 'notify'),
	CONSTRAINT fk_decisions_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE INDEX ix_decisions_notification_id ON decisions (notification_id);

CREATE INDEX ix_decisions_subject_id ON decisions (subject_id, kind);

CREATE TABLE phone_blocks (
	tenant_id CHAR(32) NOT NULL,
	phone_hash VARCHAR(64) NOT NULL,
	reason VARCHAR(40) NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_phone_blocks PRIMARY KEY (tenant_id, phone_hash),
	CONSTRAINT fk_phone_blocks_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE TABLE pauses (
	tenant_id CHAR(32) NOT NULL,
	until DATETIME NOT NULL,
	code VARCHAR(40),
	is_sender_trouble BOOLEAN DEFAULT 0 NOT NULL,
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_pauses PRIMARY KEY (tenant_id),
	CONSTRAINT fk_pauses_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id)
);

CREATE TABLE pets (
	id CHAR(32) NOT NULL,
	tenant_id CHAR(32) NOT NULL,
	owner_id CHAR(32) NOT NULL,
	name VARCHAR(100),
	species VARCHAR(40),
	breed VARCHAR(100),
	date_of_birth DATE,
	vaccination_status VARCHAR(20) DEFAULT 'unknown' NOT NULL,
	vaccination_expires_at DATE,
	is_active BOOLEAN DEFAULT 1 NOT NULL,
	is_deceased BOOLEAN DEFAULT 0 NOT NULL,
	created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at DATETIME,
	deleted_at DATETIME,
	CONSTRAINT pk_pets PRIMARY KEY (id),
	CONSTRAINT ck_pets_vaccination_status CHECK (vaccination_status IN ('current', 'expiring_soon', 'expired', 'unknown')),
	CONSTRAINT fk_pets_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT fk_pets_owner_id FOREIGN KEY(owner_id) REFERENCES owners (id)
);

CREATE INDEX ix_pets_owner_id ON pets (owner_id);

CREATE TABLE appointments (
	id CHAR(32) NOT NULL,
	tenant_id CHAR(32) NOT NULL,
	owner_id CHAR(32) NOT NULL,
	service_id CHAR(32),
	scheduled_start DATETIME NOT NULL,
	scheduled_end DATETIME NOT NULL,
	status VARCHAR(20) DEFAULT 'pending' NOT NULL,
	arrived_at DATETIME,
	actual_start DATETIME,
	cancelled_at DATETIME,
	cancelled_by VARCHAR(10),
	total_amount INTEGER,
	deposit_paid INTEGER,
	no_show_fee_charged INTEGER,
	created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at DATETIME,
	deleted_at DATETIME,
	CONSTRAINT pk_appointments PRIMARY KEY (id),
	CONSTRAINT ck_appointments_status CHECK (status IN ('pending', 'confirmed', 'in_progress', 'completed', 'cancelled', 'no_show')),
	CONSTRAINT ck_appointments_cancelled_by CHECK (cancelled_by IN ('owner', 'staff', 'system')),
	CONSTRAINT fk_appointments_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT fk_appointments_owner_id FOREIGN KEY(owner_id) REFERENCES owners (id),
	CONSTRAINT fk_appointments_service_id FOREIGN KEY(service_id) REFERENCES services (id)
);

CREATE INDEX ix_appointments_tenant_id_scheduled_start ON appointments (tenant_id, scheduled_start);

CREATE INDEX ix_appointments_owner_id_scheduled_start ON appointments (owner_id, scheduled_start);

CREATE TABLE notifications (
	id CHAR(32) NOT NULL,
	tenant_id CHAR(32) NOT NULL,
	owner_id CHAR(32) NOT NULL,
	kind VARCHAR(40) NOT NULL,
	to_phone VARCHAR(20),
	body VARCHAR(1600),
	segments SMALLINT,
	price_micros INTEGER,
	price_currency VARCHAR(3),
	status VARCHAR(20) DEFAULT 'planned' NOT NULL,
	reason VARCHAR(40),
	not_before DATETIME NOT NULL,
	useful_until DATETIME NOT NULL,
	priority SMALLINT NOT NULL,
	attempts SMALLINT DEFAULT 0 NOT NULL,
	ambiguities SMALLINT DEFAULT 0 NOT NULL,
	unclear_answers SMALLINT DEFAULT 0 NOT NULL,
	attempted_at DATETIME,
	provider_message_id VARCHAR(64),
	error_code VARCHAR(40),
	claimed_by VARCHAR(64),
	claimed_until DATETIME,
	run_id CHAR(32) NOT NULL,
	created_at DATETIME NOT NULL,
	sent_at DATETIME,
	updated_at DATETIME,
	CONSTRAINT pk_notifications PRIMARY KEY (id),
	CONSTRAINT ck_notifications_status CHECK (status IN ('planned', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'dead', 'cancelled', 'expired')),
	CONSTRAINT fk_notifications_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT fk_notifications_owner_id FOREIGN KEY(owner_id) REFERENCES owners (id)
);

CREATE INDEX ix_notifications_to_phone ON notifications (to_phone);

CREATE INDEX ix_notifications_status_claimed_until ON notifications (status, claimed_until);

CREATE INDEX ix_notifications_status_useful_until ON notifications (status, useful_until);

CREATE INDEX ix_notifications_sent_at_tenant_id ON notifications (sent_at, tenant_id);

CREATE UNIQUE INDEX uq_notifications_provider_message_id ON notifications (provider_message_id);

CREATE INDEX ix_notifications_status_priority_not_before ON notifications (status, priority, not_before, id);

CREATE INDEX ix_notifications_run_id ON notifications (run_id);

CREATE TABLE reputation_events (
	id CHAR(32) NOT NULL,
	tenant_id CHAR(32) NOT NULL,
	owner_id CHAR(32) NOT NULL,
	kind VARCHAR(20) NOT NULL,
	points SMALLINT NOT NULL,
	subject_id CHAR(32) NOT NULL,
	ledger_key VARCHAR(200) NOT NULL,
	occurred_at DATETIME NOT NULL,
	reversed_at DATETIME,
	reversed_reason VARCHAR(40),
	created_at DATETIME NOT NULL,
	CONSTRAINT pk_reputation_events PRIMARY KEY (id),
	CONSTRAINT ck_reputation_events_kind CHECK (kind IN ('opening', 'no_show', 'late_cancellation', 'completed', 'on_time', 'recovery')),
	CONSTRAINT fk_reputation_events_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT fk_reputation_events_owner_id FOREIGN KEY(owner_id) REFERENCES owners (id),
	CONSTRAINT uq_reputation_events_ledger_key UNIQUE (ledger_key)
);

CREATE INDEX ix_reputation_events_kind_occurred_at ON reputation_events (kind, occurred_at);

CREATE INDEX ix_reputation_events_owner_id_subject_id ON reputation_events (owner_id, subject_id);

CREATE TABLE appointment_pets (
	appointment_id CHAR(32) NOT NULL,
	pet_id CHAR(32) NOT NULL,
	CONSTRAINT pk_appointment_pets PRIMARY KEY (appointment_id, pet_id),
	CONSTRAINT fk_appointment_pets_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointments (id),
	CONSTRAINT fk_appointment_pets_pet_id FOREIGN KEY(pet_id) REFERENCES pets (id)
);

CREATE TABLE vaccination_records (
	id CHAR(32) NOT NULL,
	tenant_id CHAR(32) NOT NULL,
	pet_id CHAR(32) NOT NULL,
	type VARCHAR(20) NOT NULL,
	name VARCHAR(200),
	status VARCHAR(20) DEFAULT 'unknown' NOT NULL,
	administered_date DATE,
	expiry_date DATE,
	created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at DATETIME,
	deleted_at DATETIME,
	CONSTRAINT pk_vaccination_records PRIMARY KEY (id),
	CONSTRAINT ck_vaccination_records_type CHECK (type IN ('rabies', 'distemper', 'parvo', 'bordetella', 'leukemia', 'lyme', 'dhpp', 'fvrcp', 'leptospirosis', 'influenza', 'other')),
	CONSTRAINT ck_vaccination_records_status CHECK (status IN ('current', 'expiring_soon', 'expired', 'unknown')),
	CONSTRAINT fk_vaccination_records_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT fk_vaccination_records_pet_id FOREIGN KEY(pet_id) REFERENCES pets (id)
);

CREATE INDEX ix_vaccination_records_tenant_id_expiry_date ON vaccination_records (tenant_id, expiry_date);

CREATE INDEX ix_vaccination_records_pet_id ON vaccination_records (pet_id);

CREATE TABLE payments (
	id CHAR(32) NOT NULL,
	tenant_id CHAR(32) NOT NULL,
	owner_id CHAR(32) NOT NULL,
	appointment_id CHAR(32),
	type VARCHAR(20) NOT NULL,
	method VARCHAR(20),
	status VARCHAR(20) DEFAULT 'pending' NOT NULL,
	amount INTEGER NOT NULL,
	currency VARCHAR(3) NOT NULL,
	offence_number INTEGER,
	visit_on DATE,
	description VARCHAR(500),
	policy JSON,
	stripe_payment_intent_id VARCHAR(255),
	failure_code VARCHAR(100),
	failure_message VARCHAR(500),
	attempts INTEGER DEFAULT 0 NOT NULL,
	due_at DATETIME,
	next_attempt_at DATETIME,
	claimed_by VARCHAR(64),
	claimed_until DATETIME,
	succeeded_at DATETIME,
	created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at DATETIME,
	CONSTRAINT pk_payments PRIMARY KEY (id),
	CONSTRAINT ck_payments_type CHECK (type IN ('no_show_fee', 'deposit', 'full_payment', 'tip', 'refund', 'other')),
	CONSTRAINT ck_payments_status CHECK (status IN ('pending', 'processing', 'succeeded', 'failed', 'requires_action', 'needs_refund', 'cancelled', 'waived', 'refunded')),
	CONSTRAINT fk_payments_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenants (id),
	CONSTRAINT fk_payments_owner_id FOREIGN KEY(owner_id) REFERENCES owners (id),
	CONSTRAINT fk_payments_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointments (id)
);

CREATE INDEX ix_payments_status_claimed_until ON payments (status, claimed_until);

CREATE INDEX ix_payments_status_next_attempt_at ON payments (status, next_attempt_at);

CREATE TABLE payment_attempts (
	payment_id CHAR(32) NOT NULL,
	attempt INTEGER NOT NULL,
	idempotency_key VARCHAR(255) NOT NULL,
	parameters JSON,
	outcome VARCHAR(40),
	code VARCHAR(100),
	stripe_charge_id VARCHAR(255),
	started_at DATETIME NOT NULL,
	finished_at DATETIME,
	CONSTRAINT pk_payment_attempts PRIMARY KEY (payment_id, attempt),
	CONSTRAINT fk_payment_attempts_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id)
);

CREATE TABLE fee_actions (
	id CHAR(32) NOT NULL,
	payment_id CHAR(32) NOT NULL,
	action VARCHAR(20) NOT NULL,
	who VARCHAR(200) NOT NULL,
	why VARCHAR(500) NOT NULL,
	amount INTEGER,
	idempotency_key VARCHAR(255),
	outcome VARCHAR(20),
	code VARCHAR(100),
	stripe_refund_id VARCHAR(255),
	created_at DATETIME NOT NULL,
	updated_at DATETIME,
	CONSTRAINT pk_fee_actions PRIMARY KEY (id),
	CONSTRAINT ck_fee_actions_action CHECK (action IN ('charge', 'waive', 'refund')),
	CONSTRAINT ck_fee_actions_outcome CHECK (outcome IN ('asked', 'done', 'refused')),
	CONSTRAINT fk_fee_actions_payment_id FOREIGN KEY(payment_id) REFERENCES payments (id)
);

CREATE INDEX ix_fee_actions_payment_id ON fee_actions (payment_id);
