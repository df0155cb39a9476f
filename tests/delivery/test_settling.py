"""Finding out what became of messages nobody knows the outcome of."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.database import tables
from shared.errors import RunFailed
from shared.gateways.sms import CredentialsRefused, Logged, NotProcessed, OutcomeUnknown, Sms
from tests import rows
from tests.delivery.conftest import Outbox
from tests.rows import NOON

UNCLEAR = OutcomeUnknown("timeout")


def leave_unclear(outbox: Outbox, many: int, accepted: Callable[[int], bool] = lambda _: True) -> None:
    """Let `many` messages end without a clear answer, of which the provider took some; wait until the log tells all."""
    outbox.fill(many, settings='{"sms": {"rate_limit_per_hour": 100000}}')
    numbers = iter(range(many))

    def answer(sms: Sms) -> None:
        number = next(numbers)
        if accepted(number):
            outbox.sms.took(sms, f"SM-log-{number}", outbox.clock.now)
        raise UNCLEAR

    outbox.sms.answer = answer
    while outbox.statuses.get("planned"):
        outbox.deliver(concurrency=1)
        with outbox.application.engine.begin() as connection:
            connection.execute(tables.breakers.delete())
    outbox.always(None)
    outbox.clock.pass_(minutes=6)


def test_one_sweep_answers_about_many(outbox: Outbox) -> None:
    leave_unclear(outbox, 30, lambda number: number % 3 > 0)
    outbox.deliver()
    assert outbox.sms.asked == [(None, NOON - timedelta(hours=1))]
    assert outbox.statuses == {"sent": 30}
    assert len(outbox.sms.sent) == 40, "the ten that the log does not hold left once more"
    from_the_log = [each for each in outbox.notifications if each.provider_message_id.startswith("SM-log-")]
    assert len({each.provider_message_id for each in from_the_log}) == 20


def test_a_few_are_asked_about_one_by_one(outbox: Outbox) -> None:
    leave_unclear(outbox, 10)
    outbox.deliver()
    assert len(outbox.sms.asked) == 10
    assert None not in {phone for phone, _ in outbox.sms.asked}
    assert outbox.statuses == {"sent": 10}


def test_a_sweep_through_more_than_it_is_worth_is_given_up(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.delivery.settling.provider_log.PAGE", 1)
    leave_unclear(outbox, 11)
    sms = Sms(rows.uuid4(), "+16465550000", "another business", 60)
    for number in range(30):
        outbox.sms.took(sms, f"SM-other-{number}", outbox.clock.now)
    with outbox.application.engine.begin() as connection:
        connection.execute(tables.notifications.update().values(sent_at=None))
    outbox.deliver()
    assert [phone for phone, _ in outbox.sms.asked].count(None) == 1
    assert len(outbox.sms.asked) == 12
    assert outbox.statuses == {"sent": 11}


@pytest.mark.parametrize("many", [3, 30])
@pytest.mark.parametrize("error", [NotProcessed("20429"), UNCLEAR])
def test_a_log_that_cannot_be_read_leaves_all_as_it_is_for_the_next_run(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch, error: Exception, many: int
) -> None:
    leave_unclear(outbox, many)

    async def unreadable(since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        raise error
        yield

    monkeypatch.setattr(outbox.sms, "log", unreadable)
    result = outbox.deliver()
    assert (outbox.statuses, result["delivery"]["ambiguous"]) == ({"sending": many}, {})
    assert {each.ambiguities for each in outbox.notifications} == {0}
    monkeypatch.undo()
    outbox.clock.pass_(minutes=2)
    outbox.deliver()
    assert outbox.statuses == {"sent": many}
    assert len(outbox.sms.sent) == many


def test_refused_credentials_at_the_log_stop_the_run_and_lose_nothing(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_unclear(outbox, 2)

    async def refused(since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        raise CredentialsRefused("20003")
        yield

    monkeypatch.setattr(outbox.sms, "log", refused)
    with pytest.raises(RunFailed, match="20003"):
        outbox.run()
    assert outbox.statuses == {"sending": 2}


def test_an_outage_in_which_much_was_taken_is_settled_without_sending_anything_twice(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.delivery.settling.lapsed.BATCH", 40)
    leave_unclear(outbox, 100)
    outbox.deliver()
    assert outbox.statuses == {"sent": 100}
    assert len(outbox.sms.sent) == 100
    assert len(outbox.sms.asked) == 3


def test_the_provider_may_repeat_itself_in_its_log(outbox: Outbox) -> None:
    leave_unclear(outbox, 2)
    outbox.sms.books += outbox.sms.books
    outbox.deliver()
    assert len({each.provider_message_id for each in outbox.notifications}) == 2


@pytest.mark.parametrize("skew", [-3599, -121, 0, 121, 3599])
def test_the_providers_clock_may_be_an_hour_off(outbox: Outbox, skew: int) -> None:
    leave_unclear(outbox, 1)
    entry = outbox.sms.books[0]
    outbox.sms.books[0] = replace(entry, created_at=entry.created_at + timedelta(seconds=skew))
    outbox.deliver()
    assert (outbox.statuses, len(outbox.sms.sent)) == ({"sent": 1}, 1)


def test_a_log_that_was_read_too_soon_proves_nothing_however_long_that_took(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_unclear(outbox, 1, lambda _: False)
    outbox.clock.pass_(minutes=-4)
    log = outbox.sms.log

    async def slow(since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        async for each in log(since, to):
            yield each
        outbox.clock.pass_(minutes=4)

    monkeypatch.setattr(outbox.sms, "log", slow)
    outbox.deliver()
    assert (outbox.statuses, len(outbox.sms.asked)) == ({"sent": 1}, 2), "asked again before it left again"


def twins(outbox: Outbox) -> None:
    """Two owners with one number, to whom the very same text is to go."""
    with outbox.application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        for _ in range(2):
            owner = rows.owner(connection, tenant)
            rows.appointment(connection, tenant, NOON + timedelta(hours=24), owner_id=owner)
    outbox.plan()


def test_what_another_worker_is_just_sending_is_not_taken_for_this_one(outbox: Outbox) -> None:
    """The log holds the other worker's message, which that one has not recorded yet."""
    twins(outbox)
    outbox.answer(UNCLEAR)
    outbox.deliver(concurrency=1, time_budget=timedelta(seconds=20), max_per_second=0.01)
    outbox.clock.pass_(minutes=6)
    unclear, planned = sorted(outbox.notifications, key=lambda each: each.status != "sending")
    rows.change(
        outbox.application.engine,
        tables.notifications,
        planned.id,
        status="sending",
        claimed_by="another worker",
        claimed_until=outbox.clock.now + timedelta(minutes=4),
        to_phone=unclear.to_phone,
        body=unclear.body,
    )
    outbox.sms.took(outbox.sms.sent[0], "SM-of-the-other", outbox.clock.now)
    outbox.deliver()
    assert [each.provider_message_id for each in outbox.notifications] == [None, None]
    rows.change(
        outbox.application.engine,
        tables.notifications,
        planned.id,
        status="sent",
        provider_message_id="SM-of-the-other",
        sent_at=outbox.clock.now,
    )
    outbox.clock.pass_(minutes=2)
    outbox.deliver()
    assert outbox.statuses == {"sent": 2}
    assert len(outbox.sms.sent) == 2, "the log did not hold it: it left once more"


def test_an_id_that_another_run_recorded_meanwhile_is_not_recorded_twice(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs ask about two equal messages at the same time, and the log holds one: the unique id decides."""
    twins(outbox)
    outbox.always(UNCLEAR)
    outbox.deliver()
    outbox.always(None)
    outbox.clock.pass_(minutes=6)
    outbox.sms.took(outbox.sms.sent[0], "SM-one", NOON)
    first, second = outbox.notifications
    engine = outbox.application.engine
    later = outbox.clock.now + timedelta(minutes=5)
    rows.change(engine, tables.notifications, second.id, claimed_by="another run", claimed_until=later, body="other")
    log = outbox.sms.log

    async def raced(since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        async for each in log(since, to):
            settled: dict[str, Any] = {"status": "sent", "provider_message_id": each.id, "sent_at": NOON}
            await asyncio.to_thread(rows.change, engine, tables.notifications, second.id, **settled)
            yield each

    monkeypatch.setattr(outbox.sms, "log", raced)
    outbox.deliver()
    kept = next(each for each in outbox.notifications if each.id == first.id)
    assert (kept.status, kept.provider_message_id) == ("sending", None)
    monkeypatch.undo()
    outbox.clock.pass_(minutes=2)
    outbox.deliver()
    assert outbox.statuses == {"sent": 2}
    assert len(outbox.sms.sent) == 3


def test_one_id_that_is_taken_does_not_keep_the_others_from_being_settled(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_unclear(outbox, 5)
    victim = outbox.notifications[0]
    taken = next(each.id for each in outbox.sms.books if each.to == victim.to_phone)
    log, engine = outbox.sms.log, outbox.application.engine
    with engine.begin() as connection:
        owner = rows.owner(connection, victim.tenant_id, phone="+16465550000", first_name="Zoe")
        rows.appointment(connection, victim.tenant_id, NOON + timedelta(hours=24), owner_id=owner)
    outbox.plan()
    stranger = next(each for each in outbox.notifications if each.status == "planned")

    async def raced(since: datetime, to: str | None = None) -> AsyncIterator[Logged]:
        async for each in log(since, to):
            if each.id == taken:
                settled: dict[str, Any] = {"status": "sent", "provider_message_id": taken, "sent_at": NOON}
                await asyncio.to_thread(rows.change, engine, tables.notifications, stranger.id, **settled)
            yield each

    monkeypatch.setattr(outbox.sms, "log", raced)
    outbox.deliver()
    assert outbox.statuses == {"sending": 1, "sent": 5}


def test_what_a_tenant_that_switched_texts_off_left_unclear_is_settled_too(outbox: Outbox) -> None:
    leave_unclear(outbox, 2)
    with outbox.application.engine.begin() as connection:
        connection.execute(tables.tenants.update().values(settings='{"sms": {"enabled": false}}'))
    outbox.deliver()
    assert outbox.statuses == {"sent": 2}


def test_nobody_is_asked_while_a_claim_holds(outbox: Outbox) -> None:
    leave_unclear(outbox, 1)
    with outbox.application.engine.begin() as connection:
        connection.execute(
            tables.notifications.update().values(claimed_until=outbox.clock.now + timedelta(microseconds=1))
        )
    outbox.deliver()
    assert outbox.sms.asked == []
