"""Customers of a running shop (see shop.py) who buy until they are told to stop, and what they were answered."""
import http.client
import json
import threading
import time
import urllib.parse
import uuid

SKU = "FLD-MUG-OAT"
# Where the sandbox takes cards.
CARDS = "/api/v1/sandbox/sessions"
# How long a customer tries one purchase, in seconds.
PATIENCE = 300
# What a cart may come to: those of an emptied Redis are gone.
GIVEN_UP = ("checkout-closed", "cart-empty", "quote-stale")


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, request, status, retry_after, body):
        super().__init__(f"{request}: {status} {body[:300]}")
        self.status, self.retry_after, self.body = status, retry_after, body

    def kind(self):
        try:
            return json.loads(self.body)["type"].rsplit(":", 1)[-1]
        except (ValueError, KeyError):
            return None


class Customer:
    """Somebody with one connection and, once they have said who they are, a token."""

    def __init__(self, address):
        self.address, self.connection, self.token = address, None, None

    def call(self, method, path, body=None, headers=None):
        """The status and the answer; raises `Refused`, or what the connection failed with."""
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
            retry_after = answer.getheader("retry-after")
            raise Refused(f"{method} {path}", answer.status, retry_after, raw.decode(errors="replace"))
        return answer.status, json.loads(raw)

    def read(self, path):
        # The connection may have been closed since: nobody used it for a while.
        self.connection = None
        return self.call("GET", path)[1]

    def again(self):
        """The same person on a connection of their own."""
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

    def answer_bank(self, payment, decision):
        """Does what the bank wants next: the payment after it."""
        action, confirmed = payment["action"], {}
        if action["type"] == "device_data":
            confirmed = {"device_data": f"0_{uuid.uuid4().hex}"}
        elif action["type"] == "challenge":
            self.form(action["url"], {"JWT": action["jwt"]})
            self.form("/sandbox/challenge/decision", {"JWT": action["jwt"], "decision": decision})
        return self.call("POST", f"/api/v1/payments/{payment['id']}/confirm", confirmed)[1]

    def prepare(self, name="Ada"):
        """A cart with shipping, and the checkout that buys it with a card that has this name on it."""
        self.token = self.call("POST", "/api/v1/auth/guest", {"session": "token"})[1]["access_token"]
        self.call("POST", "/api/v1/cart/lines", {"sku": SKU, "quantity": 1})
        place = self.call("GET", "/api/v1/shipping/places?country=DE&q=berlin")[1]["items"][0]["id"]
        quote = self.call("POST", "/api/v1/cart/quotes", {"place_id": place})[1]
        cart = self.call("PUT", "/api/v1/cart/shipping", {"quote_id": quote["quote_id"], "option": "standard"})[1]
        address = {"name": "Ada", "line1": "Street 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}
        return {"email": f"{uuid.uuid4().hex}@example.com", "address": address, "payment": {"method": "card", "session": self.call("POST", CARDS, card(name))[1]["session"]},
                "expected_total": cart["totals"]["total"]}


class Stream:
    """Several customers at once, each buying again and again until `stop`."""

    def __init__(self, address, customers=4):
        self.address, self.over, self.lock = address, threading.Event(), threading.Lock()
        # Orders that were acknowledged, and purchases that were given up, each with its customer.
        self.orders, self.closed, self.lost = [], [], []
        self.refusals, self.faults = {}, set()
        self.threads = [threading.Thread(target=self.shop, daemon=True) for _ in range(customers)]
        for thread in self.threads:
            thread.start()

    def shop(self):
        while not self.over.is_set():
            customer = Customer(self.address)
            try:
                body = customer.prepare()
            except (Refused, OSError, http.client.HTTPException) as error:
                # Nothing is bought yet: another customer comes.
                self.note(error)
                time.sleep(0.1)
                continue
            self.buy(customer, body)

    def buy(self, customer, body):
        """Sends one purchase under one key until its outcome is told, as a shop's page does."""
        key, until = str(uuid.uuid4()), time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                status, answer = customer.call("POST", "/api/v1/checkout", body, {"idempotency-key": key})
                if self.settled(customer, answer, until):
                    return
            except Refused as refusal:
                if refusal.kind() in GIVEN_UP:
                    with self.lock:
                        self.closed.append((customer, str(refusal)))
                    return
                self.note(refusal)
            except (OSError, http.client.HTTPException) as error:
                self.note(error)
            time.sleep(0.2)
        with self.lock:
            self.lost.append(f"key {key}")

    def settled(self, customer, answer, until):
        """Waits for the payment's outcome; whether there is an order."""
        payment = answer["payment"]
        while payment["status"] == "processing" and time.monotonic() < until:
            time.sleep(0.2)
            payment = customer.call("GET", f"/api/v1/payments/{payment['id']}")[1]
        with self.lock:
            if payment["status"] == "authorised":
                self.orders.append((customer, answer["order_id"]))
            else:
                self.closed.append((customer, json.dumps(payment)))
        return True

    def note(self, error):
        """Counts what was answered; what should not have been is a fault."""
        with self.lock:
            if not isinstance(error, Refused):
                self.faults.add(f"no answer: {error!r}")
                return
            self.refusals[error.status] = self.refusals.get(error.status, 0) + 1
            if error.status == 503 and error.retry_after is None:
                self.faults.add(f"a 503 without Retry-After: {error}")
            elif error.status != 503 and error.kind() not in (*GIVEN_UP, "request-in-flight"):
                self.faults.add(str(error))

    def refused(self):
        with self.lock:
            return sum(self.refusals.values())

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def card(name):
    """What is typed into the bank's fields, with this name on the card."""
    return {"card_holder_name": name, "card_number": "4444333322221111", "expiry_month": 1, "expiry_year": 2040, "cvc": "123"}


def key():
    """Headers with a new idempotency key."""
    return {"idempotency-key": str(uuid.uuid4())}


def log_in(merchant):
    """For ten minutes."""
    merchant.token = None
    login = {"email": "merchant@example.com", "password": "orchard-kettle-49", "session": "token"}
    merchant.token = merchant.call("POST", "/api/v1/auth/login", login)[1]["access_token"]


def put_in_stock(address):
    """More than all customers can buy."""
    merchant = Customer(address)
    log_in(merchant)
    change = {"change": 1_000_000, "kind": "received", "note": "test of faults"}
    merchant.call("POST", f"/api/v1/stock/{SKU}/adjustments", change, key())
    return merchant
