"""Who is let in: whoever sends the key, browsers that signed in with it, and without a key only this machine."""

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

LASTS: Final = timedelta(days=7)
"""How long a browser stays signed in."""

OPEN: Final = ("/page.css", "/page.js", "/favicon.svg", "/login")
"""Paths without a key: they hold nothing secret, and whoever signs in needs them."""


class Sessions:
    """The cookies of browsers, and the tokens of the forms on their pages.

    Nothing is stored. Both are sealed with a secret that follows from the key, so that a restart signs nobody out and
    another key signs everybody out; without a key the secret is this process's own.
    """

    def __init__(self, key: str | None, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._clock = clock
        self._secret = secrets.token_bytes(32) if key is None else hmac.digest(key.encode(), b"pages", "sha256")

    @property
    def has_key(self) -> bool:
        """Whether callers need the key."""
        return self._key is not None

    def is_key(self, given: str) -> bool:
        """Whether this is the key, found in the same time wherever it differs."""
        return self._key is not None and hmac.compare_digest(given.encode(), self._key.encode())

    def issue(self) -> str:
        """Return a new cookie: when it was made, a random part, and the seal of both."""
        body = f"{int(self._clock().timestamp())}.{secrets.token_hex(16)}"
        return f"{body}.{self._seal('session', body)}"

    def of(self, request: Request) -> str | None:
        """Return the cookie of a request if it is one of ours and not too old."""
        cookie = request.cookies.get(cookie_name(request), "")
        body, _, seal = cookie.rpartition(".")
        if not hmac.compare_digest(seal.encode(), self._seal("session", body).encode()):
            return None
        age = self._clock().timestamp() - int(body.partition(".")[0])
        return cookie if age < LASTS.total_seconds() else None

    def token(self, cookie: str) -> str:
        """Return what the forms on a page shown with this cookie send back, and no other site can know."""
        return self._seal("form", cookie)

    def is_own_form(self, request: Request, token: str) -> bool:
        """Whether a form was sent by a page of ours, shown to the same browser."""
        cookie = self.of(request)
        its = cookie is not None and hmac.compare_digest(token.encode(), self.token(cookie).encode())
        return its and not is_foreign(request)

    def _seal(self, purpose: str, words: str) -> str:
        return hmac.digest(self._secret, f"{purpose}:{words}".encode(), "sha256").hex()


def cookie_name(request: Request) -> str:
    """Return the cookie's name, with the port: browsers send a machine's cookies to every port of it."""
    _, port = request.scope["server"]
    return f"petcare_{port}"


def is_foreign(request: Request) -> bool:
    """Whether the browser says that a page of another site, or of another port, sent the request."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return True
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host")


class Guard:
    """Lets in callers with the key or a session. Without a key, only requests whose Host header names this machine: by
    DNS rebinding a page in a local browser can send requests under the name of its own site.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, ask: Callable[[Request], Response]) -> None:
        """`ask`: answers a browser that has to sign in first."""
        self._app = app
        self._sessions = sessions
        self._ask = ask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        app = self._app
        if scope["type"] == "http":
            app = self._refusal(Request(scope)) or app
        await app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if not self._sessions.has_key:
            if not is_loopback(_name(request.headers.get("host", ""))):
                return PlainTextResponse("this host answers to localhost only\n", 403)
            return None
        given = request.headers.get("x-functions-key") or request.query_params.get("code") or ""
        if request.url.path in OPEN or self._sessions.is_key(given):
            return None
        is_machines = request.url.path.startswith("/admin/")
        if not is_machines and self._sessions.of(request):
            return None
        if not is_machines and "text/html" in request.headers.get("accept", ""):
            return self._ask(request)
        return PlainTextResponse("the key is missing or wrong: send it as x-functions-key\n", 401)


def _name(host: str) -> str:
    """Return the name in a Host header, without its port; empty when there is none, or a user's name before it."""
    try:
        return "" if "@" in host else urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Whether a host name or address is a loopback one."""
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
