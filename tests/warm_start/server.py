"""`python -m tests.warm_start.server SOCKET`: imports what programs need, and forks one for each client.

It says "ready", and ends with its standard input.
"""

import atexit
import gc
import importlib
import marshal
import os
import runpy
import selectors
import signal
import site
import socket
import sqlite3
import sys
import threading
import time
from contextlib import suppress

WANTED = (
    *("shared.cli", "shared.application", "shared.tasks", "tests.crash.worker", "tests.crash.collector"),
    *(
        "tests.crash.deliverer",
        "tests.loopback.http",
        "alembic.command",
        "alembic.config",
        "alembic.migration",
        "psycopg",
        "time_machine",
    ),
    *("rich.progress", "rich.table", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql", "tests.rows"),
    *("celery.bin.celery", "celery.apps.worker", "celery.concurrency.prefork", "kombu.transport.redis"),
    *("shared.parts", "shared.schedulers.web", "uvicorn.protocols.http.auto", "apscheduler.schedulers.background"),
)


def serve(address: str) -> None:
    """Fork a process for each client, and return in it when it is ready to run what the client wants."""
    with socket.socket(socket.AF_UNIX) as listening, selectors.DefaultSelector() as heard:
        listening.bind(address)
        listening.listen(64)
        heard.register(listening, selectors.EVENT_READ)
        heard.register(sys.stdin, selectors.EVENT_READ)
        print("ready", flush=True)  # noqa: T201
        while True:
            if any(key.fileobj is sys.stdin for key, _ in heard.select()):
                os._exit(0)
            connection, _ = listening.accept()
            if os.fork() == 0:
                break
            connection.close()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass  # one that waited for a program has ended
    given = received(connection)
    if program := os.fork():
        os.setpgid(program, program)
        connection.sendall(b"%d\n" % program)
        connection.sendall(b"%d\n" % ended(program, connection))
        os._exit(0)
    connection.close()
    become(*given)


def ended(program: int, client: socket.socket) -> int:
    """Wait for the end of a program, killed with its children when its client is; return how it ended."""
    with selectors.DefaultSelector() as heard:
        heard.register(client, selectors.EVENT_READ)
        heard.register(os.pidfd_open(program), selectors.EVENT_READ)
        if all(key.fileobj is client for key, _ in heard.select()):
            os.killpg(program, signal.SIGKILL)
    return os.waitpid(program, 0)[1]


def received(connection: socket.socket) -> tuple[list[int], list[str], dict[str, str], str]:
    """Return the standard streams of a client, what it runs, its environment and its folder."""
    first, streams, _, _ = socket.recv_fds(connection, 4, 3)
    with connection.makefile("rb") as rest:
        return streams, *marshal.loads(rest.read(int.from_bytes(first, "big")))  # noqa: S302  from our own client


def become(streams: list[int], arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """Take on what makes a process that was started by the client."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    sys.stdin = sys.__stdin__ = os.fdopen(0, encoding=encoding, closefd=False)
    buffering = 1 if os.isatty(1) or environment.get("PYTHONUNBUFFERED") else -1
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", buffering, encoding, closefd=False)
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", 1, encoding, "backslashreplace", closefd=False)
    sys.argv = list(arguments)
    sys.path[0] = folder
    sys.path[1:1] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.modules.pop("sitecustomize", None)
    site.execsitecustomize()


def run(module: str) -> int:
    """Run a module as a program; return its exit code."""
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


if __name__ == "__main__":
    for name in WANTED:
        importlib.import_module(name)
    assert threading.active_count() == 1, "a process with threads cannot be forked"
    gc.collect()
    gc.freeze()
    serve(sys.argv[1])
    end_at_once(run(sys.argv[0]))
