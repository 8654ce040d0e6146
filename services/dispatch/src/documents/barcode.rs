//! Barcodes for the scanners of a warehouse: Code 128 (ISO/IEC 15417), which has all of ASCII.

use barcoders::sym::code128::Code128;

/// The prefix with which the library selects the characters of set B: letters in both cases, digits and signs.
const SET_B: char = '\u{181}';

/// Returns the modules of a barcode from left to right, true for a black one; `None` if the text has characters that it cannot
/// contain. The quiet zones on both sides are not included.
pub fn modules(text: &str) -> Option<Vec<bool>> {
    // The library would take other characters for switches of its own.
    if text.is_empty() || !text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return None;
    }
    let barcode = Code128::new(format!("{SET_B}{text}")).ok()?;
    Some(barcode.encode().into_iter().map(|module| module == 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the widths of bars and spaces in turn.
    fn widths(text: &str) -> String {
        let modules = modules(text).unwrap();
        let mut widths = vec![1_u32];
        for pair in modules.windows(2) {
            if pair[0] == pair[1] {
                *widths.last_mut().unwrap() += 1;
            } else {
                widths.push(1);
            }
        }
        widths.iter().map(u32::to_string).collect()
    }

    #[test]
    fn a_barcode_has_start_data_checksum_and_stop() {
        // Start B, S, S, 1, the checksum 104 + 51 + 2 * 51 + 3 * 17 = 308 modulo 103 = 102, and the stop.
        assert_eq!(widths("SS1"), "211214".to_owned() + "213113" + "213113" + "123221" + "411131" + "2331112");
    }

    #[test]
    fn what_has_no_barcode_is_left_out() {
        assert_eq!(modules(""), None);
        assert_eq!(modules("Ć12"), None, "a switch of the library");
        assert_eq!(modules("Müller"), None);
        assert!(modules("a B-9~").is_some());
    }
}
