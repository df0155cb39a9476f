"""A host that is called by who never finishes a request: its jobs and who has the key are served all the same."""

import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from shared.jobs import JOBS
from tests.cli.shell import JOB, Shell
from tests.schedulers.site import Answer, Site

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="`ulimit` is POSIX")

DESCRIPTORS, AT_ONCE, IN_ALL = 96, 200, 20_000
KEY = "k" * 16
HALF = b"POST /admin/functions/NoShowDetector HTTP/1.1\r\nHost: localhost\r\nX-Never-Ending: "


class Attack:
    """Opens connections and never ends a request on them; always as many as it can hold, new ones for the oldest."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="attack")
        self.opened = 0
        self.is_full = threading.Event()

    def __enter__(self) -> "Attack":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _go_on(self) -> None:
        held: deque[socket.socket] = deque()
        while not self._is_over.is_set() and self.opened < IN_ALL:
            if len(held) == AT_ONCE:
                self.is_full.set()
                held.popleft().close()
            one = socket.socket()
            held.append(one)
            one.settimeout(0.2)
            try:
                one.connect(("127.0.0.1", self._port))
                one.sendall(HALF)
            except OSError:
                continue  # there is no room, which is what it is here for
            self.opened += 1
        for each in held:
            each.close()


@contextmanager
def host(shell: Shell) -> Iterator[Site]:
    """A host with few descriptors, from a cold start; what it says on stderr is thrown away with its log."""
    program = [sys.executable, "-m", "shared", "host", "--port", "0"]
    command = ["sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@" 2>host.err', "sh", *program]
    process = shell._started(command, {"HOST_KEY": KEY, "PYTHONUNBUFFERED": "1"})
    assert process.stdout
    try:
        said = [process.stdout.readline() for _ in range(1 + len(JOBS))]
        yield Site(int(said[0].partition("127.0.0.1:")[2].partition(" ")[0]))
    finally:
        process.kill()
        process.communicate()


def persistent(ask: Callable[[], Answer]) -> Answer:
    """Ask like a monitor: once more if the connection is lost. Between thousands of others a slow caller's may be."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return ask()
        except ConnectionError:
            assert time.monotonic() < deadline


def test_jobs_and_who_has_the_key_are_served_while_half_sent_requests_pour_in(petcare: Shell) -> None:
    petcare.sql("UPDATE tenants SET settings = NULL")
    with host(petcare) as site, Attack(site.port) as attack:
        assert attack.is_full.wait(60)
        before = attack.opened
        for count in (1, 2):
            assert persistent(lambda: site.post(f"/admin/functions/{JOB}", x_functions_key=KEY)).status == 202
            deadline = time.monotonic() + 60
            while petcare.sql("SELECT status FROM runs").count(("succeeded",)) < count:
                assert time.monotonic() < deadline, petcare.sql("SELECT status, error FROM runs")
                time.sleep(0.05)
        assert persistent(lambda: site.get("/health", x_functions_key=KEY)).status == 503  # other jobs never ran
        assert persistent(lambda: site.get("/")).status == 401
        assert attack.opened > before  # it goes on
    said = (petcare.folder / "host.err").read_text(encoding="utf-8")
    assert "Too many open files" not in said
    assert "ERROR" not in said
