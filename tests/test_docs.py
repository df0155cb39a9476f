"""The documents tell what is there: tests by name, links, reasons, tables and their values."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint, Table

from shared.database import tables
from shared.domain.fees import FeeCode
from shared.domain.reasons import Reason
from shared.domain.records import Kind
from shared.fees.collecting.outcomes import ATTEMPT_OUTCOMES

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RULES, SCHEMA, FEES = (
    (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("rules.md", "schema.md", "fees.md")
)
OURS = (
    tables.breakers,
    tables.decisions,
    tables.fee_actions,
    tables.notifications,
    tables.payment_attempts,
    tables.payments,
    tables.phone_blocks,
    tables.reputation_events,
    tables.runs,
)
"""The tables whose values a reader of the documents must be able to look up."""

NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
MOST_LINES = {
    "README.md": 150,
    "docs/rules.md": 400,
    "docs/fees.md": 200,
    "docs/schema.md": 220,
    "docs/databases.md": 200,
}


@cache
def names_in(path: Path) -> set[str]:
    """Return the names of the functions in a file, tests among them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}


def allowed(table_name: str, column: str = r"\w+") -> Iterator[str]:
    """Yield the values that the CHECK constraints of a table allow in a column, or in any."""
    for each in tables.metadata.tables[table_name].constraints:
        if isinstance(each, CheckConstraint) and re.match(rf"{column} IN \(", str(each.sqltext)):
            yield from re.findall(r"'(\w+)'", str(each.sqltext))


def untold(values: Iterator[str] | list[str], *documents: str) -> list[str]:
    """Return the values that none of the documents names as code."""
    return sorted({value for value in values if not any(f"`{value}`" in each for each in documents)})


def anchors(document: str) -> set[str]:
    """Return what a link may point at inside a document, as GitHub names headings."""
    headings = re.findall(r"^#+ (.+)$", document, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_every_test_that_the_rules_name_exists() -> None:
    named = set(NAMED_TEST.findall(RULES + FEES))
    missing = [
        f"{path}::{name}"
        for path, name in sorted(named)
        if not (ROOT / path).is_file() or name not in names_in(ROOT / path)
    ]
    assert missing == []
    assert len(named) > 200


def test_nothing_that_looks_like_a_test_escapes_the_check() -> None:
    for document in (RULES, FEES):
        assert document.count("::test_") == len(NAMED_TEST.findall(document))


def test_every_rule_names_a_test() -> None:
    """A rule stands in a table whose last column is headed "test"."""
    bare, is_rules = [], False
    for line in RULES.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            is_rules = False
        elif cells[-1] == "test":
            is_rules = True
        elif is_rules and set(cells[-1]) != {"-"} and not NAMED_TEST.search(cells[-1]):
            bare.append(line)
    assert bare == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    missing = []
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        if "://" in link or link.startswith("mailto:"):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            missing.append(link)
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_picture_is_there_small_and_described(path: Path) -> None:
    for words, target in PICTURE.findall(path.read_text(encoding="utf-8")):
        picture = path.parent / target
        assert picture.read_bytes().startswith(b"\x89PNG"), target
        assert picture.stat().st_size <= 60_000, target
        assert len(words) > 20, target


def test_every_reason_is_told() -> None:
    assert untold([*Reason, *FeeCode], RULES) == []


def test_every_kind_is_told() -> None:
    assert untold(list(Kind), SCHEMA) == []


def test_every_table_is_told() -> None:
    assert untold(list(tables.metadata.tables), SCHEMA) == []


@pytest.mark.parametrize("table", OURS, ids=lambda table: table.name)
def test_every_status_and_outcome_is_told(table: Table) -> None:
    assert untold(allowed(table.name), SCHEMA) == []


@pytest.mark.parametrize(
    ("table", "column"), [("decisions", "outcome"), ("notifications", "status"), ("payments", "status")]
)
def test_every_state_and_no_other_is_in_the_tables_diagram(table: str, column: str) -> None:
    (section,) = (each for each in re.split(r"^#+ ", SCHEMA, flags=re.MULTILINE) if f"`{table}`" in each.split("\n")[0])
    (diagram,) = re.findall(r"```mermaid\nstateDiagram-v2\n(.+?)```", section, re.DOTALL)
    states = {state for ends in re.findall(r"^ *(\S+) --> (\w+)", diagram, re.MULTILINE) for state in ends}
    assert states - {"[*]"} == set(allowed(table, column))


def test_every_outcome_of_an_attempt_to_charge_is_told() -> None:
    assert untold(list(ATTEMPT_OUTCOMES.values()), SCHEMA) == []


@pytest.mark.parametrize(("name", "most"), MOST_LINES.items())
def test_a_document_stays_short(name: str, most: int) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= most
