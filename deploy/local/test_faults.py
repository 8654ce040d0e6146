#!/usr/bin/env python3
"""Kills each backend in turn under a running shop (see shop.py) while customers buy, and looks at what became of it all.

While one is away customers are told 503 with Retry-After, or are served all the same; when it is back the shop works
again without a restart; every order that was acknowledged is there and comes to its end, and the audit finds nothing.
"""
import http.client
import json
import os
import subprocess
import sys
import threading
import time
import uuid

import services
import shop

CUSTOMERS = 4
BACKENDS = ["rabbitmq", "redis", "mariadb", "mongodb"]
SKU = "FLD-MUG-OAT"
SETTLED = ("confirmed", "shipped", "delivered")
# Seconds.
DOWN, RECOVERY, SETTLING = 2, 30, 90


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status, retry_after, body):
        super().__init__(f"{status} {body[:200]}")
        self.status, self.retry_after = status, retry_after


class Customer:
    """A guest with one connection."""

    def __init__(self, address):
        self.address, self.connection, self.token = address, None, None

    def call(self, method, path, body=None, headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.address, timeout=40)
        send = {"content-type": "application/json", **(headers or {})}
        if self.token:
            send["authorization"] = f"Bearer {self.token}"
        try:
            self.connection.request(method, path, None if body is None else json.dumps(body), send)
            answer = self.connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise
        if answer.status >= 400:
            raise Refused(answer.status, answer.getheader("retry-after"), raw.decode(errors="replace"))
        return json.loads(raw)

    def prepare(self):
        """A cart with shipping, and the checkout that buys it."""
        self.token = self.call("POST", "/api/v1/auth/guest", {"session": "token"})["access_token"]
        self.call("POST", "/api/v1/cart/lines", {"sku": SKU, "quantity": 1})
        place = self.call("GET", "/api/v1/shipping/places?country=DE&q=berlin")["items"][0]["id"]
        quote = self.call("POST", "/api/v1/cart/quotes", {"place_id": place})
        cart = self.call("PUT", "/api/v1/cart/shipping", {"quote_id": quote["quote_id"], "option": "standard"})
        card = {"card_holder_name": "Ada", "card_number": "4444333322221111", "expiry_month": 1, "expiry_year": 2040, "cvc": "123"}
        session = self.call("POST", "/api/v1/sandbox/sessions", card)["session"]
        address = {"name": "Ada", "line1": "Street 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}
        return {"email": f"{uuid.uuid4().hex}@example.com", "address": address, "payment": {"method": "card", "session": session},
                "expected_total": cart["totals"]["total"]}

    def order(self, number):
        # The connection may have been closed since: nobody used it for a while.
        self.connection = None
        return self.call("GET", f"/api/v1/orders/{number}")["status"]


def put_in_stock(address):
    """More than all customers can buy."""
    merchant = Customer(address)
    login = {"email": "merchant@example.com", "password": "orchard-kettle-49", "session": "token"}
    merchant.token = merchant.call("POST", "/api/v1/auth/login", login)["access_token"]
    change = {"change": 1_000_000, "note": "test of faults", "key": str(uuid.uuid4())}
    merchant.call("POST", f"/api/v1/stock/{SKU}/adjustments", change)


class Stream:
    """Customers who buy until they are told to stop, and what they were answered."""

    def __init__(self, address):
        self.address, self.over, self.lock = address, threading.Event(), threading.Lock()
        self.orders, self.refusals, self.faults = [], {}, []
        self.threads = [threading.Thread(target=self.buy, daemon=True) for _ in range(CUSTOMERS)]
        for thread in self.threads:
            thread.start()

    def buy(self):
        while not self.over.is_set():
            customer, key = Customer(self.address), str(uuid.uuid4())
            try:
                body = customer.prepare()
                answer = customer.call("POST", "/api/v1/checkout", body, {"idempotency-key": key})
                with self.lock:
                    self.orders.append((customer, answer["order_id"]))
            except Refused as refusal:
                self.note(refusal)
                time.sleep(0.1)
            except (OSError, http.client.HTTPException) as error:
                with self.lock:
                    self.faults.append(f"no answer: {error}")

    def note(self, refusal):
        with self.lock:
            self.refusals[refusal.status] = self.refusals.get(refusal.status, 0) + 1
            if refusal.status != 503:
                self.faults.append(str(refusal))
            elif refusal.retry_after is None:
                self.faults.append("a 503 without Retry-After")

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def until(what, seconds, ready):
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if ready():
            return time.monotonic() - began
        time.sleep(0.1)
    sys.exit(f"not within {seconds} s: {what}")


def well(ports):
    def answers(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            return json.loads(connection.getresponse().read())["status"] == "ok"
        except (OSError, http.client.HTTPException, ValueError):
            return False
    return all(answers(port) for replicas in ports.values() for port in replicas)


def main():
    state = json.loads(shop.STATE.read_text())
    program = sys.argv[1]
    address = state["url"].split("//")[1]
    put_in_stock(address)
    stream = Stream(address)
    for name in BACKENDS:
        time.sleep(1)
        before, refused = len(stream.orders), dict(stream.refusals)
        services.kill(name)
        time.sleep(DOWN)
        during = len(stream.orders) - before
        services.revive(name)
        sold = len(stream.orders)
        took = until(f"the shop sells again after {name} was killed", RECOVERY, lambda: len(stream.orders) > sold)
        until(f"all services are well after {name} was killed", RECOVERY, lambda: well(state["ports"]))
        refusals = sum(stream.refusals.values()) - sum(refused.values())
        print(f"{name:<10} killed: {during} orders and {refusals} refusals while it was away; selling again after {took:.1f} s", flush=True)
        if name == "rabbitmq" and during == 0:
            sys.exit("nothing was sold while RabbitMQ was away")
    stream.stop()
    for customer, order in stream.orders:
        until(f"order {order} is settled", SETTLING, lambda: customer.order(order) in SETTLED)
    print(f"{len(stream.orders)} orders acknowledged, all settled; refusals by status: {stream.refusals}")
    if stream.faults:
        sys.exit("unexpected answers:\n" + "\n".join(sorted(set(stream.faults))))
    environment = dict(os.environ, **state["environment"])
    sys.exit(subprocess.run([program, "audit", "--backends"], env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
