"""Every command that a document shows can be typed: the command, its options, the module."""

import re
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from shared.cli import cli
from tests.cli.shell import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TYPED = re.compile(r"python3? -m shared ((?:[^`\n|)#>]|\\\|)+)")
MODULES = re.compile(r"python3? -m (shared(?:\.\w+)+)")


def typed(path: Path) -> list[list[str]]:
    return [words.split() for words in TYPED.findall(path.read_text(encoding="utf-8"))]


def unknown(words: list[str]) -> str | None:
    """Return what of a command line does not exist."""
    command: click.Command = cli
    for word in words:
        if word.startswith("--"):
            options = {name for each in command.params for name in each.opts}
            if word.strip("[],.;:") not in options:
                return word
        elif isinstance(command, click.Group):
            if word.strip(",.;:") not in command.commands:
                return word
            command = command.commands[word.strip(",.;:")]
    return None


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_exists(path: Path) -> None:
    assert [" ".join(words) for words in typed(path) if unknown(words)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_module_that_a_document_runs_exists(path: Path) -> None:
    missing = [name for name in MODULES.findall(path.read_text(encoding="utf-8")) if find_spec(name) is None]
    assert missing == []


def test_commands_are_found_and_wrong_ones_named() -> None:
    assert sum(len(typed(path)) for path in DOCUMENTS) > 30
    assert unknown(["runs", "--status", "failed"]) is None
    assert unknown(["db", "downgrade"]) == "downgrade"
    assert unknown(["runs", "--statuses"]) == "--statuses"
