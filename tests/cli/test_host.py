"""`host`: the program as it is started, called and stopped."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.jobs import JOBS
from tests.cli.shell import JOB, ROOT, Shell
from tests.schedulers.site import Site

ALONE = "shared.schedulers.host"


@contextmanager
def started(shell: Shell, *arguments: str, module: str = "shared", **settings: str | None) -> Iterator["Started"]:
    """A host that has said what it will do next. It is killed if the test does not stop it."""
    process = shell.start(*arguments, module=module, PYTHONUNBUFFERED="1", **settings)
    assert process.stdout is not None
    try:
        said = [process.stdout.readline() for _ in range(1 + len(JOBS))]
        if process.poll() is not None:
            pytest.fail("".join(process.communicate()))
        yield Started(process, said)
    finally:
        process.kill()
        process.communicate()


class Started:
    """A host that runs, and what it said at its start."""

    def __init__(self, process: "subprocess.Popen[str]", said: list[str]) -> None:
        self.process = process
        self.title, *self.schedules = said

    @property
    def site(self) -> Site:
        found = re.search(r":(\d+) ", self.title)
        assert found
        return Site(int(found[1]))

    def stop(self, how: signal.Signals) -> tuple[int, str]:
        """Tell it to end; return its exit code and what it said on stderr."""
        self.process.send_signal(how)
        _, err = self.process.communicate(timeout=60)
        assert "Traceback" not in err, err
        return self.process.returncode, err


STOPPING = "stopping; the running jobs end in good order (once more to stop at once)\n"


def test_a_host_says_what_it_will_do_runs_a_job_when_asked_and_stops(petcare: Shell) -> None:
    petcare.sql("UPDATE tenants SET settings = NULL")
    with started(petcare, "host", "--port", "0") as host:
        assert host.title == f"local host: {host.site.url} (Ctrl-C to stop)\n"
        assert [line.split()[0] for line in host.schedules] == sorted(JOBS)
        assert all(re.search(r" next \d{4}-\d\d-\d\d \d\d:\d\d:00 UTC$", line) for line in host.schedules)
        assert host.site.get("/admin/host/ping").status == 200
        assert host.site.post(f"/admin/functions/{JOB}").status == 202
        code, err = host.stop(signal.SIGTERM)
    assert code == 0
    assert STOPPING in err
    # It was stopped at once: it ended in good order wherever it was.
    assert petcare.sql("SELECT DISTINCT status FROM runs") in ([("with_errors",)], [("succeeded",)], [])
    assert petcare.sql("SELECT * FROM leases") == []
    assert petcare.sql("SELECT count(*) FROM notifications WHERE status = 'sending'") == [(0,)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_scheduler_alone_runs_without_http_until_it_is_told_to_stop(migrated: Shell, how: signal.Signals) -> None:
    with started(migrated, module=ALONE, TASK_TIMEZONE="Asia/Tokyo") as host:
        assert host.title == "local host: the scheduler alone, without HTTP (Ctrl-C to stop)\n"
        assert all(line.endswith(" Asia/Tokyo\n") for line in host.schedules)
        assert host.stop(how) == (0, STOPPING)


def test_on_another_address_a_key_is_asked_for_and_made_up_where_none_is_set(migrated: Shell) -> None:
    with started(migrated, "host", "--port", "0", "--address", "0.0.0.0") as host:  # noqa: S104
        assert host.site.get("/health").status == 401
        code, err = host.stop(signal.SIGTERM)
    found = re.match(r"HOST_KEY is not set; until this host ends, the key is (\S{32})\n", err)
    assert (code, bool(found)) == (0, True)
    with started(migrated, "host", "--port", "0", "--address", "0.0.0.0", HOST_KEY="k" * 16) as host:  # noqa: S104
        assert host.site.get("/health", x_functions_key="k" * 16).status == 503
        assert host.stop(signal.SIGTERM) == (0, STOPPING)


def test_a_key_that_is_set_is_asked_for_on_this_machine_too(migrated: Shell) -> None:
    with started(migrated, "host", "--port", "0", HOST_KEY="k" * 16) as host:
        assert host.site.get("/").status == 401
        assert host.site.get("/", x_functions_key="k" * 16).status == 200


def test_the_pages_alone_run_no_job_but_the_one_they_are_asked_for(petcare: Shell) -> None:
    petcare.sql("UPDATE tenants SET settings = NULL")
    process = petcare.start("page", "--port", "0", PYTHONUNBUFFERED="1")
    assert process.stdout is not None
    try:
        host = Started(process, [process.stdout.readline()])
        assert host.title == f"operations pages: {host.site.url} (Ctrl-C to stop)\n"
        assert host.schedules == []
        assert "This page runs no job by schedule" in host.site.get("/").body
        assert host.site.post("/admin/functions/ReputationUpdater").status == 202
        code, err = host.stop(signal.SIGTERM)
        assert (code, STOPPING in err) == (0, True)
    finally:
        process.kill()
        process.communicate()
    assert {job for (job,) in petcare.sql("SELECT task FROM runs")} <= {"ReputationUpdater"}


def test_what_cannot_be_started_is_said_in_one_line_with_exit_code_2(shell: Shell, migrated: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        used = migrated.process("host", "--port", port)
    assert (used.code, used.out) == (2, "")
    assert used.err == (
        f"error: cannot listen on 127.0.0.1 port {port}: Address already in use; try another --port or --address\n"
    )
    nowhere = migrated.process("host", "--address", "192.0.2.1")
    assert (nowhere.code, nowhere.err.startswith("error: cannot listen on 192.0.2.1 port 7071: ")) == (2, True)
    short = migrated.process("host", "--port", "0", HOST_KEY="short")
    assert (short.code, short.out) == (2, "")
    assert short.err.startswith("error: HOST_KEY: ")
    assert "short" not in short.err.removeprefix("error: HOST_KEY: String should have")
    no_cards = migrated.process("host", "--port", "0", PAYMENT_PROVIDER=None)
    assert (no_cards.code, no_cards.err.startswith("error: STRIPE_SECRET_KEY: not set")) == (2, True)
    unset = migrated.process("host", "--port", "0", SMS_PROVIDER=None)
    assert (unset.code, unset.err.startswith("error: TWILIO_ACCOUNT_SID: not set")) == (2, True)


def test_what_is_typed_wrongly_or_lacks_a_database_is_refused(shell: Shell) -> None:
    for port in ("70710", "-1", "http"):
        done = shell.process("host", "--port", port)
        assert (done.code, "Invalid value for '--port'" in done.err) == (2, True)
    for arguments, module in ((("host", "--port", "0"), "shared"), ((), ALONE)):
        done = shell.process(*arguments, module=module)
        assert (done.code, done.out) == (2, "")
        assert done.err == "error: there is no database at petcare.db; run: python -m shared db upgrade\n"
    assert "No such option '--port'" in shell.process("--port", "1", module=ALONE).err


@pytest.mark.parametrize(("lacking", "module"), [("starlette", "shared"), ("apscheduler", ALONE)])
def test_a_library_that_is_not_installed_is_named_with_what_to_run(migrated: Shell, lacking: str, module: str) -> None:
    program = f"import sys, runpy\nsys.modules[{lacking!r}] = None\nsys.argv = ['x']\n"
    program += f"sys.argv += ['host'] if {module!r} == 'shared' else []\n"
    program += f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)\n"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=migrated.folder,
        env=migrated.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: the local host needs {lacking}, which is not installed; "
        "run: python -m pip install -r requirements-dev.txt\n"
    )


def test_the_rest_of_the_command_line_does_without_the_hosts_libraries(shell: Shell) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "shared", "--help"],
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "shared.cli.host" in done.stderr
    assert not [each for each in ("apscheduler", "starlette", "uvicorn", "jinja2") if f" {each}" in done.stderr]


def test_the_host_names_every_library_it_needs_in_the_requirements() -> None:
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    for library in ("apscheduler", "starlette", "uvicorn", "jinja2"):
        assert re.search(rf"^{library}==[\d.]+  # ", lines, re.MULTILINE)


@pytest.mark.parametrize(
    ("wait", "signals", "code", "said"),
    [
        ("0", 1, 1, f"error: {JOB} did not end in time; the next run takes over\n"),
        ("600", 2, 130, ""),
    ],
)
def test_a_job_that_does_not_end_keeps_no_host_from_ending(
    migrated: Shell, wait: str, signals: int, code: int, said: str
) -> None:
    """In time, and at once for who tells it a second time."""
    with migrated.start(wait, module="tests.cli.stuck_host", PYTHONUNBUFFERED="1") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        host = Started(process, [process.stdout.readline() for _ in range(1 + len(JOBS))])
        assert host.site.post(f"/admin/functions/{JOB}").status == 202
        assert process.stdout.readline() == "stuck\n"
        process.send_signal(signal.SIGTERM)
        assert process.stderr.readline() == STOPPING
        for _ in range(signals - 1):
            process.send_signal(signal.SIGTERM)
        assert process.wait(60) == code
        assert process.stderr.read() == said
