"""Check-ins, a second run or a crash between reading the candidates and marking them."""

from typing import Any

import pytest

from shared.application import Application
from shared.database import tables
from shared.stages import requested
from shared.tasks.no_show_detector import marking
from tests import rows
from tests.doubles import RecordingSms
from tests.rows import NOON
from tests.salon import DAY, HOUR, JOB, Salon
from tests.tasks.no_show_detector.rows import everything


def at_the_last_moment(monkeypatch: pytest.MonkeyPatch, do: Any) -> None:
    """Do something after the candidates were read and before they are marked."""
    write = marking.Marking.write

    def after(self: marking.Marking, *arguments: Any) -> None:
        do()
        write(self, *arguments)

    monkeypatch.setattr(marking.Marking, "write", after)


@pytest.mark.parametrize(
    "columns",
    [
        {"arrived_at": NOON - HOUR},
        {"actual_start": NOON - HOUR},
        {"status": "in_progress"},
        {"status": "cancelled"},
        {"deleted_at": NOON},
        {"scheduled_start": NOON + DAY, "scheduled_end": NOON + DAY + HOUR},
        {"scheduled_end": NOON + HOUR},
        {"scheduled_start": NOON - 4 * HOUR},  # moved, though still over
    ],
    ids=str,
)
def test_a_check_in_at_the_same_moment_wins(
    paws: Salon, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch, columns: dict[str, Any]
) -> None:
    appointment = paws.add_missed()
    at_the_last_moment(monkeypatch, lambda: paws.change(appointment, **columns))
    assert paws.run()["total_detected"] == 0
    assert paws.status_of(appointment) == columns.get("status", "confirmed")
    assert (paws.fees(), paws.no_show_events(), paws.standings(), sms.sent) == ([], [], [(0, 100)], [])
    assert rows.all_of(paws.engine, tables.decisions) == []


def test_who_is_checked_in_for_one_of_two_at_the_same_moment_missed_neither(
    paws: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = paws.add_owner()
    first, second = paws.add_missed(NOON - 5 * HOUR, owner), paws.add_missed(NOON - 3 * HOUR, owner)
    at_the_last_moment(monkeypatch, lambda: paws.change(first, arrived_at=NOON))
    assert paws.plan()["total_detected"] == 0
    assert (paws.status_of(second), paws.fees(), paws.no_show_events()) == ("confirmed", [], [])


def test_two_runs_at_once_mark_a_visit_once(
    application: Application, paws: Salon, sms: RecordingSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.runtime import run_without_lease

    paws.add_missed()
    nested: list[Any] = []

    def also() -> None:
        if not nested:
            nested.append(None)
            nested.append(run_without_lease(application, requested(application, JOB)))

    at_the_last_moment(monkeypatch, also)
    result = paws.run()
    assert (nested[1]["total_detected"], result["total_detected"]) == (1, 0)
    assert (len(paws.fees()), paws.standings(), len(paws.no_show_events()), len(sms.sent)) == (
        1,
        [(1, 80)],
        1,
        1,
    )


@pytest.mark.parametrize("step", ["reputation.add_events", "state_queries.add", "writes.mark_missed", "writes.rescore"])
def test_a_run_killed_between_two_steps_leaves_nothing_and_the_next_does_all(
    paws: Salon, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    paws.add_missed()
    before = everything(paws.engine)
    module, name = step.split(".")

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(getattr(marking, module), name, dies)
        with pytest.raises(KeyboardInterrupt):
            paws.run()
    assert everything(paws.engine) == before
    assert paws.plan()["total_detected"] == 1
    assert (len(paws.fees()), paws.standings()) == (1, [(1, 80)])


def test_a_fee_that_is_there_already_is_not_counted_again(paws: Salon) -> None:
    """As when all but the payments was restored from a backup."""
    appointment = paws.add_missed()
    paws.run()
    before = paws.fee()
    with paws.engine.begin() as connection:
        for table in (tables.decisions, tables.reputation_events):
            connection.execute(table.delete())
    paws.change(appointment, status="confirmed")
    result = paws.plan()
    assert (result["total_detected"], result["total_fees_applied"], result["fee_cents_applied"]) == (1, 0, {})
    assert paws.fee() == before
