#!/usr/bin/env python3
"""Adds to the charts what Kubernetes 1.20 cannot do by itself (see check_cluster.py): a post-renderer of Helm.

From 1.30 on a pod pauses before it ends, so that nobody sends it requests any more when it does. The charts leave that out for
older versions, because it would take a program that waits, which their images do not have; those of the check do.
"""
import sys

import check_charts

SECONDS = "10"


def pause_before_end(one):
    if one["kind"] == "Deployment":
        for part in one["spec"]["template"]["spec"]["containers"]:
            part["lifecycle"] = {"preStop": {"exec": {"command": ["sleep", SECONDS]}}}
    return one


def main():
    sys.path.insert(0, str(check_charts.tools()))
    import yaml
    objects = [pause_before_end(one) for one in yaml.load_all(sys.stdin, yaml.CSafeLoader) if one]
    print(yaml.dump_all(objects, Dumper=yaml.CSafeDumper))


if __name__ == "__main__":
    main()
