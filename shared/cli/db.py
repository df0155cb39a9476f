"""`db`: migrations, the schema check, and sample data."""

import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

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
from shared.domain.policy.models import TenantPolicy
from shared.errors import DatabaseUnusable, UsageError
from shared.operations.tenants import Serving, serving
from shared.platform import schema_check
from shared.settings import SmsSettings, load

MOST_NAMED: Final = 20
"""The most businesses of which `db check` says why they would not be served."""


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
    """Check that the database has what the jobs need, and say who would be served. Exit code 1 if nobody would."""
    engine = open_database()
    if revision(engine) is None and schema_check.standing(engine):
        ensure_adoptable(engine)
        raise DatabaseUnusable(
            f"what {shown(engine.url)} has of a platform is what the jobs need, and our tables are missing; "
            "run: python -m shared db upgrade"
        )
    ensure_ready(engine)
    lacking = schema_check.lacks(engine)
    if not lacking:
        echo(f"{shown(engine.url)} has what the jobs need")
    found = _serving(engine, is_whole=not lacking)
    for line in _of_serving(found) if found else ():
        echo(line)
    if lacking:
        raise DatabaseUnusable(f"the database at {shown(engine.url)} lacks what the jobs need:", *lacking)
    sys.exit(1 if found and found.not_served and not found.served else 0)


def _serving(engine: Engine, *, is_whole: bool) -> Serving | None:
    """Return who would be served; None where so much is missing that the businesses cannot be read."""
    try:
        with reading(engine) as connection:
            return serving(connection, TenantPolicy(), ZoneInfo("UTC"))
    except SQLAlchemyError:
        if is_whole:
            raise
        return None


def _of_serving(found: Serving) -> Iterator[str]:
    if count := found.served + len(found.not_served):
        yield f"{found.served} of {count} businesses would be served"
    yield from (f"  not {subdomain}: {why}" for subdomain, why in islice(found.not_served.items(), MOST_NAMED))
    if (more := len(found.not_served) - MOST_NAMED) > 0:
        yield f"  nor {more} more: python -m shared tenants lists them"


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
