"""A host with its pages, and who looks at them."""

from collections.abc import Iterator

import pytest

from shared.application import Application
from shared.schedulers.local import LocalHost
from shared.schedules.function_json import read_schedules
from tests.doubles import Clock
from tests.schedulers.site import site_of
from tests.schedulers.stepped import Stepped, stepped
from tests.schedulers.visitor import Visitor

KEY = "a key of some length"


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Stepped:
    """APScheduler by a clock that stands still."""
    return stepped(monkeypatch, clock)


@pytest.fixture
def host(application: Application, timers: Stepped) -> LocalHost:
    """A host that has started."""
    host = LocalHost(application, read_schedules(), timers)
    host.start()
    return host


@pytest.fixture
def visitor(host: LocalHost) -> Iterator[Visitor]:
    """Somebody on this machine, where no key is needed."""
    with site_of(host) as site:
        yield Visitor(site)


@pytest.fixture
def stranger(host: LocalHost) -> Iterator[Visitor]:
    """Somebody who is asked for the key."""
    with site_of(host, KEY) as site:
        yield Visitor(site)
