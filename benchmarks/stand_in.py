"""The stand-in for Twilio in a process of its own, whose books outlive whoever texts through it."""

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.gateways.twilio import TwilioSms
from tests.loopback.twilio import ACCOUNT, NUMBER, TOKEN

ROOT = Path(__file__).parents[1]


def cold(module: str, *arguments: str) -> list[str]:
    """Return a command line that runs a module."""
    return [sys.executable, "-m", module, *arguments]


@contextmanager
def twilio(latency: float, *options: str, command: Callable[..., list[str]] = cold) -> Iterator[str]:
    """Run it; its address. `latency`: seconds before each answer."""
    words = command("tests.loopback.twilio", "--latency", str(latency), *options)
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def books(url: str) -> list[dict[str, Any]]:
    """Every message that it took."""
    with urllib.request.urlopen(f"{url}/books", timeout=60) as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


def accepted(url: str) -> Counter[str]:
    """How often it took a message for each number."""
    return Counter(each["to"] for each in books(url))


def gateway(url: str, concurrency: int = 64) -> TwilioSms:
    """Return the way to it."""
    return TwilioSms(ACCOUNT, TOKEN, number=NUMBER, base_url=url, connections=concurrency)
