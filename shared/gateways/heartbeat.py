"""A monitor outside that hears after each run of a job, and notices when it hears nothing."""

import logging
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Final

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 5.0
"""How long the monitor may keep a finished run waiting."""


def beat(url: str, job: str, *, is_done: bool) -> None:
    """Tell the monitor at `url` that a run of a job ended: `/JOB` if it was done, `/JOB/fail` if not.

    A monitor that cannot be reached fails no run. The log does not quote its URL, which may hold a secret.
    """
    address = f"{url.rstrip('/')}/{job}{'' if is_done else '/fail'}"
    try:
        # HEARTBEAT_URL is checked to be https, or on this machine.
        with urllib.request.urlopen(address, timeout=WAIT_SECONDS):  # noqa: S310
            pass
    except urllib.error.HTTPError as error:
        log.warning("the monitor at HEARTBEAT_URL answered %d", error.code)
    except (OSError, HTTPException, ValueError) as error:
        log.warning("the monitor at HEARTBEAT_URL cannot be reached (%s)", type(error).__name__)
