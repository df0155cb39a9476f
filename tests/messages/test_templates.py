"""Every template file, in every language."""

import json
from pathlib import Path
from string import Template

import pytest

from shared.domain.policy.templates import LANGUAGES, check_template
from shared.domain.records import REMINDERS, TEXTS, Kind
from shared.messages import rendering
from shared.messages.rendering import compose
from shared.messages.segments import count_segments, is_gsm
from shared.messages.wording import phrase, template_of

ORDINARY = {
    "owner": "Ana",
    "pets": "Bella",
    "business": "Happy Paws Grooming",
    "service": "Full groom",
    "address": "12 Main St",
    "phone": "(555) 010-0142",
    "fee": "$25.00",
}
IN_LANGUAGE = {
    "en": {"charge_on": "Mar 19", "vaccines": "Bella: rabies (Sat, Mar 17, 7 days left)"},
    "es": {"charge_on": "19 mar", "vaccines": "Bella: rabia (sáb, 17 mar, quedan 7 días)"},
}
DAYS = {
    "en": ("tomorrow, Wed Mar 25, at 10:00 AM", "on Thu, Mar 5 at 9:00 AM"),
    "es": ("mañana, mié 25 de mar, a las 10:00 a.m.", "el mié, 18 de mar a las 10:00 a.m."),
}
"""Of a visit to come, and of one that was missed: as written in the US."""
EVERY_FILE = [(language, kind) for language in sorted(LANGUAGES) for kind in TEXTS]
FOLDERS = Path(rendering.__file__).with_name("templates")
every_template = pytest.mark.parametrize(("language", "kind"), EVERY_FILE)


def test_there_is_english_and_spanish() -> None:
    assert LANGUAGES == {"en", "es"} == {folder.name for folder in FOLDERS.iterdir()}


@every_template
def test_a_template_can_be_filled(language: str, kind: Kind) -> None:
    check_template(kind, template_of(kind, language))


@every_template
def test_a_template_names_the_business_and_gives_its_phone(language: str, kind: Kind) -> None:
    assert {"business", "phone"} <= set(Template(template_of(kind, language)).get_identifiers())


@every_template
def test_a_template_asks_for_no_reply_and_is_gsm(language: str, kind: Kind) -> None:
    text = template_of(kind, language)
    assert is_gsm(text)
    assert not any(word in text.lower() for word in ("reply", "respond", "confirm", "cancel", "stop"))


@every_template
def test_a_text_with_ordinary_names_is_one_gsm_segment_and_names_stop(language: str, kind: Kind) -> None:
    words = ORDINARY | IN_LANGUAGE[language] | {"when": DAYS[language][kind not in REMINDERS]}
    text = compose(template_of(kind, language), words, language=language, max_segments=3)
    assert (text.segments, count_segments(text.body).encoding) == (1, "GSM-7")
    assert text.body.endswith(phrase("opt_out", language))
    assert "$" not in text.body.replace("$25.00", "")


def test_only_the_24_hour_reminder_tells_the_address() -> None:
    told = {kind for _, kind in EVERY_FILE for language in LANGUAGES if "$address" in template_of(kind, language)}
    assert told == {Kind.REMINDER_24H}


def test_the_opt_out_sentence_is_the_promised_one() -> None:
    assert phrase("opt_out", "en") == "Reply STOP to opt out"


def test_every_language_has_the_same_phrases() -> None:
    keys = [set(json.loads(file.read_text("utf-8"))) for file in FOLDERS.glob("*/words.json")]
    assert all(each == keys[0] for each in keys)
