"""Telemetry of a run, as it arrives: one trace, its numbers, its lines, and never a person."""

import logging
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from shared import errors, logs, runtime, telemetry
from shared.application import Application
from shared.database import breakers, tables
from shared.domain import metrics
from shared.domain.breaker import Breaker
from shared.errors import ConfigurationError
from shared.gateways.sms import ConsoleSms, Rejected
from shared.schedulers import sharding as parts
from shared.schedulers.sharding import Whole
from shared.settings import LogSettings, TelemetrySettings, load
from tests import rows
from tests.doubles import Clock, RecordingSms
from tests.loopback.ingestion import KEY, Ingestion, ingestion, stop_exporters
from tests.rows import NOON

JOB = "AppointmentReminders24h"
DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Log from INFO on, and put the levels and formats back."""
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    levels, formatters = (root.level, ours.level), [(each, each.formatter) for each in root.handlers]
    logs.join_host(LogSettings())
    yield
    stop_exporters()
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    for handler, formatter in formatters:
        handler.setFormatter(formatter)


@pytest.fixture
def insights(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ingestion]:
    """A stand-in that answers, and time enough for that on a busy machine."""
    monkeypatch.setattr(telemetry, "WAIT_SECONDS", 30)
    with ingestion() as server:
        yield server


def sending_to(application: Application, connection_string: str, **more: Any) -> Application:
    settings = TelemetrySettings(applicationinsights_connection_string=SecretStr(connection_string), **more)
    return replace(application, telemetry=settings)


@pytest.fixture
def observed(application: Application, insights: Ingestion) -> Application:
    """The application, sending telemetry to the stand-in."""
    return sending_to(application, insights.connection_string)


def due(engine: Engine, many: int = 1, **owner: Any) -> None:
    with engine.begin() as connection:
        tenant = rows.tenant(connection)
        for _ in range(many):
            rows.appointment(connection, tenant, NOON + DAY, owner_id=rows.owner(connection, tenant, **owner))


# The trace


def test_a_run_is_one_trace_with_its_parts(observed: Application, insights: Ingestion) -> None:
    run_id = runtime.run(observed, "NoShowDetector")["run_id"]
    (root,), parts = insights.of("Request"), insights.of("RemoteDependency")
    assert {each["tags"]["ai.operation.id"] for each in insights.envelopes} == {run_id.replace("-", "")}
    assert {each["tags"]["ai.cloud.role"] for each in insights.envelopes} == {"petcare-scheduler"}
    assert root["data"]["baseData"]["name"] == root["tags"]["ai.operation.name"] == "run NoShowDetector"
    assert root["data"]["baseData"]["success"] is True
    assert root["data"]["baseData"]["properties"] == {"run_id": run_id, "task": "NoShowDetector"}
    assert [each["data"]["baseData"]["name"] for each in parts] == ["plan", "collect", "deliver"]
    assert {each["tags"]["ai.operation.parentId"] for each in parts} == {root["data"]["baseData"]["id"]}
    assert "ai.operation.parentId" not in root["tags"]
    assert {each["iKey"] for each in insights.envelopes} == {KEY}
    assert insights.strangers == []


def test_a_run_in_parts_is_one_trace_whose_numbers_are_those_of_the_whole(
    observed: Application, insights: Ingestion, clock: Clock
) -> None:
    due(observed.engine, many=3)
    whole = Whole(uuid4(), JOB, shards=2)
    todo = parts.begin(observed, whole)
    while todo:
        todo = [each for part in todo for each in parts.do(observed, part)]
        clock.pass_(seconds=30)
    assert {each["tags"]["ai.operation.id"] for each in insights.envelopes} == {whole.run_id.hex}
    names = [each["data"]["baseData"]["name"] for each in insights.of("Request")]
    assert names == [f"run {JOB}{part}" for part in (":plan-0", ":plan-1", ":deliver-0", ":deliver-1", "")]
    of_the_whole = {
        each["data"]["baseData"]["metrics"][0]["name"]: each["data"]["baseData"]["metrics"][0]["value"]
        for each in insights.of("Metric")
        if each["data"]["baseData"]["properties"]["task"] == JOB
    }
    assert (of_the_whole["petcare.planned"], of_the_whole["petcare.sent"]) == (3, 3)
    assert of_the_whole["petcare.run_seconds"] >= 30  # since it began, not since it was added up


def test_only_the_job_that_collects_has_a_part_for_it(observed: Application, insights: Ingestion) -> None:
    runtime.run(observed, JOB)
    assert [each["data"]["baseData"]["name"] for each in insights.of("RemoteDependency")] == ["plan", "deliver"]


def test_two_runs_are_two_traces(observed: Application, insights: Ingestion) -> None:
    ids = {runtime.run(observed, JOB)["run_id"].replace("-", "") for _ in range(2)}
    assert {each["tags"]["ai.operation.id"] for each in insights.of("Request")} == ids
    assert len(insights.of("Request")) == 2


def test_a_run_that_failed_is_a_request_that_failed(observed: Application, insights: Ingestion) -> None:
    with observed.engine.begin() as connection:
        rows.tenant(connection)
        connection.execute(text("ALTER TABLE decisions RENAME TO gone"))
    with pytest.raises(errors.RunFailed):
        runtime.run(observed, JOB)
    (root,) = insights.of("Request")
    assert root["data"]["baseData"]["success"] is False
    assert [own for name, _, own in insights.metrics() if name == "petcare.run_seconds"] == [{"status": "failed"}]
    failed = [
        each["data"]["baseData"] for each in insights.of("Message") if each["data"]["baseData"]["severityLevel"] == 3
    ]
    (message,) = [each["message"] for each in failed]
    assert message.startswith(f"{JOB} failed: the database failed: ")
    assert "decisions" in message  # each database in its own words


def test_a_run_that_met_errors_says_so(observed: Application, insights: Ingestion) -> None:
    with observed.engine.begin() as connection:
        rows.tenant(connection)
        rows.tenant(connection, "broken", settings="{")
    runtime.run(observed, JOB)
    (root,) = insights.of("Request")
    assert root["data"]["baseData"]["success"] is True
    assert [own for name, _, own in insights.metrics() if name == "petcare.run_seconds"] == [{"status": "with_errors"}]


def test_a_dry_run_leaves_no_trace(observed: Application, insights: Ingestion) -> None:
    runtime.run(observed, JOB, is_dry=True)
    assert insights.envelopes == []


# The numbers


def test_the_numbers_of_a_run_arrive(observed: Application, insights: Ingestion) -> None:
    due(observed.engine, 2)
    with observed.engine.begin() as connection:
        breakers.open_(connection, Breaker("twilio"), "503", NOON)
    runtime.run(observed, JOB)
    found = {(name, *own.values()): value for name, value, own in insights.metrics()}
    seconds = found.pop(("petcare.run_seconds", "succeeded"))
    assert seconds > 0
    assert (
        found.items()
        >= {
            ("petcare.planned",): 2,
            ("petcare.sent", "reminder_24h"): 2,
            ("petcare.errors",): 0,
            ("petcare.tenants",): 1,
            ("petcare.queue_age_seconds",): 0,
            ("petcare.breaker_open", "twilio"): 1,
        }.items()
    )
    assert {(each["data"]["baseData"]["properties"]["task"]) for each in insights.of("Metric")} == {JOB}


def test_failures_arrive_by_the_providers_code(
    observed: Application, insights: Ingestion, sms: RecordingSms, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "shared.delivery.drain")
    due(observed.engine, 3)
    codes = iter(["21211", "21614", "21211"])

    def reject(_: object) -> None:
        raise Rejected(next(codes))

    sms.answer = reject
    runtime.run(observed, JOB)
    found = {own["code"]: value for name, value, own in insights.metrics() if name == "petcare.failures"}
    assert found == {"21211": 2, "21614": 1}
    assert sorted(each.message.rpartition(": ")[2] for each in caplog.records if each.levelname == "DEBUG") == [
        "failed, 21211",
        "failed, 21211",
        "failed, 21614",
    ]


def test_fees_arrive_by_currency() -> None:
    result = {"total_fees_applied": 2, "fee_cents_applied": {"USD": 2500, "EUR": 3000}, "held": [{}, {}]}
    assert [(each.name, each.value, each.dimensions) for each in metrics.numbers_of(result)] == [
        ("fees_applied", 2, {}),
        ("fee_cents_applied", 2500, {"currency": "USD"}),
        ("fee_cents_applied", 3000, {"currency": "EUR"}),
        ("days_held", 2, {}),
    ]


def test_the_age_of_the_queue_is_that_of_the_text_due_longest(
    observed: Application, insights: Ingestion, clock: Clock
) -> None:
    due(observed.engine)
    runtime.run(replace(observed, sms_enabled=False, telemetry=TelemetrySettings()), JOB)
    clock.pass_(hours=2)
    runtime.run(replace(observed, sms_enabled=False), JOB)
    assert [value for name, value, _ in insights.metrics() if name == "petcare.queue_age_seconds"] == [7200]


def test_a_text_that_is_not_due_yet_has_not_waited(observed: Application, insights: Ingestion, clock: Clock) -> None:
    due(observed.engine)
    runtime.run(replace(observed, sms_enabled=False, telemetry=TelemetrySettings()), JOB)
    with observed.engine.begin() as connection:
        connection.execute(tables.notifications.update().values(not_before=NOON + timedelta(hours=1)))
    runtime.run(replace(observed, sms_enabled=False), JOB)
    assert [value for name, value, _ in insights.metrics() if name == "petcare.queue_age_seconds"] == [0]


def test_each_run_tells_when_every_job_was_done_last(observed: Application, insights: Ingestion, clock: Clock) -> None:
    runtime.run(replace(observed, telemetry=TelemetrySettings()), "VaccinationMonitor")
    clock.pass_(hours=3)
    runtime.run(observed, JOB)
    found = {own["job"]: value for name, value, own in insights.metrics() if name == "petcare.hours_since_done"}
    assert found == {"VaccinationMonitor": 3, JOB: 0}


# The lines


def test_the_end_of_a_run_waits_for_its_lines(
    observed: Application, insights: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    insights.lines_come_last = True
    runtime.run(observed, JOB)
    assert f"{JOB}: " in [each["data"]["baseData"]["message"] for each in insights.of("Message")]


def test_a_line_has_run_task_and_tenant_as_dimensions(observed: Application, insights: Ingestion) -> None:
    due(observed.engine)
    run_id = runtime.run(observed, JOB)["run_id"]
    lines = [each["data"]["baseData"] for each in insights.of("Message")]
    assert [each["message"] for each in lines if each["properties"].get("tenant") == "paws"] == [
        "reminders_planned 1, total_checked 1"
    ]
    assert {(each["properties"]["run_id"], each["properties"]["task"]) for each in lines} == {(run_id, JOB)}


def test_a_deployed_functions_host_ships_the_lines_itself(application: Application, insights: Ingestion) -> None:
    runtime.run(sending_to(application, insights.connection_string, website_site_name="petcare"), JOB)
    assert insights.of("Message") == []
    assert insights.of("Request")
    assert insights.of("Metric")


def test_what_is_logged_outside_a_run_is_not_sent(observed: Application, insights: Ingestion) -> None:
    runtime.run(observed, JOB)
    before = len(insights.of("Message"))
    logging.getLogger("shared.elsewhere").info("idle")
    runtime.run(observed, "AppointmentReminders2h")
    assert before
    assert "idle" not in [each["data"]["baseData"]["message"] for each in insights.of("Message")]


def test_a_text_that_the_console_shows_is_not_sent_to_telemetry(
    observed: Application, insights: Ingestion, caplog: pytest.LogCaptureFixture
) -> None:
    due(observed.engine)
    runtime.run(replace(observed, sms=ConsoleSms()), JOB)
    assert "Happy Paws reminder: visit for" in caplog.text
    assert insights.of("Message")
    assert "Happy Paws" not in str(insights.envelopes)


def test_a_traceback_is_sent_without_the_values_in_it(observed: Application, insights: Ingestion) -> None:
    with telemetry.run(observed.telemetry, JOB, uuid4(), observed.clock):
        try:
            raise ValueError("Rosalind, +14155550142")
        except ValueError:
            logging.getLogger("shared.somewhere").exception("it failed for +14155550143")
    (sent,) = insights.of("Exception")
    (error,) = sent["data"]["baseData"]["exceptions"]
    assert (error["typeName"], error["message"]) == ("ValueError", "it failed for +1•••••0143")
    assert error["parsedStack"][0]["fileName"] == __file__
    assert not re.search("Rosalind|4155550142", str(insights.envelopes))


# Off, or in trouble


def test_without_a_connection_string_opencensus_is_not_even_imported(tmp_path: Path) -> None:
    script = (
        "import sys, uuid\n"
        "from shared import telemetry, runtime\n"
        "from shared.domain.metrics import Number\n"
        "from shared.settings import TelemetrySettings\n"
        "with telemetry.run(TelemetrySettings(), 'J', uuid.uuid4(), None), telemetry.span('plan'):\n"
        "    telemetry.record([Number('planned', 1)])\n"
        "    assert not telemetry.is_on()\n"
        "print([name for name in sys.modules if name.startswith('opencensus')])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_an_endpoint_that_is_down_fails_no_run(
    application: Application, sms: RecordingSms, caplog: pytest.LogCaptureFixture
) -> None:
    down = f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:{free_port()}"
    due(application.engine)
    assert runtime.run(sending_to(application, down), JOB)["reminders_sent"] == 1
    said = [each.message for each in caplog.records if each.levelno >= logging.WARNING]
    assert said == ["Application Insights did not take all telemetry of this run"]


@pytest.mark.parametrize("status", [400, 429, 500])
def test_an_endpoint_that_refuses_fails_no_run(
    application: Application, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    with ingestion(status=status) as server:
        assert runtime.run(sending_to(application, server.connection_string), JOB)["total_errors"] == 0
    assert "did not take all telemetry" in caplog.text


def test_a_run_does_not_wait_for_an_endpoint_that_never_answers(
    application: Application, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(telemetry, "WAIT_SECONDS", 0.05)
    with ingestion(holds_back=True) as server:
        runtime.run(sending_to(application, server.connection_string), JOB)
        assert not server.is_over.is_set()  # the run is over, and nothing was ever answered
    assert "did not take all telemetry" in caplog.text


def test_more_lines_than_the_queue_holds_are_dropped_not_waited_for(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(telemetry, "_MOST_LINES", 10)
    with ingestion(holds_back=True) as server:
        observed = sending_to(application, server.connection_string)
        with telemetry.run(observed.telemetry, JOB, uuid4(), observed.clock):
            for number in range(1000):
                logging.getLogger("shared.somewhere").info("line %s", number)
        assert not server.is_over.is_set()


def test_what_cannot_be_measured_fails_no_run(
    observed: Application, insights: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("the line is dead"))

    monkeypatch.setattr(runtime.waiting, "waiting_texts", gone)
    assert runtime.run(observed, "ReputationUpdater")["total_errors"] == 0
    assert "petcare.tenants" in [name for name, *_ in insights.metrics()]


def test_telemetry_that_cannot_be_set_up_fails_no_run(
    observed: Application, insights: Ingestion, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opencensus.ext.azure.trace_exporter", None)
    assert runtime.run(observed, JOB)["total_errors"] == 0
    assert "there is no telemetry" in caplog.text


def test_nothing_is_told_to_the_library_s_own_statistics(observed: Application, insights: Ingestion) -> None:
    from opencensus.ext.azure.statsbeat import statsbeat

    runtime.run(observed, JOB)
    assert insights.of("Request")
    assert statsbeat._STATSBEAT_EXPORTER is None


# The setting


@pytest.mark.parametrize(
    ("bad", "advice"),
    [
        ("nonsense", "write it as Azure shows it"),
        (f"InstrumentationKey={KEY};", "take away the semicolon"),
        (f"InstrumentationKey={KEY};IngestionEndpoint=http://insights.example", "must be https"),
        ("@Microsoft.KeyVault(SecretUri=https://v.example)", "write it as Azure shows it"),
    ],
)
def test_a_bad_connection_string_is_named_and_not_shown(bad: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match=f"APPLICATIONINSIGHTS_CONNECTION_STRING: .*{advice}") as raised:
        load(TelemetrySettings, {"APPLICATIONINSIGHTS_CONNECTION_STRING": bad})
    assert bad not in str(raised.value)


def test_a_connection_string_is_a_secret() -> None:
    settings = load(TelemetrySettings, {"APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={KEY}"})
    assert KEY not in repr(settings)
