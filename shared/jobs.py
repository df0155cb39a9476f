"""The jobs by the names of their function folders: how each plans, and what its result tells."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from shared.records import Kind
from shared.tally import Tally
from shared.tasks.appointment_reminders import plan_reminders
from shared.tasks.context import Context


@dataclass(frozen=True, slots=True)
class Job:
    """A job: how it plans, the kind of text it plans (None: none), and what its result tells beyond what all tell.

    `summarize`: from the run's counts and the number of its texts that wait for a later run.
    """

    plan: Callable[[Context], None]
    kind: Kind | None
    summarize: Callable[[Tally, int], dict[str, Any]]


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


JOBS: Final = {
    "AppointmentReminders24h": _reminders(Kind.REMINDER_24H),
    "AppointmentReminders2h": _reminders(Kind.REMINDER_2H),
}
