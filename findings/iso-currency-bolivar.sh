#!/usr/bin/env bash
# The crate iso_currency calls VES superseded, a currency that ISO 4217 lists and Venezuela uses.
#
# Expected: `is_superseded` is true for currencies that are gone, such as HRK, so that a shop can refuse them.
# Happens:  VES counts as superseded by VED. ISO 4217 has listed both since 2021: VED is an additional code for the central
#   bank's own systems, VES is what prices and cards are in.
# Hurts:    a shop that refuses superseded currencies turns merchants in Venezuela away, and one that follows `latest()` sends
#   a code that no bank accepts.
# Versions: iso_currency 0.7.1 from crates.io.
# Source:   ISO 4217 list one, rows of Venezuela; ISO 4217 amendment 170 of 2021.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
iso_currency = "=0.7.1"
[workspace]
TOML
cat > src/main.rs <<'RUST'
use iso_currency::Currency;
fn main() {
    for currency in [Currency::HRK, Currency::VES] {
        println!("{} ({}) is superseded by {:?}", currency.code(), currency.name(), currency.is_superseded());
    }
    assert_eq!(Currency::VES.is_superseded(), Some(Currency::VED));
}
RUST
CARGO_TARGET_DIR="$folder/target" cargo run --quiet
