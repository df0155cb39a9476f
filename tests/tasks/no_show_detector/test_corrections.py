"""Corrections: what staff put right is given back, once."""

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from shared.application import Application
from shared.database import tables
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, Salon, salon


@pytest.mark.parametrize(
    "columns",
    [{"status": "completed"}, {"status": "confirmed"}, {"status": "cancelled"}, {"deleted_at": NOON}],
    ids=str,
)
def test_a_visit_that_no_longer_counts_gives_back_event_count_and_fee(
    paws: Salon, clock: Clock, columns: dict[str, Any]
) -> None:
    appointment = paws.add_missed()
    paws.plan()
    paws.change(appointment, **columns)
    clock.pass_(hours=1)
    result = paws.plan()
    assert (result["corrected"], result["needs_refund"]) == (1, 0)
    assert (paws.standings(), paws.fee().status) == ([(0, 100)], "cancelled")
    assert paws.fee().next_attempt_at is None
    assert paws.no_show_events()[0].reversed_at == clock.now
    assert paws.plan()["corrected"] == 0


def test_staff_who_change_their_mind_twice_get_nothing_charged_twice(paws: Salon, clock: Clock) -> None:
    appointment = paws.add_missed()
    paws.plan()
    for status in ("confirmed", "no_show", "confirmed", "no_show"):
        clock.pass_(hours=1)
        paws.change(appointment, status=status)
        result = paws.plan()
        assert (result["total_detected"], result["total_fees_applied"]) == (0, 0)
    assert (paws.standings(), [each.status for each in paws.fees()]) == ([(0, 100)], ["cancelled"])
    assert len(paws.no_show_events()) == 1


def test_a_correction_is_final_even_though_the_appointment_looks_missed_again(paws: Salon, clock: Clock) -> None:
    appointment = paws.add_missed()
    paws.run()  # the switch-on
    paws.change(appointment, status="confirmed")
    clock.pass_(days=1)
    assert (paws.plan()["corrected"], paws.status_of(appointment)) == (1, "confirmed")
    clock.pass_(days=1)
    assert paws.plan()["total_detected"] == 0


@pytest.mark.parametrize("before_noon", [(6, 3), (16, 15)], ids=["morning", "evening before, the next day in UTC"])
def test_a_visit_stands_while_one_of_its_appointments_was_missed(paws: Salon, before_noon: tuple[int, int]) -> None:
    owner = paws.add_owner()
    first, second = (paws.add_missed(NOON - hours * HOUR, owner) for hours in before_noon)
    paws.plan()
    paws.change(first, status="cancelled")
    assert paws.plan()["corrected"] == 0
    assert (paws.standings(), paws.fee().status) == ([(1, 80)], "pending")
    paws.change(second, status="cancelled")
    assert paws.plan()["corrected"] == 1


@pytest.mark.parametrize(
    "columns",
    [{"status": "completed"}, {"status": "in_progress"}, {"arrived_at": NOON}, {"actual_start": NOON}],
    ids=str,
)
def test_a_visit_is_no_more_when_the_owner_came_to_another_part_of_it(
    paws: Salon, clock: Clock, columns: dict[str, Any]
) -> None:
    """The first run finds the morning missed; the owner comes in the afternoon."""
    owner = paws.add_owner()
    morning, afternoon = paws.add_missed(NOON - 3 * HOUR, owner), paws.add_missed(NOON + 2 * HOUR, owner)
    paws.plan()
    clock.pass_(hours=4)
    paws.change(afternoon, **columns)
    result = paws.plan()
    assert (result["corrected"], result["total_detected"], paws.status_of(morning)) == (1, 0, "no_show")
    assert (paws.standings(), paws.fee().status) == ([(0, 100)], "cancelled")
    assert (paws.plan()["corrected"], paws.standings()) == (0, [(0, 100)])


@pytest.mark.parametrize("hours", [14, -12 - 1 / 60], ids=["the evening before", "the next midnight"])
def test_coming_on_another_day_takes_nothing_back(paws: Salon, clock: Clock, hours: float) -> None:
    owner = paws.add_owner()
    paws.add_missed(NOON - 3 * HOUR, owner)
    paws.plan()
    paws.add_missed(NOON - hours * HOUR, owner, status="completed")
    assert (paws.plan()["corrected"], paws.fee().status) == (0, "pending")


def test_what_staff_marked_themselves_stands_though_the_owner_came_to_something_else(paws: Salon) -> None:
    owner = paws.add_owner()
    paws.add_missed(NOON - 6 * HOUR, owner, status="no_show")
    paws.add_missed(NOON - 3 * HOUR, owner, status="completed")
    run(paws.application, "ReputationUpdater")
    assert (paws.plan()["corrected"], [each.reversed_at for each in paws.no_show_events()]) == (0, [None])


def test_a_charge_is_not_made_and_a_notice_not_sent_once_the_owner_came_that_day(
    paws: Salon, clock: Clock, sms: RecordingSms, payments: RecordingPayments
) -> None:
    owner = paws.add_owner()
    paws.add_missed(NOON - 3 * HOUR, owner)
    paws.plan()
    paws.add_missed(NOON - 2 * HOUR, owner, status="completed")
    run(paws.application, "AppointmentReminders24h")
    clock.pass_(days=1)
    paws.collect()
    assert (sms.sent, payments.confirmed, paws.fee().status) == ([], [], "pending")
    assert paws.decisions("no_show_notice") == [("cancelled", "no_show_corrected")]


def test_an_appointment_that_staff_marked_keeps_the_visit_up(paws: Salon) -> None:
    owner = paws.add_owner()
    ours = paws.add_missed(NOON - 6 * HOUR, owner)
    paws.add_missed(NOON - 3 * HOUR, owner, status="no_show")
    paws.plan()
    paws.change(ours, status="cancelled")
    assert paws.plan()["corrected"] == 0


def test_another_days_missed_visit_does_not_keep_it_up(paws: Salon, clock: Clock) -> None:
    paws.run()  # the switch-on
    owner = paws.add_owner()
    today, tomorrow = paws.add_missed(NOON + HOUR, owner), paws.add_missed(NOON + 20 * HOUR, owner)
    clock.pass_(days=2)
    paws.plan()
    paws.change(today, status="completed")
    assert paws.plan()["corrected"] == 1
    assert (paws.standings(), [each.status for each in paws.fees()]) == ([(1, 80)], ["cancelled", "pending"])
    assert paws.status_of(tomorrow) == "no_show"


def test_what_staff_marked_and_unmarked_gives_back_its_event_but_no_count(paws: Salon, clock: Clock) -> None:
    appointment = paws.add_missed(owner_id=paws.add_owner(no_show_count=2), status="no_show")
    run(paws.application, "ReputationUpdater")
    assert paws.standings() == [(2, 80)]
    paws.change(appointment, status="completed")
    assert paws.plan()["corrected"] == 1
    assert paws.standings() == [(2, 100)]


def test_a_visit_that_staff_marked_in_part_still_costs_its_fee_and_one_event(paws: Salon, clock: Clock) -> None:
    owner = paws.add_owner()
    paws.add_missed(NOON - 3 * HOUR, owner, status="no_show")
    run(paws.application, "ReputationUpdater")
    paws.add_missed(NOON - 2 * HOUR, owner)
    paws.plan()
    assert (paws.standings(), len(paws.no_show_events()), paws.fee().status) == ([(1, 80)], 1, "pending")


def test_settling_leaves_visits_that_detection_marked_alone(paws: Salon, clock: Clock) -> None:
    paws.add_missed()
    paws.plan()
    clock.pass_(days=1)
    run(paws.application, "ReputationUpdater")
    assert (paws.standings(), len(paws.no_show_events())) == ([(1, 80)], 1)


def test_the_count_never_falls_below_none(paws: Salon) -> None:
    owner = paws.add_owner()
    appointment = paws.add_missed(owner_id=owner)
    paws.plan()
    rows.change(paws.engine, tables.owners, owner, no_show_count=0)
    paws.change(appointment, status="completed")
    paws.plan()
    assert paws.standings() == [(0, 100)]


def test_corrections_are_looked_for_over_sixty_days(paws: Salon, clock: Clock) -> None:
    appointment = paws.add_missed()
    paws.plan()
    clock.pass_(days=61)
    paws.change(appointment, status="completed")
    assert paws.plan()["corrected"] == 0
    clock.pass_(days=-2)
    assert paws.plan()["corrected"] == 1


def test_a_day_that_is_named_closed_after_its_no_shows_gives_them_back(paws: Salon, clock: Clock) -> None:
    paws.run()  # the switch-on
    owner = paws.add_owner()
    snowed_in, next_day = paws.add_missed(owner_id=owner), paws.add_missed(NOON + 21 * HOUR, owner_id=owner)
    clock.pass_(days=1)
    assert paws.plan()["total_fees_applied"] == 2
    name_closed(paws, "2026-03-03", "2026-06-01")
    clock.pass_(hours=1)
    for is_dry, corrected in ((True, 1), (False, 1), (False, 0)):
        assert paws.run(is_dry=is_dry)["corrected"] == corrected
    assert [each.status for each in paws.fees()] == ["cancelled", "pending"]
    assert (paws.standings(), paws.status_of(snowed_in), paws.status_of(next_day)) == (
        [(1, 80)],
        "no_show",
        "no_show",
    )
    name_closed(paws)
    assert (paws.plan()["total_detected"], paws.standings()) == (0, [(1, 80)])


@pytest.mark.parametrize("starts_at", [NOON - 12 * HOUR, NOON - 3 * HOUR], ids=["midnight", "morning"])
def test_a_day_that_is_named_closed_before_it_is_over_gives_them_back(paws: Salon, starts_at: datetime) -> None:
    paws.add_missed(starts_at)
    paws.plan()
    name_closed(paws, "2026-03-03")
    assert paws.plan()["corrected"] == 1
    assert (paws.standings(), paws.fee().status) == ([(0, 100)], "cancelled")


def name_closed(paws: Salon, *days: str) -> None:
    settings = json.dumps({"no_show": {"closed_on": days}})
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings=settings)


def test_a_closed_day_of_long_ago_gives_nothing_back(paws: Salon, clock: Clock) -> None:
    paws.add_missed()
    paws.plan()
    name_closed(paws, "2026-03-03")
    clock.pass_(days=60)
    assert paws.plan()["corrected"] == 0
    clock.pass_(days=-1)
    assert paws.plan()["corrected"] == 1


def test_a_dry_run_tells_a_correction_once_that_has_two_reasons(paws: Salon) -> None:
    appointment = paws.add_missed()
    paws.run()
    paws.change(appointment, status="completed")
    name_closed(paws, "2026-03-03")
    result = paws.run(is_dry=True)
    assert (result["corrected"], len(result["would"])) == (1, 1)


def test_a_notice_that_waits_is_cancelled_by_the_correction(paws: Salon, clock: Clock, sms: RecordingSms) -> None:
    clock.now = NOON + 10 * HOUR  # 22:00 in New York
    appointment = paws.add_missed(NOON)
    assert paws.run()["deferred"] == 1
    paws.change(appointment, status="completed")
    clock.now = NOON + DAY
    run(paws.application, "AppointmentReminders24h")
    assert sms.sent == []
    assert paws.decisions("no_show_notice") == [("cancelled", "no_show_corrected")]


def test_a_fee_that_staff_waived_stays_waived_and_event_and_count_go_with_it(paws: Salon, clock: Clock) -> None:
    appointment = paws.add_missed()
    paws.plan()
    rows.change(paws.engine, tables.payments, paws.fee().id, status="waived")
    clock.pass_(days=1)
    assert paws.plan()["corrected"] == 1
    assert (paws.fee().status, paws.standings(), paws.status_of(appointment)) == (
        "waived",
        [(0, 100)],
        "no_show",
    )
    assert paws.plan()["corrected"] == 0


def test_a_fee_that_the_deposit_covered_is_no_forgiveness(paws: Salon, clock: Clock) -> None:
    appointment = paws.add_missed(deposit_paid=9000)
    paws.plan()
    assert paws.plan()["corrected"] == 0
    assert (paws.fee().status, paws.standings()) == ("waived", [(1, 80)])
    paws.change(appointment, status="completed")
    assert paws.plan()["corrected"] == 1
    assert paws.fee().status == "cancelled"
    closed = paws.fee()
    clock.pass_(days=1)
    paws.plan()
    assert paws.fee() == closed


@pytest.mark.parametrize("status", ["failed", "requires_action"])
def test_a_fee_that_could_not_be_collected_is_cancelled_too(paws: Salon, status: str) -> None:
    appointment = paws.add_missed()
    paws.plan()
    rows.change(paws.engine, tables.payments, paws.fee().id, status=status)
    paws.change(appointment, status="completed")
    paws.plan()
    assert paws.fee().status == "cancelled"


def test_a_refunded_fee_is_left_as_it_is(paws: Salon) -> None:
    appointment = paws.add_missed()
    paws.plan()
    rows.change(paws.engine, tables.payments, paws.fee().id, status="refunded")
    paws.change(appointment, status="completed")
    assert (paws.plan()["needs_refund"], paws.fee().status) == (0, "refunded")


def test_corrections_come_before_new_visits_are_counted(paws: Salon, clock: Clock) -> None:
    owner = paws.add_owner()
    first = paws.add_missed(owner_id=owner)
    paws.plan()
    paws.change(first, status="completed")
    paws.add_missed(NOON + 20 * HOUR, owner)
    clock.pass_(days=1)
    paws.plan()
    assert [(each.status, each.offence_number) for each in paws.fees()] == [("cancelled", 1), ("pending", 1)]


def test_a_cancelled_fee_is_not_made_again_for_another_part_of_the_visit(paws: Salon, clock: Clock) -> None:
    owner = paws.add_owner()
    first, second = paws.add_missed(NOON - 3 * HOUR, owner), paws.add_missed(NOON + HOUR, owner)
    paws.plan()
    paws.change(first, status="cancelled")
    clock.pass_(hours=3)
    assert paws.plan()["corrected"] == 1
    assert (paws.status_of(second), [each.status for each in paws.fees()]) == ("no_show", ["cancelled"])
    assert paws.plan()["corrected"] == 0


def test_many_corrections_in_pages(paws: Salon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.planning.paging.BATCH", 2)
    paws.add_kept(NOON - 4 * HOUR, 10)
    owners = [paws.add_owner() for _ in range(5)]
    kept = [paws.add_missed(NOON - 4 * HOUR, owner) for owner in owners]
    for owner in owners[:3]:
        paws.add_missed(NOON - 2 * HOUR, owner)
    paws.plan()
    for each in kept:
        paws.change(each, status="cancelled")
    assert paws.plan()["corrected"] == 2  # the other three still missed their second appointment
    with paws.engine.connect() as connection:
        assert connection.execute(select(func.sum(tables.owners.c.no_show_count))).scalar() == 3


def test_a_dry_run_tells_corrections_and_writes_nothing(paws: Salon) -> None:
    appointment = paws.add_missed()
    paws.run()
    paws.change(appointment, status="completed")
    before = [rows.all_of(paws.engine, table) for table in (tables.payments, tables.owners, tables.reputation_events)]
    result = paws.run(is_dry=True)
    told = [(each["action"], each["subject"], each["reason"]) for each in result["would"]]
    assert told == [("correct", f"visit {paws.fee().id}", "no_show_corrected")]
    assert result["corrected"] == 1
    assert before == [
        rows.all_of(paws.engine, table) for table in (tables.payments, tables.owners, tables.reputation_events)
    ]


@pytest.mark.parametrize(("hours", "status"), [(60 * 24 - 4, "cancelled"), (60 * 24 - 3, "failed")])
def test_the_fee_of_a_reversed_visit_is_closed_within_sixty_days(
    paws: Salon, clock: Clock, hours: int, status: str
) -> None:
    """What reversed the event may have been another part of the platform."""
    paws.add_missed(NOON - 3 * HOUR)
    paws.plan()
    rows.change(paws.engine, tables.payments, paws.fee().id, status="failed", next_attempt_at=None)
    rows.change(paws.engine, tables.reputation_events, paws.no_show_events()[0].id, reversed_at=NOON)
    clock.pass_(hours=hours)
    paws.plan()
    assert paws.fee().status == status


def test_a_dry_run_closes_no_fee(paws: Salon) -> None:
    appointment = paws.add_missed()
    paws.plan()
    paws.change(appointment, status="completed")
    paws.plan()
    rows.change(paws.engine, tables.payments, paws.fee().id, status="succeeded")  # paid at the very same moment
    assert paws.run(is_dry=True)["corrected"] == 0  # it was before
    assert paws.fee().status == "succeeded"
    paws.plan()
    assert paws.fee().status == "needs_refund"


def test_another_owners_missed_appointment_at_the_same_time_does_not_keep_it_up(paws: Salon) -> None:
    kept, _ = paws.add_missed(), paws.add_missed()
    paws.plan()
    paws.change(kept, status="completed")
    assert paws.plan()["corrected"] == 1
    assert sorted(paws.standings()) == [(0, 100), (1, 80)]


def test_an_appointment_of_another_business_does_not_keep_it_up(application: Application, paws: Salon) -> None:
    other, owner = salon(application, subdomain="other"), paws.add_owner()
    appointment = paws.add_missed(owner_id=owner)
    paws.plan()
    paws.change(appointment, status="completed")
    other.add_missed(owner_id=owner, status="no_show")
    assert paws.plan()["corrected"] == 1


def test_another_tenants_appointments_are_another_matter(application: Application, paws: Salon) -> None:
    other = salon(application, subdomain="other")
    appointment = paws.add_missed()
    paws.plan()
    paws.change(appointment, status="completed")
    assert other.run(only=["other"])["corrected"] == 0
    assert paws.plan()["corrected"] == 1


def test_a_run_for_one_business_closes_no_other_ones_fees(application: Application, paws: Salon) -> None:
    salon(application, subdomain="other")
    appointment = paws.add_missed()
    paws.run()
    paws.change(appointment, status="completed")
    paws.plan()
    rows.change(paws.engine, tables.payments, paws.fee().id, status="succeeded")  # paid at the very same moment
    assert (paws.run(only=["other"])["needs_refund"], paws.fee().status) == (0, "succeeded")
    assert (paws.plan()["needs_refund"], paws.fee().status) == (1, "needs_refund")


def test_a_killed_correction_is_done_whole_by_the_next_run(
    paws: Salon, payments: RecordingPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = paws.add_missed()
    paws.run()
    paws.change(appointment, status="completed")

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    for step in ("platform.writes.rescore", "tasks.no_show_detector.correction_queries.close_fees"):
        with monkeypatch.context() as patch:
            patch.setattr(f"shared.{step}", dies)
            with pytest.raises(KeyboardInterrupt):
                paws.run()
    paws.run()
    assert (paws.standings(), paws.fee().status) == ([(0, 100)], "cancelled")
    assert payments.created == []


def test_a_mark_of_staff_that_was_settled_and_taken_back_is_not_charged_when_nobody_comes_again(
    paws: Salon, clock: Clock, sms: RecordingSms
) -> None:
    appointment = paws.add_missed(status="no_show")
    run(paws.application, "ReputationUpdater")
    assert [each.reversed_at for each in paws.no_show_events()] == [None]
    paws.change(appointment, status="confirmed")
    for _ in range(3):
        paws.run()
        clock.pass_(hours=24)
    assert (paws.fees(), paws.standings(), sms.sent) == ([], [(0, 100)], [])
    assert [each.reversed_at is None for each in paws.no_show_events()] == [False]
