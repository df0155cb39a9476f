"""Reputation events and scores on a database: written once, reversed once, and always the fold of what is on record."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, event

from shared.database import reputation, tables
from shared.database.engine import writing
from shared.domain.records import EventKind, visit_id
from shared.domain.reputation import POINTS, Event, NewEvent, fold
from shared.platform import writes
from tests import rows
from tests.rows import NOON

DAY = timedelta(days=1)


def happened(tenant: UUID, owner: UUID, kind: EventKind, days: float, points: int | None = None) -> NewEvent:
    """An event some days after NOON, of a subject of its own."""
    at = NOON + days * DAY
    subject = visit_id(tenant, owner, at.date())
    return NewEvent(tenant, owner, kind, POINTS[kind] if points is None else points, subject, at)


@pytest.fixture
def tenant(engine: Engine) -> UUID:
    with engine.begin() as connection:
        return rows.tenant(connection)


def new_owner(engine: Engine, tenant: UUID, score: int = 100, **columns: object) -> UUID:
    with engine.begin() as connection:
        return rows.owner(connection, tenant, reputation_score=score, **columns)


def add(engine: Engine, *events: NewEvent) -> set[str]:
    """Add events and score their owners, in one transaction."""
    with writing(engine) as connection:
        written = reputation.add_events(connection, events, NOON)
        writes.rescore(connection, {each.owner_id for each in events}, NOON)
    return written


def reverse(engine: Engine, *events: NewEvent) -> set[UUID]:
    with writing(engine) as connection:
        reversed_ = reputation.reverse_events(connection, [each.id for each in events], "appointment_completed", NOON)
        writes.rescore(connection, {each.owner_id for each in events}, NOON)
    return reversed_


def score_of(engine: Engine, owner: UUID) -> int:
    (found,) = (each for each in rows.all_of(engine, tables.owners) if each.id == owner)
    return int(found.reputation_score)


def test_an_event_costs_its_points_and_dates_the_score(engine: Engine, tenant: UUID) -> None:
    owner = new_owner(engine, tenant)
    missed = happened(tenant, owner, EventKind.NO_SHOW, 0)
    assert add(engine, missed) == {f"no_show:{missed.subject_id}"}
    found = rows.only(engine, tables.owners)
    assert (found.reputation_score, found.last_reputation_update, found.updated_at) == (80, NOON, NOON)


def test_an_event_is_written_once_whoever_asks(engine: Engine, tenant: UUID) -> None:
    owner = new_owner(engine, tenant)
    missed = happened(tenant, owner, EventKind.NO_SHOW, 0)
    assert len(add(engine, missed, missed)) == 1
    before = rows.all_of(engine, tables.reputation_events)
    assert add(engine, missed) == set()
    assert rows.all_of(engine, tables.reputation_events) == before
    assert score_of(engine, owner) == 80


def test_of_two_events_with_one_key_the_earlier_is_kept(engine: Engine, tenant: UUID) -> None:
    owner = new_owner(engine, tenant)
    visit = visit_id(tenant, owner, NOON.date())
    both = [NewEvent(tenant, owner, EventKind.NO_SHOW, -20, visit, NOON + hours * DAY / 24) for hours in (1, 0, 2)]
    add(engine, *both)
    assert [each.occurred_at for each in rows.all_of(engine, tables.reputation_events) if each.kind == "no_show"] == [
        NOON
    ]


def test_the_opening_holds_the_score_found_at_the_first_event_only(engine: Engine, tenant: UUID) -> None:
    owner = new_owner(engine, tenant, 45, last_reputation_update=NOON - 9 * DAY)
    add(engine, happened(tenant, owner, EventKind.COMPLETED, 0))
    add(engine, happened(tenant, owner, EventKind.COMPLETED, 1))
    openings = [each for each in rows.all_of(engine, tables.reputation_events) if each.kind == "opening"]
    assert [(each.points, each.ledger_key, each.occurred_at) for each in openings] == [
        (45, f"opening:{owner}", NOON - 9 * DAY)
    ]
    assert score_of(engine, owner) == 49


def test_the_opening_of_a_score_that_was_never_dated_is_dated_by_the_owners_creation(
    engine: Engine, tenant: UUID
) -> None:
    owner = new_owner(engine, tenant)
    add(engine, happened(tenant, owner, EventKind.COMPLETED, 0))
    (opening,) = (each for each in rows.all_of(engine, tables.reputation_events) if each.kind == "opening")
    assert (opening.points, opening.occurred_at) == (100, rows.BOOKED)


def test_events_without_an_opening_start_from_a_hundred(engine: Engine, tenant: UUID) -> None:
    owner = new_owner(engine, tenant, 45)
    add(engine, happened(tenant, owner, EventKind.NO_SHOW, 0))
    with writing(engine) as connection:
        connection.execute(delete(tables.reputation_events).where(tables.reputation_events.c.kind == "opening"))
        assert writes.rescore(connection, [owner], NOON) == {owner: (25, 80)}


def test_an_owner_without_events_keeps_the_score(engine: Engine, tenant: UUID) -> None:
    owner = new_owner(engine, tenant, 45)
    before = rows.only(engine, tables.owners)
    with writing(engine) as connection:
        assert writes.rescore(connection, [owner], NOON) == {owner: (45, 45)}
    assert rows.only(engine, tables.owners) == before


def test_a_score_that_did_not_change_leaves_the_owner_as_it_was(engine: Engine, tenant: UUID) -> None:
    owner = new_owner(engine, tenant)
    before = rows.only(engine, tables.owners)
    add(engine, happened(tenant, owner, EventKind.COMPLETED, 0))
    assert rows.only(engine, tables.owners) == before


def test_a_no_show_at_ten_points_that_is_reversed_leaves_ten(engine: Engine, tenant: UUID) -> None:
    owner = new_owner(engine, tenant, 10)
    missed = happened(tenant, owner, EventKind.NO_SHOW, 0)
    add(engine, missed)
    assert score_of(engine, owner) == 0
    assert reverse(engine, missed) == {missed.id}
    assert score_of(engine, owner) == 10


def test_an_event_is_reversed_once_and_stays_on_record(engine: Engine, tenant: UUID) -> None:
    owner = new_owner(engine, tenant)
    missed = happened(tenant, owner, EventKind.NO_SHOW, 0)
    add(engine, missed)
    reverse(engine, missed)
    assert reverse(engine, missed) == set()
    assert add(engine, missed) == set()
    (found,) = (each for each in rows.all_of(engine, tables.reputation_events) if each.kind == "no_show")
    assert (found.reversed_at, found.reversed_reason) == (NOON, "appointment_completed")
    assert score_of(engine, owner) == 100


def test_owners_of_several_tenants_are_kept_apart(engine: Engine, tenant: UUID) -> None:
    with engine.begin() as connection:
        other = rows.tenant(connection, "other")
    ours, theirs = new_owner(engine, tenant), new_owner(engine, other)
    add(engine, happened(tenant, ours, EventKind.NO_SHOW, 0), happened(other, theirs, EventKind.COMPLETED, 0))
    assert (score_of(engine, ours), score_of(engine, theirs)) == (80, 100)
    owners = {each.owner_id: each.tenant_id for each in rows.all_of(engine, tables.reputation_events)}
    assert owners == {ours: tenant, theirs: other}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    opening=st.integers(0, 100),
    kinds=st.lists(st.sampled_from(list(POINTS)), min_size=1, max_size=8),
    data=st.data(),
)
def test_any_order_of_settling_and_reversing_gives_the_fold_of_what_is_on_record(
    engine: Engine, tenant: UUID, opening: int, kinds: list[EventKind], data: st.DataObject
) -> None:
    owner = new_owner(engine, tenant, opening)
    events = [happened(tenant, owner, kind, day) for day, kind in enumerate(kinds)]
    for each in data.draw(st.permutations(events)):
        add(engine, each)
    wrong = data.draw(st.sets(st.sampled_from(events)))
    for each in wrong:
        reverse(engine, each)
    kept = [each.recorded() for each in events if each not in wrong]
    assert score_of(engine, owner) == fold(opening, kept)


def test_the_statements_do_not_grow_with_the_owners(engine: Engine, tenant: UUID) -> None:
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for many in (1, 100):
        owners = [new_owner(engine, tenant) for _ in range(many)]
        statements.clear()
        add(engine, *(happened(tenant, owner, EventKind.NO_SHOW, 0) for owner in owners))
        counts.append(len(statements))
    assert counts[1] == counts[0]


def test_the_kinds_of_events_are_the_tables(engine: Engine, tenant: UUID) -> None:
    owner = new_owner(engine, tenant)
    kinds = [kind for kind in EventKind if kind is not EventKind.OPENING]
    add(engine, *(happened(tenant, owner, kind, 0, points=1) for kind in kinds))
    assert {each.kind for each in rows.all_of(engine, tables.reputation_events)} == set(EventKind)


def test_a_recorded_event_is_what_will_be_read(engine: Engine, tenant: UUID) -> None:
    owner = new_owner(engine, tenant)
    missed = happened(tenant, owner, EventKind.NO_SHOW, 0)
    add(engine, missed)
    (found,) = (each for each in rows.all_of(engine, tables.reputation_events) if each.kind == "no_show")
    read = Event(found.id, EventKind(found.kind), found.points, found.occurred_at, found.reversed_at is not None)
    assert read == missed.recorded()
