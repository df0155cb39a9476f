"""The read-only operations page: schedules, runs and their results, the last texts and fees, and failed checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from shared.database import runs
from shared.database.engine import reading
from shared.database.runs import NotedRun
from shared.domain.records import mask_phone
from shared.domain.safe_text import written_out
from shared.domain.tally import one_line
from shared.messages.wording import money_words
from shared.operations.health import examine, span_words
from shared.operations.latest import LatestFee, LatestText, latest_fees, latest_texts
from shared.schedulers.local import LocalHost
from shared.schedules.function_json import Schedule

TEMPLATES: Final = Path(__file__).with_name("templates")
MOST: Final = 12
"""The most texts, and the most fees, on the page."""

_ASIDE: Final = ("tenants_processed", "tenants_failed", "total_checked", "total_errors")


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job as the page shows it. Times in the zone of the schedules; None: never, or unknown."""

    name: str
    schedule: str
    next_at: datetime | None
    next_in: str
    last: NotedRun | None
    last_at: datetime | None
    last_ago: str
    outcome: str
    errors: int
    first_error: str


@dataclass(frozen=True, slots=True)
class Bubble:
    """A text as a phone would show it. `sent_at`: local time of the business."""

    business: str
    phone: str
    sent_at: datetime
    status: str
    body: str


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One line about a fee. `amount`: formatted, with its currency."""

    fee: LatestFee
    amount: str


def render(host: LocalHost) -> str:
    """Return the page as HTML. If the database cannot be read, the page says so."""
    application, wall = host.application, host.application.clock()
    health = examine(application.engine, host.schedules, application.zone, wall, defaults=application.defaults)
    try:
        with reading(application.engine) as connection:
            jobs = [_job_line(connection, each, application.zone, wall) for each in host.schedules.values()]
            texts, fees = latest_texts(connection, MOST), latest_fees(connection, MOST)
    except SQLAlchemyError:
        jobs, texts, fees = [], [], []
    return _template().render(
        at=wall.astimezone(application.zone),
        zone=application.zone.key,
        health=health,
        jobs=jobs,
        running=host.running(),
        texts=[_bubble(each, application.zone) for each in texts],
        fees=_fee_lines(fees),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_visible,
    )  # fmt: skip
    return environment.get_template("page.html")


def _visible(value: Any) -> Any:
    """Escape control characters in a value, so that none in a name reverses the text beside it."""
    return "\n".join(map(written_out, value.split("\n"))) if type(value) is str else value


def _job_line(connection: Connection, schedule: Schedule, zone: ZoneInfo, wall: datetime) -> JobLine:
    last = next(iter(runs.latest(connection, wall, task=schedule.job)), None)
    next_at = schedule.ncrontab.next_after(wall, zone)
    result = (last.result if last else None) or {}
    return JobLine(
        name=schedule.job,
        schedule=schedule.ncrontab.text,
        next_at=next_at.astimezone(zone) if next_at else None,
        next_in=span_words(next_at - wall) if next_at else "",
        last=last,
        last_at=last.started_at.astimezone(zone) if last else None,
        last_ago=span_words(wall - last.started_at) if last else "",
        outcome=_outcome(last) if last else "",
        errors=result.get("total_errors", 0),
        first_error=": ".join(str(part) for part in (result.get("errors") or [{}])[0].values()),
    )


def _outcome(run: NotedRun) -> str:
    """Return the main counts of a run in words; `python -m shared runs` prints them all."""
    result = run.result or {}
    counts = {key: value for key, value in result.items() if type(value) is int and key not in _ASIDE}
    counts["texts_sent_in_all"] = sum(result.get("delivery", {}).get("sent", {}).values())
    return run.error or one_line(counts).replace("total_", "").replace("_", " ") or "nothing to do"


def _bubble(text: LatestText, default: ZoneInfo) -> Bubble:
    return Bubble(
        text.business,
        mask_phone(text.to_phone),
        text.sent_at.astimezone(_zone(text.timezone, default)),
        text.status.value,
        text.body,
    )


def _zone(name: str | None, default: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(name or default.key)
    except (KeyError, ValueError, OSError):  # a bad zone is an error in runs; here the text is still shown
        return default


def _fee_lines(fees: Sequence[LatestFee]) -> list[FeeLine]:
    return [FeeLine(each, money_words(each.amount, each.currency, language="en", region="US")) for each in fees]
