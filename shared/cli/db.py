"""`db`: migrations, the schema check, and sample data."""

from datetime import datetime

import click
from sqlalchemy import Engine, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from shared import sample
from shared.application import utc_now
from shared.cli.common.parameters import Instant
from shared.cli.common.showing import echo
from shared.database import migrations
from shared.database.engine import ensure_ready, first_line, open_engine, reading, shown, writing
from shared.database.tables import tenants
from shared.errors import DatabaseUnusable, UsageError
from shared.platform import schema_check
from shared.settings import SmsSettings, database_url, load


@click.group()
def db() -> None:
    """Migrate, check or seed the database."""


@db.command()
def upgrade() -> None:
    """Bring the schema up to date; create the embedded database if there is none."""
    engine = open_engine(database_url())
    migrate(engine)
    echo(f"{shown(engine.url)} is at migration {migrations.HEAD}")


@db.command()
def check() -> None:
    """Check that the database has what the jobs need."""
    engine = open_engine(database_url())
    ensure_ready(engine)
    if lacking := schema_check.lacks(engine):
        raise DatabaseUnusable(f"the database at {shown(engine.url)} lacks what the jobs need:", *lacking)
    echo(f"{shown(engine.url)} has what the jobs need")


@db.command()
@click.option("--at", type=Instant(), help="The time around which the sample lies. Default: now.")
def seed(at: datetime | None) -> None:
    """Put sample data into an empty database."""
    if load(SmsSettings).is_live:
        raise UsageError("sample owners must not be texted; set SMS_PROVIDER=console first")
    engine = open_engine(database_url())
    ensure_ready(engine)
    ensure_empty(engine)
    filled = plant(engine, at or utc_now())
    counts = ", ".join(f"{len(rows)} {table.replace('_', ' ')}" for table, rows in filled.rows.items() if rows)
    echo(f"{shown(engine.url)} now holds {counts}")


def migrate(engine: Engine) -> None:
    """Upgrade the schema. Raise DatabaseUnusable when the database cannot be reached or changed."""
    from alembic.util import CommandError

    try:
        migrations.upgrade(engine)
    except SQLAlchemyError as error:
        raise DatabaseUnusable(f"the database at {shown(engine.url)} cannot be used: {first_line(error)}") from error
    except CommandError as error:  # an unknown revision: another version of the program wrote it
        raise DatabaseUnusable(
            f"the database at {shown(engine.url)} is at a migration that this version does not know "
            f"({first_line(error)}); it needs migration {migrations.HEAD}"
        ) from error


def ensure_empty(engine: Engine) -> None:
    """Raise UsageError when the database holds tenants: sample data is never mixed with real data."""
    try:
        with reading(engine) as connection:
            if not inspect(connection).has_table(tenants.name):
                return
            count = connection.execute(select(func.count()).select_from(tenants)).scalar_one()
    except SQLAlchemyError as error:
        raise DatabaseUnusable(f"the database at {shown(engine.url)} cannot be used: {first_line(error)}") from error
    if count:
        raise UsageError(f"the database at {shown(engine.url)} holds tenants already; sample data needs an empty one")


def plant(engine: Engine, at: datetime) -> sample.Sample:
    """Insert sample data around the time `at` into an empty database."""
    filled = sample.build(at)
    with writing(engine) as connection:
        sample.insert(connection, filled.rows)
    return filled
