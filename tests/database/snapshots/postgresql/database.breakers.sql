-- all_of_them
SELECT breakers.name, breakers.state, breakers.since, breakers.until, breakers.openings, breakers.code
FROM breakers ORDER BY breakers.name;

-- close
UPDATE breakers SET name=:name::VARCHAR, state=:state::VARCHAR, holder=:holder::VARCHAR, since=:since::TIMESTAMP WITH
    TIME ZONE, until=:until::TIMESTAMP WITH TIME ZONE, openings=:openings::SMALLINT, code=:code::VARCHAR WHERE
    breakers.name = :name::VARCHAR AND breakers.state = :state::VARCHAR AND breakers.holder = :holder::VARCHAR;

-- give_probe_back
UPDATE breakers SET name=:name::VARCHAR, state=:state::VARCHAR, holder=:holder::VARCHAR, since=:since::TIMESTAMP WITH
    TIME ZONE, until=:until::TIMESTAMP WITH TIME ZONE, openings=:openings::SMALLINT, code=:code::VARCHAR WHERE
    breakers.name = :name::VARCHAR AND breakers.state = :state::VARCHAR AND breakers.holder = :holder::VARCHAR;

-- open_
INSERT INTO breakers (name, state, holder, since, until, openings, code) VALUES (:name::VARCHAR, :state::VARCHAR,
    :holder::VARCHAR, :since::TIMESTAMP WITH TIME ZONE, :until::TIMESTAMP WITH TIME ZONE, :openings::SMALLINT,
    :code::VARCHAR) ON CONFLICT DO NOTHING RETURNING breakers.name;

-- read
SELECT breakers.name, breakers.state, breakers.since, breakers.until, breakers.openings, breakers.code
FROM breakers
WHERE breakers.name = :its_name::VARCHAR;

-- reopen
UPDATE breakers SET name=:name::VARCHAR, state=:state::VARCHAR, holder=:holder::VARCHAR, since=:since::TIMESTAMP WITH
    TIME ZONE, until=:until::TIMESTAMP WITH TIME ZONE, openings=:openings::SMALLINT, code=:code::VARCHAR WHERE
    breakers.name = :name::VARCHAR AND breakers.state = :state::VARCHAR AND breakers.holder = :holder::VARCHAR;

-- take_probe
UPDATE breakers SET name=:name::VARCHAR, state=:state::VARCHAR, holder=:holder::VARCHAR, since=:since::TIMESTAMP WITH
    TIME ZONE, until=:until::TIMESTAMP WITH TIME ZONE, openings=:openings::SMALLINT, code=:code::VARCHAR WHERE
    breakers.name = :name::VARCHAR AND breakers.state != :state::VARCHAR AND breakers.until <= :until::TIMESTAMP WITH
    TIME ZONE;
