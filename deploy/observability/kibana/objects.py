"""The forms of saved objects: index patterns, saved searches, visualisations and dashboards.

The form is that of Kibana 7.6. Later versions of Kibana migrate it when they import it, and OpenSearch Dashboards, a fork of
Kibana 7.10, takes nothing newer: an object with `coreMigrationVersion` or `typeMigrationVersion`, or a visualisation of Lens,
is refused. Queries are in Lucene's syntax, which Elasticsearch itself reads, so that a test can run them as they are.
"""
import json

# Colours that people with any of the common kinds of colour blindness tell apart (Okabe and Ito, 2008).
BLUE, GREEN, ORANGE, RED, SKY, PINK, YELLOW = "#0072B2", "#009E73", "#E69F00", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442"
DARK, GREY = "#4D4D4D", "#999999"
SERVICE_COLOURS = {"user": BLUE, "catalogue": GREEN, "cart": ORANGE, "payment": RED, "shipping": SKY, "ratings": YELLOW,
                   "dispatch": PINK, "web": DARK, "nginx": GREY}
LEVEL_COLOURS = {"ERROR": RED, "WARN": ORANGE, "INFO": BLUE, "DEBUG": GREY}
STATUS_COLOURS = {"2xx": BLUE, "3xx": SKY, "4xx": ORANGE, "5xx": RED}

SOURCE = "kibanaSavedObjectMeta"


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def source(query, pattern):
    """The search that an object is drawn from, and its reference to the index pattern."""
    name = f"{SOURCE}.searchSourceJSON.index"
    text = compact({"query": {"language": "lucene", "query": query}, "filter": [], "indexRefName": name})
    return {"searchSourceJSON": text}, [{"id": pattern, "name": name, "type": "index-pattern"}]


def index_pattern(identity, title):
    formats = {"duration_us": {"id": "duration", "params": {
        "inputFormat": "microseconds", "outputFormat": "asMilliseconds", "outputPrecision": 1}}}
    return {"attributes": {"title": title, "timeFieldName": "@timestamp", "fieldFormatMap": compact(formats)},
            "id": identity, "migrationVersion": {"index-pattern": "7.6.0"}, "references": [], "type": "index-pattern"}


def search(identity, pattern, title, description, query, columns, oldest_first=False):
    meta, references = source(query, pattern)
    return {"attributes": {"title": title, "description": description, "hits": 0, "columns": columns,
                           "sort": [["@timestamp", "asc" if oldest_first else "desc"]], "version": 1, SOURCE: meta},
            "id": identity, "migrationVersion": {"search": "7.4.0"}, "references": references, "type": "search"}


def visualisation(identity, pattern, title, description, query, kind, params, aggs, colours=None):
    meta, references = source(query, pattern)
    state = compact({"title": title, "type": kind, "params": params, "aggs": aggs})
    interface = compact({"vis": {"colors": colours}} if colours else {})
    return {"attributes": {"title": title, "description": description, "visState": state, "uiStateJSON": interface,
                           "version": 1, SOURCE: meta},
            "id": identity, "migrationVersion": {"visualization": "7.4.2"}, "references": references, "type": "visualization"}


def dashboard(identity, title, description, rows):
    """`rows` are pairs of a height and panels; a panel is the type and id of an object, and its share of the 48 columns."""
    panels, references, top = [], [], 0
    for height, row in rows:
        left = 0
        for kind, panel, width in row:
            name = f"panel_{len(panels)}"
            place = {"x": left, "y": top, "w": width, "h": height, "i": str(len(panels) + 1)}
            panels.append({"version": "7.6.0", "gridData": place, "panelIndex": place["i"], "embeddableConfig": {},
                           "panelRefName": name})
            references.append({"id": panel, "name": name, "type": kind})
            left += width
        top += height
    meta = {"searchSourceJSON": compact({"query": {"language": "lucene", "query": ""}, "filter": []})}
    return {"attributes": {"title": title, "description": description, "hits": 0, "panelsJSON": compact(panels),
                           "optionsJSON": compact({"useMargins": True, "hidePanelTitles": False}), "version": 1,
                           "timeRestore": True, "timeFrom": "now-24h", "timeTo": "now",
                           "refreshInterval": {"pause": True, "value": 0}, SOURCE: meta},
            "id": identity, "migrationVersion": {"dashboard": "7.3.0"}, "references": references, "type": "dashboard"}


def count(label):
    return {"id": "1", "enabled": True, "type": "count", "schema": "metric", "params": {"customLabel": label}}


def metric(kind, field, label, number=1, **params):
    return {"id": str(number), "enabled": True, "type": kind, "schema": "metric",
            "params": {"field": field, **params, "customLabel": label}}


def percentiles(field, label, percents, number=1):
    return metric("percentiles", field, label, number, percents=percents)


def by_time(label="Time"):
    return {"id": "2", "enabled": True, "type": "date_histogram", "schema": "segment", "params": {
        "field": "@timestamp", "useNormalizedEsInterval": True, "interval": "auto", "drop_partials": False,
        "min_doc_count": 1, "extended_bounds": {}, "customLabel": label}}


def by_terms(field, label, schema, number, size=10, order="1"):
    return {"id": str(number), "enabled": True, "type": "terms", "schema": schema, "params": {
        "field": field, "orderBy": order, "order": "desc", "size": size, "otherBucket": False, "missingBucket": False,
        "customLabel": label}}


def by_filters(filters, label, schema, number):
    """`filters` are the labels of the buckets and their queries."""
    return {"id": str(number), "enabled": True, "type": "filters", "schema": schema, "params": {"filters": [
        {"label": name, "input": {"language": "lucene", "query": query}} for name, query in filters.items()], "customLabel": label}}


def chart(kind, value_label, category_label="", stacked=True, horizontal=False, legend="right"):
    """The parameters of a bar, line or area chart."""
    category = {"id": "CategoryAxis-1", "type": "category", "position": "left" if horizontal else "bottom", "show": True,
                "style": {}, "scale": {"type": "linear"}, "title": {"text": category_label},
                "labels": {"show": True, "filter": not horizontal, "truncate": 200, "rotate": 0}}
    value = {"id": "ValueAxis-1", "name": "LeftAxis-1", "type": "value", "position": "bottom" if horizontal else "left",
             "show": True, "style": {}, "scale": {"type": "linear", "mode": "normal"}, "title": {"text": value_label},
             "labels": {"show": True, "filter": horizontal, "truncate": 100, "rotate": 0}}
    series = {"show": True, "type": "histogram" if horizontal else kind, "mode": "stacked" if stacked else "normal",
              "data": {"label": value_label, "id": "1"}, "valueAxis": "ValueAxis-1", "drawLinesBetweenPoints": True,
              "showCircles": True, "lineWidth": 2, "interpolate": "linear"}
    return {"type": "horizontal_bar" if horizontal else kind, "grid": {"categoryLines": False},
            "categoryAxes": [category], "valueAxes": [value], "seriesParams": [series], "addTooltip": True,
            "addLegend": True, "legendPosition": legend, "times": [], "addTimeMarker": False, "labels": {"show": horizontal},
            "thresholdLine": {"show": False, "value": 10, "width": 1, "style": "full", "color": RED}}


def table(per_page=10):
    return {"perPage": per_page, "showPartialRows": False, "showMetricsAtAllLevels": False,
            "sort": {"columnIndex": None, "direction": None}, "showTotal": False, "totalFunc": "sum", "percentageCol": ""}


def number(colour_ranges=None):
    """The parameters of a single number."""
    return {"addTooltip": True, "addLegend": False, "type": "metric", "metric": {
        "percentageMode": False, "useRanges": False, "colorSchema": "Blues", "metricColorMode": "None",
        "colorsRange": colour_ranges or [{"from": 0, "to": 10000}], "labels": {"show": True}, "invertColors": False,
        "style": {"bgFill": "#000", "bgColor": False, "labelColor": False, "subText": "", "fontSize": 36}}}
