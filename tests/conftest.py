"""The fixtures that every test may take: a migrated database, a clock, providers that remember, a business.

`tests/README.md` says which is for what, with an example.
"""

import gc
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from shared.application import Application
from shared.database import migrations
from shared.database.engine import open_engine
from shared.domain.policy.models import TenantPolicy
from tests import warm_start
from tests.databases import KINDS, Databases, Stock, opened
from tests.doubles import Clock, RecordingPayments, RecordingSms
from tests.rows import NOON
from tests.salon import Salon, salon

LONGEST = (
    "simulation/test_fortnight.py",  # minutes in processes of its own, beside the other tests
    "crash/test_collecting.py",
    "celery_workers/",
    "conformance/",
    "crash/",
    "fees/",
    "database/",
    "platform/adopt/",
    "tasks/",
    "cli/",
)
"""What takes long, longest first: the last worker at work should have little left."""


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C interrupt, here and in the programs that tests start; let several workers share the warm start.

    What a shell starts in the background ignores Ctrl-C, and tests of interruptions would wait for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        warm_start.share()  # after that: it passes on what it ignores


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Let no garbage be looked for while thousands of tests are collected: all of them stay."""
    gc.disable()
    yield
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, where all tests run."""

    def place(item: pytest.Item) -> int:
        named = (number for number, name in enumerate(LONGEST) if item.nodeid.startswith(f"tests/{name}"))
        return next(named, len(LONGEST))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand a worker the tests of one file and one kind of database together: what they share is made once."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFileAndKind(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            kind = next((kind for kind in KINDS if re.search(rf"[\[-]{kind}[\]-]", nodeid)), "")
            return nodeid.partition("::")[0] + kind

    config.option.loadscopereorder = False  # their order is ours
    return ByFileAndKind(config, log)


@pytest.fixture(scope="session")
def stocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Stock]]:
    """Where databases of a kind can be had. Each server is started once, when the first test needs it."""
    with ExitStack() as until_the_end:

        @cache
        def stock(kind: str) -> Stock:
            databases = until_the_end.enter_context(opened(kind, tmp_path_factory.mktemp("databases")))
            return until_the_end.enter_context(closing(Stock(databases)))

        yield stock


@pytest.fixture(scope="session", params=KINDS)
def stock(request: pytest.FixtureRequest, stocks: Callable[[str], Stock]) -> Stock:
    """Databases of one kind: each test that has one runs on all kinds."""
    return stocks(request.param)


@pytest.fixture(scope="session")
def databases(stock: Stock) -> Databases:
    """Where databases can be made."""
    return stock.databases


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite file, made once, for the tests of whole programs."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    engine = open_engine(f"sqlite:///{path}")
    migrations.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_url(stock: Stock) -> str:
    """An empty migrated database, made once, to be copied."""
    return stock.pattern


@pytest.fixture
def lent(stock: Stock) -> Iterator[Engine]:
    """An empty migrated database that is the test's own while it lasts."""
    with stock.lent() as engine:
        yield engine


@pytest.fixture
def database_url(lent: Engine) -> str:
    """The address of the test's database."""
    return lent.url.render_as_string(hide_password=False)


@pytest.fixture
def engine(lent: Engine) -> Engine:
    """An engine on the test's database. Who listens to it hears nothing of other tests."""
    return lent.execution_options()


@pytest.fixture
def clock() -> Clock:
    """A clock at noon in New York."""
    return Clock(NOON)


@pytest.fixture
def sms() -> RecordingSms:
    """An SMS provider that takes everything."""
    return RecordingSms()


@pytest.fixture
def payments() -> RecordingPayments:
    """A payment provider that charges every card."""
    return RecordingPayments()


@pytest.fixture
def application(engine: Engine, sms: RecordingSms, payments: RecordingPayments, clock: Clock) -> Application:
    """The application with scripted parts."""
    return Application(
        engine,
        TenantPolicy(),
        ZoneInfo("UTC"),
        sms,
        clock=clock,
        payments=payments,
        monotonic=clock.monotonic,
        wait=clock.wait,
    )


@pytest.fixture
def paws(application: Application) -> Salon:
    """A salon in New York; a test that needs another one makes it with `salon(application, subdomain=...)`."""
    return salon(application)
