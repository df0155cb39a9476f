"""All terminal output: no printed value is read as markup, controls the terminal or adds lines."""

import json
import sys
from typing import Any

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
        return super().render_str(written_out(text), **{**options, "markup": False, "emoji": False})


def page(*, stderr: bool = False) -> Page:
    """Return a console on stdout, or on stderr."""
    console = Page(stderr=stderr)
    return console if console.is_terminal else Page(stderr=stderr, width=WIDTH)


def plain(words: object, style: str = "") -> Text:
    """Return words literally, with control characters escaped (`\\x1b`)."""
    return Text(written_out(words), style=style)


def line(console: Console, words: object, style: str = "") -> None:
    """Print one line, which is not wrapped when the output is a file or a pipe."""
    console.print(plain(words, style), soft_wrap=not console.is_terminal)


def echo(*lines: object, err: bool = False) -> None:
    """Print unstyled lines, each on exactly one line whatever it contains."""
    click.echo("\n".join(map(written_out, lines)), err=err)


def echo_json(document: object) -> None:
    """Print JSON on stdout, escaping non-ASCII characters unless the encoding is a UTF."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    echo(*json.dumps(document, ensure_ascii=not is_unicode, indent=2).split("\n"))
