"""What hangs, and what waits for people: texts, fees, and days held back."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from shared.database import runs, waiting
from shared.database.waiting import Hanging
from shared.domain.records import RunStatus
from shared.domain.tally import held_words
from shared.operations.health.check import RUN, Check, ago, counted

PATIENCE: Final = timedelta(days=7)
"""How long a fee may wait for staff."""
HELD_PATIENCE: Final = timedelta(days=2)
"""How long a held day may: missed visits are looked for over a week by default, and then nobody can accept it."""

DUE_PATIENCE: Final = timedelta(hours=2)
"""How long a text may be due: a run sends what is due, and there is one each half hour."""

_LOOKED_BACK: Final = 60
"""How many runs are read to find the one that first held a day back: a month of NoShowDetector, and some by hand."""


def of_what_waits(connection: Connection, wall: datetime) -> Iterator[Check]:
    """Check what workers left behind, what was given up, and what waits for staff."""
    gone = "{} whose worker is gone: the next run asks the provider what became of it"
    yield _hanging("texts", waiting.lapsed_texts(connection, wall), gone, f"{RUN} AppointmentReminders2h", wall)
    yield _hanging("fees", waiting.lapsed_fees(connection, wall), gone, f"{RUN} NoShowDetector", wall)
    dead = "{} given up lately"
    yield _hanging(
        "dead letters", waiting.dead_texts(connection, wall), dead, "python -m shared outbox --status dead", wall
    )
    yield _of_due_texts(waiting.waiting_texts(connection, wall), wall)
    yield _of_fees_for_staff(waiting.fees_for_staff(connection), wall)
    yield from _of_held_days(connection, wall)


def _hanging(name: str, found: Hanging, words: str, command: str, wall: datetime) -> Check:
    if not found.count:
        return Check(name, True, "none given up" if name == "dead letters" else "none is stuck")
    what = words.format(counted(found.count, "fee" if name == "fees" else "text"))
    since = f"; the oldest {ago(found.since, wall)}" if found.since else ""
    return Check(name, False, what + since, found.since, command)


def _of_due_texts(found: Hanging, wall: datetime) -> Check:
    """Each run sends what is due, so what stays due is held up by something, whatever that is."""
    if found.since is None or wall - found.since <= DUE_PATIENCE:
        return Check("due texts", True, f"{found.count} due")
    words = (
        f"{counted(found.count, 'text')} due and not sent; the oldest {ago(found.since, wall)}. No run, sending "
        "switched off (SMS_ENABLED, sms.enabled), a paused sender, or a limit too low"
    )
    return Check("due texts", False, words, found.since, "python -m shared outbox --status planned")


def _of_fees_for_staff(found: Mapping[str, Hanging], wall: datetime) -> Check:
    name = "fees for staff"
    if not found:
        return Check(name, True, "none wait")
    since = min((each.since for each in found.values() if each.since), default=None)
    by_status = ", ".join(f"{each.count} {status.replace('_', ' ')}" for status, each in found.items())
    words = f"{counted(sum(each.count for each in found.values()), 'fee')} waiting for staff: {by_status}"
    command = "python -m shared fee list " + " ".join(f"--status {status}" for status in found)
    is_well = since is None or wall - since <= PATIENCE
    return Check(name, is_well, words + (f"; the oldest {ago(since, wall)}" if since else ""), since, command)


def _of_held_days(connection: Connection, wall: datetime) -> Iterator[Check]:
    statuses = (*runs.DONE, RunStatus.FAILED)
    found = runs.latest(
        connection, wall, task="NoShowDetector", statuses=statuses, limit=_LOOKED_BACK, only_for_all=True
    )
    results = [(each.started_at, (each.result or {}).get("held", [])) for each in found]
    for held in results[0][1] if results else ():
        since = min(at for at, days in results if _is_held(held, days))
        words = f"{held['date']} is held back: {held_words(held)}; nobody is charged until somebody accepts it"
        command = f"{RUN} NoShowDetector --accept-surge {held['tenant']}:{held['date']}"
        yield Check(f"held day of {held['tenant']}", wall - since <= HELD_PATIENCE, words, since, command)


def _is_held(held: Mapping[str, Any], days: list[dict[str, Any]]) -> bool:
    return any((each["tenant"], each["date"]) == (held["tenant"], held["date"]) for each in days)
