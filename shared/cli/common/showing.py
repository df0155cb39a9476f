"""All terminal output: no printed value is read as markup, controls the terminal or adds lines.

A command in a message names the Python that runs this, so that it works as printed. JSON, for machines, keeps `python`.
"""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.text import Text

from shared.domain.safe_text import written_out

WIDTH = 110
"""Columns when the output is a file or a pipe, for which rich assumes 80."""


class Page(Console):
    """A console that prints text literally: no markup, no emoji codes, control characters escaped."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a string as text to print. Rich calls this for every bare string: cells, headings, titles."""
        return super().render_str(_shown(text), **{**options, "markup": False, "emoji": False})


def page(*, stderr: bool = False) -> Page:
    """Return a console on stdout, or on stderr."""
    console = Page(stderr=stderr)
    return console if console.is_terminal else Page(stderr=stderr, width=WIDTH)


def plain(words: object, style: str = "") -> Text:
    """Return words literally, with control characters escaped (`\\x1b`)."""
    return Text(_shown(words), style=style)


def line(console: Console, words: object, style: str = "") -> None:
    """Print one line, which is not wrapped when the output is a file or a pipe."""
    console.print(plain(words, style), soft_wrap=not console.is_terminal)


def echo(*lines: object, err: bool = False) -> None:
    """Print unstyled lines, each on exactly one line whatever it contains."""
    click.echo("\n".join(map(_shown, lines)), err=err)


def echo_json(document: object) -> None:
    """Print JSON on stdout, escaping non-ASCII characters unless the encoding is a UTF."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    lines = json.dumps(document, ensure_ascii=not is_unicode, indent=2).split("\n")
    click.echo("\n".join(map(written_out, lines)))


_COMMAND: Final = re.compile(r"(?<!\S)python -m (?=shared\b|pip\b)")


def _shown(words: object) -> str:
    """Return words with control characters escaped, and with the commands in them as they are typed here."""
    return _COMMAND.sub(lambda _: f"{this_python()} -m ", written_out(words))


def this_python() -> str:
    """Return how to call the Python that runs this from the current folder: by its name if PATH leads to it."""
    path, here = Path(sys.executable), Path.cwd()
    for name in ("python", "python3"):
        found = Path(shutil.which(name) or here)
        # Not only the same file: that of a virtual environment is a link to that of the system.
        if found.parent == path.parent and found.samefile(path):
            return name
    words = str(path.relative_to(here) if path.is_relative_to(here) else path)
    return f'"{words}"' if " " in words else words
