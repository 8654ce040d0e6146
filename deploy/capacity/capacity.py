#!/usr/bin/env python3
"""What a rate of orders needs: replicas, servers, disks, and which part stops first. The costs of an order are measured
(costs.toml), how customers behave and what machines do is entered (assumptions.toml).

    capacity.py ORDERS_PER_SECOND [--peak-factor 2] [--days-kept 365] [--format table|csv|json|values]
    capacity.py --docs           write the tables of docs/operate
    capacity.py --check-docs     exit with 1 if they are not what would be written

The rate is that of the busiest hour. `values` is a file of values for the chart shopstack.
"""
import argparse
import csv
import dataclasses
import io
import json
import sys

import pricing
from limits import exceeded, limits
from model import HERE, LEAST_REPLICAS, MEMBERS, Model, up

DOCS = HERE.parents[1] / "docs/operate"
RATES = [1, 10, 100, 1000]


def describe(model):
    published, delivered = model.messages()
    return {
        "orders_per_second": model.rate, "peak": model.peak, "days_kept": model.days_kept, "measured": model.costs["source"],
        "workloads": [dataclasses.asdict(one) for one in model.workloads()],
        "nodes": {"count": model.nodes(), "processors": model.machines["node_processors"], "memory_gb": model.machines["node_memory_gb"]},
        "servers": [dataclasses.asdict(one) for one in model.servers()],
        "messages_per_second": {"published": published, "delivered": delivered},
        "storage_gb_per_month": model.storage_gb_per_month(),
        "limits": [dataclasses.asdict(one) | {"exceeded": one.rate < model.peak} for one in limits(model)],
    }


def cut(rate):
    """A rate as text, never more than it is."""
    return "any" if rate >= 1e6 else f"{int(rate):,}" if rate >= 10 else f"{int(rate * 10) / 10}"


def table(model):
    published, delivered = model.messages()
    lines = [f"{model.rate:g} orders a second in the busiest hour, {model.peak:g} in its busiest minute, {model.days_kept} days kept.", "",
             "| workload | processors at the peak | replicas | request of each | memory of each |", "| --- | ---: | ---: | ---: | ---: |"]
    lines += [f"| {one.name} | {one.processors:.2f} | {one.least} to {one.most} | {one.milli}m | {one.memory} MiB |" for one in model.workloads()]
    lines += ["", f"{model.nodes()} nodes of {model.machines['node_processors']} processors and {model.machines['node_memory_gb']} GB.", "",
              "| store | members | processors of each | memory of each | disk of each |", "| --- | ---: | ---: | ---: | ---: |"]
    lines += [f"| {one.name} | {one.members} | {one.processors:g} | {one.memory_gb:,g} GB | {one.disk_gb:,g} GB |" for one in model.servers()]
    month = model.storage_gb_per_month()
    lines += ["", f"RabbitMQ takes {published:,.0f} and hands out {delivered:,.0f} messages a second at the peak. MySQL grows by "
              f"{month['mysql']:,.1f} GB and MongoDB by {month['mongodb']:,.1f} GB a month.", ""]
    over = exceeded(model)
    lines += ["**Beyond what one of these can do** (the rule of each is in the table of limits):", ""] if over else ["No limit is exceeded.", ""]
    lines += [f"- {one.part}, {one.what}: stops at {cut(one.rate)}. Beyond: {one.beyond}." for one in over]
    return "\n".join(lines).rstrip() + "\n"


def limit_table(model):
    lines = ["| part | limit | orders a second at its peak | rule | beyond it |", "| --- | --- | ---: | --- | --- |"]
    lines += [f"| {one.part} | {one.what} | {cut(one.rate)} | {one.rule} | {one.beyond} |" for one in limits(model)]
    return "\n".join(lines) + "\n"


def cost_table(model):
    """The measured processor time, by process and kind of operation."""
    measured, kinds = model.costs["processor_ms"], ["order", "cart_write", "list", "product", "search"]
    lines = ["| process | " + " | ".join(f"{kind.replace('_', ' ')}, ms" for kind in kinds) + " | idle, ms a second |",
             "| --- |" + " ---: |" * (len(kinds) + 1)]
    for name in measured["order"]:
        lines.append(f"| {name} | " + " | ".join(f"{measured[kind][name]:.2f}" for kind in [*kinds, "idle"]) + " |")
    return "\n".join(lines) + "\n"


def as_csv(model):
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["kind", "name", "count", "processors_each", "memory_gb_each", "disk_gb_each", "rule"])
    for one in model.workloads():
        rows.writerow(["workload", one.name, one.most, one.milli / 1000, round(one.memory / 1024, 3), "", one.rule])
    rows.writerow(["node", "services", model.nodes(), model.machines["node_processors"], model.machines["node_memory_gb"], "", "requests of all pods"])
    for one in model.servers():
        rows.writerow(["store", one.name, one.members, one.processors, one.memory_gb, one.disk_gb, one.rule])
    for one in limits(model):
        rows.writerow(["limit", f"{one.part}: {one.what}", cut(one.rate).replace(",", ""), "", "", "", one.rule])
    return text.getvalue()


def pod(workload):
    return {"autoscaling": {"minReplicas": max(LEAST_REPLICAS, workload.least), "maxReplicas": workload.most},
            "resources": {"requests": {"cpu": f"{workload.milli}m", "memory": f"{workload.memory}Mi"},
                          "limits": {"memory": f"{max(256, workload.memory * 4)}Mi"}}}


def store(server):
    found = {"storage": {"size": f"{server.disk_gb}Gi"},
             "resources": {"requests": {"cpu": f"{int(server.processors * 1000)}m", "memory": f"{int(server.memory_gb * 1024)}Mi"},
                           "limits": {"memory": f"{int(server.memory_gb * 1536)}Mi"}}}
    if server.name in ("mongodb", "rabbitmq"):
        found["replicas"] = server.members
    if server.name == "mongodb":
        found["cacheGB"] = max(0.5, server.memory_gb / 2)
    if server.name == "redis":
        # A third is left for rewriting the append-only file.
        found["maxMemory"] = f"{int(server.memory_gb * 1024 / 1.5)}mb"
    return found


def values(model):
    """Values for the chart shopstack, as JSON, which is YAML too."""
    found = {one.name: pod(one) for one in model.workloads() if one.name != "nginx"}
    found["web"]["nginx"] = pod(next(one for one in model.workloads() if one.name == "nginx"))
    found |= {one.name: store(one) for one in model.servers()}
    # A rolling update starts one more of each; the autoscaler, the audit and the probe are small.
    pods = sum(one.most + 1 for one in model.workloads()) + sum(MEMBERS.values()) + 10
    milli = sum((one.most + 1) * one.milli for one in model.workloads()) + sum(one.members * one.processors * 1000 for one in model.servers())
    memory = sum((one.most + 1) * one.memory / 1024 for one in model.workloads()) + sum(one.members * one.memory_gb for one in model.servers())
    limit = sum((one.most + 1) * max(256, one.memory * 4) / 1024 for one in model.workloads()) + sum(one.members * one.memory_gb * 1.5 for one in model.servers())
    found["shopstack-namespace"] = {"quota": {"hard": {
        "requests.cpu": str(max(16, up(milli / 1000 + 1))), "requests.memory": f"{max(24, up(memory + 1))}Gi",
        "limits.memory": f"{max(48, up(limit + 4))}Gi", "pods": str(max(120, pods)), "persistentvolumeclaims": "20"}}}
    comments = [f"# For {model.rate:g} orders a second, by deploy/capacity/capacity.py."]
    comments += [f"# BEYOND A LIMIT, so these values are not enough: {one.part}, {one.what}, stops at {cut(one.rate)}. Beyond: {one.beyond}."
                 for one in exceeded(model)]
    if model.server("mysql").memory_gb > 1.5:
        comments.append("# MySQL of the chart uses 384 MB for its buffer pool (deploy/stores/mysql.cnf): more memory helps a MySQL outside of it.")
    return "\n".join(comments) + "\n" + json.dumps(found, indent=2) + "\n"


def source(model):
    told = model.costs["source"]
    return (f"Measured by `{told['program']}` on {told['date']}: revision {told['commit']}, profile {told['build']}, {told['orders']} orders and "
            f"{told['requests']} requests of each other kind, {told['processors']} processors, which other work shared (load average "
            f"{told['load_average']}).\n")


def generated():
    """The generated parts of the documents, by document and name."""
    base = Model(1)
    parts = {f"rate {rate}": table(Model(rate)) for rate in RATES}
    prices = pricing.load_prices()
    sizes = [pricing.installation(name, rate, prices) for name, rate in prices["sizes"].items()]
    return {"capacity.md": {"source": source(base), "costs": cost_table(base), "limits": limit_table(base), **parts},
            "pricing.md": {"sizes": pricing.table(sizes, prices)}}


def written(text, parts):
    """The document with each part between its two marks."""
    for name, part in parts.items():
        begin, end = f"<!-- generated: {name} -->\n", f"<!-- end: {name} -->"
        before, rest = text.split(begin)
        text = before + begin + part + end + rest.split(end)[1]
    return text


def documents():
    return {DOCS / name: written((DOCS / name).read_text(), parts) for name, parts in generated().items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("orders_per_second", nargs="?", type=float)
    parser.add_argument("--peak-factor", type=float, default=2.0, help="the busiest minute against its hour")
    parser.add_argument("--days-kept", type=int, default=365)
    parser.add_argument("--format", choices=["table", "csv", "json", "values"], default="table")
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--check-docs", action="store_true")
    options = parser.parse_args()
    if options.docs or options.check_docs:
        changed = {path: text for path, text in documents().items() if path.read_text() != text}
        if options.check_docs and changed:
            sys.exit(f"out of date: {', '.join(path.name for path in changed)}; run deploy/capacity/capacity.py --docs")
        for path, text in changed.items():
            path.write_text(text)
        return
    if options.orders_per_second is None:
        parser.error("say how many orders a second")
    try:
        model = Model(options.orders_per_second, options.peak_factor, options.days_kept)
    except ValueError as error:
        parser.error(str(error))
    formats = {"table": table, "csv": as_csv, "values": values, "json": lambda one: json.dumps(describe(one), indent=1, default=str) + "\n"}
    sys.stdout.write(formats[options.format](model))
    if options.format == "table":
        sys.stdout.write("\n" + limit_table(model))


if __name__ == "__main__":
    main()
