"""What a run of each job tells Application Insights about the sample, and what it never tells."""

import json
import logging
from collections import defaultdict
from datetime import datetime
from typing import Any

import pytest

from shared import logs, runtime, telemetry
from shared.application import open_application
from tests.cli.people import SECRETS, names, phones_in, shown
from tests.cli.shell import AT, JOB, Shell
from tests.loopback.ingestion import ingestion

JOBS = (
    "VaccinationMonitor",
    "NoShowDetector",
    "AppointmentReminders24h",
    "AppointmentReminders2h",
    "ReputationUpdater",
)


def data(envelope: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = envelope["data"]["baseData"]
    return found


def run_each_job(petcare: Shell, connection_string: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Run the jobs in this process, with time enough for the telemetry to arrive on a busy machine."""
    monkeypatch.chdir(petcare.folder)
    monkeypatch.setattr(telemetry, "WAIT_SECONDS", 30)
    settings = {"APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string, **petcare.settings, **SECRETS}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    ours = logging.getLogger(logs.OURS)
    level = ours.level
    ours.setLevel(logging.DEBUG)
    monkeypatch.setattr(ours, "handlers", [])
    application = open_application()
    try:
        return {job: runtime.run(application, job, at=datetime.fromisoformat(AT)) for job in JOBS}
    finally:
        application.engine.dispose()
        ours.setLevel(level)


def test_each_job_is_one_trace_with_its_metrics_and_names_nobody(
    petcare: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ingestion() as insights:
        results = run_each_job(petcare, insights.connection_string, monkeypatch)
    traces = defaultdict(list)
    for each in insights.envelopes:
        traces[each["tags"]["ai.operation.id"]].append(each)
    assert set(traces) == {result["run_id"].replace("-", "") for result in results.values()}
    for job, result in results.items():
        trace = traces[result["run_id"].replace("-", "")]
        kinds = [each["name"].rpartition(".")[2] for each in trace]
        assert kinds.count("Request") == 1
        parts = [data(each)["name"] for each in trace if each["name"].endswith("RemoteDependency")]
        assert parts == ["plan", *(["collect"] if job == "NoShowDetector" else []), "deliver"]
        metrics = {data(each)["metrics"][0]["name"] for each in trace if each["name"].endswith("Metric")}
        assert metrics >= {"petcare.run_seconds", "petcare.errors", "petcare.queue_age_seconds", "petcare.tenants"}
        lines = [each for each in trace if each["name"].endswith("Message")]
        assert {data(each)["properties"]["run_id"] for each in lines} == {result["run_id"]}
        assert {data(each)["properties"].get("tenant") for each in lines} >= {None, *result["tenant_results"]}
    sent = {name for name, _, _ in insights.metrics()}
    assert sent >= {"petcare.planned", "petcare.sent", "petcare.fees_applied", "petcare.fee_cents_applied"}
    assert any(data(each)["properties"]["level"] == "DEBUG" for each in insights.of("Message"))
    text = json.dumps(insights.envelopes, ensure_ascii=False, indent=0)
    assert phones_in(text, petcare) == []
    assert shown(text, names(petcare)) == set()
    assert shown(text, SECRETS.values()) == set()


def test_a_process_ends_though_the_endpoint_never_answers(petcare: Shell) -> None:
    with ingestion(holds_back=True) as insights:
        done = petcare.process("run", JOB, "--at", AT, APPLICATIONINSIGHTS_CONNECTION_STRING=insights.connection_string)
        assert not insights.is_over.is_set()
        assert insights.envelopes
    assert "Application Insights did not take all telemetry of this run" in done.err


def test_a_bad_connection_string_is_one_clear_line(petcare: Shell) -> None:
    done = petcare("run", JOB, APPLICATIONINSIGHTS_CONNECTION_STRING="InstrumentationKey=nonsense")
    assert done.code == 2
    assert done.err.startswith("error: APPLICATIONINSIGHTS_CONNECTION_STRING: ")
    assert "nonsense" not in done.err
