"""Ending in good order when the process receives SIGTERM or SIGINT."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType


def run_until_stopped(work: Coroutine[None, None, None]) -> None:
    """Run `work`; SIGTERM cancels it, as Ctrl-C does, and takes its usual effect once `work` has ended.

    Only the main thread receives signals; in another one `work` just runs.
    """
    is_main = threading.current_thread() is threading.main_thread()
    runner = asyncio.Runner(loop_factory=_loop_factory())
    try:
        runner.run(_heeding_sigterm(work) if is_main else work)
    finally:
        with _put_off(signal.SIGINT) if is_main else nullcontext():
            runner.close()


@contextmanager
def _put_off(number: signal.Signals) -> Iterator[None]:
    """Hold a signal back until the end of the block: a loop that is closing must not be interrupted."""
    received = []
    before = signal.signal(number, lambda *_: received.append(number))
    try:
        yield
    finally:
        signal.signal(number, before)
        if received:
            signal.raise_signal(number)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the factory of uvloop, or None for Python's own loop where uvloop does not exist (Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _heeding_sigterm(work: Coroutine[None, None, None]) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    received = []

    def stop(number: int, _: FrameType | None) -> None:
        received.append(number)
        if task:
            loop.call_soon_threadsafe(task.cancel)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        await work
    finally:
        signal.signal(signal.SIGTERM, before)
        if received:
            signal.raise_signal(signal.SIGTERM)
