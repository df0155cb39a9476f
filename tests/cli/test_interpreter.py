"""The Python that runs a command: messages name it as it is called, and say so if it lacks the libraries."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.shell import ROOT, Shell

NOWHERE = "/nowhere"
DOORS = [
    "shared",
    "shared.schedulers.host",
    *(f"shared.tasks.{path.parent.name}" for path in ROOT.glob("shared/tasks/*/__main__.py")),
]


def said(python: str) -> str:
    return f"error: there is no database at petcare.db; run: {python} -m shared db upgrade\n"


def test_a_command_in_a_message_names_the_python_that_works(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell("runs").err == said("python")
    assert shell("runs", PATH=NOWHERE).err == said(sys.executable)
    monkeypatch.setattr(sys, "executable", str(shell.folder / ".venv" / "bin" / "python"))
    assert shell("runs").err == said(str(Path(".venv/bin/python")))
    monkeypatch.setattr(sys, "executable", str(shell.folder / "my venv" / "python"))
    assert shell("runs").err == said(f'"{Path("my venv/python")}"')


def test_the_python_of_the_system_is_not_taken_for_that_of_the_environment(shell: Shell) -> None:
    other = shell.folder / "bin"
    other.mkdir()
    (other / "python").symlink_to(sys.executable)
    assert shell("runs", PATH=str(other)).err == said(sys.executable)


def test_json_and_crontab_lines_are_the_same_whatever_the_python_is_called(petcare: Shell) -> None:
    for arguments in (("find", "bella", "--json"), ("crontab",)):
        assert petcare(*arguments, PATH=NOWHERE).out == petcare(*arguments).out
    (first, *_) = json.loads(petcare("find", "bella", "--json", PATH=NOWHERE).out)
    assert first["command"].startswith("python -m shared ")
    assert f"{sys.executable} -m shared explain" in petcare("find", "bella", PATH=NOWHERE).out


@pytest.mark.parametrize("module", DOORS)
def test_a_python_without_the_libraries_gets_one_line_that_says_what_to_do(module: str) -> None:
    command = [sys.executable, "-E", "-S", "-m", module]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: click is not installed in this Python; make a virtual environment as README.md shows, "
        "then run in it: pip install -r requirements.txt\n"
    )
