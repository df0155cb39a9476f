"""Staff give fees back against a Stripe that answers with everything Stripe can: refunded once, or named."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from shared.database import tables
from shared.errors import RunFailed, UsageError
from shared.fees import staff_action_queries, staff_actions
from shared.fees.staff_actions import Staff
from shared.gateways.stripe_payments import StripePayments
from shared.stages import collection_for_staff
from tests import rows
from tests.doubles import Clock
from tests.fees.through_stripe.answers import MARIA, TROUBLES
from tests.loopback.stripe import (
    Answer,
    LoopbackStripe,
    dropped,
    garbled,
    throttled,
)
from tests.salon import Salon

ASKED = (MARIA.who, MARIA.why)


def collected(paws: Salon, clock: Clock) -> uuid.UUID:
    paws.add_due_fee(clock)
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
    staff_actions.give_back(collection_for_staff(paws.application), fee, None, MARIA)
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
        staff_actions.give_back(collection_for_staff(paws.application), fee, 1000, Staff("Maria", why))
    assert (given_back(stripe), charged(paws), paws.fee().status) == ([1000, 1000], [500], "succeeded")
    assert (stripe.times("refund"), stripe.times("refunds")) == (2, 2)  # what is on record as done is not asked for
    with pytest.raises(UsageError, match=r"give so much back: \$5\.00 of \$25\.00 are left"):
        staff_actions.give_back(collection_for_staff(paws.application), fee, 1000, Staff("Maria", "third"))
    staff_actions.give_back(collection_for_staff(paws.application), fee, None, Staff("Maria", "the rest"))
    assert (given_back(stripe), charged(paws), paws.fee().status) == ([1000, 1000, 500], [0], "refunded")
    with pytest.raises(UsageError, match="it is refunded"):
        staff_actions.give_back(collection_for_staff(paws.application), fee, 1, Staff("Maria", "more"))


def test_two_amounts_given_back_for_the_same_reason_are_two_refunds(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    fee = collected(paws, clock)
    for amount in (1000, 500, None):
        staff_actions.give_back(collection_for_staff(paws.application), fee, amount, MARIA)
    assert (given_back(stripe), charged(paws), paws.fee().status) == ([1000, 500, 1000], [0], "refunded")


def test_a_refund_is_asked_of_the_account_that_was_charged(paws: Salon, clock: Clock) -> None:
    fee = collected(paws, clock)
    charge = rows.only(paws.engine, tables.payment_attempts).parameters | {"account": "acct_9"}
    with paws.engine.begin() as connection:
        connection.execute(tables.payment_attempts.update().values(parameters=charge))
        asked = staff_action_queries.ask_refund(connection, fee, None, *ASKED, clock())
    assert asked.account == "acct_9"


def test_a_fee_is_refunded_once_all_that_was_asked_for_is_back(paws: Salon, clock: Clock) -> None:
    fee = collected(paws, clock)
    with paws.engine.begin() as connection:
        both = [staff_action_queries.ask_refund(connection, fee, each, *ASKED, clock()) for each in (1000, None)]
    found = []
    for asked in both:
        with paws.engine.begin() as connection:
            staff_action_queries.end_refund(connection, asked, {"outcome": "done"}, clock(), nothing_left=False)
        found.append((charged(paws), paws.fee().status))
    assert found == [([1500], "succeeded"), ([0], "refunded")]


@pytest.mark.parametrize("ends", [("refused", "done"), ("done", "refused")], ids=" then ".join)
def test_money_that_went_back_is_on_record_whatever_else_the_same_command_was_told(
    paws: Salon, clock: Clock, ends: tuple[str, str]
) -> None:
    """Two people gave it at the same moment, and one was told that Stripe did nothing."""
    fee = collected(paws, clock)
    with paws.engine.begin() as connection:
        asked = staff_action_queries.ask_refund(connection, fee, 1000, *ASKED, clock())
        for outcome in ends:
            staff_action_queries.end_refund(connection, asked, {"outcome": outcome}, clock(), nothing_left=False)
    assert ([each.outcome for each in actions(paws)], charged(paws)) == (["done"], [1500])


def test_what_stripe_did_not_take_is_there_for_another_refund(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    fee = collected(paws, clock)
    stripe.says("refund", *[throttled()] * 3)
    with pytest.raises(RunFailed, match="nothing was given back"):
        staff_actions.give_back(collection_for_staff(paws.application), fee, None, MARIA)
    staff_actions.give_back(collection_for_staff(paws.application), fee, None, Staff("Tom", "another"))
    assert given_back(stripe) == [2500]


NO_REFUNDS_YET = garbled(b'{"object": "list", "data": [], "has_more": false}')


@pytest.mark.parametrize("answers", [{"refunds": throttled()}, {"refunds": NO_REFUNDS_YET, "refund": throttled()}])
def test_a_command_given_again_cannot_know_that_nothing_went_back_the_first_time(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, answers: dict[str, Answer]
) -> None:
    fee = collected(paws, clock)
    stripe.says("refund", *[dropped()] * 3)
    with pytest.raises(RunFailed, match="not known whether the money went back"):
        staff_actions.give_back(collection_for_staff(paws.application), fee, 1000, MARIA)
    stripe.always |= answers
    with pytest.raises(RunFailed, match="not known whether the money went back"):
        staff_actions.give_back(collection_for_staff(paws.application), fee, 1000, MARIA)
    stripe.always.clear()
    staff_actions.give_back(collection_for_staff(paws.application), fee, 1000, MARIA)
    assert (given_back(stripe), [each.outcome for each in actions(paws)]) == ([1000], ["done"])


def test_a_refund_that_ends_late_closes_no_fee_of_another_state(paws: Salon, clock: Clock) -> None:
    fee = collected(paws, clock)
    with paws.engine.begin() as connection:
        asked = staff_action_queries.ask_refund(connection, fee, None, *ASKED, clock())
        connection.execute(tables.payments.update().values(status="pending"))
        staff_action_queries.end_refund(connection, asked, {"outcome": "done"}, clock(), nothing_left=False)
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
            staff_actions.give_back(collection_for_staff(paws.application), fee, 1000, MARIA)
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
        staff_actions.give_back(collection_for_staff(paws.application), fee, 2000, MARIA)
    stripe.always.clear()
    with pytest.raises(UsageError, match=r"\$5\.00 of \$25\.00 are left"):
        staff_actions.give_back(collection_for_staff(paws.application), fee, 1000, Staff("Tom", "another"))
    assert given_back(stripe) == [2000]


def test_what_was_given_back_at_the_provider_is_on_record_as_given_back(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    fee = collected(paws, clock)
    its = {"payment_intent": paws.fee().stripe_payment_intent_id, "amount": 2500}
    stripe.refunds["re_x"] = {"id": "re_x", "object": "refund", "status": "succeeded", "metadata": {}} | its
    staff_actions.give_back(collection_for_staff(paws.application), fee, 1000, MARIA)
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
    staff_actions.give_back(collection_for_staff(paws.application), fee, None, MARIA)
    staff_actions.give_back(collection_for_staff(paws.application), fee, None, MARIA)
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
        staff_actions.give_back(collection_for_staff(paws.application), fee, None, MARIA)
    staff_actions.give_back(collection_for_staff(paws.application), fee, None, MARIA)
    assert (given_back(stripe), charged(paws), paws.fee().status) == ([1000, 1500], [0], "refunded")


def test_more_than_stripe_has_left_is_refused_with_what_is_left_until_a_refund_fails(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    fee = collected(paws, clock)
    given_back_there(paws, stripe, 2000)
    for _ in range(2):
        with pytest.raises(UsageError, match=r"cannot give so much back: \$5\.00 of \$25\.00 are left"):
            staff_actions.give_back(collection_for_staff(paws.application), fee, 1000, MARIA)
    assert (charged(paws), paws.fee().status) == ([500], "succeeded")
    given_back_there(paws, stripe, 2000, "failed")
    staff_actions.give_back(collection_for_staff(paws.application), fee, 500, MARIA)
    staff_actions.give_back(collection_for_staff(paws.application), fee, 1000, MARIA)
    assert (given_back(stripe)[1:], charged(paws), paws.fee().status) == ([500, 1000], [1000], "succeeded")


def test_a_wrong_key_gives_nothing_back_and_says_so(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    fee = collected(paws, clock)
    wrong = replace(paws.application, payments=StripePayments("sk_test_no", stripe.url))
    with pytest.raises(RunFailed, match="check the STRIPE_ settings"):
        staff_actions.give_back(collection_for_staff(wrong), fee, None, MARIA)
    staff_actions.give_back(collection_for_staff(paws.application), fee, None, MARIA)
    assert (given_back(stripe), paws.fee().status) == ([2500], "refunded")
