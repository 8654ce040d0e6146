#!/usr/bin/env python3
"""What an installation costs a month, by the model of capacity.py and the unit prices of prices.toml, which are examples.

    pricing.py [--prices FILE] [--format table|json] [RATE...]

Without rates: the small, medium and large installation of prices.toml. Prices for people, e-mail, the payment gateway and taxes
are not in it.
"""
import argparse
import json
import sys
import tomllib
from pathlib import Path

from limits import exceeded
from model import HERE, Model

MONTH = 30 * 86_400


def bill(model, prices):
    """Each item of a month, with its quantity and price."""
    month, use, machines = prices["month"], prices["use"], model.machines

    def machine(processors, memory_gb):
        return processors * month["processor"] + memory_gb * month["memory_gb"]

    servers = model.servers()
    disk = sum(one.members * one.disk_gb for one in servers)
    views = sum(model.traffic[name] for name in ("lists", "products", "searches")) * model.mean * MONTH
    traffic, between = views * use["page_kb"] / 1e6, model.mean * MONTH * use["zone_kb_per_order"] / 1e6
    nodes = model.nodes()
    return {
        f"{nodes} nodes of the services": nodes * machine(machines["node_processors"], machines["node_memory_gb"]),
        f"{sum(one.members for one in servers)} servers of the stores": sum(one.members * machine(one.processors, one.memory_gb) for one in servers),
        f"{use['platform_nodes']} nodes of the platform": use["platform_nodes"] * machine(use["platform_processors"], use["platform_memory_gb"]),
        "control plane": month["control_plane"],
        "load balancer": month["load_balancer"],
        f"{disk:,.0f} GB of disk": disk * month["disk_gb"],
        f"{disk:,.0f} GB of snapshots": disk * month["snapshot_gb"],
        f"{traffic:,.0f} GB to customers": traffic * month["traffic_gb"],
        f"{between:,.0f} GB between zones": between * month["zone_traffic_gb"],
    }


def load_prices(path=HERE / "prices.toml"):
    return tomllib.loads(Path(path).read_text())


def installation(name, rate, prices):
    model = Model(rate)
    items = bill(model, prices)
    orders = model.mean * MONTH
    return {"name": name, "rate": rate, "orders": orders, "items": items, "total": sum(items.values()),
            "per_order": sum(items.values()) / orders, "exceeded": [f"{one.part}: {one.what}" for one in exceeded(model)]}


def table(found, prices):
    currency = prices["currency"]
    checked = f"verified {prices['verified']}" if prices["verified"] else "examples that nobody has verified; enter your own in `prices.toml`"
    lines = [f"Unit prices: {checked}.", ""]
    for one in found:
        lines += [f"**{one['name'].capitalize()}**: {one['rate']:g} orders a second in the busiest hour, {one['orders']:,.0f} a month", "",
                  f"| item | {currency} a month |", "| --- | ---: |"]
        lines += [f"| {item} | {price:,.0f} |" for item, price in one["items"].items()]
        lines += [f"| **total** | **{one['total']:,.0f}** |", "", f"{one['per_order']:.4f} {currency} an order."]
        lines += [f"Beyond the limits: {', '.join(one['exceeded'])}." if one["exceeded"] else "Within all limits of the model.", ""]
    return "\n".join(lines).rstrip() + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rates", metavar="RATE", nargs="*", type=float)
    parser.add_argument("--prices", default=HERE / "prices.toml")
    parser.add_argument("--format", choices=["table", "json"], default="table")
    options = parser.parse_args()
    prices = load_prices(options.prices)
    sizes = {f"{rate:g}": rate for rate in options.rates} or prices["sizes"]
    found = [installation(name, rate, prices) for name, rate in sizes.items()]
    sys.stdout.write(json.dumps(found, indent=1) + "\n" if options.format == "json" else table(found, prices))


if __name__ == "__main__":
    main()
