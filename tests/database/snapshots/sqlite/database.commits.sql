-- forget
DELETE FROM commits WHERE commits.at < :at;

-- leave
INSERT INTO commits (id) VALUES (:id) ON CONFLICT DO NOTHING RETURNING id;
