"""A run in words."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from shared.database.runs import NotedRun
from shared.domain.records import RunStatus
from shared.domain.tally import held_words, one_line
from shared.operations.health import span_words

_ASIDE: Final = ("tenants_processed", "tenants_failed", "total_checked", "total_errors")
_TONES: Final = {RunStatus.SUCCEEDED: "good", RunStatus.RUNNING: "busy", RunStatus.HELD: "busy"}


@dataclass(frozen=True, slots=True)
class HeldDay:
    """A held day of a business. `words`: why it is doubtful."""

    tenant: str
    date: str
    words: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run as the pages show it. `tone`: good, busy or bad; `errors`: how many; `first_error`: one of them."""

    run: NotedRun
    state: str
    tone: str
    took: str
    outcome: str
    errors: int
    first_error: str
    held: tuple[HeldDay, ...]


def line_of(run: NotedRun) -> RunLine:
    """Return a run in words."""
    result = run.result or {}
    return RunLine(
        run=run,
        state="cut off" if run.is_lost else run.status.value.replace("_", " "),
        tone="bad" if run.is_lost else _TONES.get(run.status, "bad"),
        took=_took(run),
        outcome=_outcome(run),
        errors=result.get("total_errors", 0),
        first_error=": ".join(str(part) for part in (result.get("errors") or [{}])[0].values()),
        held=tuple(HeldDay(each["tenant"], each["date"], held_words(each)) for each in result.get("held") or ()),
    )


def _took(run: NotedRun) -> str:
    if run.finished_at is None:
        return "-"
    took = run.finished_at - run.started_at
    return span_words(took) if took >= timedelta(minutes=1) else f"{took.total_seconds():.1f} s"


def _outcome(run: NotedRun) -> str:
    """Return the main counts of a run in words; the page of the run shows them all."""
    if run.error or run.status is RunStatus.RUNNING:
        return run.error or ""
    result = run.result or {}
    counts = {key: value for key, value in result.items() if type(value) is int and key not in _ASIDE}
    counts["texts_sent_in_all"] = sum(result.get("delivery", {}).get("sent", {}).values())
    counts["days_held"] = len(result.get("held") or ())
    return one_line(counts).replace("total_", "").replace("_", " ") or "nothing to do"
