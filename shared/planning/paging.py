"""The loop over the pages of a query."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, TypeVar

from shared.database.transactions import fetch
from shared.planning.context import Context

Each = TypeVar("Each")

BATCH: Final = 500
"""How many rows are read, decided about and written at once."""


def pages(
    context: Context, read: Callable[..., list[Each]], last_of: Callable[[Each], Any] = lambda each: each
) -> Iterator[list[Each]]:
    """Yield the pages of a query until there are no more or the run's time is up.

    `read`: takes a connection, `beyond` (the last item of the previous page, None for the first page) and `limit`, and
    returns fewer items only if there are no more; `last_of`: turns an item into `beyond`.
    """
    beyond = None
    while not context.is_out_of_time():
        found = fetch(context.engine, partial(read, beyond=beyond, limit=BATCH))
        if found:
            beyond = last_of(found[-1])
            yield found
        if len(found) < BATCH:
            return
