"""Whose card is charged: customers that were deleted, merged, shared or never there."""

from datetime import timedelta

import pytest

from shared.application import Application
from shared.database import tables
from shared.errors import RunFailed
from shared.fees import staff_actions
from shared.stages import collection_for_staff
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.fees.through_stripe.answers import MARIA, states
from tests.loopback.stripe import Answer, Card, LoopbackStripe, Refusal
from tests.salon import Salon, salon


@pytest.mark.parametrize("tries", [0, 1], ids=["before the first attempt", "after a decline"])
def test_a_customer_who_was_deleted_has_no_payment_method(
    paws: Salon, clock: Clock, stripe: LoopbackStripe, tries: int
) -> None:
    stripe.cards["cus_1"] = [Card("pm_1", "insufficient_funds")]
    paws.add_due_fee(clock)
    for _ in range(tries):
        paws.collect()
        clock.pass_(days=1)
    stripe.deleted.add("cus_1")
    result = paws.collect()
    assert (paws.fee().status, paws.fee().failure_code, result["errors"]) == ("failed", "no_payment_method", [])
    assert states(stripe) == ["canceled"] * tries


def test_a_customer_who_never_was_is_a_matter_of_set_up(paws: Salon, clock: Clock, stripe: LoopbackStripe) -> None:
    stripe.missing.add("cus_1")
    paws.add_due_fee(clock)
    (error,) = paws.collect()["errors"]
    assert error["reason"].startswith("the payment provider refuses the charge (resource_missing)")
    assert paws.fee().status == "pending"


def test_a_card_that_was_detached_a_moment_ago_is_no_payment_method(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    paws.add_due_fee(clock)
    detached = Refusal(400, {"type": "invalid_request_error", "param": "payment_method", "message": "was detached"})
    stripe.says("confirm", Answer(False, detached))
    assert paws.collect()["errors"] == []
    assert (paws.fee().status, paws.fee().failure_code) == ("failed", "no_payment_method")
    assert (states(stripe), stripe.paid) == (["canceled"], [])


def test_two_businesses_with_one_customer_are_named_and_neither_card_is_charged(
    paws: Salon, clock: Clock, stripe: LoopbackStripe
) -> None:
    stripe.accounts.add("acct_1")
    elsewhere = salon(paws.application, subdomain="elsewhere")
    own_account = salon(paws.application, subdomain="own", settings='{"stripe_account": "acct_1"}')
    for each in (paws, elsewhere, own_account):
        each.add_missed(owner_id=each.add_owner(stripe_customer_id="cus_1"))
    paws.add_missed(owner_id=paws.add_owner(stripe_customer_id="cus_2"))
    paws.add_kept(rows.NOON - timedelta(hours=1), 2)
    paws.plan()
    clock.pass_(days=1)
    result = paws.collect()
    owners = {
        each.tenant_id: each.id
        for each in rows.all_of(paws.engine, tables.owners)
        if each.stripe_customer_id == "cus_1"
    }
    mine, theirs = owners[paws.tenant_id], owners[elsewhere.tenant_id]
    reasons = {each["tenant"]: each["reason"] for each in result["errors"]}
    shared = "have one Stripe customer (cus_1): neither is charged until each has their own"
    assert reasons == {
        "paws": f"its owner {mine} and the owner {theirs} of elsewhere {shared}",
        "elsewhere": f"its owner {theirs} and the owner {mine} of paws {shared}",
    }
    assert sorted((each["customer"], each["account"]) for each in stripe.intents.values()) == [
        ("cus_1", "acct_1"), ("cus_2", None),
    ]  # fmt: skip
    fee = next(each for each in paws.fees() if each.owner_id == mine)
    with pytest.raises(RunFailed, match="have one Stripe customer"):
        staff_actions.charge(collection_for_staff(paws.application), fee.id, MARIA)
    rows.change(paws.engine, tables.owners, theirs, stripe_customer_id="cus_3")
    clock.pass_(days=1)
    assert paws.collect()["total_fees_collected"] == 2
    assert len(stripe.paid) == 4


def test_a_fee_in_dinars_is_told_and_charged_in_amounts_that_a_card_takes(
    through_stripe: Application, clock: Clock, stripe: LoopbackStripe, sms: RecordingSms
) -> None:
    paws = salon(through_stripe, currency="KWD", settings='{"no_show": {"fee_schedule": [19875]}}')
    paws.add_due_fee_with_notice(clock)
    assert "19.870" in sms.bodies[0]
    assert paws.collect()["fee_cents_collected"] == {"KWD": 19870}
    assert [each["amount"] for each in stripe.paid] == [19870]
