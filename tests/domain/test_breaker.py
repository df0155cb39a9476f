"""The circuit breaker: an outage stops everybody, one probe at a time finds out whether it is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from shared.database import breakers
from shared.domain.breaker import (
    FIRST_WAIT,
    LONGEST_WAIT,
    OPENS_AFTER,
    PROBE_HOLD,
    Breaker,
    BreakerState,
    Streak,
    wait_after,
)
from tests.rows import NOON

CLOSED = Breaker("sms")


def stored(engine: Engine) -> Breaker:
    with engine.connect() as connection:
        return breakers.read(connection, "sms")


def open_it(engine: Engine, code: str = "time-out") -> Breaker:
    with engine.begin() as connection:
        breakers.open_(connection, CLOSED, code, NOON)
    return stored(engine)


def take(engine: Engine, holder: str, wall=NOON + FIRST_WAIT) -> bool:
    with engine.begin() as connection:
        return breakers.take_probe(connection, breakers.read(connection, "sms"), holder, wall)


def test_five_failures_in_a_row_are_an_outage_and_one_answer_begins_the_count_anew() -> None:
    streak = Streak()
    assert [streak.failed() for _ in range(OPENS_AFTER)] == [False] * (OPENS_AFTER - 1) + [True]
    streak.succeeded()
    assert not streak.failed()


def test_each_probe_that_fails_doubles_the_wait_up_to_ten_minutes() -> None:
    waits = [wait_after(openings) / timedelta(seconds=1) for openings in (1, 2, 3, 4, 5, 6, 7, 1000)]
    assert waits == [30, 60, 120, 240, 480, 600, 600, 600]
    assert timedelta(seconds=600) == LONGEST_WAIT


def test_a_breaker_that_never_opened_is_closed(engine: Engine) -> None:
    assert stored(engine).is_closed


def test_an_open_breaker_is_known_to_every_process_with_its_reason(engine: Engine) -> None:
    opened = open_it(engine)
    assert (opened.state, opened.code, opened.since, opened.until) == ("open", "time-out", NOON, NOON + FIRST_WAIT)
    with engine.connect() as connection:
        assert breakers.all_of_them(connection) == [opened]


def test_a_second_process_that_sees_the_same_outage_does_not_lengthen_the_wait(engine: Engine) -> None:
    first = open_it(engine)
    assert open_it(engine, "another code") == first


def test_nobody_probes_before_the_wait_is_over(engine: Engine) -> None:
    open_it(engine)
    just_before = NOON + FIRST_WAIT - timedelta(microseconds=1)
    assert not stored(engine).may_probe(just_before)
    assert not take(engine, "a", just_before)
    assert stored(engine).may_probe(NOON + FIRST_WAIT)


def test_exactly_one_of_many_gets_the_probe(engine: Engine) -> None:
    open_it(engine)
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda number: take(engine, f"worker {number}"), range(16)))
    assert sum(taken) == 1
    assert stored(engine).state is BreakerState.HALF_OPEN


def test_a_probe_that_is_answered_closes_the_breaker(engine: Engine) -> None:
    known = open_it(engine)
    take(engine, "a")
    with engine.begin() as connection:
        breakers.close(connection, known, "a", NOON + FIRST_WAIT)
    assert stored(engine) == Breaker("sms", BreakerState.CLOSED, NOON + FIRST_WAIT)
    assert open_it(engine).openings == 1


def test_a_probe_that_fails_opens_it_for_twice_as_long(engine: Engine) -> None:
    known = open_it(engine)
    take(engine, "a")
    with engine.begin() as connection:
        breakers.reopen(connection, known, "a", "500", NOON + FIRST_WAIT)
    again = stored(engine)
    assert (again.state, again.code, again.until) == ("open", "500", NOON + 3 * FIRST_WAIT)


@pytest.mark.parametrize("end", ["close", "reopen", "give_probe_back"])
def test_only_the_one_that_probes_ends_the_probe(engine: Engine, end: str) -> None:
    known = open_it(engine)
    take(engine, "a")
    before = stored(engine)
    with engine.begin() as connection:
        more = ("500",) if end == "reopen" else ()
        getattr(breakers, end)(connection, known, "b", *more, NOON + FIRST_WAIT)
    assert stored(engine) == before


def test_a_probe_that_had_nothing_to_ask_is_given_back_at_once(engine: Engine) -> None:
    known = open_it(engine)
    take(engine, "a")
    with engine.begin() as connection:
        breakers.give_probe_back(connection, known, "a", NOON + FIRST_WAIT)
    assert stored(engine).state is BreakerState.OPEN
    assert take(engine, "b")


def test_a_probe_that_never_comes_back_is_taken_over(engine: Engine) -> None:
    open_it(engine)
    began = NOON + FIRST_WAIT
    take(engine, "dead", began)
    assert not take(engine, "b", began + PROBE_HOLD - timedelta(seconds=1))
    assert take(engine, "b", began + PROBE_HOLD)
