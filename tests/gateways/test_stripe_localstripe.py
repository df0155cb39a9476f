"""The gateway and whole runs against a Stripe that others wrote."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.application import Application
from shared.fees import staff_actions
from shared.fees.staff_actions import Staff
from shared.gateways.payments import Declined, GivenBack, IntentState, Misconfigured
from shared.gateways.stripe_payments import StripePayments
from shared.stages import collection_for_staff
from tests.doubles import Clock
from tests.gateways import localstripe
from tests.gateways.localstripe import SECRET, LocalStripe
from tests.gateways.stripe_asking import FEE, LONG_AGO, asking, charge, refund, trouble
from tests.salon import salon


@pytest.fixture(scope="module")
def server() -> Iterator[LocalStripe]:
    """localstripe, started once."""
    with localstripe.started() as found:
        yield found


@pytest.fixture
def gateway(server: LocalStripe) -> StripePayments:
    """Our gateway to it."""
    return StripePayments(SECRET, server.front.url, pauses=(0, 0))


def customer(server: LocalStripe, *cards: str) -> str:
    """A customer with saved cards."""
    id_: str = server.made("/v1/customers", description="Ana")["id"]
    for card in cards:
        saved = server.made("/v1/payment_methods", type="card", **_card(card))
        server.made(f"/v1/payment_methods/{saved['id']}/attach", customer=id_)
    return id_


def _card(number: str) -> dict[str, str]:
    return {"card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}


def test_a_fee_is_created_confirmed_found_and_given_back(server: LocalStripe, gateway: StripePayments) -> None:
    its = charge(customer_id=customer(server, "4242424242424242"))

    async def whole(it: StripePayments) -> None:
        id_ = await it.create(its)
        assert await it.create(its) == id_
        assert (await it.look_up(its, id_)).state is IntentState.UNCONFIRMED
        card = await it.card(its)
        paid = await it.confirm(its, id_, card or "", "first")
        assert await it.confirm(its, id_, card or "", "first") == paid
        found = await it.find(its, LONG_AGO)
        assert found is not None
        assert (found.id, found.state, found.charge_id) == (id_, IntentState.SUCCEEDED, paid)
        assert await it.refunds(refund(id_)) == []
        made = await it.refund(refund(id_))
        assert await it.refunds(refund(id_)) == [GivenBack(made, 2500, str(refund(id_).id))]

    asking(gateway, whole)
    (intent,) = [each for each in server.all_of("/v1/payment_intents") if each["customer"] == its.customer_id]
    assert (intent["amount"], intent["currency"], intent["metadata"]["payment"]) == (2500, "usd", str(FEE))


def test_a_declined_card_is_a_decline(server: LocalStripe, gateway: StripePayments) -> None:
    its = charge(customer_id=customer(server, "4000000000000341"), key="declined")

    async def declined(it: StripePayments) -> object:
        id_ = await it.create(its)
        return await it.confirm(its, id_, await it.card(its) or "", "declined-1")

    error = trouble(gateway, declined)
    assert isinstance(error, Declined)
    assert error.code == "card_declined"
    assert (error.charge_id or "").startswith("ch_")


def test_a_customer_that_is_not_there_is_a_matter_of_set_up(gateway: StripePayments) -> None:
    error = trouble(gateway, lambda it: it.create(charge(customer_id="cus_gone", key="gone")))
    assert isinstance(error, Misconfigured)


def test_a_run_collects_a_fee_and_staff_give_it_back(
    server: LocalStripe, gateway: StripePayments, application: Application, clock: Clock
) -> None:
    paws = salon(replace(application, payments=gateway))
    its = customer(server, "4242424242424242", "4242424242424242")
    paws.add_missed(owner_id=paws.add_owner(stripe_customer_id=its))
    paws.run()
    clock.pass_(days=1)
    assert paws.run()["fee_cents_collected"] == {"USD": 2500}
    staff_actions.give_back(collection_for_staff(paws.application), paws.fee().id, 1000, Staff("Maria", "goodwill"))
    (intent,) = [each for each in server.all_of("/v1/payment_intents") if each["customer"] == its]
    assert (intent["status"], intent["id"]) == ("succeeded", paws.fee().stripe_payment_intent_id)
    assert [each["amount"] for each in server.all_of("/v1/refunds") if each["payment_intent"] == intent["id"]] == [1000]
