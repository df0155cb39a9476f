"""What its people do: migrate, and work with its models."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, load_only

from tests.platforms.first.models import Base, Pet


def migrate(engine: Engine, to: str) -> None:
    """Run its own migrations."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["engine"] = engine
    command.upgrade(config, to)


def proposed(engine: Engine) -> list[Any]:
    """Return what its `alembic revision --autogenerate` would put into a migration."""
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


@contextmanager
def session(engine: Engine) -> Iterator[Session]:
    """A session of its application that commits in the end."""
    with Session(engine) as opened, opened.begin():
        yield opened


def read_everything(engine: Engine) -> None:
    """Load every row by its models, which raise for a status that they do not know."""
    with session(engine) as opened:
        for mapper in Base.registry.mappers:
            columns = [each for each in mapper.column_attrs if (mapper.class_, each.key) != (Pet, "microchip")]
            opened.scalars(select(mapper.class_).options(load_only(*(each.class_attribute for each in columns)))).all()
