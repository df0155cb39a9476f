"""What is found of a platform, what a person has to decide, and what cannot be served."""

import pytest

from shared.database import tables
from shared.domain.records import AppointmentStatus
from shared.platform.adopt.adoption import Adoption, MappedColumn, Unserved
from shared.platform.adopt.mapping import adopted
from shared.platform.adopt.structure import Structure, TheirColumn, TheirTable, Type
from shared.platform.adopt.synonyms import COLUMNS, UNREAD
from shared.platform.adopt.words import WORDS
from shared.platform.adopt.writing import file
from tests.platform.adopt.structures import STATUSES, column, key, structure, with_, without


def served(found: Structure) -> Adoption:
    adoption = adopted(found, "petcare")
    assert not isinstance(adoption, Unserved), adoption.lines
    return adoption


def refused(found: Structure) -> tuple[str, ...]:
    unserved = adopted(found, "petcare")
    assert isinstance(unserved, Unserved)
    return unserved.lines


def mapped(found: Structure, view: str, name: str) -> MappedColumn:
    its = served(found).view(view)
    assert its
    return its.column(name)


def test_tables_and_columns_are_found_by_their_synonyms() -> None:
    adoption = served(structure())
    assert {each.name: each.table.name for each in adoption.views} == {
        "tenants": "clinics",
        "owners": "clients",
        "pets": "patients",
        "appointments": "visits",
        "vaccination_records": "immunizations",
    }
    assert mapped(structure(), "appointments", "scheduled_start").sql == "t.starts_at"
    assert adoption.gates == ()


@pytest.mark.parametrize("name", ["startsAt", "Starts At", "STARTS_AT"])
def test_a_name_is_found_however_its_words_are_separated(name: str) -> None:
    visits = (*without("visits", "starts_at"), column(name, Type.INSTANT))
    assert mapped(structure(visits=visits), "appointments", "scheduled_start").sql == f't."{name}"'


def test_a_reference_is_found_by_its_foreign_key_whatever_its_name() -> None:
    visits = (*without("visits", "client_id"), key("booked_for", "clients"))
    assert mapped(structure(visits=visits), "appointments", "owner_id").sql == "t.booked_for"


def test_every_column_of_our_tables_is_in_its_view() -> None:
    for name, wanted in COLUMNS.items():
        named = {each.name for each in (*wanted, *UNREAD.get(name, ()))}
        assert named == set(tables.metadata.tables[name].columns.keys()), name


def test_the_words_are_those_of_our_tables() -> None:
    assert tuple(WORDS["tenants", "status"]) == tables.TENANT_STATUSES
    assert tuple(WORDS["appointments", "status"]) == tuple(AppointmentStatus)
    assert tuple(WORDS["vaccination_records", "type"]) == tuple(tables.VACCINES)
    assert tuple(WORDS["pets", "vaccination_status"]) == tables.VACCINATION_STATUSES


UNSERVED = {
    "clients has no column for tenant_id; there has to be one, uuid (looked for tenant_id, tenant_id, business_id": {
        "clients": without("clients", "clinic_id")
    },
    "clients.id, for id, is INTEGER and has to be uuid": {"clients": with_("clients", column("id", Type.INTEGER))},
    "visits has no column for scheduled_end; there has to be one, timestamp with time zone": {
        "visits": without("visits", "ends_at")
    },
    "visits.starts_at, for scheduled_start, is INTEGER and has to be timestamp with time zone": {
        "visits": with_("visits", column("starts_at", Type.INTEGER))
    },
    "visits.status has no value for a missed visit, like no_show (it has Pending, Confirmed, Completed, Cancelled)": {
        "visits": with_("visits", column("status", values=STATUSES[:-1], is_closed=True))
    },
    "nothing says which pets an appointment in visits is for": {"visits": without("visits", "patient_id")},
}


@pytest.mark.parametrize("line", UNSERVED)
def test_what_cannot_be_served_is_said_with_what_would_have_to_be_there(line: str) -> None:
    (said,) = refused(structure(**UNSERVED[line]))
    assert said.startswith(line)


def test_tables_that_are_missing_are_all_named() -> None:
    said = refused(Structure("postgresql", "public", (TheirTable("clients", (key(),)),)))
    assert "there is no table for tenants (looked for tenant, business, organization" in said[0]
    assert sum("there is no table" in each for each in said) == 4


DECIDED: dict[str, tuple[str, str, str, dict[str, tuple[TheirColumn, ...]]]] = {
    "who agreed to be texted": (
        "owners",
        "sms_opted_in",
        "coalesce((SELECT s.sms_opted_in FROM petcare.owner_standings AS s WHERE s.owner_id = t.id), false)",
        {"clients": without("clients", "sms_consent")},
    ),
    "who has a saved card": ("owners", "has_payment_method", "false", {}),
    "when it was booked": ("appointments", "created_at", "t.starts_at", {"visits": without("visits", "created_at")}),
    "how an arrival is known. Nothing says so": (
        "appointments",
        "actual_start",
        "t.starts_at",
        {"visits": without("visits", "checked_in_at")},
    ),
    "what Waitlisted means": (
        "appointments",
        "status",
        "WHEN 'waitlisted' THEN 'cancelled'",
        {"visits": with_("visits", column("status", values=(*STATUSES, "Waitlisted")))},
    ),
    "whether deposit is in the major or in the minor unit": (
        "appointments",
        "deposit_paid",
        "t.deposit * 100",
        {"visits": with_("visits", column("deposit", Type.INTEGER))},
    ),
    "whether total is in the major or in the minor unit": (
        "appointments",
        "total_amount",
        "t.total",
        {"visits": with_("visits", column("total", Type.INTEGER))},
    ),
    "phone could be mobile as well": (
        "owners",
        "phone",
        "t.phone",
        {"clients": with_("clients", column("mobile"))},
    ),
}


@pytest.mark.parametrize("what", DECIDED)
def test_what_only_a_person_can_decide_stands_at_what_texts_and_charges_nobody(what: str) -> None:
    view, name, sql, changed = DECIDED[what]
    found = mapped(structure(**changed), view, name)
    assert found.comments[0].startswith(f"DECIDE: {what}")
    assert sql in found.sql
    assert f"-- DECIDE: {what}" in file(served(structure(**changed)))


GATED = {
    "the zone of the platform's timestamps without one: platform_zone()": {
        "visits": with_("visits", column("starts_at", Type.NAIVE), column("ends_at", Type.NAIVE))
    },
    "the businesses' time zone: platform_zone()": {"clinics": without("clinics", "time_zone")},
    "which of clinics are served: nothing says so": {"clinics": without("clinics", "active")},
    "whether owners are clients or customers": {"customers": (key(),)},
    "whether appointments.scheduled_start is starts_at or start": {
        "visits": with_("visits", column("start", Type.INSTANT))
    },
}


@pytest.mark.parametrize("what", GATED)
def test_nobody_is_served_while_something_is_open_that_has_no_safe_choice(what: str) -> None:
    adoption = served(structure(**GATED[what]))
    assert adoption.gates == (what,)
    written = file(adoption)
    assert f"--     {what}\n" in written
    assert "\n    false AS is_active,\n" in written


def test_an_amount_that_says_that_it_is_in_cents_is_taken_as_it_is() -> None:
    visits = with_("visits", column("deposit_cents", Type.INTEGER))
    found = mapped(structure(visits=visits), "appointments", "deposit_paid")
    assert (found.sql, found.comments) == ("t.deposit_cents", ())


def test_a_decimal_amount_is_rounded_to_the_minor_unit() -> None:
    found = mapped(structure(visits=with_("visits", column("total", Type.DECIMAL))), "appointments", "total_amount")
    assert found.sql == "CAST(round(CAST(t.total AS numeric) * 100, 0) AS integer)"


def test_a_deletion_may_be_a_flag() -> None:
    found = mapped(structure(clients=with_("clients", column("is_deleted", Type.BOOLEAN))), "owners", "deleted_at")
    assert found.sql.startswith("CASE WHEN t.is_deleted THEN CAST('2000-01-01")


def test_a_name_cannot_end_its_comment() -> None:
    written = file(served(structure(**{"customers;\n\u202e": (key(),)})))
    assert "owners are read from clients; customers;\\n\\u202e could be meant as well." in written
    assert "\u202e" not in written


def test_a_value_cannot_end_its_quotes() -> None:
    values = ("Pending'; DROP TABLE clients; --", "NoShow", "$petcare$")
    written = file(served(structure(visits=with_("visits", column("status", values=values)))))
    assert "WHEN 'pending''; drop table clients; --' THEN 'cancelled'" in written
