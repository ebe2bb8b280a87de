"""Traces go to the collector that is set, span within span; with none set nothing is imported."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from klientbro.lib import tracing
from klientbro.sync.tests.support import Connected
from klientbro.sync.tests.workers import PROJECT


@pytest.fixture
def collector() -> Iterator[list[Any]]:
    """A tiny OTLP receiver on this machine; spans of the test go to it."""
    spans: list[Any] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request = ExportTraceServiceRequest.FromString(body)
            if self.path == "/v1/traces":
                spans.extend(
                    span
                    for resource in request.resource_spans
                    for scope in resource.scope_spans
                    for span in scope.spans
                )
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    tracing.configure(f"http://127.0.0.1:{server.server_port}")
    yield spans
    tracing.configure("")
    server.shutdown()
    thread.join()
    server.server_close()


def told(span: Any) -> dict[str, str]:
    return {one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes}


def test_a_sync_is_traced_from_slice_to_landing(
    connect: Callable[..., Connected], collector: list[Any]
) -> None:
    books = connect("holding")
    books.sync("first")
    key = books.simulator.install(books.number)
    tracing.shut_down()
    by_id = {span.span_id: span for span in collector}
    names = {span.name for span in collector}

    assert names == {"slice", "step", "request", "landing"}
    for inner, outer in (("step", "slice"), ("landing", "step")):
        for span in collector:
            if span.name == inner:
                assert by_id[span.parent_span_id].name == outer
    slices = [span for span in collector if span.name == "slice"]
    assert {told(span)["connection_id"] for span in slices} == {str(books.connection.pk)}
    requests = [told(span) for span in collector if span.name == "request"]
    assert len(requests) == books.value("select requests from sync_state")
    assert {"200"} <= {one["status"] for one in requests}
    rows = sum(int(told(span)["rows"]) for span in collector if span.name == "landing")
    assert rows >= len(books.held())
    whole = b"".join(span.SerializeToString() for span in collector).decode(errors="replace")
    for secret in (key, books.simulator.application_key, books.connection.name, "Bearer"):
        assert secret not in whole


def test_collector_that_is_away_does_not_stop_the_sync(
    connect: Callable[..., Connected], collector: list[Any]
) -> None:
    tracing.configure("http://127.0.0.1:9")
    books = connect("holding")
    books.sync("first")
    assert books.cause == ""
    books.assert_equal_to_source()


def test_without_an_address_nothing_is_imported() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from klientbro.lib.tracing import NO_SPAN, span\n"
            "with span('slice', connection_id=1) as current: assert current is NO_SPAN\n"
            "assert not any(name.startswith('opentelemetry') for name in sys.modules)",
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
