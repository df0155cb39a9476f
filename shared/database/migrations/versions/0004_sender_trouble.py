"""Which pauses come from a sender that is refused, and how far the providers' clocks are off ours."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    column = sa.Column("is_sender_trouble", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("pauses", column, schema=op.get_context().version_table_schema)
    op.create_table(
        "provider_clocks",
        sa.Column("name", _key(40), primary_key=True),
        sa.Column("skew_seconds", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("provider_clocks")
    schema = op.get_context().version_table_schema
    op.drop_column("pauses", "is_sender_trouble", schema=schema, mssql_drop_default=True)


def _key(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="Latin1_General_100_BIN2"), "mssql")
