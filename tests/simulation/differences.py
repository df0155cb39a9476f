"""Says in words, with local times, where the application and the oracle part."""

from collections.abc import Callable, Collection, Hashable, Mapping
from datetime import datetime
from operator import eq
from typing import Any
from zoneinfo import ZoneInfo

from .books import Prediction, Sent, Subject
from .house import house_of
from .misses import ABOUT_VISITS
from .platform import Platform, Row
from .world import World

SHOWN = 10
TABLES = ("owners", "appointments", "pets", "vaccination_records")


class Readable:
    """A world to look names and zones up in, as it is at its end."""

    def __init__(self, world: World) -> None:
        self._platform = Platform()
        for change in world.changes:
            self._platform.apply(change)

    def verdicts(self, expected: Prediction, found: Prediction, kinds: Collection[str]) -> list[str]:
        """Return how many decisions of some kinds differ and the first of them; nothing if none does."""
        subjects = {key for key in expected.verdicts.keys() | found.verdicts.keys() if key[0] in kinds}
        differing = [key for key in subjects if expected.verdicts.get(key) != found.verdicts.get(key)]
        differing.sort(key=lambda subject: (str(subject[2]), str(subject)))
        shown = [
            f"{self._subject(subject)}: expected {expected.verdicts.get(subject)}, found {found.verdicts.get(subject)}"
            for subject in differing[:SHOWN]
        ]
        return [f"{len(differing)} of {len(subjects)} decisions differ", *shown] if differing else []

    def texts(self, expected: Prediction, found: Prediction, kinds: Collection[str]) -> list[str]:
        """Return how many texts are missing or too many and the first of them; nothing if all are as expected."""
        missing, extra = expected.sent - found.sent, found.sent - expected.sent
        rows = [(sent, "missing") for sent in missing.elements()] + [(sent, "unexpected") for sent in extra.elements()]
        rows = sorted((row for row in rows if row[0].kind in kinds), key=lambda row: (row[0].at, str(row)))
        counts = f"{sum(what == 'missing' for _, what in rows)} of {len(rows)} differing texts are missing"
        return [counts, *(f"{what}: {self.text(sent)}" for sent, what in rows[:SHOWN])] if rows else []

    def rows(
        self,
        expected: Mapping[Any, Mapping[Any, Any]],
        found: Mapping[Any, Mapping[Any, Any]],
        fits: Callable[[Any, Any], bool] = eq,
    ) -> list[str]:
        """Return what differs after the first run after which anything does; nothing if all is as expected."""
        for run in sorted(expected.keys() | found.keys(), key=str):
            ours, theirs = expected.get(run, {}), found.get(run, {})
            keys = [key for key in ours.keys() | theirs.keys() if not fits(ours.get(key), theirs.get(key))]
            if keys:
                lines = (f"{self._name(key)}: expected {ours.get(key)}, found {theirs.get(key)}" for key in keys)
                return [f"{len(keys)} of {len(ours)} rows differ after {run}", *sorted(lines)[:SHOWN]]
        return []

    def events(self, expected: Prediction, found: Prediction, kinds: Collection[str]) -> list[str]:
        """Return how many reputation events are missing or too many and the first of them."""
        missing, extra = expected.events - found.events, found.events - expected.events
        rows = [("missing", line) for line in missing if line[1] in kinds]
        rows += [("unexpected", line) for line in extra if line[1] in kinds]
        shown = sorted(
            f"{self._name(subject)}: {what}: {kind} {points}{' (reversed)' * is_reversed} of owner {owner}"
            for what, (owner, kind, subject, points, is_reversed) in rows
        )
        return [f"{len(rows)} events differ", *shown[:SHOWN]] if rows else []

    def text(self, sent: Sent) -> str:
        """Return one text in words."""
        about = "; ".join(self._subject((sent.kind, *member)) for member in sorted(sent.members, key=str))
        tenant = self._row_of(next(iter(sent.members))[0])["tenant_id"] if sent.members else None
        return f"{sent.kind} at {self._local(sent.at, tenant)} to {sent.to} about {about or 'nothing'}"

    def _subject(self, subject: Subject) -> str:
        kind, key, occurrence = subject
        tenant = self._row_of(key)["tenant_id"]
        when = self._local(occurrence, tenant) if isinstance(occurrence, datetime) else occurrence
        return f"{kind} of {self._name(key)}{'' if kind in ABOUT_VISITS else f' for {when}'}"

    def _name(self, key: Hashable) -> str:
        """Return a row's tenant and key; of a visit the owner and the day."""
        row = self._row_of(key)
        said = f"{key[0]} on {key[1]}" if isinstance(key, tuple) else str(key)
        return f"{self._platform.row('tenants', row['tenant_id'])['subdomain']} {said}"

    def _row_of(self, key: Hashable) -> Row:
        there = key[0] if isinstance(key, tuple) else key
        return next(rows[there] for name in TABLES if there in (rows := self._platform.tables[name]))

    def _local(self, instant: datetime, tenant: Hashable) -> str:
        zone = house_of(self._platform.row("tenants", tenant)).quiet.zone if tenant is not None else ZoneInfo("UTC")
        return f"{instant:%Y-%m-%dT%H:%M}Z ({instant.astimezone(zone):%a %d %H:%M} {zone})"
