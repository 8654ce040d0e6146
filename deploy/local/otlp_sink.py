"""A receiver of OTLP as JSON that keeps all spans, for checks of traces.

The collector sends to it with `encoding: json` and `compression: none`. It keeps the raw bodies as well, so that a check can
search them for what must never be in a trace.
"""
import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


@dataclass(frozen=True)
class Span:
    trace: str
    id: str
    parent: str
    service: str
    name: str
    kind: str
    attributes: dict

    def __hash__(self):
        return hash(self.id)


def value_of(value):
    """The value of an attribute, of the type that was sent. Protobuf's JSON has 64-bit numbers as text."""
    kind, inner = next(iter(value.items()))
    return int(inner) if kind == "intValue" else inner


def attributes_of(pairs):
    return {pair["key"]: value_of(pair["value"]) for pair in pairs}


def spans_of(body):
    for resource in json.loads(body).get("resourceSpans", []):
        described = attributes_of(resource["resource"]["attributes"])
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                yield Span(span["traceId"], span["spanId"], span.get("parentSpanId", ""), described.get("service.name", ""),
                           span["name"], KINDS[span["kind"]], attributes_of(span.get("attributes", [])))


class Sink:
    """Listens on a free port of loopback until `close`."""

    def __init__(self):
        self.bodies, self.spans, self.lock = [], [], threading.Lock()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                sink.keep(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def keep(self, body):
        spans = list(spans_of(body))
        with self.lock:
            self.bodies.append(body)
            self.spans += spans

    def trace(self, trace_id):
        with self.lock:
            return [span for span in self.spans if span.trace == trace_id]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
