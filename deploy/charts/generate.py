#!/usr/bin/env python3
"""Writes what the charts have in common with other parts of the repository, or with each other: copies of configuration files,
which a chart cannot read outside of its folder, and the schemas of values.

    generate.py            write the files
    generate.py --check    exit with 1 if one differs from what would be written
"""
import json
import sys
from pathlib import Path

import schemas

CHARTS = Path(__file__).resolve().parent
DEPLOY = CHARTS.parent
# The chart, and the files that it has copies of.
COPIES = {
    "web": sorted((DEPLOY / "nginx").iterdir()),
    "mongodb": [DEPLOY / "stores/mongodb-replica-set.js", DEPLOY / "stores/mongodb-users.js"],
    "redis": [DEPLOY / "stores/redis.sh"],
    "mysql": [DEPLOY / "stores/mysql.cnf", DEPLOY / "stores/mysql-users.sh"],
    "rabbitmq": [DEPLOY / "stores/rabbitmq.conf", DEPLOY / "stores/rabbitmq.sh"],
}


def wanted():
    """Every generated file, with its text."""
    files = {CHARTS / chart / "files" / source.name: source.read_text() for chart, sources in COPIES.items() for source in sources}
    for chart, schema in schemas.charts().items():
        files[CHARTS / chart / "values.schema.json"] = json.dumps(schema, indent=1) + "\n"
    return files


def main():
    if sys.argv[1:] == ["--check"]:
        outdated = [path for path, text in wanted().items() if not path.exists() or path.read_text() != text]
        if outdated:
            names = ", ".join(str(path.relative_to(CHARTS)) for path in outdated)
            sys.exit(f"out of date: {names}; run deploy/charts/generate.py")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        for path, text in wanted().items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)


if __name__ == "__main__":
    main()
