"""An outage of the provider: it stops sending early, costs no attempts, and one message finds out when it is over."""

from datetime import timedelta

import pytest

from shared.database import breakers, tables
from shared.domain.breaker import FIRST_WAIT, OPENS_AFTER, Breaker
from shared.errors import RunFailed
from shared.gateways.sms import CredentialsRefused, NotProcessed, OutcomeUnknown, Rejected, Unreachable
from tests import rows
from tests.delivery.conftest import Outbox
from tests.rows import NOON

AWAY = Unreachable("connect_failed")


def breaker(outbox: Outbox) -> Breaker:
    with outbox.application.engine.connect() as connection:
        return breakers.read(connection, "sms")


def break_it(outbox: Outbox) -> None:
    """An outage that began just now, and left nothing behind."""
    with outbox.application.engine.begin() as connection:
        breakers.open_(connection, Breaker("sms"), "connect_failed", outbox.clock.now)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_an_outage_stops_sending_early_and_costs_no_attempts(outbox: Outbox, concurrency: int) -> None:
    outbox.fill(100)
    outbox.always(AWAY)
    result = outbox.deliver(concurrency=concurrency)
    assert len(outbox.sms.sent) <= OPENS_AFTER - 1 + concurrency
    assert {(each.status, each.attempts) for each in outbox.notifications} == {("planned", 0)}
    assert breaker(outbox).code == "connect_failed"
    assert result["total_errors"] == 0


def test_unclear_answers_are_an_outage_too_and_are_looked_up(outbox: Outbox) -> None:
    outbox.fill(50)
    outbox.always(OutcomeUnknown("timeout"))
    outbox.deliver(concurrency=1)
    assert outbox.statuses == {"planned": 50 - OPENS_AFTER, "sending": OPENS_AFTER}
    assert {each.attempts for each in outbox.notifications if each.status == "planned"} == {0}


def test_refusals_are_answers_and_no_outage(outbox: Outbox) -> None:
    outbox.fill(30)
    outbox.always(Rejected("21211"))
    outbox.deliver()
    assert outbox.statuses == {"failed": 30}
    assert breaker(outbox).is_closed


def test_too_much_at_once_is_no_outage(outbox: Outbox) -> None:
    outbox.fill(10)
    outbox.always(NotProcessed("20429"))
    outbox.deliver(concurrency=2)
    assert breaker(outbox).is_closed


def test_failures_with_answers_between_them_are_no_outage(outbox: Outbox) -> None:
    outbox.fill(20)
    outbox.answer(*[AWAY, None] * 20)
    outbox.deliver(concurrency=1)
    assert outbox.statuses == {"sent": 20}
    assert breaker(outbox).is_closed


def test_a_lost_connection_is_tried_again_in_the_run_and_counts_once_it_is_no_outage(outbox: Outbox) -> None:
    outbox.fill()
    outbox.answer(AWAY, None)
    outbox.deliver()
    assert [(each.status, each.attempts) for each in outbox.notifications] == [("sent", 2)]


def test_the_next_run_knows_and_sends_nothing_before_the_wait_is_over(outbox: Outbox) -> None:
    outbox.fill(3)
    break_it(outbox)
    outbox.clock.pass_(seconds=29)
    result = outbox.deliver()
    assert (outbox.sms.sent, result["delivery"]["sent"]) == ([], {})
    assert outbox.statuses == {"planned": 3}


def test_after_the_wait_one_message_is_tried_and_then_all_leave(outbox: Outbox) -> None:
    outbox.fill(20)
    break_it(outbox)
    outbox.clock.pass_(seconds=30)
    seen = []
    outbox.sms.answer = lambda _: seen.append(breaker(outbox).state)
    outbox.deliver()
    assert seen == ["half_open"] + ["closed"] * 19
    assert outbox.statuses == {"sent": 20}


@pytest.mark.parametrize(
    ("error", "left"), [(AWAY, ("planned", 0)), (OutcomeUnknown("http_500"), ("sending", 1))], ids=["away", "unclear"]
)
def test_a_probe_that_fails_is_the_only_message_and_the_wait_doubles(
    outbox: Outbox, error: Exception, left: tuple[str, int]
) -> None:
    outbox.fill(20)
    break_it(outbox)
    outbox.clock.pass_(seconds=30)
    outbox.always(error)
    outbox.deliver()
    assert len(outbox.sms.sent) == 1
    assert breaker(outbox).until == outbox.clock.now + 2 * FIRST_WAIT
    assert sorted({(each.status, each.attempts) for each in outbox.notifications}) == sorted({("planned", 0), left})


def test_a_probe_that_is_refused_is_an_answer(outbox: Outbox) -> None:
    outbox.fill(3)
    break_it(outbox)
    outbox.clock.pass_(seconds=30)
    outbox.answer(Rejected("21211"))
    outbox.deliver()
    assert outbox.statuses == {"failed": 1, "sent": 2}
    assert breaker(outbox).is_closed


def test_a_probe_with_refused_credentials_ends_the_run_and_the_outage(outbox: Outbox) -> None:
    outbox.fill(3)
    break_it(outbox)
    outbox.clock.pass_(seconds=30)
    outbox.always(CredentialsRefused("20003"))
    with pytest.raises(RunFailed, match="20003"):
        outbox.run()
    assert breaker(outbox).is_closed
    assert {(each.status, each.attempts) for each in outbox.notifications} == {("planned", 0)}


def test_a_probe_without_a_message_is_left_to_another_run(outbox: Outbox) -> None:
    break_it(outbox)
    outbox.clock.pass_(seconds=30)
    outbox.deliver()
    assert breaker(outbox).may_probe(outbox.clock.now)
    outbox.fill()
    outbox.deliver()
    assert outbox.statuses == {"sent": 1}


def test_a_probe_passes_over_what_is_no_longer_right(outbox: Outbox) -> None:
    outbox.fill(2)
    break_it(outbox)
    first = outbox.application.engine
    with first.begin() as connection:
        gone = tables.owners.c.first_name == "Ana 0"
        connection.execute(tables.owners.update().where(gone).values(sms_opted_in=False))
    outbox.clock.pass_(seconds=30)
    outbox.deliver()
    assert outbox.statuses == {"cancelled": 1, "sent": 1}


def test_another_process_that_probes_keeps_this_one_from_sending(outbox: Outbox) -> None:
    outbox.fill(3)
    break_it(outbox)
    outbox.clock.pass_(seconds=30)
    with outbox.application.engine.begin() as connection:
        breakers.take_probe(connection, breakers.read(connection, "sms"), "another", outbox.clock.now)
    outbox.deliver()
    assert outbox.sms.sent == []
    outbox.clock.pass_(minutes=2)
    outbox.deliver()
    assert outbox.statuses == {"sent": 3}, "the other one died"


def test_what_another_process_finds_out_stops_this_one_at_its_next_claim(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.delivery.claiming.LARGEST_BATCH", 2)
    outbox.fill(20)

    def answer(_: object) -> None:
        if len(outbox.sms.sent) == 1:
            break_it(outbox)

    outbox.sms.answer = answer
    outbox.deliver(concurrency=1)
    assert len(outbox.sms.sent) < 10
    assert set(outbox.statuses) == {"planned", "sent"}
    assert {each.attempts for each in outbox.notifications if each.status == "planned"} == {0}


def test_an_outage_in_which_the_log_cannot_be_read_settles_nothing_and_loses_nothing(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.fill(2)
    outbox.always(OutcomeUnknown("timeout"))
    outbox.deliver()
    outbox.clock.pass_(minutes=3)

    async def unreadable(since: object, to: object = None) -> object:
        raise AWAY
        yield

    monkeypatch.setattr(outbox.sms, "log", unreadable)
    outbox.deliver()
    assert outbox.statuses == {"sending": 2}
    assert {each.ambiguities for each in outbox.notifications} == {0}
    monkeypatch.undo()
    outbox.always(None)
    outbox.clock.pass_(minutes=3)
    outbox.deliver()
    assert outbox.statuses == {"sent": 2}


def test_the_breaker_has_no_row_while_all_is_well(outbox: Outbox) -> None:
    outbox.fill(3)
    outbox.deliver()
    assert rows.all_of(outbox.application.engine, tables.breakers) == []
    assert outbox.clock.now - NOON == timedelta()
