"""The one way onto a screen: what is printed is never taken for markup, never steers the terminal, and stays the number
of lines it was meant to be.
"""

import json
import sys
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from shared.domain.safe_text import written_out

WIDTH = 110
"""Columns where the output is no terminal: a file or a pipe would otherwise get rich's 80."""


class Page(Console):
    """Takes a text for what it is: no markup, no emoji codes, and what would steer the terminal written out."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text to print. Rich sends every bare string through here: cells, headings, titles."""
        return super().render_str(written_out(text), **{**options, "markup": False, "emoji": False})


def page(*, stderr: bool = False) -> Page:
    """Return stdout, or stderr, to print on."""
    console = Page(stderr=stderr)
    return console if console.is_terminal else Page(stderr=stderr, width=WIDTH)


def plain(words: object, style: str = "") -> Text:
    """Return words as they are, with what could steer a terminal written out (`\\x1b`)."""
    return Text(written_out(words), style=style)


def line(console: Console, words: object, style: str = "") -> None:
    """Print one line, never broken in two where the output goes to a file or a pipe."""
    console.print(plain(words, style), soft_wrap=not console.is_terminal)


def echo(*lines: object, err: bool = False) -> None:
    """Print lines without any style, each of them one line whatever is in it."""
    click.echo("\n".join(map(written_out, lines)), err=err)


def echo_json(document: object) -> None:
    """Print JSON alone on stdout, in letters where that can hold them and in escapes where it cannot."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    echo(*json.dumps(document, ensure_ascii=not is_unicode, indent=2).split("\n"))
