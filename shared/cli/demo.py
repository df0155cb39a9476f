"""`demo`: a few simulated days on sample data, and what they show."""

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection, Engine, select, update

from shared import sample
from shared.cli.db import ensure_empty, migrate, plant
from shared.cli.showing import line, page, plain
from shared.database import reports
from shared.database.engine import open_engine, reading, shown, writing
from shared.database.tables import appointments, owners
from shared.reasons import SENTENCES, Reason
from shared.records import AppointmentStatus, Kind, mask_phone
from shared.runtime import UsageError, run, simulation

START = datetime(2026, 3, 5, 12, tzinfo=UTC)
"""A Thursday: the clocks of New York change on the following Sunday, while the demo runs."""
DAYS = 3
FILE = Path("petcare-demo.db")
SCHEDULE = (("AppointmentReminders24h", timedelta()), ("AppointmentReminders2h", timedelta(minutes=30)))
SHOWN_TEXTS = 10
MOVED_BY = timedelta(hours=1)


@click.command()
@click.option("--database", metavar="URL", help=f"An empty database to use. Default: {FILE}, made anew.")
def demo(database: str | None) -> None:
    """Run the jobs over three simulated days on sample data; nobody is texted."""
    logging.disable(logging.WARNING)
    engine = open_engine(database or _fresh_file())
    ensure_empty(engine)  # before anything is changed: the database may be somebody's own
    migrate(engine)
    filled = plant(engine, START)
    console = page()
    console.print(_introduction(filled))
    with console.status("Running the jobs, some seconds ..."):
        days, problems = _simulate(engine)
    _show(console, engine, days, problems, filled)
    console.line()
    line(console, f"All of it is in {shown(engine.url)}. README.md says how to run the jobs on your own data.")


def _fresh_file() -> str:
    try:
        for path in (FILE, Path(f"{FILE}-wal"), Path(f"{FILE}-shm")):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{FILE} cannot be made anew ({error.strerror}); use --database") from error
    return f"sqlite:///{FILE}"


def _introduction(filled: sample.Sample) -> Text:
    count = {table: len(rows) for table, rows in filled.rows.items()}
    return Text(
        f"{count['tenants']} invented pet-care businesses in as many time zones, {count['owners']} owners, "
        f"{count['pets']} pets, {count['appointments']} appointments.\n"
        f"The reminder jobs run every hour from {START:%A %d %B %Y, %H:%M} UTC for {DAYS} days. "
        "Messages go to this screen, to nobody's phone.\n"
    )


# Simulating


def _simulate(engine: Engine) -> tuple[dict[str, Counter[str]], list[str]]:
    """Run the schedule hour by hour; return counts by day and the errors seen, each once."""
    now = [START]
    application = simulation(engine, lambda: now[0])
    days: dict[str, Counter[str]] = {}
    problems: dict[str, None] = {}
    for hour in range(DAYS * 24):
        for job, offset in SCHEDULE:
            now[0] = START + timedelta(hours=hour) + offset
            result = run(application, job)
            days.setdefault(f"{now[0]:%a %d %b}", Counter()).update(_counts(result))
            problems |= dict.fromkeys(
                f"{each['tenant']}: {each['subject']}: {each['reason']}" for each in result["errors"]
            )
        if hour % 24 == 3:  # some reminders wait: it is a quarter of an hour before opening time in Los Angeles
            _disturb(engine, now[0] + timedelta(minutes=10))
    return days, list(problems)


def _counts(result: dict[str, Any]) -> dict[str, int]:
    delivery = result["delivery"]
    return {
        "runs": 1,
        "decided to send": result["reminders_planned"],
        "sent": sum(delivery["sent"].values()),
        "skipped": sum(result["skipped"].values()),
        "cancelled": sum(delivery.get("cancelled", {}).values()),
        "too late": result["expired"],
    }


def _disturb(engine: Engine, now: datetime) -> None:
    """While reminders wait for the morning: one appointment is cancelled, one is moved, one owner opts out."""
    with writing(engine) as connection:
        waiting = reports.appointments_waiting(connection, limit=4)
        if len(waiting) == 4:
            _cancel(connection, waiting[0], now)
            _move(connection, waiting[1], now)
            _opt_out(connection, waiting[2], now)


def _cancel(connection: Connection, appointment_id: UUID, now: datetime) -> None:
    connection.execute(
        update(appointments)
        .where(appointments.c.id == appointment_id)
        .values(status=AppointmentStatus.CANCELLED, cancelled_at=now, cancelled_by="owner")
    )


def _move(connection: Connection, appointment_id: UUID, now: datetime) -> None:
    its = appointments.c.id == appointment_id
    start, end = connection.execute(
        select(appointments.c.scheduled_start, appointments.c.scheduled_end).where(its)
    ).one()
    moved = {"scheduled_start": start + MOVED_BY, "scheduled_end": end + MOVED_BY, "updated_at": now}
    connection.execute(update(appointments).where(its).values(moved))


def _opt_out(connection: Connection, appointment_id: UUID, now: datetime) -> None:
    its_owner = select(appointments.c.owner_id).where(appointments.c.id == appointment_id).scalar_subquery()
    connection.execute(update(owners).where(owners.c.id == its_owner).values(sms_opted_in=False, updated_at=now))


# Showing


def _show(
    console: Console, engine: Engine, days: dict[str, Counter[str]], problems: list[str], filled: sample.Sample
) -> None:
    with reading(engine) as connection:
        texts = reports.sent_texts(connection)
        reasons = reports.reasons_not_sent(connection)
        told = reports.decisions_about(connection, [id_ for _, id_ in filled.cases])
    for table in (_days_table(days), _texts_table(texts), _reasons_table(reasons), _cases_table(filled, told)):
        console.print(table)
        console.line()
    line(console, "Named in every run, and in nobody's way:", "bold")
    for problem in problems:
        line(console, f"  {problem}")


def _days_table(days: dict[str, Counter[str]]) -> Table:
    columns = list(next(iter(days.values())))
    table = Table("day (UTC)", *columns, title="What the runs did", title_justify="left")
    for day, counts in days.items():
        table.add_row(day, *(str(counts[column]) for column in columns))
    return table


def _texts_table(texts: list[reports.SentText]) -> Table:
    title = f"{SHOWN_TEXTS} of {len(texts)} messages"
    table = Table("sent (local time)", "to", "text", title=title, title_justify="left")
    step = max(1, len(texts) // SHOWN_TEXTS)
    for each in texts[::step][:SHOWN_TEXTS]:
        table.add_row(f"{each.sent_at:%a %d %b %H:%M}", mask_phone(each.to_phone), plain(each.body))
    return table


def _reasons_table(reasons: dict[str, int]) -> Table:
    table = Table("reminders", "reason", "meaning", title="Not sent, and why", title_justify="left")
    for reason, count in reasons.items():
        table.add_row(str(count), reason, SENTENCES[Reason(reason)])
    return table


def _cases_table(filled: sample.Sample, told: list[reports.Told]) -> Table:
    table = Table("case", "24 hours before", "2 hours before", title="The odd cases", title_justify="left")
    decided: dict[tuple[UUID, Kind], str] = {
        (each.subject_id, each.kind): "sent" if each.reason is None else f"{each.outcome}: {each.reason}"
        for each in told
    }
    for label, id_ in filled.cases:
        if not any((id_, kind) in decided for kind in Kind):
            continue  # nothing of it was due in these days
        outcomes = [decided.get((id_, kind), "-") for kind in (Kind.REMINDER_24H, Kind.REMINDER_2H)]
        table.add_row(plain(label), *outcomes)
    return table
