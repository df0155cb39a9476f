"""Its first tables."""

from alembic import op

from tests.platforms.first.models import Base

revision = "001"
down_revision = None


def upgrade() -> None:
    Base.metadata.create_all(op.get_bind())
