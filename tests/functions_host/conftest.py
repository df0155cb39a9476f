"""Microsoft's worker on a deployment of the application."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functions_host.installation import deploy, install

WORKER = Path(__file__).parent / "worker.py"
SETTINGS = {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "SMS_PROVIDER": "console",
    "PAYMENT_PROVIDER": "console",
}


class Worker:
    """A worker process: requests and their answers. `brings`: a folder of modules of a test's."""

    def __init__(self, python: Path, app: Path, settings: dict[str, str], brings: Path | None = None) -> None:
        environment = {"PATH": os.environ["PATH"]} | ({"PYTHONPATH": str(brings)} if brings else {})
        self.process = subprocess.Popen(
            [python, "-P", WORKER, app],
            cwd="/",
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started = self.specialize(settings)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send one line and return the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the worker died: exit code {self.process.wait(10)}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def specialize(self, settings: dict[str, str]) -> dict[str, Any]:
        """Give it these app settings, and take from it those it had."""
        return self.ask({"settings": settings})

    def load(self, name: str) -> dict[str, Any]:
        return self.ask({"load": name})

    def invoke(self, name: str, *, past_due: bool = False, retry: int = 0, at: str | None = None) -> dict[str, Any]:
        """Let the timer of a function go off."""
        status = {"Last": "2026-03-08T00:00:00Z", "Next": "2026-03-08T01:00:00Z", "LastUpdated": "2026-03-08T00:00:00Z"}
        timer = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
        return self.ask({"name": name, "timer": timer, "retry": retry, "at": at})

    def end(self) -> None:
        """Close the worker's stdin, and wait for its end."""
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()


@pytest.fixture(scope="session")
def azure_python() -> Path:
    """A Python 3.13 with the requirements of the application and Microsoft's worker."""
    return install()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application as it is deployed."""
    return deploy(tmp_path_factory.mktemp("site") / "wwwroot")


@pytest.fixture(scope="session")
def idle(azure_python: Path, app: Path) -> Iterator[Worker]:
    """A worker with the app and nothing but the settings of its example."""
    worker = Worker(azure_python, app, SETTINGS)
    yield worker
    worker.end()


@pytest.fixture
def worker(idle: Worker) -> Callable[..., Worker]:
    """Give the worker more app settings, or (None) less."""

    def specialized(**settings: str | None) -> Worker:
        wanted = {name: value for name, value in (SETTINGS | settings).items() if value is not None}
        assert idle.specialize(wanted)["ok"]
        return idle

    return specialized
