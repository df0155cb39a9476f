"""The ledger: of several runs that decide the same, one wins, and only what the winner planned is there."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from shared.database import ledger, tables
from shared.domain.plans import Decision, Plan, PlannedNotification
from shared.domain.reasons import Reason
from shared.domain.records import Kind, Outcome
from tests import rows
from tests.rows import NOON

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Subject:
    """An appointment to decide about."""

    engine: Engine
    tenant: UUID
    owner: UUID
    id: UUID

    def decide(self, *, reason: Reason | None = None, again: bool = False) -> set[str]:
        """Record that a run of its own sends a reminder, or with a reason that it skips it; return what it won."""
        text = PlannedNotification(uuid4(), self.tenant, self.owner, Kind.REMINDER_24H, NOON, NOON + HOUR)
        made = Decision(
            tenant_id=self.tenant,
            kind=Kind.REMINDER_24H,
            subject_type="appointment",
            subject_id=self.id,
            occurrence="then",
            outcome=Outcome.SKIPPED if reason else Outcome.NOTIFY,
            reason=reason,
            notification_id=None if reason else text.id,
            occurs_at=NOON,
        )
        retaken = frozenset({made.ledger_key} if again else ())
        with self.engine.begin() as connection:
            return ledger.record(connection, Plan((made,), () if reason else (text,), retaken), uuid4(), NOON)


@pytest.fixture
def subject(engine: Engine) -> Subject:
    with engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        return Subject(engine, tenant, owner, rows.appointment(connection, tenant, NOON, owner_id=owner))


@pytest.mark.parametrize("is_retaken", [False, True], ids=["for the first time", "again"])
def test_of_two_runs_that_decide_to_send_a_text_one_wins_and_there_is_one_text(
    engine: Engine, subject: Subject, is_retaken: bool
) -> None:
    if is_retaken:
        subject.decide(reason=Reason.NO_PHONE)
    won = [len(subject.decide(again=is_retaken)) for _ in range(2)]
    made, text = rows.only(engine, tables.decisions), rows.only(engine, tables.notifications)
    assert (won, made.outcome, made.reason, made.notification_id) == ([1, 0], "notify", None, text.id)


def test_only_a_decision_to_send_is_cancelled(engine: Engine, subject: Subject) -> None:
    (key,) = subject.decide(reason=Reason.NO_PHONE)
    states = []
    for _ in range(2):
        with engine.begin() as connection:
            ledger.cancel(connection, {key: Reason.RESCHEDULED}, NOON)
        its = rows.only(engine, tables.decisions)
        states.append((its.outcome, its.reason, its.notification_id))
        subject.decide(again=True)
    assert states == [("skipped", "no_phone", None), ("cancelled", "rescheduled", None)]
