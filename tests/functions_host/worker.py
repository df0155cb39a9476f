"""The Functions host's side of Microsoft's worker library: `python -P worker.py APP`, under Python 3.13.

Stdin holds requests, one JSON object a line, the first with the app settings. Stdout answers each with a line. What the
host says to a worker in protobuf is said here in plain objects of the same names; all that happens then is
Microsoft's code: the environment, the path, loading, decoding the timer, invoking, judging the outcome.
"""

import asyncio
import json
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace as Message
from typing import Any

import azure_functions_runtime_v1 as runtime


class StatusResult(Message):
    """How a request ended, with the numbers of the protocol."""

    Failure, Success = 0, 1


PROTOCOL = Message(
    **dict.fromkeys(
        (
            "WorkerInitResponse WorkerMetadata FunctionMetadataResponse FunctionLoadResponse RpcException "
            "FunctionEnvironmentReloadResponse InvocationResponse"
        ).split(),
        Message,
    ),
    StatusResult=StatusResult,
    BindingInfo=Message(out=1, inout=2, undefined=0),
)
DIRECTIONS = {"in": 0, "out": 1, "inout": 2}


class Json(Message):
    """A parameter as the host sends it: JSON text."""

    def WhichOneof(self, _: str) -> str:  # noqa: N802  the name that protobuf gives it
        return "data" if hasattr(self, "data") else "json"


def request(**kinds: Any) -> Message:
    """Return a request to the worker."""
    return Message(request=Message(**kinds), properties={"host": "127.0.0.1", "protos": PROTOCOL})


def outcome(response: Any) -> dict[str, Any]:
    """Return what the worker says of a request."""
    is_ok = response.result.status == StatusResult.Success
    return {"ok": is_ok, "error": None if is_ok else response.result.exception.message}


async def start() -> None:
    """Start the worker without an app, as a plan does that keeps workers warm."""
    runtime.start_threadpool_executor()
    await runtime.worker_init_request(request(worker_init_request=Message(capabilities={})))


async def specialize(app: Path, settings: dict[str, str]) -> dict[str, Any]:
    """Give the worker an app and its settings, nothing of its environment before, and let it index the functions."""
    reload = Message(function_app_directory=str(app), environment_variables=settings)
    reloaded = await runtime.function_environment_reload_request(request(function_environment_reload_request=reload))
    indexed = await runtime.functions_metadata_request(request())
    return outcome(reloaded) | {"host_reads_function_json": indexed.use_default_metadata_indexing}


async def load(app: Path, name: str) -> dict[str, Any]:
    """Load one function, described by its function.json."""
    bindings = json.loads((app / name / "function.json").read_text(encoding="utf-8"))["bindings"]
    metadata = Message(
        name=name,
        directory=str(app / name),
        script_file=str(app / name / "__init__.py"),
        entry_point="",
        bindings={
            each["name"]: Message(type=each["type"], direction=DIRECTIONS[each["direction"]], data_type=0)
            for each in bindings
        },
    )
    loading = Message(function_id=name, metadata=metadata)
    loaded = outcome(await runtime.function_load_request(request(function_load_request=loading)))
    modules = sorted(each for each in sys.modules if each.startswith(("__app__", "shared")))
    return loaded | {"modules": modules, "path": sys.path}


async def invoke(name: str, timer: dict[str, Any], retry: int = 0, at: str | None = None) -> dict[str, Any]:
    """Invoke a function as its timer does; `at`: with the clocks of this process standing there."""
    context = Message(retry_count=retry, max_retry_count=3, exception=None)
    invocation = Message(
        invocation_id=f"{name}-{retry}",
        function_id=name,
        input_data=[Json(name="timer", data=Json(json=json.dumps(timer)))],
        trigger_metadata={},
        trace_context=Message(trace_parent="", trace_state="", attributes={}),
        retry_context=context,
    )
    with standing(at):
        response = await runtime.invocation_request(request(invocation_request=invocation))
    return outcome(response) | {"returned": getattr(response, "return_value", None)}


def standing(at: str | None) -> Any:
    """Return the context in which the clocks stand at an instant."""
    if at is None:
        return nullcontext()
    import time_machine  # not the app's: only where a test brings it

    return time_machine.travel(at, tick=False)


async def answer(app: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Do what a request asks for."""
    if "settings" in asked:
        return await specialize(app, **asked)
    return await (load(app, asked["load"]) if "load" in asked else invoke(**asked))


async def main(app: Path) -> None:
    """Answer until stdin ends."""
    await start()
    for line in sys.stdin:
        print(json.dumps(await answer(app, json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
