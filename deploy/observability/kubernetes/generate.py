#!/usr/bin/env python3
"""Writes prometheus-rules.yaml: the rules of ../prometheus as a resource of the Prometheus operator.

    generate.py            writes the file
    generate.py --check    fails if the file differs
"""
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
RULES = sorted((FOLDER.parent / "prometheus/rules").glob("*.yml"))
FILE = FOLDER / "prometheus-rules.yaml"
HEAD = """\
# Written by generate.py from ../prometheus/rules; do not edit.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: shopstack
  labels:
    app.kubernetes.io/name: shopstack
    app.kubernetes.io/part-of: shopstack
spec:
  groups:
"""


def text():
    groups = "".join(path.read_text().split("groups:\n", 1)[1] for path in RULES)
    return HEAD + "".join(f"  {line}" if line.strip() else line for line in groups.splitlines(keepends=True))


def main():
    if "--check" in sys.argv:
        if FILE.read_text() != text():
            sys.exit(f"{FILE.name} is out of date; run {Path(__file__).name}")
    else:
        FILE.write_text(text())


if __name__ == "__main__":
    main()
