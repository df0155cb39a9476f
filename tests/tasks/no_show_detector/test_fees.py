"""What a missed visit costs, and what its notice says of it."""

import json
from typing import Any

import pytest

from shared.application import Application
from tests.doubles import Clock, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, Salon, salon


def test_four_visits_missed_in_one_week_cost_more_each_time(paws: Salon, clock: Clock) -> None:
    paws.run()
    owner = paws.add_owner()
    for days in (4, 1, 3, 2):
        paws.add_missed(NOON + days * DAY, owner)
    clock.pass_(days=5)
    result = paws.plan()
    assert [(each.offence_number, each.amount) for each in paws.fees()] == [
        (1, 2500), (2, 3500), (3, 5000), (4, 7500),
    ]  # fmt: skip
    assert [each.visit_on.day for each in paws.fees()] == [4, 5, 6, 7]
    assert (paws.standings(), result["fee_cents_applied"]) == ([(4, 20)], {"USD": 18500})


def test_an_owners_earlier_count_is_gone_on_with(paws: Salon) -> None:
    paws.add_missed(owner_id=paws.add_owner(no_show_count=2))
    paws.plan()
    assert (paws.fee().offence_number, paws.fee().amount) == (3, 5000)


@pytest.mark.parametrize(
    ("settings", "status", "amount"),
    [
        (None, "pending", 2500),
        ({"fee_schedule": [1200]}, "pending", 1200),
        ({"fee_cap_cents": 900}, "pending", 900),
        ({"fee_cap": "price"}, "pending", 2000),
        ({"fee_schedule": [0]}, "waived", 0),
        ({"fee_schedule": [49]}, "waived", 49),  # a card can be charged 50 cents at least
    ],
)
def test_the_tenants_policy_sets_the_fee(
    application: Application, settings: dict[str, Any] | None, status: str, amount: int
) -> None:
    paws = salon(application, settings=json.dumps({"no_show": settings or {}}))
    paws.add_missed(total_amount=2000)
    paws.plan()
    assert (paws.fee().status, paws.fee().amount) == (status, amount)


def test_the_tenant_says_how_long_a_fee_is_held(application: Application, sms: RecordingSms) -> None:
    paws = salon(application, settings='{"no_show": {"hold_hours": 72}}')
    paws.add_missed()
    paws.run()
    assert paws.fee().due_at == paws.fee().next_attempt_at == NOON + 3 * DAY
    assert "Charged on or after Mar 6." in sms.bodies[0]


@pytest.mark.parametrize(("cents", "status"), [(2500, "pending"), (49, "waived")])
def test_a_currency_in_small_letters_is_the_same_currency(application: Application, cents: int, status: str) -> None:
    settings = json.dumps({"no_show": {"fee_schedule": [cents]}})
    paws = salon(application, currency="usd", settings=settings)
    paws.add_missed()
    paws.plan()
    assert (paws.fee().currency, paws.fee().amount, paws.fee().status) == ("USD", cents, status)


@pytest.mark.parametrize(
    ("deposit", "status", "amount", "words"),
    [(1000, "pending", 1500, "less deposit"), (2500, "waived", 2500, "covered by deposit")],
)
def test_a_deposit_counts_towards_the_fee(
    paws: Salon, sms: RecordingSms, deposit: int, status: str, amount: int, words: str
) -> None:
    paws.add_missed(deposit_paid=deposit)
    result = paws.run()
    fee = paws.fee()
    assert (fee.status, fee.amount, fee.description.endswith(words)) == (status, amount, True)
    assert ("No-show fee: $15.00" in sms.bodies[0], "fee" in sms.bodies[0]) == (deposit == 1000, deposit == 1000)
    assert result["skipped"] == ({} if deposit == 1000 else {"covered_by_deposit": 1})
    assert result["total_fees_applied"] == (1 if deposit == 1000 else 0)
    assert paws.standings() == [(1, 80)]


def test_where_the_currency_has_no_schedule_there_is_no_fee_but_all_the_rest(
    application: Application, sms: RecordingSms
) -> None:
    paws = salon(application, currency="JPY", timezone="America/New_York")
    paws.add_missed()
    result = paws.run()
    assert (result["total_detected"], result["total_fees_applied"], result["total_errors"]) == (1, 0, 0)
    assert result["skipped"] == {"fee_not_configured": 1}
    assert paws.decisions("no_show") == [("notify", "fee_not_configured")]
    assert (paws.fees(), paws.standings(), len(paws.no_show_events())) == ([], [(1, 80)], 1)
    assert sms.bodies[0].startswith("Happy Paws: we missed Bella today, Tue Mar 3, at 9:00 AM. Questions:")
    assert paws.run()["skipped"] == {}


def test_a_schedule_of_its_own_makes_a_fee_in_any_currency(application: Application, sms: RecordingSms) -> None:
    paws = salon(application, currency="JPY", settings='{"no_show": {"fee_schedule": [3000]}}')
    paws.add_missed()
    assert paws.run()["fee_cents_applied"] == {"JPY": 3000}
    assert "No-show fee: ¥3,000." in sms.bodies[0]


@pytest.mark.parametrize(
    ("owner", "settings"),
    [
        ({"has_payment_method": False}, {}),
        ({"stripe_customer_id": None}, {}),
        ({}, {"auto_charge": False}),
        ({}, {"fee_requires_delivered_reminder": True}),
    ],
    ids=str,
)
def test_where_no_card_will_be_charged_the_notice_does_not_say_so(
    application: Application, sms: RecordingSms, owner: dict[str, Any], settings: dict[str, Any]
) -> None:
    paws = salon(application, settings=json.dumps({"no_show": settings}))
    paws.add_missed(owner_id=paws.add_owner(**owner))
    (foretold,) = paws.run(is_dry=True)["would"]
    paws.run()
    for text in (foretold["text"], sms.bodies[0]):
        assert "No-show fee: $25.00. Questions:" in text


@pytest.mark.parametrize(
    ("owner", "reason"),
    [({"sms_opted_in": False}, "opted_out"), ({"phone": None}, "no_phone"), ({"is_active": False}, "owner_inactive")],
)
def test_who_cannot_be_texted_is_still_marked_and_charged(
    paws: Salon, sms: RecordingSms, owner: dict[str, Any], reason: str
) -> None:
    paws.add_missed(owner_id=paws.add_owner(**owner))
    assert paws.run()["skipped"] == {reason: 1}
    assert paws.decisions("no_show_notice") == [("skipped", reason)]
    assert (len(paws.fees()), sms.sent) == (1, [])
