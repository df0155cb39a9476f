"""The operations page in a real browser: what one sees, on a desk and on a phone, in the light and in the dark."""

import base64
import os
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from sqlalchemy import select, text

from shared import sample
from shared.application import simulation
from shared.database import tables
from shared.database.engine import open_engine
from shared.runtime import run
from shared.schedulers.local import LocalHost
from shared.schedules.function_json import read_schedules
from tests.doubles import Clock
from tests.rows import NOON
from tests.schedulers.site import Site, site_of

SHOTS = os.environ.get("PAGE_SHOTS")
"""A folder that gets the screenshots, for those who want to look at them."""

EVIL = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
DESK, PHONE = (1280, 900), (360, 740)
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Debian's chromium."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver):
        missing = "the page in a real browser (no chromium and chromedriver: apt-get install chromium chromium-driver)"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(f"not run: {missing}")
        pytest.skip(f"NOT CHECKED: {missing}")
    options = ChromeOptions()
    options.binary_location = program
    for flag in [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options, ChromeService(driver))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def site(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The page of a host whose jobs ran on the sample; one business and one text have names that mean harm."""
    path = shutil.copy(migrated_file, tmp_path_factory.mktemp("page") / "petcare.db")
    engine, clock = open_engine(f"sqlite:///{path}"), Clock(NOON.replace(hour=6))
    application = simulation(engine, clock)
    with engine.begin() as connection:
        sample.insert(connection, sample.build(clock.now).rows)
    for minutes, job in ((0, "VaccinationMonitor"), (30, "NoShowDetector"), (660, "AppointmentReminders24h")):
        clock.now = NOON.replace(hour=6) + timedelta(minutes=minutes)
        run(application, job)
    clock.pass_(minutes=2, seconds=11)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE tenants SET business_name = :evil WHERE subdomain = 'himal-pets'"), {"evil": EVIL}
        )
        texts = tables.notifications
        one = select(texts.c.id).where(texts.c.status == "sent").limit(1).scalar_subquery()
        newest = {"body": EVIL + texts.c.body, "not_before": clock.now, "sent_at": clock.now}
        connection.execute(texts.update().where(texts.c.id == one).values(newest))
    with site_of(LocalHost(application, read_schedules())) as site:
        yield site
    engine.dispose()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """What the reader's system prefers."""
    return str(request.param)


def look(browser: Chrome, site: Site, size: tuple[int, int] = DESK, scheme: str = "light") -> None:
    """Open the page on a screen of a size."""
    width, height = size
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    browser.get_log("browser")
    browser.get(f"{site.url}/")
    if SHOTS:
        shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        Path(SHOTS, f"{width}-{scheme}.png").write_bytes(base64.b64decode(shot["data"]))


def words(browser: Chrome, selector: str) -> list[str]:
    return [each.text for each in browser.find_elements(By.CSS_SELECTOR, selector)]


def test_the_page_shows_jobs_texts_fees_and_health(browser: Chrome, site: Site) -> None:
    look(browser, site)
    assert browser.title == "Not well · Pet-care scheduler"
    assert words(browser, "h1, h2") == [
        "Pet-care scheduler",
        "Health not well",
        "Jobs",
        "Last texts",
        "Last no-show fees",
    ]
    jobs = {row.split()[0]: row for row in words(browser, "section:nth-of-type(2) tbody tr")}
    assert set(jobs) == set(read_schedules())
    detector = " ".join(jobs["NoShowDetector"].split())
    assert "0 30 6 * * * Wed 04 Mar 06:30 in 13 h Tue 03 Mar 06:30 10 h ago with errors 1 error detected 9" in detector
    assert "fees applied 6, deferred 6, texts sent in all 2 mile-high-mutts: settings: sms.quiet_hour: " in detector
    assert "never ran" in jobs["ReputationUpdater"]
    assert len(words(browser, ".bubble")) == 12
    assert "$25.00" in " ".join(words(browser, "section:nth-of-type(4) td"))
    assert "ReputationUpdater never ran\npython -m shared run ReputationUpdater" in words(browser, ".findings li")


def test_a_phone_number_is_never_whole(browser: Chrome, site: Site) -> None:
    look(browser, site)
    shown = words(browser, ".from .quiet")
    assert all(re.fullmatch(r"to \+\d•••••\d{4}", each) for each in shown), shown


def test_a_name_with_markup_is_shown_as_it_is_and_does_nothing(browser: Chrome, site: Site) -> None:
    look(browser, site)
    assert any(EVIL in each for each in words(browser, "section:nth-of-type(4) tbody th"))
    assert any(each.startswith(EVIL) for each in words(browser, ".bubble"))
    assert browser.title == "Not well · Pet-care scheduler"
    assert browser.find_elements(By.CSS_SELECTOR, "script, img") == []


def test_the_browser_has_nothing_to_complain_about_and_asks_nobody_else(browser: Chrome, site: Site) -> None:
    look(browser, site)
    assert browser.get_log("browser") == []
    asked = browser.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert f"{site.url}/page.css" in asked
    assert {each.rsplit("/", 1)[0] for each in asked} == {site.url}


def test_the_browser_would_not_run_a_script_that_got_into_the_page(browser: Chrome, site: Site) -> None:
    """What the policy in the header is for."""
    look(browser, site)
    add = "const s = document.createElement('script'); s.text = \"document.title = 'pwned'\"; document.body.append(s)"
    browser.execute_script(add)
    assert browser.title == "Not well · Pet-care scheduler"
    assert any("Content Security Policy" in each["message"] for each in browser.get_log("browser"))


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_nothing_is_wider_than_the_screen(browser: Chrome, site: Site, size: tuple[int, int], scheme: str) -> None:
    look(browser, site, size, scheme)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0]


def test_on_a_phone_each_value_has_its_name_before_it(browser: Chrome, site: Site) -> None:
    look(browser, site, PHONE)
    cell = "document.querySelector('td[data-label=Schedule]')"
    assert browser.execute_script(f"return getComputedStyle({cell}, '::before').content") == '"Schedule: "'
    assert browser.execute_script(f"return getComputedStyle({cell}).display") == "block"


CONTRAST = """
const shown = [...document.querySelectorAll('body *')].filter(each =>
  [...each.childNodes].some(child => child.nodeType === 3 && child.data.trim()) && each.offsetParent);
const paper = each => {
  for (; each; each = each.parentElement) {
    const color = getComputedStyle(each).backgroundColor;
    if (color !== 'rgba(0, 0, 0, 0)') return color;
  }
};
return shown.map(each => [each.tagName + '.' + each.className, getComputedStyle(each).color, paper(each)]);
"""


def luminance(color: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(each) / 255 for each in re.findall(r"\d+", color)[:3]]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_word_stands_out_from_its_paper(browser: Chrome, site: Site, scheme: str) -> None:
    """A contrast of 4.5 to 1 at least (WCAG 2.2, 1.4.3)."""
    look(browser, site, DESK, scheme)
    found: list[list[Any]] = browser.execute_script(CONTRAST)
    assert len(found) > 100
    faint = set()
    for name, ink, paper in found:
        dark, light = sorted((luminance(ink), luminance(paper)))
        if (light + 0.05) / (dark + 0.05) < 4.5:
            faint.add((name, ink, paper))
    assert faint == set()
    (body,) = {paper for name, _, paper in found if name == "H1."}
    assert (luminance(body) < 0.2) is (scheme == "dark")


def test_the_page_can_be_read_by_a_machine_that_reads_aloud(browser: Chrome, site: Site) -> None:
    look(browser, site)
    tree = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if "role" in node}
    for region in ("Health not well", "Jobs", "Last texts", "Last no-show fees"):
        assert ("region", region) in named
    assert ("columnheader", "Next run") in named
    assert ("rowheader", "NoShowDetector") in named
    assert ("link", "Skip to the jobs") in named
    assert browser.execute_script("return document.documentElement.lang") == "en"


def test_the_checks_that_are_well_are_there_for_who_opens_them(browser: Chrome, site: Site) -> None:
    look(browser, site)
    details = browser.find_element(By.CSS_SELECTOR, "details")
    assert details.get_attribute("open") is None
    details.find_element(By.CSS_SELECTOR, "summary").click()
    assert any(each.startswith("ok database ") for each in words(browser, ".checks li"))
