"""Logging: text for people or JSON for machines, each line with its run.

Logs go to stderr, so that stdout holds only results. No line shows a secret or a whole phone number, and no logged
value can begin a new line or control the terminal.
"""

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from types import MappingProxyType

from shared.domain.safe_text import indented, masked, written_out
from shared.errors import ConfigurationError
from shared.settings import LogSettings

OURS = "shared"
"""The parent of our loggers. Libraries log only warnings: below that, they quote what they send."""

_about: ContextVar[Mapping[str, str]] = ContextVar("_about", default=MappingProxyType({}))


@contextmanager
def about(**words: str) -> Iterator[None]:
    """Put `run_id`, `task` or `tenant` on every line that is logged inside the block."""
    token = _about.set({**_about.get(), **words})
    try:
        yield
    finally:
        _about.reset(token)


_is_quiet: ContextVar[bool] = ContextVar("_is_quiet", default=False)


@contextmanager
def quietly() -> Iterator[None]:
    """Log nothing inside the block, nor in the threads that it starts: it only plays what runs would do."""
    token = _is_quiet.set(True)
    try:
        yield
    finally:
        _is_quiet.reset(token)


def dimensions(record: logging.LogRecord) -> dict[str, str]:
    """Return the dimensions of a line: those of the enclosing `about` block, and a `tenant` passed as `extra`."""
    tenant = getattr(record, "tenant", None)
    return {**_about.get(), **({"tenant": tenant} if tenant else {})}


class TextLines(logging.Formatter):
    """Lines for people: time (UTC), level, logger, run, task, tenant and message.

    `is_bare`: without time, level and logger, for a Functions host, which adds its own.
    """

    def __init__(self, *, is_bare: bool = False) -> None:
        super().__init__()
        self._is_bare = is_bare

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the library's name
        """Return the line without its traceback."""
        head = [] if self._is_bare else [_time(record).strftime("%Y-%m-%dT%H:%M:%SZ"), record.levelname, record.name]
        where = " ".join(dimensions(record).values())
        return written_out(masked(" ".join([*head, *([f"[{where}]"] if where else []), record.message])))

    def format(self, record: logging.LogRecord) -> str:
        """Return the line and, indented below it, its traceback."""
        record.message = record.getMessage()
        trace = self.formatException(record.exc_info) if record.exc_info else record.exc_text
        below = [indented(masked(each)) for each in (trace, record.stack_info) if each]
        return "\n".join([self.formatMessage(record), *below])


class JsonLines(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON: time (UTC), level, logger, message; if known, run_id, task, tenant and trace."""
        line = {
            "time": _time(record).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            **{name: masked(value) for name, value in dimensions(record).items()},
            "message": masked(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = masked(self.formatException(record.exc_info))
        return written_out(json.dumps(line, ensure_ascii=False))


class _Stderr:
    """Writes to the current sys.stderr, which a progress bar replaces by a stream that prints above the bar."""

    def write(self, words: str) -> int:
        return sys.stderr.write(words)

    def flush(self) -> None:
        sys.stderr.flush()


class LogFile(WatchedFileHandler):
    """LOG_FILE, reopened after logrotate. A disk that is full or gone does not stop a run."""

    _has_warned = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record. Reopening the file after a rotation may fail, too."""
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

    def handleError(self, _: logging.LogRecord) -> None:  # noqa: N802  the library's name
        """Warn once on stderr that the file cannot be written."""
        if not self._has_warned:
            self._has_warned = True
            words = f"LOG_FILE: {self.baseFilename} cannot be written ({sys.exc_info()[1]}); going on"
            sys.stderr.write(f"{written_out(words)}\n")


def configure(settings: LogSettings) -> None:
    """Send the application's log to stderr, and to LOG_FILE if one is set.

    Raise ConfigurationError if that file cannot be written.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(_Stderr())]
    if settings.log_file:
        handlers.append(_file(settings.log_file))
    for handler in handlers:
        handler.setFormatter(_lines(settings))
        handler.addFilter(lambda _: not _is_quiet.get())
    logging.basicConfig(level=max(logging.WARNING, _level(settings)), handlers=handlers, force=True)
    logging.getLogger(OURS).setLevel(_level(settings))


def join_host(settings: LogSettings) -> None:
    """Log through the handlers that a Functions host has installed, adding the run to each line.

    Without such handlers, call `configure`. LOG_FILE does not apply under a host, which keeps the log itself.
    """
    handlers = logging.getLogger().handlers
    if not handlers:
        configure(settings)
    for handler in handlers:
        if handler.formatter is None:
            handler.setFormatter(_lines(settings, is_bare=True))
    logging.getLogger(OURS).setLevel(_level(settings))


def _lines(settings: LogSettings, *, is_bare: bool = False) -> logging.Formatter:
    return JsonLines() if settings.log_format == "json" else TextLines(is_bare=is_bare)


def _level(settings: LogSettings) -> int:
    return logging.getLevelNamesMapping()[settings.log_level]


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _file(path: str) -> logging.Handler:
    try:
        return LogFile(path, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"LOG_FILE: {path} cannot be written ({error.strerror})") from None
