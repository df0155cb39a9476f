"""What people do on the pages, in a real browser; and what other sites cannot do with it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from shared.database import tables
from shared.schedulers.local import LocalHost
from shared.schedules.function_json import read_schedules
from tests import rows
from tests.browser.conftest import World
from tests.browser.looking import look, words
from tests.schedulers.site import Site, site_of

JOB = "AppointmentReminders24h"
KEY = "a key of some length"
PATIENCE = 30


def press(browser: Chrome, selector: str) -> None:
    """Press a button and wait for the page that it leads to."""
    old = browser.find_element(By.CSS_SELECTOR, "main")
    browser.find_element(By.CSS_SELECTOR, selector).click()
    WebDriverWait(browser, PATIENCE).until(lambda it: it.find_element(By.CSS_SELECTOR, "main") != old)


def until(browser: Chrome, site: Site, path: str, told: str) -> None:
    """Look at a page again and again until it says so."""

    def is_told(_: Chrome) -> bool:
        look(browser, site, path)
        return told in " ".join(browser.find_element(By.CSS_SELECTOR, "main").text.split())

    WebDriverWait(browser, PATIENCE, poll_frequency=0.2).until(is_told, f"{path} never said {told!r}")


def write(browser: Chrome, **fields: str) -> None:
    for name, text in fields.items():
        browser.find_element(By.CSS_SELECTOR, f"form.staff [name={name}]").send_keys(text)


def jobs_run(world: World) -> list[str]:
    return [each.task for each in rows.all_of(world.paws.engine, tables.runs)]


def test_a_job_is_run_from_the_page_and_its_text_is_seen(browser: Chrome, world: World) -> None:
    look(browser, world.site)
    press(browser, f"table form[action='/jobs/{JOB}/run'] button")
    assert words(browser, ".note") == [f"{JOB} was started; what it did will stand in its line"]
    until(browser, world.site, "/", "reminders sent 1")
    look(browser, world.site, "/texts?status=sent&words=tomorrow")
    (text,) = words(browser, ".bubble")
    assert "Bella" in text


def test_a_dead_text_is_replayed_and_leaves_with_the_next_run(browser: Chrome, world: World) -> None:
    look(browser, world.site, "/texts?status=dead")
    assert "20429: " in words(browser, "td[data-label=State]")[0]
    press(browser, "tbody button")
    assert words(browser, ".note") == ["the text was put back; the next run sends it if it is still right"]
    assert browser.current_url.startswith(f"{world.site.url}/texts?status=dead&note=")
    assert words(browser, ".empty") == ["There is no such text."]
    (found,) = (each for each in rows.all_of(world.paws.engine, tables.notifications) if each.id == world.dead)
    assert (found.status, found.attempts) == ("planned", 0)


@pytest.mark.parametrize("has_script", [True, False])
def test_a_fee_is_waived_with_who_and_why(browser: Chrome, world: World, has_script: bool) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not has_script})
    try:
        look(browser, world.site, "/fees")
        browser.find_element(By.CSS_SELECTOR, "tbody summary").click()
        write(browser, who="Maria", why="she called")
        press(browser, "button[formaction$='/waive']")
        (note,) = words(browser, ".note")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert note.startswith("waived the fee of $25.00 for the visit on 2026-03-03 of Ana at Happy Paws")
    assert world.paws.fee().status == "waived"
    noted = rows.only(world.paws.engine, tables.fee_actions)
    assert (noted.action, noted.who, noted.why) == ("waive", "Maria", "she called")


def test_a_form_without_who_is_not_even_sent(browser: Chrome, world: World) -> None:
    look(browser, world.site, "/fees")
    browser.find_element(By.CSS_SELECTOR, "tbody summary").click()
    write(browser, why="she called")
    browser.find_element(By.CSS_SELECTOR, "button[formaction$='/waive']").click()
    assert browser.current_url == f"{world.site.url}/fees"
    assert world.paws.fee().status == "failed"


def test_a_held_day_is_accepted(browser: Chrome, world: World) -> None:
    look(browser, world.site, "/runs")
    assert "2026-03-04: 3 of 3 appointments look missed" in words(browser, ".held li")[0]
    press(browser, ".held button")
    assert "2026-03-04 of paws was accepted" in words(browser, ".note")[0]
    until(browser, world.site, "/", "detected 3")
    assert len(world.paws.fees()) == 4
    look(browser, world.site, "/runs")
    assert words(browser, ".held") == []


@contextmanager
def another_site(name: str, action: str, fields: str) -> Iterator[str]:
    """A page on another port that sends a form by itself, as soon as somebody looks at it."""
    page = f"<form method=post action='{action}'>{fields}</form><script>document.forms[0].submit()</script>"

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)  # a browser opens connections it never uses
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{name}:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("knows_the_token", [False, True])
def test_a_form_that_another_site_sends_is_refused(
    browser: Chrome, world: World, name: str, knows_the_token: bool
) -> None:
    """Of another name, or of another port under the same one, for which the browser sends the cookie."""
    look(browser, world.site)
    token = browser.find_element(By.CSS_SELECTOR, "[name=token]").get_attribute("value") if knows_the_token else "x"
    before, action = jobs_run(world), f"{world.site.url}/jobs/ReputationUpdater/run"
    with another_site(name, action, f"<input name=token value={token}>") as evil:
        browser.get(evil)
        WebDriverWait(browser, PATIENCE).until(lambda it: it.find_elements(By.CSS_SELECTOR, ".note"))
    assert words(browser, ".note")[0].startswith("nothing was done: this form is out of date, or another site sent it")
    assert jobs_run(world) == before


def test_a_wrong_key_is_refused_and_the_right_one_kept(browser: Chrome, world: World) -> None:
    with site_of(LocalHost(world.paws.application, read_schedules()), KEY) as site:
        look(browser, site, "/fees")
        browser.find_element(By.CSS_SELECTOR, "[name=key]").send_keys("a wrong key, that is")
        press(browser, "form button")
        assert words(browser, "[role=alert]") == ["That is not the key."]
        browser.find_element(By.CSS_SELECTOR, "[name=key]").send_keys(KEY)
        press(browser, "form button")
        assert browser.current_url == f"{site.url}/fees"
        assert words(browser, "h1") == ["Fees"]
        (cookie,) = (each for each in browser.get_cookies() if each["name"].endswith(str(site.port)))
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        press(browser, "header button")
        assert browser.find_elements(By.CSS_SELECTOR, "[name=key]")
