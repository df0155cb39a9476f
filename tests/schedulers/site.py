"""The local host's HTTP on a free port of this machine, and a client that says exactly what it is told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from shared.schedulers.local import LocalHost
from shared.schedulers.web import application, listen, serving


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` by their names in small letters."""

    status: int
    body: str
    headers: dict[str, str]

    def json(self) -> Any:
        """Return the body as JSON."""
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Site:
    """Where it listens."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> Answer:
        """GET; header names with _ for -."""
        return self.ask("GET", path, None, headers)

    def post(self, path: str, body: bytes | str | None = '{"input": ""}', **headers: str) -> Answer:
        """POST, by default as the Functions host wants it."""
        return self.ask("POST", path, body, {"Content_Type": "application/json"} | headers)

    def ask(self, method: str, path: str, body: bytes | str | None, headers: dict[str, str]) -> Answer:
        """Send one request. A header with an empty value is left out."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items() if value}
            connection.request(method, path, body, named)
            got = connection.getresponse()
            return Answer(got.status, got.read().decode(), {name.lower(): value for name, value in got.getheaders()})
        finally:
            connection.close()


@contextmanager
def site_of(host: LocalHost, key: str | None = None) -> Iterator[Site]:
    """Serve a host for the length of the block."""
    listener = listen("127.0.0.1", 0)
    with listener, serving(application(host, key), listener):
        yield Site(listener.getsockname()[1])
