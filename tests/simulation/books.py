"""What the oracle knows at one instant: the platform, the decisions and events so far, and the texts that wait."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, reduce
from itertools import groupby, permutations
from typing import Final, Self, cast

from .house import House, house_of
from .platform import Platform, Row, Visit
from .world import DAY

LOOK_BACK: Final = timedelta(days=2)
"""How long after its usefulness ended something is recorded as too late."""

Subject = tuple[str, Hashable, Hashable]
"""A kind, what it is about, and which occurrence of it: what at most one decision is taken about.

An appointment and its start; a vaccination record and "expiry:tier"; a visit and None.
"""

Member = tuple[Hashable, Hashable]
"""What a text is about, and which occurrence of it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """One SMS that left: at which run, to which number, about what."""

    kind: str
    at: datetime
    to: str
    members: frozenset[Member]


@dataclass(slots=True)
class Text:
    """One SMS that is to leave."""

    kind: str
    tenant: Hashable
    owner: Hashable
    not_before: datetime
    useful_until: datetime
    members: list[Member]
    status: str = "planned"


@dataclass(frozen=True, slots=True)
class Fee:
    """A payment as it stands. `amount`: what a deposit left of the fee; where it left nothing, the fee.

    `is_superseded`: it was cancelled because another fee of that owner and day stands.
    """

    owner: Hashable
    status: str
    amount: int
    currency: str
    offence_number: int
    is_superseded: bool


Held = tuple[str, date, str]
"""A business, its local day, and why nothing of the day is marked."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An owner's count of no-shows and score: several may be right, as of events of one instant any may come first."""

    count: int
    scores: frozenset[int]

    def allows(self, found: Self | None) -> bool:
        return found is not None and found.count == self.count and found.scores <= self.scores


@dataclass(slots=True, eq=False)
class Event:
    """A reputation event. `subject`: an appointment, owner, or visit as it was at first; it keeps that name.

    Of a missed visit, `marked_at`: when it came with a count, None where only staff marked it; `appointments`: those
    that were missed; `is_superseded`: one of two, the other of which stands.
    """

    owner: Hashable
    kind: str
    subject: Hashable
    points: int
    occurred_at: datetime
    marked_at: datetime | None = None
    is_reversed: bool = False
    is_superseded: bool = False
    appointments: dict[Hashable, None] = field(default_factory=dict)

    @property
    def day(self) -> date:
        """The local day of a missed visit."""
        _, day = cast(Visit, self.subject)
        return day


EventLine = tuple[Hashable, str, Hashable, int, bool]
"""Owner, kind, subject, points, whether it is reversed."""


@dataclass(slots=True)
class Prediction:
    """All decisions as they stand at the end, every SMS that left, and how many of its kind each run sent.

    `working`: the tenants each run could go through; `broken`: those it had to leave out. After runs of the jobs that
    change them: `vaccinations`, the status of each record (None) and the status and expiry of each pet; `fees` by the
    visit that each was written for; `owners`, each one's standing; `held`, the tenants' days that were left alone.
    """

    verdicts: dict[Subject, Verdict] = field(default_factory=dict)
    sent: Counter[Sent] = field(default_factory=Counter)
    sent_by_run: Counter[tuple[str, datetime]] = field(default_factory=Counter)
    working: dict[tuple[str, datetime], frozenset[str]] = field(default_factory=dict)
    broken: dict[tuple[str, datetime], frozenset[str]] = field(default_factory=dict)
    vaccinations: dict[datetime, dict[Hashable, tuple[str, date | None]]] = field(default_factory=dict)
    fees: dict[datetime, dict[Visit, Fee]] = field(default_factory=dict)
    owners: dict[tuple[str, datetime], dict[Hashable, Standing]] = field(default_factory=dict)
    events: Counter[EventLine] = field(default_factory=Counter)
    held: dict[datetime, frozenset[Held]] = field(default_factory=dict)


@dataclass(slots=True)
class Books:
    e164: dict[str, str]
    platform: Platform = field(default_factory=Platform)
    prediction: Prediction = field(default_factory=Prediction)
    waiting: list[Text] = field(default_factory=list)
    switch_on: dict[str, datetime] = field(default_factory=dict)
    last_run: dict[str, datetime] = field(default_factory=dict)
    foreign: dict[Hashable, bool] = field(default_factory=dict)
    marked: set[Hashable] = field(default_factory=set)
    """Appointments that detection marked, whatever their start is now."""
    events: dict[tuple[str, Hashable], Event] = field(default_factory=dict)
    events_by_owner: defaultdict[Hashable, list[Event]] = field(default_factory=lambda: defaultdict(list))
    openings: dict[Hashable, tuple[int, datetime]] = field(default_factory=dict)
    """Of owners with events: the score found at the first, and since when it was that."""

    # -- decisions

    def decide(self, subject: Subject, outcome: str, reason: str | None = None) -> None:
        self.prediction.verdicts[subject] = Verdict(outcome, reason)

    def is_final(self, subject: Subject) -> bool:
        """Whether it was decided for good: what never reached the provider is decided again."""
        verdict = self.prediction.verdicts.get(subject)
        return verdict is not None and verdict.outcome in ("notify", "expired")

    def reason_of(self, subject: Subject) -> str | None:
        verdict = self.prediction.verdicts.get(subject)
        return verdict.reason if verdict else None

    def why_not_to_be_texted(self, owner: Row) -> str | None:
        if not owner["sms_opted_in"]:
            return "opted_out"
        if not owner["phone"]:
            return "no_phone"
        return None if owner["phone"] in self.e164 else "invalid_phone"

    def notify(self, text: Text) -> None:
        self.waiting.append(text)
        for member in text.members:
            self.decide((text.kind, *member), "notify")

    # -- rows

    def is_foreign(self, row: Row) -> bool:
        """Whether the appointment refers to another tenant's owner, service or pet. The script never changes that."""
        if row["id"] not in self.foreign:
            self.foreign[row["id"]] = self.refers_elsewhere(row)
        return self.foreign[row["id"]]

    def refers_elsewhere(self, row: Row) -> bool:
        there = [self.platform.row("owners", row["owner_id"]), *self.platform.linked_pets(row["id"])]
        if row["service_id"] is not None:
            there.append(self.platform.row("services", row["service_id"]))
        return any(other["tenant_id"] != row["tenant_id"] for other in there)

    # -- missed visits

    def standing_no_shows(self, tenant: Hashable) -> list[Event]:
        return [
            event
            for (kind, _), event in self.events.items()
            if kind == "no_show"
            and not event.is_reversed
            and self.platform.row("owners", event.owner)["tenant_id"] == tenant
        ]

    def no_show_of(self, owner: Hashable, day: date) -> Event | None:
        """Return the event of an owner's missed visit: one that stands, else one that was taken back."""
        events = [event for event in self.events_by_owner[owner] if event.kind == "no_show" and event.day == day]
        return min(events, key=lambda event: event.is_reversed, default=None)

    def fee_of(self, event: Event) -> Row | None:
        return self.platform.tables["payments"].get(event.subject)

    # -- reputation

    def add_event(self, event: Event) -> bool:
        """Put an event on record unless one of its kind and subject is; return whether it was put there."""
        if (event.kind, event.subject) in self.events:
            return False
        self.events[event.kind, event.subject] = event
        self.enter(event)
        return True

    def enter(self, event: Event) -> None:
        owner = self.platform.row("owners", event.owner)
        opening = owner["reputation_score"], owner["last_reputation_update"] or owner["created_at"]
        self.openings.setdefault(event.owner, opening)
        self.events_by_owner[event.owner].append(event)
        self.refold(event.owner)

    def move_event(self, event: Event, heir: Hashable) -> None:
        self.events_by_owner[event.owner].remove(event)
        self.refold(event.owner)
        event.owner = heir
        self.enter(event)

    def events_of(self, owner: Hashable) -> Iterator[Event]:
        return (event for event in self.events_by_owner[owner] if not event.is_reversed)

    def refold(self, owner: Hashable) -> None:
        self.platform.row("owners", owner)["reputation_score"] = min(self.scores_of(owner))

    def scores_of(self, owner: Hashable) -> frozenset[int]:
        """Return what the events on record make of the score found before them."""
        if owner not in self.openings:
            return frozenset({self.platform.row("owners", owner)["reputation_score"]})
        scores = frozenset({self.openings[owner][0]})
        events = sorted(self.events_of(owner), key=lambda event: event.occurred_at)
        for _, together in groupby(events, key=lambda event: event.occurred_at):
            orders = set(permutations(event.points for event in together))
            scores = frozenset(reduce(step, order, score) for order in orders for score in scores)
        return scores

    def standing(self, owner: Row) -> Standing:
        return Standing(owner["no_show_count"], self.scores_of(owner["id"]))


def step(score: int, points: int) -> int:
    return min(max(score + points, 0), 100)


@dataclass(frozen=True)
class Moment:
    """One run of a job: the books at its instant."""

    books: Books
    job: str
    now: datetime
    accepted: frozenset[tuple[str, date]] = frozenset()
    """Subdomains and days of which an operator says that what looks missed is missed."""

    @cached_property
    def houses(self) -> dict[Hashable, House]:
        return {tenant["id"]: house_of(tenant) for tenant in self.books.platform.rows("tenants")}

    @cached_property
    def served(self) -> list[House]:
        return [house for house in self.houses.values() if house.is_served]

    @cached_property
    def switch_on(self) -> datetime:
        return self.books.switch_on.get(self.job, self.now)

    def appointments(self, first: datetime, last: datetime) -> dict[Hashable, list[Row]]:
        """Return all that start between two instants, by tenant; none that refers to another tenant."""
        rows = defaultdict(list)
        for row in self.books.platform.rows("appointments"):
            if first <= row["scheduled_start"] <= last and not self.books.is_foreign(row):
                rows[row["tenant_id"]].append(row)
        return rows

    def near(self) -> dict[Hashable, list[Row]]:
        return self.appointments(self.now - 3 * DAY, self.now + 3 * DAY)


def is_open(row: Row) -> bool:
    return row["status"] in ("pending", "confirmed") and row["deleted_at"] is None


def is_attended(row: Row) -> bool:
    """Whether the desk wrote down that somebody came."""
    is_started = row["status"] in ("in_progress", "completed") or row["actual_start"] is not None
    return is_started or row["arrived_at"] is not None


def is_gone(row: Row) -> bool:
    return not row["is_active"] or row["deleted_at"] is not None
