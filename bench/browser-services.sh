#!/usr/bin/env bash
# Works on a shop of eight services behind nginx, two of each, in headless Chromium: a customer buys with every payment method,
# cancels and returns, and checks out while another request fails each time; links, Back and Forward lead through the shop and
# the admin; a merchant goes through a day in the admin. Audits the stores after each. Screenshots go to $SCREENSHOTS, or to a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."

program="${SHOPSTACK:-${CARGO_TARGET_DIR:-target}/debug/shopstack}"
state="${SHOPSTACK_CACHE:-$HOME/.cache/shopstack}/services.json"
folder="$(mktemp -d)"
screenshots="${SCREENSHOTS:-$folder/screenshots}"
mkdir -p "$screenshots"
running_before=false
if [ -e "$state" ]; then running_before=true; fi

finish() {
  python3 deploy/local/shop.py stop >/dev/null 2>&1 || true
  if [ "$running_before" = false ]; then python3 deploy/local/services.py stop >/dev/null 2>&1 || true; fi
  rm -rf "$folder"
}
trap finish EXIT

# Runs scripts of storefront/e2e against a new shop whose parcels move as the first argument says: simulated ones so slowly that
# an order can be cancelled before its parcel leaves.
run() {
  local carrier="$1" environment
  shift
  environment="$(python3 deploy/local/shop.py start --replicas 2 --carrier "$carrier" --pace 20 --transfer --program "$program")"
  (
    eval "$environment"
    for script in "$@"; do
      (cd storefront && node "e2e/$script.mjs" "$SHOPSTACK_BASE_URL" "$screenshots")
    done
    "$program" audit --backends
  )
  python3 deploy/local/shop.py stop
}

run simulated purchase failing-requests
run manual navigation admin
