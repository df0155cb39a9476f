"""Collection: a fee is charged once, when it is due, and what becomes of it is recorded."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Executable, Table
from sqlalchemy.exc import NoResultFound

from shared.application import Application
from shared.database import tables
from shared.domain.breaker import OPENS_AFTER
from shared.errors import ConfigurationError, RunFailed, UsageError
from shared.fees import staff_actions as by_hand
from shared.fees.listing import listed
from shared.fees.staff_actions import Staff
from shared.fees.visit_queries import fees_by_id, reminded_of
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
    ProviderFailed,
)
from shared.gateways.stripe_errors import PAUSES
from shared.gateways.stripe_payments import READ_SECONDS
from shared.stages import Stage, collection_by_hand
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, Salon, salon

LONGEST_ANSWER = timedelta(seconds=3 * READ_SECONDS + sum(PAUSES) * 1.5)
"""Three tries of one request that each end in a time-out."""


@pytest.fixture
def paws(application: Application) -> Salon:
    """A salon."""
    return salon(application)


def raising(error: Exception) -> Any:
    def answer(charge: Charge) -> None:
        raise error

    return answer


def claim_by_hand(paws: Salon, fee_id: UUID) -> str:
    """Let staff charge a fee; return what it came to."""
    by_hand.charge(collection_by_hand(paws.application), fee_id, Staff("Maria", "she agreed"))
    status: str = paws.fee().status
    return status


def attempts(paws: Salon) -> list[tuple[int, str | None, str | None]]:
    return [(each.attempt, each.outcome, each.code) for each in rows.all_of(paws.engine, tables.payment_attempts)]


def test_a_fee_is_charged_after_its_hold_and_recorded(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms
) -> None:
    appointment = paws.told(clock)
    result = paws.run()
    fee = paws.fee()
    assert (fee.status, fee.succeeded_at, fee.attempts, fee.next_attempt_at) == ("succeeded", NOON + DAY, 1, None)
    assert fee.stripe_payment_intent_id == f"pi-{fee.id}"
    (charge,) = payments.created
    assert (charge.fee_id, charge.customer_id, charge.amount_cents, charge.currency, charge.account) == (
        fee.id, "cus_1", 2500, "USD", None,
    )  # fmt: skip
    assert payments.confirmed == [(f"pi-{fee.id}", f"{fee.id}-1")]
    assert attempts(paws) == [(1, "succeeded", None)]
    charged = {each.id: each.no_show_fee_charged for each in rows.all_of(paws.engine, tables.appointments)}
    assert charged == {appointment: 2500}
    assert (result["total_fees_collected"], result["fee_cents_collected"]) == (1, {"USD": 2500})
    assert sms.bodies[1] == (
        "Receipt from Happy Paws: no-show fee of $25.00 paid. Missed visit: on Tue, Mar 3 at 9:00 AM. "
        "Questions: +12125550142. Reply STOP to opt out"
    )
    paws.run()
    assert (len(payments.confirmed), len(sms.sent)) == (1, 2)


def test_a_fee_is_collected_as_it_was_written_whatever_the_schedule_says_by_then(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    dearer = '{"no_show": {"fee_schedule": [9900], "fee_cap_cents": 100}}'
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings=dearer, currency="EUR")
    paws.collect()
    assert [(each.amount_cents, each.currency) for each in payments.created] == [(2500, "USD")]
    assert paws.fee().policy["fee_schedule"] == [2500, 3500, 5000, 7500]


@pytest.mark.parametrize(("minutes", "is_charged"), [(22 * 60 + 59, False), (23 * 60, True), (24 * 60, True)])
def test_a_fee_is_held_and_then_charged_by_the_run_within_the_hour(
    paws: Salon, clock: Clock, payments: RecordingPayments, minutes: int, is_charged: bool
) -> None:
    paws.missed()
    paws.do(Stage.PLAN, Stage.COLLECT)
    assert payments.created == []
    clock.pass_(minutes=minutes)
    paws.do(Stage.PLAN, Stage.COLLECT)
    assert bool(payments.confirmed) is is_charged


def test_a_daily_job_that_runs_a_little_early_does_not_slip_a_day(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.missed()
    paws.detect()
    clock.pass_(hours=23, minutes=59, seconds=30)
    assert paws.collect()["total_fees_collected"] == 1


def test_the_connected_account_and_the_rest_after_a_deposit_are_charged(
    application: Application, clock: Clock, payments: RecordingPayments
) -> None:
    paws = salon(application, settings='{"stripe_account": "acct_9"}')
    paws.missed(deposit_paid=1000)
    paws.detect()
    clock.pass_(days=1)
    assert paws.collect()["fee_cents_collected"] == {"USD": 1500}
    assert (payments.created[0].account, payments.created[0].amount_cents) == ("acct_9", 1500)


def test_where_fees_are_not_charged_by_themselves_they_stay_for_staff(
    application: Application, clock: Clock, payments: RecordingPayments
) -> None:
    paws = salon(application, settings='{"no_show": {"auto_charge": false}}')
    paws.owed(clock)
    paws.collect()
    assert (paws.fee().status, payments.created) == ("pending", [])


@pytest.mark.parametrize(
    ("status", "moved_by", "expected"),
    [
        ("delivered", 0, "succeeded"),
        ("sent", 0, "failed"),
        ("undelivered", 0, "failed"),
        ("delivered", 1, "failed"),  # it told another time
        (None, 0, "failed"),
    ],
)
def test_where_a_fee_needs_a_delivered_reminder_it_is_charged_only_with_one(
    application: Application,
    clock: Clock,
    payments: RecordingPayments,
    status: str | None,
    moved_by: int,
    expected: str,
) -> None:
    paws = salon(application, settings='{"no_show": {"fee_requires_delivered_reminder": true}}')
    start = NOON - 3 * HOUR
    appointment = paws.missed(start, owner_id=paws.owner())
    if status:
        with paws.engine.begin() as connection:
            rows.reminder(connection, appointment, start + moved_by * HOUR, status=status)
    paws.detect()
    clock.pass_(days=1)
    result = paws.collect()
    fee = paws.fee()
    assert (fee.status, len(payments.confirmed)) == (expected, 1 if expected == "succeeded" else 0)
    if expected == "failed":
        assert (fee.failure_code, result["skipped"]) == ("no_delivered_reminder", {"no_delivered_reminder": 1})
        assert claim_by_hand(paws, fee.id) == "succeeded"


def test_a_delivered_text_about_something_else_is_no_reminder(paws: Salon) -> None:
    appointment = paws.missed()
    with paws.engine.begin() as connection:
        rows.reminder(connection, appointment, NOON - 3 * HOUR)
        assert reminded_of(connection, [appointment]) == {appointment}
        connection.execute(tables.decisions.update().values(kind="no_show"))
        assert reminded_of(connection, [appointment]) == set()


@pytest.mark.parametrize(
    ("owner", "code"),
    [
        ({"has_payment_method": False}, "no_payment_method"),
        ({"stripe_customer_id": None}, "no_payment_method"),
        ({"is_active": False}, "owner_inactive"),
        ({"deleted_at": NOON}, "owner_inactive"),
    ],
)
def test_who_cannot_be_charged_is_left_to_staff(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms, owner: dict[str, Any], code: str
) -> None:
    paws.told(clock, **owner)
    told = len(sms.sent)
    result = paws.charge()
    assert (paws.fee().status, paws.fee().failure_code, payments.created) == ("failed", code, [])
    assert (result["total_fees_failed"], result["skipped"]) == (1, {code: 1})
    assert len(sms.sent) == told
    assert paws.charge()["total_fees_failed"] == 0


def test_nothing_is_charged_more_than_14_days_after_the_visit(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    clock.pass_(days=14)
    paws.collect()
    assert (paws.fee().status, paws.fee().failure_code, payments.created) == ("failed", "too_late", [])


def test_on_the_14th_day_it_still_is(paws: Salon, clock: Clock) -> None:
    paws.owed(clock)
    clock.pass_(days=13)
    assert paws.collect()["total_fees_collected"] == 1


def test_staff_may_charge_a_fee_however_old_the_visit_is(paws: Salon, clock: Clock) -> None:
    paws.owed(clock)
    clock.pass_(days=30)
    assert claim_by_hand(paws, paws.fee().id) == "succeeded"


def test_staff_cannot_charge_a_fee_of_a_business_that_is_not_served(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    salon(paws.application, subdomain="good")
    paws.owed(clock)
    rows.change(paws.engine, tables.tenants, paws.tenant_id, is_active=False)
    with pytest.raises(UsageError, match="its business is not served"):
        claim_by_hand(paws, paws.fee().id)
    assert (paws.fee().status, payments.created) == ("pending", [])


def test_a_tenant_with_bad_settings_is_charged_for_nobody(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    salon(paws.application, subdomain="good")
    paws.owed(clock)
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings="{")
    paws.collect()
    assert (paws.fee().status, payments.created) == ("pending", [])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda elsewhere: tables.reputation_events.delete(), "its visit is not on record"),
        (lambda elsewhere: _moved(tables.reputation_events, elsewhere), "its visit is not on record"),
        (lambda elsewhere: _moved(tables.owners, elsewhere), "its visit's owner belongs to another business"),
        (lambda elsewhere: _moved(tables.services, elsewhere), "its visit's service belongs to another business"),
        (
            lambda elsewhere: tables.payments.update().values(owner_id=elsewhere.owner()),
            "its visit's fee's owner belongs to another business",
        ),
    ],
)
@pytest.mark.parametrize("status", ["pending", "processing"])
def test_a_fee_whose_visit_mixes_in_another_business_is_named_and_nothing_is_asked(
    paws: Salon,
    clock: Clock,
    payments: RecordingPayments,
    spoil: Callable[[Salon], Executable],
    reason: str,
    status: str,
) -> None:
    elsewhere = salon(paws.application, subdomain="elsewhere")
    with paws.engine.begin() as connection:
        service = rows.insert(connection, tables.services, tenant_id=paws.tenant_id, name="Bath", duration_minutes=60)
    paws.missed(service_id=service)
    paws.detect()
    clock.pass_(days=1)
    rows.change(paws.engine, tables.payments, paws.fee().id, status=status, claimed_until=clock.now)
    statement = spoil(elsewhere)
    with paws.engine.begin() as connection:
        connection.execute(statement)
    errors = paws.collect()["errors"]
    assert {"tenant": "paws", "subject": f"payment {paws.fee().id}", "reason": reason} in errors
    assert (paws.fee().status, payments.created, payments.looked_up) == (status, [], [])


def _moved(table: Table, elsewhere: Salon) -> Executable:
    return table.update().values(tenant_id=elsewhere.tenant_id)


def test_what_is_wrong_with_a_visit_of_another_week_holds_up_no_fee(paws: Salon, clock: Clock) -> None:
    elsewhere = salon(paws.application, subdomain="elsewhere")
    with paws.engine.begin() as connection:
        service = rows.insert(connection, tables.services, tenant_id=elsewhere.tenant_id, name="Bath")
    owner, long_ago = paws.owner(), NOON - 3 * HOUR
    paws.missed(long_ago)
    paws.run()
    rows.change(paws.engine, tables.payments, paws.fee().id, next_attempt_at=NOON + 5 * DAY)
    clock.pass_(days=4)
    paws.missed(long_ago, owner_id=owner, status="no_show", service_id=service)
    paws.missed(long_ago + 4 * DAY, owner_id=owner)
    paws.run()
    clock.pass_(days=1)
    assert paws.run()["total_fees_collected"] == 2


def test_what_the_owner_missed_at_another_business_has_no_part_in_the_visit(paws: Salon, clock: Clock) -> None:
    paws.owed(clock)
    elsewhere = salon(paws.application, subdomain="elsewhere")
    paws.set(elsewhere.missed(owner_id=rows.only(paws.engine, tables.owners).id), status="no_show")
    result = paws.do(Stage.PLAN, Stage.COLLECT)
    assert (paws.fee().status, result["total_fees_collected"]) == ("succeeded", 1)


def test_a_fee_that_is_waived_from_the_start_waits_for_no_charge(paws: Salon) -> None:
    paws.missed(deposit_paid=9900)
    paws.missed(NOON - 4 * HOUR)
    paws.kept(NOON - HOUR, 3)
    paws.detect()
    fees = {each.status: (each.method, each.next_attempt_at) for each in paws.fees()}
    assert fees == {"waived": (None, None), "pending": ("card", NOON + DAY)}


@pytest.mark.parametrize("status", ["pending", "processing", "succeeded"])
def test_a_payment_that_is_no_fee_is_never_touched(
    paws: Salon, clock: Clock, payments: RecordingPayments, status: str
) -> None:
    paws.owed(clock)
    deposit = paws.fee().id
    rows.change(paws.engine, tables.payments, deposit, type="deposit", status=status, claimed_until=clock.now)
    before = rows.all_of(paws.engine, tables.payments)
    paws.run()
    with paws.engine.connect() as connection:
        assert (listed(connection), fees_by_id(connection, [deposit])) == ([], {})
    for act in (
        lambda: by_hand.charge(collection_by_hand(paws.application), deposit, Staff("Maria", "a mistake")),
        lambda: by_hand.give_back(collection_by_hand(paws.application), deposit, None, Staff("Maria", "a mistake")),
    ):
        with pytest.raises((UsageError, NoResultFound)):
            act()
    assert (rows.all_of(paws.engine, tables.payments), payments.created, payments.refunded) == (before, [], [])


# What the provider answers


def test_a_declined_card_is_tried_again_after_one_three_and_seven_days_then_failed(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms
) -> None:
    paws.told(clock)
    payments.answer = raising(Declined("insufficient_funds"))
    tried = []
    for day in range(1, 20):
        before = len(payments.confirmed)
        paws.charge()
        if len(payments.confirmed) > before:
            tried.append(day)
        clock.pass_(days=1)
    assert tried == [1, 2, 5, 12]
    fee = paws.fee()
    assert (fee.status, fee.failure_code, fee.attempts) == ("failed", "insufficient_funds", 4)
    assert attempts(paws) == [(number, "declined", "insufficient_funds") for number in (1, 2, 3, 4)]
    assert len({key for _, key in payments.confirmed}) == 4
    assert len(payments.created) == 1
    assert sms.bodies[1].startswith("Happy Paws: your no-show fee of $25.00 could not be charged. Missed visit: on ")
    assert len(sms.sent) == 2


def test_a_refusal_of_the_set_up_counts_as_no_decline(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    paws.owed(clock)
    payments.answer = raising(Misconfigured("account_invalid"))
    paws.collect()
    payments.answer = raising(Declined("insufficient_funds"))
    clock.pass_(days=1)
    paws.collect()
    assert [outcome for _, outcome, _ in attempts(paws)] == ["refused", "declined"]
    assert (paws.fee().status, paws.fee().next_attempt_at) == ("pending", clock.now + DAY)
    payments.answer = raising(Declined("unheard_of"))
    clock.pass_(days=1)
    paws.collect()
    assert paws.fee().status == "failed"


def test_a_card_declined_when_staff_charge_it_is_not_tried_again_by_itself(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer = raising(Declined("insufficient_funds", "try_again_later"))
    assert claim_by_hand(paws, paws.fee().id) == "failed"
    assert paws.fee().next_attempt_at is None


def test_a_waived_fee_keeps_neither_a_next_attempt_nor_its_last_failure(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer = raising(Declined("insufficient_funds"))
    paws.collect()
    assert (paws.fee().next_attempt_at, paws.fee().failure_code) == (NOON + 2 * DAY, "insufficient_funds")
    with paws.engine.connect() as connection:
        forgiven = listed(connection)
    assert by_hand.waive(paws.engine, forgiven, Staff("Maria", "her dog was ill"), clock()) == {paws.fee().id}
    assert (paws.fee().status, paws.fee().next_attempt_at, paws.fee().failure_code) == ("waived", None, None)


def test_a_fee_that_was_paid_meanwhile_is_not_recorded_as_waived(paws: Salon, clock: Clock) -> None:
    paws.owed(clock)
    with paws.engine.connect() as connection:
        forgiven = listed(connection)
    paws.collect()
    assert by_hand.waive(paws.engine, forgiven, Staff("Maria", "her dog was ill"), clock()) == set()
    assert (paws.fee().status, rows.all_of(paws.engine, tables.fee_actions)) == ("succeeded", [])


def test_a_card_that_works_the_second_time_pays(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    paws.owed(clock)
    payments.answer = raising(Declined("insufficient_funds", "try_again_later"))
    assert paws.collect()["total_fees_failed"] == 0
    assert (paws.fee().status, paws.fee().next_attempt_at) == ("pending", NOON + 2 * DAY)
    payments.answer = lambda charge: None
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 1
    assert (paws.fee().status, paws.fee().failure_code) == ("succeeded", None)
    assert paws.decided("fee_failed") == []


def test_a_retry_that_falls_more_than_14_days_after_the_visit_is_not_made(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
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
    paws.told(clock)
    payments.answer = raising(error)
    result = paws.charge()
    assert paws.fee().status == status
    assert (result["total_fees_failed"], len(sms.sent)) == ((0, 1) if status == "pending" else (1, 2))
    paws.charge()
    assert (len(payments.confirmed), len(sms.sent)) == (1, 1 if status == "pending" else 2)


def test_what_the_provider_could_not_take_waits_and_counts_as_no_decline(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer_create = raising(NotProcessed("429"))
    paws.collect()
    assert (paws.fee().status, payments.confirmed, len(payments.created)) == ("pending", [], 1)
    assert attempts(paws) == [(1, "not_processed", "429")]
    payments.answer_create = lambda charge: None
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 1


def test_an_outage_stops_collecting_early(
    paws: Salon, clock: Clock, payments: RecordingPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.fees.collecting.claiming.BATCH", 6)
    paws.owed(clock, 12)
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
    paws.owed(clock, 12)
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
    paws.owed(clock, 3)
    with paws.engine.begin() as connection:
        connection.execute(tables.owners.update().values(has_payment_method=False))
    assert paws.collect()["total_fees_failed"] == 3


def test_refused_credentials_fail_the_run_and_cost_nothing(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer = raising(PaymentCredentialsRefused("401"))
    with pytest.raises(RunFailed, match="payment provider refuses"):
        paws.run()
    assert (paws.fee().status, len(payments.confirmed)) == ("pending", 1)
    payments.answer = lambda charge: None
    assert paws.run()["total_fees_collected"] == 1


# What nobody knows


def test_an_unclear_answer_is_looked_up_at_once_and_settled_if_the_books_are_clear(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    payments.books = lambda charge: Intent(f"pi-{charge.fee_id}", IntentState.SUCCEEDED, charge_id="ch_1")
    assert paws.collect()["total_fees_collected"] == 1
    assert attempts(paws) == [(1, "succeeded", None)]
    assert rows.only(paws.engine, tables.payment_attempts).stripe_charge_id == "ch_1"


def test_an_unclear_answer_is_looked_up_later_and_never_confirmed_again_blindly(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms
) -> None:
    paws.told(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    assert paws.charge()["total_fees_collected"] == 0
    assert paws.fee().status == "processing"
    assert attempts(paws) == [(1, "unknown", "timeout")]
    paws.charge()
    assert len(payments.looked_up) == 1  # too soon
    clock.pass_(minutes=2)
    payments.books = lambda charge: Intent(f"pi-{charge.fee_id}", IntentState.SUCCEEDED)
    assert paws.charge()["total_fees_collected"] == 1
    charge, intent = payments.looked_up[-1]
    assert (charge.customer_id, intent) == ("cus_1", f"pi-{charge.fee_id}")
    assert (paws.fee().status, len(payments.confirmed), len(sms.sent)) == ("succeeded", 1, 2)
    assert attempts(paws) == [(1, "succeeded", None)]


def test_an_unclear_creation_took_no_money_and_is_asked_again_word_for_word(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer_create = raising(OutcomeUnknown("timeout"))
    paws.collect()
    assert (paws.fee().status, attempts(paws)) == ("pending", [(1, "not_processed", "timeout")])
    payments.answer_create = lambda charge: None
    rows.change(paws.engine, tables.tenants, paws.tenant_id, business_name="Happier Paws")
    clock.pass_(hours=2)
    assert paws.collect()["total_fees_collected"] == 1
    first, second = payments.created
    assert first == second
    assert len(payments.confirmed) == 1


def test_an_intent_in_the_providers_books_is_used_and_no_other_created(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.found = lambda charge: Intent("pi-lost", IntentState.UNCONFIRMED)
    assert paws.collect()["total_fees_collected"] == 1
    assert (payments.created, paws.fee().stripe_payment_intent_id) == ([], "pi-lost")


@pytest.mark.parametrize(("hours", "keys"), [(19, 1), (20, 2)])
def test_a_creation_key_is_used_for_twenty_hours_from_its_first_use(
    paws: Salon, clock: Clock, payments: RecordingPayments, hours: int, keys: int
) -> None:
    paws.owed(clock)
    payments.answer_create = raising(OutcomeUnknown("timeout"))
    paws.collect()
    clock.pass_(hours=3)
    paws.collect()
    payments.answer_create = lambda charge: None
    clock.pass_(hours=hours - 3)
    assert paws.collect()["total_fees_collected"] == 1
    assert len({each.key for each in payments.created}) == keys
    assert payments.created[-1].key == (str(paws.fee().id) if keys == 1 else f"{paws.fee().id}-create-3")


def test_a_key_that_only_repeats_an_error_is_given_up_once_the_books_hold_no_intent(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)

    def stored_failure(charge: Charge) -> None:
        if charge.key == str(charge.fee_id):
            raise ProviderFailed("http_500")

    payments.answer_create = stored_failure
    paws.collect()
    assert (paws.fee().status, len(payments.created)) == ("pending", 1)
    clock.pass_(hours=2)
    assert paws.collect()["total_fees_collected"] == 1
    assert [each.key[36:] for each in payments.created] == ["", "", "-create-3"]
    assert attempts(paws)[1:] == [(2, "not_processed", "key_spent"), (3, "succeeded", None)]


def test_a_refused_creation_is_named_waits_a_day_and_is_asked_for_anew(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms
) -> None:
    salon(paws.application, subdomain="good")
    paws.told(clock)
    payments.answer_create = raising(Misconfigured("resource_missing"))
    result = paws.charge()
    assert result["errors"] == [
        {
            "tenant": "paws",
            "subject": f"payment {paws.fee().id}",
            "reason": "the payment provider refuses the charge (resource_missing); it is tried again tomorrow",
        }
    ]
    assert (paws.fee().status, paws.fee().failure_code, len(sms.sent)) == ("pending", "resource_missing", 1)
    assert attempts(paws) == [(1, "refused", "resource_missing")]
    paws.charge()
    assert len(payments.created) == 1
    payments.answer_create = lambda charge: None
    owner = rows.only(paws.engine, tables.owners).id
    rows.change(paws.engine, tables.owners, owner, stripe_customer_id="cus_2")
    clock.pass_(days=1)
    assert paws.charge()["total_fees_collected"] == 1
    assert [each.customer_id for each in payments.created] == ["cus_1", "cus_2"]
    assert len({each.key for each in payments.created}) == 2
    assert {each.customer_id for each in payments.searched} == {"cus_1", "cus_2"}
    assert paws.fee().failure_code is None


def test_a_lost_intent_is_found_with_the_customer_it_was_made_for(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer_create = raising(OutcomeUnknown("timeout"))
    paws.collect()
    rows.change(paws.engine, tables.owners, rows.only(paws.engine, tables.owners).id, stripe_customer_id="cus_2")
    payments.answer_create = lambda charge: None
    lost = Intent("pi-lost", IntentState.UNCONFIRMED)
    payments.found = lambda charge: lost if charge.customer_id == "cus_1" else None
    asked: list[str] = []
    payments.answer = lambda charge: asked.append(charge.customer_id)
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 1
    assert (asked, len(payments.created), paws.fee().stripe_payment_intent_id) == (["cus_1"], 1, "pi-lost")


def test_what_was_refused_is_not_repeated_once_it_is_mended(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer_create = raising(Misconfigured("resource_missing"))
    paws.collect()
    rows.change(paws.engine, tables.owners, rows.only(paws.engine, tables.owners).id, stripe_customer_id="cus_2")
    payments.answer_create = lambda charge: None
    assert claim_by_hand(paws, paws.fee().id) == "succeeded"
    assert [(each.customer_id, each.key[36:]) for each in payments.created] == [("cus_1", ""), ("cus_2", "-create-2")]


def test_a_fee_with_an_intent_stays_with_the_customer_and_account_it_was_made_for(
    application: Application, clock: Clock, payments: RecordingPayments
) -> None:
    paws = salon(application, settings='{"stripe_account": "acct_1"}')
    paws.owed(clock)
    payments.answer = raising(Declined("insufficient_funds", charge_id="ch_1"))
    paws.collect()
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings='{"stripe_account": "acct_2"}')
    rows.change(paws.engine, tables.owners, rows.only(paws.engine, tables.owners).id, stripe_customer_id="cus_2")
    payments.answer = lambda charge: asked.append((charge.account, charge.customer_id))
    asked: list[tuple[str | None, str]] = []
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 1
    assert (asked, len(payments.created)) == ([("acct_1", "cus_1")], 1)


@pytest.mark.parametrize("change", [{"amount": 1000}, {"currency": "CAD"}], ids=str)
@pytest.mark.parametrize("answer", [Declined("insufficient_funds"), NotProcessed("429")], ids=str)
def test_a_fee_that_was_changed_after_its_payment_was_begun_is_left_to_staff(
    paws: Salon, clock: Clock, payments: RecordingPayments, answer: Exception, change: dict[str, Any]
) -> None:
    paws.owed(clock)
    payments.answer = raising(answer)
    paws.collect()
    rows.change(paws.engine, tables.payments, paws.fee().id, **change)
    payments.answer = lambda charge: None
    clock.pass_(days=1)
    assert paws.collect()["skipped"] == {"amount_changed": 1}
    assert (paws.fee().status, paws.fee().failure_code, len(payments.confirmed)) == ("failed", "amount_changed", 1)


def test_intents_that_are_under_way_are_no_outage(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    paws.owed(clock, 12)
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
    paws.told(clock)
    payments.saved = None
    assert paws.charge()["total_fees_failed"] == 1
    assert (paws.fee().status, paws.fee().failure_code, payments.confirmed) == ("failed", "no_payment_method", [])
    assert len(sms.sent) == 1


def test_an_unheard_of_decline_is_tried_again_once(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    paws.owed(clock)
    payments.answer = raising(Declined("never_heard_of"))
    paws.collect()
    clock.pass_(days=1)
    paws.collect()
    assert (paws.fee().status, len(payments.confirmed)) == ("failed", 2)


def test_the_card_that_is_asked_is_on_record_before_it_is(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    kept = []
    payments.answer = lambda charge: kept.append(rows.only(paws.engine, tables.payment_attempts).parameters)
    paws.collect()
    assert [(each["payment_method"], each["customer"], each["amount"]) for each in kept] == [("pm_1", "cus_1", 2500)]


def test_a_worker_whose_claim_was_taken_over_does_not_confirm(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer_create = lambda charge: rows.change(
        paws.engine, tables.payments, charge.fee_id, claimed_by="another"
    )
    paws.collect()
    assert (payments.confirmed, paws.fee().stripe_payment_intent_id) == ([], None)


def test_a_fee_keeps_its_first_intent_whoever_comes_with_another(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer_create = lambda charge: rows.change(
        paws.engine, tables.payments, charge.fee_id, stripe_payment_intent_id="pi-first"
    )
    paws.collect()
    assert payments.confirmed == [("pi-first", f"{paws.fee().id}-2")]
    assert (paws.fee().status, paws.fee().stripe_payment_intent_id) == ("succeeded", "pi-first")


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
    paws.owed(clock)
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
    paws.owed(clock)
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
    assert [outcome for _, outcome, _ in attempts(paws)] == ["declined", "not_processed", "succeeded"]


def test_what_a_late_worker_wrote_down_does_not_hide_the_decline_of_its_own_attempt(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    paws.collect()
    with paws.engine.begin() as connection:
        connection.execute(tables.payment_attempts.update().values(outcome="declined", stripe_charge_id="ch_1"))
    payments.books = lambda charge: Intent("pi", IntentState.DECLINED, "stolen_card", charge_id="ch_1")
    clock.pass_(minutes=3)
    paws.collect()
    assert (paws.fee().status, len(payments.confirmed)) == ("failed", 1)


def test_books_that_cannot_be_asked_leave_it_unclear(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    paws.owed(clock)
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
    paws.owed(clock, 12)
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


@pytest.mark.parametrize("step", ["create", "stored", "confirm", "recorded"])
def test_a_worker_killed_between_two_steps_charges_nobody_twice(
    paws: Salon, clock: Clock, payments: RecordingPayments, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    paws.owed(clock)
    taken: set[str] = set()

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    payments.answer = lambda charge: taken.add(f"pi-{charge.fee_id}")
    with monkeypatch.context() as patch:
        if step == "create":
            patch.setattr(payments, "answer_create", dies)
        if step == "stored":
            patch.setattr("shared.fees.collecting.asking._confirm", dies)
        if step == "confirm":
            patch.setattr(payments, "answer", dies)
        if step == "recorded":
            patch.setattr("shared.fees.collecting.loop.record", dies)
        with pytest.raises(KeyboardInterrupt):
            paws.collect()
    assert paws.fee().status == "processing"
    payments.books = lambda charge: Intent("pi", IntentState.SUCCEEDED if taken else IntentState.UNCONFIRMED)
    paws.collect()
    assert paws.fee().status == "processing"  # the dead worker's claim still holds
    clock.pass_(minutes=6)
    paws.collect()
    assert paws.fee().status == "succeeded"
    assert len(taken) == 1
    assert len(payments.confirmed) == (2 if step == "confirm" else 1)
    assert len(payments.looked_up) == (0 if step == "create" else 1)  # what is not on record was never confirmed


def test_no_transaction_is_open_while_a_card_is_charged(paws: Salon, clock: Clock, payments: RecordingPayments) -> None:
    open_connections = []
    paws.owed(clock)
    payments.answer = lambda charge: open_connections.append(paws.engine.pool.checkedout())
    payments.answer_create = payments.answer
    paws.collect()
    assert open_connections == [0, 0]


@pytest.mark.parametrize("batch", [1, 100])
def test_a_run_out_of_time_leaves_the_rest_to_the_next(
    paws: Salon, clock: Clock, payments: RecordingPayments, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("shared.fees.collecting.claiming.BATCH", batch)
    paws.owed(clock, 3)
    payments.answer = lambda charge: clock.pass_(seconds=60)
    short = replace(paws, application=replace(paws.application, time_budget=timedelta(seconds=50)))
    assert short.collect()["total_fees_collected"] == 1
    payments.answer = lambda charge: None
    assert paws.collect()["total_fees_collected"] == 2


def test_a_run_out_of_time_looks_nothing_up_any_more(
    paws: Salon, clock: Clock, payments: RecordingPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.fees.collecting.claiming.BATCH", 1)
    paws.owed(clock, 2)
    payments.answer = raising(KeyboardInterrupt())
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            paws.collect()
    clock.pass_(minutes=6)
    payments.books = lambda charge: clock.pass_(seconds=60) or Intent("pi", IntentState.SUCCEEDED)
    short = replace(paws, application=replace(paws.application, time_budget=timedelta(seconds=50)))
    assert short.collect()["total_fees_collected"] == 1
    assert {outcome for _, outcome, _ in attempts(paws)} == {"succeeded", None}  # the other one is as it was left


def test_a_card_is_asked_only_while_the_claim_outlasts_the_longest_answer(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock, 4)
    held: list[timedelta] = []

    def slow(charge: Charge) -> None:
        fees = {each.id: each for each in paws.fees()}
        held.append(fees[charge.fee_id].claimed_until - clock.now)
        clock.pass_(seconds=100)

    payments.answer = slow
    assert paws.collect()["total_fees_collected"] == 4
    assert min(held) >= LONGEST_ANSWER


# Corrections


def test_a_visit_put_right_before_the_charge_costs_nothing(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    appointment = paws.owed(clock)
    paws.set(appointment, status="completed")
    result = paws.do(Stage.PLAN, Stage.COLLECT)
    assert (result["corrected"], paws.fee().status, payments.created) == (1, "cancelled", [])
    assert paws.owners() == [(0, 100)]
    assert paws.events()[0].reversed_reason == "no_show_corrected"


def test_a_visit_put_right_after_the_charge_needs_a_refund_that_a_person_gives(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    appointment = paws.owed(clock)
    paws.do(Stage.PLAN, Stage.COLLECT)
    paws.set(appointment, status="completed")
    clock.pass_(days=1)
    result = paws.do(Stage.PLAN, Stage.COLLECT)
    assert (result["corrected"], result["needs_refund"], paws.fee().status) == (1, 1, "needs_refund")
    assert (paws.owners(), len(payments.confirmed)) == ([(0, 100)], 1)
    again = paws.do(Stage.PLAN, Stage.COLLECT)
    assert (again["corrected"], again["needs_refund"]) == (0, 0)


def test_a_visit_put_right_while_its_charge_is_unclear_needs_a_refund_once_that_is_known(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    appointment = paws.owed(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    paws.do(Stage.PLAN, Stage.COLLECT)
    paws.set(appointment, status="completed")
    payments.books = lambda charge: Intent("pi", IntentState.SUCCEEDED)
    clock.pass_(days=1)
    assert paws.do(Stage.PLAN, Stage.COLLECT)["corrected"] == 1
    assert paws.fee().status == "succeeded"
    assert paws.do(Stage.PLAN, Stage.COLLECT)["needs_refund"] == 1


def test_a_day_named_closed_while_a_charge_is_unclear_costs_nothing_once_that_is_known(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.owed(clock)
    payments.answer = raising(OutcomeUnknown("timeout"))
    paws.do(Stage.PLAN, Stage.COLLECT)
    closed = f'{{"no_show": {{"closed_on": ["{paws.fee().visit_on}"]}}}}'
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings=closed)
    clock.pass_(minutes=3)
    assert paws.do(Stage.PLAN, Stage.COLLECT)["corrected"] == 1
    assert (paws.fee().status, len(payments.confirmed)) == ("pending", 1)
    paws.do(Stage.PLAN, Stage.COLLECT)
    assert paws.fee().status == "cancelled"


def test_a_visit_put_right_at_the_last_moment_is_not_charged(
    paws: Salon, clock: Clock, payments: RecordingPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = paws.owed(clock)
    with monkeypatch.context() as patch:
        patch.setattr(
            "shared.tasks.no_show_detector.planning.correct", lambda _: paws.set(appointment, status="completed")
        )
        paws.do(Stage.PLAN, Stage.COLLECT)
    assert (paws.fee().status, payments.created) == ("pending", [])
    paws.do(Stage.PLAN, Stage.COLLECT)
    assert paws.fee().status == "cancelled"


# Asking first


def test_a_dry_run_tells_what_would_be_charged_and_charges_nobody(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    by_hand_only = salon(paws.application, subdomain="by-hand", settings='{"no_show": {"auto_charge": false}}')
    by_hand_only.missed(owner_id=by_hand_only.owner(stripe_customer_id="cus_2"))
    for owner in ({}, {"has_payment_method": False}):
        paws.missed(owner_id=paws.owner(**owner))
    paws.detect()
    clock.pass_(hours=23)  # due within the hour
    before = rows.all_of(paws.engine, tables.payments)
    told = [each for each in paws.run(is_dry=True)["would"] if each["action"] == "charge"]
    assert sorted(each["reason"] or "" for each in told) == ["", "no_payment_method"]
    assert all(each["subject"].endswith(", 2500 USD") for each in told)
    assert (rows.all_of(paws.engine, tables.payments), payments.created) == (before, [])


def test_without_a_payment_provider_the_job_says_so_and_others_run(paws: Salon) -> None:
    from shared.runtime import run

    without = replace(paws.application, payments=None)
    with pytest.raises(ConfigurationError, match="STRIPE_SECRET_KEY: not set"):
        run(without, "NoShowDetector")
    run(without, "AppointmentReminders24h")
    run(without, "NoShowDetector", is_dry=True)
