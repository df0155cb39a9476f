"""How Alembic runs the migrations: each in a transaction of its own, which it may end to continue without one.

Without a connection they are written out as SQL for `dialect`; only for SQL Server, where the SQL of 0002 itself checks
which tables exist.
"""

from alembic import context
from sqlalchemy import MetaData

from shared.database.migrations import VERSION_TABLE
from shared.database.schema import schema_of

# Fixed here, not taken from tables.py: constraints made by old migrations keep their names whatever tables.py becomes.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

attributes = context.config.attributes
connection = attributes.get("connection")
context.configure(
    connection=connection,
    dialect_name=attributes.get("dialect"),
    version_table=VERSION_TABLE,
    version_table_schema=schema_of(connection) if connection else attributes.get("schema"),
    target_metadata=MetaData(naming_convention=NAMES),
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
