"""Customers of a running shop (see shop.py) who buy until they are stopped, and the responses they got."""
import http.client
import json
import threading
import time
import urllib.parse
import uuid
from datetime import datetime, timezone

SKU = "FLD-MUG-OAT"
# The path at which the sandbox creates card sessions.
CARDS = "/api/v1/sandbox/sessions"
# The seconds for which a customer retries one purchase.
PURCHASE_TIMEOUT = 300
# Problems that end a purchase; an emptied Redis has lost its carts.
FINAL_PROBLEMS = ("checkout-closed", "cart-empty", "quote-stale")


class Refused(Exception):
    """A response with an error status."""

    def __init__(self, request, status, retry_after, body):
        super().__init__(f"{request}: {status} {body[:300]}")
        self.status, self.retry_after, self.body = status, retry_after, body

    def kind(self):
        try:
            return json.loads(self.body)["type"].rsplit(":", 1)[-1]
        except (ValueError, KeyError):
            return None


class Customer:
    """A client with one connection and, once it has a session, a token."""

    def __init__(self, address):
        self.address, self.connection, self.token = address, None, None

    def call(self, method, path, body=None, headers=None):
        """Returns status and body; raises `Refused`, or the error of the connection."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.address, timeout=40)
        send = {"content-type": "application/json", **(headers or {})}
        if self.token:
            send["authorization"] = f"Bearer {self.token}"
        try:
            self.connection.request(method, path, None if body is None else json.dumps(body), send)
            response = self.connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise
        if response.status >= 400:
            retry_after = response.getheader("retry-after")
            raise Refused(f"{method} {path}", response.status, retry_after, raw.decode(errors="replace"))
        return response.status, json.loads(raw)

    def read(self, path):
        # An idle connection may have been closed by the server.
        self.connection = None
        return self.call("GET", path)[1]

    def copy(self):
        """A client with the same session and its own connection."""
        other = Customer(self.address)
        other.token = self.token
        return other

    def form(self, path, fields):
        """Submits a form of the bank's page."""
        connection = http.client.HTTPConnection(self.address, timeout=20)
        try:
            connection.request("POST", path, urllib.parse.urlencode(fields),
                               {"content-type": "application/x-www-form-urlencoded"})
            connection.getresponse().read()
        finally:
            connection.close()

    def complete_action(self, payment, decision):
        """Completes the next 3-D Secure action and returns the payment after it."""
        action, confirmed = payment["action"], {}
        if action["type"] == "device_data":
            confirmed = {"device_data": f"0_{uuid.uuid4().hex}"}
        elif action["type"] == "challenge":
            self.form(action["url"], {"JWT": action["jwt"]})
            self.form("/sandbox/challenge/decision", {"JWT": action["jwt"], "decision": decision})
        return self.call("POST", f"/api/v1/payments/{payment['id']}/confirm", confirmed)[1]

    def prepare(self, name="Ada", sku=SKU, quantity=1):
        """Fills a guest's cart and returns the body of its checkout, with a card that has this name on it."""
        self.token = self.call("POST", "/api/v1/auth/guest", {"session": "token"})[1]["access_token"]
        return self.fill_cart(name, sku, quantity)

    def fill_cart(self, name="Ada", sku=SKU, quantity=1):
        self.call("POST", "/api/v1/cart/lines", {"sku": sku, "quantity": quantity})
        destination = {"city": "Berlin", "postal_code": "10115", "country": "DE"}
        quote = self.call("POST", "/api/v1/cart/quotes", {"address": destination})[1]
        cart = self.call("PUT", "/api/v1/cart/shipping", {"quote_id": quote["quote_id"], "option": "standard"})[1]
        address = {"name": "Ada", "line1": "Street 1", **destination}
        return {"email": f"{uuid.uuid4().hex}@example.com", "address": address, "payment": {"method": "card", "session": self.call("POST", CARDS, card(name))[1]["session"]},
                "expected_total": cart["totals"]["total"]}


class Stream:
    """Several customers in parallel, each buying repeatedly until `stop`."""

    def __init__(self, address, customers=4):
        self.address, self.over, self.lock = address, threading.Event(), threading.Lock()
        # Acknowledged orders and refused purchases, each with its customer, and purchases without an outcome.
        self.orders, self.closed, self.lost = [], [], []
        self.refusals, self.faults = {}, set()
        # Some errors of servers, for messages about them.
        self.errors = []
        self.threads = [threading.Thread(target=self.shop, daemon=True) for _ in range(customers)]
        for thread in self.threads:
            thread.start()

    def shop(self):
        while not self.over.is_set():
            customer = Customer(self.address)
            try:
                body = customer.prepare(quantity=self.quantity())
            except (Refused, OSError, http.client.HTTPException) as error:
                # Nothing was bought yet, so another customer starts.
                self.note(error)
                time.sleep(0.1)
                continue
            self.buy(customer, body)

    def quantity(self):
        """The units that the next customer buys."""
        return 1

    def buy(self, customer, body):
        """Sends one checkout with one key until its outcome is known, as the storefront does."""
        key, until = str(uuid.uuid4()), time.monotonic() + PURCHASE_TIMEOUT
        while time.monotonic() < until:
            try:
                status, response = customer.call("POST", "/api/v1/checkout", body, {"idempotency-key": key})
                if self.await_outcome(customer, response, until):
                    return
            except Refused as refusal:
                if refusal.kind() in FINAL_PROBLEMS:
                    with self.lock:
                        self.closed.append((customer, str(refusal)))
                    return
                self.note(refusal)
            except (OSError, http.client.HTTPException) as error:
                self.note(error)
            time.sleep(0.2)
        with self.lock:
            self.lost.append(f"key {key}")

    def await_outcome(self, customer, response, until):
        """Waits for the outcome of the payment and records it."""
        payment = response["payment"]
        while payment["status"] == "processing" and time.monotonic() < until:
            time.sleep(0.2)
            payment = customer.call("GET", f"/api/v1/payments/{payment['id']}")[1]
        with self.lock:
            if payment["status"] == "authorised":
                self.orders.append((customer, response["order_id"]))
            else:
                self.closed.append((customer, json.dumps(payment)))
        return True

    def note(self, error):
        """Counts an error; one that customers must never see is a fault."""
        with self.lock:
            if not isinstance(error, Refused):
                self.faults.add(f"no response: {error!r}")
                return
            self.refusals[error.status] = self.refusals.get(error.status, 0) + 1
            if error.status >= 500 and len(self.errors) < 5:
                self.errors.append(f"{datetime.now(timezone.utc):%H:%M:%S} {error}")
            if error.status == 503 and error.retry_after is None:
                self.faults.add(f"a 503 without Retry-After: {error}")
            elif error.status != 503 and error.kind() not in (*FINAL_PROBLEMS, "request-in-flight"):
                self.faults.add(str(error))

    def refusal_count(self):
        with self.lock:
            return sum(self.refusals.values())

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def card(name):
    """Card details with this name. The name chooses the sandbox's behaviour."""
    return {"card_holder_name": name, "card_number": "4444333322221111", "expiry_month": 1, "expiry_year": 2040, "cvc": "123"}


def key():
    """Headers with a new idempotency key."""
    return {"idempotency-key": str(uuid.uuid4())}


def log_in(client, email="merchant@example.com", password="orchard-kettle-49"):
    """Starts a session of an account of the demonstration, which is valid for ten minutes."""
    client.token = None
    login = {"email": email, "password": password, "session": "token"}
    client.token = client.call("POST", "/api/v1/auth/login", login)[1]["access_token"]


def add_stock(address):
    """Adds more units than all customers can buy, and returns a merchant's client."""
    merchant = Customer(address)
    log_in(merchant)
    change = {"change": 1_000_000, "kind": "received", "note": "fault test"}
    merchant.call("POST", f"/api/v1/stock/{SKU}/adjustments", change, key())
    return merchant
