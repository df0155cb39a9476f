"""Fills the pages' templates: escapes what is in a name, and writes times, spans and money as people read them."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shared.domain.records import mask_phone
from shared.domain.safe_text import written_out
from shared.operations.health import span_words
from shared.operations.words import amount_words

TEMPLATES: Final = Path(__file__).with_name("templates")


def render(template: str, **values: Any) -> str:
    """Return a page as HTML."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_visible,
    )  # fmt: skip
    environment.filters |= {"moment": _moment, "money": amount_words, "span": span_words, "phone": mask_phone}
    return environment


def _visible(value: Any) -> Any:
    """Escape control characters in a value, so that none in a name reverses the text beside it."""
    is_plain = isinstance(value, str) and not isinstance(value, Markup)
    return "\n".join(map(written_out, value.split("\n"))) if is_plain else value


def _moment(instant: datetime | None, zone: ZoneInfo, written: str = "%a %d %b %Y, %H:%M %Z") -> Markup | str:
    """Return an instant in a zone's time. `written`: as `strftime` wants it."""
    if instant is None:
        return "-"
    local = instant.astimezone(zone) if 1 < instant.year < 9999 else instant
    return Markup('<time datetime="{}">{}</time>').format(instant.isoformat(), local.strftime(written))
