"""Today: what is wrong with a button that helps, each job's runs, and what became of a run that was asked for."""

from datetime import timedelta
from uuid import uuid4

import pytest

from shared.application import Application
from shared.database import leases, runs
from shared.database.engine import writing
from shared.database.runs import NewRun
from shared.domain.records import RunStatus
from shared.jobs import JOBS
from shared.operations.health import Check
from shared.schedulers.local import LocalHost
from shared.schedulers.pages.today import Remedy, remedy_of
from shared.schedules.function_json import read_schedules
from tests.doubles import Clock
from tests.schedulers.site import site_of
from tests.schedulers.stepped import Stepped
from tests.schedulers.visitor import Visitor

JOB = "ReputationUpdater"


def test_each_failed_check_of_a_job_has_a_button_that_runs_it(visitor: Visitor) -> None:
    visitor.get("/")
    findings = visitor.page.partition('<ul class="findings">')[2].partition("</ul>")[0]
    for job in JOBS:
        assert f'action="/jobs/{job}/run"' in findings
        assert f"{job} never ran" in visitor.words


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        ("python -m shared run NoShowDetector", Remedy("NoShowDetector", None, "Run NoShowDetector now")),
        ("python3 -m shared run NoShowDetector", Remedy("NoShowDetector", None, "Run NoShowDetector now")),
        ("python -m shared run Groomer", None),
        ("python -m shared outbox --status dead", Remedy(None, "/texts?status=dead", "Look at them")),
        ("python -m shared outbox --tenant a&b", Remedy(None, "/texts?business=a%26b", "Look at its texts")),
        ("python -m shared fee list --status failed", Remedy(None, "/fees?status=failed", "Look at them")),
        ("python -m shared tenants check paws", Remedy(None, "/businesses/paws", "Look at its settings")),
        ("python -m shared db check", None),
        (None, None),
    ],
)
def test_a_command_that_a_page_can_do_becomes_a_button_or_a_link(command: str | None, remedy: Remedy | None) -> None:
    assert remedy_of(command) == remedy


def test_a_command_that_no_page_can_do_is_shown(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    check = Check("settings", False, "bad", command="python -m shared db check")
    monkeypatch.setattr("shared.operations.health.examination._of_database", lambda *_: iter([check]))
    visitor.get("/")
    assert '<code class="next">python -m shared db check</code>' in visitor.page


def test_a_run_that_another_run_keeps_out_is_told_on_the_page(
    visitor: Visitor, application: Application, timers: Stepped, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with writing(application.engine) as connection:
        assert leases.take(connection, JOB, "another process", clock())
    assert visitor.site.post(f"/admin/functions/{JOB}").status == 202
    timers.play(clock, clock())
    visitor.get("/")
    told = f"{JOB} was asked for at Tue 03 Mar 2026, 17:00 UTC and did not do its work: {JOB}: another run of it is at"
    assert told in visitor.words
    assert f"{JOB}: another run of it is at work" in caplog.messages


def test_what_was_refused_is_forgotten_when_it_is_done(
    visitor: Visitor, application: Application, host: LocalHost, timers: Stepped, clock: Clock
) -> None:
    with writing(application.engine) as connection:
        leases.take(connection, JOB, "another process", clock())
    host.run_now(JOB)
    timers.play(clock, clock())
    assert [each.job for each in host.troubles()] == [JOB]
    clock.pass_(minutes=2)  # the lease is over
    host.run_now(JOB)
    timers.play(clock, clock())
    assert host.troubles() == []
    visitor.get("/")
    assert "did not do its work" not in visitor.words


def test_a_run_of_another_process_is_shown_as_long_as_it_is_at_work(
    visitor: Visitor, application: Application, clock: Clock
) -> None:
    with writing(application.engine) as connection:
        runs.start(connection, NewRun(uuid4(), JOB, clock(), clock() - timedelta(minutes=3), "other-machine"))
        leases.take(connection, JOB, "another process", clock())
    visitor.get("/")
    assert f"running {JOB} since Tue 03 Mar 2026, 16:57 UTC on other-machine" in visitor.words
    clock.pass_(minutes=2)
    visitor.get("/")
    assert "No job is running." in visitor.words
    assert "cut off" in visitor.words


def test_a_jobs_line_leads_to_its_last_run(visitor: Visitor, application: Application, clock: Clock) -> None:
    id_ = uuid4()
    with writing(application.engine) as connection:
        runs.start(connection, NewRun(id_, JOB, clock(), clock(), "test"))
        errors = [{"tenant": "paws", "subject": "settings", "reason": "sms: bad"}]
        result = {"events_settled": 3, "total_errors": 1, "errors": errors}
        runs.finish(connection, id_, RunStatus.SUCCEEDED, clock(), result, None)
    visitor.get("/")
    assert f'href="/runs/{id_}"' in visitor.page
    assert "1 error events settled 3 paws: settings: sms: bad" in visitor.words


def test_pages_beside_another_scheduler_run_nothing_by_themselves(
    application: Application, timers: Stepped, clock: Clock
) -> None:
    host = LocalHost(application, read_schedules(), timers)
    host.start_idle()
    timers.play(clock, clock() + timedelta(days=8))
    with site_of(host) as site:
        visitor = Visitor(site)
        visitor.get("/")
        assert visitor.words.count("never ran") == 3 * len(JOBS)  # in health, among its checks, in the table
        assert "This page runs no job by schedule: only its buttons do." in visitor.words
        visitor.do(f"/jobs/{JOB}/run")
        timers.play(clock, clock())
        visitor.get("/")
        assert f"{JOB} never ran" not in visitor.words
