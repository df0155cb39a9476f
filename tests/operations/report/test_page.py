"""The page: one file that needs nothing else, whatever the database holds."""

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, fromstring
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from shared.database import tables
from shared.database.engine import reading, writing
from shared.errors import UsageError
from shared.operations.report.figures import Both, Rate, Report
from shared.operations.report.gathering import report
from shared.operations.report.page import MOST_ROWS, render
from shared.operations.report.spreadsheets import spreadsheets
from tests import rows
from tests.operations.report.conftest import NOW, PERIOD

VOID = {"meta", "link", "br", "hr", "img", "input"}


def of(engine: Engine, *, days: int = PERIOD.length, now: datetime = NOW, until: date | None = None) -> Report:
    with reading(engine) as connection:
        return report(connection, days=days, now=now, default=ZoneInfo("UTC"), until=until)


class Tags(HTMLParser):
    """Checks that each element that begins also ends, in order; keeps the attributes and the texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def charts(html: str) -> list[Element]:
    return [fromstring(each) for each in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]  # noqa: S314  of our own making


@pytest.fixture
def page(drawn: Engine) -> str:
    """The page of a whole platform."""
    return render(of(drawn, until=PERIOD.last))


def test_the_page_is_well_formed_and_its_ids_are_unique(page: str) -> None:
    ids = [value for _, name, value in Tags(page).attributes if name == "id"]
    assert len(ids) == len(set(ids)) > 20


def test_the_page_loads_nothing_and_runs_nothing(page: str) -> None:
    found = Tags(page)
    assert not re.search(r"https?:|//|@import|url\(|<script|javascript:", page)
    assert {name for _, name, _ in found.attributes if name in ("src", "href", "action", "style", "data")} == {"href"}
    assert [value for _, name, value in found.attributes if name == "href"] == ["#figures"]
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]


def test_each_chart_is_one_picture_with_a_title_and_a_description(page: str) -> None:
    found = charts(page)
    assert len(found) == 11
    for each in found:
        assert each.get("role") == "img"
        named = {child.get("id"): child.text for child in each if child.tag in ("title", "desc")}
        assert list(named) == str(each.get("aria-labelledby")).split()
        assert all(named.values())


def test_each_chart_has_a_table_behind_it_with_a_caption_and_headings(page: str) -> None:
    behind = re.findall(r'<div class="figure">(.*?)</details>', page, re.DOTALL)
    assert len(behind) >= 9
    for each in behind:
        assert each.count("<svg") == 1
        assert re.search(r"<details>.*<table>\s*<caption>[^<]+</caption>", each, re.DOTALL)
        assert '<th scope="col"' in each
        assert '<th scope="row"' in each


def test_bars_begin_at_zero_and_are_as_long_as_their_values(drawn: Engine) -> None:
    found = of(drawn, until=PERIOD.last)
    chart = next(each for each in charts(render(found)) if "chart-scores" in str(each.get("aria-labelledby")))
    heights = [float(each.get("height", "")) for each in chart.iter("rect") if "rect" in each.get("class", "")]
    values = [found.scores.get(band, 0) for band in range(0, 101, 10)]
    scale = max(heights) / max(values)
    assert heights == pytest.approx([scale * value for value in values])
    axis = next(each for each in chart.iter("g") if each.get("class", "").startswith("axis y"))
    assert next(each.text for each in axis.iter("text")) == "0"


def test_an_empty_database_has_a_friendly_page(engine: Engine) -> None:
    found = of(engine)
    assert found.is_empty
    html = render(found)
    Tags(html)
    assert "There is nothing yet" in html
    assert spreadsheets(found)["summary.csv"].count("\n") > 5


def test_a_business_without_a_past_has_a_friendly_page(engine: Engine) -> None:
    with writing(engine) as connection:
        rows.tenant(connection)
    assert "There is nothing yet" in render(of(engine))


def test_a_long_table_is_cut_on_the_page_and_whole_in_its_file(engine: Engine) -> None:
    with writing(engine) as connection, rows.all_at_once(connection) as draft:
        for number in range(MOST_ROWS + 5):
            rows.tenant(draft, f"paws-{number}", business_name=f"Paws {number}")
        rows.appointment(draft, rows.tenant(draft), NOW - timedelta(days=3), status="completed")
    found = of(engine)
    html = render(found)
    assert html.count('<th scope="row">Paws ') == MOST_ROWS - 1  # the busiest is called Happy Paws
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 6}" in html
    assert spreadsheets(found)["businesses.csv"].count("Paws") == MOST_ROWS + 6


def test_names_cannot_bring_markup_formulas_or_reversed_text(engine: Engine) -> None:
    evil = "<script>alert(1)</script>"
    with writing(engine) as connection:
        tenant = rows.tenant(connection, business_name=f"{evil}\u202e\x1b[2J&\"'")
        service = rows.insert(connection, tables.services, tenant_id=tenant, name='=HYPERLINK("http://x")')
        other = rows.insert(connection, tables.services, tenant_id=tenant, name=f"</svg>{evil}")
        for its in (service, other):
            rows.appointment(connection, tenant, NOW - timedelta(days=3), service_id=its, status="completed")
    found = of(engine)
    html = render(found)
    Tags(html)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"[\u202e\x1b]", html)
    assert "'=HYPERLINK" in spreadsheets(found)["no_shows_by_service.csv"]


@pytest.mark.parametrize("first", "=+-@\t\r")
def test_no_cell_of_a_file_is_a_formula(engine: Engine, first: str) -> None:
    with writing(engine) as connection:
        rows.tenant(connection, business_name=f"{first}1+1")
    assert f"'{first}1+1" in spreadsheets(of(engine))["businesses.csv"]


def test_the_days_are_the_local_ones_of_each_business(engine: Engine) -> None:
    """In Kathmandu, 5:45 ahead, a day begins at 18:15 UTC."""
    with writing(engine) as connection:
        tenant = rows.tenant(connection, timezone="Asia/Kathmandu")
        for minute, status in ((14, "no_show"), (15, "completed")):
            rows.appointment(connection, tenant, datetime(2026, 3, 9, 18, minute, tzinfo=UTC), status=status)
        next_day = datetime(2026, 3, 10, 18, 15, tzinfo=UTC)
        rows.appointment(connection, tenant, next_day, status="no_show")
    found = of(engine, days=1, until=date(2026, 3, 10)).visits
    assert found.total == Both(Rate(0, 1), Rate(1, 1))
    assert found.by_hour.keys() == {0, 23}


def test_by_default_a_report_ends_with_the_last_day_that_is_over_everywhere(engine: Engine) -> None:
    with writing(engine) as connection:
        rows.tenant(connection, timezone="Pacific/Auckland")
        rows.tenant(connection, "hawaii", timezone="Pacific/Honolulu")
    found = of(engine, now=datetime(2026, 3, 20, 9, tzinfo=UTC))  # the 19th in Honolulu
    assert found.period.last == date(2026, 3, 18)


@pytest.mark.parametrize(
    ("until", "words"), [(date(2026, 3, 20), "is not over everywhere"), (date(1, 1, 1), "is too long ago")]
)
def test_a_period_that_cannot_be_reported_is_refused(engine: Engine, until: date, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        of(engine, until=until)


def test_a_business_with_an_unknown_zone_is_reported_and_named(engine: Engine) -> None:
    with writing(engine) as connection:
        tenant = rows.tenant(connection, timezone="Mars/Olympus")
        rows.appointment(connection, tenant, NOW - timedelta(days=3), status="completed")
    found = of(engine)
    assert found.visits.total.now.whole == 1
    assert "The time zone of paws is unknown: its days are those of UTC." in render(found)


def test_a_foreign_service_counts_as_none(engine: Engine) -> None:
    with writing(engine) as connection:
        tenant, other = rows.tenant(connection), rows.tenant(connection, "other")
        service = rows.insert(connection, tables.services, tenant_id=other, name="Secret")
        rows.appointment(connection, tenant, NOW - timedelta(days=3), service_id=service, status="no_show")
    found = of(engine)
    assert list(found.visits.by_service) == [""]
    assert "Secret" not in render(found)
