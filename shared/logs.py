"""Logging: text for people, JSON lines for machines. Always on stderr, so that stdout holds results alone."""

import json
import logging
import sys
from datetime import UTC, datetime

from shared.settings import ConfigurationError, LogSettings

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON: time (UTC), level, logger, message and, for an error, its trace."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class _Stderr:
    """Whatever stderr is at the moment: a progress bar puts there a stream that prints above it."""

    def write(self, words: str) -> int:
        return sys.stderr.write(words)

    def flush(self) -> None:
        sys.stderr.flush()


def configure(settings: LogSettings) -> None:
    """Send the application's log to stderr, and to LOG_FILE where one is set.

    Raise ConfigurationError when that file cannot be written.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(_Stderr())]
    if settings.log_file:
        handlers.append(_file(settings.log_file))
    for handler in handlers:
        handler.setFormatter(JsonLines() if settings.log_format == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=settings.log_level, handlers=handlers, force=True)


def _file(path: str) -> logging.Handler:
    try:
        return logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"LOG_FILE: {path} cannot be written ({error.strerror})") from None
