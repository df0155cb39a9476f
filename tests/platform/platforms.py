"""PostgreSQL platforms of three forms: our own tables, tables with triggers, views of a platform's tables.

Each takes the place of the tables of a migrated database.
"""

from typing import Final

from sqlalchemy import Engine

from shared.database.tables import metadata

FORMS: Final = ("tables", "triggers", "views")
WRITTEN: Final = ("appointments", "owners", "pets", "vaccination_records")
STANDING: Final = ("no_show_count", "reputation_score", "last_reputation_update")
"""What this platform's owners lack, so that a table of ours holds it."""
_STANDINGS: Final = """
CREATE TABLE owner_standings (
    owner_id uuid PRIMARY KEY, no_show_count integer, reputation_score smallint, last_reputation_update timestamptz
)
"""
_STAMP: Final = """
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$
"""
_KEEPER: Final = """
CREATE FUNCTION keep_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE their_{table} SET {sets} WHERE id = OLD.id AND {still};
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    {more}
    RETURN NEW;
END $$
"""
_KEEP_STANDING: Final = """
    INSERT INTO owner_standings VALUES (NEW.id, NEW.no_show_count, NEW.reputation_score, NEW.last_reputation_update)
    ON CONFLICT (owner_id) DO UPDATE SET no_show_count = EXCLUDED.no_show_count,
        reputation_score = EXCLUDED.reputation_score, last_reputation_update = EXCLUDED.last_reputation_update;
"""
_STILL: Final = {
    "appointments": "status = OLD.status AND arrived_at IS NOT DISTINCT FROM OLD.arrived_at",
    "vaccination_records": "status IS NOT DISTINCT FROM OLD.status",
}
_SETS: Final = {
    "appointments": ("status", "no_show_fee_charged", "updated_at"),
    "owners": ("sms_opted_in", "updated_at"),
    "pets": ("vaccination_status", "vaccination_expires_at", "updated_at"),
    "vaccination_records": ("status", "updated_at"),
}


def make(engine: Engine, form: str) -> str:
    """Make the platform of a form; return the prefix of the names of its own tables."""
    statements = {"tables": [], "triggers": _triggers(), "views": _views()}[form]
    with engine.begin() as connection:
        for each in statements:
            connection.exec_driver_sql(each)
    return "their_" if form == "views" else ""


def _triggers() -> list[str]:
    """Triggers that have their own opinion of `updated_at`."""
    made = [f"CREATE TRIGGER stamp BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION stamp()" for table in WRITTEN]
    return [_STAMP, *made]


def _views() -> list[str]:
    statements = [_STANDINGS]
    for table in WRITTEN:
        statements += [f"ALTER TABLE {table} RENAME TO their_{table}", _view(table), _keeper(table)]
        trigger = f"CREATE TRIGGER keep INSTEAD OF UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION keep_{table}()"
        statements.append(trigger)
    return [*statements, *(f"ALTER TABLE their_owners DROP COLUMN {each}" for each in STANDING)]


def _view(table: str) -> str:
    def its(name: str) -> str:
        if table == "owners" and name in STANDING:
            return f"(SELECT s.{name} FROM owner_standings AS s WHERE s.owner_id = its.id) AS {name}"
        return f"its.{name}"

    columns = ", ".join(its(each.name) for each in metadata.tables[table].columns)
    return f"CREATE VIEW {table} AS SELECT {columns} FROM their_{table} AS its"


def _keeper(table: str) -> str:
    sets = ", ".join(f"{each} = NEW.{each}" for each in _SETS[table])
    more = _KEEP_STANDING if table == "owners" else ""
    return _KEEPER.format(table=table, sets=sets, still=_STILL.get(table, "true"), more=more)
