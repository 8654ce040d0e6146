"""What customers, staff and faults do to a shop so that every saved search and panel has something to show."""
import http.client
import json
import os
import sqlite3
import time
import uuid

import services as backends
from customers import SKU, Customer, Refused, key, log_in
from services import note, run

# Values that are nowhere else, so that any place that shows them has them from a customer of this run.
HOLDER, NAME, STREET, CITY = "Quillon Ferncastle", "Ottoline Brackwater", "Wisteria Passage 4177", "Lower Thistlebridge"
PASSWORD, WRONG_PASSWORD, CARD_NUMBER = "marmalade-kettle-8812", "wrong-lantern-3391", "4444333322221111"
# A place for a quote that is not answered.
PLACE = 2911298
# The names on cards that choose the sandbox's behaviour, and how often each buys.
CARDS = {HOLDER: 4, "REFUSED": 2, "REFUSED51": 1, "FRAUD": 1, "ERROR": 1, "SLOW": 1}


class Secrets:
    """The values of this run that no log line, document or span may have."""

    def __init__(self):
        self.values = {HOLDER, NAME, STREET, CITY, PASSWORD, WRONG_PASSWORD, CARD_NUMBER, "orchard-kettle-49", "merchant@example.com"}

    def add(self, *values):
        self.values |= {value for value in values if value}
        return values[0]

    def found_in(self, raw):
        return sorted(value for value in self.values if value.encode() in raw)


class Shopper(Customer):
    """A customer whose particulars are remembered as secrets."""

    def __init__(self, address, secrets, headers=None):
        super().__init__(address)
        self.secrets, self.headers = secrets, headers or {}

    def call(self, method, path, body=None, headers=None):
        answer = super().call(method, path, body, {**self.headers, **(headers or {})})
        if isinstance(answer[1], dict):
            self.secrets.add(*(answer[1].get(name) for name in ("access_token", "refresh_token", "order_token")))
        return answer

    def order(self, holder):
        """Fills a cart and returns the body of its checkout."""
        body = self.prepare(holder)
        body["address"] |= {"name": NAME, "line1": STREET, "city": CITY}
        self.secrets.add(body["email"], body["payment"]["session"])
        return body

    def buy(self, holder=HOLDER):
        return self.call("POST", "/api/v1/checkout", self.order(holder), key())[1]


def attempt(customer, method, path, body=None, headers=None):
    """A call that may be refused; returns its status."""
    try:
        return customer.call(method, path, body, headers)[0]
    except Refused as refused:
        return refused.status
    except (OSError, http.client.HTTPException, json.JSONDecodeError):
        return None


def stock_up(address, secrets):
    merchant = Shopper(address, secrets)
    log_in(merchant)
    change = {"change": 100_000, "kind": "received", "note": "observability check"}
    merchant.call("POST", f"/api/v1/stock/{SKU}/adjustments", change, key())
    return merchant


def drive(address, secrets, failed_logins=5):
    """Purchases of all outcomes, visits, an empty shelf and failed logins."""
    stock_up(address, secrets)
    for holder, times in CARDS.items():
        for _ in range(times):
            shopper = Shopper(address, secrets)
            for path in ("/api/v1/products?limit=5", "/api/v1/products/stoneware-mug"):
                shopper.call("GET", path)
            answer = shopper.buy(holder)
            if answer["payment"]["status"] == "authorised":
                # The token is in the query, which no log may have.
                attempt(Shopper(address, secrets), "GET", f"/api/v1/orders/{answer['order_id']}?token={answer['order_token']}")
    empty_shelf(address, secrets)
    register = {"email": secrets.add(f"{uuid.uuid4().hex}@example.org"), "password": PASSWORD, "name": NAME, "session": "token"}
    attempt(Shopper(address, secrets), "POST", "/api/v1/auth/register", register)
    # After ten, the shop refuses all logins from this address for a quarter of an hour.
    for _ in range(failed_logins):
        attempt(Shopper(address, secrets), "POST", "/api/v1/auth/login",
                {"email": register["email"], "password": WRONG_PASSWORD, "session": "token"})
    attempt(Shopper(address, secrets), "GET", "/api/v1/nothing-here")


def empty_shelf(address, secrets):
    """Asks for more than there is."""
    merchant = Shopper(address, secrets)
    log_in(merchant)
    rare = merchant.call("GET", "/api/v1/stock?limit=5")[1]["items"][0]
    shopper = Shopper(address, secrets)
    shopper.prepare()
    status = attempt(shopper, "POST", "/api/v1/cart/lines", {"sku": rare["sku"], "quantity": min(9999, rare["available"] + 1)})
    if status != 409:
        note(f"more than the available units of {rare['sku']} were answered with {status}, not 409")


def kill_shipping(shop, address, secrets, seconds=6):
    """Kills shipping between the choice of the delivery and the checkout, so that calls and a step of the order fail, and
    restarts it."""
    state = json.loads(shop.STATE.read_text())
    shopper = Shopper(address, secrets)
    body = shopper.order(HOLDER)
    backends.kill(state["processes"]["shipping-0"]["pid"])
    answer = shopper.call("POST", "/api/v1/checkout", body, key())[1]
    token, until = secrets.add(uuid.uuid4().hex), time.monotonic() + seconds
    while time.monotonic() < until:
        # nginx's error log names the client and the whole query of a request that it could not pass on.
        attempt(Shopper(address, secrets), "GET", f"/api/v1/shipping/places?country=DE&q=berlin&token={token}")
        attempt(shopper, "POST", "/api/v1/cart/lines", {"sku": SKU, "quantity": 1})
        attempt(shopper, "POST", "/api/v1/cart/quotes", {"place_id": PLACE})
        time.sleep(0.5)
    backends.revive(shop.STATE, "shipping-0", lambda: shop.healthy(state["ports"]["shipping"][0]))
    return answer


def spoil_event_embedded(data_dir, queue="dispatch"):
    """Puts a message that is no event into a queue of a shop in one process, which gives it up."""
    connection = sqlite3.connect(data_dir / "broker.db", timeout=30)
    with connection:
            connection.execute("INSERT INTO messages (queue, body) VALUES (?, ?)", (queue, "this is no event"))
    connection.close()


def spoil_event_rabbitmq(prefix, queue="dispatch"):
    """Publishes a message that is no event to a queue of RabbitMQ, which dead-letters it."""
    known = json.loads(backends.STATE.read_text())["processes"]["rabbitmq"]
    environment = dict(os.environ, **known["env"])
    names = run("/usr/lib/rabbitmq/bin/rabbitmqctl", "--quiet", "list_queues", "name", env=environment, cwd=known["cwd"]).split()
    name = next(one for one in names if one.startswith(prefix) and queue in one)
    run("/usr/lib/rabbitmq/bin/rabbitmqctl", "eval",
        f'rabbit_basic:publish(rabbit_misc:r(<<"/">>, exchange, <<>>), <<"{name}">>, [], <<"this is no event">>).',
        env=environment, cwd=known["cwd"])
    return name
