"""`run`: what it says, what it writes, and that doing it again does nothing."""

import json
import re
from typing import Any

from tests.cli.shell import AT, JOB, JOB_2H, Done, Shell

RESULT = set(
    "run_id task now tenants_processed tenants_failed not_served failed_for total_errors errors stopped_early "
    "duration_seconds tenant_results delivery sender_trouble total_checked reminders_planned "
    "reminders_sent deferred skipped expired failed".split()
)
WOULD = {"action", "tenant", "subject", "to", "when", "text", "segments", "reason"}


def result_of(done: Done) -> dict[str, Any]:
    """Return the one JSON document that is all of stdout."""
    result: dict[str, Any] = json.loads(done.out)
    return result


def test_json_is_one_document_alone_on_stdout_and_logs_go_to_stderr(petcare: Shell) -> None:
    done = petcare("run", JOB, "--at", AT, "--json")
    result = result_of(done)
    assert set(result) == RESULT
    assert (result["task"], result["now"], result["tenants_processed"]) == (JOB, AT, 6)
    assert set(result["delivery"]) >= {"sent", "failed", "ambiguous", "deferred"}
    assert result["reminders_sent"] == result["delivery"]["sent"]["reminder_24h"] > 10
    assert result["deferred"] > 0
    assert all(set(error) == {"tenant", "subject", "reason"} for error in result["errors"])
    assert len(re.findall(r" INFO shared\.gateways\.sms \[.+?\] SMS to ", done.err)) == result["reminders_sent"]
    ((stored,),) = petcare.sql("SELECT result FROM runs")
    assert json.loads(stored) == result


def test_a_tenants_bad_settings_and_a_bad_row_exit_1_and_are_named(petcare: Shell) -> None:
    ((appointment_id,),) = petcare.sql(
        "SELECT a.id FROM appointments a JOIN tenants t ON t.id = a.tenant_id WHERE t.subdomain = 'hudson-paws'"
        " AND a.scheduled_start > ? AND a.status = 'confirmed' ORDER BY a.scheduled_start LIMIT 1",
        AT.replace("T", " ")[:19],
    )
    petcare.sql(
        "UPDATE appointments SET owner_id = (SELECT o.id FROM owners o JOIN tenants t ON t.id = o.tenant_id"
        " WHERE t.subdomain = 'heelwork' LIMIT 1), scheduled_start = '2026-03-05 17:00:00.000000' WHERE id = ?",
        appointment_id,
    )
    done = petcare("run", JOB, "--at", AT, "--tenant", "hudson-paws", "--json")
    assert done.code == 1
    result = result_of(done)
    assert [(error["tenant"], error["reason"]) for error in result["errors"]] == [
        ("hudson-paws", "its owner belongs to another business")
    ]
    assert result["errors"][0]["subject"].replace("-", "") == f"appointment {appointment_id}"
    assert result["reminders_sent"] > 0

    shown = petcare("run", JOB, "--at", AT, "--tenant", "hudson-paws")
    assert shown.code == 1
    assert (
        f"\nerror: hudson-paws: {result['errors'][0]['subject']}: its owner belongs to another business\n" in shown.out
    )


def test_a_run_without_errors_exits_0_and_works_for_the_named_tenants_alone(petcare: Shell) -> None:
    twice = ("--tenant", "heelwork", "--tenant", "hudson-paws", "--tenant", "heelwork")
    done = petcare("run", JOB, "--at", AT, "--json", *twice)
    assert done.code == 0
    assert set(result_of(done)["tenant_results"]) == {"heelwork", "hudson-paws"}
    served = petcare.sql("SELECT DISTINCT t.subdomain FROM decisions d JOIN tenants t ON t.id = d.tenant_id ORDER BY 1")
    assert served == [("heelwork",), ("hudson-paws",)]


def test_running_twice_equals_running_once(petcare: Shell) -> None:
    first = result_of(petcare("run", JOB, "--at", AT, "--json"))
    once = petcare.rows(without=["runs"])
    again = result_of(petcare("run", JOB, "--at", AT, "--json"))
    assert first["reminders_planned"] > 0
    assert (again["reminders_planned"], again["reminders_sent"], again["skipped"]) == (0, 0, {})
    assert petcare.rows(without=["runs"]) == once
    assert once["leases"] == []


def test_a_dry_run_lists_what_would_happen_and_writes_nothing(petcare: Shell) -> None:
    before = petcare.rows()
    done = petcare("run", JOB, "--at", AT, "--dry-run", "--json")
    assert petcare.rows() == before
    result = result_of(done)
    assert set(result) == RESULT | {"would"}
    assert all(set(each) == WOULD for each in result["would"])
    by_action = {each["action"]: each for each in result["would"]}
    assert set(by_action) == {"notify", "skipped"}
    assert by_action["skipped"]["reason"] in result["skipped"]
    told = by_action["notify"]
    assert re.fullmatch(r"(\+\d)?•{5}\d{4}", told["to"])
    assert (told["segments"], told["reason"]) == (1, None)
    assert told["text"].startswith(("Hi ", "H", "K"))

    really = result_of(petcare("run", JOB, "--at", AT, "--json"))
    assert really["reminders_planned"] == result["reminders_planned"]


def test_a_dry_run_says_in_words_what_would_happen(petcare: Shell) -> None:
    done = petcare("run", JOB, "--at", AT, "--dry-run")
    assert done.code == 1  # mile-high-mutts
    lines = done.out.splitlines()
    assert lines[0] == f"{JOB} as of {AT} (dry run: nothing was sent or written)"
    its = lines[lines.index("Hudson Paws Grooming (hudson-paws), times of America/New_York") + 1 :]
    one = r"  Wed 04 Mar \d\d:\d\d  send  \w+, .+, \S+  \d segments?: Hudson Paws Grooming reminder: visit for .+"
    assert re.fullmatch(one, its[0])
    assert any(re.fullmatch(r"  \d+ texts?, \d+ segments?", line) for line in its)
    assert any(re.fullmatch(r"  Wed 04 Mar \d\d:\d\d  not sent  .+: [A-Z].+\.", line) for line in lines)


def digits_in(text: str) -> set[str]:
    """Return the last eight digits of everything that could be a phone number."""
    runs = (re.sub(r"\D", "", found) for found in re.findall(r"\+?\d[\d ().-]{6,}\d", text))
    return {run[-8:] for run in runs if len(run) >= 8}


def test_no_owners_phone_number_is_ever_shown(petcare: Shell) -> None:
    owners = {digits for (phone,) in petcare.sql("SELECT phone FROM owners") for digits in digits_in(phone or "")}
    businesses = {digits for (phone,) in petcare.sql("SELECT phone FROM tenants") for digits in digits_in(phone)}
    commands = [
        ("run", JOB, "--at", AT, "--dry-run", "--json"),
        ("run", JOB, "--at", AT),
        ("run", JOB_2H, "--at", AT, "--json"),
    ]
    shown = ""
    for command in commands:
        done = petcare(*command, LOG_LEVEL="DEBUG")
        shown += done.out + done.err
    assert digits_in(shown) & businesses  # what is looked for would be found
    assert digits_in(shown) & (owners - businesses) == set()


def test_names_cannot_break_the_output_or_steer_the_terminal(petcare: Shell) -> None:
    strange = "[red]:dog:[/red]\x1b[2J\n\u202e🐕"
    petcare.sql("UPDATE tenants SET subdomain = ?, business_name = ? WHERE subdomain = 'hudson-paws'", strange, strange)
    petcare.sql("UPDATE tenants SET settings = ? WHERE subdomain = 'heelwork'", json.dumps({"sms": {strange: 1}}))
    petcare.sql("UPDATE owners SET first_name = ?", strange)
    petcare.sql("UPDATE pets SET name = ?", strange)
    plain = "[red]:dog:[/red]\\x1b[2J\\n\\u202e🐕"
    done = petcare("run", JOB, "--at", AT, "--dry-run")
    assert f"\n{plain} " in done.out  # the table
    assert f"{plain} ({plain}), times of " in done.out
    assert f"  send  {plain}, {plain}, " in done.out
    assert f"error: heelwork: settings: sms.{plain}: unknown key" in done.out
    assert "visit for [red]" in done.out
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.out) is None

    document = petcare("run", JOB, "--at", AT, "--dry-run", "--json").out
    assert strange in json.loads(document)["tenant_results"]
    assert "\x1b" not in document


def test_a_screen_that_lacks_letters_does_not_end_the_run(petcare: Shell) -> None:
    petcare.sql("UPDATE pets SET name = 'Luna 🐾'")
    run = ("run", JOB, "--at", AT, "--dry-run", "--tenant", "hudson-paws")
    shown = petcare.process(*run, PYTHONIOENCODING="cp1252")
    document = petcare.process(*run, "--json", PYTHONIOENCODING="ascii")
    assert (shown.code, document.code) == (0, 0)
    assert "visit for Luna \\U0001f43e " in shown.out
    assert any("visit for Luna 🐾 " in (each["text"] or "") for each in result_of(document)["would"])


def test_another_run_of_the_same_job_exits_3_and_another_jobs_does_not(petcare: Shell) -> None:
    petcare.sql("INSERT INTO leases VALUES (?, 'another', '2099-01-01 00:00:00.000000')", JOB)
    before = petcare.rows()
    done = petcare("run", JOB, "--at", AT)
    assert done == Done(3, "", f"error: {JOB}: another run of it is at work\n")
    assert petcare.rows() == before
    assert petcare("run", JOB, "--at", AT, "--dry-run", "--tenant", "heelwork").code == 0
    assert petcare("run", JOB_2H, "--at", AT, "--tenant", "heelwork").code == 0


TASK = "shared.tasks.appointment_reminders"


def test_the_task_by_hand_runs_both_leads(petcare: Shell) -> None:
    done = petcare(module=TASK)
    assert done.code == 1  # mile-high-mutts
    assert re.findall("^(Appoint[^ ]+) as of ", done.out, re.MULTILINE) == [JOB, JOB_2H]
    assert petcare.sql("SELECT task, status FROM runs ORDER BY started_at") == [
        (JOB, "with_errors"),
        (JOB_2H, "with_errors"),
    ]


def test_a_lead_that_is_held_does_not_keep_the_other_from_running(petcare: Shell) -> None:
    petcare.sql("INSERT INTO leases VALUES (?, 'another', '2099-01-01 00:00:00.000000')", JOB)
    petcare.sql("UPDATE tenants SET settings = NULL")
    done = petcare(module=TASK)
    assert done.code == 3
    assert f"error: {JOB}: another run of it is at work\n" in done.err
    assert done.out.startswith(f"{JOB_2H} as of ")


def test_the_task_by_hand_does_not_take_a_wish_for_an_order(petcare: Shell) -> None:
    before = petcare.rows()
    assert "No such option '--dry-run'" in petcare("--dry-run", module=TASK).err
    assert petcare("--help", module=TASK).out.startswith(f"Usage: python -m {TASK} ")
    assert petcare.rows() == before
