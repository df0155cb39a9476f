"""When a vaccination's alerts are due, who may get them, and which share one SMS.

A tier is a number of days before expiry. The smallest tier that covers the days left is in force, and none once
expired. Days are those of the tenant's zone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import uuid5
from zoneinfo import ZoneInfo

from shared.domain.contact import cannot_text
from shared.domain.ids import NotificationId, RunId
from shared.domain.notifications import Member
from shared.domain.plans import Decision, Plan, PlannedNotification, UndecidedAlert, news
from shared.domain.policy.models import ServedTenant
from shared.domain.quiet_hours import after_quiet, local_date, midnight
from shared.domain.reasons import Reason
from shared.domain.records import ExpiryWindow, Kind, Outcome, Vaccination

KIND = Kind.VACCINATION_EXPIRING
LATE_RECORD = timedelta(days=2)
"""How far back a run records alerts as `expired` that became useless while no run took them."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days a tenant's alerts depend on. Tenants with equal calendars are searched together.

    `switched_on`: the local date of the job's switch-on; `late_since`: tiers that ended after this local date, up to
    today, became useless lately. `thresholds`: days before expiry, descending.
    """

    today: date
    switched_on: date
    late_since: date
    thresholds: tuple[int, ...]


def calendar_of(served: ServedTenant, now: datetime, switch_on: datetime) -> Calendar:
    """Return a tenant's calendar for the run at `now`. `now`, `switch_on`: aware."""
    return Calendar(
        today=local_date(now, served.zone),
        switched_on=local_date(switch_on, served.zone),
        late_since=local_date(max(now - LATE_RECORD, switch_on), served.zone),
        thresholds=served.policy.vaccination.thresholds,
    )


# Tiers


def began_on(expires_on: date, tier: int) -> date:
    """Return the local date on which a tier begins."""
    return expires_on - timedelta(days=tier)


def over_on(expires_on: date, tier: int, thresholds: Sequence[int]) -> date:
    """Return the local date from which a tier's alert is useless: the next tier's first, or the day after expiry."""
    return expires_on - timedelta(days=_days_beyond(tier, thresholds))


def useful_until(expires_on: date, tier: int, thresholds: Sequence[int], zone: ZoneInfo) -> datetime:
    """Return the instant, aware UTC, from which a tier's alert is useless."""
    return midnight(over_on(expires_on, tier, thresholds), zone)


def due_windows(calendar: Calendar) -> list[ExpiryWindow]:
    """Return, by tier, the expiry dates for which the tier is in force today, unless it began before switch-on."""
    windows = []
    for tier in calendar.thresholds:
        first = calendar.today + timedelta(days=_days_beyond(tier, calendar.thresholds) + 1)
        if tier != min(calendar.thresholds):
            first = max(first, calendar.switched_on + timedelta(days=tier))
        windows.append(ExpiryWindow(tier, first, calendar.today + timedelta(days=tier)))
    return windows


def missed_windows(calendar: Calendar) -> list[ExpiryWindow]:
    """Return, by tier, the expiry dates of records whose alert became useless lately."""
    windows = []
    for tier in calendar.thresholds:
        beyond = timedelta(days=_days_beyond(tier, calendar.thresholds))
        windows.append(ExpiryWindow(tier, calendar.late_since + _DAY + beyond, calendar.today + beyond))
    return [each for each in windows if each.first <= each.last]


def _days_beyond(tier: int, thresholds: Sequence[int]) -> int:
    """Return the days left on a tier's first useless day: the next smaller threshold, -1 after the smallest."""
    return max((each for each in thresholds if each < tier), default=-1)


# Which alerts are sent


def is_alerted(vaccination: Vaccination, tier: int, served: ServedTenant, switch_on: datetime) -> bool:
    """Whether a tier in force needs a text: not if it began before switch-on or before the record was made.

    The smallest tier always does. `switch_on`: aware.
    """
    if tier == min(served.policy.vaccination.thresholds):
        return True
    return _counts_from(vaccination, served.zone, switch_on) <= began_on(_expiry(vaccination), tier)


def is_late(vaccination: Vaccination, tier: int, served: ServedTenant, switch_on: datetime) -> bool:
    """Whether a tier that ended without a decision should be reported as late."""
    made_on = local_date(vaccination.created_at, served.zone)
    return (
        record_objection(vaccination) is None
        and made_on <= began_on(_expiry(vaccination), tier)
        and is_alerted(vaccination, tier, served, switch_on)
    )


def record_objection(vaccination: Vaccination) -> Reason | None:
    """Return why a record needs no alert (any more), whoever may be texted; None if it needs one."""
    if not vaccination.owner.is_active:
        return Reason.OWNER_INACTIVE
    if vaccination.pet.is_deceased:
        return Reason.PET_DECEASED
    if not vaccination.is_pet_active:
        return Reason.PET_INACTIVE
    return Reason.SUPERSEDED if vaccination.is_superseded else None


def skip_reason(vaccination: Vaccination, region: str, blocked: Collection[str] = ()) -> Reason | None:
    """Return why a due alert is skipped; None if it must be sent."""
    return record_objection(vaccination) or cannot_text(vaccination.owner, region, blocked)


def no_longer_right(
    vaccination: Vaccination, member: Member, region: str, blocked: Collection[str] = ()
) -> Reason | None:
    """Return why a planned alert must no longer be sent; None while it may."""
    if vaccination.is_deleted:
        return Reason.RECORD_DELETED
    if f":{vaccination.expires_on}:" not in member.ledger_key:
        return Reason.EXPIRY_CHANGED
    return skip_reason(vaccination, region, blocked)


# Deciding


def by_owner(undecided: Sequence[UndecidedAlert]) -> list[list[UndecidedAlert]]:
    """Return a tenant's records grouped by owner, each group in order of expiry."""

    def owner(each: UndecidedAlert) -> str:
        return str(each.vaccination.owner.id)

    ordered = sorted(undecided, key=lambda each: (owner(each), _expiry(each.vaccination), str(each.vaccination.id)))
    return [list(group) for _, group in groupby(ordered, key=owner)]


def decide(
    undecided: Sequence[UndecidedAlert], served: ServedTenant, now: datetime, switch_on: datetime, run_id: RunId
) -> Plan:
    """Decide about the alerts of one owner in the run at `now`: what is skipped, and what shares the one SMS.

    An alert that could only leave after its tier is left undecided. Decisions already in the ledger are not made again.
    `now`, `switch_on`: aware.
    """
    leaves_at = after_quiet(now, served.policy.sms.quiet_hours, served.zone)
    due = [
        each
        for each in undecided
        if is_alerted(each.vaccination, each.tier, served, switch_on) and leaves_at < _useful_until(each, served)
    ]
    refused = {each.vaccination.id: skip_reason(each.vaccination, served.region, served.blocked) for each in due}
    going = [each for each in due if not refused[each.vaccination.id]]
    skipped = [each for each in due if refused[each.vaccination.id] not in (None, each.earlier_reason)]
    notification = _notification(going, served, leaves_at, run_id) if going else None
    return news(
        [(each, alert_decision(each.vaccination, each.tier, notification=notification)) for each in going]
        + [
            (each, alert_decision(each.vaccination, each.tier, reason=refused[each.vaccination.id])) for each in skipped
        ],
        notification,
    )


def alert_decision(
    vaccination: Vaccination,
    tier: int,
    *,
    notification: PlannedNotification | None = None,
    reason: Reason | None = None,
    outcome: Outcome = Outcome.SKIPPED,
) -> Decision:
    """Return the decision about one record's alert: `notify` with a notification, otherwise `outcome`."""
    return Decision(
        tenant_id=vaccination.tenant_id,
        kind=KIND,
        subject_type="vaccination",
        subject_id=vaccination.id,
        occurrence=f"{_expiry(vaccination)}:{tier}",
        outcome=Outcome.NOTIFY if notification else outcome,
        reason=reason,
        notification_id=notification.id if notification else None,
    )


def _notification(
    going: Sequence[UndecidedAlert], served: ServedTenant, leaves_at: datetime, run_id: RunId
) -> PlannedNotification:
    first = going[0].vaccination
    return PlannedNotification(
        id=NotificationId(uuid5(run_id, f"{KIND}:{first.id}")),
        tenant_id=first.tenant_id,
        owner_id=first.owner.id,
        kind=KIND,
        not_before=leaves_at,
        useful_until=min(_useful_until(each, served) for each in going),
    )


def _useful_until(each: UndecidedAlert, served: ServedTenant) -> datetime:
    return useful_until(_expiry(each.vaccination), each.tier, served.policy.vaccination.thresholds, served.zone)


def _counts_from(vaccination: Vaccination, zone: ZoneInfo, switch_on: datetime) -> date:
    """Return the later of the local dates of switch-on and of the record's creation."""
    return local_date(max(switch_on, vaccination.created_at), zone)


def _expiry(vaccination: Vaccination) -> date:
    """Return the expiry date, by which the record was found."""
    if vaccination.expires_on is None:
        raise ValueError(f"vaccination {vaccination.id} has no expiry date")
    return vaccination.expires_on
