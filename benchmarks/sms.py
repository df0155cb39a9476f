"""How fast texts leave: claimed, read again, written, sent to a stand-in for Twilio and recorded.

Compared with the ideal (messages × latency ÷ concurrency) and with what Twilio's own asynchronous client needs in the
same run, against the same server, for nothing but the requests.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from sqlalchemy import event

from benchmarks.due import application_on, prepared
from benchmarks.limits import Limit
from benchmarks.stand_in import accepted, gateway, twilio
from shared.runtime import run
from tests.databases import opened
from tests.loopback.twilio import ACCOUNT, NUMBER, TOKEN

MANY = 10_000
LATENCY = 0.1
"""Seconds that each answer takes, on a machine of the reference's speed."""
REFERENCE = 2.0
"""Seconds that Twilio's client needed for MANY requests without latency on the machine of 26 November 2026.

A slower machine gets proportionally slower answers: otherwise its processor would be the limit at every latency, and
what is measured here would be its speed.
"""


def sdk_alone(url: str, many: int, concurrency: int) -> float:
    """Return the seconds that Twilio's asynchronous client needs for so many messages."""
    from twilio.http.async_http_client import AsyncTwilioHttpClient
    from twilio.rest import Client

    async def send_all() -> float:
        http = AsyncTwilioHttpClient(pool_connections=False)
        # Of itself it keeps to 100 connections, however many requests there are.
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as http.session:
            client = Client(ACCOUNT, TOKEN, http_client=http)
            client.api.base_url = url
            numbers = iter(range(many))

            async def send() -> None:
                for number in numbers:
                    body = f"Happy Paws reminder: visit for Bella tomorrow at 12:00 PM. Number {number:07d}."
                    await client.messages.create_async(to=f"+1646{number:07d}", from_=NUMBER, body=body)

            began = time.perf_counter()
            await asyncio.gather(*(send() for _ in range(concurrency)))
            return time.perf_counter() - began

    return asyncio.run(send_all())


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery: its seconds, and the SQL statements for each message."""

    seconds: float
    statements: float


def deliver(kind: str, url: str, many: int, concurrency: int) -> Delivered:
    """Deliver `many` planned reminders from a new database of a kind."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, opened(kind, Path(folder)) as databases:
        engine = prepared(databases.empty(), many)
        application = replace(application_on(engine), sms=gateway(url, concurrency), concurrency=concurrency)
        statements = 0

        def count(*_: object) -> None:
            nonlocal statements
            statements += 1

        event.listen(engine, "before_cursor_execute", count)
        began = time.perf_counter()
        result = run(application, "AppointmentReminders2h")
        seconds = time.perf_counter() - began
        assert result["delivery"]["sent"] == {"reminder_24h": many}, result["delivery"]
        engine.dispose()
    return Delivered(seconds, statements / many)


@dataclass(frozen=True, slots=True)
class Round:
    """Both in turn. `alone`: the seconds of Twilio's client; `most`: the most texts that a number got of us."""

    alone: float
    ours: Delivered
    reached: int
    most: int

    @property
    def times_alone(self) -> float:
        """How many times as long it took us."""
        return self.ours.seconds / self.alone


def one_round(kind: str, latency: float, concurrency: int) -> Round:
    """Measure Twilio's client and us, one after the other: what else the machine does disturbs both alike."""
    with twilio(latency) as url:
        alone = sdk_alone(url, MANY, concurrency)
        before = len(accepted(url))
        ours = deliver(kind, url, MANY, concurrency)
        times = accepted(url)
    return Round(alone, ours, len(times) - before, max(times.values()))


def _latency() -> float:
    """Return how long an answer takes on this machine, in seconds."""
    with twilio(0) as url:
        alone = min(sdk_alone(url, MANY, 64) for _ in range(3))
    return LATENCY * max(1.0, alone / REFERENCE)


def measured(kind: str) -> Iterator[Limit]:
    """What is promised of sending: of several rounds that in the middle."""
    slow = _latency()
    for latency, concurrency, rounds in ((slow, 64, 1), (slow, 256, 3), (0, 64, 5)):
        at = f"{kind}, {latency * 1000:.0f} ms, {concurrency} at once"
        found = sorted(
            (one_round(kind, latency, concurrency) for _ in range(rounds)), key=lambda each: each.times_alone
        )
        middle, ideal = found[rounds // 2], MANY * latency / concurrency
        print(f"      {at}: ideal {ideal:.2f} s, SDK alone {middle.alone:.2f} s, ours {middle.ours.seconds:.2f} s")
        if not latency:
            yield Limit(f"{at}, times the SDK's rate", 1 / middle.times_alone, 0.6, is_least=True)
        elif concurrency == 64:
            yield Limit(f"{at}, times the ideal", middle.ours.seconds / ideal, 1.1)
        else:
            yield Limit(f"{at}, times the SDK alone", middle.times_alone, 1.25)
        yield Limit(f"{at}, statements a message", max(each.ours.statements for each in found), 0.05)
        yield Limit(f"{at}, numbers texted once", min(each.reached for each in found), MANY, is_least=True)
        yield Limit(f"{at}, most texts to a number", max(each.most for each in found), 1)
