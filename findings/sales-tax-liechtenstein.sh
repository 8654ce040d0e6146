#!/usr/bin/env bash
# The rates of the npm package sales-tax have Switzerland's change of 2024, but not that of Liechtenstein.
#
# Expected: Switzerland and Liechtenstein have one rate, since Liechtenstein takes over the Swiss law on value added tax by treaty,
#   and both raised the standard rate from 7.7 % to 8.1 % on 1 January 2024.
# Happens:  CH has 8.1 % with the former rate as history; LI has 7.7 % without any.
# Hurts:    a shop that fills in the rates of all countries from the package charges customers in Liechtenstein too little tax, and
#   owes the difference itself.
# Versions: sales-tax 2.23.0.
# Source:   Treaty between Switzerland and Liechtenstein on value added tax of 28 October 1994 (SR 0.641.295.142); the Swiss VAT
#   Act, article 25 as of 1 January 2024 (SR 641.20), and Liechtenstein's act on value added tax (LR 641.20).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" sales-tax@2.23.0
cd "$folder"
node -e 'const rates = require("sales-tax/res/sales_tax_rates.json");
console.log("sales-tax", require("sales-tax/package.json").version, "CH", rates.CH.rate, "LI", rates.LI.rate);' | tee found.txt
grep -q 'CH 0.081 LI 0.077' found.txt
