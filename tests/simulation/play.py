"""Lets the application live through a script, and writes down what it did."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, RowMapping, Select, select

from shared.application import Application
from shared.database.tables import (
    appointments,
    decisions,
    notifications,
    owners,
    payments,
    pets,
    reputation_events,
    vaccination_records,
)
from shared.domain.policy.models import TenantPolicy
from shared.gateways.sms import Sms
from shared.runtime import run

from .books import Fee, Member, Prediction, Sent, Standing, Subject, Verdict, step
from .evidence import Departure
from .foretelling import Foreteller
from .house import house_of
from .misses import ABOUT_VISITS
from .oracle import KIND_OF_JOB
from .platform import Change, Platform, Visit, write
from .providers import Providers, Recorder
from .world import Run, World


@dataclass(slots=True)
class Clock:
    """Stands still until it is set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Played:
    """What the application did, in the oracle's words; `departures` hold the world as it was when an SMS left."""

    found: Prediction = field(default_factory=Prediction)
    departures: list[Departure] = field(default_factory=list)
    results: dict[tuple[str, datetime], Mapping[str, Any]] = field(default_factory=dict)
    visits: dict[Hashable, Visit] = field(default_factory=dict)
    """The missed visits, as they were when they were found, by the ids that the application gives them."""
    loose_ends: list[str] = field(default_factory=list)


def play(world: World, engine: Engine, foreteller: Foreteller, providers: Providers) -> Played:
    """Apply the script to the database, run the jobs when they are to run, and read what came of it."""
    clock, platform, played, gateway = Clock(world.first), Platform(), Played(), providers.sms
    app = application(engine, clock, providers)
    for now, moments in groupby(world.timeline(), key=lambda each: each[1].now):
        runs = []
        for changes, due in moments:
            change_all(engine, platform, changes)
            runs.append(due)
        clock.now = now
        with foreteller.holding(app, platform, runs, played.results):
            for due in runs:
                do(app, gateway, platform, played, due)
    with engine.connect() as connection:
        Reader(connection, platform, played).read_ledger()
    return played


def application(engine: Engine, clock: Clock, providers: Providers) -> Application:
    """Return the application in a simulated world."""
    return Application(
        engine,
        TenantPolicy(),
        ZoneInfo("UTC"),
        providers.sms,
        clock=clock,
        payments=providers.payments,
        concurrency=8,
    )


def change_all(engine: Engine, platform: Platform, changes: Sequence[Change]) -> None:
    """Bring changes into the database and into the rows in memory."""
    with engine.begin() as connection:
        write(connection, changes)
    for change in changes:
        platform.apply(change)


def do(app: Application, gateway: Recorder, platform: Platform, played: Played, due: Run) -> None:
    """Run a job and put down what it did."""
    played.results[due.job, due.now] = run(app, due.job, accept_surge=due.accepted)
    with app.engine.connect() as connection:
        reader = Reader(connection, platform, played)
        if due.job in ("NoShowDetector", "ReputationUpdater"):
            reader.read_visits()
        reader.read_texts(gateway.accepted, due)
        reader.read_rows(due)
    gateway.accepted.clear()


@dataclass(slots=True)
class Reader:
    """Reads the database after a run and puts down what it holds."""

    connection: Connection
    platform: Platform
    played: Played

    def read_texts(self, accepted: Sequence[Sms], due: Run) -> None:
        """Put down what left in this run, with its members as they are now."""
        texts = {sms.notification_id: sms for sms in accepted}
        if len(texts) < len(accepted):
            self.played.loose_ends.append(f"{due.now}: one notification was handed over twice in one run")
        if not texts:
            return
        members: dict[Hashable, set[Member]] = {key: set() for key in texts}
        visits = self.played.visits
        for row in self.rows(select(decisions).where(decisions.c.notification_id.in_(texts))):
            members[row["notification_id"]].add(subject_of(row, visits)[1:])
        for row in self.rows(select(notifications).where(notifications.c.id.in_(texts))):
            sms = texts[row["id"]]
            sent = Sent(row["kind"], due.now, sms.to, frozenset(members[row["id"]]))
            self.played.found.sent[sent] += 1
            self.played.found.sent_by_run[due.job, due.now] += row["kind"] == KIND_OF_JOB.get(due.job)
            self.played.departures.append(Departure.of(sent, sms.body, row, self.platform))

    def read_rows(self, due: Run) -> None:
        """Put down the rows that the job changes."""
        found = self.played.found
        if due.job == "VaccinationMonitor":
            records = self.rows(select(vaccination_records.c.id, vaccination_records.c.status))
            statuses = select(pets.c.id, pets.c.vaccination_status, pets.c.vaccination_expires_at)
            found.vaccinations[due.now] = {row["id"]: (row["status"], None) for row in records}
            found.vaccinations[due.now] |= {key: (status, on) for key, status, on in self.connection.execute(statuses)}
        if due.job in ("NoShowDetector", "ReputationUpdater"):
            standing = owners.c.no_show_count, owners.c.reputation_score
            rows = self.connection.execute(select(owners.c.id, *standing))
            found.owners[due.job, due.now] = {key: Standing(count, frozenset({score})) for key, count, score in rows}
        if due.job == "NoShowDetector":
            held = self.played.results[due.job, due.now]["held"]
            found.held[due.now] = frozenset(
                (day["tenant"], date.fromisoformat(day["date"]), day.get("reason", "")) for day in held
            )
            found.fees[due.now] = {
                self.played.visits.get(row["id"], row["id"]): Fee(
                    row["owner_id"],
                    row["status"],
                    row["amount"],
                    row["currency"],
                    row["offence_number"],
                    row["status"] == "cancelled" and row["failure_code"] == "superseded",
                )
                for row in self.rows(select(payments).where(payments.c.type == "no_show_fee"))
            }

    def read_ledger(self) -> None:
        """Read all decisions and events, and see that all rows belong together."""
        visits, found = self.played.visits, self.played.found
        ledger = self.rows(select(decisions))
        for row in ledger:
            subject = subject_of(row, visits)
            if subject in found.verdicts:
                self.played.loose_ends.append(f"{subject} was decided twice")
            found.verdicts[subject] = Verdict(row["outcome"], row["reason"])
        for row in self.rows(select(reputation_events)):
            key = row["owner_id"] if row["kind"] in ("opening", "recovery") else row["subject_id"]
            line = row["owner_id"], row["kind"], visits.get(key, key), row["points"], row["reversed_at"] is not None
            found.events[line] += 1
        self.played.loose_ends += [*self.loose_texts(ledger), *self.loose_fees(), *self.loose_scores()]

    def loose_texts(self, ledger: Sequence[RowMapping]) -> Iterator[str]:
        members = Counter(row["notification_id"] for row in ledger if row["notification_id"] is not None)
        status_of = {row["id"]: row["status"] for row in self.rows(select(notifications))}
        for key in members.keys() - status_of.keys():
            yield f"notification {key} of a decision does not exist"
        for key, status in status_of.items():
            if (status in ("planned", "sent")) != (members[key] > 0):
                yield f"notification {key} is {status} and has {members[key]} decisions"

    def loose_fees(self) -> Iterator[str]:
        """Yield fees that are not their visit's, and charges that no collected payment of the appointment explains."""
        collected = defaultdict(set)
        for fee in self.rows(select(payments)):
            _, day = self.played.visits.get(fee["id"], (None, None))
            if day != fee["visit_on"]:
                yield f"payment {fee['id']} is not the fee of a visit on {fee['visit_on']}"
            if (fee["status"] in ("succeeded", "needs_refund")) != (fee["succeeded_at"] is not None):
                yield f"payment {fee['id']} is {fee['status']}, and was collected at {fee['succeeded_at']}"
            if fee["succeeded_at"] is not None:
                collected[fee["appointment_id"]].add(fee["amount"])
        for row in self.rows(select(appointments.c.id, appointments.c.no_show_fee_charged)):
            if row["no_show_fee_charged"] not in collected.get(row["id"], {None}):
                yield f"appointment {row['id']} has the charge {row['no_show_fee_charged']}, not {collected[row['id']]}"

    def loose_scores(self) -> Iterator[str]:
        """Yield scores that are not what the events on record make of the score found before them."""
        events = defaultdict(list)
        for row in self.rows(select(reputation_events).where(reputation_events.c.reversed_at.is_(None))):
            events[row["owner_id"]].append((row["kind"] != "opening", row["occurred_at"], row["id"].hex, row["points"]))
        for owner in self.rows(select(owners)):
            score = 0
            for _, _, _, points in sorted(events[owner["id"]]):
                score = step(score, points)
            if events[owner["id"]] and score != owner["reputation_score"]:
                yield f"owner {owner['id']} has the score {owner['reputation_score']}, the events make {score}"

    def read_visits(self) -> None:
        """Put down the visits that this run took for missed, while it is known in which zone their tenant is."""
        missed = select(reputation_events).where(reputation_events.c.kind == "no_show")
        for event in self.rows(missed):
            house = house_of(self.platform.row("tenants", event["tenant_id"]))
            visit = event["owner_id"], house.day_of(event["occurred_at"])
            self.played.visits.setdefault(event["subject_id"], visit)

    def rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        return self.connection.execute(query).mappings().all()


def subject_of(decision: RowMapping, visits: Mapping[Hashable, Visit]) -> Subject:
    """Return what a decision is about, in the oracle's words."""
    kind, key = decision["kind"], decision["subject_id"]
    if kind in ABOUT_VISITS:
        return kind, visits.get(key, key), None
    return kind, key, decision["occurs_at"] or decision["occurrence"]
