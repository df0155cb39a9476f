"""Several processes at once, and processes killed anywhere: nothing doubled, nothing lost."""

import random
import re
import signal
import sys
from collections import Counter, deque
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from shared.database import tables
from tests import rows
from tests.crash.life import Life, live_together
from tests.rows import NOON

JOB = "AppointmentReminders24h"
DUE = 2_000
PROCESSES = 5
KILLS = 20
_SENT = re.compile(r"^SMS to \S+ \(([0-9a-f-]{36})\)")


def worker(database: str, log: Path, wall: datetime, moment: str = "", *, job: str = JOB, now: datetime = NOON) -> Life:
    """A process that is ready to run the job."""
    return Life("tests.crash.worker", database, str(log), now.isoformat(), wall.isoformat(), job, moment)


@pytest.fixture
def many_due(engine: Engine) -> Engine:
    """2,000 appointments due, of ten tenants; every tenth owner has two of one visit."""
    with engine.begin() as writing, rows.all_at_once(writing) as connection:
        for number in range(10):
            tenant = rows.tenant(connection, f"paws-{number}")
            shared_owner = rows.owner(connection, tenant)
            for index in range(DUE // 10):
                start = NOON + timedelta(hours=24, minutes=index % 30)
                owner = shared_owner if index < 2 else rows.owner(connection, tenant)
                rows.appointment(connection, tenant, start, owner_id=owner)
    return engine


def shown(logs: list[Path]) -> Counter[str]:
    """How often each notification was shown by the console."""
    lines = [line for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
    return Counter(match[1] for line in lines if (match := _SENT.match(line)))


def ensure_whole(engine: Engine) -> None:
    """Every appointment has its one decision, each notification its decisions, and everything is sent."""
    decisions = rows.all_of(engine, tables.decisions)
    notifications = rows.all_of(engine, tables.notifications)
    assert len({each.subject_id for each in decisions}) == len(decisions) == DUE
    assert {each.outcome for each in decisions} == {"notify"}
    assert {each.notification_id for each in decisions} == {each.id for each in notifications}
    assert len(notifications) == DUE - 10
    assert {each.status for each in notifications} == {"sent"}


def test_five_processes_at_once_without_the_lease_double_nothing_and_lose_nothing(
    many_due: Engine, database_url: str, tmp_path: Path
) -> None:
    logs = [tmp_path / f"{number}.log" for number in range(PROCESSES)]
    live_together([worker(database_url, log, NOON) for log in logs])
    ensure_whole(many_due)
    times = shown(logs)
    assert len(times) == DUE - 10
    assert set(times.values()) == {1}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL: kills are tried on Linux and macOS")
def test_killed_at_twenty_random_moments_nothing_is_lost_and_only_the_ambiguous_is_repeated(
    many_due: Engine, database_url: str, tmp_path: Path
) -> None:
    dice = random.Random(20)
    moments = [f"statement:{dice.randint(1, 14)}" for _ in range(KILLS // 2)]
    moments += [f"message:{dice.randint(1, 150)}" for _ in range(KILLS // 2)]
    dice.shuffle(moments)
    logs = [tmp_path / f"{number}.log" for number in range(KILLS + 1)]
    # Each process finds that the claims of the one before have run out.
    lives = [(log, NOON + number * timedelta(minutes=10)) for number, log in enumerate(logs)]
    workers = deque(worker(database_url, *lives[number], moments[number]) for number in range(2))
    for number in range(KILLS):
        assert workers.popleft().live() == -signal.SIGKILL
        if number + 2 <= KILLS:  # the next but one is started while the next one runs
            workers.append(worker(database_url, *lives[number + 2], [*moments, ""][number + 2]))
    (last,) = workers
    assert last.live() == 0
    ensure_whole(many_due)
    ambiguities = {str(each.id): each.ambiguities for each in rows.all_of(many_due, tables.notifications)}
    times = shown([log for log in logs if log.exists()])
    assert all(times[id_] >= 1 for id_ in ambiguities)
    repeated = {id_: count for id_, count in times.items() if count > 1 + ambiguities[id_]}
    assert repeated == {}
    assert sum(ambiguities.values()) > 0
