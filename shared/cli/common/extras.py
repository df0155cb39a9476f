"""Libraries that only some commands need, and that a deployment does without."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import UsageError


@contextmanager
def installed(for_what: str) -> Iterator[None]:
    """Turn the failure to import a library inside the block into one line that says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        raise UsageError(
            f"{for_what} needs {library}, which is not installed; run: python -m pip install -r requirements-dev.txt"
        ) from None
