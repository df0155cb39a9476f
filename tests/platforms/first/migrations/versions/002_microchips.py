"""A column and an index that it needed later."""

import sqlalchemy as sa
from alembic import op

revision = "002"
down_revision = "001"


def upgrade() -> None:
    op.add_column("pets", sa.Column("microchip", sa.String(15)))
    op.create_index("ix_pets_microchip", "pets", ["microchip"])
