#!/usr/bin/env python3
"""Writes rules/objectives.yml from objectives.py, and all rules as a resource of the Prometheus operator.

    generate.py            write both files
    generate.py --check    exit with 1 if one differs from what would be written
"""
import sys
from pathlib import Path

import objectives

RULES = Path(__file__).resolve().parent / "rules"
OBJECTIVES = RULES / "objectives.yml"
RESOURCE = RULES.parents[1] / "kubernetes/prometheus-rules.yaml"
HEAD = """\
# Written by ../prometheus/generate.py from ../prometheus/rules; do not edit.
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


def resource():
    texts = {path: path.read_text() for path in RULES.glob("*.yml")} | {OBJECTIVES: objectives.text()}
    groups = "".join(texts[path].split("groups:\n", 1)[1] for path in sorted(texts))
    return HEAD + "".join(f"  {line}" if line.strip() else line for line in groups.splitlines(keepends=True))


def main():
    wanted = {OBJECTIVES: objectives.text(), RESOURCE: resource()}
    if sys.argv[1:] == ["--check"]:
        outdated = [path.name for path, text in wanted.items() if path.read_text() != text]
        if outdated:
            sys.exit(f"out of date: {', '.join(outdated)}; run deploy/observability/prometheus/generate.py")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        for path, text in wanted.items():
            path.write_text(text)


if __name__ == "__main__":
    main()
