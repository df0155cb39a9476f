"""How words get onto a screen: never taken for markup, never able to steer the terminal."""

import re

from rich.console import Console
from rich.text import Text

WIDTH = 110
"""Columns where the output is no terminal: a file or a pipe would otherwise get rich's 80."""

_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters, line breaks and changes of direction."""


def page() -> Console:
    """Return stdout to print on."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def plain(words: object, style: str = "") -> Text:
    """Return words as they are, with what could steer a terminal written out (`\\x1b`)."""
    return Text(_STEERING.sub(_written_out, str(words)), style=style)


def line(console: Console, words: object, style: str = "") -> None:
    """Print one line, never broken in two where the output goes to a file or a pipe."""
    console.print(plain(words, style), soft_wrap=not console.is_terminal)


def _written_out(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
