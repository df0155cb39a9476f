"""What callers of the local host's HTTP may take of its process, spoken byte by byte over loopback."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from shared.application import Application
from shared.schedulers import connections
from shared.schedulers.connections import LONGEST_HEAD, most_connections
from shared.schedulers.local import LocalHost
from shared.schedulers.web import listen, serving
from shared.schedules.function_json import read_schedules
from tests.databases import Stock
from tests.schedulers.site import Site, site_of

PATIENCE = 20
HEAD = b"GET /admin/host/ping HTTP/1.1\r\nHost: localhost\r\n"
BODY = (
    b"POST /admin/functions/NoShowDetector HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
)
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="session")
def stock(stocks: Callable[[str], Stock]) -> Stock:
    """SQLite alone: the database is not asked here."""
    return stocks("sqlite")


@pytest.fixture
def site(application: Application) -> Iterator[Site]:
    """The HTTP of a host that runs nothing."""
    with site_of(LocalHost(application, read_schedules())) as site:
        yield site


@contextmanager
def said(site: Site, *pieces: bytes) -> Iterator[socket.socket]:
    """A connection on which so much was sent."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE) as connection:
        for piece in pieces:
            connection.sendall(piece)
        yield connection


def answer(connection: socket.socket) -> bytes:
    """Return all that comes until the host closes the connection; it must."""
    got = b""
    try:
        while part := connection.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests have a quarter of a second."""
    monkeypatch.setattr(connections, "WHOLE_WITHIN", 0.25)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("sent", [b"", b"G", HEAD, HEAD + b"X-More: ", BODY, BODY + b'{"input": '])
def test_a_request_that_does_not_come_to_its_end_is_given_up(
    site: Site, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with said(site, sent) as connection:
        assert OK not in answer(connection)
    assert site.get("/admin/host/ping").status == 200
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


@pytest.mark.usefixtures("short")
def test_a_byte_now_and_then_gives_a_request_no_more_time(site: Site) -> None:
    with said(site, HEAD + b"X-Slow: ") as connection:
        connection.settimeout(0.01)
        for _ in range(2000):  # twenty seconds
            try:
                connection.sendall(b"x")
                if connection.recv(1) == b"":
                    return
            except TimeoutError:
                pass
            except ConnectionError:
                return
    pytest.fail("it went on")


@pytest.mark.usefixtures("short")
def test_the_next_request_on_a_connection_has_no_more_time_than_the_first(site: Site) -> None:
    with said(site, HEAD + b"\r\n" + HEAD) as connection:
        assert answer(connection).count(OK) == 1


@pytest.mark.usefixtures("short")
def test_an_answer_may_take_longer_than_a_request() -> None:
    async def slow(_: Any, __: Any, send: Any) -> None:
        await asyncio.sleep(0.75)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"at last"})

    with listen("127.0.0.1", 0) as listener, serving(slow, listener):
        assert Site(listener.getsockname()[1]).get("/").body == "at last"


@pytest.mark.parametrize("size", [LONGEST_HEAD + 1024, 10 * LONGEST_HEAD])
@pytest.mark.parametrize("name", [b"X-Long: ", b""])
def test_a_head_beyond_its_limit_is_refused_in_one_piece_as_in_many(site: Site, size: int, name: bytes) -> None:
    """In a header, or in the line with the path."""
    head = HEAD + name + b"x" * size if name else b"GET /" + b"x" * size + b" HTTP/1.1\r\nHost: localhost"
    whole = head + b"\r\n\r\n"
    for pieces in ([whole], [whole[start : start + 1000] for start in range(0, LONGEST_HEAD + 1024, 1000)]):
        with said(site) as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
            except ConnectionError:
                pass  # it was refused before its end
            assert OK not in answer(connection)


def test_a_head_within_its_limit_is_taken(site: Site) -> None:
    assert site.get("/admin/host/ping", X_Long="x" * (LONGEST_HEAD - 500)).status == 200


def test_who_sends_a_whole_request_gets_in_however_many_do_not(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 4)
    with ExitStack() as until_the_end:
        half = [until_the_end.enter_context(said(site, HEAD)) for _ in range(20)]
        assert site.get("/admin/host/ping").status == 200
        for each in half[:16]:  # the oldest made room
            assert answer(each) == b""
        half[-1].sendall(b"Connection: close\r\n\r\n")
        assert answer(half[-1]).startswith(OK)


def test_connections_leave_the_jobs_their_descriptors() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = {}
    try:
        for limit in (512, 256, 128):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, before[1]))
            found[limit] = most_connections()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert found == {512: 64, 256: 64, 128: 32}
