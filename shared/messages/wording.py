"""Languages: which template an owner gets, and how values are written in its language."""

import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time
from babel.numbers import format_currency, get_currency_precision

from shared.domain.policy.models import SmsPolicy
from shared.domain.policy.templates import LANGUAGES, language_tag
from shared.domain.records import Kind
from shared.messages.segments import clusters

BLANK_LETTERS: Final = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols by category, but invisible."""

KEPT: Final = 4096
"""The size of the caches of words that texts share: a batch of reminders names the same days and times."""

_TEMPLATES: Final = Path(__file__).with_name("templates")
_KEPT_FORMATS: Final = "\u200c\u200d"  # the joiners that emoji, Persian and Indic scripts are written with
_DROPPED_CATEGORIES: Final = ("Cf", "Cs")
# ISO 4217: the currencies whose minor unit is not a hundredth.
_WHOLE: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THOUSANDTHS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_ONE_O_CLOCK: Final = re.compile(r"0?1\D")
_REGION: Final = re.compile(r"[A-Z]{2}")


def clean(value: str | None) -> str:
    """Return `value` on one line: runs of white space and control characters become one space; direction marks, lone
    surrogates and zero-width characters are removed. Emoji survive."""
    text = value or ""
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_cleaned, text))
    return " ".join(text.split())


def _cleaned(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc":
        return " "
    is_flag_tag = "\U000e0020" <= char <= "\U000e007f"
    return "" if category in _DROPPED_CATEGORIES and char not in _KEPT_FORMATS and not is_flag_tag else char


def is_visible(text: str) -> bool:
    """Whether `text` has a visible character."""
    return any(unicodedata.category(char)[0] not in "ZCM" and char not in BLANK_LETTERS for char in text)


@lru_cache(maxsize=KEPT)
def name_of(value: str | None, longest: int = 40) -> str:
    """Return a name cleaned and cut to `longest` code points, emoji unbroken; empty if nothing in it is visible."""
    name = clean(value)
    if not is_visible(name):
        return ""
    return name if len(name) <= longest else shortened(name, longest)


def shortened(text: str, longest: int) -> str:
    """Return the beginning of `text` and "...", together at most `longest` code points, no visible character split."""
    kept = ""
    for cluster in clusters(text[: longest + 1]):
        if len(kept) + len(cluster) + 3 > longest:
            break
        kept += cluster
    return f"{kept.rstrip()}..."


def template_for(kind: Kind, sms: SmsPolicy, wanted: str | None) -> tuple[str, str]:
    """Return the template for an owner, and the language of that template, in which its values must be written.

    `wanted`: the owner's language tag. "es-MX" is tried, then "es", then the tenant's own language; for each, the
    tenant's own template comes before ours.
    """
    for tag in (*_broader_and_broader(wanted or ""), *_broader_and_broader(sms.language)):
        if own := sms.own_template(kind, tag):
            return own, tag.partition("-")[0]
        if tag in LANGUAGES:
            return template_of(kind, tag), tag
    raise ValueError(f"there are no texts in {sms.language!r}")


@lru_cache(maxsize=KEPT)
def _broader_and_broader(tag: str) -> tuple[str, ...]:
    """Return "es-mx" and "es" for "es_MX"."""
    parts = language_tag(tag).split("-")
    return tuple("-".join(parts[:count]) for count in range(len(parts), 0, -1))


@cache
def template_of(kind: Kind, language: str) -> str:
    """Return the text of a template file. `language`: one of `LANGUAGES`, here and in the functions below."""
    return (_TEMPLATES / language / f"{kind}.txt").read_text(encoding="utf-8")


@lru_cache(maxsize=KEPT)
def phrase(name: str, language: str, **values: object) -> str:
    """Return one of the phrases of a language's `words.json`, filled."""
    return Template(_phrases(language)[name]).substitute(values)


@cache
def _phrases(language: str) -> dict[str, str]:
    phrases: dict[str, str] = json.loads((_TEMPLATES / language / "words.json").read_text(encoding="utf-8"))
    return phrases


@cache
def locale_of(language: str, region: str) -> Locale:
    """Return the locale of a language and a region ("US"), or of the language alone if the region is unknown."""
    territory = region.strip().upper()
    try:
        return Locale(language, territory if _REGION.fullmatch(territory) else None)
    except UnknownLocaleError:
        return Locale(language)


def listed(items: Sequence[str], language: str) -> str:
    """Return "Bella", "Bella and Max" or "Bella, Max and Luna"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {phrase('and', language)} {items[-1]}"


@lru_cache(maxsize=KEPT)
def day_words(day: date, *, language: str, region: str, weekday: bool = True) -> str:
    """Return "Sat, Mar 7", or "Mar 7" without the weekday."""
    return clean(format_skeleton("MMMEd" if weekday else "MMMd", day, locale=locale_of(language, region)))


def days_left_words(days: int, *, language: str) -> str:
    """Return "7 days left", "1 day left" or, for none, "last day"."""
    name = {0: "last_day", 1: "one_day_left"}.get(days, "days_left")
    return phrase(name, language, count=days)


def money_words(cents: int, currency: str, *, language: str, region: str) -> str:
    """Return an amount given in the currency's minor unit: "$25.00", "¥2,500" (yen have none)."""
    code = currency.strip().upper()
    decimals = decimals_of(code)
    # Unicode's digits are for display and round many currencies (Serbian dinars) to whole units.
    agree = decimals == get_currency_precision(code)
    amount = Decimal(cents).scaleb(-decimals)
    return clean(format_currency(amount, code, locale=locale_of(language, region), currency_digits=agree))


def fee_words(cents: int, refunded_cents: int, currency: str) -> str:
    """Return the amount of a fee for staff, and what of it was given back: "$50.00, $20.00 refunded"."""
    whole, back = (money_words(each, currency, language="en", region="US") for each in (cents, refunded_cents))
    return f"{whole}, {back} refunded" if refunded_cents else whole


def cents_of(amount: Decimal, currency: str) -> int:
    """Return an amount in major units (12.50) in minor units. Raise ValueError for a fraction of a minor unit."""
    cents = amount.scaleb(decimals_of(currency))
    if cents != int(cents):
        raise ValueError(f"{amount} is not an amount of {currency}")
    return int(cents)


def decimals_of(currency: str) -> int:
    """Return how many decimals a currency's amounts have."""
    return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2


def when_words(starts: Sequence[datetime], *, zone: ZoneInfo, language: str, region: str, now: datetime) -> str:
    """Return when something starts: "tomorrow, Fri Mar 6, at 10:00 AM and 2:00 PM".

    "Today" and "tomorrow" (by the local day of `now`) only accompany the date: a text may arrive after midnight.
    `starts`, `now`: aware instants.
    """
    today = _local(now, zone).date()
    ordered = [_local(start, zone) for start in sorted(starts)]
    days = [
        _day_with_times(day, tuple(map(datetime.time, its)), today, language, region)
        for day, its in groupby(ordered, datetime.date)
    ]
    return listed(days, language)


@lru_cache(maxsize=KEPT)
def _day_with_times(day: date, starts: tuple[time, ...], today: date, language: str, region: str) -> str:
    times = [_time_words(start, locale_of(language, region)) for start in starts]
    # Spanish says "a la" for one o'clock and "a las" for the others.
    at_name = "at_one" if _ONE_O_CLOCK.match(times[0]) else "at"
    at = phrase(at_name, language, time=listed([*dict.fromkeys(times)], language))
    name = {0: "today", 1: "tomorrow"}.get((day - today).days, "other_day")
    words = day_words(day, language=language, region=region)
    # Between commas the day has no comma of its own: "tomorrow, Fri Mar 6, at".
    return phrase(name, language, at=at, day=words if name == "other_day" else words.replace(",", ""))


@lru_cache(maxsize=KEPT)
def _time_words(at: time, locale: Locale) -> str:
    return clean(format_time(at, format="short", locale=locale))


def _local(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant in the zone, or in UTC if the local time would lie outside years 1 to 9999."""
    try:
        return instant.astimezone(zone)
    except OverflowError:
        return instant.astimezone(UTC)
