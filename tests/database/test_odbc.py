"""The address of an Azure SQL database, as it reaches the ODBC driver."""

import sys
from types import SimpleNamespace

import pytest
from azure.identity import CredentialUnavailableError
from sqlalchemy.engine import make_url

from shared.database import odbc
from shared.database.engine import ensure_ready, open_engine
from shared.errors import DatabaseUnusable

AZURE = "mssql+pyodbc://@petcare.database.windows.net/petcare"
OLD, D17, D18 = "SQL Server", "ODBC Driver 17 for SQL Server", "ODBC Driver 18 for SQL Server"


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The drivers that pyodbc finds: a stand-in for the module, which does not load without unixODBC."""
    drivers = [OLD, D17]
    stand_in = SimpleNamespace(
        drivers=lambda: drivers, version="5.5.0", paramstyle="qmark", pooling=True, Error=OSError, Cursor=object
    )
    monkeypatch.setitem(sys.modules, "pyodbc", stand_in)
    return drivers


def connection_string(url: str) -> list[str]:
    """Return what SQLAlchemy hands to the driver, in parts."""
    completed = odbc.completed(make_url(url))
    ((text,), _) = completed.get_dialect()().create_connect_args(completed)
    return str(text).split(";")


@pytest.mark.parametrize("name", ["Authentication", "authentication"])
def test_a_managed_identity_signs_in_without_password_or_windows_login(name: str) -> None:
    assert connection_string(f"{AZURE}?{name}=ActiveDirectoryMsi&Encrypt=yes") == [
        f"DRIVER={{{D17}}}",
        "Server=petcare.database.windows.net",
        "Database=petcare",
        "Authentication=ActiveDirectoryMsi",
        "Encrypt=yes",
    ]


def test_an_identity_of_ones_own_choosing_is_named_by_its_client_id() -> None:
    parts = connection_string(
        AZURE.replace("@", "11111111-2222-3333-4444-555555555555@") + "?Authentication=ActiveDirectoryMsi"
    )
    assert "UID=11111111-2222-3333-4444-555555555555" in parts
    assert parts[-1].lower() == "authentication=activedirectorymsi"  # keywords have no case in ODBC
    assert not [part for part in parts if part.startswith(("PWD", "Trusted_Connection"))]


def test_the_newest_driver_is_taken(installed: list[str]) -> None:
    installed[:] = [D18, OLD, D17]
    assert connection_string(AZURE)[0] == f"DRIVER={{{D18}}}"


@pytest.mark.parametrize("name", ["driver", "Driver", "DRIVER"])
def test_a_driver_that_is_named_is_kept(installed: list[str], name: str) -> None:
    installed[:] = []
    assert connection_string(f"{AZURE}?{name}=ODBC+Driver+17+for+SQL+Server")[0] == f"DRIVER={{{D17}}}"


def test_without_a_driver_one_line_says_what_to_install(installed: list[str]) -> None:
    installed[:] = [OLD, "ODBC Driver 13 for SQL Server"]
    with pytest.raises(DatabaseUnusable, match=r"^DATABASE_URL: no Microsoft ODBC driver .*install msodbcsql18"):
        open_engine(AZURE)


def test_without_unixodbc_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyodbc", None)
    with pytest.raises(DatabaseUnusable, match=r"^DATABASE_URL: no driver for mssql\+pyodbc "):
        open_engine(AZURE)


@pytest.mark.parametrize("url", ["sqlite:///petcare.db", "postgresql+psycopg://user@host/name"])
def test_other_databases_are_left_alone(url: str) -> None:
    assert odbc.completed(make_url(url)) == make_url(url)


def test_whoever_is_signed_in_to_azure_here_gives_a_token_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, connected = [], []

    class Credential:
        def get_token(self, audience: str) -> SimpleNamespace:
            asked.append(audience)
            return SimpleNamespace(token="t0")

    def connect(text: str, **options: object) -> None:
        connected.append((text, options))
        raise RuntimeError("there is no server")

    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Credential)
    monkeypatch.setattr(sys.modules["pyodbc"], "connect", connect, raising=False)
    engine = open_engine(f"{AZURE}?Authentication=ActiveDirectoryDefault&Encrypt=yes")
    with pytest.raises(RuntimeError, match="there is no server"):
        engine.connect()
    assert asked == ["https://database.windows.net/.default"]
    ((text, options),) = connected
    assert text == f"DRIVER={{{D17}}};Server=petcare.database.windows.net;Database=petcare;Encrypt=yes"
    assert options["attrs_before"] == {1256: b"\x04\0\0\0t\x000\x00"}  # its length, then itself in UTF-16


def test_when_nobody_is_signed_in_to_azure_one_line_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Credential:
        def get_token(self, audience: str) -> None:
            raise CredentialUnavailableError(f"no token for {audience}")

    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Credential)
    with pytest.raises(DatabaseUnusable, match=r"nobody is signed in to Azure here; run: az login$"):
        ensure_ready(open_engine(f"{AZURE}?Authentication=ActiveDirectoryDefault"))
