"""Telemetry to Application Insights: one trace for each run, its numbers, its log lines; nothing about a person.

Only this file uses opencensus, and imports it only if there is a connection string. A failing or slow endpoint costs a
run at most WAIT_SECONDS and never fails it. Telemetry that was not accepted by then is lost; the numbers are in `runs`
anyway.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from shared.domain.ids import RunId
from shared.domain.metrics import Number
from shared.domain.records import RunStatus
from shared.domain.safe_text import masked
from shared.logs import OURS, dimensions
from shared.settings import TelemetrySettings

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 0.8
"""How long a run waits for the endpoint at its end. With imports and process exit, telemetry costs less than 2 s."""
_REQUEST_SECONDS: Final = 1.0
_EXIT_SECONDS: Final = 0.05
_MOST_LINES: Final = 4096
"""The most log lines that wait to be sent; more are dropped."""
_ROLE: Final = "petcare-scheduler"


@dataclass(slots=True)
class _Run:
    """The traced run: its tracer, its ended spans, the numbers recorded so far, and how it ended."""

    task: str
    run_id: str
    status: RunStatus = RunStatus.SUCCEEDED
    tracer: Any = None
    spans: list[Any] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)

    @property
    def dimensions(self) -> dict[str, str]:
        return {"run_id": self.run_id, "task": self.task}

    def export(self, spans: Sequence[Any]) -> None:
        """Take ended spans from the tracer."""
        self.spans.extend(spans)


@dataclass(frozen=True, slots=True)
class _Exporters:
    """The exporters to one endpoint, made once a process. `lines`: None if a Functions host ships the log."""

    spans: Any
    metrics: Any
    lines: Any


_traced: ContextVar[_Run | None] = ContextVar("_traced", default=None)


def is_on() -> bool:
    """Whether a run is being traced. Values that only telemetry needs are read only then."""
    return _traced.get() is not None


@contextmanager
def run(
    settings: TelemetrySettings, task: str, run_id: RunId, clock: Callable[[], datetime], *, took_seconds: float = 0
) -> Iterator[None]:
    """Trace the block as one run and send its telemetry at the end; do nothing without a connection string.

    `took_seconds`: how long the run has taken already, in other processes.
    """
    exporters = _exporters_of(settings)
    if exporters is None:
        yield
        return
    began, traced = time.monotonic(), _Run(task, str(run_id))
    token = _traced.set(traced)
    try:
        with _root_span(traced):
            yield
    except BaseException:
        traced.status = RunStatus.FAILED
        raise
    finally:
        seconds = took_seconds + time.monotonic() - began
        traced.numbers.append(Number("run_seconds", seconds, {"status": traced.status}))
        _end(exporters, traced, clock())
        _traced.reset(token)


@contextmanager
def span(name: str) -> Iterator[None]:
    """Trace the block as a part of the run, if one is traced."""
    began, traced = time.monotonic(), _traced.get()
    with _span(traced, name) if traced else nullcontext():
        yield
    log.debug("%s: %.3f s", name, time.monotonic() - began)


def ended(status: RunStatus) -> None:
    """Say how the run ended, if one is traced. A run that raises has failed, one that nothing is said of succeeded."""
    if traced := _traced.get():
        traced.status = status


def record(numbers: Iterable[Number]) -> None:
    """Add numbers to the run, if one is traced."""
    if traced := _traced.get():
        traced.numbers.extend(numbers)


def _root_span(traced: _Run) -> Any:
    from opencensus.trace.samplers import AlwaysOnSampler
    from opencensus.trace.span import SpanKind
    from opencensus.trace.span_context import SpanContext
    from opencensus.trace.tracer import Tracer

    context = SpanContext(trace_id=_trace_id(traced.run_id))
    traced.tracer = Tracer(span_context=context, sampler=AlwaysOnSampler(), exporter=traced)
    root = _span(traced, f"run {traced.task}")
    root.span_kind = SpanKind.SERVER
    return root


def _span(traced: _Run, name: str) -> Any:
    made = traced.tracer.span(name)
    for key, value in traced.dimensions.items():
        made.add_attribute(key, value)
    return made


def _trace_id(run_id: str) -> str:
    """Return the trace id: the run's id without hyphens, so that either leads to the other."""
    return run_id.replace("-", "")


# At the end of a run


def _end(exporters: _Exporters, traced: _Run, at: datetime) -> None:
    """Send the run's telemetry, waiting at most WAIT_SECONDS."""
    deadline = time.monotonic() + WAIT_SECONDS
    sending = threading.Thread(target=_send, args=(exporters, traced, at), name="telemetry", daemon=True)
    sending.start()
    if exporters.lines is not None:
        exporters.lines.flush(WAIT_SECONDS)
    sending.join(max(0.0, deadline - time.monotonic()))
    if sending.is_alive() or exporters.spans.has_failed or exporters.metrics.has_failed:
        log.warning("Application Insights did not take all telemetry of this run")


def _send(exporters: _Exporters, traced: _Run, at: datetime) -> None:
    exporters.spans.emit(traced.spans)
    exporters.metrics.export_metrics([_metric(traced, number, at) for number in traced.numbers])


def _metric(traced: _Run, number: Number, at: datetime) -> Any:
    from opencensus.metrics.export.metric import Metric
    from opencensus.metrics.export.metric_descriptor import MetricDescriptor, MetricDescriptorType
    from opencensus.metrics.export.point import Point
    from opencensus.metrics.export.time_series import TimeSeries
    from opencensus.metrics.export.value import ValueDouble
    from opencensus.metrics.label_key import LabelKey
    from opencensus.metrics.label_value import LabelValue

    labels = {**traced.dimensions, **number.dimensions}
    keys, values = [LabelKey(key, "") for key in labels], [LabelValue(value) for value in labels.values()]
    kind = MetricDescriptorType.GAUGE_DOUBLE
    return Metric(
        MetricDescriptor(f"petcare.{number.name}", "", "1", kind, keys),
        [TimeSeries(values, [Point(ValueDouble(number.value), at)], at)],
    )


# The exporters


def _exporters_of(settings: TelemetrySettings) -> _Exporters | None:
    secret = settings.applicationinsights_connection_string
    if secret is None:
        return None
    try:
        return _exporters(secret.get_secret_value(), settings.ships_log_lines)
    except Exception as error:  # noqa: BLE001  no fault of telemetry may keep texts from going out
        log.warning("there is no telemetry: opencensus cannot be set up (%s)", type(error).__name__)
        return None


class _Quiet:
    """Sends Microsoft no statistics about the exporter, and remembers whether the last request failed."""

    has_failed = False

    def _check_stats_collection(self) -> bool:
        return False

    def _transmit(self, envelopes: Sequence[Any]) -> Any:
        taken = super()._transmit(envelopes)  # type: ignore[misc]  # it is mixed into an exporter
        self.has_failed = taken != 0
        return taken


@cache
def _exporters(connection_string: str, ships_log_lines: bool) -> _Exporters:
    from opencensus.common.schedule import QueueEvent
    from opencensus.ext.azure.log_exporter import AzureLogHandler
    from opencensus.ext.azure.metrics_exporter import MetricsExporter
    from opencensus.ext.azure.trace_exporter import AzureExporter

    logging.getLogger("opencensus").setLevel(logging.CRITICAL)  # it logs each failed request; _end warns once

    class Spans(_Quiet, AzureExporter):  # type: ignore[misc]  # opencensus has no types
        pass

    class Metrics(_Quiet, MetricsExporter):  # type: ignore[misc]
        pass

    class Lines(_Quiet, AzureLogHandler):  # type: ignore[misc]
        def createLock(self) -> None:  # noqa: N802  the library's name
            logging.Handler.createLock(self)  # the exporter's makes no lock, which Python 3.13 needs

        def flush(self, timeout: float = _EXIT_SECONDS) -> None:
            # The exporter's own flush misses lines that its thread has taken and not sent yet, and at process exit it
            # would wait for ever.
            deadline, sent = time.monotonic() + timeout, QueueEvent("flush")
            self._queue.put(sent, timeout=timeout)
            sent.wait(max(0.0, deadline - time.monotonic()))

        def format(self, record: logging.LogRecord) -> str:
            record.message = record.getMessage()
            return masked(record.message)  # without the traceback, which may quote values; its location is sent anyway

    options = {
        "connection_string": connection_string,
        "enable_local_storage": False,
        "timeout": _REQUEST_SECONDS,
        "grace_period": _EXIT_SECONDS,
        "queue_capacity": _MOST_LINES,
    }
    return _wired(_Exporters(Spans(**options), Metrics(**options), Lines(**options) if ships_log_lines else None))


def _wired(made: _Exporters) -> _Exporters:
    """Tag what the exporters send, and attach the log exporter to our loggers for lines of runs."""
    for exporter in filter(None, (made.spans, made.metrics, made.lines)):
        exporter.add_telemetry_processor(_name)
    if made.lines is not None:
        made.lines.addFilter(_is_of_a_run)
        logging.getLogger(OURS).addHandler(made.lines)
    return made


def _is_of_a_run(record: logging.LogRecord) -> bool:
    """Whether a line is sent: one of a run, without a text's body. Adds the run's dimensions to the line."""
    traced = _traced.get()
    if traced is None or getattr(record, "is_personal", False):
        return False
    record.custom_dimensions = {**traced.dimensions, **dimensions(record)}
    record.traceId = _trace_id(traced.run_id)
    return True


def _name(envelope: Any) -> None:
    """Tag an envelope with the application and the run."""
    sent = envelope.data.baseData
    envelope.tags["ai.cloud.role"] = _ROLE
    envelope.tags["ai.operation.id"] = _trace_id(sent.properties["run_id"])
    envelope.tags["ai.operation.name"] = f"run {sent.properties['task']}"
    if envelope.data.baseType == "RequestData":
        sent.name = envelope.tags["ai.operation.name"]
