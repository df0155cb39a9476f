"""The jobs by the names of their function folders: how each plans, what its texts are, and what its result reports."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.records import Kind
from shared.domain.tally import Tally
from shared.fees.text import FEE_TEXT
from shared.planning.context import Context
from shared.planning.subject import SubjectKinds
from shared.tasks.appointment_reminders.planning import plan_reminders
from shared.tasks.appointment_reminders.text import REMINDER
from shared.tasks.no_show_detector.planning import detect_no_shows
from shared.tasks.reputation_updater.planning import update_reputations
from shared.tasks.vaccination_monitor.planning import monitor_vaccinations
from shared.tasks.vaccination_monitor.text import ALERT


@dataclass(frozen=True, slots=True)
class Job:
    """A job: how it plans, the kind of text it plans (None: none), and what its result reports besides the common part.

    `summarize`: from the run's counts and the number of its texts that wait for a later run. `collects`: it collects
    fees after planning.
    """

    plan: Callable[[Context], None]
    kind: Kind | None
    summarize: Callable[[Tally, int], dict[str, Any]]
    collects: bool = False


def _reminders(kind: Kind) -> Job:
    def plan(context: Context) -> None:
        plan_reminders(context, kind)

    def summarize(tally: Tally, waiting: int) -> dict[str, Any]:
        return {
            "total_checked": tally.total("total_checked"),
            "reminders_planned": tally.total("reminders_planned"),
            "reminders_sent": tally.delivered("sent", kind),
            "deferred": waiting,
            "skipped": tally.totals().get("skipped", {}),
            "expired": tally.total("expired") + tally.delivered("expired", kind),
            "failed": tally.delivered("failed", kind),
        }

    return Job(plan, kind, summarize)


def _vaccinations(tally: Tally, waiting: int) -> dict[str, Any]:
    kind = Kind.VACCINATION_EXPIRING
    return {
        "total_checked": tally.total("total_checked"),
        "alerts_planned": tally.total("alerts_planned"),
        "total_alerts_sent": tally.delivered("sent", kind),
        "total_alerts_failed": tally.delivered("failed", kind),
        "deferred": waiting,
        "skipped": tally.totals().get("skipped", {}),
        "expired": tally.total("expired") + tally.delivered("expired", kind),
        "statuses_updated": tally.total("statuses_updated"),
    }


def _reputations(tally: Tally, _: int) -> dict[str, Any]:
    keys = ("total_checked", "events_settled", "total_improved", "total_restricted", "total_unrestricted")
    return {key: tally.total(key) for key in keys}


def _no_shows(tally: Tally, waiting: int) -> dict[str, Any]:
    counts = (
        "total_detected total_fees_applied total_fees_collected total_fees_failed corrected passed_on needs_refund"
    ).split()
    return {
        **{key: tally.total(key) for key in counts},
        **{key: tally.totals().get(key, {}) for key in ("fee_cents_applied", "fee_cents_collected", "skipped")},
        "held": tally.held,
        "deferred": waiting,
    }


JOBS: Final[dict[str, Job]] = {
    "VaccinationMonitor": Job(monitor_vaccinations, Kind.VACCINATION_EXPIRING, _vaccinations),
    "AppointmentReminders24h": _reminders(Kind.REMINDER_24H),
    "AppointmentReminders2h": _reminders(Kind.REMINDER_2H),
    "NoShowDetector": Job(detect_no_shows, Kind.NO_SHOW_NOTICE, _no_shows, collects=True),
    "ReputationUpdater": Job(update_reputations, None, _reputations),
}

KINDS: Final[SubjectKinds] = {
    Kind.REMINDER_24H: REMINDER,
    Kind.REMINDER_2H: REMINDER,
    Kind.VACCINATION_EXPIRING: ALERT,
    Kind.NO_SHOW_NOTICE: FEE_TEXT,
    Kind.FEE_RECEIPT: FEE_TEXT,
    Kind.FEE_FAILED: FEE_TEXT,
}
"""What each kind of text is about."""
