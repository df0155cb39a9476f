"""A person at a terminal: the progress bar, the table, Ctrl-C, and a pipe that closes early."""

import os
import re
import signal
import subprocess
import sys
import time
from array import array
from typing import IO

import pytest

from tests import warm_start
from tests.cli.shell import AT, JOB, Shell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals and signals are POSIX")

RUN = ("run", JOB, "--at", AT)
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def typed(shell: Shell, *arguments: str, columns: int = 80) -> tuple[int, str]:
    """Run a command in a terminal of its own; return the exit code and all that was written to it."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    command = warm_start.command("shared", *arguments)
    environment = shell.environment(TERM="xterm-256color")
    process = subprocess.Popen(command, cwd=shell.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:  # Linux says EIO when the other side is closed
        pass
    os.close(ours)
    return process.wait(timeout=60), written.decode()


def test_a_terminal_sees_a_progress_bar_and_a_table_within_its_width(petcare: Shell) -> None:
    code, written = typed(petcare, *RUN)
    assert code == 1
    assert f"{JOB}: total_checked" in written
    assert "\x1b[31merror: mile-high-mutts" in written
    lines = CONTROL.sub("", written[written.rindex("as of") :]).splitlines()
    assert any(re.match("tenant .* total checked$", line) for line in lines)
    assert any(re.match("hudson-paws .* [0-9]+$", line) for line in lines)
    assert max(map(len, lines)) <= 80


def test_log_lines_stand_above_the_progress_bar_not_in_it(petcare: Shell) -> None:
    _, written = typed(petcare, *RUN, "--tenant", "hudson-paws", columns=400)
    logged = [line for line in re.split("\r|\n", written) if " INFO shared.gateways.sms " in line]
    assert len(logged) > 5
    assert [line for line in logged if not re.match(r"(\x1b\[2K)?20\d\d-", line)] == []


def test_json_at_a_terminal_is_json(petcare: Shell) -> None:
    _, written = typed(petcare, *RUN, "--dry-run", "--json", "--tenant", "hudson-paws")
    assert CONTROL.sub("", written).rstrip().endswith("}")
    assert '"would": [' in written


def wait_until(shell: Shell, question: str) -> None:
    deadline = time.monotonic() + 30
    while not shell.sql(question):
        assert time.monotonic() < deadline, question
        time.sleep(0.05)


def wait_until_full(pipe: IO[str]) -> None:
    """Wait until a pipe of 4,096 bytes has no room for another line, and the writer waits for some."""
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    deadline, before, unread = time.monotonic() + 30, -1, array("i", [0])
    while unread[0] != before or unread[0] < 3000:
        assert time.monotonic() < deadline, f"only {unread[0]} bytes are in the pipe"
        before = unread[0]
        time.sleep(0.1)
        fcntl.ioctl(pipe, termios.FIONREAD, unread)


def test_ctrl_c_leaves_no_trace_no_lease_and_nothing_that_the_next_run_does_not_heal(petcare: Shell) -> None:
    fcntl = pytest.importorskip("fcntl")
    if not hasattr(fcntl, "F_SETPIPE_SZ"):
        pytest.skip("the run is held up by a log that nobody reads: only Linux has pipes that small")
    # A shell lets what it runs in the background ignore Ctrl-C, and a child would inherit that.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = petcare.start_cold(*RUN, LOG_FORMAT="json")  # the longer lines fill the pipe sooner
    signal.signal(signal.SIGINT, inherited)
    assert process.stderr
    fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4096)
    wait_until(petcare, "SELECT 1 FROM notifications WHERE status = 'sending'")
    wait_until_full(process.stderr)  # it is held up in the middle of sending
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "Traceback" not in err
    assert err.endswith("\nAborted!\n")
    assert petcare.sql("SELECT name FROM leases") == []
    counts = (
        "SELECT count(*), sum(status = 'sent') FROM notifications WHERE status IN ('planned', 'sending', 'sent') "
        "AND not_before <= '2026-03-04 17:00:00.000000'"
    )
    ((to_send, _),) = petcare.sql(counts)
    assert to_send > 5

    petcare.sql("UPDATE notifications SET claimed_until = '2026-01-01 00:00:00.000000' WHERE status = 'sending'")
    assert petcare(*RUN).code == 1  # mile-high-mutts
    assert petcare.sql(counts) == [(to_send, to_send)]


def test_a_pipe_that_closes_early_ends_the_command_quietly(petcare: Shell) -> None:
    dry = (*RUN, "--dry-run", "--tenant", "hudson-paws")
    for process in [petcare.start(*arguments) for arguments in (dry, (*dry, "--json"), ("--help",))]:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
        process.stderr.close()
        assert process.wait(timeout=60) in (0, 1)
