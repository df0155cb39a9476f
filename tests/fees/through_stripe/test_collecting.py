"""Whole runs against a Stripe that answers with everything Stripe can: each fee is charged once, or named."""

from dataclasses import replace

import pytest

from shared.database import tables
from shared.domain.breaker import OPENS_AFTER
from shared.errors import RunFailed
from shared.gateways.stripe_payments import StripePayments
from shared.stages import Stage
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.fees.through_stripe.answers import TROUBLES, outcomes
from tests.loopback.stripe import (
    Answer,
    Card,
    LoopbackStripe,
    failing,
)
from tests.salon import Salon, salon


def test_a_fee_is_collected_through_stripe(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    paws.add_due_fee(clock)
    assert paws.run()["fee_cents_collected"] == {"USD": 2500}
    fee = paws.fee()
    (intent,) = stripe.intents.values()
    assert (intent["status"], intent["amount_received"], fee.stripe_payment_intent_id) == (
        "succeeded", 2500, intent["id"],
    )  # fmt: skip
    assert intent["metadata"] == {"tenant": "paws", "visit": "2026-03-03", "payment": str(fee.id)}
    assert rows.only(paws.engine, tables.payment_attempts).stripe_charge_id == intent["latest_charge"]


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
    paws.add_due_fee(clock)
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
    paws.add_due_fee(clock)
    stripe.says("create", failing(is_done=True))  # it was created, and the key says 500 for a day
    paws.collect()
    assert (paws.fee().status, len(stripe.intents)) == ("pending", 1)
    clock.pass_(hours=2)
    assert paws.collect()["total_fees_collected"] == 1
    assert (len(stripe.intents), len(stripe.paid)) == (1, 1)


def test_a_failure_stored_under_the_creation_key_is_got_round_by_the_next_key(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    paws.add_due_fee(clock)
    stripe.says("create", failing())
    paws.collect()
    clock.pass_(hours=2)
    assert paws.collect()["total_fees_collected"] == 1
    assert outcomes(paws) == [("not_processed", "api_error"), ("not_processed", "key_spent"), ("succeeded", None)]
    assert (len(stripe.intents), len(stripe.paid)) == (1, 1)


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])  # there it was the next day already
def test_a_database_restored_from_a_backup_charges_nobody_again(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, zone: str
) -> None:
    """The fee is due once more, no attempt is on record, and the creation key is forgotten."""
    soon = '{"no_show": {"hold_hours": 0}}'
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings=soon, timezone=zone)
    paws.add_due_fee(clock)
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
    paws.add_due_fee_with_notice(clock)
    for days in (1, 3, 7, 1, 1):
        paws.do(Stage.COLLECT, Stage.DELIVER)
        clock.pass_(days=days)
    assert (paws.fee().status, len(stripe.charges), len(stripe.intents)) == (status, tries, 1)
    assert len({request.headers["idempotency-key"] for each, request in stripe.seen if each == "confirm"}) == tries
    assert len(sms.sent) == 2


def test_a_card_saved_meanwhile_pays(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.add_due_fee(clock)
    paws.collect()
    stripe.cards["cus_1"] = [Card("pm_2"), Card("pm_1", "insufficient_funds")]
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 1
    assert [each["card"] for each in stripe.paid] == ["pm_2"]


def test_a_test_card_in_earnest_is_a_matter_of_set_up(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    salon(paws.application, subdomain="good")
    stripe.cards["cus_1"] = [Card("pm_1", "testmode_decline")]
    paws.add_due_fee(clock)
    (error,) = paws.run()["errors"]
    assert error["reason"].startswith("the payment provider refuses the charge (testmode_decline)")
    assert (paws.fee().status, outcomes(paws)) == ("pending", [("refused", "testmode_decline")])


def test_a_payment_that_staff_confirmed_at_the_provider_is_on_record_as_collected(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.add_due_fee(clock)
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
    paws.add_due_fee_with_notice(clock)
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
    paws.add_due_fee(clock, 14)
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
    paws.add_due_fee(clock, 12)
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
    paws.add_due_fee(clock, 12)
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
    paws.add_due_fee(clock, 12)
    paws.collect()
    assert len(stripe.charges) == 12
    assert rows.all_of(paws.engine, tables.breakers) == []


def test_a_wrong_key_is_found_out_by_the_first_few_requests(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    paws.add_due_fee(clock, 12)
    wrong = replace(paws, application=replace(paws.application, payments=StripePayments("sk_test_no", stripe.url)))
    with pytest.raises(RunFailed, match="check the STRIPE_ settings"):
        wrong.run()
    assert len(stripe.seen) < 12
    assert {each.status for each in paws.fees()} == {"pending"}
