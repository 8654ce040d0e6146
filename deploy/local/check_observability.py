#!/usr/bin/env python3
"""Checks logs, dashboards and traces with the real programs: `make check-observability`.

    check_observability.py [--program PATH] [--installed-only] [--screenshots FOLDER] [--keep]

Starts Elasticsearch, OpenSearch with its Dashboards, Fluent Bit and two collectors; runs a shop in one process and one of eight
services behind nginx, which log JSON and send traces; buys in them, also what is refused, out of stock or stopped halfway; and
checks that

- every log line is a document with the documented types, and none was refused,
- every saved search and panel has rows, in Elasticsearch and in OpenSearch, and Dashboards imports all saved objects,
- the installer changes nothing when it is run again, and lifecycle policies and pipeline are attached,
- a purchase through nginx is one trace at the collector,
- no line, document or span has a name, address, token or card number of the run,
- no purchase waits for a collector that hangs or is gone, and no line is lost while Elasticsearch hangs.

Missing programs are built first, which takes 20 minutes once; with --installed-only they are named and nothing is checked.
--screenshots saves screenshots of the dashboards; --keep leaves everything running until Ctrl-C.
"""
import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import dashboard_screenshots
import elastic
import fluent_bit
import log_checks
import log_formats
import log_scenarios as scenarios
import log_stack
import otel_collector
import otlp_sink
import services as backends
import shop
import test_observability_files
from programs import stop
from services import Started, free_port, note

# The seconds that a purchase may take longer than without a fault: far less than any timeout, and enough for a busy machine.
SLACK = 3.0
FAULTS, UNCHECKED, TIMES = [], [], []


@contextlib.contextmanager
def step(title):
    began = time.monotonic()
    before = len(FAULTS)
    yield
    TIMES.append((title, time.monotonic() - began))
    print(f"{'FAILED' if len(FAULTS) > before else 'ok':6} {title} ({TIMES[-1][1]:.1f} s)", flush=True)
    for fault in FAULTS[before:]:
        print(f"         {fault}", flush=True)


def expect(condition, fault):
    if not condition:
        FAULTS.append(fault)


def check_files():
    suite = unittest.defaultTestLoader.loadTestsFromModule(test_observability_files)
    result = unittest.TextTestRunner(stream=open(os.devnull, "w")).run(suite)
    FAULTS.extend(f"{test}: {text.splitlines()[-1]}" for test, text in result.failures + result.errors)


def check_installer(urls):
    again = log_stack.install_templates(urls["elasticsearch"], INSTALL_ROLES="1")
    expect(again.endswith("0 changed\n"), f"the installer changed something when it was run again:\n{again}")
    for retention in ("forever", "3 d", "d3"):
        refused = subprocess.run(["sh", log_stack.TEMPLATES / "install.sh"], capture_output=True, text=True,
                                 env=dict(os.environ, ELASTICSEARCH_URL="http://127.0.0.1:1", LOGS_RETENTION=retention))
        expect(refused.returncode == 2, f"the installer took the retention {retention}")


def start_embedded(started, program):
    """Starts `shopstack up` and returns its address and data directory. Its greeting, which names the demo logins, is no log."""
    port, data = free_port(), started.folder / "embedded-data"
    words = [program, "up", "--demo", "--data-dir", data, "--port", port, "--operations-port", free_port()]
    greeting = started.folder / "greeting"
    started.process("embedded", ["sh", "-c", f'exec "$@" > {greeting}', "sh", *words],
                    env={"LOG": "info", "LOG_FORMAT": "json", "SHIPPING_CARRIER": "simulated", "CARRIER_PACE": "1"})
    started.wait("embedded", lambda: shop.healthy(port) and "Demo logins" in greeting.read_text())
    return f"127.0.0.1:{port}", data


def start_services(started, program):
    """Starts the eight services behind nginx, with a mail server that does not respond."""
    backends.STATE, shop.STATE = started.folder / "services.json", started.folder / "shop.json"
    os.environ["SMTP_URL"] = f"smtp://127.0.0.1:{free_port()}"
    return shop.start(program, 1)


def purchase_time(address, secrets, times=3):
    took = []
    for _ in range(times):
        shopper = scenarios.Shopper(address, secrets)
        body = shopper.order(scenarios.HOLDER)
        began = time.monotonic()
        shopper.call("POST", "/api/v1/checkout", body, scenarios.key())
        took.append(time.monotonic() - began)
    return max(took)


def check_delays(started, address, secrets):
    """A purchase waits neither for a collector nor for a store of logs."""
    usual = purchase_time(address, secrets)
    agent, elasticsearch = started.processes["otel-agent"].pid, started.processes["elasticsearch"].pid

    def measure(fault):
        time.sleep(1)
        took = purchase_time(address, secrets)
        note(f"       a purchase takes {took:.2f} s while {fault}, {usual:.2f} s without a fault")
        expect(took < usual + SLACK, f"a purchase takes {took:.1f} s instead of {usual:.1f} s while {fault}")

    os.killpg(agent, signal.SIGSTOP)
    measure("the collector hangs")
    os.killpg(elasticsearch, signal.SIGSTOP)
    try:
        measure("the collector and Elasticsearch hang")
        # Long enough for several attempts to be due.
        time.sleep(15)
    finally:
        os.killpg(elasticsearch, signal.SIGCONT)
    os.killpg(agent, signal.SIGKILL)
    measure("the collector is gone")


def check_trace(urls, sink, address, secrets):
    """Buys, and expects that the order is one trace, found by the id that its log lines have."""
    order = scenarios.Shopper(address, secrets).buy()["order_id"]
    faults, traces, until = ["no trace"], [], time.monotonic() + 60
    while faults and time.monotonic() < until:
        time.sleep(1)
        elastic.request("POST", f"{urls['elasticsearch']}/{log_checks.ALL}/_refresh")
        traces = log_checks.trace_of(urls["elasticsearch"], order)
        if len(traces) == 1:
            faults = log_checks.check_trace(sink.trace(traces[0]), traces[0])
    expect(len(traces) == 1, f"the log lines of one order have the traces {traces}")
    FAULTS.extend(faults[:10])
    spans = sink.trace(traces[0]) if traces else []
    note(f"       {len(spans)} spans of {', '.join(sorted({span.service for span in spans}))}")


def check_secrets(secrets, sink, files, elasticsearch):
    places = {"spans": b"\n".join(sink.bodies), "documents": log_checks.all_documents(elasticsearch)}
    # nginx's own error log has the query and the address of a client; the pipeline removes them from documents.
    places |= {path.name: path.read_bytes() for path in files if path.name != "nginx.log"}
    for place, raw in places.items():
        for value in secrets.found_in(raw):
            at = raw.index(value.encode())
            FAULTS.append(f"{place} have a value of a customer: {raw[max(0, at - 150):at + 80].decode(errors='replace')}")
    note(f"       {len(secrets.values)} values in {sum(len(raw) for raw in places.values()) / 1e6:.1f} MB")


def logs_outcomes(paths):
    """Whether the shop names the outcome of gateway operations, which older programs do not."""
    return any(b'"outcome":"refused"' in path.read_bytes() for path in paths)


def check(started, program, screenshots):
    secrets = scenarios.Secrets()
    with step("files"):
        check_files()
    with step("start Elasticsearch, OpenSearch and Dashboards, and import the saved objects"):
        urls = log_stack.start_stores(started, with_security=True)
    with step("the installer changes nothing when it is run again"):
        check_installer(urls)
    with step("start two collectors, with certificates of both sides between them"):
        sink = otlp_sink.Sink()
        backends.certificates(started.folder / "certificates")
        gateway = otel_collector.start_gateway(
            started, sink.url, ["exporters::otlp_http::encoding: json", "exporters::otlp_http::compression: none"],
            started.folder / "certificates")
        agent = otel_collector.start_agent(started, gateway, started.folder / "certificates")
    os.environ |= {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{agent['HTTP']}", "OTEL_TRACES_SAMPLER": "always_on",
                   "LOG": "info"}
    with step("start a shop in one process, and one of eight services behind nginx"):
        embedded, data = start_embedded(started, program)
        state = start_services(started, program)
    folder, address = Path(state["folder"]), state["url"].removeprefix("http://")
    patterns = [started.folder / "embedded.log", started.folder / "odd.log", folder / "*-0.log", folder / "sandbox.log",
                folder / "access.log", folder / "nginx.log"]

    def files():
        return [path for pattern in patterns for path in sorted(pattern.parent.glob(pattern.name))]

    with step("start Fluent Bit, with TLS and the rights of the shipper's role"):
        sending = log_stack.add_user(urls["elasticsearch"], "fluent-bit", "shopstack-log-shipper")
        shipper = fluent_bit.start(started, patterns, sending, urls["opensearch"])
    buying = time.monotonic()
    with step("buy, also what is refused, out of stock, slow or stopped halfway"):
        scenarios.spoil_event_embedded(data)
        scenarios.spoil_event_rabbitmq(state["environment"]["AMQP_PREFIX"])
        scenarios.drive(embedded, secrets)
        scenarios.drive(address, secrets)
        scenarios.kill_shipping(shop, address, secrets)
    with step("every line is a document"):
        lines, found = log_checks.await_lines(urls["elasticsearch"], files)
        expect(lines == found, f"{lines} lines became {found} documents")
        note(f"       {lines} lines")
    with step("types, times, and no unknown field"):
        FAULTS.extend(log_checks.check_fields(urls["elasticsearch"]) + log_checks.check_times(urls["elasticsearch"]))
    with step("every saved search and panel has rows"):
        unchecked = []
        if not logs_outcomes(files()):
            unchecked = ["shopstack-refused-payments", "shopstack-refusals"]
            UNCHECKED.append("refused payments: this program does not log the outcome of gateway operations")
        FAULTS.extend(log_checks.check_objects(urls, unchecked))
    with step("rights of the two roles"):
        reading = log_stack.add_user(urls["elasticsearch"], "reader", "shopstack-log-reader")
        FAULTS.extend(log_checks.check_rights(sending, reading))
    with step("lifecycle policies and pipeline"):
        FAULTS.extend(log_checks.check_lifecycle(urls["elasticsearch"]))
    with step("a purchase through nginx is one trace"):
        check_trace(urls, sink, address, secrets)
    with step("log files of Docker and Kubernetes"):
        FAULTS.extend(log_formats.check_containers(started.folder, urls["elasticsearch"], sending))
        UNCHECKED.append("Fluent Bit's filter `kubernetes`, which needs a cluster")
    if screenshots:
        with step("screenshots of the dashboards"):
            # Some more customers, so that the curves have a form.
            for _ in range(3):
                time.sleep(10)
                scenarios.drive(address, secrets, failed_logins=1)
            log_checks.await_lines(urls["elasticsearch"], files)
            time.sleep(6)
            dashboard_screenshots.take(urls["dashboards"], Path(screenshots), minutes=(time.monotonic() - buying) / 60)
    with step("no purchase waits for a collector or for Elasticsearch"):
        check_delays(started, address, secrets)
    with step("no line is lost, also of those that are not JSON"):
        log_formats.write_odd_lines(started.folder / "odd.log")
        lines, found = log_checks.await_lines(urls["elasticsearch"], files)
        expect(lines == found, f"{lines} lines became {found} documents")
        FAULTS.extend(log_checks.check_shipping(urls["elasticsearch"], shipper, files))
        note(f"       {lines} lines")
    with step("nothing personal in lines, documents and spans"):
        check_secrets(secrets, sink, files(), urls["elasticsearch"])
    return urls


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = os.environ.get("CARGO_TARGET_DIR", str(shop.ROOT / "target"))
    parser.add_argument("--program", default=f"{target}/debug/shopstack")
    parser.add_argument("--installed-only", action="store_true")
    parser.add_argument("--screenshots", metavar="FOLDER")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    missing = log_stack.missing()
    if options.installed_only and missing:
        print("SKIPPED: observability was not checked, since these programs are not in the cache:")
        print("".join(f"  {folder}\n" for folder in missing) + "`python3 deploy/local/log_stack.py fetch` puts them there.")
        return
    log_stack.fetch()
    # So that ending this ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started, began = Started(tempfile.mkdtemp(prefix="shopstack-observability-")), time.monotonic()
    try:
        urls = check(started, options.program, options.screenshots)
        if options.keep:
            note(f"{urls}\nstop with Ctrl-C")
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
    finally:
        for module in (shop, backends):
            if module.STATE.parent == started.folder and module.STATE.exists():
                module.stop()
        stop(started)
    UNCHECKED.extend(["Kibana, whose place OpenSearch Dashboards takes; Fluentd; CloudWatch",
                      "the collector's contrib components (gateway-elasticsearch.yaml)"])
    print("Not checked:\n" + "".join(f"  {what}\n" for what in dict.fromkeys(UNCHECKED)), end="")
    print(f"{len(FAULTS)} faults in {len(TIMES)} steps, {time.monotonic() - began:.0f} s")
    sys.exit(1 if FAULTS else 0)


if __name__ == "__main__":
    main()
