"""A run in parts: the rows and the result of a run in one piece, whoever does the parts, how often, and who dies."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from shared.application import Application
from shared.database import leases, runs, tables
from shared.database.engine import open_engine
from shared.errors import DatabaseUnusable, LeaseHeld, RunFailed
from shared.gateways.sms import CredentialsRefused, Sms
from shared.jobs import JOBS
from shared.runtime import run
from shared.sample import Sample, build, insert
from shared.schedulers import sharding as parts
from shared.schedulers.sharding import Part, Whole, shard_of
from shared.stages import Stage
from tests import rows
from tests.crash.test_jobs import differences, state
from tests.databases import Databases
from tests.doubles import Clock, RecordingSms
from tests.salon import salon

NOW = datetime(2026, 3, 8, 15, tzinfo=UTC)
JOB = "AppointmentReminders24h"
PASSING = {"run_id", "now", "duration_seconds"}


@pytest.fixture
def clock() -> Clock:
    """A clock at which the sample has something for every job."""
    return Clock(NOW)


@pytest.fixture(scope="module")
def sample() -> Sample:
    """Businesses with something to do for every job."""
    return build(NOW)


@pytest.fixture
def sampled(application: Application, sample: Sample) -> Application:
    """The application on the sample."""
    with application.engine.begin() as connection:
        insert(connection, sample.rows)
    return application


@pytest.fixture
def twin(sampled: Application, databases: Databases, database_url: str) -> Iterator[tuple[Application, str]]:
    """The same on a copy of the database."""
    sampled.engine.dispose()
    url = databases.copy(database_url)
    engine = open_engine(url)
    yield replace(sampled, engine=engine, sms=RecordingSms()), url
    engine.dispose()
    databases.drop(url)


def whole(job: str = JOB, shards: int = 3) -> Whole:
    return Whole(uuid4(), job, shards)


def go(application: Application, todo: list[Part]) -> list[str]:
    """Do parts and what follows, first come first served; return their names in the order they were done."""
    waiting, done = deque(todo), []
    while waiting:
        part = waiting.popleft()
        waiting.extend(parts.do(application, part))
        done.append(part.name)
    return done


def history(engine: Engine) -> list[tuple[str, str, str | None]]:
    return sorted((each.task, each.status, each.error) for each in rows.all_of(engine, tables.runs))


def result_of(application: Application, run_id: UUID) -> dict[str, Any]:
    with application.engine.connect() as connection:
        found = runs.by_id(connection, [run_id])[run_id].result
    assert found
    return found


def test_a_run_in_parts_leaves_the_rows_and_the_result_of_a_run_in_one_piece(
    sampled: Application, database_url: str, twin: tuple[Application, str], clock: Clock
) -> None:
    other, url = twin
    for job in JOBS:
        asked = whole(job)
        go(sampled, parts.begin(sampled, asked))
        expected = run(other, job)
        found = result_of(sampled, asked.run_id)
        assert {key: found[key] for key in found.keys() - PASSING} == {
            key: expected[key] for key in expected.keys() - PASSING
        }
        clock.pass_(hours=1)
    assert differences(state(database_url), state(url)) == {}


def test_each_stage_begins_when_the_one_before_is_over(sampled: Application) -> None:
    done = go(sampled, parts.begin(sampled, whole("NoShowDetector", shards=2)))
    assert [name.split(":")[1] for name in done] == "plan-0 plan-1 collect-0 collect-1 deliver-0 deliver-1".split()


def test_only_the_whole_run_stays_in_the_history(sampled: Application) -> None:
    go(sampled, parts.begin(sampled, whole()))
    assert history(sampled.engine) == [(JOB, "with_errors", None)]


def test_a_job_that_some_parts_have_done_has_no_success_yet(sampled: Application) -> None:
    first, *_ = parts.begin(sampled, whole())
    parts.do(sampled, first)
    with sampled.engine.connect() as connection:
        assert runs.switch_on(connection, JOB) is None
        assert runs.last_complete(connection, JOB, NOW) is None


def test_every_tenant_belongs_to_one_shard_and_always_to_the_same() -> None:
    ids = [UUID(int=number << 64) for number in range(1000)]
    shards = [shard_of(each, 7) for each in ids]
    assert set(shards) == set(range(7))
    assert shards == [shard_of(each, 7) for each in ids]
    assert shard_of(UUID("6f1f3c52-7c0e-5f0b-9a5e-2f4a1f0f8d11"), 7) == 5  # in every process, on every machine


def test_messages_that_come_twice_change_nothing(sampled: Application, database_url: str, sms: RecordingSms) -> None:
    asked = whole()
    todo = parts.begin(sampled, asked)
    assert parts.begin(sampled, asked) == todo
    done = go(sampled, [*todo, *todo])
    assert len(done) > len(todo) * 2
    sent, rows_then = len(sms.sent), state(database_url)
    assert sent
    assert go(sampled, asked.parts(*Stage)) == [each.name for each in asked.parts(*Stage)]
    assert (len(sms.sent), differences(state(database_url), rows_then)) == (sent, {})
    assert history(sampled.engine) == [(JOB, "with_errors", None)]
    assert parts.begin(sampled, asked) == []


def test_a_part_that_another_worker_is_at_is_left_to_it(sampled: Application, clock: Clock) -> None:
    first, *_ = parts.begin(sampled, whole())
    assert first.lease == f"{JOB}:0"
    with leases.held(sampled.engine, f"{JOB}:0", clock), pytest.raises(LeaseHeld):
        parts.do(sampled, first)


def test_what_a_killed_worker_had_begun_is_begun_anew(sampled: Application, clock: Clock) -> None:
    asked = whole()
    first, *others = parts.begin(sampled, asked)
    with sampled.engine.begin() as connection:  # it began, and was killed
        runs.start_once(connection, first.id, first.name, NOW, "gone")
        leases.take(connection, first.lease, "gone", NOW)
    with pytest.raises(LeaseHeld):
        parts.do(sampled, first)
    clock.pass_(seconds=61)
    go(sampled, [first, *others])
    assert history(sampled.engine) == [(JOB, "with_errors", None)]


def test_a_worker_that_died_before_it_passed_the_next_parts_on_passes_them_on_when_told_again(
    sampled: Application,
) -> None:
    asked = whole()
    plans = parts.begin(sampled, asked)
    passed_on = [parts.do(sampled, each) for each in plans]
    assert passed_on == [[], [], asked.parts(Stage.DELIVER)]
    assert parts.do(sampled, plans[-1]) == asked.parts(Stage.DELIVER)


def test_a_part_given_up_fails_the_run_and_stops_nobody_else(sampled: Application, sms: RecordingSms) -> None:
    with sampled.engine.begin() as connection:  # nobody's bad settings: but for the part, the run would be complete
        connection.execute(tables.tenants.update().values(settings=None))
    asked = whole()
    broken, *others = parts.begin(sampled, asked)
    todo = parts.give_up(sampled, broken, "it was killed five times")
    go(sampled, [*others, *todo])
    assert (JOB, "failed", f"{JOB}:plan-0: it was killed five times") in history(sampled.engine)
    assert sms.sent
    assert result_of(sampled, asked.run_id)["reminders_sent"] == len(sms.sent)
    with sampled.engine.connect() as connection:
        assert runs.last_complete(connection, JOB, NOW) is None


def test_a_part_that_was_given_up_and_is_done_after_all_completes_its_run(sampled: Application) -> None:
    asked = whole()
    broken, *others = parts.begin(sampled, asked)
    go(sampled, [*others, *parts.give_up(sampled, broken, "no")])
    go(sampled, [broken])
    assert history(sampled.engine) == [(JOB, "with_errors", None)]


def test_a_provider_that_refuses_us_fails_the_part_at_once(sampled: Application, sms: RecordingSms) -> None:
    def refuse(_: Sms) -> None:
        raise CredentialsRefused("20003")

    sms.answer = refuse
    todo = [each for part in parts.begin(sampled, whole()) for each in parts.do(sampled, part)]
    with pytest.raises(RunFailed, match=r"refuses the credentials \(20003\)"):
        parts.do(sampled, todo[0])


def test_a_database_that_fails_under_way_is_worth_another_try(sampled: Application, clock: Clock) -> None:
    first, *_ = parts.begin(sampled, whole())
    with sampled.engine.begin() as connection:
        tables.decisions.drop(connection)
    with pytest.raises(DatabaseUnusable, match=r"the database failed: .*decisions"):
        parts.do(sampled, first)


def test_a_run_that_worked_for_no_tenant_failed(sampled: Application) -> None:
    with sampled.engine.begin() as connection:
        connection.execute(tables.tenants.update().values(settings='{"sms": 1}'))
    go(sampled, parts.begin(sampled, whole()))
    ((task, status, error),) = [each for each in history(sampled.engine) if each[0] == JOB]
    assert (task, status) == (JOB, "failed")
    assert error is not None
    assert error.startswith("no tenant could be worked for")


def test_a_run_that_stopped_early_anywhere_stopped_early(sampled: Application, clock: Clock) -> None:
    asked = whole()
    todo = parts.begin(sampled, asked)
    parts.do(replace(sampled, time_budget=timedelta(seconds=-1)), todo[0])
    go(sampled, todo[1:])
    assert result_of(sampled, asked.run_id)["stopped_early"] is True


def test_whether_a_part_has_its_worker_is_known(sampled: Application) -> None:
    first, second, _ = parts.begin(sampled, whole())
    with sampled.engine.begin() as connection:
        runs.start_once(connection, first.id, first.name, NOW, "elsewhere")
    assert [parts.is_begun(sampled, each) for each in (first, second)] == [True, False]
    go(sampled, [first])
    assert parts.is_begun(sampled, first) is False


def test_a_day_that_one_shard_holds_back_is_held_by_the_run(application: Application) -> None:
    closed = salon(application)
    for hour in range(3):
        closed.add_missed(NOW - timedelta(hours=20 + hour), created_at=NOW - timedelta(days=9))
    asked = whole("NoShowDetector")
    go(application, parts.begin(application, asked))
    assert history(application.engine) == [("NoShowDetector", "held", None)]
    assert [each["tenant"] for each in result_of(application, asked.run_id)["held"]] == ["paws"]
