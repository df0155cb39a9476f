"""The local host's HTTP: the admin endpoint with the paths and codes of the Functions host, `/health`, and the page."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hmac import compare_digest
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.operations.health import examine
from shared.schedulers.connections import LONGEST_HEAD, Bounded, most_connections
from shared.schedulers.local import LocalHost
from shared.schedulers.page import TEMPLATES, render
from shared.schedules.function_json import Schedule

LONGEST_BODY: Final = 64 * 1024  # bytes; no job needs more input

LOOKING_AT_ONCE: Final = 4
"""Callers that may read the database at once: each takes a connection from the pool that the jobs use."""

_OPEN = ("/page.css", "/favicon.svg")
"""Paths without a key: they hold nothing secret, and a browser that sends `?code=` for the page requests these bare."""

_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """A request refused with a status and one line."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Guard:
    """Lets in callers with the key. Without a key, only requests whose Host header names this machine: by DNS rebinding
    a page in a local browser can send requests under the name of its own site.
    """

    def __init__(self, app: ASGIApp, key: str | None) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        app = self._app
        if scope["type"] == "http":
            app = self._refusal(Request(scope)) or app
        await app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if self._key is None:
            if not is_loopback(_name(request.headers.get("host", ""))):
                return PlainTextResponse("this host answers to localhost only\n", 403)
            return None
        given = request.headers.get("x-functions-key") or request.query_params.get("code") or ""
        if request.url.path in _OPEN or compare_digest(given.encode(), self._key.encode()):
            return None
        return PlainTextResponse("the key is missing or wrong: send it as x-functions-key\n", 401)


def _name(host: str) -> str:
    """Return the name in a Host header, without its port; empty when there is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Whether a host name or address is a loopback one."""
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def application(host: LocalHost, key: str | None) -> Starlette:
    """Return the web application. `key`: what callers must send; None: no key, and only this machine may call."""
    started = host.application.clock()
    endpoints = _Endpoints(host, started)
    return Starlette(
        routes=[
            Route("/", endpoints.page),
            Route("/page.css", _file("page.css", "text/css")),
            Route("/favicon.svg", _file("favicon.svg", "image/svg+xml")),
            Route("/health", endpoints.health),
            Route("/admin/functions", endpoints.functions),
            Route("/admin/functions/{name}", endpoints.function),
            Route("/admin/functions/{name}", endpoints.run, methods=["POST"]),
            Route("/admin/functions/{name}/status", endpoints.status),
            Route("/admin/host/status", endpoints.host_status),
            Route("/admin/host/ping", lambda _: Response()),
        ],
        middleware=[Middleware(Guard, key=key)],
        exception_handlers={Refused: _refused, ClientDisconnect: _gone},
    )


class _Endpoints:
    """The endpoints of one host. Those that read the database are plain functions, so they run in threads."""

    def __init__(self, host: LocalHost, started: datetime) -> None:
        self._host = host
        self._started = started
        self._id = str(uuid4())
        self._turns = threading.Semaphore(LOOKING_AT_ONCE)

    def page(self, _: Request) -> Response:
        with self._turns:
            return HTMLResponse(render(self._host), headers=_PAGE_HEADERS)

    def health(self, _: Request) -> Response:
        parts = self._host.application
        with self._turns:
            found = examine(parts.engine, self._host.schedules, parts.zone, parts.clock(), defaults=parts.defaults)
        document = json.dumps(found.as_object())  # ASCII: it is read at terminals, and quotes values that people wrote
        headers = {"Cache-Control": "no-store"}
        return Response(document, 200 if found.is_well else 503, headers, media_type="application/json")

    async def functions(self, request: Request) -> Response:
        return JSONResponse([_described(each, request) for each in self._host.schedules.values()])

    async def function(self, request: Request) -> Response:
        return JSONResponse(_described(self._schedule(request), request))

    async def status(self, request: Request) -> Response:
        self._schedule(request)
        return JSONResponse({})

    async def host_status(self, _: Request) -> Response:
        uptime = self._host.application.clock() - self._started
        return JSONResponse(
            {
                "id": self._id,
                "state": "Running",
                "version": "4.0.0",  # the version of the Functions host that these paths imitate
                "versionDetails": "local host of the pet-care scheduler",
                "processUptime": int(uptime.total_seconds() * 1000),
                "errors": [],
            }
        )

    async def run(self, request: Request) -> Response:
        """Start a job in the background: 202 with an empty body."""
        await _ensure_invocation(request)
        self._host.run_now(self._schedule(request).job)
        return Response(status_code=202)

    def _schedule(self, request: Request) -> Schedule:
        """Return the job of that name, ignoring case, as the Functions host does."""
        name = request.path_params["name"]
        for each in self._host.schedules.values():
            if each.job.lower() == name.lower():
                return each
        raise Refused(404, f"there is no function of that name; there are {', '.join(self._host.schedules)}")


async def _ensure_invocation(request: Request) -> None:
    """Refuse a body that is not a JSON object. A page of another site cannot send JSON without a CORS preflight."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "the content type must be application/json")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise Refused(413, f"the body is longer than {LONGEST_BODY} bytes")
    try:
        invocation = json.loads(body)
    except (ValueError, RecursionError):
        invocation = None
    if not isinstance(invocation, dict):
        raise Refused(400, 'the body must be a JSON object, for example {"input": ""}')


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101  registered for Refused only
    return PlainTextResponse(f"{error}\n", error.status)


def _gone(_: Request, __: Exception) -> Response:
    """Answer nobody: the connection was closed, by either side, in the middle of a request."""
    return Response(status_code=400)


def _described(schedule: Schedule, request: Request) -> dict[str, Any]:
    """Return a function as the Functions host lists it."""
    href = f"{str(request.base_url).rstrip('/')}/admin/functions/{schedule.job}"
    timer = {
        "name": schedule.binding,
        "type": "timerTrigger",
        "direction": "in",
        "schedule": schedule.ncrontab.text,
        "useMonitor": schedule.is_monitored,
        "runOnStartup": schedule.run_on_startup,
    }
    return {
        "name": schedule.job,
        "script_href": f"{schedule.job}/__init__.py",
        "config_href": f"{schedule.job}/function.json",
        "href": href,
        "invoke_url_template": "",
        "language": "python",
        "config": {"name": schedule.job, "bindings": [timer]},
        "isDisabled": False,
        "isDirect": False,
        "isProxy": False,
    }


def _file(name: str, type_: str) -> Any:
    def answer(_: Request) -> Response:
        return FileResponse(TEMPLATES / name, media_type=type_, headers={"X-Content-Type-Options": "nosniff"})

    return answer


def listen(address: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 is any free one. Raise OSError if the address or port is not available."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family)


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, with a longer queue of waiting callers than `backlog`, the number accepted at a time."""
        await super().startup(sockets)
        for each in sockets or ():
            each.listen()


@contextmanager
def serving(app: ASGIApp, listener: socket.socket) -> Iterator[threading.Thread]:
    """Serve requests in a thread of its own for the length of the block."""
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5,
        http=Bounded, ws="none", loop="asyncio", h11_max_incomplete_event_size=LONGEST_HEAD,
        log_level="error",  # with a warning for each malformed request anybody could fill the log
        backlog=max(1, most_connections() // 4),  # asyncio accepts so many at a time, before any can make room
    )  # fmt: skip
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web")
    thread.start()
    try:
        yield thread
    finally:
        server.should_exit = True
        thread.join()
