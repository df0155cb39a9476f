import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.policy.templates import PLACEHOLDERS
from shared.domain.records import TEXTS, Kind
from shared.messages.rendering import LONGEST_BODY, Text, compose
from shared.messages.segments import count_segments
from shared.messages.wording import clean, template_of

WORDS = {
    "owner": "Ana",
    "pets": "Bella",
    "when": "tomorrow, Fri Mar 6, at 10:00 AM",
    "business": "Happy Paws Grooming",
    "service": "Full groom",
    "address": "12 Main St",
    "phone": "(555) 010-0142",
}
NOTICE = {"pets": "Bella", "when": "on Wed, Mar 4 at 10:00 AM", "business": "Happy Paws", "phone": "555"}
any_words = st.fixed_dictionaries({name: st.text(max_size=80) for name in sorted(PLACEHOLDERS)})


def text_of(
    *,
    kind: Kind = Kind.REMINDER_24H,
    language: str = "en",
    template: str | None = None,
    most: int = 3,
    pets: int = 1,
    pets_named: str = "Bella",
    can_be_answered: bool = True,
    **values: str,
) -> Text:
    return compose(
        template or template_of(kind, language),
        WORDS | {"pets": pets_named} | values,
        language=language,
        max_segments=most,
        can_be_answered=can_be_answered,
        pet_count=pets,
    )


def test_an_ordinary_reminder() -> None:
    assert text_of() == Text(
        "Happy Paws Grooming reminder: visit for Bella tomorrow, Fri Mar 6, at 10:00 AM. Full groom. 12 Main St. "
        "Changes? Call (555) 010-0142. Reply STOP to opt out",
        1,
    )


def test_a_line_whose_value_is_empty_is_left_out() -> None:
    body = text_of(service="", address="").body
    assert "AM. Changes?" in body


def test_a_notice_without_a_fee_does_not_speak_of_one() -> None:
    with_fee = NOTICE | {"fee": "$25.00", "charge_on": "Mar 9"}
    notice = template_of(Kind.NO_SHOW_NOTICE, "en")
    told = compose(notice, with_fee, language="en", max_segments=3)
    silent = compose(notice, NOTICE, language="en", max_segments=3)
    assert "No-show fee: $25.00. Charged on or after Mar 9." in told.body
    assert silent.body == "Happy Paws: we missed Bella on Wed, Mar 4 at 10:00 AM. Questions: 555. Reply STOP to opt out"


def test_an_empty_value_never_costs_the_line_that_says_when() -> None:
    assert text_of(template="Hi $owner, $pets $when. $address", owner="").body.startswith("Hi , Bella tomorrow, ")
    assert text_of(template="Hi $owner from $business!", owner="").body.startswith("Hi from Happy Paws Grooming!")


def test_the_line_that_says_when_outlives_others() -> None:
    assert text_of(template="Hi $owner, $pets $when.\nCall $phone.", owner="").body.startswith("Hi , Bella tomorrow, ")


def test_no_text_is_longer_than_the_provider_takes() -> None:
    assert len(text_of(template="$pets $when\n" + "x" * 4000, most=30).body) == LONGEST_BODY


def test_a_template_that_names_stop_gets_no_second_one() -> None:
    assert text_of(template="$pets $when. Text STOP to leave.").body.count("STOP") == 1


def test_nobody_is_told_to_reply_to_a_sender_that_takes_no_replies() -> None:
    assert text_of().body == text_of(can_be_answered=False).body + " Reply STOP to opt out"
    assert "STOP" not in text_of(can_be_answered=False, language="es").body


def test_a_pet_called_stop_does_not_count_as_the_opt_out_sentence() -> None:
    assert text_of(business="STOP & Shop Pets").body.endswith("Reply STOP to opt out")


@pytest.mark.parametrize(("length", "ends"), [(160, True), (161, False)])
def test_the_opt_out_sentence_never_costs_another_segment(length: int, ends: bool) -> None:
    filler = "x" * (length - len("Bella today .") - len(" Reply STOP to opt out"))
    text = text_of(template=f"$pets $when {filler}.", when="today")
    assert (text.segments, text.body.endswith("Reply STOP to opt out")) == (1, ends)


def test_an_accent_does_not_double_the_price() -> None:
    text = text_of(business="Peluquería Canina", address="12 Calle Sánchez")
    assert (text.segments, "Peluqueria" in text.body) == (1, True)


def test_a_value_that_ends_in_a_full_stop_gets_no_second_one() -> None:
    assert "12 Main St. Changes?" in text_of(address="12 Main St.").body


def test_a_long_text_loses_its_address_first() -> None:
    body = text_of(most=1, service="A wash, a cut and nails for both of them, slowly").body
    assert "12 Main St" not in body
    assert "Bella" in body


def test_a_long_text_then_counts_the_pets_in_the_owners_language() -> None:
    names = "Bartholomew the Third, Wilhelmina and Maximilian the Great and Good"
    assert "visit for 3 pets tomorrow, " in text_of(most=1, pets_named=names, pets=3).body
    assert "3 mascotas" in text_of(most=1, pets_named=names, pets=3, language="es").body
    assert "1 pets" not in text_of(most=1, pets_named=names, pets=1).body


def test_a_text_that_is_still_too_long_is_cut_as_late_as_possible() -> None:
    text = text_of(template="$pets $when\n$service", service="x" * 500, most=1)
    assert (text.segments, len(text.body), text.body[-4:]) == (1, 160, "x...")


def test_a_cut_splits_no_emoji() -> None:
    body = text_of(template="$pets $when $service", service="👨‍👩‍👧" * 40, most=1).body
    assert body.removesuffix("...").endswith("👨‍👩‍👧")


@pytest.mark.parametrize(
    "name",
    ["$pets", "${when}", "$$", "{x}", "{0.__class__}", "%s", "'; DROP TABLE pets;--", 'Talin "Q"', "🐶 Rex", "Ka$h"],
)
def test_a_value_is_put_in_literally(name: str) -> None:
    assert f"visit for {name} tomorrow" in text_of(pets_named=name).body


@pytest.mark.parametrize("raw", ["Bel\nla", "Bel\x00la", "Bel\u2028la", "Bel\tla"])
def test_no_line_break_or_control_character_comes_through(raw: str) -> None:
    assert "visit for Bel la tomorrow" in text_of(pets_named=raw).body


@given(
    words=any_words,
    kind=st.sampled_from(TEXTS),
    language=st.sampled_from(["en", "es"]),
    most=st.integers(1, 30),
    count=st.integers(0, 9),
)
def test_no_text_exceeds_its_segments_or_holds_a_control_character(
    words: dict[str, str], kind: Kind, language: str, most: int, count: int
) -> None:
    text = compose(template_of(kind, language), words, language=language, max_segments=most, pet_count=count)
    assert text.segments == count_segments(text.body).count <= most
    assert len(text.body.encode("utf-16-le")) // 2 <= LONGEST_BODY
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in text.body)


@settings(deadline=None)  # a cut tries a dozen lengths of a long text
@given(text=st.text(min_size=400, max_size=3000), most=st.integers(1, 30))
def test_no_template_however_long_exceeds_its_segments(text: str, most: int) -> None:
    result = text_of(template=text.replace("$", "$$") + "\n$pets $when", most=most)
    assert result.segments == count_segments(result.body).count <= most
    assert len(result.body.encode("utf-16-le")) // 2 <= LONGEST_BODY


@given(
    st.sampled_from(["$", "{", "}", "%"]).flatmap(lambda mark: st.text(alphabet=f"abcdefgowners_{mark}", min_size=1))
)
def test_no_value_is_ever_read_as_a_template(name: str) -> None:
    body = text_of(kind=Kind.REMINDER_2H, pets_named=name, business=name, most=10).body
    assert body.startswith(f"{name} reminder: visit for {clean(name)} tomorrow")
