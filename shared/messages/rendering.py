"""Render an SMS from records: the values that fill a template, and how overlong texts are shortened."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from string import Template
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.policy.templates import PLACEHOLDERS
from shared.domain.records import Appointment, Owner, Pet, Tenant
from shared.messages.segments import cheapest, clusters, count_segments
from shared.messages.wording import clean, listed, name_of, phrase, when_words

LONGEST_BODY: Final = 1600
"""UTF-16 units. Twilio refuses longer bodies (error 21617)."""

ESSENTIAL: Final = ("when", "vaccines")
"""A line with one of these stays, even if its other placeholders are empty."""

_STREET: Final = re.compile(r"(?=.*\d)(?=.*[^\W\d_])")
_DOUBLED_STOP: Final = re.compile(r"(?<!\.)\.\.(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Text:
    """One SMS as it goes to the provider, and the segments it costs."""

    body: str
    segments: int


def reminder_words(
    tenant: Tenant,
    owner: Owner,
    appointments: Sequence[Appointment],
    *,
    language: str,
    zone: ZoneInfo,
    region: str,
    now: datetime,
) -> dict[str, str]:
    """Return the values for a reminder's placeholders, in the template's `language`.

    `appointments`: those of one visit. `zone`: the tenant's. `region`: two letters ("US"), for date formats. `now`:
    aware; it decides which day is "today".
    """
    return sender_words(tenant) | {
        "owner": name_of(owner.first_name),
        "pets": pet_words(living_pets(appointments), language=language),
        "when": when_words(
            [each.starts_at for each in appointments], zone=zone, language=language, region=region, now=now
        ),
        "service": _service_words(appointments, language),
        "address": street_of(tenant.address),
    }


def sender_words(tenant: Tenant) -> dict[str, str]:
    """Return the tenant's values for any text: its name, and its phone as the tenant writes it (empty without one)."""
    return {
        "business": name_of(tenant.business_name, longest=60) or clean(tenant.subdomain),
        "phone": name_of(tenant.phone),
    }


def living_pets(appointments: Sequence[Appointment]) -> tuple[Pet, ...]:
    """Return the pets that are alive and not deleted, each once, in the order of the appointments."""
    pets = {pet.id: pet for each in appointments for pet in each.pets if not (pet.is_deceased or pet.is_deleted)}
    return tuple(pets.values())


def pet_words(pets: Sequence[Pet], *, language: str) -> str:
    """Return "Bella, Max and Luna". Pets without a name become one "your pet", last."""
    names = [name_of(pet.name) for pet in pets]
    known = [name for name in names if name]
    if len(known) < len(names) or not known:
        known.append(phrase("your_pet", language))
    return listed(known, language)


@lru_cache(maxsize=1024)
def street_of(address: str | None) -> str:
    """Return the street of an address: its beginning, up to where it has a number and a word ("12 Main St")."""
    lines = [line for line in map(clean, (address or "").splitlines()) if line]
    parts = ", ".join(lines).split(",")
    starts = (",".join(parts[:count]) for count in range(1, len(parts) + 1))
    return name_of(next((start for start in starts if _STREET.match(start)), parts[0]), longest=60)


def _service_words(appointments: Sequence[Appointment], language: str) -> str:
    names = dict.fromkeys(name_of(each.service_name) for each in appointments)
    return listed([name for name in names if name], language)


def compose(
    template: str,
    words: Mapping[str, str],
    *,
    language: str,
    max_segments: int,
    can_be_answered: bool = True,
    pet_count: int = 1,
    shorter_vaccines: Sequence[str] = (),
) -> Text:
    """Return the text of one SMS of at most `max_segments` (one or more) and `LONGEST_BODY`.

    `words`: values by placeholder, in the template's `language`; a missing one counts as empty. Raise ValueError or
    KeyError if the template did not pass `check_template`. `can_be_answered`: if not, "Reply STOP" is left out.
    `pet_count`: the pets named in `words["pets"]`. `shorter_vaccines`: ever shorter versions of `words["vaccines"]`.
    A text that is too long loses its address, then the pets' names, then gets shorter vaccines, then loses its end.
    """
    body, segments = "", 0
    for values in _shorter_and_shorter(words, language, pet_count, shorter_vaccines):
        body = cheapest(_filled(template, values))
        segments = count_segments(body).count
        if _fits(body, segments, max_segments):
            break
    else:
        body = cheapest(_cut(body, max_segments))
        segments = count_segments(body).count
    opt_out = phrase("opt_out", language) if can_be_answered and "STOP" not in template else ""
    return Text(_with_opt_out(body, segments, opt_out), segments)


def _shorter_and_shorter(
    words: Mapping[str, str], language: str, pet_count: int, shorter_vaccines: Sequence[str]
) -> Iterator[dict[str, str]]:
    values = {name: words.get(name, "") for name in PLACEHOLDERS}
    yield values
    values = values | {"address": ""}
    yield values
    if pet_count > 1:
        values = values | {"pets": phrase("many_pets", language, count=pet_count)}
        yield values
    for vaccines in shorter_vaccines:
        yield values | {"vaccines": vaccines}


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Fill the lines and join those whose values are present. A value is inserted once and never read as a template."""
    lines = _lines(template)
    kept = [line for line, used in lines if _has_its_values(used, values)] or [line for line, _ in lines]
    # If an address, a name or a Spanish time ends in a full stop, the template's own would double it.
    return clean(" ".join(_DOUBLED_STOP.sub(".", line.format_map(values)) for line in kept))


@lru_cache(maxsize=1024)
def _lines(template: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the non-empty lines of a template, each with the placeholders it uses.

    Lines are rewritten for `str.format`, which takes a fifth of the time of `string.Template`.
    """
    lines = [Template(line) for line in map(clean, template.splitlines()) if line]
    return tuple((_for_format(line), tuple(line.get_identifiers())) for line in lines)


def _for_format(line: Template) -> str:
    marked = line.substitute({name: f"\0{name}\1" for name in line.get_identifiers()})  # clean() removed any such marks
    return marked.replace("{", "{{").replace("}", "}}").replace("\0", "{").replace("\1", "}")


def _has_its_values(used: Sequence[str], values: Mapping[str, str]) -> bool:
    return all(map(values.__getitem__, used)) or any(values[name] for name in used if name in ESSENTIAL)


def _fits(body: str, segments: int, max_segments: int) -> bool:
    return segments <= max_segments and len(body.encode("utf-16-le")) // 2 <= LONGEST_BODY


def _cut(body: str, max_segments: int) -> str:
    """Return the longest beginning of `body` that fits with "..." at its end."""
    pieces = clusters(body[:LONGEST_BODY])

    def beginning(count: int) -> str:
        return f"{''.join(pieces[:count]).rstrip()}..."

    def is_too_long(count: int) -> bool:
        text = cheapest(beginning(count))
        return not _fits(text, count_segments(text).count, max_segments)

    first_too_long = bisect_left(range(1, len(pieces) + 1), True, key=is_too_long)
    return beginning(first_too_long)


def _with_opt_out(body: str, segments: int, opt_out: str) -> str:
    """Return `body` followed by the sentence about STOP, unless that costs another segment."""
    whole = f"{body}{'' if body.endswith(('.', '!', '?')) else '.'} {opt_out}"
    is_free = bool(body and opt_out) and _fits(whole, count_segments(whole).count, segments)
    return whole if is_free else body
