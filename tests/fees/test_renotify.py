"""Texts about missed visits that could not be sent are sent when they can be, while they are of use."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.application import Application
from shared.database import tables
from shared.gateways.payments import Charge, NeedsCustomer
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, JOB, Salon


@pytest.fixture
def salon(application: Application) -> Salon:
    with application.engine.begin() as connection:
        return Salon(application, rows.tenant(connection))


def change_owner(salon: Salon, owner: UUID, **columns: Any) -> None:
    rows.change(salon.engine, tables.owners, owner, **columns)


def text_decisions(salon: Salon) -> dict[str, tuple[str, str | None]]:
    found = rows.all_of(salon.engine, tables.decisions)
    return {each.kind: (each.outcome, each.reason) for each in found if each.subject_type == "visit"}


@pytest.mark.parametrize("before_noon", [3, 16], ids=["morning", "evening before, the next day in UTC"])
def test_a_phone_number_added_in_time_brings_the_notice(
    salon: Salon, sms: RecordingSms, clock: Clock, before_noon: int
) -> None:
    owner = salon.owner(phone=None)
    salon.missed(NOON - before_noon * HOUR, owner_id=owner)
    salon.run()
    assert text_decisions(salon)["no_show_notice"] == ("skipped", "no_phone")
    change_owner(salon, owner, phone="+12125550143")
    clock.pass_(hours=24)
    salon.run()
    salon.run()
    assert ["we missed" in body for body in sms.bodies].count(True) == 1
    assert salon.decided("no_show_notice") == [("notify", None)]


@pytest.mark.parametrize("phone", ["+12125550143", "12"], ids=["a number", "no number"])
def test_a_week_later_the_notice_is_of_no_use_and_not_decided_about(
    salon: Salon, sms: RecordingSms, clock: Clock, phone: str
) -> None:
    owner = salon.owner(phone=None)
    salon.missed(owner_id=owner)
    salon.run()
    change_owner(salon, owner, phone=phone)
    clock.pass_(hours=7 * 24)
    salon.run()
    assert not any("we missed" in body for body in sms.bodies)
    assert text_decisions(salon)["no_show_notice"] == ("skipped", "no_phone")


@pytest.mark.parametrize("after_noon", [11, -5], ids=["when the week is over", "the moment it is over"])
def test_a_notice_that_could_only_leave_when_it_is_of_no_use_stays_skipped(
    salon: Salon, clock: Clock, after_noon: int
) -> None:
    clock.now = NOON + after_noon * HOUR  # 23:00 or 7:00 in New York
    owner = salon.owner(phone=None)
    salon.missed(clock.now - 3 * HOUR, owner_id=owner)
    salon.run()
    change_owner(salon, owner, phone="+12125550143")
    clock.pass_(hours=7 * 24 - 1)  # 23:00 or 7:00, summer time by now: quiet hours end at 8:00
    salon.run()
    assert text_decisions(salon)["no_show_notice"] == ("skipped", "no_phone")


@pytest.mark.parametrize("currency", ["USD", "JPY"], ids=["with a fee", "without one"])
def test_the_week_of_a_notice_begins_when_the_visit_was_detected_not_when_staff_marked_a_part_of_it(
    salon: Salon, sms: RecordingSms, clock: Clock, currency: str
) -> None:
    rows.change(salon.engine, tables.tenants, salon.tenant_id, currency=currency)
    owner = salon.owner(phone=None)
    salon.missed(NOON - timedelta(hours=4), owner_id=owner, status="no_show")
    late = salon.missed(NOON - timedelta(hours=3), owner_id=owner, status="in_progress")
    salon.run()  # the switch-on
    run(salon.application, "ReputationUpdater")
    clock.pass_(hours=4 * 24)
    salon.set(late, status="confirmed")
    salon.run()
    change_owner(salon, owner, phone="+12125550143")
    clock.pass_(hours=4 * 24)
    salon.run()
    assert any("we missed" in body for body in sms.bodies)


@pytest.mark.parametrize(("days", "texts"), [(6, 1), (7, 0)])
def test_a_notice_that_waits_is_of_use_for_seven_days(
    salon: Salon, sms: RecordingSms, clock: Clock, days: int, texts: int
) -> None:
    silent = replace(salon.application, sms_enabled=False)
    salon.missed()
    run(silent, JOB)
    clock.pass_(hours=24 * days)
    run(salon.application, "AppointmentReminders24h")
    assert (len(sms.bodies), text_decisions(salon)["no_show_notice"] == ("expired", "too_late")) == (texts, not texts)


@pytest.mark.parametrize(("hours", "texts"), [(30 * 24 - 4, 1), (30 * 24 - 3, 0)])
def test_a_text_about_a_visit_of_long_ago_is_not_sent_however_late_it_was_written(
    salon: Salon, sms: RecordingSms, clock: Clock, hours: int, texts: int
) -> None:
    owner = salon.owner(phone=None)
    salon.missed(NOON - 3 * HOUR, owner_id=owner)
    salon.run()
    clock.pass_(hours=hours)
    change_owner(salon, owner, phone="+12125550143")
    with salon.engine.begin() as connection:
        its = tables.decisions.c.kind == "no_show_notice"
        connection.execute(tables.decisions.update().where(its).values(occurs_at=clock.now - DAY))
    salon.run()
    assert ["we missed" in body for body in sms.bodies].count(True) == texts


def test_a_receipt_that_could_not_be_sent_follows(salon: Salon, sms: RecordingSms, clock: Clock) -> None:
    owner = salon.owner(sms_opted_in=False)
    salon.missed(owner_id=owner)
    salon.run()
    clock.pass_(hours=24)
    salon.run()
    assert text_decisions(salon)["fee_receipt"] == ("skipped", "opted_out")
    change_owner(salon, owner, sms_opted_in=True)
    clock.pass_(hours=24)
    salon.run()
    assert sorted(body.split(":")[0] for body in sms.bodies) == ["Happy Paws", "Receipt from Happy Paws"]


def test_a_receipt_follows_even_when_staff_corrected_the_visit_since(
    salon: Salon, sms: RecordingSms, clock: Clock
) -> None:
    owner = salon.owner(sms_opted_in=False)
    missed = salon.missed(owner_id=owner)
    salon.run()
    clock.pass_(hours=24)
    salon.run()
    salon.set(missed, status="completed")
    change_owner(salon, owner, sms_opted_in=True)
    clock.pass_(hours=24)
    salon.run()
    assert [body.split(":")[0] for body in sms.bodies] == ["Receipt from Happy Paws"]
    assert text_decisions(salon)["fee_receipt"] == ("notify", None)


@pytest.mark.parametrize(
    ("status", "decided"), [("failed", ("notify", None)), ("succeeded", ("skipped", "fee_settled"))]
)
def test_that_a_card_could_not_be_charged_is_told_later_unless_it_is_settled_by_then(
    salon: Salon,
    sms: RecordingSms,
    payments: RecordingPayments,
    clock: Clock,
    status: str,
    decided: tuple[str, str | None],
) -> None:
    def refuse(charge: Charge) -> None:
        raise NeedsCustomer("authentication_required")

    payments.answer = refuse
    owner = salon.owner(sms_opted_in=False)
    salon.missed(owner_id=owner)
    salon.run()
    clock.pass_(hours=24)
    salon.run()
    assert text_decisions(salon)["fee_failed"] == ("skipped", "opted_out")
    rows.change(salon.engine, tables.payments, salon.fee().id, status=status)
    change_owner(salon, owner, sms_opted_in=True)
    clock.pass_(hours=24)
    salon.run()
    assert text_decisions(salon)["fee_failed"] == decided
    assert any("could not be charged" in body for body in sms.bodies) == (status == "failed")


def test_a_run_for_one_business_sends_no_other_ones_texts(
    application: Application, salon: Salon, sms: RecordingSms
) -> None:
    with application.engine.begin() as connection:
        rows.tenant(connection, subdomain="other")
    owner = salon.owner(phone=None)
    salon.missed(owner_id=owner)
    salon.run()
    change_owner(salon, owner, phone="+12125550143")
    salon.run(only=["other"])
    assert sms.bodies == []
    salon.run()
    assert len(sms.bodies) == 1


def test_a_reason_that_stands_is_left_and_one_that_changed_is_recorded(salon: Salon, clock: Clock) -> None:
    owner = salon.owner(phone=None)
    salon.missed(owner_id=owner)
    salon.run()
    before = rows.all_of(salon.engine, tables.decisions)
    clock.pass_(hours=1)
    salon.run()
    assert rows.all_of(salon.engine, tables.decisions) == before
    change_owner(salon, owner, phone="12")
    salon.run()
    assert text_decisions(salon)["no_show_notice"] == ("skipped", "invalid_phone")


def test_a_visit_that_staff_corrected_is_not_written_about(salon: Salon, sms: RecordingSms, clock: Clock) -> None:
    owner = salon.owner(phone=None)
    missed = salon.missed(owner_id=owner)
    salon.run()
    salon.set(missed, status="completed")
    change_owner(salon, owner, phone="+12125550143")
    clock.pass_(hours=24)
    salon.run()
    assert sms.bodies == []
    assert text_decisions(salon)["no_show_notice"] == ("skipped", "no_show_corrected")


def test_a_visit_on_a_day_named_closed_since_is_not_written_about(
    salon: Salon, sms: RecordingSms, clock: Clock
) -> None:
    owner = salon.owner(phone=None)
    salon.missed(owner_id=owner)
    salon.run()
    closed = '{"no_show": {"closed_on": ["2026-03-03"]}}'
    rows.change(salon.engine, tables.tenants, salon.tenant_id, settings=closed)
    change_owner(salon, owner, phone="+12125550143")
    clock.pass_(hours=1)
    salon.run()
    assert sms.bodies == []
    assert text_decisions(salon)["no_show_notice"] == ("skipped", "no_show_corrected")


def test_a_notice_that_waits_is_not_sent_once_staff_waived_the_fee(
    salon: Salon, sms: RecordingSms, clock: Clock
) -> None:
    clock.now = NOON + timedelta(hours=10)  # 22:00 in New York: the notice waits for the morning
    salon.missed()
    salon.run()
    rows.change(salon.engine, tables.payments, salon.fee().id, status="waived")
    clock.pass_(hours=11)
    run(salon.application, "AppointmentReminders24h")
    assert sms.bodies == []
    assert text_decisions(salon)["no_show_notice"] == ("cancelled", "no_show_corrected")


def test_a_notice_that_waits_is_not_sent_to_the_owner_of_another_business(
    salon: Salon, sms: RecordingSms, clock: Clock
) -> None:
    owner = salon.owner()
    salon.missed(owner_id=owner)
    run(replace(salon.application, sms_enabled=False), JOB)
    with salon.engine.begin() as connection:
        other = rows.tenant(connection, "other")
    change_owner(salon, owner, tenant_id=other)
    run(salon.application, "AppointmentReminders24h")
    assert (salon.decided("no_show_notice"), sms.sent) == ([("cancelled", "foreign_reference")], [])


def test_a_dry_run_tells_it_and_writes_nothing(salon: Salon, clock: Clock) -> None:
    owner = salon.owner(phone=None)
    salon.missed(owner_id=owner)
    salon.run()
    change_owner(salon, owner, phone="+12125550143")
    before = rows.all_of(salon.engine, tables.decisions)
    clock.now += DAY - timedelta(hours=2)
    would = [each for each in salon.run(is_dry=True)["would"] if each["action"] == "notify"]
    assert ["we missed" in each["text"] for each in would] == [True]
    assert rows.all_of(salon.engine, tables.decisions) == before
