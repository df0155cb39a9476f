"""Two owners become one after a visit of theirs was marked: the missed visit goes along with its appointment."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from shared.application import Application
from shared.database import tables
from shared.runtime import run, run_without_lease
from shared.stages import requested
from shared.tasks.no_show_detector import correction_queries as corrections
from shared.tasks.no_show_detector import corrections as no_show_corrections
from shared.tasks.no_show_detector import merger_queries as passing
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, JOB, Salon, salon


def merge(paws: Salon, duplicate: UUID, into: UUID) -> None:
    """Give all that an owner has to another, as the platform does, and delete the owner."""
    with paws.engine.begin() as connection:
        for table in (tables.appointments, tables.pets):
            connection.execute(table.update().where(table.c.owner_id == duplicate).values(owner_id=into))
    rows.change(paws.engine, tables.owners, duplicate, deleted_at=NOON, is_active=False)


def owner_of(paws: Salon, id_: UUID) -> tuple[int, int]:
    """An owner's count of missed visits and score."""
    (found,) = [each for each in rows.all_of(paws.engine, tables.owners) if each.id == id_]
    return found.no_show_count, found.reputation_score


def standing(paws: Salon) -> list[tuple[UUID, UUID]]:
    """The visits that count as missed, by id, and whose they are."""
    return [(each.subject_id, each.owner_id) for each in paws.no_show_events() if each.reversed_at is None]


def test_a_missed_visit_goes_along_with_its_appointment(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms
) -> None:
    duplicate, owner = paws.add_owner(no_show_count=1), paws.add_owner(stripe_customer_id="cus_2", phone="+12125550199")
    paws.add_missed(owner_id=duplicate)
    paws.run()
    before = paws.fee()
    merge(paws, duplicate, owner)
    clock.pass_(hours=1)
    result = paws.plan()
    assert (result["passed_on"], result["corrected"], result["needs_refund"]) == (1, 0, 0)
    fee = paws.fee()
    assert (fee.id, fee.owner_id, fee.status, fee.offence_number) == (before.id, owner, "pending", 2)
    assert (owner_of(paws, duplicate), owner_of(paws, owner)) == ((1, 100), (1, 80))
    assert standing(paws) == [(fee.id, owner)]
    assert paws.plan()["passed_on"] == 0
    clock.pass_(days=1)
    assert (paws.run()["total_fees_collected"], [each.customer_id for each in payments.created]) == (1, ["cus_2"])
    assert [each.to for each in sms.sent] == ["+12125550143", "+12125550199"]  # the notice before, the receipt after
    assert (len(paws.fees()), owner_of(paws, owner)) == (1, (1, 80))


def test_a_collected_fee_is_not_listed_for_refund(paws: Salon, clock: Clock) -> None:
    duplicate, owner = paws.add_owner(), paws.add_owner()
    paws.add_missed(owner_id=duplicate)
    paws.run()
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 1
    merge(paws, duplicate, owner)
    result = paws.plan()
    assert (result["needs_refund"], result["corrected"]) == (0, 0)
    assert (paws.fee().status, paws.fee().owner_id) == ("succeeded", owner)


def test_a_fee_that_the_platform_gave_to_the_new_owner_itself_is_no_error(paws: Salon, clock: Clock) -> None:
    duplicate, owner = paws.add_owner(), paws.add_owner()
    paws.add_missed(owner_id=duplicate)
    paws.run()
    merge(paws, duplicate, owner)
    rows.change(paws.engine, tables.payments, paws.fee().id, owner_id=owner)
    clock.pass_(days=1)
    result = paws.run()
    assert (result["passed_on"], result["total_fees_collected"], result["total_errors"]) == (1, 1, 0)
    assert (owner_of(paws, duplicate), owner_of(paws, owner)) == ((0, 100), (1, 80))


@pytest.mark.parametrize("is_told", [False, True])
def test_a_notice_that_waits_goes_to_the_new_owner_and_one_that_left_is_not_sent_again(
    paws: Salon, clock: Clock, sms: RecordingSms, is_told: bool
) -> None:
    clock.now = NOON + 10 * HOUR  # 22:00 in New York
    duplicate, owner = paws.add_owner(), paws.add_owner(phone="+12125550199")
    paws.add_missed(NOON, duplicate)
    paws.run()
    clock.now = NOON + 20 * HOUR
    if is_told:
        run(paws.application, "AppointmentReminders24h")
    merge(paws, duplicate, owner)
    paws.run()
    paws.run()
    assert [each.to for each in sms.sent] == ["+12125550143" if is_told else "+12125550199"]
    assert "we missed" in sms.bodies[0]
    assert paws.decisions("no_show_notice") == [("notify", None)]


def test_a_notice_cancelled_before_the_run_that_follows_goes_to_the_new_owner(
    paws: Salon, clock: Clock, sms: RecordingSms
) -> None:
    clock.now = NOON + 10 * HOUR
    duplicate, owner = paws.add_owner(), paws.add_owner(phone="+12125550199")
    paws.add_missed(NOON, duplicate)
    paws.run()
    merge(paws, duplicate, owner)
    clock.now = NOON + 20 * HOUR
    run(paws.application, "AppointmentReminders24h")
    assert (sms.sent, paws.decisions("no_show_notice")) == ([], [("cancelled", "no_show_corrected")])
    paws.run()
    assert [each.to for each in sms.sent] == ["+12125550199"]


@pytest.mark.parametrize("is_at_once", [True, False], ids=["by the run that passes it on", "by a later one"])
def test_no_second_fee_is_made_for_the_new_owner(paws: Salon, clock: Clock, is_at_once: bool) -> None:
    """Another appointment of theirs on that day is found later."""
    duplicate, owner = paws.add_owner(), paws.add_owner()
    paws.add_missed(NOON - 3 * HOUR, duplicate)
    later = paws.add_missed(NOON + HOUR, owner)
    paws.plan()
    merge(paws, duplicate, owner)
    if not is_at_once:
        assert paws.plan()["passed_on"] == 1
    clock.pass_(hours=3)
    for is_dry in (False,) if is_at_once else (True, False):
        result = paws.run(is_dry=is_dry)
        assert (result["total_detected"], result["total_fees_applied"]) == (1, 0)
    assert (paws.status_of(later), owner_of(paws, owner)) == ("no_show", (1, 80))
    assert standing(paws) == [(paws.fee().id, owner)]


def test_what_staff_mark_of_that_day_later_is_the_same_visit(paws: Salon, clock: Clock) -> None:
    duplicate, owner = paws.add_owner(), paws.add_owner()
    paws.add_missed(NOON - 3 * HOUR, duplicate)
    paws.plan()
    merge(paws, duplicate, owner)
    paws.plan()
    paws.add_missed(NOON - HOUR, owner, status="no_show")
    for is_dry in (True, False):
        assert run(paws.application, "ReputationUpdater", is_dry=is_dry)["events_settled"] == 0
    assert (owner_of(paws, owner), len(standing(paws))) == ((1, 80), 1)


def test_a_visit_that_passed_over_is_put_right_for_good(paws: Salon, clock: Clock) -> None:
    duplicate, owner = paws.add_owner(), paws.add_owner()
    appointment = paws.add_missed(NOON - 3 * HOUR, duplicate)
    later = paws.add_missed(NOON + HOUR, owner)
    paws.plan()
    merge(paws, duplicate, owner)
    paws.plan()
    paws.change(appointment, status="cancelled")
    clock.pass_(hours=3)
    result = paws.plan()
    assert (result["corrected"], result["total_fees_applied"], paws.status_of(later)) == (1, 0, "no_show")
    assert (paws.fee().status, owner_of(paws, owner), owner_of(paws, duplicate)) == ("cancelled", (0, 100), (0, 100))


@pytest.mark.parametrize("columns", [{"status": "completed"}, {"status": "cancelled"}, {"deleted_at": NOON}], ids=str)
def test_merged_and_put_right_it_is_a_correction(paws: Salon, columns: dict[str, Any]) -> None:
    duplicate, owner = paws.add_owner(), paws.add_owner()
    appointment = paws.add_missed(owner_id=duplicate)
    paws.plan()
    merge(paws, duplicate, owner)
    paws.change(appointment, **columns)
    result = paws.plan()
    assert (result["corrected"], result["passed_on"], paws.fee().status) == (1, 0, "cancelled")
    assert (owner_of(paws, duplicate), owner_of(paws, owner)) == ((0, 100), (0, 100))


def test_a_duplicate_whose_other_half_came_missed_nothing(paws: Salon) -> None:
    duplicate, owner = paws.add_owner(), paws.add_owner()
    paws.add_missed(owner_id=duplicate)
    paws.add_missed(owner_id=owner, status="completed")
    paws.plan()
    merge(paws, duplicate, owner)
    result = paws.plan()
    assert (result["corrected"], result["passed_on"], paws.fee().status) == (1, 0, "cancelled")


def test_while_the_owner_still_missed_a_part_of_it_the_visit_stays(paws: Salon) -> None:
    first, second = paws.add_owner(), paws.add_owner()
    passed = paws.add_missed(NOON - 5 * HOUR, first)
    paws.add_missed(NOON - 3 * HOUR, first)
    paws.plan()
    paws.change(passed, owner_id=second)
    result = paws.plan()
    assert (result["passed_on"], result["corrected"], paws.fee().owner_id) == (0, 0, first)


def test_an_appointment_that_went_to_an_owner_of_another_business_is_a_correction(
    application: Application, paws: Salon
) -> None:
    stranger = salon(application, subdomain="other").add_owner()
    appointment = paws.add_missed()
    paws.plan()
    paws.change(appointment, owner_id=stranger)
    result = paws.run(only=["paws"])
    assert (result["passed_on"], result["corrected"]) == (0, 1)


def test_passed_back_it_is_its_first_owners_again(paws: Salon) -> None:
    first, second = paws.add_owner(), paws.add_owner()
    appointment = paws.add_missed(owner_id=first)
    paws.plan()
    for owner in (second, first):
        paws.change(appointment, owner_id=owner)
        assert paws.plan()["passed_on"] == 1
        assert (paws.fee().owner_id, owner_of(paws, owner)) == (owner, (1, 80))
    assert owner_of(paws, second) == (0, 100)


# Where the new owner has a fee of that day already


def both_missed(paws: Salon, *, at: Callable[[], None] = lambda: None) -> tuple[UUID, UUID, list[Any]]:
    """A duplicate and an owner with a fee each of one day, the duplicate's first; `at`: what happens in between."""
    duplicate, owner = paws.add_owner(), paws.add_owner(phone="+12125550199")
    paws.add_missed(NOON - 5 * HOUR, duplicate)
    paws.plan()
    at()
    paws.add_missed(NOON - 3 * HOUR, owner)
    paws.plan()
    fees = {each.owner_id: each for each in paws.fees()}
    return duplicate, owner, [fees[duplicate], fees[owner]]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("pending", "pending"), ("pending", "cancelled")),  # the later
        (("succeeded", "pending"), ("succeeded", "cancelled")),
        (("pending", "succeeded"), ("cancelled", "succeeded")),  # what was not collected
        (("failed", "requires_action"), ("failed", "cancelled")),
        (("succeeded", "succeeded"), ("succeeded", "needs_refund")),
    ],
)
def test_of_two_fees_one_stays(paws: Salon, clock: Clock, statuses: tuple[str, str], expected: tuple[str, str]) -> None:
    duplicate, owner, fees = both_missed(paws, at=lambda: clock.pass_(hours=1))
    for fee, status in zip(fees, statuses, strict=True):
        rows.change(paws.engine, tables.payments, fee.id, status=status)
    merge(paws, duplicate, owner)
    result = paws.plan()
    assert (result["passed_on"], result["corrected"]) == (1, 0)
    assert result["needs_refund"] == expected.count("needs_refund")
    after = {each.id: each for each in paws.fees()}
    assert tuple(after[fee.id].status for fee in fees) == expected
    stays = fees[0] if expected[0] == statuses[0] else fees[1]
    (gone,) = [each for each in after.values() if each.id != stays.id]
    assert (gone.failure_code, after[stays.id].failure_code) == ("superseded", None)
    assert [each.offence_number for each in after.values()] == [1, 1]
    assert standing(paws) == [(stays.id, owner)]
    assert (owner_of(paws, duplicate), owner_of(paws, owner)) == ((0, 100), (1, 80))
    again = paws.plan()
    assert (again["passed_on"], again["corrected"], again["needs_refund"]) == (0, 0, 0)
    assert {each.id: each for each in paws.fees()} == after


def test_three_owners_of_one_day_who_become_one_have_one_fee(paws: Salon) -> None:
    paws.add_kept(NOON - 6 * HOUR, 5)
    owners = [paws.add_owner() for _ in range(3)]
    for owner in owners:
        paws.add_missed(owner_id=owner)
    paws.plan()
    for duplicate in owners[1:]:
        merge(paws, duplicate, owners[0])
    assert paws.plan()["passed_on"] == 2
    assert sorted(each.status for each in paws.fees()) == ["cancelled", "cancelled", "pending"]
    assert [each.owner_id for each in paws.fees() if each.status == "pending"] == [owners[0]]
    assert (owner_of(paws, owners[0]), len(standing(paws))) == ((1, 80), 1)


def test_a_waiting_notice_of_the_fee_that_does_not_count_is_not_sent(
    paws: Salon, clock: Clock, sms: RecordingSms
) -> None:
    duplicate, owner, _ = both_missed(paws)
    merge(paws, duplicate, owner)
    paws.run()
    assert len(sms.sent) == 1
    assert sorted(paws.decisions("no_show_notice"), key=str) == [("cancelled", "superseded"), ("notify", None)]


@pytest.mark.parametrize("whose", [0, 1], ids=["the duplicate's", "the owner's own"])
def test_a_charge_under_way_is_waited_for(paws: Salon, clock: Clock, whose: int) -> None:
    duplicate, owner, fees = both_missed(paws)
    rows.change(paws.engine, tables.payments, fees[whose].id, status="processing", claimed_until=NOON + DAY)
    merge(paws, duplicate, owner)
    result = paws.plan()
    assert (result["passed_on"], result["corrected"], len(standing(paws))) == (0, 0, 2)
    rows.change(paws.engine, tables.payments, fees[whose].id, status="succeeded", claimed_until=None)
    assert paws.plan()["passed_on"] == 1
    assert {each.id: each.status for each in paws.fees()} == {
        fees[whose].id: "succeeded",
        fees[1 - whose].id: "cancelled",
    }


# Without a fee


def test_where_there_is_no_fee_event_and_count_go_along(application: Application) -> None:
    paws = salon(application, currency="JPY")
    duplicate, owner, other = paws.add_owner(), paws.add_owner(), paws.add_owner()
    paws.add_kept(NOON - 3 * HOUR, 5)
    for each in (duplicate, other):
        paws.add_missed(owner_id=each)
    paws.plan()
    merge(paws, duplicate, owner)
    assert (paws.plan()["passed_on"], paws.plan()["passed_on"]) == (1, 0)
    assert [owner_of(paws, each) for each in (duplicate, owner, other)] == [(0, 100), (1, 80), (1, 80)]


def test_moved_to_another_time_it_is_nobody_elses_who_missed_theirs_then(application: Application) -> None:
    paws = salon(application, currency="JPY")
    paws.add_kept(NOON - 3 * HOUR, 5)
    owner, other = paws.add_owner(), paws.add_owner()
    appointment, _ = paws.add_missed(owner_id=owner), paws.add_missed(owner_id=other)
    paws.plan()
    paws.change(appointment, scheduled_start=NOON + DAY, scheduled_end=NOON + DAY + HOUR, status="confirmed")
    result = paws.plan()
    assert (result["passed_on"], result["corrected"]) == (0, 1)
    assert (owner_of(paws, owner), owner_of(paws, other)) == ((0, 100), (1, 80))


def test_what_staff_marked_goes_along_too(paws: Salon, clock: Clock) -> None:
    duplicate, owner = paws.add_owner(), paws.add_owner()
    paws.add_missed(owner_id=duplicate, status="no_show")
    run(paws.application, "ReputationUpdater")
    merge(paws, duplicate, owner)
    clock.pass_(days=20)  # longer than settling looks back
    assert (paws.plan()["passed_on"], owner_of(paws, duplicate), owner_of(paws, owner)) == (1, (0, 100), (0, 80))
    run(paws.application, "ReputationUpdater")
    assert (owner_of(paws, owner), len(standing(paws))) == ((0, 80), 1)


def test_a_count_comes_along_although_the_new_owner_has_a_visit_that_staff_marked(application: Application) -> None:
    paws = salon(application, currency="JPY")  # no fee schedule: no fee
    duplicate, owner = paws.add_owner(), paws.add_owner()
    paws.add_missed(owner_id=duplicate)
    paws.add_missed(NOON - 4 * HOUR, owner, status="no_show")
    run(paws.application, "ReputationUpdater")
    paws.plan()
    merge(paws, duplicate, owner)
    paws.plan()
    assert (owner_of(paws, duplicate), owner_of(paws, owner), len(standing(paws))) == ((0, 100), (1, 80), 1)


def test_who_came_under_the_other_name_is_not_blamed_by_a_later_settlement(paws: Salon, clock: Clock) -> None:
    duplicate, owner = paws.add_owner(), paws.add_owner()
    paws.add_missed(NOON - 5 * HOUR, duplicate, status="no_show")
    run(paws.application, "ReputationUpdater")
    paws.add_missed(NOON - 4 * HOUR, duplicate)
    paws.plan()
    paws.add_missed(owner_id=owner, status="completed")
    merge(paws, duplicate, owner)
    assert paws.plan()["corrected"] == 1
    clock.pass_(days=7)
    run(paws.application, "ReputationUpdater")
    assert ([each.owner_id for each in paws.no_show_events()], standing(paws)) == ([owner], [])
    assert owner_of(paws, owner)[0] == 0


def test_a_fee_to_give_back_stands_under_the_owner_who_has_the_appointment_now(paws: Salon, clock: Clock) -> None:
    duplicate, owner = paws.add_owner(), paws.add_owner()
    paws.add_missed(owner_id=duplicate)
    paws.plan()
    clock.pass_(days=1)
    paws.collect()
    paws.add_missed(NOON - 4 * HOUR, owner, status="completed")
    merge(paws, duplicate, owner)
    paws.plan()
    assert (paws.fee().status, paws.fee().owner_id) == ("needs_refund", owner)


# At once, in part, in a dry run


def test_two_runs_at_once_pass_it_on_once(paws: Salon, monkeypatch: pytest.MonkeyPatch) -> None:
    duplicate, owner, _ = both_missed(paws)
    merge(paws, duplicate, owner)
    original, found = no_show_corrections._correct_page, []

    def after(*arguments: Any) -> None:
        if not found:
            found.append(0)
            found[0] = run_without_lease(paws.application, requested(paws.application, JOB))["passed_on"]
        original(*arguments)

    monkeypatch.setattr(no_show_corrections, "_correct_page", after)
    assert (paws.run()["passed_on"], found) == (0, [1])
    assert (owner_of(paws, duplicate), owner_of(paws, owner), len(standing(paws))) == ((0, 100), (1, 80), 1)


@pytest.mark.parametrize("step", ["writes.rescore", "writes.change_counts", "reputation.reverse_events"])
def test_killed_in_between_nothing_passed_and_the_next_run_does_it_all(
    paws: Salon, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    duplicate, owner, _ = both_missed(paws)
    merge(paws, duplicate, owner)
    module, name = step.split(".")

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(getattr(no_show_corrections, module), name, dies)
        with pytest.raises(KeyboardInterrupt):
            paws.run()
    assert {each.owner_id for each in paws.fees()} == {duplicate, owner}
    assert paws.plan()["passed_on"] == 1
    assert (owner_of(paws, duplicate), owner_of(paws, owner), len(standing(paws))) == ((0, 100), (1, 80), 1)


def test_a_dry_run_tells_what_passes_on_and_writes_nothing(paws: Salon) -> None:
    duplicate, owner, fees = both_missed(paws)
    merge(paws, duplicate, owner)
    result = paws.run(is_dry=True)
    told = [(each["action"], each["subject"], each["reason"]) for each in result["would"] if "visit" in each["subject"]]
    assert told[:2] == [
        ("pass_on", f"visit {fees[0].id}", "owner_changed"),
        ("cancel", f"visit {fees[1].id}", "superseded"),
    ]
    assert (result["passed_on"], {each.id: each for each in paws.fees()}) == (1, {each.id: each for each in fees})


def test_a_visit_that_another_run_passed_on_meanwhile_keeps_its_new_owner(paws: Salon) -> None:
    duplicate, owner, third = (paws.add_owner() for _ in range(3))
    paws.add_missed(owner_id=duplicate)
    paws.plan()
    with paws.engine.begin() as connection:
        (visit,) = corrections.standing_visits(connection, [duplicate])
        assert passing.pass_on(connection, visit, owner, NOON)
        assert not passing.pass_on(connection, visit, third, NOON)
    assert (paws.fee().owner_id, standing(paws)) == (owner, [(paws.fee().id, owner)])
