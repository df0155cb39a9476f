"""How much of the process callers of its HTTP may take: connections, time, bytes. The jobs run in the same process."""

import asyncio
import sys
from itertools import count
from operator import attrgetter
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

WHOLE_WITHIN: Final = 10.0
"""Seconds until a request has come to its last byte, from its connection or the last answer on it; and until a caller
has taken its answer. (A connection on which nothing comes at all after an answer uvicorn closes after 5.)"""
LONGEST_HEAD: Final = 16 * 1024
"""Bytes of a request before its body: the line with its path, and all headers."""
MOST: Final = 64
"""Connections at once: people at a page, and a proxy before them, need far fewer."""

_SLICE: Final = 256
_turns: Final = count()


def most_connections() -> int:
    """Return how many connections there may be: no more than a quarter of the descriptors. The jobs have the rest."""
    if sys.platform == "win32":
        return MOST
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if limit == resource.RLIM_INFINITY else max(1, min(MOST, limit // 4))


class Bounded(H11Protocol):
    """A connection that is closed when its request is not whole in time, or when it has to make room for a newer one.

    Of those whose request is not whole the oldest makes room: who sends a request at once gets in, however many do not.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadline: asyncio.TimerHandle | None = None
        self._most = most_connections()
        self._turn = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Take a connection, and close the oldest that waits where there are too many."""
        super().connection_made(transport)
        self._set_deadline()
        if len(self.connections) > self._most:
            waiting = [each for each in self.connections if isinstance(each, Bounded) and each.is_waiting]
            min(waiting, key=attrgetter("_turn")).abort()

    def data_received(self, data: bytes) -> None:
        """Take what came in slices: h11 measures a head only while it is not whole."""
        for start in range(0, len(data), _SLICE):
            if not self.transport.is_closing():
                super().data_received(data[start : start + _SLICE])

    def on_response_complete(self) -> None:
        """Begin to wait: for the answer to be taken, and for another request."""
        self._set_deadline()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._unset_deadline()
        super().connection_lost(exc)

    @property
    def is_waiting(self) -> bool:
        """Whether the caller has to do something next: send the rest of a request, or take an answer."""
        is_whole = self.conn.their_state in (h11.DONE, h11.MUST_CLOSE)
        return not is_whole or self.cycle.response_complete

    def abort(self) -> None:
        """Close the connection at once. What was written and not taken is dropped."""
        self.connections.discard(self)  # the loop says only later that it is lost
        self.transport.abort()

    def _set_deadline(self) -> None:
        self._unset_deadline()
        self._turn = next(_turns)  # in what order they began to wait: the loop's time may be too coarse to tell
        self._deadline = self.loop.call_later(WHOLE_WITHIN, self._end_waiting)

    def _unset_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _end_waiting(self) -> None:
        if self.is_waiting:
            self.abort()
