#!/usr/bin/env python3
"""The crash-point test: kills a shop in one process at every system call to its files, clients and gateway while an order is
processed, restarts it with its clock two minutes ahead, and audits. Nothing may be lost or happen twice.

    every_crash.py PROGRAM [STORY...] [--every N] [--from N] [--at-once N]

Each story runs on a new shop that is killed at the first call, on another that is killed at the second, and so on until
several runs end before they are killed. --every N takes only each N-th call. stop_at.c defines a call.
"""
import argparse
import collections
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

from customers import CARDS, SKU, Customer, Refused, card, key, log_in, add_stock
from embedded import Embedded, audit

# Seconds by which the clock advances with each restart.
DOWNTIME = 120
# Seconds for one request or wait of a story while the shop runs; the restarts until nothing is in progress.
STEP_TIMEOUT, MAX_RESTARTS = 60, 20


class CrashingShop:
    """A shop that is killed at a call, and restarted as soon as a client notices."""

    def __init__(self, program, library, template, call, carrier, capture):
        self.program, self.library, self.call, self.offset, self.ends = program, library, call, 0, 0
        self.shop = Embedded(program, template, carrier, capture)
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

    def restart_later(self):
        self.offset += DOWNTIME
        self.start()

    def restart_if_gone(self):
        """Returns true if the shop was restarted, which starts the timeout again."""
        gone = self.is_gone()
        if gone:
            self.ends += 1
            self.restart_later()
        else:
            time.sleep(0.1)
        return gone

    def send(self, client, method, path, body=None, headers=None):
        """Sends a request until it is decided; one that is in progress or too early is repeated."""
        until = time.monotonic() + STEP_TIMEOUT
        while True:
            try:
                return client.call(method, path, body, headers)[1]
            except Refused as refusal:
                known = refusal.status == 503 or refusal.kind() in ("request-in-flight", "not-found", "return-refused")
                if not known or time.monotonic() > until:
                    raise
            except (OSError, http.client.HTTPException):
                if time.monotonic() > until:
                    raise
            if self.restart_if_gone():
                until = time.monotonic() + STEP_TIMEOUT

    def wait(self, client, path, ready):
        until = time.monotonic() + STEP_TIMEOUT
        while time.monotonic() < until:
            response = self.send(client, "GET", path)
            if ready(response):
                return response
            if self.restart_if_gone():
                until = time.monotonic() + STEP_TIMEOUT
        raise TimeoutError(f"{path}: {response}")

    def await_quiet(self):
        """Advances the clock until nothing is in progress, and returns the report of the audit."""
        for rounds in itertools.count(1):
            time.sleep(0.5)
            if self.is_gone():
                self.ends += 1
                self.restart_later()
            environment = {**self.shop.environment, "LD_PRELOAD": self.library, "CLOCK_OFFSET": str(self.offset)}
            report = audit(self.program, self.shop.storage, environment)
            if not any(one["class"] == "in_progress" for one in report["findings"]) or rounds == MAX_RESTARTS:
                return report
            self.shop.stop()
            self.restart_later()


def buy(crashing, customer, body):
    """Buys with the card in the body, then with others until there is an order."""
    for _ in range(4):
        try:
            response = crashing.send(customer, "POST", "/api/v1/checkout", body, key())
        except Refused as refusal:
            if refusal.kind() != "checkout-closed":
                raise
            # The payment timed out while the shop was down, before anything was charged.
            body = with_another_card(crashing, customer, body)
            continue
        path, order = f"/api/v1/payments/{response['payment']['id']}", response["order_id"]
        payment = crashing.wait(customer, path, lambda payment: payment["status"] != "processing")
        while payment["status"] == "action_required":
            try:
                customer.complete_action(payment, "confirmed")
            except (Refused, OSError, http.client.HTTPException):
                crashing.restart_if_gone()
            payment = crashing.wait(customer, path, lambda payment: payment["status"] != "processing")
        if payment["status"] == "authorised":
            return order
        body = with_another_card(crashing, customer, body)
    raise RuntimeError("the customer could not buy")


def with_another_card(crashing, customer, body):
    session = crashing.send(customer, "POST", CARDS, card("Ada"))["session"]
    return {**body, "payment": {"method": "card", "session": session}}


def delivered(crashing, customer, merchant, body):
    order = buy(crashing, customer, body)
    crashing.wait(customer, f"/api/v1/orders/{order}", lambda order: order["status"] == "delivered")
    return order


def cancelled(crashing, customer, merchant, body, how="cancel"):
    """The customer cancels before the order leaves, or withdraws, which has the same effect."""
    order = buy(crashing, customer, body)
    path = f"/api/v1/orders/{order}"
    crashing.send(customer, "POST", f"{path}/{how}", {}, key())
    crashing.wait(customer, path, lambda order: order["status"] == "cancelled")
    return order


def withdrawn(crashing, customer, merchant, body):
    return cancelled(crashing, customer, merchant, body, "withdrawals")


def send_back(crashing, customer, merchant, order, how, **reason):
    """The customer announces one unit, the merchant receives it, and it is refunded."""
    path, lines = f"/api/v1/orders/{order}", [{"sku": SKU, "quantity": 1}]
    response = crashing.send(customer, "POST", f"{path}/{how}", {"lines": lines, **reason}, key())
    received = f"{path}/returns/{response['returns'][-1]['id']}/receive"
    crashing.send(merchant, "POST", received, {"lines": lines, "restock": True}, key())
    # A partial refund that may have been sent is never repeated: it needs attention.
    crashing.wait(customer, path, lambda order: order["returns"][-1]["status"] in ("refunded", "attention"))
    return order


def returned(crashing, customer, merchant, body):
    order = delivered(crashing, customer, merchant, body)
    return send_back(crashing, customer, merchant, order, "returns", reason="too small")


def in_two_parcels(crashing, customer, merchant, body):
    """The warehouse ships one unit first and the other one later. Each is paid when it leaves, if the shop captures then."""
    order = buy(crashing, customer, body)
    path = f"/api/v1/shipments?order={order}"
    first = crashing.wait(merchant, path, lambda page: page["items"])["items"][0]["id"]
    crashing.send(merchant, "POST", f"/api/v1/shipments/{first}/split", {"lines": [{"sku": SKU, "quantity": 1}]}, key())
    for shipment in crashing.send(merchant, "GET", path)["items"]:
        tracking = {"carrier": "DHL", "tracking_number": shipment["number"]}
        crashing.send(merchant, "POST", f"/api/v1/shipments/{shipment['id']}/ship", tracking)
        crashing.send(merchant, "POST", f"/api/v1/shipments/{shipment['id']}/deliver")
    # A partial capture that may have been sent is never repeated: it needs attention.
    shown = crashing.wait(customer, f"/api/v1/orders/{order}", lambda order: order["status"] in ("delivered", "attention"))
    if [line["quantity"] for one in shown["shipments"] for line in one["lines"]] != [1, 1]:
        raise RuntimeError(f"other shipments than two of one unit: {shown['shipments']}")
    return order


def withdrawn_later(crashing, customer, merchant, body):
    """The customer withdraws from one unit of two after the delivery."""
    order = in_two_parcels(crashing, customer, merchant, body)
    return send_back(crashing, customer, merchant, order, "withdrawals")


# The steps, the final status of the order, the name on the first card, the number of units, the carrier, and when the money is
# captured.
Story = collections.namedtuple("Story", "steps end name quantity carrier capture", defaults=("Ada", 1, "simulated", "now"))
STORIES = {
    "success": Story(delivered, "delivered"),
    "refusal": Story(delivered, "delivered", "REFUSED51"),
    "challenge": Story(delivered, "delivered", "CHALLENGE"),
    "lost response": Story(delivered, "delivered", "LOST"),
    "cancellation": Story(cancelled, "cancelled"),
    "return": Story(returned, "delivered"),
    "parcels": Story(in_two_parcels, "delivered", quantity=2, carrier="manual", capture="shipped"),
    "withdrawal": Story(withdrawn, "cancelled", quantity=2, carrier="manual", capture="shipped"),
    "later withdrawal": Story(withdrawn_later, "delivered", quantity=2, carrier="manual"),
}


def run_story(story, program, library, template, call):
    """Returns how often the shop was killed, what is wrong, and how many findings need attention."""
    story = STORIES[story]
    crashing = CrashingShop(program, library, template, call, story.carrier, story.capture)
    try:
        customer, merchant = Customer(crashing.shop.address), Customer(crashing.shop.address)
        log_in(merchant)
        body = customer.prepare(story.name, quantity=story.quantity)
        crashing.arm()
        order = story.steps(crashing, customer, merchant, body)
        report = crashing.await_quiet()
        wrong = [one for one in report["findings"] if one["class"] != "needs_attention"]
        attention = len(report["findings"]) - len(wrong)
        orders = crashing.send(customer, "GET", "/api/v1/orders")["items"]
        if [(one["id"], one["status"]) for one in orders] != [(order, "attention" if attention else story.end)]:
            wrong.append(orders)
        return crashing.ends, wrong, attention
    except Exception as error:
        return crashing.ends, [repr(error)], 0
    finally:
        crashing.shop.end()


def run_all(story, options, library, template):
    """Runs a story at every call, until it ends before its call. The number of calls differs from run to run."""
    wrong, attention, ends, call, over = [], 0, 0, options.first, False
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        while not over:
            over = True
            calls = range(call, call + options.every * options.at_once, options.every)
            jobs = {one: pool.submit(run_story, story, options.program, library, template, one) for one in calls}
            for one, job in jobs.items():
                ended, found, waiting = job.result()
                over, ends, attention = over and not ended, ends + ended, attention + waiting
                wrong += [f"{story}, killed at call {one}: {what}" for what in found]
                if sys.stderr.isatty():
                    print(f"\r{story}: call {one}", end="", file=sys.stderr, flush=True)
            call = calls[-1] + options.every
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    print(f"{story}: killed {ends} times, at calls {options.first} to {call - 1}; wrong: {len(wrong)}; needs attention: {attention}", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("stories", nargs="*", metavar="STORY", help=f"all, or some of: {', '.join(STORIES)}")
    parser.add_argument("--every", type=int, default=1, help="only each N-th call")
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first call")
    parser.add_argument("--at-once", type=int, default=6, help="the number of shops that run in parallel")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shopstack-crash-") as folder:
        library, template = f"{folder}/stop_at.so", Path(folder, "template")
        source = Path(__file__).with_name("stop_at.c")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        shop = Embedded(options.program)
        add_stock(shop.address)
        shop.stop()
        shutil.copytree(shop.folder, template)
        shop.end()
        wrong = []
        for story in options.stories or STORIES:
            wrong += run_all(story, options, library, template)
    if wrong:
        sys.exit("\n".join([*wrong[:20], f"{len(wrong)} in all"]))
    print("no run lost or repeated anything")


if __name__ == "__main__":
    main()
