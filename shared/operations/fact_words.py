"""An explained subject in people's words: its title, and its facts with their labels."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.domain.fees import fee_code_words
from shared.domain.records import Kind
from shared.operations.explain import Explanation
from shared.operations.words import KIND_WORDS, amount_words, moment_words

_LABELS: Final = {
    "actual_start": "began",
    "administered_date": "given on",
    "arrived_at": "checked in",
    "cancelled_at": "cancelled",
    "created_at": "on record since",
    "deleted_at": "deleted",
    "expiry_date": "expires on",
    "failure_code": "why",
    "is_active": "active",
    "last_reputation_update": "score changed",
    "name": "vaccine",
    "no_show_count": "missed visits",
    "offence_number": "missed visit number",
    "provider_code": "code of the SMS provider",
    "reputation_score": "score",
    "scheduled_start": "starts",
    "sms_opted_in": "wants texts",
    "visit_on": "day of the visit",
}
"""By the fact's name. Every other name is a word of its own."""


def fact_words(found: Explanation) -> dict[str, str]:
    """Return the facts in words by their labels, times in the zone of the business."""
    facts = dict(found.facts)
    if "amount" in facts:
        facts["amount"] = amount_words(facts["amount"], facts.pop("currency"))
    return {_LABELS.get(name, name.replace("_", " ")): _shown(name, value, found.zone) for name, value in facts.items()}


def _shown(name: str, value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment_words(value, zone)
    return _WORDS.get(name, str)(value)


def _spaced(value: Any) -> str:
    return str(value).replace("_", " ")


_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "failure_code": fee_code_words,
    "kind": lambda kind: KIND_WORDS.get(Kind(kind), _spaced(kind)),
    "status": _spaced,
    "type": lambda type_: _spaced(type_).replace("no show", "no-show"),
}


def title_of(found: Explanation) -> str:
    """Return what an explanation is about: "Bella · Thu 03 Dec 2026 15:30 MST · Mile High Mutts"."""
    words = {"what": found.what} | {name: _shown(name, value, found.zone) for name, value in found.facts.items()}
    if found.what == "payment":
        amount = amount_words(found.facts["amount"], found.facts["currency"])
        words["paid"] = f"{amount} {words['type']}"
        words["visit"] = f"visit on {found.facts['visit_on']:%a %d %b %Y}" if "visit_on" in words else ""
    if found.what == "text":
        words["sent"] = f"{words['kind']} to {words.get('owner') or words.get('to', 'the owner')}"
    words["whose"] = words.get("pets") or words.get("owner", "")
    words["vaccine"] = words.get("name") or words.get("type", "")
    return " · ".join(filter(None, (words.get(name) for name in _TITLES[found.what])))


_TITLES: Final = {
    "appointment": ("whose", "scheduled_start", "business"),
    "vaccination": ("whose", "vaccine", "business"),
    "owner": ("owner", "business"),
    "payment": ("paid", "visit", "whose", "business"),
    "text": ("sent", "pets", "business"),
}
"""The parts of a title, by what it is of."""
