"""Renew the screenshots in docs/images from the demo: `python -m tests.browser.screenshots`.

It needs Debian's chromium, chromium-driver and pngquant.
"""

import base64
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By

from tests.browser.conftest import FLAGS
from tests.browser.looking import look
from tests.schedulers.site import Site

ROOT: Final = Path(__file__).parents[2]
IMAGES: Final = ROOT / "docs" / "images"
WIDTH: Final = 1100
COLOURS: Final = "24"
"""So few keep a picture below 60 KB."""


@contextmanager
def demo() -> Iterator[Site]:
    """The pages of the demo, in a folder of their own."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "shared", "host", "--demo", "--port", "0"]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        try:
            found = re.search(r":(\d+) ", process.stdout.readline())
            assert found
            yield Site(int(found[1]))
        finally:
            process.terminate()
            process.communicate()


@contextmanager
def chromium() -> Iterator[Chrome]:
    with TemporaryDirectory() as profile:
        options = ChromeOptions()
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        browser = Chrome(options, ChromeService(shutil.which("chromedriver")))
        yield browser
        browser.quit()


def shoot(browser: Chrome, site: Site, name: str, path: str, height: int) -> None:
    """Write the top of a page to a file."""
    look(browser, site, path, (WIDTH, height))
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    (IMAGES / f"{name}.png").write_bytes(squeezed(base64.b64decode(shot["data"])))


def squeezed(picture: bytes) -> bytes:
    """Return a picture with COLOURS colours, a third as large."""
    command = [shutil.which("pngquant") or sys.exit("pngquant is missing: apt-get install pngquant"), COLOURS, "-"]
    return subprocess.run(command, input=picture, capture_output=True, check=True).stdout


def main() -> None:
    with demo() as site, chromium() as browser:
        shoot(browser, site, "today", "/", 820)
        shoot(browser, site, "texts", "/texts?status=failed", 700)
        explained = browser.find_element(By.CSS_SELECTOR, "tbody .quiet a").get_attribute("href")
        shoot(browser, site, "explained", str(explained).removeprefix(site.url), 860)


if __name__ == "__main__":
    main()
