"""The evidence about a fee: what a bank gets to see when the cardholder disputes the charge."""

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.application import Application
from shared.database import tables
from shared.database.engine import reading
from shared.domain.policy.models import TenantPolicy
from shared.fees import staff_actions
from shared.fees.staff_actions import Staff
from shared.gateways.payments import Declined
from shared.operations.explain import Explanation, explain
from shared.runtime import run
from shared.stages import collection_for_staff
from tests import rows
from tests.doubles import Clock, RecordingPayments
from tests.rows import NOON
from tests.salon import HOUR, Salon, salon

START = NOON + 24 * HOUR


def explained(paws: Salon) -> Explanation:
    with reading(paws.engine) as connection:
        found = explain(connection, "payment", paws.fee().id, TenantPolicy(), ZoneInfo("UTC"))
    assert found is not None
    return found


def evidence(paws: Salon) -> dict[str, Any]:
    found = explained(paws).evidence
    assert found is not None
    read_again: dict[str, Any] = json.loads(json.dumps(found))
    return read_again


@pytest.fixture
def paws(application: Application, clock: Clock, payments: RecordingPayments) -> Salon:
    """A visit that was reminded of, missed, charged at the second attempt, and given back in part."""
    paws = salon(application, settings='{"no_show": {"fee_cap_cents": 2000}, "stripe_account": "acct_1"}')
    owner = paws.add_owner()
    paws.add_missed(START, owner_id=owner)
    paws.add_missed(START + timedelta(days=1), owner_id=owner, status="cancelled")
    clock.now = START - 4 * HOUR
    run(application, "AppointmentReminders24h")
    with paws.engine.begin() as connection:
        connection.execute(tables.notifications.update().values(status="delivered"))
    clock.now = START + 6 * HOUR
    paws.run()
    payments.answer = lambda charge: _raise(Declined("insufficient_funds", charge_id="ch_1"))
    clock.pass_(days=1)
    paws.run()
    payments.answer = lambda charge: None
    staff_actions.charge(collection_for_staff(application), paws.fee().id, Staff("Maria", "Ana asked to try again"))
    staff_actions.give_back(collection_for_staff(application), paws.fee().id, 500, Staff("Tom", "goodwill"))
    return paws


def _raise(error: Exception) -> None:
    raise error


def test_it_holds_the_payment_and_the_policy_in_force(paws: Salon, clock: Clock) -> None:
    fee, found = paws.fee(), evidence(paws)
    assert found["payment"] | {} == {
        "id": str(fee.id),
        "business": "Happy Paws",
        "status": "succeeded",
        "amount_cents": 2000,
        "currency": "USD",
        "description": "No-show fee, missed visit 1",
        "offence_number": 1,
        "visit_on": "2026-03-04",
        "stripe_payment_intent_id": f"pi-{fee.id}",
        "failure_code": None,
        "written_at": (START + 6 * HOUR).isoformat(),
        "due_at": (START + 30 * HOUR).isoformat(),
        "collected_at": clock.now.isoformat(),
    }
    assert (found["policy_in_force"]["grace_minutes"], found["policy_in_force"]["fee_cents"]) == (15, 2000)


def test_it_holds_when_the_visit_was_booked_and_that_nobody_came(paws: Salon) -> None:
    (visit,) = evidence(paws)["visit"]
    assert visit.pop("id")
    assert visit == {
        "scheduled_start": START.isoformat(),
        "scheduled_end": (START + HOUR).isoformat(),
        "status": "no_show",
        "created_at": rows.BOOKED.isoformat(),
        "arrived_at": None,
        "actual_start": None,
        "cancelled_at": None,
    }


def test_it_holds_the_reminders_as_they_were_sent_with_their_receipts_and_without_the_number(paws: Salon) -> None:
    found = evidence(paws)
    (reminder,) = found["reminders"]
    assert (reminder["kind"], reminder["status"], reminder["about_the_start"]) == (
        "reminder_24h", "delivered", START.isoformat(),
    )  # fmt: skip
    assert (reminder["sent_at"], reminder["to"]) == ((START - 4 * HOUR).isoformat(), "+1•••••0143")
    assert reminder["text"].startswith("Happy Paws reminder: visit for your pet")
    assert reminder["provider_message_id"] == "SM1"
    assert "5550143" not in json.dumps(found)


def test_it_holds_the_notice_and_the_receipt(paws: Salon) -> None:
    found = evidence(paws)
    (notice,), (receipt,) = found["notice"], found["receipt"]
    assert "No-show fee: $20.00" in notice["text"]
    assert (notice["status"], receipt["kind"], found["could_not_be_charged"]) == ("sent", "fee_receipt", [])


def test_it_holds_every_attempt_with_the_providers_ids(paws: Salon) -> None:
    fee = paws.fee()
    attempts = evidence(paws)["attempts"]
    assert [(each["attempt"], each["outcome"], each["code"], each["stripe_charge_id"]) for each in attempts] == [
        (1, "declined", "insufficient_funds", "ch_1"),
        (2, "succeeded", None, f"ch-{fee.id}-2"),
    ]
    assert {
        (each["stripe_customer_id"], each["stripe_payment_method_id"], each["stripe_account"]) for each in attempts
    } == {("cus_1", "pm_1", "acct_1")}


def test_it_holds_refunds_and_what_staff_did_with_who_and_why(paws: Salon) -> None:
    found = evidence(paws)
    (refund,) = found["refunds"]
    assert (refund["amount_cents"], refund["outcome"]) == (500, "done")
    assert refund["stripe_refund_id"].startswith("re-")
    assert [(each["action"], each["who"], each["why"]) for each in found["by_hand"]] == [
        ("charge", "Maria", "Ana asked to try again"),
        ("refund", "Tom", "goodwill"),
    ]
    told = [each.what for each in explained(paws).timeline]
    assert "charge by Maria: Ana asked to try again" in told
    assert "refund by Tom of $5.00: done: goodwill" in told


def test_what_was_not_sent_says_why(application: Application, clock: Clock) -> None:
    paws = salon(application)
    paws.add_missed(START, owner_id=paws.add_owner(sms_opted_in=False))
    clock.now = START - 4 * HOUR
    run(application, "AppointmentReminders24h")
    clock.now = START + 6 * HOUR
    paws.run()
    found = evidence(paws)
    (reminder,), (notice,) = found["reminders"], found["notice"]
    for each in (reminder, notice):
        assert (each["status"], each["not_sent_because"], each["sent_at"], each["text"]) == (
            "skipped", "The owner does not want text messages.", None, None,
        )  # fmt: skip


def test_it_holds_the_whole_visit_wherever_its_appointments_lie_by_now_and_nothing_of_another_day(
    application: Application, clock: Clock
) -> None:
    paws = salon(application)
    owner = paws.add_owner(sms_opted_in=False)
    moved, other = (paws.add_missed(START + hours * HOUR, owner_id=owner) for hours in (0, 2))
    kept = paws.add_missed(START - 22 * HOUR, owner_id=owner)
    for hours in (-26, -4):
        clock.now = START + hours * HOUR
        run(application, "AppointmentReminders24h")
    paws.change(kept, status="completed")
    clock.now = START + 6 * HOUR
    paws.run()
    paws.change(moved, scheduled_start=START - 20 * HOUR)  # staff moved it afterwards, to the day before
    found = evidence(paws)
    its = {str(moved), str(other)}
    assert {each["id"] for each in found["visit"]} == its
    assert {each["appointment_id"] for each in found["reminders"]} == its


def test_a_text_that_was_refused_is_not_shown_as_one_that_was_sent(application: Application, clock: Clock) -> None:
    paws = salon(application)
    appointment = paws.add_missed(START, owner_id=paws.add_owner())
    with paws.engine.begin() as connection:
        rows.reminder(connection, appointment, START, status="failed")
        connection.execute(tables.notifications.update().values(sent_at=None))
    clock.now = START + 6 * HOUR
    paws.run()
    (reminder,) = evidence(paws)["reminders"]
    assert (reminder["status"], reminder["text"], reminder["to"]) == ("failed", None, None)


def test_only_a_payment_has_evidence(application: Application) -> None:
    with application.engine.begin() as connection:
        appointment = rows.appointment(connection, rows.tenant(connection), START)
    with reading(application.engine) as connection:
        found = explain(connection, "appointment", appointment, TenantPolicy(), ZoneInfo("UTC"))
    assert found is not None
    assert found.evidence is None
