"""The history of consent: when each owner gave or withdrew it, and through what.

Written out, not taken from tables.py: a migration must go on making what it made on the day it was released.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "consent_events",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("phone_hash", sa.String(64), nullable=False),
        sa.Column("given", sa.Boolean, nullable=False),
        sa.Column("happened_at", instant, nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("notification_id", sa.Uuid),
        sa.Column("created_at", instant, nullable=False),
        sa.CheckConstraint("source IN ('reply', 'refusal', 'receipt', 'platform')", name="source"),
    )
    op.create_index("ix_consent_events_owner_id_happened_at", "consent_events", ["owner_id", "happened_at"])
    op.create_index("ix_consent_events_tenant_id_phone_hash", "consent_events", ["tenant_id", "phone_hash"])


def downgrade() -> None:
    op.drop_table("consent_events")
