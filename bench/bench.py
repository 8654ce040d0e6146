#!/usr/bin/env python3
"""Benchmarks a new shop in a temporary directory on free ports and prints the budgets beside the results: in one process,
and as eight services behind nginx on real backends.

Processor time is that of the services (user and system, from /proc) divided by the number of requests, so it includes
neither the client nor backends and nginx. The benchmark asserts nothing.

    bench/bench.py [--program PATH] [--requests N] [--large N] [--skip-growth] [--skip-apart]
"""
import argparse
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "deploy/local"))

# The number of parallel connections.
CLIENTS = 4
BUDGETS = {"cart write": "<= 0.5 ms", "complete checkout with its workflow": "<= 5 ms"}


class Shop:
    """A shop in one process."""

    def __init__(self, program, folder, demo=True):
        self.folder = folder
        environment = {"LOG": "warn", **os.environ, "PAYMENT_GATEWAY": "sandbox", "SHOP_CURRENCY": "USD"}
        options = ["up", "--data-dir", folder, "--port", "0", "--operations-port", "0"] + (["--demo"] if demo else [])
        began = time.monotonic()
        self.process = subprocess.Popen([program, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        self.address = None
        for line in self.process.stdout:
            found = re.match(r"\s+Shop\s+http://([^/\s]+)/", line)
            if found:
                self.address = found.group(1)
                break
        if self.address is None:
            sys.exit("the shop did not start")
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()
        Client(self).call("GET", "/api/v1/shop")
        self.start_seconds = time.monotonic() - began

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def memory_mb(self):
        return memory_mb(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


class Apart:
    """The same shop as eight services behind nginx, on the backends of deploy/local."""

    def __init__(self, program, programs):
        # Imported here, because it installs servers, which only this column needs.
        import services
        import shop
        self.services, self.shop, self.own_backends = services, shop, not services.STATE.exists()
        state = shop.start(program, 1, programs)
        self.address = state["url"].split("//")[1]
        self.pids = {name: state["processes"][f"{name}-0"]["pid"] for name in shop.SERVICES}

    def cpu_by_service(self):
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def cpu_seconds(self):
        return sum(self.cpu_by_service().values())

    def memory_by_service(self):
        return {name: memory_mb(pid) for name, pid in self.pids.items()}

    def memory_mb(self):
        return sum(self.memory_by_service().values())

    def stop(self):
        self.shop.stop()
        if self.own_backends:
            self.services.stop()


def cpu_seconds(pid):
    """The processor time of a process, by its own clock: /proc counts in hundredths of a second. See clock_getcpuclockid(3)."""
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9


def memory_mb(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


class Client:
    """A client with one connection to a shop."""

    def __init__(self, shop):
        self.connection = http.client.HTTPConnection(shop.address, timeout=30)
        self.token = None

    def call(self, method, path, body=None, headers=None):
        send = {"accept-encoding": "identity", **(headers or {})}
        if self.token:
            send["authorization"] = f"Bearer {self.token}"
        data = None
        if body is not None:
            data = json.dumps(body)
            send["content-type"] = "application/json"
        self.connection.request(method, path, data, send)
        answer = self.connection.getresponse()
        raw = answer.read()
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {answer.status} {raw[:300]!r}")
        return json.loads(raw) if raw else None

    def guest(self):
        self.token = self.call("POST", "/api/v1/auth/guest", {"session": "token"})["access_token"]
        return self


def at_once(clients, each):
    """Runs `each(client, number)` on several threads, and waits for all."""
    threads = [threading.Thread(target=each, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def per_request(shop, requests, work, prepare=lambda client: None):
    """Returns the processor time of the services in milliseconds for one call of `work(client, number)`."""
    clients = [Client(shop) for _ in range(CLIENTS)]
    for client in clients:
        prepare(client)
        for number in range(10):
            work(client, number)
    each = max(1, requests // CLIENTS)
    before = shop.cpu_seconds()
    at_once(CLIENTS, lambda one: [work(clients[one], number) for number in range(each)])
    return (shop.cpu_seconds() - before) * 1000 / (each * CLIENTS)


def checkout(shop, sku):
    """Makes one complete checkout of ten requests as a guest."""
    client = Client(shop)
    client.guest()
    client.call("GET", "/api/v1/products?limit=12")
    client.call("POST", "/api/v1/cart/lines", {"sku": sku, "quantity": 1})
    client.call("GET", "/api/v1/shipping/address-rules/DE")
    destination = {"city": "Berlin", "postal_code": "10115", "country": "DE"}
    quote = client.call("POST", "/api/v1/cart/quotes", {"address": destination})
    choice = {"quote_id": quote["quote_id"], "option": quote["options"][0]["option"]}
    cart = client.call("PUT", "/api/v1/cart/shipping", choice)
    client.call("GET", "/api/v1/payment-methods")
    card = {"card_holder_name": "Ada", "card_number": "4444333322221111", "expiry_month": 1, "expiry_year": 2040, "cvc": "123"}
    session = client.call("POST", "/api/v1/sandbox/sessions", card)["session"]
    address = {"name": "Ada", "line1": "Street 1", **destination}
    body = {"email": "ada@example.com", "address": address, "payment": {"method": "card", "session": session},
            "expected_total": cart["totals"]["total"]}
    order = client.call("POST", "/api/v1/checkout", body, {"idempotency-key": str(uuid.uuid4())})
    client.call("GET", f"/api/v1/orders/{order['order_id']}")
    return client, order


def settled(client, order):
    for _ in range(200):
        if client.call("GET", f"/api/v1/orders/{order['order_id']}")["status"] in ("confirmed", "shipped", "delivered"):
            return
        time.sleep(0.05)
    sys.exit("an order did not settle")


def stocked(program, folder, products):
    """Imports a Shopify CSV file into an empty shop."""
    path = os.path.join(folder, f"products-{products}.csv")
    words = ["oak", "linen", "copper", "slate", "wool", "amber", "cedar", "olive", "harbour", "meadow"]
    with open(path, "w") as csv:
        csv.write("Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,"
                  "Variant Inventory Qty,Variant Inventory Policy,Variant Price,Status\n")
        for n in range(products):
            a, b = words[n % 10], words[n // 10 % 10]
            csv.write(f"item-{n},{a.title()} {b} item {n},<p>A {a} thing with {b} for house number {n}.</p>,Maker {n % 50},"
                      f"Group {n % 20},\"{a}, {b}\",TRUE,Title,Default Title,SKU-{n},{100 + n % 900},{1000},deny,{5 + n % 200}.00,active\n")
    data = os.path.join(folder, f"shop-{products}")
    began = time.monotonic()
    subprocess.run([program, "import", path, "--data-dir", data, "--currency", "USD"], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env=dict(os.environ, SHOP_CURRENCY="USD", LOG="warn"))
    return data, products / (time.monotonic() - began)


def reads(shop, requests, handle, word):
    def get(path):
        return per_request(shop, requests, lambda client, n: client.call("GET", path(n)))

    # Each request differs, so that caches do not hide the work.
    return {
        "product list of 12": get(lambda n: f"/api/v1/products?limit=12&min_price={n % 40}"),
        "the same page again": get(lambda n: "/api/v1/products?limit=12"),
        "product": get(lambda n: f"/api/v1/products/{handle}"),
        "search": get(lambda n: f"/api/v1/products?q={word}&limit=12&min_price={n % 40}"),
    }


def journey(shop, requests):
    """Returns the processor time of each kind of request in milliseconds, last that of a checkout with its workflow."""
    measured = reads(shop, requests, "stoneware-mug", "mug")
    merchant = Client(shop)
    login = {"email": "merchant@example.com", "password": "orchard-kettle-49", "session": "token"}
    merchant.token = merchant.call("POST", "/api/v1/auth/login", login)["access_token"]
    change = {"change": 100_000, "kind": "received", "note": "bench"}
    merchant.call("POST", "/api/v1/stock/FLD-MUG-OAT/adjustments", change, {"idempotency-key": str(uuid.uuid4())})
    measured["cart write"] = per_request(
        shop, requests, lambda client, n: client.call("PUT", "/api/v1/cart/lines/FLD-MUG-OAT", {"quantity": n % 9 + 1}), Client.guest)
    return measured


def checkouts(shop, requests):
    """Returns the number of complete checkouts, each with its workflow."""
    rounds, last = max(5, requests // 80), []
    at_once(CLIENTS, lambda one: last.extend([checkout(shop, "FLD-MUG-OAT") for _ in range(rounds)][-2:]))
    for pair in last:
        settled(*pair)
    return rounds * CLIENTS


def whole_checkout(shop, requests):
    settled(*checkout(shop, "FLD-MUG-OAT"))
    before = shop.cpu_seconds()
    count = checkouts(shop, requests)
    return (shop.cpu_seconds() - before) * 1000 / count


def apart(program, programs, requests, together):
    """Prints the column of the eight services, and the share of each."""
    shop = Apart(program, programs)
    try:
        time.sleep(2)
        idle = shop.memory_by_service()
        measured = journey(shop, requests)
        before = shop.cpu_by_service()
        measured["complete checkout with its workflow"] = whole_checkout(shop, requests)
        count = max(5, requests // 80) * CLIENTS + 1
        spent = {name: (after - before[name]) * 1000 / count for name, after in shop.cpu_by_service().items()}
        after = shop.memory_by_service()
    finally:
        shop.stop()
    print("\n  The same journey in one process, and as eight services on MongoDB, Redis, MariaDB and RabbitMQ\n")
    row("server CPU, without backends and nginx", "together", "apart")
    for name, value in measured.items():
        row(name, f"{together[name]:.3f} ms", f"{value:.3f} ms")
    print("\n  Each service on its own; its budget is 20 MB idle\n")
    print(f"  {'':<44}{'idle':>14}   {'after load':<12}CPU of a whole checkout")
    for name in idle:
        print(f"  {name:<44}{idle[name]:>11.1f} MB   {f'{after[name]:.1f} MB':<12}{spent[name]:.2f} ms")


def row(name, value, budget):
    print(f"  {name:<44}{value:>14}   {budget}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    parser.add_argument("--program", default=os.path.join(target, "release/shopstack"))
    parser.add_argument("--services", help="a folder with a program for each service, built for it alone")
    parser.add_argument("--requests", type=int, default=2000, help="requests of each kind")
    parser.add_argument("--large", type=int, default=100_000, help="products of the large shop")
    parser.add_argument("--skip-growth", action="store_true", help="only the demonstration shop")
    parser.add_argument("--skip-apart", action="store_true", help="no services on real backends, which need Debian and root")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="shopstack-bench-")
    data = os.path.join(folder, "demo")

    first = Shop(options.program, data)
    first.stop()
    shop = Shop(options.program, data)
    time.sleep(2)
    idle = shop.memory_mb()
    print("\n  ShopStack, embedded, demonstration shop\n")
    row("", "measured", "budget")
    row("first start, to the first answer", f"{first.start_seconds * 1000:.0f} ms", "")
    row("second start, to the first answer", f"{shop.start_seconds * 1000:.0f} ms", "<= 200 ms")
    row("memory, idle", f"{idle:.0f} MB", "<= 40 MB")
    measured = journey(shop, options.requests)
    measured["complete checkout with its workflow"] = whole_checkout(shop, options.requests)
    for name, value in measured.items():
        row(f"server CPU, {name}", f"{value:.3f} ms", BUDGETS.get(name, "<= 0.12 ms"))
    row("memory, after all that", f"{shop.memory_mb():.0f} MB", "<= 100 MB")
    shop.stop()

    if not options.skip_apart:
        apart(options.program, options.services, options.requests, measured)

    if not options.skip_growth:
        columns = {}
        for products in (1000, options.large):
            data, speed = stocked(options.program, folder, products)
            grown = Shop(options.program, data, demo=False)
            columns[products] = {**reads(grown, options.requests // 2, "item-7", "copper"), "import, products a second": speed,
                                 "start, ms": grown.start_seconds * 1000, "memory, MB": grown.memory_mb()}
            grown.stop()
        small, large = columns
        print(f"\n  Growth: {small:,} and {large:,} products\n")
        row("", f"{small:,}", f"{large:,}")
        for name, value in columns[small].items():
            row(name, f"{value:.3f}" if value < 10 else f"{value:.0f}", f"{columns[large][name]:.3f}" if columns[large][name] < 10 else f"{columns[large][name]:.0f}")
    print()
    subprocess.run(["rm", "-rf", folder], check=False)


if __name__ == "__main__":
    main()
