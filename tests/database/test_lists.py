"""Lists of any length: one parameter, whatever a server allows."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, not_, select

from shared.database.dialects.lists import among
from shared.database.tables import commits, leases
from tests.recorded_sql import DIALECTS
from tests.rows import NOON

MORE_THAN_ANY_SERVER_TAKES = 70_000
HERE, ELSEWHERE = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_list_is_one_parameter(dialect: str) -> None:
    compiled = select(commits).where(among(commits.c.id, "ids")).compile(dialect=DIALECTS[dialect])
    assert list(compiled.construct_params({"ids": [uuid4() for _ in range(5_000)]})) == ["ids"]


def test_rows_are_found_by_a_list_longer_than_any_server_takes_parameters(engine: Engine) -> None:
    ids = [HERE, *(UUID(int=number) for number in range(3, MORE_THAN_ANY_SERVER_TAKES))]
    with engine.begin() as connection:
        connection.execute(commits.insert(), [{"id": HERE}, {"id": ELSEWHERE}])
        is_named = among(commits.c.id, "ids")
        found = connection.execute(select(commits.c.id).where(is_named), {"ids": ids}).scalars().all()
        others = connection.execute(select(commits.c.id).where(not_(is_named)), {"ids": ids}).scalars().all()
    assert (found, others) == ([HERE], [ELSEWHERE])


@pytest.mark.parametrize(("keys", "found"), [([], []), (["Job"], []), (["job's \U0001f436", "job"], ["job"])])
def test_text_is_found_to_the_letter(engine: Engine, keys: list[str], found: list[str]) -> None:
    with engine.begin() as connection:
        connection.execute(leases.insert(), {"name": "job", "holder": "worker", "expires_at": NOON})
        is_named = among(leases.c.name, "keys")
        within, without = select(leases.c.name).where(is_named), select(leases.c.name).where(not_(is_named))
        assert connection.execute(within, {"keys": keys}).scalars().all() == found
        others = connection.execute(without, {"keys": keys}).scalars().all()
        assert others == [each for each in ["job"] if each not in found]
