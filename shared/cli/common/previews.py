"""What runs will do, by business, on a terminal."""

from collections.abc import Iterable

from rich.console import Console

from shared.cli.common.showing import line
from shared.operations.forecast.preview import Line, Page
from shared.operations.words import segments_words


def show_pages(pages: Iterable[Page], console: Console) -> None:
    """Print who gets what text when, who does not and why, and what is charged."""
    for each in pages:
        line(console, f"{each.name} ({each.subdomain}), times of {each.zone.key}", "bold")
        if each.not_served:
            line(console, f"  not served: {each.not_served}", "red")
        for one in each.lines:
            line(console, f"  {_words(one)}", "" if one.text else "dim")
        if not each.not_served:
            line(console, f"  {_sum(each)}")


def _words(each: Line) -> str:
    who = ", ".join(filter(None, (each.owner, each.pets, each.to)))
    segments = segments_words(each.segments) if each.segments else ""
    head = "  ".join(filter(None, (f"{each.at:%a %d %b %H:%M}", each.what, each.amount, who, segments)))
    return ": ".join(filter(None, (head, each.text or each.why)))


def _sum(each: Page) -> str:
    texts = sum(bool(one.text) for one in each.lines)
    if not texts:
        return "no text"
    words = f"{texts} text{'' if texts == 1 else 's'}, {segments_words(each.segments)}"
    return f"{words}, about {each.cost} by the prices of the last 30 days" if each.cost else words
