"""The report as a page: asked for by a form, shown as a document of its own, or kept as a file."""

import pytest

from shared.schedulers.local import LocalHost
from tests.rows import NOON
from tests.salon import Salon
from tests.schedulers.visitor import Visitor

DOCUMENT = "/report/document?days=30"


def test_the_form_is_filled_in_for_the_business_that_it_is_asked_from(visitor: Visitor, paws: Salon) -> None:
    visitor.get("/businesses/paws")
    assert 'href="/report?business=paws"' in visitor.page
    visitor.get("/report?business=paws")
    assert 'value="paws"' in visitor.page
    assert 'href="/report" aria-current="page"' in visitor.page


def test_the_document_stands_by_itself_and_loads_nothing(visitor: Visitor, paws: Salon) -> None:
    answer = visitor.get(f"{DOCUMENT}&business=paws&until=2026-03-02")
    assert answer.status == 200
    assert "Happy Paws" in visitor.page
    assert "<script" not in visitor.page
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "content-disposition" not in answer.headers
    assert '<a href="/report">Back to the pages</a>' in visitor.page
    assert "Demo:" not in visitor.page


def test_it_can_be_kept_as_a_file(visitor: Visitor, paws: Salon) -> None:
    answer = visitor.get(f"{DOCUMENT}&download=1")
    assert answer.headers["content-disposition"] == f'attachment; filename="report-{NOON.date().replace(day=2)}.html"'
    assert "Back to the pages" not in visitor.page


@pytest.mark.parametrize("query", ["", "&download=1"])
def test_the_report_of_a_demo_says_that_it_is_one(visitor: Visitor, host: LocalHost, query: str) -> None:
    host.is_demo = True
    visitor.get(DOCUMENT + query)
    assert "Demo: invented businesses and owners." in visitor.page


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("days=0", "'0' is no number of days from 1 to 366"),
        ("days=000000366999", "'000000366999' is no number of days from 1 to 366"),
        ("days=many", "'many' is no number of days"),
        ("", "'' is no number of days"),
        ("days=30&business=nobody", "there is no tenant 'nobody'"),
        ("days=30&until=2030-01-01", "2030-01-01 is not over everywhere"),
        ("days=30&until=soon", "'soon' is no day"),
    ],
)
def test_what_cannot_be_reported_is_said_in_one_line(visitor: Visitor, paws: Salon, asked: str, words: str) -> None:
    assert visitor.get(f"/report/document?{asked}").status == 400
    assert words in visitor.words


def test_a_stranger_gets_no_report(stranger: Visitor) -> None:
    assert stranger.get(DOCUMENT).status in (303, 401)
