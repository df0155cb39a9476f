"""A command does the same from a cold start, as users have it, from a warm one, and inside the process of the tests."""

import pytest

from tests.cli.shell import AT, JOB, Shell

COMMANDS = [
    *(("--help",), ("nonsense",), ("crontab",), ("outbox", "replay", "1")),
    *(("run", JOB, "--at", AT, "--dry-run"), ("demo", "--database", "sqlite:///petcare.db")),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_does_the_same_from_a_cold_and_from_a_warm_start(petcare: Shell, arguments: tuple[str, ...]) -> None:
    assert petcare.cold(*arguments) == petcare.process(*arguments) == petcare(*arguments)


def test_settings_reach_a_warm_start_and_none_that_were_not_given(shell: Shell) -> None:
    for start in (shell.process, shell):
        assert "DATABASE_URL" in start("runs", DATABASE_URL="nonsense").err
        assert "SMS_PROVIDER" in start("run", JOB, SMS_PROVIDER="pigeon").err
        assert "there is no database" in start("runs").err


def test_a_warm_start_has_its_own_encoding_and_random_numbers(petcare: Shell) -> None:
    for start in (petcare.process, petcare.cold):
        assert "\\U0001f43e" in start("run", "🐾", PYTHONIOENCODING="latin-1").err
    assert petcare.process("run", JOB, "--json").out != petcare.process("run", JOB, "--json").out
