"""What is expected of the logs in Elasticsearch and of the traces at the collector. Each function returns a list of faults."""
import json
import time
import urllib.error

import elastic
import log_stack
import saved_objects
from test_observability_files import documented_fields, fitting_types

ALL = "logs-shopstack.*"


def count_lines(paths):
    return sum(1 for path in paths for line in path.read_bytes().split(b"\n")[:-1] if line.strip())


def documents(elasticsearch):
    """The number of documents that come from files of the shop; those of containers name no file."""
    elastic.request("POST", f"{elasticsearch}/{ALL}/_refresh")
    return elastic.request("POST", f"{elasticsearch}/{ALL}/_count", {"query": {"exists": {"field": "log_file"}}})["count"]


def await_lines(elasticsearch, paths, timeout=90):
    """Waits until all lines of the files are documents. Returns both numbers."""
    until = time.monotonic() + timeout
    while True:
        lines, found = count_lines(paths()), documents(elasticsearch)
        if lines == found or time.monotonic() > until:
            return lines, found
        time.sleep(1)


def check_shipping(elasticsearch, fluent_bit, paths):
    """No line of the files is lost, refused or given up on the way."""
    faults, until = [], time.monotonic() + 60
    # A document is there before Fluent Bit has counted the response, and the shop writes lines meanwhile.
    while True:
        lines = count_lines(paths())
        metrics = elastic.request("GET", f"{fluent_bit}/api/v1/metrics")
        counts = [metrics["input"]["files"]["records"], *(output["proc_records"] for output in metrics["output"].values())]
        if time.monotonic() > until or set(counts) == {lines}:
            break
        time.sleep(1)
    if metrics["input"]["files"]["records"] != lines:
        faults.append(f"Fluent Bit read {metrics['input']['files']['records']} of {lines} lines")
    for name, output in metrics["output"].items():
        if output["proc_records"] != lines or output["dropped_records"] or output["retries_failed"]:
            faults.append(f"Fluent Bit's output {name} of {lines} lines: {output}")
    stats = elastic.request("GET", f"{elasticsearch}/{ALL}/_stats/indexing")["_all"]["primaries"]["indexing"]
    # A repeated attempt offers documents that are there already; those are refused as well.
    repeated = sum(output["retried_records"] for output in metrics["output"].values())
    if stats["index_failed"] > repeated:
        faults.append(f"Elasticsearch refused {stats['index_failed']} documents, and only {repeated} were offered twice")
    return faults


def check_fields(elasticsearch):
    """Types are as documented, in the mapping and in the documents, and nothing was moved aside."""
    faults = []
    mappings = elastic.request("GET", f"{elasticsearch}/{ALL}/_mapping")
    for index, body in mappings.items():
        properties = body["mappings"]["properties"]
        for name, kind in documented_fields().items():
            if properties.get(name, {}).get("type") not in fitting_types(kind):
                faults.append(f"{index}: {name} is {properties.get(name)}, documented as {kind}")
        if body["mappings"]["dynamic"] != "false":
            faults.append(f"{index} takes new fields")
    for query in ("_exists_:_ignored", "_exists_:other"):
        hits = saved_objects.run_search(elasticsearch, ALL, {"size": 3, "query": saved_objects.query_string(query)})["hits"]
        if hits["total"]["value"]:
            faults.append(f"{hits['total']['value']} documents with a value of another type or an unknown field: {json.dumps(hits['hits'][0])}")
    accepted = {"string": str, "integer": int, "boolean": bool}
    for name, kind in documented_fields().items():
        found = saved_objects.run_search(elasticsearch, ALL, {"size": 20, "query": {"exists": {"field": name}}})["hits"]["hits"]
        wrong = [hit["_source"][name] for hit in found if name in hit["_source"] and type(hit["_source"][name]) is not accepted[kind]]
        if wrong:
            faults.append(f"{name} is documented as {kind}, and is {wrong[0]!r}")
    return faults


def check_times(elasticsearch):
    """Times are those of the events, with microseconds."""
    newest = saved_objects.run_search(elasticsearch, "logs-shopstack.service-*", {"size": 50, "query": {"exists": {"field": "level"}}})["hits"]["hits"]
    precise = [hit for hit in newest if hit["_source"]["@timestamp"].split(".")[-1][3:6] != "000"]
    return [] if len(precise) > len(newest) // 2 else ["times have lost their microseconds"]


def is_refused(method, url, body=None):
    try:
        elastic.request(method, url, body)
    except urllib.error.HTTPError as error:
        return error.code == 403
    return False


def check_rights(sending, reading):
    """Fluent Bit can only add lines, and readers can only read."""
    stream = log_stack.DATA_STREAMS[0]
    line = {"@timestamp": "2026-01-01T00:00:00Z"}
    faults = [f"Fluent Bit may {method} {path}" for method, path in (
        ("GET", f"{stream}/_search"), ("DELETE", f"_data_stream/{stream}"), ("PUT", "_ingest/pipeline/shopstack-logs"))
        if not is_refused(method, f"{sending}/{path}", {} if method == "PUT" else None)]
    if saved_objects.run_search(reading, ALL, {"size": 1})["hits"]["total"]["value"] == 0:
        faults.append("readers find nothing")
    if not is_refused("POST", f"{reading}/{stream}/_doc", line):
        faults.append("readers may add lines")
    return faults


def check_lifecycle(elasticsearch):
    """Policies and pipeline are attached to each index, also to the next one."""
    faults = []
    for stream, policy in zip(log_stack.DATA_STREAMS, ("shopstack-logs", "shopstack-access-logs")):
        elastic.request("POST", f"{elasticsearch}/{stream}/_rollover")
        explained = elastic.request("GET", f"{elasticsearch}/{stream}/_ilm/explain")["indices"]
        if len(explained) != 2 or any(not one["managed"] or one["policy"] != policy for one in explained.values()):
            faults.append(f"{stream} does not follow {policy}: {explained}")
        for index, body in elastic.request("GET", f"{elasticsearch}/{stream}/_settings")[next(iter(explained))]["settings"].items():
            if body.get("default_pipeline") != "shopstack-logs":
                faults.append(f"{stream} has no pipeline: {index}")
        policy_body = elastic.request("GET", f"{elasticsearch}/_ilm/policy/{policy}")[policy]["policy"]["phases"]
        if "rollover" not in policy_body["hot"]["actions"] or "delete" not in policy_body:
            faults.append(f"{policy} neither rolls over nor deletes: {policy_body}")
    return faults


def check_objects(urls, unchecked):
    """Every saved search and panel has rows, in both stores."""
    objects, faults = saved_objects.load(), []
    for store in ("elasticsearch", "opensearch"):
        elastic.request("POST", f"{urls[store]}/{ALL}/_refresh")
        for one in objects:
            if one["id"] in unchecked:
                continue
            if one["type"] == "search" and not saved_objects.search_rows(urls[store], one, objects)[0]:
                faults.append(f"{store}: the saved search {one['attributes']['title']!r} has no rows")
            if one["type"] == "visualization":
                rows = saved_objects.panel_rows(urls[store], one, objects)
                if not rows or (one["id"] == "shopstack-funnel" and not all(rows.values())):
                    faults.append(f"{store}: the panel {one['attributes']['title']!r} is empty: {rows}")
    return faults


def all_documents(elasticsearch):
    """All documents as they are stored, as raw bytes."""
    page = elastic.request("POST", f"{elasticsearch}/{ALL}/_search?scroll=1m", {"size": 5000})
    raw = []
    while page["hits"]["hits"]:
        raw += [json.dumps(hit["_source"], ensure_ascii=False).encode() for hit in page["hits"]["hits"]]
        page = elastic.request("POST", f"{elasticsearch}/_search/scroll", {"scroll": "1m", "scroll_id": page["_scroll_id"]})
    return b"\n".join(raw)


def trace_of(elasticsearch, order):
    """The trace id that the log lines of an order have."""
    body = {"size": 0, "query": {"term": {"order": order}}, "aggs": {"traces": {"terms": {"field": "trace_id"}}}}
    return [bucket["key"] for bucket in saved_objects.run_search(elasticsearch, ALL, body)["aggregations"]["traces"]["buckets"]]


# The services of a purchase, and spans that each of them must have: a part of the name, and the kind.
EXPECTED_SPANS = {
    "payment": [("POST /api/v1/checkout", "server"), ("authorise sandbox", "client"), ("publish order.placed", "producer")],
    "cart": [("/internal/", "server"), ("process order.placed", "consumer")],
    "catalogue": [("/internal/", "server")],
    "dispatch": [("process order.placed", "consumer"), ("step commit_stock", "internal"), ("step capture", "internal"),
                 ("step create_shipment", "internal")],
    "shipping": [("/internal/", "server")],
}


def check_trace(spans, trace_id):
    """The spans of one purchase form one tree under the span that nginx has minted."""
    faults, by_id = [], {span.id: span for span in spans}
    if len(by_id) != len(spans):
        faults.append("a span was exported twice")
    minted = trace_id[:16]
    roots = [span for span in spans if span.parent not in by_id]
    if not roots or any(span.parent != minted for span in roots) or [span.name for span in roots] != ["POST /api/v1/checkout"]:
        faults.append(f"roots under nginx's span {minted}: {[(span.service, span.name, span.parent) for span in roots]}")
    for service, wanted in EXPECTED_SPANS.items():
        for name, kind in wanted:
            if not any(span.service == service and name in span.name and span.kind == kind for span in spans):
                faults.append(f"{service} has no span {name!r} of kind {kind}")
    for span in spans:
        parent = by_id.get(span.parent)
        if parent is None:
            continue
        called = f"{span.attributes.get('http.request.method')} {span.service}"
        if span.kind == "server" and (parent.kind != "client" or parent.name != called):
            faults.append(f"{span.service} {span.name!r} has the parent {parent.service} {parent.name!r} ({parent.kind})")
        if span.kind != "server" and span.kind != "consumer" and parent.service != span.service:
            faults.append(f"{span.service} {span.name!r} has a parent in {parent.service}")
        # An event carries the context in which it was written; the relay that publishes it, in a batch with others, is no
        # parent of those who process it.
        if span.kind == "consumer" and parent.kind not in ("server", "internal", "consumer"):
            faults.append(f"{span.service} {span.name!r} has the parent {parent.name!r} ({parent.kind})")
    for span in spans:
        for name, value in span.attributes.items():
            integer = name in ("http.response.status_code", "server.port", "messaging.batch.message_count")
            if type(value) is not (int if integer else str):
                faults.append(f"{span.name!r}: {name} is {value!r}")
    return faults
