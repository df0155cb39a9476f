"""One day, four ways to run it: the same decisions, texts, payments, scores and results, row by row."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from shared.application import simulation
from shared.database import tables
from shared.database.engine import open_engine, reading
from shared.jobs import JOBS
from shared.runtime import run
from shared.schedulers.local import LocalHost
from shared.schedules.function_json import read_schedules
from tests import rows, warm_start
from tests.celery_workers.conftest import broker
from tests.celery_workers.fleet import Fleet, wait_for
from tests.conformance import day
from tests.conformance.day import HOURS, START, Firing
from tests.doubles import Clock
from tests.functions_host.conftest import SETTINGS, Worker, app, azure_python
from tests.functions_host.installation import bring
from tests.schedulers.stepped import stepped

__all__ = ["app", "azure_python", "broker"]

ROOT = Path(__file__).parents[2]
EXPECTED = "expected.db"
CONSOLE = {"SMS_PROVIDER": "console", "PAYMENT_PROVIDER": "console", "LOG_LEVEL": "WARNING"}
RUNS = {"AppointmentReminders24h": 24, "AppointmentReminders2h": 24} | dict.fromkeys(
    ("ReputationUpdater", "VaccinationMonitor"), 1
)
RUNS["NoShowDetector"] = 2  # one of them on the day before
CRON_LINE = re.compile(r"(?P<minute>\S+) (?P<hour>\S+) (?P<day>\S+) (?P<month>\S+) (?P<weekday>\S+) (?P<command>.+)")


@pytest.fixture(scope="module")
def planted(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database before the day, made once."""
    path = Path(shutil.copy(migrated_file, tmp_path_factory.mktemp("day") / "before.db"))
    engine = open_engine(f"sqlite:///{path}")
    day.plant(engine)
    engine.dispose()
    return path


@pytest.fixture
def database(planted: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(planted, tmp_path / "day.db"))


@pytest.fixture
def engine(database: Path) -> Iterator[Engine]:
    """An engine on the copy."""
    engine = open_engine(f"sqlite:///{database}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def expected(planted: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the day leaves when one process simply runs each job at its time."""
    path = Path(shutil.copy(planted, planted.with_name(EXPECTED)))
    engine, clock = open_engine(f"sqlite:///{path}"), Clock(START)
    application = simulation(engine, clock)

    def do(firing: Firing) -> None:
        clock.now = firing.at
        run(application, firing.job)

    day.spend(engine, do)
    engine.dispose()
    return day.left(path)


def compare(found: dict[str, list[tuple[Any, ...]]], expected: dict[str, list[tuple[Any, ...]]]) -> None:
    for name, its in expected.items():
        missing, new = Counter(its) - Counter(found[name]), Counter(found[name]) - Counter(its)
        assert (list(missing)[:2], list(new)[:2]) == ([], []), name


def without_results(found: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Of two jobs that start in the same minute, which one sends what waits is chance; `delivered` is what both did."""
    return found | {"runs": [tuple(cell for cell in row if not cell.startswith("result=")) for row in found["runs"]]}


def delivered(path: Path) -> Counter[str]:
    """What all runs together say they delivered."""
    engine, told = open_engine(f"sqlite:///{path}"), Counter[str]()
    for each in rows.all_of(engine, tables.runs):
        for outcome, kinds in each.result["delivery"].items():
            told.update({f"{outcome} {kind}": count for kind, count in kinds.items()})
    engine.dispose()
    return told


def test_the_day_has_something_of_everything(expected: dict[str, list[tuple[Any, ...]]]) -> None:
    def told(table: str, column: str) -> set[str]:
        return {cell.partition("=")[2] for row in expected[table] for cell in row if cell.startswith(f"{column}=")}

    kinds = {"reminder_24h", "reminder_2h", "vaccination_expiring", "no_show_notice", "fee_receipt"}
    assert kinds <= told("notifications", "kind")
    assert {"sent", "cancelled"} <= told("notifications", "status")
    assert {"notify", "skipped", "cancelled"} <= told("decisions", "outcome")
    assert {"succeeded", "pending", "waived"} <= told("payments", "status")
    assert {"opening", "no_show", "completed", "recovery"} <= told("reputation_events", "kind")
    assert Counter(cell for row in expected["runs"] for cell in row if cell.startswith("task=")) == {
        f"task={job}": count for job, count in RUNS.items()
    }


def test_azure_functions_by_microsofts_worker(
    azure_python: Path, app: Path, database: Path, engine: Engine, expected: dict[str, list[tuple[Any, ...]]]
) -> None:
    worker = Worker(azure_python, app, SETTINGS | CONSOLE | {"DATABASE_URL": f"sqlite:///{database}"}, bring())
    for job in JOBS:
        assert worker.load(job)["ok"]

    def do(firing: Firing) -> None:
        assert worker.invoke(firing.job, at=firing.at.isoformat())["ok"]

    day.spend(engine, do)
    worker.end()
    compare(day.left(database), expected)


def test_the_local_host_by_its_own_timers(
    planted: Path,
    database: Path,
    engine: Engine,
    expected: dict[str, list[tuple[Any, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(START - timedelta(seconds=1))
    timers = stepped(monkeypatch, clock)
    LocalHost(simulation(engine, clock), read_schedules(), timers).start()
    for hour in HOURS:
        day.live(engine, hour)
        timers.play(clock, hour + timedelta(minutes=59))
    compare(without_results(day.left(database)), without_results(expected))
    assert delivered(database) == delivered(planted.with_name(EXPECTED))


@pytest.mark.skipif(sys.platform == "win32", reason="NOT TESTED: Celery's workers do not run on Windows")
def test_celery_by_its_own_beat_two_workers_and_a_real_redis(
    broker: str,
    planted: Path,
    database: Path,
    engine: Engine,
    expected: dict[str, list[tuple[Any, ...]]],
    tmp_path: Path,
) -> None:
    settings = CONSOLE | {"DATABASE_URL": f"sqlite:///{database}", "CELERY_SHARDS": "2"}
    fleet = Fleet(broker, tmp_path, settings)
    fleet.forget()
    fleet.start()
    fleet.start()
    command = warm_start.command("tests.conformance.beat")
    environment = os.environ | settings | {"CELERY_BROKER_URL": broker}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    try:
        with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as beat:
            assert beat.stdin is not None
            assert beat.stdout is not None
            beat.stdin.write(f"{(START - timedelta(seconds=1)).isoformat()}\n")
            for hour in HOURS:
                day.live(engine, hour)
                for at in (hour, hour + timedelta(minutes=30)):
                    fleet.it_is(at)
                    beat.stdin.write(f"{at.isoformat()}\n")
                    beat.stdin.flush()
                    sent = int(beat.stdout.readline())
                    wait_for(lambda sent=sent: ended(engine) == sent + 1, f"the runs of {at}: {fleet.logs()}")
            beat.stdin.close()
    finally:
        fleet.end()
    compare(without_results(day.left(database)), without_results(expected))
    assert delivered(database) == delivered(planted.with_name(EXPECTED))


def ended(engine: Engine) -> int:
    run = tables.runs.c
    with reading(engine) as connection:
        of_whole_runs = run.task.in_(JOBS) & run.finished_at.is_not(None)
        return connection.execute(select(func.count()).where(of_whole_runs)).scalar_one()


@pytest.mark.skipif(shutil.which("sh") is None, reason="NOT TESTED: cron's lines need a POSIX shell")
def test_cron_lines_executed_by_sh(
    database: Path, engine: Engine, expected: dict[str, list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    settings = CONSOLE | {"DATABASE_URL": f"sqlite:///{database}", "PATH": os.environ["PATH"]}
    log = tmp_path / "cron.log"
    command = warm_start.command("shared", "crontab", "--log", str(log))
    printed = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=True).stdout
    lines = [found for line in printed.splitlines() if not line.startswith("#") and (found := CRON_LINE.match(line))]
    assert len(lines) == len(JOBS)
    cold, warm = (shlex.join(each) for each in ([sys.executable, "-m", "shared"], warm_start.command("shared")))
    assert all(cold in line["command"] for line in lines)
    is_first = True
    for minute in (hour + timedelta(minutes=number) for hour in HOURS for number in range(60)):
        if minute.minute == 0:
            day.live(engine, minute)
        now = {"minute": minute.minute, "hour": minute.hour, "day": minute.day, "month": minute.month}
        for line in sorted(lines, key=order_of_the_day):
            if all(matches(line[name], value) for name, value in (now | {"weekday": minute.isoweekday() % 7}).items()):
                clock = {"PYTHONPATH": str(ROOT / "tests/conformance/clock"), "SIMULATED_NOW": minute.isoformat()}
                # The first as it stands; in the others the Python is one that has imported everything.
                words = line["command"] if is_first else line["command"].replace(cold, warm)
                is_first = False
                done = subprocess.run(["/bin/sh", "-c", words], env=settings | clock, cwd="/", check=False)
                assert done.returncode in (0, 1), log.read_text()  # 1: one of the sample's businesses has bad settings
    compare(day.left(database), expected)


def order_of_the_day(line: re.Match[str]) -> int:
    """Cron starts side by side what is due in the same minute; here each waits for the one before."""
    jobs = "ReputationUpdater VaccinationMonitor AppointmentReminders24h NoShowDetector AppointmentReminders2h".split()
    return next(number for number, job in enumerate(jobs) if f"run {job} " in line["command"])


def matches(field: str, value: int) -> bool:
    """Whether a field of a crontab holds a value."""
    if field == "*":
        return True
    spans = [part.partition("-") for part in field.split(",")]
    return any(int(low) <= value <= int(high or low) for low, _, high in spans)
