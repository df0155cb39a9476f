"""Ending in good order when the process is told to stop."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType


def run_until_stopped(work: Coroutine[None, None, None]) -> None:
    """Run `work`; SIGTERM cancels it, as Ctrl-C does, and takes its usual effect once `work` has ended.

    In a thread other than the main one nobody is told of signals.
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
    """Let a signal take its effect at the end of the block: a thread of a loop that closes cannot be broken off."""
    told = []
    before = signal.signal(number, lambda *_: told.append(number))
    try:
        yield
    finally:
        signal.signal(number, before)
        if told:
            signal.raise_signal(number)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the faster event loop, None for Python's own where there is none (Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _heeding_sigterm(work: Coroutine[None, None, None]) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    told = []

    def stop(number: int, _: FrameType | None) -> None:
        told.append(number)
        if task:
            loop.call_soon_threadsafe(task.cancel)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        await work
    finally:
        signal.signal(signal.SIGTERM, before)
        if told:
            signal.raise_signal(signal.SIGTERM)
