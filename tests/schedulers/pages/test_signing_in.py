"""Where a key is needed: a form asks browsers for it, and a cookie stands for it afterwards."""

from collections.abc import Callable

import pytest

from shared.schedulers.local import LocalHost
from tests.databases import Stock
from tests.doubles import Clock
from tests.schedulers.pages.conftest import KEY
from tests.schedulers.site import site_of
from tests.schedulers.visitor import Visitor

FORM = '<input type="password" name="key"'
RUN = "/jobs/ReputationUpdater/run"


@pytest.fixture(scope="session")
def stock(stocks: Callable[[str], Stock]) -> Stock:
    """SQLite alone: the database is hardly asked here."""
    return stocks("sqlite")


def signed_in(visitor: Visitor) -> Visitor:
    assert visitor.post("/login", key=KEY, wanted="/").status == 303
    return visitor


@pytest.mark.parametrize("path", ["/", "/texts?status=dead", "/fees", "/businesses", "/runs", "/find", "/health"])
def test_a_browser_without_the_key_is_asked_for_it_and_told_nothing(stranger: Visitor, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status, FORM in answer.body, "set-cookie" in answer.headers) == (401, True, False)
    assert f'name="wanted" value="{path}"' in answer.body
    assert answer.headers["cache-control"] == "no-store"
    assert stranger.get("/page.css").status == 200


def test_a_machine_without_the_key_gets_one_line(stranger: Visitor) -> None:
    answer = stranger.site.get("/")
    assert (answer.status, answer.body) == (401, "the key is missing or wrong: send it as x-functions-key\n")


def test_with_the_key_the_browser_goes_where_it_wanted_and_stays_in(stranger: Visitor) -> None:
    answer = stranger.post("/login", key=KEY, wanted="/runs?job=NoShowDetector")
    assert (answer.status, answer.headers["location"]) == (303, "/runs?job=NoShowDetector")
    assert KEY not in answer.headers["set-cookie"]
    for path in ("/", "/texts", "/health"):
        assert FORM not in stranger.get(path).body
    stranger.get("/")
    assert stranger.post(RUN).status == 303


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + "x", KEY.upper(), "\u00fc"])
def test_a_wrong_key_is_the_form_again_with_one_line(stranger: Visitor, key: str) -> None:
    answer = stranger.post("/login", key=key, wanted="/runs")
    assert (answer.status, FORM in answer.body, "set-cookie" in answer.headers) == (401, True, False)
    assert "That is not the key." in answer.body
    assert 'value="/runs"' in answer.body


def test_the_key_counts_only_where_it_was_typed(stranger: Visitor) -> None:
    stranger.headers = {"Origin": "https://evil.example"}
    answer = stranger.post("/login", key=KEY, wanted="/")
    assert (answer.status, "set-cookie" in answer.headers) == (401, False)
    stranger.headers = {}
    assert stranger.post("/login", key=KEY, wanted="//evil.example").headers["location"] == "/"


def test_a_cookie_opens_the_pages_and_not_the_machines_paths(stranger: Visitor) -> None:
    signed_in(stranger)
    assert stranger.get("/admin/functions").status == 401
    assert stranger.site.get("/admin/functions", x_functions_key=KEY).status == 200


@pytest.mark.parametrize(
    "forge",
    [
        lambda cookie: cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
        lambda cookie: "9" + cookie,
        lambda cookie: cookie.rpartition(".")[0],
        lambda _: "",
        lambda _: ".",
        lambda _: KEY.replace(" ", "%20"),
    ],
)
def test_a_cookie_that_is_not_ours_opens_nothing(stranger: Visitor, forge: Callable[[str], str]) -> None:
    signed_in(stranger)
    ((name, cookie),) = stranger.cookies.items()
    stranger.cookies = {name: forge(cookie)}
    assert stranger.get("/").status == 401


def test_a_browser_is_asked_again_after_a_week(stranger: Visitor, clock: Clock) -> None:
    signed_in(stranger)
    clock.pass_(days=6)
    assert stranger.get("/").status == 200
    clock.pass_(days=1)
    assert stranger.get("/").status == 401


def test_who_signs_out_is_asked_again_and_no_other_site_can_do_it(stranger: Visitor) -> None:
    signed_in(stranger).get("/")
    assert stranger.post("/logout", token="").status == 303
    assert stranger.get("/").status == 200
    assert stranger.post("/logout").status == 303
    assert stranger.get("/").status == 401


def test_a_restart_signs_nobody_out_and_another_key_does(stranger: Visitor, host: LocalHost) -> None:
    (cookie,) = signed_in(stranger).cookies.values()
    for key, status in ((KEY, 200), (KEY + "!", 401)):
        with site_of(host, key) as site:
            assert Visitor(site, cookies={f"petcare_{site.port}": cookie}).get("/").status == status


def test_without_a_key_nobody_is_asked(visitor: Visitor) -> None:
    answer = visitor.get("/login")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert visitor.post("/login", key="", wanted="/").status == 401
    visitor.get("/")
    assert "Sign out" not in visitor.page


def test_a_key_in_the_address_gets_into_no_link(stranger: Visitor) -> None:
    stranger.get(f"/texts?code={KEY.replace(' ', '+')}")
    assert FORM not in stranger.page
    assert "a+key" not in stranger.page
    assert KEY not in stranger.page
