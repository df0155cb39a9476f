"""An answer that does not say whether the card was charged is looked up, and never followed by a second charge."""

import pytest

from shared.database import tables
from shared.domain.breaker import OPENS_AFTER
from shared.errors import RunFailed
from shared.gateways.payments import (
    Declined,
    Intent,
    IntentState,
    Misconfigured,
    NotProcessed,
    OutcomeUnknown,
    PaymentCredentialsRefused,
)
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms, raising
from tests.salon import Salon


def test_an_unclear_answer_is_looked_up_at_once_and_settled_if_the_books_are_clear(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    payments.books = lambda charge: Intent(f"pi-{charge.fee_id}", IntentState.SUCCEEDED, charge_id="ch_1")
    assert paws.collect()["total_fees_collected"] == 1
    assert paws.attempts() == [(1, "succeeded", None)]
    assert rows.only(paws.engine, tables.payment_attempts).stripe_charge_id == "ch_1"


def test_an_unclear_answer_is_looked_up_later_and_never_confirmed_again_blindly(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms
) -> None:
    paws.add_due_fee_with_notice(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    assert paws.collect_and_deliver()["total_fees_collected"] == 0
    assert paws.fee().status == "processing"
    assert paws.attempts() == [(1, "unknown", "timeout")]
    paws.collect_and_deliver()
    assert len(payments.looked_up) == 1  # too soon
    clock.pass_(minutes=2)
    payments.books = lambda charge: Intent(f"pi-{charge.fee_id}", IntentState.SUCCEEDED)
    assert paws.collect_and_deliver()["total_fees_collected"] == 1
    charge, intent = payments.looked_up[-1]
    assert (charge.customer_id, intent) == ("cus_1", f"pi-{charge.fee_id}")
    assert (paws.fee().status, len(payments.confirmed), len(sms.sent)) == ("succeeded", 1, 2)
    assert paws.attempts() == [(1, "succeeded", None)]


@pytest.mark.parametrize(
    ("found", "status", "confirmed"),
    [
        (Intent("pi", IntentState.UNCONFIRMED), "succeeded", 2),
        (Intent("pi", IntentState.CANCELLED), "failed", 1),
        (Intent("pi", IntentState.DECLINED, "stolen_card"), "failed", 1),
        (Intent("pi", IntentState.NEEDS_CUSTOMER), "requires_action", 1),
        (Intent("pi", IntentState.UNDER_WAY), "processing", 1),
    ],
    ids=str,
)
def test_what_the_books_say_is_what_happened(
    paws: Salon, clock: Clock, payments: RecordingPayments, found: Intent | None, status: str, confirmed: int
) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    payments.books = raising(OutcomeUnknown("timeout"))
    paws.collect()
    payments.answer = lambda charge: None
    payments.books = lambda charge: found
    clock.pass_(minutes=3)
    paws.collect()
    assert (paws.fee().status, len(payments.confirmed)) == (status, confirmed)


def test_a_decline_that_is_on_record_already_says_nothing_of_the_attempt_after_it(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(Declined("insufficient_funds", charge_id="ch_1"))
    paws.collect()
    payments.answer = raising(OutcomeUnknown("timeout"))
    payments.books = lambda charge: Intent("pi", IntentState.DECLINED, "insufficient_funds", charge_id="ch_1")
    clock.pass_(days=1)
    paws.collect()
    assert paws.fee().status == "processing"
    payments.answer = lambda charge: None
    clock.pass_(minutes=3)
    assert paws.collect()["total_fees_collected"] == 1
    assert [outcome for _, outcome, _ in paws.attempts()] == ["declined", "not_processed", "succeeded"]


def test_what_a_late_worker_wrote_down_does_not_hide_the_decline_of_its_own_attempt(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    paws.collect()
    with paws.engine.begin() as connection:
        connection.execute(tables.payment_attempts.update().values(outcome="declined", stripe_charge_id="ch_1"))
    payments.books = lambda charge: Intent("pi", IntentState.DECLINED, "stolen_card", charge_id="ch_1")
    clock.pass_(minutes=3)
    paws.collect()
    assert (paws.fee().status, len(payments.confirmed)) == ("failed", 1)


def test_books_that_cannot_be_asked_leave_it_unclear(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    for error in (NotProcessed("429"), OutcomeUnknown("timeout"), Misconfigured("resource_missing")):
        payments.books = raising(error)
        paws.collect()
        assert (paws.fee().status, len(payments.confirmed)) == ("processing", 1)
        clock.pass_(minutes=3)
    payments.books = raising(PaymentCredentialsRefused("401"))
    with pytest.raises(RunFailed, match="payment provider refuses"):
        paws.run()
    assert (paws.fee().status, len(payments.confirmed)) == ("processing", 1)


def test_an_outage_found_out_while_looking_up_leaves_unclear_what_was_not_asked_about(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock, 12)
    payments.answer = raising(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        paws.collect()
    payments.books = raising(OutcomeUnknown("timeout"))
    clock.pass_(minutes=6)
    paws.collect()
    assert (len(payments.looked_up), {each.status for each in paws.fees()}) == (OPENS_AFTER, {"processing"})
    assert rows.only(paws.engine, tables.breakers).state == "open"
    with paws.engine.begin() as connection:
        connection.execute(tables.payments.update().values(claimed_until=clock.now))
    before = paws.fees()
    paws.collect()
    assert (len(payments.looked_up), paws.fees()) == (OPENS_AFTER, before)  # not even claimed meanwhile
