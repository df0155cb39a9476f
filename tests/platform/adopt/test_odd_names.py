"""A platform with names that have to be quoted: capitals, spaces, quotes, reserved words, and a schema of its own."""

from sqlalchemy import Engine

from shared.database import migrations
from shared.database.engine import open_engine
from shared.platform.schema_check import lacks
from tests.platforms.adopting import execute, file_for

ODD = """
CREATE SCHEMA "Vet ""A"" Clinic";
SET search_path = "Vet ""A"" Clinic";
CREATE TYPE "Visit State" AS ENUM ('Booked', 'It''s done', 'No Show', '$petcare$');
CREATE TABLE "Company" (id uuid PRIMARY KEY, "Name" text, "timeZone" text, "isEnabled" boolean);
CREATE TABLE "Pet Owners" (id uuid PRIMARY KEY, "companyId" uuid, "fullName" text, "cellPhone" text, "smsOk" boolean);
CREATE TABLE "Animal" (id uuid PRIMARY KEY, "companyId" uuid, "petOwnerId" uuid, "Name" text);
CREATE TABLE "Reservation" (
    id uuid PRIMARY KEY, "companyId" uuid, "petOwnerId" uuid, "Animals" uuid[], "start" timestamptz, "end" timestamptz,
    "State" "Visit State", "checkedInAt" timestamptz, "createdAt" timestamptz
);
CREATE TABLE "Immunization" (
    id uuid PRIMARY KEY, "companyId" uuid, "animalId" uuid, "vaccine" text, "Valid Until" date
);
INSERT INTO "Company" VALUES ('00000000-0000-0000-0000-000000000001', 'Paws', 'Europe/London', true);
INSERT INTO "Pet Owners" VALUES
    ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', 'Ana Lee', '+12125550101', true);
INSERT INTO "Reservation" VALUES (
    '00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000001',
    '00000000-0000-0000-0000-000000000002', '{}', '2026-03-01 10:00Z', '2026-03-01 11:00Z', 'Booked', NULL, now()
);
"""


def test_odd_names_are_quoted_and_what_has_our_needs_is_served(theirs: Engine) -> None:
    execute(theirs, ODD)
    written = file_for(theirs, 'Vet "A" Clinic')
    for _ in range(2):
        execute(theirs, written)
    ours = open_engine(theirs.url.render_as_string(hide_password=False), "petcare")
    migrations.upgrade(ours)
    assert lacks(ours) == []
    with ours.begin() as connection:
        connection.exec_driver_sql("UPDATE petcare.appointments SET status = 'no_show'")
        found = connection.exec_driver_sql('SELECT "State"::text FROM "Vet ""A"" Clinic"."Reservation"').scalars().all()
    assert found == ["No Show"]
    ours.dispose()
