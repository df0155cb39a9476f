"""The report as one HTML file: no script, nothing loaded from elsewhere. It needs pygal and Jinja2."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from shared.domain.safe_text import written_out
from shared.operations.report import words
from shared.operations.report.contents import sections
from shared.operations.report.figures import Report
from shared.operations.report.headlines import headlines
from shared.operations.report.svg import drawn

MOST_ROWS: Final = 200
"""The most rows of a table on the page; the CSV files have them all."""

_TEMPLATES: Final = Path(__file__).with_name("templates")


def render(report: Report, *, is_demo: bool = False, back: str = "") -> str:
    """Return the report as HTML. Names from the database are escaped.

    `is_demo`: it says so; `back`: the path to which a link leads back, where it is a page of a site.
    """
    return _template().render(
        report=report,
        headlines=headlines(report),
        sections=sections(report),
        drawn=drawn,
        most_rows=MOST_ROWS,
        date_words=words.date_words,
        is_demo=is_demo,
        back=back,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_visible,
    )  # fmt: skip
    return environment.get_template("report.html")


def _visible(value: Any) -> Any:
    """Escape control characters, so that none in a name reverses the text beside it."""
    return written_out(value) if type(value) is str else value
