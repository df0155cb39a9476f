"""Our tables have no foreign keys into the platform's: whoever migrates those need not know of us.

Rows, columns, checks and indexes stay. New installations have no such keys from the beginning.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_KEYS: Mapping[str, Sequence[str]] = {
    "payments": ("tenant_id", "owner_id", "appointment_id"),
    "decisions": ("tenant_id",),
    "notifications": ("tenant_id", "owner_id"),
    "reputation_events": ("tenant_id", "owner_id"),
    "phone_blocks": ("tenant_id",),
    "pauses": ("tenant_id",),
}
"""By table, the columns that referred to the platform's rows."""


def upgrade() -> None:
    _wait_briefly_for_locks()
    for table, columns in _KEYS.items():
        names = [f"fk_{table}_{column}" for column in columns]
        if op.get_context().dialect.name == "sqlite":
            _make_anew_without(table, names)
        else:
            for name in names:
                schema = op.get_context().version_table_schema
                op.drop_constraint(name, table, type_="foreignkey", schema=schema, if_exists=True)


def downgrade() -> None:
    """Make no keys: the program of 0005 works without, and by now rows may refer to what the platform deleted."""


def _wait_briefly_for_locks() -> None:
    # To drop a key takes a lock on the platform's table, too: everybody else would wait behind this one.
    if op.get_context().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '3s'")
    elif op.get_context().dialect.name == "mssql":
        op.execute("SET LOCK_TIMEOUT 3000")


def _make_anew_without(table: str, names: Sequence[str]) -> None:
    there = {each["name"] for each in sa.inspect(op.get_bind()).get_foreign_keys(table)}
    if gone := [name for name in names if name in there]:
        with op.batch_alter_table(table, recreate="always") as made_anew:
            for name in gone:
                made_anew.drop_constraint(op.f(name), type_="foreignkey")
