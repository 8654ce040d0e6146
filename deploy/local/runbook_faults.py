"""The faults of runbook_drill.py: how each is caused, which commands its runbook names, and how it is repaired."""
import http.client
import json
import os
import subprocess
import threading
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Callable

import services
import shop
from customers import Customer, Refused, Stream, key, log_in
from services import answers, found, free_port
from test_faults import until

PREORDER = "DRILL-PREORDER"
# Seconds for which the table of reviews stays locked; the alert waits for five minutes.
LOCKED = 900


@dataclass
class Fault:
    """`diagnosis` yields commands, each with a text that it must print."""
    alert: str
    page: str
    cause: Callable
    repair: Callable
    diagnosis: Callable = lambda broken: []


class Broken:
    """The shop that is broken, with its customers and what the faults must remember for the repair."""

    def __init__(self, program, state, started):
        self.program, self.state, self.started = program, state, started
        self.address, self.sandbox = state["url"].split("//")[1], state["environment"]["SANDBOX_URL"]
        self.environment = dict(os.environ, **state["environment"])
        self.orders, self.readers_end = {}, threading.Event()

    def __enter__(self):
        self.stream = Stream(self.address, customers=1)
        return self

    def __exit__(self, *_):
        self.readers_end.set()
        self.stream.stop()

    def command(self, *words):
        return [self.program, *words, "--backends"]

    def merchant(self):
        client = Customer(self.address)
        log_in(client)
        return client

    def process(self, name):
        return json.loads(shop.STATE.read_text())["processes"][name]

    def kill(self, name):
        services.kill(self.process(name)["pid"])

    def revive(self, name, **changed):
        """Starts it again with the same command, and with these variables changed until the next start."""
        kept = self.process(name)["env"]
        self.remember(name, {**kept, **changed})
        service, _, number = name.partition("-")
        port = self.state["ports"][service][int(number)]
        services.revive(shop.STATE, name, lambda: answers(port))
        self.remember(name, kept)

    def remember(self, name, environment):
        state = json.loads(shop.STATE.read_text())
        state["processes"][name]["env"] = environment
        shop.STATE.write_text(json.dumps(state, indent=1))

    def sql(self, service, text, wait=True):
        """Runs statements as an operator does; returns the client if it is not waited for."""
        environment = self.state["environment"]
        command = [found("mariadb"), "--no-defaults", f"--host={environment['DB_HOST']}", f"--port={environment['DB_PORT']}", f"--user={environment['DB_USER']}",
                   f"--ssl-ca={environment['DB_CA']}", f"--database={environment['DB_PREFIX']}{service}", f"--execute={text}"]
        protected = dict(os.environ, MYSQL_PWD=environment["DB_PASSWORD"])
        if wait:
            return subprocess.run(command, check=True, env=protected, capture_output=True)
        return subprocess.Popen(command, env=protected, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def buy(self, sku=None):
        """Buys as a customer; returns its client and the order's id."""
        customer = Customer(self.address)
        body = customer.prepare(**({"sku": sku} if sku else {}))
        return customer, customer.call("POST", "/api/v1/checkout", body, key())[1]["order_id"]

    def gateway_event(self, order, body):
        """An event that the gateway reports by itself."""
        number = self.merchant().read(f"/api/v1/orders/{order}")["number"]
        shown = subprocess.run(self.command("payments", "show", number), env=self.environment, check=True, capture_output=True, text=True)
        reference = json.loads(shown.stdout)["operations"][0]["reference"]
        request = urllib.request.Request(f"{self.sandbox}/sandbox/payments/{reference}/events", json.dumps(body).encode(), {"content-type": "application/json"})
        urllib.request.urlopen(request, timeout=10).read()


def restart_often(broken):
    for _ in range(3):
        broken.kill("web-1")
        broken.revive("web-1")
        # Prometheus has to see each start.
        since = len(broken.stream.orders)
        until("customers have bought", 120, lambda: len(broken.stream.orders) > since + 10)


def send_unreadable_event(broken):
    """An event with the data of another version, in the outbox of payment; cart and dispatch take it."""
    broken.event = str(uuid.uuid4())
    broken.sql("payment", f"INSERT INTO outbox (event_id, body) SELECT '{broken.event}', JSON_SET(body, '$.id', '{broken.event}', '$.data', JSON_OBJECT()) "
                          "FROM outbox WHERE body LIKE '%order.placed%' ORDER BY sequence DESC LIMIT 1")


def discard_event(broken):
    for queue in ("cart", "dispatch"):
        subprocess.run(broken.command("dead-letters", "discard", queue, broken.event, "--reason", "a drill"), env=broken.environment, check=True, capture_output=True)


def lose_mail_server(broken):
    for name in ("dispatch-0", "dispatch-1"):
        broken.kill(name)
        broken.revive(name, SMTP_URL=f"smtp://127.0.0.1:{free_port()}")


def correct_mail_server(broken):
    for name in ("dispatch-0", "dispatch-1"):
        broken.kill(name)
        broken.revive(name)


def charge_back(broken):
    _, order = paid_order(broken)
    broken.gateway_event(order, {"type": "chargedBack"})
    broken.orders["charged back"] = order


def resolve_order(broken):
    subprocess.run(broken.command("orders", "resolve", broken.orders["charged back"], "--outcome", "done", "--reason", "accepted"), env=broken.environment,
                   check=True, capture_output=True)


def sell_preorder(broken):
    product = {"title": "Drill", "variants": [{"sku": PREORDER, "price": 1900, "oversell": "continue", "stock": 0, "weight_grams": 200}]}
    broken.merchant().call("PUT", "/api/v1/products/drill-preorder", product)
    broken.buy(PREORDER)


def receive_stock(broken):
    broken.merchant().call("POST", f"/api/v1/stock/{PREORDER}/adjustments", {"change": 10, "kind": "received", "note": "delivery"}, key())


def show_stock(broken):
    level = broken.merchant().read(f"/api/v1/stock/{PREORDER}")
    if level["reserved"] <= level["on_hand"]:
        raise AssertionError(f"not short: {level}")
    return []


def few_descriptors(broken):
    pid = broken.process("shipping-1")["pid"]
    open_now = len(os.listdir(f"/proc/{pid}/fd"))
    subprocess.run(["prlimit", "--pid", str(pid), f"--nofile={open_now + 4}:"], check=True)


def many_descriptors(broken):
    subprocess.run(["prlimit", "--pid", str(broken.process("shipping-1")["pid"]), "--nofile=4096:"], check=True)


def lock_reviews(broken):
    broken.locker = broken.sql("ratings", f"LOCK TABLES reviews WRITE, tallies WRITE; SELECT SLEEP({LOCKED})", wait=False)

    def read():
        while not broken.readers_end.is_set():
            client = Customer(broken.address)
            try:
                client.read("/api/v1/products/paper-harbour/reviews")
            except (Refused, OSError, http.client.HTTPException):
                pass
    for _ in range(40):
        threading.Thread(target=read, daemon=True).start()


def unlock_reviews(broken):
    broken.readers_end.set()
    services.kill(broken.locker.pid)
    blocked = "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'"
    for line in broken.sql("ratings", blocked).stdout.decode().splitlines()[1:]:
        broken.sql("ratings", line)


def stop_probe(broken):
    broken.probe = broken.started.commands["probe"]
    services.kill(broken.probe["pid"])


def start_probe(broken):
    broken.started.process("probe", broken.probe["command"], env=broken.probe["env"])


def paid_order(broken):
    customer, order = broken.buy()
    until("the order is paid", 120, lambda: broken.merchant().read(f"/api/v1/orders/{order}")["status"] not in ("received", "cancelling"))
    return customer, order


def lose_gateway(broken):
    """The refund of a cancelled order waits for it."""
    customer, order = paid_order(broken)
    services.kill(broken.process("sandbox")["pid"])
    customer.call("POST", f"/api/v1/orders/{order}/cancel", {"reason": "changed my mind"}, key())
    broken.orders["paid"] = order


def regain_gateway(broken):
    port = int(broken.sandbox.rsplit(":", 1)[1])
    services.revive(shop.STATE, "sandbox", lambda: answers(port))


def faults():
    """In the order in which they are caused: those that need customers who can pay first."""
    return {
        "restarts": Fault("ShopstackRestarting", "restarting.md", restart_often, lambda broken: None),
        "an unreadable event": Fault(
            "ShopstackDeadLetters", "dead-letters.md", send_unreadable_event, discard_event,
            lambda broken: [(broken.command("dead-letters", "list"), broken.event), (broken.command("dead-letters", "show", "dispatch", broken.event), "data")]),
        "a chargeback": Fault(
            "ShopstackOrdersNeedAttention", "orders-need-attention.md", charge_back, resolve_order,
            lambda broken: [(broken.command("orders", "attention"), broken.orders["charged back"]), (broken.command("orders", "show", broken.orders["charged back"]), "charge")]),
        "no stock for a preorder": Fault("ShopstackStockShort", "stock-short.md", sell_preorder, receive_stock, show_stock),
        "an instance is down": Fault("ShopstackInstanceDown", "service-down.md", lambda broken: broken.kill("user-1"), lambda broken: broken.revive("user-1")),
        "no mail server": Fault("ShopstackEmailsFailing", "emails-failing.md", lose_mail_server, correct_mail_server),
        "few file descriptors": Fault(
            "ShopstackFileDescriptors", "file-descriptors.md", few_descriptors, many_descriptors,
            lambda broken: [(["sh", "-c", f"ls -l /proc/{broken.process('shipping-1')['pid']}/fd | awk '{{print $NF}}' | sed 's/:.*//' | sort | uniq -c"], "socket")]),
        "a locked table": Fault(
            "ShopstackConnectionsExhausted", "connections-exhausted.md", lock_reviews, unlock_reviews),
        "no synthetic buyer": Fault(
            "ShopstackProbeMissing", "probe-failing.md", stop_probe, start_probe, lambda broken: [([broken.program, "probe", broken.state["url"]], "")]),
        "no gateway": Fault(
            "ShopstackOrdersStuck", "orders-stuck.md", lose_gateway, regain_gateway,
            lambda broken: [(broken.command("orders", "show", broken.orders["paid"]), "cancelling")]),
    }
