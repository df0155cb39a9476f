"""Days on which so many appointments look missed that a person has to confirm it; closed days."""

from datetime import date, datetime
from typing import Any

import pytest

from shared.application import Application
from shared.database import tables
from shared.errors import UsageError
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, JOB, Salon, salon
from tests.tasks.no_show_detector.rows import everything, local


def test_a_snow_day_at_a_salon_of_two_groomers_charges_nobody(paws: Salon, sms: RecordingSms) -> None:
    missed = [paws.add_missed(NOON - hours * HOUR) for hours in (6, 5, 4, 3)]
    before = everything(paws.engine)
    result = paws.run()
    held = {"tenant": "paws", "date": "2026-03-03", "candidates": 4, "appointments": 4, "reason": "surge"}
    assert (result["held"], result["total_detected"]) == ([held], 0)
    assert everything(paws.engine) == before
    assert sms.sent == []
    assert rows.only(paws.engine, tables.runs).status == "held"
    assert paws.run(accept_surge=[("paws", date(2026, 3, 3))])["total_detected"] == 4
    assert {paws.status_of(each) for each in missed} == {"no_show"}
    assert paws.run()["held"] == []  # nothing is left of that day to be held


def test_believing_a_day_of_one_business_believes_no_other_ones(application: Application) -> None:
    paws, other = salon(application), salon(application, subdomain="other")
    missed = [(paws.add_missed(), other.add_missed()) for _ in range(3)]
    result = paws.run(accept_surge=[("paws", date(2026, 3, 3))])
    assert [each["tenant"] for each in result["held"]] == ["other"]
    assert {(paws.status_of(its), other.status_of(theirs)) for its, theirs in missed} == {("no_show", "confirmed")}


def test_a_desk_that_stops_checking_in_on_a_tuesday_does_not_stop_the_monday(paws: Salon, clock: Clock) -> None:
    paws.run()
    clock.pass_(days=1)
    monday, tuesday = NOON - 3 * HOUR, NOON + 2 * HOUR
    paws.add_kept(monday - HOUR, 6)
    paws.add_kept(tuesday, 2)
    missed = paws.add_missed(monday)
    clock.now = datetime.fromisoformat("2026-03-05T06:30:00+00:00")
    wednesday_morning = clock.now - 7 * HOUR
    unchecked = [paws.add_missed(wednesday_morning - hours * HOUR) for hours in range(8)]
    result = paws.plan()
    assert [(each["date"], each["candidates"]) for each in result["held"]] == [("2026-03-04", 8)]
    assert paws.status_of(missed) == "no_show"
    assert {paws.status_of(each) for each in unchecked} == {"confirmed"}


def test_a_day_found_piece_by_piece_is_held_all_the_same(paws: Salon, clock: Clock) -> None:
    for hours in (4, 3):
        paws.add_missed(NOON - hours * HOUR)
    assert paws.plan()["total_detected"] == 2
    third = paws.add_missed(NOON - HOUR)
    clock.pass_(hours=1)
    result = paws.plan()
    (held,) = result["held"]
    assert held == {"tenant": "paws", "date": "2026-03-03", "candidates": 3, "appointments": 3, "reason": "surge"}
    assert paws.status_of(third) == "confirmed"


@pytest.mark.parametrize("status", ["completed", "confirmed"])
def test_what_staff_put_right_since_is_no_suspect_any_more(paws: Salon, clock: Clock, status: str) -> None:
    forgotten = [paws.add_missed(NOON - hours * HOUR) for hours in (4, 3)]
    assert paws.plan()["total_detected"] == 2
    for each in forgotten:
        paws.change(each, status=status)
    paws.add_missed(NOON - HOUR)
    clock.pass_(hours=1)
    result = paws.plan()
    assert (result["held"], result["total_detected"]) == ([], 1)


@pytest.mark.parametrize(
    "columns",
    [
        {"created_at": NOON},
        {"scheduled_end": NOON + HOUR},
        {"starts_at": NOON - HOUR / 6, "scheduled_end": NOON},
        {"status": "no_show"},
    ],
    ids=["imported", "going on", "short, in its grace", "marked by staff"],
)
def test_what_cannot_have_been_missed_is_no_suspect(paws: Salon, columns: dict[str, Any]) -> None:
    for _ in range(2):
        paws.add_missed(**columns)
    paws.add_missed()
    result = paws.plan()
    assert (result["held"], result["total_detected"]) == ([], 1)


def test_what_lies_before_the_look_back_is_no_suspect(paws: Salon) -> None:
    for hours in (25, 25, 23):
        paws.add_missed(NOON - hours * HOUR)
    result = paws.plan()
    assert (result["held"], result["total_detected"]) == ([], 1)


def test_cancelled_and_deleted_appointments_do_not_make_a_day_look_busy(paws: Salon) -> None:
    for _ in range(3):
        paws.add_missed()
        paws.add_missed(status="cancelled")
        paws.add_missed(deleted_at=NOON)
    assert paws.plan()["held"][0]["appointments"] == 3


def test_another_tenants_quiet_day_has_nothing_to_do_with_it(application: Application) -> None:
    paws, other = salon(application), salon(application, subdomain="other")
    for _ in range(3):
        paws.add_missed()
    appointment = other.add_missed()
    assert paws.plan()["total_detected"] == 1
    assert other.status_of(appointment) == "no_show"


def test_a_held_first_run_counts_as_the_switch_on(paws: Salon, clock: Clock) -> None:
    for _ in range(3):
        paws.add_missed()
    assert paws.run()["held"]
    late = paws.add_missed(NOON + HOUR)
    clock.pass_(days=3)
    paws.plan()
    assert paws.status_of(late) == "confirmed"  # three of four on that day: held with the others
    assert paws.run(accept_surge=[("paws", date(2026, 3, 3))])["total_detected"] == 4


def test_trying_the_job_on_one_business_switches_it_on_for_no_other(application: Application, clock: Clock) -> None:
    paws, other = salon(application), salon(application, subdomain="other")
    paws.run(only=["paws"])
    clock.pass_(days=3)
    missed = [each.add_missed(clock.now - 2 * DAY) for each in (paws, other)]
    paws.run(only=["paws"])
    assert paws.status_of(missed[0]) == "no_show"  # it has been on for three days there
    for asked in ({"only": ["other"]}, {}):
        paws.run(**asked)
        assert other.status_of(missed[1]) == "confirmed"  # and is switched on here now
    clock.pass_(days=3)
    later = other.add_missed(clock.now - 2 * DAY)
    paws.run(only=["other"])
    assert other.status_of(later) == "no_show"


@pytest.mark.parametrize(
    ("job", "surge", "words"),
    [
        ("AppointmentReminders24h", [("paws", date(2026, 3, 3))], "only NoShowDetector"),
        (JOB, [("nobody", date(2026, 3, 3))], "there is no tenant 'nobody'"),
        (JOB, [("paws", date(2026, 2, 21))], "paws:2026-02-21: missed visits are looked for over 7 days only"),
        (JOB, [("paws", date(2026, 3, 5))], "paws:2026-03-05: missed visits are looked for over 7 days only"),
    ],
)
def test_accepting_what_cannot_be_accepted_is_refused(
    application: Application, job: str, surge: list[tuple[str, date]], words: str
) -> None:
    salon(application)
    with pytest.raises(UsageError, match=words):
        run(application, job, accept_surge=surge)


def test_on_a_closed_day_nobody_missed_anything_until_the_date_is_taken_away(application: Application) -> None:
    paws = salon(application, settings='{"no_show": {"closed_on": ["2026-03-03"]}}')
    appointment = paws.add_missed()
    assert paws.plan()["skipped"] == {"closed_day": 1}
    assert paws.decisions("no_show") == [("skipped", "closed_day")]
    once = everything(application.engine)
    assert paws.plan()["skipped"] == {}
    assert everything(application.engine) == once
    assert (paws.status_of(appointment), paws.fees()) == ("confirmed", [])
    rows.change(application.engine, tables.tenants, paws.tenant_id, settings=None)
    assert paws.plan()["total_detected"] == 1
    assert paws.decisions("no_show") == [("notify", None)]


def test_a_closed_day_is_not_held(application: Application) -> None:
    paws = salon(application, settings='{"no_show": {"closed_on": ["2026-03-03"]}}')
    for _ in range(4):
        paws.add_missed()
    result = paws.plan()
    assert (result["held"], result["skipped"]) == ([], {"closed_day": 4})


def test_days_are_counted_apart(paws: Salon) -> None:
    """The guard's query and the rule agree on which day an appointment belongs to."""
    late, early = local("2026-03-02T23:30", "-05:00"), local("2026-03-03T00:00", "-05:00")
    for start in (late, late, early, early):
        paws.add_missed(start, scheduled_end=start + HOUR / 2)
    assert paws.plan()["held"] == []
    assert [each.visit_on.day for each in paws.fees()] == [2, 2, 3, 3]
