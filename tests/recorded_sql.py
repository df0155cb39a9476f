"""The SQL of each named query as each database gets it, recorded while the application runs on SQLite.

What the application executes are SQLAlchemy's statements, the same for all databases: each is compiled for each of
them. Where `dialects/writing.py` makes a statement of its own for a database it is asked for all of them.
"""

import ast
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import Dialect, Engine, event
from sqlalchemy.dialects.mssql.pyodbc import MSDialect_pyodbc
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from shared.database.dialects import writing

SHARED: Final = Path(writing.__file__).parents[2]
EXECUTING: Final = ("connection.execute", "insert_absent", "read", "read_page", "take_each", "update_each")
BELOW: Final = tuple(
    f"database.{each}" for each in ("dialects.writing", "engine", "paging", "rows.reading", "transactions")
)
"""Modules whose functions are named by those who call them."""
DIALECTS: Final[Mapping[str, Dialect]] = {
    "sqlite": SQLiteDialect_pysqlite(paramstyle="named"),
    "postgresql": PGDialect_psycopg(paramstyle="named"),
    "mssql": MSDialect_pyodbc(paramstyle="named"),
}
DIALECTS["mssql"].server_version_info = (14,)  # 2017: without it SQLAlchemy would write for 2000
DIALECTS["mssql"]._setup_version_attributes()  # type: ignore[attr-defined]  else asked for by a connection only


class Recorder:
    """Collects what is executed. `texts`: by dialect and module, then by function. `lines`: where it was executed."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.lines: set[tuple[str, int]] = set()
        self._is_within = False

    def hear(self, _connection: Any, statement: Any, many: Any, params: Any, _options: Any) -> None:
        """Note a statement that is about to be executed, for all databases."""
        if not self._is_within and not isinstance(statement, str):
            keys = sorted(many[0] if many else params)
            for name in DIALECTS:
                self.note(name, statement, keys)

    def note(self, dialect: str, statement: Any, keys: list[str]) -> None:
        """Note a statement for one database, under the function that executes it."""
        its = list(_frames())
        self.lines |= {(module, line) for module, _, line in its}
        for module, function, _ in its:
            if module not in BELOW and not function.startswith(("_", "<")):
                self.texts[dialect, module][function].add(compiled(statement, DIALECTS[dialect], keys))
                return

    def in_all_dialects(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of dialects/writing.py that is noted for all databases and done for the one at hand."""

        def done(connection: Any, *args: Any, **kwargs: Any) -> Any:
            for name, dialect in DIALECTS.items():

                def execute(statement: Any, params: Any = (), name: str = name) -> Any:
                    keys = sorted(params if isinstance(params, Mapping) else params[0])
                    self.note(name, statement, keys)
                    return SimpleNamespace(scalars=list)

                function(SimpleNamespace(dialect=dialect, execute=execute), *args, **kwargs)
            self._is_within = True
            try:
                return function(connection, *args, **kwargs)
            finally:
                self._is_within = False

        return done


@contextmanager
def recording(engine: Engine) -> Iterator[Recorder]:
    """Record what is executed on an engine during the block."""
    recorder = Recorder()
    event.listen(engine, "before_execute", recorder.hear)
    modules = [each for name, each in list(sys.modules.items()) if name.startswith("shared.")]
    originals = {name: getattr(writing, name) for name in ("insert_absent", "take_each", "update_each")}
    patches = [
        patch.object(module, name, recorder.in_all_dialects(function))
        for module in modules
        for name, function in originals.items()
        if module is not writing and getattr(module, name, None) is function
    ]
    for each in patches:
        each.start()
    try:
        yield recorder
    finally:
        for each in patches:
            each.stop()
        event.remove(engine, "before_execute", recorder.hear)


def compiled(statement: Any, dialect: Dialect, keys: list[str]) -> str:
    """Return a statement as text, the same however many values its lists have."""
    text = str(statement.compile(dialect=dialect, column_keys=keys or None))
    text = re.sub(r"TOP __\[POSTCOMPILE_(\w+)\]", r"TOP (:\1)", text)
    text = re.sub(r"\(__\[POSTCOMPILE_(\w+)\]\)", r"(:\1, ...)", text)
    text = re.sub(r"__\[POSTCOMPILE_(\w+)\]", r":\1", text)
    text = re.sub(r"(:\w+?)(?:_\d+)+\b", r"\1", text)  # numbers that count the parameters say nothing
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return "\n".join(
        textwrap.fill(line, 120, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
        for line in lines
    )


def _frames() -> Iterator[tuple[str, str, int]]:
    """Yield module, function and line of those at work that have to do with SQL, from the innermost outwards."""
    modules, frame = {str(file): name for name, file in modules_with_sql().items()}, sys._getframe()
    while frame is not None:
        if name := modules.get(frame.f_code.co_filename):
            yield name, frame.f_code.co_name, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]


@cache
def modules_with_sql() -> dict[str, Path]:
    """Return the modules that execute statements, by their name within `shared`: `fees.queries`.

    Left out are those that invent data, and those that only hand statements of others to an engine.
    """
    found = {}
    for file in sorted(SHARED.rglob("*.py")):
        its = file.relative_to(SHARED)
        if its.parts[0] not in ("cli", "sample") and "migrations" not in its.parts and _executes(file):
            found[".".join(its.with_suffix("").parts)] = file
    return found | {each: SHARED / f"{each.replace('.', '/')}.py" for each in BELOW}


def _executes(file: Path) -> bool:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    asked = {alias.name for each in nodes if isinstance(each, ast.ImportFrom) for alias in each.names}
    return "Connection" in asked and any(
        isinstance(each, ast.Call) and ast.unparse(each.func) in EXECUTING for each in nodes
    )
