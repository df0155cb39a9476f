"""LOG_LEVEL, LOG_FORMAT and LOG_FILE."""

import json

from tests.cli.shell import AT, JOB, Shell

RUN = ("run", JOB, "--at", AT, "--tenant", "hudson-paws", "--json")


def test_json_logs_are_one_object_a_line(petcare: Shell) -> None:
    done = petcare(*RUN, LOG_FORMAT="json")
    lines = [json.loads(line) for line in done.err.splitlines()]
    assert len(lines) > 5
    assert all(set(line) == {"time", "level", "logger", "message"} for line in lines)
    assert {line["logger"] for line in lines} == {"shared.gateways.sms", "shared.runtime"}
    assert lines[-1]["message"].startswith(f"{JOB}: tenants_processed 1, ")
    assert json.loads(done.out)["task"] == JOB


def test_a_level_leaves_out_what_is_below(petcare: Shell) -> None:
    assert " DEBUG " in petcare(*RUN, LOG_LEVEL="DEBUG").err
    petcare.sql("DELETE FROM decisions")
    petcare.sql("DELETE FROM notifications")
    assert petcare(*RUN, LOG_LEVEL="WARNING").err == ""


def test_a_log_file_gets_what_stderr_gets_run_after_run(petcare: Shell) -> None:
    said = "".join(petcare(*RUN, LOG_FILE="petcare.log").err for _ in range(2))
    assert (petcare.folder / "petcare.log").read_text(encoding="utf-8") == said
    assert said.count(" INFO shared.runtime: ") == 2
