"""What people type to find something, read as words, phone numbers and the beginning of an id."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import phonenumbers

from shared.domain.contact import UNKNOWN_REGION, e164
from shared.operations.find.queries import Term
from shared.operations.ids import beginning

_OF_NUMBER: Final = re.compile(r"[+(\d][\d().\-/+]*")
_EXTENSION: Final = re.compile(r"\s*(?<![^\W\d_])(?:extension|ext\.?|x|#)\s*\d+\b", re.IGNORECASE)
_LEAST_DIGITS: Final = 7
"""Fewer digits in a row are a word: part of a name, or of an id."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for. `phones`: numbers as typed, without extension; `digits`: of an id, if there is one word."""

    terms: tuple[Term, ...]
    phones: tuple[str, ...]
    digits: str | None

    def are_its(self, stored: str | None, region: str) -> bool:
        """Whether a stored phone is each of the numbers that were typed, with or without their country code."""
        return all(_is_same(typed, stored or "", region) for typed in self.phones)

    def numbers(self, regions: Iterable[str]) -> set[str]:
        """Return the numbers that were typed in E.164 form, as read in any of some regions."""
        read = (e164(typed, region) for typed in self.phones for region in {UNKNOWN_REGION, *regions})
        return {each for each in read if each}


def read_words(words: Sequence[str]) -> Asked:
    """Read what was typed; neighbouring words that together make a phone number are one."""
    text = " ".join(words)
    phones = tuple(_phones(_EXTENSION.sub("", text).split()))
    names = _names(_EXTENSION.sub("", text).split()) if phones else text.split()
    terms = [Term(_digits(each)[-_LEAST_DIGITS:], is_phone=True) for each in phones]
    return Asked((*terms, *map(Term, names)), phones, beginning(text) if len(text.split()) == 1 else None)


def _phones(words: Sequence[str]) -> Iterator[str]:
    for is_number, some in groupby(words, lambda each: bool(_OF_NUMBER.fullmatch(each))):
        joined = " ".join(some)
        if is_number and len(_digits(joined)) >= _LEAST_DIGITS:
            yield joined


def _names(words: Sequence[str]) -> list[str]:
    return [each for each in words if not _OF_NUMBER.fullmatch(each)]


def _digits(text: str) -> str:
    return phonenumbers.normalize_digits_only(text)


def _is_same(typed: str, stored: str, region: str) -> bool:
    number = e164(stored, region)
    if number and number in (e164(typed, region), e164(typed, UNKNOWN_REGION)):
        return True
    one, other = (_digits(_EXTENSION.sub("", each)).lstrip("0") for each in (typed, stored))
    return min(len(one), len(other)) >= _LEAST_DIGITS and (one.endswith(other) or other.endswith(one))
