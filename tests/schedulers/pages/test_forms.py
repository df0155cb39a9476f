"""Which forms count: those that a page of ours sent from the same browser; and what an answer may not do."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.schedulers.local import LocalHost
from tests.databases import Stock
from tests.doubles import Clock, RecordingSms
from tests.salon import Salon
from tests.schedulers.stepped import Stepped
from tests.schedulers.visitor import Visitor

JOB = "ReputationUpdater"
RUN = f"/jobs/{JOB}/run"
NOT_OURS = "nothing was done: this form is out of date, or another site sent it; load the page again and repeat"


@pytest.fixture(scope="session")
def stock(stocks: Callable[[str], Stock]) -> Stock:
    """SQLite alone: the database is hardly asked here."""
    return stocks("sqlite")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, host: LocalHost) -> list[str]:
    """The jobs that the host was asked to run."""
    found: list[str] = []
    monkeypatch.setattr(LocalHost, "run_now", lambda _, job, **__: found.append(job))
    return found


def test_a_form_of_the_page_is_done_and_the_next_page_says_so(visitor: Visitor, asked: list[str]) -> None:
    visitor.get("/")
    answer = visitor.post(RUN, back="/runs?job=NoShowDetector")
    assert answer.status == 303
    assert answer.headers["location"].startswith("/runs?job=NoShowDetector&note=")
    assert visitor.do(RUN) == f"{JOB} was started; what it did will stand in its line"
    assert asked == [JOB, JOB]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:9"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},  # another port of this machine
        {"Sec_Fetch_Site": "none"},
    ],
)
def test_a_form_that_another_site_sends_does_nothing_whatever_it_knows(
    visitor: Visitor, asked: list[str], headers: dict[str, str]
) -> None:
    visitor.get("/")
    visitor.headers = headers
    answer = visitor.post(RUN)
    assert (answer.status, NOT_OURS in answer.body) == (403, True)
    assert asked == []


def test_a_browser_that_names_this_site_is_believed(visitor: Visitor, asked: list[str]) -> None:
    visitor.get("/")
    visitor.headers = {"Origin": visitor.site.url, "Sec_Fetch_Site": "same-origin"}
    assert visitor.post(RUN).status == 303
    assert asked == [JOB]


@pytest.mark.parametrize("token", ["", "0" * 64, "\u00fc"])
def test_a_form_without_its_token_does_nothing(visitor: Visitor, asked: list[str], token: str) -> None:
    visitor.get("/")
    answer = visitor.post(RUN, token=token)
    assert (answer.status, NOT_OURS in answer.body) == (403, True)
    assert asked == []


def test_a_token_of_another_browser_does_nothing(visitor: Visitor, asked: list[str]) -> None:
    other = Visitor(visitor.site)
    other.get("/")
    visitor.get("/")
    assert visitor.post(RUN, token=other.token).status == 403
    visitor.cookies = {}
    assert visitor.post(RUN).status == 403
    assert asked == []


def test_a_form_of_last_week_does_nothing(visitor: Visitor, asked: list[str], clock: Clock) -> None:
    visitor.get("/")
    clock.pass_(days=7)
    assert visitor.post(RUN).status == 403
    visitor.get("/")
    assert visitor.post(RUN).status == 303
    assert asked == [JOB]


def test_a_token_of_another_process_does_nothing(visitor: Visitor, stranger: Visitor, asked: list[str]) -> None:
    visitor.get("/")
    token, (cookie,) = visitor.token, visitor.cookies.values()
    stranger.cookies = {f"petcare_{stranger.site.port}": cookie}
    assert stranger.post(RUN, token=token).status == 401
    assert asked == []


def test_the_cookie_is_for_this_site_and_for_no_script(visitor: Visitor) -> None:
    cookie = visitor.get("/").headers["set-cookie"]
    assert cookie.startswith(f"petcare_{visitor.site.port}=")
    assert cookie.endswith("; HttpOnly; Max-Age=604800; Path=/; SameSite=strict")
    assert "set-cookie" not in visitor.get("/").headers
    other = Visitor(visitor.site, headers={"X_Forwarded_Proto": "https"})
    assert other.get("/").headers["set-cookie"].endswith("; Secure")


def test_no_link_can_put_words_on_a_page(visitor: Visitor) -> None:
    visitor.get("/?note=All+is+lost&words=All+is+lost")
    assert "All is lost" not in visitor.words


@pytest.mark.parametrize(
    "back",
    ["", "//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\nX: 1", "/\u202e"],
)
def test_an_answer_sends_nobody_elsewhere(visitor: Visitor, asked: list[str], back: str) -> None:
    visitor.get("/")
    assert visitor.post(RUN, back=back).headers["location"].startswith("/?note=")
    assert asked == [JOB]


@pytest.mark.parametrize(
    ("status", "body", "type_"),
    [
        (415, b"{}", "application/json"),
        (415, b"", "multipart/form-data; boundary=x"),
        (413, b"token=" + b"x" * 65_536, "application/x-www-form-urlencoded"),
        (400, b"why=%00", "application/x-www-form-urlencoded"),
        (400, b"why=\xff", "application/x-www-form-urlencoded"),
        (400, b"a=1&" * 51, "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_is_refused(visitor: Visitor, asked: list[str], status: int, body: bytes, type_: str) -> None:
    assert visitor.site.post(RUN, body, Content_Type=type_).status == status
    assert asked == []


@pytest.mark.parametrize("path", [RUN, "/runs/accept", "/fees/00000000-0000-0000-0000-000000000000/charge"])
def test_who_only_follows_a_link_changes_nothing(visitor: Visitor, asked: list[str], path: str) -> None:
    assert visitor.get(path).status == 405
    assert asked == []


def test_an_unknown_job_is_named_and_not_run(visitor: Visitor, asked: list[str]) -> None:
    visitor.get("/")
    assert visitor.do("/jobs/Groomer/run").startswith("not done: there is no job 'Groomer'; there are ")
    assert asked == []


def test_a_run_is_done_by_the_host_itself(
    visitor: Visitor, timers: Stepped, clock: Clock, paws: Salon, sms: RecordingSms
) -> None:
    paws.add_missed(clock() + timedelta(hours=24))
    visitor.get("/")
    visitor.do("/jobs/AppointmentReminders24h/run")
    timers.play(clock, clock())
    visitor.get("/")
    assert "succeeded reminders planned 1, reminders sent 1, texts sent in all 1" in visitor.words
    assert sms.bodies[0] in visitor.words
