"""Who may import whom, and who may look at the environment and the clock: checked over the syntax trees."""

import ast
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = sorted((ROOT / "shared").rglob("*.py"))
FUNCTIONS = sorted(path.with_name("__init__.py") for path in ROOT.glob("*/function.json"))

# A room is a module or a folder right under shared/, or a feature under shared/tasks/. It may import itself and what is
# named here. Nobody imports a __main__.py; each is a room of its own, the door to the command line.
_TASK = "planning platform messages database domain"
MAY_IMPORT = {
    "__init__": "",
    "__main__": "cli",
    "domain": "",
    "errors": "",
    "database": "domain errors",
    "messages": "domain",
    "gateways": "domain",
    "planning": "messages database domain",
    "platform": "database domain",
    "schedules": "domain errors",
    "urls": "domain",
    "settings": "urls domain errors",
    "logs": "settings domain errors",
    "telemetry": "settings logs domain",
    "sample": "database domain",
    "application": "settings gateways database domain errors",
    "tasks": "",
    "tasks.appointment_reminders": _TASK,
    "tasks.vaccination_monitor": _TASK,
    "tasks.no_show_detector": f"{_TASK} fees",
    "tasks.reputation_updater": _TASK,
    "fees": "planning platform messages database domain gateways errors",
    "delivery": "planning platform messages database domain gateways errors",
    "jobs": "tasks.appointment_reminders tasks.vaccination_monitor tasks.no_show_detector tasks.reputation_updater "
    "fees planning domain",
    "stages": "application jobs fees delivery telemetry planning database domain gateways errors",
    "results": "stages application jobs database domain errors",
    "runtime": "results stages application jobs telemetry logs settings database domain gateways errors",
    "operations": "runtime stages application gateways logs jobs fees delivery planning tasks.appointment_reminders "
    "tasks.vaccination_monitor tasks.reputation_updater schedules messages database domain errors",
    "schedulers": "operations runtime results stages jobs fees schedules application logs telemetry settings gateways "
    "messages database domain errors",
    "cli": "schedulers operations runtime stages jobs fees platform sample schedules application logs telemetry "
    "settings messages gateways database domain errors",
}
# Rules and values are functions of their arguments: these libraries, no input, no output, no clock.
PURE_ROOMS = {"domain": "pydantic pydantic_core phonenumbers babel"}
PURE_FILES = tuple(
    "rules pricing consequences text_plans vaccines groups figures folding tallies structure synonyms matching".split()
)
QUERIES = ("queries", "standings", "statuses", "superseding", "listing", "unsent", "copying", "events")
PROTOCOLS = ("shared.gateways.sms", "shared.gateways.payments")
PURE = set(
    "collections dataclasses datetime difflib enum functools hashlib itertools json re string typing uuid "
    "zoneinfo".split()
)
DOING = {"open", "print", "input", "eval", "exec", "__import__", "getattr"}
SDKS = {"twilio": "gateways", "stripe": "gateways", "opencensus": "telemetry", "celery": "schedulers"}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
CLOCK = set(
    "datetime.now datetime.utcnow datetime.today date.today time.time time.time_ns time.localtime time.gmtime "
    "time.clock_gettime time.clock_gettime_ns func.now func.current_date func.localtimestamp".split()
)

Check = Callable[[Path, ast.Module], list[str]]
Arrows = Mapping[str, set[str]]


def room_of(path: Path) -> str:
    """Return the room of a file: `fees`, `tasks.no_show_detector`, or `__main__` for a door."""
    parts = path.relative_to(ROOT / "shared").with_suffix("").parts
    if parts[-1] == "__main__":
        return "__main__"
    return ".".join(parts[:2]) if parts[0] == "tasks" and len(parts) > 2 else parts[0]


def room_named(module: str) -> str:
    """Return the room of a dotted name under `shared`, of a module or of something in it."""
    parts = module.split(".")[1:]
    return ".".join(parts[:2]) if parts[0] == "tasks" and len(parts) > 1 else parts[0]


def imports(nodes: Iterator[ast.AST], path: Path) -> list[str]:
    """Return the full dotted names that are imported, `from x import y` as x.y."""
    package = path.relative_to(ROOT).parts[:-1]
    names = []
    for node in nodes:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            names += [f"{module}.{alias.name}" for alias in node.names]
    return names


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when the module is imported: those outside functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from at_import(child)


def without_if(tree: ast.Module, condition: str) -> ast.Module:
    """Return the module without the top-level `if` on `condition`."""
    body = [node for node in tree.body if not (isinstance(node, ast.If) and ast.unparse(node.test) == condition)]
    return ast.Module(body=body, type_ignores=[])


def mentions(path: Path, tree: ast.Module, names: set[str]) -> list[str]:
    """Return those of the dotted `names` that are used or imported, by their last two parts, under whatever alias."""
    aliased = [
        alias
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname
    ]
    full = {str(alias.asname): alias.name for alias in aliased}
    used = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    used = [".".join([full.get(first, first), *rest]) for first, *rest in (name.split(".") for name in used)]
    ends = {".".join(name.split(".")[-2:]) for name in [*used, *imports(ast.walk(tree), path)]}
    return sorted(ends & names)


def ours(path: Path, tree: ast.Module) -> list[str]:
    """Return the names under `shared` that a module imports, inside functions too."""
    return [name for name in imports(ast.walk(tree), path) if name.startswith("shared.")]


def other_rooms(path: Path, tree: ast.Module) -> list[str]:
    """A room imports only the rooms that it may import."""
    room = room_of(path)
    allowed = {room, *MAY_IMPORT[room].split()}
    whole = [f"{room} may not import shared" for name in imports(ast.walk(tree), path) if name == "shared"]
    return whole + [f"{room} may not import {name}" for name in ours(path, tree) if room_named(name) not in allowed]


def doors(path: Path, tree: ast.Module) -> list[str]:
    """Nobody imports a __main__.py."""
    return [f"nobody may import {name}" for name in ours(path, tree) if ".__main__" in name]


def impurities(path: Path, tree: ast.Module) -> list[str]:
    """The domain and the pure files of a feature know no input, no output, no clock, and nothing but each other."""
    room, is_pure = room_of(path), room_of(path) in PURE_ROOMS or path.stem in PURE_FILES
    if not is_pure:
        return []
    found = {name.split(".")[0] for name in imports(ast.walk(tree), path)} - {"shared"}
    allowed = PURE | set(PURE_ROOMS.get(room, "").split())
    ours_ = [name for name in ours(path, tree) if room_named(name) != "domain" and not is_named(name, PURE_FILES)]
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    done = {call.id for call in calls if isinstance(call, ast.Name)} & DOING
    problems = [f"{path.stem} may not import {name}" for name in (*sorted(found - allowed), *ours_)]
    return problems + [f"{path.stem} may not call {name}" for name in sorted(done)]


def queries(path: Path, tree: ast.Module) -> list[str]:
    """The files of a feature that hold its SQL know the database, the domain, the platform and each other."""
    if not is_named(path.stem, QUERIES):
        return []
    near = [name for name in ours(path, tree) if room_named(name) in ("database", "domain", "platform")]
    known = [name for name in ours(path, tree) if is_named(name, (*QUERIES, *PURE_FILES))]
    return [f"{path.stem} may not import {name}" for name in ours(path, tree) if name not in (*near, *known)]


def is_named(module: str, stems: Collection[str]) -> bool:
    """Whether a dotted name is of, or in, a file with one of the names; `queries` stands for `…_queries` too."""
    parts = {"queries" if each.endswith("_queries") else each for each in module.split(".")}
    return not parts.isdisjoint(stems)


def protocols(path: Path, tree: ast.Module) -> list[str]:
    """Fees and delivery know what a provider can do, and none of the providers: they are passed in."""
    theirs = [name for name in ours(path, tree) if room_named(name) == "gateways"]
    others = [name for name in theirs if not name.startswith(PROTOCOLS)]
    return (
        [f"{room_of(path)} may not import {name}" for name in others] if room_of(path) in ("fees", "delivery") else []
    )


def sdks(path: Path, tree: ast.Module) -> list[str]:
    """An SDK is slow to import: only its own room does, when it is first needed.

    The modules named for Celery are loaded by Celery alone; nothing else may import them.
    """
    room, tree = room_of(path), without_if(tree, "TYPE_CHECKING")
    if path.stem.startswith("celery_"):
        return []
    celery_s = [name for name in imports(ast.walk(tree), path) if ".celery_" in name]
    if celery_s:
        return [f"only Celery may import {name}" for name in celery_s]
    anywhere = {name.split(".")[0] for name in imports(ast.walk(tree), path)} & SDKS.keys()
    early = {name.split(".")[0] for name in imports(at_import(tree), path)} & SDKS.keys()
    misplaced = [f"{room} may not import {name}" for name in sorted(anywhere) if SDKS[name] != room]
    return misplaced + [f"{name} must be imported inside a function" for name in sorted(early)]


def environment(path: Path, tree: ast.Module) -> list[str]:
    """The environment is read in one place."""
    found = mentions(path, tree, ENVIRONMENT) if room_of(path) != "settings" else []
    return [f"{name} belongs to settings" for name in found]


def clock(path: Path, tree: ast.Module) -> list[str]:
    """The wall clock is read in one place; time.monotonic, which only measures, anywhere."""
    found = mentions(path, tree, CLOCK) if room_of(path) != "application" else []
    return [f"{name} belongs to application" for name in found]


def address(path: Path, tree: ast.Module) -> list[str]:
    """The database's address and its schema are read together, in one place."""
    read = [name for name in ours(path, tree) if name == "shared.settings.database"]
    return ["open_database belongs to application" for _ in read if room_of(path) != "application"]


CHECKS: list[Check] = [other_rooms, doors, impurities, queries, protocols, sdks, environment, clock, address]


def arrows_between_modules(sources: Mapping[Path, str]) -> Arrows:
    """Return which module imports which, by dotted name."""
    names = {dotted(path): path for path in sources}
    arrows: dict[str, set[str]] = defaultdict(set)
    for name, path in names.items():
        for imported in ours(path, ast.parse(sources[path])):
            target = imported if imported in names else imported.rpartition(".")[0]
            if target in names and target != name:
                arrows[name].add(target)
    return arrows


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def arrows_between_rooms(modules: Arrows) -> Arrows:
    """Return which room imports which; doors are left out, for nobody imports them."""
    arrows: dict[str, set[str]] = defaultdict(set)
    for name, targets in modules.items():
        if not name.endswith("__main__"):
            arrows[room_named(name)] |= {room_named(each) for each in targets} - {room_named(name)}
    return arrows


def circle(arrows: Arrows) -> list[str]:
    """Return the nodes of a circle in order, if there is one."""
    done: set[str] = set()

    def follow(node: str, way: list[str]) -> list[str]:
        if node in way:
            return way[way.index(node) :]
        if node in done:
            return []
        found = next(filter(None, (follow(each, [*way, node]) for each in sorted(arrows.get(node, ())))), [])
        done.add(node)
        return found

    return next(filter(None, (follow(node, []) for node in sorted(arrows))), [])


def present_sources() -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in SHARED if "migrations" not in path.parts}


@pytest.mark.parametrize("between", [lambda arrows: arrows, arrows_between_rooms], ids=["modules", "rooms"])
def test_nothing_imports_itself_in_a_circle(between: Callable[[Arrows], Arrows]) -> None:
    assert circle(between(arrows_between_modules(present_sources()))) == []


def test_a_circle_is_found_inside_a_function_too() -> None:
    sources = present_sources()
    sources[ROOT / "shared" / "domain" / "records.py"] += "\n\ndef late():\n    from shared import runtime\n"
    modules = arrows_between_modules(sources)
    assert {"shared.domain.records", "shared.runtime"} <= set(circle(modules))
    assert {"domain", "runtime"} <= set(circle(arrows_between_rooms(modules)))


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_module_belongs_to_a_room_of_the_table(path: Path) -> None:
    assert room_of(path) in MAY_IMPORT


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_no_module_breaks_a_rule(check: Check) -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}: {problem}"
        for path in SHARED
        for problem in check(path, ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: path.parent.name)
def test_a_function_folder_knows_the_runtime_only(path: Path) -> None:
    found = imports(ast.walk(ast.parse(path.read_text(encoding="utf-8"))), path)
    assert found == ["azure.functions", "shared.runtime.run_scheduled"]


@pytest.mark.parametrize(
    ("check", "module", "source", "problem"),
    [
        (
            other_rooms,
            "domain/fees.py",
            "from shared.database import ledger",
            "domain may not import shared.database",
        ),
        (other_rooms, "database/runs.py", "import shared.runtime", "database may not import shared.runtime"),
        (other_rooms, "domain/fees.py", "from ..runtime import run", "domain may not import shared.runtime.run"),
        (other_rooms, "fees/text.py", "def f():\n    from shared import cli", "fees may not import shared.cli"),
        (other_rooms, "gateways/sms.py", "if TYPE_CHECKING:\n    import shared.delivery", "gateways may not import"),
        (
            other_rooms,
            "tasks/no_show_detector/planning.py",
            "from shared.tasks.vaccination_monitor import rules",
            "tasks.no_show_detector may not import shared.tasks.vaccination_monitor.rules",
        ),
        (
            other_rooms,
            "tasks/no_show_detector/__main__.py",
            "import shared.runtime",
            "__main__ may not import",
        ),
        (doors, "cli/run.py", "from shared.tasks.no_show_detector import __main__", "nobody may import shared.tasks"),
        (impurities, "fees/pricing.py", "import logging", "pricing may not import logging"),
        (impurities, "domain/records.py", "from sqlalchemy import Row", "records may not import sqlalchemy"),
        (
            impurities,
            "fees/pricing.py",
            "from shared.database import ledger",
            "pricing may not import shared.data",
        ),
        (
            impurities,
            "tasks/no_show_detector/rules.py",
            "from shared.tasks.no_show_detector import marking",
            "rules may not import shared.tasks.no_show_detector.marking",
        ),
        (
            queries,
            "tasks/no_show_detector/queries.py",
            "from shared.planning import context",
            "queries may not import shared.planning.context",
        ),
        (
            protocols,
            "delivery/sending.py",
            "from shared.gateways.twilio import TwilioSms",
            "delivery may not import shared.gateways.twilio",
        ),
        (sdks, "gateways/sms.py", "from twilio.rest import Client", "twilio must be imported inside a function"),
        (sdks, "gateways/sms.py", "class A:\n    import stripe", "stripe must be imported inside a function"),
        (sdks, "runtime.py", "def f():\n    import opencensus.trace", "runtime may not import opencensus"),
        (sdks, "schedulers/local.py", "def f():\n    from shared.schedulers.celery_app import app", "only Celery may"),
        (sdks, "schedulers/local.py", "import celery", "celery must be imported inside a function"),
        (environment, "runtime.py", "import os\nos.environ['A']", "os.environ belongs to settings"),
        (environment, "cli/run.py", "from os import getenv", "os.getenv belongs to settings"),
        (clock, "delivery/loop.py", "datetime.now(UTC)", "datetime.now belongs to application"),
        (clock, "runtime.py", "import datetime\ndatetime.datetime.utcnow()", "datetime.utcnow belongs to application"),
        (clock, "delivery/loop.py", "from time import time", "time.time belongs to application"),
        (clock, "delivery/loop.py", "from datetime import datetime as dt\ndt.now()", "datetime.now belongs to"),
        (clock, "delivery/loop.py", "import time as t\nt.time()", "time.time belongs to application"),
        (clock, "delivery/loop.py", "import time\ntime.localtime()", "time.localtime belongs to application"),
        (clock, "database/runs.py", "from sqlalchemy import func\nfunc.now()", "func.now belongs to application"),
        (address, "cli/run.py", "from shared.settings import database", "open_database belongs to application"),
        (environment, "operations/health.py", "import os as o\no.environ", "os.environ belongs to settings"),
        (impurities, "domain/back_off.py", "import sqlite3", "back_off may not import sqlite3"),
        (impurities, "fees/collecting/rules.py", "open('a')", "rules may not call open"),
        (other_rooms, "domain/plans.py", "import shared", "domain may not import shared"),
    ],
)
def test_what_a_rule_forbids_is_found_and_named(check: Check, module: str, source: str, problem: str) -> None:
    (found,) = check(ROOT / "shared" / module, ast.parse(source))
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("check", "module", "source"),
    [
        (other_rooms, "tasks/no_show_detector/__main__.py", "from shared.cli import main_of"),
        (other_rooms, "domain/fees.py", "from shared.domain.reasons import Reason"),
        (other_rooms, "domain/fees.py", "from .reasons import Reason"),
        (impurities, "domain/contact.py", "import phonenumbers\nfrom datetime import time"),
        (impurities, "tasks/no_show_detector/consequences.py", "from shared.fees.pricing import fee_cents"),
        (sdks, "gateways/sms.py", "def build():\n    from twilio.rest import Client"),
        (sdks, "schedulers/celery_app.py", "from celery import Celery"),
        (sdks, "telemetry.py", "if TYPE_CHECKING:\n    from opencensus.trace import tracer"),
        (environment, "settings.py", "import os\nos.environ"),
        (clock, "application.py", "datetime.now(UTC)"),
        (clock, "delivery/loop.py", "import time\ntime.monotonic()\nrun.now"),
    ],
)
def test_what_a_rule_allows_is_not_complained_about(check: Check, module: str, source: str) -> None:
    assert check(ROOT / "shared" / module, ast.parse(source)) == []
