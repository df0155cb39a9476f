"""`emulate` of npm, which plays Twilio: installed once into .venv, and started on a free port."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from tests import npm
from tests.loopback.twilio import ACCOUNT, NUMBER, SERVICE, TOKEN

PACKAGE = "emulate@0.12.2"
FOLDER = npm.VENV / PACKAGE
PROGRAM = Path("node_modules") / "emulate" / "dist" / "index.js"
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


def install() -> None:
    """Install the emulator unless it is there. Raise NotInstalled where its registry cannot be reached."""
    npm.install(PACKAGE)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start the emulator, with its configuration in `folder`, for the length of the block; yield its address."""
    config = folder / "emulate.json"
    config.write_text(json.dumps(SEED), encoding="utf-8")
    port = _free_port()
    node = shutil.which("node", path=str(npm.NODE_FOLDER))
    arguments = [node, FOLDER / PROGRAM, "start", "--service", "twilio", "--port", str(port), "--seed", config]
    log = folder / "emulate.log"
    with log.open("w") as said:
        process = subprocess.Popen(arguments, stdout=said, stderr=subprocess.STDOUT, env=npm.environment(), cwd=folder)
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
