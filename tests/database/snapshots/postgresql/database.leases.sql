-- release
DELETE FROM leases WHERE leases.name = :name::VARCHAR AND leases.holder = :holder::VARCHAR;

-- take
INSERT INTO leases (name, holder, expires_at) VALUES (:name::VARCHAR, :holder::VARCHAR, :expires_at::TIMESTAMP WITH TIME
    ZONE) ON CONFLICT DO NOTHING RETURNING leases.name;
UPDATE leases SET holder=:holder::VARCHAR, expires_at=:expires_at::TIMESTAMP WITH TIME ZONE WHERE leases.name =
    :name::VARCHAR AND (leases.expires_at <= :expires_at::TIMESTAMP WITH TIME ZONE OR leases.holder = :holder::VARCHAR);
