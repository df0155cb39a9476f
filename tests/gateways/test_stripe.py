"""What leaves for Stripe, and what its answers mean, over real sockets."""

import asyncio
from dataclasses import fields, replace
from typing import Any

import pytest

from shared.gateways.payments import GivenBack, Intent, IntentState, Misconfigured
from shared.gateways.stripe_payments import StripePayments
from tests.gateways.stripe_asking import FEE, LONG_AGO, asking, charge, confirmed, created, refund, trouble
from tests.loopback.stripe import SECRET, Card, LoopbackStripe


def form(server: LoopbackStripe, operation: str) -> dict[str, str]:
    """Return the fields of the only request of its kind."""
    (request,) = [request for each, request in server.seen if each == operation]
    return dict(request.form)


def test_an_intent_is_created_unconfirmed_with_what_it_is_found_by(
    stripe_server: LoopbackStripe, stripe: StripePayments
) -> None:
    id_ = created(stripe)
    assert form(stripe_server, "create") == {
        "amount": "2500",
        "currency": "usd",
        "customer": "cus_1",
        "description": "Happy Paws: no-show fee",
        "metadata[tenant]": "paws",
        "metadata[visit]": "2026-03-03",
        "metadata[payment]": str(FEE),
        "allowed_payment_method_types[0]": "card",
    }
    assert asking(stripe, lambda it: it.look_up(charge(), id_)) == Intent(id_, IntentState.UNCONFIRMED)
    assert stripe_server.charges == {}


def test_asked_again_under_the_same_key_it_is_the_same_intent(
    stripe_server: LoopbackStripe, stripe: StripePayments
) -> None:
    assert created(stripe) == created(stripe)
    assert len(stripe_server.intents) == 1
    assert created(stripe, key="another") != created(stripe)


@pytest.mark.parametrize(
    ("currency", "cents", "asked"),
    [("USD", 2500, "2500"), ("JPY", 2500, "2500"), ("ISK", 3000, "300000"), ("UGX", 7, "700"), ("MGA", 2500, "25")],
)
def test_amounts_are_counted_as_stripe_counts_them(
    stripe_server: LoopbackStripe, stripe: StripePayments, currency: str, cents: int, asked: str
) -> None:
    id_ = created(stripe, currency=currency, amount_cents=cents)
    assert form(stripe_server, "create")["amount"] == asked
    confirmed(stripe, id_)
    asking(stripe, lambda it: it.refund(refund(id_, cents, currency=currency)))
    assert form(stripe_server, "refund")["amount"] == asked


def test_an_amount_that_stripe_cannot_express_is_refused(stripe: StripePayments) -> None:
    assert isinstance(trouble(stripe, lambda it: it.create(charge(currency="MGA", amount_cents=250))), Misconfigured)


def test_a_confirmation_takes_the_money_off_session_once(stripe_server: LoopbackStripe, stripe: StripePayments) -> None:
    id_ = created(stripe)
    first = confirmed(stripe, id_, "first")
    assert form(stripe_server, "confirm") == {"payment_method": "pm_cus_1", "off_session": "true"}
    assert confirmed(stripe, id_, "first") == first
    assert len(stripe_server.paid) == 1
    found = asking(stripe, lambda it: it.look_up(charge(), id_))
    assert found == Intent(id_, IntentState.SUCCEEDED, charge_id=first)


def test_the_connected_account_is_named_in_every_request(stripe_server: LoopbackStripe, stripe: StripePayments) -> None:
    its = charge(account="acct_1")

    async def whole(it: StripePayments) -> None:
        await it.find(its, LONG_AGO)
        id_ = await it.create(its)
        stripe_server.cards["cus_1"] = [Card("pm_1"), Card("pm_2")]
        await it.confirm(its, id_, await it.card(its) or "", "first")
        await it.look_up(its, id_)
        await it.refund(refund(id_, account="acct_1"))
        await it.refunds(refund(id_, account="acct_1"))

    asking(stripe, whole)
    assert {request.headers.get("stripe-account") for _, request in stripe_server.seen} == {"acct_1"}
    assert {operation for operation, _ in stripe_server.seen} == {
        "find", "create", "cards", "customer", "confirm", "look_up", "refund", "refunds",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("saved", "default", "chosen"),
    [
        ([], None, None),
        ([Card("pm_new")], None, "pm_new"),
        ([Card("pm_new"), Card("pm_old")], None, "pm_new"),
        ([Card("pm_new"), Card("pm_old")], "pm_old", "pm_old"),
        ([Card("pm_new"), Card("pm_old")], "pm_bank_account", "pm_new"),
    ],
)
def test_the_default_card_is_asked_else_the_newest(
    stripe_server: LoopbackStripe, stripe: StripePayments, saved: list[Card], default: str | None, chosen: str | None
) -> None:
    stripe_server.cards["cus_1"] = saved
    if default:
        stripe_server.defaults["cus_1"] = default
    assert asking(stripe, lambda it: it.card(charge())) == chosen
    (asked,) = [request.query for operation, request in stripe_server.seen if operation == "cards"]
    assert asked["type"] == "card"


def test_an_intent_is_found_by_its_metadata_among_many_of_the_customer(
    stripe_server: LoopbackStripe, stripe: StripePayments
) -> None:
    id_ = created(stripe)
    for number in range(230):
        created_elsewhere = dict(stripe_server.intents[id_], id=f"pi_x{number}", metadata={"payment": str(number)})
        stripe_server.intents[created_elsewhere["id"]] = created_elsewhere
        stripe_server.intents[created_elsewhere["id"]]["created"] -= 60
    found = asking(stripe, lambda it: it.find(charge(), LONG_AGO))
    assert found == Intent(id_, IntentState.UNCONFIRMED)
    assert asking(stripe, lambda it: it.find(charge(customer_id="cus_2"), LONG_AGO)) is None
    assert stripe_server.times("find") == 4  # three pages, and the one of another customer


def test_of_several_intents_the_one_that_was_paid_is_found_else_the_oldest(
    stripe_server: LoopbackStripe, stripe: StripePayments
) -> None:
    first, second, third = (created(stripe, key=key) for key in "abc")
    found = asking(stripe, lambda it: it.find(charge(), LONG_AGO))
    assert found is not None
    assert found.id == first
    confirmed(stripe, second)
    found = asking(stripe, lambda it: it.find(charge(), LONG_AGO))
    assert found is not None
    assert (found.id, found.state) == (second, IntentState.SUCCEEDED)
    assert third in stripe_server.intents


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("requires_payment_method", IntentState.UNCONFIRMED),
        ("requires_confirmation", IntentState.UNCONFIRMED),
        ("requires_action", IntentState.NEEDS_CUSTOMER),
        ("requires_capture", IntentState.UNDER_WAY),
        ("processing", IntentState.UNDER_WAY),
        ("succeeded", IntentState.SUCCEEDED),
        ("canceled", IntentState.CANCELLED),
        ("something_new", IntentState.UNDER_WAY),
    ],
)
def test_what_a_status_means(
    stripe_server: LoopbackStripe, stripe: StripePayments, status: str, state: IntentState
) -> None:
    id_ = created(stripe)
    stripe_server.intents[id_]["status"] = status
    assert asking(stripe, lambda it: it.look_up(charge(), id_)).state is state


def test_a_refund_is_made_once_under_its_key_and_found_again(
    stripe_server: LoopbackStripe, stripe: StripePayments
) -> None:
    id_ = created(stripe)
    confirmed(stripe, id_)
    assert asking(stripe, lambda it: it.refunds(refund(id_))) == []
    made = asking(stripe, lambda it: it.refund(refund(id_, 1000)))
    assert asking(stripe, lambda it: it.refund(refund(id_, 1000))) == made
    assert [each["amount"] for each in stripe_server.refunds.values()] == [1000]
    found = GivenBack(made, 1000, str(refund(id_).id))
    assert asking(stripe, lambda it: it.refunds(refund(id_))) == [found]
    for lost in ("failed", "canceled"):
        stripe_server.refunds[made]["status"] = lost
        assert asking(stripe, lambda it: it.refunds(refund(id_))) == [replace(found, is_lost=True)]


def test_many_fees_share_few_connections(stripe_server: LoopbackStripe, stripe: StripePayments) -> None:
    async def all_at_once(it: StripePayments) -> list[str]:
        return await asyncio.gather(*(it.create(charge(key=str(number))) for number in range(60)))

    assert len(set(asking(stripe, all_at_once))) == 60
    assert stripe_server.most_connections <= stripe.connections


def test_the_key_is_in_no_text_of_the_gateway(stripe: StripePayments) -> None:
    assert SECRET not in repr(stripe)
    assert "secret_key" in {each.name for each in fields(stripe)}


def test_what_is_charged_is_kept_word_for_word() -> None:
    its: dict[str, Any] = charge(account="acct_1").parameters()
    assert type(charge()).of(FEE, its) == charge(account="acct_1")
