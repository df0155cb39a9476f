-- all_of_them
SELECT breakers.name, breakers.state, breakers.since, breakers.until, breakers.openings, breakers.code
FROM breakers ORDER BY breakers.name;

-- close
UPDATE breakers SET name=:name, state=:state, holder=:holder, since=:since, until=:until, openings=:openings, code=:code
    WHERE breakers.name = :name AND breakers.state = :state AND breakers.holder = :holder;

-- give_probe_back
UPDATE breakers SET name=:name, state=:state, holder=:holder, since=:since, until=:until, openings=:openings, code=:code
    WHERE breakers.name = :name AND breakers.state = :state AND breakers.holder = :holder;

-- open_
INSERT INTO breakers (name, state, holder, since, until, openings, code) VALUES (:name, :state, :holder, :since, :until,
    :openings, :code) ON CONFLICT DO NOTHING RETURNING name;

-- read
SELECT breakers.name, breakers.state, breakers.since, breakers.until, breakers.openings, breakers.code
FROM breakers
WHERE breakers.name = :its_name;

-- reopen
UPDATE breakers SET name=:name, state=:state, holder=:holder, since=:since, until=:until, openings=:openings, code=:code
    WHERE breakers.name = :name AND breakers.state = :state AND breakers.holder = :holder;

-- take_probe
UPDATE breakers SET name=:name, state=:state, holder=:holder, since=:since, until=:until, openings=:openings, code=:code
    WHERE breakers.name = :name AND breakers.state != :state AND breakers.until <= :until;
