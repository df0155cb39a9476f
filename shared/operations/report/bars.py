"""A bar chart as data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """Bars of one colour, one for each label. `css`: the class that colours them; None: no bar."""

    name: str
    css: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar chart. `words`: writes a value; `shades`: classes that colour the bars of a single series one by one;
    `every`: one in so many labels is shown; `is_labelled`: bars show values.

    `description`: what the chart shows, for those who do not see it.
    """

    name: str
    title: str
    description: str
    labels: Sequence[str]
    series: Sequence[Series]
    words: Callable[[float], str]
    shades: Sequence[str] = ()
    every: int = 1
    is_stacked: bool = False
    is_horizontal: bool = False
    is_labelled: bool = True
