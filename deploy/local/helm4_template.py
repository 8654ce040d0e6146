#!/usr/bin/env python3
"""Prints the objects that Helm 4 renders of a chart, as JSON. Helm 4 is had as a library here; see check_charts.py.

    helm4_template.py CHART NAMESPACE [VALUES_FILE...]
"""
import json
import sys
from pathlib import Path

import yaml
from helm_python import Chart
from helm_python.chart import lint


def merged(over, under):
    """Values in which those of `over` win, as Helm merges files."""
    if not isinstance(over, dict) or not isinstance(under, dict):
        return over
    return {**under, **{name: merged(value, under.get(name)) for name, value in over.items()}}


def main():
    path, namespace, values = sys.argv[1], sys.argv[2], {}
    for file in sys.argv[3:]:
        values = merged(yaml.safe_load(Path(file).read_text()), values)
    report = lint(path, values, strict=True, namespace=namespace)
    if report["errors"]:
        sys.exit("\n".join(report["errors"]))
    rendered = Chart.load(path).render(values, name="shop", namespace=namespace)
    texts = [text for name, text in sorted(rendered.items()) if not name.endswith(("NOTES.txt", ".tpl"))]
    json.dump([one for text in texts for one in yaml.safe_load_all(text) if one], sys.stdout)


if __name__ == "__main__":
    main()
