#!/usr/bin/env python3
"""Writes shopstack.ndjson, the saved objects for Kibana and OpenSearch Dashboards, from content.py.

    generate.py            write it
    generate.py --check    exit with 1 if it differs from what would be written
"""
import sys
from pathlib import Path

import content
import objects

TARGET = Path(__file__).resolve().parent / "shopstack.ndjson"


def text():
    return "".join(f"{objects.compact(one)}\n" for one in content.OBJECTS)


def main():
    if sys.argv[1:] == ["--check"]:
        if TARGET.read_text() != text():
            sys.exit(f"{TARGET.name} is out of date; run deploy/observability/kibana/generate.py")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        TARGET.write_text(text())


if __name__ == "__main__":
    main()
