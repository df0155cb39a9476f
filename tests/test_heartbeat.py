"""HEARTBEAT_URL: a monitor outside hears after each run of a job, and never fails one."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.application import Application
from shared.database import leases
from shared.errors import ConfigurationError, LeaseHeld, RunFailed
from shared.runtime import run
from shared.schedulers.sharding import Whole, begin, do
from shared.settings import TelemetrySettings, load
from tests import rows
from tests.loopback.http import Request, Response, Server
from tests.rows import NOON

JOB = "AppointmentReminders24h"


class Monitor:
    """Remembers which addresses were asked."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.answer = Response()

    def __call__(self, request: Request) -> Response:
        self.heard.append(f"{request.method} {request.path}")
        return self.answer


@pytest.fixture
def monitor() -> Monitor:
    return Monitor()


@pytest.fixture
def heard(application: Application, monitor: Monitor) -> Iterator[Application]:
    """The application with a monitor that listens."""
    with Server(monitor) as server:
        settings = load(TelemetrySettings, {"HEARTBEAT_URL": f"{server.url}/s3cret/"})
        yield replace(application, telemetry=settings)


def test_it_hears_that_a_run_was_done_even_with_errors(heard: Application, monitor: Monitor) -> None:
    run(heard, JOB)
    with heard.engine.begin() as connection:
        rows.tenant(connection)
        rows.tenant(connection, "broken", settings="{")
    assert run(heard, JOB)["total_errors"] == 1
    assert monitor.heard == [f"GET /s3cret/{JOB}"] * 2


def test_it_hears_that_a_run_failed(heard: Application, monitor: Monitor) -> None:
    with heard.engine.begin() as connection:
        rows.tenant(connection, "broken", settings="{")
    with pytest.raises(RunFailed):
        run(heard, JOB)
    with heard.engine.begin() as connection:
        connection.execute(text("DROP TABLE petcare_version"))
    with pytest.raises(Exception, match="db upgrade"):
        run(heard, JOB)
    assert monitor.heard == [f"GET /s3cret/{JOB}/fail"] * 2


def test_it_hears_of_a_run_in_parts_once(heard: Application, monitor: Monitor) -> None:
    waiting = begin(heard, Whole(uuid4(), JOB, 2))
    while waiting:
        assert monitor.heard == []
        waiting += do(heard, waiting.pop(0))
    assert monitor.heard == [f"GET /s3cret/{JOB}"]


def test_it_does_not_hear_of_what_is_not_the_jobs_own_run(heard: Application, monitor: Monitor) -> None:
    with heard.engine.begin() as connection:
        rows.tenant(connection)
    run(heard, JOB, is_dry=True)
    run(heard, JOB, only=["paws"])
    run(heard, JOB, at=NOON)
    with leases.held(heard.engine, JOB, heard.clock), pytest.raises(LeaseHeld):
        run(heard, JOB)
    assert monitor.heard == []


@pytest.mark.parametrize("answer", [Response(500), Response(cut=0), Response(cut=9)])
def test_a_monitor_that_is_ill_fails_no_run_and_its_address_is_not_logged(
    heard: Application, monitor: Monitor, answer: Response, caplog: pytest.LogCaptureFixture
) -> None:
    monitor.answer = answer
    assert run(heard, JOB)["total_errors"] == 0
    assert "the monitor at HEARTBEAT_URL" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_redirect_is_not_followed(heard: Application, monitor: Monitor, caplog: pytest.LogCaptureFixture) -> None:
    monitor.answer = Response(302, headers={"Location": "/elsewhere"})
    run(heard, JOB)
    assert monitor.heard == [f"GET /s3cret/{JOB}"]
    assert "answered 302" in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "https://host/x?key=1",
        "https://host/x#y",
        "http://monitor.example/x",
        "ftp://127.0.0.1/x",
        "https:///x",
        "https://me:pw@host/x",
    ],
)
def test_it_must_be_https_or_this_machine(url: str) -> None:
    with pytest.raises(ConfigurationError, match="HEARTBEAT_URL: ") as raised:
        load(TelemetrySettings, {"HEARTBEAT_URL": url})
    assert url not in str(raised.value)
