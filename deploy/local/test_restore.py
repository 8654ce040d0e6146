#!/usr/bin/env python3
"""Restores a running shop (see shop.py) from copies of its stores, and checks that nothing is lost or done twice.

    test_restore.py PROGRAM [--seed N]

While customers buy, each store is copied at another moment, in an order chosen at random, as volume snapshots are. Then
everything is killed and the stores are deleted: databases and carts come back from the copies, RabbitMQ comes back empty, the
payment gateway knows what happened since. What docs/operate/backup.md says is done, and the audit must be clean.
"""
import argparse
import collections
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

import services
import shop
import staff
from customers import Refused, add_stock, log_in
from services import answers
from storm import QUIET_TIMEOUT, Distributed, Storm

STORES = ["redis", "mariadb", "mongodb"]
# Seconds: customers buy for so long before the first copy, between two copies, and after the last.
BEFORE, BETWEEN, AFTER = 20, (1, 6), 10
# The beginning of the references of refunds for lost orders.
GIVEN_BACK = "restore-"


def copy(name, target):
    """Copies the files of a store at one instant, as the snapshot of a volume does."""
    pid, folder = services.pid_of(name), Path(json.loads(services.STATE.read_text())["folder"])
    os.kill(pid, signal.SIGSTOP)
    try:
        shutil.copytree(folder / name, target / name)
    finally:
        os.kill(pid, signal.SIGCONT)


def destroy(state):
    """Kills the shop and its stores, and deletes everything that they had stored. The gateway is not a part of the shop."""
    stores = json.loads(services.STATE.read_text())
    for name, process in [*state["processes"].items(), *stores["processes"].items()]:
        if name not in ("sandbox", "nginx", "balancer", "names"):
            services.kill(process["pid"])
    for name in STORES:
        shutil.rmtree(Path(stores["folder"]) / name)
    shutil.rmtree(Path(stores["folder"]) / "rabbitmq/mnesia")
    for index in Path(state["folder"]).glob("catalogue-*"):
        if index.is_dir():
            shutil.rmtree(index)


def restore(copies):
    folder = Path(json.loads(services.STATE.read_text())["folder"])
    for name in STORES:
        shutil.copytree(copies / name, folder / name)
    for name in [*STORES, "rabbitmq"]:
        services.revive(services.STATE, name, lambda: answers(services.port_of(name)))


def start_shop(state):
    for name, ports in state["ports"].items():
        for number, port in enumerate(ports):
            services.revive(shop.STATE, f"{name}-{number}", lambda: shop.healthy(port))


def call_gateway(url, body=None, accept="application/json"):
    headers = {"accept": accept, "content-type": "application/json", "wp-api-version": "2024-06-01"}
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


def ledger(sandbox):
    """The payments at the gateway by reference."""
    found, after = {}, ""
    while after is not None:
        page = call_gateway(f"{sandbox}/sandbox/ledger?limit=500&after={after}")
        for one in page["items"]:
            found.setdefault(one["reference"], []).append(one)
        after = page["next"]
    return found


def held(payment):
    """What the gateway took and has not returned, in minor units."""
    amounts = {kind: sum(one["amount"]["amount"] for one in payment["commands"] if one["kind"] == kind and not one["failed"]) for kind in ("settle", "refund")}
    return amounts["settle"] - amounts["refund"] - payment["charged_back"]


def give_back(sandbox, payments):
    """Voids or refunds payments at the gateway itself, as staff do in its back office."""
    accept = "application/vnd.worldpay.payment-queries-v1.hal+json"
    for payment in payments:
        actions = call_gateway(f"{sandbox}/paymentQueries/payments/{payment['payment_id']}", accept=accept)["_actions"]
        if held(payment) > 0:
            refund = {"reference": f"{GIVEN_BACK}{payment['payment_id'][-12:]}", "value": {"amount": held(payment), "currency": payment["amount"]["currency"]}}
            call_gateway(actions["partiallyRefundPayment"]["href"], refund)
        elif "cancelPayment" in actions:
            call_gateway(actions["cancelPayment"]["href"], {})


class Restored:
    """The commands of docs/operate/backup.md."""

    def __init__(self, program, target, since):
        self.program, self.target, self.since = program, target, since

    def command(self, *words, answers=""):
        done = subprocess.run([self.program, *words, "--backends"], env=self.target.environment, input=answers, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise AssertionError(f"{words}: {done.stderr}")
        return done.stdout

    def audit(self):
        """What the audit finds when nothing is in progress any more but payments that wait for their customer."""
        calm, until = 0, time.monotonic() + QUIET_TIMEOUT
        while calm < 3 and time.monotonic() < until:
            time.sleep(3)
            found = [one for one in json.loads(self.command("audit", "--json"))["findings"] if one["detail"] != "payment payable"]
            calm = 0 if any(one["class"] == "in_progress" for one in found) else calm + 1
        return found

    def reconcile(self):
        print(self.command("republish", "--since", self.since), end="", flush=True)
        resent = call_gateway(f"{self.target.sandbox}/sandbox/webhooks/resend", {"since": self.since})
        print(f"the gateway sends {resent['resent']} webhooks again", flush=True)
        found = self.audit()
        show("after events and webhooks", found)
        self.command("audit", "--repair", answers="y\n" * len(found))
        unknown = [one["subject"] for one in found if "no payment knows" in one["detail"]]
        records = ledger(self.target.sandbox)
        for reference in unknown:
            give_back(self.target.sandbox, records[reference])
        print(f"{len(unknown)} payments of orders that are younger than the copies were given back at the gateway", flush=True)


def show(title, findings):
    counts = collections.Counter((one["class"], re.sub(r"[0-9a-f]{8}[0-9a-f-]+|\d+\.\d+", "…", one["detail"])) for one in findings)
    print(f"{title}:")
    for (kind, detail), count in sorted(counts.items()):
        print(f"  {count:>3} {kind}: {detail[:160]}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance, target = random.Random(options.seed), Distributed()
    state, merchant = json.loads(shop.STATE.read_text()), add_stock(target.address)
    stream = Storm(target.address, merchant, 4, options.seed)
    with tempfile.TemporaryDirectory(prefix="shopstack-copies-") as place:
        time.sleep(BEFORE)
        since = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
        kept = [order for _, order in stream.orders]
        for name in chance.sample(STORES, len(STORES)):
            copy(name, Path(place))
            print(f"{name} copied after {len(stream.orders)} orders", flush=True)
            time.sleep(chance.uniform(*BETWEEN))
        time.sleep(AFTER)
        destroy(state)
        stream.over.set()
        print(f"destroyed after {len(stream.orders)} orders", flush=True)
        restore(Path(place))
    start_shop(state)
    restored = Restored(options.program, target, since)
    restored.reconcile()
    judge(restored, stream, merchant, kept)


def has_bounced(finding, records):
    """Whether the bank refused what give_back returned for a lost order, which staff have to pay in another way."""
    commands = [one for payment in records.get(finding["subject"], []) for one in payment["commands"]]
    return any(one["failed"] and (one["reference"] or "").startswith(GIVEN_BACK) for one in commands)


def judge(restored, stream, merchant, kept):
    # The connection ended with the shop.
    merchant = merchant.copy()
    log_in(merchant)
    staff.resolve_unknown_operations(merchant, restored.target.sandbox)
    staff.resolve_orders(merchant)
    found = restored.audit()
    show("in the end", found)
    # The audit may have waited for longer than a session is valid.
    log_in(merchant)
    records = ledger(restored.target.sandbox)
    wrong = [one for one in found if one["class"] != "needs_attention" and not has_bounced(one, records)]
    present = {order for _, order in stream.orders if exists(merchant, order)}
    missing = [order for order in kept if order not in present]
    print(f"{len(kept)} orders before the first copy, {len(stream.orders)} in all: {len(present)} are restored")
    if wrong or missing:
        sys.exit(f"wrong: {wrong[:10]}\nacknowledged before the copies, and missing: {missing}")


def exists(merchant, order):
    try:
        merchant.read(f"/api/v1/orders/{order}")
        return True
    except Refused as error:
        if error.status != 404:
            raise
        return False


if __name__ == "__main__":
    main()
