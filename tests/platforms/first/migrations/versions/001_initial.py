"""Its first tables: all of the models but for what migration 002 adds."""

from alembic import op

from tests.platforms.first.models import Base

revision = "001"
down_revision = None


def upgrade() -> None:
    Base.metadata.create_all(op.get_bind())
    op.drop_index("ix_pets_microchip", "pets")
    op.drop_column("pets", "microchip")
