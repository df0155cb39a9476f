"""Every function as Azure runs it: by Microsoft's own worker, on Python 3.13, with requirements.txt alone."""

import subprocess
from collections import Counter
from collections.abc import Callable
from ctypes.util import find_library
from pathlib import Path

import pytest
from sqlalchemy import Engine

from shared.application import utc_now
from shared.database import migrations, tables
from shared.database.engine import open_engine
from shared.jobs import JOBS
from shared.sample import build, insert
from tests import rows
from tests.databases import Databases
from tests.functions_host.conftest import Worker
from tests.functions_host.installation import deploy

Start = Callable[..., Worker]

NOBODY = "postgresql+psycopg://petcare@127.0.0.1:1/petcare?connect_timeout=5"
"""A database server that is not there."""
IMPORTS = (
    "azure.functions sqlalchemy alembic psycopg twilio.rest stripe opencensus.ext.azure.trace_exporter "
    "opencensus.ext.azure.log_exporter opencensus.ext.azure.metrics_exporter pydantic dotenv phonenumbers tzdata "
    "babel click rich"
).split()


@pytest.fixture
def seeded(engine: Engine) -> Engine:
    """The sample, as of now."""
    with engine.begin() as connection:
        insert(connection, build(utc_now()).rows)
    return engine


def history(engine: Engine) -> Counter[tuple[str, str]]:
    return Counter((each.task, each.status) for each in rows.all_of(engine, tables.runs))


def ledger(engine: Engine) -> list[tuple[str, str]]:
    return sorted((each.ledger_key, each.outcome) for each in rows.all_of(engine, tables.decisions))


def loaded(worker: Worker) -> Worker:
    for name in JOBS:
        assert worker.load(name)["ok"]
    return worker


def test_a_deployment_holds_the_functions_the_package_and_nothing_else(tmp_path: Path) -> None:
    app = deploy(tmp_path / "wwwroot")  # one that nothing has run from yet
    assert {each.name for each in app.iterdir()} == {*JOBS, "shared", "host.json", "requirements.txt", "LICENSE"}
    assert not list(app.rglob("__pycache__"))


def test_what_a_run_imports_can_be_imported_on_azures_python(azure_python: Path) -> None:
    program = "\n".join(
        ["import importlib, sys", f"for name in {IMPORTS}: print(importlib.import_module(name).__name__)"]
    )
    done = subprocess.run([azure_python, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split() == IMPORTS, done.stderr


@pytest.mark.skipif(find_library("odbc") is None, reason="NOT TESTED: pyodbc needs unixODBC (libodbc), not here")
def test_the_driver_of_sql_server_can_be_imported_on_azures_python(azure_python: Path) -> None:
    subprocess.run([azure_python, "-c", "import pyodbc"], check=True)


def test_the_worker_starts_and_leaves_the_reading_of_function_json_to_the_host(idle: Worker) -> None:
    assert idle.started == {"ok": True, "error": None, "host_reads_function_json": True}


@pytest.mark.parametrize("name", JOBS)
def test_a_function_loads_with_the_script_root_last_on_the_path(idle: Worker, app: Path, name: str) -> None:
    answer = idle.load(name)
    assert (answer["ok"], answer["error"]) == (True, None)
    assert answer["path"][-1] == str(app)
    assert {f"__app__.{name}", "shared.runtime"} <= set(answer["modules"])
    # Under two names a module would be there twice, each with its own state.
    assert not [each for each in answer["modules"] if each.startswith("__app__.shared")]


def test_each_function_runs_its_job_once_for_each_time_its_timer_goes_off(
    worker: Start, seeded: Engine, database_url: str
) -> None:
    azure = loaded(worker(DATABASE_URL=database_url))
    for name in JOBS:
        assert azure.invoke(name) == {"ok": True, "error": None, "returned": None}
    assert history(seeded) == {(name, "with_errors"): 1 for name in JOBS}
    decided = ledger(seeded)
    assert {key.split(":")[0] for key, _ in decided} >= {"reminder_24h", "vaccination_expiring", "no_show"}
    for name in JOBS:
        assert azure.invoke(name, past_due=True)["ok"]
    assert history(seeded) == {(name, "with_errors"): 2 for name in JOBS}
    told = [(row.kind, row.subject_id) for row in rows.all_of(seeded, tables.decisions) if row.outcome == "notify"]
    assert len(told) == len(set(told))
    assert {key for key, _ in ledger(seeded)} >= {key for key, _ in decided}


def test_an_unreachable_database_fails_the_invocation_so_that_azure_tries_again(worker: Start) -> None:
    azure = loaded(worker(DATABASE_URL=NOBODY))
    for name in JOBS:
        answer = azure.invoke(name)
        assert not answer["ok"]
        assert answer["error"].startswith("DatabaseUnusable: the database at 127.0.0.1/petcare cannot be used: ")


def test_the_retry_of_a_failed_invocation_does_the_work_once_the_database_is_there(
    worker: Start, databases: Databases
) -> None:
    url = databases.empty()
    azure = loaded(worker(DATABASE_URL=url))
    assert azure.invoke("VaccinationMonitor")["error"].startswith("DatabaseUnusable: the")
    engine = open_engine(url)
    migrations.upgrade(engine)
    with engine.begin() as connection:
        insert(connection, build(utc_now()).rows)
    assert azure.invoke("VaccinationMonitor", retry=1) == {"ok": True, "error": None, "returned": None}
    assert history(engine) == {("VaccinationMonitor", "with_errors"): 1}
    assert ledger(engine)
    engine.dispose()
    databases.drop(url)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"WEBSITE_SITE_NAME": "petcare"},
            "ConfigurationError: DATABASE_URL: not set; a deployed Function App needs a database server",
        ),
        ({"NO_SHOW_FEE_HOLD_HOURS": "soon"}, "ConfigurationError: NO_SHOW_FEE_HOLD_HOURS: "),
        ({"TASK_TIMEZONE": "Mars/Olympus"}, "ConfigurationError: TASK_TIMEZONE: 'Mars/Olympus' is not an IANA time"),
    ],
)
def test_a_missing_or_bad_setting_is_named_in_the_failed_invocation(
    worker: Start, settings: dict[str, str], said: str
) -> None:
    azure = loaded(worker(**settings))
    answer = azure.invoke("NoShowDetector")
    assert not answer["ok"]
    assert answer["error"].startswith(said)
