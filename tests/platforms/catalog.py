"""A schema as the catalog describes it: what a dump of it would hold."""

from sqlalchemy import Engine, text

_ASKED = {
    "columns": """
        SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default, ordinal_position
        FROM information_schema.columns WHERE table_schema = :schema""",
    "relations": """
        SELECT relname, relkind::text, relacl::text, relrowsecurity
        FROM pg_class WHERE relnamespace = :schema ::regnamespace""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = :schema ::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = :schema",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(pg_trigger.oid), tgenabled::text
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = :schema ::regnamespace AND NOT tgisinternal""",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = :schema ::regnamespace",
    "enums": """
        SELECT typname, enumlabel, enumsortorder
        FROM pg_type JOIN pg_enum ON enumtypid = pg_type.oid WHERE typnamespace = :schema ::regnamespace""",
}


def described(engine: Engine, schema: str = "public") -> dict[str, list[tuple[object, ...]]]:
    """Return all that makes up a schema, without its rows."""
    with engine.connect() as connection:
        return {
            name: sorted(tuple(map(str, row)) for row in connection.execute(text(asked), {"schema": schema}))
            for name, asked in _ASKED.items()
        }
