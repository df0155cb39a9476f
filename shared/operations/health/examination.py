"""Everything that a run needs and leaves behind, checked."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from shared.database.engine import ensure_ready, first_line, reading, shown
from shared.domain.policy.models import TenantPolicy
from shared.errors import DatabaseUnusable
from shared.operations.health.businesses import of_businesses
from shared.operations.health.check import Check, Health
from shared.operations.health.jobs import of_jobs
from shared.operations.health.providers import of_providers
from shared.operations.health.waiting import of_what_waits
from shared.schedules.function_json import Schedule


def examine(
    engine: Engine,
    schedules: Mapping[str, Schedule],
    zone: ZoneInfo,
    wall: datetime,
    *,
    defaults: TenantPolicy | None,
    wrong_setting: str | None = None,
) -> Health:
    """Check everything that a run needs and leaves behind. Raise nothing: an unusable database is a failed check.

    `zone`: of the schedules, and of businesses without one; `defaults`: what businesses do not set themselves, None if
    unknown; `wrong_setting`: the error that kept the application from being built, if any.
    """
    settings = Check("settings", wrong_setting is None, wrong_setting or "complete, credentials included")
    try:
        ensure_ready(engine)
        with reading(engine) as connection:
            found = list(_of_database(connection, schedules, zone, wall, defaults))
        found.insert(0, Check("database", True, f"{shown(engine.url)} is migrated"))
    except DatabaseUnusable as error:
        words, _, command = str(error).partition("; run: ")
        found = [Check("database", False, words, command=command or "python -m shared db check")]
    except SQLAlchemyError as error:
        found = [Check("database", False, first_line(error), command="python -m shared db check")]
    return Health(wall, (settings, *found))


def _of_database(
    connection: Connection,
    schedules: Mapping[str, Schedule],
    zone: ZoneInfo,
    wall: datetime,
    defaults: TenantPolicy | None,
) -> Iterator[Check]:
    yield from of_jobs(connection, schedules, zone, wall)
    if defaults is not None:
        yield from of_businesses(connection, defaults, zone, wall)
    yield from of_what_waits(connection, wall)
    yield from of_providers(connection, wall)
