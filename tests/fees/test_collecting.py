"""Collection: which fees are charged, when and how much, and what stays for staff."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Executable, Table
from sqlalchemy.exc import NoResultFound

from shared.application import Application
from shared.database import tables
from shared.errors import ConfigurationError, UsageError
from shared.fees import staff_actions
from shared.fees.listing import listed
from shared.fees.staff_actions import Staff
from shared.fees.visit_queries import fees_by_id, reminded_of
from shared.stages import Stage, collection_for_staff
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, Salon, salon


def test_a_fee_is_charged_after_its_hold_and_recorded(
    paws: Salon, clock: Clock, payments: RecordingPayments, sms: RecordingSms
) -> None:
    appointment = paws.add_due_fee_with_notice(clock)
    result = paws.run()
    fee = paws.fee()
    assert (fee.status, fee.succeeded_at, fee.attempts, fee.next_attempt_at) == ("succeeded", NOON + DAY, 1, None)
    assert fee.stripe_payment_intent_id == f"pi-{fee.id}"
    (charge,) = payments.created
    assert (charge.fee_id, charge.customer_id, charge.amount_cents, charge.currency, charge.account) == (
        fee.id, "cus_1", 2500, "USD", None,
    )  # fmt: skip
    assert payments.confirmed == [(f"pi-{fee.id}", f"{fee.id}-1")]
    assert paws.attempts() == [(1, "succeeded", None)]
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
    paws.add_due_fee(clock)
    dearer = '{"no_show": {"fee_schedule": [9900], "fee_cap_cents": 100}}'
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings=dearer, currency="EUR")
    paws.collect()
    assert [(each.amount_cents, each.currency) for each in payments.created] == [(2500, "USD")]
    assert paws.fee().policy["fee_schedule"] == [2500, 3500, 5000, 7500]


@pytest.mark.parametrize(("minutes", "is_charged"), [(22 * 60 + 59, False), (23 * 60, True), (24 * 60, True)])
def test_a_fee_is_held_and_then_charged_by_the_run_within_the_hour(
    paws: Salon, clock: Clock, payments: RecordingPayments, minutes: int, is_charged: bool
) -> None:
    paws.add_missed()
    paws.do(Stage.PLAN, Stage.COLLECT)
    assert payments.created == []
    clock.pass_(minutes=minutes)
    paws.do(Stage.PLAN, Stage.COLLECT)
    assert bool(payments.confirmed) is is_charged


def test_a_daily_job_that_runs_a_little_early_does_not_slip_a_day(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_missed()
    paws.plan()
    clock.pass_(hours=23, minutes=59, seconds=30)
    assert paws.collect()["total_fees_collected"] == 1


def test_the_connected_account_and_the_rest_after_a_deposit_are_charged(
    application: Application, clock: Clock, payments: RecordingPayments
) -> None:
    paws = salon(application, settings='{"stripe_account": "acct_9"}')
    paws.add_missed(deposit_paid=1000)
    paws.plan()
    clock.pass_(days=1)
    assert paws.collect()["fee_cents_collected"] == {"USD": 1500}
    assert (payments.created[0].account, payments.created[0].amount_cents) == ("acct_9", 1500)


def test_where_fees_are_not_charged_by_themselves_they_stay_for_staff(
    application: Application, clock: Clock, payments: RecordingPayments
) -> None:
    paws = salon(application, settings='{"no_show": {"auto_charge": false}}')
    paws.add_due_fee(clock)
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
    appointment = paws.add_missed(start, owner_id=paws.add_owner())
    if status:
        with paws.engine.begin() as connection:
            rows.reminder(connection, appointment, start + moved_by * HOUR, status=status)
    paws.plan()
    clock.pass_(days=1)
    result = paws.collect()
    fee = paws.fee()
    assert (fee.status, len(payments.confirmed)) == (expected, 1 if expected == "succeeded" else 0)
    if expected == "failed":
        assert (fee.failure_code, result["skipped"]) == ("no_delivered_reminder", {"no_delivered_reminder": 1})
        assert paws.charge_by_staff(fee.id) == "succeeded"


def test_a_delivered_text_about_something_else_is_no_reminder(paws: Salon) -> None:
    appointment = paws.add_missed()
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
    paws.add_due_fee_with_notice(clock, **owner)
    told = len(sms.sent)
    result = paws.collect_and_deliver()
    assert (paws.fee().status, paws.fee().failure_code, payments.created) == ("failed", code, [])
    assert (result["total_fees_failed"], result["skipped"]) == (1, {code: 1})
    assert len(sms.sent) == told
    assert paws.collect_and_deliver()["total_fees_failed"] == 0


def test_nothing_is_charged_more_than_14_days_after_the_visit(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    paws.add_due_fee(clock)
    clock.pass_(days=14)
    paws.collect()
    assert (paws.fee().status, paws.fee().failure_code, payments.created) == ("failed", "too_late", [])


def test_on_the_14th_day_it_still_is(paws: Salon, clock: Clock) -> None:
    paws.add_due_fee(clock)
    clock.pass_(days=13)
    assert paws.collect()["total_fees_collected"] == 1


def test_staff_may_charge_a_fee_however_old_the_visit_is(paws: Salon, clock: Clock) -> None:
    paws.add_due_fee(clock)
    clock.pass_(days=30)
    assert paws.charge_by_staff(paws.fee().id) == "succeeded"


def test_staff_cannot_charge_a_fee_of_a_business_that_is_not_served(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    salon(paws.application, subdomain="good")
    paws.add_due_fee(clock)
    rows.change(paws.engine, tables.tenants, paws.tenant_id, is_active=False)
    with pytest.raises(UsageError, match="its business is not served"):
        paws.charge_by_staff(paws.fee().id)
    assert (paws.fee().status, payments.created) == ("pending", [])


def test_a_tenant_with_bad_settings_is_charged_for_nobody(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    salon(paws.application, subdomain="good")
    paws.add_due_fee(clock)
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
            lambda elsewhere: tables.payments.update().values(owner_id=elsewhere.add_owner()),
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
    paws.add_missed(service_id=service)
    paws.plan()
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
    owner, long_ago = paws.add_owner(), NOON - 3 * HOUR
    paws.add_missed(long_ago)
    paws.run()
    rows.change(paws.engine, tables.payments, paws.fee().id, next_attempt_at=NOON + 5 * DAY)
    clock.pass_(days=4)
    paws.add_missed(long_ago, owner_id=owner, status="no_show", service_id=service)
    paws.add_missed(long_ago + 4 * DAY, owner_id=owner)
    paws.run()
    clock.pass_(days=1)
    assert paws.run()["total_fees_collected"] == 2


def test_what_the_owner_missed_at_another_business_has_no_part_in_the_visit(paws: Salon, clock: Clock) -> None:
    paws.add_due_fee(clock)
    elsewhere = salon(paws.application, subdomain="elsewhere")
    paws.change(elsewhere.add_missed(owner_id=rows.only(paws.engine, tables.owners).id), status="no_show")
    result = paws.do(Stage.PLAN, Stage.COLLECT)
    assert (paws.fee().status, result["total_fees_collected"]) == ("succeeded", 1)


def test_a_fee_that_is_waived_from_the_start_waits_for_no_charge(paws: Salon) -> None:
    paws.add_missed(deposit_paid=9900)
    paws.add_missed(NOON - 4 * HOUR)
    paws.add_kept(NOON - HOUR, 3)
    paws.plan()
    fees = {each.status: (each.method, each.next_attempt_at) for each in paws.fees()}
    assert fees == {"waived": (None, None), "pending": ("card", NOON + DAY)}


@pytest.mark.parametrize("status", ["pending", "processing", "succeeded"])
def test_a_payment_that_is_no_fee_is_never_touched(
    paws: Salon, clock: Clock, payments: RecordingPayments, status: str
) -> None:
    paws.add_due_fee(clock)
    deposit = paws.fee().id
    rows.change(paws.engine, tables.payments, deposit, type="deposit", status=status, claimed_until=clock.now)
    before = rows.all_of(paws.engine, tables.payments)
    paws.run()
    with paws.engine.connect() as connection:
        assert (listed(connection), fees_by_id(connection, [deposit])) == ([], {})
    for act in (
        lambda: staff_actions.charge(collection_for_staff(paws.application), deposit, Staff("Maria", "a mistake")),
        lambda: staff_actions.give_back(
            collection_for_staff(paws.application), deposit, None, Staff("Maria", "a mistake")
        ),
    ):
        with pytest.raises((UsageError, NoResultFound)):
            act()
    assert (rows.all_of(paws.engine, tables.payments), payments.created, payments.refunded) == (before, [], [])


# Asking first


def test_a_dry_run_tells_what_would_be_charged_and_charges_nobody(
    paws: Salon, clock: Clock, payments: RecordingPayments
) -> None:
    by_hand_only = salon(paws.application, subdomain="by-hand", settings='{"no_show": {"auto_charge": false}}')
    by_hand_only.add_missed(owner_id=by_hand_only.add_owner(stripe_customer_id="cus_2"))
    for owner in ({}, {"has_payment_method": False}):
        paws.add_missed(owner_id=paws.add_owner(**owner))
    paws.plan()
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
