"""Fees collected by many processes and by killed ones: Stripe's own books show each charged once, to the cent."""

import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.request import urlopen

import pytest
from sqlalchemy import Engine

from shared.application import simulation
from shared.database import tables
from shared.database.engine import open_engine
from shared.runtime import run
from tests import rows, warm_start
from tests.crash.life import ROOT, Life, live_together
from tests.databases import Databases
from tests.rows import NOON

FEES = 500
TENANTS = 5
DUE = NOON + timedelta(hours=24)
MOMENTS = ("statement", "request", "answer")
A_LIFE = timedelta(minutes=10)
"""Longer than a claim holds: each process finds that the claims of the one before have run out."""


class Books:
    """A Stripe in a process of its own, asked over the network as its own customers ask it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def set_clock(self, at: datetime) -> None:
        """Let its clock stand at `at`."""
        urlopen(f"{self.url}/clock?at={at:%Y-%m-%dT%H:%M:%SZ}", timeout=10).close()  # noqa: S310  our own server

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """What was created and charged."""
        with urlopen(f"{self.url}/ledger", timeout=10) as answer:  # noqa: S310  our own server
            found: dict[str, list[dict[str, Any]]] = json.load(answer)
        return found


@pytest.fixture
def stripe() -> Iterator[Books]:
    """A Stripe that outlives whoever is killed."""
    command = warm_start.command("tests.loopback.stripe", "--port", "0")
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    books = Books(process.stdout.readline().strip())
    books.set_clock(DUE)
    yield books
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def all_owed(databases: Databases, migrated_url: str) -> str:
    """500 fees that are due, of five tenants and of nearly 100 different amounts: made once, to be copied."""
    engine = open_engine(url := databases.copy(migrated_url))
    with engine.begin() as writing, rows.all_at_once(writing) as connection:
        for number in range(TENANTS):
            tenant = rows.tenant(connection, f"paws-{number}")
            for index in range(FEES // TENANTS):
                customer = {"stripe_customer_id": f"cus_{number}x{index}", "has_payment_method": True}
                owner = rows.owner(connection, tenant, **customer)
                start = NOON - timedelta(hours=3)
                rows.appointment(connection, tenant, start, owner_id=owner, deposit_paid=7 * index)
    # Nobody came at all: the day is accepted as it is.
    surge = [(f"paws-{number}", NOON.date()) for number in range(TENANTS)]
    run(simulation(engine, lambda: NOON), "NoShowDetector", accept_surge=surge)
    assert len(rows.all_of(engine, tables.payments)) == FEES
    engine.dispose()
    return url


@pytest.fixture
def owed(databases: Databases, all_owed: str) -> Iterator[Engine]:
    """A database with them of the test's own."""
    engine = open_engine(url := databases.copy(all_owed))
    yield engine
    engine.dispose()
    databases.drop(url)


@pytest.fixture
def database_url(owed: Engine) -> str:
    """Its address."""
    return owed.url.render_as_string(hide_password=False)


def collector(database: str, stripe: Books, wall: datetime, moment: str = "") -> Life:
    """A process that is ready to collect."""
    return Life("tests.crash.collector", database, stripe.url, DUE.isoformat(), wall.isoformat(), moment)


def ensure_charged_once(engine: Engine, stripe: Books) -> None:
    """Each fee has one intent and one charge of its amount, and is on record as collected with both."""
    ledger, fees = stripe.ledger(), rows.all_of(engine, tables.payments)
    assert Counter(each["metadata"]["payment"] for each in ledger["intents"]) == {str(each.id): 1 for each in fees}
    assert Counter(each["intent"] for each in ledger["charges"] if each["paid"]) == {
        each["id"]: 1 for each in ledger["intents"]
    }
    charged = {each["metadata"]["payment"]: (each["id"], each["amount_received"]) for each in ledger["intents"]}
    assert charged == {str(each.id): (each.stripe_payment_intent_id, each.amount) for each in fees}
    assert {each.status for each in fees} == {"succeeded"}
    assert sum(each["amount"] for each in ledger["charges"]) == sum(each.amount for each in fees) == expected_total()
    charges = {each["intent"]: each["id"] for each in ledger["charges"]}
    ended = [each for each in rows.all_of(engine, tables.payment_attempts) if each.outcome == "succeeded"]
    assert {each.stripe_charge_id for each in ended} == set(charges.values())
    assert len(ended) == FEES


def expected_total() -> int:
    return TENANTS * sum(2500 - 7 * index for index in range(FEES // TENANTS))


def test_five_collectors_at_once_without_the_lease_charge_each_fee_once(
    owed: Engine, database_url: str, stripe: Books
) -> None:
    live_together([collector(database_url, stripe, DUE) for _ in range(5)])
    ensure_charged_once(owed, stripe)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL: kills are tried on Linux and macOS")
@pytest.mark.parametrize(("kills", "furthest"), [(10, 400), pytest.param(200, 70, marks=pytest.mark.soak)])
def test_killed_at_random_moments_and_run_again_each_fee_is_charged_once(
    owed: Engine, database_url: str, stripe: Books, kills: int, furthest: int
) -> None:
    """`furthest`: so many statements, requests or answers a process comes at most. A batch of fees takes about 100."""
    dice = random.Random(kills)
    for life in range(kills + 1):
        moment = f"{dice.choice(MOMENTS)}:{dice.randint(1, furthest)}" if life < kills else ""
        wall = DUE + life * A_LIFE
        stripe.set_clock(wall)
        assert len(stripe.ledger()["charges"]) < FEES, f"all was collected before kill {life + 1}"
        assert collector(database_url, stripe, wall, moment).live() == (-signal.SIGKILL if moment else 0)
    ensure_charged_once(owed, stripe)
