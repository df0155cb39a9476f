"""Decide where each column of our views comes from, what a person has to decide, and what cannot be served."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from shared.platform.adopt import decisions, expressions, vocabulary
from shared.platform.adopt.adoption import STANDINGS, Adoption, MappedColumn, Unserved, View
from shared.platform.adopt.matching import FoundColumn, FoundTable, column_in, tables_in
from shared.platform.adopt.structure import Structure, TheirColumn, TheirTable, Type
from shared.platform.adopt.synonyms import COLUMNS, TABLES, UNREAD, Holds, Wanted, plain
from shared.platform.adopt.words import our_word

OPTIONAL = ("services", "appointment_pets")
_WHOLE_NAMES = ("name", "fullname")


@dataclass(frozen=True, slots=True)
class _Place:
    """A table that is being mapped: `ours` names the view."""

    structure: Structure
    into: str
    ours: str
    table: TheirTable
    tables: Mapping[str, FoundTable]

    def found(self, name: str) -> FoundColumn:
        wanted = next(each for each in COLUMNS[self.ours] if each.name == name)
        return column_in(self.table, wanted, self.tables)


def adopted(structure: Structure, into: str) -> Adoption | Unserved:
    """Return how a platform is seen through views in the schema `into`, or why it cannot be served."""
    tables = tables_in(structure)
    places = [_Place(structure, into, ours, each.table, tables) for ours, each in tables.items()]
    pets = _pets(tables) if "appointments" in tables and "appointment_pets" not in tables else None
    if lacking := [*_missing_tables(tables), *(line for each in places for line in _missing_columns(each))]:
        return Unserved(tuple(lacking))
    if pets is None and "appointment_pets" not in tables:
        return Unserved((_NO_PETS.format(tables["appointments"].table.name),))
    views = tuple(_view(place) for place in places)
    return Adoption(structure, into, views, tuple(_gates(places, views)), pets)


_NO_PETS = (
    "nothing says which pets an appointment in {} is for; there has to be a table of both ids, or a column of pet ids"
)


def _missing_tables(tables: Mapping[str, FoundTable]) -> Iterator[str]:
    for ours, names in TABLES.items():
        if ours not in tables and ours not in OPTIONAL:
            yield f"there is no table for {ours} (looked for {', '.join(names.split())}, and their plurals)"


def _missing_columns(place: _Place) -> Iterator[str]:
    for wanted in COLUMNS[place.ours]:
        found = column_in(place.table, wanted, place.tables)
        if wanted.is_required and found.column is None:
            yield _missing(place.table, wanted, found)
        elif (place.ours, wanted.name) == ("appointments", "status") and found.column:
            yield from _without_no_show(place.table, found.column)


def _missing(table: TheirTable, wanted: Wanted, found: FoundColumn) -> str:
    type_ = expressions.type_of("postgresql", wanted.holds)
    if found.unsuited:
        column = found.unsuited[0]
        return f"{table.name}.{column.name}, for {wanted.name}, is {column.written} and has to be {type_}"
    looked_for = ", ".join((wanted.name, *wanted.names.split()))
    return f"{table.name} has no column for {wanted.name}; there has to be one, {type_} (looked for {looked_for})"


def _without_no_show(table: TheirTable, column: TheirColumn) -> Iterator[str]:
    if column.is_closed and not any(our_word("appointments", "status", each) == "no_show" for each in column.values):
        values = ", ".join(column.values)
        yield f"{table.name}.{column.name} has no value for a missed visit, like no_show (it has {values})"


_PETS = Wanted("pet_ids", Holds.ID, "animal_ids patient_ids pets animals pet_id animal_id patient_id", refers_to="pets")


def _pets(tables: Mapping[str, FoundTable]) -> TheirColumn | None:
    """Return the column of appointments that holds one pet or an array of them."""
    table = tables["appointments"].table
    arrays = (each for name in _PETS.names.split() for each in table.columns if plain(each.name) == plain(name))
    found = [each for each in table.columns if plain(each.name) == "petids"] + list(arrays)
    array = next((each for each in found if each.type is Type.UUIDS), None)
    return array or column_in(table, _PETS, tables).column


def _view(place: _Place) -> View:
    columns = tuple(_mapped(place, wanted) for wanted in COLUMNS[place.ours])
    unread = tuple(
        MappedColumn(each, expressions.constant(place.structure.dialect, each.holds, each.otherwise))
        for each in UNREAD.get(place.ours, ())
    )
    if others := place.tables[place.ours].others:
        comments = tuple(decisions.other_tables(place.ours, place.table.name, others))
        return View(place.ours, place.table, columns + unread, comments)
    return View(place.ours, place.table, columns + unread)


def _mapped(place: _Place, wanted: Wanted) -> MappedColumn:
    found = column_in(place.table, wanted, place.tables)
    column = found.column
    if column is None:
        sql, comments = _missing_sql(place, wanted)
        return MappedColumn(wanted, sql, None, tuple(comments))
    if wanted.name == "cancelled_by" and column.type is Type.UUID:
        its = f"t.{expressions.quoted(place.structure.dialect, column.name)}"
        sql = f"CASE WHEN {its} IS NOT NULL THEN 'staff' END"
        return MappedColumn(wanted, sql, column, tuple(decisions.who_cancelled(place.structure, column)))
    comments = decisions.other_columns(wanted.name, found.others) if found.others else []
    comments += _comments(place, wanted, column)
    return MappedColumn(wanted, _sql(place, wanted, found, column), column, tuple(comments), found.is_opposite)


def _comments(place: _Place, wanted: Wanted, column: TheirColumn) -> list[str]:
    """Return the lines about a column's values."""
    if wanted.holds is Holds.MONEY and column.type is Type.INTEGER and not expressions.is_minor(column):
        return decisions.money(wanted.name, column)
    if wanted.holds is Holds.WORD and wanted.name != "type":  # whose name says what nobody knows
        unknown = vocabulary.unknown(place.ours, wanted.name, column)
        return decisions.unknown_words(place.ours, wanted.name, unknown) if unknown else []
    return []


def _sql(place: _Place, wanted: Wanted, found: FoundColumn, column: TheirColumn) -> str:
    """Return a column of ours, read from one of the platform's."""
    dialect, into, holds = place.structure.dialect, place.into, wanted.holds
    its = f"t.{expressions.quoted(dialect, column.name)}"
    if wanted.name == "first_name" and plain(column.name) in _WHOLE_NAMES:
        return expressions.first_name(dialect, column)
    of_kind: Mapping[Holds, Callable[[], str]] = {
        Holds.ID: lambda: its,
        Holds.TEXT: lambda: expressions.text(dialect, column),
        Holds.FLAG: lambda: expressions.truth(dialect, column, wanted.otherwise, is_opposite=found.is_opposite),
        Holds.PRESENCE: lambda: expressions.truth(dialect, column, wanted.otherwise),
        Holds.COUNT: lambda: f"coalesce({its}, {wanted.otherwise})" if wanted.otherwise else its,
        Holds.MONEY: lambda: expressions.minor_units(dialect, column, is_major=_is_major(wanted, column)),
        Holds.INSTANT: lambda: expressions.instant(dialect, into, column),
        Holds.DAY: lambda: expressions.day(dialect, into, column),
        Holds.WORD: lambda: vocabulary.as_read(dialect, place.ours, wanted.name, column),
        Holds.SETTINGS: lambda: expressions.settings(dialect, column),
    }
    return of_kind[holds]()


def _is_major(wanted: Wanted, column: TheirColumn) -> bool:
    """Whether whole numbers are taken for the major unit, until that is decided: those of a deposit."""
    return wanted.name == "deposit_paid" and not expressions.is_minor(column)


def _missing_sql(place: _Place, wanted: Wanted) -> tuple[str, list[str]]:
    """Return what stands for a column that the platform does not have, and the lines above it."""
    dialect, special = place.structure.dialect, f"{place.ours}.{wanted.name}"
    if special == "tenants.subdomain":
        return f"CAST(t.{expressions.quoted(dialect, 'id')} AS {expressions.type_of(dialect, Holds.TEXT)})", []
    if special == "tenants.timezone":
        return expressions.zone(dialect, place.into), []
    if special == "tenants.status":
        return expressions.constant(dialect, Holds.WORD, "active"), []
    if special == "appointments.created_at":
        return _start(place), list(decisions.CREATED)
    if special in ("appointments.arrived_at", "appointments.actual_start"):
        return _arrival(place, wanted)
    if wanted.name == "last_name" and (whole := place.found("first_name").column) and plain(whole.name) in _WHOLE_NAMES:
        return expressions.last_name(dialect, whole), []
    if wanted.is_kept:
        return _kept(place, wanted), list(decisions.CONSENT) if wanted.name == "sms_opted_in" else []
    lines = list(decisions.CARD) if wanted.name == "has_payment_method" else []
    return expressions.constant(dialect, wanted.holds, wanted.otherwise), lines


def _start(place: _Place) -> str:
    found = place.found("scheduled_start").column
    missing = expressions.constant(place.structure.dialect, Holds.INSTANT, None)  # and then it cannot be served
    return expressions.instant(place.structure.dialect, place.into, found) if found else missing


def _arrival(place: _Place, wanted: Wanted) -> tuple[str, list[str]]:
    """Return what stands for an arrival or a start that no column holds."""
    nothing = expressions.constant(place.structure.dialect, Holds.INSTANT, None)
    others = {"arrived_at": "actual_start", "actual_start": "arrived_at"}
    status = place.found("status").column
    words = vocabulary.words("appointments", "status", status) if status else []
    is_known = place.found(others[wanted.name]).column is not None or "in_progress" in dict(words).values()
    if wanted.name == "arrived_at":
        return nothing, decisions.arrival(is_known=True) if is_known else []
    return (nothing, []) if is_known else (_start(place), decisions.arrival(is_known=False))


def _kept(place: _Place, wanted: Wanted) -> str:
    """Return a column that is kept in a table of ours: a scalar subquery, so that the view's rows can be locked."""
    dialect, (table, key) = place.structure.dialect, STANDINGS[place.ours]
    name, id_ = expressions.quoted(dialect, wanted.name), expressions.quoted(dialect, "id")
    source = expressions.quoted(dialect, place.into, table)
    found = f"(SELECT s.{name} FROM {source} AS s WHERE s.{expressions.quoted(dialect, key)} = t.{id_})"
    if wanted.otherwise is None:
        return found
    return f"coalesce({found}, {expressions.constant(dialect, wanted.holds, wanted.otherwise)})"


def _gates(places: list[_Place], views: tuple[View, ...]) -> Iterator[str]:
    """Yield what has to be decided before anybody may be served: there is no choice that is safe for everybody."""
    tenants = next(each for each in views if each.name == "tenants")
    moments = [each for view in views for each in view.columns if "platform_zone" in each.sql]
    if tenants.column("timezone").theirs is None:
        yield "the businesses' time zone: platform_zone()"
    elif moments:
        yield "the zone of the platform's timestamps without one: platform_zone()"
    if tenants.column("status").theirs is None and tenants.column("is_active").theirs is None:
        yield f"which of {tenants.table.name} are served: nothing says so"
    for place in places:
        if others := place.tables[place.ours].others:
            yield f"whether {place.ours} are {place.table.name} or {', '.join(others)}"
        yield from _unclear_columns(place)


def _unclear_columns(place: _Place) -> Iterator[str]:
    for wanted in COLUMNS[place.ours]:
        found = column_in(place.table, wanted, place.tables)
        matters = wanted.is_required or wanted.holds is Holds.FLAG
        if found.column and found.others and matters and not found.is_exact and wanted.holds is not Holds.TEXT:
            names = ", ".join(each.name for each in found.others)
            yield f"whether {place.ours}.{wanted.name} is {found.column.name} or {names}"
