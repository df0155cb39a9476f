"""Exit codes: turn the errors of a command into one line on stderr and an exit code."""

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

from shared.cli.common.showing import echo
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
    """Turn the errors of EXIT_CODES into one line and an exit code; let all others print their traceback."""
    sys.excepthook = _show_trace
    if logging.lastResort:  # the handler of commands that do not configure logging
        logging.lastResort.setFormatter(TextLines(is_bare=True))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name the terminal cannot show must not end the run
    try:
        _ensure_text(sys.argv)
        yield
    except tuple(EXIT_CODES) as error:
        sys.exit(print_error(error))
    except SQLAlchemyError as error:  # the database worked when it was opened, and failed since
        sys.exit(print_error(RunFailed(f"the database failed: {first_line(error)}")))


def _ensure_text(arguments: list[str]) -> None:
    """Refuse arguments that are not UTF-8: no database could store them."""
    try:
        "".join(arguments).encode()
    except UnicodeEncodeError:
        raise UsageError("an argument is not text in UTF-8") from None


def _show_trace(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    first, *below = "".join(traceback.format_exception(kind, error, trace)).rstrip().split("\n")
    echo(first, *map(indented, map(masked, below)), err=True)


def print_error(error: Exception) -> int:
    """Print an error of EXIT_CODES, its other arguments indented below the first; return its exit code."""
    first, *below = error.args
    echo(f"error: {first}", *(f"  {each}" for each in below), err=True)
    return EXIT_CODES[type(error)]


class OneLineErrors(click.Command):
    """A command that prints each usage error in one line, whatever the argument it quotes contains."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Parse the arguments."""
        with _in_one_line():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a group parses its subcommand's arguments here."""
        with _in_one_line():
            return super().invoke(ctx)


class OneLineErrorsGroup(OneLineErrors, click.Group):
    """A group whose usage errors, and those of its commands, are printed in one line each."""


@contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise  # its message is the help text and quotes no argument
    except click.ClickException as error:
        error.message = written_out(error.message)  # type: ignore[misc]  # control characters become visible escapes
        raise
