"""A command run inside the process of the tests: it costs no start, and the debugger, coverage and patches see it."""

import contextlib
import logging
import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner
from sqlalchemy import Engine, create_engine

OURS = logging.getLogger("shared")


def run_inside(folder: Path, environment: dict[str, str], module: str, *arguments: str) -> tuple[int, str, str]:
    """Run what `python -m MODULE ARGUMENTS` runs, in a folder, with this environment and an empty stdin.

    Return exit code, stdout and stderr. An error that would end the program with a trace is raised.
    """
    surroundings = (
        contextlib.chdir(folder),
        patch.dict(os.environ, environment, clear=True),
        patch.object(sys, "argv", [module, *arguments]),
        patch.object(sys, "excepthook", sys.excepthook),
    )
    with contextlib.ExitStack() as stack:
        for each in surroundings:
            stack.enter_context(each)
        stack.enter_context(_logging_put_back())
        stack.enter_context(_engines_disposed())
        out, err, _ = stack.enter_context(CliRunner().isolation())
        stack.enter_context(patch("click.formatting.FORCED_WIDTH", None))  # the runner's width is not a program's
        code = _exit_code(module)
        sys.stdout.flush()
        return code, out.getvalue().decode(), err.getvalue().decode()


def _exit_code(module: str) -> int:
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            raise
        return end.code or 0
    return 0


@contextmanager
def _logging_put_back() -> Iterator[None]:
    """Let a command set up the log as if nobody had, and put back what the tests had."""
    assert logging.lastResort
    root, last_formatter = logging.getLogger(), logging.lastResort.formatter
    handlers, levels = root.handlers[:], (root.level, OURS.level)
    root.handlers.clear()
    try:
        yield
    finally:
        for each in root.handlers:
            each.close()
        root.handlers[:] = handlers
        for logger, level in zip((root, OURS), levels, strict=True):
            logger.setLevel(level)
        logging.lastResort.setFormatter(last_formatter)
        logging.disable(logging.NOTSET)


@contextmanager
def _engines_disposed() -> Iterator[None]:
    """Close the connections that the end of a program would close."""
    opened: list[Engine] = []

    def remembered(*arguments: Any, **options: Any) -> Engine:
        opened.append(create_engine(*arguments, **options))
        return opened[-1]

    try:
        with patch("shared.database.engine.create_engine", remembered):
            yield
    finally:
        for each in opened:
            each.dispose()
