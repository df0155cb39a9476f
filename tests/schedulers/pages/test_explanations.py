"""Visits and owners: the explanation of one of them as a page."""

from datetime import timedelta
from uuid import UUID

import pytest

from shared.runtime import run
from tests.doubles import Clock
from tests.rows import NOON
from tests.salon import Salon
from tests.schedulers.visitor import Visitor


def test_a_visit_is_explained_with_what_happened_and_what_comes_next(visitor: Visitor, paws: Salon) -> None:
    visit = paws.add_missed(NOON + timedelta(days=2), created_at=NOON)
    visitor.get(f"/explain/appointment/{visit}")
    assert visitor.words.startswith(
        f"Bella · Thu 05 Mar 2026 12:00 EST · Happy Paws appointment {visit} pets Bella owner Ana "
    )
    assert '<a href="/businesses/paws">Happy Paws</a>' in visitor.page
    upcoming = (
        "What comes next, if nobody changes anything and everybody comes Wed 04 Mar 2026 12:00 EST 24-hour reminder to "
    )
    assert f"Nothing was decided about it yet. {upcoming}" in visitor.words


def test_what_fits_the_words_is_listed_with_a_link_to_its_explanation(
    visitor: Visitor, paws: Salon, clock: Clock
) -> None:
    paws.add_due_fee(clock)
    fee = paws.fee()
    assert visitor.get("/find?words=ana").status == 200
    short = fee.id.hex[:8]
    assert f'href="/explain/payment/{short}"' in visitor.page
    assert f'href="/explain/owner/{fee.owner_id.hex[:8]}"' in visitor.page
    assert "+1212" not in visitor.words
    visitor.get(f"/explain/payment/{short}")
    assert visitor.words.startswith(
        f"$25.00 no-show fee · visit on Tue 03 Mar 2026 · Ana · Happy Paws payment {fee.id} "
    )
    assert f'href="/fees?id={fee.id}"' in visitor.page
    visitor.get(f"/explain/owner/{fee.owner_id}")
    assert visitor.words.startswith(f"Ana · Happy Paws owner {fee.owner_id} ")
    assert "wants texts yes active yes missed visits 1 score 80" in visitor.words
    assert "reputation -20 (no show)" in visitor.words


def test_a_text_is_explained_from_the_list_of_texts(visitor: Visitor, paws: Salon) -> None:
    paws.add_missed(NOON + timedelta(days=1), created_at=NOON)
    run(paws.application, "AppointmentReminders24h")
    visitor.get("/texts")
    link = visitor.page.partition('href="/explain/text/')[2].partition('"')[0]
    visitor.get(f"/explain/text/{link}")
    assert visitor.words.startswith(f"24-hour reminder to Ana · Bella · Happy Paws text {link} ")
    assert "24-hour reminder planned" in visitor.words


def test_what_nothing_fits_says_so(visitor: Visitor, paws: Salon) -> None:
    assert visitor.get("/find?words=xyzzy").status == 200
    assert "Nothing fits." in visitor.words
    assert visitor.get("/find?words=happy").status == 200
    assert 'href="/businesses/paws"' in visitor.page


@pytest.mark.parametrize(
    "path",
    [f"/explain/owner/{UUID(int=1)}", "/explain/owner/1", f"/explain/business/{UUID(int=1)}"],
)
def test_what_is_not_there_is_404_with_one_line(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status == 404
    assert '<p class="note bad">' in visitor.page


def test_a_row_that_cannot_be_read_is_said(visitor: Visitor, paws: Salon) -> None:
    visit = paws.add_missed()
    with paws.engine.begin() as connection:
        if connection.dialect.name != "sqlite":
            return  # the other databases refuse such a value
        connection.exec_driver_sql("UPDATE appointments SET scheduled_start = 'noon'")
    assert visitor.get(f"/explain/appointment/{visit}").status == 422
    assert "cannot be explained" in visitor.words
