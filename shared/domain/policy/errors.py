"""What is wrong with settings, in words for people: every fault at once, and never pydantic's own words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

_LONGEST: Final = 40
"""Characters of a value that is named in full; a longer one hides the message."""
_NO_WHOLE_NUMBER: Final = "is not a whole number"
_NO_DATE: Final = "is not a date; write it like 2026-12-25"
_NO_LIST: Final = "is not a list; write it like [1, 2]"
_NO_OBJECT: Final = 'is not an object; write it like {{"key": value}}'
_WORDS: Final[Mapping[str, str]] = {
    "int_type": _NO_WHOLE_NUMBER,
    "int_parsing": _NO_WHOLE_NUMBER,
    "int_from_float": _NO_WHOLE_NUMBER,
    "int_parsing_size": _NO_WHOLE_NUMBER,
    "float_type": "is not a number",
    "float_parsing": "is not a number",
    "finite_number": "is not a number",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "string_type": "is not a text",
    "string_too_long": "is longer than {max_length} characters",
    "string_too_short": "is shorter than {min_length} characters",
    "greater_than": "is too small; it must be more than {gt:g}",
    "greater_than_equal": "is too small; the least is {ge}",
    "less_than_equal": "is too large; the most is {le}",
    "literal_error": "is not possible; write {expected}",
    "date_type": _NO_DATE,
    "date_parsing": _NO_DATE,
    "date_from_datetime_parsing": _NO_DATE,
    "date_from_datetime_inexact": _NO_DATE,
    "tuple_type": _NO_LIST,
    "frozen_set_type": _NO_LIST,
    "too_short": "has too few values; the fewest are {min_length}",
    "too_long": "has too many values; the most are {max_length}",
    "dict_type": _NO_OBJECT,
    "model_type": _NO_OBJECT,
    "model_attributes_type": _NO_OBJECT,
}
"""What follows the value, by pydantic's type of error."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `key`: the setting; `words`: what is wrong with it and what to do."""

    key: str
    words: str

    def __str__(self) -> str:
        return f"{self.key}: {self.words}"


class PolicyError(ValueError):
    """Settings that cannot be used. `faults`: everything that is wrong with them; the message names it all."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


def several(faults: Sequence[Fault]) -> ValidationError:
    """Return an error that a validator raises for several faults, each with the key below the validator's own."""
    lines = [
        InitErrorDetails(type=PydanticCustomError("fault", "{words}", {"words": each.words}), loc=(each.key,), input="")
        for each in faults
    ]
    return ValidationError.from_exception_data("settings", lines)


def faults_of(error: ValidationError, model: type[BaseModel], *, is_quoted: bool = True) -> list[Fault]:
    """Return what is wrong, each thing once. `model`: what was read; `is_quoted`: values are no secrets, so name them.

    The place of a value in a list is no part of the key.
    """
    found = (
        Fault(".".join(_keys(each)) or "settings", _words(each, model, is_quoted))
        for each in error.errors(include_url=False)
    )
    return list(dict.fromkeys(found))


def _keys(error: ErrorDetails) -> Iterator[str]:
    return (part for part in error["loc"] if isinstance(part, str) and part not in ("QuietHours", "[key]"))


def _words(error: ErrorDetails, model: type[BaseModel], is_quoted: bool) -> str:
    if error["type"] == "extra_forbidden":
        return _unknown(list(_keys(error)), model)
    if error["type"] not in _WORDS:  # our own validators, which say all
        return error["msg"].removeprefix("Value error, ")
    words, value = _WORDS[error["type"]].format(**error.get("ctx", {})), _written(error["input"])
    return f"{value} {words}" if is_quoted and len(value) <= _LONGEST else words.removeprefix("is ")


def _written(value: object) -> str:
    return repr(value) if isinstance(value, str) else json.dumps(value, default=str)


def _unknown(keys: Sequence[str], model: type[BaseModel]) -> str:
    """Return the words for an unknown key, with the known one that it may be a slip of."""
    for key in keys[:-1]:
        model = _models_in(model)[key]
    known = [field.alias or name for name, field in model.model_fields.items()]
    near = get_close_matches(keys[-1].lower().replace("-", "_"), known, n=1)
    return f"unknown key; did you mean {near[0]}?" if near else "unknown key; see docs/settings.md"


def _models_in(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Return the objects inside a model, by key."""
    inside: dict[str, Any] = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    return {key: each for key, each in inside.items() if isinstance(each, type) and issubclass(each, BaseModel)}
