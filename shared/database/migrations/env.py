"""What Alembic runs around the migrations. They need a connection: 0002 looks at the tables that are there."""

from alembic import context
from sqlalchemy import MetaData

# Fixed here, not taken from tables.py: constraints made by old migrations keep their names whatever tables.py becomes.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=MetaData(naming_convention=NAMES),
)
with context.begin_transaction():
    context.run_migrations()
