"""Ids as people type them, on every database."""

from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine

from shared.errors import UsageError
from shared.operations.ids import beginning, resolved, shortened
from tests import rows
from tests.rows import NOON

FIRST = UUID("1a2b3c4d-0000-4000-8000-000000000001")
SECOND = UUID("1a2b3c4d-ffff-4fff-bfff-ffffffffffff")
OTHER = UUID("1a2b3c4e-0000-4000-8000-000000000000")


@pytest.fixture
def connection(engine: Engine) -> Connection:
    with engine.begin() as connection:
        tenant = rows.tenant(connection)
        owner = rows.owner(connection, tenant)
        for id_ in (FIRST, SECOND, OTHER):
            rows.appointment(connection, tenant, NOON, owner_id=owner, id=id_)
    return engine.connect()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("1a2b3c4e", OTHER),
        ("1A2B3C4E", OTHER),
        (" 1a2b-3c4e ", OTHER),
        ("1a2b3c4d-0", FIRST),
        ("1a2b3c4df", SECOND),
        (str(SECOND), SECOND),
        (SECOND.hex.upper(), SECOND),
    ],
)
def test_an_id_may_be_shortened_to_a_beginning_that_no_other_has(
    connection: Connection, typed: str, found: UUID
) -> None:
    with connection:
        assert resolved(connection, "appointment", typed) == found


def test_a_beginning_that_several_have_is_refused_with_the_candidates(connection: Connection) -> None:
    with connection, pytest.raises(UsageError) as error:
        resolved(connection, "appointment", "1a2b3c4d")
    said = "more than one appointment begins with 1a2b3c4d; write more of it:"
    assert error.value.args == (said, str(FIRST), str(SECOND))


def test_at_most_five_candidates_are_listed(engine: Engine) -> None:
    with engine.begin() as connection:
        tenant = rows.tenant(connection)
        ids = [rows.owner(connection, tenant, id=UUID(int=number)) for number in range(1, 8)]
        with pytest.raises(UsageError) as error:
            resolved(connection, "owner", "0000")
    assert error.value.args[1:] == (*map(str, ids[:5]), "and more")


@pytest.mark.parametrize("typed", ["", "1a2", "1a2g", "x" * 8, "1" * 33, "%%%%", "1a2b'--"])
def test_what_can_be_no_id_is_refused_with_what_to_write(connection: Connection, typed: str) -> None:
    with connection, pytest.raises(UsageError) as error:
        resolved(connection, "appointment", typed)
    assert str(error.value) == f"{typed!r} is no id; write it whole, or its first hexadecimal digits, at least 4"


def test_a_beginning_that_nothing_of_that_kind_has_is_named(connection: Connection) -> None:
    with connection, pytest.raises(UsageError, match="there is no owner 1a2b3c4e"):
        resolved(connection, "owner", "1a2b3c4e")


def test_what_is_shown_of_an_id_can_be_typed() -> None:
    assert beginning(shortened(FIRST)) == shortened(FIRST) == "1a2b3c4d"
