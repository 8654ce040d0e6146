"""More faults of runbook_drill.py: those that stop purchases, and those of monitoring itself. They come in groups, one after the
other, because the faults of one group would hide those of the next."""
import http.client
import json
import os
import signal
import threading
from pathlib import Path

import services
from customers import Customer, Refused, key
from runbook_faults import Fault, paid_order
from services import run
from test_faults import until


def lose_table(broken):
    """Ratings cannot record what holders of accounts have bought."""
    broken.sql("ratings", "RENAME TABLE purchases TO purchases_away")
    merchant = broken.merchant()
    merchant.call("POST", "/api/v1/checkout", merchant.fill_cart(), key())


def regain_table(broken):
    broken.sql("ratings", "RENAME TABLE purchases_away TO purchases")


def in_log(broken, service, pattern):
    """The command that finds a line in the logs of a service."""
    return ["grep", "--no-filename", "--max-count=1", pattern, *Path(broken.state["folder"]).glob(f"{service}-[01].log")]


def spoil_order(broken):
    """An order that dispatch cannot read any more, and a customer who looks at it."""
    _, order = paid_order(broken)
    until("the order is delivered", 300, lambda: broken.merchant().read(f"/api/v1/orders/{order}")["status"] == "delivered")
    broken.orders["spoiled"] = order
    broken.sql("dispatch", f"CREATE TABLE kept AS SELECT id, document FROM orders WHERE id = '{order}'; UPDATE orders SET document = '{{}}' WHERE id = '{order}'")
    try:
        broken.merchant().read(f"/api/v1/orders/{order}")
    except Refused as error:
        if error.status == 500:
            return
    raise AssertionError("an order that cannot be read was shown")


def mend_order(broken):
    broken.sql("dispatch", "UPDATE orders JOIN kept USING (id) SET orders.document = kept.document; DROP TABLE kept")


def limit_broker(share):
    """Changes the part of the memory above which RabbitMQ accepts no messages."""
    known = json.loads(services.STATE.read_text())["processes"]["rabbitmq"]
    run("/usr/lib/rabbitmq/bin/rabbitmqctl", "set_vm_memory_high_watermark", share, env=dict(os.environ, **known["env"]), cwd=known["cwd"])


def stop_broker(broken):
    limit_broker("0.000001")


def send(broken, name, number):
    os.kill(broken.process(name)["pid"], number)


def hang_shipping(broken):
    customer = Customer(broken.address)
    customer.prepare()
    place = customer.read("/api/v1/shipping/places?country=DE&q=berlin")["items"][0]["id"]
    for name in ("shipping-0", "shipping-1"):
        send(broken, name, signal.SIGSTOP)
    broken.quotes_end = threading.Event()

    def ask_for_prices():
        while not broken.quotes_end.wait(1):
            try:
                customer.call("POST", "/api/v1/cart/quotes", {"place_id": place})
            except (Refused, OSError, http.client.HTTPException):
                pass
    threading.Thread(target=ask_for_prices, daemon=True).start()


def continue_shipping(broken):
    broken.quotes_end.set()
    for name in ("shipping-0", "shipping-1"):
        send(broken, name, signal.SIGCONT)


def hang_gateway(broken):
    """It takes a payment and does not answer."""
    customer = Customer(broken.address)
    body = customer.prepare()
    send(broken, "sandbox", signal.SIGSTOP)
    broken.orders["unknown"] = customer.call("POST", "/api/v1/checkout", body, key())[1]["order_number"]


def continue_gateway(broken):
    send(broken, "sandbox", signal.SIGCONT)


def configuration(broken):
    return broken.started.folder / "prometheus/prometheus.yml"


def change_scrapes(broken, change):
    path = configuration(broken)
    path.write_text(change(path.read_text()))
    os.kill(broken.started.processes["prometheus"].pid, signal.SIGHUP)


def lose_targets(broken):
    broken.scrapes = configuration(broken).read_text()

    def without_shop(text):
        config = json.loads(text)
        config["scrape_configs"] = [one for one in config["scrape_configs"] if one["job_name"] != "shopstack"]
        return json.dumps(config)
    change_scrapes(broken, without_shop)


def regain_targets(broken):
    change_scrapes(broken, lambda _: broken.scrapes)


def groups():
    return [
        {
            "an event that fails": Fault(
                "ShopstackEventsRetried", "dead-letters.md", lose_table, regain_table, lambda broken: [(in_log(broken, "ratings", "purchases.*event_id"), "purchases")]),
            "an order that cannot be read": Fault(
                "ShopstackInternalErrors", "internal-errors.md", spoil_order, mend_order,
                lambda broken: [(in_log(broken, "dispatch", '"level":"ERROR".*trace_id'), "trace_id")]),
            "no memory for the broker": Fault("ShopstackEventsDelayed", "events-delayed.md", stop_broker, lambda broken: limit_broker("0.4")),
            "a service hangs": Fault(
                "ShopstackCircuitOpen", "service-down.md", hang_shipping, continue_shipping,
                lambda broken: [(in_log(broken, "cart", '"callee"'), "shipping")]),
        },
        {
            "the gateway hangs": Fault(
                "ShopstackPaymentsUnknown", "payments-unknown.md", hang_gateway, continue_gateway,
                lambda broken: [(broken.command("payments", "attention"), ""), (broken.command("payments", "show", broken.orders["unknown"]), "unknown")]),
        },
        {"no targets": Fault("ShopstackNotScraped", "service-down.md", lose_targets, regain_targets)},
    ]
