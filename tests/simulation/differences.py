"""Says in words, with local times, where the application and the oracle part."""

from collections.abc import Hashable
from datetime import datetime
from zoneinfo import ZoneInfo

from .house import house_of
from .oracle import Prediction, Sent, Subject
from .platform import Platform
from .world import World

SHOWN = 10


class Readable:
    """A world to look names and zones up in, as it is at its end."""

    def __init__(self, world: World) -> None:
        self._platform = Platform()
        for change in world.changes:
            self._platform.apply(change)

    def verdicts(self, expected: Prediction, found: Prediction) -> list[str]:
        """Return how many decisions differ and the first of them; nothing if none does."""
        subjects = expected.verdicts.keys() | found.verdicts.keys()
        differing = [key for key in subjects if expected.verdicts.get(key) != found.verdicts.get(key)]
        differing.sort(key=lambda subject: (subject[2], str(subject)))
        shown = [
            f"{self._subject(subject)}: expected {expected.verdicts.get(subject)}, found {found.verdicts.get(subject)}"
            for subject in differing[:SHOWN]
        ]
        return [f"{len(differing)} of {len(subjects)} decisions differ", *shown] if differing else []

    def texts(self, expected: Prediction, found: Prediction) -> list[str]:
        """Return how many texts are missing or too many and the first of them; nothing if all are as expected."""
        missing, extra = expected.sent - found.sent, found.sent - expected.sent
        rows = [(sent, "missing") for sent in missing.elements()] + [(sent, "unexpected") for sent in extra.elements()]
        rows.sort(key=lambda row: (row[0].at, str(row)))
        counts = f"{missing.total()} texts are missing, {extra.total()} unexpected"
        return [counts, *(f"{what}: {self.text(sent)}" for sent, what in rows[:SHOWN])] if rows else []

    def text(self, sent: Sent) -> str:
        """Return one text in words."""
        about = "; ".join(self._subject((sent.kind, *member)) for member in sorted(sent.members, key=str))
        tenant = self._tenant_of(next(iter(sent.members))[0]) if sent.members else None
        return f"{sent.kind} at {self._local(sent.at, tenant)} to {sent.to} about {about or 'nothing'}"

    def _subject(self, subject: Subject) -> str:
        kind, appointment, start = subject
        tenant = self._tenant_of(appointment)
        name = self._platform.row("tenants", tenant)["subdomain"]
        return f"{kind} of {name} {appointment} for {self._local(start, tenant)}"

    def _tenant_of(self, appointment: Hashable) -> Hashable:
        tenant: Hashable = self._platform.row("appointments", appointment)["tenant_id"]
        return tenant

    def _local(self, instant: datetime, tenant: Hashable) -> str:
        zone = house_of(self._platform.row("tenants", tenant)).quiet.zone if tenant is not None else ZoneInfo("UTC")
        return f"{instant:%Y-%m-%dT%H:%M}Z ({instant.astimezone(zone):%a %d %H:%M} {zone})"
