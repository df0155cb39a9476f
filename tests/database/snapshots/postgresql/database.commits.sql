-- forget
DELETE FROM commits WHERE commits.at < :at::TIMESTAMP WITH TIME ZONE;

-- leave
INSERT INTO commits (id) VALUES (:id::UUID) ON CONFLICT DO NOTHING RETURNING commits.id;
