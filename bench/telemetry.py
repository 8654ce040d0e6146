#!/usr/bin/env python3
"""Measures what telemetry costs: the processor time of a shop in one process with and without it.

    bench/telemetry.py [--program PATH] [--requests N] [--rounds N]

`off` records no traces and logs warnings only; `traces` exports a tenth of all traces to a collector, the default; `traces and
logs` writes a log line per request and business step besides; `collector hangs` has one that accepts connections and never
responds. Metrics are always on. All four shops run at the same time and are measured in turn, a little in each round, so that
whatever else the machine does meets all of them.
"""
import argparse
import contextlib
import http.server
import os
import socket
import statistics
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


def start(program, folder, environment):
    # bench.Shop passes the environment of this process on.
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        return bench.Shop(program, folder)
    finally:
        os.environ.clear()
        os.environ.update(before)


def measure(shop, requests):
    """The processor time of each kind of request in milliseconds."""
    return {**bench.journey(shop, requests), "checkout with its workflow": bench.whole_checkout(shop, requests)}


def show(kinds, rounds, memory):
    print(f"{'CPU in ms, and against off':<28}" + "".join(f"{kind:>24}" for kind in kinds))
    for name in rounds[0]["off"]:
        cells = f"{statistics.median(one['off'][name] for one in rounds):>24.3f}"
        for kind in list(kinds)[1:]:
            # Of each round by itself, so that the machine is the same for both.
            changes = [100 * (one[kind][name] / one["off"][name] - 1) for one in rounds]
            low, middle, high = statistics.quantiles(changes, n=4)
            cells += f"{middle:>+9.1f} % ({low:+.1f} to {high:+.1f})".rjust(24)
        print(f"{name:<28}{cells}")
    print(f"{'memory in MB':<28}" + "".join(f"{memory[kind]:>24.0f}" for kind in kinds))
    print(f"Medians of {len(rounds)} rounds, with their quartiles. The design allows {LIMIT_PER_CENT} % for traces at the default sampling.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = os.environ.get("CARGO_TARGET_DIR", str(Path(__file__).resolve().parents[1] / "target"))
    parser.add_argument("--program", default=f"{target}/dist/shopstack")
    parser.add_argument("--requests", type=int, default=400, help="requests of each kind in each round")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    collector, (_server, hangs) = Collector(), hanging()
    kinds = {
        "off": {"OTEL_TRACES_SAMPLER": "always_off", "LOG": "warn"},
        "traces": {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url},
        "traces and logs": {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "LOG": "info"},
        "collector hangs": {"OTEL_EXPORTER_OTLP_ENDPOINT": hangs},
    }
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        shops = {}
        for kind, environment in kinds.items():
            shops[kind] = start(options.program, str(Path(folder) / kind), environment)
            stack.callback(shops[kind].stop)
        for shop in shops.values():
            measure(shop, options.requests)
        rounds = []
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
            # Each way comes first as often as the others.
            order = list(kinds)[number % len(kinds):] + list(kinds)[:number % len(kinds)]
            rounds.append({kind: measure(shops[kind], options.requests) for kind in order})
        show(kinds, rounds, {kind: shop.memory_mb() for kind, shop in shops.items()})


if __name__ == "__main__":
    main()
