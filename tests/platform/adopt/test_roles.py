"""The grants below the file are enough for the jobs, and for nothing else."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import ProgrammingError

from shared.application import simulation
from shared.database import migrations, tables
from shared.database.engine import open_engine
from shared.jobs import JOBS
from shared.platform.schema_check import lacks
from shared.runtime import run
from tests import rows
from tests.doubles import Clock
from tests.platforms.adopting import decided, execute, file_for
from tests.platforms.second.platform import Second
from tests.platforms.story import Platform, at

ROLES = ("petcare_owner", "petcare_jobs")


def as_role(engine: Engine, role: str, schema: str | None = None) -> Engine:
    """Return an engine on the same database for another role."""
    opened = open_engine(engine.url.render_as_string(hide_password=False), schema)
    url = opened.url.update_query_dict({"options": f"-c role={role}"})
    opened.dispose()
    return open_engine(url.render_as_string(hide_password=False), schema)


@pytest.fixture
def file(platform: Platform) -> Iterator[str]:
    """The file, for roles of the test's own."""
    written, end = decided(file_for(platform.engine)), f"_{uuid4().hex}"
    for role in ROLES:
        execute(platform.engine, f"CREATE ROLE {role}{end}")
        written = re.sub(rf"\b{role}\b", f"{role}{end}", written)
    yield written
    for role in ROLES:
        execute(platform.engine, f"DROP OWNED BY {role}{end} CASCADE; DROP ROLE {role}{end}")


def grants(written: str) -> tuple[str, str]:
    """Return the grants before and after."""
    before, after = written.partition("-- Before, ")[2].split("-- After ")
    return tuple(  # type: ignore[return-value]
        "\n".join(line.removeprefix("-- ") for line in each.splitlines() if re.match("-- (CREATE|GRANT|ALTER)", line))
        for each in (before, after)
    )


def test_two_roles_are_enough(platform: Platform, file: str, clock: Clock) -> None:
    before, after = grants(file)
    owner = re.findall(r"petcare_owner_\w+", file)[0]
    jobs = owner.replace("owner", "jobs")
    execute(platform.engine, before)
    if isinstance(platform, Second):  # its own trigger runs with the rights of whoever changes a booking
        execute(platform.engine, f"GRANT INSERT ON booking_log TO {jobs}")
    as_owner = as_role(platform.engine, owner, "petcare")
    execute(as_owner, file)
    migrations.upgrade(as_owner)
    execute(as_owner, after)
    execute(as_owner, file)  # again: the grants stay
    as_jobs = as_role(platform.engine, jobs, "petcare")
    assert lacks(as_jobs) == []
    for name in ("Fay", "Hal"):
        platform.check_in(name, at(13, 15))
    clock.now = at(14, 6, 30)
    for job in JOBS:
        assert run(simulation(as_jobs, clock), job)["errors"] == []
    assert len(rows.all_of(as_jobs, tables.payments)) == 1
    assert platform.state_of("Dan")[0] in ("NO_SHOW", "missed")
    for refused in ("DELETE FROM petcare.owners", "UPDATE petcare.tenants SET business_name = 'x'"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            execute(as_jobs, refused)
    as_owner.dispose()
    as_jobs.dispose()
