"""A PostgreSQL that does not answer is not waited for without end."""

import socket

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from shared.database.engine import open_engine
from shared.database.failures import is_passing

EXPECTED = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}


def asked_of_libpq(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        said: dict[str, str] = connection.connection.dbapi_connection.info.get_parameters()
        assert connection.execute(text("SELECT 1")).scalar() == 1
    return {name: said[name] for name in EXPECTED}


@pytest.mark.parametrize("stock", ["postgresql"], indirect=True)
def test_a_connection_has_time_outs(engine: Engine) -> None:
    assert asked_of_libpq(engine) == EXPECTED


@pytest.mark.parametrize("stock", ["postgresql"], indirect=True)
def test_the_address_may_say_otherwise(database_url: str) -> None:
    url = make_url(database_url).update_query_dict({"connect_timeout": "7", "keepalives_idle": "99"})
    engine = open_engine(url.render_as_string(hide_password=False))
    assert asked_of_libpq(engine) == EXPECTED | {"connect_timeout": "7", "keepalives_idle": "99"}
    engine.dispose()


def test_a_server_that_accepts_and_says_nothing_is_given_up_as_a_failure_that_passes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        engine = open_engine(f"postgresql+psycopg://petcare@127.0.0.1:{port}/petcare?connect_timeout=2")
        with pytest.raises(OperationalError, match="timeout") as failed:
            engine.connect()
    assert is_passing(failed.value)
