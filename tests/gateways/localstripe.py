"""`localstripe` of PyPI behind a front of ours: it plays Stripe's older API, and takes no notice of idempotency keys.

The front keeps the first answer to each key, and says what is new in the API in the words that localstripe knows. What
it cannot say, localstripe does not play: advice of issuers, `authentication_required`, a card tried again.
"""

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import urlencode

from tests.loopback.http import Request, Response, Server

SECRET: Final = "sk_test_12345"
PROGRAM: Final = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda self: None  # it would write into /tmp, for its next start
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""
UNKNOWN: Final = frozenset({"description", "off_session", "allowed_payment_method_types[0]"})
Kept = tuple[int, bytes]


class LocalStripe:
    """A front on one port, localstripe on another."""

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.kept: dict[str, Kept] = {}
        self.front = Server(self._answer)

    def _answer(self, request: Request) -> Response:
        key = request.headers.get("idempotency-key")
        if key not in self.kept:
            answer = self._done(request)
            if key is None:
                return Response(*answer)
            self.kept[key] = answer
        return Response(*self.kept[key])

    def _done(self, request: Request) -> Kept:
        form, (*_, last) = dict(request.form), request.path.split("/")
        if last == "confirm":
            self.ask("POST", request.path.removesuffix("/confirm"), {"payment_method": form.pop("payment_method")})
        if request.method == "GET" and last == "payment_methods":
            customer = request.path.split("/")[3]
            return self.ask("GET", "/v1/payment_methods", {"customer": customer, "type": "card"})
        if request.method == "GET" and last == "payment_intents":
            return self._of_customer(request.query["customer"])
        query = {name: value for name, value in request.query.items() if name != "limit"}
        return self.ask(
            request.method, request.path, {name: form[name] for name in form if name not in UNKNOWN} | query
        )

    def _of_customer(self, customer: str) -> Kept:
        """Choose from all intents: localstripe does not."""
        status, body = self.ask("GET", "/v1/payment_intents", {"limit": "100"})
        page = json.loads(body)
        page["data"] = [each for each in page["data"] if each["customer"] == customer]
        return status, json.dumps(page).encode()

    def ask(self, method: str, path: str, fields: Mapping[str, str]) -> Kept:
        """Ask localstripe itself."""
        sent = urlencode(fields)
        url = f"{self.behind}{path}?{sent}" if method == "GET" else f"{self.behind}{path}"
        basic = b64encode(f"{SECRET}:".encode()).decode()
        data = sent.encode() if method == "POST" else None
        asked = urllib.request.Request(url, data, {"Authorization": f"Basic {basic}"}, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310  on this machine
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def made(self, path: str, **fields: str) -> dict[str, Any]:
        """Make something directly, as a platform does: a customer, a card."""
        status, body = self.ask("POST", path, fields)
        assert status == 200, body
        found: dict[str, Any] = json.loads(body)
        return found

    def all_of(self, path: str) -> list[dict[str, Any]]:
        """Return everything of a kind."""
        found: list[dict[str, Any]] = json.loads(self.ask("GET", path, {"limit": "100"})[1])["data"]
        return found


@contextmanager
def started() -> Iterator[LocalStripe]:
    """Start localstripe on this machine only, and the front before it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", PROGRAM, str(port)])
    stripe = LocalStripe(f"http://127.0.0.1:{port}")
    try:
        _wait_for(port, process)
        with stripe.front:
            yield stripe
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = monotonic() + 60
    while monotonic() < end and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.05)
    raise AssertionError("localstripe did not start")
