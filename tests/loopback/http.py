"""Just enough of an HTTP server to misbehave: it can answer late, in drops, with rubbish, or not at all."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import responses
from typing import Self, cast
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `form`: the fields of its body, `query` those of its address."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back. `delay`: seconds before it starts; `pause`: seconds between any two bytes of its body.

    `cut`: the connection is dropped after so many bytes of the whole, None: it is not; `never`: nothing comes at all.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    pause: float = 0
    cut: int | None = None
    never: bool = False

    def wire(self) -> tuple[bytes, bytes]:
        """Return head and body."""
        given = {"Content-Type": "application/json", "Content-Length": str(len(self.body)), **self.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        return f"HTTP/1.1 {self.status} {responses.get(self.status, '')}\r\n{lines}\r\n".encode(), self.body


class Connection(asyncio.Protocol):
    """One connection of a client. A request is answered before the next is read."""

    def __init__(self, server: "Server") -> None:
        self.server, self.buffer = server, bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.loop = cast(asyncio.Transport, transport), asyncio.get_running_loop()
        self.server.connections.add(self)
        self.server.most_connections = max(self.server.most_connections, len(self.server.connections))

    def connection_lost(self, _: Exception | None) -> None:
        self.server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.buffer[:1].isalpha():  # not HTTP: TLS, for example
            self.write(*Response(400).wire(), Response(cut=1000))
            return
        while request := self.read():
            self.respond(self.server.answer(request))

    def read(self) -> Request | None:
        """Return the next request, once it is complete."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        first, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        stop = end + 4 + int(headers.get("content-length", 0))
        if len(self.buffer) < stop:
            return None
        body = self.buffer[end + 4 : stop].decode()
        del self.buffer[:stop]
        method, target, _ = first.split(" ")
        address = urlsplit(target)
        return Request(method, address.path, dict(parse_qsl(address.query)), headers, dict(parse_qsl(body)))

    def respond(self, response: Response) -> None:
        """Send what was scripted, in the way that was scripted."""
        if response.never:
            return
        head, body = response.wire()
        if response.delay:
            self.loop.call_later(response.delay, self.write, head, body, response)
        else:
            self.write(head, body, response)

    def write(self, head: bytes, body: bytes, response: Response) -> None:
        """Write it, or the part of it before the cut."""
        if response.cut is not None:
            self.transport.write((head + body)[: response.cut])
            self.transport.close()
        elif response.pause:
            self.transport.write(head)
            self.drip(body, response.pause)
        else:
            self.transport.write(head + body)

    def drip(self, body: bytes, pause: float) -> None:
        """Write one byte, and after a pause the others."""
        if body and not self.transport.is_closing():
            self.transport.write(body[:1])
            self.loop.call_later(pause, self.drip, body[1:], pause)


class Server:
    """Answers on a port of this machine, in a thread of its own, for the length of a `with` block.

    `connections`: those that are open; `most_connections`: the most there ever were at once.
    """

    def __init__(self, answer: Callable[[Request], Response], port: int = 0) -> None:
        self.answer, self.port = answer, port
        self.connections: set[Connection] = set()
        self.most_connections = 0
        self.started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self) -> None:
        """Answer until cancelled."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        server = await self._loop.create_server(lambda: Connection(self), "127.0.0.1", self.port, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            server.close()
            for each in list(self.connections):
                each.transport.abort()

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self.serve())

    def __enter__(self) -> Self:
        self._thread.start()
        assert self.started.wait(10), "the loopback server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._task is not None
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)
