//! Builds anew when the storefront was built anew: its files are embedded.

fn main() {
    println!("cargo::rerun-if-changed=../../storefront/dist");
}
