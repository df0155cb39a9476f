"""Texts: found by business, state, kind, words and day, with their reasons in words; put back where they can be."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from shared.database import tables
from tests import rows
from tests.rows import NOON
from tests.salon import Salon, salon
from tests.schedulers.visitor import Visitor


def add(salon: Salon, **columns: Any) -> UUID:
    """Add a text to Ana."""
    ordinary = {
        "kind": "reminder_24h",
        "status": "sent",
        "to_phone": "+12125550143",
        "body": "Bella is expected",
        "priority": 1,
        "not_before": NOON,
        "useful_until": NOON + timedelta(hours=6),
        "run_id": uuid4(),
    }
    with salon.engine.begin() as connection:
        owner = rows.owner(connection, salon.tenant_id)
        return rows.insert(
            connection, tables.notifications, tenant_id=salon.tenant_id, owner_id=owner, **ordinary | columns
        )


def status(engine: Engine, id_: UUID) -> str:
    return next(str(each.status) for each in rows.all_of(engine, tables.notifications) if each.id == id_)


def bodies(visitor: Visitor, query: str) -> list[str]:
    """Return the texts that a search finds, in order."""
    assert visitor.get(f"/texts?{query}").status == 200
    parts = visitor.page.split('<p class="bubble" dir="auto">')[1:]
    return [part.partition("</p>")[0] for part in parts]


def test_texts_are_found_by_business_state_kind_words_and_day(visitor: Visitor, paws: Salon) -> None:
    other = salon(paws.application, subdomain="other", business_name="Other Tails")
    add(paws, body="Bella comes tomorrow", status="delivered")
    add(paws, body="Max: 100% due", kind="vaccination_expiring", priority=3, not_before=NOON - timedelta(days=1))
    add(other, body="Luna comes tomorrow", status="dead", not_before=NOON - timedelta(days=2))
    everything = ["Bella comes tomorrow", "Max: 100% due", "Luna comes tomorrow"]
    for query, found in (
        ("", everything),
        ("business=Other", everything[2:]),
        ("status=dead", everything[2:]),
        ("status=sent", everything[:2]),
        ("status=delivered", everything[:1]),
        ("kind=vaccination_expiring", everything[1:2]),
        ("words=TOMORROW+comes", [everything[0], everything[2]]),
        ("words=100%25", everything[1:2]),
        ("words=_", []),
        ("until=2026-03-02", everything[1:]),
        ("until=2026-03-01&words=bella", []),
        ("business=other+TAILS", everything[2:]),
    ):
        assert bodies(visitor, query) == found, query


def test_a_mistyped_business_is_refused_with_the_nearest_and_a_field_offers_them_all(
    visitor: Visitor, paws: Salon
) -> None:
    salon(paws.application, subdomain="paws-2", business_name="Happy Paws")
    salon(paws.application, subdomain="hudson", business_name="Hudson Tails")
    for path in ("/texts?", "/fees?", "/report?", "/report/document?days=30&"):
        assert visitor.get(f"{path}business=hudsn").status == 400
        assert "there is no tenant 'hudsn'; did you mean hudson?" in visitor.words
        assert visitor.get(f"{path}business=happy+paws").status == 400
        assert "several tenants are named 'happy paws': paws, paws-2; write the subdomain of one" in visitor.words
        assert visitor.get(f"{path}business=Hudson+Tails").status == 200
    for path in ("/texts", "/fees", "/report"):
        visitor.get(path)
        assert '<option value="hudson">Hudson Tails</option>' in visitor.page


def test_one_search_looks_a_month_back_and_a_day_leads_further(visitor: Visitor, paws: Salon) -> None:
    add(paws, body="long ago", not_before=NOON - timedelta(days=40))
    assert bodies(visitor, "") == []
    assert "There is no such text." in visitor.words
    assert "Texts due since 31 Jan 2026, newest first" in visitor.words
    assert bodies(visitor, "until=2026-02-10") == ["long ago"]


def test_more_than_a_page_is_on_the_next_and_each_text_on_one_of_them(visitor: Visitor, paws: Salon) -> None:
    for number in range(30):
        add(
            paws,
            body=f"text {number}",
            status=("sent", "failed")[number % 2],
            not_before=NOON - timedelta(days=number % 3),
        )
    first = bodies(visitor, "words=text")
    assert 'href="/texts?words=text&amp;page=2" rel="next"' in visitor.page
    second = bodies(visitor, "words=text&page=2")
    assert (len(first), len(second)) == (25, 5)
    assert len({*first, *second}) == 30
    assert 'rel="next"' not in visitor.page
    assert 'href="/texts?words=text&amp;page=1" rel="prev"' in visitor.page


@pytest.mark.parametrize(
    "query", ["status=gone", "kind=no_show", "kind=x", "until=yesterday", "page=0", "page=21", "page=x", "page=-1"]
)
def test_what_cannot_be_meant_is_said_in_one_line(visitor: Visitor, query: str) -> None:
    assert visitor.get(f"/texts?{query}").status == 400
    assert '<p class="note bad">' in visitor.page


def test_code_and_reason_are_said_in_words_and_the_number_is_masked(visitor: Visitor, paws: Salon) -> None:
    add(paws, status="failed", reason="rejected", error_code="30005")
    add(paws, status="dead", reason="attempts_exhausted", error_code="timeout", attempts=5)
    visitor.get("/texts")
    assert "The SMS provider refused the message for good. 30005: " in visitor.words
    assert "The SMS provider could not take the message in five attempts. timeout 5 attempts" in visitor.words
    assert "+1•••••0143" in visitor.words
    assert "2125550143" not in visitor.page


def test_a_dead_text_is_put_back_from_the_page(visitor: Visitor, paws: Salon) -> None:
    id_ = add(paws, status="dead", reason="attempts_exhausted")
    visitor.get("/texts?status=dead")
    assert f'action="/texts/{id_}/replay"' in visitor.page
    assert visitor.do(f"/texts/{id_}/replay") == "the text was put back; the next run sends it if it is still right"
    assert status(paws.engine, id_) == "planned"


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"status": "sent"}, "it is sent; only dead and failed ones can be sent again"),
        ({"status": "failed", "reason": "opted_out"}, "the recipient replied STOP"),
        ({"status": "dead", "useful_until": NOON}, "it was useful until 2026-03-03 17:00 UTC"),
        ({"status": "failed", "provider_message_id": "SM1"}, "the provider took it (failed); nothing is sent twice"),
    ],
)
def test_a_text_that_must_not_go_again_stays_as_it_is(
    visitor: Visitor, paws: Salon, columns: dict[str, Any], why: str
) -> None:
    id_ = add(paws, **columns)
    visitor.get("/texts")
    assert "replay" not in visitor.page
    assert columns["status"] == "sent" or why in visitor.words
    assert visitor.do(f"/texts/{id_}/replay") == f"not done: the text was not put back: {why}"
    assert status(paws.engine, id_) == columns["status"]


def test_a_text_that_is_not_there_is_named(visitor: Visitor, paws: Salon) -> None:
    id_ = uuid4()
    visitor.get("/")
    assert visitor.do(f"/texts/{id_}/replay") == f"not done: there is no text {id_}"


@pytest.mark.parametrize(
    "path",
    [
        "/texts?until=9999-12-31",
        "/texts?until=0001-01-01",
        "/runs?before=0001-01-01T00:00:00%2B14:00",
        "/runs?before=9999-12-31T23:59:59-14:00",
        "/find?words=" + "a+" * 3000,
        "/texts?words=" + "a+" * 11,
    ],
)
def test_what_is_out_of_range_is_refused_in_words(visitor: Visitor, paws: Salon, path: str) -> None:
    assert visitor.get(path).status == 400
    assert any(each in visitor.words for each in ("is not between 2000 and 2100", "write at most 10", "for at most 10"))
