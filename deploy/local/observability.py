#!/usr/bin/env python3
"""The eight services behind nginx with everything that observes them, on this machine and without Docker.

    observability.py [--program PATH] [--fetch]

Starts the demonstration shop (see shop.py), a synthetic buyer, Prometheus, Alertmanager, and, if the cache has them,
Elasticsearch, Fluent Bit, OpenSearch Dashboards with the dashboards, and the OpenTelemetry collector. Prints where to look,
and runs until Ctrl-C. --fetch puts missing programs into the cache first, which takes 20 minutes. All listen on loopback and
without passwords: for development, never for production.
"""
import argparse
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

import log_stack
import prometheus
import services
import shop
from alert_drill import Slack, start_probe
from programs import stop
from services import Started, note


def start_log_stack(started):
    """Starts the log stack on the log files that a shop is going to write; returns its URLs, and the shop's environment."""
    urls = log_stack.start(started, [str(Path(tempfile.gettempdir()) / "shopstack-shop-*/*.log")])
    return urls, {"OTEL_EXPORTER_OTLP_ENDPOINT": urls["otlp"], "OTEL_TRACES_SAMPLER": "always_on"}


def forward_messages(slack):
    """Prints the messages to Slack."""
    printed = 0
    while True:
        slack.arrived.wait()
        slack.arrived.clear()
        for _, body in slack.messages[printed:]:
            print(f"  Slack {body['channel']}: {body['attachments'][0]['title']}", flush=True)
            printed += 1


def start_all(started, options):
    missing = log_stack.missing()
    urls, environment = {}, {"LOG": "info"}
    if missing and not options.fetch:
        note("without logs and traces: run with --fetch to put the programs for them into the cache (20 minutes)")
    else:
        log_stack.fetch()
        urls, traces = start_log_stack(started)
        environment |= traces
    os.environ |= environment
    state = shop.start(options.program, 1)
    slack = Slack()
    targets = {name: [f"127.0.0.1:{port}" for port in ports] for name, ports in state["ports"].items()}
    targets["probe"] = [start_probe(started, options.program, state["url"])]
    urls |= prometheus.start(started, targets, f"{slack.url}/slack", f"{slack.url}/watchdog")
    return state["url"], urls, slack


def show(url, urls):
    places = [("Shop", url), ("Metrics and alerts", urls["prometheus"] + "/alerts"), ("Alertmanager", urls["alertmanager"])]
    if "dashboards" in urls:
        places += [("Dashboards of logs", urls["dashboards"] + "/app/dashboards"), ("Elasticsearch", urls["elasticsearch"]),
                   ("Collector (OTLP)", urls["otlp"])]
    print("\n" + "".join(f"  {name:<20} {place}\n" for name, place in places))
    print("  Messages to Slack are printed here. Stop with Ctrl-C.\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = os.environ.get("CARGO_TARGET_DIR", str(shop.ROOT / "target"))
    parser.add_argument("--program", default=f"{target}/debug/shopstack")
    parser.add_argument("--fetch", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = Started(tempfile.mkdtemp(prefix="shopstack-observability-"))
    try:
        url, urls, slack = start_all(started, options)
        show(url, urls)
        threading.Thread(target=forward_messages, args=[slack], daemon=True).start()
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        shop.stop()
        services.stop()
        stop(started)


if __name__ == "__main__":
    main()
