"""Fees that were waived or corrected after their payment was begun: what was begun is cancelled or given back."""

import pytest

from shared.database import tables
from shared.fees import staff_actions
from shared.gateways.payments import Charge, OutcomeUnknown
from shared.stages import collection_for_staff
from tests.doubles import Clock, RecordingPayments
from tests.fees.through_stripe.answers import MARIA, outcomes, states, waive
from tests.loopback.stripe import Card, LoopbackStripe, failing
from tests.salon import Salon, salon


def begun(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    """A fee was declined, and its payment at Stripe is to be tried again."""
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.add_due_fee_with_notice(clock)
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
    assert (paws.standings(), paws.run()["errors"]) == ([(0, 100)], [])
    staff_actions.give_back(collection_for_staff(paws.application), paws.fee().id, None, MARIA)
    paws.run()
    assert (paws.fee().status, paws.standings(), len(stripe.refunds)) == ("refunded", [(0, 100)], 1)


def test_a_fee_known_as_paid_at_the_moment_it_is_waived_takes_the_visit_off_the_record(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    begun(paws, clock, stripe)
    paid_meanwhile(stripe)
    waive(paws, clock)
    staff_actions.close_payments(collection_for_staff(paws.application))
    assert paws.fee().status == "needs_refund"
    clock.pass_(days=1)
    assert (paws.run()["corrected"], paws.standings(), paws.fee().status) == (1, [(0, 100)], "needs_refund")


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
    plain.add_due_fee(clock)

    def lost(charge: Charge) -> None:
        raise OutcomeUnknown("timeout")

    payments.answer = lost
    plain.collect()
    assert outcomes(plain) == [("unknown", "timeout")]
    payments.answer = lambda charge: None
    clock.pass_(minutes=3)
    plain.collect()
    assert outcomes(plain) == [("not_processed", "not_charged"), ("succeeded", None)]
