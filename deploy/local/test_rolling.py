#!/usr/bin/env python3
"""A rolling restart of a running shop with two replicas of each service (see shop.py), as an upgrade does it, while customers buy.

    test_rolling.py PROGRAM [--rounds N] [--migrate]

One replica after the other leaves its service, so that it gets no new connections, is ended by SIGTERM, and started again; open
connections stay. Not one request may fail, and no order be lost. With --migrate the schemas are migrated before each round, while
the services run. Afterwards every order is completed and an audit is clean.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import services
import shop
from customers import Stream, add_stock
from test_faults import await_completion

# Seconds. A service gives its requests and workers this long.
END_TIMEOUT = 40
# Orders between two restarts, so that each replica has had work.
ORDERS = 3
# Seconds until everybody knows that a replica has left; the charts wait for ten.
LEAVING = 1


def end(pid):
    """Ends a process as an orchestrator does, and returns the seconds that it took."""
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    while services.alive(pid):
        if time.monotonic() - began > END_TIMEOUT:
            raise TimeoutError(f"process {pid} has not ended after {END_TIMEOUT} s")
        time.sleep(0.02)
    return time.monotonic() - began


def balance(state, port, word):
    """Takes a replica out of its service, with the word `down`, or back into it."""
    path = Path(state["folder"]) / "balancer.conf"
    path.write_text(re.sub(rf"(server 127\.0\.0\.1:{port} max_fails=0)( down)?;", rf"\1{word};", path.read_text()))
    os.kill(state["processes"]["balancer"]["pid"], signal.SIGHUP)
    time.sleep(LEAVING)


def restart(replica, port):
    state = json.loads(shop.STATE.read_text())
    balance(state, port, " down")
    took = end(state["processes"][replica]["pid"])
    services.revive(shop.STATE, replica, lambda: shop.healthy(port))
    balance(state, port, "")
    return took


def roll(ports, stream):
    """Restarts each replica; returns the longest time that one took to end."""
    longest = 0
    for service in shop.SERVICES:
        for number, port in enumerate(ports[service]):
            sold, until = len(stream.orders), time.monotonic() + 60
            longest = max(longest, restart(f"{service}-{number}", port))
            while len(stream.orders) < sold + ORDERS:
                if time.monotonic() > until:
                    raise TimeoutError(f"nothing is sold after a restart of {service}")
                time.sleep(0.05)
            check(stream, f"{service}-{number}")
    return longest


def check(stream, when):
    """No customer has seen a failure."""
    failed = {status: count for status, count in stream.refusals.items() if status >= 500}
    if failed or stream.faults or stream.lost:
        raise AssertionError(f"failed requests until the restart of {when}: {failed} {stream.errors} {sorted(stream.faults)[:5]} {stream.lost}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--migrate", action="store_true")
    options = parser.parse_args()
    state = json.loads(shop.STATE.read_text())
    environment = dict(os.environ, **state["environment"])
    if any(len(replicas) < 2 for replicas in state["ports"].values()):
        sys.exit("start the shop with --replicas 2")
    merchant = add_stock(state["url"].split("//")[1])
    stream = Stream(state["url"].split("//")[1])
    try:
        for number in range(options.rounds):
            if options.migrate:
                subprocess.run([options.program, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
            longest = roll(state["ports"], stream)
            print(f"round {number + 1}: all replicas restarted, {len(stream.orders)} orders so far; the slowest ended in {longest:.1f} s", flush=True)
    finally:
        stream.stop()
    check(stream, "the last")
    await_completion(stream, merchant)
    print(f"{len(stream.orders)} orders, all completed, and not one failed request; refused purchases: {len(stream.closed)}")
    sys.exit(subprocess.run([options.program, "audit", "--backends"], env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
