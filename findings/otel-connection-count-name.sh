#!/bin/sh
# A metric with the name that OpenTelemetry prescribes is refused by Prometheus' own linter.
#
# One expects: the semantic conventions name the open connections of a pool `db.client.connection.count` (an UpDownCounter), and the
# official exporter writes it in Prometheus' format, so `promtool check metrics` accepts what comes out.
# What happens: the exporter writes a gauge `db_client_connection_count`, and promtool refuses it, because `_count` is the
# suffix of histograms and summaries. `http.server.active_requests`, an UpDownCounter as well, passes.
# Why a shop is hurt: a gate that lints the metrics of a service fails for a name that follows the standard, and a
# dashboard that finds histograms by `_count` takes the pool for one. Name the gauge otherwise, such as `db_client_connections`.
#
# Versions: opentelemetry-sdk 1.35.0, opentelemetry-exporter-prometheus 0.56b0 (PyPI), promtool of Debian bookworm's prometheus.
# Source: observed here; https://opentelemetry.io/docs/specs/semconv/db/database-metrics/ has the name.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv env
env/bin/pip install --quiet opentelemetry-sdk==1.35.0 opentelemetry-exporter-prometheus==0.56b0 prometheus-client==0.22.1
if ! command -v promtool > /dev/null; then
  apt-get download -qq prometheus
  dpkg -x prometheus_*.deb unpacked
  PATH=$folder/unpacked/usr/bin:$PATH
fi
promtool --version 2>&1 | head -n 1

cat > metrics.py <<'END'
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY, generate_latest

for collector in list(REGISTRY._collector_to_names):
    REGISTRY.unregister(collector)
meter = MeterProvider([PrometheusMetricReader(disable_target_info=True)]).get_meter("shop")
text = "The number of connections that are currently in state described by the state attribute"
pool = {"db.client.connection.pool.name": "orders", "db.client.connection.state": "idle"}
meter.create_up_down_counter("db.client.connection.count", "{connection}", text).add(3, pool)
meter.create_up_down_counter("http.server.active_requests", "{request}", "Number of active HTTP server requests").add(1, {"http.request.method": "GET"})
print(generate_latest(REGISTRY).decode(), end="")
END
env/bin/python metrics.py > metrics.txt
cat metrics.txt
answer=0
promtool check metrics < metrics.txt > refusal.txt 2>&1 || answer=$?
cat refusal.txt

if [ "$answer" = 3 ] && grep -q 'db_client_connection_count .*"_count" suffix' refusal.txt && ! grep -q active_requests refusal.txt; then
  echo "as described: the name of the convention is refused"
else
  echo "CHANGED: promtool answered $answer"
  exit 1
fi
