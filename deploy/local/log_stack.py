#!/usr/bin/env python3
"""Elasticsearch, Fluent Bit, OpenSearch Dashboards and the collector for a shop on this machine.

    log_stack.py fetch              put all programs into the cache (20 minutes once)
    log_stack.py missing            list those that the cache lacks
    log_stack.py start PATH...      start them on these log files, print their URLs as JSON, and stop on Ctrl-C

OpenSearch and its Dashboards stand in for Kibana, which is in no registry, so Fluent Bit sends each line to Elasticsearch and
to OpenSearch. All listen on loopback, without passwords: for development and tests, never for production.
"""
import json
import os
import secrets
import signal
import sys
import tempfile
import threading
import urllib.parse
import uuid
from pathlib import Path

import elastic
import fluent_bit
import otel_collector
from programs import stop
from services import Started, note, run

OBSERVABILITY = Path(__file__).resolve().parents[1] / "observability"
TEMPLATES = OBSERVABILITY / "elasticsearch"
SAVED_OBJECTS = OBSERVABILITY / "kibana/shopstack.ndjson"
DATA_STREAMS = ["logs-shopstack.service-default", "logs-shopstack.access-default"]


def missing():
    """The folders of the programs that the cache lacks."""
    folders = [one.folder() for one in elastic.PROGRAMS] + [fluent_bit.folder(), otel_collector.folder()]
    return [folder for folder in folders if not folder.exists()]


def fetch():
    for one in elastic.PROGRAMS:
        one.fetch()
    fluent_bit.fetch()
    otel_collector.fetch()


def install_templates(elasticsearch, **variables):
    """Runs the installer and returns its output."""
    parts = urllib.parse.urlsplit(elasticsearch)
    host = f"{parts.hostname}:{parts.port}"
    variables = {"ELASTICSEARCH_URL": f"{parts.scheme}://{host}", "ELASTICSEARCH_USER": parts.username or "",
                 "ELASTICSEARCH_PASSWORD": parts.password or "", "ELASTICSEARCH_CA": elastic.AUTHORITIES.get(host, ""), **variables}
    return run("sh", str(TEMPLATES / "install.sh"), env=dict(os.environ, **variables))


def add_user(elasticsearch, name, role):
    """Adds a user with one role, and returns the URL with its password."""
    password = secrets.token_hex(12)
    elastic.request("PUT", f"{elasticsearch}/_security/user/{name}", {"password": password, "roles": [role]})
    parts = urllib.parse.urlsplit(elasticsearch)
    return f"{parts.scheme}://{name}:{password}@{parts.hostname}:{parts.port}"


def older(value):
    """A mapping as OpenSearch 2.5 knows it, which lacks three types of Elasticsearch 8."""
    if isinstance(value, list):
        return [older(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "flattened":
        return {"type": "object", "enabled": False}
    if value.get("type") == "constant_keyword":
        return {"type": "keyword"}
    if value.get("type") == "match_only_text":
        value = value | {"type": "text"}
    return {name: older(one) for name, one in value.items()}


def install_in_opensearch(opensearch):
    """Puts the pipeline and the templates into OpenSearch, without the lifecycle policies, which it has in another form."""
    pipeline = json.loads((TEMPLATES / "pipeline.json").read_text())
    for processor in pipeline["processors"]:
        if "reroute" in processor:
            condition = processor.pop("reroute")["if"]
            processor["set"] = {"field": "_index", "value": DATA_STREAMS[1], "if": condition}
    elastic.request("PUT", f"{opensearch}/_ingest/pipeline/shopstack-logs", pipeline)
    for part in ("mappings", "settings"):
        template = json.loads((TEMPLATES / f"component-{part}.json").read_text())
        elastic.request("PUT", f"{opensearch}/_component_template/shopstack-logs-{part}", older(template))
    for part in ("service", "access"):
        template = json.loads((TEMPLATES / f"index-template-{part}.json").read_text())
        del template["template"]["settings"]["index"]["lifecycle"]
        elastic.request("PUT", f"{opensearch}/_index_template/logs-shopstack.{part}", older(template))


def import_objects(dashboards):
    """Imports the saved objects and returns the response."""
    boundary = uuid.uuid4().hex
    body = (f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="{SAVED_OBJECTS.name}"\r\n'
            f"content-type: application/ndjson\r\n\r\n{SAVED_OBJECTS.read_text()}\r\n--{boundary}--\r\n")
    return elastic.request("POST", f"{dashboards}/api/saved_objects/_import?overwrite=true", body.encode(),
                           {"content-type": f"multipart/form-data; boundary={boundary}", "osd-xsrf": "true"})


def start_stores(started, with_security=False):
    """Starts Elasticsearch, OpenSearch and Dashboards, installs what they need, and returns their URLs. Elasticsearch has TLS
    and passwords with security."""
    urls = {"elasticsearch": elastic.start_elasticsearch(started, with_security=with_security),
            "opensearch": elastic.start_opensearch(started)}
    install_templates(urls["elasticsearch"], INSTALL_ROLES="1" if with_security else "0")
    install_in_opensearch(urls["opensearch"])
    urls["dashboards"] = elastic.start_dashboards(started, urls["opensearch"])
    imported = import_objects(urls["dashboards"])
    if not imported["success"]:
        sys.exit(f"the saved objects were not imported: {imported}")
    return urls


def start(started, log_paths, traces_endpoint=None):
    """Starts everything for the log files at these paths, which may have wildcards, and returns the URLs: elasticsearch,
    opensearch, dashboards, fluent_bit, otlp (for OTEL_EXPORTER_OTLP_ENDPOINT of the services) and collector."""
    urls = start_stores(started)
    urls["fluent_bit"] = fluent_bit.start(started, log_paths, urls["elasticsearch"], urls["opensearch"])
    return urls | otel_collector.start(started, traces_endpoint)


def main():
    words = sys.argv[1:]
    if words == ["fetch"]:
        fetch()
    elif words == ["missing"]:
        print("".join(f"{folder}\n" for folder in missing()), end="")
    elif words[:1] == ["start"] and len(words) > 1:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        started = Started(tempfile.mkdtemp(prefix="shopstack-logs-"))
        try:
            print(json.dumps(start(started, words[1:]), indent=1), flush=True)
            note("stop with Ctrl-C")
            threading.Event().wait()
        except KeyboardInterrupt:
            pass
        finally:
            stop(started)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
