"""Whole runs against a Stripe that answers with everything Stripe can: charged once, refunded once, or named."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.application import Application
from shared.database import tables
from shared.domain.breaker import OPENS_AFTER
from shared.errors import RunFailed, UsageError
from shared.fees import staff_action_queries as fee_actions
from shared.fees import staff_actions as by_hand
from shared.fees.staff_actions import Staff
from shared.gateways.stripe_payments import StripePayments
from shared.stages import Stage, collection_by_hand
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.loopback.stripe import (
    SECRET,
    Answer,
    Card,
    LoopbackStripe,
    conflict,
    dropped,
    failing,
    garbled,
    silent,
    throttled,
)
from tests.salon import Salon, salon

MARIA = Staff("Maria", "her dog was ill")
ASKED = (MARIA.who, MARIA.why)


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


def attempts(paws: Salon) -> list[tuple[str | None, str | None]]:
    return [(each.outcome, each.code) for each in rows.all_of(paws.engine, tables.payment_attempts)]


def test_a_fee_is_collected_through_stripe(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    paws.owed(clock)
    assert paws.run()["fee_cents_collected"] == {"USD": 2500}
    fee = paws.fee()
    (intent,) = stripe.intents.values()
    assert (intent["status"], intent["amount_received"], fee.stripe_payment_intent_id) == (
        "succeeded", 2500, intent["id"],
    )  # fmt: skip
    assert intent["metadata"] == {"tenant": "paws", "visit": "2026-03-03", "payment": str(fee.id)}
    assert rows.only(paws.engine, tables.payment_attempts).stripe_charge_id == intent["latest_charge"]


TROUBLES: list[Answer] = [
    throttled(),
    conflict(),
    failing(),
    failing(is_done=True),
    failing(503, is_kept=False),
    dropped(),
    dropped(is_done=False),
    silent(),
    silent(is_done=False),
    garbled(),
    garbled(b"{}"),
]


@pytest.mark.parametrize("answer", TROUBLES, ids=lambda each: f"{each.refusal or each.response} {each.is_done}"[:70])
@pytest.mark.parametrize("operation", ["find", "create", "cards", "confirm", "look_up"])
def test_whatever_goes_wrong_for_a_while_the_fee_is_charged_once_in_the_end(
    paws: Salon,
    clock: Clock,
    stripe: LoopbackStripe,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    answer: Answer,
) -> None:
    monkeypatch.setattr("shared.gateways.stripe_payments.READ_SECONDS", 0.05)
    paws.owed(clock)
    stripe.says(operation, *[answer] * 4)  # the three tries of one request, and one more
    for hours in (0, 3, 24, 24, 24):
        clock.pass_(hours=hours)
        is_collected = paws.fee().status == "succeeded"
        paws.collect()
        if is_collected:
            break  # and not once more by the run after it
    assert [each["amount"] for each in stripe.paid] == [2500]
    assert paws.fee().status == "succeeded"
    assert paws.fee().stripe_payment_intent_id == stripe.paid[0]["intent"]
    assert len(stripe.intents) == 1


def test_a_failure_stored_under_the_creation_key_is_got_round_by_the_books(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    paws.owed(clock)
    stripe.says("create", failing(is_done=True))  # it was created, and the key says 500 for a day
    paws.collect()
    assert (paws.fee().status, len(stripe.intents)) == ("pending", 1)
    clock.pass_(hours=2)
    assert paws.collect()["total_fees_collected"] == 1
    assert (len(stripe.intents), len(stripe.paid)) == (1, 1)


def test_a_failure_stored_under_the_creation_key_is_got_round_by_the_next_key(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    paws.owed(clock)
    stripe.says("create", failing())
    paws.collect()
    clock.pass_(hours=2)
    assert paws.collect()["total_fees_collected"] == 1
    assert attempts(paws) == [("not_processed", "api_error"), ("not_processed", "key_spent"), ("succeeded", None)]
    assert (len(stripe.intents), len(stripe.paid)) == (1, 1)


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])  # there it was the next day already
def test_a_database_restored_from_a_backup_charges_nobody_again(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, zone: str
) -> None:
    """The fee is due once more, no attempt is on record, and the creation key is forgotten."""
    soon = '{"no_show": {"hold_hours": 0}}'
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings=soon, timezone=zone)
    paws.owed(clock)
    paws.collect()
    fee = paws.fee()
    with paws.engine.begin() as connection:
        connection.execute(tables.payment_attempts.delete())
    before = {"status": "pending", "attempts": 0, "stripe_payment_intent_id": None, "succeeded_at": None}
    rows.change(paws.engine, tables.payments, fee.id, **before, next_attempt_at=clock.now)
    clock.pass_(hours=36)
    assert paws.collect()["total_fees_collected"] == 1
    assert (len(stripe.intents), len(stripe.paid)) == (1, 1)
    assert paws.fee().stripe_payment_intent_id == fee.stripe_payment_intent_id


@pytest.mark.parametrize(
    ("card", "status", "tries"),
    [
        (Card("pm_1", "insufficient_funds", "try_again_later"), "failed", 4),
        (Card("pm_1", "insufficient_funds"), "failed", 4),
        (Card("pm_1", "never_heard_of"), "failed", 2),
        (Card("pm_1", "insufficient_funds", "do_not_try_again"), "failed", 1),
        (Card("pm_1", "stolen_card"), "failed", 1),
        (Card("pm_1", "duplicate_transaction"), "failed", 1),
        (Card("pm_1", "authentication_required"), "requires_action", 1),
    ],
    ids=lambda each: f"{each.code} {each.advice}" if isinstance(each, Card) else str(each),
)
def test_how_often_a_declined_card_is_tried(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, sms: RecordingSms, card: Card, status: str, tries: int
) -> None:
    stripe.cards["cus_1"] = [card]
    paws.told(clock)
    for days in (1, 3, 7, 1, 1):
        paws.do(Stage.COLLECT, Stage.DELIVER)
        clock.pass_(days=days)
    assert (paws.fee().status, len(stripe.charges), len(stripe.intents)) == (status, tries, 1)
    assert len({request.headers["idempotency-key"] for each, request in stripe.seen if each == "confirm"}) == tries
    assert len(sms.sent) == 2


def test_a_card_saved_meanwhile_pays(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.owed(clock)
    paws.collect()
    stripe.cards["cus_1"] = [Card("pm_2"), Card("pm_1", "insufficient_funds")]
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 1
    assert [each["card"] for each in stripe.paid] == ["pm_2"]


def test_a_test_card_in_earnest_is_a_matter_of_set_up(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    salon(paws.application, subdomain="good")
    stripe.cards["cus_1"] = [Card("pm_1", "testmode_decline")]
    paws.owed(clock)
    (error,) = paws.run()["errors"]
    assert error["reason"].startswith("the payment provider refuses the charge (testmode_decline)")
    assert (paws.fee().status, attempts(paws)) == ("pending", [("refused", "testmode_decline")])


def test_a_payment_that_staff_confirmed_at_the_provider_is_on_record_as_collected(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.owed(clock)
    paws.collect()
    (intent,) = stripe.intents.values()
    intent |= {"status": "succeeded", "latest_charge": "ch_by_hand"}
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 1
    assert (paws.fee().status, stripe.paid) == ("succeeded", [])


def test_a_payment_cancelled_at_the_provider_is_left_to_staff(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, sms: RecordingSms
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.told(clock)
    paws.run()
    (intent,) = stripe.intents.values()
    intent["status"] = "canceled"
    clock.pass_(days=1)
    assert paws.run()["total_fees_failed"] == 1
    assert (paws.fee().status, paws.fee().failure_code, len(sms.sent)) == ("failed", "cancelled_at_provider", 1)


# The circuit breaker


def test_an_outage_is_known_to_all_runs_and_one_fee_probes_it(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    paws.owed(clock, 14)
    stripe.always["find"] = failing(503, is_kept=False)
    collecting = paws.application.payments
    assert isinstance(collecting, StripePayments)
    paws.collect()
    asked = stripe.times("find") // 3
    assert OPENS_AFTER <= asked <= 12  # eight at once, and four more in place of the first four that failed
    assert rows.only(paws.engine, tables.breakers).state == "open"
    paws.collect()
    assert stripe.times("find") // 3 == asked  # it is not asked before the wait is over
    clock.pass_(hours=3)
    paws.collect()
    assert stripe.times("find") // 3 == asked + 1  # one fee found it still away
    del stripe.always["find"]
    clock.pass_(hours=3)
    assert paws.collect()["total_fees_collected"] == 14
    assert rows.only(paws.engine, tables.breakers).state == "closed"
    assert len(stripe.paid) == 14


def test_an_open_breaker_with_nothing_to_collect_is_left_to_the_next_probe(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    paws.owed(clock, 12)
    stripe.always["find"] = failing(503, is_kept=False)
    paws.collect()
    with paws.engine.begin() as connection:
        connection.execute(tables.payments.update().values(status="waived"))
    del stripe.always["find"]
    clock.pass_(hours=3)
    paws.collect()
    breaker = rows.only(paws.engine, tables.breakers)
    assert (breaker.state, breaker.until) == ("open", clock.now)


def test_a_probe_that_asked_nothing_does_not_close_the_breaker(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    paws.owed(clock, 12)
    stripe.always["find"] = failing(503, is_kept=False)
    paws.collect()
    fee = paws.fees()[0].id
    with paws.engine.begin() as connection:
        connection.execute(tables.payments.update().values(status="waived"))
    rows.change(paws.engine, tables.payments, fee, status="processing", claimed_until=clock.now)  # left without intent
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings='{"no_show": {"auto_charge": false}}')
    clock.pass_(hours=3)
    paws.collect()
    assert {each.status for each in paws.fees()} == {"waived", "pending"}
    assert rows.only(paws.engine, tables.breakers).state == "open"


def test_declines_are_no_outage(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.owed(clock, 12)
    paws.collect()
    assert len(stripe.charges) == 12
    assert rows.all_of(paws.engine, tables.breakers) == []


def test_a_wrong_key_is_found_out_by_the_first_few_requests(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    paws.owed(clock, 12)
    wrong = replace(paws, application=replace(paws.application, payments=StripePayments("sk_test_no", stripe.url)))
    with pytest.raises(RunFailed, match="check the STRIPE_ settings"):
        wrong.run()
    assert len(stripe.seen) < 12
    assert {each.status for each in paws.fees()} == {"pending"}


# Giving back


def collected(paws: Salon, clock: Clock) -> uuid.UUID:
    paws.owed(clock)
    paws.collect()
    fee: uuid.UUID = paws.fee().id
    return fee


def given_back(stripe: LoopbackStripe) -> list[int]:
    return [each["amount"] for each in stripe.refunds.values()]


def charged(paws: Salon) -> list[int | None]:
    return [each.no_show_fee_charged for each in rows.all_of(paws.engine, tables.appointments)]


def actions(paws: Salon) -> list[Any]:
    return rows.all_of(paws.engine, tables.fee_actions)


def test_a_fee_that_needs_a_refund_is_given_back_by_staff(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    fee = collected(paws, clock)
    with paws.engine.begin() as connection:
        connection.execute(tables.appointments.update().values(status="completed"))
    clock.pass_(days=1)
    assert (paws.run()["needs_refund"], given_back(stripe)) == (1, [])
    by_hand.give_back(collection_by_hand(paws.application), fee, None, MARIA)
    assert (paws.fee().status, given_back(stripe), charged(paws)) == ("refunded", [2500], [0])
    (action,) = actions(paws)
    assert (action.action, action.who, action.why, action.outcome, action.stripe_refund_id) == (
        "refund", "Maria", "her dog was ill", "done", "re_000001",
    )  # fmt: skip
    (made,) = stripe.refunds.values()
    assert made["metadata"] == {"payment": str(fee), "refund": str(action.id)}
    paws.run()
    assert paws.fee().status == "refunded"


def test_parts_add_up_and_never_exceed_what_was_collected(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    fee = collected(paws, clock)
    for why in ("first", "second", "second", "Second ", "first"):
        by_hand.give_back(collection_by_hand(paws.application), fee, 1000, Staff("Maria", why))
    assert (given_back(stripe), charged(paws), paws.fee().status) == ([1000, 1000], [500], "succeeded")
    assert (stripe.times("refund"), stripe.times("refunds")) == (2, 2)  # what is on record as done is not asked for
    with pytest.raises(UsageError, match=r"give so much back: \$5\.00 of \$25\.00 are left"):
        by_hand.give_back(collection_by_hand(paws.application), fee, 1000, Staff("Maria", "third"))
    by_hand.give_back(collection_by_hand(paws.application), fee, None, Staff("Maria", "the rest"))
    assert (given_back(stripe), charged(paws), paws.fee().status) == ([1000, 1000, 500], [0], "refunded")
    with pytest.raises(UsageError, match="it is refunded"):
        by_hand.give_back(collection_by_hand(paws.application), fee, 1, Staff("Maria", "more"))


def test_two_amounts_given_back_for_the_same_reason_are_two_refunds(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    fee = collected(paws, clock)
    for amount in (1000, 500, None):
        by_hand.give_back(collection_by_hand(paws.application), fee, amount, MARIA)
    assert (given_back(stripe), charged(paws), paws.fee().status) == ([1000, 500, 1000], [0], "refunded")


def test_a_refund_is_asked_of_the_account_that_was_charged(paws: Salon, clock: Clock) -> None:
    fee = collected(paws, clock)
    charge = rows.only(paws.engine, tables.payment_attempts).parameters | {"account": "acct_9"}
    with paws.engine.begin() as connection:
        connection.execute(tables.payment_attempts.update().values(parameters=charge))
        asked = fee_actions.ask_refund(connection, fee, None, *ASKED, clock())
    assert asked.account == "acct_9"


def test_a_fee_is_refunded_once_all_that_was_asked_for_is_back(paws: Salon, clock: Clock) -> None:
    fee = collected(paws, clock)
    with paws.engine.begin() as connection:
        both = [fee_actions.ask_refund(connection, fee, each, *ASKED, clock()) for each in (1000, None)]
    found = []
    for asked in both:
        with paws.engine.begin() as connection:
            fee_actions.end_refund(connection, asked, {"outcome": "done"}, clock(), nothing_left=False)
        found.append((charged(paws), paws.fee().status))
    assert found == [([1500], "succeeded"), ([0], "refunded")]


@pytest.mark.parametrize("ends", [("refused", "done"), ("done", "refused")], ids=" then ".join)
def test_money_that_went_back_is_on_record_whatever_else_the_same_command_was_told(
    paws: Salon, clock: Clock, ends: tuple[str, str]
) -> None:
    """Two people gave it at the same moment, and one was told that Stripe did nothing."""
    fee = collected(paws, clock)
    with paws.engine.begin() as connection:
        asked = fee_actions.ask_refund(connection, fee, 1000, *ASKED, clock())
        for outcome in ends:
            fee_actions.end_refund(connection, asked, {"outcome": outcome}, clock(), nothing_left=False)
    assert ([each.outcome for each in actions(paws)], charged(paws)) == (["done"], [1500])


def test_what_stripe_did_not_take_is_there_for_another_refund(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    fee = collected(paws, clock)
    stripe.says("refund", *[throttled()] * 3)
    with pytest.raises(RunFailed, match="nothing was given back"):
        by_hand.give_back(collection_by_hand(paws.application), fee, None, MARIA)
    by_hand.give_back(collection_by_hand(paws.application), fee, None, Staff("Tom", "another"))
    assert given_back(stripe) == [2500]


NO_REFUNDS_YET = garbled(b'{"object": "list", "data": [], "has_more": false}')


@pytest.mark.parametrize("answers", [{"refunds": throttled()}, {"refunds": NO_REFUNDS_YET, "refund": throttled()}])
def test_a_command_given_again_cannot_know_that_nothing_went_back_the_first_time(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, answers: dict[str, Answer]
) -> None:
    fee = collected(paws, clock)
    stripe.says("refund", *[dropped()] * 3)
    with pytest.raises(RunFailed, match="not known whether the money went back"):
        by_hand.give_back(collection_by_hand(paws.application), fee, 1000, MARIA)
    stripe.always |= answers
    with pytest.raises(RunFailed, match="not known whether the money went back"):
        by_hand.give_back(collection_by_hand(paws.application), fee, 1000, MARIA)
    stripe.always.clear()
    by_hand.give_back(collection_by_hand(paws.application), fee, 1000, MARIA)
    assert (given_back(stripe), [each.outcome for each in actions(paws)]) == ([1000], ["done"])


def test_a_refund_that_ends_late_closes_no_fee_of_another_state(paws: Salon, clock: Clock) -> None:
    fee = collected(paws, clock)
    with paws.engine.begin() as connection:
        asked = fee_actions.ask_refund(connection, fee, None, *ASKED, clock())
        connection.execute(tables.payments.update().values(status="pending"))
        fee_actions.end_refund(connection, asked, {"outcome": "done"}, clock(), nothing_left=False)
    assert paws.fee().status == "pending"


@pytest.mark.parametrize("answer", TROUBLES, ids=lambda each: f"{each.refusal or each.response} {each.is_done}"[:70])
@pytest.mark.parametrize("operation", ["refund", "refunds"])
def test_whatever_goes_wrong_the_same_command_gives_back_once(
    paws: Salon,
    clock: Clock,
    stripe: LoopbackStripe,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    answer: Answer,
) -> None:
    monkeypatch.setattr("shared.gateways.stripe_payments.READ_SECONDS", 0.05)
    fee = collected(paws, clock)
    stripe.says(operation, *[answer] * 4)  # the three tries of one request, and one more
    if operation == "refunds":
        stripe.says("refund", *[dropped(is_done=answer.is_done)] * 3)
    for _ in range(6):
        try:
            by_hand.give_back(collection_by_hand(paws.application), fee, 1000, MARIA)
        except RunFailed:
            assert {each.outcome for each in actions(paws)} <= {"asked", "refused"}
        clock.pass_(minutes=5)
    assert (given_back(stripe), charged(paws)) == ([1000], [1500])
    assert [each.outcome for each in actions(paws)] == ["done"]


def test_what_may_have_been_given_back_is_not_there_for_another_refund(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    fee = collected(paws, clock)
    stripe.always["refund"] = dropped()
    with pytest.raises(RunFailed, match="give the same command again"):
        by_hand.give_back(collection_by_hand(paws.application), fee, 2000, MARIA)
    stripe.always.clear()
    with pytest.raises(UsageError, match=r"\$5\.00 of \$25\.00 are left"):
        by_hand.give_back(collection_by_hand(paws.application), fee, 1000, Staff("Tom", "another"))
    assert given_back(stripe) == [2000]


def test_what_was_given_back_at_the_provider_is_on_record_as_given_back(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    fee = collected(paws, clock)
    its = {"payment_intent": paws.fee().stripe_payment_intent_id, "amount": 2500}
    stripe.refunds["re_x"] = {"id": "re_x", "object": "refund", "status": "succeeded", "metadata": {}} | its
    by_hand.give_back(collection_by_hand(paws.application), fee, 1000, MARIA)
    assert (paws.fee().status, charged(paws), len(stripe.refunds)) == ("refunded", [0], 1)


def given_back_there(paws: Salon, stripe: LoopbackStripe, cents: int, status: str = "succeeded") -> None:
    """Staff give so much back in Stripe's own dashboard."""
    its = {"payment_intent": paws.fee().stripe_payment_intent_id, "amount": cents, "status": status}
    stripe.refunds["re_x"] = {"id": "re_x", "object": "refund", "metadata": {}} | its


def test_after_a_refund_in_the_dashboard_the_rest_is_what_stripe_says_is_left(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    fee = collected(paws, clock)
    given_back_there(paws, stripe, 1000)
    by_hand.give_back(collection_by_hand(paws.application), fee, None, MARIA)
    by_hand.give_back(collection_by_hand(paws.application), fee, None, MARIA)
    assert (given_back(stripe), charged(paws), paws.fee().status) == ([1000, 1500], [0], "refunded")
    kept = {(each.who, each.amount, each.outcome, each.stripe_refund_id) for each in actions(paws)}
    assert kept == {("Stripe", 1000, "done", "re_x"), ("Maria", 1500, "done", "re_000002")}


@pytest.mark.parametrize("answer", [dropped(), dropped(is_done=False)], ids=["lost answer", "lost request"])
def test_a_rest_that_became_less_is_given_back_once_whatever_the_answer(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, answer: Answer
) -> None:
    fee = collected(paws, clock)
    given_back_there(paws, stripe, 1000)
    stripe.says("refund", *[answer] * 3)
    with pytest.raises(RunFailed, match="give the same command again"):
        by_hand.give_back(collection_by_hand(paws.application), fee, None, MARIA)
    by_hand.give_back(collection_by_hand(paws.application), fee, None, MARIA)
    assert (given_back(stripe), charged(paws), paws.fee().status) == ([1000, 1500], [0], "refunded")


def test_more_than_stripe_has_left_is_refused_with_what_is_left_until_a_refund_fails(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    fee = collected(paws, clock)
    given_back_there(paws, stripe, 2000)
    for _ in range(2):
        with pytest.raises(UsageError, match=r"cannot give so much back: \$5\.00 of \$25\.00 are left"):
            by_hand.give_back(collection_by_hand(paws.application), fee, 1000, MARIA)
    assert (charged(paws), paws.fee().status) == ([500], "succeeded")
    given_back_there(paws, stripe, 2000, "failed")
    by_hand.give_back(collection_by_hand(paws.application), fee, 500, MARIA)
    by_hand.give_back(collection_by_hand(paws.application), fee, 1000, MARIA)
    assert (given_back(stripe)[1:], charged(paws), paws.fee().status) == ([500, 1000], [1000], "succeeded")


def test_a_wrong_key_gives_nothing_back_and_says_so(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    fee = collected(paws, clock)
    wrong = replace(paws.application, payments=StripePayments("sk_test_no", stripe.url))
    with pytest.raises(RunFailed, match="check the STRIPE_ settings"):
        by_hand.give_back(collection_by_hand(wrong), fee, None, MARIA)
    by_hand.give_back(collection_by_hand(paws.application), fee, None, MARIA)
    assert (given_back(stripe), paws.fee().status) == ([2500], "refunded")
