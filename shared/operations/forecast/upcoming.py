"""What comes next for one subject: what the jobs' next runs will do about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from shared.application import Application
from shared.database.engine import reading
from shared.database.tenants import tenant_by_id
from shared.domain.fees import UNCOLLECTED, FeeStatus
from shared.domain.ids import FeeId, TenantId
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import local_date
from shared.domain.records import AppointmentStatus, Tenant, visit_id
from shared.domain.tally import Tally
from shared.operations.forecast import Event, Forecast, Occurrence, Step, forecast, occurrences
from shared.operations.forecast import upcoming_queries as queries
from shared.operations.forecast.words import sentence
from shared.operations.tenant_queries import inactive
from shared.planning.tenants import serve
from shared.schedules.function_json import Schedule
from shared.tasks.appointment_reminders import rules

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DETECTOR, MONITOR, UPDATER = "NoShowDetector", "VaccinationMonitor", "ReputationUpdater"
REMINDERS: Final = ("AppointmentReminders24h", "AppointmentReminders2h")
LATELY: Final = 61 * DAY
"""An older appointment is never found missed: the look-back is 60 days at most."""
SOON: Final = 14 * DAY
"""How far ahead an owner's visits are looked at."""
FARTHEST_RECOVERY: Final = 183 * DAY
"""How far ahead a recovery of a score is looked for: each week's run until then is played."""
_OPEN: Final = (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED)
FOR_STAFF: Final = {
    "failed": "charge it again (fee charge ID --now), or waive it (fee waive ID)",
    "requires_action": "the bank asks the cardholder first: ask the owner to pay, then waive it (fee waive ID)",
    "needs_refund": "give it back (fee refund ID)",
}
"""What staff can do about a fee that waits for them, by status."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span in which runs of some jobs may do something about a subject."""

    jobs: Sequence[str]
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: `ids` of it, or all that is its owner's; and when runs may do something about it.

    `kind`: only what is about texts of this kind; `days`: the local days of its visits, in ISO 8601, which may be held
    back.
    """

    tenant_id: TenantId
    windows: Sequence[Window]
    ids: frozenset[UUID] = frozenset()
    owner_id: UUID | None = None
    kind: str | None = None
    days: frozenset[str] = frozenset()

    def is_in(self, event: Event, found: Forecast) -> bool:
        """Whether an event is about it."""
        if event.step is Step.HELD:
            return event.body in self.days
        if self.kind is not None and event.kind != self.kind:
            return False
        if self.owner_id is None:
            return not self.ids.isdisjoint(event.subject_ids)
        owners_ = {found.subjects[each].owner_id for each in event.subject_ids if each in found.subjects}
        return self.owner_id in owners_ or self.owner_id in event.subject_ids


@dataclass(frozen=True, slots=True)
class Foretold:
    """One thing that comes next, in a sentence. `event`: what a run will do; None for what people do, or nobody."""

    what: str
    event: Event | None = None


def upcoming(application: Application, schedules: Mapping[str, Schedule], what: str, id_: UUID) -> list[Foretold]:
    """Return what comes next for an "appointment", "vaccination", "owner", "payment" or "text"."""
    now = application.clock()
    with reading(application.engine) as connection:
        row = queries.subject(connection, what, id_)
        tenant = tenant_by_id(connection, row.tenant_id)
        stopped = inactive(connection).get(tenant.id)
        said = [Foretold(f"nothing: the business is {stopped}")] if stopped else []
        served, _ = serve([tenant], application.defaults, application.zone, Tally())
        if not served:
            return said
        subject = _SUBJECTS[what](connection, row, served[0], now)
        windows = [*(() if stopped else subject.windows), *_of_waiting(connection, subject, now)]
    if what == "payment" and row.status in FOR_STAFF:
        said.append(Foretold(f"it waits for staff: {FOR_STAFF[row.status]}"))
    return said + _foretold(application, schedules, tenant, served[0], replace(subject, windows=windows))


def _of_waiting(connection: Connection, subject: Subject, now: datetime) -> Iterator[Window]:
    """Yield when the texts leave, or are cancelled, that are planned already: whatever became of their subject."""
    if last := queries.last_waiting(connection, subject.ids):
        yield Window(REMINDERS, now, max(last, now) + 2 * HOUR)


def _foretold(
    application: Application,
    schedules: Mapping[str, Schedule],
    tenant: Tenant,
    served: ServedTenant,
    subject: Subject,
) -> list[Foretold]:
    now = application.clock()
    ahead = [each for each in subject.windows if each.last > now]
    if not ahead:
        return []
    until = max(each.last for each in ahead) + DAY
    runs = list(occurrences(schedules, application.zone, now, until))
    found = forecast(application, [tenant], runs, lambda run, waiting: _is_wanted(ahead, run, waiting))
    its = {sentence(each, served.zone): each for each in reversed(found.events) if subject.is_in(each, found)}
    foretold = [Foretold(what, event) for what, event in reversed(its.items())]
    if application.sms_enabled and served.policy.sms.enabled:
        return foretold
    return [Foretold("texts wait: sending is switched off"), *foretold]


def _is_wanted(windows: Sequence[Window], run: Occurrence, waiting: datetime | None) -> bool:
    """Whether a run may do something: it lies in a window, or a text that was foretold is due."""
    if run.job in REMINDERS and waiting is not None and waiting <= run.at:
        return True
    return any(run.job in each.jobs and each.first <= run.at <= each.last for each in windows)


# When runs may do something about each kind of subject


def _of_appointment(connection: Connection, row: Any, served: ServedTenant, now: datetime) -> Subject:
    day = local_date(row.scheduled_start, served.zone)
    visit = visit_id(row.tenant_id, row.owner_id, day)
    start = row.scheduled_start
    its = queries.visits_between(connection, row.owner_id, start - 2 * DAY, start + 2 * DAY)
    windows = [window for each in its for window in _of_visit(each, served, now)]
    windows += _of_fee(queries.fee(connection, FeeId(visit)), now)
    return Subject(row.tenant_id, windows, frozenset({row.id, visit}), days=frozenset({day.isoformat()}))


def _of_visit(row: Any, served: ServedTenant, now: datetime) -> Iterator[Window]:
    """Yield when an appointment's reminders are due, or when it may be found missed and charged for."""
    if row.status not in _OPEN or row.deleted_at:
        return
    if row.scheduled_start > now:
        for lead in rules.LEADS.values():
            due = rules.due_at(row.scheduled_start, lead, served.policy.sms.quiet_hours, served.zone)
            is_late = due <= now  # then it is due still, or a later run finds that it is too late
            yield Window(REMINDERS, due - 3 * HOUR, row.scheduled_start if is_late else due + 3 * HOUR)
    elif now - row.scheduled_end < LATELY:
        yield Window((DETECTOR,), now, now + timedelta(hours=served.policy.no_show.hold_hours) + 3 * DAY)


def _of_fee(row: Any, now: datetime) -> list[Window]:
    """Return when a fee may be charged, or the next run may close it, as the visit does not count any more."""
    if row is None or row.status not in (*UNCOLLECTED, FeeStatus.SUCCEEDED):
        return []
    if row.status == FeeStatus.PENDING and row.next_attempt_at:
        return [Window((DETECTOR,), now, max(now, row.next_attempt_at) + 2 * DAY)]
    return [Window((DETECTOR,), now, now + DAY)]


def _of_vaccination(connection: Connection, row: Any, served: ServedTenant, now: datetime) -> Subject:
    return Subject(row.tenant_id, list(_of_shot(row, served, now)), frozenset({row.id}))


def _of_shot(row: Any, served: ServedTenant, now: datetime) -> Iterator[Window]:
    """Yield when the tiers of a record's alert begin, the one in force included."""
    if row.expiry_date is None or row.deleted_at or row.expiry_date < local_date(now, served.zone):
        return
    for tier in served.policy.vaccination.thresholds:
        begins = datetime.combine(_before(row.expiry_date, tier), time(), served.zone)
        yield Window((MONITOR,), max(begins, now), max(begins, now) + DAY + HOUR)


def _before(day: date, days: int) -> date:
    return date.fromordinal(max(1, day.toordinal() - days))


def _of_owner(connection: Connection, row: Any, served: ServedTenant, now: datetime) -> Subject:
    its = queries.visits_between(connection, row.id, now - LATELY, now + SOON)
    windows = [window for each in its for window in _of_visit(each, served, now)]
    windows += [window for each in queries.pending_fees_of(connection, row.id) for window in _of_fee(each, now)]
    shots = queries.vaccinations_of(connection, row.id)
    windows += [window for each in shots for window in _of_shot(each, served, now)]
    recovery = min(timedelta(days=served.policy.reputation.recovery_days), FARTHEST_RECOVERY)
    windows.append(Window((UPDATER,), now, now + recovery + 8 * DAY))
    days = {local_date(each.scheduled_start, served.zone).isoformat() for each in its}
    return Subject(row.tenant_id, windows, owner_id=row.id, days=frozenset(days))


def _of_payment(connection: Connection, row: Any, served: ServedTenant, now: datetime) -> Subject:
    return Subject(row.tenant_id, _of_fee(row, now), frozenset({row.id}))


def _of_text(connection: Connection, row: Any, served: ServedTenant, now: datetime) -> Subject:
    return Subject(row.tenant_id, (), frozenset(queries.subjects_of_text(connection, row.id)), kind=row.kind)


_SUBJECTS: Final = {
    "appointment": _of_appointment,
    "vaccination": _of_vaccination,
    "owner": _of_owner,
    "payment": _of_payment,
    "text": _of_text,
}
