"""The capacity of a shop: what a rate of orders needs, and at which rate each part stops. Pure arithmetic on the inputs."""
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVICES = ["user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web"]
STORES = ["mysql", "mongodb", "redis", "rabbitmq"]
ON_MYSQL = ["payment", "shipping", "ratings", "dispatch"]
ON_MONGODB = ["user", "catalogue"]
DAY, MEBIBYTE, GIBIBYTE = 86_400, 2**20, 2**30
# The smallest requests of the charts, in thousandths of a processor and MiB.
LEAST_MILLI, LEAST_MEMORY = 100, 64
# Each service survives the loss of one replica.
LEAST_REPLICAS = 2
# Members that each keep all data. Redis and MySQL of the charts are one server each.
MEMBERS = {"mysql": 1, "redis": 1, "mongodb": 3, "rabbitmq": 3}
KINDS = {"list": "lists", "product": "products", "search": "searches", "cart_write": "cart_writes"}


@dataclass(frozen=True)
class Workload:
    """The pods of one service."""
    name: str
    processors: float
    least: int
    most: int
    milli: int
    memory: int
    rule: str


@dataclass(frozen=True)
class Server:
    """One member of a store."""
    name: str
    members: int
    processors: float
    memory_gb: float
    disk_gb: float
    rule: str


@dataclass(frozen=True)
class Limit:
    """The rate of orders, in the busiest minute, at which a part stops, and what is beyond it."""
    part: str
    what: str
    rate: float
    rule: str
    beyond: str
    supported: bool


def load(name, folder=HERE):
    return tomllib.loads((folder / name).read_text())


def up(value, step=1):
    """Rounded up to a multiple of `step`: capacity is never rounded down. A millionth is an error of arithmetic."""
    return math.ceil(value / step - 1e-6) * step


class Model:
    """A shop with `rate` orders a second in its busiest hour; in the busiest minute, `peak_factor` times as many."""

    def __init__(self, rate, peak_factor=2.0, days_kept=365, costs=None, assumptions=None):
        if rate <= 0 or peak_factor < 1 or days_kept < 1:
            raise ValueError("the rate is positive, the peak factor at least 1, and the days at least 1")
        self.rate, self.peak, self.days_kept, self.peak_factor = rate, rate * peak_factor, days_kept, peak_factor
        self.costs = costs or load("costs.toml")
        known = assumptions or load("assumptions.toml")
        self.traffic, self.headroom, self.machines, self.shop = (known[name] for name in ("traffic", "headroom", "machines", "shop"))
        self.mean = rate * self.traffic["mean"]

    def milliseconds(self, process):
        """The processor time of one order in a process, with everything that customers do for each order."""
        measured = self.costs["processor_ms"]
        browsing = sum(measured[kind].get(process, 0.0) * self.traffic[name] for kind, name in KINDS.items())
        return (measured["order"].get(process, 0.0) + browsing) / self.machines["speed"]

    def processors(self, process, rate):
        return self.milliseconds(process) * rate / 1000 + self.costs["processor_ms"]["idle"].get(process, 0.0) / 1000

    def workload(self, name):
        zones, use = self.headroom["zones"], self.headroom["utilisation"]
        busy = self.processors(name, self.peak)
        # With one zone lost, the others carry the peak.
        wanted = busy / use * zones / (zones - 1)
        most = max(LEAST_REPLICAS, up(wanted / self.machines["replica_processors"]))
        least = min(most, max(LEAST_REPLICAS, up(self.processors(name, self.mean) / use / self.machines["replica_processors"])))
        milli = max(LEAST_MILLI, up(wanted / most * 1000, 50))
        memory = max(LEAST_MEMORY, up(self.costs["memory_mb"][name] * 2, 32))
        return Workload(name, busy, least, most, milli, memory,
                        f"{busy:.2f} processors at the peak / {use} used, and one of {zones} zones lost")

    def workloads(self):
        return [self.workload(name) for name in [*SERVICES, "nginx"]]

    def replicas(self, services):
        return sum(self.workload(name).most for name in services)

    def bytes_per_order(self, store):
        return sum(value for name, value in self.costs["per_order"].items() if name.startswith(f"{store}.bytes"))

    def stored_gb(self, store, days):
        return self.bytes_per_order(store) * self.mean * DAY * days / GIBIBYTE

    def cart_memory_gb(self):
        """Carts until they expire. That of an order is measured with the order, with the events that its inbox knows."""
        order = self.bytes_per_order("redis")
        others = self.costs["carts"]["redis_bytes_per_cart"] * (self.traffic["carts"] - 1)
        return (order + others) * self.mean * DAY * self.shop["cart_days"] / GIBIBYTE

    def server(self, name):
        processors = self.processors(name, self.peak) / self.headroom["utilisation"]
        if name == "redis":
            data = self.cart_memory_gb()
            memory, disk = data * 1.5, data * 2
            rule = f"carts of {self.shop['cart_days']} days in memory, half as much again for rewriting the append-only file, whose two copies are on disk"
        elif name == "rabbitmq":
            waiting = self.costs["per_order"]["rabbitmq.delivered"] * self.peak * 3600 * 2048 / GIBIBYTE
            memory, disk = 1.0 + self.shop_replicas() * 0.004, waiting * 2
            rule = "an hour of messages of 2 KiB that nobody takes on disk; 4 MiB for the connections of each replica in memory"
        else:
            data = self.stored_gb(name, self.days_kept)
            memory, disk = self.stored_gb(name, min(self.days_kept, self.traffic["read_days"])) + 1, data
            rule = f"{self.bytes_per_order(name):,.0f} bytes an order, {self.days_kept} days on disk, {self.traffic['read_days']} days in memory"
        return Server(name, MEMBERS[name], max(0.25, up(processors, 0.25)), up(max(memory, 1), 0.5), up(max(disk * self.headroom["disk"], 5)), rule)

    def shop_replicas(self):
        return self.replicas(SERVICES)

    def servers(self):
        return [self.server(name) for name in STORES]

    def nodes(self):
        """Nodes of the services, by what their pods request."""
        pods = self.workloads()
        processors = sum(pod.most * pod.milli for pod in pods) / 1000
        memory = sum(pod.most * pod.memory for pod in pods) / 1024
        usable = self.machines["node_usable"]
        return max(self.headroom["zones"], up(processors / (self.machines["node_processors"] * usable)),
                   up(memory / (self.machines["node_memory_gb"] * usable)))

    def storage_gb_per_month(self):
        return {name: self.stored_gb(name, 30) for name in ("mysql", "mongodb")}

    def messages(self):
        per_order = self.costs["per_order"]
        return per_order["rabbitmq.published"] * self.peak, per_order["rabbitmq.delivered"] * self.peak
