"""Detection on a database: what is marked, what it costs, and what is left alone."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event

from shared.application import Application
from shared.database import tables
from shared.errors import UsageError
from shared.runtime import run
from shared.stages import requested
from shared.tasks.no_show_detector import marking
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, JOB, Salon, salon

OURS = (tables.decisions, tables.notifications, tables.payments, tables.reputation_events, tables.owners)


def everything(engine: Engine) -> list[list[Any]]:
    return [rows.all_of(engine, table) for table in (*OURS, tables.appointments)]


def local(text: str, offset: str) -> datetime:
    return datetime.fromisoformat(f"{text}{offset}").astimezone(UTC)


def test_a_missed_visit_costs_its_fee_twenty_points_and_a_notice(application: Application, sms: RecordingSms) -> None:
    paws = salon(application)
    appointment = paws.missed(total_amount=8000)
    result = paws.run()
    assert (result["total_detected"], result["total_fees_applied"]) == (1, 1)
    assert result["fee_cents_applied"] == {"USD": 2500}
    assert paws.status(appointment) == "no_show"
    assert paws.owners() == [(1, 80)]
    fee = paws.fee()
    assert (fee.type, fee.status, fee.amount, fee.currency, fee.offence_number) == (
        "no_show_fee", "pending", 2500, "USD", 1,
    )  # fmt: skip
    assert (fee.visit_on, fee.appointment_id) == (date(2026, 3, 3), appointment)
    assert fee.due_at == fee.next_attempt_at == NOON + DAY
    assert fee.policy["fee_schedule"] == [2500, 3500, 5000, 7500]
    (made,) = paws.events()
    assert (made.subject_id, made.points, made.occurred_at) == (fee.id, -20, NOON - 3 * HOUR)
    (body,) = sms.bodies
    assert body == (
        "Happy Paws: we missed Bella today, Tue Mar 3, at 9:00 AM. No-show fee: $25.00. Charged on or after Mar 4. "
        "Questions: +12125550142. Reply STOP to opt out"
    )


def test_running_twice_does_nothing_more(application: Application, sms: RecordingSms) -> None:
    paws = salon(application)
    paws.missed()
    paws.run()
    once = everything(application.engine)
    again = paws.run()
    assert (again["total_detected"], again["total_fees_applied"], again["corrected"]) == (0, 0, 0)
    assert everything(application.engine) == once
    assert len(sms.sent) == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "cancelled"},
        {"status": "completed"},
        {"status": "in_progress"},
        {"status": "no_show"},
        {"arrived_at": NOON},
        {"actual_start": NOON},
        {"deleted_at": NOON},
        {"created_at": NOON - 3 * HOUR},
        {"scheduled_end": NOON + HOUR},
    ],
    ids=str,
)
def test_what_was_not_missed_is_left_alone(application: Application, columns: dict[str, Any]) -> None:
    paws = salon(application)
    paws.missed(**columns)
    assert paws.detect()["total_detected"] == 0
    assert (paws.fees(), paws.events(), paws.decided("no_show")) == ([], [], [])


def test_the_first_run_looks_back_24_hours_and_later_ones_seven_days(application: Application, clock: Clock) -> None:
    paws = salon(application)
    old, recent = paws.missed(NOON - 25 * HOUR), paws.missed(NOON - 23 * HOUR)
    paws.run()
    assert (paws.status(old), paws.status(recent)) == ("confirmed", "no_show")
    clock.pass_(days=10)
    six, eight = paws.missed(clock.now - 6 * DAY), paws.missed(clock.now - 8 * DAY)
    paws.detect()
    assert (paws.status(old), paws.status(six), paws.status(eight)) == ("confirmed", "no_show", "confirmed")


def test_the_look_back_is_a_setting(application: Application, clock: Clock) -> None:
    paws = salon(replace(application, look_back=timedelta(days=2)))
    paws.run()
    clock.pass_(days=10)
    old, new = paws.missed(clock.now - 3 * DAY), paws.missed(clock.now - DAY)
    paws.detect()
    assert (paws.status(old), paws.status(new)) == ("confirmed", "no_show")


def test_a_visit_in_sydney_at_five_that_ends_at_six_waits_for_the_next_run(
    application: Application, clock: Clock, sms: RecordingSms
) -> None:
    paws = salon(application, timezone="Australia/Sydney")
    appointment = paws.missed(local("2026-03-03T17:00", "+11:00"))
    clock.now = local("2026-03-03T17:30", "+11:00")
    assert paws.run()["total_detected"] == 0
    assert paws.status(appointment) == "confirmed"
    clock.pass_(days=1)
    paws.run()
    assert paws.fee().visit_on == date(2026, 3, 3)
    assert "on Tue, Mar 3 at 5:00 PM" in sms.bodies[0]
    assert "on or after Mar 5" in sms.bodies[0]


def test_in_los_angeles_the_notice_waits_for_the_morning_and_says_the_local_day(
    application: Application, clock: Clock, sms: RecordingSms
) -> None:
    paws = salon(application, timezone="America/Los_Angeles")
    clock.now = local("2026-03-03T06:30", "+00:00")  # 22:30 the evening before
    paws.missed(local("2026-03-02T15:00", "-08:00"))
    result = paws.run()
    assert (result["deferred"], sms.sent) == (1, [])
    assert (paws.fee().visit_on, paws.fee().due_at) == (date(2026, 3, 2), clock.now + DAY)
    clock.now = local("2026-03-03T08:00", "-08:00")
    run(application, "AppointmentReminders24h")
    assert "on Mon, Mar 2 at 3:00 PM. No-show fee: $25.00. Charged on or after Mar 3." in sms.bodies[0]


def test_an_appointment_that_was_reminded_of_is_missed_all_the_same(
    application: Application, clock: Clock, sms: RecordingSms
) -> None:
    paws = salon(application)
    paws.run()
    appointment = paws.missed(NOON + DAY)
    run(application, "AppointmentReminders24h")
    assert len(sms.sent) == 1
    clock.pass_(hours=26)
    assert (paws.run()["total_detected"], paws.status(appointment)) == (1, "no_show")


# One visit


def test_the_appointments_of_a_visit_cost_one_fee(application: Application, sms: RecordingSms) -> None:
    paws = salon(application)
    owner = paws.owner()
    for hours in (5, 3):
        paws.missed(NOON - hours * HOUR, owner)
    assert paws.run()["total_detected"] == 2
    assert (len(paws.fees()), paws.owners(), len(sms.sent)) == (1, [(1, 80)], 1)
    assert [each.occurred_at for each in paws.events()] == [NOON - 5 * HOUR]
    assert "at 7:00 AM and 9:00 AM" in sms.bodies[0]


def test_a_visit_found_by_two_runs_costs_one_fee(application: Application, clock: Clock, sms: RecordingSms) -> None:
    paws = salon(application)
    owner = paws.owner()
    first, second = paws.missed(NOON - 3 * HOUR, owner), paws.missed(NOON + HOUR, owner)
    assert paws.run()["total_detected"] == 1
    clock.pass_(hours=3)
    result = paws.run()
    assert (result["total_detected"], result["total_fees_applied"]) == (1, 0)
    assert (paws.status(first), paws.status(second)) == ("no_show", "no_show")
    assert (len(paws.fees()), paws.owners(), len(paws.events()), len(sms.sent)) == (1, [(1, 80)], 1, 1)


@pytest.mark.parametrize("rows_a_page", [2, 4])
def test_a_visit_is_whole_even_where_a_page_ends_in_the_middle_of_it(
    application: Application, monkeypatch: pytest.MonkeyPatch, rows_a_page: int
) -> None:
    monkeypatch.setattr("shared.tasks.no_show_detector.planning.BATCH", rows_a_page)
    paws = salon(application)
    paws.kept(NOON - 5 * HOUR, 20)
    for owner in [paws.owner() for _ in range(3)]:
        for hours in (6, 5, 4):
            paws.missed(NOON - hours * HOUR, owner, deposit_paid=500)
    assert paws.detect()["total_detected"] == 9
    assert [each.amount for each in paws.fees()] == [1000] * 3


def test_four_visits_missed_in_one_week_cost_more_each_time(application: Application, clock: Clock) -> None:
    paws = salon(application)
    paws.run()
    owner = paws.owner()
    for days in (4, 1, 3, 2):
        paws.missed(NOON + days * DAY, owner)
    clock.pass_(days=5)
    result = paws.detect()
    assert [(each.offence_number, each.amount) for each in paws.fees()] == [
        (1, 2500), (2, 3500), (3, 5000), (4, 7500),
    ]  # fmt: skip
    assert [each.visit_on.day for each in paws.fees()] == [4, 5, 6, 7]
    assert (paws.owners(), result["fee_cents_applied"]) == ([(4, 20)], {"USD": 18500})


def test_an_owners_earlier_count_is_gone_on_with(application: Application) -> None:
    paws = salon(application)
    paws.missed(owner_id=paws.owner(no_show_count=2))
    paws.detect()
    assert (paws.fee().offence_number, paws.fee().amount) == (3, 5000)


# What it costs


@pytest.mark.parametrize(
    ("settings", "status", "amount"),
    [
        (None, "pending", 2500),
        ({"fee_schedule": [1200]}, "pending", 1200),
        ({"fee_cap_cents": 900}, "pending", 900),
        ({"fee_cap": "price"}, "pending", 2000),
        ({"fee_schedule": [0]}, "waived", 0),
        ({"fee_schedule": [49]}, "waived", 49),  # a card can be charged 50 cents at least
    ],
)
def test_the_tenants_policy_sets_the_fee(
    application: Application, settings: dict[str, Any] | None, status: str, amount: int
) -> None:
    paws = salon(application, settings=json.dumps({"no_show": settings or {}}))
    paws.missed(total_amount=2000)
    paws.detect()
    assert (paws.fee().status, paws.fee().amount) == (status, amount)


def test_the_tenant_says_how_long_a_fee_is_held(application: Application, sms: RecordingSms) -> None:
    paws = salon(application, settings='{"no_show": {"hold_hours": 72}}')
    paws.missed()
    paws.run()
    assert paws.fee().due_at == paws.fee().next_attempt_at == NOON + 3 * DAY
    assert "Charged on or after Mar 6." in sms.bodies[0]


@pytest.mark.parametrize(("cents", "status"), [(2500, "pending"), (49, "waived")])
def test_a_currency_in_small_letters_is_the_same_currency(application: Application, cents: int, status: str) -> None:
    settings = json.dumps({"no_show": {"fee_schedule": [cents]}})
    paws = salon(application, currency="usd", settings=settings)
    paws.missed()
    paws.detect()
    assert (paws.fee().currency, paws.fee().amount, paws.fee().status) == ("USD", cents, status)


@pytest.mark.parametrize(
    ("deposit", "status", "amount", "words"),
    [(1000, "pending", 1500, "less deposit"), (2500, "waived", 2500, "covered by deposit")],
)
def test_a_deposit_counts_towards_the_fee(
    application: Application, sms: RecordingSms, deposit: int, status: str, amount: int, words: str
) -> None:
    paws = salon(application)
    paws.missed(deposit_paid=deposit)
    result = paws.run()
    fee = paws.fee()
    assert (fee.status, fee.amount, fee.description.endswith(words)) == (status, amount, True)
    assert ("No-show fee: $15.00" in sms.bodies[0], "fee" in sms.bodies[0]) == (deposit == 1000, deposit == 1000)
    assert result["skipped"] == ({} if deposit == 1000 else {"covered_by_deposit": 1})
    assert result["total_fees_applied"] == (1 if deposit == 1000 else 0)
    assert paws.owners() == [(1, 80)]


def test_where_the_currency_has_no_schedule_there_is_no_fee_but_all_the_rest(
    application: Application, sms: RecordingSms
) -> None:
    paws = salon(application, currency="JPY", timezone="America/New_York")
    paws.missed()
    result = paws.run()
    assert (result["total_detected"], result["total_fees_applied"], result["total_errors"]) == (1, 0, 0)
    assert result["skipped"] == {"fee_not_configured": 1}
    assert paws.decided("no_show") == [("notify", "fee_not_configured")]
    assert (paws.fees(), paws.owners(), len(paws.events())) == ([], [(1, 80)], 1)
    assert sms.bodies[0].startswith("Happy Paws: we missed Bella today, Tue Mar 3, at 9:00 AM. Questions:")
    assert paws.run()["skipped"] == {}


def test_a_schedule_of_its_own_makes_a_fee_in_any_currency(application: Application, sms: RecordingSms) -> None:
    paws = salon(application, currency="JPY", settings='{"no_show": {"fee_schedule": [3000]}}')
    paws.missed()
    assert paws.run()["fee_cents_applied"] == {"JPY": 3000}
    assert "No-show fee: ¥3,000." in sms.bodies[0]


@pytest.mark.parametrize(
    ("owner", "settings"),
    [
        ({"has_payment_method": False}, {}),
        ({"stripe_customer_id": None}, {}),
        ({}, {"auto_charge": False}),
        ({}, {"fee_requires_delivered_reminder": True}),
    ],
    ids=str,
)
def test_where_no_card_will_be_charged_the_notice_does_not_say_so(
    application: Application, sms: RecordingSms, owner: dict[str, Any], settings: dict[str, Any]
) -> None:
    paws = salon(application, settings=json.dumps({"no_show": settings}))
    paws.missed(owner_id=paws.owner(**owner))
    (foretold,) = paws.run(is_dry=True)["would"]
    paws.run()
    for text in (foretold["text"], sms.bodies[0]):
        assert "No-show fee: $25.00. Questions:" in text


@pytest.mark.parametrize(
    ("owner", "reason"),
    [({"sms_opted_in": False}, "opted_out"), ({"phone": None}, "no_phone"), ({"is_active": False}, "owner_inactive")],
)
def test_who_cannot_be_texted_is_still_marked_and_charged(
    application: Application, sms: RecordingSms, owner: dict[str, Any], reason: str
) -> None:
    paws = salon(application)
    paws.missed(owner_id=paws.owner(**owner))
    assert paws.run()["skipped"] == {reason: 1}
    assert paws.decided("no_show_notice") == [("skipped", reason)]
    assert (len(paws.fees()), sms.sent) == (1, [])


# Days that are not to be believed


def test_a_snow_day_at_a_salon_of_two_groomers_charges_nobody(application: Application, sms: RecordingSms) -> None:
    paws = salon(application)
    missed = [paws.missed(NOON - hours * HOUR) for hours in (6, 5, 4, 3)]
    before = everything(application.engine)
    result = paws.run()
    held = {"tenant": "paws", "date": "2026-03-03", "candidates": 4, "appointments": 4, "reason": "surge"}
    assert (result["held"], result["total_detected"]) == ([held], 0)
    assert everything(application.engine) == before
    assert sms.sent == []
    assert rows.only(application.engine, tables.runs).status == "held"
    assert paws.run(accept_surge=[("paws", date(2026, 3, 3))])["total_detected"] == 4
    assert {paws.status(each) for each in missed} == {"no_show"}
    assert paws.run()["held"] == []  # nothing is left of that day to be held


def test_believing_a_day_of_one_business_believes_no_other_ones(application: Application) -> None:
    paws, other = salon(application), salon(application, subdomain="other")
    missed = [(paws.missed(), other.missed()) for _ in range(3)]
    result = paws.run(accept_surge=[("paws", date(2026, 3, 3))])
    assert [each["tenant"] for each in result["held"]] == ["other"]
    assert {(paws.status(its), other.status(theirs)) for its, theirs in missed} == {("no_show", "confirmed")}


def test_a_desk_that_stops_checking_in_on_a_tuesday_does_not_stop_the_monday(
    application: Application, clock: Clock
) -> None:
    paws = salon(application)
    paws.run()
    clock.pass_(days=1)
    monday, tuesday = NOON - 3 * HOUR, NOON + 2 * HOUR
    paws.kept(monday - HOUR, 6)
    paws.kept(tuesday, 2)
    missed = paws.missed(monday)
    clock.now = datetime.fromisoformat("2026-03-05T06:30:00+00:00")
    wednesday_morning = clock.now - 7 * HOUR
    unchecked = [paws.missed(wednesday_morning - hours * HOUR) for hours in range(8)]
    result = paws.detect()
    assert [(each["date"], each["candidates"]) for each in result["held"]] == [("2026-03-04", 8)]
    assert paws.status(missed) == "no_show"
    assert {paws.status(each) for each in unchecked} == {"confirmed"}


def test_a_day_found_piece_by_piece_is_held_all_the_same(application: Application, clock: Clock) -> None:
    paws = salon(application)
    for hours in (4, 3):
        paws.missed(NOON - hours * HOUR)
    assert paws.detect()["total_detected"] == 2
    third = paws.missed(NOON - HOUR)
    clock.pass_(hours=1)
    result = paws.detect()
    (held,) = result["held"]
    assert held == {"tenant": "paws", "date": "2026-03-03", "candidates": 3, "appointments": 3, "reason": "surge"}
    assert paws.status(third) == "confirmed"


@pytest.mark.parametrize("status", ["completed", "confirmed"])
def test_what_staff_put_right_since_is_no_suspect_any_more(application: Application, clock: Clock, status: str) -> None:
    paws = salon(application)
    forgotten = [paws.missed(NOON - hours * HOUR) for hours in (4, 3)]
    assert paws.detect()["total_detected"] == 2
    for each in forgotten:
        paws.set(each, status=status)
    paws.missed(NOON - HOUR)
    clock.pass_(hours=1)
    result = paws.detect()
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
def test_what_cannot_have_been_missed_is_no_suspect(application: Application, columns: dict[str, Any]) -> None:
    paws = salon(application)
    for _ in range(2):
        paws.missed(**columns)
    paws.missed()
    result = paws.detect()
    assert (result["held"], result["total_detected"]) == ([], 1)


def test_what_lies_before_the_look_back_is_no_suspect(application: Application) -> None:
    paws = salon(application)
    for hours in (25, 25, 23):
        paws.missed(NOON - hours * HOUR)
    result = paws.detect()
    assert (result["held"], result["total_detected"]) == ([], 1)


def test_cancelled_and_deleted_appointments_do_not_make_a_day_look_busy(application: Application) -> None:
    paws = salon(application)
    for _ in range(3):
        paws.missed()
        paws.missed(status="cancelled")
        paws.missed(deleted_at=NOON)
    assert paws.detect()["held"][0]["appointments"] == 3


def test_another_tenants_quiet_day_has_nothing_to_do_with_it(application: Application) -> None:
    paws, other = salon(application), salon(application, subdomain="other")
    for _ in range(3):
        paws.missed()
    appointment = other.missed()
    assert paws.detect()["total_detected"] == 1
    assert other.status(appointment) == "no_show"


def test_a_held_first_run_counts_as_the_switch_on(application: Application, clock: Clock) -> None:
    paws = salon(application)
    for _ in range(3):
        paws.missed()
    assert paws.run()["held"]
    late = paws.missed(NOON + HOUR)
    clock.pass_(days=3)
    paws.detect()
    assert paws.status(late) == "confirmed"  # three of four on that day: held with the others
    assert paws.run(accept_surge=[("paws", date(2026, 3, 3))])["total_detected"] == 4


def test_trying_the_job_on_one_business_switches_it_on_for_no_other(application: Application, clock: Clock) -> None:
    paws, other = salon(application), salon(application, subdomain="other")
    paws.run(only=["paws"])
    clock.pass_(days=3)
    missed = [each.missed(clock.now - 2 * DAY) for each in (paws, other)]
    paws.run(only=["paws"])
    assert paws.status(missed[0]) == "no_show"  # it has been on for three days there
    for asked in ({"only": ["other"]}, {}):
        paws.run(**asked)
        assert other.status(missed[1]) == "confirmed"  # and is switched on here now
    clock.pass_(days=3)
    later = other.missed(clock.now - 2 * DAY)
    paws.run(only=["other"])
    assert other.status(later) == "no_show"


@pytest.mark.parametrize(
    ("job", "surge", "words"),
    [
        ("AppointmentReminders24h", [("paws", date(2026, 3, 3))], "only NoShowDetector"),
        (JOB, [("nobody", date(2026, 3, 3))], "there is no active tenant 'nobody'"),
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
    appointment = paws.missed()
    assert paws.detect()["skipped"] == {"closed_day": 1}
    assert paws.decided("no_show") == [("skipped", "closed_day")]
    once = everything(application.engine)
    assert paws.detect()["skipped"] == {}
    assert everything(application.engine) == once
    assert (paws.status(appointment), paws.fees()) == ("confirmed", [])
    rows.change(application.engine, tables.tenants, paws.tenant_id, settings=None)
    assert paws.detect()["total_detected"] == 1
    assert paws.decided("no_show") == [("notify", None)]


def test_a_closed_day_is_not_held(application: Application) -> None:
    paws = salon(application, settings='{"no_show": {"closed_on": ["2026-03-03"]}}')
    for _ in range(4):
        paws.missed()
    result = paws.detect()
    assert (result["held"], result["skipped"]) == ([], {"closed_day": 4})


# At the same moment


def at_the_last_moment(monkeypatch: pytest.MonkeyPatch, do: Any) -> None:
    """Do something after the candidates were read and before they are marked."""
    write = marking.Marking.write

    def after(self: marking.Marking, *arguments: Any) -> None:
        do()
        write(self, *arguments)

    monkeypatch.setattr(marking.Marking, "write", after)


@pytest.mark.parametrize(
    "columns",
    [
        {"arrived_at": NOON - HOUR},
        {"actual_start": NOON - HOUR},
        {"status": "in_progress"},
        {"status": "cancelled"},
        {"deleted_at": NOON},
        {"scheduled_start": NOON + DAY, "scheduled_end": NOON + DAY + HOUR},
        {"scheduled_end": NOON + HOUR},
        {"scheduled_start": NOON - 4 * HOUR},  # moved, though still over
    ],
    ids=str,
)
def test_a_check_in_at_the_same_moment_wins(
    application: Application, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch, columns: dict[str, Any]
) -> None:
    paws = salon(application)
    appointment = paws.missed()
    at_the_last_moment(monkeypatch, lambda: paws.set(appointment, **columns))
    assert paws.run()["total_detected"] == 0
    assert paws.status(appointment) == columns.get("status", "confirmed")
    assert (paws.fees(), paws.events(), paws.owners(), sms.sent) == ([], [], [(0, 100)], [])
    assert rows.all_of(application.engine, tables.decisions) == []


def test_who_is_checked_in_for_one_of_two_at_the_same_moment_missed_neither(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    paws = salon(application)
    owner = paws.owner()
    first, second = paws.missed(NOON - 5 * HOUR, owner), paws.missed(NOON - 3 * HOUR, owner)
    at_the_last_moment(monkeypatch, lambda: paws.set(first, arrived_at=NOON))
    assert paws.detect()["total_detected"] == 0
    assert (paws.status(second), paws.fees(), paws.events()) == ("confirmed", [], [])


def test_two_runs_at_once_mark_a_visit_once(
    application: Application, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.runtime import run_without_lease

    paws = salon(application)
    paws.missed()
    nested: list[Any] = []

    def also() -> None:
        if not nested:
            nested.append(None)
            nested.append(run_without_lease(application, requested(application, JOB)))

    at_the_last_moment(monkeypatch, also)
    result = paws.run()
    assert (nested[1]["total_detected"], result["total_detected"]) == (1, 0)
    assert (len(paws.fees()), paws.owners(), len(paws.events()), len(sms.sent)) == (1, [(1, 80)], 1, 1)


@pytest.mark.parametrize("step", ["reputation.add_events", "fees.add", "no_shows.mark", "reputation.rescore"])
def test_a_run_killed_between_two_steps_leaves_nothing_and_the_next_does_all(
    application: Application, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    paws = salon(application)
    paws.missed()
    before = everything(application.engine)
    module, name = step.split(".")

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(getattr(marking, module), name, dies)
        with pytest.raises(KeyboardInterrupt):
            paws.run()
    assert everything(application.engine) == before
    assert paws.detect()["total_detected"] == 1
    assert (len(paws.fees()), paws.owners()) == (1, [(1, 80)])


def test_a_fee_that_is_there_already_is_not_counted_again(application: Application) -> None:
    """As when all but the payments was restored from a backup."""
    paws = salon(application)
    appointment = paws.missed()
    paws.run()
    before = paws.fee()
    with application.engine.begin() as connection:
        for table in (tables.decisions, tables.reputation_events):
            connection.execute(table.delete())
    paws.set(appointment, status="confirmed")
    result = paws.detect()
    assert (result["total_detected"], result["total_fees_applied"], result["fee_cents_applied"]) == (1, 0, {})
    assert paws.fee() == before


# Bad rows, other tenants, a dry run


def missed_that_names(what: str, paws: Salon, other: Salon) -> UUID:
    """Return a missed appointment whose owner, pet or service belongs to another business."""
    stranger = other.owner()
    bad = paws.missed(owner_id=stranger if what == "owner" else None)
    with paws.engine.begin() as connection:
        if what == "pet":
            pet = rows.pet(connection, other.tenant_id, stranger)
            connection.execute(tables.appointment_pets.insert(), {"appointment_id": bad, "pet_id": pet})
        if what == "service":
            theirs = rows.insert(connection, tables.services, tenant_id=other.tenant_id, name="Walk")
            connection.execute(
                tables.appointments.update().where(tables.appointments.c.id == bad).values(service_id=theirs)
            )
    return bad


@pytest.mark.parametrize("what", ["owner", "pet", "service"])
@pytest.mark.parametrize("sound", [0, 1])
def test_a_row_that_refers_to_another_tenant_is_named_and_never_mixed(
    application: Application, what: str, sound: int
) -> None:
    paws = salon(application)
    bad = missed_that_names(what, paws, salon(application, subdomain="other"))
    for _ in range(sound):
        paws.missed()
    result = paws.detect()
    assert result["errors"] == [
        {"tenant": "paws", "subject": f"appointment {bad}", "reason": f"its {what} belongs to another business"}
    ]
    assert (result["total_detected"], paws.status(bad)) == (sound, "confirmed")


@pytest.mark.parametrize("what", ["owner", "pet", "service"])
def test_rows_that_refer_to_another_tenant_neither_make_nor_hide_a_surge(application: Application, what: str) -> None:
    paws, other = salon(application), salon(application, subdomain="other")
    for _ in range(4):
        missed_that_names(what, paws, other)
    for _ in range(2):
        paws.missed()
    assert paws.detect()["held"] == []
    paws.missed()
    (held,) = paws.detect()["held"]
    assert (held["candidates"], held["appointments"]) == (3, 3)


def test_a_full_page_holds_no_appointments_of_a_business_that_was_not_asked_for(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.tasks.no_show_detector.planning.BATCH", 1)
    paws, other = salon(application), salon(application, subdomain="other")
    owner = paws.owner()
    paws.missed(owner_id=owner)
    other.missed(owner_id=owner)
    result = paws.run(only=["paws"])
    assert (result["total_detected"], result["total_errors"]) == (1, 0)


def test_a_tenant_with_bad_settings_is_left_out(application: Application) -> None:
    bad = salon(application, subdomain="bad", settings='{"no_show": {"fee_schedule": [25.5]}}')
    good = salon(application)
    appointment = bad.missed()
    good.missed()
    result = good.detect()
    assert (result["total_detected"], result["total_errors"], bad.status(appointment)) == (1, 1, "confirmed")


def test_a_dry_run_tells_everything_and_writes_nothing(application: Application, sms: RecordingSms) -> None:
    paws, snowed_in = salon(application), salon(application, subdomain="snow")
    for hours in (4, 3):
        paws.missed(NOON - hours * HOUR, deposit_paid=500)
    for _ in range(3):
        snowed_in.missed()
    before = everything(application.engine)
    result = paws.run(is_dry=True)
    assert {each["action"] for each in result["would"]} == {"mark_no_show", "hold"}
    assert [each["tenant"] for each in result["would"] if each["action"] == "hold"] == ["snow"]
    told = next(each for each in result["would"] if each["action"] == "mark_no_show")
    assert set(told) == {"action", "tenant", "subject", "to", "when", "text", "segments", "reason"}
    assert "No-show fee: $20.00. Charged on or after Mar 4." in told["text"]
    assert (result["total_detected"], result["fee_cents_applied"]) == (2, {"USD": 4000})
    assert everything(application.engine) == before
    assert (rows.all_of(application.engine, tables.runs), sms.sent) == ([], [])
    json.dumps(result)


def test_a_dry_run_foretells_no_second_fee_of_a_visit_that_was_found_in_part(
    application: Application, clock: Clock
) -> None:
    paws = salon(application)
    owner = paws.owner()
    paws.missed(NOON - 3 * HOUR, owner)
    late = paws.missed(NOON + HOUR, owner)
    paws.run()
    clock.pass_(hours=3)
    result = paws.run(is_dry=True)
    assert (result["total_detected"], result["total_fees_applied"]) == (1, 0)
    assert [(each["subject"], each["text"]) for each in result["would"]] == [(f"appointment {late}", None)]


def test_a_dry_run_foretells_the_fees_of_one_owners_visits(application: Application, clock: Clock) -> None:
    paws = salon(application)
    paws.run()
    owner = paws.owner()
    for days in (1, 2):
        paws.missed(NOON + days * DAY, owner)
    clock.pass_(days=3)
    assert paws.run(is_dry=True)["fee_cents_applied"] == {"USD": 6000}
    assert paws.detect()["fee_cents_applied"] == {"USD": 6000}


def test_the_statements_grow_with_batches_not_with_rows(application: Application) -> None:
    application = replace(application, concurrency=500)  # as many are claimed at first: the largest batch
    statements: list[str] = []
    event.listen(application.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for many in (1, 100):
        paws = salon(application, subdomain=f"paws-{many}")
        paws.kept(NOON - 5 * HOUR, many * 2)
        with application.engine.begin() as connection, rows.all_at_once(connection) as draft:
            for _ in range(many):
                rows.appointment(draft, paws.tenant_id, NOON - 3 * HOUR)
        statements.clear()
        assert paws.run(only=[f"paws-{many}"])["total_detected"] == many
        counts.append(len(statements))
    assert counts[1] == counts[0]


def test_days_are_counted_apart(application: Application) -> None:
    """The guard's query and the rule agree on which day an appointment belongs to."""
    paws = salon(application)
    late, early = local("2026-03-02T23:30", "-05:00"), local("2026-03-03T00:00", "-05:00")
    for start in (late, late, early, early):
        paws.missed(start, scheduled_end=start + HOUR / 2)
    assert paws.detect()["held"] == []
    assert [each.visit_on.day for each in paws.fees()] == [2, 2, 3, 3]
