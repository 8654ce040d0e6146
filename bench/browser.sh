#!/usr/bin/env bash
# Starts a demo shop on free ports in a temporary folder, buys in headless Chromium with every payment method, cancels and
# returns, and audits the data. Screenshots go to $SCREENSHOTS, or to the temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."

program="${SHOPSTACK:-${CARGO_TARGET_DIR:-target}/release/shopstack}"
folder="$(mktemp -d)"
screenshots="${SCREENSHOTS:-$folder/screenshots}"
mkdir -p "$screenshots"

# An account number from the standard's own examples (ISO 13616).
export PAYMENT_GATEWAY=sandbox,transfer TRANSFER_HOLDER=Fieldhouse TRANSFER_IBAN=DE89370400440532013000
"$program" up --demo --data-dir "$folder/data" --port 0 --operations-port 0 >"$folder/out" 2>"$folder/log" &
shop=$!
trap 'kill "$shop" 2>/dev/null || true; wait "$shop" 2>/dev/null || true; rm -rf "$folder"' EXIT

address=""
while [ -z "$address" ]; do
  address="$(sed -nE 's|^ +Shop +(http://[^/]+)/.*|\1|p' "$folder/out")"
  kill -0 "$shop" 2>/dev/null || { cat "$folder/log"; exit 1; }
  sleep 0.1
done

(cd storefront && node e2e/purchase.mjs "$address" "$screenshots")
"$program" audit --data-dir "$folder/data"
