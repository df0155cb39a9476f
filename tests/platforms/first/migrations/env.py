"""Its Alembic environment, as `alembic init` writes it: its version table is `alembic_version` in its own schema."""

from alembic import context

from tests.platforms.first.models import Base

with context.config.attributes["engine"].connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
