"""What a person does with the file: read it, decide, run it."""

import re
from collections.abc import Callable

from sqlalchemy import Connection, Engine

from shared.platform.adopt.adoption import Adoption, Unserved
from shared.platform.adopt.mapping import adopted
from shared.platform.adopt.reflecting import reflect
from shared.platform.adopt.writing import file
from tests.platforms.first.platform import First
from tests.platforms.story import Platform


def adoption_of(engine: Engine, schema: str = "public") -> Adoption:
    """Return how the tables in a schema are seen, which must be possible."""
    with engine.connect() as connection:
        found = adopted(reflect(connection, schema), "petcare")
    assert not isinstance(found, Unserved), found.lines
    return found


def file_for(engine: Engine, schema: str = "public") -> str:
    """Return the file for the tables in a schema."""
    return file(adoption_of(engine, schema))


def decided(written: str) -> str:
    """Return the file as somebody leaves it who knows both platforms."""
    written = written.replace("SELECT 'UTC'::text", "SELECT 'America/New_York'::text")
    if gate := re.search(r"Once they are decided, write: (.*)\n", written):
        written = written.replace("    false AS is_active,\n", f"    {gate[1]}\n")
    if role := re.search(r"By the role: (.*)\n", written):
        written = written.replace("CASE WHEN t.cancelled_by IS NOT NULL THEN 'staff' END AS", f"{role[1]} AS")
    return written.replace("t.deposit_paid * 100 AS", "t.deposit_paid AS")


def execute(engine: Engine, written: str) -> None:
    """Run a file as it is, with its own BEGIN and COMMIT."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(written)


def adopt(engine: Engine) -> str:
    """Write the file for a platform, decide, and run it twice; return it."""
    written = decided(file_for(engine))
    execute(engine, written)
    execute(engine, written)
    return written


def check_in(platform: Platform) -> Callable[[Connection], None]:
    """Return the check-in of Dan's visit, to be done in somebody's transaction."""
    table, assigned = (
        ("appointments", "status = 'IN_PROGRESS', actual_start = now()")
        if isinstance(platform, First)
        else ("bookings", "checked_in_at = localtimestamp")
    )
    statement = f"UPDATE {table} SET {assigned} WHERE id = '{platform.visit_of('Dan')}'"
    return lambda connection: connection.exec_driver_sql(statement) and None
