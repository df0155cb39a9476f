"""A host whose jobs do not end: `python -m tests.cli.stuck_host SECONDS`, that it waits for them when it is stopped."""

import sys
import threading
from datetime import timedelta
from typing import Any

from shared.cli import main
from shared.schedulers import local


def stuck(*_: Any) -> None:
    """Run a job without an end."""
    print("stuck", flush=True)  # noqa: T201
    threading.Event().wait()


if __name__ == "__main__":
    local.run = stuck  # type: ignore[assignment]
    local.LocalHost.stop.__defaults__ = (timedelta(seconds=float(sys.argv.pop())),)
    sys.argv += ["host", "--port", "0"]
    main()
