"""What `explain` foretells is what the runs then do. `test_reasons` has each reason why something is not done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection

from shared.application import Application
from shared.database import tables
from shared.database.engine import reading
from shared.domain.reasons import SENTENCES, Reason
from shared.operations.explain import explain
from shared.operations.forecast import occurrences
from shared.operations.forecast.upcoming import upcoming
from shared.operations.words import moment_words
from shared.runtime import run
from shared.schedules.function_json import read_schedules
from tests import rows
from tests.doubles import Clock
from tests.operations.forecast.cases import ON_SQLITE
from tests.rows import NOON
from tests.salon import Salon, salon

pytestmark = ON_SQLITE
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON = NOON + 30 * HOUR
"""A start whose reminders are both still to come."""
EXPIRY = date(2026, 3, 10)
"""A vaccination's last tier begins at the end of NOON's day."""

Setup = Callable[[Connection, UUID], UUID]


def visit(owner: dict[str, object] | None = None, **columns: object) -> Setup:
    def set_up(connection: Connection, tenant: UUID) -> UUID:
        owner_id = rows.owner(connection, tenant, **(owner or {}))
        pet = rows.pet(connection, tenant, owner_id)
        return rows.appointment(connection, tenant, SOON, owner_id=owner_id, pets=[pet], **columns)

    return set_up


def shot(owner: dict[str, object] | None = None, **pet: object) -> Setup:
    def set_up(connection: Connection, tenant: UUID) -> UUID:
        animal = rows.pet(connection, tenant, rows.owner(connection, tenant, **(owner or {})), **pet)
        return rows.vaccination(connection, tenant, animal, EXPIRY, created_at=NOON - 90 * DAY)

    return set_up


def foretold(application: Application, what: str, id_: UUID) -> list[str]:
    return [each.what for each in upcoming(application, read_schedules(), what, id_)]


def done(application: Application, what: str, id_: UUID, since: datetime) -> list[str]:
    """What really happened to it, in the words of the past."""
    with reading(application.engine) as connection:
        found = explain(connection, what, id_, application.defaults, application.zone)
    assert found
    return [f"{moment_words(each.at, found.zone)}  {each.what}" for each in found.timeline if each.at > since]


def live(application: Application, clock: Clock, until: datetime) -> None:
    for each in list(occurrences(read_schedules(), application.zone, clock.now, until)):
        clock.now = each.at
        run(application, each.job)


def test_what_is_foretold_to_be_sent_is_sent_then_in_these_words(application: Application, clock: Clock) -> None:
    with application.engine.begin() as connection:
        id_ = visit()(connection, rows.tenant(connection))
    expected = foretold(application, "appointment", id_)
    assert len(expected) == 2
    live(application, clock, SOON)
    assert [each.replace(" sent to ", " to ") for each in done(application, "appointment", id_, NOON)] == expected


def test_a_text_held_over_night_is_foretold_for_the_morning(application: Application) -> None:
    with application.engine.begin() as connection:
        id_ = shot()(connection, rows.tenant(connection))
    (line,) = foretold(application, "vaccination", id_)
    assert line.startswith("Wed 04 Mar 2026 08:00 EST  vaccination alert to +1•••••0143, 1 segment: ")


def test_a_visit_about_to_be_marked_as_missed_is_foretold_with_its_fee_and_charge(paws: Salon, clock: Clock) -> None:
    missed = paws.add_missed(NOON - 3 * HOUR)
    found = foretold(paws.application, "appointment", missed)
    assert [each.split("  ")[1][:26] for each in found] == [
        "marked as missed, unless a",
        "fee of $25.00 written, to ",
        "reputation -20 (no show), ",
        "no-show notice to +1•••••0",
        "$25.00 charged to the save",
        "fee receipt to +1•••••0143",
    ]
    live(paws.application, clock, NOON + 3 * DAY)
    assert paws.fee().status == "succeeded"


def test_a_held_day_is_foretold_as_such(application: Application) -> None:
    held = salon(application, subdomain="snowed-in")
    missed = [held.add_missed(NOON - 3 * HOUR) for _ in range(4)]
    lines = foretold(application, "appointment", missed[0])
    assert {each.split("  ")[1] for each in lines} == {
        f"2026-03-03 is held back, nothing is marked: {SENTENCES[Reason.SURGE]}"
    }


def test_a_score_is_foretold_to_recover(application: Application) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant, reputation_score=60, last_reputation_update=NOON - 85 * DAY)
    lines = foretold(application, "owner", owner)
    assert lines[0] == "Sat 14 Mar 2026 20:00 EDT  reputation +5 (recovery), 65 after that run"


@pytest.mark.parametrize("status", ["suspended", "inactive"])
def test_for_a_business_that_is_not_served_nothing_comes_and_it_says_why(application: Application, status: str) -> None:
    with application.engine.begin() as connection:
        id_ = visit()(connection, rows.tenant(connection, status=status))
    assert foretold(application, "appointment", id_) == [f"nothing: the business is {status}"]


def test_the_waiting_text_of_a_suspended_business_is_foretold_to_be_cancelled_and_is(
    application: Application, clock: Clock
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        id_ = visit()(connection, tenant)
    clock.now = SOON - 24 * HOUR
    run(replace(application, sms_enabled=False), "AppointmentReminders24h")
    rows.change(application.engine, tables.tenants, tenant, status="suspended")
    nothing, *expected = foretold(application, "appointment", id_)
    assert nothing == "nothing: the business is suspended"
    assert [each.endswith(SENTENCES[Reason.TENANT_INACTIVE]) for each in expected] == [True]
    began = clock.now
    live(application, clock, SOON)
    assert [each.replace(" after all", "") for each in done(application, "appointment", id_, began)] == expected


def test_a_fee_that_waits_for_people_says_what_to_do(paws: Salon, clock: Clock) -> None:
    paws.add_due_fee_with_notice(clock)
    rows.change(paws.engine, tables.payments, paws.fee().id, status="needs_refund")
    assert foretold(paws.application, "payment", paws.fee().id) == ["it waits for staff: give it back (fee refund ID)"]


@pytest.mark.parametrize(
    ("has_card", "words"), [(True, "fee of $25.00 to be given back"), (False, "fee of $25.00 cancelled")]
)
def test_a_fee_whose_visit_was_kept_after_all_is_foretold_not_to_be_owed(
    paws: Salon, clock: Clock, has_card: bool, words: str
) -> None:
    missed = paws.add_due_fee_with_notice(clock, has_payment_method=has_card)
    paws.collect_and_deliver()
    paws.change(missed, status="completed", arrived_at=NOON)
    *_, line = foretold(paws.application, "payment", paws.fee().id)
    assert line == f"Thu 05 Mar 2026 01:30 EST  {words}: {SENTENCES[Reason.NO_SHOW_CORRECTED]}"
    clock.now = NOON + 37.5 * HOUR
    run(paws.application, "NoShowDetector")
    assert paws.fee().status == ("needs_refund" if has_card else "cancelled")


def test_texts_that_are_switched_off_wait(application: Application) -> None:
    with application.engine.begin() as connection:
        id_ = visit()(connection, rows.tenant(connection))
    lines = foretold(replace(application, sms_enabled=False), "appointment", id_)
    assert lines[0] == "texts wait: sending is switched off"
    assert all(each.endswith(SENTENCES[Reason.TOO_LATE]) for each in lines[1:])


def test_nothing_comes_for_a_cancelled_appointment(application: Application) -> None:
    with application.engine.begin() as connection:
        id_ = visit(status="cancelled")(connection, rows.tenant(connection))
    assert foretold(application, "appointment", id_) == []


def test_a_reminder_that_is_late_already_is_foretold_to_be_too_late_or_sent_when_it_is(
    application: Application, clock: Clock
) -> None:
    with application.engine.begin() as connection:
        id_ = visit(created_at=NOON - 90 * DAY)(connection, rows.tenant(connection))
    live(application, clock, NOON + HOUR)
    clock.pass_(hours=25)  # four hours before the start
    expected, began = foretold(application, "appointment", id_), clock.now
    assert [each.partition("reminder ")[2][:8] for each in expected] == ["not sent", "to +1•••"]
    live(application, clock, SOON)
    assert [each.replace(" sent to ", " to ") for each in done(application, "appointment", id_, began)] == expected


def test_an_old_missed_visit_is_foretold_where_the_look_back_reaches_it(application: Application) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        old = {"status": "confirmed", "created_at": NOON - 90 * DAY, "owner_id": owner}
        id_ = rows.appointment(connection, tenant, NOON - 15 * DAY, **old)
        long_ago = {"now": NOON - 60 * DAY, "started_at": NOON - 60 * DAY, "finished_at": NOON - 60 * DAY}
        rows.insert(connection, tables.runs, task="NoShowDetector", status="succeeded", **long_ago)
    far = replace(application, look_back=30 * DAY)
    assert "marked as missed" in foretold(far, "appointment", id_)[0]
    assert not any("marked as missed" in each for each in foretold(application, "appointment", id_))
