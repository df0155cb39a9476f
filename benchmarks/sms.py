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
class Pace:
    """The best of some rounds. `alone`: the seconds of Twilio's client; `most`: the most texts that a number got."""

    alone: float
    ours: Delivered
    reached: int
    most: int


def pace(kind: str, latency: float, concurrency: int, rounds: int) -> Pace:
    """Measure both in turn, and take the best of each: other programs on the machine disturb both alike."""
    alone, ours, reached, most = [], [], [], []
    for _ in range(rounds):
        with twilio(latency) as url:
            alone.append(sdk_alone(url, MANY, concurrency))
            before = len(accepted(url))
            ours.append(deliver(kind, url, MANY, concurrency))
            times = accepted(url)
        reached.append(len(times) - before)
        most.append(max(times.values()))
    return Pace(min(alone), min(ours, key=lambda each: each.seconds), min(reached), max(most))


def measured(kind: str) -> Iterator[Limit]:
    """What is promised of sending."""
    for latency, concurrency, rounds in ((LATENCY, 64, 1), (LATENCY, 256, 3), (0, 64, 5)):
        at = f"{kind}, {latency * 1000:.0f} ms, {concurrency} at once"
        found = pace(kind, latency, concurrency, rounds)
        ideal = MANY * latency / concurrency
        print(f"      {at}: ideal {ideal:.2f} s, SDK alone {found.alone:.2f} s, ours {found.ours.seconds:.2f} s")
        if not latency:
            yield Limit(f"{at}, times the SDK's rate", found.alone / found.ours.seconds, 0.6, is_least=True)
        elif concurrency == 64:
            yield Limit(f"{at}, times the ideal", found.ours.seconds / ideal, 1.1)
        else:
            yield Limit(f"{at}, times the SDK alone", found.ours.seconds / found.alone, 1.25)
        yield Limit(f"{at}, statements a message", found.ours.statements, 0.05)
        yield Limit(f"{at}, numbers texted once", found.reached, MANY, is_least=True)
        yield Limit(f"{at}, most texts to a number", found.most, 1)
