"""Who is missed and who is not: who came to something else, whose pet died, who stays, and desks that write nothing."""

import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.application import Application
from shared.database import tables
from shared.runtime import run
from shared.tasks.no_show_detector import marking
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, Salon, salon

WEEK = 7 * DAY


# Who came to something else


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "completed"},
        {"status": "in_progress"},
        {"arrived_at": NOON - 3 * HOUR},
        {"actual_start": NOON - 3 * HOUR},
        {"arrived_at": NOON - 3 * HOUR, "status": "cancelled"},
    ],
    ids=str,
)
def test_who_came_to_another_appointment_of_that_day_missed_nothing(
    paws: Salon, sms: RecordingSms, columns: dict[str, Any]
) -> None:
    """The same booking stood twice."""
    owner = paws.add_owner()
    twin = paws.add_missed(NOON - 3 * HOUR, owner)
    paws.add_missed(NOON - 3 * HOUR, owner, **columns)
    result = paws.run()
    assert (result["total_detected"], result["skipped"]) == (0, {"came_that_day": 1})
    assert (paws.status_of(twin), paws.fees(), paws.standings(), sms.sent) == ("confirmed", [], [(0, 100)], [])
    assert paws.decisions("no_show") == [("skipped", "came_that_day")]
    assert paws.run()["skipped"] == {}


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "confirmed"},
        {"status": "cancelled"},
        {"status": "no_show"},
        {"status": "completed", "deleted_at": NOON},
        {"status": "completed", "starts_at": NOON - 13 * HOUR},  # 23:00 the evening before
        {"status": "completed", "starts_at": NOON + 12 * HOUR},  # the next midnight
    ],
    ids=str,
)
def test_only_what_was_attended_that_day_counts(paws: Salon, columns: dict[str, Any]) -> None:
    owner = paws.add_owner()
    appointment = paws.add_missed(owner_id=owner)
    paws.add_missed(**{"starts_at": NOON - 5 * HOUR, "owner_id": owner} | columns)
    paws.plan()
    assert paws.status_of(appointment) == "no_show"


def test_what_another_owner_or_another_business_attended_excuses_nobody(application: Application, paws: Salon) -> None:
    owner, other = paws.add_owner(), salon(application, subdomain="other")
    appointment = paws.add_missed(owner_id=owner)
    paws.add_kept(NOON - 3 * HOUR)
    other.add_missed(owner_id=owner, status="completed")
    paws.run(only=["paws"])
    assert paws.status_of(appointment) == "no_show"


def test_what_was_excused_is_looked_at_again_by_each_run(paws: Salon, clock: Clock) -> None:
    paws.run()  # the switch-on
    owner = paws.add_owner()
    twin, attended = paws.add_missed(owner_id=owner), paws.add_missed(owner_id=owner, status="completed")
    clock.pass_(days=1)
    paws.plan()
    paws.change(attended, status="cancelled")
    clock.pass_(days=5)
    assert (paws.plan()["total_detected"], paws.status_of(twin)) == (1, "no_show")
    assert paws.decisions("no_show") == [("notify", None)]


def test_who_came_is_no_suspect(paws: Salon) -> None:
    """Three services booked each, and the desk checks in the first of them only."""
    for owner in [paws.add_owner() for _ in range(3)]:
        paws.add_missed(NOON - 5 * HOUR, owner, status="completed")
        for hours in (4, 3):
            paws.add_missed(NOON - hours * HOUR, owner)
    result = paws.plan()
    assert (result["held"], result["skipped"], paws.fees()) == ([], {"came_that_day": 6}, [])


def test_a_dry_run_tells_who_is_excused_and_writes_nothing(paws: Salon) -> None:
    owner = paws.add_owner()
    twin = paws.add_missed(owner_id=owner)
    paws.add_missed(owner_id=owner, status="completed")
    result = paws.run(is_dry=True)
    (told,) = result["would"]
    assert (told["action"], told["subject"], told["reason"]) == ("skipped", f"appointment {twin}", "came_that_day")
    assert (result["skipped"], paws.decisions("no_show")) == ({"came_that_day": 1}, [])


# Whose pet died


def with_pets(paws: Salon, *pets: dict[str, Any], starts_at: datetime = NOON - 3 * HOUR) -> UUID:
    """A missed appointment for these pets."""
    owner = paws.add_owner()
    with paws.engine.begin() as connection:
        ids = [rows.pet(connection, paws.tenant_id, owner, **each) for each in pets]
        return rows.appointment(connection, paws.tenant_id, starts_at, owner_id=owner, pets=ids)


DEAD, DELETED = {"is_deceased": True}, {"deleted_at": NOON}


@pytest.mark.parametrize("pets", [[DEAD], [DEAD, DEAD], [DEAD, DELETED]], ids=str)
def test_nobody_is_missed_whose_pets_have_all_died(paws: Salon, sms: RecordingSms, pets: list[dict[str, Any]]) -> None:
    appointment = with_pets(paws, *pets)
    result = paws.run()
    assert (result["total_detected"], result["skipped"]) == (0, {"pet_deceased": 1})
    assert (paws.status_of(appointment), paws.fees(), paws.standings(), sms.sent) == (
        "confirmed",
        [],
        [(0, 100)],
        [],
    )
    assert paws.decisions("no_show") == [("skipped", "pet_deceased")]
    assert paws.run()["skipped"] == {}


@pytest.mark.parametrize("pets", [[], [DEAD, {}], [DELETED]], ids=str)
def test_with_a_living_pet_or_none_at_all_it_is_missed(paws: Salon, pets: list[dict[str, Any]]) -> None:
    appointment = with_pets(paws, *pets)
    paws.plan()
    assert paws.status_of(appointment) == "no_show"


def test_a_pet_whose_death_was_written_down_by_mistake_is_missed_after_all(paws: Salon) -> None:
    appointment = with_pets(paws, DEAD)
    paws.plan()
    (pet,) = [each for each in rows.all_of(paws.engine, tables.pets) if each.is_deceased]
    rows.change(paws.engine, tables.pets, pet.id, is_deceased=False)
    assert (paws.plan()["total_detected"], paws.status_of(appointment)) == (1, "no_show")


def test_a_death_written_down_after_the_visit_was_marked_takes_it_back(
    paws: Salon, clock: Clock, sms: RecordingSms, payments: RecordingPayments
) -> None:
    clock.now = NOON + 10 * HOUR  # 22:00 in New York: the notice waits for the morning
    with_pets(paws, {}, starts_at=NOON)
    assert paws.run()["total_fees_applied"] == 1
    for pet in rows.all_of(paws.engine, tables.pets):
        rows.change(paws.engine, tables.pets, pet.id, is_deceased=True)
    clock.now = NOON + 21 * HOUR
    run(paws.application, "AppointmentReminders24h")
    assert (sms.sent, paws.decisions("no_show_notice")) == ([], [("cancelled", "no_show_corrected")])
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 0
    result = paws.run()
    assert (result["corrected"], paws.fee().status, payments.confirmed, sms.sent) == (1, "cancelled", [], [])
    assert (0, 100) in paws.standings()


def test_a_death_after_the_fee_was_paid_gives_nothing_back_by_itself(paws: Salon, clock: Clock) -> None:
    with_pets(paws, {})
    paws.plan()
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 1
    for pet in rows.all_of(paws.engine, tables.pets):
        rows.change(paws.engine, tables.pets, pet.id, is_deceased=True)
    result = paws.plan()
    assert (result["corrected"], result["needs_refund"], paws.fee().status) == (0, 0, "succeeded")


def test_a_death_written_down_at_the_same_moment_wins(paws: Salon, monkeypatch: pytest.MonkeyPatch) -> None:
    appointment = with_pets(paws, {})
    write = marking.Marking.write

    def after(self: marking.Marking, *arguments: Any) -> None:
        with paws.engine.begin() as connection:
            connection.execute(tables.pets.update().values(is_deceased=True))
        write(self, *arguments)

    monkeypatch.setattr(marking.Marking, "write", after)
    assert (paws.plan()["total_detected"], paws.status_of(appointment), paws.fees()) == (0, "confirmed", [])


def test_a_later_reason_replaces_an_earlier_one(paws: Salon) -> None:
    appointment = with_pets(paws, DEAD)
    paws.plan()
    owner = next(each.owner_id for each in rows.all_of(paws.engine, tables.appointments) if each.id == appointment)
    paws.add_missed(owner_id=owner, status="completed")
    assert paws.plan()["skipped"] == {"came_that_day": 1}
    assert paws.decisions("no_show") == [("skipped", "came_that_day")]


# Stays


def stay(paws: Salon, days: float, starts_at: datetime = NOON + 2 * HOUR, **columns: Any) -> UUID:
    """A stay that begins at two in the afternoon, unless said otherwise."""
    return paws.add_missed(starts_at, owner_id=paws.add_owner(), scheduled_end=starts_at + days * DAY, **columns)


@pytest.mark.parametrize("days", [0.5, 1, 7, 14, 30])
def test_a_stay_is_missed_when_the_day_of_its_start_is_over_however_long_it_is(
    paws: Salon, clock: Clock, sms: RecordingSms, payments: RecordingPayments, days: float
) -> None:
    paws.run()  # the switch-on
    boarding = stay(paws, days)
    clock.now = NOON + 11 * HOUR + timedelta(minutes=59)
    assert paws.plan()["total_detected"] == 0
    clock.now = NOON + 12 * HOUR  # midnight in New York
    assert paws.plan()["total_detected"] == 1
    clock.pass_(hours=9)
    run_texts = paws.run()
    assert (run_texts["total_detected"], paws.status_of(boarding)) == (0, "no_show")
    assert "Tue, Mar 3 at 2:00 PM. No-show fee: $25.00. Charged on or after Mar 5." in sms.bodies[0]
    clock.pass_(days=1)
    assert (paws.collect()["total_fees_collected"], paws.fee().status) == (1, "succeeded")


def test_a_stay_of_which_somebody_arrived_is_kept(paws: Salon, clock: Clock) -> None:
    stay(paws, 10, arrived_at=NOON + 3 * HOUR)
    stay(paws, 10, actual_start=NOON + 3 * HOUR)
    stay(paws, 10, status="in_progress")
    clock.pass_(days=1)
    assert paws.plan()["total_detected"] == 0


@pytest.mark.parametrize(("days", "is_found"), [(7, True), (7.1, False)])
def test_the_look_back_of_a_stay_counts_from_the_end_of_its_first_day(
    paws: Salon, clock: Clock, days: float, is_found: bool
) -> None:
    """By then it began seven and a half days ago."""
    paws.run()
    boarding = stay(paws, 20)
    clock.now = NOON + 12 * HOUR + days * DAY - timedelta(minutes=1)
    paws.plan()
    assert paws.status_of(boarding) == ("no_show" if is_found else "confirmed")


def test_a_night_of_less_than_twelve_hours_is_over_when_it_ends(paws: Salon, clock: Clock) -> None:
    night = stay(paws, 11 / 24, NOON + 9 * HOUR)  # 21:00 to 08:00
    clock.now = NOON + 19 * HOUR  # 07:00
    assert paws.plan()["total_detected"] == 0
    clock.pass_(hours=1)
    assert (paws.plan()["total_detected"], paws.status_of(night)) == (1, "no_show")


def test_the_day_of_a_stay_that_is_held_can_be_accepted_as_long_as_it_is_looked_for(paws: Salon, clock: Clock) -> None:
    paws.run()
    for _ in range(3):
        stay(paws, 20, NOON + 2 * HOUR)
    clock.now = NOON + 11 * HOUR + 7 * DAY  # the last evening, on the 10th of March
    (held,) = paws.plan()["held"]
    assert (held["date"], held["reason"]) == ("2026-03-03", "surge")
    assert paws.run(accept_surge=[("paws", date(2026, 3, 3))])["total_detected"] == 3


def test_what_became_a_stay_at_the_same_moment_waits_for_the_end_of_its_day(
    paws: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = paws.add_missed()
    write = marking.Marking.write

    def after(self: marking.Marking, *arguments: Any) -> None:
        paws.change(appointment, scheduled_end=NOON + 3 * DAY)
        write(self, *arguments)

    monkeypatch.setattr(marking.Marking, "write", after)
    assert (paws.plan()["total_detected"], paws.status_of(appointment)) == (0, "confirmed")


@pytest.mark.parametrize(("hold_days", "status"), [(13, "succeeded"), (14, "failed")])
def test_a_stay_is_charged_within_fourteen_days_of_the_end_of_its_first_day(
    application: Application, clock: Clock, hold_days: int, status: str
) -> None:
    paws = salon(application, settings=json.dumps({"no_show": {"hold_hours": hold_days * 24}}))
    paws.run()
    stay(paws, 20)
    clock.now = NOON + 24 * HOUR + 12 * HOUR
    paws.plan()
    clock.pass_(days=hold_days)
    paws.collect()
    assert paws.fee().status == status


# Desks that write nothing down


def days_of(paws: Salon, first: datetime, days: int, *, each: int = 2, recorded: int = 0) -> list[UUID]:
    """Appointments of some days, of which nobody wrote down who came, but of the first few of all."""
    starts = [first + day * DAY - 3 * HOUR for day in range(days) for _ in range(each)]
    return [
        paws.add_missed(at, **({"status": "completed"} if number < recorded else {}))
        for number, at in enumerate(starts)
    ]


def test_a_desk_that_never_checks_anyone_in_charges_nobody(
    paws: Salon, clock: Clock, sms: RecordingSms, caplog: pytest.LogCaptureFixture
) -> None:
    """Two clients a day are too few for a surge."""
    paws.run()  # the switch-on
    booked = days_of(paws, NOON, 5)
    clock.pass_(days=5)
    result = paws.run()
    assert (result["total_detected"], paws.fees(), sms.sent) == (0, [], [])
    assert {paws.status_of(each) for each in booked} == {"confirmed"}
    assert [each["date"] for each in result["held"]] == [f"2026-03-0{day}" for day in range(3, 8)]
    assert result["held"][0] == {
        "tenant": "paws",
        "date": "2026-03-03",
        "candidates": 2,
        "appointments": 2,
        "past_appointments": 10,
        "recorded": 0,
        "reason": "attendance_not_recorded",
    }
    held = "2026-03-03 is held, attendance_not_recorded: 2 of 2 appointments look missed, and of 10 in 14 days 0 are"
    assert held in caplog.text
    assert paws.run(is_dry=True)["would"][0]["reason"].startswith("attendance_not_recorded: 2 of 2")


def test_a_held_day_is_looked_at_again_and_may_be_accepted(paws: Salon, clock: Clock) -> None:
    paws.run()
    booked = days_of(paws, NOON, 5)
    clock.pass_(days=5)
    result = paws.run(accept_surge=[("paws", date(2026, 3, 4))])
    assert (result["total_detected"], len(result["held"])) == (2, 4)
    for each in booked[4:]:
        paws.change(each, status="completed")
    assert paws.plan()["total_detected"] == 2  # the desk wrote it all down
    assert paws.plan()["held"] == []


@pytest.mark.parametrize(
    ("columns", "is_held"),
    [
        ({"status": "confirmed"}, True),
        ({"status": "completed"}, False),
        ({"status": "in_progress"}, False),
        ({"arrived_at": NOON}, False),
        ({"actual_start": NOON}, False),
        ({"status": "no_show"}, False),
        ({"status": "cancelled"}, False),  # four are left: too few to tell
        ({"deleted_at": NOON}, False),
    ],
    ids=str,
)
def test_what_counts_as_a_record_of_who_came(paws: Salon, clock: Clock, columns: dict[str, Any], is_held: bool) -> None:
    """Six appointments, two of them so."""
    paws.run()
    missed = days_of(paws, NOON + DAY, 4, each=1)
    for _ in range(2):
        paws.add_missed(NOON - DAY, **columns)
    clock.pass_(days=5)
    assert bool(paws.plan()["held"]) is is_held
    assert {paws.status_of(each) for each in missed} == {"confirmed" if is_held else "no_show"}


def test_our_own_marks_are_no_record(paws: Salon, clock: Clock) -> None:
    paws.run()
    for _ in range(2):  # four are too few to tell; then it shows
        days_of(paws, clock.now, 2)
        clock.pass_(days=2)
        result = paws.plan()
    assert (len(paws.fees()), [each["reason"] for each in result["held"]]) == (4, ["attendance_not_recorded"] * 2)


@pytest.mark.parametrize(("days_ago", "is_held"), [(13, True), (14, False)])
def test_it_is_looked_at_over_fourteen_local_days_from_before_switch_on_too(
    paws: Salon, days_ago: int, is_held: bool
) -> None:
    for _ in range(4):
        paws.add_missed(NOON - 11 * HOUR - days_ago * DAY)
    paws.add_missed()
    assert bool(paws.plan()["held"]) is is_held


@pytest.mark.parametrize(("minutes", "is_held"), [(-1, False), (0, True)], ids=["goes on", "is over"])
def test_a_kennel_that_never_checks_anyone_in_charges_nobody_either(
    paws: Salon, clock: Clock, minutes: int, is_held: bool
) -> None:
    """The fifth stay is over with the day on which it began."""
    paws.run()
    for day in (0, 0, 1, 1):
        stay(paws, 20, NOON + 2 * HOUR + day * DAY)
    stay(paws, 20, NOON + 11 * HOUR + DAY)
    clock.now = NOON + 36 * HOUR + timedelta(minutes=minutes)
    held = paws.plan()["held"]
    assert {each["reason"] for each in held} == ({"attendance_not_recorded"} if is_held else set())


def test_a_desk_is_looked_at_by_itself_and_a_closed_day_is_not_held(application: Application, clock: Clock) -> None:
    paws, other = salon(application), salon(application, subdomain="other")
    paws.run()
    days_of(paws, NOON, 5)
    missed = other.add_missed()
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings='{"no_show": {"closed_on": ["2026-03-03"]}}')
    clock.pass_(days=5)
    result = paws.plan()
    assert (result["held"][0]["date"], other.status_of(missed)) == ("2026-03-04", "no_show")
    assert result["skipped"] == {"closed_day": 2}
