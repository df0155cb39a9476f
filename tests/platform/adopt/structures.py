"""A platform as data, of which a test changes what it is about."""

from dataclasses import replace

from shared.platform.adopt.structure import Structure, TheirColumn, TheirTable, Type


def column(name: str, type_: Type = Type.TEXT, refers_to: str | None = None, **more: object) -> TheirColumn:
    """Return a column."""
    return replace(TheirColumn(name, type_, type_.value.upper(), refers_to=refers_to), **more)  # type: ignore[arg-type]


def key(name: str = "id", refers_to: str | None = None) -> TheirColumn:
    return column(name, Type.UUID, refers_to)


STATUSES = ("Pending", "Confirmed", "Completed", "Cancelled", "NoShow")
TABLES = {
    "clinics": (key(), column("name"), column("slug"), column("time_zone"), column("active", Type.BOOLEAN)),
    "clients": (
        key(),
        key("clinic_id", "clinics"),
        column("name"),
        column("phone"),
        column("sms_consent", Type.BOOLEAN),
    ),
    "patients": (key(), key("clinic_id", "clinics"), key("client_id", "clients"), column("name")),
    "visits": (
        key(),
        key("clinic_id", "clinics"),
        key("client_id", "clients"),
        key("patient_id", "patients"),
        column("starts_at", Type.INSTANT),
        column("ends_at", Type.INSTANT),
        column("checked_in_at", Type.INSTANT),
        column("status", values=STATUSES, is_closed=True),
        column("created_at", Type.INSTANT),
        column("updated_at", Type.INSTANT),
    ),
    "immunizations": (
        key(),
        key("clinic_id", "clinics"),
        key("patient_id", "patients"),
        column("vaccine"),
        column("expires_on", Type.DATE),
    ),
}


def structure(dialect: str = "postgresql", schema: str = "public", **tables: tuple[TheirColumn, ...]) -> Structure:
    """Return a platform of clinics and patients that can be served, with other columns where they are given."""
    found = {**TABLES, **tables}
    return Structure(dialect, schema, tuple(TheirTable(name, columns, (("id",),)) for name, columns in found.items()))


def without(table: str, *names: str) -> tuple[TheirColumn, ...]:
    """Return a table's columns but for some."""
    return tuple(each for each in TABLES[table] if each.name not in names)


def with_(table: str, *columns: TheirColumn) -> tuple[TheirColumn, ...]:
    """Return a table's columns, with others in the place of those of the same names, or after them."""
    names = {each.name for each in columns}
    return (*(each for each in TABLES[table] if each.name not in names), *columns)
