"""A worker that stood still or comes late neither charges again nor loses what was paid."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.database import tables
from shared.fees import staff_actions
from shared.gateways.payments import Charge, Declined
from shared.stages import Stage, collection_for_staff
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.fees.through_stripe.answers import MARIA, outcomes, states, texts_with
from tests.loopback.stripe import Answer, Card, LoopbackStripe, Refusal, dropped, failing
from tests.salon import Salon

STOLEN = {"type": "card_error", "code": "card_declined", "decline_code": "stolen_card", "charge": "ch_x"}


@pytest.fixture
def stands_still(paws: Salon, clock: Clock, stripe: LoopbackStripe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its retry the process stands still for longer than its claim; another one meets a hard decline."""
    stops = [timedelta(minutes=6)]

    async def sleep(_: float) -> None:
        if stops:
            clock.now += stops.pop()
            stripe.cards["cus_1"] = [Card("pm_1", "stolen_card")]
            await asyncio.to_thread(paws.do, Stage.COLLECT, Stage.DELIVER)
            stripe.cards["cus_1"] = [Card("pm_1")]

    monkeypatch.setattr("shared.gateways.stripe_errors.asyncio", SimpleNamespace(sleep=sleep))


@pytest.mark.usefixtures("stands_still")
def test_a_process_that_stood_still_beyond_its_claim_does_not_ask_the_card_again(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, sms: RecordingSms
) -> None:
    paws.add_due_fee_with_notice(clock)
    stripe.says("confirm", dropped(is_done=False))
    paws.do(Stage.COLLECT, Stage.DELIVER)
    assert (paws.fee().status, paws.fee().failure_code, stripe.paid) == ("failed", "stolen_card", [])
    assert (states(stripe), texts_with(sms, "could not be charged")) == (["canceled"], 1)
    for _ in range(2):
        clock.pass_(days=1)
        paws.run()
    assert (paws.fee().status, stripe.paid, len(sms.sent)) == ("failed", [], 2)


@pytest.mark.usefixtures("stands_still")
def test_even_a_request_that_overtakes_every_check_finds_the_payment_cancelled(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.fees.collecting.asking.TRY_LASTS", -timedelta(days=9))  # still after it
    paws.add_due_fee_with_notice(clock)
    stripe.says("confirm", dropped(is_done=False))
    paws.do(Stage.COLLECT, Stage.DELIVER)
    assert stripe.times("confirm") == 3
    assert (paws.fee().status, states(stripe), stripe.paid) == ("failed", ["canceled"], [])


def test_a_decline_whose_payment_turns_out_to_be_paid_is_collected(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, sms: RecordingSms
) -> None:
    paws.add_due_fee_with_notice(clock)
    stripe.says("confirm", Answer(True, Refusal(402, STOLEN)))
    assert paws.collect_and_deliver()["total_fees_collected"] == 1
    assert (paws.fee().status, len(stripe.paid), texts_with(sms, "Receipt")) == ("succeeded", 1, 1)
    assert texts_with(sms, "could not be charged") == 0


@pytest.mark.parametrize("code", ["stolen_card", "authentication_required"])
def test_nobody_is_told_of_a_decline_before_its_payment_is_cancelled(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, sms: RecordingSms, code: str
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", code)]
    stripe.always["cancel"] = failing(503, is_kept=False)
    paws.add_due_fee_with_notice(clock)
    for _ in range(2):
        paws.collect_and_deliver()
        assert (paws.fee().status, texts_with(sms, "could not be charged"), len(stripe.charges)) == ("processing", 0, 1)
        clock.pass_(minutes=3)
    kept = outcomes(paws)
    stripe.always.clear()
    paws.collect_and_deliver()
    assert paws.fee().status == ("failed" if code == "stolen_card" else "requires_action")
    assert (states(stripe), texts_with(sms, "could not be charged"), outcomes(paws)) == (["canceled"], 1, kept)


def test_a_worker_killed_after_the_cancelling_leaves_a_decline_that_is_told(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "stolen_card")]
    paws.add_due_fee_with_notice(clock)

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("shared.fees.collecting.loop.record", dies)
        with pytest.raises(KeyboardInterrupt):
            paws.collect()
    assert (paws.fee().status, states(stripe)) == ("processing", ["canceled"])
    clock.pass_(minutes=6)
    paws.collect_and_deliver()
    assert (paws.fee().status, outcomes(paws)) == ("failed", [("declined", "stolen_card")])
    assert texts_with(sms, "could not be charged") == 1


def test_what_is_given_up_before_the_card_is_asked_again_is_cancelled_too(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.add_due_fee(clock)
    paws.collect()
    clock.pass_(days=15)
    assert paws.collect()["skipped"] == {"too_late": 1}
    assert (paws.fee().status, paws.fee().failure_code, states(stripe)) == ("failed", "too_late", ["canceled"])
    assert outcomes(paws) == [("declined", "insufficient_funds")]


def test_staff_charge_a_fee_that_was_given_up_by_a_new_payment(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "stolen_card")]
    paws.add_due_fee(clock)
    paws.collect()
    owner = rows.only(paws.engine, tables.owners).id
    rows.change(paws.engine, tables.owners, owner, stripe_customer_id="cus_2")
    staff_actions.charge(collection_for_staff(paws.application), paws.fee().id, MARIA)
    assert (paws.fee().status, states(stripe)) == ("succeeded", ["canceled", "succeeded"])
    (paid,) = stripe.paid
    assert (paid["intent"], paid["card"]) == (paws.fee().stripe_payment_intent_id, "pm_cus_2")
    staff_actions.give_back(collection_for_staff(paws.application), paws.fee().id, None, MARIA)
    assert (paws.fee().status, [each["payment_intent"] for each in stripe.refunds.values()]) == (
        "refunded", [paid["intent"]],
    )  # fmt: skip


def test_staff_charge_again_and_again_without_a_second_payment_that_lives(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "stolen_card")]
    paws.add_due_fee(clock)
    paws.collect()
    for _ in range(2):
        staff_actions.charge(collection_for_staff(paws.application), paws.fee().id, MARIA)
    assert (paws.fee().status, states(stripe)) == ("failed", ["canceled"] * 3)
    stripe.cards["cus_1"] = [Card("pm_2")]
    stripe.says("create", dropped())
    staff_actions.charge(collection_for_staff(paws.application), paws.fee().id, MARIA)
    assert (paws.fee().status, states(stripe)) == ("succeeded", ["canceled"] * 3 + ["succeeded"])


# An answer that says "paid", whoever holds the fee by now


@pytest.mark.parametrize(
    ("columns", "told", "status", "code"),
    [
        ({"status": "processing", "claimed_by": "another"}, False, "succeeded", None),
        ({"status": "pending", "next_attempt_at": rows.NOON + timedelta(days=9)}, False, "succeeded", None),
        ({"status": "failed", "failure_code": "stolen_card"}, False, "succeeded", None),
        ({"status": "failed", "failure_code": "stolen_card"}, True, "needs_refund", "paid_late"),
        ({"status": "requires_action"}, True, "needs_refund", "paid_late"),
        ({"status": "waived"}, False, "needs_refund", "paid_after_waiver"),
        ({"status": "cancelled"}, False, "needs_refund", "paid_late"),
        ({"status": "succeeded"}, False, "succeeded", None),
        ({"status": "refunded"}, False, "refunded", None),
    ],
    ids=str,
)
def test_an_answer_that_says_paid_is_never_dropped(
    plain: Salon,
    clock: Clock,
    payments: RecordingPayments,
    sms: RecordingSms,
    columns: dict[str, Any],
    told: bool,
    status: str,
    code: str | None,
) -> None:
    plain.add_due_fee_with_notice(clock)

    def meanwhile(charge: Charge) -> None:
        rows.change(plain.engine, tables.payments, charge.fee_id, **columns)
        with plain.engine.begin() as connection:
            connection.execute(tables.payment_attempts.update().values(outcome="not_processed", code="not_charged"))
            if told:
                tell(connection, charge)

    payments.answer = meanwhile
    result = plain.collect_and_deliver()
    assert (plain.fee().status, plain.fee().failure_code) == (status, code)
    assert outcomes(plain) == [("not_processed", "not_charged")]  # what another one found out stays on record
    is_news = columns["status"] not in ("succeeded", "refunded")
    assert result["fee_cents_collected"] == ({"USD": 2500} if is_news else {})
    assert result["needs_refund"] == len(result["errors"]) == (1 if status == "needs_refund" else 0)
    assert texts_with(sms, "Receipt") == (1 if is_news and status == "succeeded" else 0)
    charged = [each.no_show_fee_charged for each in rows.all_of(plain.engine, tables.appointments)]
    assert charged == [2500 if is_news else None]


def tell(connection: Any, charge: Charge) -> None:
    """The owner got the text that the fee could not be charged."""
    fee = connection.execute(tables.payments.select()).one()
    text = rows.insert(
        connection, tables.notifications, tenant_id=fee.tenant_id, owner_id=fee.owner_id, kind="fee_failed",
        status="sent", not_before=fee.due_at, priority=1, useful_until=fee.due_at, run_id=fee.id,
    )  # fmt: skip
    decision = {"tenant_id": fee.tenant_id, "kind": "fee_failed", "subject_type": "visit", "subject_id": charge.fee_id}
    decision |= {"occurrence": "x", "outcome": "notify", "notification_id": text, "run_id": fee.id}
    connection.execute(tables.decisions.insert(), decision | {"ledger_key": "x", "decided_at": fee.due_at})


def test_an_attempt_whose_outcome_is_known_is_not_rewritten_by_who_comes_late(
    plain: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    plain.add_due_fee(clock)

    def meanwhile(charge: Charge) -> None:
        later = clock.now + timedelta(days=1)
        rows.change(plain.engine, tables.payments, charge.fee_id, status="pending", next_attempt_at=later)
        with plain.engine.begin() as connection:
            connection.execute(tables.payment_attempts.update().values(outcome="succeeded", stripe_charge_id="ch_1"))
        raise Declined("insufficient_funds", charge_id="ch_2")

    payments.answer = meanwhile
    plain.collect()
    assert outcomes(plain) == [("succeeded", None)]
