"""dev.py as people start it: as a program, from anywhere."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEV = Path(__file__).parent.parent / "dev.py"
STAND_IN = "import sys\nprint('demo was given', sys.argv[1:])\nsys.exit(7)\n"
INSTALLING = "Installing into .venv"


def dev(*arguments: str, program: Path = DEV, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(program), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that needs nothing from the network, with a stand-in for the application.

    Somebody interrupted the making of its environment.
    """
    root = tmp_path_factory.mktemp("a checkout")
    shutil.copy(DEV, root)
    (root / "requirements.txt").write_text("# nothing\n")
    (root / "requirements-dev.txt").write_text("-r requirements.txt\n")
    (root / "shared").mkdir()
    (root / "shared" / "__main__.py").write_text(STAND_IN)
    (root / ".venv").mkdir()
    (root / ".venv" / "pyvenv.cfg").write_text("home = nowhere\n")
    return root


@pytest.mark.parametrize("arguments", [["fly"], []])
def test_an_unknown_command_or_none_shows_the_commands_and_exits_2(arguments: list[str], tmp_path: Path) -> None:
    done = dev(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("dev.py: unknown command 'fly'" if arguments else "dev.py: no command")
    assert all(f"\n  {command} " in done.stderr for command in ("demo", "test", "host", "lint", "bench", "soak"))


@pytest.mark.parametrize("argument", ["-h", "--help", "help"])
def test_asking_for_help_is_not_an_error(argument: str, tmp_path: Path) -> None:
    done = dev(argument, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: python3 dev.py COMMAND")


def test_a_command_installs_once_over_what_was_half_made_and_passes_arguments_and_exit_code_through(
    checkout: Path, tmp_path: Path
) -> None:
    program = checkout / "dev.py"
    first = dev("demo", "--days", "3", program=program, cwd=tmp_path)
    assert INSTALLING in first.stderr
    assert first.stdout.strip() == "demo was given ['demo', '--days', '3']"
    assert first.returncode == 7
    again = dev("demo", program=program, cwd=tmp_path)
    assert again.stderr == ""
    assert again.returncode == 7


def test_what_changed_is_installed_and_an_installation_that_failed_is_done_again(checkout: Path) -> None:
    program, requirements = checkout / "dev.py", checkout / "requirements.txt"
    requirements.write_text("./not-there\n")
    for _ in range(2):
        failed = dev("demo", program=program)
        assert failed.returncode == 1
        assert INSTALLING in failed.stderr
        assert failed.stderr.strip().endswith(
            "dev.py: could not install requirements.txt; check the network and try again"
        )
    requirements.write_text("# nothing again\n")
    assert dev("demo", program=program).returncode == 7
    assert INSTALLING not in dev("demo", program=program).stderr
