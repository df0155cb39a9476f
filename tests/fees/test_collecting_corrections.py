"""Visits that staff put right before, while and after their fee is collected."""

import pytest

from shared.database import tables
from shared.gateways.payments import (
    Intent,
    IntentState,
    OutcomeUnknown,
)
from shared.stages import Stage
from tests import rows
from tests.doubles import Clock, RecordingPayments, raising
from tests.salon import Salon


def test_a_visit_put_right_before_the_charge_costs_nothing(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    appointment = paws.add_due_fee(clock)
    paws.change(appointment, status="completed")
    result = paws.do(Stage.PLAN, Stage.COLLECT)
    assert (result["corrected"], paws.fee().status, payments.created) == (1, "cancelled", [])
    assert paws.standings() == [(0, 100)]
    assert paws.no_show_events()[0].reversed_reason == "no_show_corrected"


def test_a_visit_put_right_after_the_charge_needs_a_refund_that_a_person_gives(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    appointment = paws.add_due_fee(clock)
    paws.do(Stage.PLAN, Stage.COLLECT)
    paws.change(appointment, status="completed")
    clock.pass_(days=1)
    result = paws.do(Stage.PLAN, Stage.COLLECT)
    assert (result["corrected"], result["needs_refund"], paws.fee().status) == (1, 1, "needs_refund")
    assert (paws.standings(), len(payments.confirmed)) == ([(0, 100)], 1)
    again = paws.do(Stage.PLAN, Stage.COLLECT)
    assert (again["corrected"], again["needs_refund"]) == (0, 0)


def test_a_visit_put_right_while_its_charge_is_unclear_needs_a_refund_once_that_is_known(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    appointment = paws.add_due_fee(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    paws.do(Stage.PLAN, Stage.COLLECT)
    paws.change(appointment, status="completed")
    payments.books = lambda charge: Intent("pi", IntentState.SUCCEEDED)
    clock.pass_(days=1)
    assert paws.do(Stage.PLAN, Stage.COLLECT)["corrected"] == 1
    assert paws.fee().status == "succeeded"
    assert paws.do(Stage.PLAN, Stage.COLLECT)["needs_refund"] == 1


def test_a_day_named_closed_while_a_charge_is_unclear_costs_nothing_once_that_is_known(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    paws.do(Stage.PLAN, Stage.COLLECT)
    closed = f'{{"no_show": {{"closed_on": ["{paws.fee().visit_on}"]}}}}'
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings=closed)
    clock.pass_(minutes=3)
    assert paws.do(Stage.PLAN, Stage.COLLECT)["corrected"] == 1
    assert (paws.fee().status, len(payments.confirmed)) == ("pending", 1)
    paws.do(Stage.PLAN, Stage.COLLECT)
    assert paws.fee().status == "cancelled"


def test_a_visit_put_right_at_the_last_moment_is_not_charged(
    paws: Salon, clock: Clock, payments: RecordingPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = paws.add_due_fee(clock)
    with monkeypatch.context() as patch:
        patch.setattr(
            "shared.tasks.no_show_detector.planning.correct",
            lambda _: paws.change(appointment, status="completed"),
        )
        paws.do(Stage.PLAN, Stage.COLLECT)
    assert (paws.fee().status, payments.created) == ("pending", [])
    paws.do(Stage.PLAN, Stage.COLLECT)
    assert paws.fee().status == "cancelled"
