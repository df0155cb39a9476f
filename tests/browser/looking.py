"""Looking at a page in the browser, on a desk and on a phone, in the light and in the dark."""

import base64
import os
from pathlib import Path
from typing import Final

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.schedulers.site import Site

SHOTS: Final = os.environ.get("PAGE_SHOTS")
"""A folder that gets the screenshots, for those who want to look at them."""
DESK, PHONE = (1280, 900), (360, 740)
PAGES: Final = {
    "today": "/",
    "texts": "/texts",
    "unsent": "/texts?status=dead",
    "find": "/find",
    "fees": "/fees",
    "open-fees": "/fees?status=open",
    "businesses": "/businesses",
    "business": "/businesses/hudson-paws",
    "unserved": "/businesses/mile-high-mutts",
    "runs": "/runs",
    "nothing": "/runs?status=failed",
    "report": "/report",
    "report-document": "/report/document?days=30&business=hudson-paws",
    "missing": "/businesses/nobody",
}
LINKED: Final = {"run": ("/runs", "tbody a"), "fee": ("/fees", "tbody th a"), "owner": ("/texts", "tbody .quiet a")}
"""Pages that are reached by the first such link on another."""


def look(
    browser: Chrome, site: Site, path: str = "/", size: tuple[int, int] = DESK, scheme: str = "light", name: str = ""
) -> None:
    """Open a page on a screen of a size. `name`: of its screenshot."""
    width, height = size
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    browser.get_log("browser")
    browser.get(f"{site.url}{path}")
    if SHOTS and name:
        shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        Path(SHOTS, f"{name}-{width}-{scheme}.png").write_bytes(base64.b64decode(shot["data"]))


def paths_of(browser: Chrome, site: Site) -> dict[str, str]:
    """Return the path of every page by its name, those of single things too."""
    found = dict(PAGES)
    for name, (path, link) in LINKED.items():
        look(browser, site, path)
        href = browser.find_element(By.CSS_SELECTOR, link).get_attribute("href")
        found[name] = str(href).removeprefix(site.url)
    return found


def words(browser: Chrome, selector: str) -> list[str]:
    return [each.text for each in browser.find_elements(By.CSS_SELECTOR, selector)]
