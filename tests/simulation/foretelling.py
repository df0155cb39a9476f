"""Foretells coming runs just before they take place, and holds what they do against it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from shared.application import Application
from shared.database.engine import reading
from shared.jobs import JOBS
from shared.operations.forecast import Event, Occurrence, Step, forecast
from shared.operations.forecast.preview import tenants_ahead
from tests.deeds import Snapshot, counted, deeds, held

from .platform import Platform
from .providers import Answers, why_unforeseeable
from .world import Run

RAREST_FIRST: Final = (
    "ReputationUpdater",
    "NoShowDetector",
    "VaccinationMonitor",
    "AppointmentReminders24h",
    "AppointmentReminders2h",
)
ALWAYS: Final = dict.fromkeys(JOBS, 1)
SELDOM: Final = dict(zip(RAREST_FIRST, (1, 4, 6, 90, 90), strict=True))
"""Of how many instants of a job one is foretold: to foretell a run takes longer than the run."""

Results = Mapping[tuple[str, Any], Mapping[str, Any]]


@dataclass(slots=True)
class Foreteller:
    """Foretells what runs at one of so many instants do, by the rarest job of the instant.

    `answers`: those of the providers since an instant; `compared`: how many events were held against each other;
    `differences`: where they part, in words; `set_aside`: how many part for a reason that nobody can foretell;
    `accepted`: in how many runs of a business an operator accepted a day, which nobody can foretell either.
    """

    share: Mapping[str, int]
    answers: Answers = field(default_factory=Answers)
    compared: Counter[Step] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    set_aside: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def holding(self, app: Application, platform: Platform, runs: Sequence[Run], results: Results) -> Iterator[None]:
        """Foretell the runs of one instant; the block does them and puts down their results."""
        if not self._is_turn(runs):
            yield
            return
        expected, before, at = foretold(app, runs), Snapshot.of(app.engine), runs[0].now
        self.answers.clear()
        yield
        days = [day for run in runs for day in results[run.job, at].get("held", ())]
        found = counted([*deeds(before, Snapshot.of(app.engine), at), *held(app.engine, days, at)])
        accepted = {subdomain for run in runs for subdomain, _ in run.accepted}
        self.accepted.update(accepted)
        names = {row["id"]: row["subdomain"] for row in platform.rows("tenants")}
        self.hold(*(_without(each, names, accepted) for each in (expected, found)), names)

    def _is_turn(self, runs: Sequence[Run]) -> bool:
        job = min((run.job for run in runs), key=RAREST_FIRST.index)
        self.met[job] += 1
        return self.met[job] % self.share[job] == 0

    def hold(self, expected: Counter[Event], found: Counter[Event], names: Mapping[Any, str]) -> None:
        """Note where what was foretold and what was done part. `names`: subdomains by tenant."""
        for event, count in found.items():
            self.compared[event.step] += count
        for events, is_foretold in ((expected - found, True), (found - expected, False)):
            for event in events.elements():
                if why := why_unforeseeable(event, self.answers, is_foretold=is_foretold):
                    self.set_aside[why] += 1
                else:
                    what = "foretold, not done" if is_foretold else "done, not foretold"
                    self.differences.append(f"{what}: {words(event, names)}")


def foretold(app: Application, runs: Sequence[Run]) -> Counter[Event]:
    """Return what is foretold of the runs of one instant, a moment before it."""
    before = runs[0].now - timedelta(seconds=1)
    with reading(app.engine) as connection:
        tenants, _ = tenants_ahead(connection)
    coming = [Occurrence(run.now, run.job) for run in runs]
    return counted(forecast(replace(app, clock=lambda: before), tenants, coming).events)


def _without(events: Counter[Event], names: Mapping[Any, str], subdomains: set[str]) -> Counter[Event]:
    return Counter({event: count for event, count in events.items() if names[event.tenant_id] not in subdomains})


def words(event: Event, names: Mapping[Any, str]) -> str:
    """Return an event in a line. `names`: subdomains by tenant."""
    said = (event.phone, event.reason, event.amount, event.currency, event.score, event.until, event.body)
    about = ", ".join(map(str, event.subject_ids))
    details = " ".join(str(each) for each in said if each is not None)
    return f"{event.at:%Y-%m-%dT%H:%MZ} {names[event.tenant_id]}: {event.step} {event.kind} of {about}: {details}"
