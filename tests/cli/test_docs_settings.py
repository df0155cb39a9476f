"""docs/settings.md tells every setting and its default, and its examples are right."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from shared import settings
from shared.domain.policy.models import TenantPolicy, policy_of
from shared.domain.policy.templates import PLACEHOLDERS
from shared.domain.records import TEXTS, Tenant
from shared.settings import Group, load
from tests.cli.shell import ROOT

DOCUMENT = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
VARIABLES, KEYS = DOCUMENT.split("\n## `tenants.settings`\n")
ROW = re.compile(
    r"^\| `(?P<name>[\w.]+)` \| (`(?P<default>[^`]+)`)? ?\| (?P<unit>[^|]+) \| .+ \| `(?P<example>[^`]+)` \|$",
    re.MULTILINE,
)


def documented(part: str, column: str) -> dict[str, str]:
    return {row["name"]: row[column] or "" for row in ROW.finditer(part)}


def groups() -> list[type[Group]]:
    return [each for each in vars(settings).values() if isinstance(each, type) and issubclass(each, Group)]


def as_variable(value: Any) -> str:
    """Return a default as people write it in an environment variable."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def policies(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every key of a policy with its default, as JSON writes them."""
    for name, field in type(model).model_fields.items():
        key, value = prefix + (field.alias or name), getattr(model, name)
        if isinstance(value, BaseModel) and type(value).__name__.endswith("Policy"):
            yield from policies(value, f"{key}.")
        else:
            yield key, json.loads(model.model_dump_json())[name]


def test_every_variable_is_told_with_its_default() -> None:
    defaults = {
        name.upper(): as_variable(value) for group in groups() for name, value in load(group, {}) if group is not Group
    }
    assert documented(VARIABLES, "default") == defaults


def test_every_key_of_a_tenant_is_told_with_its_default() -> None:
    told = {key: json.loads(default) for key, default in documented(KEYS, "default").items()}
    assert told == dict(policies(TenantPolicy()))


@pytest.mark.parametrize(("name", "example"), documented(VARIABLES, "example").items())
def test_the_example_of_a_variable_is_taken_and_is_not_the_default(name: str, example: str) -> None:
    (group,) = (each for each in groups() if name.lower() in each.model_fields)
    assert load(group, {name: example}) != load(group, {})


@pytest.mark.parametrize(("key", "example"), documented(KEYS, "example").items())
def test_the_example_of_a_key_is_taken_and_is_not_the_default(key: str, example: str) -> None:
    outer, _, inner = key.partition(".")
    value = json.loads(example)
    assert policy({outer: {inner: value} if inner else value}) != TenantPolicy()


def test_the_example_of_a_whole_object_is_taken() -> None:
    (block,) = re.findall("```json\n(.+?)```", KEYS, re.DOTALL)
    assert policy(json.loads(block)) != TenantPolicy()


def test_every_kind_of_text_and_every_placeholder_is_told() -> None:
    assert [kind for kind in TEXTS if f"`{kind}`" not in KEYS] == []
    assert [name for name in PLACEHOLDERS if f"${name}" not in KEYS] == []


def policy(overrides: dict[str, Any]) -> TenantPolicy:
    """Return the policy of a tenant with these settings."""
    nobody = UUID(int=0)
    tenant = Tenant(nobody, "paws", "Happy Paws", None, None, None, "USD", json.dumps(overrides))
    return policy_of(tenant, TenantPolicy())
