-- Its timestamps are in New York's time. Its trigger finds booking_log by the session's search path.
CREATE TABLE businesses (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    slug varchar(63) NOT NULL UNIQUE,
    contact_phone varchar(30),
    street text,
    tz text,
    active boolean NOT NULL DEFAULT true,
    preferences text,
    created timestamp NOT NULL DEFAULT localtimestamp
);
CREATE TABLE customers (
    id uuid PRIMARY KEY,
    business_id uuid NOT NULL REFERENCES businesses (id),
    full_name text NOT NULL,
    mobile varchar(30),
    sms_opt_out boolean NOT NULL DEFAULT false,
    stripe_id varchar(100),
    default_payment_method varchar(100),
    misses integer,
    created timestamp NOT NULL DEFAULT localtimestamp,
    modified_at timestamp
);
CREATE TABLE animals (
    id uuid PRIMARY KEY,
    business_id uuid NOT NULL REFERENCES businesses (id),
    customer_id uuid NOT NULL REFERENCES customers (id),
    name text NOT NULL,
    kind varchar(20) NOT NULL,
    deceased_on date,
    created timestamp NOT NULL DEFAULT localtimestamp
);
CREATE INDEX animals_by_customer ON animals (customer_id);
CREATE TABLE treatments (
    id uuid PRIMARY KEY,
    business_id uuid NOT NULL REFERENCES businesses (id),
    title text NOT NULL,
    price numeric(10, 2) NOT NULL
);
CREATE TABLE bookings (
    id uuid PRIMARY KEY,
    business_id uuid NOT NULL REFERENCES businesses (id),
    customer_id uuid NOT NULL REFERENCES customers (id),
    animal_id uuid REFERENCES animals (id),
    treatment_id uuid REFERENCES treatments (id),
    start_time timestamp NOT NULL,
    end_time timestamp NOT NULL,
    state varchar(20) NOT NULL CHECK (state IN ('requested', 'booked', 'here', 'done', 'cancelled', 'missed')),
    checked_in_at timestamp,
    cancelled_at timestamp,
    cancelled_by varchar(20),
    price numeric(10, 2),
    deposit numeric(10, 2),
    no_show_fee numeric(10, 2),
    created timestamp NOT NULL DEFAULT localtimestamp,
    modified_at timestamp
);
CREATE INDEX bookings_by_start ON bookings (business_id, start_time);
CREATE TABLE shots (
    id uuid PRIMARY KEY,
    business_id uuid NOT NULL REFERENCES businesses (id),
    animal_id uuid NOT NULL REFERENCES animals (id),
    vaccine text NOT NULL,
    given_on date,
    valid_until date,
    created timestamp NOT NULL DEFAULT localtimestamp
);
CREATE INDEX shots_by_animal ON shots (animal_id);
CREATE TABLE booking_log (booking_id uuid NOT NULL, was varchar(20), is_now varchar(20));
CREATE FUNCTION log_booking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO booking_log VALUES (NEW.id, OLD.state, NEW.state);
    RETURN NEW;
END $$;
CREATE TRIGGER log_booking AFTER UPDATE OF state ON bookings FOR EACH ROW EXECUTE FUNCTION log_booking();
