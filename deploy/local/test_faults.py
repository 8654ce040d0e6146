#!/usr/bin/env python3
"""Breaks one thing after the other under a running shop (see shop.py) while customers buy, and looks at what became of it.

    test_faults.py PROGRAM [NAME...]   all faults, or those named

While something is away customers are told 503 with Retry-After, or are served all the same; when it is back the shop works
again without a restart of anything else; every order that was acknowledged is there and comes to its end, and the audit
finds nothing.
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
from customers import Customer, Stream, put_in_stock

SETTLED = ("confirmed", "shipped", "delivered")
# Seconds. What was killed leaves checkouts and orders behind that others take up when its lease of up to a minute is over.
DOWN, RECOVERY, SETTLING = 2, 120, 300


def killed(name):
    services.kill(services.pid_of(name))
    time.sleep(DOWN)
    services.revive(services.STATE, name, lambda: services.answers(services.port_of(name)))


def slow(name):
    """Most of the time it does not answer, although its connections stay open."""
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
    """One replica of a service, which starts again."""
    replica = f"{name}-0"
    state = json.loads(shop.STATE.read_text())
    services.kill(state["processes"][replica]["pid"])
    time.sleep(DOWN)
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


def well(ports):
    def answers(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            return json.loads(connection.getresponse().read())["status"] == "ok"
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()
    return all(answers(port) for replicas in ports.values() for port in replicas)


def inject(name, stream, ports):
    fault, what = FAULTS[name]
    before, refused = len(stream.orders), stream.refused()
    fault(what)
    during, sold = len(stream.orders) - before, len(stream.orders)
    took = until(f"the shop sells again after {name}", RECOVERY, lambda: len(stream.orders) > sold)
    until(f"all services are well after {name}", RECOVERY, lambda: well(ports))
    told = stream.refused() - refused
    print(f"{name:<22} {during:>3} orders, {told:>3} refusals meanwhile; selling again after {took:.1f} s", flush=True)
    if what == "rabbitmq" and during == 0:
        raise AssertionError("nothing was sold while RabbitMQ was away")


def settle(stream, merchant):
    """Waits for every acknowledged order, and shows what is known of one that does not come to its end."""
    for customer, order in stream.orders:
        try:
            until(f"order {order} is settled", SETTLING, lambda: customer.read(f"/api/v1/orders/{order}")["status"] in SETTLED)
        except Exception:
            show(order, merchant)
            raise


def show(order, merchant):
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
    merchant = put_in_stock(address)
    stream = Stream(address)
    try:
        for name in names:
            time.sleep(1)
            inject(name, stream, state["ports"])
    finally:
        stream.stop()
    settle(stream, merchant)
    print(f"{len(stream.orders)} orders acknowledged, all settled; {len(stream.closed)} purchases given up; "
          f"refusals by status: {stream.refusals}")
    for customer, told in stream.closed[:5]:
        print(f"given up: {told[:300]}")
    if stream.faults or stream.lost:
        sys.exit("unexpected answers:\n" + "\n".join(sorted(stream.faults) + stream.lost))
    environment = dict(os.environ, **state["environment"])
    sys.exit(subprocess.run([program, "audit", "--backends"], env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
