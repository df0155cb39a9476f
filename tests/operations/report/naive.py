"""A report computed by loops over all rows: slow, and nothing in common with the real one but its dataclasses."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from shared.database import tables
from shared.operations.report.figures import Both, Outcomes, Period, Rate, Sum
from tests.rows import all_of

KEPT, MISSED = "completed", "no_show"
OPEN = ("pending", "confirmed", "in_progress")
FATE = {
    "delivered": "delivered",
    "sent": "unconfirmed",
    "undelivered": "undelivered",
    "failed": "refused",
    "dead": "refused",
    "cancelled": "withdrawn",
    "expired": "withdrawn",
}


class Naive:
    """All rows of a database, and the figures of a period of one business or all."""

    def __init__(self, engine: Engine, period: Period, only: str | None = None) -> None:
        self.rows = {name: all_of(engine, table) for name, table in tables.metadata.tables.items()}
        self.tenants = {each.id: each for each in self.rows["tenants"] if only in (None, each.subdomain)}
        self.period = period

    def local(self, tenant_id: Any, instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(self.tenants[tenant_id].timezone))

    def dated(self, rows: Sequence[Any], at: Callable[[Any], datetime | None]) -> Iterator[tuple[int, datetime, Any]]:
        """Yield the period, local time and row of what happened in one of the periods."""
        for row in rows:
            instant = at(row) if row.tenant_id in self.tenants else None
            if instant is None:
                continue
            when = self.local(row.tenant_id, instant)
            for number, period in ((1, self.period), (0, self.period.before)):
                if period.first <= when.date() <= period.last:
                    yield number, when, row

    def texts(self) -> Iterator[tuple[int, datetime, Any]]:
        def at(row: Any) -> datetime | None:
            return row.sent_at or (row.not_before if row.status in ("failed", "dead", "cancelled", "expired") else None)

        return self.dated(self.rows["notifications"], at)

    def outcomes(self, key: Callable[[datetime, Any], Any]) -> dict[Any, Both[Outcomes]]:
        counts: dict[Any, tuple[Counter[str], Counter[str]]] = defaultdict(lambda: (Counter(), Counter()))
        for number, when, row in self.texts():
            counts[key(when, row)][number][FATE[row.status]] += 1
        return {key: Both(Outcomes(**now), Outcomes(**before)) for key, (before, now) in counts.items()}

    def segments(self) -> Both[int]:
        sums = [0, 0]
        for number, _, row in self.texts():
            if row.sent_at and row.status in ("sent", "delivered", "undelivered"):
                sums[number] += row.segments or 0
        return Both(sums[1], sums[0])

    def micros(self) -> dict[str, Both[int]]:
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for number, _, row in self.texts():
            if row.price_micros is not None:
                sums[row.price_currency][number] += row.price_micros
        return {currency: Both(now, before) for currency, (before, now) in sums.items()}

    def visits(self) -> list[tuple[int, datetime, Any]]:
        rows = [row for row in self.rows["appointments"] if row.deleted_at is None]
        return list(self.dated(rows, lambda row: row.scheduled_start))

    def rates(self, key: Callable[[datetime, Any], Any]) -> dict[Any, Both[Rate]]:
        counts: dict[Any, list[list[int]]] = defaultdict(lambda: [[0, 0], [0, 0]])
        for number, when, row in self.visits():
            if row.status in (KEPT, MISSED):
                counts[key(when, row)][number][0] += row.status == MISSED
                counts[key(when, row)][number][1] += 1
        return {key: Both(Rate(*now), Rate(*before)) for key, (before, now) in counts.items()}

    def was_reminded(self, visit: Any) -> bool:
        delivered = {row.id for row in self.rows["notifications"] if row.status == "delivered"}
        return any(
            each.subject_id == visit.id
            and each.kind in ("reminder_24h", "reminder_2h")
            and each.occurs_at == visit.scheduled_start
            and each.notification_id in delivered
            for each in self.rows["decisions"]
        )

    def service(self, visit: Any) -> str:
        found = [row for row in self.rows["services"] if row.id == visit.service_id]
        return next((row.name for row in found if row.tenant_id == visit.tenant_id), "")

    def fees(self) -> dict[str, dict[str, Both[Sum]]]:
        sums: dict[tuple[str, str], list[list[int]]] = defaultdict(lambda: [[0, 0], [0, 0]])
        its = {row.id: row for row in self.rows["payments"] if row.type == "no_show_fee"}
        for what, number, fee, cents in (*self._of_fees(list(its.values())), *self._of_actions(its)):
            sums[fee.currency, what][number][0] += 1
            sums[fee.currency, what][number][1] += cents
        found: dict[str, dict[str, Both[Sum]]] = defaultdict(dict)
        for (currency, what), (before, now) in sums.items():
            found[currency][what] = Both(Sum(*now), Sum(*before))
        return found

    def _of_fees(self, fees: list[Any]) -> Iterator[tuple[str, int, Any, int]]:
        free = ("covered_by_deposit", "no_fee", "below_minimum")
        for number, _, fee in self.dated(fees, lambda row: row.created_at):
            if fee.status != "cancelled" and not (fee.status == "waived" and fee.failure_code in free):
                yield "applied", number, fee, fee.amount
        for number, _, fee in self.dated(fees, lambda row: row.succeeded_at):
            if fee.status in ("succeeded", "needs_refund", "refunded"):
                yield "collected", number, fee, fee.amount

    def _of_actions(self, fees: dict[Any, Any]) -> Iterator[tuple[str, int, Any, int]]:
        for action in self.rows["fee_actions"]:
            its = [fees[action.payment_id]] if action.payment_id in fees else []
            for number, _, fee in self.dated(its, lambda _, at=action.created_at: at):  # type: ignore[misc]
                if action.action == "waive" and fee.status == "waived":
                    yield "waived", number, fee, fee.amount
                if action.action == "refund" and action.outcome == "done":
                    yield "refunded", number, fee, action.amount

    def changes(self, table: str, at: str, condition: Callable[[Any], bool] = lambda _: True) -> Both[int]:
        rows = [row for row in self.rows[table] if condition(row)]
        found = Counter(number for number, _, _ in self.dated(rows, lambda row: getattr(row, at)))
        return Both(found[1], found[0])

    def pets(self) -> dict[str, int]:
        return dict(Counter(pet.vaccination_status for pet in self._living().values()))

    def _living(self) -> dict[Any, Any]:
        return {
            row.id: row
            for row in self.rows["pets"]
            if row.tenant_id in self.tenants and row.is_active and not row.is_deceased and row.deleted_at is None
        }

    def expiring(self, now: datetime) -> dict[tuple[date, str], int]:
        found: Counter[tuple[date, str]] = Counter()
        records = [row for row in self.rows["vaccination_records"] if row.deleted_at is None and row.expiry_date]
        for row in records:
            pet = self._living().get(row.pet_id)
            if pet is None or pet.tenant_id != row.tenant_id:
                continue
            today = self.local(row.tenant_id, now).date()
            newer = [each for each in records if (each.pet_id, each.type) == (row.pet_id, row.type)]
            latest = max(newer, key=lambda each: (each.administered_date or date.min, each.expiry_date))
            if latest is row and today <= row.expiry_date <= today + timedelta(days=60):
                found[row.expiry_date, row.type] += 1
        return dict(found)

    def scores(self) -> dict[int | None, int]:
        found: Counter[int | None] = Counter()
        for row in self.rows["owners"]:
            if row.tenant_id in self.tenants and row.is_active and row.deleted_at is None:
                found[row.reputation_score - row.reputation_score % 10] += 1
        return dict(found)
