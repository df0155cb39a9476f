"""Detection on a database: what is marked, what is left alone, and that a visit is missed once."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from shared.application import Application
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, Salon, salon
from tests.tasks.no_show_detector.rows import everything, local


def test_a_missed_visit_costs_its_fee_twenty_points_and_a_notice(paws: Salon, sms: RecordingSms) -> None:
    appointment = paws.add_missed(total_amount=8000)
    result = paws.run()
    assert (result["total_detected"], result["total_fees_applied"]) == (1, 1)
    assert result["fee_cents_applied"] == {"USD": 2500}
    assert paws.status_of(appointment) == "no_show"
    assert paws.standings() == [(1, 80)]
    fee = paws.fee()
    assert (fee.type, fee.status, fee.amount, fee.currency, fee.offence_number) == (
        "no_show_fee", "pending", 2500, "USD", 1,
    )  # fmt: skip
    assert (fee.visit_on, fee.appointment_id) == (date(2026, 3, 3), appointment)
    assert fee.due_at == fee.next_attempt_at == NOON + DAY
    assert fee.policy["fee_schedule"] == [2500, 3500, 5000, 7500]
    (made,) = paws.no_show_events()
    assert (made.subject_id, made.points, made.occurred_at) == (fee.id, -20, NOON - 3 * HOUR)
    (body,) = sms.bodies
    assert body == (
        "Happy Paws: we missed Bella today, Tue Mar 3, at 9:00 AM. No-show fee: $25.00. Charged on or after Mar 4. "
        "Questions: +12125550142. Reply STOP to opt out"
    )


def test_running_twice_does_nothing_more(paws: Salon, sms: RecordingSms) -> None:
    paws.add_missed()
    paws.run()
    once = everything(paws.engine)
    again = paws.run()
    assert (again["total_detected"], again["total_fees_applied"], again["corrected"]) == (0, 0, 0)
    assert everything(paws.engine) == once
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
def test_what_was_not_missed_is_left_alone(paws: Salon, columns: dict[str, Any]) -> None:
    paws.add_missed(**columns)
    assert paws.plan()["total_detected"] == 0
    assert (paws.fees(), paws.no_show_events(), paws.decisions("no_show")) == ([], [], [])


def test_the_first_run_looks_back_24_hours_and_later_ones_seven_days(paws: Salon, clock: Clock) -> None:
    old, recent = paws.add_missed(NOON - 25 * HOUR), paws.add_missed(NOON - 23 * HOUR)
    paws.run()
    assert (paws.status_of(old), paws.status_of(recent)) == ("confirmed", "no_show")
    clock.pass_(days=10)
    six, eight = paws.add_missed(clock.now - 6 * DAY), paws.add_missed(clock.now - 8 * DAY)
    paws.plan()
    assert (paws.status_of(old), paws.status_of(six), paws.status_of(eight)) == ("confirmed", "no_show", "confirmed")


def test_the_look_back_is_a_setting(application: Application, clock: Clock) -> None:
    paws = salon(replace(application, look_back=timedelta(days=2)))
    paws.run()
    clock.pass_(days=10)
    old, new = paws.add_missed(clock.now - 3 * DAY), paws.add_missed(clock.now - DAY)
    paws.plan()
    assert (paws.status_of(old), paws.status_of(new)) == ("confirmed", "no_show")


def test_a_visit_in_sydney_at_five_that_ends_at_six_waits_for_the_next_run(
    application: Application, clock: Clock, sms: RecordingSms
) -> None:
    paws = salon(application, timezone="Australia/Sydney")
    appointment = paws.add_missed(local("2026-03-03T17:00", "+11:00"))
    clock.now = local("2026-03-03T17:30", "+11:00")
    assert paws.run()["total_detected"] == 0
    assert paws.status_of(appointment) == "confirmed"
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
    paws.add_missed(local("2026-03-02T15:00", "-08:00"))
    result = paws.run()
    assert (result["deferred"], sms.sent) == (1, [])
    assert (paws.fee().visit_on, paws.fee().due_at) == (date(2026, 3, 2), clock.now + DAY)
    clock.now = local("2026-03-03T08:00", "-08:00")
    run(application, "AppointmentReminders24h")
    assert "on Mon, Mar 2 at 3:00 PM. No-show fee: $25.00. Charged on or after Mar 3." in sms.bodies[0]


def test_an_appointment_that_was_reminded_of_is_missed_all_the_same(
    application: Application, paws: Salon, clock: Clock, sms: RecordingSms
) -> None:
    paws.run()
    appointment = paws.add_missed(NOON + DAY)
    run(application, "AppointmentReminders24h")
    assert len(sms.sent) == 1
    clock.pass_(hours=26)
    assert (paws.run()["total_detected"], paws.status_of(appointment)) == (1, "no_show")


# One visit


def test_the_appointments_of_a_visit_cost_one_fee(paws: Salon, sms: RecordingSms) -> None:
    owner = paws.add_owner()
    for hours in (5, 3):
        paws.add_missed(NOON - hours * HOUR, owner)
    assert paws.run()["total_detected"] == 2
    assert (len(paws.fees()), paws.standings(), len(sms.sent)) == (1, [(1, 80)], 1)
    assert [each.occurred_at for each in paws.no_show_events()] == [NOON - 5 * HOUR]
    assert "at 7:00 AM and 9:00 AM" in sms.bodies[0]


def test_a_visit_found_by_two_runs_costs_one_fee(paws: Salon, clock: Clock, sms: RecordingSms) -> None:
    owner = paws.add_owner()
    first, second = paws.add_missed(NOON - 3 * HOUR, owner), paws.add_missed(NOON + HOUR, owner)
    assert paws.run()["total_detected"] == 1
    clock.pass_(hours=3)
    result = paws.run()
    assert (result["total_detected"], result["total_fees_applied"]) == (1, 0)
    assert (paws.status_of(first), paws.status_of(second)) == ("no_show", "no_show")
    assert (len(paws.fees()), paws.standings(), len(paws.no_show_events()), len(sms.sent)) == (
        1,
        [(1, 80)],
        1,
        1,
    )


@pytest.mark.parametrize("rows_a_page", [2, 4])
def test_a_visit_is_whole_even_where_a_page_ends_in_the_middle_of_it(
    paws: Salon, monkeypatch: pytest.MonkeyPatch, rows_a_page: int
) -> None:
    monkeypatch.setattr("shared.planning.paging.BATCH", rows_a_page)
    paws.add_kept(NOON - 5 * HOUR, 20)
    for owner in [paws.add_owner() for _ in range(3)]:
        for hours in (6, 5, 4):
            paws.add_missed(NOON - hours * HOUR, owner, deposit_paid=500)
    assert paws.plan()["total_detected"] == 9
    assert [each.amount for each in paws.fees()] == [1000] * 3


def test_the_statements_grow_with_batches_not_with_rows(application: Application) -> None:
    application = replace(application, concurrency=500)  # as many are claimed at first: the largest batch
    statements: list[str] = []
    event.listen(application.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    for many in (1, 100):
        paws = salon(application, subdomain=f"paws-{many}")
        paws.add_kept(NOON - 5 * HOUR, many * 2)
        with application.engine.begin() as connection, rows.all_at_once(connection) as draft:
            for _ in range(many):
                rows.appointment(draft, paws.tenant_id, NOON - 3 * HOUR)
        statements.clear()
        assert paws.run(only=[f"paws-{many}"])["total_detected"] == many
        counts.append(len(statements))
    assert counts[1] == counts[0]
