#!/usr/bin/env python3
"""The storm, a chaos test of a running shop (see shop.py, with the manual carrier): customers buy, are declined, lose responses,
complete challenges, cancel, withdraw and get refunds, and a warehouse splits and ships their orders, while services and backends
are killed one after the other and the payment sandbox injects faults. Then it waits until nothing is in progress and audits. What
needs attention is resolved by staff, and audited again.

    storm.py PROGRAM [--minutes N] [--customers N] [--seed N] [--embedded]

With --embedded it starts a shop in one process instead, and kills that. It prints the injected faults and the observed
events, and fails if an order is neither final nor needs attention, if money moved without an order, if an acknowledged
order is missing, if its shipments have other units than it, or if the audit finds a violation.
"""
import argparse
import collections
import http.client
import json
import os
import random
import re
import sys
import time
import urllib.request

import shop
import staff
from customers import CARDS, SKU, Refused, Stream, card, key, log_in, add_stock
from embedded import Embedded, audit
from test_faults import FAULTS, all_healthy, until
from warehouse import Warehouse

# The faults of the gateway, in per cent of requests and webhooks.
GATEWAY_FAULTS = {"latency_ms": {"from": 0, "to": 150}, "unavailable_percent": 3, "lost_percent": 6,
           "webhooks": {"duplicate_percent": 20, "late_percent": 20, "latest_seconds": 8, "bad_signature_percent": 10}}
# Seconds between two faults, for a recovery, and until nothing is in progress. Orders of a killed worker are resumed when its
# lease of a minute has expired, and operations unknown to the gateway are queried several times.
FAULT_INTERVAL, RECOVERY_TIMEOUT, QUIET_TIMEOUT = (2, 6), 120, 600
# Emptying Redis is left out: it loses carts by design.
KILLS = [name for name in FAULTS if name != "redis emptied"]
NAMES = ["Ada"] * 10 + ["REFUSED51", "LOST", "LOST", "SLOW", "CHALLENGE", "DEVICE CHALLENGE", "BOUNCE"]


class Storm(Stream):
    """Customers of every kind."""

    def __init__(self, address, merchant, customers, seed):
        self.random, self.merchant, self.seen = random.Random(seed), merchant, collections.Counter()
        super().__init__(address, customers)

    def count(self, event):
        with self.lock:
            self.seen[event] += 1

    def quantity(self):
        return self.random.choice([1, 1, 2, 3])

    def buy(self, customer, body):
        name = self.random.choice(NAMES)
        try:
            body["payment"]["session"] = customer.call("POST", CARDS, card(name))[1]["session"]
        except (Refused, OSError, http.client.HTTPException) as error:
            self.note(error)
            return
        self.count(f"purchase with {name}")
        super().buy(customer, body)

    def await_outcome(self, customer, response, until):
        payment = self.complete_actions(customer, response["payment"])
        bought = super().await_outcome(customer, {**response, "payment": payment}, until)
        if any(order == response["order_id"] for _, order in self.orders[-20:]):
            self.post_purchase(customer, response["order_id"])
        return bought

    def complete_actions(self, customer, payment):
        """Completes the 3-D Secure actions of a payment."""
        for _ in range(4):
            if payment["status"] != "action_required" or not payment.get("action"):
                break
            payment = customer.complete_action(payment, "confirmed" if self.random.random() < 0.8 else "denied")
        return payment

    def post_purchase(self, customer, order):
        """Cancels some orders, withdraws from some, returns some, and refunds some partially."""
        chance, path = self.random.random(), f"/api/v1/orders/{order}"
        if chance < 0.2:
            self.send_until_decided("cancellation", customer, f"{path}/cancel", {})
        elif chance < 0.3:
            refund = {"amount": {"amount": 100, "currency": "USD"}, "reason": "storm"}
            self.send_until_decided("partial refund", self.merchant.copy(), f"{path}/refunds", refund)
        elif chance < 0.4:
            wanted = {"lines": [{"sku": SKU, "quantity": 1}], "reason": "storm"}
            self.receive(path, self.send_until_decided("return", customer, f"{path}/returns", wanted))
        elif chance < 0.5:
            self.receive(path, self.send_until_decided("withdrawal", customer, f"{path}/withdrawals", {}))
        elif chance < 0.6:
            part = {"lines": [{"sku": SKU, "quantity": 1}]}
            self.receive(path, self.send_until_decided("withdrawal from a unit", customer, f"{path}/withdrawals", part))

    def receive(self, path, order):
        """Records the items of the order's latest return as received. A withdrawal may have cancelled the order instead."""
        if order and order["returns"] and order["returns"][-1]["status"] == "requested":
            requested = order["returns"][-1]
            received = {"lines": requested["lines"], "restock": True}
            self.send_until_decided("return received", self.merchant.copy(), f"{path}/returns/{requested['id']}/receive", received)

    def send_until_decided(self, what, client, path, body):
        """Sends it with one key until it is accepted or clearly refused; dispatch may not have the order yet."""
        send, why = key(), "no response"
        for _ in range(30):
            try:
                response = client.call("POST", path, body, send)[1]
                self.count(what)
                return response
            except Refused as refusal:
                why = refusal.kind()
                if refusal.status == 401 and client.token == self.merchant.token:
                    self.log_in_again(client)
                if why in ("not-cancellable", "not-withdrawable", "idempotency-key-reused") or refusal.status == 422:
                    break
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.5)
        self.count(f"{what}: {why}")

    def log_in_again(self, client):
        """Renews the merchant's session, which expires during the storm."""
        try:
            log_in(client)
            self.merchant.token = client.token
        except (Refused, OSError, http.client.HTTPException):
            # The next request tries again.
            client.token = self.merchant.token


def control(sandbox, path, body=None):
    request = urllib.request.Request(sandbox + path, None if body is None else json.dumps(body).encode(),
                                     {"content-type": "application/json"}, method="GET" if body is None else "PUT")
    with urllib.request.urlopen(request, timeout=10) as response:
        raw = response.read()
        return json.loads(raw) if raw else None


def await_quiet(program, target):
    """Waits until nothing is in progress."""
    began, report, calm = time.monotonic(), None, 0
    # Some refunds fail ten seconds after they were made, so nothing may be in progress for longer than that.
    while time.monotonic() - began < QUIET_TIMEOUT and calm < 6:
        time.sleep(3)
        report = audit(program, target.storage, target.environment)
        calm = 0 if any(one["class"] == "in_progress" for one in report["findings"]) else calm + 1
    return report, time.monotonic() - began


def storm(stream, target, minutes, chance):
    injected, until_when = collections.Counter(), time.monotonic() + minutes * 60
    while time.monotonic() < until_when:
        time.sleep(chance.uniform(*FAULT_INTERVAL))
        name = target.strike(chance)
        injected[name] += 1
        sold = len(stream.orders)
        took = until(f"the shop sells again after {name}", RECOVERY_TIMEOUT, lambda: len(stream.orders) > sold)
        print(f"{name:<24} selling again after {took:4.1f} s; {len(stream.orders)} orders so far", flush=True)
    target.heal()
    return injected


class Distributed:
    """The shop of shop.py: eight services on real backends, and a sandbox that injects faults."""

    def __init__(self):
        state = json.loads(shop.STATE.read_text())
        self.environment, self.ports = dict(os.environ, **state["environment"]), state["ports"]
        self.sandbox, self.storage = state["environment"]["SANDBOX_URL"], ["--backends"]
        self.address = state["url"].split("//")[1]

    def inject_gateway_faults(self, faults):
        control(self.sandbox, "/sandbox/faults", faults)

    def strike(self, chance):
        name = chance.choice(KILLS)
        fault, what = FAULTS[name]
        fault(what)
        return name

    def heal(self):
        until("all services are healthy", RECOVERY_TIMEOUT, lambda: all_healthy(self.ports))

    def webhooks(self):
        return control(self.sandbox, "/sandbox/webhooks?limit=500")

    def end(self):
        pass


class EmbeddedStorm(Embedded):
    """A shop in one process, which is killed and restarted on its data directory."""

    def inject_gateway_faults(self, faults):
        """The sandbox inside the process simulates only what the names on cards choose."""

    def strike(self, chance):
        self.process.kill()
        self.process.wait()
        self.start()
        return "process killed"

    def heal(self):
        pass

    def webhooks(self):
        return []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--customers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--embedded", action="store_true", help="a shop in one process, which is killed")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    if not options.embedded and json.loads(shop.STATE.read_text())["environment"]["SHIPPING_CARRIER"] != "manual":
        sys.exit("start the shop with --carrier manual: the warehouse of the storm moves its shipments")
    target = EmbeddedStorm(options.program, carrier="manual") if options.embedded else Distributed()
    try:
        run(target, options)
    finally:
        target.end()


def run(target, options):
    merchant = add_stock(target.address)
    target.inject_gateway_faults(GATEWAY_FAULTS)
    stream = Storm(target.address, merchant, options.customers, options.seed)
    # nginx responds with 503 for a dead service; for a dead process nobody responds.
    stream.always_responds = not options.embedded
    warehouse = Warehouse(target.address, options.seed)
    try:
        try:
            injected = storm(stream, target, options.minutes, random.Random(options.seed))
        finally:
            stream.stop()
            target.inject_gateway_faults({})
        report, took = await_quiet(options.program, target)
        print_summary(stream, warehouse, injected, report, took, target)
        judge(stream, warehouse, report)
        if not options.embedded:
            resolve_all(options.program, target, stream)
    finally:
        warehouse.stop()


def resolve_all(program, target, stream):
    """Resolves everything that needs attention, and checks that the audit finds nothing else."""
    merchant = stream.merchant.copy()
    log_in(merchant)
    operations, orders = staff.resolve_unknown_operations(merchant, target.sandbox), staff.resolve_orders(merchant)
    report, _ = await_quiet(program, target)
    left = [one for one in report["findings"] if one["class"] != "needs_attention"]
    waiting = len(report["findings"]) - len(left)
    print(f"staff resolved {operations} operations and {orders} orders: {waiting} findings still need attention")
    if left:
        sys.exit("wrong after staff resolved everything:\n" + "\n".join(map(json.dumps, left[:20])))
    for one in report["findings"][:10]:
        print(f"  {one['subject']}: {one['detail']}")


def print_summary(stream, warehouse, injected, report, took, target):
    delivered = target.webhooks()
    print(f"\ninjected: {dict(injected)}")
    print(f"observed: {dict(stream.seen)}\nin the warehouse: {dict(warehouse.done)}")
    print(f"{len(stream.orders)} orders acknowledged, {len(stream.closed)} purchases refused, "
          f"{len(stream.lost)} without an outcome; refusals by status: {stream.refusals}")
    responses = collections.Counter(one["response"] for one in delivered)
    if delivered:
        print(f"at the gateway: {json.dumps(GATEWAY_FAULTS)}; the latest {len(delivered)} webhooks by response: {dict(responses)}")
    counts = collections.Counter(one["class"] for one in report["findings"])
    print(f"quiet after {took:.0f} s; {report['payments']} payments and {report['orders']} orders audited: {dict(counts)}")
    for one in [one for one in report["findings"] if one["class"] != "needs_attention"][:20]:
        print(f"  {one['class']}, {one['invariant']}, {one['subject']}: {one['detail']}")
    reasons = collections.Counter(re.sub(r"[0-9a-f]{8}[0-9a-f-]+|\d+\.\d+", "…", one["detail"]) for one in report["findings"]
                                 if one["class"] == "needs_attention")
    for reason, count in reasons.most_common(10):
        print(f"  needs attention, {count} times: {reason}")


def shipment_fault(order):
    """What is wrong with the shipments of an order, or None. Each unit is in exactly one of them."""
    if order["status"] not in ("delivered", "cancelled"):
        return None
    shipments = [one for one in order["shipments"] if one["status"] != "cancelled"]
    shipped = sum(line["quantity"] for one in shipments for line in one["lines"])
    expected = sum(line["quantity"] for line in order["lines"]) if order["status"] == "delivered" else 0
    undelivered = [one["id"] for one in shipments if one["status"] != "delivered"]
    if shipped != expected or undelivered:
        return f"{order['id']} is {order['status']}: {shipped} of {expected} units in shipments, not delivered: {undelivered}"
    return None


def judge(stream, warehouse, report):
    """Exits with an error if an acknowledged order is missing, or anything is wrong or without an outcome."""
    missing, misshipped = [], []
    for customer, order in stream.orders:
        try:
            misshipped.append(shipment_fault(customer.read(f"/api/v1/orders/{order}")))
        except Refused as refusal:
            missing.append(f"{order}: {refusal}")
    misshipped = list(filter(None, misshipped))
    wrong = [one for one in report["findings"] if one["class"] != "needs_attention"]
    if missing or wrong or stream.lost or misshipped:
        sys.exit(f"acknowledged, but missing: {missing}\nwrong: {len(wrong)}\nwithout an outcome: {stream.lost}\n"
                 + "\n".join(misshipped[:20]))
    faults = sorted(warehouse.faults) + sorted(fault for fault in stream.faults if stream.always_responds or not fault.startswith("no response"))
    if faults:
        sys.exit("unexpected responses:\n" + "\n".join(faults[:20]))
    print("0 violations, 0 orders that are neither final nor need attention, 0 charges without an order")


if __name__ == "__main__":
    main()
