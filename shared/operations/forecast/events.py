"""What one run did to the copy: texts, decisions not to text, missed visits, charges and scores."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Select, or_, select

from shared.database.dialects.lists import among, chunks
from shared.database.tables import (
    appointment_pets,
    appointments,
    decisions,
    notifications,
    owners,
    payments,
    pets,
    reputation_events,
    tenants,
    vaccination_records,
)
from shared.domain.fees import GIVEN_UP, FeeCode, FeeStatus
from shared.domain.ids import FeeId, RunId, TenantId
from shared.domain.reasons import Reason
from shared.domain.records import EventKind, Kind, NotificationStatus, Outcome


class Step(StrEnum):
    """What a run does. `HELD`: it marks nothing on a day, `body`, until somebody accepts it.

    `CLOSED`: a fee is not owed any more.
    """

    TEXT = "text"
    NO_TEXT = "no_text"
    MISSED = "missed"
    NOT_MISSED = "not_missed"
    FEE = "fee"
    CHARGED = "charged"
    NOT_CHARGED = "not_charged"
    CLOSED = "closed"
    SCORE = "score"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a run of `job` does at the instant `at`. `kind`: of the text, decision or score.

    `subject_ids`: appointments, vaccination records or visits (a visit has its fee's id), and for a score the owner.
    `phone`: unmasked. `reason`: a code, why not. `amount`: minor units of `currency` for a charge, points for a score;
    `score`: the one after it; `status`: the fee's after it; `until`: how long a fee is held before it is charged.
    """

    step: Step
    at: datetime
    job: str
    tenant_id: TenantId
    kind: str
    subject_ids: tuple[UUID, ...]
    phone: str | None = None
    body: str | None = None
    segments: int | None = None
    reason: str | None = None
    amount: int | None = None
    currency: str | None = None
    score: int | None = None
    status: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a subject is about. `pets`: the names of its pets, those with one."""

    owner_id: UUID
    owner: str | None
    phone: str | None
    pets: tuple[str, ...] = ()


def events_of(
    connection: Connection, run_id: RunId, job: str, at: datetime, fees_before: Mapping[FeeId, str]
) -> list[Event]:
    """Return what a run about the instant `at` did. Of a database with one run at each instant and job.

    `fees_before`: the status of each fee before it.
    """
    return [
        *_decided(connection, run_id, job, at),
        *_sent(connection, job, at),
        *_failed(connection, job, at),
        *_charged(connection, job, at, fees_before),
        *_scored(connection, job, at),
    ]


def _decided(connection: Connection, run_id: RunId, job: str, at: datetime) -> Iterator[Event]:
    """Yield the decisions that the run took, and those that it cancelled at the claim."""
    is_its = or_(decisions.c.run_id == run_id, decisions.c.decided_at == at)
    for row in connection.execute(select(decisions).where(is_its).order_by(decisions.c.ledger_key)):
        step = _DECIDED.get((row.kind == Kind.NO_SHOW, row.outcome == Outcome.NOTIFY))
        if step:
            yield Event(step, at, job, row.tenant_id, row.kind, (row.subject_id,), reason=row.reason)


_DECIDED: Final = {(True, True): Step.MISSED, (True, False): Step.NOT_MISSED, (False, False): Step.NO_TEXT}
"""By whether a decision is about a missed visit, and whether it is to notify. A text is an event when it leaves."""


def _sent(connection: Connection, job: str, at: datetime) -> Iterator[Event]:
    left = (NotificationStatus.SENT, NotificationStatus.DELIVERED)
    query = select(notifications).where(notifications.c.sent_at == at, notifications.c.status.in_(left))
    rows = connection.execute(query.order_by(notifications.c.id)).all()
    about = texts_subjects(connection, [row.id for row in rows])
    for row in rows:
        more = {"phone": row.to_phone, "body": row.body, "segments": row.segments}
        yield Event(Step.TEXT, at, job, row.tenant_id, row.kind, tuple(about.get(row.id, ())), **more)


def _failed(connection: Connection, job: str, at: datetime) -> Iterator[Event]:
    """Yield the texts that were given up: their decisions stay as they are."""
    given_up = (NotificationStatus.FAILED, NotificationStatus.DEAD)
    query = select(notifications).where(notifications.c.updated_at == at, notifications.c.status.in_(given_up))
    rows = connection.execute(query.order_by(notifications.c.id)).all()
    about = texts_subjects(connection, [row.id for row in rows])
    for row in rows:
        more = {"phone": row.to_phone, "reason": row.reason}
        yield Event(Step.NO_TEXT, at, job, row.tenant_id, row.kind, tuple(about.get(row.id, ())), **more)


def fee_statuses(connection: Connection) -> dict[FeeId, str]:
    """Return the status of every fee. (A scan: of a copy.)"""
    query = select(payments.c.id, payments.c.status).where(payments.c.type == "no_show_fee")
    return {row.id: row.status for row in connection.execute(query)}


def _charged(connection: Connection, job: str, at: datetime, before: Mapping[FeeId, str]) -> Iterator[Event]:
    """Yield the fees that the run wrote, charged, gave up or closed: not what it only passed on to another owner."""
    changed = or_(payments.c.updated_at == at, payments.c.created_at == at)
    query = select(payments).where(payments.c.type == "no_show_fee", changed).order_by(payments.c.id)
    for row in connection.execute(query):
        for step in _steps_of_fee(row, at, before.get(row.id)):
            more = {"amount": row.amount, "currency": row.currency, "reason": _reason_of_fee(step, row.failure_code)}
            until = row.due_at if step is Step.FEE else None
            yield Event(step, at, job, row.tenant_id, "fee", (row.id,), status=row.status, until=until, **more)


def _steps_of_fee(row: Any, at: datetime, before: str | None) -> Iterator[Step]:
    if row.created_at == at:
        yield Step.FEE
    if row.succeeded_at == at:
        yield Step.CHARGED
    if row.status in GIVEN_UP and row.status != before:
        yield Step.NOT_CHARGED
    if row.status in _CLOSED and before not in (None, row.status):
        yield Step.CLOSED


def _reason_of_fee(step: Step, code: str | None) -> str | None:
    """Return why a fee is as it is. A closed one may still have the code of an earlier attempt."""
    if step is Step.CLOSED and code != FeeCode.SUPERSEDED:
        return Reason.NO_SHOW_CORRECTED
    return code


_CLOSED: Final = (FeeStatus.CANCELLED, FeeStatus.NEEDS_REFUND)


def _scored(connection: Connection, job: str, at: datetime) -> Iterator[Event]:
    event = reputation_events.c
    query = (
        select(reputation_events, owners.c.reputation_score)
        .join(owners, owners.c.id == event.owner_id)
        .where(event.created_at == at, event.kind != EventKind.OPENING)
    )
    for row in connection.execute(query.order_by(event.id)):
        more = {"amount": row.points, "score": row.reputation_score}
        yield Event(Step.SCORE, at, job, row.tenant_id, row.kind, (row.owner_id, row.subject_id), **more)


def held_days(connection: Connection, held: Sequence[Mapping[str, Any]], job: str, at: datetime) -> Iterator[Event]:
    """Yield the days that a run holds back. `held`: from its result."""
    ids = {row.subdomain: row.id for row in connection.execute(select(tenants.c.subdomain, tenants.c.id))}
    for each in held:
        reason = Reason.ATTENDANCE_NOT_RECORDED if "recorded" in each else Reason.SURGE
        yield Event(Step.HELD, at, job, ids[each["tenant"]], Kind.NO_SHOW, (), body=each["date"], reason=reason)


# Whom they are about


def texts_subjects(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Return what texts are about, by the text's id. Index: decisions (notification_id)."""
    about: dict[UUID, list[UUID]] = defaultdict(list)
    for id_, subject_id in _for(connection, _MEMBERS, ids):
        about[id_].append(subject_id)
    return dict(about)


def subjects_of(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Subject]:
    """Return whom appointments, vaccination records, visits and owners are about, by id. Indexes: primary keys."""
    animals: dict[UUID, dict[str, None]] = defaultdict(dict)
    for query in _PETS:
        for id_, name in _for(connection, query, ids):
            if name:
                animals[id_][name] = None
    return {
        id_: Subject(owner_id, owner, phone, tuple(animals[id_]))
        for query in _OWNERS
        for id_, owner_id, owner, phone in _for(connection, query, ids)
    }


def _for(connection: Connection, query: Select[Any], ids: Sequence[UUID]) -> Iterator[Any]:
    for some in chunks(ids):
        yield from connection.execute(query, {"them": some}).all()


_MEMBERS: Final = (
    select(decisions.c.notification_id, decisions.c.subject_id)
    .where(among(decisions.c.notification_id, "them"))
    .order_by(decisions.c.ledger_key)
)
_NAMES = (owners.c.id.label("owner_id"), owners.c.first_name, owners.c.phone)
_OWNERS: Final[tuple[Select[Any], ...]] = (
    select(owners.c.id, *_NAMES).where(among(owners.c.id, "them")),
    *(
        select(each.c.id, *_NAMES).join(owners, owners.c.id == each.c.owner_id).where(among(each.c.id, "them"))
        for each in (appointments, payments)
    ),
    select(vaccination_records.c.id, *_NAMES)
    .select_from(vaccination_records.join(pets).join(owners, owners.c.id == pets.c.owner_id))
    .where(among(vaccination_records.c.id, "them")),
    select(reputation_events.c.subject_id, *_NAMES)
    .join(owners, owners.c.id == reputation_events.c.owner_id)
    .where(among(reputation_events.c.subject_id, "them")),
)
_PETS: Final[tuple[Select[Any], ...]] = (
    select(appointment_pets.c.appointment_id, pets.c.name)
    .join(pets)
    .where(among(appointment_pets.c.appointment_id, "them"))
    .order_by(pets.c.created_at, pets.c.name),
    select(vaccination_records.c.id, pets.c.name).join(pets).where(among(vaccination_records.c.id, "them")),
)
