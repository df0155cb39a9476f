"""The file that shows us a platform's tables: the schema, our few tables, the views, their triggers; hints below."""

import json
from collections.abc import Iterator
from itertools import chain

from shared.platform.adopt import hints
from shared.platform.adopt.adoption import STANDINGS, Adoption, MappedColumn
from shared.platform.adopt.expressions import in_comment, literal, quoted, type_of
from shared.platform.adopt.structure import Type
from shared.platform.adopt.synonyms import Holds
from shared.platform.adopt.triggers import WRITES, trigger
from shared.platform.adopt.views import empty, pets_of_appointments, view
from shared.platform.adopt.vocabulary import values_of

RECORD = "adopted"
"""Our table that holds what the views were written for, so that a change of the platform's can be found."""


def file(adoption: Adoption) -> str:
    """Return the whole file. It can be run again: it replaces the views, and keeps the rows of our tables."""
    parts = [_head(adoption), _schema(adoption), *_standings(adoption), *_zone(adoption)]
    for each in adoption.views:
        parts.append(view(adoption, each))
        if each.name in WRITES:
            parts.append(trigger(adoption, each))
    if adoption.pets:
        parts.append(pets_of_appointments(adoption, adoption.pets))
    if not adoption.view("services"):
        parts.append(empty(adoption, "services"))
    parts += [_record(adoption), ["COMMIT;"], list(hints.indexes(adoption)), list(hints.grants(adoption))]
    between = "\nGO\n\n" if adoption.structure.dialect == "mssql" else "\n"
    return between.join("\n".join(lines) + "\n" for lines in parts if lines)


def _head(adoption: Adoption) -> list[str]:
    is_mssql = adoption.structure.dialect == "mssql"
    schema, into = in_comment(adoption.structure.schema), in_comment(adoption.into)
    lines = [
        f"-- Shows the pet-care scheduler the tables of the schema {schema}, through views in the schema {into}.",
        f"-- It changes nothing in {schema}, and can be run again. To go back: drop the schema {into}.",
        "-- Lines with DECIDE wait for somebody who knows the platform. Each stands at what texts and charges nobody",
        "-- wrongly. The names of the platform's columns stand in the views, and nowhere else but in the triggers.",
    ]
    if not is_mssql:
        lines += [
            "-- The triggers set no search_path of their own: the platform's triggers, which run inside, may rely on",
            "-- the session's. All names here are qualified.",
        ]
    return [*lines, "SET XACT_ABORT ON;", "BEGIN TRANSACTION;"] if is_mssql else [*lines, "BEGIN;"]


def _schema(adoption: Adoption) -> list[str]:
    dialect, into = adoption.structure.dialect, adoption.into
    name = quoted(dialect, into)
    if dialect == "mssql":
        made = literal(dialect, f"CREATE SCHEMA {name}")
        return [f"IF SCHEMA_ID({literal(dialect, into)}) IS NULL EXEC({made});"]
    # CREATE SCHEMA IF NOT EXISTS asks for the right to create schemas even where this one is there.
    is_absent = f"to_regnamespace({literal(dialect, name)}) IS NULL"
    return [f"DO $$ BEGIN IF {is_absent} THEN CREATE SCHEMA {name}; END IF; END $$;"]


def _table(adoption: Adoption, name: str, first: str) -> list[str]:
    """Return the lines that make a table of ours with its first column, unless it is there."""
    ours = quoted(adoption.structure.dialect, adoption.into, name)
    if adoption.structure.dialect == "mssql":
        return [f"IF OBJECT_ID({literal('mssql', ours)}) IS NULL CREATE TABLE {ours} ({first});"]
    return [f"CREATE TABLE IF NOT EXISTS {ours} ({first});"]


def _standings(adoption: Adoption) -> Iterator[list[str]]:
    """Yield the tables for what the jobs write and the platform has no columns for."""
    dialect = adoption.structure.dialect
    for each in adoption.views:
        if each.kept:
            table, key = STANDINGS[each.name]
            columns = chain.from_iterable(
                _column(adoption, table, kept.wanted.name, type_of(dialect, kept.wanted.holds)) for kept in each.kept
            )
            head = [f"-- What the jobs write about {each.name} and {in_comment(each.table.name)} has no column for."]
            yield [*head, *_table(adoption, table, f"{key} {type_of(dialect, Holds.ID)} PRIMARY KEY"), *columns]


def _column(adoption: Adoption, table: str, name: str, type_: str) -> list[str]:
    ours = quoted(adoption.structure.dialect, adoption.into, table)
    if adoption.structure.dialect == "mssql":
        return [f"IF COL_LENGTH({literal('mssql', ours)}, '{name}') IS NULL ALTER TABLE {ours} ADD {name} {type_};"]
    return [f"ALTER TABLE {ours} ADD COLUMN IF NOT EXISTS {name} {type_};"]


def _zone(adoption: Adoption) -> Iterator[list[str]]:
    """Yield the function that names the zone of the platform's timestamps, where it has any without one."""
    if not any("platform_zone" in each for each in adoption.gates):
        return
    name = quoted(adoption.structure.dialect, adoption.into, "platform_zone")
    comment = (
        "-- DECIDE: the zone in which the platform means its timestamps, its dates and its businesses that have none"
    )
    if adoption.structure.dialect == "mssql":
        yield [
            f"{comment},",
            "-- by its Windows name, like Eastern Standard Time. While that is open, nobody is served (see tenants).",
            f"CREATE OR ALTER FUNCTION {name}() RETURNS varchar(64) AS BEGIN RETURN 'UTC'; END;",
        ]
    else:
        yield [
            f"{comment},",
            "-- like America/New_York. While that is open, nobody is served (see tenants).",
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'UTC'::text $$;",
        ]


def _record(adoption: Adoption) -> list[str]:
    """Return the lines that note for which columns the views were written; `db adopt --check` reads them."""
    dialect, ours = adoption.structure.dialect, quoted(adoption.structure.dialect, adoption.into, RECORD)
    types = dict.fromkeys(("short", "long"), "varchar" if dialect == "postgresql" else "nvarchar")
    columns = (
        f"view_name {types['short']}(40) NOT NULL, table_name {types['short']}(128) NOT NULL, "
        f"column_name {types['short']}(128) NOT NULL, type_name {types['short']}(255) NOT NULL, "
        f"known {'text' if dialect == 'postgresql' else 'nvarchar(max)'} NOT NULL"
    )
    rows = ["    (" + ", ".join(literal(dialect, each) for each in row) + ")" for row in recorded(adoption)]
    head = ["-- For which columns this was written: python -m shared db adopt --check compares."]
    return [
        *head,
        *_table(adoption, RECORD, columns),
        f"DELETE FROM {ours};",
        f"INSERT INTO {ours} VALUES",
        ",\n".join(rows) + ";",
    ]


def recorded(adoption: Adoption) -> list[tuple[str, str, str, str, str]]:
    """Return view, table, column, type and known words (JSON) of each column of the platform's that the views name."""
    found = []
    for its in adoption.views:
        for each in its.columns:
            if each.theirs:
                known = values_of(its.name, each.wanted.name, each.theirs) if _has_words(each) else ()
                found.append((its.name, its.table.name, each.theirs.name, each.theirs.written, json.dumps(known)))
        if its.name == "appointments" and adoption.pets:
            found.append((its.name, its.table.name, adoption.pets.name, adoption.pets.written, json.dumps(())))
    return found


def _has_words(column: MappedColumn) -> bool:
    is_text = column.theirs is not None and column.theirs.type in (Type.ENUM, Type.TEXT)
    return column.wanted.holds is Holds.WORD and is_text and column.wanted.name != "type"  # which may be anything
