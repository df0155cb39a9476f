"""One answer of Stripe's holds nonsense: the other fees are collected, nobody is charged twice, no money is lost."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.application import Application
from shared.database import tables
from shared.domain.fees import COLLECTED
from shared.errors import RunFailed, UsageError
from shared.fees import staff_actions
from shared.fees.staff_actions import Staff
from shared.gateways.stripe_payments import StripePayments
from shared.stages import collection_for_staff
from tests import rows
from tests.doubles import Clock
from tests.loopback.http import Response
from tests.loopback.stripe import SECRET, Answer, LoopbackStripe
from tests.nonsense import BODIES, HEADERS, VALUES, paths, spoiled
from tests.salon import Salon, salon

OPERATIONS = ("find", "create", "cards", "confirm", "look_up", "cancel", "refund", "refunds")
MARIA = Staff("Maria", "goodwill")


def in_a_field(number: int, value: Any) -> Callable[[Any], Any]:
    def spoil(body: Any) -> Any:
        found = list(paths(body))
        return spoiled(body, found[number % len(found)], value)

    return spoil


@st.composite
def nonsense(draw: st.DrawFn) -> Answer:
    """An answer that took effect and says nonsense of it, with whatever status."""
    shown = Response(status=draw(st.sampled_from([200, 200, 200, 402, 404, 500])), headers=HEADERS)
    if draw(st.integers(0, 3)) == 0:
        return Answer(response=shown, body=draw(st.sampled_from(BODIES)))
    spoil = in_a_field(draw(st.integers(0, 40)), draw(st.sampled_from(VALUES)))
    return Answer(response=replace(shown, status=200), spoil=spoil)


def business(application: Application, stripe: LoopbackStripe, fees: int) -> Salon:
    name = f"s{uuid4().hex[:12]}"
    paws = salon(replace(application, payments=StripePayments(SECRET, stripe.url, pauses=(0, 0))), subdomain=name)
    paws.add_kept(rows.NOON, 2 * fees)
    for number in range(fees):
        paws.add_missed(owner_id=paws.add_owner(stripe_customer_id=f"cus_{name}{number}"))
    return paws


def lives_through(paws: Salon, clock: Clock) -> None:
    """Let days pass; then staff give each fee back that was collected, and ask again where it is not clear."""
    for hours in (24, 3, 24, 24):
        clock.pass_(hours=hours)
        paws.collect()
    for fee in [each for each in paws.fees() if each.status in COLLECTED]:
        for _ in range(3):
            clock.pass_(minutes=5)
            try:
                staff_actions.give_back(collection_for_staff(paws.application), fee.id, None, MARIA)
            except (RunFailed, UsageError):
                continue


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(operation=st.sampled_from(OPERATIONS), answer=nonsense())
@example(operation="create", answer=Answer(spoil=lambda body: body | {"id": 12345}))
@example(operation="confirm", answer=Answer(spoil=lambda body: body | {"latest_charge": ["ch_1"]}))
@example(operation="confirm", answer=Answer(spoil=lambda body: body | {"latest_charge": "\x00" + "x" * 5000}))
def test_nonsense_in_one_answer_spoils_one_fee_at_most(
    application: Application, clock: Clock, caplog: pytest.LogCaptureFixture, operation: str, answer: Answer
) -> None:
    caplog.set_level(logging.ERROR)
    clock.now = rows.NOON
    with application.engine.begin() as connection:
        connection.execute(tables.tenants.update().values(is_active=False))  # those of the examples before
    with LoopbackStripe() as stripe:
        stripe.clock = lambda: clock.now.timestamp()  # noqa: PLW0108  the time is another one at each call
        others, ours = business(application, stripe, 1), business(application, stripe, 3)
        ours.plan()
        stripe.says(operation, answer)
        lives_through(ours, clock)
        ledger = stripe.ledger()
    fees = [each for each in ours.fees() if each.tenant_id in (ours.tenant_id, others.tenant_id)]
    taken = Counter(each["intent"] for each in ledger["charges"] if each["paid"])
    back = Counter[str]()
    for each in ledger["refunds"]:
        back[each["payment_intent"]] += each["amount"]
    assert max(taken.values()) == 1
    assert sum(each.status == "refunded" for each in fees) >= len(fees) - 1
    for fee in fees:
        assert (taken[fee.stripe_payment_intent_id] == 1) == (fee.status in COLLECTED)
        assert back[fee.stripe_payment_intent_id] in (0, fee.amount)
        assert (back[fee.stripe_payment_intent_id] == fee.amount) == (fee.status == "refunded")
    assert set(taken) == {each.stripe_payment_intent_id for each in fees if each.status in COLLECTED}
    assert [each for each in caplog.records if each.name.startswith("shared") and each.exc_info] == []
