"""Who may import whom, and who may look at the environment and the clock: checked over the syntax trees."""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = sorted((ROOT / "shared").rglob("*.py"))
FUNCTIONS = sorted(path.with_name("__init__.py") for path in ROOT.glob("*/function.json"))

# A layer is a module or a package right under shared/; each may import itself and what is named here.
MAY_IMPORT = {
    "reasons": "",
    "records": "reasons",
    "safe_text": "records",
    "fees": "reasons records",
    "reputation": "records",
    "policy": "reasons records",
    "tally": "reasons records",
    "rules": "reasons records policy fees reputation",
    "messages": "reasons records policy fees",
    "breaker": "",
    "database": "reasons records safe_text fees reputation breaker",
    "gateways": "reasons records",
    "settings": "policy safe_text",
    "logs": "safe_text settings",
    "telemetry": "safe_text settings logs",
    "subjects": "reasons records policy database rules messages fees",
    "delivery": "reasons records policy tally breaker database rules messages gateways subjects",
    "collection": "records fees policy tally breaker database rules gateways",
    "by_hand": "application runtime fees policy tally database messages gateways collection tasks",
    "tasks": "reasons records policy tally database rules messages subjects fees reputation",
    "jobs": "records tally tasks",
    "evidence": "reasons records database",
    "explanations": "reasons records policy rules messages database evidence",
    "sample": "records database",
    "application": "policy settings database gateways",
    "runtime": "application reasons records safe_text policy tally settings logs telemetry database gateways tasks "
    "jobs delivery collection breaker",
    "parts": "application records runtime tally logs telemetry database gateways",
    "schedulers": "logs safe_text parts application runtime database settings records jobs breaker messages",
    "cli": "by_hand explanations jobs reasons records safe_text fees policy tally settings logs application runtime "
    "database messages sample schedulers",
    "__main__": "cli",
    "__init__": "",
}
# Rules and values are functions of their arguments: these libraries, no input, no output, no clock.
PURE = {
    "reasons": "",
    "breaker": "",
    "fees": "",
    "reputation": "",
    "records": "pydantic",
    "policy": "pydantic phonenumbers",
    "rules": "phonenumbers babel",
}
IMPURE = set("asyncio logging os pathlib random secrets socket subprocess threading time urllib".split())
SDKS = {"twilio": "gateways", "stripe": "gateways", "opencensus": "telemetry", "celery": "schedulers"}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
CLOCK = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}

SCREEN = {"print", "click.echo", "click.secho", "Console", "sys.stdout.write", "sys.stderr.write"}

Check = Callable[[Path, ast.Module], list[str]]


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT / "shared").parts[0].removesuffix(".py")


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
    """Return those of the dotted `names` that are used or imported, by their last two parts."""
    used = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    ends = {".".join(name.split(".")[-2:]) for name in [*used, *imports(ast.walk(tree), path)]}
    return sorted(ends & names)


def other_layers(path: Path, tree: ast.Module) -> list[str]:
    """A layer imports only the layers that it may import."""
    layer = layer_of(path)
    if layer in ("tasks", "schedulers"):
        tree = without_if(tree, "__name__ == '__main__'")  # run by hand, a task or the scheduler is a command
    allowed = {layer, *MAY_IMPORT[layer].split()}
    ours = [name for name in imports(ast.walk(tree), path) if name.startswith("shared.")]
    return [f"{layer} may not import {name}" for name in ours if name.split(".")[1] not in allowed]


def impurities(path: Path, tree: ast.Module) -> list[str]:
    """Rules and values use the standard library's pure part and the libraries named for them."""
    layer = layer_of(path)
    found = {name.split(".")[0] for name in imports(ast.walk(tree), path)} - {"shared"}
    pure = (set(sys.stdlib_module_names) - IMPURE) | set(PURE.get(layer, "").split())
    return [f"{layer} may not import {name}" for name in sorted(found - pure)] if layer in PURE else []


def sdks(path: Path, tree: ast.Module) -> list[str]:
    """An SDK is slow to import: only its own layer does, when it is first needed.

    The modules named for Celery are loaded by Celery alone; nothing else may import them.
    """
    layer, tree = layer_of(path), without_if(tree, "TYPE_CHECKING")
    if path.stem.startswith("celery_"):
        return []
    celery_s = [name for name in imports(ast.walk(tree), path) if ".celery_" in name]
    if celery_s:
        return [f"only Celery may import {name}" for name in celery_s]
    anywhere = {name.split(".")[0] for name in imports(ast.walk(tree), path)} & SDKS.keys()
    early = {name.split(".")[0] for name in imports(at_import(tree), path)} & SDKS.keys()
    misplaced = [f"{layer} may not import {name}" for name in sorted(anywhere) if SDKS[name] != layer]
    return misplaced + [f"{name} must be imported inside a function" for name in sorted(early)]


def environment(path: Path, tree: ast.Module) -> list[str]:
    """The environment is read in one place."""
    found = mentions(path, tree, ENVIRONMENT) if layer_of(path) != "settings" else []
    return [f"{name} belongs to settings" for name in found]


def clock(path: Path, tree: ast.Module) -> list[str]:
    """The wall clock is read in one place; time.monotonic, which only measures, anywhere."""
    found = mentions(path, tree, CLOCK) if layer_of(path) != "application" else []
    return [f"{name} belongs to application" for name in found]


def screen(path: Path, tree: ast.Module) -> list[str]:
    """Words reach a screen in one place, which lets none of them steer it."""
    if layer_of(path) != "cli" or path.stem == "showing":
        return []
    called = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [f"{name} belongs to showing" for name in called if name in SCREEN]


CHECKS: list[Check] = [other_layers, impurities, sdks, environment, clock, screen]


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_module_belongs_to_a_layer_of_the_table(path: Path) -> None:
    assert layer_of(path) in MAY_IMPORT


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
            other_layers,
            "rules/fees.py",
            "from shared.database import queries",
            "rules may not import shared.database.q",
        ),
        (other_layers, "rules/fees.py", "import shared.runtime", "rules may not import shared.runtime"),
        (other_layers, "rules/fees.py", "from ..runtime import run", "rules may not import shared.runtime.run"),
        (other_layers, "tasks/fees.py", "def f():\n    from shared import cli", "tasks may not import shared.cli"),
        (other_layers, "gateways/sms.py", "if TYPE_CHECKING:\n    import shared.delivery", "gateways may not import"),
        (impurities, "rules/fees.py", "import logging", "rules may not import logging"),
        (impurities, "records.py", "from sqlalchemy import Row", "records may not import sqlalchemy"),
        (sdks, "gateways/sms.py", "from twilio.rest import Client", "twilio must be imported inside a function"),
        (sdks, "gateways/sms.py", "class A:\n    import stripe", "stripe must be imported inside a function"),
        (sdks, "runtime.py", "def f():\n    import opencensus.trace", "runtime may not import opencensus"),
        (sdks, "schedulers/host.py", "def f():\n    from shared.schedulers.celery_app import app", "only Celery may"),
        (sdks, "schedulers/host.py", "import celery", "celery must be imported inside a function"),
        (environment, "runtime.py", "import os\nos.environ['A']", "os.environ belongs to settings"),
        (environment, "cli/run.py", "from os import getenv", "os.getenv belongs to settings"),
        (clock, "delivery.py", "datetime.now(UTC)", "datetime.now belongs to application"),
        (clock, "delivery.py", "import datetime\ndatetime.datetime.utcnow()", "datetime.utcnow belongs to application"),
        (clock, "delivery.py", "from time import time", "time.time belongs to application"),
        (screen, "cli/run.py", "click.echo(name)", "click.echo belongs to showing"),
        (screen, "cli/run.py", "def f():\n    print(name)", "print belongs to showing"),
    ],
)
def test_what_a_rule_forbids_is_found_and_named(check: Check, module: str, source: str, problem: str) -> None:
    (found,) = check(ROOT / "shared" / module, ast.parse(source))
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("check", "module", "source"),
    [
        (other_layers, "tasks/fees.py", "if __name__ == '__main__':\n    from shared.cli import main"),
        (other_layers, "rules/fees.py", "from shared.rules.visits import visits"),
        (other_layers, "rules/fees.py", "from .visits import visits"),
        (impurities, "rules/contact.py", "import phonenumbers\nfrom datetime import time"),
        (sdks, "gateways/sms.py", "def build():\n    from twilio.rest import Client"),
        (sdks, "schedulers/celery_app.py", "from celery import Celery"),
        (sdks, "telemetry.py", "if TYPE_CHECKING:\n    from opencensus.trace import tracer"),
        (environment, "settings.py", "import os\nos.environ"),
        (clock, "application.py", "datetime.now(UTC)"),
        (screen, "cli/showing.py", "click.echo(written_out(name))"),
        (screen, "cli/run.py", "echo(name)"),
        (clock, "delivery.py", "import time\ntime.monotonic()\nrun.now"),
    ],
)
def test_what_a_rule_allows_is_not_complained_about(check: Check, module: str, source: str) -> None:
    assert check(ROOT / "shared" / module, ast.parse(source)) == []
