#!/usr/bin/env python3
"""Measures what telemetry costs: the processor time of a shop in one process with and without it.

    bench/telemetry.py [--program PATH] [--requests N] [--rounds N]

`off` records no traces and logs warnings only; `traces` exports a tenth of all traces to a collector, the default; `traces and
logs` writes a log line per request and business step besides; `collector hangs` has one that accepts connections and never
responds. Metrics are always on. The shops run one after the other in each round, and the smallest figure of each counts, since
whatever else the machine does can only add to it.
"""
import argparse
import http.server
import os
import socket
import sys
import tempfile
import threading
from pathlib import Path

import bench

LIMIT_PER_CENT = 5


class Collector(http.server.ThreadingHTTPServer):
    """Accepts spans and drops them."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_port}"


def hanging():
    """A server whose connections are never served."""
    server = socket.create_server(("127.0.0.1", 0), backlog=512)
    return server, f"http://127.0.0.1:{server.getsockname()[1]}"


def measure(program, environment, requests):
    """The processor time of each kind of request in milliseconds, and the memory afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        # bench.Shop passes the environment of this process on.
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            shop = bench.Shop(program, folder)
        finally:
            os.environ.clear()
            os.environ.update(before)
        try:
            measured = bench.journey(shop, requests)
            measured["checkout with its workflow"] = bench.whole_checkout(shop, requests)
            return measured, shop.memory_mb()
        finally:
            shop.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = os.environ.get("CARGO_TARGET_DIR", str(Path(__file__).resolve().parents[1] / "target"))
    parser.add_argument("--program", default=f"{target}/dist/shopstack")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    collector, (_server, hangs) = Collector(), hanging()
    kinds = {
        "off": {"OTEL_TRACES_SAMPLER": "always_off", "LOG": "warn"},
        "traces": {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url},
        "traces and logs": {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "LOG": "info"},
        "collector hangs": {"OTEL_EXPORTER_OTLP_ENDPOINT": hangs},
    }
    best, memory = {kind: {} for kind in kinds}, {kind: 0.0 for kind in kinds}
    for number in range(options.rounds):
        for kind, environment in kinds.items():
            print(f"round {number + 1}: {kind}", file=sys.stderr, flush=True)
            measured, used = measure(options.program, environment, options.requests)
            memory[kind] = max(memory[kind], used)
            for name, value in measured.items():
                best[kind][name] = min(value, best[kind].get(name, value))
    print(f"{'CPU in ms':<28}" + "".join(f"{kind:>20}" for kind in kinds))
    for name, off in best["off"].items():
        cells = "".join(f"{best[kind][name]:>12.3f} {100 * (best[kind][name] / off - 1):+6.1f}%" for kind in kinds)
        print(f"{name:<28}{cells}")
    print(f"{'memory in MB':<28}" + "".join(f"{memory[kind]:>20.0f}" for kind in kinds))
    print(f"The design allows {LIMIT_PER_CENT} % for traces at the default sampling.")


if __name__ == "__main__":
    main()
