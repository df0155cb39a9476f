"""The object in `tenants.settings`, in which the platform may keep keys of its own; and slips of the pen in ours."""

import json
from collections.abc import Collection
from itertools import takewhile
from typing import Any, Final

from shared.domain.policy.errors import Fault, PolicyError
from shared.domain.records import Tenant

_LEAST: Final = 6
"""In shorter names one other letter may well make another word."""


def stored_settings(tenant: Tenant) -> dict[str, Any]:
    """Return the object, empty for NULL, an empty text and JSON's null. Raise PolicyError for anything else."""
    # The fault of its row names what is no text.
    if not tenant.settings or not isinstance(tenant.settings, str):
        return {}
    try:
        found = json.loads(tenant.settings)
    except (ValueError, RecursionError) as error:
        raise PolicyError(Fault("settings", f"not valid JSON ({error})")) from None
    if found is not None and not isinstance(found, dict):
        raise PolicyError(Fault("settings", 'not a JSON object; write it like {"sms": {"quiet_hours": "off"}}'))
    return found or {}


def slips_in(tenant: Tenant, ours: Collection[str]) -> list[Fault]:
    """Return the keys of the object that must have been meant for `ours`; none where it is no object."""
    try:
        others = stored_settings(tenant).keys() - set(ours)
    except PolicyError:
        return []
    meant = {key: next((each for each in ours if _is_slip(_bare(key), _bare(each))), None) for key in sorted(others)}
    return [Fault(key, f"unknown key; did you mean {each}?") for key, each in meant.items() if each]


def _bare(key: str) -> str:
    return key.casefold().replace("-", "").replace("_", "").rstrip("s")


def _is_slip(key: str, ours: str) -> bool:
    return key == ours or (len(ours) >= _LEAST and _is_one_letter_off(key, ours))


def _is_one_letter_off(key: str, ours: str) -> bool:
    """Whether one letter is added, left out or replaced, or two neighbours are swapped."""
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(key, ours, strict=False)))
    key, ours = key[alike:], ours[alike:]
    is_swapped = len(key) > 1 and key[:2] == ours[1::-1] and key[2:] == ours[2:]
    return is_swapped or key[1:] == ours or key[1:] == ours[1:] or key == ours[1:]
