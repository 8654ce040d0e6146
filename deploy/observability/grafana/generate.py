#!/usr/bin/env python3
"""Writes shopstack.json, a dashboard for Grafana on the metrics in Prometheus.

    generate.py            write it
    generate.py --check    exit with 1 if it differs from what would be written
"""
import json
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent / "shopstack.json"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
REQUESTS = "http_server_request_duration_seconds"
SERVICE = 'service=~"$service"'

# Rows of panels: a title, a unit of Grafana, and queries with their legends.
ROWS = [
    ("The shop", [
        ("Orders per minute", "short", [("sum(rate(orders_placed_total[5m])) * 60", "placed")]),
        ("Revenue per hour", "short", [("sum by (currency) (rate(revenue_minor_units_total[15m])) * 36", "{{currency}}")]),
        ("Checkouts by outcome", "reqps", [("sum by (outcome) (rate(checkouts_total[5m]))", "{{outcome}}")]),
        ("Carts: units added", "short", [("sum(rate(items_added_total[5m])) * 60", "per minute")]),
        ("Orders that are open", "short", [("sum by (status) (orders_open)", "{{status}}")]),
        ("Age of the oldest open order", "s", [("max by (status) (orders_open_oldest_age_seconds)", "{{status}}")]),
    ]),
    ("Objectives: share of the error budget's rate", [
        ("Budget burn over an hour, 1 = as planned", "short", [
            (f"slo:{name}_errors:ratio_rate1h / {budget}", name)
            for name, budget in (("checkout", 0.001), ("requests", 0.001), ("browse_latency", 0.01), ("checkout_latency", 0.01), ("confirmation", 0.001))]),
        ("What needs a person", "short", [("sum(orders_needing_attention)", "orders"), ("sum(dead_letters) + sum(broker_dead_letters)", "dead letters"),
                                          ("sum(payments_unknown)", "payments without an outcome"), ("sum(stock_levels_short)", "products oversold")]),
        ("Synthetic purchases", "short", [("sum by (outcome) (increase(probe_runs_total[15m]))", "{{outcome}}")]),
    ]),
    ("Services", [
        ("Requests", "reqps", [(f"sum by (service) (rate({REQUESTS}_count{{{SERVICE}}}[5m]))", "{{service}}")]),
        ("Server errors", "percentunit", [
            (f'(sum by (service) (rate({REQUESTS}_count{{{SERVICE},http_response_status_code=~"5.."}}[5m])) '
             f"or 0 * sum by (service) (rate({REQUESTS}_count{{{SERVICE}}}[5m]))) / sum by (service) (rate({REQUESTS}_count{{{SERVICE}}}[5m]))", "{{service}}")]),
        ("95th percentile of the duration", "s", [(f"histogram_quantile(0.95, sum by (le, service) (rate({REQUESTS}_bucket{{{SERVICE}}}[5m])))", "{{service}}")]),
        ("Slowest routes, 95th percentile", "s", [
            (f"topk(5, histogram_quantile(0.95, sum by (le, http_route) (rate({REQUESTS}_bucket{{{SERVICE}}}[5m]))))", "{{http_route}}")]),
        ("Processor time", "short", [(f"rate(process_cpu_seconds_total{{{SERVICE}}}[5m])", "{{service}} {{instance}}")]),
        ("Memory", "bytes", [(f"process_resident_memory_bytes{{{SERVICE}}}", "{{service}} {{instance}}")]),
    ]),
    ("Events, stores and payment gateways", [
        ("Events that wait in outboxes", "short", [("sum by (service) (outbox_pending_events)", "{{service}}")]),
        ("Events processed", "short", [("sum by (outcome) (rate(inbox_processed_events_total[5m]))", "{{outcome}}")]),
        ("Dependencies", "bool_yes_no", [(f"min by (service, dependency) (dependency_available{{{SERVICE}}})", "{{service}} {{dependency}}")]),
        ("Connections in use", "percentunit", [
            (f'sum by (service, pool) (db_client_connections{{{SERVICE},state="used"}}) / sum by (service, pool) (db_client_connections_max{{{SERVICE}}})', "{{service}} {{pool}}")]),
        ("Operations at payment gateways", "reqps", [("sum by (operation, outcome) (rate(payment_operations_total[5m]))", "{{operation}} {{outcome}}")]),
        ("Emails", "short", [("sum by (outcome) (rate(emails_total[5m])) * 60", "{{outcome}}")]),
    ]),
]


def queries():
    """Every query, for the tests."""
    return [query for _, panels in ROWS for _, _, targets in panels for query, _ in targets]


def panel(number, title, unit, targets, x, y):
    return {
        "id": number, "type": "timeseries", "title": title, "datasource": SOURCE, "gridPos": {"h": 8, "w": 8, "x": x, "y": y},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"fillOpacity": 8, "lineWidth": 2}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [{"refId": chr(ord("A") + at), "expr": query, "legendFormat": legend, "datasource": SOURCE} for at, (query, legend) in enumerate(targets)],
    }


def dashboard():
    panels, number, y = [], 0, 0
    for title, row in ROWS:
        number += 1
        panels.append({"id": number, "type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}})
        y += 1
        for at, (name, unit, targets) in enumerate(row):
            number += 1
            panels.append(panel(number, name, unit, targets, at % 3 * 8, y + at // 3 * 8))
        y += (len(row) + 2) // 3 * 8
    variables = [{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"},
                 {"name": "service", "type": "query", "label": "Service", "datasource": SOURCE, "query": "label_values(build_info, service)",
                  "multi": True, "includeAll": True, "current": {"text": "All", "value": "$__all"}, "refresh": 2}]
    return {"uid": "shopstack", "title": "ShopStack", "tags": ["shopstack"], "schemaVersion": 39, "version": 1, "editable": True, "refresh": "30s",
            "time": {"from": "now-3h", "to": "now"}, "timezone": "browser", "templating": {"list": variables}, "panels": panels}


def main():
    text = json.dumps(dashboard(), indent=1) + "\n"
    if sys.argv[1:] == ["--check"]:
        if FILE.read_text() != text:
            sys.exit(f"{FILE.name} is out of date; run deploy/observability/grafana/generate.py")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        FILE.write_text(text)


if __name__ == "__main__":
    main()
