"""LOG_LEVEL, LOG_FORMAT and LOG_FILE, and what no log may show."""

import json

import pytest

from tests.cli.people import SECRETS, names, phones_in, shown
from tests.cli.shell import AT, JOB, Shell

RUN = ("run", JOB, "--at", AT, "--tenant", "hudson-paws", "--json")
JOBS = (
    "VaccinationMonitor",
    "NoShowDetector",
    "AppointmentReminders24h",
    "AppointmentReminders2h",
    "ReputationUpdater",
)
LATER = "2026-03-05T17:00:00+00:00"
"""A day after AT: fees noted then are collected now."""


def test_json_logs_are_one_object_a_line(petcare: Shell) -> None:
    done = petcare(*RUN, LOG_FORMAT="json")
    lines, result = [json.loads(line) for line in done.err.splitlines()], json.loads(done.out)
    assert len(lines) > 5
    assert {tuple(line) for line in lines} == {
        ("time", "level", "logger", "run_id", "task", "message"),
        ("time", "level", "logger", "run_id", "task", "tenant", "message"),
    }
    assert {line["logger"] for line in lines} == {"shared.gateways.sms", "shared.runtime", "shared.results"}
    assert {(line["run_id"], line["task"]) for line in lines} == {(result["run_id"], JOB)}
    assert lines[-1]["message"].startswith(f"{JOB}: tenants_processed 1, ")


def test_every_line_for_people_names_the_run(petcare: Shell) -> None:
    done = petcare(*RUN, LOG_LEVEL="DEBUG")
    where = f" [{json.loads(done.out)['run_id']} {JOB}"
    assert [line for line in done.err.splitlines() if where not in line] == []


def test_each_tenant_gets_one_line_with_its_result(petcare: Shell) -> None:
    done = petcare("run", JOB, "--at", AT, "--json", LOG_FORMAT="json")
    result, lines = json.loads(done.out), [json.loads(line) for line in done.err.splitlines()]
    told = {line["tenant"]: line["message"] for line in lines if line["level"] == "INFO" and "tenant" in line}
    tenants = [name for (name,) in petcare.sql("SELECT subdomain FROM tenants WHERE status IN ('trial', 'active')")]
    assert sorted(told) == sorted(tenants)
    assert len([line for line in lines if "tenant" in line]) == len(tenants)
    planned = {name: counts.get("reminders_planned", 0) for name, counts in result["tenant_results"].items()}
    assert planned["hudson-paws"] > 0
    assert f"reminders_planned {planned['hudson-paws']}" in told["hudson-paws"]
    assert any(message.endswith("errors 1") for message in told.values())


def test_a_level_leaves_out_what_is_below(petcare: Shell) -> None:
    assert " DEBUG " in petcare(*RUN, LOG_LEVEL="DEBUG").err
    petcare.sql("DELETE FROM decisions")
    petcare.sql("DELETE FROM notifications")
    assert petcare(*RUN, LOG_LEVEL="WARNING").err == ""


def test_a_log_file_gets_what_stderr_gets_run_after_run(petcare: Shell) -> None:
    said = "".join(petcare(*RUN, LOG_FILE="petcare.log").err for _ in range(2))
    assert (petcare.folder / "petcare.log").read_text(encoding="utf-8") == said
    assert said.count(f" {JOB}] {JOB}: tenants_processed 1") == 2


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_log_shows_a_person_or_a_secret(petcare: Shell, form: str) -> None:
    logged = []
    for job, at in [*((job, AT) for job in JOBS), ("NoShowDetector", LATER)]:
        done = petcare("run", job, "--at", at, "--json", LOG_LEVEL="DEBUG", LOG_FORMAT=form, **SECRETS)
        assert done.code in (0, 1)
        logged += done.err.splitlines()
    ours = [
        line for line in logged if "shared.gateways.sms" not in line
    ]  # the console shows texts: it is made for that
    assert len(ours) > 100
    assert phones_in("\n".join(logged), petcare) == []
    assert shown("\n".join(ours), names(petcare)) == set()
    assert shown("\n".join(logged), SECRETS.values()) == set()
