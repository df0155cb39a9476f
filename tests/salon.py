"""A salon whose clients miss their visits, for the tests of missed visits and fees."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from shared.application import Application
from shared.database import tables
from shared.fees import staff_actions
from shared.fees.staff_actions import Staff
from shared.runtime import run
from shared.stages import Stage, collection_for_staff
from tests import rows
from tests.doubles import Clock
from tests.rows import NOON
from tests.stages import do

JOB = "NoShowDetector"
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
CARD = {"stripe_customer_id": "cus_1", "has_payment_method": True}


@dataclass(frozen=True, slots=True)
class Salon:
    """One tenant: `add_…` puts rows in, the stages of a run work on them, the rest reads what is there now."""

    application: Application
    tenant_id: UUID

    @property
    def engine(self) -> Engine:
        return self.application.engine

    def add_owner(self, **columns: Any) -> UUID:
        """Add an owner with a saved card and a dog."""
        with self.engine.begin() as connection:
            owner = rows.owner(connection, self.tenant_id, **CARD | columns)
            rows.pet(connection, self.tenant_id, owner)
            return owner

    def add_missed(self, starts_at: datetime = NOON - 3 * HOUR, owner_id: UUID | None = None, **columns: Any) -> UUID:
        """Add a confirmed appointment that nobody came to, of a new owner unless one is given."""
        with self.engine.begin() as connection:
            owner = owner_id or rows.owner(connection, self.tenant_id, **CARD)
            pets = [rows.pet(connection, self.tenant_id, owner)] if owner_id is None else None
            return rows.appointment(connection, self.tenant_id, starts_at, owner_id=owner, pets=pets, **columns)

    def add_due_fee(self, clock: Clock, many: int = 1, **owner: Any) -> UUID:
        """Add missed visits, plan their fees, and let the day go by for which fees are held.

        Return the appointment of the last visit. No text was sent. `many`: on a day on which twice as many were kept,
        so that it is not held; `owner`: columns of each visit's owner.
        """
        self.add_kept(NOON - HOUR, 2 * many if many > 1 else 0)
        missed = [self.add_missed(owner_id=self.add_owner(**owner)) for _ in range(many)]
        self.plan()
        clock.pass_(days=1)
        return missed[-1]

    def add_due_fee_with_notice(self, clock: Clock, **owner: Any) -> UUID:
        """The same with one visit, whose owner got the no-show notice."""
        missed = self.add_missed(owner_id=self.add_owner(**owner))
        self.do(Stage.PLAN, Stage.DELIVER)
        clock.pass_(days=1)
        return missed

    def add_kept(self, starts_at: datetime, many: int = 1) -> None:
        """Add appointments that were kept."""
        with self.engine.begin() as connection, rows.all_at_once(connection) as draft:
            for _ in range(many):
                rows.appointment(draft, self.tenant_id, starts_at, status="completed", arrived_at=starts_at)

    def change(self, appointment_id: UUID, **columns: Any) -> None:
        """Change an appointment, as staff do."""
        rows.change(self.engine, tables.appointments, appointment_id, **columns)

    def run(self, **asked: Any) -> dict[str, Any]:
        return run(self.application, JOB, **asked)

    def do(self, *stages: Stage) -> dict[str, Any]:
        """Do only these stages of a run, and record no run."""
        return do(self.application, JOB, *stages)

    def plan(self) -> dict[str, Any]:
        """Find missed visits and corrections, and nothing else."""
        return self.do(Stage.PLAN)

    def collect(self) -> dict[str, Any]:
        """Collect the fees that are due, and nothing else."""
        return self.do(Stage.COLLECT)

    def collect_and_deliver(self) -> dict[str, Any]:
        """Collect the fees that are due, and send the texts about them."""
        return self.do(Stage.COLLECT, Stage.DELIVER)

    def status_of(self, appointment_id: UUID) -> str:
        found = {each.id: each.status for each in rows.all_of(self.engine, tables.appointments)}
        return found[appointment_id]

    def standings(self) -> list[tuple[int, int]]:
        """Return every owner's count of missed visits and score."""
        return [(each.no_show_count, each.reputation_score) for each in rows.all_of(self.engine, tables.owners)]

    def fees(self) -> list[Any]:
        """Return every fee, by visit."""
        return sorted(rows.all_of(self.engine, tables.payments), key=lambda each: (each.visit_on, each.offence_number))

    def fee(self) -> Any:
        return rows.only(self.engine, tables.payments)

    def no_show_events(self) -> list[Any]:
        """Return the no-show events, by time."""
        found = rows.all_of(self.engine, tables.reputation_events)
        return sorted((each for each in found if each.kind == "no_show"), key=lambda each: each.occurred_at)

    def attempts(self) -> list[tuple[int, str | None, str | None]]:
        """Return number, outcome and code of every attempt to collect a fee."""
        found = rows.all_of(self.engine, tables.payment_attempts)
        return [(each.attempt, each.outcome, each.code) for each in found]

    def charge_by_staff(self, fee_id: UUID) -> str:
        """Let staff charge a fee; return the only fee's status after it."""
        staff_actions.charge(collection_for_staff(self.application), fee_id, Staff("Maria", "she agreed"))
        status: str = self.fee().status
        return status

    def decisions(self, kind: str) -> list[tuple[str, str | None]]:
        found = rows.all_of(self.engine, tables.decisions)
        return [(each.outcome, each.reason) for each in found if each.kind == kind]


def salon(application: Application, **columns: Any) -> Salon:
    """A groomer in New York, unless said otherwise."""
    with application.engine.begin() as connection:
        return Salon(application, rows.tenant(connection, **columns))
