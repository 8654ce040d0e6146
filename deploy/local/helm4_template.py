#!/usr/bin/env python3
"""Prints the objects that Helm 4 renders of charts, as JSON. Helm 4 is had as a library here; see check_charts.py.

    helm4_template.py NAMESPACE < REQUESTS     a JSON list of charts, each a list of its folder and its files of values
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


def objects(namespace, path, *files):
    values = {}
    for file in files:
        values = merged(yaml.load(Path(file).read_text(), yaml.CSafeLoader), values)
    report = lint(path, values, strict=True, namespace=namespace)
    if report["errors"]:
        sys.exit("\n".join(report["errors"]))
    rendered = Chart.load(path).render(values, name="shop", namespace=namespace)
    texts = [text for name, text in sorted(rendered.items()) if not name.endswith(("NOTES.txt", ".tpl"))]
    return [one for text in texts for one in yaml.load_all(text, yaml.CSafeLoader) if one]


def main():
    json.dump([objects(sys.argv[1], *request) for request in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
