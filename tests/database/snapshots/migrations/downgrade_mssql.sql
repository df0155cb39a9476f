BEGIN TRANSACTION;

-- Running downgrade 0006 -> 0005

UPDATE petcare_version SET version_num='0005' WHERE petcare_version.version_num = '0006';

GO

COMMIT;

GO

BEGIN TRANSACTION;

-- Running downgrade 0005 -> 0004

UPDATE runs SET status='succeeded' WHERE runs.status = 'with_errors';

GO

ALTER TABLE runs DROP CONSTRAINT ck_runs_status;

GO

ALTER TABLE runs ADD CONSTRAINT ck_runs_status CHECK (status IN ('running', 'succeeded', 'failed', 'held'));

GO

UPDATE petcare_version SET version_num='0004' WHERE petcare_version.version_num = '0005';

GO

COMMIT;

GO

BEGIN TRANSACTION;

-- Running downgrade 0004 -> 0003

DROP TABLE provider_clocks;

GO

declare @const_name varchar(256)
select @const_name = QUOTENAME([name]) from sys.default_constraints
where parent_object_id = object_id('pauses')
and col_name(parent_object_id, parent_column_id) = 'is_sender_trouble'
exec('alter table pauses drop constraint ' + @const_name);

GO

ALTER TABLE pauses DROP COLUMN is_sender_trouble;

GO

UPDATE petcare_version SET version_num='0003' WHERE petcare_version.version_num = '0004';

GO

COMMIT;

GO

BEGIN TRANSACTION;

-- Running downgrade 0003 -> 0002

DROP TABLE consent_events;

GO

UPDATE petcare_version SET version_num='0002' WHERE petcare_version.version_num = '0003';

GO

COMMIT;

GO

BEGIN TRANSACTION;

-- Running downgrade 0002 -> 0001

COMMIT;

GO

DROP INDEX IF EXISTS ix_appointments_tenant_id_scheduled_start ON appointments;

GO

DROP INDEX IF EXISTS ix_appointments_owner_id_scheduled_start ON appointments;

GO

DROP INDEX IF EXISTS ix_payments_status_next_attempt_at ON payments;

GO

DROP INDEX IF EXISTS ix_payments_status_claimed_until ON payments;

GO

DROP INDEX IF EXISTS ix_pets_owner_id ON pets;

GO

DROP INDEX IF EXISTS ix_vaccination_records_tenant_id_expiry_date ON vaccination_records;

GO

DROP INDEX IF EXISTS ix_vaccination_records_pet_id ON vaccination_records;

GO

BEGIN TRANSACTION;

SET LOCK_TIMEOUT 3000;

GO

DROP TABLE commits;

GO

DROP TABLE pauses;

GO

DROP TABLE breakers;

GO

DROP TABLE leases;

GO

DROP TABLE runs;

GO

DROP TABLE phone_blocks;

GO

DROP TABLE reputation_events;

GO

DROP TABLE fee_actions;

GO

DROP TABLE payment_attempts;

GO

DROP TABLE notifications;

GO

DROP TABLE decisions;

GO

UPDATE petcare_version SET version_num='0001' WHERE petcare_version.version_num = '0002';

GO

COMMIT;

GO

BEGIN TRANSACTION;

-- Running downgrade 0001 ->

DROP TABLE payments;

GO

DROP TABLE vaccination_records;

GO

DROP TABLE appointment_pets;

GO

DROP TABLE appointments;

GO

DROP TABLE services;

GO

DROP TABLE pets;

GO

DROP TABLE owners;

GO

DROP TABLE tenants;

GO

DELETE FROM petcare_version WHERE petcare_version.version_num = '0001';

GO

COMMIT;

GO

