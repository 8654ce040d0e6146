#!/usr/bin/env python3
"""Measures what an order costs as eight services on real stores, for costs.toml.

    measure.py --program PATH --commit REVISION --build dist [--orders N] > figures.toml

Starts a shop of its own (shop.py, services.py), lets customers browse, fill carts and buy, and divides the processor time of every
process, including those of the stores, by the number of operations. Sizes are those that the stores report. The processor time
that an idle shop needs is measured first and subtracted. With SHOPSTACK_CACHE set to a folder of its own, it runs beside another
shop. Run it on a quiet machine: other work makes caches colder, and figures larger.
"""
import argparse
import datetime
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))

import services as backends
import shop
import store_figures
from customers import SKU, Customer, add_stock, key

TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
CUSTOMERS = 4
STORES = {"redis": "redis", "mariadb": "mysql", "mongodb": "mongodb", "rabbitmq": "rabbitmq"}
SETTLE_TIMEOUT = 600


def groups():
    """The process group of every measured process, by the name of its service or store. The sandbox stands in for a gateway."""
    stores, parts = store_figures.state()["processes"], json.loads(shop.STATE.read_text())["processes"]
    return {STORES[name]: process["pid"] for name, process in stores.items() if name in STORES} | \
        {name.removesuffix("-0"): process["pid"] for name, process in parts.items() if name != "sandbox"}


def processor_seconds(pids):
    """The processor time of each process group; a server may have workers."""
    names, spent = {pid: name for name, pid in pids.items()}, dict.fromkeys(pids, 0.0)
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        name = names.get(int(fields[2]))
        if name:
            spent[name] += (int(fields[11]) + int(fields[12])) * TICK_SECONDS
    return spent


def resident_mb(pids):
    names, used = {pid: name for name, pid in pids.items()}, dict.fromkeys(pids, 0.0)
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            name = names.get(int((entry / "stat").read_text().rsplit(")", 1)[1].split()[2]))
            if name:
                used[name] += int((entry / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        except OSError:
            continue
    return used


class Phase:
    """The processor time of each process while a known number of operations is done, less what an idle shop needs."""

    def __init__(self, pids, idle):
        self.pids, self.idle = pids, idle

    def per_operation(self, count, work):
        before, began = processor_seconds(self.pids), time.monotonic()
        work(count)
        seconds, after = time.monotonic() - began, processor_seconds(self.pids)
        spent = {name: after[name] - before[name] - self.idle[name] * seconds for name in self.pids}
        # The clock counts in ticks, and an idle shop is not idle evenly: five ticks are not told from none.
        return {name: value * 1000 / count if value >= 5 * TICK_SECONDS else 0.0 for name, value in spent.items()}


def idle_rates(pids, seconds):
    before = processor_seconds(pids)
    time.sleep(seconds)
    return {name: (after - before[name]) / seconds for name, after in processor_seconds(pids).items()}


def spread(count, each):
    """Calls `each(number)` so many times, by several customers at once."""
    with ThreadPoolExecutor(CUSTOMERS) as pool:
        for _ in pool.map(each, range(count)):
            pass


def readers(address):
    clients = [Customer(address) for _ in range(CUSTOMERS)]

    def get(path):
        def work(count):
            def one(client):
                for number in range(count // CUSTOMERS):
                    client.call("GET", path(number))
            with ThreadPoolExecutor(CUSTOMERS) as pool:
                list(pool.map(one, clients))
        return work
    return get


def guests(address, count):
    """Clients with a session and a cart of one line each."""
    def guest(_):
        client = Customer(address)
        client.token = client.call("POST", "/api/v1/auth/guest", {"session": "token"})[1]["access_token"]
        client.call("POST", "/api/v1/cart/lines", {"sku": SKU, "quantity": 1})
        client.connection.close()
        client.connection = None
    spread(count, guest)


def cart_writes(address):
    def work(count):
        def one(_):
            client = Customer(address)
            client.token = client.call("POST", "/api/v1/auth/guest", {"session": "token"})[1]["access_token"]
            for number in range(count // CUSTOMERS):
                client.call("PUT", f"/api/v1/cart/lines/{SKU}", {"quantity": number % 9 + 1})
        with ThreadPoolExecutor(CUSTOMERS) as pool:
            list(pool.map(one, range(CUSTOMERS)))
    return work


def buying(address):
    """Work that makes orders, and waits until each is delivered and all of its events are processed."""
    def work(count):
        orders = []

        def one(_):
            client = Customer(address)
            body = client.prepare()
            orders.append((client, client.call("POST", "/api/v1/checkout", body, key())[1]["order_id"]))
        spread(count, one)
        until = time.monotonic() + SETTLE_TIMEOUT
        for client, order in orders:
            while client.read(f"/api/v1/orders/{order}")["status"] != "delivered":
                if time.monotonic() > until:
                    raise SystemExit(f"order {order} was not delivered")
                time.sleep(0.5)
            client.connection.close()
    return work


def measure(address, orders, requests):
    pids = groups()
    add_stock(address)
    get = readers(address)
    for warm in (buying(address), get(lambda n: "/api/v1/products?limit=12"), cart_writes(address)):
        warm(20)
    idle = idle_rates(pids, 20)
    phase, found = Phase(pids, idle), {"idle": {name: rate * 1000 for name, rate in idle.items()}}
    found["list"] = phase.per_operation(requests, get(lambda n: f"/api/v1/products?limit=12&min_price={n % 40}"))
    found["product"] = phase.per_operation(requests, get(lambda n: "/api/v1/products/stoneware-mug"))
    found["search"] = phase.per_operation(requests, get(lambda n: f"/api/v1/products?q=mug&limit=12&min_price={n % 40}"))
    found["cart_write"] = phase.per_operation(requests, cart_writes(address))
    before = store_figures.redis()["used_memory"]
    guests(address, 1000)
    cart_bytes = (store_figures.redis()["used_memory"] - before) / 1000
    store_figures.sql("SET GLOBAL userstat = 1")
    first = store_figures.counters()
    found["order"] = phase.per_operation(orders, buying(address))
    last = store_figures.counters()
    grown = {name: (last[name] - first.get(name, 0)) / orders for name in last}
    return found, grown, cart_bytes, store_figures.connections(), resident_mb(pids)


def table(name, values, digits=3):
    print(f"\n[{name}]")
    for item, value in values.items():
        print(f'"{item}" = {round(value, digits)}' if "." in item else f"{item} = {round(value, digits)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--commit", required=True, help="the revision that the program was built from")
    parser.add_argument("--build", required=True, choices=["debug", "release", "dist"])
    parser.add_argument("--orders", type=int, default=400)
    parser.add_argument("--requests", type=int, default=2000, help="requests of each other kind")
    options = parser.parse_args()
    if backends.STATE.exists() or shop.STATE.exists():
        sys.exit("a shop runs from this cache; set SHOPSTACK_CACHE to a folder of its own")
    try:
        address = shop.start(options.program, 1)["url"].split("//")[1]
        found, grown, cart_bytes, connections, memory = measure(address, options.orders, options.requests)
    finally:
        shop.stop()
        backends.stop()
    print(f'[source]\nprogram = "deploy/capacity/measure.py"\ncommit = "{options.commit}"\nbuild = "{options.build}"\n'
          f'date = {datetime.date.today()}\norders = {options.orders}\nrequests = {options.requests}\nprocessors = {os.cpu_count()}\n'
          f'load_average = {os.getloadavg()[1]:.1f}')
    for name, values in found.items():
        table(f"processor_ms.{name}", values)
    table("per_order", grown)
    table("memory_mb", memory, 1)
    table("connections", connections, 1)
    table("carts", {"redis_bytes_per_cart": cart_bytes}, 0)


if __name__ == "__main__":
    main()
