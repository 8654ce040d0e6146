#!/usr/bin/env python3
"""The storm (see storm.py) with alerts on: reports which alerts fired, when, and after which fault, and fails if one had no cause
or does not clear afterwards.

    alert_storm.py PROGRAM [--minutes N] [--seed N]

Most faults of the storm are over in seconds, and no alert should report those: alerts wait until a person is needed.
"""
import argparse
import json
import random
import signal
import sys
import tempfile
import threading
import time

import alert_drill
import services
import shop
import storm
from customers import add_stock
from test_faults import until

# The shorter window of the slowest burn-rate alert that fires within minutes is half an hour.
CLEARING_TIMEOUT = 2400
# The alerts that the faults of the storm explain; those on a service or a dependency only for one that was struck.
CAUSED = alert_drill.CONSEQUENCES | {
    "ShopstackDatabaseDown", "ShopstackBrokerDown", "ShopstackGatewayErrors", "ShopstackGatewayUnavailable",
    "ShopstackPaymentsUnknown", "ShopstackOrdersStuck", "ShopstackOrdersNeedAttention", "ShopstackEventsDelayed",
    "ShopstackEventsRetried"}


class Recorder(threading.Thread):
    """Notes when each alert of each service fired and cleared."""

    def __init__(self, watch):
        super().__init__(daemon=True)
        self.watch, self.over, self.began, self.periods = watch, threading.Event(), {}, []
        self.start()

    def run(self):
        while not self.over.wait(0.5):
            now, firing = time.monotonic(), self.watch.services()
            current = {(name, service) for name, names in firing.items() for service in names} - {("ShopstackWatchdog", "")}
            for alert in current - self.began.keys():
                self.began[alert] = now
            for alert in self.began.keys() - current:
                self.periods.append((self.began.pop(alert), now, *alert))

    def stop(self):
        self.over.set()
        self.join()
        return sorted(self.periods)


class Struck(storm.Distributed):
    """The shop, with the times of the faults."""

    def __init__(self):
        super().__init__()
        self.faults = []

    def strike(self, chance):
        began = time.monotonic()
        name = super().strike(chance)
        self.faults.append((began, name))
        return name


def is_caused(name, service, faults):
    if name in ("ShopstackServiceDown", "ShopstackRestarting"):
        return any(fault == f"a {service} killed" for _, fault in faults)
    return name in CAUSED


def report(periods, faults, began):
    """Prints each alert with the faults before it; returns those without a cause."""
    for start, end, name, service in periods:
        before = [f"{fault} {start - at:.0f} s before" for at, fault in faults if 0 <= start - at < 120]
        print(f"{name:<36} {service:<10} after {start - began:5.0f} s for {end - start:5.0f} s; {', '.join(before[-3:]) or 'faults of the gateway'}")
    return [f"{name} {service}" for _, _, name, service in periods if not is_caused(name, service, faults)]


def run(options, slack, started):
    state = json.loads(shop.STATE.read_text())
    target = Struck()
    merchant = add_stock(target.address)
    watch = alert_drill.watch_shop(options.program, state, started, slack)
    recorder, began = Recorder(watch), time.monotonic()
    target.inject_gateway_faults(storm.GATEWAY_FAULTS)
    stream = storm.Storm(target.address, merchant, 4, options.seed)
    try:
        injected = storm.storm(stream, target, options.minutes, random.Random(options.seed))
    finally:
        stream.stop()
        target.inject_gateway_faults({})
    print(f"{sum(injected.values())} faults: {dict(injected)}; {len(stream.orders)} orders", flush=True)
    storm.await_quiet(options.program, target)
    storm.resolve_all(options.program, target, stream)
    print(f"still firing: {sorted(watch.firing())}", flush=True)
    cleared = until("all alerts clear", CLEARING_TIMEOUT, lambda: watch.firing() <= {"ShopstackWatchdog"})
    unexplained = report(recorder.stop(), target.faults, began)
    alert_drill.check_log(started)
    if unexplained:
        sys.exit(f"alerts without a cause: {unexplained}")
    print(f"no alert without a cause; all cleared {cleared:.0f} s after the storm; {len(slack.messages)} messages")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    slack, started = alert_drill.Slack(), services.Started(tempfile.mkdtemp(prefix="shopstack-alerts-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        run(options, slack, started)
    finally:
        services.end_all([process.pid for process in started.processes.values()])


if __name__ == "__main__":
    main()
