"""How a command ends: what went wrong in one line on stderr, and an exit code."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import SQLAlchemyError

from shared.database.engine import DatabaseUnusable, first_line
from shared.database.leases import LeaseHeld
from shared.runtime import RunFailed, UsageError
from shared.settings import ConfigurationError

EXIT_CODES: dict[type[Exception], int] = {
    UsageError: 2,
    ConfigurationError: 2,
    DatabaseUnusable: 2,
    LeaseHeld: 3,
    RunFailed: 1,
}


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn the errors that a user can cause or cure into one line and an exit code; let others show their trace."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show must not end the run
    try:
        yield
    except tuple(EXIT_CODES) as error:
        sys.exit(say(error))
    except SQLAlchemyError as error:  # the database was well when it was opened, and failed since
        sys.exit(say(RunFailed(f"the database failed: {first_line(error)}")))


def say(error: Exception) -> int:
    """Print an error of EXIT_CODES; return its exit code."""
    click.echo(f"error: {error}", err=True)
    return EXIT_CODES[type(error)]
