"""The loop over the pages of a query: everything once, and no page more than there is."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection

from shared.application import Application
from shared.planning.paging import pages


@pytest.mark.parametrize(("rows", "reads"), [(0, 1), (1, 1), (2, 2), (3, 2), (5, 3)])
def test_every_row_is_read_once_in_pages(
    application: Application, monkeypatch: pytest.MonkeyPatch, rows: int, reads: int
) -> None:
    monkeypatch.setattr("shared.planning.paging.BATCH", 2)
    asked: list[int | None] = []

    def read(_: Connection, *, beyond: int | None, limit: int) -> list[int]:
        asked.append(beyond)
        first = 0 if beyond is None else beyond + 1
        return list(range(rows))[first : first + limit]

    context: Any = SimpleNamespace(engine=application.engine, is_out_of_time=lambda: False)
    assert [each for page in pages(context, read) for each in page] == list(range(rows))
    assert len(asked) == reads


def test_nothing_is_read_once_the_time_is_up(application: Application) -> None:
    context: Any = SimpleNamespace(engine=application.engine, is_out_of_time=lambda: True)
    assert list(pages(context, lambda *_, **__: [1])) == []
