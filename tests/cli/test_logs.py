"""LOG_LEVEL, LOG_FORMAT and LOG_FILE, and what no log may show."""

import json
import re
from collections.abc import Iterable

import pytest

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
SECRETS = {
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "STRIPE_SECRET_KEY": "sk_test_a1b2c3d4e5f6",
    "TWILIO_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdef",
}


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def shown(lines: Iterable[str], words: Iterable[str]) -> set[str]:
    """Return those of the words that stand in the lines, whole."""
    text = "\n".join(lines)
    return {word for word in words if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)}


def test_json_logs_are_one_object_a_line(petcare: Shell) -> None:
    done = petcare(*RUN, LOG_FORMAT="json")
    lines, result = [json.loads(line) for line in done.err.splitlines()], json.loads(done.out)
    assert len(lines) > 5
    assert {tuple(line) for line in lines} == {
        ("time", "level", "logger", "run_id", "task", "message"),
        ("time", "level", "logger", "run_id", "task", "tenant", "message"),
    }
    assert {line["logger"] for line in lines} == {"shared.gateways.sms", "shared.runtime"}
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
    owners = petcare.sql("SELECT first_name, last_name, email, phone FROM owners")
    phones = {digits(phone) for *_, phone in owners if phone and len(digits(phone)) >= 10}
    assert len(phones) > 50
    bare = [digits(re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", line)) for line in logged]
    assert [line for line in bare if any(phone[-10:] in line for phone in phones)] == []
    names = {f"{first} {last}" for first, last, *_ in owners} | {email for *_, email, _ in owners if email}
    pets = {name for (name,) in petcare.sql("SELECT name FROM pets") if name}
    assert shown(ours, names | pets) == set()
    assert shown(logged, SECRETS.values()) == set()
