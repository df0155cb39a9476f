"""The local host's HTTP: the paths, codes and bodies of the Functions host, and who is let in."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared.application import Application
from shared.database import runs, tables
from shared.domain.records import RunStatus
from shared.jobs import JOBS
from shared.operations.health import Health
from shared.schedulers import local
from shared.schedulers.local import LocalHost
from shared.schedulers.pages import today
from shared.schedulers.pages.frame import LOOKING_AT_ONCE
from shared.schedules.function_json import read_schedules
from tests import rows
from tests.doubles import Clock
from tests.rows import NOON
from tests.schedulers.site import Site, site_of
from tests.schedulers.stepped import Stepped, stepped

JOB = "NoShowDetector"
KEY = "a key of some length"
HERE = "this host answers to localhost only\n"
NO_KEY = "the key is missing or wrong: send it as x-functions-key\n"


class Started:
    """The jobs that a host was asked to run by now, instead of running them."""

    def __init__(self, timers: Stepped, clock: Clock) -> None:
        self._timers = timers
        self._clock = clock
        self.noted: list[str] = []

    @property
    def jobs(self) -> list[str]:
        self._timers.play(self._clock, self._clock())
        return self.noted


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Stepped:
    """APScheduler by a clock that stands still."""
    return stepped(monkeypatch, clock)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, timers: Stepped, clock: Clock) -> Started:
    """What is started."""
    found = Started(timers, clock)
    monkeypatch.setattr(local, "run", lambda _, job: found.noted.append(job))
    return found


@pytest.fixture
def host(application: Application, timers: Stepped) -> LocalHost:
    """A host that has started."""
    host = LocalHost(application, read_schedules(), timers)
    host.start()
    return host


@pytest.fixture
def site(host: LocalHost) -> Iterator[Site]:
    """Its HTTP, without a key."""
    with site_of(host) as site:
        yield site


@pytest.fixture
def locked(host: LocalHost) -> Iterator[Site]:
    """Its HTTP, with a key."""
    with site_of(host, KEY) as site:
        yield site


# As the Functions host


def test_a_job_is_started_with_202_and_an_empty_body(site: Site, started: Started) -> None:
    answer = site.post(f"/admin/functions/{JOB}")
    assert (answer.status, answer.body) == (202, "")
    assert started.jobs == [JOB]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("noshowdetector", '{"input": ""}'),
        (JOB, "{}"),
        (JOB, '{"input": "ignored"}'),
        (JOB, '{"input": "' + "x" * 65_000 + '"}'),
    ],
)
def test_a_name_in_any_letters_and_any_object_will_do(site: Site, started: Started, name: str, body: str) -> None:
    assert site.post(f"/admin/functions/{name}", body, Content_Type="Application/JSON; charset=utf-8").status == 202
    assert started.jobs == [JOB]


@pytest.mark.parametrize("body", [None, "", "{", "[]", '"input"', "1", "nonsense", b"\xff{}", "[" * 60_000])
def test_a_body_that_is_no_json_object_is_400(site: Site, started: Started, body: bytes | str | None) -> None:
    answer = site.post(f"/admin/functions/{JOB}", body)
    assert (answer.status, answer.body) == (400, 'the body must be a JSON object, for example {"input": ""}\n')
    assert started.jobs == []


def test_an_unknown_job_is_404(site: Site) -> None:
    asked = [site.post("/admin/functions/Groomer"), site.get("/admin/functions/Groomer")]
    for answer in [*asked, site.get("/admin/functions/Groomer/status")]:
        assert answer.status == 404
        assert answer.body.startswith("there is no function of that name; there are ")
    assert site.get("/admin/nothing").status == 404


def test_a_body_without_end_is_cut_short(site: Site, started: Started) -> None:
    assert site.post(f"/admin/functions/{JOB}", b" " * 70_000 + b"{}").status == 413
    assert started.jobs == []


def test_the_functions_are_listed_as_the_functions_host_does(site: Site) -> None:
    listed = site.get("/admin/functions").json()
    assert [each["name"] for each in listed] == sorted(JOBS)
    one = next(each for each in listed if each["name"] == JOB)
    assert one == site.get(f"/admin/functions/{JOB}").json()
    assert one["href"] == f"{site.url}/admin/functions/{JOB}"
    assert (one["script_href"], one["isDisabled"], one["language"]) == (f"{JOB}/__init__.py", False, "python")
    assert one["config"]["bindings"][0] == {
        "name": "timer",
        "type": "timerTrigger",
        "direction": "in",
        "schedule": "0 30 6 * * *",
        "useMonitor": True,
        "runOnStartup": False,
    }
    assert site.get(f"/admin/functions/{JOB}/status").json() == {}


def test_the_hosts_status_and_ping_are_those_of_the_functions_host(site: Site) -> None:
    status = site.get("/admin/host/status").json()
    assert (status["state"], status["errors"], status["processUptime"]) == ("Running", [], 0)
    assert UUID(status["id"])
    assert isinstance(status["version"], str)
    ping = site.get("/admin/host/ping")
    assert (ping.status, ping.body) == (200, "")


# Health


def test_health_is_503_until_all_is_well(site: Site, application: Application) -> None:
    before = site.get("/health")
    assert (before.status, before.json()["healthy"]) == (503, False)
    assert {each["detail"] for each in before.json()["checks"] if not each["healthy"]} == {"never ran"}
    with application.engine.begin() as connection:
        for job in JOBS:
            id_ = uuid4()
            runs.start(connection, runs.NewRun(id_, job, NOON, NOON, "test"))
            runs.finish(connection, id_, RunStatus.SUCCEEDED, NOON, {}, None)
    after = site.get("/health")
    assert (after.status, after.json()["healthy"]) == (200, True)
    assert after.headers["cache-control"] == "no-store"


def test_health_and_the_page_answer_when_the_database_does_not(site: Site, application: Application) -> None:
    with application.engine.begin() as connection:
        connection.execute(text("ALTER TABLE runs RENAME TO gone"))
    found = site.get("/health")
    assert found.status == 503
    assert re.search("no such table: runs|relation .*runs.* does not exist", found.body)
    page = site.get("/")
    assert page.status == 200
    assert re.search("no such table: runs|relation .*runs.* does not exist", page.body)
    assert "The database cannot be read." in page.body


# Who is let in


PATHS = ["/", "/health", "/admin/functions", f"/admin/functions/{JOB}", "/admin/host/status", "/admin/host/ping"]


@pytest.mark.parametrize("path", PATHS)
def test_where_there_is_a_key_nothing_is_told_without_it(locked: Site, path: str) -> None:
    for headers in ({}, {"x_functions_key": KEY[:-1]}, {"x_functions_key": KEY + "x"}, {"Authorization": KEY}):
        answer = locked.get(path, **headers)
        assert (answer.status, answer.body) == (401, NO_KEY)
    assert locked.get(path, x_functions_key=KEY).status in (200, 503)
    assert locked.get(f"{path}?code={KEY.replace(' ', '%20')}").status in (200, 503)
    assert locked.get(f"{path}?code=%C3%BF").status == 401


def test_where_there_is_a_key_no_job_is_started_without_it(locked: Site, started: Started) -> None:
    assert locked.post(f"/admin/functions/{JOB}").status == 401
    assert locked.post("/admin/functions/Groomer", None).status == 401  # nor is anything told
    assert started.jobs == []
    assert locked.post(f"/admin/functions/{JOB}", x_functions_key=KEY).status == 202
    assert started.jobs == [JOB]


def test_with_a_key_the_host_may_be_called_by_any_name(locked: Site) -> None:
    assert locked.get("/admin/host/ping", x_functions_key=KEY, Host="scheduler.example").status == 200


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:7071", "127.0.0.1", "127.0.0.1:9", "[::1]:7071", "127.8.8.8"])
def test_without_a_key_this_machine_is_let_in_by_its_own_names(site: Site, name: str) -> None:
    assert site.get("/admin/host/ping", Host=name).status == 200


@pytest.mark.parametrize(
    "name",
    [
        "evil.example",
        "evil.example:7071",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.9",
        "[",
        "@",
        "user@localhost",
    ],
)
def test_without_a_key_nobody_is_let_in_by_another_name(site: Site, started: Started, name: str) -> None:
    """A page whose site's name was made to mean this machine asks in that name."""
    for answer in (site.get("/", Host=name), site.post(f"/admin/functions/{JOB}", Host=name)):
        assert (answer.status, answer.body) == (403, HERE)
    assert started.jobs == []


@pytest.mark.parametrize(
    "type_", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"]
)
def test_what_a_page_of_another_site_can_send_without_asking_starts_nothing(
    site: Site, started: Started, type_: str
) -> None:
    answer = site.post(f"/admin/functions/{JOB}", Content_Type=type_, Origin="https://evil.example")
    assert (answer.status, answer.body) == (415, "the content type must be application/json\n")
    assert started.jobs == []


def test_a_page_of_another_site_that_asks_first_is_not_allowed(site: Site) -> None:
    headers = {"Origin": "https://evil.example", "Access_Control_Request_Method": "POST"}
    answer = site.ask("OPTIONS", f"/admin/functions/{JOB}", None, headers)
    assert answer.status == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_page_allows_its_own_script_alone_no_frame_and_nothing_from_elsewhere(site: Site) -> None:
    page = site.get("/")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; ")
    assert policy.endswith(
        "script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    assert "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"
    assert "server" not in page.headers
    for path, type_ in (
        ("/page.css", "text/css; charset=utf-8"),
        ("/page.js", "text/javascript; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
    ):
        file = site.get(path)
        assert (file.status, file.headers["content-type"]) == (200, type_)


def test_what_is_in_a_name_is_escaped_and_a_zone_that_is_none_does_no_harm(
    site: Site, application: Application
) -> None:
    with application.engine.begin() as connection:
        tenant = rows.tenant(connection, business_name="<script>&", timezone="Mars/Olympus")
        owner = rows.owner(connection, tenant)
        text_of = {"kind": "reminder_24h", "not_before": NOON, "useful_until": NOON, "priority": 1, "run_id": uuid4()}
        sent = {"status": "delivered", "sent_at": NOON, "to_phone": "+12125550143", "body": "<b>&amp;</b>"}
        rows.insert(connection, tables.notifications, tenant_id=tenant, owner_id=owner, **text_of, **sent)
    page = site.get("/").body
    assert "<strong>&lt;script&gt;&amp;</strong>" in page
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in page
    assert "to +1•••••0143" in page
    assert "Tue 03 Mar 2026, 17:00 UTC</time> · 24-hour reminder · delivered" in page
    assert "2125550143" not in page


def test_the_page_only_looks(site: Site) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert site.ask(method, "/", None, {}).status == 405


def test_however_many_look_the_jobs_keep_connections_to_the_database(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, change, seen = 0, threading.Condition(), threading.Event()

    def look(*_: object, **__: object) -> Health:
        nonlocal inside
        with change:
            inside += 1
            change.notify_all()
        seen.wait(20)
        return Health(NOON, ())

    monkeypatch.setattr(today, "examine", look)
    with ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(site.get, "/") for _ in range(12)]
        with change:
            assert change.wait_for(lambda: inside == LOOKING_AT_ONCE, 20)
            assert not change.wait_for(lambda: inside > LOOKING_AT_ONCE, 1)
        seen.set()
        assert {each.result().status for each in answers} == {200}


def test_a_path_cannot_leave_the_templates(site: Site) -> None:
    assert site.get("/../settings.py").status == 404
    assert site.get("/page.html").status == 404
