"""What runs did, read from the rows before and after them, without the code that reads it for a forecast."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, RowMapping, Table, select

from shared.database.tables import decisions, notifications, owners, payments, reputation_events, tenants
from shared.domain.reasons import Reason
from shared.operations.forecast import Event, Step

READ: Final = (decisions, notifications, payments, reputation_events, owners)
COLLECTED: Final = {"succeeded": Step.CHARGED, "failed": Step.NOT_CHARGED, "requires_action": Step.NOT_CHARGED}
CLOSED: Final = dict.fromkeys(("cancelled", "needs_refund"), Step.CLOSED)

Rows = Mapping[Any, RowMapping]
Change = tuple[RowMapping | None, RowMapping]
"""A row before, None if it is new, and after."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows of the tables that runs write to, by table and primary key."""

    rows: Mapping[Table, Rows]

    @classmethod
    def of(cls, engine: Engine) -> "Snapshot":
        with engine.connect() as connection:
            return cls({each: _by_key(each, connection.execute(select(each)).mappings().all()) for each in READ})


def _by_key(table: Table, rows: Sequence[RowMapping]) -> Rows:
    (key,) = table.primary_key.columns
    return {row[key.name]: row for row in rows}


def deeds(before: Snapshot, after: Snapshot, at: datetime) -> Iterator[Event]:
    """Yield what happened between two snapshots, as a forecast would put it, all of it at one instant."""
    new = {table: list(_changed(before.rows[table], after.rows[table])) for table in READ}
    for old, row in new[decisions]:
        yield from _decided(old, row, at)
    yield from _texts(new[notifications], after, at)
    for old, row in new[payments]:
        yield from _paid(old, row, at)
    for old, row in new[reputation_events]:
        if old is None and row["kind"] != "opening":
            score = after.rows[owners][row["owner_id"]]["reputation_score"]
            more = {"amount": row["points"], "score": score}
            yield _event(Step.SCORE, row, at, row["kind"], row["owner_id"], row["subject_id"], **more)


def _texts(new: Sequence[Change], after: Snapshot, at: datetime) -> Iterator[Event]:
    subjects = defaultdict(list)
    for row in after.rows[decisions].values():
        subjects[row["notification_id"]].append(row["subject_id"])
    for old, row in new:
        if row["sent_at"] and not (old and old["sent_at"]):
            more = {"phone": row["to_phone"], "body": row["body"], "segments": row["segments"]}
            yield _event(Step.TEXT, row, at, row["kind"], *subjects[row["id"]], **more)
        elif row["status"] in ("failed", "dead") and not (old and old["status"] == row["status"]):
            more = {"phone": row["to_phone"], "reason": row["reason"]}
            yield _event(Step.NO_TEXT, row, at, row["kind"], *subjects[row["id"]], **more)


def _changed(before: Rows, after: Rows) -> Iterator[Change]:
    for key, row in after.items():
        if (old := before.get(key)) != row:
            yield old, row


def _decided(old: RowMapping | None, row: RowMapping, at: datetime) -> Iterator[Event]:
    if old and (old["outcome"], old["reason"]) == (row["outcome"], row["reason"]):
        return
    is_missed, is_to_notify = row["kind"] == "no_show", row["outcome"] == "notify"
    if is_missed or not is_to_notify:
        step = (Step.MISSED if is_to_notify else Step.NOT_MISSED) if is_missed else Step.NO_TEXT
        yield _event(step, row, at, row["kind"], row["subject_id"], reason=row["reason"])


def _paid(old: RowMapping | None, row: RowMapping, at: datetime) -> Iterator[Event]:
    its = {"amount": row["amount"], "currency": row["currency"], "reason": row["failure_code"], "status": row["status"]}
    if old is None:
        yield _event(Step.FEE, row, at, "fee", row["id"], until=row["due_at"], **its)
    steps = COLLECTED if old is None else COLLECTED | CLOSED
    if row["status"] in steps and not (old and old["status"] == row["status"]):
        step = steps[row["status"]]
        if step is Step.CLOSED and row["failure_code"] != "superseded":
            its["reason"] = "no_show_corrected"
        yield _event(step, row, at, "fee", row["id"], **its)


def _event(step: Step, row: RowMapping, at: datetime, kind: str, *subjects: UUID, **more: Any) -> Event:
    return Event(step, at, "", row["tenant_id"], kind, subjects, **more)


def held(engine: Engine, days: Sequence[Mapping[str, Any]], at: datetime) -> Iterator[Event]:
    """Yield the days that a run held back, by its result."""
    with engine.connect() as connection:
        ids = dict(connection.execute(select(tenants.c.subdomain, tenants.c.id)).all())
    for day in days:
        reason = Reason(day.get("reason") or "surge")
        yield Event(Step.HELD, at, "", ids[day["tenant"]], "no_show", (), body=day["date"], reason=reason)


def counted(events: Iterable[Event]) -> Counter[Event]:
    """Count events alike: of runs at one instant it does not matter which job did what, nor in which order.

    A forecast tells its runs apart by microseconds, which nobody is shown.
    """
    return Counter(
        replace(
            each,
            at=each.at.replace(microsecond=0),
            until=each.until and each.until.replace(microsecond=0),
            job="",
            subject_ids=tuple(sorted(each.subject_ids)),
        )
        for each in events
    )
