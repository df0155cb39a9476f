"""The application behind `host --demo`: sample data around now, a past of some days, and simulated providers."""

import logging
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from shared import sample
from shared.application import Application, simulation, utc_now
from shared.cli.common.showing import echo, page, plain
from shared.cli.db import migrate
from shared.cli.demo.simulated_days import SimulatedClock, SimulatedDays, fresh_file, owners_act
from shared.database.engine import open_engine, reading, writing
from shared.domain.fees import FeeStatus
from shared.domain.ids import TenantId
from shared.errors import UsageError
from shared.fees import staff_requests
from shared.fees.listing import ListedFee, listed
from shared.fees.staff_actions import Staff
from shared.gateways.simulated import SimulatedPayments, SimulatedSms
from shared.jobs import JOBS
from shared.runtime import run
from shared.sample.draft import Rows
from shared.stages import collection_for_staff

FILE = Path("petcare-host-demo.db")
LOCK = Path("petcare-host-demo.lock.db")
"""Locked by the demo that uses FILE, for as long as it runs."""
HOURS = 60
"""The past of the demo. Two nights, so that fees of the first day are collected and the closed day is looked at."""
DAYS_AHEAD = 7
DESKS = ("hudson-paws", "heelwork")
"""Tenants whose opening hours lie within a day of UTC. On the second day the staff of one of them check nobody in."""


def application_with_a_past() -> Application:
    """Make the database anew, play its past, and return an application that goes on from now.

    It takes nothing from the settings, so it cannot reach a real provider or database. Raise UsageError if the
    database cannot be made.
    """
    engine = open_engine(fresh_file(FILE, "end what uses it, or start the demo in another folder"))
    migrate(engine)
    until = utc_now()
    start = until.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS)
    filled = sample.build(start, days_ahead=DAYS_AHEAD)
    with writing(engine) as connection:
        sample.insert(connection, filled.rows)
    clock = SimulatedClock(start)
    application = replace(simulation(engine, clock), sms=SimulatedSms(clock), payments=SimulatedPayments())
    with _quiet_log():
        _play(SimulatedDays(application, clock), filled.rows, start, until)
    clock.now = None
    return application


@contextmanager
def alone() -> Iterator[None]:
    """Keep other demos from this folder's FILE. Raise UsageError if one uses it.

    The lock is SQLite's own, on a database without any table: the operating system lets go of it when the process ends,
    however it ends.
    """
    try:
        lock = sqlite3.connect(LOCK, timeout=0, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        why = f"another demo uses {FILE}; end that one, or start this one in another folder"
        raise UsageError(why if "locked" in str(error) else f"{LOCK} cannot be used: {error}") from error
    with closing(lock):
        yield


@contextmanager
def _quiet_log() -> Iterator[None]:
    """Keep the log of the simulated runs, of which the pages tell, from the terminal."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _play(simulated: SimulatedDays, rows: Rows, start: datetime, until: datetime) -> None:
    application, console = simulated.application, page(stderr=True)
    second_day = (start + timedelta(days=1)).date()
    closed = (_closed_desk(rows, second_day),)
    echo(f"demo: the jobs run through the last {HOURS} hours of some invented businesses; some seconds ...", err=True)
    for job in JOBS:
        run(application, job)
    with console.status("") as status:
        for hours in range(HOURS + 1):
            hour = start + timedelta(hours=hours)
            status.update(plain(f"{hour:%A, %H:%M} UTC"))
            list(simulated.play(hour, until, closed if hour.date() == second_day else ()))
            owners_act(application.engine, simulated.clock())
            if hours == HOURS // 2:
                _staff_waive(application)
    _staff_refund(application)


def _closed_desk(rows: Rows, day: date) -> TenantId:
    """Return the one of DESKS with the most visits on a day: enough of them missed that the day is held."""
    visits = Counter(each["tenant_id"] for each in rows["appointments"] if each["scheduled_start"].date() == day)
    desks: list[TenantId] = [each["id"] for each in rows["tenants"] if each["subdomain"] in DESKS]
    return max(desks, key=lambda each: visits[each])


def _staff_waive(application: Application) -> None:
    """Waive the last fee that is not collected yet: the first one's owner has no card, which staff have to settle."""
    for fee in _fees(application, FeeStatus.PENDING)[-1:]:
        staff = Staff("Ann, front desk", "was at the emergency vet with the dog")
        staff_requests.waive(
            application.engine, lambda: collection_for_staff(application), [fee], staff, application.clock()
        )


def _staff_refund(application: Application) -> None:
    """Give back a part of the first collected fee that can spare it."""
    for fee in [fee for fee in _fees(application, FeeStatus.SUCCEEDED) if fee.currency == "USD"][:1]:
        staff = Staff("Ben, manager", "called ahead, but the line was busy")
        staff_requests.refund(collection_for_staff(application), fee.id, "10", staff)


def _fees(application: Application, status: FeeStatus) -> list[ListedFee]:
    with reading(application.engine) as connection:
        return listed(connection, [status])
