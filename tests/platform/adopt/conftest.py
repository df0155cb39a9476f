"""Platforms to adopt, each with people in it and a PostgreSQL database of its own."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from sqlalchemy import Engine, create_engine

from tests.databases import Databases, Stock
from tests.platforms.first.platform import First
from tests.platforms.first.platform import migrate as migrate_first
from tests.platforms.second.platform import Second
from tests.platforms.second.platform import make as make_second
from tests.platforms.story import Platform

Copies = Callable[[str], Iterator[Engine]]


@pytest.fixture(scope="session")
def postgres(stocks: Callable[[str], Stock]) -> Databases:
    """Where PostgreSQL databases can be made."""
    return stocks("postgresql").databases


@pytest.fixture(scope="session")
def copies(postgres: Databases) -> Copies:
    """Lends copies of a platform's database, which is made and filled once."""

    @cache
    def pattern(name: str) -> str:
        engine = create_engine(url := postgres.empty())
        if name == "first":
            migrate_first(engine, "001")
            First(engine).fill()
        else:
            make_second(engine)
            Second(engine).fill()
        engine.dispose()
        return url

    def lent(name: str) -> Iterator[Engine]:
        engine = create_engine(url := postgres.copy(pattern(name)))
        yield engine
        engine.dispose()
        postgres.drop(url)

    return lent


@pytest.fixture
def theirs(postgres: Databases) -> Iterator[Engine]:
    """An empty database."""
    engine = create_engine(url := postgres.empty())
    yield engine
    engine.dispose()
    postgres.drop(url)


@pytest.fixture(params=["first", "second"])
def platform(request: pytest.FixtureRequest, copies: Copies) -> Iterator[Platform]:
    """A platform with its people: each test that takes it runs on both."""
    made: type[First] | type[Second] = First if request.param == "first" else Second
    yield from map(made, copies(request.param))


@pytest.fixture
def first_platform(copies: Copies) -> Iterator[First]:
    """The platform in SQLAlchemy."""
    yield from map(First, copies("first"))


@pytest.fixture
def second_platform(copies: Copies) -> Iterator[Second]:
    """The platform in plain SQL."""
    yield from map(Second, copies("second"))
