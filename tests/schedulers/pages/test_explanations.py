"""Visits and owners: the explanation of one of them as a page."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.doubles import Clock
from tests.rows import NOON
from tests.salon import Salon
from tests.schedulers.visitor import Visitor


def test_a_visit_is_explained_with_what_happened_and_what_comes_next(visitor: Visitor, paws: Salon) -> None:
    visit = paws.add_missed(NOON + timedelta(days=2))
    visitor.get(f"/explain/appointment/{visit}")
    assert f"appointment {visit} of paws" in visitor.words
    assert "Nothing was decided about it yet. What comes next 24-hour reminder due " in visitor.words


def test_what_a_form_asks_for_is_shown_at_once(visitor: Visitor, paws: Salon, clock: Clock) -> None:
    paws.add_due_fee(clock)
    fee = paws.fee()
    visitor.get("/find")
    assert visitor.get(f"/find?what=payment&id=+{fee.id}+").status == 200
    assert f"payment {fee.id} of paws" in visitor.words
    assert f'href="/fees?id={fee.id}"' in visitor.page
    visitor.get(f"/explain/owner/{fee.owner_id}")
    assert "reputation -20 (no show)" in visitor.words


@pytest.mark.parametrize(
    "path",
    [f"/explain/owner/{uuid4()}", "/explain/owner/1", f"/explain/business/{uuid4()}", "/find?what=owner&id=bella"],
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
