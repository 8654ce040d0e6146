#!/usr/bin/env bash
# The crate deunicode writes the Bulgarian vowel ъ as an apostrophe, which cuts words in two.
#
# Expected: each letter of a word becomes letters, so that an address made of a title keeps its words.
# Happens:  ъ and ь become apostrophes. In Russian they have no sound; in Bulgarian ъ is a vowel, one
#   of the most frequent ones. "Български чай" becomes b-lgarski-chai once what is no letter separates words.
# Hurts:    the addresses of half of a Bulgarian catalogue are broken, and change for good when it is mended later.
# Versions: deunicode 1.6.2 from crates.io.
# Source:   Transliteration Act of Bulgaria (2009), which writes ъ as a.
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
deunicode = "=1.6.2"
[workspace]
TOML
cat > src/main.rs <<'RUST'
fn main() {
    let text = deunicode::deunicode("Български чай, мощь");
    println!("{text}");
    let words = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).count();
    assert_ne!(words(&text), 3, "three words stay three");
}
RUST
CARGO_TARGET_DIR="$folder/target" cargo run --quiet
