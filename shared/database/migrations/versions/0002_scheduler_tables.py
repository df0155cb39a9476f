"""The scheduler's own tables, the indexes its queries need, and the columns it writes where a platform lacks them.

Written out, not taken from tables.py: a migration must go on making what it made on the day it was released.

The platform's tables are large and in use. No statement here reads or writes their rows while it keeps others from
writing: columns are added empty or with a constant, which servers keep once for all rows; their checks are validated
later, or hold for new rows only; indexes are built while others write. That cannot be done in one transaction, so the
migration skips what exists already: after a failure it can be run again.

An adopted platform shows us views instead of tables. They stay as they are, and `payments`, which it never shows, is
made here. What Alembic or this file writes as text names the schema itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateColumn, CreateTable

revision = "0002"
down_revision = "0001"

_TABLES = (
    "decisions",
    "notifications",
    "payment_attempts",
    "fee_actions",
    "reputation_events",
    "phone_blocks",
    "runs",
    "leases",
    "breakers",
    "pauses",
    "commits",
)
_PLATFORM_INDEXES = {
    "ix_appointments_tenant_id_scheduled_start": ("appointments", ["tenant_id", "scheduled_start"]),
    "ix_appointments_owner_id_scheduled_start": ("appointments", ["owner_id", "scheduled_start"]),
    "ix_payments_status_next_attempt_at": ("payments", ["status", "next_attempt_at"]),
    "ix_payments_status_claimed_until": ("payments", ["status", "claimed_until"]),
    "ix_pets_owner_id": ("pets", ["owner_id"]),
    "ix_vaccination_records_tenant_id_expiry_date": ("vaccination_records", ["tenant_id", "expiry_date"]),
    "ix_vaccination_records_pet_id": ("vaccination_records", ["pet_id"]),
}


def upgrade() -> None:
    _wait_briefly_for_locks()
    _create_missing_payments()
    _add_missing_columns()
    if _dialect() == "sqlite":  # one file, one writer: all in one transaction
        _index_the_platforms_tables()
    else:
        with op.get_context().autocommit_block():
            _index_the_platforms_tables()
        _wait_briefly_for_locks()
    _create_decisions()
    _create_notifications()
    _create_payment_attempts()
    _create_fee_actions()
    _create_reputation_events()
    _create_phone_blocks()
    _create_runs()
    _create_leases()
    _create_breakers()
    _create_pauses()
    _create_commits()


def downgrade() -> None:
    # The platform's columns stay: whether they were there before 0002 is not on record, and their contents
    # (a consent withdrawn, a score, a fee) are the platform's by now.
    if _dialect() == "sqlite":
        _drop_the_platforms_indexes()
    else:
        with op.get_context().autocommit_block():
            _drop_the_platforms_indexes()
        _wait_briefly_for_locks()
    for table in reversed(_TABLES):
        op.drop_table(table)


def _dialect() -> str:
    return op.get_context().dialect.name


def _schema() -> str | None:
    return op.get_context().version_table_schema


def _full(name: str) -> str:
    """Return the name of a table or an index with its schema."""
    quote = op.get_context().dialect.identifier_preparer.quote
    return ".".join(map(quote, filter(None, (_schema(), name))))


def _tables() -> Sequence[str]:
    """Return the tables that are there: neither columns nor indexes can be added to a view."""
    return sa.inspect(op.get_bind()).get_table_names(_schema())


def _is_table_on_mssql(name: str) -> str:
    return f"OBJECT_ID('{_full(name)}', 'U') IS NOT NULL"


def _wait_briefly_for_locks() -> None:
    """Make this transaction fail rather than wait long for a table: everybody else would wait behind it."""
    if _dialect() == "postgresql":
        op.execute("SET LOCAL lock_timeout = '3s'")
    elif _dialect() == "mssql":
        op.execute("SET LOCK_TIMEOUT 3000")


def _written_columns() -> Mapping[str, Sequence[sa.Column[Any]]]:
    """Return, by platform table, the columns that the application writes and that can be added to existing rows.

    Left out: keys, amounts and dates of creation, for which no value could be made up.
    """
    return {
        "owners": [
            sa.Column("sms_opted_in", sa.Boolean, nullable=False, server_default=sa.true()),
            sa.Column("no_show_count", sa.Integer, nullable=False, server_default=sa.text("0")),
            sa.Column("reputation_score", sa.SmallInteger, nullable=False, server_default=sa.text("100")),
            _instant("last_reputation_update"),
            _instant("updated_at"),
        ],
        "pets": [
            sa.Column("vaccination_status", sa.String(20), nullable=False, server_default="unknown"),
            sa.Column("vaccination_expires_at", sa.Date),
            _instant("updated_at"),
        ],
        "appointments": [
            sa.Column("status", sa.String(20), nullable=False, server_default="pending"),
            sa.Column("no_show_fee_charged", sa.Integer),
            _instant("updated_at"),
        ],
        "vaccination_records": [
            sa.Column("status", sa.String(20), nullable=False, server_default="unknown"),
            _instant("updated_at"),
        ],
        "payments": [
            sa.Column("method", sa.String(20)),
            sa.Column("status", sa.String(20), nullable=False, server_default="pending"),
            sa.Column("offence_number", sa.Integer),
            sa.Column("visit_on", sa.Date),
            sa.Column("description", sa.Unicode(500)),
            sa.Column("policy", sa.JSON),
            sa.Column("stripe_payment_intent_id", sa.String(255)),
            sa.Column("failure_code", sa.String(100)),
            sa.Column("failure_message", sa.Unicode(500)),
            sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
            _instant("due_at"),
            _instant("next_attempt_at"),
            sa.Column("claimed_by", sa.String(64)),
            _instant("claimed_until"),
            _instant("succeeded_at"),
            _instant("updated_at"),
        ],
    }


_VACCINATIONS = "IN ('current', 'expiring_soon', 'expired', 'unknown')"
_CHECKS = {
    ("owners", "reputation_score"): "BETWEEN 0 AND 100",
    ("pets", "vaccination_status"): _VACCINATIONS,
    ("appointments", "status"): "IN ('pending', 'confirmed', 'in_progress', 'completed', 'cancelled', 'no_show')",
    ("vaccination_records", "status"): _VACCINATIONS,
    ("payments", "status"): (
        "IN ('pending', 'processing', 'succeeded', 'failed', 'requires_action', 'needs_refund', 'cancelled', 'waived',"
        " 'refunded')"
    ),
}
"""What an added column may hold."""


def _add_missing_columns() -> None:
    for table, columns in _written_columns().items():
        if _dialect() == "mssql":
            _add_on_mssql(table, columns)
            continue
        if table not in _tables():
            continue
        existing = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table, _schema())}
        missing = [column for column in columns if column.name not in existing]
        if missing and _dialect() == "postgresql":
            _add_on_postgresql(table, missing)
        elif missing:
            for column in missing:
                op.execute(f"ALTER TABLE {_full(table)} ADD {_specification(column)} {_check(table, column)}")


def _add_on_postgresql(table: str, columns: Sequence[sa.Column[Any]]) -> None:
    # In one statement, so that a check is there whenever its column is.
    added = [f"ADD {_specification(column)}" for column in columns]
    added += [f"ADD {check} NOT VALID" for column in columns if (check := _check(table, column))]
    op.execute(f"ALTER TABLE {_full(table)} {', '.join(added)}")


def _add_on_mssql(table: str, columns: Sequence[sa.Column[Any]]) -> None:
    for column in columns:
        missing = f"IF {_is_table_on_mssql(table)} AND COL_LENGTH('{_full(table)}', '{column.name}') IS NULL"
        added = f"ALTER TABLE {_full(table)} ADD {_specification(column)}"
        if check := _check(table, column):
            # NOCHECK: it holds for what is written from now on; what is there has the default. In a batch of its own,
            # since the server compiles a batch before it runs it: there is no such column yet.
            checked = f"ALTER TABLE {_full(table)} WITH NOCHECK ADD {check}".replace("'", "''")
            added = f"BEGIN\n{added};\nEXEC('{checked}');\nEND"
        op.execute(f"{missing} {added}")


def _specification(column: sa.Column[Any]) -> str:
    sa.Table("its", sa.MetaData(), column)
    return str(CreateColumn(column).compile(dialect=op.get_context().dialect)).strip()


def _check(table: str, column: sa.Column[Any]) -> str:
    holds = _CHECKS.get((table, column.name))
    return f"CONSTRAINT ck_{table}_{column.name} CHECK ({column.name} {holds})" if holds else ""


def _index_the_platforms_tables() -> None:
    if _dialect() == "postgresql":
        _finish_on_postgresql()
    elif _dialect() == "mssql":
        op.execute("SET LOCK_TIMEOUT -1")
    for name, (table, columns) in _PLATFORM_INDEXES.items():
        if _dialect() == "mssql":
            _index_on_mssql(name, table, columns)
        elif table in _tables():
            op.create_index(name, table, columns, postgresql_concurrently=True, if_not_exists=True)


def _finish_on_postgresql() -> None:
    """Check the rows that are there, and drop what building an index left behind when it failed."""
    for table, column in _CHECKS:
        name = f"ck_{table}_{column}"
        new = "SELECT 1 FROM pg_constraint WHERE conname = :name AND conrelid = to_regclass(:on) AND NOT convalidated"
        if op.get_bind().execute(sa.text(new), {"name": name, "on": _full(table)}).scalar():
            op.execute(f"ALTER TABLE {_full(table)} VALIDATE CONSTRAINT {name}")
    for name in _PLATFORM_INDEXES:
        broken = sa.text("SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid")
        if op.get_bind().execute(broken, {"name": _full(name)}).scalar():
            op.execute(f"DROP INDEX CONCURRENTLY {_full(name)}")


def _index_on_mssql(name: str, table: str, columns: Sequence[str]) -> None:
    # Editions 3 (Enterprise, Developer), 5 and 8 (Azure SQL) build it beside the writers; the others cannot.
    full = _full(table)
    create = f"CREATE INDEX {name} ON {full} ({', '.join(columns)})"
    op.execute(
        f"IF {_is_table_on_mssql(table)}\n"  # noqa: S608
        f"AND NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = '{name}' AND object_id = OBJECT_ID('{full}'))\n"
        f"IF CAST(SERVERPROPERTY('EngineEdition') AS INTEGER) IN (3, 5, 8) {create} WITH (ONLINE = ON)\n"
        f"ELSE {create}"
    )


def _drop_the_platforms_indexes() -> None:
    for name, (table, _) in _PLATFORM_INDEXES.items():
        if _dialect() == "mssql" or table in _tables():
            op.drop_index(name, table_name=table, postgresql_concurrently=True, if_exists=True)


def _create_missing_payments() -> None:
    if _dialect() == "mssql":
        made = " ".join(str(CreateTable(_payments()).compile(dialect=op.get_context().dialect)).split())
        op.execute(f"IF OBJECT_ID('{_full('payments')}') IS NULL {made}")
    elif "payments" not in _tables():
        op.execute(CreateTable(_payments()))


def _payments() -> sa.Table:
    columns = _written_columns()["payments"]
    names = {"ck": "ck_%(table_name)s_%(constraint_name)s", "pk": "pk_%(table_name)s"}
    types = "IN ('no_show_fee', 'deposit', 'full_payment', 'tip', 'refund', 'other')"
    return sa.Table(
        "payments",
        sa.MetaData(naming_convention=names, schema=_schema()),
        _id(),
        _refers_to_platform("tenant_id"),
        _refers_to_platform("owner_id"),
        sa.Column("appointment_id", sa.Uuid),
        sa.Column("type", sa.String(20), nullable=False),
        *columns[:2],
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        *columns[2:-1],
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=_now()),
        columns[-1],
        sa.CheckConstraint(f"type {types}", name="type"),
        sa.CheckConstraint(f"status {_CHECKS['payments', 'status']}", name="status"),
    )


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("ledger_key", _key(200), primary_key=True),
        _refers_to_platform("tenant_id"),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject_type", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("occurrence", sa.String(100), nullable=False),
        _instant("occurs_at"),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("notification_id", sa.Uuid),
        sa.Column("run_id", sa.Uuid, nullable=False),
        _instant("decided_at", nullable=False),
        _one_of("outcome", ("notify", "skipped", "expired", "cancelled")),
        sa.CheckConstraint(
            "notification_id IS NULL OR outcome = 'notify'",
            name="notification",
        ),
    )
    op.create_index("ix_decisions_subject_id", "decisions", ["subject_id", "kind"])
    op.create_index("ix_decisions_notification_id", "decisions", ["notification_id"])


def _create_notifications() -> None:
    statuses = "planned sending sent delivered undelivered failed dead cancelled expired"
    op.create_table(
        "notifications",
        _id(),
        _refers_to_platform("tenant_id"),
        _refers_to_platform("owner_id"),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("to_phone", sa.String(20)),
        sa.Column("body", sa.Unicode(1600)),
        sa.Column("segments", sa.SmallInteger),
        sa.Column("price_micros", sa.Integer),
        sa.Column("price_currency", sa.String(3)),
        sa.Column("status", sa.String(20), nullable=False, server_default="planned"),
        sa.Column("reason", sa.String(40)),
        _instant("not_before", nullable=False),
        _instant("useful_until", nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("attempts", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("ambiguities", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("unclear_answers", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
        _instant("attempted_at"),
        sa.Column("provider_message_id", _key(64)),
        sa.Column("error_code", sa.String(40)),
        sa.Column("claimed_by", sa.String(64)),
        _instant("claimed_until"),
        sa.Column("run_id", sa.Uuid, nullable=False),
        _instant("created_at", nullable=False),
        _instant("sent_at"),
        _instant("updated_at"),
        _one_of("status", statuses.split()),
    )
    _index_notifications()


def _index_notifications() -> None:
    op.create_index(
        "ix_notifications_status_priority_not_before",
        "notifications",
        ["status", "priority", "not_before", "id"],
    )
    for second in ("useful_until", "claimed_until"):
        op.create_index(f"ix_notifications_status_{second}", "notifications", ["status", second])
    op.create_index("ix_notifications_sent_at_tenant_id", "notifications", ["sent_at", "tenant_id"])
    for column in ("to_phone", "run_id"):
        op.create_index(f"ix_notifications_{column}", "notifications", [column])
    op.create_index(
        "uq_notifications_provider_message_id",
        "notifications",
        ["provider_message_id"],
        unique=True,
        mssql_where=sa.text("provider_message_id IS NOT NULL"),
    )


def _create_payment_attempts() -> None:
    op.create_table(
        "payment_attempts",
        sa.Column("payment_id", sa.Uuid, sa.ForeignKey("payments.id"), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("idempotency_key", sa.String(255), nullable=False),
        sa.Column("parameters", sa.JSON),
        sa.Column("outcome", sa.String(40)),
        sa.Column("code", sa.String(100)),
        sa.Column("stripe_charge_id", sa.String(255)),
        _instant("started_at", nullable=False),
        _instant("finished_at"),
    )


def _create_fee_actions() -> None:
    op.create_table(
        "fee_actions",
        _id(),
        _reference("payment_id", "payments.id"),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("who", sa.Unicode(200), nullable=False),
        sa.Column("why", sa.Unicode(500), nullable=False),
        sa.Column("amount", sa.Integer),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("outcome", sa.String(20)),
        sa.Column("code", sa.String(100)),
        sa.Column("stripe_refund_id", sa.String(255)),
        _instant("created_at", nullable=False),
        _instant("updated_at"),
        _one_of("action", ("charge", "waive", "refund")),
        _one_of("outcome", ("asked", "done", "refused")),
    )
    op.create_index("ix_fee_actions_payment_id", "fee_actions", ["payment_id"])


def _create_reputation_events() -> None:
    op.create_table(
        "reputation_events",
        _id(),
        _refers_to_platform("tenant_id"),
        _refers_to_platform("owner_id"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("points", sa.SmallInteger, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("ledger_key", _key(200), nullable=False, unique=True),
        _instant("occurred_at", nullable=False),
        _instant("reversed_at"),
        sa.Column("reversed_reason", sa.String(40)),
        _instant("created_at", nullable=False),
        _one_of("kind", ("opening", "no_show", "late_cancellation", "completed", "on_time", "recovery")),
    )
    op.create_index("ix_reputation_events_kind_occurred_at", "reputation_events", ["kind", "occurred_at"])
    op.create_index("ix_reputation_events_owner_id_subject_id", "reputation_events", ["owner_id", "subject_id"])


def _create_phone_blocks() -> None:
    op.create_table(
        "phone_blocks",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("phone_hash", sa.String(64), primary_key=True),
        sa.Column("reason", sa.String(40), nullable=False),
        _instant("created_at", nullable=False),
    )


def _create_runs() -> None:
    op.create_table(
        "runs",
        _id(),
        sa.Column("task", sa.String(64), nullable=False),
        _instant("now", nullable=False),
        _instant("started_at", nullable=False),
        _instant("finished_at"),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("tenants", sa.JSON),
        sa.Column("is_complete", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("result", sa.JSON),
        sa.Column("error", sa.UnicodeText),
        sa.Column("host", sa.String(200)),
        _one_of("status", ("running", "succeeded", "failed", "held")),
    )
    op.create_index("ix_runs_task_started_at", "runs", ["task", "started_at"])


def _create_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", _key(100), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        _instant("expires_at", nullable=False),
    )


def _create_breakers() -> None:
    op.create_table(
        "breakers",
        sa.Column("name", _key(40), primary_key=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(64)),
        _instant("since"),
        _instant("until"),
        sa.Column("openings", sa.SmallInteger, nullable=False),
        sa.Column("code", sa.String(40)),
        _one_of("state", ("closed", "open", "half_open")),
    )


def _create_pauses() -> None:
    op.create_table(
        "pauses",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        _instant("until", nullable=False),
        sa.Column("code", sa.String(40)),
        _instant("created_at", nullable=False),
    )


def _create_commits() -> None:
    op.create_table(
        "commits",
        _id(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=_now()),
    )
    op.create_index("ix_commits_at", "commits", ["at"])


def _now() -> Any:
    # SQL Server's CURRENT_TIMESTAMP is local time without an offset.
    return sa.text("SYSDATETIMEOFFSET()") if _dialect() == "mssql" else sa.func.current_timestamp()


def _key(length: int) -> Any:
    return sa.String(length).with_variant(sa.String(length, collation="Latin1_General_100_BIN2"), "mssql")


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Uuid, primary_key=True)


def _reference(name: str, target: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid, sa.ForeignKey(target), nullable=False)


def _refers_to_platform(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid, nullable=False)  # no foreign key: an adopted platform's tables stay untouched


def _instant(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _one_of(column: str, values: Sequence[str]) -> sa.CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({quoted})", name=column)
