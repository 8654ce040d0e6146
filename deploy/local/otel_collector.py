#!/usr/bin/env python3
"""The OpenTelemetry collector, built once from the Go libraries of Debian unstable.

    otel_collector.py fetch    build it into the cache (ten minutes on two cores), and print the program

Its releases are in no package registry. The program has the core components that Debian packages: the OTLP receiver, the
processors batch and memory_limiter, the exporters debug, otlp_grpc, otlp_http and nop, and the extension zpages.
"""
import gzip
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import services
from programs import KEYRING, NICE, cached, made_once
from services import mirror, note, run

# What the configuration was tested with. Unstable moves: a newer one is built and named, and may behave otherwise.
VERSION = "0.152.0"
SUITE, PACKAGES = "sid", "golang-go,golang-opentelemetry-collector-dev"
MAIN = Path(__file__).resolve().parent / "otel_collector_main.go"


def folder():
    return cached("otel-collector", VERSION)


def fetch():
    """Returns the program; builds it when the cache does not have it."""
    return made_once(folder(), build) / "otelcol"


def build(target):
    services.install({"mmdebstrap": "mmdebstrap"})
    with tempfile.TemporaryDirectory(prefix="shopstack-collector-") as place:
        place = Path(place)
        libraries = place / "sid"
        run("mmdebstrap", "--quiet", "--variant=extract", f"--include={PACKAGES}",
            '--aptopt=Acquire::Check-Valid-Until "false"', SUITE, str(libraries),
            f"deb [signed-by={KEYRING}] {mirror()} {SUITE} main")
        check_version(libraries)
        (place / "source").mkdir()
        shutil.copy2(MAIN, place / "source/main.go")
        go = next(libraries.glob("usr/lib/go-*/bin/go"))
        environment = dict(os.environ, GO111MODULE="off", GOPATH=str(libraries / "usr/share/gocode"), CGO_ENABLED="0",
                           GOROOT=str(go.parents[1]), GOCACHE=str(place / "cache"), GOFLAGS="", GOTOOLCHAIN="local")
        run(*NICE, str(go), "build", "-ldflags", f"-X main.version={VERSION}", "-o", str(target / "otelcol"), ".",
            cwd=place / "source", env=environment)


def check_version(libraries):
    changes = libraries / "usr/share/doc/golang-opentelemetry-collector-dev/changelog.Debian.gz"
    with gzip.open(changes, "rt") as text:
        found = re.search(r"\((.*?)\)", text.readline()).group(1)
    if not found.startswith(VERSION):
        note(f"Debian {SUITE} has the collector {found}, the tests were written with {VERSION}")


if __name__ == "__main__":
    if sys.argv[1:] != ["fetch"]:
        sys.exit(__doc__)
    print(fetch())
