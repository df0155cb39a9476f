"""The metrics of a run's result that telemetry sends."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

NUMBERS: Final = {
    "total_checked": "checked",
    "reminders_planned": "planned",
    "alerts_planned": "planned",
    "statuses_updated": "statuses_updated",
    "total_detected": "no_shows",
    "total_fees_applied": "fees_applied",
    "total_fees_collected": "fees_collected",
    "total_fees_failed": "fees_failed",
    "corrected": "corrected",
    "needs_refund": "needs_refund",
    "events_settled": "events_settled",
    "total_improved": "scores_improved",
    "tenants_processed": "tenants",
    "total_errors": "errors",
}
"""Numbers of a result, and the metrics they become (each after `petcare.`)."""


GROUPS: Final = {
    "skipped": "reason",
    "fee_cents_applied": "currency",
    "fee_cents_collected": "currency",
}
"""Groups of numbers in a result: metrics of the same name, and the dimension that tells them apart."""


@dataclass(frozen=True, slots=True)
class Number:
    """One value of a metric, with the dimensions of its own."""

    name: str
    value: float
    dimensions: Mapping[str, str] = field(default_factory=dict)


def numbers_of(result: Mapping[str, Any]) -> Iterator[Number]:
    """Yield the metrics that a result holds: plain numbers, and those by reason, currency or kind of text."""
    for key, name in NUMBERS.items():
        if key in result:
            yield Number(name, result[key])
    for key, by in GROUPS.items():
        yield from (Number(key, value, {by: group}) for group, value in result.get(key, {}).items())
    for outcome, kinds in result.get("delivery", {}).items():
        yield from (Number(outcome, value, {"kind": kind}) for kind, value in kinds.items())
    if "held" in result:
        yield Number("days_held", len(result["held"]))
