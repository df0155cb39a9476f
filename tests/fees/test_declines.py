"""What a refused payment does to its fee: declines, refusals of the set-up, outages of the payment provider."""

from itertools import cycle

import pytest

from shared.database import tables
from shared.domain.breaker import OPENS_AFTER
from shared.errors import RunFailed
from shared.fees import staff_actions
from shared.fees.listing import listed
from shared.fees.staff_actions import Staff
from shared.gateways.payments import (
    Charge,
    Declined,
    Intent,
    IntentState,
    Misconfigured,
    NeedsCustomer,
    NotProcessed,
    OutcomeUnknown,
    PaymentCredentialsRefused,
)
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms, raising
from tests.rows import NOON
from tests.salon import DAY, Salon


def test_a_declined_card_is_tried_again_after_one_three_and_seven_days_then_failed(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms
) -> None:
    paws.add_due_fee_with_notice(clock)
    payments.answer = raising(Declined("insufficient_funds"))
    tried = []
    for day in range(1, 20):
        before = len(payments.confirmed)
        paws.collect_and_deliver()
        if len(payments.confirmed) > before:
            tried.append(day)
        clock.pass_(days=1)
    assert tried == [1, 2, 5, 12]
    fee = paws.fee()
    assert (fee.status, fee.failure_code, fee.attempts) == ("failed", "insufficient_funds", 4)
    assert paws.attempts() == [(number, "declined", "insufficient_funds") for number in (1, 2, 3, 4)]
    assert len({key for _, key in payments.confirmed}) == 4
    assert len(payments.created) == 1
    assert sms.bodies[1].startswith("Happy Paws: your no-show fee of $25.00 could not be charged. Missed visit: on ")
    assert len(sms.sent) == 2


def test_a_refusal_of_the_set_up_counts_as_no_decline(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(Misconfigured("account_invalid"))
    paws.collect()
    payments.answer = raising(Declined("insufficient_funds"))
    clock.pass_(days=1)
    paws.collect()
    assert [outcome for _, outcome, _ in paws.attempts()] == ["refused", "declined"]
    assert (paws.fee().status, paws.fee().next_attempt_at) == ("pending", clock.now + DAY)
    payments.answer = raising(Declined("unheard_of"))
    clock.pass_(days=1)
    paws.collect()
    assert paws.fee().status == "failed"


def test_a_card_declined_when_staff_charge_it_is_not_tried_again_by_itself(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(Declined("insufficient_funds", "try_again_later"))
    assert paws.charge_by_staff(paws.fee().id) == "failed"
    assert paws.fee().next_attempt_at is None


def test_a_waived_fee_keeps_neither_a_next_attempt_nor_its_last_failure(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(Declined("insufficient_funds"))
    paws.collect()
    assert (paws.fee().next_attempt_at, paws.fee().failure_code) == (NOON + 2 * DAY, "insufficient_funds")
    with paws.engine.connect() as connection:
        forgiven = listed(connection)
    assert staff_actions.waive(paws.engine, forgiven, Staff("Maria", "her dog was ill"), clock()) == {paws.fee().id}
    assert (paws.fee().status, paws.fee().next_attempt_at, paws.fee().failure_code) == ("waived", None, None)


def test_a_fee_that_was_paid_meanwhile_is_not_recorded_as_waived(paws: Salon, clock: Clock) -> None:
    paws.add_due_fee(clock)
    with paws.engine.connect() as connection:
        forgiven = listed(connection)
    paws.collect()
    assert staff_actions.waive(paws.engine, forgiven, Staff("Maria", "her dog was ill"), clock()) == set()
    assert (paws.fee().status, rows.all_of(paws.engine, tables.fee_actions)) == ("succeeded", [])


def test_a_card_that_works_the_second_time_pays(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(Declined("insufficient_funds", "try_again_later"))
    assert paws.collect()["total_fees_failed"] == 0
    assert (paws.fee().status, paws.fee().next_attempt_at) == ("pending", NOON + 2 * DAY)
    payments.answer = lambda charge: None
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 1
    assert (paws.fee().status, paws.fee().failure_code) == ("succeeded", None)
    assert paws.decisions("fee_failed") == []


def test_a_retry_that_falls_more_than_14_days_after_the_visit_is_not_made(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(Declined("insufficient_funds"))
    clock.pass_(days=10)  # nothing ran: the first attempt is made on the 11th day, the others on the 12th and 15th
    for _ in range(6):
        paws.collect()
        clock.pass_(days=1)
    assert (paws.fee().status, paws.fee().failure_code, len(payments.confirmed)) == ("failed", "too_late", 2)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Declined("generic_decline", "do_not_try_again"), "failed"),
        (Declined("stolen_card"), "failed"),
        (Declined("expired_card", "try_again_later"), "pending"),
        (Declined("generic_decline"), "pending"),
        (Declined("never_heard_of"), "pending"),
        (Declined("generic_decline", "never_heard_of"), "pending"),
        (Declined("authentication_required"), "requires_action"),
        (NeedsCustomer("authentication_required"), "requires_action"),
    ],
    ids=lambda each: f"{each.code} {getattr(each, 'advice', '')}" if isinstance(each, Exception) else each,
)
def test_the_advice_comes_first_then_the_code(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms, error: Exception, status: str
) -> None:
    paws.add_due_fee_with_notice(clock)
    payments.answer = raising(error)
    result = paws.collect_and_deliver()
    assert paws.fee().status == status
    assert (result["total_fees_failed"], len(sms.sent)) == ((0, 1) if status == "pending" else (1, 2))
    paws.collect_and_deliver()
    assert (len(payments.confirmed), len(sms.sent)) == (1, 1 if status == "pending" else 2)


def test_what_the_provider_could_not_take_waits_and_counts_as_no_decline(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer_create = raising(NotProcessed("429"))
    paws.collect()
    assert (paws.fee().status, payments.confirmed, len(payments.created)) == ("pending", [], 1)
    assert paws.attempts() == [(1, "not_processed", "429")]
    payments.answer_create = lambda charge: None
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 1


def test_an_outage_stops_collecting_early(
    paws: Salon, clock: Clock, payments: RecordingPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.fees.collecting.claiming.BATCH", 6)
    paws.add_due_fee(clock, 12)
    payments.answer = raising(NotProcessed("connection"))
    paws.collect()
    assert len(payments.confirmed) == OPENS_AFTER
    assert {each.status for each in paws.fees()} == {"pending"}
    payments.answer = lambda charge: None
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 12


def test_failures_with_an_answer_between_them_are_no_outage(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock, 12)
    answers = cycle([*[NotProcessed("connection")] * (OPENS_AFTER - 1), Declined("insufficient_funds")])

    def answer(charge: Charge) -> None:
        raise next(answers)

    payments.answer = answer
    paws.collect()
    assert (len(payments.confirmed), rows.all_of(paws.engine, tables.breakers)) == (12, [])


def test_a_batch_of_which_nothing_is_charged_does_not_end_the_run(
    paws: Salon, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.fees.collecting.claiming.BATCH", 1)
    paws.add_due_fee(clock, 3)
    with paws.engine.begin() as connection:
        connection.execute(tables.owners.update().values(has_payment_method=False))
    assert paws.collect()["total_fees_failed"] == 3


def test_refused_credentials_fail_the_run_and_cost_nothing(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(PaymentCredentialsRefused("401"))
    with pytest.raises(RunFailed, match="payment provider refuses"):
        paws.run()
    assert (paws.fee().status, len(payments.confirmed)) == ("pending", 1)
    payments.answer = lambda charge: None
    assert paws.run()["total_fees_collected"] == 1


def test_intents_that_are_under_way_are_no_outage(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    paws.add_due_fee(clock, 12)
    payments.answer = raising(OutcomeUnknown("timeout"))
    payments.books = lambda charge: Intent("pi", IntentState.UNDER_WAY)
    paws.collect()
    assert rows.only(paws.engine, tables.breakers).state == "open"  # requests that nobody answers are one
    with paws.engine.begin() as connection:
        connection.execute(tables.breakers.delete())
        connection.execute(tables.payments.update().values(status="processing", claimed_until=clock.now))
    clock.pass_(minutes=3)
    paws.collect()
    assert rows.all_of(paws.engine, tables.breakers) == []


def test_a_customer_without_a_card_at_the_provider_is_left_to_staff(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms
) -> None:
    paws.add_due_fee_with_notice(clock)
    payments.saved = None
    assert paws.collect_and_deliver()["total_fees_failed"] == 1
    assert (paws.fee().status, paws.fee().failure_code, payments.confirmed) == ("failed", "no_payment_method", [])
    assert len(sms.sent) == 1


def test_an_unheard_of_decline_is_tried_again_once(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    paws.add_due_fee(clock)
    payments.answer = raising(Declined("never_heard_of"))
    paws.collect()
    clock.pass_(days=1)
    paws.collect()
    assert (paws.fee().status, len(payments.confirmed)) == ("failed", 2)
