-- Shows the pet-care scheduler the tables of the schema dbo, through views in the schema petcare.
-- It changes nothing in dbo, and can be run again. To go back: drop the schema petcare.
-- Lines with DECIDE wait for somebody who knows the platform. Each stands at what texts and charges nobody
-- wrongly. The names of the platform's columns stand in the views, and nowhere else but in the triggers.
SET XACT_ABORT ON;
BEGIN TRANSACTION;

GO

IF SCHEMA_ID('petcare') IS NULL EXEC('CREATE SCHEMA petcare');

GO

-- What the jobs write about owners and owners has no column for.
IF OBJECT_ID('petcare.owner_standings') IS NULL CREATE TABLE petcare.owner_standings (owner_id uniqueidentifier PRIMARY KEY);
IF COL_LENGTH('petcare.owner_standings', 'no_show_count') IS NULL ALTER TABLE petcare.owner_standings ADD no_show_count int;
IF COL_LENGTH('petcare.owner_standings', 'reputation_score') IS NULL ALTER TABLE petcare.owner_standings ADD reputation_score int;
IF COL_LENGTH('petcare.owner_standings', 'last_reputation_update') IS NULL ALTER TABLE petcare.owner_standings ADD last_reputation_update datetimeoffset;

GO

CREATE OR ALTER VIEW petcare.tenants AS
SELECT
    t.id AS id,
    t.business_name AS business_name,
    t.subdomain AS subdomain,
    t.phone AS phone,
    t.address_line1 AS address_line1,
    t.timezone AS timezone,
    t.currency AS currency,
    CASE lower(t.status)
        WHEN 'trial' THEN 'trial'
        WHEN 'active' THEN 'active'
        WHEN 'suspended' THEN 'suspended'
        WHEN 'cancelled' THEN 'inactive'
        ELSE 'suspended'
    END AS status,
    CAST(CASE WHEN coalesce(t.is_active, 1) <> 0 THEN 1 ELSE 0 END AS bit) AS is_active,
    t.settings AS settings,
    t.created_at AS created_at,
    t.updated_at AS updated_at,
    t.deleted_at AS deleted_at,
    CAST(NULL AS nvarchar(4000)) AS email,
    CAST(NULL AS nvarchar(4000)) AS address_line2,
    CAST(NULL AS nvarchar(4000)) AS city,
    CAST(NULL AS nvarchar(4000)) AS state,
    CAST(NULL AS nvarchar(4000)) AS zip_code
FROM dbo.tenants AS t;

GO

CREATE OR ALTER VIEW petcare.owners AS
SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.first_name AS first_name,
    t.last_name AS last_name,
    t.phone AS phone,
    CAST(CASE WHEN coalesce(t.sms_opted_in, 0) <> 0 THEN 1 ELSE 0 END AS bit) AS sms_opted_in,
    CAST(NULL AS nvarchar(4000)) AS language,
    t.stripe_customer_id AS stripe_customer_id,
    CAST(CASE WHEN coalesce(t.has_payment_method, 0) <> 0 THEN 1 ELSE 0 END AS bit) AS has_payment_method,
    CAST(CASE WHEN coalesce(t.is_active, 1) <> 0 THEN 1 ELSE 0 END AS bit) AS is_active,
    coalesce((SELECT s.no_show_count FROM petcare.owner_standings AS s WHERE s.owner_id = t.id), 0) AS no_show_count,
    0 AS late_cancellation_count,
    0 AS completed_appointment_count,
    coalesce((SELECT s.reputation_score FROM petcare.owner_standings AS s WHERE s.owner_id = t.id), 100) AS reputation_score,
    (SELECT s.last_reputation_update FROM petcare.owner_standings AS s WHERE s.owner_id = t.id) AS last_reputation_update,
    t.created_at AS created_at,
    t.updated_at AS updated_at,
    t.deleted_at AS deleted_at,
    CAST(NULL AS nvarchar(4000)) AS email
FROM dbo.owners AS t;

GO

CREATE OR ALTER TRIGGER petcare.write_owners ON petcare.owners INSTEAD OF UPDATE AS
BEGIN
    SET NOCOUNT ON;
    DECLARE @locked int;
    SELECT @locked = COUNT(*) FROM dbo.owners AS t WITH (UPDLOCK, ROWLOCK)
    JOIN deleted AS o ON o.id = t.id;
    UPDATE t
    SET sms_opted_in = CASE WHEN n.sms_opted_in = 1 THEN 1 ELSE 0 END, updated_at = n.updated_at
    FROM dbo.owners AS t JOIN inserted AS n ON n.id = t.id
    JOIN deleted AS o ON o.id = n.id
    JOIN petcare.owners AS v ON v.id = n.id
    WHERE (NOT EXISTS (SELECT n.sms_opted_in INTERSECT SELECT o.sms_opted_in))
        AND EXISTS (SELECT v.sms_opted_in INTERSECT SELECT o.sms_opted_in)
    ;
    MERGE petcare.owner_standings WITH (HOLDLOCK) AS s
    USING (SELECT n.id, n.no_show_count FROM inserted AS n
    JOIN deleted AS o ON o.id = n.id
    JOIN petcare.owners AS v ON v.id = n.id
    WHERE (NOT EXISTS (SELECT n.no_show_count INTERSECT SELECT o.no_show_count))
        AND EXISTS (SELECT v.no_show_count INTERSECT SELECT o.no_show_count)
    ) AS n ON s.owner_id = n.id
    WHEN MATCHED THEN UPDATE SET no_show_count = n.no_show_count
    WHEN NOT MATCHED THEN INSERT (owner_id, no_show_count) VALUES (n.id, n.no_show_count);
    MERGE petcare.owner_standings WITH (HOLDLOCK) AS s
    USING (SELECT n.id, n.reputation_score, n.last_reputation_update FROM inserted AS n
    JOIN deleted AS o ON o.id = n.id
    JOIN petcare.owners AS v ON v.id = n.id
    WHERE (NOT EXISTS (SELECT n.reputation_score INTERSECT SELECT o.reputation_score) OR NOT EXISTS (SELECT n.last_reputation_update INTERSECT SELECT o.last_reputation_update))
        AND EXISTS (SELECT v.reputation_score INTERSECT SELECT o.reputation_score)
    ) AS n ON s.owner_id = n.id
    WHEN MATCHED THEN UPDATE SET reputation_score = n.reputation_score, last_reputation_update = n.last_reputation_update
    WHEN NOT MATCHED THEN INSERT (owner_id, reputation_score, last_reputation_update) VALUES (n.id, n.reputation_score, n.last_reputation_update);
END;

GO

CREATE OR ALTER VIEW petcare.pets AS
SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.owner_id AS owner_id,
    t.name AS name,
    t.species AS species,
    CASE lower(t.vaccination_status)
        WHEN 'current' THEN 'current'
        WHEN 'expiring_soon' THEN 'expiring_soon'
        WHEN 'expired' THEN 'expired'
        ELSE 'unknown'
    END AS vaccination_status,
    t.vaccination_expires_at AS vaccination_expires_at,
    CAST(CASE WHEN coalesce(t.is_active, 1) <> 0 THEN 1 ELSE 0 END AS bit) AS is_active,
    CAST(CASE WHEN coalesce(t.is_deceased, 0) <> 0 THEN 1 ELSE 0 END AS bit) AS is_deceased,
    t.created_at AS created_at,
    t.updated_at AS updated_at,
    t.deleted_at AS deleted_at,
    CAST(NULL AS nvarchar(4000)) AS breed,
    CAST(NULL AS date) AS date_of_birth
FROM dbo.pets AS t;

GO

CREATE OR ALTER TRIGGER petcare.write_pets ON petcare.pets INSTEAD OF UPDATE AS
BEGIN
    SET NOCOUNT ON;
    DECLARE @locked int;
    SELECT @locked = COUNT(*) FROM dbo.pets AS t WITH (UPDLOCK, ROWLOCK)
    JOIN deleted AS o ON o.id = t.id;
    UPDATE t
    SET vaccination_status = CASE n.vaccination_status
                WHEN 'current' THEN 'CURRENT'
                WHEN 'expiring_soon' THEN 'EXPIRING_SOON'
                WHEN 'expired' THEN 'EXPIRED'
                ELSE NULL
            END, vaccination_expires_at = n.vaccination_expires_at, updated_at = n.updated_at
    FROM dbo.pets AS t JOIN inserted AS n ON n.id = t.id
    JOIN deleted AS o ON o.id = n.id
    JOIN petcare.pets AS v ON v.id = n.id
    WHERE (NOT EXISTS (SELECT n.vaccination_status INTERSECT SELECT o.vaccination_status) OR NOT EXISTS (SELECT n.vaccination_expires_at INTERSECT SELECT o.vaccination_expires_at))
        AND EXISTS (SELECT v.vaccination_status INTERSECT SELECT o.vaccination_status)
        AND EXISTS (SELECT v.vaccination_expires_at INTERSECT SELECT o.vaccination_expires_at)
    ;
END;

GO

CREATE OR ALTER VIEW petcare.services AS
SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.name AS name,
    -- DECIDE: whether price is in the major or in the minor unit; it stands at numbers of the minor unit (cents),
    --   with which a fee is lower rather than higher.
    t.price AS price,
    t.created_at AS created_at,
    t.updated_at AS updated_at,
    t.deleted_at AS deleted_at,
    CAST(NULL AS int) AS duration_minutes,
    CAST(1 AS bit) AS is_active
FROM dbo.services AS t;

GO

CREATE OR ALTER VIEW petcare.appointments AS
SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.owner_id AS owner_id,
    t.service_id AS service_id,
    t.scheduled_start AS scheduled_start,
    t.scheduled_end AS scheduled_end,
    -- DECIDE: what RESCHEDULED means (pending, confirmed, in_progress, completed, cancelled, no_show).
    --   It stands at cancelled: nobody is texted or charged for it.
    CASE lower(t.status)
        WHEN 'pending' THEN 'pending'
        WHEN 'confirmed' THEN 'confirmed'
        WHEN 'in_progress' THEN 'in_progress'
        WHEN 'completed' THEN 'completed'
        WHEN 'cancelled' THEN 'cancelled'
        WHEN 'no_show' THEN 'no_show'
        WHEN 'rescheduled' THEN 'cancelled'
        ELSE 'cancelled'
    END AS status,
    -- DECIDE: how an arrival is known. No column says when an owner arrived: a visit counts as missed while its
    --   status is pending or confirmed and it has not started. Where something else tells, write it here.
    CAST(NULL AS datetimeoffset) AS arrived_at,
    t.actual_start AS actual_start,
    t.cancelled_at AS cancelled_at,
    -- DECIDE: who cancelled (owner, staff, system); cancelled_by is an id.
    --   It stands at staff: a late cancellation counts against no owner.
    --   By the role: (SELECT CASE u.role WHEN 'CUSTOMER' THEN 'owner' ELSE 'staff' END FROM dbo.users AS u WHERE u.id = t.cancelled_by)
    CASE WHEN t.cancelled_by IS NOT NULL THEN 'staff' END AS cancelled_by,
    -- DECIDE: whether total_amount is in the major or in the minor unit; it stands at numbers of the minor unit (cents),
    --   with which a fee is lower rather than higher.
    t.total_amount AS total_amount,
    -- DECIDE: whether deposit_paid is in the major or in the minor unit; it stands at numbers of the major unit,
    --   with which a fee is lower rather than higher.
    t.deposit_paid * 100 AS deposit_paid,
    -- DECIDE: whether no_show_fee_charged is in the major or in the minor unit; it stands at numbers of the minor unit (cents),
    --   as fees are written.
    t.no_show_fee_charged AS no_show_fee_charged,
    t.created_at AS created_at,
    t.updated_at AS updated_at,
    t.deleted_at AS deleted_at
FROM dbo.appointments AS t;

GO

CREATE OR ALTER TRIGGER petcare.write_appointments ON petcare.appointments INSTEAD OF UPDATE AS
BEGIN
    SET NOCOUNT ON;
    DECLARE @locked int;
    SELECT @locked = COUNT(*) FROM dbo.appointments AS t WITH (UPDLOCK, ROWLOCK)
    JOIN deleted AS o ON o.id = t.id;
    UPDATE t
    SET status = CASE n.status
                WHEN 'no_show' THEN 'NO_SHOW'
                ELSE t.status
            END, updated_at = n.updated_at
    FROM dbo.appointments AS t JOIN inserted AS n ON n.id = t.id
    JOIN deleted AS o ON o.id = n.id
    JOIN petcare.appointments AS v ON v.id = n.id
    WHERE (NOT EXISTS (SELECT n.status INTERSECT SELECT o.status))
        AND EXISTS (SELECT v.status INTERSECT SELECT o.status)
        AND EXISTS (SELECT v.scheduled_start INTERSECT SELECT o.scheduled_start)
        AND EXISTS (SELECT v.scheduled_end INTERSECT SELECT o.scheduled_end)
        AND EXISTS (SELECT v.arrived_at INTERSECT SELECT o.arrived_at)
        AND EXISTS (SELECT v.actual_start INTERSECT SELECT o.actual_start)
        AND EXISTS (SELECT v.deleted_at INTERSECT SELECT o.deleted_at)
    ;
    UPDATE t
    SET no_show_fee_charged = n.no_show_fee_charged, updated_at = n.updated_at
    FROM dbo.appointments AS t JOIN inserted AS n ON n.id = t.id
    JOIN deleted AS o ON o.id = n.id
    JOIN petcare.appointments AS v ON v.id = n.id
    WHERE (NOT EXISTS (SELECT n.no_show_fee_charged INTERSECT SELECT o.no_show_fee_charged))
        AND EXISTS (SELECT v.no_show_fee_charged INTERSECT SELECT o.no_show_fee_charged)
    ;
END;

GO

CREATE OR ALTER VIEW petcare.appointment_pets AS
SELECT
    t.appointment_id AS appointment_id,
    t.pet_id AS pet_id
FROM dbo.appointment_pets AS t;

GO

CREATE OR ALTER VIEW petcare.vaccination_records AS
SELECT
    t.id AS id,
    t.tenant_id AS tenant_id,
    t.pet_id AS pet_id,
    CASE lower(t.vaccination_type)
        WHEN 'rabies' THEN 'rabies'
        WHEN 'distemper' THEN 'distemper'
        WHEN 'parvo' THEN 'parvo'
        WHEN 'bordetella' THEN 'bordetella'
        WHEN 'leukemia' THEN 'leukemia'
        WHEN 'lyme' THEN 'lyme'
        WHEN 'dhpp' THEN 'dhpp'
        WHEN 'fvrcp' THEN 'fvrcp'
        WHEN 'other' THEN 'other'
        ELSE 'other'
    END AS type,
    t.vaccine_name AS name,
    CASE lower(t.status)
        WHEN 'current' THEN 'current'
        WHEN 'expiring_soon' THEN 'expiring_soon'
        WHEN 'expired' THEN 'expired'
        ELSE 'unknown'
    END AS status,
    t.administered_date AS administered_date,
    t.expiry_date AS expiry_date,
    t.created_at AS created_at,
    t.updated_at AS updated_at,
    t.deleted_at AS deleted_at
FROM dbo.vaccination_records AS t;

GO

CREATE OR ALTER TRIGGER petcare.write_vaccination_records ON petcare.vaccination_records INSTEAD OF UPDATE AS
BEGIN
    SET NOCOUNT ON;
    DECLARE @locked int;
    SELECT @locked = COUNT(*) FROM dbo.vaccination_records AS t WITH (UPDLOCK, ROWLOCK)
    JOIN deleted AS o ON o.id = t.id;
    UPDATE t
    SET status = CASE n.status
                WHEN 'current' THEN 'CURRENT'
                WHEN 'expiring_soon' THEN 'EXPIRING_SOON'
                WHEN 'expired' THEN 'EXPIRED'
                ELSE NULL
            END, updated_at = n.updated_at
    FROM dbo.vaccination_records AS t JOIN inserted AS n ON n.id = t.id
    JOIN deleted AS o ON o.id = n.id
    JOIN petcare.vaccination_records AS v ON v.id = n.id
    WHERE (NOT EXISTS (SELECT n.status INTERSECT SELECT o.status))
        AND EXISTS (SELECT v.status INTERSECT SELECT o.status)
    ;
END;

GO

-- For which columns this was written: python -m shared db adopt --check compares.
IF OBJECT_ID('petcare.adopted') IS NULL CREATE TABLE petcare.adopted (view_name nvarchar(40) NOT NULL, table_name nvarchar(128) NOT NULL, column_name nvarchar(128) NOT NULL, type_name nvarchar(255) NOT NULL, known nvarchar(max) NOT NULL);
DELETE FROM petcare.adopted;
INSERT INTO petcare.adopted VALUES
    ('tenants', 'tenants', 'id', 'UUID', '[]'),
    ('tenants', 'tenants', 'business_name', 'VARCHAR(255)', '[]'),
    ('tenants', 'tenants', 'subdomain', 'VARCHAR(63)', '[]'),
    ('tenants', 'tenants', 'phone', 'VARCHAR(20)', '[]'),
    ('tenants', 'tenants', 'address_line1', 'VARCHAR(255)', '[]'),
    ('tenants', 'tenants', 'timezone', 'VARCHAR(50)', '[]'),
    ('tenants', 'tenants', 'currency', 'VARCHAR(3)', '[]'),
    ('tenants', 'tenants', 'status', 'VARCHAR(20)', '["TRIAL", "ACTIVE", "SUSPENDED", "CANCELLED"]'),
    ('tenants', 'tenants', 'is_active', 'BOOLEAN', '[]'),
    ('tenants', 'tenants', 'settings', 'NVARCHAR(MAX)', '[]'),
    ('tenants', 'tenants', 'created_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('tenants', 'tenants', 'updated_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('tenants', 'tenants', 'deleted_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('owners', 'owners', 'id', 'UUID', '[]'),
    ('owners', 'owners', 'tenant_id', 'UUID', '[]'),
    ('owners', 'owners', 'first_name', 'VARCHAR(100)', '[]'),
    ('owners', 'owners', 'last_name', 'VARCHAR(100)', '[]'),
    ('owners', 'owners', 'phone', 'VARCHAR(20)', '[]'),
    ('owners', 'owners', 'sms_opted_in', 'BOOLEAN', '[]'),
    ('owners', 'owners', 'stripe_customer_id', 'VARCHAR(255)', '[]'),
    ('owners', 'owners', 'has_payment_method', 'BOOLEAN', '[]'),
    ('owners', 'owners', 'is_active', 'BOOLEAN', '[]'),
    ('owners', 'owners', 'created_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('owners', 'owners', 'updated_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('owners', 'owners', 'deleted_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('pets', 'pets', 'id', 'UUID', '[]'),
    ('pets', 'pets', 'tenant_id', 'UUID', '[]'),
    ('pets', 'pets', 'owner_id', 'UUID', '[]'),
    ('pets', 'pets', 'name', 'VARCHAR(100)', '[]'),
    ('pets', 'pets', 'species', 'VARCHAR(50)', '[]'),
    ('pets', 'pets', 'vaccination_status', 'VARCHAR(20)', '["CURRENT", "EXPIRING_SOON", "EXPIRED"]'),
    ('pets', 'pets', 'vaccination_expires_at', 'DATE', '[]'),
    ('pets', 'pets', 'is_active', 'BOOLEAN', '[]'),
    ('pets', 'pets', 'is_deceased', 'BOOLEAN', '[]'),
    ('pets', 'pets', 'created_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('pets', 'pets', 'updated_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('pets', 'pets', 'deleted_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('services', 'services', 'id', 'UUID', '[]'),
    ('services', 'services', 'tenant_id', 'UUID', '[]'),
    ('services', 'services', 'name', 'VARCHAR(255)', '[]'),
    ('services', 'services', 'price', 'INTEGER', '[]'),
    ('services', 'services', 'created_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('services', 'services', 'updated_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('services', 'services', 'deleted_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('appointments', 'appointments', 'id', 'UUID', '[]'),
    ('appointments', 'appointments', 'tenant_id', 'UUID', '[]'),
    ('appointments', 'appointments', 'owner_id', 'UUID', '[]'),
    ('appointments', 'appointments', 'service_id', 'UUID', '[]'),
    ('appointments', 'appointments', 'scheduled_start', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('appointments', 'appointments', 'scheduled_end', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('appointments', 'appointments', 'status', 'VARCHAR(20)', '["PENDING", "CONFIRMED", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW", "RESCHEDULED"]'),
    ('appointments', 'appointments', 'actual_start', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('appointments', 'appointments', 'cancelled_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('appointments', 'appointments', 'cancelled_by', 'UUID', '[]'),
    ('appointments', 'appointments', 'total_amount', 'INTEGER', '[]'),
    ('appointments', 'appointments', 'deposit_paid', 'INTEGER', '[]'),
    ('appointments', 'appointments', 'no_show_fee_charged', 'INTEGER', '[]'),
    ('appointments', 'appointments', 'created_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('appointments', 'appointments', 'updated_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('appointments', 'appointments', 'deleted_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('appointment_pets', 'appointment_pets', 'appointment_id', 'UUID', '[]'),
    ('appointment_pets', 'appointment_pets', 'pet_id', 'UUID', '[]'),
    ('vaccination_records', 'vaccination_records', 'id', 'UUID', '[]'),
    ('vaccination_records', 'vaccination_records', 'tenant_id', 'UUID', '[]'),
    ('vaccination_records', 'vaccination_records', 'pet_id', 'UUID', '[]'),
    ('vaccination_records', 'vaccination_records', 'vaccination_type', 'VARCHAR(20)', '[]'),
    ('vaccination_records', 'vaccination_records', 'vaccine_name', 'VARCHAR(255)', '[]'),
    ('vaccination_records', 'vaccination_records', 'status', 'VARCHAR(20)', '["CURRENT", "EXPIRING_SOON", "EXPIRED"]'),
    ('vaccination_records', 'vaccination_records', 'administered_date', 'DATE', '[]'),
    ('vaccination_records', 'vaccination_records', 'expiry_date', 'DATE', '[]'),
    ('vaccination_records', 'vaccination_records', 'created_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('vaccination_records', 'vaccination_records', 'updated_at', 'TIMESTAMP WITH TIME ZONE', '[]'),
    ('vaccination_records', 'vaccination_records', 'deleted_at', 'TIMESTAMP WITH TIME ZONE', '[]');

GO

COMMIT;

GO

-- Two roles are enough: petcare_owner runs this file and `db upgrade`, petcare_jobs runs the jobs.
-- Before, by whoever owns the platform's tables (and what its own triggers write, to petcare_jobs):
-- GRANT SELECT ON dbo.users TO petcare_owner;  -- for who cancelled
-- GRANT SELECT ON dbo.tenants TO petcare_owner;
-- GRANT SELECT ON dbo.owners TO petcare_owner;
-- GRANT UPDATE (sms_opted_in, updated_at) ON dbo.owners TO petcare_owner, petcare_jobs;
-- GRANT SELECT (id, sms_opted_in, updated_at) ON dbo.owners TO petcare_jobs;
-- GRANT SELECT ON dbo.pets TO petcare_owner;
-- GRANT UPDATE (vaccination_status, vaccination_expires_at, updated_at) ON dbo.pets TO petcare_owner, petcare_jobs;
-- GRANT SELECT (id, vaccination_status, vaccination_expires_at, updated_at) ON dbo.pets TO petcare_jobs;
-- GRANT SELECT ON dbo.services TO petcare_owner;
-- GRANT SELECT ON dbo.appointments TO petcare_owner;
-- GRANT UPDATE (status, no_show_fee_charged, updated_at) ON dbo.appointments TO petcare_owner, petcare_jobs;
-- GRANT SELECT (id, status, no_show_fee_charged, updated_at) ON dbo.appointments TO petcare_jobs;
-- GRANT SELECT ON dbo.appointment_pets TO petcare_owner;
-- GRANT SELECT ON dbo.vaccination_records TO petcare_owner;
-- GRANT UPDATE (status, updated_at) ON dbo.vaccination_records TO petcare_owner, petcare_jobs;
-- GRANT SELECT (id, status, updated_at) ON dbo.vaccination_records TO petcare_jobs;
-- After `db upgrade`, by petcare_owner:
-- GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::petcare TO petcare_jobs;
