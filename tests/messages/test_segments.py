# ruff: noqa: RUF001  (look-alikes are what is tested)

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.messages.segments import cheapest, clusters, count_segments, is_gsm, to_gsm

VECTORS = Path(__file__).parents[2].parent / "shared" / "data" / "sms_segments.csv"


def test_every_vector_of_the_provider_is_counted_the_same() -> None:
    if not VECTORS.exists():
        pytest.skip(f"NOT CHECKED against the provider's 743 vectors: there is no {VECTORS.name} beside this project")
    with VECTORS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = []
    for row in rows:
        counted = count_segments(to_gsm(row["text"]) if row["smart_encoding"] == "1" else row["text"])
        expected = (row["encoding"], int(row["segments"]), int(row["characters"]))
        if (counted.encoding, counted.count, counted.characters) != expected:
            wrong.append((row["text"], counted, expected))
    assert len(rows) == 743
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("€" * 153, "GSM-7", 3),  # 76 to a segment: no pair is split over two
        ("é" * 160, "GSM-7", 1),
        ("á" * 70, "UCS-2", 1),
        ("á" * 71, "UCS-2", 2),
        ("á" * 135, "UCS-2", 3),
        ("🐶" * 35, "UCS-2", 1),
        ("🐶" * 36, "UCS-2", 2),
        ("🐶" * 67, "UCS-2", 3),  # 33 to a segment: no surrogate pair is split
    ],
)
def test_segments_are_counted_by_encoding(text: str, encoding: str, segments: int) -> None:
    counted = count_segments(text)
    assert (counted.encoding, counted.count) == (encoding, segments)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("“Bella’s” — 10–11…", '"Bella\'s" - 10-11...'),
        ("Ｂｅｌｌａ", "Bella"),
        ("Be\u200blla\x07", "Bella"),
        ("á 🐶", "á 🐶"),
    ],
)
def test_typographic_characters_give_way_to_look_alikes(text: str, plain: str) -> None:
    assert to_gsm(text) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Benjamín, Lúa y Çağ", "Benjamin, Lua y Çag"),
        ("Zoe\u0301 a\u0303o", "Zoé ao"),  # combining accents: é is in GSM-7, ã is not
        ("Łódź, ﬁne, 𝓑𝓮𝓵𝓵𝓪", "Lodz, fine, Bella"),
        ("2½ hours", "2 1/2 hours"),
        ("“María” 🐶…", "“María” 🐶…"),
        ("“Белла”", "“Белла”"),
    ],
)
def test_accents_and_typography_go_only_where_that_makes_the_text_gsm(text: str, plain: str) -> None:
    assert cheapest(text) == plain


def test_look_alikes_that_cost_more_than_they_save_are_not_used() -> None:
    fractions = "½" * 70
    assert cheapest(fractions) == fractions


@given(st.text())
def test_the_cheapest_version_never_costs_more(text: str) -> None:
    assert count_segments(cheapest(text)).count <= count_segments(unicodedata.normalize("NFC", text)).count


@given(st.text())
def test_to_gsm_leaves_gsm_text_alone(text: str) -> None:
    plain = to_gsm(text)
    assert to_gsm(plain) == plain
    assert not is_gsm(text) or "`" in text or plain == text


@given(st.text())
def test_clusters_lose_nothing(text: str) -> None:
    assert "".join(clusters(text)) == text


@pytest.mark.parametrize("seen_as_one", ["👨‍👩‍👧", "🏳️‍🌈", "👍🏽", "🇮🇹", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "e\u0301"])
def test_what_a_reader_sees_as_one_is_one_cluster(seen_as_one: str) -> None:
    assert clusters(f"a{seen_as_one}b") == ["a", seen_as_one, "b"]


def test_neighbouring_flags_are_two() -> None:
    assert clusters("🇮🇹🇪🇸") == ["🇮🇹", "🇪🇸"]
