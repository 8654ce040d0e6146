#!/usr/bin/env python3
"""Checks the platform around the shop, valuefiles/ and kops/, without a cluster: `make check-platform`.

    check_platform.py [--ready]     --ready also refuses placeholders, such as example.com, that a real cluster must not have

Every key of the values is known to the pinned chart, every object is valid by the schema of its kind, images and charts have versions,
secrets are references that somebody makes, nothing is open to the world; nodes, taints, zones, roles and storage classes of kops are what
values and charts ask for; and what comes from deploy/observability agrees with it. The rules are in platform_rules.py,
platform_nodes.py and platform_sources.py; test_platform.py breaks each of them.
"""
import argparse
import sys

import platform_nodes
import platform_rules
import platform_sources
from platform_files import ROOT, Platform, Unreadable
from services import note

RULES = [*platform_rules.RULES, *platform_nodes.RULES, *platform_sources.RULES]


def faults(platform):
    """Each rule with what it finds. A rule that cannot read a file any more has found something too."""
    for rule in RULES:
        try:
            for text in rule(platform):
                yield rule, text
        except Unreadable as error:
            yield rule, str(error)
        except (LookupError, TypeError, AttributeError, ValueError, OSError) as error:
            yield rule, f"{rule.__name__}: a field or file that it needs is missing or of another kind: {type(error).__name__} {error}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ready", action="store_true")
    options = parser.parse_args()
    platform = Platform(ROOT)
    found = [text for _, text in faults(platform)]
    left = list(platform_rules.placeholders(platform))
    if options.ready:
        found += [f"{path}:{number}: {text} is a placeholder" for path, number, text in left]
    if found:
        sys.exit("\n".join(dict.fromkeys(found)))
    unchecked = [entry["name"] for entry in platform.charts if entry["keys"] != "checked"]
    note(f"{len(platform.charts)} charts, {len(platform.groups())} instance groups, {len(RULES)} rules; {len(left)} placeholders")
    note(f"not checked, for want of their keys: values of {', '.join(unchecked)}")


if __name__ == "__main__":
    main()
