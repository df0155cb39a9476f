"""Years of a platform's rows that are past or far ahead, made by the database itself: none of them is due.

For the tests that read query plans, and for the benchmark of planning. On SQLite and PostgreSQL.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

BUSINESSES: Final = 20
YEARS: Final = 3
PER_OWNER: Final = 20
"""So many appointments have an owner and a pet in common."""


def store(connection: Connection, appointments: int, now: datetime) -> None:
    """Insert appointments, nine in ten from three years to 70 days before `now`, the rest 3 to 63 days after it.

    And what belongs to them: owners, pets and their vaccinations, reminders with their decisions, events and fees;
    some of these in every status, and none of them due.
    """
    for statement in _statements(connection.dialect.name, appointments, now):
        connection.execute(text(statement))
    connection.execute(text("ANALYZE"))


def tenant_ids() -> Sequence[UUID]:
    """Return the ids of the businesses that the rows belong to."""
    return [UUID(int=number) for number in range(1, BUSINESSES + 1)]


def _statements(dialect: str, many: int, now: datetime) -> Iterator[str]:
    sql, owners = _Sql(dialect, now), max(1, many // PER_OWNER)
    past_minutes, owner = (YEARS * 365 - 70) * 1440, f"i % {owners}"
    its_tenant = sql.id(0, f"({owner}) % {BUSINESSES} + 1")
    past = f"-70 * 1440 - (i * 7919) % {past_minutes}"
    start = f"CASE WHEN i % 10 = 0 THEN 3 * 1440 + (i * 7919) % 86400 ELSE {past} END"
    ended = "CASE WHEN i % 10 = 0 THEN 'confirmed' ELSE 'completed' END"
    long_ago, base = sql.at(f"{-YEARS * 365 * 1440}"), (its_tenant, sql.id(1, owner))
    yield sql.insert(
        "tenants",
        {
            "id": sql.id(0, "i + 1"),
            "subdomain": "'stored-' || i",
            "business_name": "'Stored ' || i",
            "timezone": "'America/New_York'",
            "status": "'active'",
            "created_at": long_ago,
        },
        BUSINESSES,
    )
    ours = {"tenant_id": sql.id(0, f"i % {BUSINESSES} + 1"), "created_at": long_ago}
    phone = "'+1212' || (2000000 + i)"
    yield sql.insert("owners", {"id": sql.id(1, "i"), "first_name": "'Ana'", "phone": phone, **ours}, owners)
    yield sql.insert("pets", {"id": sql.id(2, "i"), "owner_id": sql.id(1, "i"), "name": "'Rex'", **ours}, owners)
    shot = {"id": sql.id(3, "i"), "pet_id": sql.id(2, "i"), "type": "'rabies'", "status": "'current'"}
    yield sql.insert("vaccination_records", {**shot, "expiry_date": sql.on("60 + i % 900"), **ours}, owners)
    theirs = {"tenant_id": base[0], "owner_id": base[1], "created_at": long_ago}
    times = {"scheduled_start": sql.at(start), "scheduled_end": sql.at(f"{start} + 60"), "status": ended}
    yield sql.insert("appointments", {"id": sql.id(4, "i"), **times, **theirs}, many)
    pair = {"appointment_id": sql.id(4, "i"), "pet_id": sql.id(2, owner)}
    yield sql.insert("appointment_pets", pair, many)
    yield sql.insert("notifications", {"id": sql.id(5, "i"), **_text(sql, past), **theirs}, many, "i % 10 <> 0")
    yield sql.insert("decisions", _decision(sql, past, its_tenant), many, "i % 10 <> 0")
    kind = "CASE i % 10 WHEN 5 THEN 'no_show' WHEN 7 THEN 'opening' ELSE 'completed' END"
    event = {"id": sql.id(6, "i"), "kind": kind, "points": "2", "subject_id": sql.id(4, "i")}
    dated = {"ledger_key": "'completed:' || i", "occurred_at": sql.at(past)}
    yield sql.insert("reputation_events", {**event, **dated, **theirs}, many, "i % 10 <> 0")
    status = "CASE i % 100 WHEN 5 THEN 'pending' WHEN 15 THEN 'processing' WHEN 25 THEN 'waived' ELSE 'succeeded' END"
    fee = {"id": sql.id(7, "i"), "type": "'no_show_fee'", "status": status, "amount": "2500", "currency": "'USD'"}
    claim = {"next_attempt_at": sql.at("86400"), "claimed_until": sql.at("86400")}
    yield sql.insert("payments", {**fee, **claim, **theirs}, many, "i % 10 = 5")


def _text(sql: "_Sql", past: str) -> dict[str, str]:
    status = "CASE i % 100 WHEN 1 THEN 'planned' WHEN 2 THEN 'failed' WHEN 3 THEN 'sent' ELSE 'delivered' END"
    at = f"CASE i % 100 WHEN 1 THEN 86400 ELSE {past} END"
    due = {"not_before": sql.at(at), "useful_until": sql.at(f"{at} + 1260"), "sent_at": sql.at(past)}
    about = {"kind": "'reminder_24h'", "status": status, "priority": "3", "run_id": sql.id(8, "i / 500")}
    return {**about, **due, "to_phone": "'+1212' || (2000000 + i)", "provider_message_id": "'SM' || i"}


def _decision(sql: "_Sql", at: str, tenant: str) -> dict[str, str]:
    subject = {"subject_type": "'appointment'", "subject_id": sql.id(4, "i"), "notification_id": sql.id(5, "i")}
    when = {"occurrence": "'' || i", "occurs_at": sql.at(at), "decided_at": sql.at(f"{at} - 1440")}
    made = {"ledger_key": "'reminder_24h:' || i", "tenant_id": tenant, "kind": "'reminder_24h'", "outcome": "'notify'"}
    return {**made, **subject, **when, "run_id": sql.id(8, "i / 500")}


class _Sql:
    """How a database makes ids, instants and dates of a number `i` that counts from 0."""

    def __init__(self, dialect: str, now: datetime) -> None:
        self.is_sqlite, self.now = dialect == "sqlite", f"{now:%Y-%m-%d %H:%M:%S}"

    def id(self, kind: int, number: str) -> str:
        """An id: the same for the same kind and number."""
        number = f"{kind} * 10000000000 + ({number})"
        return f"printf('%032x', {number})" if self.is_sqlite else f"lpad(to_hex({number}), 32, '0')::uuid"

    def at(self, minutes: str) -> str:
        """An instant so many minutes from now."""
        if self.is_sqlite:
            return f"strftime('%Y-%m-%d %H:%M:%S.000000', '{self.now}', ({minutes}) || ' minutes')"
        return f"timestamptz '{self.now}+00' + ({minutes}) * interval '1 minute'"

    def on(self, days: str) -> str:
        """A date so many days from now."""
        if self.is_sqlite:
            return f"strftime('%Y-%m-%d', '{self.now}', ({days}) || ' days')"
        return f"date '{self.now[:10]}' + ({days})::int"

    def insert(self, table: str, values: dict[str, str], many: int, where: str = "1 = 1") -> str:
        """The statement that inserts a row for each number below `many` for which a condition holds."""
        numbers = f"SELECT i::bigint FROM generate_series(0, {many - 1}) AS i"
        if self.is_sqlite:
            numbers = f"SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {many}"
        made = f"WITH RECURSIVE n(i) AS ({numbers}) SELECT {', '.join(values.values())} FROM n WHERE {where}"
        return f"INSERT INTO {table} ({', '.join(values)}) {made}"
