"""The saved searches and panels of deploy/observability/kibana as requests to Elasticsearch or OpenSearch.

It knows the kinds of aggregations that those panels use, and no others.
"""
import json
import re
from pathlib import Path

import elastic

NDJSON = Path(__file__).resolve().parents[1] / "observability/kibana/shopstack.ndjson"
# Every word before a colon in a query of Lucene's syntax, outside of quotes, is a field.
FIELD = re.compile(r"([@\w.]+):")


def load():
    return [json.loads(line) for line in NDJSON.read_text().splitlines()]


def by_id(objects):
    return {(one["type"], one["id"]): one for one in objects}


def query_of(one):
    return json.loads(one["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])["query"]["query"]


def pattern_of(one, objects):
    reference = next(ref for ref in one["references"] if ref["type"] == "index-pattern")
    return by_id(objects)["index-pattern", reference["id"]]["attributes"]["title"]


def aggregations_of(one):
    return json.loads(one["attributes"]["visState"])["aggs"]


def fields_of(one):
    """The fields that a search or visualisation uses."""
    queries, fields = [query_of(one)], set(one["attributes"].get("columns", []))
    if one["type"] == "visualization":
        for aggregation in aggregations_of(one):
            fields.add(aggregation["params"].get("field", "@timestamp"))
            queries += [each["input"]["query"] for each in aggregation["params"].get("filters", [])]
    for query in queries:
        fields |= set(FIELD.findall(re.sub(r'"[^"]*"', '""', query)))
    return fields


def query_string(query):
    return {"query_string": {"query": query, "analyze_wildcard": True}} if query else {"match_all": {}}


def metric_aggregation(aggregation):
    kind, params = aggregation["type"], aggregation["params"]
    if kind == "percentiles":
        return {"percentiles": {"field": params["field"], "percents": params["percents"]}}
    if kind in ("cardinality", "max", "avg", "sum"):
        return {kind: {"field": params["field"]}}
    raise ValueError(f"a panel has the metric {kind}, which this test does not know")


def bucket_aggregation(aggregation, metrics):
    kind, params = aggregation["type"], aggregation["params"]
    if kind == "date_histogram":
        return {"date_histogram": {"field": params["field"], "fixed_interval": "1m", "min_doc_count": 1}}
    if kind == "filters":
        return {"filters": {"filters": {each["label"]: query_string(each["input"]["query"]) for each in params["filters"]}}}
    if kind == "terms":
        order = params["orderBy"]
        counted = any(each["id"] == order and each["type"] == "count" for each in metrics)
        return {"terms": {"field": params["field"], "size": params["size"], "order": {"_count" if counted else order: params["order"]}}}
    raise ValueError(f"a panel has the bucket {kind}, which this test does not know")


def body_of(one):
    """The request of a visualisation."""
    aggregations = aggregations_of(one)
    metrics = [each for each in aggregations if each["schema"] == "metric"]
    inner = {each["id"]: metric_aggregation(each) for each in metrics if each["type"] != "count"}
    for bucket in reversed([each for each in aggregations if each["schema"] != "metric"]):
        outer = bucket_aggregation(bucket, metrics)
        if inner:
            outer["aggs"] = inner
        inner = {bucket["id"]: outer}
    return {"size": 0, "track_total_hits": True, "query": query_string(query_of(one)), "aggs": inner} if inner else {
        "size": 0, "track_total_hits": True, "query": query_string(query_of(one))}


def run_search(url, pattern, body):
    return elastic.request("POST", f"{url}/{pattern}/_search", body)


def search_rows(url, one, objects, size=1):
    """The number of rows of a saved search, and the first ones."""
    sort = [{name: {"order": order, "unmapped_type": "date_nanos"}} for name, order in one["attributes"]["sort"]]
    hits = run_search(url, pattern_of(one, objects), {"size": size, "track_total_hits": True, "query": query_string(query_of(one)), "sort": sort})["hits"]
    return hits["total"]["value"], [hit["_source"] for hit in hits["hits"]]


def panel_rows(url, one, objects):
    """The labels of a visualisation's outermost non-empty buckets, or its number of documents when it has none."""
    response = run_search(url, pattern_of(one, objects), body_of(one))
    if response["_shards"]["failed"]:
        raise ValueError(f"{one['id']}: {response['_shards']}")
    documents = response["hits"]["total"]["value"]
    buckets = next((each["buckets"] for each in response.get("aggregations", {}).values() if "buckets" in each), None)
    if buckets is None:
        return {"documents": documents} if documents else {}
    if isinstance(buckets, dict):
        return {label: bucket["doc_count"] for label, bucket in buckets.items()}
    rows = {bucket.get("key_as_string", bucket["key"]): bucket["doc_count"] for bucket in buckets}
    # The next level must have buckets too, or the panel is drawn empty.
    split = [each for bucket in buckets for each in bucket.values() if isinstance(each, dict) and "buckets" in each]
    return rows if not split or any(each["buckets"] for each in split) else {}
