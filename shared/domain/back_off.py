"""How long to wait before a retry: longer after each failure, and never exactly as long as others.

Clients that failed together would otherwise come back together. Pure: the caller draws the random number.
"""

from datetime import timedelta
from typing import Final, TypeVar

Wait = TypeVar("Wait", float, timedelta)

MOST_DOUBLINGS: Final = 10


def doubled(first: Wait, failures: int, longest: Wait | None = None) -> Wait:
    """Return `first` after one failure in a row, twice as long after two, and so on, up to `longest`."""
    wait = first * (1 << min(max(failures - 1, 0), MOST_DOUBLINGS))
    return wait if longest is None else min(wait, longest)


def jittered(wait: Wait, chance: float, least: float = 0.0, most: float = 1.0) -> Wait:
    """Return between `least` and `most` times the wait. `chance`: drawn evenly from 0 to 1.

    The default is full jitter: anything up to the wait itself.
    """
    return wait * (least + (most - least) * chance)
