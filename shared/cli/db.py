"""`db`: migrations, the schema check, and sample data."""

from datetime import datetime

import click
from sqlalchemy import Engine, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from shared import sample
from shared.application import open_database, utc_now
from shared.cli.common.parameters import Instant
from shared.cli.common.showing import echo
from shared.database import migrations
from shared.database.engine import ensure_ready, first_line, reading, revision, shown, writing
from shared.database.schema import schema_of
from shared.database.tables import tenants
from shared.errors import DatabaseUnusable, UsageError
from shared.platform import schema_check
from shared.settings import SmsSettings, load


@click.group()
def db() -> None:
    """Migrate, check or seed the database."""


@db.command()
def upgrade() -> None:
    """Bring the schema up to date; create the embedded database if there is none."""
    engine = open_database()
    migrate(engine)
    echo(f"{shown(engine.url)} is at migration {migrations.HEAD}")


@db.command()
def check() -> None:
    """Check that the database has what the jobs need."""
    engine = open_database()
    if revision(engine) is None and schema_check.standing(engine):
        ensure_adoptable(engine)
        raise DatabaseUnusable(
            f"what {shown(engine.url)} has of a platform is what the jobs need, and our tables are missing; "
            "run: python -m shared db upgrade"
        )
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
    engine = open_database()
    ensure_ready(engine)
    ensure_empty(engine)
    filled = plant(engine, at or utc_now())
    counts = ", ".join(f"{len(rows)} {table.replace('_', ' ')}" for table, rows in filled.rows.items() if rows)
    echo(f"{shown(engine.url)} now holds {counts}")


def migrate(engine: Engine) -> None:
    """Upgrade the schema. Raise DatabaseUnusable when the database cannot be reached or changed, or must not be."""
    from alembic.util import CommandError

    try:
        if migrations.current(engine) is None and schema_check.standing(engine):
            ensure_adoptable(engine)
        migrations.upgrade(engine)
    except SQLAlchemyError as error:
        raise DatabaseUnusable(f"the database at {shown(engine.url)} cannot be used: {first_line(error)}") from error
    except CommandError as error:  # an unknown revision: another version of the program wrote it
        raise DatabaseUnusable(
            f"the database at {shown(engine.url)} is at a migration that this version does not know "
            f"({first_line(error)}); it needs migration {migrations.HEAD}"
        ) from error


def ensure_adoptable(engine: Engine) -> None:
    """Raise DatabaseUnusable where what has our names, without a migration of ours, lacks what the jobs need."""
    if lacking := schema_check.platform_lacks(engine):
        raise DatabaseUnusable(
            f"the database at {shown(engine.url)} holds tables of our names that are not as the jobs need them, and "
            "stays as it is; for views that show them so, run: python -m shared db adopt. What is not as needed:",
            *lacking,
        )


def ensure_empty(engine: Engine) -> None:
    """Raise UsageError when the database holds tenants: sample data is never mixed with real data."""
    try:
        with reading(engine) as connection:
            if not inspect(connection).has_table(tenants.name, schema=schema_of(connection)):
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
