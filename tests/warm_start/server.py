"""`python -m tests.warm_start.server SOCKET`: imports what programs need, runs each job, forks a program a client.

It ends with its standard input.
"""

import atexit
import gc
import importlib
import logging
import marshal
import os
import runpy
import selectors
import signal
import site
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import suppress
from typing import NamedTuple

from shared import sample
from shared.application import simulation
from shared.database import migrations
from shared.database.engine import open_engine, writing
from shared.jobs import JOBS
from shared.runtime import run as run_job
from tests.rows import NOON
from tests.warm_start.client import NUMBER

WANTED = (
    *(
        "shared.cli",
        "shared.schedulers.sharding",
        "shared.schedulers.web",
        "tests.loopback.http",
        "tests.loopback.stripe",
    ),
    *("tests.crash.worker", "tests.crash.collector", "tests.crash.deliverer"),
    *("alembic.command", "psycopg", "requests", "rich.progress", "rich.table", "time_machine"),
    *("celery.bin.celery", "celery.apps.worker", "celery.concurrency.prefork", "kombu.transport.redis"),
    *("uvicorn.protocols.http.auto", "apscheduler.schedulers.background"),
    *("stripe._customer_service", "stripe._payment_intent_service", "stripe._refund_service", "stripe._http_client"),
    "twilio.rest.api.v2010.account",
)
"""What programs import, and no job does when it is rehearsed."""

Given = tuple[list[int], list[str], dict[bytes, bytes], str]
"""Standard streams, what to run, an environment and a folder."""


class Program(NamedTuple):
    """A process that was forked, what tells that it ended, and the client that waits for that."""

    process: int
    end: int
    client: socket.socket

    def close(self) -> None:
        """Close what is open for it."""
        os.close(self.end)
        self.client.close()


def serve(address: str) -> None:
    """Fork a program for each client, and return in it when it is ready to run what the client wants."""
    with socket.socket(socket.AF_UNIX) as listening, selectors.DefaultSelector() as heard:
        listening.bind(address)
        listening.listen(64)
        heard.register(listening, selectors.EVENT_READ)
        heard.register(sys.stdin, selectors.EVENT_READ)
        while True:
            found = {key.fileobj: key.data for key, _ in heard.select()}
            if sys.stdin in found:
                os._exit(0)
            for program in set(found.values()) - {None}:
                attend(program, heard)
            if listening in found and (given := forked(listening, heard)):
                break
    become(*given)


def forked(listening: socket.socket, heard: selectors.BaseSelector) -> Given | None:
    """Fork the program that a client wants; return in it what it is given, and None in the server."""
    client, _ = listening.accept()
    try:
        given = received(client)
    except EOFError:
        client.close()  # it was killed
        return None
    if process := os.fork():
        for stream in given[0]:
            os.close(stream)
        os.setpgid(process, process)
        tell(client, process)
        program = Program(process, os.pidfd_open(process), client)
        for source in (program.end, program.client):
            heard.register(source, selectors.EVENT_READ, program)
        return None
    client.close()
    for other in {key.data for key in heard.get_map().values()} - {None}:
        other.close()
    return given


def attend(program: Program, heard: selectors.BaseSelector) -> None:
    """Tell a client how its program ended. If it is the client that ended, kill the program with its children."""
    process, status = os.waitpid(program.process, os.WNOHANG)
    if not process:
        os.killpg(program.process, signal.SIGKILL)
        _, status = os.waitpid(program.process, 0)
    tell(program.client, status)
    for source in (program.end, program.client):
        heard.unregister(source)
    program.close()


def tell(client: socket.socket, number: int) -> None:
    """Send a client a number, if it is still there."""
    with suppress(OSError):
        client.sendall(b"%*d" % (NUMBER, number))


def received(client: socket.socket) -> Given:
    """Return what a client gives. Raise EOFError if it has ended."""
    first, streams, _, _ = socket.recv_fds(client, 4, 3)
    with client.makefile("rb") as rest:
        return streams, *marshal.loads(rest.read(int.from_bytes(first, "big")))  # noqa: S302  from our own client


def become(streams: list[int], arguments: list[str], environment: dict[bytes, bytes], folder: str) -> None:
    """Take on what makes a process that was started by the client."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environb.update(environment)
    time.tzset()
    encoding = os.environ.get("PYTHONIOENCODING", "utf-8")
    sys.stdin = sys.__stdin__ = os.fdopen(0, encoding=encoding, closefd=False)
    buffering = 1 if os.isatty(1) or os.environ.get("PYTHONUNBUFFERED") else -1
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", buffering, encoding, closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", 1, encoding, "backslashreplace", closefd=False)
    sys.argv = list(arguments)
    sys.path[0] = folder
    sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.modules.pop("sitecustomize", None)
    site.execsitecustomize()


def run(module: str) -> int:
    """Run a module as a program; return its exit code."""
    if not hasattr(sys.modules.get(module), "__path__"):
        sys.modules.pop(module, None)  # it is not a package, and warns if it was imported
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        return end.code or 0
    return 0


def end_at_once(code: int) -> None:
    """End as Python does, but without clearing away all that was imported: that would take as long as many programs."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for each in gc.get_objects():
        if type(each) is sqlite3.Connection:
            each.close()  # else what was written last would stand beside the database file, not in it
    sys.stdout.flush()
    os._exit(code)


def rehearse() -> None:
    """Run each job once, on a database that is then thrown away: what is loaded and made at its first use is there."""
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/petcare.db")
        migrations.upgrade(engine)
        with writing(engine) as connection:
            sample.insert(connection, sample.build(NOON).rows)
        for job in JOBS:
            run_job(simulation(engine, lambda: NOON), job)
        engine.dispose()
    logging.disable(logging.NOTSET)


if __name__ == "__main__":
    for name in WANTED:
        importlib.import_module(name)
    rehearse()
    assert threading.active_count() == 1, "a process with threads cannot be forked"
    gc.collect()
    gc.freeze()
    serve(sys.argv[1])
    end_at_once(run(sys.argv[0]))
