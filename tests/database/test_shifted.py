"""An instant of a row, moved: compared with another one on each database."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, text

from shared.database.dialects.instants import shifted
from shared.database.tables import appointments
from tests import rows
from tests.rows import NOON

HALF_A_DAY = timedelta(hours=12)


@pytest.mark.parametrize(("seconds", "lasts"), [(-1, False), (0, True), (1, True)])
def test_what_lasts_so_long_is_found_to_the_second(engine: Engine, seconds: int, lasts: bool) -> None:
    ends = NOON + HALF_A_DAY + timedelta(seconds=seconds)
    with engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON, scheduled_end=ends)
        start, end = appointments.c.scheduled_start, appointments.c.scheduled_end
        found = connection.execute(select(func.count()).where(end >= shifted(start, HALF_A_DAY))).scalar_one()
        back = connection.execute(select(func.count()).where(start >= shifted(end, -HALF_A_DAY))).scalar_one()
    assert (bool(found), bool(back)) == (lasts, seconds <= 0)


@pytest.mark.parametrize("stock", ["sqlite"], indirect=True)
@pytest.mark.parametrize("end", ["2026-03-04 05:00:00", "2026-03-04 05:00:00.000", "2026-03-04 05:00:00.000000"])
def test_on_sqlite_it_does_not_matter_how_an_instant_was_written(engine: Engine, end: str) -> None:
    with engine.begin() as connection:
        rows.appointment(connection, rows.tenant(connection), NOON)
        connection.execute(text("UPDATE appointments SET scheduled_end = :end"), {"end": end})
        is_long = appointments.c.scheduled_end >= shifted(appointments.c.scheduled_start, HALF_A_DAY)
        assert connection.execute(select(func.count()).where(is_long)).scalar_one() == 1
