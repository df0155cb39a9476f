"""Everyday commands: `python3 dev.py demo`, `test`, `host`, `lint`, `bench`, `soak`. Makes its own .venv.

Standard library only, on Linux, macOS and Windows.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

if sys.version_info < (3, 11):  # noqa: UP036  the check is for those who have an older one
    sys.exit("dev.py: needs Python 3.11 or later, this is %d.%d; try: python3.11 dev.py" % sys.version_info[:2])  # noqa: UP031

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
RUNTIME = ("requirements.txt",)
DEVELOPMENT = ("requirements-dev.txt", "requirements.txt")  # the first is installed; it includes the second


class Command(NamedTuple):
    """`steps`: modules to run one after the other until one fails; the last takes the arguments."""

    about: str
    requirements: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]


LINT = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy", "--strict", "shared", "dev.py"))
TESTS = ("pytest", "-n", "4")  # more processes than most have cores: some wait while others work
COMMANDS = {
    "demo": Command("simulated days on sample data; nothing is really sent", RUNTIME, (("shared", "demo"),)),
    "test": Command("lint, then the tests; arguments go to pytest", DEVELOPMENT, (*LINT, TESTS)),
    "host": Command(
        "every job on its schedule, with pages; --demo: on sample data, without a setting",
        DEVELOPMENT,
        (("shared", "host"),),
    ),
    "lint": Command("ruff and mypy", DEVELOPMENT, LINT),
    "bench": Command("how fast texts leave, in ratios; names of databases may follow", DEVELOPMENT, (("benchmarks",),)),
    "soak": Command("the tests that take long", DEVELOPMENT, (("pytest", "-m", "soak"),)),
}


class Failed(Exception):
    """A step before the command itself failed. The message says what to do."""


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    if arguments[:1] in (["-h"], ["--help"], ["help"]):
        print(usage())
        return 0
    if not arguments or arguments[0] not in COMMANDS:
        said = f"unknown command {arguments[0]!r}" if arguments else "no command"
        print(f"dev.py: {said}\n{usage()}", file=sys.stderr)
        return 2
    command = COMMANDS[arguments[0]]
    prepare(command.requirements)
    return run_steps(command.steps, arguments[1:])


def usage() -> str:
    """Return what this program can do."""
    lines = [f"  {name:6}{command.about}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: python3 dev.py COMMAND [ARGUMENT...]", *lines])


def prepare(requirements: tuple[str, ...]) -> None:
    """Make .venv hold what the command needs, unless a finished installation of just that is on record there."""
    stamp = VENV / f"{requirements[0]}.installed"
    wanted = fingerprint(requirements)
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    say("Installing into .venv (once, about a minute) ...")
    if not is_usable():
        make_environment()
    stamp.unlink(missing_ok=True)
    if run("pip", "install", "-qq", "--disable-pip-version-check", "-r", requirements[0]) != 0:
        raise Failed(f"could not install {requirements[0]}; check the network and try again")
    stamp.write_text(wanted)  # last: without it the next call installs again


def fingerprint(requirements: tuple[str, ...]) -> str:
    """Return a text that differs when the Python version or the files' contents do."""
    contents = b"\0".join((ROOT / name).read_bytes() for name in requirements)
    return f"{VERSION} {hashlib.sha256(contents).hexdigest()}"


def is_usable() -> bool:
    """Whether .venv is a finished environment of the Python version that runs this."""
    try:
        found = subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return False
    return found.strip().endswith(f"(python {VERSION})")


def make_environment() -> None:
    """Make .venv anew, whatever is there."""
    missing = f"Python's venv or ensurepip is missing; on Debian or Ubuntu: apt install python{VERSION}-venv"
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise Failed(missing)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        reason = (made.stderr or made.stdout).strip().splitlines() or [f"exit code {made.returncode}"]
        raise Failed(missing if "ensurepip" in "".join(reason) else f"could not make .venv: {reason[-1]}")


def run_steps(steps: tuple[tuple[str, ...], ...], arguments: list[str]) -> int:
    """Run modules one after the other until one fails; return the exit code of the last that ran."""
    for step in steps[:-1]:
        code = run(*step)
        if code != 0:
            return code
    return run(*steps[-1], *arguments)


def run(module: str, *arguments: str) -> int:
    """Run a module in .venv from the root of the checkout and return its exit code, as a shell would count it."""
    # What is compiled is kept, whatever is usual here: the tests start hundreds of processes.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([PYTHON, "-m", module, *arguments], cwd=ROOT, env=environment)
    interrupted = False
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            interrupted = True  # so was the module: it ends in its own way
            continue
        if interrupted and code != 0:
            raise KeyboardInterrupt
        return code if code >= 0 else 128 - code


def say(line: str) -> None:
    """Tell people what takes time; standard output belongs to the command."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failed as failure:
        sys.exit(f"dev.py: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
