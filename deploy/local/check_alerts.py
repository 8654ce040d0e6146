#!/usr/bin/env python3
"""Checks the files of Prometheus and Alertmanager with their own tools, in a minute and without a shop.

Every rule is accepted and tested by promtool of Prometheus 3 and 2, every route by amtool; every metric of a rule is one that
the shop sends, and every alert has a test and a runbook.
"""
import json
import re
import sys
import tempfile
from pathlib import Path

import prometheus
from prometheus import FOLDER
from services import run

ROOT = FOLDER.parents[1]
RULES = sorted((FOLDER / "prometheus/rules").glob("*.yml"))
TESTS = sorted((FOLDER / "prometheus/tests").glob("*.yml"))
# Metrics of Prometheus itself, and of kube-state-metrics, which the platform's Prometheus has.
FOREIGN = {"up", "kube_job_status_start_time", "kube_job_failed", "kube_cronjob_status_last_successful_time", "kube_cronjob_created",
           "kube_cronjob_spec_suspend"}
# Labels of an alert, and the receiver that gets it.
ROUTES = [
    ("alertname=ShopstackServiceDown service=payment severity=critical", "slack-critical"),
    ("alertname=ShopstackCheckoutBudgetBurn objective=checkout severity=critical", "slack-critical"),
    ("alertname=ShopstackCheckoutBudgetBurn objective=checkout severity=warning", "slack-warnings"),
    ("alertname=ShopstackEmailsFailing service=dispatch severity=warning", "slack-warnings"),
    ("alertname=ShopstackWatchdog severity=none", "watchdog"),
    ("alertname=AlertOfAnotherTeam", "slack-warnings"),
]


def sent_metrics():
    """The metrics of docs/telemetry.md, and the series of histograms."""
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \|", (ROOT / "docs/telemetry.md").read_text(), re.M)
    suffixes = {"histogram": ("_bucket", "_count", "_sum")}
    return {name + suffix for name, kind in rows for suffix in suffixes.get(kind, ("",))}


def expressions():
    """The expressions of all rules: the text of `expr`, on its line or on the deeper lines below."""
    for path in RULES:
        yield from re.findall(r"^        expr: (?:\|\n((?:          .*\n)+)|(.*\n))", path.read_text(), re.M)


def undeclared(texts):
    """Metrics of these expressions that the shop does not send."""
    known = sent_metrics() | FOREIGN
    used = set()
    for text in texts:
        text = re.sub(r'"[^"]*"|#.*|\{[^}]*\}|\b(?:by|on|ignoring) \([^)]*\)', lambda found: "{}" if found[0][0] == "{" else "", text)
        used |= set(re.findall(r"(?<![\w:])([a-z]\w+_\w+|up)(?=\{|\[| |\)|\n)(?!\()", text))
    return sorted(name for name in used if name not in known and not re.search(r"_over_time$|_left$|_right$", name))


def dashboard_queries():
    """The queries of the dashboard for Grafana, with its variables filled in."""
    dashboard = json.loads((FOLDER / "grafana/shopstack.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    return [query.replace("$service", ".*") + "\n" for query in queries]


def check_dashboard(promtool, folder):
    """promtool accepts the queries of the dashboard, as rules."""
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(dashboard_queries())]
    path = folder / "dashboard.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    run(promtool, "check", "rules", path)
    print(f"promtool accepts the {len(rules)} queries of the dashboard for Grafana")


def alerts():
    return {name for path in RULES for name in re.findall(r"- alert: (\w+)", path.read_text())}


def problems():
    tested = {name for path in TESTS for name in re.findall(r"name: (\w+) fires", path.read_text())}
    yield from (f"{name} has no test that it fires" for name in sorted(alerts() - tested))
    for path in RULES:
        for page in set(re.findall(r"docs/runbooks/([\w-]+\.md)", path.read_text())):
            if not (ROOT / "docs/runbooks" / page).exists():
                yield f"docs/runbooks/{page} is missing"
    texts = [block or line for block, line in expressions()] + dashboard_queries()
    yield from (f"the shop sends no metric {name}" for name in undeclared(texts))


def main():
    for script in ("prometheus/generate.py", "grafana/generate.py"):
        run(sys.executable, FOLDER / script, "--check")
    for promtool in prometheus.promtools():
        version = run(promtool, "--version").split(",")[1].split("(")[0].strip()
        run(promtool, "check", "config", FOLDER / "prometheus/prometheus.yml")
        run(promtool, "test", "rules", *TESTS)
        print(f"promtool {version} accepts the configuration, {len(alerts())} alerts and their tests")
    amtool = prometheus.programs() / "amtool"
    with tempfile.TemporaryDirectory() as folder:
        check_dashboard(promtool, Path(folder))
        config = prometheus.alertmanager_config(Path(folder), "http://127.0.0.1:1/slack", "http://127.0.0.1:1/watchdog")
        run(amtool, "check-config", config)
        for labels, receiver in ROUTES:
            got = run(amtool, "config", "routes", "test", f"--config.file={config}", *labels.split()).split("\n")
            if receiver not in got:
                sys.exit(f"{labels} goes to {got}, not to {receiver}")
    print(f"amtool accepts the configuration, and {len(ROUTES)} alerts reach their receiver")
    found = list(problems())
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
