"""A stand-in for Application Insights' ingestion: takes telemetry, decodes it, or behaves badly."""

import gzip
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opencensus.ext.azure.common.exporter import Worker

KEY = "00000000-1111-2222-3333-444444444444"


@dataclass(slots=True)
class Ingestion:
    """What arrived. `status`: the answer; `holds_back`: no answer is given until the server ends.

    `lines_come_last`: log lines are taken some time after the metrics were.
    """

    status: int = 200
    holds_back: bool = False
    lines_come_last: bool = False
    envelopes: list[dict[str, Any]] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    url: str = ""
    has_metrics: threading.Event = field(default_factory=threading.Event)
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def connection_string(self) -> str:
        """What a setting has to hold to send here."""
        return f"InstrumentationKey={KEY};IngestionEndpoint={self.url}/;LiveEndpoint={self.url}/"

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the envelopes of a kind: Request, RemoteDependency, Metric, Message or Exception."""
        return [each for each in self.envelopes if each["name"] == f"Microsoft.ApplicationInsights.{kind}"]

    def metrics(self) -> list[tuple[str, float, dict[str, str]]]:
        """Return each metric's name, value and own dimensions: those besides run and task."""
        found = []
        for each in self.of("Metric"):
            (point,), labels = each["data"]["baseData"]["metrics"], each["data"]["baseData"]["properties"]
            own = {key: value for key, value in labels.items() if key not in ("run_id", "task")}
            found.append((point["name"], point["value"], own))
        return found

    def take(self, path: str, encoding: str | None, body: bytes) -> dict[str, Any]:
        """Decode one request and say what was accepted, as the service does."""
        sent = json.loads(gzip.decompress(body) if encoding == "gzip" else body)
        if path.replace("//", "/") != "/v2.1/track":
            self.strangers.append(path)
        if self.lines_come_last and any(each["name"].endswith("Message") for each in sent):
            self.has_metrics.wait(10)
            self.is_over.wait(0.2)
        self.envelopes.extend(sent)
        if any(each["name"].endswith("Metric") for each in sent):
            self.has_metrics.set()
        return {"itemsReceived": len(sent), "itemsAccepted": len(sent), "errors": []}


@contextmanager
def ingestion(**behaviour: Any) -> Iterator[Ingestion]:
    """Serve on a free port for the length of the block."""
    taken = Ingestion(**behaviour)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = json.dumps(taken.take(self.path, self.headers["Content-Encoding"], body)).encode()
            if taken.holds_back:
                taken.is_over.wait()
            self.send_response(taken.status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

        def handle(self) -> None:
            with suppress(ConnectionError):  # who sent it did not wait for the answer
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    taken.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    try:
        yield taken
    finally:
        taken.is_over.set()
        server.shutdown()
        serving.join()
        server.server_close()
        stop_exporters()


def stop_exporters() -> None:
    """End the threads of exporters that tests made: each process has one set of them, each test has another."""
    for handler in [each for each in logging.getLogger("shared").handlers if hasattr(each, "options")]:
        logging.getLogger("shared").removeHandler(handler)
        handler.close()
    for thread in threading.enumerate():
        if isinstance(thread, Worker):
            thread.stop(10)
        if isinstance(thread, Worker) or thread.name == "telemetry":
            thread.join(10)
