"""`host`: run the local host, with or without HTTP."""

import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

from shared import logs
from shared.application import open_application, payment_gateway
from shared.cli.common.extras import installed
from shared.cli.common.showing import echo
from shared.cli.demo.host import FILE as DEMO_FILE
from shared.cli.demo.host import alone, application_with_a_past
from shared.errors import RunFailed, UsageError
from shared.schedules.function_json import read_schedules
from shared.settings import HostSettings, LogSettings, load

if TYPE_CHECKING:
    from shared.schedulers.local import LocalHost

STOPPED_AT_ONCE = 130  # the exit code after a second signal, as shells report Ctrl-C


def listening(command: Callable[..., None]) -> Callable[..., None]:
    """Add --port, --address and --demo."""
    command = click.option(
        "--demo",
        "is_demo",
        is_flag=True,
        help=f"On sample data around now, in {DEMO_FILE}, made anew. No setting is needed; nothing is really sent.",
    )(command)
    command = click.option(
        "--address", default="127.0.0.1", show_default=True, help="A key is required on any but a loopback address."
    )(command)
    return click.option(
        "--port", type=click.IntRange(0, 65535), default=7071, show_default=True, help="0: any free port."
    )(command)


@click.command(name="host")
@listening
def host_command(port: int, address: str, *, is_demo: bool) -> None:
    """Run every job on its function.json schedule until Ctrl-C or SIGTERM, and serve HTTP.

    GET / is the first of the operations pages; POST /admin/functions/JOB runs a job, as on the Functions host.
    """
    _serve(port, address, keeps_schedule=True, is_demo=is_demo)


@click.command(name="page")
@listening
def page_command(port: int, address: str, *, is_demo: bool) -> None:
    """Serve the operations pages until Ctrl-C or SIGTERM, beside Azure or Celery.

    No job runs by schedule here; "Run now" runs one once, in this process, and the lease keeps two runs apart.
    """
    _serve(port, address, keeps_schedule=False, is_demo=is_demo)


def _serve(port: int, address: str, *, keeps_schedule: bool, is_demo: bool) -> None:
    logs.configure(LogSettings() if is_demo else load(LogSettings))
    with installed("the local host"):
        from shared.schedulers import web
        from shared.schedulers.guard import is_loopback
    # Both first: the demo takes seconds to make, and replaces its database.
    with _listen(address, port) as listener, alone() if is_demo else nullcontext():
        host = _demo_host() if is_demo else _local_host()
        is_here = is_loopback(address)
        key = None if is_demo and is_here else _key(is_needed=not is_here)
        serving = web.serving(web.application(host, key), listener)
        note = "demo (nothing is really sent or charged), " if is_demo else ""
        if keeps_schedule:
            _run(host, host.start, serving, f"{note}local host: {_where(listener)}")
        else:
            _run(host, host.start_idle, serving, f"{note}operations pages: {_where(listener)}")


def run_alone() -> None:
    """Run every job on its schedule until Ctrl-C or SIGTERM, without HTTP."""
    logs.configure(load(LogSettings))
    host = _local_host()
    _run(host, host.start, _nothing(), "local host: the scheduler alone, without HTTP")


def _local_host() -> "LocalHost":
    with installed("the local host"):
        from shared.schedulers.local import LocalHost
    application = open_application()
    payment_gateway(application)  # NoShowDetector charges cards: a missing key should fail now, not at 06:30
    return LocalHost(application, read_schedules())


def _demo_host() -> "LocalHost":
    from shared.schedulers.local import LocalHost

    return LocalHost(application_with_a_past(), read_schedules(), is_demo=True)


def _listen(address: str, port: int) -> socket.socket:
    from shared.schedulers.web import listen

    try:
        return listen(address, port)
    except (TypeError, ValueError):  # from encoding the host name
        raise UsageError(f"--address {address!r} is not an address; write it like 127.0.0.1 or ::1") from None
    except OSError as error:
        number = error.errno or 0  # negative for an address that cannot be resolved
        why = os.strerror(number) if number > 0 else error.strerror
        raise UsageError(f"cannot listen on {address} port {port}: {why}; try another --port or --address") from None


def _key(*, is_needed: bool) -> str | None:
    """Return HOST_KEY; if it is not set but needed, generate a key and print it once."""
    setting = load(HostSettings).host_key
    if setting:
        return setting.get_secret_value()
    if not is_needed:
        return None
    key = secrets.token_urlsafe(24)
    echo(f"HOST_KEY is not set; until this host ends, the key is {key}", err=True)
    return key


def _where(listener: socket.socket) -> str:
    name, port = listener.getsockname()[:2]
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


@contextmanager
def _nothing() -> Iterator[threading.Thread | None]:
    yield None


def _run(
    host: "LocalHost", start: Callable[[], None], serving: AbstractContextManager[threading.Thread | None], title: str
) -> None:
    """Run the host until a signal stops it; print each job's next run, and the jobs that did not end in time."""
    stopping = threading.Event()
    _on_signal(stopping.set)
    start()
    echo(f"{title} (Ctrl-C to stop)")
    if host.keeps_schedule:
        _show_schedules(host)
    with serving as web:
        while not stopping.wait(1):  # in steps: on Windows an endless wait cannot be interrupted
            if web is not None and not web.is_alive():
                raise RunFailed("the web server ended; what it said is in the log above")
        _on_signal(lambda: os._exit(STOPPED_AT_ONCE))
        echo("stopping; the running jobs end in good order (once more to stop at once)", err=True)
        unfinished = host.stop()
    host.application.engine.dispose()
    if unfinished:
        echo(f"error: {', '.join(unfinished)} did not end in time; the next run takes over", err=True)
        os._exit(1)  # the job's thread would keep this process alive


def _on_signal(act: Callable[[], object]) -> None:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: act())


def _show_schedules(host: "LocalHost") -> None:
    zone = host.application.zone
    for each in host.schedules.values():
        due = each.ncrontab.next_after(host.application.clock(), zone)
        following = f"{due.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone.key}" if due else "never"
        echo(f"  {each.job:24} {each.ncrontab.text:16} next {following}")
