#!/usr/bin/env bash
# barcoders drops accented letters from a Code 128 barcode, because it takes them for commands.
#
# Expected: an encoder of Code 128, which has ASCII alone, refuses a text with the letters "À", "Ć" or "Ɓ", as it refuses "Ä".
# Happens:  these letters are its syntax for a change of the character set, in the middle of the data too. "CAFÀ" becomes a barcode
#           that scanners read as "CAF", and "SIĆ12" one that they read as "SI12". No error is returned.
# Hurts:    labels with French or Croatian names or article numbers scan as another text, which may belong to another parcel.
# Versions: barcoders 2.0.0 from crates.io.
# Source:   the syntax is in the documentation of barcoders::sym::code128. Check that the text is ASCII before it is encoded.
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
barcoders = { version = "=2.0.0", default-features = false, features = ["std"] }
[workspace]
TOML
cat > src/main.rs <<'RUST'
use barcoders::sym::code128::Code128;

/// Encodes a text of character set B, whose symbols are 11 modules wide and the stop 13.
fn symbols(text: &str) -> Option<usize> {
    let modules = Code128::new(format!("\u{181}{text}")).ok()?.encode().len();
    Some((modules - 13) / 11)
}

fn main() {
    for text in ["CAF", "CAF\u{c0}", "CAF\u{c4}"] {
        println!("{text}: {:?} symbols", symbols(text));
    }
    // Start, three letters and the checksum; with the letter one symbol more, which selects a set and is no data.
    assert_eq!((symbols("CAF"), symbols("CAF\u{c0}"), symbols("CAF\u{c4}")), (Some(5), Some(6), None));
}
RUST
CARGO_TARGET_DIR="$folder/target" cargo run --quiet
