"""A scripted stand-in for Twilio's Messages API: stateful, on a real socket, and as difficult as a test wants it.

In a test: `with LoopbackTwilio() as twilio: ...`. As a process of its own, for crash tests and benchmarks:
`python -m tests.loopback.twilio --port 8010`, whose books `GET /books` shows to other processes.
"""

import argparse
import asyncio
import json
import random
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from shared.delivery.stopping import run_until_stopped
from tests.loopback.books import Books
from tests.loopback.http import Request, Response, Server

ACCOUNT: Final = "AC" + "0123456789abcdef" * 2
TOKEN: Final = "loopback-secret-0123456789abcdef"
NUMBER: Final = "+12025550100"
SERVICE: Final = "MG" + "0123456789abcdef" * 2
STATUS_OF: Final = {20003: 401, 20404: 404, 20429: 429, 21408: 403, 21611: 429, 30022: 429, 63038: 429}
"""The HTTP status that goes with a code; with all others it is 400."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request is answered. Unless `is_accepted`, a message is refused, and is not in the books.

    `code`: Twilio's, for a refusal; `status`: the HTTP status of the answer; `response`: everything else about it. Its
    body and status are those of Twilio unless given here: `body`.
    """

    is_accepted: bool = True
    code: int | None = None
    status: int | None = None
    body: bytes | None = None
    response: Response = field(default_factory=Response)


def refused(code: int, **headers: str) -> Answer:
    """Refused with one of Twilio's codes."""
    return Answer(False, code, response=Response(headers=headers))


def busy(retry_after: str | None = None) -> Answer:
    """429, one of a storm."""
    return refused(20429, **({"Retry-After": retry_after} if retry_after else {}))


def failing(status: int = 500, *, is_accepted: bool = False) -> Answer:
    """A server error, before or after the message was accepted."""
    return Answer(is_accepted, status=status, body=b'{"code": 20500, "message": "oh", "status": 500}')


def dropped(*, is_accepted: bool = True, after: int = 0) -> Answer:
    """The connection is dropped after so many bytes of the answer."""
    return Answer(is_accepted, response=Response(cut=after))


def silent(*, is_accepted: bool = True) -> Answer:
    """Nothing comes back."""
    return Answer(is_accepted, response=Response(never=True))


def late(seconds: float) -> Answer:
    """Accepted, and said so late."""
    return Answer(response=Response(delay=seconds))


def dripping(pause: float) -> Answer:
    """Accepted, and said so one byte at a time."""
    return Answer(response=Response(pause=pause))


def garbled(body: bytes, *, status: int = 201, is_accepted: bool = True, **headers: str) -> Answer:
    """Some other body than Twilio's."""
    return Answer(is_accepted, status=status, body=body, response=Response(headers=headers))


FAULTS: Final = {
    "drop": dropped(),
    "drop_unseen": dropped(is_accepted=False),
    "error": failing(),
    "error_accepted": failing(502, is_accepted=True),
    "busy": busy("1"),
    "silence": silent(),
}
"""By the names that the command line knows."""


class LoopbackTwilio(Server):
    """The server. `books`: what it accepted; `requests`: what it was asked; `on_request`: called before each answer.

    `latency`: seconds before each answer; `faults`: answers and how often (0 to 1) each takes the place of the plain
    one for a message; `keeps_requests`: whether it remembers what it was asked; `distort`: what becomes of a message
    where it is shown, in an answer or in the log.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        latency: float = 0,
        faults: Iterable[tuple[Answer, float]] = (),
        seed: int = 1,
        keeps_requests: bool = True,
        **books: Any,
    ) -> None:
        super().__init__(self._answer, port)
        self.books, self.latency, self.keeps_requests = Books(ACCOUNT, **books), latency, keeps_requests
        self.requests: list[Request] = []
        self.on_request: Callable[[Request], None] = lambda request: None
        self.distort: Callable[[dict[str, Any]], dict[str, Any]] = lambda message: message
        self._faults, self._chance = list(faults), random.Random(seed)
        self._next: dict[str | None, deque[Answer]] = {}
        self._always: dict[str | None, Answer] = {}

    def script(self, *answers: Answer, to: str | None = None) -> None:
        """Answer the next requests like this, one by one: those for one number, or all messages.

        "log" in place of the number: requests for the log.
        """
        self._next.setdefault(to, deque()).extend(answers)

    def always(self, answer: Answer | None, to: str | None = None) -> None:
        """Answer all requests for one number, or all others, like this; None: plainly again."""
        if answer is None:
            self._always.pop(to, None)
        else:
            self._always[to] = answer

    def _answer(self, request: Request) -> Response:
        if request.path == "/books":
            return Response(body=json.dumps([self.books.shown(each) for each in self.books.messages]).encode())
        if self.keeps_requests:
            self.requests.append(request)
        self.on_request(request)
        answer = self._scripted(request)
        status, shown = self._outcome(request, answer)
        return replace(
            answer.response,
            status=answer.status or status,
            body=json.dumps(shown).encode() if answer.body is None else answer.body,
            delay=answer.response.delay or self.latency,
        )

    def _scripted(self, request: Request) -> Answer:
        keys = (request.form.get("To"), None) if request.method == "POST" else ("log",)
        for waiting in (self._next.get(key) for key in keys):
            if waiting:
                return waiting.popleft()
        for always in (self._always.get(key) for key in keys):
            if always:
                return always
        return self._by_chance() if request.method == "POST" else Answer()

    def _by_chance(self) -> Answer:
        drawn = self._chance.random() if self._faults else 1.0
        for answer, rate in self._faults:
            drawn -= rate
            if drawn < 0:
                return answer
        return Answer()

    def _outcome(self, request: Request, answer: Answer) -> tuple[int, dict[str, Any]]:
        code = answer.code or next(objections(request), None)
        if code or not answer.is_accepted:
            return refusal(code or 21000)
        if request.method == "GET":
            page = self.books.page(request.query)
            return 200, page | {"messages": [self.distort(each) for each in page["messages"]]}
        return 201, self.distort(self.books.shown(self.books.accept(request.form)))


AUTHORIZATION: Final = "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()


def objections(request: Request) -> Iterator[int]:
    """Yield the codes with which Twilio itself would refuse a request."""
    if request.headers.get("authorization") != AUTHORIZATION:
        yield 20003
    if request.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
        yield 20404
    if request.method == "POST":
        yield from objections_to(request.form)


def objections_to(form: Mapping[str, str]) -> Iterator[int]:
    """Yield the codes with which Twilio itself would refuse a message."""
    if not form.get("To", "").removeprefix("+").isdigit():
        yield 21211
    if not form.get("From") and not form.get("MessagingServiceSid"):
        yield 21603
    if not form.get("Body"):
        yield 21602
    if len(form.get("Body", "")) > 1600:
        yield 21617
    if not 1 <= int(form.get("ValidityPeriod", 1)) <= 36_000:
        yield 20001


def refusal(code: int) -> tuple[int, dict[str, Any]]:
    """Return the status and the body with which Twilio refuses."""
    status = STATUS_OF.get(code, 400)
    more = f"https://www.twilio.com/docs/errors/{code}"
    return status, {"code": code, "message": f"refused with {code}", "more_info": more, "status": status}


def main() -> None:
    """Serve as a process of its own until stopped; say where on stdout."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0, help="0: any free one")
    options.add_argument("--latency", type=float, default=0, help="seconds before each answer")
    options.add_argument("--fault", action="append", default=[], metavar="NAME=RATE", help=f"of {', '.join(FAULTS)}")
    options.add_argument("--seed", type=int, default=1, help="of the faults' chances")
    options.add_argument("--seconds", type=float, default=3600, help="how long it serves at most")
    options.add_argument("--settles-after", type=float, help="seconds until a message is delivered; default: never")
    chosen = options.parse_args()
    faults = [(FAULTS[name], float(rate)) for name, _, rate in (each.partition("=") for each in chosen.fault)]
    settles_after = None if chosen.settles_after is None else timedelta(seconds=chosen.settles_after)
    server = LoopbackTwilio(
        chosen.port,
        latency=chosen.latency,
        faults=faults,
        seed=chosen.seed,
        keeps_requests=False,
        settles_after=settles_after,
    )
    with suppress(TimeoutError, KeyboardInterrupt):
        run_until_stopped(announced(server, chosen.seconds))


async def announced(server: Server, seconds: float) -> None:
    """Serve for so long, and print the address once it can be called."""
    async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        await asyncio.to_thread(server.started.wait)
        print(server.url, flush=True)  # noqa: T201  how the process that started this one learns the port


if __name__ == "__main__":
    main()
