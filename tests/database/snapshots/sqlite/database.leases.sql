-- release
DELETE FROM leases WHERE leases.name = :name AND leases.holder = :holder;

-- take
INSERT INTO leases (name, holder, expires_at) VALUES (:name, :holder, :expires_at) ON CONFLICT DO NOTHING RETURNING name;
UPDATE leases SET holder=:holder, expires_at=:expires_at WHERE leases.name = :name AND (leases.expires_at <= :expires_at
    OR leases.holder = :holder);
