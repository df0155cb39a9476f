"""A platform's tables as values."""

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """What a column holds, as far as the views treat it differently. `NAIVE`: a timestamp without a zone."""

    UUID = "uuid"
    UUIDS = "uuid[]"
    TEXT = "text"
    ENUM = "enum"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    INSTANT = "instant"
    NAIVE = "naive"
    DATE = "date"
    JSON = "json"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TheirColumn:
    """`written`: the type as the database writes it, an enum's with its schema. `refers_to`: its foreign key's table.

    `values`: an enum's, or those that a column of texts holds or may hold, where they could be a status.
    `is_closed`: it can hold no others.
    """

    name: str
    type: Type
    written: str
    is_nullable: bool = True
    values: tuple[str, ...] = ()
    is_closed: bool = False
    refers_to: str | None = None


@dataclass(frozen=True, slots=True)
class TheirTable:
    """`indexes`: the columns of each index, primary and unique key, in order."""

    name: str
    columns: tuple[TheirColumn, ...]
    indexes: tuple[tuple[str, ...], ...] = ()

    def column(self, name: str) -> TheirColumn | None:
        """Return a column by its name."""
        return next((each for each in self.columns if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Structure:
    """A schema of a platform. `dialect`: `postgresql` or `mssql`."""

    dialect: str
    schema: str
    tables: tuple[TheirTable, ...]

    def table(self, name: str) -> TheirTable | None:
        """Return a table by its name."""
        return next((each for each in self.tables if each.name == name), None)
