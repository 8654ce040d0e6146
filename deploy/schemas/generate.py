#!/usr/bin/env python3
"""Writes what deploy/local/check_platform.py needs of other projects, reduced to what it reads, so that it works in a fresh clone.

    generate.py FOLDER [--check]

FOLDER has JSON schemas of custom kinds, and in `upstream-values` the values of charts, named NAME.yaml. Of schemas the descriptions
are left out, of values everything but the keys. README.md says whose they are. --check compares instead of writing.
"""
import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "local"))

from platform_keys import key_lines  # noqa: E402
from platform_files import packages  # noqa: E402

KINDS = ["application_v1alpha1", "appproject_v1alpha1", "certificate_v1", "cluster_v1alpha2", "clusterissuer_v1", "elasticsearch_v1",
         "instancegroup_v1alpha2", "kibana_v1", "prometheusrule_v1", "schedule_v1",
         "secretproviderclass_v1", "servicemonitor_v1"]
# The charts whose values are in the folder, with the version that these are of.
CHARTS = {"argo-cd": "10.1.1", "fluent-bit": "0.58.1", "fluentd": "0.6.0", "kube-prometheus-stack": "88.5.3",
          "opentelemetry-collector": "0.170.0", "secrets-store-csi-driver": "1.6.0"}


def without_texts(schema, is_property_map=False):
    """A schema without its descriptions; a property that is named `description` stays."""
    if isinstance(schema, list):
        return [without_texts(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: without_texts(value, name in ("properties", "patternProperties") and not is_property_map)
            for name, value in schema.items() if is_property_map or name not in ("description", "title")}


def files(folder):
    """Each path below this folder, and its contents."""
    for name in KINDS:
        schema = without_texts(json.loads((folder / f"{name}.json").read_text()))
        yield HERE / f"kinds/{name}.json", json.dumps(schema, separators=(",", ":"), sort_keys=True) + "\n"
    packages()
    import yaml
    for name, version in CHARTS.items():
        values = yaml.load((folder / f"upstream-values/{name}.yaml").read_text(), yaml.CSafeLoader)
        lines = [f"# The keys of the values of the chart {name} {version}; written by ../generate.py.", *key_lines(values)]
        yield HERE / f"upstream-keys/{name}.txt", "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    stale = []
    for path, text in files(options.folder):
        if options.check:
            if not path.exists() or path.read_text() != text:
                stale.append(str(path.relative_to(HERE)))
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    if stale:
        sys.exit(f"not what the folder says: {', '.join(stale)}")


if __name__ == "__main__":
    main()
