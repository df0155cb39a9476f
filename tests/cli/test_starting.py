"""What commands do from a cold start: what they do from the warm one that other tests take to save the imports."""

import pytest

from tests.cli.shell import AT, JOB, Shell

COMMANDS = [
    *(("--help",), ("nonsense",), ("crontab",), ("outbox", "replay", "1")),
    *(("run", JOB, "--at", AT, "--dry-run"), ("demo", "--database", "sqlite:///petcare.db")),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_does_the_same_from_a_cold_and_from_a_warm_start(petcare: Shell, arguments: tuple[str, ...]) -> None:
    assert petcare.cold(*arguments) == petcare(*arguments)


def test_settings_reach_a_warm_start_and_none_that_were_not_given(shell: Shell) -> None:
    assert "DATABASE_URL" in shell("runs", DATABASE_URL="nonsense").err
    assert "SMS_PROVIDER" in shell("run", JOB, SMS_PROVIDER="pigeon").err
    assert "there is no database" in shell("runs").err


def test_a_warm_start_has_its_own_encoding_and_random_numbers(petcare: Shell) -> None:
    for start in (petcare, petcare.cold):
        assert "\\U0001f43e" in start("fee", "waive", "🐾", PYTHONIOENCODING="latin-1").err
    assert petcare("run", JOB, "--json").out != petcare("run", JOB, "--json").out
