#!/usr/bin/env python3
"""Fault tests: breaks backends and services of a running shop (see shop.py) one after the other while customers buy.

    test_faults.py PROGRAM [NAME...]   all faults, or those named

While something is unavailable, customers get 503 with Retry-After, or are served all the same. When it is back, the shop
works again without a restart of anything else. Every acknowledged order exists and is completed, and the audit finds no
violation.
"""
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import services
import shop
from customers import Stream, add_stock

COMPLETED = ("confirmed", "shipped", "delivered")
# Seconds. Work of a killed process is resumed by another when its lease of up to a minute has expired.
DOWNTIME, RECOVERY_TIMEOUT, COMPLETION_TIMEOUT = 2, 120, 300


def killed(name):
    services.kill(services.pid_of(name))
    time.sleep(DOWNTIME)
    services.revive(services.STATE, name, lambda: services.answers(services.port_of(name)))


def slow(name):
    """Suspends it most of the time; its connections stay open."""
    pid = services.pid_of(name)
    for _ in range(6):
        os.killpg(pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.killpg(pid, signal.SIGCONT)
        time.sleep(0.05)


def disconnected(name):
    for _ in range(3):
        services.disconnect()
        time.sleep(0.3)


def emptied(name):
    services.empty()


def replica_killed(name):
    """Kills and restarts one replica of a service."""
    replica = f"{name}-0"
    state = json.loads(shop.STATE.read_text())
    services.kill(state["processes"][replica]["pid"])
    time.sleep(DOWNTIME)
    services.revive(shop.STATE, replica, lambda: shop.healthy(state["ports"][name][0]))


FAULTS = {f"{name} killed": (killed, name) for name in ("rabbitmq", "redis", "mariadb", "mongodb")}
FAULTS |= {"rabbitmq disconnected": (disconnected, "rabbitmq"), "redis emptied": (emptied, "redis")}
FAULTS |= {f"{name} slow": (slow, name) for name in ("mongodb", "mariadb")}
FAULTS |= {f"a {name} killed": (replica_killed, name) for name in shop.SERVICES}


def until(what, seconds, ready):
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if ready():
            return time.monotonic() - began
        time.sleep(0.1)
    raise TimeoutError(f"not within {seconds} s: {what}")


def all_healthy(ports):
    def healthy(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            return json.loads(connection.getresponse().read())["status"] == "ok"
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()
    return all(healthy(port) for replicas in ports.values() for port in replicas)


def inject(name, stream, ports):
    fault, what = FAULTS[name]
    before, refused = len(stream.orders), stream.refusal_count()
    fault(what)
    during, sold = len(stream.orders) - before, len(stream.orders)
    took = until(f"the shop sells again after {name}", RECOVERY_TIMEOUT, lambda: len(stream.orders) > sold)
    until(f"all services are healthy after {name}", RECOVERY_TIMEOUT, lambda: all_healthy(ports))
    count = stream.refusal_count() - refused
    print(f"{name:<22} {during:>3} orders, {count:>3} refusals meanwhile; selling again after {took:.1f} s", flush=True)
    if what == "rabbitmq" and during == 0:
        raise AssertionError("nothing was sold while RabbitMQ was unavailable")


def await_completion(stream, merchant):
    """Waits until every acknowledged order is completed, and prints the logs of one that is not."""
    for customer, order in stream.orders:
        try:
            until(f"order {order} is completed", COMPLETION_TIMEOUT, lambda: customer.read(f"/api/v1/orders/{order}")["status"] in COMPLETED)
        except Exception:
            print_logs(order, merchant)
            raise


def print_logs(order, merchant):
    for path in (f"/api/v1/orders/{order}/timeline", "/api/v1/workflows"):
        try:
            print(path, json.dumps(merchant.read(path), indent=1), file=sys.stderr)
        except Exception as error:
            print(path, error, file=sys.stderr)
    folder = Path(json.loads(shop.STATE.read_text())["folder"])
    for log in sorted(folder.glob("*.log")):
        lines = [line for line in log.read_text(errors="replace").splitlines() if order in line]
        print(f"-- {log.name}", *lines[-20:], sep="\n", file=sys.stderr)


def main():
    state = json.loads(shop.STATE.read_text())
    program, names = sys.argv[1], sys.argv[2:] or list(FAULTS)
    address = state["url"].split("//")[1]
    merchant = add_stock(address)
    stream = Stream(address)
    try:
        for name in names:
            time.sleep(1)
            inject(name, stream, state["ports"])
    finally:
        stream.stop()
    await_completion(stream, merchant)
    print(f"{len(stream.orders)} orders acknowledged, all completed; {len(stream.closed)} purchases refused; "
          f"refusals by status: {stream.refusals}")
    for customer, reason in stream.closed[:5]:
        print(f"refused: {reason[:300]}")
    if stream.faults or stream.lost:
        sys.exit("unexpected responses:\n" + "\n".join(sorted(stream.faults) + stream.lost))
    environment = dict(os.environ, **state["environment"])
    sys.exit(subprocess.run([program, "audit", "--backends"], env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
