"""A folder to type commands in, and in it, where a test asks for it, a database with the sample."""

import shutil
from pathlib import Path

import pytest

from tests.cli.shell import SEEDED, Done, Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """An empty folder; both providers are the console."""
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def seeding(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, list[Done]]:
    """The commands that make a database with the sample, and what they said."""
    shell = Shell(tmp_path_factory.mktemp("seeded"))
    return shell, [shell("db", "upgrade"), shell("db", "seed", "--at", SEEDED)]


@pytest.fixture
def petcare(shell: Shell, seeding: tuple[Shell, list[Done]]) -> Shell:
    """A folder with a database of the test's own that holds the sample."""
    shutil.copy(seeding[0].database, shell.database)
    return shell


@pytest.fixture
def migrated(shell: Shell, migrated_file: Path) -> Shell:
    """A folder with a migrated database that holds nothing."""
    shutil.copy(migrated_file, shell.database)
    return shell
