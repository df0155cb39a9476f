"""Runs: the history, one run's result, and held days that are accepted."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.application import Application
from shared.database import runs
from shared.database.engine import writing
from shared.database.runs import NewRun
from shared.domain.records import RunStatus
from tests.doubles import Clock
from tests.rows import NOON
from tests.salon import Salon
from tests.schedulers.stepped import Stepped
from tests.schedulers.visitor import Visitor

JOB = "ReputationUpdater"
ACCEPT = "/runs/accept"


def ran(
    application: Application,
    started_at: datetime,
    job: str = JOB,
    status: RunStatus = RunStatus.SUCCEEDED,
    error: str | None = None,
    **result: Any,
) -> UUID:
    """Note a run."""
    id_ = uuid4()
    with writing(application.engine) as connection:
        runs.start(connection, NewRun(id_, job, started_at, started_at, "test"))
        runs.finish(connection, id_, status, started_at + timedelta(seconds=90), result or None, error)
    return id_


def listed(visitor: Visitor, query: str = "") -> list[str]:
    """Return the ids of the runs on the page."""
    assert visitor.get(f"/runs?{query}").status == 200
    return [part.partition('"')[0] for part in visitor.page.split('<th scope="row"><a href="/runs/')[1:]]


def test_runs_are_listed_newest_first_by_job_and_status(visitor: Visitor, application: Application) -> None:
    old = ran(application, NOON - timedelta(hours=2), "NoShowDetector", events=1)
    new = ran(application, NOON - timedelta(hours=1), status=RunStatus.FAILED, error="the database failed: gone")
    assert listed(visitor) == [str(new), str(old)]
    assert "1 min failed the database failed: gone" in visitor.words
    assert listed(visitor, "job=NoShowDetector") == [str(old)]
    assert listed(visitor, "status=failed") == [str(new)]
    assert listed(visitor, f"job={JOB}&status=succeeded") == []
    for query in ("job=Groomer", "status=gone", "before=x", "before=2026-03-01T00:00:00"):
        assert visitor.get(f"/runs?{query}").status == 400


def test_older_runs_are_on_the_next_page(visitor: Visitor, application: Application) -> None:
    ids = [str(ran(application, NOON - timedelta(hours=hours))) for hours in range(32)]
    assert listed(visitor) == ids[:30]
    link = visitor.page.partition('<a href="/runs?')[2].partition('" rel="next"')[0].replace("&amp;", "&")
    assert listed(visitor, link) == ids[30:]
    assert 'rel="next"' not in visitor.page


def test_a_run_shows_its_errors_and_all_it_counted(visitor: Visitor, application: Application) -> None:
    errors = [{"tenant": "paws", "subject": "settings", "reason": "<b>bad</b>"}]
    counts = {"paws": {"reminders_planned": 2, "skipped": {"no_phone": 1}}}
    id_ = ran(application, NOON, total_errors=23, errors=errors, tenant_results=counts)
    visitor.get(f"/runs/{id_}")
    told = (str(id_), "22 more are in the log", "paws settings <b>bad</b>", "skipped, no phone 1", '"no_phone": 1')
    for words in told:
        assert words in visitor.words, words
    assert "<b>" not in visitor.page


def test_a_run_that_is_not_there_is_404(visitor: Visitor) -> None:
    assert visitor.get(f"/runs/{uuid4()}").status == 404
    assert visitor.get("/runs/1").status == 404


@pytest.fixture
def held(paws: Salon) -> Salon:
    """A salon with a day on which nobody seems to have come."""
    for _ in range(3):
        paws.add_missed()
    assert paws.run()["held"]
    return paws


def test_a_held_day_is_accepted_from_the_page(visitor: Visitor, held: Salon, timers: Stepped, clock: Clock) -> None:
    clock.pass_(minutes=1)
    visitor.get("/runs")
    assert "paws , 2026-03-03 : 3 of 3 appointments look missed" in visitor.words
    said = visitor.do(ACCEPT, tenant="paws", date="2026-03-03", back="/runs")
    assert said.startswith("2026-03-03 of paws was accepted: NoShowDetector was started")
    assert "held days held 1" in visitor.words
    assert held.fees() == []
    timers.play(clock, clock())
    assert len(held.fees()) == 3
    visitor.get("/runs")
    assert "Held days" not in visitor.words


@pytest.mark.parametrize(
    ("tenant", "day", "why"),
    [
        ("nobody", "2026-03-03", "there is no tenant 'nobody'; python -m shared tenants lists them"),
        ("", "2026-03-03", "there is no tenant ''; python -m shared tenants lists them"),
        ("paws", "2026-01-03", "--accept-surge paws:2026-01-03: missed visits are looked for over 7 days only"),
        ("paws", "yesterday", "'yesterday' is no day; write it like 2026-03-01"),
    ],
)
def test_a_day_that_cannot_be_accepted_is_refused_at_once(
    visitor: Visitor, held: Salon, timers: Stepped, clock: Clock, tenant: str, day: str, why: str
) -> None:
    visitor.get("/runs")
    assert visitor.do(ACCEPT, tenant=tenant, date=day) == f"not done: {why}"
    timers.play(clock, clock())
    assert held.fees() == []
