#!/usr/bin/env python3
"""Checks the files of Prometheus and Alertmanager with their own tools, in a minute and without a shop.

Every rule is accepted and tested by promtool of Prometheus 3 and 2, every route by amtool; every metric of a rule is one that
the shop sends, and every alert has a test and a runbook.
"""
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
# Metrics of Prometheus itself.
FOREIGN = {"up"}
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


def undeclared():
    """Metrics of rules that the shop does not send."""
    known = sent_metrics() | FOREIGN
    used = set()
    for block, line in expressions():
        text = re.sub(r'"[^"]*"|#.*|\{[^}]*\}|\b(?:by|on|ignoring) \([^)]*\)', lambda found: "{}" if found[0][0] == "{" else "", block or line)
        used |= set(re.findall(r"(?<![\w:])([a-z]\w+_\w+|up)(?=\{|\[| |\)|\n)(?!\()", text))
    return sorted(name for name in used if name not in known and not re.search(r"_over_time$|_left$|_right$", name))


def alerts():
    return {name for path in RULES for name in re.findall(r"- alert: (\w+)", path.read_text())}


def problems():
    tested = {name for path in TESTS for name in re.findall(r"name: (\w+) fires", path.read_text())}
    yield from (f"{name} has no test that it fires" for name in sorted(alerts() - tested))
    for path in RULES:
        for page in set(re.findall(r"docs/runbooks/([\w-]+\.md)", path.read_text())):
            if not (ROOT / "docs/runbooks" / page).exists():
                yield f"docs/runbooks/{page} is missing"
    yield from (f"the shop sends no metric {name}" for name in undeclared())


def main():
    run(sys.executable, FOLDER / "prometheus/generate.py", "--check")
    for promtool in prometheus.promtools():
        version = run(promtool, "--version").split(",")[1].split("(")[0].strip()
        run(promtool, "check", "config", FOLDER / "prometheus/prometheus.yml")
        run(promtool, "test", "rules", *TESTS)
        print(f"promtool {version} accepts the configuration, {len(alerts())} alerts and their tests")
    amtool = prometheus.programs() / "amtool"
    with tempfile.TemporaryDirectory() as folder:
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
