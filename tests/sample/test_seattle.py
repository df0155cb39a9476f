"""The pets of the sample are named as the file says."""

from collections import Counter
from random import Random

import pytest

from shared.sample.seattle import draw_breed, draw_name, draw_species, frequencies

DRAWS = 20_000


@pytest.fixture
def rng() -> Random:
    return Random(1)


def test_the_file_holds_the_figures_of_the_city() -> None:
    names = frequencies("name", "dog")
    assert (names.values[0], names.licences[0]) == ("Lucy", 337)
    assert (len(names.values), len(frequencies("name", "cat").values)) == (208, 154)
    assert (len(frequencies("breed", "dog").values), len(frequencies("breed", "cat").values)) == (96, 24)
    assert "Gorgeou$" in frequencies("odd_name", "").values
    assert len(frequencies("odd_name", "").values) == 60


@pytest.mark.parametrize("species", ["dog", "cat"])
def test_names_are_as_frequent_as_in_the_file(species: str, rng: Random) -> None:
    drawn = Counter(draw_name(rng, species) for _ in range(DRAWS))
    expected = frequencies("name", species)
    for name, licences in list(zip(expected.values, expected.licences, strict=True))[:10]:
        share = licences / sum(expected.licences)
        assert drawn[name] / DRAWS == pytest.approx(share, rel=0.25)


def test_one_breed_in_two_is_the_commonest_among_cats(rng: Random) -> None:
    drawn = Counter(draw_breed(rng, "cat") for _ in range(DRAWS))
    assert drawn["Domestic Shorthair"] / DRAWS == pytest.approx(10086 / 17098, rel=0.05)


def test_two_pets_in_three_are_dogs(rng: Random) -> None:
    drawn = Counter(draw_species(rng) for _ in range(DRAWS))
    assert drawn["dog"] / DRAWS == pytest.approx(35181 / (35181 + 17294), rel=0.05)


def test_now_and_then_a_name_is_odd(rng: Random) -> None:
    odd = set(frequencies("odd_name", "").values)
    assert 0.02 < sum(draw_name(rng, "cat") in odd for _ in range(DRAWS)) / DRAWS < 0.06
