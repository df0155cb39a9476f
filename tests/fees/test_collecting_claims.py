"""A fee is claimed while its card is charged: workers that die, come late or run out of time charge nobody twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.database import tables
from shared.gateways.payments import (
    Charge,
    Intent,
    IntentState,
)
from shared.gateways.stripe_errors import PAUSES
from shared.gateways.stripe_payments import READ_SECONDS
from tests import rows
from tests.doubles import Clock, RecordingPayments, raising
from tests.salon import Salon

LONGEST_ANSWER = timedelta(seconds=3 * READ_SECONDS + sum(PAUSES) * 1.5)
"""Three tries of one request that each end in a time-out."""


def test_the_card_that_is_asked_is_on_record_before_it_is(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    kept = []
    payments.answer = lambda charge: kept.append(rows.only(paws.engine, tables.payment_attempts).parameters)
    paws.collect()
    assert [(each["payment_method"], each["customer"], each["amount"]) for each in kept] == [("pm_1", "cus_1", 2500)]


def test_a_worker_whose_claim_was_taken_over_does_not_confirm(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer_create = lambda charge: rows.change(
        paws.engine, tables.payments, charge.fee_id, claimed_by="another"
    )
    paws.collect()
    assert (payments.confirmed, paws.fee().stripe_payment_intent_id) == ([], None)


@pytest.mark.parametrize("step", ["create", "stored", "confirm", "recorded"])
def test_a_worker_killed_between_two_steps_charges_nobody_twice(
    paws: Salon, clock: Clock, payments: RecordingPayments, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    paws.add_due_fee(clock)
    taken: set[str] = set()

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    payments.answer = lambda charge: taken.add(f"pi-{charge.fee_id}")
    with monkeypatch.context() as patch:
        if step == "create":
            patch.setattr(payments, "answer_create", dies)
        if step == "stored":
            patch.setattr("shared.fees.collecting.asking._confirm", dies)
        if step == "confirm":
            patch.setattr(payments, "answer", dies)
        if step == "recorded":
            patch.setattr("shared.fees.collecting.loop.record", dies)
        with pytest.raises(KeyboardInterrupt):
            paws.collect()
    assert paws.fee().status == "processing"
    payments.books = lambda charge: Intent("pi", IntentState.SUCCEEDED if taken else IntentState.UNCONFIRMED)
    paws.collect()
    assert paws.fee().status == "processing"  # the dead worker's claim still holds
    clock.pass_(minutes=6)
    paws.collect()
    assert paws.fee().status == "succeeded"
    assert len(taken) == 1
    assert len(payments.confirmed) == (2 if step == "confirm" else 1)
    assert len(payments.looked_up) == (0 if step == "create" else 1)  # what is not on record was never confirmed


def test_no_transaction_is_open_while_a_card_is_charged(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    open_connections = []
    paws.add_due_fee(clock)
    payments.answer = lambda charge: open_connections.append(paws.engine.pool.checkedout())
    payments.answer_create = payments.answer
    paws.collect()
    assert open_connections == [0, 0]


@pytest.mark.parametrize("batch", [1, 100])
def test_a_run_out_of_time_leaves_the_rest_to_the_next(
    paws: Salon, clock: Clock, payments: RecordingPayments, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("shared.fees.collecting.claiming.BATCH", batch)
    paws.add_due_fee(clock, 3)
    payments.answer = lambda charge: clock.pass_(seconds=60)
    short = replace(paws, application=replace(paws.application, time_budget=timedelta(seconds=50)))
    assert short.collect()["total_fees_collected"] == 1
    payments.answer = lambda charge: None
    assert paws.collect()["total_fees_collected"] == 2


def test_a_run_out_of_time_looks_nothing_up_any_more(
    paws: Salon, clock: Clock, payments: RecordingPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.fees.collecting.claiming.BATCH", 1)
    paws.add_due_fee(clock, 2)
    payments.answer = raising(KeyboardInterrupt())
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            paws.collect()
    clock.pass_(minutes=6)
    payments.books = lambda charge: clock.pass_(seconds=60) or Intent("pi", IntentState.SUCCEEDED)
    short = replace(paws, application=replace(paws.application, time_budget=timedelta(seconds=50)))
    assert short.collect()["total_fees_collected"] == 1
    assert {outcome for _, outcome, _ in paws.attempts()} == {"succeeded", None}  # the other one is as it was left


def test_a_card_is_asked_only_while_the_claim_outlasts_the_longest_answer(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock, 4)
    held: list[timedelta] = []

    def slow(charge: Charge) -> None:
        fees = {each.id: each for each in paws.fees()}
        held.append(fees[charge.fee_id].claimed_until - clock.now)
        clock.pass_(seconds=100)

    payments.answer = slow
    assert paws.collect()["total_fees_collected"] == 4
    assert min(held) >= LONGEST_ANSWER
