"""How a platform is seen: which of its columns each view shows, and what has to be decided before it may be."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.platform.adopt.structure import Structure, TheirColumn, TheirTable
from shared.platform.adopt.synonyms import Wanted

STANDINGS: Mapping[str, tuple[str, str]] = {
    "owners": ("owner_standings", "owner_id"),
    "pets": ("pet_standings", "pet_id"),
    "appointments": ("appointment_standings", "appointment_id"),
    "vaccination_records": ("vaccination_standings", "vaccination_record_id"),
}
"""Our tables for what the jobs write and a platform has no column for, each with its key, by the view."""


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """One column of a view. `sql`: over the platform's row `t`; `theirs`: the column it is read from, if it is one.

    `comments`: lines above it.
    """

    wanted: Wanted
    sql: str
    theirs: TheirColumn | None = None
    comments: tuple[str, ...] = ()
    is_opposite: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether it is kept in a table of ours, because the platform has no place for it."""
        return self.wanted.is_kept and self.theirs is None


@dataclass(frozen=True, slots=True)
class View:
    """One of our views on one of the platform's tables."""

    name: str
    table: TheirTable
    columns: tuple[MappedColumn, ...]
    comments: tuple[str, ...] = ()

    def column(self, name: str) -> MappedColumn:
        """Return a column by its name."""
        return next(each for each in self.columns if each.wanted.name == name)

    @property
    def kept(self) -> tuple[MappedColumn, ...]:
        """The columns that are kept in a table of ours."""
        return tuple(each for each in self.columns if each.is_kept)


@dataclass(frozen=True, slots=True)
class Adoption:
    """All that is written into the file. `gates`: what has to be decided before anybody is served.

    `pets`: the column of the appointments' table that names their pets, where no table does.
    """

    structure: Structure
    into: str
    views: tuple[View, ...]
    gates: tuple[str, ...]
    pets: TheirColumn | None

    def view(self, name: str) -> View | None:
        """Return a view by its name."""
        return next((each for each in self.views if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Unserved:
    """What a platform lacks without which the jobs cannot serve it, one line each."""

    lines: tuple[str, ...]
