"""A monitor outside that hears after each run of a job, and notices when it hears nothing."""

import asyncio
import logging
from typing import Final

import aiohttp
from yarl import URL

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 5.0
"""How long the monitor may keep a finished run waiting, however slowly it answers."""


def beat(url: str, job: str, *, is_done: bool) -> None:
    """Tell the monitor at `url` that a run of a job ended: `/JOB` if it was done, `/JOB/fail` if not.

    A monitor that cannot be reached fails no run. The log does not quote its URL, which may hold a secret.
    """
    address = f"{url.rstrip('/')}/{job}{'' if is_done else '/fail'}"
    try:
        status = asyncio.run(_status_of(address))
    except (aiohttp.ClientError, OSError, ValueError) as error:  # a time-out is an OSError, too
        log.warning("the monitor at HEARTBEAT_URL cannot be reached (%s)", type(error).__name__)
        return
    if status >= 300:
        log.warning("the monitor at HEARTBEAT_URL answered %d", status)


async def _status_of(address: str) -> int:
    """Return the status of the answer. A redirect is not followed: it may lead to anybody."""
    timeout = aiohttp.ClientTimeout(total=WAIT_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(URL(address, encoded=True), allow_redirects=False) as response,
    ):
        return response.status
