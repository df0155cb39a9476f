"""What one tenant may send in an hour."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from shared.database import breakers
from shared.database.tables import notifications
from shared.domain.breaker import FIRST_WAIT, Breaker
from shared.gateways.sms import NotProcessed, OutcomeUnknown, Rejected
from shared.runtime import run
from tests import rows
from tests.delivery.conftest import Outbox
from tests.rows import NOON

THREE = '{"sms": {"rate_limit_per_hour": 3}}'


def test_what_is_above_the_cap_waits_for_the_hour_to_pass(outbox: Outbox) -> None:
    outbox.fill(8, settings=THREE)
    result = outbox.deliver()
    assert outbox.statuses == {"planned": 5, "sent": 3}
    assert {each.attempts for each in outbox.notifications if each.status == "planned"} == {0}
    assert result["delivery"]["deferred"] == {"reminder_24h": 5}
    outbox.clock.pass_(minutes=59)
    outbox.deliver()
    assert outbox.statuses == {"planned": 5, "sent": 3}
    outbox.clock.pass_(minutes=1)
    outbox.deliver()
    assert outbox.statuses == {"planned": 2, "sent": 6}


def test_the_hour_is_rolling(outbox: Outbox) -> None:
    outbox.fill(8, settings=THREE)
    moments = [NOON, NOON + timedelta(minutes=20), NOON + timedelta(minutes=40)]
    for number, moment in enumerate(moments, start=1):
        outbox.clock.now = moment
        outbox.deliver(time_budget=timedelta(seconds=10), max_per_second=0.05)  # one in this time
        assert outbox.statuses["sent"] == number
    outbox.clock.now = NOON + timedelta(hours=1)
    outbox.deliver()
    assert outbox.statuses["sent"] == 4


def test_the_cap_of_one_tenant_holds_nobody_else_up(outbox: Outbox) -> None:
    outbox.fill(8, settings=THREE)
    outbox.fill(8, "other")
    outbox.deliver()
    assert outbox.statuses == {"planned": 5, "sent": 11}


def test_a_tenant_at_its_cap_holds_nobody_up_although_it_fills_whole_batches(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.delivery.claiming.LARGEST_BATCH", 2)
    tenant = outbox.fill(8, settings=THREE)
    outbox.fill(8, "other")
    with outbox.application.engine.begin() as connection:  # and its texts are the more urgent ones
        connection.execute(update(notifications).where(notifications.c.tenant_id == tenant).values(priority=0))
    outbox.deliver(concurrency=1)
    assert outbox.statuses == {"planned": 5, "sent": 11}


def test_a_tenant_at_its_cap_keeps_nobody_from_trying_the_provider_again(outbox: Outbox) -> None:
    tenant = outbox.fill(2, settings='{"sms": {"rate_limit_per_hour": 0}}')
    outbox.fill(1, "other")
    with outbox.application.engine.begin() as connection:
        connection.execute(update(notifications).where(notifications.c.tenant_id == tenant).values(priority=0))
        breakers.open_(connection, Breaker("sms"), "timeout", outbox.clock.now - FIRST_WAIT)
    outbox.deliver()
    assert outbox.statuses == {"planned": 2, "sent": 1}


def test_the_most_urgent_leave_first(outbox: Outbox) -> None:
    tenant = outbox.fill(4, settings=THREE)
    with outbox.application.engine.begin() as connection:
        rows.appointment(connection, tenant, NOON + timedelta(hours=2))
    run(replace(outbox.application, sms_enabled=False), "AppointmentReminders2h")
    outbox.deliver()
    assert sorted(each.kind for each in outbox.notifications if each.status == "sent") == [
        "reminder_24h",
        "reminder_24h",
        "reminder_2h",
    ]


def test_none_may_be_sent_at_all(outbox: Outbox) -> None:
    outbox.fill(2, settings='{"sms": {"rate_limit_per_hour": 0}}')
    outbox.deliver()
    assert (outbox.statuses, outbox.sms.sent) == ({"planned": 2}, [])


@pytest.mark.parametrize(("error", "left"), [(Rejected("21211"), 3), (NotProcessed("20429"), 3)])
def test_what_did_not_leave_does_not_count(outbox: Outbox, error: Exception, left: int) -> None:
    outbox.fill(6, settings=THREE)
    outbox.answer(*[error] * 3)
    outbox.deliver(concurrency=1)
    assert outbox.statuses["sent"] == left


def test_what_may_have_left_counts(outbox: Outbox) -> None:
    outbox.fill(6, settings=THREE)
    outbox.answer(OutcomeUnknown("timeout"), OutcomeUnknown("timeout"))
    outbox.deliver(concurrency=1)
    assert outbox.statuses == {"planned": 3, "sending": 2, "sent": 1}


def test_four_workers_side_by_side_keep_to_the_cap(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.delivery.claiming.LARGEST_BATCH", 7)
    outbox.fill(60, settings='{"sms": {"rate_limit_per_hour": 20}}')
    with ThreadPoolExecutor(4) as threads:
        for done in [
            threads.submit(run, outbox.application, job)
            for job in ("AppointmentReminders24h", "AppointmentReminders2h", "ReputationUpdater", "VaccinationMonitor")
        ]:
            done.result()
    assert outbox.statuses == {"planned": 40, "sent": 20}
