"""`runs`, `health` and `crontab`, as one types them who was called at night."""

import json
import re

import pytest

from shared.jobs import JOBS
from tests.cli.shell import AT, JOB, JOB_2H, ROOT, Shell

TWILIO = {"SMS_PROVIDER": "twilio", "TWILIO_ACCOUNT_SID": None, "TWILIO_AUTH_TOKEN": None}


def test_the_history_tells_each_run_in_a_line_the_newest_first(petcare: Shell) -> None:
    for job in (JOB, JOB_2H):
        petcare("run", job, "--at", AT)
    times = ("2026-03-04 17:00:00.000000", "2026-03-04 17:02:05.000000")
    petcare.sql("UPDATE runs SET started_at = ?, finished_at = ? WHERE task = ?", *times, JOB)
    done = petcare("runs")
    assert (done.code, done.err) == (0, "")
    second, first = done.out.splitlines()
    ((id_,),) = petcare.sql("SELECT substr(id, 1, 8) FROM runs WHERE task = ?", JOB)
    assert first.startswith(f"2026-03-04 17:00:00  {id_}  {JOB}    2 min  with errors  tenants_processed 6, ")
    assert f"  {JOB_2H} " in second
    assert petcare("runs", "--limit", "1").out == f"{second}\n"
    assert petcare("runs", "--job", JOB).out == f"{first}\n"
    error = "error: mile-high-mutts: settings: sms.quiet_hour: unknown key; did you mean quiet_hours?"
    assert first.endswith(f"; {error}")
    assert petcare("runs", id_).out == f"{first}\n  {error}\n"
    (as_object,) = json.loads(petcare("runs", "--job", JOB, "--json").out)
    assert (as_object["task"], as_object["status"], as_object["is_lost"]) == (JOB, "with_errors", False)
    assert as_object["result"]["reminders_sent"] > 0


def test_the_history_tells_why_a_run_failed_and_which_were_cut_off(petcare: Shell) -> None:
    run = "INSERT INTO runs (id, task, now, started_at, status, error) VALUES (?, ?, ?, ?, ?, ?)"
    at = "2026-03-04 17:00:00.000000"
    petcare.sql(run, "0" * 32, JOB, at, at, "running", None)
    petcare.sql(run, "1" * 32, JOB_2H, at, at, "failed", "the database failed: \x1b[2Jgone")
    lost, failed = petcare("runs").out.splitlines()
    assert " -  cut off " in lost
    assert failed.endswith("failed       the database failed: \\x1b[2Jgone")
    assert petcare("runs", "--status", "failed").out == f"{failed}\n"
    assert petcare("runs", "--status", "held").out == "there is no such run\n"
    assert petcare("runs", "--status", "held", "--json").out == "[]\n"


def test_a_run_for_some_businesses_is_told_as_such(petcare: Shell) -> None:
    petcare("run", JOB, "--at", AT, "--tenant", "heelwork")
    assert " succeeded    only heelwork: tenants_processed 1" in petcare("runs").out
    assert json.loads(petcare("runs", "--json").out)[0]["tenants"] == ["heelwork"]


def test_the_history_of_a_business_holds_its_own_counts_and_errors_only(petcare: Shell) -> None:
    petcare("run", JOB, "--at", AT)
    petcare("run", JOB_2H, "--at", AT, "--tenant", "hudson-paws")
    petcare("run", JOB_2H, "--at", AT, "--tenant", "heelwork")
    (whole,) = petcare("runs", "--tenant", "mile-high-mutts").out.splitlines()
    assert whole.endswith(
        "  mile-high-mutts: nothing to do; error: mile-high-mutts: settings: "
        "sms.quiet_hour: unknown key; did you mean quiet_hours?"
    )
    own, for_all = petcare("runs", "--tenant", "heelwork").out.splitlines()
    assert " only heelwork: heelwork: " in own
    assert re.search(r"with errors  heelwork: .*total_checked \d+", for_all)
    assert "mile-high-mutts" not in for_all
    found = json.loads(petcare("runs", "--tenant", "heelwork", "--job", JOB, "--json").out)
    (result,) = (each["result"] for each in found)
    assert (list(result["tenant_results"]), result["errors"]) == (["heelwork"], [])


def test_one_run_is_shown_by_the_beginning_of_its_id(petcare: Shell) -> None:
    for job in (JOB, JOB_2H):
        petcare("run", job, "--at", AT)
    ((id_,),) = petcare.sql("SELECT substr(id, 1, 8) FROM runs WHERE task = ?", JOB)
    line, _ = petcare("runs", id_).out.splitlines()
    assert f"  {id_}  {JOB} " in line
    assert petcare("runs", "0000").err == "error: there is no run 0000\n"


def test_health_says_what_is_wrong_and_which_command_to_run_next(petcare: Shell) -> None:
    done = petcare("health")
    assert (done.code, done.err) == (1, "")
    title, first, command, *_ = done.out.splitlines()
    assert title == f"NOT WELL: {len(JOBS) + 2} of {len(JOBS) + 9} checks"
    assert first.split() == ["BAD", JOB, "never", "ran"]
    assert command.split(maxsplit=1) == ["run:", f"python -m shared run {JOB}"]
    assert "ok   settings " in done.out
    assert "BAD  businesses " in done.out
    assert " run: python -m shared tenants check " in done.out


def test_health_is_well_after_the_commands_it_names(petcare: Shell) -> None:
    petcare.sql("UPDATE tenants SET settings = NULL")
    found = json.loads(petcare("health", "--json").out)
    commands = [each["command"] for each in found["checks"] if not each["healthy"]]
    assert len(commands) == len(JOBS)
    for command in commands:
        assert petcare(*command.removeprefix("python -m shared ").split()).code == 0, command
    after, as_json = petcare.each([(("health",), {}), (("health", "--json"), {})])
    assert (after.code, after.out.splitlines()[0]) == (0, "well")
    assert (as_json.code, json.loads(as_json.out)["healthy"]) == (0, True)


def test_health_names_what_is_missing(shell: Shell) -> None:
    wrong: list[dict[str, str | None]] = [
        {},
        dict(TWILIO),
        {"TASK_TIMEZONE": "Mars/Olympus"},
        {"PAYMENT_PROVIDER": "stripe"},
    ]
    nothing, unset, bad_zone, no_cards = done = shell.each([(("health",), each) for each in wrong])
    assert [each.code for each in done] == [1, 1, 1, 1]
    assert "BAD  settings  STRIPE_SECRET_KEY: not set" in no_cards.out
    assert "BAD  database  there is no database at petcare.db\n" in nothing.out
    assert " run: python -m shared db upgrade\n" in nothing.out
    assert "BAD  settings  TWILIO_ACCOUNT_SID: not set" in unset.out
    assert "BAD  settings  TASK_TIMEZONE: 'Mars/Olympus'" in bad_zone.out
    assert not shell.database.exists()


@pytest.mark.parametrize("arguments", [("runs",), ("runs", "--json")])
def test_without_a_database_there_is_no_history(shell: Shell, arguments: tuple[str, ...]) -> None:
    done = shell(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: there is no database at petcare.db; run: python -m shared db upgrade\n"


def test_what_is_typed_wrongly_is_refused(shell: Shell) -> None:
    wrong = {
        ("runs", "--job", "Groomer"): "'Groomer' is not one of",
        ("runs", "--status", "well"): "'well' is not one of 'running', 'succeeded', 'with_errors', 'failed', 'held'",
        ("runs", "--limit", "0"): "0 is not in the range",
        ("health", "now"): "Got unexpected extra argument (now)",
        ("crontab", "--log", str(shell.folder)): "is a directory",
    }
    for (arguments, hint), done in zip(wrong.items(), shell.each([(each, {}) for each in wrong]), strict=True):
        assert (arguments, done.code, done.out) == (arguments, 2, "")
        assert hint in done.err


def test_crontab_prints_a_line_for_each_job_and_needs_no_database(shell: Shell) -> None:
    done = shell("crontab", "--log", "cron.log", TASK_TIMEZONE="Europe/London")
    assert (done.code, done.err) == (0, "")
    lines = [line for line in done.out.splitlines() if not line.startswith("#")]
    assert lines[:2] == ["CRON_TZ=Europe/London", "SHELL=/bin/sh"]
    assert len(lines) == 2 + len(JOBS)
    assert all(f"-m shared run {job} >> {shell.folder}/cron.log 2>&1" in done.out for job in JOBS)
    assert f"30 6 * * * cd {ROOT} && " in done.out
    assert f" {ROOT}/petcare-cron.log " in shell("crontab").out
