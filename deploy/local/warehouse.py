"""The warehouse of a running shop, which packs, splits, joins, ships and delivers all shipments until it is stopped."""
import collections
import http.client
import random
import threading
import time

from customers import Customer, Refused, key, log_in

LOGIN = ("warehouse@example.com", "parcel-thicket-62")
# The seconds for which one request is repeated while it has no response.
REQUEST_TIMEOUT = 120
# Refusals of a change that came too late, because the customer cancelled the order.
TOO_LATE = ("shipment-unchangeable", "conflict")


class Warehouse:
    """One person who works on the shipments of all orders."""

    def __init__(self, address, seed):
        self.client, self.random = Customer(address), random.Random(seed)
        self.done, self.faults, self.over = collections.Counter(), set(), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def stop(self):
        self.over.set()
        self.thread.join()

    def run(self):
        while not self.over.is_set():
            try:
                if not self.work():
                    time.sleep(0.2)
            except Refused as refusal:
                if refusal.status == 401:
                    self.log_in()
                elif refusal.status != 503:
                    self.faults.add(f"warehouse: {refusal}")
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)

    def log_in(self):
        """Renews the session, which expires during a storm."""
        try:
            log_in(self.client, *LOGIN)
        except (Refused, OSError, http.client.HTTPException):
            # The next request tries again.
            time.sleep(0.2)

    def work(self):
        """Works on the shipments of one page of each status, and returns their number."""
        count = 0
        for status, task in (("in_transit", self.deliver), ("packed", self.ship), ("announced", self.prepare)):
            shipments = self.client.read(f"/api/v1/shipments?status={status}&limit=20")["items"]
            for shipment in shipments:
                task(shipment)
            count += len(shipments)
        return count

    def prepare(self, shipment):
        units, chance = sum(line["quantity"] for line in shipment["lines"]), self.random.random()
        if units > 1 and chance < 0.6:
            lines = [{"sku": shipment["lines"][0]["sku"], "quantity": 1}]
            self.send("split", "POST", f"/{shipment['id']}/split", {"lines": lines}, key())
        elif chance < 0.1:
            # Refused for the only shipment of its order.
            self.send("joined", "POST", f"/{shipment['id']}/cancel")
        elif chance < 0.5:
            self.ship(shipment)
        else:
            self.send("packed", "POST", f"/{shipment['id']}/pack")

    def ship(self, shipment):
        self.send("shipped", "POST", f"/{shipment['id']}/ship", self.tracking())

    def deliver(self, shipment):
        if self.random.random() < 0.2:
            self.send("corrected", "PUT", f"/{shipment['id']}/tracking", self.tracking())
        self.send("delivered", "POST", f"/{shipment['id']}/deliver")

    def tracking(self):
        return {"carrier": "DHL", "tracking_number": f"JJD{self.random.randrange(10 ** 12):012}"}

    def send(self, what, method, path, body=None, headers=None):
        """Sends it with one key until it has a response, as a scanner without reception does."""
        until = time.monotonic() + REQUEST_TIMEOUT
        while True:
            try:
                self.client.call(method, f"/api/v1/shipments{path}", body, headers)
                self.done[what] += 1
                return
            except Refused as refusal:
                if refusal.kind() in TOO_LATE:
                    self.done[f"{what}: {refusal.kind()}"] += 1
                    return
                if refusal.status not in (401, 503) or time.monotonic() > until:
                    raise
                if refusal.status == 401:
                    self.log_in()
            except (OSError, http.client.HTTPException):
                if time.monotonic() > until:
                    raise
            time.sleep(0.2)
