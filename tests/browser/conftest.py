"""A real browser, and pages on which every sight is to be had."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from sqlalchemy import text

from shared import sample
from shared.application import simulation
from shared.database import tables
from shared.database.engine import open_engine
from shared.runtime import run
from shared.schedulers.local import LocalHost
from shared.schedules.function_json import read_schedules
from tests import rows
from tests.doubles import Clock
from tests.rows import NOON
from tests.salon import Salon, salon
from tests.schedulers.site import Site, site_of

EVIL = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars"
).split()


def missing(what: str) -> None:
    """Skip what cannot be had here, or fail where it has to be."""
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(f"not run: {what}")
    pytest.skip(f"NOT CHECKED: {what}")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Debian's chromium."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver):
        missing("the pages in a real browser (no chromium and chromedriver: apt-get install chromium chromium-driver)")
    options = ChromeOptions()
    options.binary_location = str(program)
    for flag in [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options, ChromeService(driver))
    browser.set_script_timeout(600)  # seconds: on a busy machine axe has taken more than the 30 that are the default
    yield browser
    browser.quit()


@contextmanager
def opened(host: LocalHost, key: str | None = None) -> Iterator[Site]:
    """Serve a host that runs what it is asked for, and nothing by itself."""
    host.start_idle()
    with site_of(host, key) as site:
        yield site
    host.stop()
    host.application.engine.dispose()


@pytest.fixture(scope="module")
def site(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages of a host whose jobs ran on the sample; one business and one text have names that mean harm."""
    path = shutil.copy(migrated_file, tmp_path_factory.mktemp("page") / "petcare.db")
    engine, clock = open_engine(f"sqlite:///{path}"), Clock(NOON.replace(hour=6))
    application = simulation(engine, clock)
    with engine.begin() as connection:
        sample.insert(connection, sample.build(clock.now).rows)
    for minutes, job in ((0, "VaccinationMonitor"), (30, "NoShowDetector"), (660, "AppointmentReminders24h")):
        clock.now = NOON.replace(hour=6) + timedelta(minutes=minutes)
        run(application, job)
    clock.pass_(minutes=2, seconds=11)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE tenants SET business_name = :evil WHERE subdomain = 'himal-pets'"), {"evil": EVIL}
        )
        texts, fees = tables.notifications, tables.payments
        (evil, dead, failed) = connection.execute(texts.select().where(texts.c.status == "sent").limit(3)).scalars()
        newest = {"body": EVIL + texts.c.body, "not_before": clock.now, "sent_at": clock.now}
        connection.execute(texts.update().where(texts.c.id == evil).values(newest))
        unsent = {"provider_message_id": None, "sent_at": None, "useful_until": clock.now + timedelta(hours=5)}
        given_up = {"status": "dead", "reason": "attempts_exhausted", "error_code": "20429", "attempts": 5}
        refused = {"status": "failed", "reason": "rejected", "error_code": "30005"}
        connection.execute(texts.update().where(texts.c.id == dead).values(given_up | unsent))
        connection.execute(texts.update().where(texts.c.id == failed).values(refused | unsent))
        for status in ("failed", "needs_refund"):
            one = connection.execute(fees.select().where(fees.c.status == "pending").limit(1)).scalars().one()
            connection.execute(fees.update().where(fees.c.id == one).values(status=status, next_attempt_at=None))
    with opened(LocalHost(application, read_schedules())) as site:
        yield site


@dataclass(frozen=True, slots=True)
class World:
    """A salon with something to do on each page, and its site."""

    site: Site
    paws: Salon
    clock: Clock
    dead: UUID


@pytest.fixture
def world(migrated_file: Path, tmp_path: Path) -> Iterator[World]:
    """A reminder that is due, a dead text, a fee that failed, and a day that is held."""
    clock = Clock(NOON)
    application = simulation(open_engine(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'petcare.db')}"), clock)
    paws = salon(application)
    paws.add_due_fee(clock)
    rows.change(paws.engine, tables.payments, paws.fee().id, status="failed", failure_code="no_payment_method")
    for _ in range(3):
        paws.add_missed(clock() - timedelta(hours=3))
    assert paws.run()["held"]
    paws.add_missed(clock() + timedelta(hours=24))
    dead = {"status": "dead", "reason": "attempts_exhausted", "error_code": "20429", "to_phone": "+12125550143"}
    its = {"kind": "reminder_24h", "priority": 1, "run_id": uuid4(), "body": "Bella comes tomorrow", "attempts": 5}
    times = {"not_before": clock(), "useful_until": clock() + timedelta(hours=9)}
    with paws.engine.begin() as connection:
        owner = rows.owner(connection, paws.tenant_id)
        columns = {"tenant_id": paws.tenant_id, "owner_id": owner} | its | dead | times
        id_ = rows.insert(connection, tables.notifications, **columns)
    clock.pass_(minutes=1)
    with opened(LocalHost(application, read_schedules())) as site:
        yield World(site, paws, clock, id_)
