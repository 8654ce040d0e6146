#!/usr/bin/env python3
"""A storm over a running shop (see shop.py): customers buy, are refused, lose answers, confirm at their banks, cancel and
are given money back, while services and backends are killed one after the other and the payment sandbox misbehaves. Then
it waits for quiet and audits; what was left to people is settled by them, and audited again.

    storm.py PROGRAM [--minutes N] [--customers N] [--seed N] [--embedded]

With --embedded it starts a shop in one process instead, and kills that. It prints what was injected and what was seen,
and fails when an order is neither finished nor waits for a person, when money moved without an order, when an acknowledged
order is not there, or when the audit finds a violation.
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

import people
import shop
from customers import CARDS, SKU, Refused, Stream, card, key, log_in, put_in_stock
from embedded import Embedded, audit
from test_faults import FAULTS, until, well

# What goes wrong at the gateway: per cent of requests and webhooks.
GATEWAY = {"latency_ms": {"from": 0, "to": 150}, "unavailable_percent": 3, "lost_percent": 6,
           "webhooks": {"duplicate_percent": 20, "late_percent": 20, "latest_seconds": 8, "bad_signature_percent": 10}}
# Seconds: between two faults, and for all to come to rest. A worker that was killed leaves its orders to others when its
# lease of a minute is over, and what a gateway does not know of is asked for several times.
BETWEEN, RECOVERY, QUIET = (2, 6), 120, 600
# Redis may be emptied, honestly; what it costs is carts.
KILLS = [name for name in FAULTS if name != "redis emptied"]
NAMES = ["Ada"] * 10 + ["REFUSED51", "LOST", "LOST", "SLOW", "CHALLENGE", "DEVICE CHALLENGE", "BOUNCE"]


class Storm(Stream):
    """Customers of every kind."""

    def __init__(self, address, merchant, customers, seed):
        self.random, self.merchant, self.seen = random.Random(seed), merchant, collections.Counter()
        super().__init__(address, customers)

    def saw(self, what):
        with self.lock:
            self.seen[what] += 1

    def buy(self, customer, body):
        name = self.random.choice(NAMES)
        try:
            body["payment"]["session"] = customer.call("POST", CARDS, card(name))[1]["session"]
        except (Refused, OSError, http.client.HTTPException) as error:
            self.note(error)
            return
        self.saw(f"purchase with {name}")
        super().buy(customer, body)

    def settled(self, customer, answer, until):
        payment = self.follow(customer, answer["payment"])
        bought = super().settled(customer, {**answer, "payment": payment}, until)
        if any(order == answer["order_id"] for _, order in self.orders[-20:]):
            self.aftermath(customer, answer["order_id"])
        return bought

    def follow(self, customer, payment):
        """Does what the bank wants."""
        for _ in range(4):
            if payment["status"] != "action_required" or not payment.get("action"):
                break
            payment = customer.answer_bank(payment, "confirmed" if self.random.random() < 0.8 else "denied")
        return payment

    def aftermath(self, customer, order):
        """Some change their minds, some send back what they bought, and to some the shop gives a part back."""
        chance, path = self.random.random(), f"/api/v1/orders/{order}"
        if chance < 0.2:
            self.insist("cancellation", customer, f"{path}/cancel", {})
        elif chance < 0.3:
            refund = {"amount": {"amount": 100, "currency": "USD"}, "reason": "storm"}
            self.insist("refund of a part", self.merchant.again(), f"{path}/refunds", refund)
        elif chance < 0.4:
            wanted = {"lines": [{"sku": SKU, "quantity": 1}], "reason": "storm"}
            asked = self.insist("return", customer, f"{path}/returns", wanted)
            if asked:
                received = {"lines": wanted["lines"], "restock": True}
                number = asked["returns"][-1]["id"]
                self.insist("return received", self.merchant.again(), f"{path}/returns/{number}/receive", received)

    def insist(self, what, person, path, body):
        """Sends it, under one key, until it is taken or clearly not; the order may have yet to get there."""
        send, why = key(), "no answer"
        for _ in range(30):
            try:
                answer = person.call("POST", path, body, send)[1]
                self.saw(what)
                return answer
            except Refused as refusal:
                why = refusal.kind()
                if refusal.status == 401 and person.token == self.merchant.token:
                    self.log_in_again(person)
                if why in ("not-cancellable", "idempotency-key-reused") or refusal.status == 422:
                    break
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.5)
        self.saw(f"{what}: {why}")

    def log_in_again(self, person):
        """The merchant, whose session ends while the storm goes on."""
        try:
            log_in(person)
            self.merchant.token = person.token
        except (Refused, OSError, http.client.HTTPException):
            # Tried again with what is sent next.
            person.token = self.merchant.token


def control(sandbox, path, body=None):
    request = urllib.request.Request(sandbox + path, None if body is None else json.dumps(body).encode(),
                                     {"content-type": "application/json"}, method="GET" if body is None else "PUT")
    with urllib.request.urlopen(request, timeout=10) as answer:
        raw = answer.read()
        return json.loads(raw) if raw else None


def rest(program, target):
    """Waits until nothing is under way any more."""
    began, report, calm = time.monotonic(), None, 0
    # Refunds that bounce do so ten seconds after they were made: it has to be calm for longer than that.
    while time.monotonic() - began < QUIET and calm < 6:
        time.sleep(3)
        report = audit(program, target.books, target.environment)
        calm = 0 if any(one["class"] == "in_progress" for one in report["findings"]) else calm + 1
    return report, time.monotonic() - began


def storm(stream, target, minutes, chance):
    injected, until_when = collections.Counter(), time.monotonic() + minutes * 60
    while time.monotonic() < until_when:
        time.sleep(chance.uniform(*BETWEEN))
        name = target.strike(chance)
        injected[name] += 1
        sold = len(stream.orders)
        took = until(f"the shop sells again after {name}", RECOVERY, lambda: len(stream.orders) > sold)
        print(f"{name:<24} selling again after {took:4.1f} s; {len(stream.orders)} orders so far", flush=True)
    target.heal()
    return injected


class Distributed:
    """The shop of shop.py: eight services on real backends, and a sandbox of its own that misbehaves."""

    def __init__(self):
        state = json.loads(shop.STATE.read_text())
        self.environment, self.ports = dict(os.environ, **state["environment"]), state["ports"]
        self.sandbox, self.books = state["environment"]["SANDBOX_URL"], ["--backends"]
        self.address = state["url"].split("//")[1]

    def misbehave(self, faults):
        control(self.sandbox, "/sandbox/faults", faults)

    def strike(self, chance):
        name = chance.choice(KILLS)
        fault, what = FAULTS[name]
        fault(what)
        return name

    def heal(self):
        until("all services are well", RECOVERY, lambda: well(self.ports))

    def webhooks(self):
        return control(self.sandbox, "/sandbox/webhooks?limit=500")

    def end(self):
        pass


class EmbeddedStorm(Embedded):
    """A shop in one process, which is killed and started again over its files."""

    def misbehave(self, faults):
        """The sandbox within the process does what names on cards ask for."""

    def strike(self, chance):
        self.process.kill()
        self.process.wait()
        self.start()
        return "the one process killed"

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
    target = EmbeddedStorm(options.program) if options.embedded else Distributed()
    try:
        run(target, options)
    finally:
        target.end()


def run(target, options):
    merchant = put_in_stock(target.address)
    target.misbehave(GATEWAY)
    stream = Storm(target.address, merchant, options.customers, options.seed)
    # A shop in one process is nobody's to answer for while it is dead; a gateway in front answers 503.
    stream.answers_always = not options.embedded
    try:
        injected = storm(stream, target, options.minutes, random.Random(options.seed))
    finally:
        stream.stop()
        target.misbehave({})
    report, took = rest(options.program, target)
    tell(stream, injected, report, took, target)
    judge(stream, report)
    if not options.embedded:
        settle(options.program, target, stream)


def settle(program, target, stream):
    """What waits for people is settled by them; then nothing is left, and the books are right."""
    merchant = stream.merchant.again()
    log_in(merchant)
    looked_up, decided = people.look_up(merchant, target.sandbox), people.decide(merchant)
    report, _ = rest(program, target)
    left = [one for one in report["findings"] if one["class"] != "parked"]
    waiting = len(report["findings"]) - len(left)
    print(f"people looked {looked_up} commands up at the gateway and decided {decided} times: {waiting} wait any more")
    if left:
        sys.exit("what people settled is not right:\n" + "\n".join(map(json.dumps, left[:20])))
    for one in report["findings"][:10]:
        print(f"  {one['subject']}: {one['detail']}")


def tell(stream, injected, report, took, target):
    delivered = target.webhooks()
    print(f"\ninjected: {dict(injected)}")
    print(f"seen: {dict(stream.seen)}")
    print(f"{len(stream.orders)} orders acknowledged, {len(stream.closed)} purchases refused or given up, "
          f"{len(stream.lost)} without an outcome; refusals by status: {stream.refusals}")
    answers = collections.Counter(one["answer"] for one in delivered)
    if delivered:
        print(f"at the gateway: {json.dumps(GATEWAY)}; the latest {len(delivered)} webhooks by answer: {dict(answers)}")
    counts = collections.Counter(one["class"] for one in report["findings"])
    print(f"at rest after {took:.0f} s; {report['payments']} payments and {report['orders']} orders audited: {dict(counts)}")
    for one in [one for one in report["findings"] if one["class"] != "parked"][:20]:
        print(f"  {one['class']}, invariant {one['invariant']}, {one['subject']}: {one['detail']}")
    parked = collections.Counter(re.sub(r"[0-9a-f]{8}[0-9a-f-]+|\d+\.\d+", "…", one["detail"]) for one in report["findings"]
                                 if one["class"] == "parked")
    for reason, count in parked.most_common(10):
        print(f"  waits for a person, {count} times: {reason}")


def judge(stream, report):
    missing = []
    for customer, order in stream.orders:
        try:
            customer.read(f"/api/v1/orders/{order}")
        except Refused as refusal:
            missing.append(f"{order}: {refusal}")
    unsettled = [one for one in report["findings"] if one["class"] != "parked"]
    if missing or unsettled or stream.lost:
        sys.exit(f"acknowledged and not there: {missing}\nnot right: {len(unsettled)}\nwithout an outcome: {stream.lost}")
    faults = sorted(fault for fault in stream.faults if stream.answers_always or not fault.startswith("no answer"))
    if faults:
        sys.exit("unexpected answers:\n" + "\n".join(faults[:20]))
    print("zero violations, zero orders neither final nor parked, zero charges without order")


if __name__ == "__main__":
    main()
