#!/usr/bin/env python3
"""Drills the alerts: breaks a running shop (see shop.py), and checks which alert reports it, after how long, and that it clears.

    alert_drill.py PROGRAM [NAME...]   all drills, or those named

Prometheus and Alertmanager run with the shipped rules and routes, and a local server takes the messages to Slack. Customers and
the synthetic buyer shop meanwhile. Before the first fault no alert may fire, and during each one only those that it explains.
"""
import collections
import http.client
import http.server
import json
import signal
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

import prometheus
import services
import shop
from check_alerts import dashboard_queries
from customers import Customer, Refused, Stream, add_stock
from storm import control
from test_faults import until

# Seconds. The longest way: two scrapes until a dependency counts as away, a minute until the alert fires.
QUIET, FIRING_TIMEOUT, CLEARING_TIMEOUT = 90, 300, 420
PROBE_INTERVAL = 10
# Alerts on objectives follow from any outage, and clear minutes after it.
CONSEQUENCES = {"ShopstackCheckoutBudgetBurn", "ShopstackRequestsBudgetBurn", "ShopstackConfirmationBudgetBurn",
                "ShopstackCheckoutLatencyBudgetBurn", "ShopstackBrowseLatencyBudgetBurn", "ShopstackProbeFailing",
                "ShopstackCircuitOpen", "ShopstackWatchdog"}


class Slack(http.server.ThreadingHTTPServer):
    """Takes messages to Slack, and the calls of the watchdog."""

    def __init__(self):
        self.messages, self.watchdog, self.arrived = [], 0, threading.Event()
        super().__init__(("127.0.0.1", 0), self.handler())
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handler(slack):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.path == "/watchdog":
                    slack.watchdog += 1
                else:
                    slack.messages.append((time.monotonic(), body))
                    slack.arrived.set()
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass
        return Handler

    def titles(self, since):
        return [body["attachments"][0]["title"] for at, body in self.messages if at >= since]


class Drill:
    """A fault, its repair, the alert that must report it, and others that it explains."""

    def __init__(self, alert, inject, heal, explains=(), title="", clearing=CLEARING_TIMEOUT):
        self.alert, self.inject, self.heal, self.title, self.clearing = alert, inject, heal, title, clearing
        self.explains = {alert, *explains} | CONSEQUENCES


def kill_process(name):
    services.kill(json.loads(shop.STATE.read_text())["processes"][name]["pid"])


def revive_process(name, port):
    services.revive(shop.STATE, name, lambda: services.answers(port))


def service_drill(name, state):
    return Drill("ShopstackServiceDown", lambda: kill_process(f"{name}-0"),
                 lambda: revive_process(f"{name}-0", state["ports"][name][0]),
                 {"ShopstackEventsDelayed", "ShopstackOrdersStuck"}, f"Act now: {name} is down")


def backend_drill(name, alert, explains=()):
    return Drill(alert, lambda: services.kill(services.pid_of(name)),
                 lambda: services.revive(services.STATE, name, lambda: services.answers(services.port_of(name))),
                 {"ShopstackEventsDelayed", "ShopstackEventsRetried", "ShopstackOrdersStuck", *explains})


def guess_passwords(address):
    for _ in range(130):
        try:
            Customer(address).call("POST", "/api/v1/auth/login", {"email": "nobody@example.com", "password": "not the password", "session": "token"})
        except Refused:
            pass


def drills(state, address):
    sandbox = state["environment"]["SANDBOX_URL"]
    port = int(sandbox.rsplit(":", 1)[1])
    return {
        "payment": service_drill("payment", state),
        "catalogue": service_drill("catalogue", state),
        "redis": backend_drill("redis", "ShopstackDatabaseDown"),
        "mariadb": backend_drill("mariadb", "ShopstackDatabaseDown", {"ShopstackGatewayErrors", "ShopstackPaymentsUnknown"}),
        "mongodb": backend_drill("mongodb", "ShopstackDatabaseDown"),
        "rabbitmq": backend_drill("rabbitmq", "ShopstackBrokerDown"),
        "gateway away": Drill("ShopstackGatewayUnavailable", lambda: kill_process("sandbox"), lambda: revive_process("sandbox", port),
                              {"ShopstackGatewayErrors", "ShopstackOrdersStuck", "ShopstackPaymentsUnknown"}),
        "answers lost": Drill("ShopstackGatewayErrors", lambda: control(sandbox, "/sandbox/faults", {"lost_percent": 50}),
                              lambda: control(sandbox, "/sandbox/faults", {}),
                              {"ShopstackGatewayUnavailable", "ShopstackPaymentsUnknown", "ShopstackOrdersStuck"}),
        "passwords guessed": Drill("ShopstackLoginAttack", lambda: guess_passwords(address), lambda: None, clearing=780),
    }


class Watch:
    """The alerts that fire, as Alertmanager has them, each with the time at which it was first seen."""

    def __init__(self, url):
        self.url = url

    def services(self):
        """The services of each firing alert."""
        firing = collections.defaultdict(set)
        for labels in self.labels():
            firing[labels["alertname"]].add(labels.get("service", ""))
        return firing

    def firing(self):
        return {labels["alertname"] for labels in self.labels()}

    def labels(self):
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts?active=true&inhibited=true", timeout=10) as response:
            return [one["labels"] for one in json.loads(response.read())]


def run_drill(name, drill, watch, slack):
    """Returns the seconds until the alert fired, until the message arrived, and until it cleared."""
    began = time.monotonic()
    drill.inject()
    unexplained = collections.Counter()

    def observed(condition):
        firing = watch.firing()
        unexplained.update(firing - drill.explains)
        return condition(firing)

    fired = until(f"{drill.alert} fires after {name}", FIRING_TIMEOUT, lambda: observed(lambda firing: drill.alert in firing))
    until(f"the message about {name} arrives", 60, lambda: any(not title.startswith("Resolved") and drill.title in title for title in slack.titles(began)))
    arrived = time.monotonic() - began
    drill.heal()
    healed = time.monotonic()
    until(f"{drill.alert} clears after {name}", drill.clearing, lambda: observed(lambda firing: drill.alert not in firing))
    until(f"the message about the end of {name} arrives", 60, lambda: any(title.startswith("Resolved") for title in slack.titles(healed)))
    print(f"{name:<18} {drill.alert:<28} fired after {fired:5.1f} s, message after {arrived:5.1f} s, clear {time.monotonic() - healed:5.1f} s after the repair", flush=True)
    for title in slack.titles(began):
        print(f"{'':<18}   {title}")
    if unexplained:
        raise AssertionError(f"alerts without a cause during {name}: {dict(unexplained)}")


def check_quiet(watch, address):
    """No alert but the watchdog fires while nothing is wrong, and somebody looks at products."""
    began, visitor = time.monotonic(), Customer(address)
    while time.monotonic() - began < QUIET:
        firing = watch.firing() - {"ShopstackWatchdog"}
        if firing:
            raise AssertionError(f"alerts without a cause: {firing}")
        visitor.read("/api/v1/products?limit=3")
        time.sleep(1)


def start_probe(started, program, url):
    port = services.free_port()
    started.process("probe", [program, "probe", url, "--every", PROBE_INTERVAL, "--port", port, "--json"], env={"LOG": "error"})
    started.wait("probe", lambda: services.answers(port))
    return f"127.0.0.1:{port}"


def check_scrapes(url):
    """Every target is scraped without an error; returns how many there are."""
    with urllib.request.urlopen(f"{url}/api/v1/targets", timeout=10) as response:
        targets = json.loads(response.read())["data"]["activeTargets"]
    broken = [(one["scrapeUrl"], one["lastError"]) for one in targets if one["health"] != "up"]
    if broken:
        raise AssertionError(f"not scraped: {broken}")
    return len(targets)


def check_dashboard(url):
    """Every query of the dashboard for Grafana returns series; returns how many there are."""
    queries = dashboard_queries()
    for query in queries:
        with urllib.request.urlopen(f"{url}/api/v1/query?{urllib.parse.urlencode({'query': query})}", timeout=10) as response:
            if not json.loads(response.read())["data"]["result"]:
                raise AssertionError(f"no series for {query}")
    return len(queries)


def check_log(started):
    """Neither version of Prometheus warns of anything that it scraped."""
    warnings = list(prometheus.warnings(started))
    if warnings:
        raise AssertionError("\n".join(warnings[:10]))


def main():
    state = json.loads(shop.STATE.read_text())
    program, address = sys.argv[1], state["url"].split("//")[1]
    every = drills(state, address)
    chosen = {name: every[name] for name in sys.argv[2:] or every}
    slack, started = Slack(), services.Started(tempfile.mkdtemp(prefix="shopstack-alerts-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        drill_all(program, state, address, chosen, slack, started)
    finally:
        services.end_all([process.pid for process in started.processes.values()])


def watch_shop(program, state, started, slack):
    """Starts the synthetic buyer and what observes the shop, checks that nothing fires while nothing is wrong, and returns the
    alerts."""
    targets = {name: [f"127.0.0.1:{port}" for port in ports] for name, ports in state["ports"].items()}
    targets["probe"] = [start_probe(started, program, state["url"])]
    urls = prometheus.start(started, targets, f"{slack.url}/slack", f"{slack.url}/watchdog", quick=True)
    older = prometheus.start_older(started, targets)
    print(f"Prometheus {urls['prometheus']}, Alertmanager {urls['alertmanager']}, logs in {started.folder}", flush=True)
    watch = Watch(urls["alertmanager"])
    check_quiet(watch, state["url"].split("//")[1])
    counts = check_scrapes(urls["prometheus"]), check_scrapes(older)
    print(f"no alert without a cause in {QUIET} s; targets scraped by Prometheus 3 and 2: {counts}", flush=True)
    print(f"every query of the dashboard for Grafana returns series: {check_dashboard(urls['prometheus'])}", flush=True)
    check_log(started)
    return watch


def drill_all(program, state, address, chosen, slack, started):
    add_stock(address)
    stream = Stream(address, customers=2)
    try:
        watch = watch_shop(program, state, started, slack)
        for name, drill in chosen.items():
            run_drill(name, drill, watch, slack)
    finally:
        stream.stop()
    check_log(started)
    if slack.watchdog == 0:
        raise AssertionError("the watchdog was not called")
    print(f"{len(chosen)} drills: each fault was reported and cleared; {len(slack.messages)} messages; {len(stream.orders)} orders meanwhile")


if __name__ == "__main__":
    main()
