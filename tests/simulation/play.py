"""Lets the application live through a script, and writes down what it did."""

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from shared.database.tables import decisions, notifications
from shared.gateways.sms import Sms
from shared.policy import TenantPolicy
from shared.runtime import Application, run

from .evidence import Departure
from .oracle import LEADS, Prediction, Sent, Verdict
from .platform import Platform, write
from .world import Run, World


@dataclass(slots=True)
class Clock:
    """Stands still until it is set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Recorder:
    """A gateway that accepts everything and remembers it until it is emptied."""

    accepted: list[Sms] = field(default_factory=list)

    async def send(self, sms: Sms) -> str:
        self.accepted.append(sms)
        return f"SM{sms.notification_id.hex}"

    async def find(self, sms: Sms, after: datetime, known: frozenset[str]) -> str | None:
        raise AssertionError("the outcome of every send is known")


@dataclass(slots=True)
class Played:
    """What the application did, in the oracle's words; `departures` hold the world as it was when an SMS left."""

    found: Prediction = field(default_factory=Prediction)
    departures: list[Departure] = field(default_factory=list)
    results: dict[datetime, Mapping[str, Any]] = field(default_factory=dict)
    loose_ends: list[str] = field(default_factory=list)


def play(world: World, engine: Engine) -> Played:
    """Apply the script to the database, run the jobs when they are to run, and read what came of it."""
    clock, gateway, platform, played = Clock(world.first), Recorder(), Platform(), Played()
    app = Application(engine=engine, defaults=TenantPolicy(), zone=ZoneInfo("UTC"), sms=gateway, clock=clock)
    for changes, due in world.timeline():
        with engine.begin() as connection:
            write(connection, changes)
        for change in changes:
            platform.apply(change)
        clock.now = due.now
        played.results[due.now] = run(app, due.job)
        _write_down(played, engine, platform, gateway, due)
    _read_ledger(played, engine)
    return played


def _write_down(played: Played, engine: Engine, platform: Platform, gateway: Recorder, due: Run) -> None:
    """Put down what left in this run, with its members as they are now."""
    texts = {sms.notification_id: sms for sms in gateway.accepted}
    if len(texts) < len(gateway.accepted):
        played.loose_ends.append(f"{due.now}: one notification was handed over twice in one run")
    gateway.accepted.clear()
    if not texts:
        return
    members: dict[Hashable, set[tuple[Hashable, datetime]]] = {key: set() for key in texts}
    with engine.connect() as connection:
        about = select(decisions.c.notification_id, decisions.c.subject_id, decisions.c.occurs_at)
        for text, appointment, start in connection.execute(about.where(decisions.c.notification_id.in_(texts))):
            members[text].add((appointment, start))
        rows = connection.execute(select(notifications).where(notifications.c.id.in_(texts))).mappings().all()
    for row in rows:
        sms = texts[row["id"]]
        sent = Sent(row["kind"], due.now, sms.to, frozenset(members[row["id"]]))
        played.found.sent[sent] += 1
        played.found.sent_by_run[due.now] += row["kind"] == LEADS[due.job].kind
        played.departures.append(Departure.of(sent, sms.body, row["useful_until"], row["tenant_id"], platform))


def _read_ledger(played: Played, engine: Engine) -> None:
    """Read all decisions, and see that they and the notifications belong together."""
    with engine.connect() as connection:
        ledger = connection.execute(select(decisions)).mappings().all()
        texts = connection.execute(select(notifications.c.id, notifications.c.status)).all()
    for row in ledger:
        subject = row["kind"], row["subject_id"], row["occurs_at"]
        if subject in played.found.verdicts:
            played.loose_ends.append(f"{subject} was decided twice")
        played.found.verdicts[subject] = Verdict(row["outcome"], row["reason"])
    members = Counter(row["notification_id"] for row in ledger if row["notification_id"] is not None)
    status_of = {row.id: row.status for row in texts}
    orphans = members.keys() - status_of.keys()
    played.loose_ends += [f"notification {key} of a decision does not exist" for key in orphans]
    for key, status in status_of.items():
        if (status in ("planned", "sent")) != (members[key] > 0):
            played.loose_ends.append(f"notification {key} is {status} and has {members[key]} decisions")
