"""Money that was taken is never lost: not by a process that stood still, nor by a fee that was given up or waived."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.application import Application
from shared.database import tables
from shared.database.engine import reading
from shared.errors import RunFailed
from shared.fees import staff_actions as by_hand
from shared.fees.listing import listed
from shared.fees.staff_actions import Staff
from shared.gateways.payments import Charge, Declined, OutcomeUnknown
from shared.gateways.stripe_payments import StripePayments
from shared.stages import Stage, collection_by_hand
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.loopback.stripe import SECRET, Answer, Card, LoopbackStripe, Refusal, dropped, failing
from tests.salon import Salon, salon

MARIA = Staff("Maria", "her dog was ill")
STOLEN = {"type": "card_error", "code": "card_declined", "decline_code": "stolen_card", "charge": "ch_x"}


@pytest.fixture
def stripe(clock: Clock) -> Iterator[LoopbackStripe]:
    """A Stripe that lives by the test's clock."""
    with LoopbackStripe() as server:
        server.clock = lambda: clock.now.timestamp()  # noqa: PLW0108  the time is another one at each call
        yield server


@pytest.fixture
def paws(application: Application, stripe: LoopbackStripe) -> Salon:
    """A salon whose fees are collected through it."""
    return salon(replace(application, payments=StripePayments(SECRET, stripe.url, pauses=(0, 0))))


@pytest.fixture
def plain(application: Application) -> Salon:
    """A salon whose fees are collected by a double."""
    return salon(application)


def attempts(paws: Salon) -> list[tuple[str | None, str | None]]:
    return [(each.outcome, each.code) for each in rows.all_of(paws.engine, tables.payment_attempts)]


def waive(paws: Salon, clock: Clock) -> None:
    with reading(paws.engine) as connection:
        fees = listed(connection)
    by_hand.waive(paws.engine, fees, MARIA, clock())


def states(stripe: LoopbackStripe) -> list[str]:
    return [each["status"] for each in stripe.intents.values()]


def of_bodies(sms: RecordingSms, words: str) -> int:
    return sum(words in each for each in sms.bodies)


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
    paws.told(clock)
    stripe.says("confirm", dropped(is_done=False))
    paws.do(Stage.COLLECT, Stage.DELIVER)
    assert (paws.fee().status, paws.fee().failure_code, stripe.paid) == ("failed", "stolen_card", [])
    assert (states(stripe), of_bodies(sms, "could not be charged")) == (["canceled"], 1)
    for _ in range(2):
        clock.pass_(days=1)
        paws.run()
    assert (paws.fee().status, stripe.paid, len(sms.sent)) == ("failed", [], 2)


@pytest.mark.usefixtures("stands_still")
def test_even_a_request_that_overtakes_every_check_finds_the_payment_cancelled(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.fees.collecting.asking.TRY_LASTS", -timedelta(days=9))  # still after it
    paws.told(clock)
    stripe.says("confirm", dropped(is_done=False))
    paws.do(Stage.COLLECT, Stage.DELIVER)
    assert stripe.times("confirm") == 3
    assert (paws.fee().status, states(stripe), stripe.paid) == ("failed", ["canceled"], [])


def test_a_decline_whose_payment_turns_out_to_be_paid_is_collected(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, sms: RecordingSms
) -> None:
    paws.told(clock)
    stripe.says("confirm", Answer(True, Refusal(402, STOLEN)))
    assert paws.charge()["total_fees_collected"] == 1
    assert (paws.fee().status, len(stripe.paid), of_bodies(sms, "Receipt")) == ("succeeded", 1, 1)
    assert of_bodies(sms, "could not be charged") == 0


@pytest.mark.parametrize("code", ["stolen_card", "authentication_required"])
def test_nobody_is_told_of_a_decline_before_its_payment_is_cancelled(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, sms: RecordingSms, code: str
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", code)]
    stripe.always["cancel"] = failing(503, is_kept=False)
    paws.told(clock)
    for _ in range(2):
        paws.charge()
        assert (paws.fee().status, of_bodies(sms, "could not be charged"), len(stripe.charges)) == ("processing", 0, 1)
        clock.pass_(minutes=3)
    kept = attempts(paws)
    stripe.always.clear()
    paws.charge()
    assert paws.fee().status == ("failed" if code == "stolen_card" else "requires_action")
    assert (states(stripe), of_bodies(sms, "could not be charged"), attempts(paws)) == (["canceled"], 1, kept)


def test_a_worker_killed_after_the_cancelling_leaves_a_decline_that_is_told(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "stolen_card")]
    paws.told(clock)

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("shared.fees.collecting.loop.record", dies)
        with pytest.raises(KeyboardInterrupt):
            paws.collect()
    assert (paws.fee().status, states(stripe)) == ("processing", ["canceled"])
    clock.pass_(minutes=6)
    paws.charge()
    assert (paws.fee().status, attempts(paws)) == ("failed", [("declined", "stolen_card")])
    assert of_bodies(sms, "could not be charged") == 1


def test_what_is_given_up_before_the_card_is_asked_again_is_cancelled_too(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.owed(clock)
    paws.collect()
    clock.pass_(days=15)
    assert paws.collect()["skipped"] == {"too_late": 1}
    assert (paws.fee().status, paws.fee().failure_code, states(stripe)) == ("failed", "too_late", ["canceled"])
    assert attempts(paws) == [("declined", "insufficient_funds")]


def test_staff_charge_a_fee_that_was_given_up_by_a_new_payment(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "stolen_card")]
    paws.owed(clock)
    paws.collect()
    owner = rows.only(paws.engine, tables.owners).id
    rows.change(paws.engine, tables.owners, owner, stripe_customer_id="cus_2")
    by_hand.charge(collection_by_hand(paws.application), paws.fee().id, MARIA)
    assert (paws.fee().status, states(stripe)) == ("succeeded", ["canceled", "succeeded"])
    (paid,) = stripe.paid
    assert (paid["intent"], paid["card"]) == (paws.fee().stripe_payment_intent_id, "pm_cus_2")
    by_hand.give_back(collection_by_hand(paws.application), paws.fee().id, None, MARIA)
    assert (paws.fee().status, [each["payment_intent"] for each in stripe.refunds.values()]) == (
        "refunded", [paid["intent"]],
    )  # fmt: skip


def test_staff_charge_again_and_again_without_a_second_payment_that_lives(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "stolen_card")]
    paws.owed(clock)
    paws.collect()
    for _ in range(2):
        by_hand.charge(collection_by_hand(paws.application), paws.fee().id, MARIA)
    assert (paws.fee().status, states(stripe)) == ("failed", ["canceled"] * 3)
    stripe.cards["cus_1"] = [Card("pm_2")]
    stripe.says("create", dropped())
    by_hand.charge(collection_by_hand(paws.application), paws.fee().id, MARIA)
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
    plain.told(clock)

    def meanwhile(charge: Charge) -> None:
        rows.change(plain.engine, tables.payments, charge.fee_id, **columns)
        with plain.engine.begin() as connection:
            connection.execute(tables.payment_attempts.update().values(outcome="not_processed", code="not_charged"))
            if told:
                tell(connection, charge)

    payments.answer = meanwhile
    result = plain.charge()
    assert (plain.fee().status, plain.fee().failure_code) == (status, code)
    assert attempts(plain) == [("not_processed", "not_charged")]  # what another one found out stays on record
    is_news = columns["status"] not in ("succeeded", "refunded")
    assert result["fee_cents_collected"] == ({"USD": 2500} if is_news else {})
    assert result["needs_refund"] == len(result["errors"]) == (1 if status == "needs_refund" else 0)
    assert of_bodies(sms, "Receipt") == (1 if is_news and status == "succeeded" else 0)
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
    plain.owed(clock)

    def meanwhile(charge: Charge) -> None:
        later = clock.now + timedelta(days=1)
        rows.change(plain.engine, tables.payments, charge.fee_id, status="pending", next_attempt_at=later)
        with plain.engine.begin() as connection:
            connection.execute(tables.payment_attempts.update().values(outcome="succeeded", stripe_charge_id="ch_1"))
        raise Declined("insufficient_funds", charge_id="ch_2")

    payments.answer = meanwhile
    plain.collect()
    assert attempts(plain) == [("succeeded", None)]


# Waived or corrected, with a payment begun


def begun(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    """A fee was declined, and its payment at Stripe is to be tried again."""
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.told(clock)
    paws.run()
    assert paws.fee().status == "pending"


def paid_meanwhile(stripe: LoopbackStripe) -> None:
    (intent,) = stripe.intents.values()
    intent |= {"status": "succeeded", "amount_received": 2500, "latest_charge": "ch_late"}


def test_a_waived_fee_that_was_paid_all_the_same_waits_for_its_refund_and_stays_forgiven(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    begun(paws, clock, stripe)
    waive(paws, clock)
    paid_meanwhile(stripe)
    clock.pass_(days=1)
    result = paws.run()
    assert (paws.fee().status, paws.fee().failure_code, result["needs_refund"]) == (
        "needs_refund", "paid_after_waiver", 1,
    )  # fmt: skip
    assert [each["reason"] for each in result["errors"]] == [
        "the card was charged after all; it waits to be given back with `fee refund`"
    ]
    assert (paws.owners(), paws.run()["errors"]) == ([(0, 100)], [])
    by_hand.give_back(collection_by_hand(paws.application), paws.fee().id, None, MARIA)
    paws.run()
    assert (paws.fee().status, paws.owners(), len(stripe.refunds)) == ("refunded", [(0, 100)], 1)


def test_a_fee_known_as_paid_at_the_moment_it_is_waived_takes_the_visit_off_the_record(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    begun(paws, clock, stripe)
    paid_meanwhile(stripe)
    waive(paws, clock)
    by_hand.close_payments(collection_by_hand(paws.application))
    assert paws.fee().status == "needs_refund"
    clock.pass_(days=1)
    assert (paws.run()["corrected"], paws.owners(), paws.fee().status) == (1, [(0, 100)], "needs_refund")


@pytest.mark.parametrize("how", ["waived", "cancelled"])
def test_what_was_begun_for_a_fee_that_nobody_is_to_pay_is_cancelled_by_the_next_run(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, how: str
) -> None:
    begun(paws, clock, stripe)
    if how == "waived":
        waive(paws, clock)
    else:
        with paws.engine.begin() as connection:
            connection.execute(tables.appointments.update().values(status="completed"))
    stripe.always["cancel"] = failing(503, is_kept=False)
    clock.pass_(days=1)
    paws.run()
    assert (paws.fee().status, states(stripe)) == (how, ["requires_payment_method"])
    stripe.always.clear()
    clock.pass_(days=1)
    paws.run()
    assert (paws.fee().status, paws.fee().claimed_until, states(stripe)) == (how, None, ["canceled"])
    asked = len(stripe.seen)
    clock.pass_(days=1)
    paws.run()
    assert len(stripe.seen) == asked


def test_a_corrected_fee_that_was_paid_all_the_same_needs_a_refund(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    begun(paws, clock, stripe)
    paid_meanwhile(stripe)
    with paws.engine.begin() as connection:
        connection.execute(tables.appointments.update().values(status="completed"))
    clock.pass_(days=1)
    assert paws.run()["needs_refund"] == 1
    assert (paws.fee().status, paws.fee().failure_code) == ("needs_refund", "paid_late")


def test_a_payment_that_stripe_does_not_know_is_named_once_a_day(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    salon(paws.application, subdomain="good")
    begun(paws, clock, stripe)
    waive(paws, clock)
    stripe.intents.clear()
    clock.pass_(days=1)
    (error,) = paws.run()["errors"]
    assert error["reason"].startswith("it is closed, but the provider refuses to say whether its card was charged")


def test_an_unclear_attempt_is_not_finished_until_it_is_known(
    plain: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    plain.owed(clock)

    def lost(charge: Charge) -> None:
        raise OutcomeUnknown("timeout")

    payments.answer = lost
    plain.collect()
    assert attempts(plain) == [("unknown", "timeout")]
    payments.answer = lambda charge: None
    clock.pass_(minutes=3)
    plain.collect()
    assert attempts(plain) == [("not_processed", "not_charged"), ("succeeded", None)]


# What cannot be charged


@pytest.mark.parametrize("tries", [0, 1], ids=["before the first attempt", "after a decline"])
def test_a_customer_who_was_deleted_has_no_payment_method(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, tries: int
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.owed(clock)
    for _ in range(tries):
        paws.collect()
        clock.pass_(days=1)
    stripe.deleted.add("cus_1")
    result = paws.collect()
    assert (paws.fee().status, paws.fee().failure_code, result["errors"]) == ("failed", "no_payment_method", [])
    assert states(stripe) == ["canceled"] * tries


def test_a_customer_who_never_was_is_a_matter_of_set_up(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    stripe.missing.add("cus_1")
    paws.owed(clock)
    (error,) = paws.collect()["errors"]
    assert error["reason"].startswith("the payment provider refuses the charge (resource_missing)")
    assert paws.fee().status == "pending"


def test_a_card_that_was_detached_a_moment_ago_is_no_payment_method(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    paws.owed(clock)
    detached = Refusal(400, {"type": "invalid_request_error", "param": "payment_method", "message": "was detached"})
    stripe.says("confirm", Answer(False, detached))
    assert paws.collect()["errors"] == []
    assert (paws.fee().status, paws.fee().failure_code) == ("failed", "no_payment_method")
    assert (states(stripe), stripe.paid) == (["canceled"], [])


def test_two_businesses_with_one_customer_are_named_and_neither_card_is_charged(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    stripe.accounts.add("acct_1")
    elsewhere = salon(paws.application, subdomain="elsewhere")
    own_account = salon(paws.application, subdomain="own", settings='{"stripe_account": "acct_1"}')
    for each in (paws, elsewhere, own_account):
        each.missed(owner_id=each.owner(stripe_customer_id="cus_1"))
    paws.missed(owner_id=paws.owner(stripe_customer_id="cus_2"))
    paws.kept(rows.NOON - timedelta(hours=1), 2)
    paws.detect()
    clock.pass_(days=1)
    result = paws.collect()
    owners = {
        each.tenant_id: each.id
        for each in rows.all_of(paws.engine, tables.owners)
        if each.stripe_customer_id == "cus_1"
    }
    mine, theirs = owners[paws.tenant_id], owners[elsewhere.tenant_id]
    reasons = {each["tenant"]: each["reason"] for each in result["errors"]}
    shared = "have one Stripe customer (cus_1): neither is charged until each has their own"
    assert reasons == {
        "paws": f"its owner {mine} and the owner {theirs} of elsewhere {shared}",
        "elsewhere": f"its owner {theirs} and the owner {mine} of paws {shared}",
    }
    assert sorted((each["customer"], each["account"]) for each in stripe.intents.values()) == [
        ("cus_1", "acct_1"), ("cus_2", None),
    ]  # fmt: skip
    fee = next(each for each in paws.fees() if each.owner_id == mine)
    with pytest.raises(RunFailed, match="have one Stripe customer"):
        by_hand.charge(collection_by_hand(paws.application), fee.id, MARIA)
    rows.change(paws.engine, tables.owners, theirs, stripe_customer_id="cus_3")
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 2
    assert len(stripe.paid) == 4


def test_a_fee_in_dinars_is_told_and_charged_in_amounts_that_a_card_takes(
    application: Application, clock: Clock, stripe: LoopbackStripe, sms: RecordingSms
) -> None:
    through = replace(application, payments=StripePayments(SECRET, stripe.url, pauses=(0, 0)))
    paws = salon(through, currency="KWD", settings='{"no_show": {"fee_schedule": [19875]}}')
    paws.told(clock)
    assert "19.870" in sms.bodies[0]
    assert paws.collect()["fee_cents_collected"] == {"KWD": 19870}
    assert [each["amount"] for each in stripe.paid] == [19870]
