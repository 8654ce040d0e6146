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
from services import answers, free_port, mirror, note, run

# What the configuration was tested with. Unstable moves: a newer one is built and named, and may behave otherwise.
VERSION = "0.152.0"
SUITE, PACKAGES = "sid", "golang-go,golang-opentelemetry-collector-dev"
MAIN = Path(__file__).resolve().parent / "otel_collector_main.go"
CONFIGURATION = Path(__file__).resolve().parents[1] / "observability/otel-collector"


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


def start_collector(started, name, files, variables, overrides=()):
    """Starts a collector with these configuration files and returns its ports. `overrides` are settings as the collector's
    command line takes them: `exporters::otlp_http::compression: none`."""
    ports = {word: free_port() for word in ("HTTP", "GRPC", "ZPAGES", "METRICS")}
    variables = variables | {f"OTEL_{word}_PORT": str(port) for word, port in ports.items()}
    command = [fetch()] + [word for file in files for word in ("--config", CONFIGURATION / file)]
    command += [word for override in overrides for word in ("--config", f"yaml:{override}")]
    run(str(command[0]), "validate", *[str(word) for word in command[1:]], env=dict(os.environ, **variables))
    started.process(name, command, env=variables)
    started.wait(name, lambda: answers(ports["HTTP"]) and answers(ports["GRPC"]))
    return ports


def start_gateway(started, endpoint=None, overrides=(), tls=None):
    """Starts the gateway. It exports to `endpoint`, the base URL of a receiver of OTLP, or into its own log without one. `tls`
    is a folder of `services.certificates`."""
    variables = {"TRACES_ENDPOINT": endpoint or "http://127.0.0.1:1"}
    if endpoint is None:
        overrides = [*overrides, "exporters::debug::verbosity: detailed", "service::pipelines::traces::exporters: [debug]"]
    files = ["gateway.yaml"]
    if tls:
        files.append("gateway-tls.yaml")
        variables |= {"OTEL_CERT": str(tls / "server.pem"), "OTEL_KEY": str(tls / "server.key"), "OTEL_CLIENT_CA": str(tls / "ca.pem")}
    return start_collector(started, "otel-gateway", files, variables, overrides)


def start_agent(started, gateway, tls=None):
    """Starts an agent of the gateway with these ports."""
    variables = {"OTEL_GATEWAY_ENDPOINT": f"127.0.0.1:{gateway['GRPC']}", "OTEL_GATEWAY_INSECURE": "false" if tls else "true"}
    if tls:
        variables |= {"OTEL_GATEWAY_CA": str(tls / "ca.pem"), "OTEL_GATEWAY_CERT": str(tls / "server.pem"),
                      "OTEL_GATEWAY_KEY": str(tls / "server.key")}
    return start_collector(started, "otel-agent", ["agent.yaml"], variables)


def start(started, endpoint=None):
    """Starts agent and gateway, and returns the URLs: `otlp` is for OTEL_EXPORTER_OTLP_ENDPOINT."""
    gateway = start_gateway(started, endpoint)
    agent = start_agent(started, gateway)
    return {"otlp": f"http://127.0.0.1:{agent['HTTP']}",
            "collector": f"http://127.0.0.1:{gateway['ZPAGES']}/debug/servicez"}


if __name__ == "__main__":
    if sys.argv[1:] != ["fetch"]:
        sys.exit(__doc__)
    print(fetch())
