"""`host --demo` and `page --demo`: what somebody sees who has just cloned the project."""

import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import TCPServer
from threading import Thread
from typing import Any

from tests.cli.shell import Shell
from tests.cli.test_host import STOPPING, Started, started
from tests.schedulers.visitor import Visitor

BANNER = "Demo: invented businesses and owners. Nothing is really sent, and no card is charged."
PLAYED = "demo: the jobs run through the last 60 hours of some invented businesses; some seconds ...\n"
PAGES = (
    "/",
    "/texts",
    "/texts?status=failed",
    "/texts?status=dead",
    "/find?words=bella",
    "/fees",
    "/businesses",
    "/runs",
)
FILE = "petcare-host-demo.db"


def run_now(visitor: Visitor, job: str) -> None:
    """Press the button, and wait until the run is on record."""
    path, deadline = f"/runs?job={job}", time.monotonic() + 60
    visitor.get(path)
    before = newest(visitor)
    assert visitor.do(f"/jobs/{job}/run") == f"{job} was started; what it did will stand in its line"
    visitor.get(path)
    while newest(visitor) in ("", before) or 'busy">running<' in visitor.page:
        assert time.monotonic() < deadline
        visitor.get(path)


def newest(visitor: Visitor) -> str:
    """The link to the first run on the page, or to none."""
    return next(iter(re.findall(r'href="(/runs/[\w-]+)"', visitor.page)), "")


def test_the_demo_needs_no_setting_and_has_a_past_to_look_at(shell: Shell) -> None:
    with started(shell, "host", "--demo", "--port", "0", SMS_PROVIDER=None, PAYMENT_PROVIDER=None) as host:
        assert host.title == f"demo (nothing is really sent or charged), local host: {host.site.url} (Ctrl-C to stop)\n"
        visitor = Visitor(host.site)
        answers = {path: visitor.get(path) for path in PAGES}
        assert {path: each.status for path, each in answers.items()} == dict.fromkeys(PAGES, 200)
        assert [path for path, each in answers.items() if BANNER not in each.body] == []

        assert "delivered" in answers["/texts"].body
        assert "30003: the phone was off or out of reach" in answers["/texts?status=failed"].body
        dead = re.findall(r'action="(/texts/[\w-]+/replay)"', answers["/texts?status=dead"].body)
        assert "The owner has no saved card." in answers["/fees"].body
        assert "They were missed: accept" in answers["/runs"].body
        assert re.search(r"mile-high-mutts.*?not served", answers["/businesses"].body, re.DOTALL)

        assert visitor.do(dead[0]) == "the text was put back; the next run sends it if it is still right"
        run_now(visitor, "ReputationUpdater")
        code, err = host.stop(signal.SIGTERM)
    assert (code, err.startswith(PLAYED), STOPPING in err) == (0, True, True)


@contextmanager
def outside() -> Iterator[tuple[str, list[Any]]]:
    """Where somebody listens who answers nothing, and who called there."""
    callers: list[Any] = []
    with TCPServer(("127.0.0.1", 0), lambda _, caller, __: callers.append(caller)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", callers
        server.shutdown()


def test_the_demo_takes_nothing_from_the_settings(petcare: Shell) -> None:
    """No real provider, database or monitor is reached, whatever is set."""
    (petcare.folder / "local.settings.json").write_text("no JSON")
    before = petcare.rows()
    with outside() as (url, callers):
        live = {
            "SMS_PROVIDER": "twilio",
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": "secret",
            "TWILIO_PHONE_NUMBER": "+12025550143",
            "TWILIO_API_BASE_URL": url,
            "PAYMENT_PROVIDER": "stripe",
            "STRIPE_SECRET_KEY": "sk_test_secret",
            "STRIPE_API_BASE_URL": url,
            "HEARTBEAT_URL": url,
            "DATABASE_URL": "sqlite:///petcare.db",
            "HOST_KEY": "a key of some length",
            "SMS_QUIET_HOURS": "off",
        }
        process = petcare.start("page", "--demo", "--port", "0", PYTHONUNBUFFERED="1", **live)
        assert process.stdout is not None
        try:
            host = Started(process, [process.stdout.readline()])
            visitor = Visitor(host.site)
            assert host.title.startswith(
                "demo (nothing is really sent or charged), operations pages: http://127.0.0.1:"
            )
            assert "SMS_QUIET_HOURS" not in visitor.get("/businesses/hudson-paws").body
            for job in ("NoShowDetector", "AppointmentReminders24h"):
                run_now(visitor, job)
            assert host.stop(signal.SIGTERM)[0] == 0
        finally:
            process.kill()
            process.communicate()
    assert callers == []
    assert petcare.rows() == before


def test_a_demo_that_cannot_be_made_says_why_and_what_to_do(shell: Shell) -> None:
    (shell.folder / FILE).mkdir()
    done = shell.process("host", "--demo", "--port", "0")
    assert (done.code, done.out) == (2, "")
    why = "end what uses it, or start the demo in another folder"
    assert re.fullmatch(rf"error: {FILE} cannot be made anew \(.+\); {why}\n", done.err)


def test_a_demo_whose_port_is_taken_leaves_the_database_of_the_other_alone(shell: Shell) -> None:
    (shell.folder / FILE).write_text("of the demo that listens there")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = shell.process("host", "--demo", "--port", str(taken.getsockname()[1]))
    assert (done.code, "Address already in use" in done.err) == (2, True)
    assert (shell.folder / FILE).read_text() == "of the demo that listens there"


def test_a_second_demo_in_the_folder_is_refused_until_the_first_has_ended_even_by_a_kill(shell: Shell) -> None:
    taken = f"error: another demo uses {FILE}; end that one, or start this one in another folder\n"
    for _ in range(2):  # the second after a kill
        with started(shell, "host", "--demo", "--port", "0") as host:
            done = shell.process("page", "--demo", "--port", "0")
            assert (done.code, done.out, done.err) == (2, "", taken)
            assert "hudson-paws" in Visitor(host.site).get("/businesses").body
            host.process.kill()
            host.process.wait()
