"""Visits, and what they do to the scores of their owners."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.application import Application
from shared.database import reputation, tables
from shared.database.engine import writing
from shared.domain.records import EventKind, visit_id
from shared.domain.reputation import NewEvent
from shared.platform import writes
from shared.stages import Stage
from tests import rows
from tests.stages import do

DAY = timedelta(days=1)
SUNDAY = datetime.fromisoformat("2026-03-08T00:00Z")
MONDAY = datetime.fromisoformat("2026-03-02T15:00Z")
JOB = "ReputationUpdater"


def new_owner(application: Application, tenant: UUID, score: int = 100, **columns: Any) -> UUID:
    ordinary = {"reputation_score": score, "last_reputation_update": SUNDAY - DAY}
    with application.engine.begin() as connection:
        return rows.owner(connection, tenant, **ordinary | columns)


def visit(
    application: Application, tenant: UUID, owner: UUID, starts_at: datetime, status: str, **columns: Any
) -> UUID:
    with application.engine.begin() as connection:
        return rows.appointment(connection, tenant, starts_at, owner_id=owner, status=status, **columns)


def cancelled(application: Application, tenant: UUID, owner: UUID, hours: float, by: str | None = "owner") -> UUID:
    """An appointment on Monday, cancelled so many hours before it."""
    at = MONDAY - timedelta(hours=hours)
    return visit(application, tenant, owner, MONDAY, "cancelled", cancelled_at=at, cancelled_by=by)


def score_of(application: Application, owner: UUID) -> int:
    (found,) = (each for each in rows.all_of(application.engine, tables.owners) if each.id == owner)
    return int(found.reputation_score)


def events(application: Application) -> list[tuple[str, int]]:
    """Kind and points of every event but the openings, in order of time."""
    found = sorted(
        rows.all_of(application.engine, tables.reputation_events), key=lambda each: (each.occurred_at, each.kind)
    )
    return [(each.kind, each.points) for each in found if each.kind != "opening"]


def detect(application: Application, tenant: UUID, owner: UUID, starts_at: datetime) -> NewEvent:
    """Write the event of a missed visit, as detection does."""
    visit = visit_id(tenant, owner, starts_at.date())
    missed = NewEvent(tenant, owner, EventKind.NO_SHOW, -20, visit, starts_at)
    with writing(application.engine) as connection:
        reputation.add_events(connection, [missed], starts_at)
        writes.rescore(connection, [owner], starts_at)
    return missed


def settle(application: Application) -> dict[str, Any]:
    """Do the job's own work; no run is noted."""
    return do(application, JOB, Stage.PLAN)


def everything(application: Application, tenant: UUID) -> list[UUID]:
    """One owner of each fate."""
    kept, late, missed, recovering = (new_owner(application, tenant, 60) for _ in range(4))
    visit(application, tenant, kept, MONDAY, "completed", arrived_at=MONDAY)
    cancelled(application, tenant, late, 2)
    for hours in (0, 2):
        visit(application, tenant, missed, MONDAY + timedelta(hours=hours), "no_show")
    rows.change(application.engine, tables.owners, recovering, last_reputation_update=SUNDAY - 90 * DAY)
    return [kept, late, missed, recovering]


def state(application: Application) -> list[Any]:
    return [rows.all_of(application.engine, table) for table in (tables.owners, tables.reputation_events)]
