"""Limits on HTTP callers (connections, time, bytes), because the jobs run in the same process."""

import asyncio
import sys
from itertools import count
from operator import attrgetter
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

WHOLE_WITHIN: Final = 10.0
"""Seconds from the connection, or from the last answer on it, to the last byte of a request; and for a caller to read
its answer. (Uvicorn closes a connection that stays idle after an answer after 5 seconds.)"""
LONGEST_HEAD: Final = 16 * 1024
"""Bytes of a request before its body: request line and headers."""
MOST: Final = 64
"""Connections at once: people with browsers, and a proxy in front of them, need far fewer."""

_SLICE: Final = 256
_turns: Final = count()


def most_connections() -> int:
    """Return the most connections to accept: at most a quarter of the file descriptors; the jobs have the rest."""
    if sys.platform == "win32":
        return MOST
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if limit == resource.RLIM_INFINITY else max(1, min(MOST, limit // 4))


class Bounded(H11Protocol):
    """A connection that is closed if its request is not complete in time, or to make room for a newer connection.

    The oldest connection with an incomplete request makes room, so callers that send at once are served however many
    others do not.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._most = most_connections()
        self._turn = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Accept a connection, and close the oldest waiting one if there are too many."""
        super().connection_made(transport)
        self._set_deadline()
        if len(self.connections) > self._most:
            waiting = [each for each in self.connections if isinstance(each, Bounded) and each.is_waiting]
            min(waiting, key=attrgetter("_turn")).abort()

    def data_received(self, data: bytes) -> None:
        """Pass the data on in slices: h11 checks the length of a head only while the head is incomplete."""
        for start in range(0, len(data), _SLICE):
            if not self.transport.is_closing():
                super().data_received(data[start : start + _SLICE])

    def on_response_complete(self) -> None:
        """Start the deadline for reading the answer and for the next request."""
        self._set_deadline()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._unset_deadline()
        super().connection_lost(exc)

    @property
    def is_waiting(self) -> bool:
        """Whether the caller's move is next: to send the rest of a request, or to read an answer."""
        is_whole = self.conn.their_state in (h11.DONE, h11.MUST_CLOSE)
        return not is_whole or self.cycle.response_complete

    def abort(self) -> None:
        """Close the connection at once, dropping written bytes that the caller has not read."""
        self.connections.discard(self)  # the loop calls connection_lost only later
        self.transport.abort()

    def _set_deadline(self) -> None:
        self._unset_deadline()
        self._turn = next(_turns)  # the order in which they began to wait: the loop's clock may be too coarse
        self._deadline = self.loop.call_later(WHOLE_WITHIN, self._end_waiting)

    def _unset_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _end_waiting(self) -> None:
        if self.is_waiting:
            self.abort()
