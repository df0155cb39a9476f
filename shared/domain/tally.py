"""What a run counts: totals by tenant, problems, and in a dry run what would happen."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from shared.domain.records import Problem

Progress = Callable[[str, int], None]
SHOWN_ERRORS = 20
SETTINGS: Final = "settings"
"""The subject of problems with a tenant's settings."""


@dataclass(frozen=True, slots=True)
class DryRunLine:
    """One thing that a run would do. `to`: the masked number; `when`: not before this instant; `reason`: why not."""

    action: str
    tenant: str
    subject: str
    to: str | None = None
    when: datetime | None = None
    text: str | None = None
    segments: int | None = None
    reason: str | None = None

    def as_object(self) -> dict[str, Any]:
        """Return the line as the result of a run holds it, with the instant in ISO 8601."""
        return asdict(self) | {"when": self.when.isoformat() if self.when else None}


class Tally:
    """Counts by tenant (its subdomain) and key. A key "skipped.no_phone" is shown as {"skipped": {"no_phone": n}}.

    `failure_codes`: the provider's code for each text that failed; threads may append to it.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._delivery: Counter[str] = Counter()
        self._progress = progress
        self.failure_codes: list[str] = []
        self.problems: list[Problem] = []
        self.failed_tenants: set[str] = set()
        self.would: list[DryRunLine] = []
        self.held: list[dict[str, Any]] = []
        self.sender_trouble: list[dict[str, str]] = []
        self.stopped_early = False
        self._reported: set[str] = set()

    def add(self, tenant: str, key: str, count: int = 1) -> None:
        """Count something about a tenant."""
        self._counts[tenant][key] += count
        self._report(key, count)

    def deliver(self, outcome: str, kind: str, count: int = 1) -> None:
        """Count an outcome of delivery, whichever job planned the text."""
        self._delivery[f"{outcome}.{kind}"] += count
        self._report(outcome, count)

    def problem(self, problem: Problem, *, is_tenants: bool = False) -> None:
        """Note a bad row, or (`is_tenants`) a tenant that could not be served."""
        self.problems.append(problem)
        if is_tenants:
            self.failed_tenants.add(problem.tenant)

    @property
    def left_out(self) -> set[str]:
        """The tenants that were left out wholly, because of their settings."""
        return {each.tenant for each in self.problems if each.subject == SETTINGS} & self.failed_tenants

    def trouble(self, tenant: str, code: str) -> None:
        """Note that a tenant's texts do not arrive, with the code that says why."""
        self.sender_trouble.append({"tenant": tenant, "code": code})

    def unreported(self, keys: Collection[str]) -> set[str]:
        """Return the keys that this dry run has not reported yet: it writes nothing, so it may meet one again."""
        news = set(keys) - self._reported
        self._reported |= news
        return news

    def total(self, key: str) -> int:
        """Return the sum of `key` over all tenants."""
        return sum(counts[key] for counts in self._counts.values())

    def delivered(self, outcome: str, kind: str) -> int:
        """Return how many notifications of `kind` had `outcome` in this run."""
        return self._delivery[f"{outcome}.{kind}"]

    def totals(self) -> dict[str, Any]:
        """Return the counts of all tenants added up."""
        return nested(sum(self._counts.values(), Counter()))

    def by_tenant(self) -> dict[str, Any]:
        """Return each tenant's counts."""
        return {tenant: nested(counts) for tenant, counts in sorted(self._counts.items())}

    def delivery(self) -> dict[str, Any]:
        """Return what delivery did: outcome → kind → count."""
        return {"sent": {}, "failed": {}, "ambiguous": {}, "deferred": {}} | nested(self._delivery)

    def errors(self) -> list[dict[str, str]]:
        """Return the first problems."""
        return [
            {"tenant": each.tenant, "subject": each.subject, "reason": each.reason}
            for each in self.problems[:SHOWN_ERRORS]
        ]

    def as_json(self) -> dict[str, Any]:
        """Return all counts for another process to add up, except a dry run's report."""
        return {
            "counts": {tenant: dict(counts) for tenant, counts in self._counts.items()},
            "delivery": dict(self._delivery),
            "problems": [asdict(each) for each in self.problems],
            "failed_tenants": sorted(self.failed_tenants),
            "held": self.held,
            "sender_trouble": self.sender_trouble,
            "stopped_early": self.stopped_early,
        }

    def add_up(self, counted: Mapping[str, Any]) -> None:
        """Add the counts of another process."""
        for tenant, counts in counted["counts"].items():
            self._counts[tenant].update(counts)
        self._delivery.update(counted["delivery"])
        found = (Problem(**each) for each in counted["problems"])
        self.problems = list(dict.fromkeys([*self.problems, *found]))  # each process names the bad rows it meets
        self.failed_tenants |= set(counted["failed_tenants"])
        self.held += counted["held"]
        self.sender_trouble += [each for each in counted.get("sender_trouble", ()) if each not in self.sender_trouble]
        self.stopped_early |= counted["stopped_early"]

    def _report(self, key: str, count: int) -> None:
        if self._progress:
            self._progress(key, count)


def nested(counts: Counter[str]) -> dict[str, Any]:
    """Return "a.b": n as {"a": {"b": n}}."""
    result: dict[str, Any] = {}
    for key, count in sorted(counts.items()):
        outer, _, inner = key.partition(".")
        if inner:
            result.setdefault(outer, {})[inner] = count
        else:
            result[outer] = count
    return result


def of_tenants(result: Mapping[str, Any], subdomains: Collection[str]) -> dict[str, Any]:
    """Return what a result says of some tenants: their own counts, errors (of the first of all), held days, trouble."""
    counts = {name: result.get("tenant_results", {}).get(name, {}) for name in subdomains}
    lists = {
        key: [each for each in result.get(key, ()) if each["tenant"] in subdomains]
        for key in ("errors", "held", "sender_trouble")
    }
    return {"tenant_results": counts, **lists}


def held_words(held: Mapping[str, Any]) -> str:
    """Return in words why a held day is doubtful."""
    looks = f"{held['candidates']} of {held['appointments']} appointments look missed"
    if "recorded" not in held:
        return looks
    return f"{looks}, and of {held['past_appointments']} in 14 days {held['recorded']} are on record as attended"


def one_line(result: Mapping[str, Any]) -> str:
    """Return the counts of a result that are not zero, on one line."""
    return ", ".join(f"{key} {count}" for key, count in _counts(result) if count)


def _counts(result: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield the counts of a result with their names, except those of single tenants, which have their own lines."""
    for key, value in result.items():
        if isinstance(value, int):
            yield key, value
        elif isinstance(value, dict) and key != "tenant_results":
            yield from ((f"{key} {inner}", count) for inner, count in _counts(value))
