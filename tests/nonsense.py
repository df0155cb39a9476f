"""Nonsense for any field of a provider's answer: other types, huge numbers, nothing at all, deep nesting."""

import copy
import json
from collections.abc import Iterator
from typing import Any, Final

MISSING: Final = object()
DEEP: Final[list[Any]] = json.loads("[" * 200 + "]" * 200)
VALUES: Final[tuple[Any, ...]] = (
    None, True, -1, 10**40, 1e300, "", "\x00", "x" * 5000, "\u2603", "9" * 400, [], {}, [None], {"object": "list"},
    MISSING,
)  # fmt: skip
BODIES: Final = (
    b"", b"null", b"5", b'"x"', b"[" * 100_000, b"9" * 10_000, b"NaN", b"\xff\xfe", b'{"error": []}', b'{"error": "x"}',
    b'{"error": {"type": {}, "code": [], "param": 5, "decline_code": {}, "advice_code": 7, "charge": []}}',
)  # fmt: skip
"""Whole bodies."""
HEADERS: Final = {"Retry-After": "9" * 20, "Stripe-Should-Retry": "\xe9", "Request-Id": "x" * 5000}

Path = tuple[str | int, ...]


def paths(body: Any, at: Path = ()) -> Iterator[Path]:
    """Yield where each field of a body is, that of its parts and itself included."""
    yield at
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in inner:
        yield from paths(value, (*at, name))


def spoiled(body: Any, path: Path, value: Any) -> Any:
    """Return the body with nonsense in one place."""
    if not path:
        return None if value is MISSING else value
    whole = copy.deepcopy(body)
    *way, last = path
    place = whole
    for each in way:
        place = place[each]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return whole
