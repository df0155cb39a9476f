"""The life of a fee: every step of the table in docs/fees.md is taken, and no other one."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from shared.application import Application
from shared.database import migrations, tables
from shared.database.engine import reading
from shared.fees import staff_actions
from shared.fees.listing import listed
from shared.fees.staff_actions import Staff
from shared.gateways.payments import Declined, NotProcessed, OutcomeUnknown
from shared.stages import collection_for_staff
from tests.databases import Stock
from tests.doubles import Clock, RecordingPayments
from tests.salon import Salon, salon

FEES = (Path(__file__).parents[2] / "docs" / "fees.md").read_text(encoding="utf-8")
STAFF = Staff("Maria", "because")
STEP = re.compile(r"^\| (?:`(\w+)`[^|]*|) *\| [^|]+ \| `(\w+)` \| `tests/", re.MULTILINE)
Steps = set[tuple[str, str]]


def documented() -> Steps:
    """The steps of the table; a fee that is new comes from nowhere."""
    return set(STEP.findall(FEES))


@dataclass(frozen=True, slots=True)
class Life:
    """One fee, and what happens to it."""

    paws: Salon
    clock: Clock
    payments: RecordingPayments

    def missed(self, *, sms_opted_in: bool = True, **columns: Any) -> None:
        self.paws.add_missed(owner_id=self.paws.add_owner(sms_opted_in=sms_opted_in), **columns)
        self.paws.plan()

    def due(self, answer: Exception | None = None) -> None:
        """A day goes by, and a run finds this answer."""
        self.payments.answer = lambda charge: self._say(answer)
        self.clock.pass_(days=1)
        self.paws.collect()

    def _say(self, answer: Exception | None) -> None:
        if answer:
            raise answer

    def charge(self) -> None:
        self.payments.answer = lambda charge: None
        staff_actions.charge(collection_for_staff(self.paws.application), self.paws.fee().id, STAFF)

    def paid_late(self, meanwhile: Exception, then: Callable[[], None] = lambda: None) -> None:
        """A card is charged, and before that is known another run finds the claim over and meets this answer."""
        self.clock.pass_(days=1)
        self.payments.answer = lambda charge: self._overtaken(meanwhile, then)
        self.paws.collect()

    def _overtaken(self, answer: Exception, then: Callable[[], None]) -> None:
        self.payments.answer = lambda charge: self._say(answer)
        self.clock.pass_(minutes=6)
        other = threading.Thread(target=lambda: [self.paws.collect_and_deliver(), then()])
        other.start()
        other.join()

    def waive(self) -> None:
        with reading(self.paws.engine) as connection:
            fees = listed(connection)
        staff_actions.waive(self.paws.engine, fees, STAFF, self.clock())

    def give_back(self) -> None:
        staff_actions.give_back(collection_for_staff(self.paws.application), self.paws.fee().id, None, STAFF)

    def put_right(self) -> None:
        with self.paws.engine.begin() as connection:
            connection.execute(tables.appointments.update().values(status="completed"))
        self.clock.pass_(days=1)
        self.paws.plan()


HARD, SOFT, ASKS = Declined("stolen_card"), Declined("insufficient_funds"), Declined("authentication_required")
OVERTAKEN = ("", "pending", "processing", "processing", "pending")
LIVES: dict[tuple[str, ...], Callable[[Life], list[Any]]] = {
    ("", "pending", "processing", "succeeded", "refunded"): lambda it: [it.missed(), it.due(), it.give_back()],
    ("", "waived", "cancelled"): lambda it: [it.missed(deposit_paid=9900), it.put_right()],
    ("", "pending", "processing", "pending", "processing", "succeeded"): lambda it: [
        it.missed(), it.due(SOFT), it.due(),
    ],
    ("", "pending", "processing", "pending", "waived"): lambda it: [
        it.missed(), it.due(NotProcessed("429")), it.waive(),
    ],
    ("", "pending", "processing", "failed", "processing", "succeeded"): lambda it: [
        it.missed(), it.due(HARD), it.charge(),
    ],
    ("", "pending", "processing", "requires_action", "processing", "succeeded"): lambda it: [
        it.missed(), it.due(ASKS), it.charge(),
    ],
    ("", "pending", "processing", "processing", "pending", "processing", "succeeded"): lambda it: [
        it.missed(), it.due(OutcomeUnknown("timeout")), it.due(),
    ],
    ("", "pending", "processing", "failed", "waived"): lambda it: [it.missed(), it.due(HARD), it.waive()],
    ("", "pending", "processing", "requires_action", "waived"): lambda it: [it.missed(), it.due(ASKS), it.waive()],
    ("", "pending", "cancelled"): lambda it: [it.missed(), it.put_right()],
    ("", "pending", "processing", "failed", "cancelled"): lambda it: [it.missed(), it.due(HARD), it.put_right()],
    ("", "pending", "processing", "requires_action", "cancelled"): lambda it: [
        it.missed(), it.due(ASKS), it.put_right(),
    ],
    ("", "pending", "processing", "succeeded", "needs_refund", "refunded"): lambda it: [
        it.missed(), it.due(), it.put_right(), it.give_back(),
    ],
    (*OVERTAKEN, "processing", "pending", "succeeded"): lambda it: [
        it.missed(), it.paid_late(SOFT),
    ],
    (*OVERTAKEN, "processing", "pending", "waived", "needs_refund"): lambda it: [
        it.missed(), it.paid_late(SOFT, it.waive),
    ],
    (*OVERTAKEN, "processing", "pending", "cancelled", "needs_refund"): lambda it: [
        it.missed(), it.paid_late(SOFT, it.put_right),
    ],
    (*OVERTAKEN, "processing", "failed", "needs_refund"): lambda it: [
        it.missed(), it.paid_late(HARD),
    ],
    (*OVERTAKEN, "processing", "requires_action", "needs_refund"): lambda it: [
        it.missed(), it.paid_late(ASKS),
    ],
    (*OVERTAKEN, "processing", "failed", "succeeded"): lambda it: [
        it.missed(sms_opted_in=False), it.paid_late(HARD),
    ],
    (*OVERTAKEN, "processing", "requires_action", "succeeded"): lambda it: [
        it.missed(sms_opted_in=False), it.paid_late(ASKS),
    ],
}  # fmt: skip


NOTE = "INSERT INTO steps (came_from, came_to) VALUES"
MADE, MOVED = (f"$$ BEGIN {NOTE} ({was}, new.status); RETURN new; END $$" for was in ("''", "old.status"))
KEEPING = {
    "sqlite": [
        "CREATE TABLE steps (number INTEGER PRIMARY KEY, came_from TEXT, came_to TEXT)",
        f"CREATE TRIGGER made AFTER INSERT ON payments BEGIN {NOTE} ('', new.status); END",
        f"CREATE TRIGGER moved AFTER UPDATE OF status ON payments BEGIN {NOTE} (old.status, new.status); END",
    ],
    "postgresql": [
        "CREATE TABLE steps (number SERIAL PRIMARY KEY, came_from TEXT, came_to TEXT)",
        f"CREATE FUNCTION made() RETURNS trigger LANGUAGE plpgsql AS {MADE}",
        f"CREATE FUNCTION moved() RETURNS trigger LANGUAGE plpgsql AS {MOVED}",
        "CREATE TRIGGER made AFTER INSERT ON payments FOR EACH ROW EXECUTE FUNCTION made()",
        "CREATE TRIGGER moved AFTER UPDATE OF status ON payments FOR EACH ROW EXECUTE FUNCTION moved()",
    ],
}
"""How each database is told to keep the steps itself."""


def keep_steps(engine: Engine) -> None:
    """Make the schema, with what keeps the steps."""
    migrations.upgrade(engine)
    with engine.begin() as connection:
        for statement in KEEPING[engine.dialect.name]:
            connection.exec_driver_sql(statement)


@pytest.fixture(scope="module")
def keeping(stock: Stock) -> Iterator[Stock]:
    """Databases that keep the steps themselves."""
    dialect = make_url(stock.pattern).get_backend_name()
    if dialect not in KEEPING:
        pytest.skip(f"nobody wrote the triggers that keep the steps for {dialect}")
    with closing(Stock(stock.databases, keep_steps)) as keeping:
        yield keeping


@pytest.fixture
def lent(keeping: Stock) -> Iterator[Engine]:
    """One of them."""
    with keeping.lent() as engine:
        yield engine


@pytest.fixture
def life(application: Application, clock: Clock, payments: RecordingPayments) -> Life:
    """A fee's life, with no step taken yet."""
    with application.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM steps")
    return Life(salon(application), clock, payments)


def steps(life: Life) -> list[tuple[str, str]]:
    with life.paws.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT came_from, came_to FROM steps ORDER BY number")
        return [(came_from, came_to) for came_from, came_to in rows]


@pytest.mark.parametrize("states", LIVES, ids=lambda states: "-".join(states[1:]))
def test_each_step_happens_as_the_table_says(life: Life, states: tuple[str, ...]) -> None:
    LIVES[states](life)
    assert steps(life) == list(pairwise(states))


def test_the_table_holds_the_steps_that_are_taken_and_no_other() -> None:
    taken = {step for states in LIVES for step in pairwise(states)}
    assert documented() == taken


FORBIDDEN = [
    ("succeeded", "waive"),
    ("needs_refund", "waive"),
    ("refunded", "waive"),
    ("cancelled", "waive"),
    ("processing", "waive"),
    ("succeeded", "charge"),
    ("needs_refund", "charge"),
    ("refunded", "charge"),
    ("cancelled", "charge"),
    ("waived", "charge"),
    ("processing", "charge"),
    ("pending", "give_back"),
    ("processing", "give_back"),
    ("failed", "give_back"),
    ("requires_action", "give_back"),
    ("cancelled", "give_back"),
    ("waived", "give_back"),
]


@pytest.mark.parametrize(("state", "act"), FORBIDDEN, ids=" ".join)
def test_what_the_table_does_not_hold_does_not_happen(life: Life, state: str, act: str) -> None:
    life.missed()
    with life.paws.engine.begin() as connection:
        connection.execute(tables.payments.update().values(status=state, claimed_until=life.clock()))
        connection.exec_driver_sql("DELETE FROM steps")
    if act == "waive":
        life.waive()
    else:
        with pytest.raises(staff_actions.UsageError):
            getattr(life, act)()
    assert (steps(life), life.payments.confirmed, life.payments.refunded) == ([], [], [])


@pytest.mark.parametrize("state", sorted(set(tables.PAYMENT_STATUSES) - {"pending", "processing"}))
def test_no_run_collects_what_is_not_pending(life: Life, state: str) -> None:
    life.missed()
    with life.paws.engine.begin() as connection:
        changes = {"status": state, "next_attempt_at": life.clock(), "claimed_until": life.clock()}
        connection.execute(tables.payments.update().values(changes))
        connection.exec_driver_sql("DELETE FROM steps")
    life.clock.pass_(days=1)
    life.paws.run()
    assert (steps(life), life.payments.confirmed) == ([], [])
