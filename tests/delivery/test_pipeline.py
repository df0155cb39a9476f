"""The pipeline: batches are claimed, sent and recorded side by side, with few statements, and it ends in good order."""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Collection, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, select, text

from shared.database import limits, tables
from shared.database.outbox import Scope, due
from shared.delivery import pipeline
from shared.delivery.stopping import run_until_stopped
from shared.gateways.sms import Accepted, OutcomeUnknown, Sms
from tests import rows
from tests.delivery.conftest import Outbox
from tests.doubles import RecordingSms
from tests.rows import NOON


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.delivery.claiming.LARGEST_BATCH", 3)


class AwaitedSms(RecordingSms):
    """Lets others do their work before it takes a message."""

    async def send(self, sms: Sms) -> Accepted:
        await asyncio.sleep(0.001)
        return await super().send(sms)


def test_what_another_worker_took_at_the_last_moment_is_left_to_it(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.fill(2)
    first = select(tables.notifications.c.id).order_by(tables.notifications.c.id).limit(1)

    def steal(connection: Connection, _: Collection[UUID]) -> None:  # between choosing and claiming
        stolen = tables.notifications.update().where(tables.notifications.c.id == connection.scalar(first))
        connection.execute(stolen.values(status="sending", claimed_by="another", claimed_until=NOON))

    monkeypatch.setattr(limits, "lock", steal)
    outbox.deliver()
    assert outbox.statuses == {"sending": 1, "sent": 1}
    assert len(outbox.sms.sent) == 1


def test_the_first_batch_is_no_larger_than_what_can_leave_at_once(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.fill(6)
    sizes, claim = [], pipeline.claim
    monkeypatch.setattr(pipeline, "claim", lambda *args: sizes.append(args[-1]) or claim(*args))
    outbox.deliver(concurrency=4)
    assert sizes[:2] == [4, 4 * 30]


def test_a_log_that_listens_hears_what_became_of_each_text(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    outbox.fill(1)
    caplog.set_level("DEBUG", "shared.delivery.drain")
    outbox.deliver()
    (sent,) = outbox.notifications
    assert f"notification {sent.id}: sent" in caplog.messages


def test_few_statements_do_for_many_messages(outbox: Outbox) -> None:
    outbox.fill(2000, settings='{"sms": {"rate_limit_per_hour": 5000}}')
    statements = []
    event.listen(outbox.application.engine, "before_cursor_execute", lambda *heard: statements.append(heard[2]))
    outbox.deliver()
    assert outbox.statuses == {"sent": 2000}
    assert len(statements) / 2000 < 0.05


@pytest.mark.usefixtures("small_batches")
def test_every_answer_is_recorded_although_others_are_being_recorded_meanwhile(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "RECORDED_AT_ONCE", 1)
    outbox.fill(100)
    sms = AwaitedSms()
    result = outbox.deliver(sms=sms, concurrency=10)
    assert (outbox.statuses, result["delivery"]["sent"]) == ({"sent": 100}, {"reminder_24h": 100})
    assert len({each.to for each in sms.sent}) == len(sms.sent) == 100


def test_a_message_is_on_record_with_its_text_before_it_is_handed_over(outbox: Outbox) -> None:
    outbox.fill()
    found = []

    def answer(_: Sms) -> None:
        found.extend((each.status, each.to_phone, each.body) for each in outbox.notifications)

    outbox.sms.answer = answer
    outbox.deliver()
    assert found == [("sending", outbox.sms.sent[0].to, outbox.sms.sent[0].body)]


def test_no_transaction_waits_for_a_message(outbox: Outbox) -> None:
    """While a message is on its way anybody may write: a transaction that waited for it would hold that up for ever."""
    outbox.fill(5)

    class Writing(RecordingSms):
        async def send(self, sms: Sms) -> Accepted:
            await asyncio.to_thread(self.write)
            return await super().send(sms)

        def write(self) -> None:
            with outbox.application.engine.begin() as connection:
                connection.execute(tables.owners.update().values(language="en"))
                connection.execute(tables.notifications.update().values(error_code=None))

    outbox.deliver(sms=Writing(), concurrency=1)
    assert outbox.statuses == {"sent": 5}


@pytest.mark.usefixtures("small_batches")
def test_the_next_batch_is_claimed_while_one_is_under_way(outbox: Outbox) -> None:
    outbox.fill(9)
    most = 0

    class Held(RecordingSms):
        async def send(self, sms: Sms) -> Accepted:
            nonlocal most
            for _ in range(1000):
                claimed = sum(each.status == "sending" for each in outbox.notifications) - len(self.sent)
                most = max(most, claimed)
                if claimed > 3 or len(self.sent) > 2:
                    break
                await asyncio.sleep(0.001)
            return await super().send(sms)

    outbox.deliver(sms=Held(), concurrency=1)
    assert most in (4, 5, 6), "one batch under way, and no more than the next one beside it"
    assert outbox.statuses == {"sent": 9}


def test_what_is_due_only_later_waits(outbox: Outbox) -> None:
    outbox.fill(2)
    with outbox.application.engine.begin() as connection:
        connection.execute(tables.notifications.update().values(not_before=NOON + timedelta(minutes=1)))
    outbox.deliver()
    assert outbox.sms.sent == []


def test_only_the_tenants_of_a_scope_are_looked_at(outbox: Outbox) -> None:
    ours, theirs = outbox.fill(), outbox.fill(subdomain="zorro")
    both = frozenset([ours, theirs])

    def found(scope: Scope) -> set[UUID]:
        with outbox.application.engine.connect() as connection:
            return {each.tenant_id for each in due(connection, scope, NOON, 10)}

    assert found(Scope()) == both
    assert found(Scope(only=frozenset([ours]))) == {ours}
    assert found(Scope(left_out=frozenset([ours]))) == {theirs}
    assert found(Scope(only=both, left_out=frozenset([ours]))) == {theirs}


# Ending early


def ready(outbox: Outbox) -> set[tuple[str, int]]:
    return {(each.status, each.attempts) for each in outbox.notifications}


def test_interrupted_it_finishes_what_is_under_way_and_hands_the_rest_back(outbox: Outbox) -> None:
    outbox.fill(50)

    class Interrupting(AwaitedSms):
        async def send(self, sms: Sms) -> Accepted:
            if len(self.sent) == 5:
                signal.raise_signal(signal.SIGINT)
            return await super().send(sms)

    sms = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        outbox.run(sms=sms, concurrency=4)
    assert 5 <= len(sms.sent) <= 13
    assert outbox.statuses == {"planned": 50 - len(sms.sent), "sent": len(sms.sent)}
    assert ready(outbox) == {("planned", 0), ("sent", 1)}
    assert rows.all_of(outbox.application.engine, tables.leases) == []


@pytest.fixture
def terminated() -> Iterator[list[int]]:
    """What a handler of SIGTERM heard."""
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    yield heard
    signal.signal(signal.SIGTERM, before)


def test_told_to_end_it_does_so_in_good_order_and_lets_the_signal_take_its_effect(
    outbox: Outbox, terminated: list[int]
) -> None:
    outbox.fill(50)
    when_heard = []

    class Ending(AwaitedSms):
        async def send(self, sms: Sms) -> Accepted:
            if len(self.sent) == 5:
                signal.raise_signal(signal.SIGTERM)
                when_heard.append(list(terminated))
            return await super().send(sms)

    sms = Ending()
    with pytest.raises(asyncio.CancelledError):
        outbox.deliver(sms=sms, concurrency=4)
    assert (when_heard, terminated) == ([[]] * len(when_heard), [signal.SIGTERM])
    assert outbox.statuses == {"planned": 50 - len(sms.sent), "sent": len(sms.sent)}


def test_ctrl_c_while_the_loop_closes_takes_its_effect_when_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closing, is_closed = threading.Event(), threading.Event()

    class Watched(asyncio.Runner):
        def close(self) -> None:
            closing.set()
            super().close()
            is_closed.set()

    def interrupt() -> None:
        closing.wait()
        os.kill(os.getpid(), signal.SIGINT)
        is_closed.wait(0.2)  # as long as a loop would take that does not wait for this thread

    async def work() -> None:
        asyncio.get_running_loop().run_in_executor(None, interrupt)

    monkeypatch.setattr(asyncio, "Runner", Watched)
    with pytest.raises(KeyboardInterrupt):
        run_until_stopped(work())
    assert is_closed.is_set()


def test_a_message_that_is_never_answered_is_left_to_be_looked_up(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "GRACE", 0.05)
    outbox.fill(10)

    class Stuck(RecordingSms):
        async def send(self, sms: Sms) -> Accepted:
            if len(self.sent) == 3:
                signal.raise_signal(signal.SIGINT)
                await asyncio.sleep(3600)
            return await super().send(sms)

    with pytest.raises(KeyboardInterrupt):
        outbox.deliver(sms=Stuck(), concurrency=1)
    assert outbox.statuses == {"planned": 6, "sending": 1, "sent": 3}


def test_a_fault_of_the_gateway_ends_the_run_and_loses_nothing(outbox: Outbox) -> None:
    outbox.fill(10)

    def answer(_: Sms) -> None:
        if len(outbox.sms.sent) == 4:
            raise ZeroDivisionError("a fault")

    outbox.sms.answer = answer
    with pytest.raises(ZeroDivisionError):
        outbox.deliver(concurrency=1)
    assert outbox.statuses == {"planned": 6, "sending": 1, "sent": 3}


def test_a_message_that_waited_too_long_for_its_turn_is_handed_back(outbox: Outbox) -> None:
    """Another worker takes a claim over in the end: what is still in the queue by then must not leave any more."""
    outbox.fill(4)
    outbox.sms.answer = lambda _: outbox.clock.pass_(seconds=50)
    outbox.deliver(concurrency=1, time_budget=timedelta(hours=1))
    assert outbox.statuses == {"sent": 4}
    with outbox.application.engine.connect() as connection:
        attempted = connection.execute(select(tables.notifications.c.attempted_at)).scalars().all()
    assert len(set(attempted)) == 2, "the fourth was claimed anew"
    assert {each.attempts for each in outbox.notifications} == {1}


def test_a_wait_does_not_carry_a_message_into_quiet_hours(outbox: Outbox) -> None:
    outbox.fill(3, settings='{"sms": {"quiet_hours": "12:01-16:00"}}')
    outbox.sms.answer = lambda _: outbox.clock.pass_(seconds=40)
    outbox.deliver(concurrency=1)
    assert outbox.statuses == {"planned": 1, "sent": 2}
    (waiting,) = (each for each in outbox.notifications if each.status == "planned")
    assert waiting.not_before == NOON + timedelta(hours=4)


def test_a_wait_does_not_carry_a_message_past_its_use(outbox: Outbox) -> None:
    outbox.fill(3)
    with outbox.application.engine.begin() as connection:
        connection.execute(tables.notifications.update().values(useful_until=NOON + timedelta(seconds=60)))
    outbox.sms.answer = lambda _: outbox.clock.pass_(seconds=40)
    outbox.deliver(concurrency=1)
    assert outbox.statuses == {"planned": 1, "sent": 2}


def test_when_the_database_fails_what_was_sent_is_looked_up_later(outbox: Outbox) -> None:
    outbox.fill(3)

    def answer(_: Sms) -> None:
        with outbox.application.engine.begin() as connection:
            connection.execute(text("ALTER TABLE notifications RENAME COLUMN sent_at TO gone"))

    outbox.answer(OutcomeUnknown("timeout"))
    outbox.sms.answer = answer
    with pytest.raises(Exception, match="the database failed"):
        outbox.run(concurrency=1)
    with outbox.application.engine.begin() as connection:
        connection.execute(text("ALTER TABLE notifications RENAME COLUMN gone TO sent_at"))
    assert outbox.statuses["sending"] >= 1
    assert "sent" not in outbox.statuses


@pytest.mark.parametrize(("before", "then"), [(700, 10_000), (20_000, 20_000)])
def test_garbage_is_looked_for_less_often_once_texts_leave(outbox: Outbox, before: int, then: int) -> None:
    outbox.fill(1)
    kept = gc.get_threshold()
    gc.set_threshold(before, *kept[1:])
    try:
        outbox.deliver()
        assert gc.get_threshold() == (then, *kept[1:])
    finally:
        gc.set_threshold(*kept)


@pytest.mark.parametrize("is_there", [True, False])
def test_the_faster_event_loop_is_used_where_it_is_installed(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    if not is_there:
        monkeypatch.setitem(sys.modules, "uvloop", None)
    outbox.fill(1)
    loops = []
    outbox.sms.answer = lambda _: loops.append(type(asyncio.get_running_loop()).__module__)
    outbox.deliver()
    assert [each.partition(".")[0] for each in loops] == [
        "uvloop" if is_there and sys.platform != "win32" else "asyncio"
    ]
