"""Each job, run by five processes at once and killed anywhere: the rows of one undisturbed run."""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.database import tables
from shared.database.engine import open_engine, writing
from shared.sample import build, insert
from tests import rows
from tests.crash.life import live_together
from tests.crash.test_processes import worker
from tests.databases import Databases

NOW = datetime(2026, 3, 8, 15, tzinfo=UTC)
TURNS = [
    ("AppointmentReminders24h", NOW),
    ("AppointmentReminders2h", NOW),
    ("VaccinationMonitor", NOW),
    ("NoShowDetector", NOW),
    ("NoShowDetector", NOW + timedelta(hours=24)),  # what is held for a day is collected
    ("ReputationUpdater", NOW),
]
SHOWN = {
    tables.decisions: ["ledger_key", "outcome", "reason"],
    tables.notifications: ["kind", "owner_id", "status", "reason", "not_before", "useful_until", "body"],
    tables.payments: ["id", "status", "amount", "currency", "offence_number", "visit_on", "failure_code", "attempts"],
    tables.reputation_events: ["ledger_key", "points", "occurred_at", "reversed_at"],
    tables.owners: ["id", "no_show_count", "reputation_score"],
    tables.appointments: ["id", "status", "no_show_fee_charged"],
    tables.vaccination_records: ["id", "status"],
    tables.pets: ["id", "vaccination_status", "vaccination_expires_at"],
}


@pytest.fixture(scope="module")
def seeded(databases: Databases, migrated_url: str) -> str:
    """A database with sample data, made once, to be copied."""
    url = databases.copy(migrated_url)
    engine = open_engine(url)
    with writing(engine) as connection:
        insert(connection, build(NOW).rows)
    engine.dispose()
    return url


@pytest.fixture
def url(databases: Databases, seeded: str) -> Iterator[str]:
    """A database with sample data of the test's own."""
    url = databases.copy(seeded)
    yield url
    databases.drop(url)


def state(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """What a reader of the database sees: every row but for the ids and times of the runs."""
    engine = open_engine(url)
    found = {
        table.name: sorted(tuple(str(getattr(row, name)) for name in names) for row in rows.all_of(engine, table))
        for table, names in SHOWN.items()
    }
    engine.dispose()
    return found


def undisturbed(url: str, folder: Path) -> list[dict[str, list[tuple[Any, ...]]]]:
    states = []
    for number, (job, now) in enumerate(TURNS):
        assert worker(url, folder / f"calm{number}.log", now, job=job, now=now).live() == 0
        states.append(state(url))
    return states


@pytest.fixture(scope="module")
def calm(
    databases: Databases, seeded: str, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, list[tuple[Any, ...]]]]:
    """The rows after each turn of undisturbed runs."""
    return undisturbed(databases.copy(seeded), tmp_path_factory.mktemp("calm"))


def differences(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {
        name: (sorted(set(found[name]) - set(expected[name]))[:3], sorted(set(expected[name]) - set(found[name]))[:3])
        for name in expected
        if found[name] != expected[name]
    }


def test_the_undisturbed_runs_have_something_to_show(calm: list[dict[str, list[tuple[Any, ...]]]]) -> None:
    last = calm[-1]
    assert {"succeeded", "failed", "waived"} <= {row[1] for row in last["payments"]}
    assert {row[0] for row in last["notifications"]} >= {
        *("reminder_24h", "reminder_2h", "vaccination_expiring", "no_show_notice", "fee_receipt"),
    }
    assert {row[0].split(":")[0] for row in last["reputation_events"]} >= {
        "no_show",
        "completed",
        "recovery",
        "opening",
    }


def test_five_processes_at_once_leave_the_rows_of_one(
    url: str, calm: list[dict[str, list[tuple[Any, ...]]]], tmp_path: Path
) -> None:
    for turn, (job, now) in enumerate(TURNS):
        live_together([worker(url, tmp_path / f"{turn}-{number}.log", now, job=job, now=now) for number in range(5)])
        assert differences(state(url), calm[turn]) == {}, job


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL: kills are tried on Linux and macOS")
@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.soak)])
def test_killed_anywhere_and_run_again_it_leaves_the_rows_of_an_undisturbed_run(
    url: str, calm: list[dict[str, list[tuple[Any, ...]]]], tmp_path: Path, kills: int
) -> None:
    dice = random.Random(3)
    for turn, (job, now) in enumerate(TURNS):
        moments = [f"statement:{dice.randint(4, 40)}" for _ in range(kills)] + [""]
        for life, moment in enumerate(moments):
            # Each process finds that the claims of the one before have run out.
            wall = now + life * timedelta(minutes=10)
            code = worker(url, tmp_path / f"{turn}-{life}.log", wall, moment, job=job, now=now).live()
            assert code == 0 or moment
        assert differences(state(url), calm[turn]) == {}, job
