"""A fee has one payment intent at the provider: created once, found again, kept with its customer and amount."""

from typing import Any

import pytest

from shared.application import Application
from shared.database import tables
from shared.gateways.payments import (
    Charge,
    Declined,
    Intent,
    IntentState,
    Misconfigured,
    NotProcessed,
    OutcomeUnknown,
    ProviderFailed,
)
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms, raising
from tests.salon import Salon, salon


def test_an_unclear_creation_took_no_money_and_is_asked_again_word_for_word(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer_create = raising(OutcomeUnknown("timeout"))
    paws.collect()
    assert (paws.fee().status, paws.attempts()) == ("pending", [(1, "not_processed", "timeout")])
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
    paws.add_due_fee(clock)
    payments.found = lambda charge: Intent("pi-lost", IntentState.UNCONFIRMED)
    assert paws.collect()["total_fees_collected"] == 1
    assert (payments.created, paws.fee().stripe_payment_intent_id) == ([], "pi-lost")


@pytest.mark.parametrize(("hours", "keys"), [(19, 1), (20, 2)])
def test_a_creation_key_is_used_for_twenty_hours_from_its_first_use(
    paws: Salon, clock: Clock, payments: RecordingPayments, hours: int, keys: int
) -> None:
    paws.add_due_fee(clock)
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
    paws.add_due_fee(clock)

    def stored_failure(charge: Charge) -> None:
        if charge.key == str(charge.fee_id):
            raise ProviderFailed("http_500")

    payments.answer_create = stored_failure
    paws.collect()
    assert (paws.fee().status, len(payments.created)) == ("pending", 1)
    clock.pass_(hours=2)
    assert paws.collect()["total_fees_collected"] == 1
    assert [each.key[36:] for each in payments.created] == ["", "", "-create-3"]
    assert paws.attempts()[1:] == [(2, "not_processed", "key_spent"), (3, "succeeded", None)]


def test_a_refused_creation_is_named_waits_a_day_and_is_asked_for_anew(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms
) -> None:
    salon(paws.application, subdomain="good")
    paws.add_due_fee_with_notice(clock)
    payments.answer_create = raising(Misconfigured("resource_missing"))
    result = paws.collect_and_deliver()
    assert result["errors"] == [
        {
            "tenant": "paws",
            "subject": f"payment {paws.fee().id}",
            "reason": "the payment provider refuses the charge (resource_missing); it is tried again tomorrow",
        }
    ]
    assert (paws.fee().status, paws.fee().failure_code, len(sms.sent)) == ("pending", "resource_missing", 1)
    assert paws.attempts() == [(1, "refused", "resource_missing")]
    paws.collect_and_deliver()
    assert len(payments.created) == 1
    payments.answer_create = lambda charge: None
    owner = rows.only(paws.engine, tables.owners).id
    rows.change(paws.engine, tables.owners, owner, stripe_customer_id="cus_2")
    clock.pass_(days=1)
    assert paws.collect_and_deliver()["total_fees_collected"] == 1
    assert [each.customer_id for each in payments.created] == ["cus_1", "cus_2"]
    assert len({each.key for each in payments.created}) == 2
    assert {each.customer_id for each in payments.searched} == {"cus_1", "cus_2"}
    assert paws.fee().failure_code is None


def test_a_lost_intent_is_found_with_the_customer_it_was_made_for(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
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
    paws.add_due_fee(clock)
    payments.answer_create = raising(Misconfigured("resource_missing"))
    paws.collect()
    rows.change(paws.engine, tables.owners, rows.only(paws.engine, tables.owners).id, stripe_customer_id="cus_2")
    payments.answer_create = lambda charge: None
    assert paws.charge_by_staff(paws.fee().id) == "succeeded"
    assert [(each.customer_id, each.key[36:]) for each in payments.created] == [("cus_1", ""), ("cus_2", "-create-2")]


def test_a_fee_with_an_intent_stays_with_the_customer_and_account_it_was_made_for(
    application: Application, clock: Clock, payments: RecordingPayments
) -> None:
    paws = salon(application, settings='{"stripe_account": "acct_1"}')
    paws.add_due_fee(clock)
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
    paws.add_due_fee(clock)
    payments.answer = raising(answer)
    paws.collect()
    rows.change(paws.engine, tables.payments, paws.fee().id, **change)
    payments.answer = lambda charge: None
    clock.pass_(days=1)
    assert paws.collect()["skipped"] == {"amount_changed": 1}
    assert (paws.fee().status, paws.fee().failure_code, len(payments.confirmed)) == ("failed", "amount_changed", 1)


def test_a_fee_keeps_its_first_intent_whoever_comes_with_another(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    payments.answer_create = lambda charge: rows.change(
        paws.engine, tables.payments, charge.fee_id, stripe_payment_intent_id="pi-first"
    )
    paws.collect()
    assert payments.confirmed == [("pi-first", f"{paws.fee().id}-2")]
    assert (paws.fee().status, paws.fee().stripe_payment_intent_id) == ("succeeded", "pi-first")
