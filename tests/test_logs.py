"""Log lines: the run they belong to, what they never show, a file that is rotated or gone, a host's own handlers."""

import io
import json
import logging
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from shared import logs, runtime
from shared.application import Application
from shared.database import leases
from shared.settings import LogSettings
from tests import rows
from tests.doubles import RecordingSms
from tests.rows import NOON

JOB = "AppointmentReminders24h"
DAY = timedelta(days=1)
log = logging.getLogger("shared.somewhere")


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Put the handlers and levels back."""
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    handlers, formatters = root.handlers[:], [each.formatter for each in root.handlers]
    levels = root.level, ours.level
    yield
    for each in {*root.handlers} - {*handlers}:
        each.close()
    root.handlers[:] = handlers
    for handler, formatter in zip(handlers, formatters, strict=True):
        handler.setFormatter(formatter)
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.splitlines()[-1]


def test_a_line_for_people_says_when_where_and_about_what(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogSettings())
    with logs.about(run_id="r1", task=JOB):
        log.info("two left", extra={"tenant": "paws"})
    time, _, rest = last_line(capsys).partition(" ")
    assert time.endswith("Z")
    assert rest == f"INFO shared.somewhere [r1 {JOB} paws] two left"


def test_outside_a_run_a_line_names_none(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogSettings())
    with logs.about(run_id="r1"):
        pass
    log.info("idle")
    assert last_line(capsys).endswith("INFO shared.somewhere idle")


def test_an_inner_block_adds_to_the_outer(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogSettings(log_format="json"))
    with logs.about(run_id="r1"), logs.about(tenant="paws"):
        log.info("here")
    line = json.loads(last_line(capsys))
    assert (line["run_id"], line["tenant"], line["message"]) == ("r1", "paws", "here")


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("number", ["+14155550142", "%2B14155550142"])
def test_a_phone_number_is_masked_whoever_logs_it(form: Any, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogSettings(log_format=form))
    try:
        raise ValueError(f"GET /Messages.json?To={number}")
    except ValueError:
        logging.getLogger("urllib3").exception("no answer for %s", number)
    said = capsys.readouterr().err
    assert "4155550142" not in said
    assert said.count("+1•••••0142") == 2  # in the message, and in the trace


FORGED = "\n2026-03-01T00:00:00Z INFO shared.runtime all is well\u2028{}\r\x1b[2J\x9b2J"


def test_no_value_begins_a_line_of_its_own_in_the_message_or_in_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogSettings())
    try:
        raise ValueError(FORGED)
    except ValueError:
        log.exception("no answer: %s", FORGED, extra={"tenant": FORGED}, stack_info=True)
    first, *below = capsys.readouterr().err.splitlines()
    assert first.count("\\n2026-03-01T00:00:00Z INFO shared.runtime all is well\\u2028{}\\r\\x1b[2J\\u009b2J") == 2
    assert "    ValueError: " in below
    assert [line for line in below if not line.startswith("    ")] == []
    assert re.search("[\x00-\x1f\x7f-\x9f]", "".join(below)) is None


def test_a_line_of_json_is_one_line_to_every_reader(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogSettings(log_format="json"))
    log.info("%s", FORGED, extra={"tenant": FORGED})
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == FORGED
    assert json.loads(line)["tenant"] == FORGED
    assert re.search("[\x00-\x1f\x7f-\x9f\u2028]", line) is None


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_signs_in_is_masked_whoever_logs_it(form: Any, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogSettings(log_format=form))
    secrets = "redis://:F1do@Rex@cache/0", "DRIVER=x;UID=ann;PWD={F1;do};SERVER=db", "AccountKey=F1do==;a=b"
    try:
        raise ValueError(secrets)
    except ValueError:
        logging.getLogger("kombu").exception("no connection to %s (%s) (%s)", *secrets)
    said = capsys.readouterr().err
    assert [each for each in ("F1", "Rex", "ann") if each in said] == []
    assert "redis://•••@cache/0" in said
    assert "PWD=•••;SERVER=db" in said


def test_an_error_of_the_database_shows_no_parameter(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogSettings())
    try:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO gone VALUES (:name)"), {"name": "Rosalind"})
    except SQLAlchemyError:
        log.exception("it failed")
    said = capsys.readouterr().err
    assert "INSERT INTO gone" in said
    assert "Rosalind" not in said.replace('{"name": "Rosalind"}', "")  # its own source line


def test_what_libraries_say_of_themselves_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogSettings(log_level="DEBUG"))
    for name in ("twilio.http_client", "stripe", "urllib3.connectionpool"):
        logging.getLogger(name).info("To=14155550142")
    log.debug("ours")
    assert [line.split(" ", 1)[1] for line in capsys.readouterr().err.splitlines()] == ["DEBUG shared.somewhere ours"]


# LOG_FILE


def test_a_rotated_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "petcare.log"
    logs.configure(LogSettings(log_file=str(path)))
    log.info("before")
    path.rename(tmp_path / "petcare.log.1")
    log.info("after")
    assert path.read_text(encoding="utf-8").endswith("after\n")
    assert (tmp_path / "petcare.log.1").read_text(encoding="utf-8").endswith("before\n")


def test_a_file_that_cannot_be_written_any_more_stops_nothing_and_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    logs.configure(LogSettings(log_file=str(folder / "petcare.log")))
    shutil.rmtree(folder)
    log.info("one")
    log.info("two")
    said = capsys.readouterr().err.splitlines()
    assert [line.rpartition(" ")[2] for line in said if line.endswith(("one", "two"))] == ["one", "two"]
    (told,) = [line for line in said if line.startswith("LOG_FILE: ")]
    assert "cannot be written" in told


# Under a Functions host


def test_a_host_keeps_its_handlers_and_gets_lines_that_name_the_run() -> None:
    stream = io.StringIO()
    theirs = logging.StreamHandler(stream)  # the worker's has no formatter either
    logging.getLogger().handlers[:] = [theirs]
    logs.join_host(LogSettings())
    with logs.about(run_id="r1", task=JOB):
        log.info("two left")
        log.debug("a detail")
    assert logging.getLogger().handlers == [theirs]
    assert stream.getvalue() == f"[r1 {JOB}] two left\n"


def test_a_host_with_a_format_of_its_own_keeps_it() -> None:
    stream = io.StringIO()
    theirs = logging.StreamHandler(stream)
    theirs.setFormatter(logging.Formatter("theirs: %(message)s"))
    logging.getLogger().handlers[:] = [theirs]
    logs.join_host(LogSettings())
    log.info("two left")
    assert stream.getvalue() == "theirs: two left\n"


def test_where_nobody_logs_a_scheduled_run_logs_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().handlers[:] = []
    logs.join_host(LogSettings())
    log.info("two left")
    assert last_line(capsys).endswith("INFO shared.somewhere two left")


def test_a_scheduled_run_reaches_the_host_at_info(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    logging.getLogger().handlers[:] = [logging.StreamHandler(stream)]
    logging.getLogger().setLevel(logging.INFO)  # as the worker does
    monkeypatch.setattr(runtime, "open_application", lambda: application)
    with application.engine.begin() as connection:
        rows.tenant(connection)
    runtime.run_scheduled(JOB)
    run_id = rows.only(application.engine, rows.tables.runs).id
    assert stream.getvalue().splitlines() == [
        f"[{run_id} {JOB} paws] nothing to do",
        f"[{run_id} {JOB}] {JOB}: tenants_processed 1",
    ]


# What a run says


def test_a_tenants_line_tells_what_was_done_and_its_errors(
    application: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(LogSettings())
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
        rows.appointment(
            connection,
            rows.tenant(connection, "two"),
            NOON + DAY,
            owner_id=rows.owner(connection, rows.tenant(connection, "three")),
        )
    runtime.run(application, JOB)
    lines = [line.split("] ", 1)[1] for line in capsys.readouterr().err.splitlines() if "] " in line]
    assert lines[:3] == ["reminders_planned 1, total_checked 1", "nothing to do", "errors 1"]
    assert lines[3].startswith(f"{JOB}: tenants_processed 3, ")


def test_a_decision_is_a_detail(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogSettings(log_level="DEBUG"))
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection)
        rows.appointment(connection, tenant, NOON + DAY)
        rows.appointment(connection, tenant, NOON + DAY, owner_id=rows.owner(connection, tenant, sms_opted_in=False))
    runtime.run(application, JOB)
    decided = [line for line in capsys.readouterr().err.splitlines() if " DEBUG shared.database.ledger " in line]
    assert sorted(line.rpartition(": ")[2] for line in decided) == ["notify, no objection", "skipped, opted_out"]


def test_the_thread_that_renews_the_lease_names_the_run(
    application: Application, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import threading

    logs.configure(LogSettings())
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.001)
    take, failed = leases.take, threading.Event()

    def fail(*arguments: Any) -> bool:
        if threading.current_thread() is threading.main_thread():
            return take(*arguments)
        failed.set()
        raise OperationalError("UPDATE leases", {}, Exception("the line is dead"))

    monkeypatch.setattr(leases, "take", fail)
    sms.answer = lambda sent: None if failed.wait(10) else pytest.fail("never renewed")
    with application.engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON + DAY)
    result = runtime.run(application, JOB)
    told = [line for line in capsys.readouterr().err.splitlines() if "cannot be renewed" in line]
    assert told
    assert all(
        f"[{result['run_id']} {JOB}] {JOB}: the lease cannot be renewed: the line is dead" in line for line in told
    )
