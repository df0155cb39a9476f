"""One simulated day of the sample's businesses: what happens at its desks, when the timers go off, and what is left."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, Table

from shared import sample
from shared.application import simulation
from shared.database import tables
from shared.database.engine import open_engine, writing
from shared.operations import reports
from shared.runtime import run
from shared.sample import life
from tests import rows

START = datetime(2025, 3, 9, tzinfo=UTC)
"""A Sunday: all five jobs run. New York's clocks are set forward on it."""
BEFORE = timedelta(hours=17, minutes=30)
"""How long before the day the no-shows were looked for the last time: when the schedule says."""
HOURS = [START + timedelta(hours=hour) for hour in range(24)]

OF_THE_RUN = "id notification_id run_id provider_message_id claimed_by host duration_seconds".split()
"""Columns, and keys of a result, that are drawn anew in each run."""
OWN_IDS = {"owners", "appointments", "pets", "vaccination_records", "payments"}
"""Tables whose ids are the platform's, or follow from what the row is about."""
COMPARED = (
    tables.decisions,
    tables.notifications,
    tables.payments,
    tables.payment_attempts,
    tables.reputation_events,
    tables.owners,
    tables.appointments,
    tables.pets,
    tables.vaccination_records,
    tables.phone_blocks,
    tables.runs,
)


@dataclass(frozen=True, slots=True)
class Firing:
    """A timer that goes off."""

    at: datetime
    job: str


def firings(hour: datetime) -> Iterator[Firing]:
    """Yield which timers go off in an hour of the day, in order: what README.md says of the schedules, in UTC."""
    if hour.hour == 0 and hour.isoweekday() == 7:
        yield Firing(hour, "ReputationUpdater")
    if hour.hour == 6:
        yield Firing(hour, "VaccinationMonitor")
    yield Firing(hour, "AppointmentReminders24h")
    if hour.hour == 6:
        yield Firing(hour + timedelta(minutes=30), "NoShowDetector")
    yield Firing(hour + timedelta(minutes=30), "AppointmentReminders2h")


def plant(engine: Engine) -> None:
    """Fill a migrated database with the businesses on the morning before, their no-shows found: the fees come due on
    the day.
    """
    with writing(engine) as connection:
        sample.insert(connection, sample.build(START - BEFORE).rows)
    run(simulation(engine, lambda: START - BEFORE), "NoShowDetector")


def live(engine: Engine, hour: datetime) -> None:
    """Let owners and staff do what they did by the beginning of an hour. It is the same whoever runs the jobs."""
    with writing(engine) as connection:
        since = hour - (timedelta(hours=1) if hour > START else BEFORE)
        life.keep_visits(connection, since, hour, Random(hour.hour))
        waiting = reports.appointments_waiting(connection, limit=3) if hour.hour == 13 else []
        for change, appointment_id in zip((life.cancel, life.move, life.opt_out), waiting, strict=False):
            change(connection, appointment_id, hour)
        if hour.hour == 12:
            life.waive_fee(connection, hour)


def left(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row that the day left, without what is drawn anew in each run."""
    engine = open_engine(f"sqlite:///{path}")
    found = {table.name: sorted(_row(table, row) for row in rows.all_of(engine, table)) for table in COMPARED}
    engine.dispose()
    return found


def _row(table: Table, row: Any) -> tuple[str, ...]:
    names = [name for name in row._fields if name not in OF_THE_RUN or (name == "id" and table.name in OWN_IDS)]
    return tuple(f"{name}={_value(getattr(row, name))}" for name in names)


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: value[key] for key in sorted(value) if key not in OF_THE_RUN}
    return value


def spend(engine: Engine, do: Callable[[Firing], None]) -> None:
    """Let the day pass, with somebody who does what the timers want."""
    for hour in HOURS:
        live(engine, hour)
        for firing in firings(hour):
            do(firing)
