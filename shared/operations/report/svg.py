"""Bar charts as inline SVG without scripts or styles of their own: the page's style sheet colours them."""

import re
import sys
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

import pygal
from markupsafe import Markup
from pygal.style import Style

from shared.operations.report.bars import Bars

# pygal adds a finder for its plugins, which lacks find_spec: whoever asks all finders for one would fail.
sys.meta_path[:] = [each for each in sys.meta_path if hasattr(each, "find_spec")]

WIDTH: Final = 380
"""Units of a chart's width: a phone shows three quarters of it, so its words stay legible."""
_HEIGHT: Final = 210
_ROW, _ROWS = 25, 38
"""The heights of a horizontal bar, and of two bars of one label, with their surroundings."""
_LONGEST: Final = 22
"""The most characters of a label beside a horizontal bar."""
_TEXT: Final = 12
_SERIES: Final = re.compile(r"series serie-(\d+)")
_DRAWN: Final = frozenset({"g", "path", "rect", "text"})


def drawn(bars: Bars) -> Markup:
    """Return a chart as an SVG element that screen readers take for one picture, with a title and a description."""
    root = _chart(bars).render_tree()
    for element in list(root.iter()):
        _colour(element, bars)
    _keep_drawn(root)
    root.attrib.clear()
    root.attrib.update(_attributes(bars))
    for place, (tag, text) in enumerate((("title", bars.title), ("desc", bars.description))):
        named = Element(tag, {"id": f"{bars.name}-{tag}"})
        named.text = text
        root.insert(place, named)
    return Markup(tostring(root, encoding="unicode"))  # noqa: S704  a serialiser of XML escapes every text


def _chart(bars: Bars) -> Any:
    is_flat = bars.is_horizontal
    kind = _KINDS[bars.is_stacked, is_flat]
    chart = kind(height=_height(bars), range=(0, _top(bars)), value_formatter=bars.words, **_OPTIONS)
    chart.print_values = bars.is_labelled
    order = slice(None, None, -1) if is_flat else slice(None)  # horizontal bars begin at the bottom
    labels = [_shortened(each) for each in bars.labels] if is_flat else list(bars.labels)
    chart.x_labels = labels[order]
    if bars.every > 1:
        chart.x_labels_major_every, chart.show_minor_x_labels = bars.every, False
    for each in bars.series:
        chart.add(each.name, list(each.values)[order])
    return chart


_KINDS: Final[dict[tuple[bool, bool], Any]] = {
    (False, False): pygal.Bar,
    (True, False): pygal.StackedBar,
    (False, True): pygal.HorizontalBar,
    (True, True): pygal.HorizontalStackedBar,
}
_OPTIONS: Final[dict[str, Any]] = {
    "js": (),
    "width": WIDTH,
    "margin": 8,
    "spacing": 8,
    "show_legend": False,
    "print_values_position": "top",
    "min_scale": 2,
    "max_scale": 4,
    "truncate_label": -1,
    # The page's style sheet sets what is shown; these sizes only reserve the room.
    "style": Style(label_font_size=_TEXT, major_label_font_size=_TEXT, value_font_size=_TEXT),
}


def _height(bars: Bars) -> int:
    row = _ROW if bars.is_stacked or len(bars.series) == 1 else _ROWS
    return 46 + row * len(bars.labels) if bars.is_horizontal else _HEIGHT


def _top(bars: Bars) -> float:
    """Return where the axis ends: above the highest bar, with room for its value."""
    columns = zip(*(each.values for each in bars.series), strict=True)
    heights = [sum(filter(None, each)) if bars.is_stacked else max(filter(None, each), default=0) for each in columns]
    return max(heights, default=0) * 1.1 or 1


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"


def _colour(element: Element, bars: Bars) -> None:
    """Name a series, or each of its bars, by the class of its colour."""
    found = _SERIES.match(element.get("class", ""))
    if not found:
        return
    series = bars.series[int(found[1])]
    element.set("class", f"series {series.css}")
    drawn_bars = [each for each in element.iter() if each.get("class") == "bar"]
    for bar, css in zip(drawn_bars, bars.shades[:: -1 if bars.is_horizontal else 1], strict=False):
        bar.set("class", f"bar {css}")


def _keep_drawn(parent: Element) -> None:
    """Keep what is drawn, and drop what only pygal's script needs; a bar that is pointed at tells its value."""
    told = {each.get("class"): each.text or "" for each in parent if each.tag == "desc"}
    for element in list(parent):
        if element.tag in _DRAWN and "tooltip" not in element.get("class", "").split("-"):
            _keep_drawn(element)
        else:
            parent.remove(element)
    if parent.get("class", "").startswith("bar ") or parent.get("class") == "bar":
        SubElement(parent, "title").text = ": ".join(filter(None, (told.get("x_label"), told.get("value"))))


def _attributes(bars: Bars) -> dict[str, str]:
    return {
        "class": f"chart {'horizontal' if bars.is_horizontal else 'vertical'}",
        "viewBox": f"0 0 {WIDTH} {_height(bars)}",
        "role": "img",
        "aria-labelledby": f"{bars.name}-title {bars.name}-desc",
    }
