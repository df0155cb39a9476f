"""The operations pages in a real browser: what one sees, on a desk and on a phone, in the light and in the dark."""

import re
from itertools import pairwise
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from shared.schedules.function_json import read_schedules
from tests.browser.conftest import EVIL
from tests.browser.looking import DESK, PHONE, look, paths_of, words
from tests.schedulers.site import Site

TITLE = "Today: not well · Pet-care scheduler"


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """What the reader's system prefers."""
    return str(request.param)


def test_today_shows_health_jobs_and_texts(browser: Chrome, site: Site) -> None:
    look(browser, site)
    assert browser.title == TITLE
    assert words(browser, "h1, h2") == ["Today: not well", "Health not well", "At the moment", "Jobs", "Last texts"]
    jobs = {row.split()[0]: row for row in words(browser, "tbody tr")}
    assert set(jobs) == set(read_schedules())
    detector = " ".join(jobs["NoShowDetector"].split())
    assert (
        "0 30 6 * * * Wed 04 Mar, 06:30 in 13 h Tue 03 Mar, 06:30 10 h ago with errors 1 error detected 9" in detector
    )
    assert "fees applied 6, deferred 6, texts sent in all 2 mile-high-mutts: settings: sms.quiet_hour: " in detector
    assert "never ran" in jobs["ReputationUpdater"]
    assert len(words(browser, ".bubble")) == 6
    assert "ReputationUpdater never ran\nRun now\nReputationUpdater" in words(browser, ".findings li")


def test_a_phone_number_is_never_whole(browser: Chrome, site: Site) -> None:
    look(browser, site)
    shown = words(browser, ".from .quiet")
    assert all(re.fullmatch(r"to \+\d•••••\d{4}", each) for each in shown), shown


def test_a_name_with_markup_is_shown_as_it_is_and_does_nothing(browser: Chrome, site: Site) -> None:
    look(browser, site)
    assert any(each.startswith(EVIL) for each in words(browser, ".bubble"))
    assert browser.title == TITLE
    look(browser, site, "/businesses")
    assert any(each.startswith(EVIL) for each in words(browser, "tbody th"))
    assert [each.get_attribute("src") for each in browser.find_elements(By.CSS_SELECTOR, "script, img")] == [
        f"{site.url}/page.js",
        f"{site.url}/favicon.svg",
    ]


def test_the_browser_has_nothing_to_complain_about_and_asks_nobody_else(browser: Chrome, site: Site) -> None:
    look(browser, site)
    assert browser.get_log("browser") == []
    asked = browser.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    assert {f"{site.url}/page.css", f"{site.url}/page.js"} <= set(asked)
    assert {each.rsplit("/", 1)[0] for each in asked} == {site.url}


def test_the_browser_would_not_run_a_script_that_got_into_the_page(browser: Chrome, site: Site) -> None:
    """What the policy in the header is for."""
    look(browser, site)
    add = "const s = document.createElement('script'); s.text = \"document.title = 'pwned'\"; document.body.append(s)"
    browser.execute_script(add)
    assert browser.title == TITLE
    assert any("Content Security Policy" in each["message"] for each in browser.get_log("browser"))


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_no_page_is_wider_than_the_screen(browser: Chrome, site: Site, size: tuple[int, int], scheme: str) -> None:
    for name, path in paths_of(browser, site).items():
        look(browser, site, path, size, scheme, name)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0], path


def test_on_a_phone_each_value_has_its_name_before_it(browser: Chrome, site: Site) -> None:
    look(browser, site, size=PHONE)
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
    look(browser, site, scheme=scheme)
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
    for region in ("Health not well", "At the moment", "Jobs", "Last texts"):
        assert ("region", region) in named
    assert ("navigation", "Pages") in named
    assert ("button", "Run now NoShowDetector") in named
    assert ("columnheader", "Next run") in named
    assert ("rowheader", "NoShowDetector") in named
    assert ("link", "Skip to the content") in named
    assert browser.execute_script("return document.documentElement.lang") == "en"


def test_the_checks_that_are_well_are_there_for_who_opens_them(browser: Chrome, site: Site) -> None:
    look(browser, site)
    details = browser.find_element(By.CSS_SELECTOR, "details")
    assert details.get_attribute("open") is None
    details.find_element(By.CSS_SELECTOR, "summary").click()
    assert any(each.startswith("ok database ") for each in words(browser, ".checks li"))


def test_the_first_key_leads_past_the_navigation(browser: Chrome, site: Site) -> None:
    look(browser, site, "/texts")
    focus = browser.switch_to.active_element
    focus.send_keys(Keys.TAB)
    skip = browser.switch_to.active_element
    assert (skip.text, skip.size["height"] > 20) == ("Skip to the content", True)
    skip.send_keys(Keys.ENTER)
    assert browser.execute_script("return document.activeElement.id") == "content"


def test_each_table_says_what_it_is_and_headings_skip_no_level(browser: Chrome, site: Site) -> None:
    for path in paths_of(browser, site).values():
        look(browser, site, path)
        tables = browser.find_elements(By.CSS_SELECTOR, "table")
        assert all(each.find_elements(By.CSS_SELECTOR, "caption") for each in tables), path
        levels = [int(each.tag_name[1]) for each in browser.find_elements(By.CSS_SELECTOR, "h1, h2, h3, h4, h5, h6")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), path


def test_a_page_that_is_looked_at_becomes_fresh_by_itself(browser: Chrome, site: Site) -> None:
    look(browser, site)
    browser.execute_script("document.querySelector('h1').textContent = 'old'")
    browser.execute_async_script("refresh().then(arguments[0])")
    assert words(browser, "h1") == ["Today: not well"]
    browser.execute_script("document.querySelector('h1').textContent = 'old'")
    browser.execute_script("document.querySelector('main button').focus()")  # somebody is about to press it
    browser.execute_async_script("refresh().then(arguments[0])")
    assert words(browser, "h1") == ["old"]
    assert browser.get_log("browser") == []
