"""A copy of what the coming runs read, in a database of its own.

It holds the rows of some tenants that a run before `until` may read: bounded by what is booked, expires or waits around
then, not by the size of the platform. Rows with bad values are bad in the copy, too.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Engine,
    ForeignKeyConstraint,
    MetaData,
    Row,
    Table,
    bindparam,
    select,
    true,
    update,
)

from shared.database import runs as run_history
from shared.database import tables
from shared.database.dialects.lists import among, chunks
from shared.database.engine import open_engine
from shared.database.rows.promises import OF_PLATFORM, is_sound
from shared.domain.ids import TenantId
from shared.domain.records import EventKind, NotificationStatus
from shared.domain.reputation import BEST_SCORE

DAY: Final = timedelta(days=1)
BOOKED_BEFORE: Final = 16 * DAY
"""Attendance is counted, and kept visits are settled, over 14 local days."""
BOOKED_AFTER: Final = 3 * DAY
"""The longest reminder is a day ahead, and evening shifts move one by hours."""
MARKED_BEFORE: Final = 63 * DAY
"""Corrections are looked for over 60 local days."""
SENT_BEFORE: Final = 2 * DAY
_OF_VISITS: Final = (EventKind.COMPLETED, EventKind.ON_TIME, EventKind.LATE_CANCELLATION)
"""The kinds of reputation events of single appointments."""
RUNS_KEPT: Final = 50
"""So many of each job's latest runs, besides its first: enough to find the last complete one."""


def copied(
    source: Connection,
    folder: Path,
    tenant_ids: Sequence[TenantId],
    now: datetime,
    until: datetime,
    *,
    look_back: timedelta,
    expiring_within: timedelta,
    settles_since: datetime | None,
) -> Engine:
    """Return a database in `folder` with what runs for some tenants read between `now` and `until`.

    `look_back`: how old a missed appointment may be; `expiring_within`: the longest threshold of vaccination alerts;
    `settles_since`: from when on visits are settled; None if no run settles any or lets scores recover.
    """
    engine = open_engine(f"sqlite:///{folder / 'forecast.db'}")
    _LOOSE.create_all(engine)
    with engine.begin() as target:
        copy = _Copy(source, target, tenant_ids)
        since = min(now - max(BOOKED_BEFORE, look_back + 2 * DAY), settles_since or now)
        events, fees, booked = copy.missed(now - MARKED_BEFORE)
        booked += copy.visits(since, until + BOOKED_AFTER)
        fees += copy.fees()
        texts = copy.texts(now - SENT_BEFORE)
        shots = copy.shots((now - 3 * DAY).date(), (until + expiring_within + 2 * DAY).date())
        if settles_since:
            copy.settled(booked)
            copy.low_scores()
        copy.what_they_are_about(booked, fees, texts, shots, events)
        copy.runs()
    return engine


def keep_visits(copy: Connection, after: datetime, until: datetime) -> None:
    """Let everybody come to the visits that began after one instant and before another.

    Reminders do not look at arrivals.
    """
    copy.execute(_KEEP, {"after": after, "until": until})


def _loose(table: Table, metadata: MetaData) -> None:
    """Copy a table without what a platform's rows may break: its checks, references and NOT NULLs."""
    loose = table.to_metadata(metadata)
    loose.constraints = {
        each for each in loose.constraints if not isinstance(each, CheckConstraint | ForeignKeyConstraint)
    }
    for column in loose.columns:
        column.nullable = not column.primary_key


_LOOSE = MetaData(naming_convention=tables.metadata.naming_convention)
for _table in tables.metadata.sorted_tables:
    _loose(_table, _LOOSE)

Rows = list[Row[Any]]
_visit = tables.appointments.c
_KEEP = (
    update(tables.appointments)
    .where(_visit.scheduled_start > bindparam("after"), _visit.scheduled_start < bindparam("until"))
    .where(_visit.arrived_at.is_(None))
    .values(arrived_at=_visit.scheduled_start)
)


class _Copy:
    """Copies rows from one database into another, each once."""

    def __init__(self, source: Connection, target: Connection, tenant_ids: Sequence[TenantId]) -> None:
        self._source, self._target, self._tenant_ids = source, target, tenant_ids

    def missed(self, since: datetime) -> tuple[Rows, Rows, Rows]:
        """Copy no-shows since an instant, their fees, and all appointments of those whose they are or will be.

        A merged owner's no-show goes to the owner who has its appointment now.
        Indexes: reputation_events (kind, occurred_at), appointments (owner_id, scheduled_start), and primary keys.
        """
        event, booked = tables.reputation_events.c, tables.appointments.c
        events = self._of_tenants(tables.reputation_events, event.kind == EventKind.NO_SHOW, event.occurred_at > since)
        fees = self._by(tables.payments.c.id, (each.subject_id for each in events))
        theirs = self._by(booked.id, (each.appointment_id for each in fees))
        owner_ids = {each.owner_id for each in (*events, *theirs)}
        return events, fees, theirs + self._by(booked.owner_id, owner_ids, booked.scheduled_start > since)

    def visits(self, since: datetime, until: datetime) -> Rows:
        """Copy what is booked. Index: appointments (tenant_id, scheduled_start)."""
        start = tables.appointments.c.scheduled_start
        return self._of_tenants(tables.appointments, start > since, start <= until)

    def fees(self) -> Rows:
        """Copy the fees that are not settled. Index: payments (status, next_attempt_at)."""
        return self._of_tenants(tables.payments, tables.payments.c.status.in_(("pending", "processing")))

    def texts(self, sent_since: datetime) -> Rows:
        """Copy the texts that wait, and those that left lately. Index: notifications (status, …), (sent_at, …)."""
        text = tables.notifications.c
        waiting = text.status.in_((NotificationStatus.PLANNED, NotificationStatus.SENDING))
        found = self._of_tenants(tables.notifications, waiting)
        return found + self._of_tenants(tables.notifications, text.sent_at > sent_since)

    def shots(self, first: date, last: date) -> Rows:
        """Copy the records that expire. Index: vaccination_records (tenant_id, expiry_date)."""
        return self._of_tenants(
            tables.vaccination_records, tables.vaccination_records.c.expiry_date.between(first, last)
        )

    def settled(self, booked: Rows) -> None:
        """Copy the events of visits, those too that belong to another owner since. Index: the unique key."""
        keys = sorted(f"{kind}:{id_}" for kind in _OF_VISITS for id_ in _ids(booked))
        for some in chunks(keys):
            self._take(tables.reputation_events, among(tables.reputation_events.c.ledger_key, "them"), them=some)

    def low_scores(self) -> None:
        """Copy the owners whose scores may recover, with their events. (Scans owners.)"""
        low = self._of_tenants(tables.owners, tables.owners.c.reputation_score < BEST_SCORE)
        self._by(tables.reputation_events.c.owner_id, _ids(low))

    def what_they_are_about(self, booked: Rows, fees: Rows, texts: Rows, shots: Rows, missed: Rows) -> None:
        """Copy all that belongs to these rows. Indexes: primary keys, and those of references to owners and pets."""
        decided = self._by(tables.decisions.c.notification_id, _ids(texts))
        subjects = {each.subject_id for each in decided}
        booked = booked + self._by(tables.appointments.c.id, subjects)
        fees = fees + self._by(tables.payments.c.id, subjects)
        shots = shots + self._by(tables.vaccination_records.c.id, subjects)
        booked += self._by(tables.appointments.c.id, (each.appointment_id for each in fees))
        linked = self._by(tables.appointment_pets.c.appointment_id, _ids(booked))
        animals = self._by(tables.pets.c.id, {each.pet_id for each in (*linked, *shots)})
        owner_ids = {each.owner_id for each in (*booked, *fees, *texts, *animals, *missed)}
        animals += self._by(tables.pets.c.owner_id, owner_ids)
        shots += self._by(tables.vaccination_records.c.pet_id, _ids(animals))
        self._by(tables.owners.c.id, owner_ids | {each.owner_id for each in animals})
        self._by(tables.services.c.id, {each.service_id for each in booked})
        events = self._by(tables.reputation_events.c.owner_id, owner_ids)
        self._by(tables.consent_events.c.owner_id, owner_ids)
        fees += self._by(tables.payments.c.id, {each.subject_id for each in events})
        self._of_subjects({*_ids(booked), *_ids(fees), *_ids(shots), *(each.subject_id for each in events)})
        for column in (tables.payment_attempts.c.payment_id, tables.fee_actions.c.payment_id):
            self._by(column, _ids(fees))
        self._of_tenants(tables.phone_blocks)
        self._by(tables.tenants.c.id, self._tenant_ids)
        for table in (tables.pauses, tables.breakers, tables.provider_clocks):
            self._take(table, true())

    def _of_subjects(self, subject_ids: Collection[Any]) -> None:
        decided = self._by(tables.decisions.c.subject_id, subject_ids)
        self._by(tables.notifications.c.id, {each.notification_id for each in decided})

    def runs(self) -> None:
        """Copy each job's first run and its latest ones, without their results. Index: runs (task, started_at)."""
        run = tables.runs.c
        for task in self._source.execute(select(run.task).distinct()).scalars().all():
            done = select(tables.runs).where(run.task == task, run.tenants.is_(None))
            first = done.where(run.status.in_(run_history.DONE)).order_by(run.started_at).limit(1)
            for query in (first, done.order_by(run.started_at.desc()).limit(RUNS_KEPT)):
                self._write(tables.runs, self._source.execute(query).all())

    def _of_tenants(self, table: Table, *conditions: ColumnElement[bool]) -> Rows:
        found: Rows = []
        for some in chunks(self._tenant_ids):
            found += self._take(table, *conditions, among(table.c.tenant_id, "them"), them=some)
        return found

    def _by(self, column: Column[Any], ids: Iterable[Any], *conditions: ColumnElement[bool]) -> Rows:
        found: Rows = []
        for some in chunks(sorted({each for each in ids if isinstance(each, UUID)})):
            found += self._take(column.table, *conditions, among(column, "them"), them=some)
        return found

    def _take(self, table: Table, *conditions: ColumnElement[bool], **given: Any) -> Rows:
        found = list(self._source.execute(select(table).where(*conditions), given).all())
        self._write(table, found)
        return found

    def _write(self, table: Table, rows: Sequence[Row[Any]]) -> None:
        """Write rows unless they are there. Straight to the driver: a bad value must arrive, as a bad value."""
        if rows:
            names = ", ".join(f'"{each.name}"' for each in table.columns)
            marks = ", ".join("?" for _ in table.columns)
            statement = f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608  of our own names
            writers = [_writer(each, self._target) for each in table.columns]
            written = [tuple(write(value) for write, value in zip(writers, row, strict=True)) for row in rows]
            self._target.exec_driver_sql(statement, written)


def _ids(rows: Iterable[Row[Any]]) -> set[Any]:
    return {each.id for each in rows}


def _writer(column: Column[Any], target: Connection) -> Any:
    """Return the function that turns a column's value into what SQLite stores: a bad one into another bad one."""
    process: Any = column.type.dialect_impl(target.dialect).bind_processor(target.dialect) or (lambda value: value)

    def write(value: Any) -> Any:
        is_bad = value is not None and column.table in OF_PLATFORM and not is_sound(column, value)
        return "nonsense" if is_bad else None if value is None else process(value)

    return write
