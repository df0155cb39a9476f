"""The local host's HTTP: the pages, `/health`, and the admin endpoint with the Functions host's paths and codes."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from shared.operations.health import examine
from shared.schedulers import pages
from shared.schedulers.bodies import Refused, body_of
from shared.schedulers.connections import LONGEST_HEAD, Bounded, most_connections
from shared.schedulers.guard import Guard, Sessions
from shared.schedulers.local import LocalHost
from shared.schedulers.pages import signing_in
from shared.schedulers.pages.frame import Frame
from shared.schedules.function_json import Schedule


def application(host: LocalHost, key: str | None) -> Starlette:
    """Return the web application. `key`: what callers must send; None: no key, and only this machine may call."""
    sessions = Sessions(key, host.application.clock)
    frame = Frame(host, sessions)
    endpoints = _Endpoints(host, host.application.clock(), frame.turns)
    return Starlette(
        routes=[
            *pages.routes(frame),
            Route("/health", endpoints.health),
            Route("/admin/functions", endpoints.functions),
            Route("/admin/functions/{name}", endpoints.function),
            Route("/admin/functions/{name}", endpoints.run, methods=["POST"]),
            Route("/admin/functions/{name}/status", endpoints.status),
            Route("/admin/host/status", endpoints.host_status),
            Route("/admin/host/ping", lambda _: Response()),
        ],
        middleware=[Middleware(Guard, sessions=sessions, ask=signing_in.ask)],
        exception_handlers={Refused: _refused, ClientDisconnect: _gone},
    )


class _Endpoints:
    """The endpoints of one host. Those that read the database are plain functions, so they run in threads."""

    def __init__(self, host: LocalHost, started: datetime, turns: threading.Semaphore) -> None:
        """`turns`: taken by whoever reads the database."""
        self._host = host
        self._started = started
        self._id = str(uuid4())
        self._turns = turns

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
    body = await body_of(request, "application/json")
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
