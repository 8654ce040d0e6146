#!/usr/bin/env bash
# Starts shops on free ports in a temporary folder and works on them in headless Chromium: a customer buys with every payment
# method, cancels and returns; pages show before their script has run; every page fits a narrow screen; links, Back and Forward
# lead through the shop and the admin; a merchant goes through a day in the admin; a visitor loses the network. Audits the data
# of each. Screenshots go to $SCREENSHOTS, or to the temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."

program="${SHOPSTACK:-${CARGO_TARGET_DIR:-target}/release/shopstack}"
folder="$(mktemp -d)"
screenshots="${SCREENSHOTS:-$folder/screenshots}"
mkdir -p "$screenshots"

shop=""
stop() {
  [ -z "$shop" ] || { kill "$shop" 2>/dev/null || true; wait "$shop" 2>/dev/null || true; }
  shop=""
}
trap 'stop; rm -rf "$folder"' EXIT

# Runs a script of storefront/e2e against a new shop, a demo or an empty one, with the given environment variables.
run() {
  local script="$1" contents="$2" address="" options=()
  shift 2
  [ "$contents" = empty ] || options=(--demo)
  env "$@" "$program" up "${options[@]}" --data-dir "$folder/$script" --port 0 --operations-port 0 >"$folder/out" 2>"$folder/log" &
  shop=$!
  while [ -z "$address" ]; do
    address="$(sed -nE 's|^ +Shop +(http://[^/]+)/.*|\1|p' "$folder/out")"
    kill -0 "$shop" 2>/dev/null || { cat "$folder/log"; exit 1; }
    sleep 0.1
  done
  (cd storefront && node "e2e/$script.mjs" "$address" "$screenshots")
  stop
  "$program" audit --data-dir "$folder/$script"
}

# An account number from the standard's own examples (ISO 13616).
transfer=(PAYMENT_GATEWAY=sandbox,transfer TRANSFER_HOLDER=Fieldhouse TRANSFER_IBAN=DE89370400440532013000)
run purchase demo "${transfer[@]}"
run first-view demo PAYMENT_GATEWAY=sandbox
run reflow demo SHIPPING_CARRIER=manual "${transfer[@]}"
run navigation demo SHIPPING_CARRIER=manual
run admin demo SHIPPING_CARRIER=manual
# A demo shop has no offline page.
run offline empty SHOP_NAME="Hofladen Müller"
