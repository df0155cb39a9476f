"""Texts about missed visits that could not be sent are sent when they can be, while they are of use."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.database import tables
from shared.gateways.payments import Charge, NeedsCustomer
from shared.runtime import run
from tests import rows
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, JOB, Salon


def change_owner(paws: Salon, owner: UUID, **columns: Any) -> None:
    rows.change(paws.engine, tables.owners, owner, **columns)


def text_decisions(paws: Salon) -> dict[str, tuple[str, str | None]]:
    found = rows.all_of(paws.engine, tables.decisions)
    return {each.kind: (each.outcome, each.reason) for each in found if each.subject_type == "visit"}


@pytest.mark.parametrize("before_noon", [3, 16], ids=["morning", "evening before, the next day in UTC"])
def test_a_phone_number_added_in_time_brings_the_notice(
    paws: Salon, sms: RecordingSms, clock: Clock, before_noon: int
) -> None:
    owner = paws.add_owner(phone=None)
    paws.add_missed(NOON - before_noon * HOUR, owner_id=owner)
    paws.run()
    assert text_decisions(paws)["no_show_notice"] == ("skipped", "no_phone")
    change_owner(paws, owner, phone="+12125550143")
    clock.pass_(hours=24)
    paws.run()
    paws.run()
    assert ["we missed" in body for body in sms.bodies].count(True) == 1
    assert paws.decisions("no_show_notice") == [("notify", None)]


@pytest.mark.parametrize("phone", ["+12125550143", "12"], ids=["a number", "no number"])
def test_a_week_later_the_notice_is_of_no_use_and_not_decided_about(
    paws: Salon, sms: RecordingSms, clock: Clock, phone: str
) -> None:
    owner = paws.add_owner(phone=None)
    paws.add_missed(owner_id=owner)
    paws.run()
    change_owner(paws, owner, phone=phone)
    clock.pass_(hours=7 * 24)
    paws.run()
    assert not any("we missed" in body for body in sms.bodies)
    assert text_decisions(paws)["no_show_notice"] == ("skipped", "no_phone")


@pytest.mark.parametrize("after_noon", [11, -5], ids=["when the week is over", "the moment it is over"])
def test_a_notice_that_could_only_leave_when_it_is_of_no_use_stays_skipped(
    paws: Salon, clock: Clock, after_noon: int
) -> None:
    clock.now = NOON + after_noon * HOUR  # 23:00 or 7:00 in New York
    owner = paws.add_owner(phone=None)
    paws.add_missed(clock.now - 3 * HOUR, owner_id=owner)
    paws.run()
    change_owner(paws, owner, phone="+12125550143")
    clock.pass_(hours=7 * 24 - 1)  # 23:00 or 7:00, summer time by now: quiet hours end at 8:00
    paws.run()
    assert text_decisions(paws)["no_show_notice"] == ("skipped", "no_phone")


@pytest.mark.parametrize("currency", ["USD", "JPY"], ids=["with a fee", "without one"])
def test_the_week_of_a_notice_begins_when_the_visit_was_detected_not_when_staff_marked_a_part_of_it(
    paws: Salon, sms: RecordingSms, clock: Clock, currency: str
) -> None:
    rows.change(paws.engine, tables.tenants, paws.tenant_id, currency=currency)
    owner = paws.add_owner(phone=None)
    paws.add_missed(NOON - timedelta(hours=4), owner_id=owner, status="no_show")
    late = paws.add_missed(NOON - timedelta(hours=3), owner_id=owner, status="in_progress")
    paws.run()  # the switch-on
    run(paws.application, "ReputationUpdater")
    clock.pass_(hours=4 * 24)
    paws.change(late, status="confirmed")
    paws.run()
    change_owner(paws, owner, phone="+12125550143")
    clock.pass_(hours=4 * 24)
    paws.run()
    assert any("we missed" in body for body in sms.bodies)


@pytest.mark.parametrize(("days", "texts"), [(6, 1), (7, 0)])
def test_a_notice_that_waits_is_of_use_for_seven_days(
    paws: Salon, sms: RecordingSms, clock: Clock, days: int, texts: int
) -> None:
    silent = replace(paws.application, sms_enabled=False)
    paws.add_missed()
    run(silent, JOB)
    clock.pass_(hours=24 * days)
    run(paws.application, "AppointmentReminders24h")
    assert (len(sms.bodies), text_decisions(paws)["no_show_notice"] == ("expired", "too_late")) == (texts, not texts)


@pytest.mark.parametrize(("hours", "texts"), [(30 * 24 - 4, 1), (30 * 24 - 3, 0)])
def test_a_text_about_a_visit_of_long_ago_is_not_sent_however_late_it_was_written(
    paws: Salon, sms: RecordingSms, clock: Clock, hours: int, texts: int
) -> None:
    owner = paws.add_owner(phone=None)
    paws.add_missed(NOON - 3 * HOUR, owner_id=owner)
    paws.run()
    clock.pass_(hours=hours)
    change_owner(paws, owner, phone="+12125550143")
    with paws.engine.begin() as connection:
        its = tables.decisions.c.kind == "no_show_notice"
        connection.execute(tables.decisions.update().where(its).values(occurs_at=clock.now - DAY))
    paws.run()
    assert ["we missed" in body for body in sms.bodies].count(True) == texts


def test_a_receipt_that_could_not_be_sent_follows(paws: Salon, sms: RecordingSms, clock: Clock) -> None:
    owner = paws.add_owner(sms_opted_in=False)
    paws.add_missed(owner_id=owner)
    paws.run()
    clock.pass_(hours=24)
    paws.run()
    assert text_decisions(paws)["fee_receipt"] == ("skipped", "opted_out")
    change_owner(paws, owner, sms_opted_in=True)
    clock.pass_(hours=24)
    paws.run()
    assert sorted(body.split(":")[0] for body in sms.bodies) == ["Happy Paws", "Receipt from Happy Paws"]


def test_a_receipt_follows_even_when_staff_corrected_the_visit_since(
    paws: Salon, sms: RecordingSms, clock: Clock
) -> None:
    owner = paws.add_owner(sms_opted_in=False)
    missed = paws.add_missed(owner_id=owner)
    paws.run()
    clock.pass_(hours=24)
    paws.run()
    paws.change(missed, status="completed")
    change_owner(paws, owner, sms_opted_in=True)
    clock.pass_(hours=24)
    paws.run()
    assert [body.split(":")[0] for body in sms.bodies] == ["Receipt from Happy Paws"]
    assert text_decisions(paws)["fee_receipt"] == ("notify", None)


@pytest.mark.parametrize(
    ("status", "decided"), [("failed", ("notify", None)), ("succeeded", ("skipped", "fee_settled"))]
)
def test_that_a_card_could_not_be_charged_is_told_later_unless_it_is_settled_by_then(
    paws: Salon,
    sms: RecordingSms,
    payments: RecordingPayments,
    clock: Clock,
    status: str,
    decided: tuple[str, str | None],
) -> None:
    def refuse(charge: Charge) -> None:
        raise NeedsCustomer("authentication_required")

    payments.answer = refuse
    owner = paws.add_owner(sms_opted_in=False)
    paws.add_missed(owner_id=owner)
    paws.run()
    clock.pass_(hours=24)
    paws.run()
    assert text_decisions(paws)["fee_failed"] == ("skipped", "opted_out")
    rows.change(paws.engine, tables.payments, paws.fee().id, status=status)
    change_owner(paws, owner, sms_opted_in=True)
    clock.pass_(hours=24)
    paws.run()
    assert text_decisions(paws)["fee_failed"] == decided
    assert any("could not be charged" in body for body in sms.bodies) == (status == "failed")


def test_a_run_for_one_business_sends_no_other_ones_texts(paws: Salon, sms: RecordingSms) -> None:
    with paws.engine.begin() as connection:
        rows.tenant(connection, subdomain="other")
    owner = paws.add_owner(phone=None)
    paws.add_missed(owner_id=owner)
    paws.run()
    change_owner(paws, owner, phone="+12125550143")
    paws.run(only=["other"])
    assert sms.bodies == []
    paws.run()
    assert len(sms.bodies) == 1


def test_a_reason_that_stands_is_left_and_one_that_changed_is_recorded(paws: Salon, clock: Clock) -> None:
    owner = paws.add_owner(phone=None)
    paws.add_missed(owner_id=owner)
    paws.run()
    before = rows.all_of(paws.engine, tables.decisions)
    clock.pass_(hours=1)
    paws.run()
    assert rows.all_of(paws.engine, tables.decisions) == before
    change_owner(paws, owner, phone="12")
    paws.run()
    assert text_decisions(paws)["no_show_notice"] == ("skipped", "invalid_phone")


def test_a_visit_that_staff_corrected_is_not_written_about(paws: Salon, sms: RecordingSms, clock: Clock) -> None:
    owner = paws.add_owner(phone=None)
    missed = paws.add_missed(owner_id=owner)
    paws.run()
    paws.change(missed, status="completed")
    change_owner(paws, owner, phone="+12125550143")
    clock.pass_(hours=24)
    paws.run()
    assert sms.bodies == []
    assert text_decisions(paws)["no_show_notice"] == ("skipped", "no_show_corrected")


def test_a_visit_on_a_day_named_closed_since_is_not_written_about(paws: Salon, sms: RecordingSms, clock: Clock) -> None:
    owner = paws.add_owner(phone=None)
    paws.add_missed(owner_id=owner)
    paws.run()
    closed = '{"no_show": {"closed_on": ["2026-03-03"]}}'
    rows.change(paws.engine, tables.tenants, paws.tenant_id, settings=closed)
    change_owner(paws, owner, phone="+12125550143")
    clock.pass_(hours=1)
    paws.run()
    assert sms.bodies == []
    assert text_decisions(paws)["no_show_notice"] == ("skipped", "no_show_corrected")


def test_a_notice_that_waits_is_not_sent_once_staff_waived_the_fee(
    paws: Salon, sms: RecordingSms, clock: Clock
) -> None:
    clock.now = NOON + timedelta(hours=10)  # 22:00 in New York: the notice waits for the morning
    paws.add_missed()
    paws.run()
    rows.change(paws.engine, tables.payments, paws.fee().id, status="waived")
    clock.pass_(hours=11)
    run(paws.application, "AppointmentReminders24h")
    assert sms.bodies == []
    assert text_decisions(paws)["no_show_notice"] == ("cancelled", "no_show_corrected")


def test_a_notice_that_waits_is_not_sent_to_the_owner_of_another_business(
    paws: Salon, sms: RecordingSms, clock: Clock
) -> None:
    owner = paws.add_owner()
    paws.add_missed(owner_id=owner)
    run(replace(paws.application, sms_enabled=False), JOB)
    with paws.engine.begin() as connection:
        other = rows.tenant(connection, "other")
    change_owner(paws, owner, tenant_id=other)
    run(paws.application, "AppointmentReminders24h")
    assert (paws.decisions("no_show_notice"), sms.sent) == ([("cancelled", "foreign_reference")], [])


def test_a_dry_run_tells_it_and_writes_nothing(paws: Salon, clock: Clock) -> None:
    owner = paws.add_owner(phone=None)
    paws.add_missed(owner_id=owner)
    paws.run()
    change_owner(paws, owner, phone="+12125550143")
    before = rows.all_of(paws.engine, tables.decisions)
    clock.now += DAY - timedelta(hours=2)
    would = [each for each in paws.run(is_dry=True)["would"] if each["action"] == "notify"]
    assert ["we missed" in each["text"] for each in would] == [True]
    assert rows.all_of(paws.engine, tables.decisions) == before
