"""`demo`: simulate a few days on sample data and print what happened."""

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.text import Text
from sqlalchemy import Engine, select

from shared import sample
from shared.application import simulation
from shared.cli.common.showing import line, page
from shared.cli.db import ensure_empty, migrate, plant
from shared.cli.demo.simulated_days import SimulatedClock, SimulatedDays, fresh_file, owners_act
from shared.cli.demo.tables import show
from shared.database.engine import open_engine, reading, shown, writing
from shared.database.tables import tenants
from shared.domain.ids import TenantId
from shared.domain.reasons import Reason
from shared.domain.tally import held_words
from shared.sample import life

START = datetime(2026, 3, 5, 6, tzinfo=UTC)
"""A Thursday. New York's clocks change on the following Sunday, as the demo ends."""
DAYS = 3
FILE = Path("petcare-demo.db")
CLOSED_DESK = ("heelwork", 4)
"""A tenant, and the weekday (4: Friday) on which its staff check nobody in."""


@click.command()
@click.option("--database", metavar="URL", help=f"An empty database to use. Default: {FILE}, recreated.")
def demo(database: str | None) -> None:
    """Run all jobs over three simulated days on sample data; nobody is texted and nobody is charged."""
    logging.disable(logging.WARNING)
    engine = open_engine(database or fresh_file(FILE, "use --database"))
    ensure_empty(engine)  # before anything is changed: the database may hold real data
    migrate(engine)
    filled = plant(engine, START)
    console = page()
    console.print(_introduction(filled))
    with console.status("Running the jobs, some seconds ..."):
        days, story = _simulate(engine)
    show(console, engine, days, story, filled)
    console.line()
    line(console, f"All rows are in {shown(engine.url)}. README.md says how to run the jobs on your own data.")


def _introduction(filled: sample.Sample) -> Text:
    count = {table: len(rows) for table, rows in filled.rows.items()}
    return Text(
        f"{count['tenants']} invented pet-care businesses in as many time zones, {count['owners']} owners, "
        f"{count['pets']} pets, {count['appointments']} appointments, {count['vaccination_records']} vaccinations.\n"
        f"The five jobs run on their schedules from {START:%A %d %B %Y, %H:%M} UTC for {DAYS} days. "
        "Texts go to this screen, not to phones, and no card is charged.\n"
    )


def _simulate(engine: Engine) -> tuple[dict[str, Counter[str]], list[str]]:
    """Run the due jobs hour by hour while owners and staff act; return the counts by day and the other events."""
    clock = SimulatedClock(START)
    simulated = SimulatedDays(simulation(engine, clock), clock)
    closed = _tenant_id(engine, CLOSED_DESK[0])
    days: dict[str, Counter[str]] = {}
    story: dict[str, None] = {}
    for hours in range(DAYS * 24):
        hour = START + timedelta(hours=hours)
        for result in simulated.play(hour, closed=(closed,) if hour.weekday() == CLOSED_DESK[1] else ()):
            days.setdefault(f"{clock():%a %d %b}", Counter()).update(_counts(result))
            story |= dict.fromkeys(_events(result))
        story |= dict.fromkeys(_people_act(engine, clock() + timedelta(minutes=10)))
    return days, list(story)


def _tenant_id(engine: Engine, subdomain: str) -> TenantId:
    with reading(engine) as connection:
        id_: TenantId = connection.execute(select(tenants.c.id).where(tenants.c.subdomain == subdomain)).scalar_one()
        return id_


def _counts(result: dict[str, Any]) -> dict[str, int]:
    delivery = result["delivery"]
    return {
        "runs": 1,
        "sent": sum(delivery["sent"].values()),
        "not sent": sum(n for reason, n in result.get("skipped", {}).items() if reason in set(Reason))
        + result.get("expired", 0),
        "cancelled": sum(delivery.get("cancelled", {}).values()),
        "statuses set": result.get("statuses_updated", 0),
        "no-shows": result.get("total_detected", 0),
        "fees collected": result.get("total_fees_collected", 0),
        "scores up": result.get("total_improved", 0),
    }


def _events(result: dict[str, Any]) -> list[str]:
    """Return a run's errors, held days, corrections and refunds, one line each."""
    events = [f"error: {each['tenant']}: {each['subject']}: {each['reason']}" for each in result["errors"]]
    for held in result.get("held", ()):
        events += [
            f"held: {held['tenant']} on {held['date']}: {held_words(held)}; nobody is charged for them",
            f"      unless an operator runs NoShowDetector --accept-surge {held['tenant']}:{held['date']}",
        ]
    if result.get("corrected"):
        events.append(
            f"{result['now'][:10]}: {result['corrected']} visit(s) corrected by staff: score and count put back"
        )
    if result.get("needs_refund"):
        events.append(f"{result['now'][:10]}: {result['needs_refund']} collected fee(s) need a refund by hand")
    return events


def _people_act(engine: Engine, now: datetime) -> list[str]:
    """Simulate, at some hours, changes by owners and staff that the jobs must notice; return what staff did."""
    owners_act(engine, now)
    with writing(engine) as connection:
        if now.hour == 12 and now.day == START.day:
            life.waive_fee(connection, now)
            life.correct_missed(connection, "pending", now)
            return [f"{now:%Y-%m-%d}: staff waive the fee of one missed visit and correct another"]
        if now.hour == 12 and now.day == START.day + 1 and life.correct_missed(connection, "succeeded", now):
            return [f"{now:%Y-%m-%d}: staff correct a missed visit whose fee was collected"]
    return []
