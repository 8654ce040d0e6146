#!/usr/bin/env bash
# Every test that needs real servers: the stores and the broker on MongoDB, Redis, MariaDB and RabbitMQ, then the
# acceptance suite against eight processes behind nginx on them, once with one and once with two replicas of each
# service, and an audit after each; at the end fault tests while customers buy, a short storm against the services and
# against a shop in one process, and crash points of the latter. Servers that were not running before are stopped again.
set -euo pipefail
cd "$(dirname "$0")/../.."

local="deploy/local"
target="${CARGO_TARGET_DIR:-target}"
state="${SHOPSTACK_CACHE:-$HOME/.cache/shopstack}/services.json"
running_before=false
if [ -e "$state" ]; then running_before=true; fi

finish() {
  python3 "$local/shop.py" stop >/dev/null 2>&1 || true
  if [ "$running_before" = false ]; then python3 "$local/services.py" stop >/dev/null 2>&1 || true; fi
}
trap finish EXIT

environment="$(python3 "$local/services.py" start)"
(eval "$environment" && cargo test --workspace --tests -- --ignored)

cargo build -p shopstack
for replicas in 1 2; do
  printf '\n-- eight services behind nginx, %s of each\n' "$replicas"
  environment="$(python3 "$local/shop.py" start --replicas "$replicas" --program "$target/debug/shopstack")"
  (eval "$environment" && cargo test -p shopstack --test it && "$target/debug/shopstack" audit --backends)
  if [ "$replicas" = 2 ]; then
    printf '\n-- faults while customers buy\n'
    python3 "$local/test_faults.py" "$target/debug/shopstack"
  fi
  python3 "$local/shop.py" stop
done

printf '\n-- a short storm\n'
python3 "$local/shop.py" start --replicas 2 --carrier manual --program "$target/debug/shopstack" >/dev/null
python3 "$local/storm.py" "$target/debug/shopstack" --minutes 1
python3 "$local/shop.py" stop

printf '\n-- a short storm against a shop in one process\n'
python3 "$local/storm.py" "$target/debug/shopstack" --embedded --minutes 0.5

printf '\n-- crash points of a shop in one process\n'
python3 "$local/every_crash.py" "$target/debug/shopstack" --every 16
