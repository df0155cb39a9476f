"""A provider's breaker in one run: what it finds out reaches all others, once."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from shared.database import breakers
from shared.database.provider_breaker import LONGEST_CODE, ProviderBreaker
from shared.domain.breaker import FIRST_WAIT, OPENS_AFTER, Breaker, BreakerState
from tests.rows import NOON


def run(engine: Engine, worker: str, wall: datetime = NOON) -> ProviderBreaker:
    breaker = ProviderBreaker("sms", worker, lambda: wall)
    breaker.enter(engine)
    return breaker


def fail(breaker: ProviderBreaker, times: int = OPENS_AFTER) -> None:
    for _ in range(times):
        breaker.failed("timeout")


def save(engine: Engine, breaker: ProviderBreaker) -> None:
    with engine.begin() as connection:
        breaker.write(connection)
    breaker.written()


def known(engine: Engine) -> Breaker:
    with engine.connect() as connection:
        return breakers.read(connection, "sms")


def test_failures_in_a_row_stop_the_run_at_once_and_the_others_with_the_record(engine: Engine) -> None:
    breaker = run(engine, "a")
    fail(breaker, OPENS_AFTER - 1)
    breaker.answered()
    fail(breaker, OPENS_AFTER - 1)
    assert not breaker.is_open
    fail(breaker, 1)
    assert (breaker.is_open, known(engine).is_closed) == (True, True)
    save(engine, breaker)
    assert (known(engine).code, run(engine, "b").is_open) == ("timeout", True)


def test_what_is_on_record_is_not_written_again(engine: Engine) -> None:
    breaker = run(engine, "a")
    fail(breaker)
    save(engine, breaker)
    probe = run(engine, "b", NOON + FIRST_WAIT)
    probe.answered()
    save(engine, probe)
    save(engine, breaker)
    assert known(engine).is_closed


def test_what_is_found_out_during_the_commit_is_written_with_the_next(engine: Engine) -> None:
    breaker = run(engine, "a")
    with engine.begin() as connection:
        breaker.write(connection)
    fail(breaker)
    breaker.written()
    assert known(engine).is_closed
    save(engine, breaker)
    assert not known(engine).is_closed


def test_a_transaction_that_failed_is_made_up_for(engine: Engine) -> None:
    breaker = run(engine, "a")
    fail(breaker)
    with engine.connect() as connection:  # rolled back at the end
        breaker.write(connection)
    save(engine, breaker)
    assert not known(engine).is_closed


def test_one_run_probes_and_its_first_failure_opens_the_breaker_for_longer(engine: Engine) -> None:
    opened = run(engine, "a")
    fail(opened)
    save(engine, opened)
    later = NOON + FIRST_WAIT
    probe, other = run(engine, "b", later), run(engine, "c", later)
    assert (probe.is_probing, probe.is_open, other.is_probing, other.is_open) == (True, False, False, True)
    probe.failed("x" * (LONGEST_CODE + 1))
    save(engine, probe)
    found = known(engine)
    assert (found.state, found.until, found.code) == (BreakerState.OPEN, later + 2 * FIRST_WAIT, "x" * LONGEST_CODE)
    assert (probe.is_probing, probe.is_open) == (False, True)


def test_a_probe_without_an_answer_yet_goes_on_and_can_be_given_back(engine: Engine) -> None:
    opened = run(engine, "a")
    fail(opened)
    save(engine, opened)
    later = NOON + FIRST_WAIT
    probe = run(engine, "b", later)
    save(engine, probe)
    assert (probe.is_probing, known(engine).state) == (True, BreakerState.HALF_OPEN)
    with engine.begin() as connection:
        probe.give_probe_back(connection)
    assert run(engine, "c", later + timedelta(seconds=1)).is_probing
