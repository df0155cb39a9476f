"""Bicep files as their grammar reads them: what is declared, what is used, what a module is given."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

FUNCTIONS = {
    *"allowed description maxLength minLength".split(),
    *"empty environment guid items join map replace split subscription subscriptionResourceId tenant union".split(),
    "uniqueString",
}
"""The functions and decorators of Bicep that these files use."""

_PARSER = Parser(Language(tree_sitter_bicep.language()))


@dataclass(slots=True)
class Module:
    """A module that a file uses: its path, the parameters it is given, the outputs read from it."""

    path: str
    given: set[str]
    read: set[str] = field(default_factory=set)


@dataclass(slots=True)
class File:
    """One file. `required`: parameters without a default."""

    path: Path
    faults: list[str]
    parameters: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    modules: dict[str, Module] = field(default_factory=dict)
    variables: dict[str, Node] = field(default_factory=dict)


def text(node: Node | None) -> str:
    """Return what a node covers."""
    return (node.text or b"").decode() if node else ""


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it."""
    yield node
    for child in node.children:
        yield from walk(child)


def members(node: Node) -> dict[str, Node]:
    """Return an object's properties by name."""
    pairs = [each.named_children for each in node.named_children if each.type == "object_property"]
    return {text(pair[0]).strip("'"): pair[1] for pair in pairs}


def read(path: Path) -> File:
    """Read a file."""
    tree = _PARSER.parse(path.read_bytes())
    faults = [
        f"{path.name}:{node.start_point.row + 1}: {text(node)[:60]}"
        for node in walk(tree.root_node)
        if node.is_error or node.is_missing
    ]
    file = File(path, faults)
    for node in tree.root_node.named_children:
        _declare(file, node)
    for node in walk(tree.root_node):
        _use(file, node)
    return file


def _declare(file: File, node: Node) -> None:
    kind = node.type.removesuffix("_declaration")
    if kind not in ("parameter", "variable", "resource", "module", "output"):
        return
    name = text(node.named_children[0])
    if kind == "output":
        file.outputs.add(name)
        return
    file.declared.add(name)
    if kind == "parameter":
        file.parameters.add(name)
        if len(node.named_children) == 2:  # name and type, no default
            file.required.add(name)
    elif kind == "variable":
        file.variables[name] = node.named_children[1]
    elif kind == "module":
        body = next(each for each in walk(node) if each.type == "object")
        path = next(text(each).strip("'") for each in node.named_children if each.type == "string")
        file.modules[name] = Module(path, set(members(members(body)["params"])))


def _use(file: File, node: Node) -> None:
    if node.type in ("for_statement", "lambda_expression"):
        file.declared.add(text(node.named_children[0]))
    if node.type == "member_expression" and text(node).count(".outputs.") == 1:
        module, _, output = text(node).replace("!", "").partition(".outputs.")
        if module in file.modules and "." not in output:
            file.modules[module].read.add(output)
    is_name = node.type == "identifier" and node.parent is not None
    if is_name and not _is_label(node):
        file.used.add(text(node))


def _is_label(node: Node) -> bool:
    """Whether an identifier only names what stands behind it: a property, or what is being declared."""
    parent = node.parent
    if parent is None or parent.named_children[0] != node:
        return False
    return parent.type == "object_property" or parent.type.endswith("_declaration")
