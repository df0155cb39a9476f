"""How a command ends: what went wrong in one line on stderr, and an exit code."""

import io
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from shared.cli.showing import echo
from shared.database.engine import first_line
from shared.domain.safe_text import indented, masked, written_out
from shared.errors import ConfigurationError, DatabaseUnusable, LeaseHeld, RunFailed, UsageError
from shared.logs import TextLines

EXIT_CODES: dict[type[Exception], int] = {
    UsageError: 2,
    ConfigurationError: 2,
    DatabaseUnusable: 2,
    LeaseHeld: 3,
    RunFailed: 1,
}


@contextmanager
def errors_as_exit_codes() -> Iterator[None]:
    """Turn the errors that a user can cause or cure into one line and an exit code; let others show their trace."""
    sys.excepthook = _show_trace
    if logging.lastResort:  # what is logged by a command that does not set up the log
        logging.lastResort.setFormatter(TextLines(is_bare=True))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show must not end the run
    try:
        _ensure_text(sys.argv)
        yield
    except tuple(EXIT_CODES) as error:
        sys.exit(print_error(error))
    except SQLAlchemyError as error:  # the database was well when it was opened, and failed since
        sys.exit(print_error(RunFailed(f"the database failed: {first_line(error)}")))


def _ensure_text(arguments: list[str]) -> None:
    """Refuse what was typed in another encoding: no database could keep it."""
    try:
        "".join(arguments).encode()
    except UnicodeEncodeError:
        raise UsageError("an argument is not text in UTF-8") from None


def _show_trace(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    first, *below = "".join(traceback.format_exception(kind, error, trace)).rstrip().split("\n")
    echo(first, *map(indented, map(masked, below)), err=True)


def print_error(error: Exception) -> int:
    """Print an error of EXIT_CODES, its first argument and the list below it; return its exit code."""
    first, *below = error.args
    echo(f"error: {first}", *(f"  {each}" for each in below), err=True)
    return EXIT_CODES[type(error)]


class OneLineErrors(click.Command):
    """A command whose usage errors, which quote what was typed, are one line each."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Read what was typed."""
        with _in_one_line():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; a group reads here what was typed after the name of its command."""
        with _in_one_line():
            return super().invoke(ctx)


class OneLineErrorsGroup(OneLineErrors, click.Group):
    """The same of a group, for the commands in it too."""


@contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise  # it holds the help, and nothing that was typed
    except click.ClickException as error:
        error.message = written_out(error.message)  # type: ignore[misc]  # the same words, only visible
        raise
