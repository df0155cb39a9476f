"""What axe-core finds on every page: nothing serious, for people who see badly, hear pages, or use a keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest
from selenium.webdriver import Chrome

from shared.schedulers.local import LocalHost
from shared.schedules.function_json import read_schedules
from tests import npm
from tests.browser.conftest import World, missing
from tests.browser.looking import DESK, PHONE, look, paths_of
from tests.schedulers.site import Site, site_of

PACKAGE = "axe-core@4.14.1"
SERIOUS = ("serious", "critical")
RUN = "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(it => done(it.violations))"


@pytest.fixture(scope="module")
def serious(browser: Chrome) -> Callable[[], list[str]]:
    """Return a function that names what axe finds serious on the page that the browser shows."""
    try:
        source = (npm.install(PACKAGE) / "axe.min.js").read_text(encoding="utf-8")
    except npm.NotInstalled as reason:
        missing(f"the pages by axe: {reason}")
        raise

    def found() -> list[str]:
        browser.execute_script(source)
        violations: list[dict[str, Any]] = browser.execute_async_script(RUN)
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in violations if each["impact"] in SERIOUS]

    return found


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_axe_finds_nothing_serious_on_any_page(
    browser: Chrome, site: Site, serious: Callable[[], list[str]], size: tuple[int, int], scheme: str
) -> None:
    found = {}
    for path in paths_of(browser, site).values():
        look(browser, site, path, size, scheme)
        browser.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true })")
        found[path] = serious()
    assert {path: each for path, each in found.items() if each} == {}


def test_axe_finds_nothing_serious_on_held_days_and_where_the_key_is_asked_for(
    browser: Chrome, world: World, serious: Callable[[], list[str]]
) -> None:
    look(browser, world.site, "/runs")
    assert serious() == []
    with site_of(LocalHost(world.paws.application, read_schedules()), "a key of some length") as site:
        look(browser, site)
        assert serious() == []


def test_axe_would_find_something(browser: Chrome, site: Site, serious: Callable[[], list[str]]) -> None:
    look(browser, site, "/fees")
    browser.execute_script("document.querySelector('main').innerHTML += '<input><img src=\"/favicon.svg\">'")
    assert {each.partition(":")[0] for each in serious()} == {"image-alt", "label"}
