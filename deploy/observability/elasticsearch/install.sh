#!/bin/sh
# Puts the lifecycle policies, the ingest pipeline and the templates of the log data streams into Elasticsearch. It can be run
# again at any time: what is there already is left as it is. It needs nothing but a POSIX shell and curl, as in the image
# curlimages/curl.
#
#   ELASTICSEARCH_URL         such as https://elasticsearch:9200
#   ELASTICSEARCH_USER, ELASTICSEARCH_PASSWORD   or ELASTICSEARCH_API_KEY; none for a cluster without security
#   ELASTICSEARCH_CA          the file of the authority that signed the server's certificate; empty: the system's
#   LOGS_RETENTION            how long the services' logs are kept, by default 30d
#   ACCESS_LOGS_RETENTION     how long nginx's access log is kept, by default 14d
#   INSTALL_ROLES             1 also puts the roles shopstack-log-shipper and shopstack-log-reader
#   ELASTICSEARCH_WAIT        the seconds to wait for the server, by default 300
set -eu

url=${ELASTICSEARCH_URL:?such as https://elasticsearch:9200}
url=${url%/}
folder=$(cd "$(dirname "$0")" && pwd)
logs_retention=${LOGS_RETENTION:-30d}
access_retention=${ACCESS_LOGS_RETENTION:-14d}
for retention in "$logs_retention" "$access_retention"; do
  case $retention in
    *[!0-9dhm]* | [!0-9]*) echo "a retention is a number with d, h or m, such as 30d, not $retention" >&2; exit 2 ;;
  esac
done

# The response of the last request.
answer=""

# request METHOD PATH [BODY]: sets `answer`; fails on an HTTP error.
request() {
  # curl reads the password and the body from its standard input, since everybody on the machine sees command lines.
  answer=$({
    [ -z "${ELASTICSEARCH_API_KEY:-}" ] || printf 'header = "Authorization: ApiKey %s"\n' "$ELASTICSEARCH_API_KEY"
    [ -z "${ELASTICSEARCH_USER:-}" ] || printf 'user = "%s:%s"\n' "$(quoted "$ELASTICSEARCH_USER")" "$(quoted "${ELASTICSEARCH_PASSWORD:-}")"
    [ -z "${ELASTICSEARCH_CA:-}" ] || printf 'cacert = "%s"\n' "$(quoted "$ELASTICSEARCH_CA")"
    [ -z "${3:-}" ] || printf 'data = "%s"\n' "$(quoted "$3" | tr '\n' ' ')"
  } | curl --config - --silent --show-error --fail-with-body --max-time 30 --request "$1" \
        --header "Content-Type: application/json" "$url$2")
}

quoted() {
  printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g'
}

# current PATH: prints what is there, and nothing if there is nothing.
current() {
  if request GET "$1" 2> /dev/null; then printf '%s' "$answer"; fi
}

# put NAME FILE PATH: puts the file and says whether that changed anything.
changed=0
put() {
  before=$(current "$3")
  body=$(sed -e "s/\${LOGS_RETENTION}/$logs_retention/" -e "s/\${ACCESS_LOGS_RETENTION}/$access_retention/" "$folder/$2")
  if ! request PUT "$3" "$body"; then
    echo "cannot install $1: $answer" >&2
    exit 1
  fi
  if [ "$before" = "$(current "$3")" ]; then
    echo "$1: unchanged"
  else
    echo "$1: installed"
    changed=$((changed + 1))
  fi
}

waited=0
until request GET "/_cluster/health?wait_for_status=yellow&timeout=5s" 2> /dev/null; do
  if [ "$waited" -ge "${ELASTICSEARCH_WAIT:-300}" ]; then
    request GET / || echo "Elasticsearch does not respond at $url: $answer" >&2
    exit 1
  fi
  waited=$((waited + 2))
  sleep 2
done

put "lifecycle policy shopstack-logs" ilm-logs.json /_ilm/policy/shopstack-logs
put "lifecycle policy shopstack-access-logs" ilm-access-logs.json /_ilm/policy/shopstack-access-logs
put "ingest pipeline shopstack-logs" pipeline.json /_ingest/pipeline/shopstack-logs
templates_before=$changed
put "component template shopstack-logs-mappings" component-mappings.json /_component_template/shopstack-logs-mappings
put "component template shopstack-logs-settings" component-settings.json /_component_template/shopstack-logs-settings
put "index template logs-shopstack.service" index-template-service.json /_index_template/logs-shopstack.service
put "index template logs-shopstack.access" index-template-access.json /_index_template/logs-shopstack.access
if [ "${INSTALL_ROLES:-0}" = 1 ]; then
  put "role shopstack-log-shipper" role-shipper.json /_security/role/shopstack-log-shipper
  put "role shopstack-log-reader" role-reader.json /_security/role/shopstack-log-reader
fi

# An index keeps the mapping that it was created with, so new ones begin where a template has changed.
if [ "$changed" -gt "$templates_before" ]; then
  for stream in logs-shopstack.service-default logs-shopstack.access-default; do
    if [ -n "$(current "/_data_stream/$stream")" ]; then
      request POST "/$stream/_rollover" || { echo "cannot roll over $stream: $answer" >&2; exit 1; }
      echo "data stream $stream: rolled over"
    fi
  done
fi
echo "$changed changed"
