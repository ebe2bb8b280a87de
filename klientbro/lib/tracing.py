"""OpenTelemetry spans where an address for them is set; otherwise nothing, at no cost.

The library is an extra (requirements/tracing.txt) and is imported with the first span only.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from klientbro.lib.errors import ConfigurationError

logger = logging.getLogger(__name__)

Value = str | int | float | bool


class Span(Protocol):
    """What a span can be told while it lasts."""

    def set_attribute(self, key: str, value: Value) -> object: ...


class _NoSpan:
    def set_attribute(self, key: str, value: Value) -> None:
        """Nobody listens."""


class _Tracer(Protocol):
    def start_as_current_span(
        self, name: str, *, attributes: Mapping[str, Value], record_exception: bool
    ) -> _SpanBlock: ...


class _SpanBlock(Protocol):
    def __enter__(self) -> Span: ...

    def __exit__(self, *exc: object) -> object: ...


NO_SPAN = _NoSpan()
_endpoint = ""
_tracer: _Tracer | None = None
_stop: list[object] = []
_lock = threading.Lock()


def configure(endpoint: str) -> None:
    """Where spans go (the OTLP collector's base address); '' turns them off.

    Nothing starts before the first span, since web servers fork after settings are read.
    """
    global _endpoint, _tracer
    if endpoint and find_spec("opentelemetry") is None:
        raise ConfigurationError(
            "KLIENTBRO_OTLP_ENDPOINT is set, but OpenTelemetry is not installed. Install "
            "requirements/tracing.txt, or unset it."
        )
    shut_down()
    _endpoint = endpoint


@contextmanager
def span(name: str, **attributes: Value) -> Iterator[Span]:
    """One span around the block. Attributes are ids, counts and words: never names or secrets."""
    if not _endpoint:
        yield NO_SPAN
        return
    with _started().start_as_current_span(
        name, attributes=attributes, record_exception=False
    ) as current:
        yield current


def shut_down() -> None:
    """Sends what is left, at the end of a process."""
    global _tracer
    with _lock:
        provider = _stop.pop() if _stop else None
        _tracer = None
    if provider is not None:
        provider.shutdown()  # type: ignore[attr-defined]  # the library is an extra


def _started() -> _Tracer:
    global _tracer
    with _lock:
        if _tracer is None:
            exporter = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
            sdk = import_module("opentelemetry.sdk.trace")
            export = import_module("opentelemetry.sdk.trace.export")
            resources = import_module("opentelemetry.sdk.resources")
            provider = sdk.TracerProvider(
                resource=resources.Resource.create({"service.name": "klientbro"})
            )
            address = f"{_endpoint.rstrip('/')}/v1/traces"
            provider.add_span_processor(
                export.BatchSpanProcessor(exporter.OTLPSpanExporter(endpoint=address, timeout=5))
            )
            _stop.append(provider)
            _tracer = provider.get_tracer("klientbro")
        return _tracer
