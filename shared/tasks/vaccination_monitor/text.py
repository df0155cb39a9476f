"""The text about vaccinations that expire soon, from one tenant to one owner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

from shared.domain.ids import PetId
from shared.domain.notifications import Member
from shared.domain.policy.models import ServedTenant
from shared.domain.reasons import Reason
from shared.domain.records import Kind, Pet, Vaccination
from shared.messages.rendering import Text, compose, pet_words, sender_words
from shared.messages.wording import day_words, days_left_words, listed, name_of, phrase, template_for
from shared.planning.subject import SubjectKind
from shared.tasks.vaccination_monitor import rules
from shared.tasks.vaccination_monitor.queries import vaccinations_by_id

_WITH_A_WORD: Final = frozenset(
    "rabies distemper parvo bordetella leukemia lyme dhpp fvrcp leptospirosis influenza".split()
)
"""The vaccines with a name in every language; any other goes by the record's name."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """The language and region in which a text is read, and the local day."""

    language: str
    region: str
    today: date


def vaccination_text(kind: Kind, served: ServedTenant, vaccinations: Sequence[Vaccination], at: datetime) -> Text:
    """Return the text to one owner about some records, as sent at `at` (aware), from which days left are counted."""
    ordered = sorted(vaccinations, key=_place)
    owner = ordered[0].owner
    template, language = template_for(kind, served.policy.sms, owner.language)
    reader = _Reader(language, served.region, at.astimezone(served.zone).date())
    pets = tuple({each.pet.id: each.pet for each in ordered}.values())
    return compose(
        template,
        sender_words(served.tenant)
        | {
            "owner": name_of(owner.first_name),
            "pets": pet_words(pets, language=language),
            "vaccines": _vaccines(ordered, pets, reader),
        },
        language=language,
        max_segments=served.policy.sms.max_segments,
        can_be_answered=served.can_be_answered,
        pet_count=len(pets),
        shorter_vaccines=(_vaccines(ordered, pets, reader, is_short=True), _count(ordered, reader)),
    )


def _place(each: Vaccination) -> tuple[date, str, str, str, str]:
    """Return the sort key: by expiry, then pet and vaccine."""
    return _expiry(each), each.pet.name or "", str(each.pet.id), each.vaccine, str(each.id)


def vaccine_words(vaccine: str, name: str | None, language: str) -> str:
    """Return what people call a vaccine: its word, otherwise the record's name for it, otherwise just "vaccine"."""
    if vaccine in _WITH_A_WORD:
        return phrase(f"vaccine_{vaccine}", language)
    return name_of(name) or phrase("vaccine_other", language)


def _vaccines(ordered: Sequence[Vaccination], pets: Sequence[Pet], reader: _Reader, *, is_short: bool = False) -> str:
    """Return "Bella: rabies and DHPP (Sat, Mar 7, 7 days left); Max: Lyme (...)", in short with "(Mar 7)"."""
    return "; ".join(
        f"{_heading(pet, reader.language)}: {', '.join(_of_pet(ordered, pet.id, reader, is_short))}" for pet in pets
    )


def _heading(pet: Pet, language: str) -> str:
    return name_of(pet.name) or phrase("your_pet", language).capitalize()


def _of_pet(ordered: Sequence[Vaccination], pet_id: PetId, reader: _Reader, is_short: bool) -> Iterator[str]:
    for day, same_day in groupby((each for each in ordered if each.pet.id == pet_id), key=_expiry):
        names = [vaccine_words(each.vaccine, each.name, reader.language) for each in same_day]
        words = day_words(day, language=reader.language, region=reader.region, weekday=not is_short)
        if not is_short:
            words += f", {days_left_words((day - reader.today).days, language=reader.language)}"
        yield f"{listed(names, reader.language)} ({words})"


def _count(ordered: Sequence[Vaccination], reader: _Reader) -> str:
    """Return "3 vaccinations, the first on Mar 7"."""
    first = day_words(_expiry(ordered[0]), language=reader.language, region=reader.region, weekday=False)
    name = "one_vaccination" if len(ordered) == 1 else "many_vaccinations"
    return phrase(name, reader.language, count=len(ordered), day=first)


def _expiry(vaccination: Vaccination) -> date:
    """Return the expiry date, which every record with an alert has."""
    if vaccination.expires_on is None:
        raise ValueError(f"vaccination {vaccination.id} has no expiry date")
    return vaccination.expires_on


def _objection(_kind: Kind, vaccination: Vaccination, member: Member, served: ServedTenant) -> Reason | None:
    if vaccination.foreign_part:
        return Reason.FOREIGN_REFERENCE
    return rules.no_longer_right(vaccination, member, served.region, served.blocked)


ALERT: Final = SubjectKind(vaccinations_by_id, _objection, vaccination_text)
