"""Which record counts, held against a plain reading of the rule; statuses; and the number of statements they take."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select

from shared.database import tables
from shared.domain.records import ExpiryWindow
from shared.tasks.vaccination_monitor.planning import write_statuses
from shared.tasks.vaccination_monitor.queries import (
    vaccinations_by_id,
    vaccinations_to_alert,
    vaccinations_without_decision,
)
from shared.tasks.vaccination_monitor.statuses import Soon, outdated
from shared.tasks.vaccination_monitor.superseding import superseded
from tests import rows
from tests.rows import BOOKED, NOON

RECORDS = tables.vaccination_records
TODAY = date(2026, 3, 3)
SOON = Soon.within(TODAY, 30)
EARLY, LATE = date(2025, 3, 1), date(2025, 3, 20)
DAY = timedelta(days=1)


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


# Superseding


def takes_the_place(newer: dict[str, Any], older: dict[str, Any]) -> bool:
    """The rule, read aloud."""
    if newer["deleted_at"] or not newer["expiry_date"] or newer["pet_id"] != older["pet_id"]:
        return False

    def age(record: dict[str, Any]) -> tuple[Any, ...]:
        return (
            record["administered_date"] or date.min,
            record["expiry_date"] or date.min,
            record["created_at"],
            record["id"].hex,
        )

    def vaccine(record: dict[str, Any]) -> tuple[str, str]:
        name = (record["name"] or "").replace(" ", "").lower() if record["type"] == "other" else ""
        return record["type"], name

    is_covered = newer["type"] == "dhpp" and older["type"] in ("distemper", "parvo")
    return age(newer) > age(older) and (is_covered or vaccine(newer) == vaccine(older))


def superseded_ids(engine: Engine, records: Sequence[dict[str, Any]]) -> set[UUID]:
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(RECORDS.insert(), list(records))
        found = set(connection.execute(select(RECORDS.c.id).where(superseded())).scalars())
        transaction.rollback()
    return found


def as_the_rule_says(records: Sequence[dict[str, Any]]) -> set[UUID]:
    """Those with an expiry date that another takes the place of; without one a record never counts anyway."""
    return {
        older["id"]
        for older in records
        if older["expiry_date"] and any(takes_the_place(newer, older) for newer in records if newer is not older)
    }


@pytest.fixture
def pets(engine: Engine) -> list[UUID]:
    """Two pets of one owner."""
    with engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        return [rows.pet(connection, tenant, owner, name=name) for name in ("Bella", "Max")]


def tenant_of(engine: Engine) -> UUID:
    id_: UUID = rows.only(engine, tables.tenants).id
    return id_


some_record = st.fixed_dictionaries(
    {
        "id": st.uuids(),
        "pet": st.sampled_from([0, 0, 0, 1]),
        "type": st.sampled_from(["rabies", "dhpp", "distemper", "parvo", "other"]),
        "name": st.sampled_from([None, "", "Giardia", " giar dia", "Toxoid"]),
        "administered_date": st.sampled_from([None, EARLY, LATE]),
        "expiry_date": st.sampled_from([None, in_days(3), in_days(300)]),
        "created_at": st.sampled_from([BOOKED, BOOKED + DAY]),
        "deleted_at": st.sampled_from([None, None, None, NOON]),
    }
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(some_record, max_size=6, unique_by=lambda each: each["id"]))
def test_superseding_in_sql_is_the_rule_read_aloud(
    engine: Engine, pets: list[UUID], drawn: list[dict[str, Any]]
) -> None:
    tenant = tenant_of(engine)
    records = [
        {key: value for key, value in each.items() if key != "pet"} | {"tenant_id": tenant, "pet_id": pets[each["pet"]]}
        for each in drawn
    ]
    if records:
        found = {id_ for id_ in superseded_ids(engine, records) if _expiry(records, id_)}
        assert found == as_the_rule_says(records)


def _expiry(records: Sequence[dict[str, Any]], id_: UUID) -> date | None:
    return next(each["expiry_date"] for each in records if each["id"] == id_)


def test_every_pair_of_ages_is_ordered_as_the_rule_says(engine: Engine, pets: list[UUID]) -> None:
    ages = list(product([None, EARLY, LATE], [in_days(3), in_days(300)], [BOOKED, BOOKED + DAY]))
    common = {"tenant_id": tenant_of(engine), "pet_id": pets[0], "type": "rabies", "name": None, "deleted_at": None}
    for pair in product(ages, repeat=2):
        records = [
            common | {"id": uuid4(), "administered_date": given_on, "expiry_date": expiry, "created_at": created}
            for given_on, expiry, created in pair
        ]
        assert superseded_ids(engine, records) == as_the_rule_says(records)


def test_a_record_of_another_business_supersedes_nothing(engine: Engine, pets: list[UUID]) -> None:
    with engine.begin() as connection:
        theirs = rows.tenant(connection, "theirs")
        ours = rows.vaccination(connection, tenant_of_first(connection), pets[0], in_days(7))
        rows.vaccination(connection, theirs, pets[0], in_days(300))
        assert not vaccinations_by_id(connection, [ours])[ours].is_superseded


def tenant_of_first(connection: Any) -> UUID:
    id_: UUID = connection.execute(select(tables.tenants.c.id).where(tables.tenants.c.subdomain == "paws")).scalar_one()
    return id_


# Finding


def test_pages_go_on_where_the_one_before_ended(engine: Engine, pets: list[UUID]) -> None:
    tenant = tenant_of(engine)
    with engine.begin() as connection:
        wanted = {
            rows.vaccination(connection, tenant, pet, in_days(days), type=vaccine)
            for pet, days, vaccine in product(pets, (7, 7, 5), ("rabies", "lyme"))
        }
        beyond, found = None, []
        while page := vaccinations_to_alert(
            connection, [tenant], ExpiryWindow(7, TODAY, in_days(7)), beyond=beyond, limit=5
        ):
            assert len(page) <= 5
            found += [each.vaccination.id for each in page]
            beyond = page[-1].vaccination
    assert (len(found), set(found)) == (len(wanted), wanted)


@pytest.mark.parametrize(
    ("decided", "is_due", "is_missed"),
    [
        ({"outcome": "notify"}, False, False),
        ({"outcome": "expired", "reason": "too_late"}, False, False),
        ({"outcome": "skipped", "reason": "no_phone"}, True, False),
        ({"outcome": "cancelled", "reason": "opted_out"}, True, False),
        ({"occurrence": "2026-03-10:14"}, True, True),
        ({"occurrence": "2026-03-11:7"}, True, True),
        ({"kind": "reminder_24h"}, True, True),
    ],
    ids=str,
)
def test_what_is_found_again_depends_on_what_was_decided_about_this_alert(
    engine: Engine, pets: list[UUID], decided: dict[str, Any], is_due: bool, is_missed: bool
) -> None:
    tenant, window = tenant_of(engine), ExpiryWindow(7, TODAY, in_days(7))
    with engine.begin() as connection:
        record = rows.vaccination(connection, tenant, pets[0], in_days(7))
        its = {"kind": "vaccination_expiring", "subject_id": record, "occurrence": "2026-03-10:7", "outcome": "notify"}
        rows.decision(connection, tenant, **its | decided)
        due = vaccinations_to_alert(connection, [tenant], window, limit=5)
        missed = vaccinations_without_decision(connection, [tenant], window, limit=5)
    assert (bool(due), bool(missed)) == (is_due, is_missed)


# Statuses


def statuses(engine: Engine) -> dict[str, int]:
    """Bring everything up to date; return how many rows that took, by subdomain."""
    with engine.begin() as connection:
        tenants = {each.id: each.subdomain for each in connection.execute(select(tables.tenants))}
        counts = outdated(connection, list(tenants), SOON)
        write_statuses(connection, list(tenants), SOON, NOON)
    return {tenants[id_]: count for id_, count in counts.items()}


@pytest.mark.parametrize(
    ("left", "status"),
    [(-1, "expired"), (0, "expiring_soon"), (30, "expiring_soon"), (31, "current"), (None, "unknown")],
)
def test_a_records_status_by_its_days_left(engine: Engine, pets: list[UUID], left: int | None, status: str) -> None:
    before = "current" if status != "current" else "expired"
    with engine.begin() as connection:
        expiry = None if left is None else in_days(left)
        rows.vaccination(connection, tenant_of_first(connection), pets[0], expiry, status=before)
    statuses(engine)
    record = rows.only(engine, RECORDS)
    assert (record.status, record.updated_at) == (status, NOON)


def test_a_pet_has_the_status_of_what_expires_first(engine: Engine, pets: list[UUID]) -> None:
    with engine.begin() as connection:
        tenant = tenant_of_first(connection)
        for days, vaccine in ((300, "rabies"), (12, "lyme"), (-4, "dhpp")):
            rows.vaccination(connection, tenant, pets[0], in_days(days), type=vaccine)
        rows.vaccination(connection, tenant, pets[1], None)
    assert statuses(engine) == {"paws": 3 + 1}  # the fourth record and the second pet are unknown already
    found = {each.id: each for each in rows.all_of(engine, tables.pets)}
    assert (found[pets[0]].vaccination_status, found[pets[0]].vaccination_expires_at) == ("expired", in_days(-4))
    assert (found[pets[1]].vaccination_status, found[pets[1]].vaccination_expires_at) == ("unknown", None)
    assert (found[pets[0]].updated_at, found[pets[1]].updated_at) == (NOON, None)


@pytest.mark.parametrize("change", [{"deleted_at": NOON}, {"expiry_date": None}])
def test_a_pet_without_a_counting_record_is_unknown_again(
    engine: Engine, pets: list[UUID], change: dict[str, Any]
) -> None:
    with engine.begin() as connection:
        record = rows.vaccination(connection, tenant_of_first(connection), pets[0], in_days(300))
    statuses(engine)
    rows.change(engine, RECORDS, record, **change)
    statuses(engine)
    assert {(each.vaccination_status, each.vaccination_expires_at) for each in rows.all_of(engine, tables.pets)} == {
        ("unknown", None)
    }


def test_a_superseded_record_does_not_count_for_its_pet_but_has_a_status(engine: Engine, pets: list[UUID]) -> None:
    with engine.begin() as connection:
        tenant = tenant_of_first(connection)
        old = rows.vaccination(connection, tenant, pets[0], in_days(-4), administered_date=EARLY)
        rows.vaccination(connection, tenant, pets[0], in_days(300), administered_date=LATE)
    statuses(engine)
    bella = next(each for each in rows.all_of(engine, tables.pets) if each.id == pets[0])
    assert (bella.vaccination_status, bella.vaccination_expires_at) == ("current", in_days(300))
    assert next(each.status for each in rows.all_of(engine, RECORDS) if each.id == old) == "expired"


def test_a_new_expiry_date_with_the_same_status_is_written(engine: Engine, pets: list[UUID]) -> None:
    with engine.begin() as connection:
        record = rows.vaccination(connection, tenant_of_first(connection), pets[0], in_days(300))
    statuses(engine)
    rows.change(engine, RECORDS, record, expiry_date=in_days(310))
    assert statuses(engine) == {"paws": 1}


def test_a_pets_status_turns_with_the_day_while_its_date_stays(engine: Engine, pets: list[UUID]) -> None:
    its = {"vaccination_status": "current", "vaccination_expires_at": in_days(30)}
    rows.change(engine, tables.pets, pets[0], **its)
    with engine.begin() as connection:
        rows.vaccination(connection, tenant_of_first(connection), pets[0], in_days(30), status="current")
    assert statuses(engine) == {"paws": 2}
    bella = next(each for each in rows.all_of(engine, tables.pets) if each.id == pets[0])
    assert bella.vaccination_status == "expiring_soon"


def test_deleted_rows_are_left_alone(engine: Engine, pets: list[UUID]) -> None:
    rows.change(engine, tables.pets, pets[0], deleted_at=NOON)
    with engine.begin() as connection:
        tenant = tenant_of_first(connection)
        rows.vaccination(connection, tenant, pets[1], in_days(300), deleted_at=NOON)
        rows.vaccination(connection, tenant, pets[0], in_days(300), status="current")
    assert statuses(engine) == {}


@pytest.mark.parametrize(
    ("tenant_count", "per_tenant"),
    [(10, 300), pytest.param(100, 3_000, marks=pytest.mark.soak)],
    ids=["3,000 records", "300,000 records"],
)
def test_many_records_take_few_statements_and_a_second_run_writes_nothing(
    engine: Engine, tenant_count: int, per_tenant: int
) -> None:
    fill(engine, tenant_count, per_tenant)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    first = statuses(engine)
    assert sum(first.values()) > tenant_count * per_tenant
    assert len([each for each in statements if each.startswith(("SELECT count", "SELECT vacc", "SELECT pets"))]) == 2
    assert len([each for each in statements if each.startswith("UPDATE")]) == 2
    before = rows.all_of(engine, RECORDS), rows.all_of(engine, tables.pets)
    assert statuses(engine) == {}
    assert before == (rows.all_of(engine, RECORDS), rows.all_of(engine, tables.pets))


def fill(engine: Engine, tenant_count: int, per_tenant: int) -> None:
    """Three records for each pet of some tenants, in a mix of ages, types and expiry dates."""
    kinds = ("rabies", "dhpp", "parvo", "rabies", "lyme")
    pets, records = [], []
    with engine.begin() as connection:
        for number in range(tenant_count):
            tenant = rows.tenant(connection, f"paws-{number}")
            owner = rows.owner(connection, tenant)
            common = {"tenant_id": tenant, "created_at": BOOKED}
            for index in range(per_tenant):
                if index % 3 == 0:
                    pets.append(common | {"id": uuid4(), "owner_id": owner, "name": "Bella"})
                records.append(
                    common
                    | {
                        "id": uuid4(),
                        "pet_id": pets[-1]["id"],
                        "type": kinds[index % 5],
                        "administered_date": EARLY + timedelta(days=index % 17),
                        "expiry_date": in_days(index % 400 - 100),
                    }
                )
        connection.execute(tables.pets.insert(), pets)
        connection.execute(RECORDS.insert(), records)


def test_the_whole_table_is_one_sets_business(engine: Engine) -> None:
    """Tenants that are not named are not touched."""
    fill(engine, 2, 30)
    with engine.begin() as connection:
        first = connection.execute(select(tables.tenants.c.id).order_by(tables.tenants.c.subdomain)).scalars().first()
        assert first is not None
        write_statuses(connection, [first], SOON, datetime(2026, 3, 3, tzinfo=UTC))
    written = {each.tenant_id for each in rows.all_of(engine, RECORDS) if each.updated_at}
    assert written == {first}


def test_a_missing_expiry_date_is_written_where_the_status_was_right_already(engine: Engine, pets: list[UUID]) -> None:
    rows.change(engine, tables.pets, pets[0], vaccination_status="current")
    with engine.begin() as connection:
        rows.vaccination(connection, tenant_of_first(connection), pets[0], in_days(300), status="current")
    assert statuses(engine) == {"paws": 1}
