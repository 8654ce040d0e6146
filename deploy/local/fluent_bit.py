#!/usr/bin/env python3
"""Fluent Bit, built once from its source.

    fluent_bit.py fetch    build it into the cache (six minutes on two cores), and print the program

No registry has a program of Fluent Bit. npm has the source of 1.8.15 as a third party's package, which lacks one library,
Onigmo; Debian has that within the source of Groonga.
"""
import re
import shutil
import sys
import tempfile
import urllib.parse
from pathlib import Path

import elastic
import services
from programs import NICE, cached, check_sha512, debian_sources, made_once, npm_package
from services import free_port, note, run

CONFIGURATION = Path(__file__).resolve().parents[1] / "observability/fluent-bit"
VERSION = "1.8.15"
PACKAGE = "fluent-bit@0.0.3"
PACKAGE_SHA512 = ("6a986a6007566c0efccc138967c30c4e188c1912901c5a0f97df3c20dae26519"
                  "d33d8aebcb2c8f946f1cb02dd964e7bfc406206ee059e2663de22f91c8344615")
# Without what needs libraries that a test of log files does not.
OPTIONS = ["-DFLB_RELEASE=On", "-DFLB_IN_SYSTEMD=Off", "-DFLB_OUT_KAFKA=Off", "-DFLB_OUT_PGSQL=Off", "-DFLB_SHARED_LIB=Off",
           "-DFLB_EXAMPLES=Off", "-DFLB_JEMALLOC=Off", "-DFLB_BACKTRACE=Off", "-DCMAKE_C_FLAGS=-fcommon -w"]
BUILD_PACKAGES = {"cmake": "cmake", "bison": "bison", "flex": "flex", "gcc": "build-essential",
                  "/usr/include/yaml.h": "libyaml-dev", "/usr/include/openssl/ssl.h": "libssl-dev"}


def folder():
    return cached("fluent-bit", VERSION)


def fetch():
    """Returns the program; builds it when the cache does not have it."""
    return made_once(folder(), build) / "fluent-bit"


def build(target):
    services.install(BUILD_PACKAGES)
    with tempfile.TemporaryDirectory(prefix="shopstack-fluent-bit-") as place:
        place = Path(place)
        archive = npm_package(PACKAGE, place)
        check_sha512(archive, PACKAGE_SHA512)
        run("tar", "--extract", "--gzip", "--file", archive, cwd=place)
        source = place / "package/src/fluent-bit"
        add_onigmo(place, source / "lib/onigmo")
        (source / "build").mkdir(exist_ok=True)
        run(*NICE, "cmake", *OPTIONS, "..", cwd=source / "build")
        run(*NICE, "make", "-j2", cwd=source / "build")
        shutil.copy2(source / "build/bin/fluent-bit", target / "fluent-bit")


def add_onigmo(place, target):
    """Onigmo, the library of regular expressions, from the source package of Groonga."""
    apt = debian_sources("bookworm", place, kind="deb-src")
    run(*apt, "source", "--download-only", "groonga", cwd=place)
    run("tar", "--extract", "--file", next(place.glob("groonga_*.orig.tar.*z")), cwd=place)
    shutil.copytree(next(place.glob("groonga-*/vendor/onigmo-source")), target, dirs_exist_ok=True)
    # In this order, or make finds the generated files out of date and looks for automake.
    for pattern in ("**/aclocal.m4", "**/configure", "**/*.in"):
        for file in target.glob(pattern):
            file.touch()


def second_output(text):
    """The output to OpenSearch, for Dashboards: the same as that to Elasticsearch, with variables of its own."""
    return text.replace("${ELASTICSEARCH_", "${OPENSEARCH_").replace("elasticsearch", "opensearch")


def variables_of(name, url):
    parts = urllib.parse.urlsplit(url)
    return {f"{name}_HOST": parts.hostname, f"{name}_PORT": str(parts.port), f"{name}_USER": parts.username or "",
            f"{name}_PASSWORD": parts.password or "", f"{name}_TLS": "On" if parts.scheme == "https" else "Off",
            f"{name}_CA": elastic.AUTHORITIES.get(f"{parts.hostname}:{parts.port}", "")}


def start(started, paths, elasticsearch, opensearch=None, file="fluent-bit.conf", name="fluent-bit", cluster=True):
    """Starts Fluent Bit on these log files (paths may have wildcards), and returns the URL of its health and metrics. Without a
    `cluster`, the filter that asks Kubernetes is left out."""
    program, port = fetch(), free_port()
    note(f"starting Fluent Bit {VERSION}")
    place = started.folder / name
    shutil.copytree(CONFIGURATION, place)
    if not cluster:
        chosen = place / file
        chosen.write_text(re.sub(r"\[FILTER\]\n    Name +kubernetes\n(    .*\n)*", "", chosen.read_text()))
    output = place / "output-elasticsearch.conf"
    variables = {"FLUENT_LOG_PATHS": ",".join(str(path) for path in paths), "FLUENT_STATE": str(place / "state"),
                 "FLUENT_HTTP_LISTEN": "127.0.0.1", "FLUENT_HTTP_PORT": str(port),
                 **variables_of("ELASTICSEARCH", elasticsearch)}
    if opensearch:
        output.write_text(f"{output.read_text()}\n{second_output(output.read_text())}")
        variables |= variables_of("OPENSEARCH", opensearch)
    (place / "state").mkdir()
    started.process(name, [program, "-c", file], env=variables, cwd=place)
    url = f"http://127.0.0.1:{port}"
    started.wait(name, lambda: "input" in elastic.request("GET", f"{url}/api/v1/metrics"))
    return url


if __name__ == "__main__":
    if sys.argv[1:] != ["fetch"]:
        sys.exit(__doc__)
    print(fetch())
