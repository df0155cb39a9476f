"""Pets' names and breeds by their frequency in Seattle: seattle_pets.csv holds the number of licences for each."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

_ODD_SHARE = 0.04  # far more than in reality, so that a small sample has some


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Values, and the number of licences with each."""

    values: tuple[str, ...]
    licences: tuple[int, ...]

    def draw(self, rng: Random) -> str:
        """Return a random value, weighted by its licences."""
        return rng.choices(self.values, self.licences)[0]


@cache
def frequencies(what: str, species: str) -> Frequencies:
    """Return the file's frequencies of `what` (species, name, breed, odd_name) for a species (dog, cat; "": all)."""
    lines = files(__package__).joinpath("seattle_pets.csv").read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    found = [row for row in rows if row["what"] == what and species in ("", row["species"])]
    return Frequencies(tuple(row["value"] for row in found), tuple(int(row["licences"]) for row in found))


def draw_species(rng: Random) -> str:
    """Return "dog" or "cat"."""
    return frequencies("species", "").draw(rng)


def draw_name(rng: Random, species: str) -> str:
    """Return a name for a pet, occasionally an odd one."""
    if rng.random() < _ODD_SHARE:
        return frequencies("odd_name", "").draw(rng)
    return frequencies("name", species).draw(rng)


def draw_breed(rng: Random, species: str) -> str:
    """Return a breed as the city's register spells it."""
    return frequencies("breed", species).draw(rng)
