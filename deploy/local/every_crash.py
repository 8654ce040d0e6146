#!/usr/bin/env python3
"""Ends a shop in one process at every call it makes to its files, customers and bank while an order goes through, starts
it again two minutes later by its clock, and audits: everything is whole, every time.

    every_crash.py PROGRAM [STORY...] [--every N] [--from N] [--at-once N]

Each story is told from a fresh shop that ends at the first call, from another that ends at the next, and so on until the
story is over before any of several ends; --every N leaves out all but each N-th. See stop_at.c for what a call is.
"""
import argparse
import concurrent.futures
import http.client
import itertools
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from customers import CARDS, SKU, Customer, Refused, card, key, log_in, put_in_stock
from embedded import Embedded, audit

AWAY = 120
# Seconds for one request or wait of the story, from when the shop is there; how often the shop is started until it rests.
PATIENCE, ROUNDS = 60, 20


class Ended:
    """A shop that ends at a call, and is started again by whoever finds it gone."""

    def __init__(self, program, library, template, call):
        self.program, self.library, self.call, self.offset, self.ends = program, library, call, 0, 0
        self.shop = Embedded(program, template)
        if call:
            self.shop.stop()
            self.start(STOP_AT=str(call))

    def start(self, **environment):
        self.shop.start(LD_PRELOAD=self.library, CLOCK_OFFSET=str(self.offset), **environment)

    def arm(self):
        if self.call:
            self.shop.process.send_signal(signal.SIGUSR1)

    def is_gone(self):
        return self.shop.process.poll() is not None

    def later(self):
        self.offset += AWAY
        self.start()

    def try_again(self):
        """Says whether the shop is a new one, which has all the time again."""
        gone = self.is_gone()
        if gone:
            self.ends += 1
            self.later()
        else:
            time.sleep(0.1)
        return gone

    def insist(self, person, method, path, body=None, headers=None):
        """Sends it until it is answered; what is under way or too early is asked again."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return person.call(method, path, body, headers)[1]
            except Refused as refusal:
                known = refusal.status == 503 or refusal.kind() in ("request-in-flight", "not-found", "return-refused")
                if not known or time.monotonic() > until:
                    raise
            except (OSError, http.client.HTTPException):
                if time.monotonic() > until:
                    raise
            if self.try_again():
                until = time.monotonic() + PATIENCE

    def wait(self, person, path, ready):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            answer = self.insist(person, "GET", path)
            if ready(answer):
                return answer
            if self.try_again():
                until = time.monotonic() + PATIENCE
        raise TimeoutError(f"{path}: {answer}")

    def rest(self):
        """Lets time pass until nothing is under way."""
        for rounds in itertools.count(1):
            time.sleep(0.5)
            if self.is_gone():
                self.ends += 1
                self.later()
            environment = {**self.shop.environment, "LD_PRELOAD": self.library, "CLOCK_OFFSET": str(self.offset)}
            report = audit(self.program, self.shop.books, environment)
            if not any(one["class"] == "in_progress" for one in report["findings"]) or rounds == ROUNDS:
                return report
            self.shop.stop()
            self.later()


def buy(ended, customer, body):
    """Until there is an order: with the card of the body, then with others."""
    for _ in range(4):
        try:
            answer = ended.insist(customer, "POST", "/api/v1/checkout", body, key())
        except Refused as refusal:
            if refusal.kind() != "checkout-closed":
                raise
            # Given up by the shop, before anything was charged, while it was away.
            body = with_another_card(ended, customer, body)
            continue
        path, order = f"/api/v1/payments/{answer['payment']['id']}", answer["order_id"]
        payment = ended.wait(customer, path, lambda payment: payment["status"] != "processing")
        while payment["status"] == "action_required":
            try:
                customer.answer_bank(payment, "confirmed")
            except (Refused, OSError, http.client.HTTPException):
                ended.try_again()
            payment = ended.wait(customer, path, lambda payment: payment["status"] != "processing")
        if payment["status"] == "authorised":
            return order
        body = with_another_card(ended, customer, body)
    raise RuntimeError("the customer could not buy")


def with_another_card(ended, customer, body):
    session = ended.insist(customer, "POST", CARDS, card("Ada"))["session"]
    return {**body, "payment": {"method": "card", "session": session}}


def delivered(ended, customer, merchant, body):
    order = buy(ended, customer, body)
    ended.wait(customer, f"/api/v1/orders/{order}", lambda order: order["status"] == "delivered")
    return order


def cancelled(ended, customer, merchant, body):
    order = buy(ended, customer, body)
    path = f"/api/v1/orders/{order}"
    ended.insist(customer, "POST", f"{path}/cancel", {}, key())
    ended.wait(customer, path, lambda order: order["status"] == "cancelled")
    return order


def returned(ended, customer, merchant, body):
    order = delivered(ended, customer, merchant, body)
    path, lines = f"/api/v1/orders/{order}", [{"sku": SKU, "quantity": 1}]
    asked = ended.insist(customer, "POST", f"{path}/returns", {"lines": lines, "reason": "too small"}, key())
    received = f"{path}/returns/{asked['returns'][-1]['id']}/receive"
    ended.insist(merchant, "POST", received, {"lines": lines, "restock": True}, key())
    # A refund of a part that may have been sent is never sent again: a person finds out.
    ended.wait(customer, path, lambda order: order["returns"][-1]["status"] in ("refunded", "attention"))
    return order


# What is told, the name on the first card, and how the order ends.
STORIES = {"success": (delivered, "Ada", "delivered"), "refusal": (delivered, "REFUSED51", "delivered"),
           "challenge": (delivered, "CHALLENGE", "delivered"), "lost answer": (delivered, "LOST", "delivered"),
           "cancellation": (cancelled, "Ada", "cancelled"), "return": (returned, "Ada", "delivered")}


def tell(story, program, library, template, call):
    """How often the shop ended, and what is wrong."""
    ended, (told, name, end) = Ended(program, library, template, call), STORIES[story]
    try:
        customer, merchant = Customer(ended.shop.address), Customer(ended.shop.address)
        log_in(merchant)
        body = customer.prepare(name)
        ended.arm()
        order = told(ended, customer, merchant, body)
        report = ended.rest()
        wrong = [one for one in report["findings"] if one["class"] != "parked"]
        parked = len(report["findings"]) - len(wrong)
        orders = ended.insist(customer, "GET", "/api/v1/orders")["items"]
        if [(one["id"], one["status"]) for one in orders] != [(order, "attention" if parked else end)]:
            wrong.append(orders)
        return ended.ends, wrong, parked
    except Exception as error:
        return ended.ends, [repr(error)], 0
    finally:
        ended.shop.end()


def tell_all(story, options, library, template):
    """At every call, until the story is over before it. How many calls it takes is not the same each time."""
    wrong, parked, ends, call, over = [], 0, 0, options.first, False
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        while not over:
            over = True
            calls = range(call, call + options.every * options.at_once, options.every)
            jobs = {one: pool.submit(tell, story, options.program, library, template, one) for one in calls}
            for one, job in jobs.items():
                ended, found, waiting = job.result()
                over, ends, parked = over and not ended, ends + ended, parked + waiting
                wrong += [f"{story}, ended at call {one}: {what}" for what in found]
                if sys.stderr.isatty():
                    print(f"\r{story}: call {one}", end="", file=sys.stderr, flush=True)
            call = calls[-1] + options.every
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    print(f"{story}: ended {ends} times, at calls {options.first} to {call - 1}; wrong: {len(wrong)}; waits for a person: {parked}", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("stories", nargs="*", metavar="STORY", help=f"all, or some of: {', '.join(STORIES)}")
    parser.add_argument("--every", type=int, default=1, help="only each N-th call")
    parser.add_argument("--from", type=int, default=1, dest="first", help="from this call on")
    parser.add_argument("--at-once", type=int, default=6, help="shops at the same time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shopstack-crash-") as folder:
        library, template = f"{folder}/stop_at.so", Path(folder, "template")
        source = Path(__file__).with_name("stop_at.c")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        shop = Embedded(options.program)
        put_in_stock(shop.address)
        shop.stop()
        shutil.copytree(shop.folder, template)
        shop.end()
        wrong = []
        for story in options.stories or STORIES:
            wrong += tell_all(story, options, library, template)
    if wrong:
        sys.exit("\n".join([*wrong[:20], f"{len(wrong)} in all"]))
    print("whole every time")


if __name__ == "__main__":
    main()
