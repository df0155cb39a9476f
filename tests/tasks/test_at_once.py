"""Two runs, or a run and staff, about the same missed visits at the same moment."""

from collections.abc import Callable
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from shared.database import ledger, tables
from shared.runtime import run_without_lease
from shared.stages import requested
from shared.tasks.no_show_detector import correction_queries as corrections
from shared.tasks.no_show_detector import corrections as no_show_corrections
from shared.tasks.no_show_detector import marking
from tests.rows import NOON
from tests.salon import DAY, HOUR, JOB, Salon


def first(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, do: Callable[[], None]) -> None:
    """Do something once, before a function is called for the first time. `owner`: its module or class."""
    original, waiting = getattr(owner, name), [do]

    def after(*arguments: Any) -> Any:
        while waiting:
            waiting.pop()()
        return original(*arguments)

    monkeypatch.setattr(owner, name, after)


def is_held(engine: Engine, owner: UUID) -> bool:
    """Whether another transaction holds an owner's row: what a connection of its own meets."""
    held = select(tables.owners.c.id).where(tables.owners.c.id == owner).with_for_update(nowait=True)
    with engine.connect() as other:
        try:
            other.execute(held)
        except OperationalError:
            return True
    return False


@pytest.mark.parametrize("stock", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("status", "module", "step"),
    [("confirmed", ledger, "record"), ("completed", corrections, "standing_visits")],
    ids=["before a visit is marked", "before it is looked whether one still stands"],
)
def test_an_owner_is_held_first(
    paws: Salon, monkeypatch: pytest.MonkeyPatch, status: str, module: ModuleType, step: str
) -> None:
    """Else two runs could each wait for what the other holds, or one take back what the other is adding to."""
    owner = paws.add_owner()
    appointment = paws.add_missed(owner_id=owner)
    if status == "completed":
        paws.run()
        paws.change(appointment, status=status)
    seen: list[bool] = []
    first(monkeypatch, module, step, lambda: seen.append(is_held(paws.engine, owner)))
    paws.run()
    assert seen == [True]


def test_what_staff_put_right_just_after_another_run_marked_it_stays_right(
    paws: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = paws.add_missed()

    def mark_and_put_right() -> None:
        assert run_without_lease(paws.application, requested(paws.application, JOB))["total_detected"] == 1
        paws.change(appointment, status="confirmed")

    first(monkeypatch, marking.Marking, "write", mark_and_put_right)
    assert (paws.run()["total_detected"], paws.status_of(appointment)) == (0, "confirmed")


def test_two_runs_that_found_the_same_correction_lower_the_count_once(
    paws: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = paws.add_owner()
    appointment, _ = paws.add_missed(owner_id=owner), paws.add_missed(NOON - DAY + HOUR, owner_id=owner)
    paws.run()
    paws.change(appointment, status="completed")
    corrected: list[int] = []
    first(
        monkeypatch,
        no_show_corrections,
        "_correct_page",
        lambda: corrected.append(run_without_lease(paws.application, requested(paws.application, JOB))["corrected"]),
    )
    corrected.append(paws.run()["corrected"])
    assert (corrected, paws.standings()) == ([1, 0], [(1, 80)])
