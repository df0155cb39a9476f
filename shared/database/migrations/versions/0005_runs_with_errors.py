"""Runs that were done with errors have a status of their own."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_BEFORE = ("running", "succeeded", "failed", "held")
_AFTER = ("running", "succeeded", "with_errors", "failed", "held")


def upgrade() -> None:
    _allow(_AFTER)


def downgrade() -> None:
    # Before, a run with errors had succeeded, or was held.
    runs = sa.table("runs", sa.column("status", sa.String), schema=op.get_context().version_table_schema)
    before, after = op.inline_literal("succeeded"), op.inline_literal("with_errors")
    op.execute(runs.update().where(runs.c.status == after).values(status=before))
    _allow(_BEFORE)


def _allow(statuses: Sequence[str]) -> None:
    quoted = ", ".join(f"'{each}'" for each in statuses)
    with op.batch_alter_table("runs", schema=op.get_context().version_table_schema) as runs:
        if op.get_context().dialect.name != "sqlite":  # there the table is made anew, which drops its only check
            runs.drop_constraint("status", type_="check")
        runs.create_check_constraint("status", f"status IN ({quoted})")
